"""Two parties matched outside a book: the way between them, and what each pays.

The one idea: the agreed price is at the place of the one who named it. Energy counts where the buyer
is; over a line the seller injects more, and the one who did not name the price pays the fee and the
loss in its own price:

    received = floor(sent x (1 - loss))                          what a line gives out
    price at the buyer  = ceil((price + fee) x sent / received)  when the seller named it
    price at the seller = floor((price x received - fee x sent) / sent)  when the buyer named it

so what is left over is at least zero and less than a tick per Wh. Only lines that join the two areas
directly are ways; of several that can carry it all, the cheapest one does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from market.model.grid import Grid, Line
from market.model.messages import LineUse
from market.model.order import Side
from market.model.units import PPM, round_up
from market.trading.capacity import Capacity


def received_wh(loss_ppm: int, sent_wh: int) -> int:
    """What a line gives out of what it takes in: the loss is rounded up."""
    return sent_wh * (PPM - loss_ppm) // PPM


def sent_for_wh(loss_ppm: int, wanted_wh: int) -> int:
    """The least a line has to take in to give out so much."""
    return round_up(wanted_wh * PPM, PPM - loss_ppm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How energy gets from the seller to the buyer."""

    line: Line | None
    """None: both are in one area."""
    forward: bool
    sent_wh: int
    received_wh: int

    @property
    def fee_ticks(self) -> int:
        """The line's fee per energy sent; 0 inside an area."""
        if self.line is None:
            return 0
        return self.line.fee_forward_ticks if self.forward else self.line.fee_backward_ticks

    def use(self, match_id: str = "") -> LineUse | None:
        """What a match draws from the line; None inside an area."""
        if self.line is None:
            return None
        return LineUse(
            line_id=self.line.line_id,
            forward=self.forward,
            sent_wh=self.sent_wh,
            received_wh=self.received_wh,
            match_id=match_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of a match."""

    participant_id: str
    unit_id: str
    area_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One match of two parties in one interval."""

    start_s: int
    seller: Party
    buyer: Party
    price_ticks: int
    named_by: Side
    """Whose price it is; the other one carries the way."""
    passage: Passage
    origin_id: str
    """The listing, quote or contract it came from."""

    @property
    def carrier(self) -> Party:
        """Who carries the way."""
        return self.buyer if self.named_by is Side.SELL else self.seller

    def ticks_of(self, side: Side) -> int:
        """The price at one side's own area."""
        return own_ticks(side, self.price_ticks, self.named_by, self.passage)


def own_ticks(side: Side, price_ticks: int, named_by: Side, passage: Passage) -> int:
    """The price at one side's own area, of a price that one side named."""
    if side is named_by or passage.line is None:
        return price_ticks
    fee_quanta = passage.fee_ticks * passage.sent_wh
    if side is Side.BUY:
        return round_up(price_ticks * passage.sent_wh + fee_quanta, passage.received_wh)
    return (price_ticks * passage.received_wh - fee_quanta) // passage.sent_wh


def passage_between(
    grid: Grid,
    capacity: Capacity,
    *,
    seller_area: str,
    buyer_area: str,
    start_s: int,
    energy_wh: int,
    price_ticks: int,
    sent_max_wh: int | None = None,
) -> Passage | None:
    """The cheapest way that can carry the energy now; None: there is none.

    Args:
        grid: areas and lines.
        capacity: what the lines can still carry.
        seller_area: where it is injected.
        buyer_area: where it is taken out.
        start_s: the delivery interval.
        energy_wh: what has to arrive, > 0.
        price_ticks: price of the energy, which makes a loss cost something.
        sent_max_wh: most that may be injected; all of it is, where exactly the energy arrives, so
            that nothing too small to be taken stays behind. None: no limit.
    """
    if seller_area == buyer_area:
        if sent_max_wh is not None and energy_wh > sent_max_wh:
            return None
        return Passage(line=None, forward=True, sent_wh=energy_wh, received_wh=energy_wh)
    found = [
        passage
        for passage in _passages(grid, seller_area, buyer_area, energy_wh, sent_max_wh)
        if _can_carry(capacity, passage, seller_area, buyer_area, start_s)
    ]
    return min(found, key=lambda item: _cost(item, price_ticks), default=None)


def _passages(
    grid: Grid, seller_area: str, buyer_area: str, energy_wh: int, sent_max_wh: int | None
) -> Iterator[Passage]:
    for line in grid.lines:
        ends = (line.from_area, line.to_area)
        if ends not in ((seller_area, buyer_area), (buyer_area, seller_area)):
            continue
        sent_wh = sent_for_wh(line.loss_ppm, energy_wh)
        if sent_max_wh is not None:
            if sent_wh > sent_max_wh:
                continue
            if received_wh(line.loss_ppm, sent_max_wh) == energy_wh:
                sent_wh = sent_max_wh
        yield Passage(
            line=line, forward=ends[0] == seller_area, sent_wh=sent_wh, received_wh=energy_wh
        )


def _can_carry(
    capacity: Capacity, passage: Passage, seller_area: str, buyer_area: str, start_s: int
) -> bool:
    assert passage.line is not None, "only ways over a line are asked for"
    if passage.sent_wh > capacity.left_wh(passage.line.line_id, passage.forward, start_s):
        return False
    limit_wh = capacity.area_left_wh(seller_area, buyer_area, start_s)
    return limit_wh is None or passage.sent_wh <= limit_wh


def _cost(passage: Passage, price_ticks: int) -> tuple[int, str]:
    assert passage.line is not None, "only ways over a line are compared"
    cost_quanta = (passage.fee_ticks + max(0, price_ticks)) * passage.sent_wh
    return cost_quanta, passage.line.line_id
