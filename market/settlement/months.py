"""Which months were settled, on which versions of their days; and which one is due.

The one idea: a month is due when all its days are closed and settled, and on other versions than it was
settled on last. Nothing of its figures is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from market.model.interval import MarketMonth
from market.model.rules import MarketRules
from market.model.settled_month import Basis, SettledMonth
from market.settlement.balance_group import BalanceGroups
from market.settlement.runs import DayStanding

_MONTH: int = len("2016-06")


@dataclass(slots=True)
class MonthStanding:
    """How a month stands."""

    version: int
    basis: Basis


@dataclass(slots=True)
class SettledMonths:
    """All settled months of a market."""

    months: dict[str, MonthStanding] = field(default_factory=dict)

    def finish(self, settled: SettledMonth) -> None:
        """A version of a month stands."""
        self.months[settled.month] = MonthStanding(version=settled.version, basis=settled.basis)

    def version(self, month: str) -> int:
        """Of the last one that was settled; 0: none yet."""
        standing = self.months.get(month)
        return 0 if standing is None else standing.version


def is_wanted(rules: MarketRules, groups: BalanceGroups, month: MarketMonth) -> bool:
    """Whether adders are given back at all: there is a band, or somebody is in a group that month."""
    if rules.deviation_band_ppm:
        return True
    return any(True for day in month.days for _ in groups.on(day.isoformat()))


def basis_of(
    days: Mapping[str, DayStanding], rules: MarketRules, closed_until_s: int, month: MarketMonth
) -> Basis | None:
    """The versions of a month's days; None: it is not over, or a day was not settled yet."""
    until_s = month.until_s
    if rules.trading_until_s is not None:
        until_s = min(until_s, rules.trading_until_s)
    if closed_until_s < until_s:
        return None
    found = tuple(
        (day.isoformat(), days[day.isoformat()].version)
        for day in month.days
        if day.isoformat() in days
    )
    if not found or any(version == 0 for _, version in found):
        return None
    return found


def due(
    settled: SettledMonths,
    days: Mapping[str, DayStanding],
    rules: MarketRules,
    groups: BalanceGroups,
    closed_until_s: int,
) -> tuple[str, Basis] | None:
    """The month that is to be settled next, and on what; None: none."""
    for name in dict.fromkeys(day[:_MONTH] for day in days):
        month = MarketMonth.of(name, rules.time_zone)
        basis = basis_of(days, rules, closed_until_s, month)
        standing = settled.months.get(name)
        if basis is None or (standing is not None and standing.basis == basis):
            continue
        if is_wanted(rules, groups, month):
            return name, basis
    return None
