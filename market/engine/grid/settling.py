"""What the calls of an interval made of prices and exchange, as settlement and redispatch read it."""

from market.engine.state import MarketState
from market.model.trade import ClearingOutcome
from market.settlement.outcomes import exchanged, priced


def priced_outcome(state: MarketState, start_s: int) -> ClearingOutcome | None:
    """Prices of the interval; None: no call found any result."""
    return priced(state.outcomes.get(start_s), state.day_ahead_outcomes.get(start_s))


def exchange(state: MarketState, start_s: int) -> ClearingOutcome | None:
    """What the areas were scheduled to exchange; None: no call found any result."""
    return exchanged(state.outcomes.get(start_s), state.day_ahead_outcomes.get(start_s))
