"""Money of matches outside the calls: two parties, and the line between their areas if there is one.

The one idea: the market stands between the two, as everywhere. Each leg is paid at its own price; what
is left with the market over a line is the line's fee, which goes to the grid operator, and a rest
of less than a tick per Wh, which is rounding. The central account is zero again after every match.

For a match over a line that takes in `sent` and gives out `received`:

    price at the buyer x received = price at the seller x sent + fee x sent + rounding

so the energy that is lost on the way is paid by the one whose price is not the agreed one.
"""

from collections.abc import Sequence

from market.model.grid import Line
from market.model.messages import LineUse
from market.model.money import (
    CENTRAL,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
    rounding_account,
    transfer,
)
from market.model.order import Side
from market.model.trade import Trade
from market.settlement.energy import ConservationError


def matched_transfers(
    *, legs: Sequence[Trade], use: LineUse | None, line: Line | None
) -> tuple[Transfer, ...]:
    """All transfers of matched legs of one interval; transfers of nothing are left out.

    Args:
        legs: every leg, at the price of its own area; sold and bought energy belong together.
        use: what is sent over a line between the seller's and the buyer's area; None: one area.
        line: that line; None with `use`.

    Raises:
        ConservationError: sold + received is not bought + sent in every area, or a match inside
            one area would leave money on the central account.
    """
    if (use is None) != (line is None):
        raise ConservationError("a line without its use, or a use without its line")
    _check_energy(legs, use, line)
    moves = [_leg_transfer(leg) for leg in legs]
    start_s = legs[0].start_s if legs else None
    if use is not None and line is not None:
        fee_ticks = line.fee_forward_ticks if use.forward else line.fee_backward_ticks
        fee_quanta = fee_ticks * use.sent_wh
        moves.append(
            transfer(
                CENTRAL, GRID_OPERATOR, fee_quanta, TransferKind.LINE_FEE, line.line_id, start_s
            )
        )
        rounding = rounding_account(line.line_id)
        rest_quanta = _central_quanta(moves)
        moves.append(
            transfer(CENTRAL, rounding, rest_quanta, TransferKind.ROUNDING, line.line_id, start_s)
        )
    left_over = _central_quanta(moves)
    if left_over:
        raise ConservationError(f"{left_over} quanta left on the central account")
    return tuple(move for move in moves if move.amount_quanta)


def _check_energy(legs: Sequence[Trade], use: LineUse | None, line: Line | None) -> None:
    """Sold + received = bought + sent in every area."""
    rest_wh: dict[str, int] = {}
    for leg in legs:
        rest_wh[leg.area_id] = rest_wh.get(leg.area_id, 0) + leg.injection_wh
    if use is not None and line is not None:
        ends = (line.from_area, line.to_area) if use.forward else (line.to_area, line.from_area)
        if not 0 <= use.received_wh <= use.sent_wh:
            raise ConservationError(f"{line.line_id}: impossible flow {use}")
        rest_wh[ends[0]] = rest_wh.get(ends[0], 0) - use.sent_wh
        rest_wh[ends[1]] = rest_wh.get(ends[1], 0) + use.received_wh
    for area_id, energy_wh in rest_wh.items():
        if energy_wh:
            raise ConservationError(f"{area_id}: {energy_wh} Wh without a taker in a match")


def _leg_transfer(leg: Trade) -> Transfer:
    account = participant_account(leg.participant_id)
    giver, receiver = (account, CENTRAL) if leg.side is Side.BUY else (CENTRAL, account)
    return transfer(
        giver, receiver, leg.amount_quanta, TransferKind.TRADE, leg.trade_id, leg.start_s
    )


def _central_quanta(moves: Sequence[Transfer]) -> int:
    """What the moves leave on the central account."""
    left = 0
    for move in moves:
        if move.credit_account == CENTRAL:
            left += move.amount_quanta
        if move.debit_account == CENTRAL:
            left -= move.amount_quanta
    return left
