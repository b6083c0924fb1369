"""A clearing result as a folder of files, written so that it can be read back and verified.

The one idea to know: everything the auditor asks for is in the files, in decimal text that reads
back to the same integers. What nobody publishes (prices of areas where nothing traded) is left
empty, and the auditor does not ask for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from clearing.explain import explain_block
from clearing.files.book import Book
from clearing.files.decimals import (
    KWH_DECIMALS,
    MICRO_DECIMALS,
    MONEY_DECIMALS,
    PPB_DECIMALS,
    PRICE_DECIMALS,
    WRITTEN_DIGITS_MAX,
    decimal_column,
    decimal_text,
)
from clearing.files.reading import read_table
from clearing.files.tables import BookFaultyError, Fault, Names, Table
from clearing.problem import (
    NO_PRICE_TICKS,
    BoolArray,
    ClearingResult,
    IntArray,
    Rung,
    StorageOrders,
)
from clearing.receipt import receipt

#: The files of a result and their columns.
COLUMNS: Final = {
    "prices": (
        "area",
        "interval",
        "price_per_mwh",
        "connection_price_per_mwh",
        "rounding_wh",
        "best_bid_per_mwh",
        "best_offer_per_mwh",
        "exact_price_per_mwh",
        "exact_connection_price_per_mwh",
    ),
    "fills": ("order", "accepted_kwh"),
    "blocks": ("block", "acceptance_ratio", "reason", "surplus"),
    "storages": (
        "storage",
        "interval",
        "charge_kwh",
        "discharge_kwh",
        "state_of_charge_kwh",
        "stored_value_per_mwh",
    ),
    "flows": ("line", "interval", "flow_kwh", "loss_kwh", "shadow_price_per_mwh"),
    "positions": ("area", "interval", "net_export_kwh"),
}


# ── writing ─────────────────────────────────────────────────────────────────────────────────────


def write_result(book: Book, result: ClearingResult, folder: Path) -> None:
    """Write a result; the folder is made if it is not there, its older files are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "prices": _prices(book, result),
        "fills": _fills(book, result),
        "blocks": _blocks(book, result),
        "storages": _storages(book, result),
        "flows": _flows(book, result),
        "positions": [
            *_places(book.areas, book.intervals),
            decimal_column(result.net_export_wh.ravel(), KWH_DECIMALS),
        ],
    }
    for stem, values in columns.items():
        frame = pl.DataFrame(
            [column.alias(name) for name, column in zip(COLUMNS[stem], values, strict=True)]
        )
        frame.write_csv(folder / f"{stem}.csv")
    text = json.dumps(receipt(book.problem, result), indent=2, ensure_ascii=False)
    (folder / "receipt.json").write_text(text + "\n", encoding="utf-8")


def _places(names: list[str], intervals: list[str]) -> tuple[pl.Series, pl.Series]:
    """The first two columns of a table with a row for each name and interval."""
    n, t = len(names), len(intervals)
    return (
        pl.Series(names, dtype=pl.String).gather(np.repeat(np.arange(n), t)),
        pl.Series(intervals, dtype=pl.String).gather(np.tile(np.arange(t), n)),
    )


def _prices(book: Book, result: ClearingResult) -> list[pl.Series]:
    priced = result.has_price.ravel()

    def price(values: IntArray, decimals: int, there: BoolArray) -> pl.Series:
        return decimal_column(values.ravel(), decimals, there)

    bid, offer = result.best_bid_ticks, result.best_offer_ticks
    return [
        *_places(book.areas, book.intervals),
        price(result.price_ticks, PRICE_DECIMALS, priced),
        price(result.connection_price_ticks, PRICE_DECIMALS, priced),
        pl.Series(result.rounding_wh.ravel()),
        price(bid, PRICE_DECIMALS, bid.ravel() != NO_PRICE_TICKS),
        price(offer, PRICE_DECIMALS, offer.ravel() != NO_PRICE_TICKS),
        price(result.price_microticks, MICRO_DECIMALS, priced),
        price(result.connection_price_microticks, MICRO_DECIMALS, priced),
    ]


def _fills(book: Book, result: ClearingResult) -> list[pl.Series]:
    rows = np.flatnonzero(result.accepted_wh > 0)
    return [
        pl.Series(book.orders, dtype=pl.String).gather(rows),
        decimal_column(result.accepted_wh[rows], KWH_DECIMALS),
    ]


def _blocks(book: Book, result: ClearingResult) -> list[pl.Series]:
    reasons, surplus = _explanations(book, result)
    return [
        pl.Series(book.blocks, dtype=pl.String),
        decimal_column(result.block_ratio_ppb, PPB_DECIMALS),
        pl.Series(reasons, dtype=pl.String),
        pl.Series(surplus, dtype=pl.String),
    ]


def _explanations(book: Book, result: ClearingResult) -> tuple[list[str], list[str]]:
    """What became of each block, and what it gains, or would have gained, at the exact prices."""
    found = [explain_block(book.problem, result, row) for row in range(len(book.blocks))]
    return (
        [str(explained.reason) for explained in found],
        [decimal_text(explained.surplus_quanta, MONEY_DECIMALS) for explained in found],
    )


def _storages(book: Book, result: ClearingResult) -> list[pl.Series]:
    s, t = np.nonzero(_in_window(book.problem.storages, len(book.intervals)))
    return [
        pl.Series(book.storages, dtype=pl.String).gather(s),
        pl.Series(book.intervals, dtype=pl.String).gather(t),
        decimal_column(result.charge_wh[s, t], KWH_DECIMALS),
        decimal_column(result.discharge_wh[s, t], KWH_DECIMALS),
        decimal_column(result.stored_wh[s, t], KWH_DECIMALS),
        decimal_column(result.stored_value_microticks[s, t], MICRO_DECIMALS),
    ]


def _in_window(storages: StorageOrders, count: int) -> BoolArray:
    """(s, t) True from the first to the last interval of each storage order."""
    t = np.arange(count)
    first, last = storages.first_interval[:, np.newaxis], storages.last_interval[:, np.newaxis]
    return (first <= t) & (t <= last)


def _flows(book: Book, result: ClearingResult) -> list[pl.Series]:
    sent = result.sent_forward_wh + result.sent_backward_wh
    arrived = result.received_forward_wh + result.received_backward_wh
    signed = np.where(result.sent_backward_wh > 0, -sent, sent)
    of_mesh = np.zeros(sent.shape, dtype=np.bool_)
    if book.problem.ptdf is not None:
        of_mesh[book.problem.ptdf.line] = True
    return [
        *_places(book.lines, book.intervals),
        decimal_column(signed.ravel(), KWH_DECIMALS),
        decimal_column((sent - arrived).ravel(), KWH_DECIMALS),
        decimal_column(result.shadow_price_microticks.ravel(), MICRO_DECIMALS, of_mesh.ravel()),
    ]


# ── reading back ────────────────────────────────────────────────────────────────────────────────


def read_result(book: Book, folder: Path) -> tuple[ClearingResult, dict[str, Any]]:
    """Read a result and its receipt back.

    Raises:
        BookFaultyError: with all faults together.
    """
    found: list[Fault] = []
    stated = _receipt(folder, found)
    optional = {"blocks": not book.blocks, "storages": not book.storages}
    tables = {
        stem: read_table(folder, stem, columns, found, needed=not optional.get(stem, False))
        for stem, columns in COLUMNS.items()
    }
    result = _assemble(book, stated, tables)
    if found:
        raise BookFaultyError(found)
    return result, stated


def block_refusals(book: Book, result: ClearingResult, folder: Path) -> list[str]:
    """Where `blocks.csv` gives another reason or surplus than prices and ratios do.

    Raises:
        BookFaultyError: the file cannot be read.
    """
    found: list[Fault] = []
    table = read_table(folder, "blocks", COLUMNS["blocks"], found, needed=bool(book.blocks))
    if found:
        raise BookFaultyError(found)
    columns = (table.texts(column).to_list() for column in ("block", "reason", "surplus"))
    stated = {block: (reason, surplus) for block, reason, surplus in zip(*columns, strict=True)}
    due = zip(*_explanations(book, result), strict=True)
    return [
        f"{table.name}: of block {block!r} is said {stated.get(block)}, due {words}"
        for block, words in zip(book.blocks, due, strict=True)
        if stated.get(block) != words
    ]


def _receipt(folder: Path, found: list[Fault]) -> dict[str, Any]:
    try:
        content = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        stated: dict[str, Any] = content if isinstance(content, dict) else {}
        Rung(stated.get("rung", ""))
        int(stated.get("welfare_quanta", ""))
        int(stated.get("upper_bound_quanta", ""))
    except (OSError, ValueError, TypeError) as error:
        text = f"cannot be read: {error}"
        found.append(Fault(file="receipt.json", row=None, column=None, text=text))
        return {"rung": "cancelled", "welfare_quanta": "0", "upper_bound_quanta": "0"}
    return stated


class _Cells:
    """The rows of a table that stand for a name and an interval each, as arrays (names, t)."""

    def __init__(self, table: Table, column: str, names: list[str], intervals: list[str]) -> None:
        self._table = table
        self._shape = (len(names), len(intervals))
        name = table.reference(column, _places_of(names), column)
        interval = table.reference("interval", _places_of(intervals), "interval")
        table.refuse_repeats("interval", name, interval)
        self._known = (name >= 0) & (interval >= 0)
        self._at = (name[self._known], interval[self._known])

    def __call__(self, column: str, decimals: int, empty: int | None = None) -> IntArray:
        """A column of numbers; without a row 0 or `empty`, which stands for empty fields too."""
        array = np.full(self._shape, 0 if empty is None else empty, dtype=np.int64)
        values = self._table.scaled(column, decimals, default=empty, digits=WRITTEN_DIGITS_MAX)
        array[self._at] = values[self._known]
        return array


def _places_of(names: list[str]) -> Names:
    return {name: place for place, name in enumerate(names)}


def _assemble(book: Book, stated: dict[str, Any], tables: dict[str, Table]) -> ClearingResult:
    node = _Cells(tables["prices"], "area", book.areas, book.intervals)
    position = _Cells(tables["positions"], "area", book.areas, book.intervals)
    way = _Cells(tables["flows"], "line", book.lines, book.intervals)
    held = _Cells(tables["storages"], "storage", book.storages, book.intervals)
    flow, loss = way("flow_kwh", KWH_DECIMALS), way("loss_kwh", KWH_DECIMALS)
    forward, backward = np.maximum(flow, 0), np.maximum(-flow, 0)
    price = node("price_per_mwh", PRICE_DECIMALS, NO_PRICE_TICKS)
    has_price = price != NO_PRICE_TICKS
    connection = node("connection_price_per_mwh", PRICE_DECIMALS, 0)
    return ClearingResult(
        rung=Rung(stated["rung"]),
        reproducible=bool(stated.get("reproducible", False)),
        price_ticks=np.where(has_price, price, 0),
        connection_price_ticks=np.where(has_price, connection, 0),
        price_microticks=node("exact_price_per_mwh", MICRO_DECIMALS, 0),
        connection_price_microticks=node("exact_connection_price_per_mwh", MICRO_DECIMALS, 0),
        has_price=has_price,
        best_bid_ticks=node("best_bid_per_mwh", PRICE_DECIMALS, NO_PRICE_TICKS),
        best_offer_ticks=node("best_offer_per_mwh", PRICE_DECIMALS, NO_PRICE_TICKS),
        accepted_wh=_named(tables["fills"], "order", book.orders, "accepted_kwh", KWH_DECIMALS),
        block_ratio_ppb=_named(
            tables["blocks"], "block", book.blocks, "acceptance_ratio", PPB_DECIMALS
        ),
        charge_wh=held("charge_kwh", KWH_DECIMALS),
        discharge_wh=held("discharge_kwh", KWH_DECIMALS),
        stored_wh=_around_window(
            book.problem.storages, held("state_of_charge_kwh", KWH_DECIMALS), len(book.intervals)
        ),
        stored_value_microticks=held("stored_value_per_mwh", MICRO_DECIMALS),
        sent_forward_wh=forward,
        sent_backward_wh=backward,
        received_forward_wh=np.where(forward > 0, forward - loss, 0),
        received_backward_wh=np.where(backward > 0, backward - loss, 0),
        shadow_price_microticks=way("shadow_price_per_mwh", MICRO_DECIMALS, 0),
        net_export_wh=position("net_export_kwh", KWH_DECIMALS),
        rounding_wh=node("rounding_wh", 0),
        welfare_quanta=int(stated["welfare_quanta"]),
        upper_bound_quanta=int(stated["upper_bound_quanta"]),
        timings_ms={},
        message=str(stated.get("message", "")),
    )


def _named(table: Table, column: str, names: list[str], value: str, decimals: int) -> IntArray:
    """A column of numbers by the names of another, 0 without a row."""
    row = table.reference(column, _places_of(names), column)
    table.refuse_repeats(column, row)
    array = np.zeros(len(names), dtype=np.int64)
    values = table.scaled(value, decimals, digits=WRITTEN_DIGITS_MAX)
    array[row[row >= 0]] = values[row >= 0]
    return array


def _around_window(storages: StorageOrders, stored_wh: IntArray, count: int) -> IntArray:
    """What is stored before its window, which is the start, and after it, as the window left it."""
    t = np.arange(count)
    last = storages.last_interval[:, np.newaxis]
    left = np.take_along_axis(stored_wh, last.astype(np.int64), axis=1)
    early = t < storages.first_interval[:, np.newaxis]
    start = storages.start_wh[:, np.newaxis]
    return np.where(early, start, np.where(t > last, left, stored_wh))
