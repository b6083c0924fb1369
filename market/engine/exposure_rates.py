"""What a Wh of a position may come to cost, by the market's dated rules.

The one idea: whoever sold and does not deliver owes the price of a shortage; whoever bought and takes it
owes network fee and levies, and whoever bought and does not take it owes something only where a surplus
has a price below zero. Both are whole ticks, rounded up once, so exposure itself never rounds.

    sold   = up(shortfall x short price)             short price: of the rule, else ask + adder(ask)
    bought = max(fees, up(shortfall x -long price))  long price: bid - adder(bid)

with the last resort's delivered ask and bid in the unit's area then.
"""

from collections.abc import Mapping
from typing import Final

from market.model.collateral import CollateralRule
from market.model.grid import Grid
from market.model.interval import day_of
from market.model.participant import Participant, Unit, VoltageLevel
from market.model.rules import MarketRules
from market.model.units import PPM, round_up
from market.settlement.imbalance import adder_ticks, delivered_ticks, last_resort_band
from market.settlement.tariff import network_ticks

_NONE: Final = (0, 0)
_KEPT_MAX: Final = 65_536
"""Rates kept: more than intervals that are traded at a time, by areas and voltage levels, of most markets."""


def rule_on(rules: MarketRules, day: str) -> CollateralRule | None:
    """The rule that holds for a local day of delivery; None: none has begun."""
    begun = [rule for rule in rules.collateral if rule.from_day <= day]
    return max(begun, key=lambda rule: rule.from_day, default=None)


def calling_rule(rules: MarketRules, day: str) -> CollateralRule:
    """The rule by which accounts are warned and called on a local day; before any, the first one's.

    Raises:
        ValueError: the market has no rule.
    """
    first = min(rules.collateral, key=lambda rule: rule.from_day)
    return rule_on(rules, day) or first


class ExposureRates:
    """The rates of one market."""

    # What was worked out before is worked out again; see `state_form.py`.
    __snapshot_skip__: Final = ("_kept",)

    def __init__(
        self,
        rules: MarketRules,
        grid: Grid,
        units: Mapping[str, Unit],
        participants: Mapping[str, Participant],
    ) -> None:
        self._rules = rules
        self._grid = grid
        self._units = units
        self._participants = participants
        self.rebuilt()

    def rebuilt(self) -> None:
        """Nothing is worked out yet."""
        self._kept: dict[tuple[str, VoltageLevel, int], tuple[int, int]] = {}

    def ticks(self, unit_id: str, start_s: int) -> tuple[int, int]:
        """For a Wh sold net and for a Wh bought net, both >= 0; nothing for the last resort's units."""
        unit = self._units[unit_id]
        owner = self._participants[unit.participant_id]
        if owner.is_last_resort:
            return _NONE
        key = (unit.area_id, owner.voltage_level, start_s)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            found = self._kept[key] = self._worked_out(*key)
        return found

    def _worked_out(self, area_id: str, level: VoltageLevel, start_s: int) -> tuple[int, int]:
        rules = self._rules
        rule = rule_on(rules, day_of(start_s, rules.time_zone).isoformat())
        if rule is None:
            return _NONE
        band = last_resort_band(rules, start_s)
        ask_ticks, bid_ticks = delivered_ticks(band=band, grid=self._grid, area_id=area_id)
        short_ticks = rule.short_price_ticks
        if short_ticks is None:
            short_ticks = ask_ticks + adder_ticks(ask_ticks, rules)
        long_ticks = bid_ticks - adder_ticks(bid_ticks, rules)
        fees_ticks = 0
        if rule.counts_fees:
            fees_ticks = network_ticks(rules, start_s, level) + rules.tariff.levies_ticks
        expected = rule.shortfall_ppm
        return (
            round_up(max(0, short_ticks) * expected, PPM),
            max(0, fees_ticks, round_up(max(0, -long_ticks) * expected, PPM)),
        )
