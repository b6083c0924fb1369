"""What the calls of an interval made of prices and exchange, as settlement reads it.

The one idea: prices are those of the closing call, and what flows is the sum of both.
"""

from dataclasses import replace

from market.model.trade import ClearingOutcome, LineOutcome


def priced(
    closing: ClearingOutcome | None, opening: ClearingOutcome | None
) -> ClearingOutcome | None:
    """The closing call's result; where it has no price, the opening call's stands in."""
    if closing is None or opening is None:
        return closing or opening
    price_of = {area.area_id: area.price_ticks for area in opening.areas}
    return replace(
        closing,
        areas=tuple(
            replace(area, price_ticks=price_of.get(area.area_id))
            if area.price_ticks is None
            else area
            for area in closing.areas
        ),
    )


def exchanged(
    closing: ClearingOutcome | None, opening: ClearingOutcome | None
) -> ClearingOutcome | None:
    """What the areas were scheduled to exchange in both calls together."""
    if closing is None or opening is None:
        return closing or opening
    before = {line.line_id: line for line in opening.lines}
    return replace(
        closing,
        lines=tuple(_both(line, before[line.line_id]) for line in closing.lines),
    )


def _both(line: LineOutcome, before: LineOutcome) -> LineOutcome:
    return replace(
        line,
        sent_forward_wh=line.sent_forward_wh + before.sent_forward_wh,
        received_forward_wh=line.received_forward_wh + before.received_forward_wh,
        sent_backward_wh=line.sent_backward_wh + before.sent_backward_wh,
        received_backward_wh=line.received_backward_wh + before.received_backward_wh,
    )
