"""Days of the Italian day-ahead market as books, and what the engine makes of them.

The one idea to know: Italy's neighbours publish no orders, so a border is closed in one of two
ways. `price`: the neighbour sells and buys any energy at its published price. Then most zones lean
on a neighbour whose price is theirs, and the answer hardly depends on the book. `schedule`: the
published exchange is bought or sold whatever it costs. Then the book alone makes the prices, and
where none of its orders is partly served a whole range of prices clears.

Run as `python -m benchmarks.italy [DATA OUT] [--day 2025-04-01] [--blocks published|engine]
[--borders price|schedule]` to write folders, with `--compare` to clear them and count what equals
the published result. Alone it compares every way for the days that come with the tests.
"""

import argparse
import json
import statistics
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clearing.clear import clear
from clearing.files.book import Book, read_book
from clearing.problem import ClearingResult
from clearing.search.found import Effort

DATA = Path(__file__).parent.parent / "tests" / "clearing" / "data"
OUT = Path("var/bench/italy")
BLOCKS, BORDERS = ("published", "engine"), ("price", "schedule")
ZONES = ("CALA", "CNOR", "CSUD", "NORD", "SARD", "SICI", "SUD")
PRICE_MIN, PRICE_MAX = "-500.00", "4000.00"
#: What a neighbour would trade at its price: far more than its lines carry, far from any overflow.
NEIGHBOUR_MWH = 100_000
#: The curves are sums of many orders; nobody came first.
TIME = "2025-01-01T00:00:00Z"
#: A published price is met when it rounds to the engine's tick.
HALF_TICK = 0.005 + 1e-9
#: Less than this lost in an hour is the arithmetic of doubles.
CARRIED_EUR = 0.01
#: Demand bids 4,000 a MWh, so a millionth of the welfare is more than what most blocks decide.
EFFORT = Effort(gap=1e-9)
RUNS = 3

Tables = dict[str, pl.DataFrame]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One delivery day of the data set."""

    name: str
    curves: pl.DataFrame
    blocks: pl.DataFrame
    capacities: pl.DataFrame
    prices: pl.DataFrame
    exchanges: pl.DataFrame


def read_days(folder: Path) -> list[Day]:
    """Every delivery day of a folder, energies in whole Wh, prices as the text they came in."""

    def table(stem: str, *energies: str) -> dict[str, pl.DataFrame]:
        path = folder / f"{stem}.csv.gz"
        frame = pl.read_csv(path, schema_overrides={"price_eur_per_mwh": pl.String})
        # The curves are sums of doubles: 0.30000000000000004 MWh are 300,000 Wh.
        frame = frame.with_columns(
            (pl.col(f"{name}_mwh") * 1e6).round().cast(pl.Int64).alias(f"{name}_wh")
            for name in energies
        )
        parts = frame.partition_by("delivery_day", as_dict=True, maintain_order=True)
        return {str(day): part for (day,), part in parts.items()}

    curves = table("simple-bid-curves", "quantity")
    blocks = table("block-orders", "quantity")
    capacities = table("transfer-capacities", "min_flow", "max_flow")
    prices = table("published-prices")
    exchanges = table("published-exchanges", "exchange")
    return [
        Day(
            name=day,
            curves=curves[day],
            blocks=blocks[day],
            capacities=capacities[day],
            prices=prices[day],
            exchanges=exchanges[day],
        )
        for day in sorted(curves)
    ]


def book_tables(day: Day, blocks: str, borders: str) -> Tables:
    """The files of a book as tables of text."""
    inside = pl.col("from_zone").is_in(ZONES) & pl.col("to_zone").is_in(ZONES)
    outside = pl.col("from_zone").is_in(ZONES) ^ pl.col("to_zone").is_in(ZONES)
    lines = day.capacities.filter(inside | outside if borders == "price" else inside)
    ends = set(lines["from_zone"]) | set(lines["to_zone"])
    orders = [_simple_orders(day), _neighbours(day, borders, ends)]
    tables = {
        "areas": pl.DataFrame({"area": sorted(ends | set(ZONES))}),
        "lines": lines.select(
            pl.col("id").alias("line"),
            pl.col("from_zone").alias("from_area"),
            pl.col("to_zone").alias("to_area"),
        ).unique(maintain_order=True),
        "line_capacities": lines.select(
            pl.col("id").alias("line"),
            pl.col("start_utc").alias("interval"),
            _kwh(pl.col("max_flow_wh")).alias("capacity_forward_kwh"),
            _kwh(-pl.col("min_flow_wh")).alias("capacity_backward_kwh"),
        ),
    }
    if blocks == "published":
        orders.append(_price_takers(day))
    else:
        tables |= _block_orders(day)
    return tables | {"orders": pl.concat(orders)}


def _simple_orders(day: Day) -> pl.DataFrame:
    return _orders(
        day.curves.with_columns(
            pl.concat_str("zone", "period", "side", "price_eur_per_mwh", separator="_").alias(
                "order"
            ),
            side=pl.when(pl.col("side") == "supply").then(pl.lit("sell")).otherwise(pl.lit("buy")),
        )
    )


def _neighbours(day: Day, borders: str, areas: set[str]) -> pl.DataFrame:
    """What lies beyond the border, as orders."""
    if borders == "price":
        abroad = day.prices.filter(pl.col("zone").is_in(areas - set(ZONES)))
        both = abroad.join(pl.DataFrame({"side": ["sell", "buy"]}), how="cross")
        return _orders(
            both.with_columns(
                pl.concat_str("zone", "period", "side", separator="_").alias("order"),
                quantity_wh=pl.lit(NEIGHBOUR_MWH * 1_000_000, dtype=pl.Int64),
            )
        )
    scheduled = day.exchanges.filter(pl.col("exchange_wh") != 0)
    return _orders(
        _at_any_price(scheduled, pl.col("exchange_wh") < 0).with_columns(
            pl.concat_str("zone", "external_zone", "period", separator="_").alias("order"),
            quantity_wh=pl.col("exchange_wh").abs(),
        )
    )


def _price_takers(day: Day) -> pl.DataFrame:
    """The blocks published as accepted, hour by hour, at any price."""
    accepted = day.blocks.filter(pl.col("published_status") == "ACC")
    return _orders(
        _at_any_price(accepted, pl.col("side") == "supply").with_columns(
            pl.concat_str("block_id", "period", separator="_").alias("order")
        )
    )


def _at_any_price(frame: pl.DataFrame, sells: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(
        side=pl.when(sells).then(pl.lit("sell")).otherwise(pl.lit("buy")),
        price_eur_per_mwh=pl.when(sells).then(pl.lit(PRICE_MIN)).otherwise(pl.lit(PRICE_MAX)),
    )


def _orders(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "order",
        pl.col("zone").alias("area"),
        pl.col("start_utc").alias("interval"),
        "side",
        _price(pl.col("price_eur_per_mwh")).alias("price_per_mwh"),
        _kwh(pl.col("quantity_wh")).alias("energy_kwh"),
        pl.lit(TIME).alias("time"),
    )


def _block_orders(day: Day) -> Tables:
    """Blocks as their owners sent them: all hours or none, unlinked, in no group."""
    blocks = day.blocks.unique("block_id", maintain_order=True).select(
        pl.col("block_id").alias("block"),
        pl.col("zone").alias("area"),
        pl.when(pl.col("side") == "supply")
        .then(pl.lit("sell"))
        .otherwise(pl.lit("buy"))
        .alias("side"),
        _price(pl.col("price_eur_per_mwh")).alias("price_per_mwh"),
        pl.lit("1").alias("minimum_acceptance_ratio"),
        pl.lit("").alias("parent"),
        pl.lit("").alias("exclusive_group"),
    )
    profile = day.blocks.select(
        pl.col("block_id").alias("block"),
        pl.col("start_utc").alias("interval"),
        _kwh(pl.col("quantity_wh")).alias("energy_kwh"),
    )
    return {"blocks": blocks, "block_profile": profile}


def _kwh(wh: pl.Expr) -> pl.Expr:
    """Whole Wh, not negative, as kWh with three decimals."""
    rest = (wh % 1_000).cast(pl.String).str.zfill(3)
    return pl.concat_str((wh // 1_000).cast(pl.String), pl.lit("."), rest)


def _price(text: pl.Expr) -> pl.Expr:
    """A price with any number of decimals, half-even to the tick."""

    def to_tick(value: str) -> str:
        return str(Decimal(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))

    return text.map_elements(to_tick, return_dtype=pl.String)


def write_book(day: Day, out: Path, blocks: str, borders: str) -> Path:
    """Write one day as a folder of its own."""
    folder = out / f"{day.name}-{blocks}-{borders}"
    folder.mkdir(parents=True, exist_ok=True)
    for stem, table in book_tables(day, blocks, borders).items():
        table.write_csv(folder / f"{stem}.csv")
    market = {
        "interval_minutes": 60,
        "currency": "EUR",
        "price_min": PRICE_MIN,
        "price_max": PRICE_MAX,
    }
    (folder / "market.json").write_text(json.dumps(market) + "\n", encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How far a result is from the published one."""

    zone_hours: int
    equal_prices: int  # zone-hours within half a tick of the published price
    price_error: float  # mean distance, EUR/MWh
    hours: int
    carried_hours: int  # hours in which the published prices would carry the engine's result
    blocks: int
    equal_blocks: int  # accepted or rejected as published
    equal_paradoxes: int  # of those published as rejected in the money, also rejected
    paradoxes: int


def compare(day: Day, book: Book, result: ClearingResult) -> Comparison:
    """Count what equals the published result."""
    area = {name: a for a, name in enumerate(book.areas)}
    interval = {name: t for t, name in enumerate(book.intervals)}
    key = day.prices.filter(pl.col("zone").is_in(ZONES))
    rows = [area[zone] for zone in key["zone"]]
    columns = [interval[start] for start in key["start_utc"]]
    published = key["price_eur_per_mwh"].cast(pl.Float64).to_numpy()
    error = np.abs(result.price_ticks[rows, columns] / 100 - published)
    lost = lost_at_published_prices(day, book, result)
    accepted, status = _block_states(day, book, result)
    paradox = status == "PREJ"
    return Comparison(
        zone_hours=len(error),
        equal_prices=int((error <= HALF_TICK).sum()),
        price_error=float(error.mean()),
        hours=len(lost),
        carried_hours=int((lost <= CARRIED_EUR).sum()),
        blocks=len(status),
        equal_blocks=int((accepted == (status == "ACC")).sum()),
        paradoxes=int(paradox.sum()),
        equal_paradoxes=int((paradox & ~accepted).sum()),
    )


def lost_at_published_prices(day: Day, book: Book, result: ClearingResult) -> FloatArray:
    """(t,) EUR by which orders and lines would do better than the result at published prices.

    Nothing where the published prices lie in the range that clears, whichever of it is chosen.
    """
    problem, orders, lines = book.problem, book.problem.orders, book.problem.lines
    price = np.full((problem.n_areas, problem.n_intervals), np.nan)
    columns = ("zone", "start_utc", "price_eur_per_mwh")
    for zone, start, text in day.prices.select(columns).iter_rows():
        if zone in ZONES:
            price[book.areas.index(zone), book.intervals.index(start)] = 100 * float(text)
    sign = np.where(orders.is_sell, 1, -1)
    gain = sign * (price[orders.area, orders.interval] - orders.price_ticks)
    lost = np.zeros(problem.n_intervals)
    at_order = np.maximum(gain, 0) * orders.energy_wh - gain * result.accepted_wh
    np.add.at(lost, orders.interval, np.nan_to_num(at_order))
    rent = price[lines.to_area] - price[lines.from_area]
    best = np.where(rent > 0, lines.capacity_forward_wh, -lines.capacity_backward_wh)
    at_line = rent * (best - result.sent_forward_wh + result.sent_backward_wh)
    lost += np.nan_to_num(at_line).sum(axis=0)
    return lost / 1e8


def _block_states(day: Day, book: Book, result: ClearingResult) -> tuple[np.ndarray, np.ndarray]:
    """Which blocks the engine accepted, and their published status; empty without blocks."""
    if not len(book.problem.blocks):
        return np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.str_)
    published = dict(day.blocks.select("block_id", "published_status").iter_rows())
    status = np.array([published[name] for name in book.blocks])
    return result.block_ratio_ppb > 0, status


def clear_and_compare(days: list[Day], out: Path, blocks: str, borders: str) -> list[Comparison]:
    """Clear every day, print a line for each and one for all."""
    print(f"\nblocks: {blocks}, borders: {borders}")
    found, medians = [], []
    for day in days:
        book = read_book(write_book(day, out, blocks, borders))
        result, median_s = _cleared(book)
        found.append(compare(day, book, result))
        medians.append(median_s)
        print(f"{day.name}: {_sentence([found[-1]])}; {medians[-1]:.3f} s, {result.rung}")
    print(f"all days:   {_sentence(found)}; {statistics.median(medians):.3f} s")
    return found


def _cleared(book: Book) -> tuple[ClearingResult, float]:
    """The last of several results, which are all the same, and the median of their seconds."""
    results, seconds = [], []
    for _ in range(RUNS):
        start = perf_counter()
        results.append(clear(book.problem, effort=EFFORT))
        seconds.append(perf_counter() - start)
    return results[-1], statistics.median(seconds)


def _sentence(found: list[Comparison]) -> str:
    zone_hours = sum(one.zone_hours for one in found)
    error = sum(one.price_error * one.zone_hours for one in found) / zone_hours
    text = f"{sum(one.equal_prices for one in found)} of {zone_hours} zone-hours at the published"
    text += f" price, mean distance {error:.3f}, carried by the published prices in"
    text += f" {sum(one.carried_hours for one in found)} of {sum(one.hours for one in found)} hours"
    blocks = sum(one.blocks for one in found)
    if blocks:
        text += f"; {sum(one.equal_blocks for one in found)} of {blocks} blocks as published"
        text += f" (rejected in the money: {sum(one.equal_paradoxes for one in found)}"
        text += f" of {sum(one.paradoxes for one in found)})"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.italy")
    parser.add_argument("data", nargs="?", type=Path, help="folder of the data set")
    parser.add_argument("out", nargs="?", type=Path, default=OUT, help="where books are written")
    parser.add_argument("--day", action="append", help="a delivery day; all without it")
    parser.add_argument("--blocks", choices=BLOCKS, help="who decides the blocks")
    parser.add_argument("--borders", choices=BORDERS, help="what pins the borders")
    parser.add_argument("--compare", action="store_true", help="clear and compare")
    asked = parser.parse_args()
    days = [
        day for day in read_days(asked.data or DATA) if asked.day is None or day.name in asked.day
    ]
    ways = product(
        [asked.blocks] if asked.blocks else BLOCKS, [asked.borders] if asked.borders else BORDERS
    )
    for blocks, borders in ways:
        if asked.compare or asked.data is None:
            clear_and_compare(days, asked.out, blocks, borders)
        else:
            for day in days:
                print(write_book(day, asked.out, blocks, borders))


if __name__ == "__main__":
    main()
