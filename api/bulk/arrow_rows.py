"""Orders as an Arrow IPC stream: columns by name, of the types programs have them in.

The one idea: a stream from a stranger is looked at before it is believed: no compressed buffers (a
small body could become endless memory), only the types named here, every buffer proven, and never more
rows than a batch may have. Then it is read as columns, or where something is wrong row by row as the
records it would be in JSON.
"""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.bulk import columns
from api.bulk.batch import OrderBatch, Places, Record, read_records
from api.bulk.columns import NotPlain
from api.bulk.csv_rows import KIND, OPTIONAL, REQUIRED
from api.bulk.options import FLAGS, LISTS, OPTION_FIELDS, options_by_column
from api.incoming.orders import ORDERS_MAX
from api.wire import fields
from api.wire.errors import RefusedError, refuse
from market.model.interval import second_of
from market.model.order import OrderColumns
from market.model.rejection import Code, Rejection
from market.model.units import (
    ENERGY_DECIMALS,
    PRICE_DECIMALS,
    WIRE_INTEGER_MAX,
    decimal_text,
)

Column = Any
Table = Any
"""pyarrow carries no types."""

COLUMNS_MAX: Final = 100
TEXT_BYTES_MAX: Final = 16 * 1024 * 1024
"""Most text in all columns once each row has its own; a dictionary or view repeats without end."""
PIECES_MAX: Final = 1_000
"""Most record batches in a stream: each costs time, however few rows it has."""
COUNTED: Final = {
    "energy_wh": ("energy_kwh", ENERGY_DECIMALS),
    "price_ticks": ("price_per_mwh", PRICE_DECIMALS),
}
"""Columns of whole numbers, the field each stands for, and how many decimals that has."""
_DECIMALS: Final = {
    "energy_kwh": ENERGY_DECIMALS,
    "price_per_mwh": PRICE_DECIMALS,
    "display_kwh": ENERGY_DECIMALS,
}
_TIMES: Final = frozenset({"start", "end", "expires"})
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_S: Final = second_of(datetime(fields.YEAR_MIN, 1, 1, tzinfo=UTC))
_END_S: Final = second_of(datetime(fields.YEAR_MAX + 1, 1, 1, tzinfo=UTC))


def read_stream(body: bytes, *, atomic: bool) -> OrderBatch:
    """Orders as an Arrow IPC stream.

    Raises:
        RefusedError: with every fault, its row and its column.
    """
    table = _table(body)
    return stream_quickly(table, atomic=atomic) or stream_plainly(table, atomic=atomic)


# --- what the stream holds ---------------------------------------------------------------


def _table(body: bytes) -> Table:
    """The stream's columns, proven.

    Raises:
        RefusedError: not a stream, not such columns, or too many rows.
    """
    try:
        if _is_compressed(body):
            raise refuse(Code.BODY_FORMAT)
        reader = pa.ipc.open_stream(pa.py_buffer(body))
        if len(reader.schema) > COLUMNS_MAX:
            raise refuse(Code.BODY_FORMAT)
        if faults := _schema_faults(reader.schema):
            raise RefusedError(faults)
        pieces: list[Any] = []
        rows = 0
        for piece in reader:
            rows += piece.num_rows
            if rows > ORDERS_MAX or len(pieces) >= PIECES_MAX:
                raise refuse(Code.FIELD_RANGE, "orders")
            piece.validate(full=True)
            pieces.append(piece)
        table = pa.Table.from_batches(pieces, reader.schema)
        if sum(map(_text_bytes, table.columns)) > TEXT_BYTES_MAX:
            raise refuse(Code.FIELD_RANGE)
        return pa.table({name: _plain_text(table[name]) for name in table.column_names})
    except (pa.ArrowException, struct.error, ValueError, OSError):
        raise refuse(Code.BODY_FORMAT) from None


def _is_compressed(body: bytes) -> bool:
    """Whether any buffer of the stream is compressed.

    Of each message only the header is looked at: RecordBatch is kind 3 and says so in its fourth
    field, DictionaryBatch is kind 2 and holds a RecordBatch in its second (Arrow's Message.fbs).
    """
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(body))
    for message in reader:
        meta = message.metadata.to_pybytes()
        root = struct.unpack_from("<I", meta)[0]
        kind = _field(meta, root, 1)
        header = _field(meta, root, 2)
        if kind is None or header is None:
            continue
        at = header + struct.unpack_from("<I", meta, header)[0]
        if meta[kind] == 2:
            data = _field(meta, at, 1)
            if data is None:
                continue
            at = data + struct.unpack_from("<I", meta, data)[0]
        if meta[kind] in {2, 3} and _field(meta, at, 3) is not None:
            return True
    return False


def _field(meta: bytes, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffers table lies; None: it is not there."""
    entries = table - struct.unpack_from("<i", meta, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", meta, entries)[0]:
        return None
    offset = struct.unpack_from("<H", meta, entries + 4 + 2 * number)[0]
    return table + offset if offset else None


def _schema_faults(schema: Any) -> list[Rejection]:  # noqa: ANN401 - pyarrow carries no types
    names = list(schema.names)
    known = {*REQUIRED, *OPTIONAL, *COUNTED}
    faults = []
    for number, field in enumerate(schema, start=1):
        twice = names.count(field.name) > 1 or (
            field.name in COUNTED and COUNTED[field.name][0] in names
        )
        if field.name not in known:
            faults.append(Rejection(code=Code.FIELD_UNKNOWN, parameters={"column": str(number)}))
        elif twice or not _is_taken(field.name, field.type):
            faults.append(Rejection(code=Code.FIELD_FORMAT, pointer=field.name))
    stood_for = {COUNTED[name][0] for name in names if name in COUNTED}
    faults.extend(
        Rejection(code=Code.FIELD_MISSING, pointer=name)
        for name in REQUIRED
        if name not in names and name not in stood_for
    )
    return faults


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - pyarrow carries no types
    types = pa.types
    if types.is_dictionary(kind):
        return _is_text(kind.value_type) and not types.is_dictionary(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_taken(name: str, kind: Any) -> bool:  # noqa: ANN401 - pyarrow carries no types
    """Whether a column of this name may have this type."""
    if pa.types.is_null(kind):
        return True  # each of its rows is found missing, or is an option nobody asks for
    if name in COUNTED:
        return bool(pa.types.is_integer(kind))
    if name in LISTS and (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        # No views or dictionaries in here: their text is counted in columns only.
        return bool(
            pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
        )
    if name in FLAGS:
        return bool(pa.types.is_boolean(kind))
    more: Mapping[str, Callable[[Any], bool]] = {
        **dict.fromkeys(_DECIMALS, pa.types.is_decimal128),
        **dict.fromkeys(_TIMES, pa.types.is_timestamp),
    }
    return _is_text(kind) or (name in more and bool(more[name](kind)))


def _text_bytes(column: Column) -> int:
    """How much text a column holds when each row has its own; 0: it holds none."""
    if not _is_text(column.type):
        return 0
    total = 0
    for piece in column.chunks:
        if pa.types.is_dictionary(piece.type):
            lengths = pc.take(_lengths(piece.dictionary), piece.indices)
        else:
            lengths = _lengths(piece)
        total += pc.sum(lengths).as_py() or 0
    return total


def _lengths(texts: Column) -> Column:
    """Bytes of each text."""
    if not pa.types.is_string_view(texts.type):
        return pc.cast(pc.binary_length(texts), pa.int64())
    # A view is four 32-bit numbers, the first of them its length (Arrow's columnar format).
    views = np.frombuffer(texts.buffers()[1], dtype="<i4")
    first, end = 4 * texts.offset, 4 * (texts.offset + len(texts))
    return pa.array(views[first:end:4], pa.int64(), mask=texts.is_null().to_numpy(False))


def _plain_text(column: Column) -> Column:
    """A column of text in the one form that is read on; others as they are."""
    if _is_text(column.type) and column.type != pa.string():
        column = pc.cast(column, pa.string())
    return column.combine_chunks()


# --- by columns ------------------------------------------------------------------------


def stream_quickly(table: Table, *, atomic: bool) -> OrderBatch | None:
    """The orders by columns; None when anything at all is not plainly right."""
    try:
        return _by_columns(table, atomic=atomic)
    except (NotPlain, pa.ArrowInvalid):
        return None


def _by_columns(table: Table, *, atomic: bool) -> OrderBatch:
    found = {name: table[name] for name in table.column_names}
    if not table.num_rows:
        raise NotPlain
    whole = {name: columns.whole(found[name]) for name in (*REQUIRED, *COUNTED) if name in found}
    if "kind" in found:
        columns.only(columns.whole(found["kind"]), KIND)
    options, option_of = options_by_column(
        {name: _cells(name, found[name]) for name in OPTION_FIELDS if name in found}
    )
    return OrderBatch(
        columns=OrderColumns(
            client_order_id=columns.identifiers(whole["client_order_id"]),
            unit_id=columns.repeated_identifiers(whole["unit_id"]),
            start_s=_instants_s(whole["start"]),
            side=columns.sides(whole["side"]),
            price_ticks=_numbers(whole, "price_per_mwh", "price_ticks", -WIRE_INTEGER_MAX),
            energy_wh=_numbers(whole, "energy_kwh", "energy_wh", 1),
            options=options,
            option_of=option_of,
        ),
        end_s=_ends_s(found["end"]) if "end" in found else (),
        atomic=atomic,
        places=_places(table),
    )


def _numbers(whole: Mapping[str, Column], name: str, counted: str, least: int) -> tuple[int, ...]:
    if counted in whole:
        try:
            return columns.within(pc.cast(whole[counted], pa.int64()).to_numpy(), least=least)
        except pa.ArrowInvalid:
            raise NotPlain from None
    if pa.types.is_decimal128(whole[name].type):
        return columns.within(columns.unscaled(whole[name], _DECIMALS[name]), least=least)
    if least > 0:
        return columns.energies_wh(whole[name])
    return columns.prices_ticks(whole[name])


def _instants_s(column: Column) -> tuple[int, ...]:
    if not pa.types.is_timestamp(column.type):
        return columns.instants_s(column)
    if column.type.tz is None:
        raise NotPlain
    counts = column.cast(pa.int64()).to_numpy()
    seconds, rest = np.divmod(counts, _PER_SECOND[column.type.unit])
    if rest.any() or not (seconds.min() >= _FIRST_S and seconds.max() < _END_S):
        raise NotPlain
    return tuple(seconds.tolist())


def _ends_s(column: Column) -> tuple[int | None, ...]:
    given = column.drop_null()
    if not len(given):
        return ()
    read = iter(_instants_s(columns.whole(given)))
    return tuple([next(read) if there else None for there in column.is_valid().to_pylist()])


# --- row by row ------------------------------------------------------------------------


def stream_plainly(table: Table, *, atomic: bool) -> OrderBatch:
    """The orders row by row.

    Raises:
        RefusedError: with every fault, its row and its column.
    """
    records: list[Record] = [{"kind": KIND} for _ in range(table.num_rows)]
    for name in table.column_names:
        written = COUNTED[name][0] if name in COUNTED else name
        for record, value in zip(records, _cells(name, table[name]), strict=True):
            if value is not None:
                record[written] = value
    return read_records(records, atomic=atomic, places=_places(table))


def _places(table: Table) -> Places:
    return Places(
        columns={COUNTED[name][0]: name for name in table.column_names if name in COUNTED}
    )


def _cells(name: str, column: Column) -> list[Any]:
    """A column's values as they would stand in JSON; None: the place is empty."""
    if pa.types.is_timestamp(column.type):
        return _times(column)
    values: list[Any] = column.to_pylist()
    if name in COUNTED:
        decimals = COUNTED[name][1]
        return [None if value is None else decimal_text(value, decimals) for value in values]
    if pa.types.is_decimal128(column.type):
        return [None if value is None else _decimal(value, _DECIMALS[name]) for value in values]
    if name in LISTS and _is_text(column.type):
        return [value.split(" ") if value else None for value in values]
    return values


def _decimal(value: Decimal, decimals: int) -> str:
    """The number with as many decimals as the field has, and with more only where they count."""
    text = f"{value:f}"
    whole, point, fraction = text.partition(".")
    kept = fraction[:decimals] + fraction[decimals:].rstrip("0")
    return f"{whole}{point}{kept}" if kept else whole


def _times(column: Column) -> list[str | None]:
    """Times in UTC; without `Z` where the column has no zone, so that it is refused as such."""
    zone = "" if column.type.tz is None else "Z"
    per_second = _PER_SECOND[column.type.unit]
    return [
        None if count is None else _time(count, per_second) + zone
        for count in column.cast(pa.int64()).to_pylist()
    ]


def _time(count: int, per_second: int) -> str:
    seconds, rest = divmod(count, per_second)
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "9999-01-01T00:00:00"  # outside every range there is
    fraction = f".{rest:0{len(str(per_second)) - 1}d}" if rest else ""
    return text.rjust(19, "0") + fraction
