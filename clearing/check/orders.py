"""What an order's owner would object to: energy beyond the order, a better order passed over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearing.problem import ClearingProblem, ClearingResult, IntArray, Rung, Tie


def order_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """Fills outside their orders, fills against the price, ties not shared by the rule."""
    orders, accepted = problem.orders, result.accepted_wh
    if (accepted < 0).any() or (accepted > orders.energy_wh).any():
        return ["an order is filled outside 0 .. its energy"]
    if result.rung is Rung.CANCELLED:
        return []
    return _money_refusals(problem, result) + _tie_refusals(problem, accepted)


def _money_refusals(problem: ClearingProblem, result: ClearingResult) -> list[str]:
    """In the money means served, out of the money means not, but for the published rounding."""
    orders, accepted = problem.orders, result.accepted_wh
    price = result.price_ticks[orders.area, orders.interval]
    gain = np.where(orders.is_sell, price - orders.price_ticks, orders.price_ticks - price)
    missed = np.where(gain > 0, orders.energy_wh - accepted, np.where(gain < 0, accepted, 0))
    # Where nothing traded no price is published and none can be missed.
    missed = np.where(result.has_price[orders.area, orders.interval], missed, 0)
    against = np.zeros((problem.n_areas, problem.n_intervals), dtype=np.int64)
    np.add.at(against, (orders.area, orders.interval), missed)
    wrong = np.argwhere(against > result.rounding_wh)
    return [
        f"area {area}, interval {t}: {against[area, t]} Wh are filled against the price"
        for area, t in wrong[:10].tolist()
    ]


def _tie_refusals(problem: ClearingProblem, accepted: IntArray) -> list[str]:
    """Orders of one area, interval, side and price share what their group got by the rule."""
    orders = problem.orders
    row = np.lexsort(
        (
            orders.energy_wh,
            orders.sequence,
            orders.price_ticks,
            orders.is_sell,
            orders.interval,
            orders.area,
        )
    )
    if not len(row):
        return []
    keys = (orders.area, orders.interval, orders.is_sell, orders.price_ticks)
    new = np.ones(len(row), dtype=np.bool_)
    new[1:] = np.logical_or.reduce([key[row[1:]] != key[row[:-1]] for key in keys])
    first = np.flatnonzero(new)
    total = np.add.reduceat(orders.energy_wh[row], first)
    got = np.add.reduceat(accepted[row], first)
    end = np.append(first[1:], len(row))
    for g in np.flatnonzero((got > 0) & (got < total)):
        here = row[int(first[g]) : int(end[g])]
        due = _due(orders.energy_wh[here].tolist(), int(got[g]), problem.tie)
        if due != accepted[here].tolist():
            return [f"order {here[0]} and its equals share by another rule than {problem.tie}"]
    return []


def _due(energy_wh: list[int], volume_wh: int, tie: Tie) -> list[int]:
    """What each of a group's orders, earliest first, is due of the group's volume."""
    if tie is Tie.TIME:
        due, left = [], volume_wh
        for wh in energy_wh:
            due.append(min(wh, left))
            left -= due[-1]
        return due
    total = sum(energy_wh)
    due = [wh * volume_wh // total for wh in energy_wh]
    by_remainder = sorted(
        range(len(energy_wh)), key=lambda i: (-(energy_wh[i] * volume_wh % total), i)
    )
    for i in by_remainder[: volume_wh - sum(due)]:
        due[i] += 1
    return due


def all_bounds_from_orders(
    problem: ClearingProblem, accepted: IntArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`bounds_from_orders` of every area and interval (n, t), passing over nothing."""
    orders, shape = problem.orders, (problem.n_areas, problem.n_intervals)
    price, left = orders.price_ticks.astype(np.float64), orders.energy_wh - accepted
    low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
    says_not_lower = np.where(orders.is_sell, accepted, left) > 0
    says_not_higher = np.where(orders.is_sell, left, accepted) > 0
    place = orders.area[says_not_lower], orders.interval[says_not_lower]
    np.maximum.at(low, place, price[says_not_lower])
    place = orders.area[says_not_higher], orders.interval[says_not_higher]
    np.minimum.at(high, place, price[says_not_higher])
    return low, high


def bounds_from_orders(
    problem: ClearingProblem, accepted: IntArray, area: int, t: int, rounding_wh: int
) -> tuple[float, float]:
    """Lowest and highest area price, in ticks, that the fills of one area and interval allow.

    A Wh sold, or a bid's Wh not served, says the price is not lower than that order's; a Wh
    offered and not sold, or a bid's Wh served, says it is not higher. The `rounding_wh` Wh that
    speak loudest on either side are passed over.
    """
    orders = problem.orders
    mine = (orders.area == area) & (orders.interval == t)
    sell, price = orders.is_sell[mine], orders.price_ticks[mine]
    got, left = accepted[mine], orders.energy_wh[mine] - accepted[mine]
    says_not_lower = np.where(sell, got, left)
    says_not_higher = np.where(sell, left, got)
    low = -_loudest(-price, says_not_lower, rounding_wh)
    return low, _loudest(price, says_not_higher, rounding_wh)


def _loudest(price: NDArray[Any], energy_wh: NDArray[Any], skip_wh: int) -> float:
    """Lowest price with energy behind it once `skip_wh` are passed over; inf when none is left."""
    spoken = energy_wh > 0
    price, energy_wh = price[spoken], energy_wh[spoken]
    order = np.argsort(price, kind="stable")
    beyond = np.flatnonzero(np.cumsum(energy_wh[order]) > skip_wh)
    return float(price[order[beyond[0]]]) if len(beyond) else float("inf")
