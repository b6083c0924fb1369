"""Ways to damage a right result, each so that no reading of the rules lets it stand.

The one idea to know: a damage changes one thing (or two that hide each other) and hands back the
damaged result, or None where the result has nothing of the kind. What an auditor can not know by
arithmetic alone is left out: where the price rule takes an optimisation, another supporting price
with its own tick is as good as the published one.
"""

# ruff: noqa: ARG001 - every damage has the same signature, whatever it needs of it

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from clearing.problem import PPB, BoolArray, ClearingProblem, ClearingResult, Rung
from tests.clearing.by_hand import changed

Damage = Callable[[ClearingProblem, ClearingResult, np.random.Generator], ClearingResult | None]
#: Millionths of a tick in a tick.
_MICRO = 1_000_000


def one_of(rng: np.random.Generator, candidates: BoolArray) -> tuple[int, ...] | None:
    """A place where `candidates` is true."""
    places = np.argwhere(candidates)
    return tuple(int(i) for i in places[rng.integers(len(places))]) if len(places) else None


def moved(
    rng: np.random.Generator,
    result: ClearingResult,
    name: str,
    steps: tuple[int, ...],
    where: BoolArray | None = None,
) -> ClearingResult | None:
    """One number of an array changed by one of some steps."""
    array = getattr(result, name)
    place = one_of(rng, np.ones(array.shape, dtype=np.bool_) if where is None else where)
    return None if place is None else changed(result, name, place, int(rng.choice(steps)))


def plain(problem: ClearingProblem) -> bool:
    """Whether every price of every result follows from facts about two prices each."""
    return not len(problem.blocks) and problem.ptdf is None and problem.areas.parent is None


def a_fill(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "accepted_wh", (-1, 1))


def two_fills_that_balance(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A Wh moved from one order to another of the same area, interval and side."""
    giver = one_of(rng, r.accepted_wh > 0)
    if giver is None:
        return None
    o = p.orders
    same = (o.area == o.area[giver]) & (o.interval == o.interval[giver])
    room = same & (o.is_sell == o.is_sell[giver]) & (r.accepted_wh < o.energy_wh)
    room[giver] = False
    # An equal order is as good as the other: the two are one order in two rows.
    room &= (o.sequence != o.sequence[giver]) | (o.price_ticks != o.price_ticks[giver])
    taker = one_of(rng, room)
    return (
        None
        if taker is None
        else changed(changed(r, "accepted_wh", giver, -1), "accepted_wh", taker, 1)
    )


def a_trade_fewer(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A seller and a buyer of one node have a Wh less each, and the welfare says so."""
    o = p.orders
    # The last Wh of an order is left to it: with it the node might lose its price.
    able = (r.accepted_wh > 1) & ~o.sloped & (r.rounding_wh[o.area, o.interval] == 0)
    seller = one_of(rng, able & o.is_sell)
    if seller is None:
        return None
    here = (o.area == o.area[seller]) & (o.interval == o.interval[seller])
    buyer = one_of(rng, able & here & ~o.is_sell)
    if buyer is None:
        return None
    lost = int(o.price_ticks[buyer]) - int(o.price_ticks[seller])
    less = changed(changed(r, "accepted_wh", seller, -1), "accepted_wh", buyer, -1)
    return replace(less, welfare_quanta=r.welfare_quanta - lost)


def a_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "price_ticks", (-7, -2, 2, 7), r.has_price)


def a_connection_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "connection_price_ticks", (-7, -2, 2, 7), r.has_price)


def an_exact_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    name = str(rng.choice(["price_microticks", "connection_price_microticks"]))
    small = (-40, -5, 5, 40) if plain(p) and r.rung is not Rung.MERIT_ORDER else ()
    return moved(rng, r, name, (-3 * _MICRO, 3 * _MICRO, *small), r.has_price)


def a_price_and_its_tick(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """The whole of a node's price elsewhere, inside and outside its limits alike."""
    place = one_of(rng, r.has_price)
    if place is None or not plain(p):
        return None
    by = int(rng.choice([-100, -1, 1, 100]))
    for name in ("price_ticks", "connection_price_ticks"):
        r = changed(r, name, place, by)
    for name in ("price_microticks", "connection_price_microticks"):
        r = changed(r, name, place, by * _MICRO)
    return r


def a_flow(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, str(rng.choice(["sent_forward_wh", "sent_backward_wh"])), (-1, 1))


def a_loss(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, str(rng.choice(["received_forward_wh", "received_backward_wh"])), (-1, 1))


def a_net_export(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "net_export_wh", (-1, 1))


def a_rounding(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "rounding_wh", (-1, 1, 1, 2))


def all_roundings(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return replace(r, rounding_wh=r.rounding_wh + 1)


def a_ratio(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A block in that was out, or out that was in."""
    place = one_of(rng, np.ones(len(p.blocks), dtype=np.bool_))
    if place is None:
        return None
    ratio = int(r.block_ratio_ppb[place])
    return changed(r, "block_ratio_ppb", place, PPB - ratio if ratio < PPB // 2 else -ratio)


def a_ratio_beyond(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "block_ratio_ppb", (-PPB - 1, PPB + 1))


def a_charge(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, str(rng.choice(["charge_wh", "discharge_wh"])), (-1, 1))


def charged_and_discharged(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A Wh in and a Wh out at once: the area does not notice."""
    place = one_of(rng, np.ones_like(r.charge_wh, dtype=np.bool_))
    if place is None:
        return None
    return changed(changed(r, "charge_wh", place, 1), "discharge_wh", place, 1)


def what_is_stored(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "stored_wh", (-1, 1))


def a_stored_value(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """Worth more than any price there may be."""
    return moved(rng, r, "stored_value_microticks", (-(10**17), 10**17))


def a_shadow_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    """A price of capacity on a line that has some left, or that follows no factors."""
    slack = 1 + int(r.rounding_wh.max(initial=0))
    free = np.ones((len(p.lines), 1), dtype=np.bool_)
    if p.ptdf is not None:
        free[p.ptdf.line] = False
    spare = r.sent_forward_wh < p.lines.capacity_forward_wh - slack
    spare &= r.shadow_price_microticks == 0
    return moved(rng, r, "shadow_price_microticks", (1, 1_000, _MICRO), free | spare)


def whether_there_is_a_price(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    place = one_of(rng, np.ones_like(r.has_price))
    if place is None:
        return None
    array = r.has_price.copy()
    array[place] = ~array[place]
    return replace(r, has_price=array)


def the_best_bid(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "best_bid_ticks", (1,))


def the_best_offer(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return moved(rng, r, "best_offer_ticks", (1,))


def the_welfare(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return replace(r, welfare_quanta=r.welfare_quanta + int(rng.choice([-1, 1])))


def the_bound(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    return replace(r, upper_bound_quanta=r.welfare_quanta - 1)


def a_shape(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    name = str(rng.choice(ARRAYS))
    array = getattr(r, name)
    return replace(r, **{name: np.append(array, array[:1], axis=0) if len(array) else array[None]})


def a_type(
    p: ClearingProblem, r: ClearingResult, rng: np.random.Generator
) -> ClearingResult | None:
    name = str(rng.choice(ARRAYS))
    return replace(r, **{name: getattr(r, name).astype(np.float64)})


ARRAYS = [
    name
    for name, kind in ClearingResult.__annotations__.items()
    if kind in ("IntArray", "BoolArray")
]

#: What every result has; the others need the kind of thing they damage.
OF_EVERY_RESULT: list[Damage] = [
    a_net_export,
    all_roundings,
    whether_there_is_a_price,
    the_best_bid,
    the_best_offer,
    the_welfare,
    the_bound,
    a_shape,
    a_type,
]
OF_ORDERS_AND_LINES: list[Damage] = [
    a_fill,
    two_fills_that_balance,
    a_trade_fewer,
    a_price,
    a_connection_price,
    an_exact_price,
    a_price_and_its_tick,
    a_flow,
    a_loss,
    a_rounding,
    a_shadow_price,
]
OF_BLOCKS_AND_STORAGES: list[Damage] = [
    a_ratio,
    a_ratio_beyond,
    a_charge,
    charged_and_discharged,
    what_is_stored,
    a_stored_value,
]
EVERY_DAMAGE: list[Damage] = [*OF_EVERY_RESULT, *OF_ORDERS_AND_LINES, *OF_BLOCKS_AND_STORAGES]
