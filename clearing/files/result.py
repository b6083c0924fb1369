"""A clearing result as a folder of files, written so that it can be read back and verified.

The one idea to know: everything the auditor asks for is in the files, in decimal text that reads
back to the same integers. What nobody publishes (prices of areas where nothing traded) is left
empty, and the auditor does not ask for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from clearing.files.book import Book
from clearing.files.tables import (
    KWH_DECIMALS,
    PRICE_DECIMALS,
    BookFaultyError,
    Fault,
    Table,
    decimal_text,
    read_table,
    write_table,
)
from clearing.problem import NO_PRICE_TICKS, ClearingResult, IntArray, Rung
from clearing.receipt import receipt

_PRICES = (
    "area",
    "interval",
    "price_per_mwh",
    "connection_price_per_mwh",
    "rounding_wh",
    "best_bid_per_mwh",
    "best_offer_per_mwh",
)
_FILLS = ("order", "accepted_kwh")
_FLOWS = ("line", "interval", "flow_kwh", "loss_kwh")
_POSITIONS = ("area", "interval", "net_export_kwh")


def write_result(book: Book, result: ClearingResult, folder: Path) -> None:
    """Write a result beside nothing else: the folder is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "prices.csv", _PRICES, _price_rows(book, result))
    fills = (
        (order, decimal_text(int(wh), KWH_DECIMALS))
        for order, wh in zip(book.orders, result.accepted_wh, strict=True)
        if wh > 0
    )
    write_table(folder / "fills.csv", _FILLS, fills)
    write_table(folder / "flows.csv", _FLOWS, _flow_rows(book, result))
    positions = (
        (area, interval, decimal_text(int(result.net_export_wh[a, t]), KWH_DECIMALS))
        for a, area in enumerate(book.areas)
        for t, interval in enumerate(book.intervals)
    )
    write_table(folder / "positions.csv", _POSITIONS, positions)
    text = json.dumps(receipt(book.problem, result), indent=2, ensure_ascii=False)
    (folder / "receipt.json").write_text(text + "\n", encoding="utf-8")


def _price_rows(book: Book, result: ClearingResult) -> Iterator[tuple[str, ...]]:
    def price(ticks: IntArray, a: int, t: int, *, there: bool) -> str:
        return decimal_text(int(ticks[a, t]), PRICE_DECIMALS) if there else ""

    for a, area in enumerate(book.areas):
        for t, interval in enumerate(book.intervals):
            priced = bool(result.has_price[a, t])
            bid, offer = result.best_bid_ticks, result.best_offer_ticks
            yield (
                area,
                interval,
                price(result.price_ticks, a, t, there=priced),
                price(result.connection_price_ticks, a, t, there=priced),
                str(int(result.rounding_wh[a, t])),
                price(bid, a, t, there=bool(bid[a, t] != NO_PRICE_TICKS)),
                price(offer, a, t, there=bool(offer[a, t] != NO_PRICE_TICKS)),
            )


def _flow_rows(book: Book, result: ClearingResult) -> Iterator[tuple[str, ...]]:
    sent = result.sent_forward_wh + result.sent_backward_wh
    arrived = result.received_forward_wh + result.received_backward_wh
    signed = np.where(result.sent_backward_wh > 0, -sent, sent)
    for line, name in enumerate(book.lines):
        for t, interval in enumerate(book.intervals):
            yield (
                name,
                interval,
                decimal_text(int(signed[line, t]), KWH_DECIMALS),
                decimal_text(int(sent[line, t] - arrived[line, t]), KWH_DECIMALS),
            )


def read_result(book: Book, folder: Path) -> tuple[ClearingResult, dict[str, Any]]:
    """Read a result and its receipt back.

    Raises:
        BookFaultyError: with all faults together.
    """
    found: list[Fault] = []
    stated = _receipt(folder, found)
    tables = [
        read_table(folder, stem, columns, found, needed=True)
        for stem, columns in (
            ("prices", _PRICES),
            ("fills", _FILLS),
            ("flows", _FLOWS),
            ("positions", _POSITIONS),
        )
    ]
    prices, fills, flows, positions = tables
    if prices is None or fills is None or flows is None or positions is None:
        raise BookFaultyError(found)
    result = _assemble(book, stated, prices, fills, flows, positions)
    if found:
        raise BookFaultyError(found)
    return result, stated


def _receipt(folder: Path, found: list[Fault]) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    try:
        content = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        stated = content if isinstance(content, dict) else {}
        Rung(stated.get("rung", ""))
        int(stated.get("welfare_quanta", ""))
        int(stated.get("upper_bound_quanta", ""))
    except (OSError, ValueError) as error:
        text = f"cannot be read: {error}"
        found.append(Fault(file="receipt.json", row=None, column=None, text=text))
        return {"rung": "cancelled", "welfare_quanta": "0", "upper_bound_quanta": "0"}
    return stated


def _assemble(
    book: Book, stated: dict[str, Any], prices: Table, fills: Table, flows: Table, positions: Table
) -> ClearingResult:
    area_of = {name: a for a, name in enumerate(book.areas)}
    line_of = {name: line for line, name in enumerate(book.lines)}
    order_of = {name: row for row, name in enumerate(book.orders)}
    interval_of = {name: t for t, name in enumerate(book.intervals)}
    nodes, ways = (len(book.areas), len(book.intervals)), (len(book.lines), len(book.intervals))

    def node(column: str, decimals: int, table: Table, empty: int) -> IntArray:
        array = np.full(nodes, empty, dtype=np.int64)
        for row in range(len(table.rows)):
            a = table.reference(row, "area", area_of)
            t = table.reference(row, "interval", interval_of)
            array[a, t] = table.scaled(row, column, decimals, default=empty)
        return array

    accepted = np.zeros(len(book.orders), dtype=np.int64)
    for row in range(len(fills.rows)):
        accepted[fills.reference(row, "order", order_of)] = fills.scaled(
            row, "accepted_kwh", KWH_DECIMALS
        )
    flow, loss = np.zeros(ways, dtype=np.int64), np.zeros(ways, dtype=np.int64)
    for row in range(len(flows.rows)):
        line = flows.reference(row, "line", line_of)
        t = flows.reference(row, "interval", interval_of)
        flow[line, t] = flows.scaled(row, "flow_kwh", KWH_DECIMALS)
        loss[line, t] = flows.scaled(row, "loss_kwh", KWH_DECIMALS)
    forward, backward = np.maximum(flow, 0), np.maximum(-flow, 0)
    price = node("price_per_mwh", PRICE_DECIMALS, prices, NO_PRICE_TICKS)
    connection = node("connection_price_per_mwh", PRICE_DECIMALS, prices, NO_PRICE_TICKS)
    has_price = price != NO_PRICE_TICKS
    return ClearingResult(
        rung=Rung(stated["rung"]),
        reproducible=bool(stated.get("reproducible", False)),
        price_ticks=np.where(has_price, price, 0),
        connection_price_ticks=np.where(has_price, connection, 0),
        has_price=has_price,
        best_bid_ticks=node("best_bid_per_mwh", PRICE_DECIMALS, prices, NO_PRICE_TICKS),
        best_offer_ticks=node("best_offer_per_mwh", PRICE_DECIMALS, prices, NO_PRICE_TICKS),
        accepted_wh=accepted,
        sent_forward_wh=forward,
        sent_backward_wh=backward,
        received_forward_wh=np.where(forward > 0, forward - loss, 0),
        received_backward_wh=np.where(backward > 0, backward - loss, 0),
        net_export_wh=node("net_export_kwh", KWH_DECIMALS, positions, 0),
        rounding_wh=node("rounding_wh", 0, prices, 0),
        welfare_quanta=int(stated["welfare_quanta"]),
        upper_bound_quanta=int(stated["upper_bound_quanta"]),
        timings_ms={},
        message=str(stated.get("message", "")),
    )
