"""Money of one auction: every trade against the central account, and what the lines earned.

The one idea: the market buys and sells at area prices, so what it is left with is exactly the price
difference over the lines and over the areas' limits. That difference is split to the last quantum
and the central account is zero again.

For a direction of a line that takes in `sent` at area a and gives out `received` at area b, with
connection prices pi_a and pi_b and `lost = sent - received`:

    (pi_b - pi_a) * sent = fee * sent + pi_b * lost + rent + rounding

- `fee * sent` goes to the grid operator;
- `pi_b * lost` goes to the line's loss account, which buys the lost energy with it at once at the
  receiving area's price: the loss is visible and its account is zero again;
- the rest is congestion rent when the direction is full (`sent == capacity`) and the rest is
  positive, otherwise rounding: ticks of the prices and whole Wh of the loss.

An area limit that binds puts the area price apart from its connection price; that difference times
the net import is limit rent. Formulas: docs/settlement.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from market.model.grid import Grid
from market.model.money import (
    CENTRAL,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    limit_rent_account,
    loss_account,
    participant_account,
    rent_account,
    rounding_account,
    transfer,
)
from market.model.order import Side
from market.model.trade import AreaOutcome, ClearingOutcome, Trade


class ConservationError(ArithmeticError):
    """Energy or money of an auction does not add up: nothing of it may be booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Energy in one direction of one line, and what the direction asks."""

    line_id: str
    sender: str
    receiver: str
    sent_wh: int
    received_wh: int
    capacity_wh: int
    fee_ticks: int

    @property
    def is_full(self) -> bool:
        """True when the direction can take no more."""
        return self.sent_wh == self.capacity_wh


def auction_transfers(
    *, outcome: ClearingOutcome, trades: Sequence[Trade], grid: Grid
) -> tuple[Transfer, ...]:
    """All transfers of one interval's auction; transfers of nothing are left out.

    An area may lack a price only if nobody traded in it. Energy that passes through one all the
    same is counted there at price zero and the rest of its lines is rounding, never rent; the
    audited engine gives every area that energy passes a price.

    Args:
        outcome: the audited result.
        trades: every trade leg the result made, at the price of its area.
        grid: the areas and lines the outcome speaks of.

    Raises:
        ConservationError: sold and bought energy, flows and losses do not match in every area, a
            trade is not at its area's price, or money would stay on the central account.
    """
    carried = tuple(carried_ways(outcome, grid))
    _check_energy(outcome, trades, carried)
    transfers = [
        *_trade_transfers(trades),
        *_line_transfers(outcome, carried),
        *limit_transfers(outcome),
    ]
    left_over = sum(
        move.amount_quanta * ((move.credit_account == CENTRAL) - (move.debit_account == CENTRAL))
        for move in transfers
    )
    if left_over:
        raise ConservationError(f"{left_over} quanta left on the central account")
    return tuple(move for move in transfers if move.amount_quanta)


def carried_ways(outcome: ClearingOutcome, grid: Grid) -> Iterator[Carried]:
    """Every direction of a line that carries something."""
    lines = {line.line_id: line for line in grid.lines}
    for flow in outcome.lines:
        line = lines[flow.line_id]
        if flow.sent_forward_wh or flow.received_forward_wh:
            yield Carried(
                line_id=line.line_id,
                sender=line.from_area,
                receiver=line.to_area,
                sent_wh=flow.sent_forward_wh,
                received_wh=flow.received_forward_wh,
                capacity_wh=flow.capacity_forward_wh,
                fee_ticks=line.fee_forward_ticks,
            )
        if flow.sent_backward_wh or flow.received_backward_wh:
            yield Carried(
                line_id=line.line_id,
                sender=line.to_area,
                receiver=line.from_area,
                sent_wh=flow.sent_backward_wh,
                received_wh=flow.received_backward_wh,
                capacity_wh=flow.capacity_backward_wh,
                fee_ticks=line.fee_backward_ticks,
            )


def _check_energy(
    outcome: ClearingOutcome, trades: Sequence[Trade], carried: Sequence[Carried]
) -> None:
    """Sold + received = bought + sent in every area, and so sold = bought + lost in the market."""
    sold = {area.area_id: 0 for area in outcome.areas}
    bought, arrived, gone = dict(sold), dict(sold), dict(sold)
    price_ticks = {area.area_id: area.price_ticks for area in outcome.areas}
    for trade in trades:
        if trade.price_ticks != price_ticks[trade.area_id]:
            raise ConservationError(
                f"{trade.trade_id}: {trade.price_ticks} ticks in an area of"
                f" {price_ticks[trade.area_id]}"
            )
        (sold if trade.side is Side.SELL else bought)[trade.area_id] += trade.energy_wh
    for way in carried:
        if not 0 <= way.received_wh <= way.sent_wh <= way.capacity_wh:
            raise ConservationError(f"{way.line_id}: impossible flow {way}")
        gone[way.sender] += way.sent_wh
        arrived[way.receiver] += way.received_wh
    for area in outcome.areas:
        name = area.area_id
        if (sold[name], bought[name]) != (area.sold_wh, area.bought_wh):
            raise ConservationError(
                f"{name}: trades sell {sold[name]} Wh and buy {bought[name]} Wh,"
                f" the auction says {area.sold_wh} and {area.bought_wh}"
            )
        if sold[name] + arrived[name] != bought[name] + gone[name]:
            raise ConservationError(
                f"{name}: {sold[name]} Wh sold + {arrived[name]} Wh received is not"
                f" {bought[name]} Wh bought + {gone[name]} Wh sent"
            )
    lost = sum(way.sent_wh - way.received_wh for way in carried)
    if sum(sold.values()) != sum(bought.values()) + lost:
        raise ConservationError(
            f"{sum(sold.values())} Wh sold, {sum(bought.values())} Wh bought, {lost} Wh lost"
        )


def _trade_transfers(trades: Sequence[Trade]) -> Iterator[Transfer]:
    for trade in trades:
        account = participant_account(trade.participant_id)
        giver, receiver = (account, CENTRAL) if trade.side is Side.BUY else (CENTRAL, account)
        yield transfer(
            giver, receiver, trade.amount_quanta, TransferKind.TRADE, trade.trade_id, trade.start_s
        )


def connection_price_ticks(area: AreaOutcome) -> int | None:
    """The price on the far side of an area's limit; None: nothing traded in it."""
    if area.connection_price_ticks is not None:
        return area.connection_price_ticks
    return area.price_ticks


def _line_transfers(outcome: ClearingOutcome, carried: Sequence[Carried]) -> Iterator[Transfer]:
    prices = {area.area_id: connection_price_ticks(area) for area in outcome.areas}
    for way in carried:
        yield from direction_transfers(way, prices, outcome.start_s)


def direction_transfers(
    way: Carried, prices: Mapping[str, int | None], start_s: int
) -> Iterator[Transfer]:
    """One direction's price difference in its parts; the formula stands at the top."""
    there, here = prices[way.receiver], prices[way.sender]
    there_ticks, here_ticks = there or 0, here or 0
    line_id, loss = way.line_id, loss_account(way.line_id)
    fee_quanta = way.fee_ticks * way.sent_wh
    lost_quanta = there_ticks * (way.sent_wh - way.received_wh)
    rest_quanta = there_ticks * way.received_wh - here_ticks * way.sent_wh - fee_quanta
    yield transfer(CENTRAL, GRID_OPERATOR, fee_quanta, TransferKind.LINE_FEE, line_id, start_s)
    yield transfer(CENTRAL, loss, lost_quanta, TransferKind.LINE_LOSS, line_id, start_s)
    yield transfer(loss, CENTRAL, lost_quanta, TransferKind.LINE_LOSS_PURCHASE, line_id, start_s)
    if way.is_full and rest_quanta > 0 and there is not None and here is not None:
        account, kind = rent_account(line_id), TransferKind.LINE_RENT
    else:
        account, kind = rounding_account(line_id), TransferKind.ROUNDING
    yield transfer(CENTRAL, account, rest_quanta, kind, line_id, start_s)


def limit_transfers(outcome: ClearingOutcome) -> Iterator[Transfer]:
    """(area price - connection price) x net import: rent of the area's own limit.

    It can only be negative by rounding (a limit holds back what would flow to the dearer side);
    then it is booked as that, so that a rent account never owes anything.
    """
    for area in outcome.areas:
        connection_ticks = connection_price_ticks(area)
        if area.price_ticks is None or connection_ticks is None:
            continue
        net_import_wh = area.bought_wh - area.sold_wh
        rest_quanta = (area.price_ticks - connection_ticks) * net_import_wh
        name = area.area_id
        if rest_quanta > 0:
            account, kind = limit_rent_account(name), TransferKind.LIMIT_RENT
        else:
            account, kind = rounding_account(f"limit:{name}"), TransferKind.ROUNDING
        yield transfer(CENTRAL, account, rest_quanta, kind, name, outcome.start_s)
