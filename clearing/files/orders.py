"""The book of a folder: simple and sloped orders, blocks with their profiles, storage orders.

The one idea to know: rows may come in any order. Acceptance is the rank by time, then by name, so
the same book gives the same columns but for the order of their rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clearing.files.decimals import KWH_DECIMALS, PPB_DECIMALS, PPM_DECIMALS, PRICE_DECIMALS
from clearing.files.grid import refuse_loops
from clearing.files.intervals import Intervals
from clearing.files.tables import Bounds, Names, Table, indices
from clearing.problem import (
    PPB,
    PPM,
    PRICE_TICKS_MAX,
    BlockOrders,
    BoolArray,
    IntArray,
    StepOrders,
    StorageOrders,
)

ORDER_COLUMNS: Final = (
    "order",
    "area",
    "interval",
    "side",
    "price_per_mwh",
    "energy_kwh",
    "time",
)
ORDER_EXTRAS: Final = ("price_end_per_mwh", "last_resort")
BLOCK_COLUMNS: Final = ("block", "area", "side", "price_per_mwh")
BLOCK_EXTRAS: Final = ("minimum_acceptance_ratio", "parent", "exclusive_group", "time")
PROFILE_COLUMNS: Final = ("block", "interval", "energy_kwh")
STORAGE_COLUMNS: Final = (
    "storage",
    "area",
    "first_interval",
    "last_interval",
    "charge_kw",
    "discharge_kw",
    "capacity_kwh",
    "end_value_per_mwh",
)
STORAGE_EXTRAS: Final = (
    "start_kwh",
    "efficiency_charge",
    "efficiency_discharge",
    "minimum_spread_per_mwh",
    "time",
)

_WH_MAX: Final = 10**15
_POSITIVE: Final = Bounds(1, _WH_MAX, "not positive")
_NOT_NEGATIVE: Final = Bounds(0, _WH_MAX, "negative")
_RATIO: Final = Bounds(1, PPB, "outside 0 < ratio <= 1")
_EFFICIENCY: Final = Bounds(1, PPM, "outside 0 < efficiency <= 1")
_SPREAD: Final = Bounds(0, PRICE_TICKS_MAX, f"outside 0 .. {PRICE_TICKS_MAX // 100}")


def read_orders(
    table: Table, area_names: Names | None, intervals: Intervals, prices: Bounds
) -> StepOrders:
    """Simple orders, and sloped ones where a row has a second price."""
    table.refuse_twins("order")
    is_sell = table.choice("side", ("sell", "buy"))
    price = table.scaled("price_per_mwh", PRICE_DECIMALS, bounds=prices)
    end = _price_end(table, is_sell, price, prices)
    last = table.choice("last_resort", ("true", "false"), default="false")
    return StepOrders(
        area=table.reference("area", area_names, "area"),
        interval=intervals.of(table, "interval"),
        is_sell=is_sell,
        price_ticks=price,
        energy_wh=table.scaled("energy_kwh", KWH_DECIMALS, bounds=_POSITIVE),
        sequence=table.ranks("order"),
        price_end_ticks=end,
        is_last_resort=last if last.any() else None,
    )


def _price_end(
    table: Table, is_sell: BoolArray, price: IntArray, prices: Bounds
) -> IntArray | None:
    column = "price_end_per_mwh"
    given = (table.texts(column) != "").to_numpy()
    if not given.any():
        return None
    end = np.where(given, table.scaled(column, PRICE_DECIMALS, default=0, bounds=prices), price)
    table.refuse(column, is_sell & (end < price), "a seller's price falls")
    known_side = table.texts("side").is_in(["buy"]).to_numpy()
    table.refuse(column, known_side & (end > price), "a buyer's price rises")
    return end


def read_blocks(
    table: Table,
    profile: Table,
    area_names: Names | None,
    intervals: Intervals,
    prices: Bounds,
) -> BlockOrders:
    """Block orders with their profiles, legs in the order of blocks and intervals."""
    names = table.names("block")
    parent = table.reference("parent", names, "block", optional=True)
    refuse_loops(table, "parent", parent)
    block = profile.reference("block", names, "block")
    interval = intervals.of(profile, "interval")
    energy = profile.scaled("energy_kwh", KWH_DECIMALS, bounds=_POSITIVE)
    profile.refuse_repeats("interval", block, interval)
    count = np.bincount(block[block >= 0], minlength=len(table))
    bare = (count == 0) & profile.readable
    table.refuse("block", bare, lambda field: f"{field!r} has no row in {profile.name}")
    legs = np.lexsort((interval, block))
    groups = table.texts("exclusive_group")
    group_names = {name: k for k, name in enumerate(sorted(set(groups.to_list()) - {""}))}
    return BlockOrders(
        area=table.reference("area", area_names, "area"),
        is_sell=table.choice("side", ("sell", "buy")),
        price_ticks=table.scaled("price_per_mwh", PRICE_DECIMALS, bounds=prices),
        ratio_min_ppb=table.scaled(
            "minimum_acceptance_ratio", PPB_DECIMALS, default=PPB, bounds=_RATIO
        ),
        parent=parent,
        group=indices(groups, group_names),
        sequence=table.ranks("block", optional=True),
        leg_first=np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count)]),
        leg_interval=interval[legs],
        leg_energy_wh=energy[legs],
    )


def read_storages(
    table: Table,
    area_names: Names | None,
    intervals: Intervals,
    prices: Bounds,
    minutes: int,
) -> StorageOrders:
    """Storage orders; what their power moves in an interval is rounded down to whole Wh."""
    table.refuse_twins("storage")
    first, last = (
        intervals.of(table, "first_interval"),
        intervals.of(table, "last_interval"),
    )
    early = (last < first) & (first >= 0) & (last >= 0)
    table.refuse("last_interval", early, "before the first interval")
    capacity = table.scaled("capacity_kwh", KWH_DECIMALS, bounds=_NOT_NEGATIVE)
    start = table.scaled("start_kwh", KWH_DECIMALS, default=0, bounds=_NOT_NEGATIVE)
    table.refuse("start_kwh", start > capacity, lambda field: f"{field} is above the capacity")

    def energy_wh(column: str) -> IntArray:
        watts = table.scaled(column, KWH_DECIMALS, bounds=_NOT_NEGATIVE)
        # Split so that the product stays inside 64 bits.
        return watts // 60 * minutes + watts % 60 * minutes // 60

    def efficiency(column: str) -> IntArray:
        return table.scaled(column, PPM_DECIMALS, default=PPM, bounds=_EFFICIENCY)

    return StorageOrders(
        area=table.reference("area", area_names, "area"),
        first_interval=first,
        last_interval=last,
        charge_limit_wh=energy_wh("charge_kw"),
        discharge_limit_wh=energy_wh("discharge_kw"),
        capacity_wh=capacity,
        start_wh=start,
        end_value_ticks=table.scaled("end_value_per_mwh", PRICE_DECIMALS, bounds=prices),
        efficiency_charge_ppm=efficiency("efficiency_charge"),
        efficiency_discharge_ppm=efficiency("efficiency_discharge"),
        spread_ticks=table.scaled(
            "minimum_spread_per_mwh", PRICE_DECIMALS, default=0, bounds=_SPREAD
        ),
        sequence=table.ranks("storage", optional=True),
    )
