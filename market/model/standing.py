"""Standing orders: a participant's rule that becomes an order in every interval, and forecasts.

The one idea: the rule says prices and a share, the forecast says how much; the market makes the order
when an interval opens, and it is an order like any other from then on.
"""

from dataclasses import dataclass

from market.model.order import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTerms:
    """What a participant wants for a unit in every interval."""

    unit_id: str
    sell_min_ticks: int | None = None
    """Lowest price at which expected injection is offered; None: it is not."""
    buy_max_ticks: int | None = None
    """Highest price at which expected withdrawal is bought; None: it is not."""
    share_ppm: int = 1_000_000
    """Part of the forecast."""
    green_only: bool = False
    """Buy renewable energy only."""
    lapses_at_call: bool = False
    """A call cannot honour green_only: True leaves the order out of it."""
    venue: Venue = Venue.CALL
    """Where it is placed if the market has it: call, continuous or listing; else in the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRule:
    """A rule that stands until it is withdrawn."""

    rule_id: str
    """`std-` and the market's own number."""
    client_rule_id: str
    participant_id: str
    since_us: int
    terms: StandingTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """A rule, and whether it still stands."""

    rule: StandingRule
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a unit is expected to inject in one interval; negative: to withdraw."""

    unit_id: str
    start_s: int
    injection_wh: int


# --- commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStandingRule:
    """Let the market place orders by a rule."""

    now_us: int
    actor: str
    participant_id: str
    client_rule_id: str
    terms: StandingTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawStandingRule:
    """End a rule; orders it made stay."""

    now_us: int
    actor: str
    participant_id: str
    rule_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForecasts:
    """Forecasts of a participant's units; all or none. A later one replaces an earlier one."""

    now_us: int
    actor: str
    participant_id: str
    forecasts: tuple[Forecast, ...]


# --- events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRuleSet:
    """A rule stands."""

    rule: StandingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRuleWithdrawn:
    """A rule ended."""

    rule_id: str
    participant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastsRecorded:
    """Forecasts that are known from now on."""

    participant_id: str
    forecasts: tuple[Forecast, ...]
