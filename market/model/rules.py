"""The rules of a market: dated facts, not settings.

The one idea: everything that decides money or a gate is in here, with the day it takes effect.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from market.model.bill import TaxRule
from market.model.case import DisputeWindow
from market.model.collateral import CollateralRule
from market.model.participant import VoltageLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """When bills are due that are issued from a local day on, until the next terms."""

    from_day: str
    """The first local day of issue, as in 2016-06-15."""
    due_days: int
    """A bill is due with the end of the local day so many days after that of its issue."""
    grace_days: int
    """So many days later others may be made to pay for who has not."""


USUAL_TERMS: Final = PaymentTerms(from_day="0001-01-01", due_days=14, grace_days=7)
"""Hold before a market's own have begun."""


class TieRule(StrEnum):
    """How orders at the marginal price share what is left."""

    TIME = "time"
    PRORATA = "prorata"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResortBand:
    """Prices of the retailer of last resort, local hours [from_hour, to_hour) of a day."""

    from_hour: int
    to_hour: int
    ask_ticks: int
    """Energy price at which it sells at its own area."""
    bid_ticks: int
    """Feed-in price at which it buys at its own area; may be zero or negative."""


class DayKind(StrEnum):
    """On which days a price holds."""

    ALL = "all"
    WORKING = "working"
    """Monday to Friday."""
    WEEKEND = "weekend"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkBand:
    """The network fee in local hours [from_hour, to_hour) of some days; it may run over midnight.

    Each hour counts as one of its own calendar day: of a band of working days from 22 to 6 the hours
    after midnight hold on Monday to Friday too, not on Saturday.
    """

    days: DayKind
    from_hour: int
    to_hour: int
    ticks: int

    def covers(self, hour: int) -> bool:
        """Whether a local hour of the day, 0 to 23, lies in it."""
        if self.from_hour <= self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTariff:
    """Network fees of one voltage level by time of use, from a day on until the next one's."""

    voltage_level: VoltageLevel
    from_day: str
    """The first local day on which it holds, as in 2016-06-15."""
    bands: tuple[NetworkBand, ...]
    """Together they cover each hour of working days and weekends exactly once."""
    day_charge_quanta: int = 0
    """>= 0: charged for each local day, however long it is, to each metering point of the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What is charged on metered withdrawal, traded or not."""

    network_ticks: int
    """Local network fee where no tariff of the voltage level has begun."""
    levies_ticks: int
    """Levies."""
    by_level: tuple[NetworkTariff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAheadRules:
    """The opening call: all intervals of a market day in one sealed auction."""

    opens_minutes: int
    """It opens this long before the day begins (local midnight)."""
    gate_minutes: int
    """Its gate closes this long before the day begins; 720 is noon of the day before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuousRules:
    """Price-time matching from after the opening call until the closing call."""

    opens_minutes: int
    """It opens this long before the day begins (local midnight); 660 is 13:00 of the day before."""
    collar_ppm: int = 250_000
    """Dynamic collar: this part of its anchor to either side ..."""
    collar_min_ticks: int = 5_000
    """... but at least so much; energy prices cross zero."""
    corridor_ppm: int = 1_000_000
    """Static corridor around the last-resort band: a trade outside stops the interval ..."""
    corridor_min_ticks: int = 20_000
    volatility_minutes: int = 2
    """... for a volatility call of at least so long."""
    volatility_random_s: int = 30
    """The call's end is delayed by a drawn time up to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRules:
    """Everything that decides gates, prices and money of one market."""

    market_id: str
    name: str
    currency: str
    time_zone: str
    """IANA name; it makes the market day."""
    interval_minutes: int
    trading_from_s: int
    """Start of the first delivery interval that is traded."""
    trading_until_s: int | None
    """End of the last delivery interval that is traded; None: open end."""
    call_opens_minutes: int
    """The closing call of an interval opens this long before delivery."""
    gate_minutes: int
    """The gate closes this long before delivery."""
    settle_minutes: int
    """An interval is settled this long after its end."""
    price_min_ticks: int
    price_max_ticks: int
    tie: TieRule
    capability_tolerance_ppm: int
    """How far open and traded energy of a unit may exceed its nameplate."""
    deviation_adder_ppm: int
    """Part of the area price that a deviation costs on top."""
    deviation_adder_min_ticks: int
    """Least adder."""
    tariff: Tariff
    last_resort: tuple[LastResortBand, ...] = field(default=())
    open_orders_max: int = 100_000
    """Most open orders a participant may have."""
    day_ahead: DayAheadRules | None = None
    """None: no opening call."""
    continuous: ContinuousRules | None = None
    """None: no continuous trading; the closing call is then the only session."""
    listing: bool = False
    """True: offers may be listed and taken until the gate, quotes be asked for."""
    bilateral: bool = False
    """True: two parties may register contracts until the gate."""
    standing: bool = False
    """True: the market makes orders from participants' standing rules."""
    confirm_value_quanta: int | None = None
    """An order worth more waits for its owner's confirmation; None: none does."""
    late_readings_days: int = 60
    """A reading that comes after its interval was settled is kept for a correction so long."""
    limits_less_forecast: bool = False
    """True: an auction may import so much less into an area as its load that nobody steers and that
    does not trade is expected to take."""
    readings_signed: bool = False
    """True: a reading without its device's signature is refused."""
    area_move_ppm_per_minute: int | None = 250_000
    """Area guard: what an area's units may move together within any minute, upward and downward, as part
    of the range from the most the area can take in to the most it can give out; None: no guard."""
    deviation_band_ppm: int = 0
    """Over a month a balance group pays no adder on deviations up to this part of its metered volume."""
    taxes: tuple[TaxRule, ...] = ()
    """Taxes on bills."""
    dispute_windows: tuple[DisputeWindow, ...] = ()
    """How long bills may be disputed, by the day of their issue."""
    payment_terms: tuple[PaymentTerms, ...] = ()
    """When bills are due."""
    collateral: tuple[CollateralRule, ...] = ()
    """How open positions are covered; none: only what orders hold is looked at."""
