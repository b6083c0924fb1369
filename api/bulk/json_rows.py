"""Orders as JSON: one document with a list of them, or one order a line (NDJSON).

The one idea: a well-formed body is read straight into rows of strings and from there as columns.
Whatever is out of order in any way goes the plain way, which is strict about names that stand twice.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

from api.bulk import columns
from api.bulk.batch import LISTED, OrderBatch, Places, Record, read_records
from api.bulk.columns import NotPlain
from api.bulk.options import OPTION_FIELDS, options_by_row
from api.incoming.body import validated
from api.incoming.orders import ORDERS_MAX, OrdersIn, order_columns
from api.wire.errors import RefusedError, refuse
from api.wire.json_body import parse_json
from market.model.order import OrderColumns
from market.model.rejection import Code, Rejection

_Optional = Any
"""An option's value, read by the model that single orders are read by."""


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    kind: Literal["limit"]
    client_order_id: str
    unit_id: str
    start: str
    side: Literal["buy", "sell"]
    price_per_mwh: str
    energy_kwh: str
    end: str | msgspec.UnsetType | None = msgspec.UNSET


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    orders: list[_Row]
    atomic: bool | msgspec.UnsetType = msgspec.UNSET


_OptionedRow = msgspec.defstruct(
    "_OptionedRow",
    [(name, _Optional, msgspec.UNSET) for name in OPTION_FIELDS],
    bases=(_Row,),
    forbid_unknown_fields=True,
)
_OptionedBatch = msgspec.defstruct(
    "_OptionedBatch",
    [("orders", list[_OptionedRow]), ("atomic", bool | msgspec.UnsetType, msgspec.UNSET)],  # type: ignore[valid-type]
    forbid_unknown_fields=True,
)
_BATCHES: Final[Sequence[msgspec.json.Decoder[Any]]] = (
    msgspec.json.Decoder(_Batch),
    msgspec.json.Decoder(_OptionedBatch),
)
_LINES: Final[Sequence[msgspec.json.Decoder[Any]]] = (
    msgspec.json.Decoder(_Row),
    msgspec.json.Decoder(_OptionedRow),
)
_NAMES_PER_ROW: Final = 7
LINES_MAX: Final = 2 * ORDERS_MAX
"""Most lines of NDJSON, blank ones too: trying each of very many takes seconds."""
_FAULTS: Final = (msgspec.MsgspecError, NotPlain, UnicodeError, RecursionError)


# --- one document -----------------------------------------------------------------


def read_document(body: bytes) -> OrderBatch:
    """Orders in one JSON document: `{"orders": […], "atomic": …}`.

    Raises:
        RefusedError: with every fault and its pointer.
    """
    return document_quickly(body) or document_plainly(body)


def document_plainly(body: bytes) -> OrderBatch:
    """The same, row by row.

    Raises:
        RefusedError: with every fault and its pointer.
    """
    batch = validated(OrdersIn, parse_json(body))
    ends_s = tuple([order.end_s for order in batch.orders])
    return OrderBatch(
        columns=order_columns(batch.orders),
        end_s=ends_s if any(end_s is not None for end_s in ends_s) else (),
        atomic=batch.atomic,
    )


def document_quickly(body: bytes) -> OrderBatch | None:
    """The same, by columns; None when anything at all is not plainly right."""
    for decoder in _BATCHES:
        try:
            batch = decoder.decode(body)
            marks = 2 + (2 if batch.atomic is not msgspec.UNSET else 0)
            return _by_columns(
                body, batch.orders, marks, atomic=batch.atomic is True, places=LISTED
            )
        except _FAULTS:
            continue
    return None


# --- one order a line ---------------------------------------------------------------


def read_lines(body: bytes, *, atomic: bool) -> OrderBatch:
    """Orders as NDJSON, one a line; blank lines count for nothing.

    Raises:
        RefusedError: with every fault, its line and its field.
    """
    return lines_quickly(body, atomic=atomic) or lines_plainly(body, atomic=atomic)


def lines_plainly(body: bytes, *, atomic: bool) -> OrderBatch:
    """The same, row by row.

    Raises:
        RefusedError: with every fault, its line and its field.
    """
    if body.count(b"\n") > LINES_MAX:
        raise refuse(Code.FIELD_RANGE, "lines")
    records: list[Record] = []
    lines: list[int] = []
    faults: list[Rejection] = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = parse_json(line)
        except RefusedError as refused:
            where = {"line": str(number)}
            faults.append(Rejection(code=refused.code, pointer=f"lines/{number}", parameters=where))
            continue
        records.append(record)  # type: ignore[arg-type]  # no record at all is found by the model
        lines.append(number)
    if faults and not records:
        raise RefusedError(faults)
    return read_records(records, atomic=atomic, places=Places(lines=lines), more=faults)


def lines_quickly(body: bytes, *, atomic: bool) -> OrderBatch | None:
    """The same, by columns; None when anything at all is not plainly right."""
    count = body.rstrip(b"\r\n").count(b"\n") + 1
    if count > ORDERS_MAX:
        return None
    for decoder in _LINES:
        try:
            rows = decoder.decode_lines(body)
            if len(rows) != count:
                return None  # a line is blank, or holds two
            places = Places(lines=range(1, len(rows) + 1))
            return _by_columns(body, rows, 0, atomic=atomic, places=places)
        except _FAULTS:
            continue
    return None


# --- both ------------------------------------------------------------------------------


def _by_columns(
    body: bytes, rows: list[Any], marks: int, *, atomic: bool, places: Places
) -> OrderBatch:
    if not 0 < len(rows) <= ORDERS_MAX or body.count(b'"') != marks + _quotes(rows):
        raise NotPlain

    def texts(name: str) -> columns.Texts:
        return pa.array([getattr(row, name) for row in rows], pa.string())

    options, option_of = options_by_row(rows) if isinstance(rows[0], _OptionedRow) else ((), ())
    return OrderBatch(
        columns=OrderColumns(
            client_order_id=columns.identifiers(texts("client_order_id")),
            unit_id=columns.repeated_identifiers(texts("unit_id")),
            start_s=columns.instants_s(texts("start")),
            side=columns.sides(texts("side")),
            price_ticks=columns.prices_ticks(texts("price_per_mwh")),
            energy_wh=columns.energies_wh(texts("energy_kwh")),
            options=options,
            option_of=option_of,
        ),
        end_s=_ends_s([row.end for row in rows]),
        atomic=atomic,
        places=places,
    )


def _ends_s(ends: list[str | msgspec.UnsetType | None]) -> tuple[int | None, ...]:
    """Ends where they are named; empty when they are nowhere."""
    given = [end for end in ends if isinstance(end, str)]
    if not given:
        return ()
    read = iter(columns.instants_s(pa.array(given, pa.string())))
    return tuple([next(read) if isinstance(end, str) else None for end in ends])


def _quotes(rows: list[Any]) -> int:
    """How many quotation marks the rows have if every name stands once.

    The decoder keeps the last of two equal names. Values that are read hold no quotation mark, so a
    name that stands twice shows as marks too many.
    """
    marks = 4 * _NAMES_PER_ROW * len(rows)
    names = ("end", *OPTION_FIELDS) if isinstance(rows[0], _OptionedRow) else ("end",)
    for name in names:
        for row in rows:
            value = getattr(row, name)
            if value is not msgspec.UNSET:
                marks += 2 + _value_quotes(value)
    return marks


def _value_quotes(value: object) -> int:
    if isinstance(value, str):
        return 2
    return sum(map(_value_quotes, value)) if isinstance(value, list) else 0
