"""What every area adds up to once a call of an interval is cleared, as one fact.

The one idea: what is directly in an area is counted here from the market's state; adding up is the levels' own, one
pass up from inner areas to outer ones. It is made after the uncross, of what the call has let go, so nothing sealed is
told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from market.control.forecast import generation_of, load_of
from market.control.market import Security
from market.control.summing import Counted, Figure
from market.engine.control.picture import GENERATING_KINDS, LOAD_KINDS
from market.engine.control.steering import caps_of
from market.engine.state import MarketState
from market.model.act import ActKind
from market.model.alarm import ControlLevel
from market.model.call import CallKind
from market.model.order import Side
from market.model.summing import AreaLimit, AreasSummed, AreaSum, LimitedBy, PublicSum
from market.model.trade import Trade
from market.trading.asked import asked_wh


@dataclass(slots=True)
class _Energy:
    """One side of the call in one area."""

    asked_wh: int = 0
    taken_wh: int = 0
    owners: set[str] = field(default_factory=set)


def areas_summed(
    state: MarketState,
    *,
    call: CallKind,
    call_start_s: int,
    start_s: int,
    now_us: int,
    trades: Iterable[Trade],
) -> AreasSummed:
    """The sums of an interval.

    Args:
        state: before the call's book is closed and its trades are positions.
        call: which call was cleared.
        call_start_s: its first interval.
        start_s: the interval.
        now_us: when.
        trades: what the call has made of this interval.
    """
    made = list(trades)
    scheduled_wh = state.positions.scheduled_wh(start_s)
    for trade in made:
        scheduled_wh[trade.unit_id] = scheduled_wh.get(trade.unit_id, 0) + trade.injection_wh
    own = _own(state, call, call_start_s, start_s, made, scheduled_wh)
    totals = state.control.counted(own)
    security = state.control.security(scheduled_wh=scheduled_wh, caps=caps_of(state, start_s))
    return AreasSummed(
        start_s=start_s,
        call=call,
        now_us=now_us,
        areas=tuple(
            _area(state, area.area_id, start_s, totals[area.area_id], security[area.area_id])
            for area in state.grid.areas
        ),
        public=_public(state, own, totals),
    )


def _own(
    state: MarketState,
    call: CallKind,
    call_start_s: int,
    start_s: int,
    trades: Iterable[Trade],
    scheduled_wh: Mapping[str, int],
) -> Mapping[str, Counted]:
    """What is directly in each area."""
    sides = _sides(state, call, call_start_s, start_s, trades)
    consumers: defaultdict[str, set[str]] = defaultdict(set)
    generators: defaultdict[str, set[str]] = defaultdict(set)
    net_wh: defaultdict[str, int] = defaultdict(int)
    for unit_id, unit in state.units.items():
        net_wh[unit.area_id] += scheduled_wh.get(unit_id, 0)
        if unit.kind in LOAD_KINDS:
            consumers[unit.area_id].add(unit.participant_id)
        elif unit.kind in GENERATING_KINDS:
            generators[unit.area_id].add(unit.participant_id)
    found = {}
    for area in state.grid.areas:
        name = area.area_id
        bought, sold = sides[name, Side.BUY], sides[name, Side.SELL]
        expected_wh = state.forecast.expected_wh
        found[name] = Counted(
            load_forecast=Figure(expected_wh(load_of(name), start_s), frozenset(consumers[name])),
            generation_forecast=Figure(
                expected_wh(generation_of(name), start_s), frozenset(generators[name])
            ),
            bid=Figure(bought.asked_wh, frozenset(bought.owners)),
            offered=Figure(sold.asked_wh, frozenset(sold.owners)),
            bought_wh=bought.taken_wh,
            sold_wh=sold.taken_wh,
            scheduled_wh=net_wh[name],
        )
    return found


def _sides(
    state: MarketState, call: CallKind, call_start_s: int, start_s: int, trades: Iterable[Trade]
) -> Mapping[tuple[str, Side], _Energy]:
    """What was asked and taken in the call; the last resort's prices are public, and it is not counted."""
    last_resort_id = state.last_resort_id
    found: defaultdict[tuple[str, Side], _Energy] = defaultdict(_Energy)
    book = state.book.call(call, call_start_s)
    for (unit_id, sells), energy_wh in asked_wh(book, state.book, start_s).items():
        unit = state.units[unit_id]
        if unit.participant_id != last_resort_id:
            energy = found[unit.area_id, Side.SELL if sells else Side.BUY]
            energy.asked_wh += energy_wh
            energy.owners.add(unit.participant_id)
    for trade in trades:
        if trade.participant_id != last_resort_id:
            found[trade.area_id, trade.side].taken_wh += trade.energy_wh
    return found


def _area(
    state: MarketState, area_id: str, start_s: int, total: Counted, security: Security
) -> AreaSum:
    withdrawal_by, injection_by = security.limited_by
    limits = security.limits
    return AreaSum(
        area_id=area_id,
        withdrawal=AreaLimit(
            power_w=limits.withdrawal_max_w,
            by=withdrawal_by,
            act_id=_act_id(state, area_id, start_s, withdrawal_by, limits.withdrawal_max_w, None),
        ),
        injection=AreaLimit(
            power_w=limits.injection_max_w,
            by=injection_by,
            act_id=_act_id(state, area_id, start_s, injection_by, None, limits.injection_max_w),
        ),
        room_up_w=security.reserve_up_w,
        room_down_w=security.reserve_down_w,
        scheduled_wh=total.scheduled_wh,
        load_forecast_wh=total.load_forecast.amount_wh,
        generation_forecast_wh=total.generation_forecast.amount_wh,
        bid_wh=total.bid.amount_wh or 0,
        offered_wh=total.offered.amount_wh or 0,
        bought_wh=total.bought_wh,
        sold_wh=total.sold_wh,
    )


def _act_id(
    state: MarketState,
    area_id: str,
    start_s: int,
    by: LimitedBy,
    withdrawal_w: int | None,
    injection_w: int | None,
) -> str | None:
    """The first limit of the area that says exactly so."""
    if by is not LimitedBy.ACT:
        return None
    until_s = start_s + state.step_s
    for item in state.acts.narrowings.get((ControlLevel.AREA, area_id), {}).values():
        is_limit = item.kind is ActKind.LIMIT and item.holds(start_s, until_s)
        if is_limit and (
            (withdrawal_w is not None and item.withdrawal_max_w == withdrawal_w)
            or (injection_w is not None and item.injection_max_w == injection_w)
        ):
            return item.narrowing_id
    raise AssertionError("what an act narrows has an act")


def _public(
    state: MarketState, own: Mapping[str, Counted], totals: Mapping[str, Counted]
) -> tuple[PublicSum, ...]:
    """Figure by figure: each has its own owners."""
    load, load_rest = state.control.shown(lambda item: item.load_forecast, own, totals)
    generation, generation_rest = state.control.shown(
        lambda item: item.generation_forecast, own, totals
    )
    bid, bid_rest = state.control.shown(lambda item: item.bid, own, totals)
    offered, offered_rest = state.control.shown(lambda item: item.offered, own, totals)
    areas = (
        PublicSum(
            area_id=area.area_id,
            load_forecast_wh=load.get(area.area_id),
            generation_forecast_wh=generation.get(area.area_id),
            bid_wh=bid.get(area.area_id),
            offered_wh=offered.get(area.area_id),
        )
        for area in state.grid.areas
    )
    rest = PublicSum(
        area_id=None,
        load_forecast_wh=load_rest,
        generation_forecast_wh=generation_rest,
        bid_wh=bid_rest,
        offered_wh=offered_rest,
    )
    return (*areas, rest)
