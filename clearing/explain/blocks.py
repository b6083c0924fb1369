"""Why a block was accepted, in part or not at all, and what it gains or would have gained.

The one idea to know: a block cannot be divided as simple orders can, so one in the money may have
to stay out: with it the prices would be others, at which it or another accepted block would lose.
What it would have gained at the published prices is told with the reason; that is the measure of
how hard the rule hit it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clearing.explain import words
from clearing.problem import (
    MICRO,
    PPB,
    ClearingProblem,
    ClearingResult,
    IndexArray,
    IntArray,
    Rung,
    exact_dot,
    leg_accepted_wh,
)


class BlockReason(StrEnum):
    """What became of a block."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    OUT_OF_THE_MONEY = "out_of_the_money"
    AT_THE_MONEY = "at_the_money"
    PARENT_NOT_ACCEPTED = "parent_not_accepted"
    GROUP = "group"
    MINIMUM_ACCEPTANCE = "minimum_acceptance"
    PARADOXICALLY_REJECTED = "paradoxically_rejected"
    NO_VOLUME = "no_volume"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockExplanation:
    """What became of one block and what would have changed it."""

    reason: BlockReason
    ratio_ppb: int  # acceptance ratio
    #: What it gains at the prices paid; if not accepted, what all of it would have gained at the
    #: exact prices.
    surplus_quanta: int
    price_ticks: int | None  # average of the published prices over its energy; None: no price
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    """One block against the prices."""

    ratio_ppb: int
    ratio_min_ppb: int
    is_held: bool  # its parent's ratio leaves no room for more
    is_carried: bool  # it has accepted children whose gains count with its own
    group_left_ppb: int  # what the others of its exclusive group leave; all of it without a group
    parent_ratio_ppb: int  # all of it without a parent
    energy_wh: int
    paid_quanta: int  # gain of what was accepted, at the prices paid
    whole_microquanta: int  # gain of all of it, at the exact prices
    has_price: bool


def explain_block(problem: ClearingProblem, result: ClearingResult, row: int) -> BlockExplanation:
    """Explain the block in `row` of the problem's blocks."""
    block = _block(problem, result, row)
    reason = _reason(result.rung, block)
    surplus = block.paid_quanta
    if not block.ratio_ppb:
        surplus = words.round_half_even(block.whole_microquanta, MICRO) if block.has_price else 0
    return BlockExplanation(
        reason=reason,
        ratio_ppb=block.ratio_ppb,
        surplus_quanta=surplus,
        price_ticks=_average(problem, result, row) if block.has_price else None,
        text=_text(reason, block, surplus),
    )


def _legs(problem: ClearingProblem, row: int) -> slice:
    first = problem.blocks.leg_first
    return slice(int(first[row]), int(first[row + 1]))


def _block(problem: ClearingProblem, result: ClearingResult, row: int) -> _Block:
    blocks, ratios = problem.blocks, result.block_ratio_ppb
    legs, area = _legs(problem, row), int(blocks.area[row])
    t, energy = blocks.leg_interval[legs], blocks.leg_energy_wh[legs]
    turn, limit = (1 if blocks.is_sell[row] else -1), int(blocks.price_ticks[row])
    accepted = leg_accepted_wh(blocks, ratios)[legs]
    ratio, parent = int(ratios[row]), int(blocks.parent[row])
    exact = result.price_microticks[area, t] - limit * MICRO
    return _Block(
        ratio_ppb=ratio,
        ratio_min_ppb=int(blocks.ratio_min_ppb[row]),
        is_held=parent >= 0 and ratio == int(ratios[parent]),
        is_carried=bool(((blocks.parent == row) & (ratios > 0)).any()),
        group_left_ppb=PPB - _others_of_group(blocks.group, ratios, row),
        parent_ratio_ppb=int(ratios[parent]) if parent >= 0 else PPB,
        energy_wh=int(energy.sum()),
        paid_quanta=turn * exact_dot(result.price_ticks[area, t] - limit, accepted),
        whole_microquanta=turn * exact_dot(exact, energy),
        has_price=bool(result.has_price[area, t].all()),
    )


def _others_of_group(group: IndexArray, ratio_ppb: IntArray, row: int) -> int:
    if group[row] < 0:
        return 0
    return int(ratio_ppb[group == group[row]].sum() - ratio_ppb[row])


def _average(problem: ClearingProblem, result: ClearingResult, row: int) -> int:
    """Average published price over the energy of all legs, half-even."""
    blocks, legs = problem.blocks, _legs(problem, row)
    t, energy = blocks.leg_interval[legs], blocks.leg_energy_wh[legs]
    prices = result.price_ticks[int(blocks.area[row]), t]
    return words.round_half_even(exact_dot(prices, energy), int(energy.sum()))


def _reason(rung: Rung, block: _Block) -> BlockReason:
    if rung is Rung.CANCELLED:
        return BlockReason.CANCELLED
    if rung is Rung.MERIT_ORDER:
        return BlockReason.RELEASED
    if block.ratio_ppb == PPB:
        return BlockReason.ACCEPTED
    if block.ratio_ppb:
        return BlockReason.PARTLY_ACCEPTED
    if not block.has_price:
        return BlockReason.NO_VOLUME
    return _why_not(block)


def _why_not(block: _Block) -> BlockReason:
    # Exact prices are told to a millionth of a tick, so a gain is known to that per Wh.
    if block.whole_microquanta < -block.energy_wh:
        return BlockReason.OUT_OF_THE_MONEY
    if block.parent_ratio_ppb < block.ratio_min_ppb:
        return BlockReason.PARENT_NOT_ACCEPTED
    if block.group_left_ppb < block.ratio_min_ppb:
        return BlockReason.GROUP
    if block.whole_microquanta <= block.energy_wh:
        return BlockReason.AT_THE_MONEY
    if block.ratio_min_ppb < PPB:
        return BlockReason.MINIMUM_ACCEPTANCE
    return BlockReason.PARADOXICALLY_REJECTED


#: Why no price system supports a block that stays out although it is in the money.
_NO_PRICES = "the prices would move so far that it, or another accepted block, would lose"


def _text(reason: BlockReason, block: _Block, surplus: int) -> str:
    gains = words.gains(surplus)
    if surplus < 0 and block.is_carried:
        gains += ", and what its children gain carries it"
    match reason:
        case BlockReason.CANCELLED:
            return words.CANCELLED
        case BlockReason.RELEASED:
            return words.RELEASED
        case BlockReason.NO_VOLUME:
            return "Nothing was traded in some of its intervals, so there is no price to meet."
        case BlockReason.ACCEPTED:
            return f"Accepted in full: {gains}."
        case BlockReason.PARTLY_ACCEPTED:
            return f"{words.percent(block.ratio_ppb)} accepted, {_bound_by(block)}: {gains}."
        case BlockReason.OUT_OF_THE_MONEY:
            missed = words.distance(_distance_ticks(block))
            return f"Not accepted: the prices missed its limit by {missed} on average."
        case BlockReason.AT_THE_MONEY:
            return "Not accepted: on average the prices were its limit, and it was not needed."
        case _:
            gain, why = words.money(surplus), _why_although(reason, block)
            return f"Not accepted although it would have gained {gain} at these prices: {why}."


def _why_although(reason: BlockReason, block: _Block) -> str:
    """Why a block in the money stays out."""
    match reason:
        case BlockReason.PARENT_NOT_ACCEPTED:
            much = "accepted too little" if block.parent_ratio_ppb else "not accepted"
            return f"the block it depends on was {much}"
        case BlockReason.GROUP:
            return "others of its exclusive group were accepted"
        case BlockReason.MINIMUM_ACCEPTANCE:
            least = words.percent(block.ratio_min_ppb)
            return f"with {least} of it, the least it allows, or more, {_NO_PRICES}"
        case _:
            return f"it is taken whole or not at all, and with all of it {_NO_PRICES}"


def _distance_ticks(block: _Block) -> int:
    """By how much per Wh the exact prices missed its limit on average, to the tick."""
    return words.round_half_even(-block.whole_microquanta, MICRO * block.energy_wh)


def _bound_by(block: _Block) -> str:
    if block.is_held:
        return "as much as of the block it depends on"
    if block.group_left_ppb <= block.ratio_ppb:
        return "the rest of its exclusive group went to others"
    return "its limit is the average price"
