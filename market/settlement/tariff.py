"""Which prices of the tariff hold when 分时电价: network fees, charges for a day, levies, energy, taxes.

The one idea: every price is dated and goes by local hours, so a month falls into spans of intervals in
which all of them stay the same; what was metered in spans with equal prices is added up before it is
priced, without losing a quantum. Both runs of the hour that comes twice cost the same, and an hour that is
left out costs nothing.
"""

from dataclasses import dataclass
from functools import lru_cache

from market.model.bill import TaxRule
from market.model.interval import MarketMonth, day_of, local_time_of_week
from market.model.participant import VoltageLevel
from market.model.rules import DayKind, LastResortBand, MarketRules, NetworkTariff
from market.model.units import MINUTES_PER_HOUR, SECONDS_PER_MINUTE
from market.settlement.imbalance import last_resort_band

_HOLDS_ON = {False: DayKind.WORKING, True: DayKind.WEEKEND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Every price of the tariff at one time."""

    period: int
    """Number of the month's part with the same taxes."""
    network_ticks: tuple[tuple[VoltageLevel, int], ...]
    levies_ticks: int
    band: LastResortBand

    def network_of(self, level: VoltageLevel) -> int:
        """Network fee of a voltage level, ticks."""
        return dict(self.network_ticks)[level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Intervals, one after the other, with the same prices: from_s <= start < until_s."""

    from_s: int
    until_s: int
    number: int
    """Of the prices among all of the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A part of a month in which the same taxes hold."""

    from_s: int
    until_s: int
    taxes: tuple[TaxRule, ...]


def network_ticks(rules: MarketRules, start_s: int, level: VoltageLevel) -> int:
    """The network fee of a voltage level in an interval.

    Of the level's tariffs the one that began last holds, in the band of the local hour and kind of
    day; before the first one begins, and for a level without one, the plain fee. Ticks.

    Raises:
        LookupError: a tariff has no band for the hour; such rules are refused when they come.
    """
    if not rules.tariff.by_level:
        return rules.tariff.network_ticks
    tariff = _tariff_on(rules, day_of(start_s, rules.time_zone).isoformat(), level)
    if tariff is None:
        return rules.tariff.network_ticks
    weekend, minute = local_time_of_week(start_s, rules.time_zone)
    hour = minute // MINUTES_PER_HOUR
    for band in tariff.bands:
        if band.days in (DayKind.ALL, _HOLDS_ON[weekend]) and band.covers(hour):
            return band.ticks
    raise LookupError(f"no network fee of {level} at {hour} h; such rules must not be created")


def day_charge_quanta(rules: MarketRules, day: str, level: VoltageLevel) -> int:
    """What a metering point of a voltage level pays for a local day, beside what it withdraws."""
    tariff = _tariff_on(rules, day, level)
    return 0 if tariff is None else tariff.day_charge_quanta


def _tariff_on(rules: MarketRules, day: str, level: VoltageLevel) -> NetworkTariff | None:
    begun = [
        item
        for item in rules.tariff.by_level
        if item.voltage_level is level and item.from_day <= day
    ]
    return max(begun, key=lambda item: item.from_day, default=None)


def taxes_on(rules: MarketRules, day: str) -> tuple[TaxRule, ...]:
    """The taxes that hold on a local day of delivery, in the order of the rules."""
    latest: dict[str, TaxRule] = {}
    for tax in sorted(rules.taxes, key=lambda tax: tax.from_day):
        if tax.from_day <= day:
            latest[tax.tax_id] = tax
    return tuple(tax for tax in rules.taxes if latest.get(tax.tax_id) is tax and tax.rate_ppm)


def periods(rules: MarketRules, month: MarketMonth) -> tuple[Period, ...]:
    """The parts of a month by taxes, in order; one, unless a tax begins or ends inside it."""
    found: list[Period] = []
    for day in month.days:
        taxes = taxes_on(rules, day.isoformat())
        if not found or found[-1].taxes != taxes:
            from_s = month.day_start_s(day)
            if found:
                last = found.pop()
                found.append(Period(from_s=last.from_s, until_s=from_s, taxes=last.taxes))
            found.append(Period(from_s=from_s, until_s=month.until_s, taxes=taxes))
    return tuple(found)


@lru_cache(maxsize=16)  # of the few months that are billed
def spans(rules: MarketRules, month: MarketMonth) -> tuple[tuple[Span, ...], tuple[Prices, ...]]:
    """The spans of a month and the different prices they name by number."""
    parts = periods(rules, month)
    numbers: dict[Prices, int] = {}
    found: list[Span] = []
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE
    for start_s in range(month.from_s, month.until_s, step_s):
        period = next(
            number for number, part in enumerate(parts) if part.from_s <= start_s < part.until_s
        )
        prices = Prices(
            period=period,
            network_ticks=tuple(
                (level, network_ticks(rules, start_s, level)) for level in VoltageLevel
            ),
            levies_ticks=rules.tariff.levies_ticks,
            band=last_resort_band(rules, start_s),
        )
        number = numbers.setdefault(prices, len(numbers))
        if found and found[-1].number == number:
            last = found.pop()
            found.append(Span(from_s=last.from_s, until_s=start_s + step_s, number=number))
        else:
            found.append(Span(from_s=start_s, until_s=start_s + step_s, number=number))
    return tuple(found), tuple(numbers)
