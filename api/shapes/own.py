"""The shapes of what a participant looks at first: home and alerts."""

from typing import Literal

from api.shapes.values import Count, Details, Energy, Instant, Moment, Money, Power, Price, Shape
from market.model.alarm import Severity


class OwnMoney(Shape):
    """What an account has, holds and may still use."""

    balance: Money
    held: Money
    available: Money


class OwnPower(Shape):
    """What own units do now; charging negative: discharging, net positive: injection."""

    produced_kw: Power
    used_kw: Power
    charging_kw: Power
    net_kw: Power
    units: Count
    units_known: Count


class OwnInterval(Shape):
    """What is traded for the interval that is being delivered."""

    start: Instant
    end: Instant
    bought_kwh: Energy
    sold_kwh: Energy
    price_per_mwh: Price | None


class PriceAhead(Shape):
    """A price to come; null while the interval is not cleared."""

    start: Instant
    end: Instant
    price_per_mwh: Price | None
    last_resort_ask_per_mwh: Price | None
    last_resort_bid_per_mwh: Price | None


class Advice(Shape):
    """The first thing to do, as a code."""

    code: Literal[
        "PAY_IN_TO_TRADE",
        "PAY_IN",
        "CHECK_METER",
        "SET_SELL_PRICE",
        "SET_BUY_PRICE",
        "USE_LATER",
        "USE_NOW",
        "ALL_WELL",
    ]
    parameters: dict[str, str]


class Home(Shape):
    """A participant's first page."""

    participant_id: str
    area_id: str
    now: Moment
    money: OwnMoney
    power: OwnPower
    interval: OwnInterval
    prices: list[PriceAhead]
    advice: Advice


class Alert(Shape):
    """Something one should know; `link` says under which id it is found."""

    alert_id: str
    kind: Literal["message", "alarm", "device_offline", "unusual_use", "price", "bill_due", "case"]
    severity: Severity
    at: Moment
    read_at: Moment | None
    code: str
    parameters: Details
    link: dict[str, str]


class AlertSettings(Shape):
    """From when on one wants to be told; null: not at all."""

    price_above_per_mwh: Price | None
    price_below_per_mwh: Price | None
    use_above_ppm: Count | None
    silent_minutes: Count | None
    bill_days: Count | None
