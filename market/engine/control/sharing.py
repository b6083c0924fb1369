"""Set-points in which what a limit takes away is divided fairly, and what each unit's share of it was.

The one idea: all set-points of an interval are made here, so they are weighed by the same account whenever they are
made again.
"""

from collections.abc import Iterator, Mapping

from market.control.caps import Caps
from market.engine.state import MarketState
from market.model.burden import BurdenCause, BurdensShared
from market.model.messages import SetpointsChanged


def setpoints(
    state: MarketState,
    start_s: int,
    scheduled_wh: Mapping[str, int],
    sequence: int,
    caps: Caps,
) -> tuple[SetpointsChanged, ...]:
    """Set-points of all units for an interval."""
    return state.control.schedule(
        start_s=start_s,
        scheduled_wh=scheduled_wh,
        sequence=sequence,
        caps=caps,
        account=state.burdens.account(start_s),
    )


def shared(state: MarketState, start_s: int) -> tuple[BurdensShared, ...]:
    """What the set-points just made took away for limits of areas, where that is news."""
    return tuple(_news(state, start_s))


def _news(state: MarketState, start_s: int) -> Iterator[BurdensShared]:
    account = state.burdens.account(start_s)
    for area_id, shares in state.control.shares(account).items():
        before = state.burdens.shared(start_s, area_id, BurdenCause.AREA_LIMIT)
        if shares != (() if before is None else before.shares):
            yield BurdensShared(
                area_id=area_id, start_s=start_s, cause=BurdenCause.AREA_LIMIT, shares=shares
            )
