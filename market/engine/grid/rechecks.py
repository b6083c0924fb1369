"""When intervals that were checked have to be held against their grids again.

The one idea: a check is only as good as what it knew. A grid's next version, or an act that lets units do less or more,
makes the check of every interval that has its set-points and has not begun due again; a running one goes on as it is.
"""

from collections.abc import Iterator

from market.engine.control.steering import delivering_starts_s
from market.engine.state import MarketState
from market.model.act import Act, ActKind
from market.model.grid_check import ChecksReopened
from market.model.interval import MICROSECONDS

_OF_LINES = frozenset({ActKind.DECOUPLE, ActKind.COUPLE})


def after_network(state: MarketState, now_us: int) -> Iterator[ChecksReopened]:
    """A grid, or its next version, is known."""
    yield from _reopened(_coming_s(state, now_us), now_us)


def after_act(state: MarketState, act: Act, now_us: int) -> Iterator[ChecksReopened]:
    """Something else is allowed, on the state the act has made.

    Where no grid is known it matters where units give something up, or help. What an area's lines no longer carry
    matters to help alone. A consent of the area guard changes no target.
    """
    if act.kind is ActKind.CONSENT:
        return
    has_grids = bool(state.networks.all()) and act.kind not in _OF_LINES
    starts_s = tuple(
        start_s
        for start_s in _coming_s(state, now_us)
        if _concerns(act, start_s, state.step_s)
        and (
            state.networks.activations(start_s)
            or has_grids
            or (act.kind not in _OF_LINES and state.acts.given_up_wh(start_s))
        )
    )
    yield from _reopened(starts_s, now_us)


def _concerns(act: Act, start_s: int, step_s: int) -> bool:
    """False of a limit for another time."""
    begins_later = act.from_s is not None and act.from_s >= start_s + step_s
    return not begins_later and (act.until_s is None or act.until_s > start_s)


def _coming_s(state: MarketState, now_us: int) -> tuple[int, ...]:
    """Intervals that have their set-points and have not begun."""
    return tuple(
        start_s
        for start_s in delivering_starts_s(state, now_us // MICROSECONDS)
        if start_s * MICROSECONDS > now_us
    )


def _reopened(starts_s: tuple[int, ...], now_us: int) -> Iterator[ChecksReopened]:
    if starts_s:
        yield ChecksReopened(starts_s=starts_s, now_us=now_us)
