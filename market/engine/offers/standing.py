"""Standing rules are set, forecasts come in, and an interval that opens gets its orders.

The one idea: what a rule places goes through the same door as anybody's order, with an own id made of
rule and interval; so it is refused for the same reasons, and a session that opens twice places once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from market.engine.decisions import applied, refused
from market.engine.offers.listings import post_listing
from market.engine.offers.pairs import no, repeat, yes
from market.engine.orders.orders import place_orders
from market.engine.state import MarketState
from market.model.call import CallKind
from market.model.listing import ListingTerms, PostListing
from market.model.messages import (
    Answer,
    Decision,
    OrdersRejected,
    PlaceOrders,
    Step,
)
from market.model.order import OrderColumns, OrderOptions, Side, Venue
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.model.standing import (
    Forecast,
    ForecastsRecorded,
    RecordForecasts,
    SetStandingRule,
    StandingRule,
    StandingRuleSet,
    StandingRuleWithdrawn,
    StandingTerms,
    WithdrawStandingRule,
)
from market.model.units import (
    PPM,
    energy_from_power_wh,
    energy_text,
    price_text,
)
from market.trading.standing_rules import WantedOrder, options_of, venue_of, wanted

ACTOR: Final = "standing"


def set_standing_rule(state: MarketState, command: SetStandingRule) -> Decision:
    """A rule stands until it is withdrawn; a changed one is a new rule."""
    standing, terms = state.standing, command.terms
    known = standing.known.get((command.participant_id, command.client_rule_id))
    if known is not None:
        return repeat(known[0], same=known[1] == terms, pointer="client_rule_id")
    refusal = _rule_refusal(state, command)
    if refusal is not None:
        return refused([refusal])
    rule = StandingRule(
        rule_id=f"std-{standing.next_number}",
        client_rule_id=command.client_rule_id,
        participant_id=command.participant_id,
        since_us=command.now_us,
        terms=terms,
    )
    return yes(rule.rule_id, StandingRuleSet(rule=rule))


def _rule_refusal(state: MarketState, command: SetStandingRule) -> Rejection | None:
    terms, rules = command.terms, state.rules
    unit = state.units.get(terms.unit_id)
    if unit is None or unit.participant_id != command.participant_id:
        return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
    if not rules.standing:
        return Rejection(code=Code.MODE_NOT_OFFERED)
    if terms.sell_min_ticks is None and terms.buy_max_ticks is None:
        return Rejection(code=Code.FIELD_MISSING, pointer="sell_min_per_mwh")
    if not 0 < terms.share_ppm <= PPM:
        return Rejection(code=Code.FIELD_RANGE, pointer="share_ppm")
    if terms.venue is Venue.BILATERAL:
        return Rejection(code=Code.FIELD_RANGE, pointer="venue")
    return _price_refusal(rules, terms.sell_min_ticks, "sell_min_per_mwh") or _price_refusal(
        rules, terms.buy_max_ticks, "buy_max_per_mwh"
    )


def _price_refusal(rules: MarketRules, price_ticks: int | None, pointer: str) -> Rejection | None:
    if price_ticks is None:
        return None
    if price_ticks > rules.price_max_ticks:
        limit = {"price_per_mwh_max": price_text(rules.price_max_ticks)}
        return Rejection(code=Code.PRICE_ABOVE_MAX, pointer=pointer, parameters=limit)
    if price_ticks < rules.price_min_ticks:
        limit = {"price_per_mwh_min": price_text(rules.price_min_ticks)}
        return Rejection(code=Code.PRICE_BELOW_MIN, pointer=pointer, parameters=limit)
    return None


def withdraw_standing_rule(state: MarketState, command: WithdrawStandingRule) -> Decision:
    """The rule ends; what it placed stays. Doing it again is harmless."""
    if state.standing.owner.get(command.rule_id) != command.participant_id:
        return no(Code.NOT_FOUND, "rule_id")
    if command.rule_id not in state.standing.rules:
        return yes(command.rule_id, repeated=True)
    withdrawn = StandingRuleWithdrawn(
        rule_id=command.rule_id, participant_id=command.participant_id
    )
    return yes(command.rule_id, withdrawn)


def record_forecasts(state: MarketState, command: RecordForecasts) -> Decision:
    """Take in forecasts, all or none; what is known already is no new fact."""
    faults = [
        Rejection(
            code=fault.code, pointer=f"items/{row}/{fault.pointer}", parameters=fault.parameters
        )
        for row, item in enumerate(command.forecasts)
        if (fault := _forecast_fault(state, command.participant_id, item)) is not None
    ]
    if faults:
        return refused(faults)
    known = state.standing.forecasts
    new = tuple(
        item
        for item in command.forecasts
        if known.get(item.start_s, {}).get(item.unit_id) != item.injection_wh
    )
    if not new:
        return applied()
    return applied(ForecastsRecorded(participant_id=command.participant_id, forecasts=new))


def _forecast_fault(state: MarketState, participant_id: str, item: Forecast) -> Rejection | None:
    unit = state.units.get(item.unit_id)
    if unit is None or unit.participant_id != participant_id:
        return Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
    if not state.phases.is_interval(item.start_s):
        return Rejection(code=Code.PRODUCT_UNKNOWN, pointer="start")
    if state.phases.has_taken(item.start_s, Step.CLOSE_GATE):
        return Rejection(code=Code.GATE_CLOSED, pointer="start")
    power_w = unit.injection_max_w if item.injection_wh > 0 else unit.withdrawal_max_w
    most_wh = energy_from_power_wh(power_w, state.rules.interval_minutes)
    if abs(item.injection_wh) > most_wh:
        most = {"energy_kwh_max": energy_text(most_wh)}
        return Rejection(code=Code.EXCEEDS_CAPABILITY, pointer="injection_kwh", parameters=most)
    return None


# --- an interval opens --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    rule: StandingRule
    order: WantedOrder
    options: OrderOptions


def orders_for(
    state: MarketState, start_s: int, now_us: int, call: CallKind | None
) -> Iterator[Decision]:
    """What the rules place in an interval whose session has just opened.

    Each part is decided on the state in which the one before is applied. The answers are empty:
    nobody waits for them; a refused order is an event like anybody's.

    Args:
        state: with the session open.
        start_s: the interval.
        now_us: market time.
        call: the call that opened; None: continuous trading.
    """
    places = _places(state.rules, call)
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    listed: list[_Row] = []
    asked_wh: defaultdict[tuple[str, Side], int] = defaultdict(int)
    expected = state.standing.forecasts.get(start_s, {})
    for rule in state.standing.rules.values():
        terms = rule.terms
        injection_wh = expected.get(terms.unit_id)
        venue = venue_of(terms, state.rules)
        if injection_wh is None or venue not in places:
            continue
        order = wanted(terms, start_s, injection_wh, state.commitments, state.positions)
        order = None if order is None else _less(order, asked_wh[terms.unit_id, order.side])
        if order is None:
            continue
        asked_wh[terms.unit_id, order.side] += order.energy_wh
        row = _Row(rule, order, options_of(terms, order.side, venue, start_s))
        if venue is Venue.LISTING:
            listed.append(row)
        else:
            rows[rule.participant_id].append(row)
    for participant_id, own in rows.items():
        yield from _placed(state, participant_id, own, start_s, now_us, call)
    for row in listed:
        yield _listed(state, row, start_s, now_us)


def _places(rules: MarketRules, call: CallKind | None) -> frozenset[Venue]:
    """Where rules place when this session opens; listings go up with the session of the day."""
    if call is None:
        return frozenset({Venue.CONTINUOUS, Venue.LISTING})
    if call is CallKind.CLOSING and rules.continuous is None:
        return frozenset({Venue.CALL, Venue.LISTING})
    return frozenset({Venue.CALL})


def _less(order: WantedOrder, asked_wh: int) -> WantedOrder | None:
    """What is left of it when an earlier rule asked for some of the same forecast."""
    left_wh = order.energy_wh - asked_wh
    if left_wh <= 0:
        return None
    return WantedOrder(side=order.side, price_ticks=order.price_ticks, energy_wh=left_wh)


def own_id(rule_id: str, start_s: int, call: CallKind | None) -> str:
    """The own id of a rule's order; a day-ahead order has one beside the later session's."""
    name = f"standing-{rule_id}-{start_s}"
    return f"{name}-day" if call is CallKind.DAY_AHEAD else name


def _placed(
    state: MarketState,
    participant_id: str,
    rows: list[_Row],
    start_s: int,
    now_us: int,
    call: CallKind | None,
) -> Iterator[Decision]:
    places = dict.fromkeys(row.options for row in rows)
    options = tuple(places) if set(places) != {OrderOptions()} else ()
    place = {option: number for number, option in enumerate(options)}
    columns = OrderColumns(
        client_order_id=tuple(own_id(row.rule.rule_id, start_s, call) for row in rows),
        unit_id=tuple(row.rule.terms.unit_id for row in rows),
        start_s=(start_s,) * len(rows),
        side=tuple(row.order.side for row in rows),
        price_ticks=tuple(row.order.price_ticks for row in rows),
        energy_wh=tuple(row.order.energy_wh for row in rows),
        options=options,
        option_of=tuple(place[row.options] for row in rows) if options else (),
    )
    command = PlaceOrders(now_us=now_us, actor=ACTOR, participant_id=participant_id, orders=columns)
    for decision in _parts(place_orders(state, command)):
        yield _unanswered(decision)


def _parts(made: Decision | Iterator[Decision]) -> Iterable[Decision]:
    """The parts of a decision, each on the state in which the one before is applied."""
    return (made,) if isinstance(made, Decision) else made


def _listed(state: MarketState, row: _Row, start_s: int, now_us: int) -> Decision:
    terms: StandingTerms = row.rule.terms
    name = own_id(row.rule.rule_id, start_s, None)
    command = PostListing(
        now_us=now_us,
        actor=ACTOR,
        participant_id=row.rule.participant_id,
        client_listing_id=name,
        terms=ListingTerms(
            unit_id=terms.unit_id,
            side=row.order.side,
            price_ticks=row.order.price_ticks,
            legs=((start_s, row.order.energy_wh),),
            green_only=row.options.green_only,
            lapses_at_call=terms.lapses_at_call,
        ),
    )
    made = post_listing(state, command)
    if not made.answer.rejections:
        return _unanswered(made)
    refusal = OrdersRejected(
        participant_id=row.rule.participant_id,
        client_order_ids=(name,),
        rejections=made.answer.rejections,
    )
    return Decision(events=(refusal,), answer=Answer())


def _unanswered(decision: Decision) -> Decision:
    return Decision(events=decision.events, answer=Answer())
