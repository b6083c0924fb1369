"""What the ways of matches outside the calls are worth, once the closing call is known.

The one idea: a match over a line took capacity that the call could not use any more. What the call
shows that capacity to be worth is owed by the one who carries the way, as if it had traded in the call.
"""

from collections.abc import Iterator, Mapping, Sequence

from market.model.contract import Way
from market.model.grid import Line
from market.model.money import Transfer, TransferKind, participant_account, rent_account, transfer
from market.model.trade import ClearingOutcome


def way_transfers(
    ways: Sequence[Way], lines: Mapping[str, Line], outcome: ClearingOutcome
) -> Iterator[Transfer]:
    """What each way is worth beyond its fee, once the closing call is known.

    With the call's area prices and what the way takes in and gives out:

        worth = price at the buyer x received - price at the seller x sent
        owed  = max(0, worth - fee x sent)

    The fee was paid with the match. Where nothing traded in one of the two areas there is no price
    and nothing is owed. It is congestion rent and goes back to the members like a call's.
    """
    prices = {area.area_id: area.price_ticks for area in outcome.areas}
    for way in ways:
        line = lines[way.line_id]
        ends = (line.from_area, line.to_area) if way.forward else (line.to_area, line.from_area)
        seller_ticks, buyer_ticks = prices.get(ends[0]), prices.get(ends[1])
        if seller_ticks is None or buyer_ticks is None:
            continue
        fee_ticks = line.fee_forward_ticks if way.forward else line.fee_backward_ticks
        worth_quanta = buyer_ticks * way.received_wh - seller_ticks * way.sent_wh
        owed_quanta = worth_quanta - fee_ticks * way.sent_wh
        if owed_quanta > 0:
            yield transfer(
                participant_account(way.participant_id),
                rent_account(way.line_id),
                owed_quanta,
                TransferKind.LINE_RENT,
                way.match_id,
                outcome.start_s,
            )
