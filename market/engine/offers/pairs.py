"""Matches outside the books become facts: trades, money, and what they draw from the lines.

The one idea: whatever it came from, a match is two legs under one `match_id`, and from here on
nobody asks any more how it was made.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from market.engine.decisions import refused
from market.engine.state import MarketState
from market.model.contract import Way, WaysTaken
from market.model.messages import (
    Answer,
    Decision,
    Event,
    LinesUsed,
    LineUse,
    OrderAnswer,
    TradesMade,
    TransfersBooked,
)
from market.model.money import Transfer
from market.model.order import Side, Venue
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.model.trade import Trade
from market.model.units import energy_text
from market.settlement.trades import matched_transfers
from market.trading.offers import OfferLeg, side_refusal
from market.trading.pairs import Pair, Party


def no(code: Code, pointer: str | None = None, **parameters: str) -> Decision:
    """A wish that is refused as a whole."""
    return refused([Rejection(code=code, pointer=pointer, parameters=parameters)])


def yes(made_id: str, *events: Event, repeated: bool = False) -> Decision:
    """A wish that is granted; its id in the market stands in the answer's one row."""
    row = OrderAnswer(order_id=made_id, repeated=repeated)
    return Decision(events=events, answer=Answer(orders=(row,)))


def repeat(made_id: str, *, same: bool, pointer: str) -> Decision:
    """The same again answers the same; something else under the same own id is refused."""
    if same:
        return yes(made_id, repeated=True)
    return no(Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer)


def stop_refusal(
    state: MarketState, client_id: str, unit: Unit, legs: Iterable[tuple[int, int]]
) -> Rejection | None:
    """Why a stop, or an outage of its own, lets this unit agree on nothing new then; None: none."""
    for start_s, _ in legs:
        if state.checks.is_out(unit.unit_id, start_s) or (
            state.acts and state.checks.is_stopped(unit, start_s)
        ):
            return Rejection(code=Code.UNIT_OUT_OF_SERVICE, pointer="unit_id")
        code = state.stops.refusal(
            client_id=client_id,
            participant_id=unit.participant_id,
            unit_id=unit.unit_id,
            area_id=unit.area_id,
            start_s=start_s,
        )
        if code is not None:
            return Rejection(code=code)
    return None


def party(unit: Unit) -> Party:
    """A unit as one side of a match."""
    return Party(participant_id=unit.participant_id, unit_id=unit.unit_id, area_id=unit.area_id)


def acceptor_refusal(
    state: MarketState, unit: Unit, side: Side, pairs: Sequence[Pair]
) -> Rejection | None:
    """Why the one who accepts cannot do or pay its side; None: it can."""
    legs = tuple(
        OfferLeg(
            start_s=pair.start_s,
            price_ticks=pair.ticks_of(side),
            energy_wh=_energy_wh(pair, side),
        )
        for pair in pairs
    )
    return side_refusal(
        state.checks,
        unit,
        side,
        legs,
        state.draft(unit.participant_id),
        stands=False,
    )


def _energy_wh(pair: Pair, side: Side) -> int:
    return pair.passage.sent_wh if side is Side.SELL else pair.passage.received_wh


def grid_refusal(seller_area: str, buyer_area: str, starts: Sequence[str]) -> Rejection:
    """No line joins the two areas directly, or none can carry it then."""
    parameters = {"from_area": seller_area, "to_area": buyer_area, "starts": ",".join(starts)}
    return Rejection(code=Code.GRID_LIMIT, pointer="legs", parameters=parameters)


def too_much(most_wh: int, pointer: str) -> Rejection:
    """More than there is to take."""
    parameters = {"energy_kwh_max": energy_text(most_wh)}
    return Rejection(code=Code.VOLUME_MAX, pointer=pointer, parameters=parameters)


def matched(
    state: MarketState, pairs: Sequence[Pair], venue: Venue, now_us: int
) -> tuple[Event, ...]:
    """The facts of matches, one of an interval each; what was held for them is free already."""
    number = state.next_trade_number
    uses: defaultdict[int, list[LineUse]] = defaultdict(list)
    ways: defaultdict[int, list[Way]] = defaultdict(list)
    trades: list[TradesMade] = []
    transfers: list[Transfer] = []
    for pair in pairs:
        legs = _legs(pair, number, venue)
        number += len(legs)
        use = pair.passage.use(legs[0].match_id)
        trades.append(TradesMade(start_s=pair.start_s, trades=legs, made_us=now_us))
        line = None if use is None else state.lines[use.line_id]
        transfers += matched_transfers(legs=legs, use=use, line=line)
        if use is not None:
            uses[pair.start_s].append(use)
            ways[pair.start_s].append(_way(pair, legs[0].match_id, use))
    return (
        *(LinesUsed(start_s=start_s, uses=tuple(used)) for start_s, used in uses.items()),
        *trades,
        TransfersBooked(transfers=tuple(transfers)),
        *(WaysTaken(start_s=start_s, ways=tuple(taken)) for start_s, taken in ways.items()),
    )


def _legs(pair: Pair, number: int, venue: Venue) -> tuple[Trade, Trade]:
    def leg(row: int, side: Side, who: Party) -> Trade:
        return Trade(
            trade_id=f"trd-{number + row}",
            match_id=f"mat-{number}",
            order_id=pair.origin_id,
            participant_id=who.participant_id,
            unit_id=who.unit_id,
            area_id=who.area_id,
            start_s=pair.start_s,
            side=side,
            price_ticks=pair.ticks_of(side),
            energy_wh=_energy_wh(pair, side),
            venue=venue,
        )

    return leg(0, Side.SELL, pair.seller), leg(1, Side.BUY, pair.buyer)


def _way(pair: Pair, match_id: str, use: LineUse) -> Way:
    return Way(
        match_id=match_id,
        participant_id=pair.carrier.participant_id,
        line_id=use.line_id,
        forward=use.forward,
        sent_wh=use.sent_wh,
        received_wh=use.received_wh,
    )
