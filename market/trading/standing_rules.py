"""Standing rules, forecasts, and the order a rule makes of an interval.

The one idea: the forecast's share less what the unit has traded or offered already in its direction;
so a rule that is asked twice never sells the same energy twice.
"""

from dataclasses import dataclass, field

from market.model.interval import MICROSECONDS
from market.model.order import OrderOptions, Side, TimeInForce, Venue
from market.model.rules import MarketRules
from market.model.standing import Forecast, StandingRule, StandingTerms
from market.model.units import PPM
from market.trading.commitments import Commitments
from market.trading.positions import Positions


@dataclass(slots=True)
class StandingRules:
    """Every rule and forecast of one market."""

    next_number: int = 1
    rules: dict[str, StandingRule] = field(default_factory=dict)
    """Those that stand, in the order set."""
    owner: dict[str, str] = field(default_factory=dict)
    """Of every rule ever set."""
    known: dict[tuple[str, str], tuple[str, StandingTerms]] = field(default_factory=dict)
    """(participant, its own id) to rule and terms, for ever."""
    forecasts: dict[int, dict[str, int]] = field(default_factory=dict)
    """By interval and unit, until the interval's gate."""

    def set_rule(self, rule: StandingRule) -> None:
        """A rule stands."""
        self.rules[rule.rule_id] = rule
        self.owner[rule.rule_id] = rule.participant_id
        self.known[rule.participant_id, rule.client_rule_id] = (rule.rule_id, rule.terms)
        self.next_number += 1

    def withdraw(self, rule_id: str) -> None:
        """A rule ends."""
        del self.rules[rule_id]

    def expect(self, forecast: Forecast) -> None:
        """Take in a forecast."""
        at = self.forecasts.setdefault(forecast.start_s, {})
        at[forecast.unit_id] = forecast.injection_wh

    def forget(self, until_s: int) -> None:
        """Drop forecasts of intervals up to one whose gate has closed."""
        for start_s in [start_s for start_s in self.forecasts if start_s <= until_s]:
            del self.forecasts[start_s]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOrder:
    """What a rule asks for in an interval."""

    side: Side
    price_ticks: int
    energy_wh: int


def venue_of(terms: StandingTerms, rules: MarketRules) -> Venue:
    """Where a rule's order goes: where it wants, or the call where the market has no such mode."""
    if terms.venue is Venue.CONTINUOUS and rules.continuous is not None:
        return Venue.CONTINUOUS
    if terms.venue is Venue.LISTING and rules.listing:
        return Venue.LISTING
    return Venue.CALL


def wanted(
    terms: StandingTerms,
    start_s: int,
    injection_wh: int,
    commitments: Commitments,
    positions: Positions,
) -> WantedOrder | None:
    """The order a rule makes of a forecast; None: none.

    The share is rounded down. What the unit has traded and what is open of it in this direction
    counts as done.
    """
    share_wh = abs(injection_wh) * terms.share_ppm // PPM
    traded = positions.traded(terms.unit_id, start_s)
    open_energy = commitments.open_energy(terms.unit_id, start_s)
    if injection_wh > 0:
        side, price_ticks = Side.SELL, terms.sell_min_ticks
        done_wh = traded.sold_wh + open_energy.sell_wh
    else:
        side, price_ticks = Side.BUY, terms.buy_max_ticks
        done_wh = traded.bought_wh + open_energy.buy_wh
    energy_wh = share_wh - done_wh
    if price_ticks is None or energy_wh <= 0:
        return None
    return WantedOrder(side=side, price_ticks=price_ticks, energy_wh=energy_wh)


def options_of(terms: StandingTerms, side: Side, venue: Venue, start_s: int) -> OrderOptions:
    """What the order asks beside price and energy; in continuous trading it stays until the gate."""
    continuous = venue is Venue.CONTINUOUS
    return OrderOptions(
        tif=TimeInForce.GTD if continuous else TimeInForce.GFS,
        expires_us=start_s * MICROSECONDS if continuous else None,
        green_only=terms.green_only and side is Side.BUY,
        lapses_at_call=terms.lapses_at_call,
    )
