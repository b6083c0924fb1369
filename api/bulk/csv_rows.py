"""Orders as CSV: a header with the names of the JSON fields, one order a line.

The one idea: comma and decimal point, or semicolon and decimal comma as spreadsheets write where the
comma is the decimal sign; the header's own separator decides. In a file with semicolons a point in a
number is refused: it may separate thousands, and nothing is guessed.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from api.bulk import columns
from api.bulk.batch import OrderBatch, Places, Record, read_records
from api.bulk.columns import NotPlain, Texts
from api.bulk.options import FLAGS, LISTS, OPTION_FIELDS, options_by_column
from api.incoming.orders import ORDERS_MAX
from api.wire.errors import RefusedError, refuse
from market.model.order import OrderColumns
from market.model.rejection import Code, Rejection

REQUIRED: Final = ("client_order_id", "unit_id", "start", "side", "price_per_mwh", "energy_kwh")
OPTIONAL: Final = ("kind", "end", *OPTION_FIELDS)
DECIMALS: Final = frozenset({"price_per_mwh", "energy_kwh", "display_kwh"})
COLUMNS_MAX: Final = 100
"""Most columns of which faults are told; there are not as many fields."""
MARKS_MAX: Final = 2 * (ORDERS_MAX + 1) * len((*REQUIRED, *OPTIONAL))
"""Most ends of lines, and most separators: with more, no table of so few rows and columns is read,
however it is cut, and trying would take seconds."""
KIND: Final = "limit"
"""What an order is where no column says it."""
BOM: Final = b"\xef\xbb\xbf"
"""What some programs begin a text in UTF-8 with."""
_TRUTH: Final = {"true": True, "false": False}
SWAPPED: Final = str.maketrans(",.", ".,")
"""A decimal comma to a point; a point to what no number has."""
_LINE_FEED, _RETURN = b"\n\r"


def read_table(body: bytes, *, atomic: bool) -> OrderBatch:
    """Orders as CSV.

    Raises:
        RefusedError: with every fault, its line and its column.
    """
    body = body.removeprefix(BOM)
    line_feeds, returns, commas, semicolons = _counts(body, b"\n\r,;")
    if line_feeds + returns > MARKS_MAX or max(commas, semicolons) > MARKS_MAX:
        raise refuse(Code.FIELD_RANGE, "lines")
    return table_quickly(body, atomic=atomic) or table_plainly(body, atomic=atomic)


def _counts(body: bytes, signs: bytes) -> list[int]:
    """How often each of the signs stands in the body; where one is frequent, `bytes.count` is slow."""
    whole = np.frombuffer(body, dtype=np.uint8)
    return [int(np.count_nonzero(whole == sign)) for sign in signs]


# --- by columns ---------------------------------------------------------------------


def table_quickly(body: bytes, *, atomic: bool) -> OrderBatch | None:
    """The orders by columns; None when anything at all is not plainly right."""
    # Of quoted cells and zero bytes two readers may think differently.
    if b'"' in body or b"\0" in body or _may_skip_lines(body) or not body[:1].strip():
        return None
    header = body[: body.find(b"\n") + 1 or len(body)].decode("utf-8", "replace").rstrip("\r\n")
    separator = separator_of(header)
    names = header.split(separator)
    if "\r" in header or len(names) > len(REQUIRED) + len(OPTIONAL) or _header_faults(names):
        return None
    try:
        found = pa_csv.read_csv(
            pa.BufferReader(body),
            read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(body) + 1),
            parse_options=pa_csv.ParseOptions(delimiter=separator),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
        return _by_columns({name: found[name] for name in names}, separator, atomic=atomic)
    except (pa.ArrowInvalid, NotPlain):
        return None


def _may_skip_lines(body: bytes) -> bool:
    """Whether ends of lines follow each other such that lines and rows may not go together.

    A line feed after a return is the only way in which two of them are one end.
    """
    whole = np.frombuffer(body, dtype=np.uint8)
    line_feeds, returns = whole == _LINE_FEED, whole == _RETURN
    after_feed = line_feeds[:-1] & (line_feeds | returns)[1:]
    return bool(after_feed.any() or (returns[:-1] & returns[1:]).any())


def _by_columns(table: dict[str, Any], separator: str, *, atomic: bool) -> OrderBatch:
    whole = {name: columns.whole(column) for name, column in table.items()}
    count = len(whole["unit_id"])
    if not 0 < count <= ORDERS_MAX:
        raise NotPlain
    if separator == ";":
        whole |= {name: columns.with_points(whole[name]) for name in DECIMALS & whole.keys()}
    if "kind" in whole:
        columns.only(whole["kind"], KIND)
    options, option_of = options_by_column(
        {name: _cells(name, whole[name]) for name in OPTION_FIELDS if name in whole}
    )
    return OrderBatch(
        columns=OrderColumns(
            client_order_id=columns.identifiers(whole["client_order_id"]),
            unit_id=columns.repeated_identifiers(whole["unit_id"]),
            start_s=columns.instants_s(whole["start"]),
            side=columns.sides(whole["side"]),
            price_ticks=columns.prices_ticks(whole["price_per_mwh"]),
            energy_wh=columns.energies_wh(whole["energy_kwh"]),
            options=options,
            option_of=option_of,
        ),
        end_s=_ends_s(whole["end"]) if "end" in whole else (),
        atomic=atomic,
        places=Places(lines=range(2, count + 2)),
    )


def _ends_s(texts: Texts) -> tuple[int | None, ...]:
    cells = texts.to_pylist()
    given = [text for text in cells if text]
    if not given:
        return ()
    read = iter(columns.instants_s(pa.array(given, pa.string())))
    return tuple([next(read) if text else None for text in cells])


def _cells(name: str, texts: Texts) -> list[Any]:
    return [_value(name, text) for text in texts.to_pylist()]


# --- row by row ---------------------------------------------------------------------


def table_plainly(body: bytes, *, atomic: bool) -> OrderBatch:
    """The orders row by row.

    Raises:
        RefusedError: with every fault, its line and its column.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = body[: fault.start].count(b"\n") + 1
        raise refuse(Code.BODY_FORMAT, f"lines/{line}", line=str(line)) from None
    header_end = text.find("\n")
    separator = separator_of(text if header_end < 0 else text[:header_end])
    rows = _rows(text, separator)
    line, names = next(rows, (1, []))
    if faults := _header_faults(names, line):
        raise RefusedError(faults)
    records: list[Record] = []
    lines: list[int] = []
    for line, cells in rows:
        if len(records) > ORDERS_MAX:
            break
        if len(cells) > len(names):
            where = {"line": str(line), "column": str(len(names) + 1)}
            faults.append(
                Rejection(code=Code.FIELD_UNKNOWN, pointer=f"lines/{line}", parameters=where)
            )
        records.append(_record(names, cells, comma=separator == ";"))
        lines.append(line)
    return read_records(records, atomic=atomic, places=Places(lines=lines), more=faults)


def _rows(text: str, separator: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Rows that are not blank, each with its line.

    Raises:
        RefusedError: BODY_FORMAT where the quoting makes no sense.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            raise refuse(Code.BODY_FORMAT, f"lines/{line}", line=str(line)) from None
        if cells is None:
            return
        if any(cells):
            yield line, cells


def _record(names: Sequence[str], cells: Iterable[str], *, comma: bool) -> Record:
    """A row as the record it would be in JSON; an empty cell is not there."""
    record: Record = {"kind": KIND}
    for name, cell in zip(names, cells, strict=False):
        text = cell.translate(SWAPPED) if comma and name in DECIMALS else cell
        value = _value(name, text)
        if value is not None:
            record[name] = value
    return record


# --- both ------------------------------------------------------------------------------


def _value(name: str, text: str) -> object:
    """A cell's value in JSON; None: the cell is empty."""
    if not text:
        return None
    if name in FLAGS:
        return _TRUTH.get(text.lower(), text)
    return text.split(" ") if name in LISTS else text


def separator_of(header: str) -> str:
    """The sign that separates cells, as the header shows it."""
    return ";" if header.count(";") > header.count(",") else ","


def _header_faults(names: Sequence[str], line: int = 1) -> list[Rejection]:
    """What is wrong with the header. A name that is not known is told by its column's number."""
    faults: list[Rejection] = []
    seen: set[str] = set()
    for column, name in enumerate(names[:COLUMNS_MAX], start=1):
        known = name in REQUIRED or name in OPTIONAL
        if not known or name in seen:
            code = Code.FIELD_FORMAT if known else Code.FIELD_UNKNOWN
            where = {"line": str(line), "column": name if known else str(column)}
            faults.append(Rejection(code=code, pointer=f"lines/{line}", parameters=where))
        seen.add(name)
    faults.extend(
        Rejection(
            code=Code.FIELD_MISSING,
            pointer=f"lines/{line}/{name}",
            parameters={"line": str(line), "column": name},
        )
        for name in REQUIRED
        if name not in names
    )
    return faults
