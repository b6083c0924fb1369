"""The formats of the wire: which one is asked for, and records in each of them.

The one idea: every list is made once, as the records JSON shows; each other format is those records
again, so no two formats can disagree. What a column holds is said by its name, as everywhere on the
wire: `…_kwh` is a decimal with three places, `start` a time.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.wire.errors import refuse
from market.model.rejection import Code
from market.model.units import (
    ENERGY_DECIMALS,
    FREQUENCY_DECIMALS,
    MONEY_DECIMALS,
    POWER_DECIMALS,
    PRICE_DECIMALS,
    VOLTAGE_DECIMALS,
)

Record: TypeAlias = dict[str, Any]


class Form(StrEnum):
    """A format, by its media type."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    """A record a line."""
    CSV = "text/csv"
    ARROW = "application/vnd.apache.arrow.stream"
    PARQUET = "application/vnd.apache.parquet"
    HTML = "text/html"
    """A page for people."""
    PDF = "application/pdf"
    """The same, to keep and to print."""
    EVENTS = "text/event-stream"
    """Server-sent events, for as long as somebody reads."""


BULK: Final = (Form.JSON, Form.NDJSON, Form.CSV, Form.ARROW)
"""What many rows may come in as, and be answered in."""
TABLES: Final = (*BULK, Form.PARQUET)
"""What a table of results may be had in."""

PLACES: Final[Mapping[str, int]] = {
    "_kwh": ENERGY_DECIMALS,
    "_kw": POWER_DECIMALS,
    "_kvar": POWER_DECIMALS,
    "_pu": VOLTAGE_DECIMALS,
    "_hz": FREQUENCY_DECIMALS,
    "_per_mwh": PRICE_DECIMALS,
    "amount": MONEY_DECIMALS,
    "_amount": MONEY_DECIMALS,
    "held": MONEY_DECIMALS,
    "welfare": MONEY_DECIMALS,
    "upper_bound": MONEY_DECIMALS,
    "balance": MONEY_DECIMALS,
}
"""Endings of names that hold a decimal, and its places."""
TIMES: Final = frozenset({"start", "end", "until", "at"})
WHOLE: Final = frozenset(
    {
        *("sequence", "revision", "trades", "solve_ms", "count", "command_seq", "first_event_seq"),
        *("batch", "epoch", "rows", "version", "intervals", "settled_intervals"),
        *("full_intervals", "unit_intervals", "postings", "bills"),
        *("bundle", "share_ppm"),
    }
)
FLAGS: Final = frozenset(
    {
        *("substituted", "controllable", "is_last_resort", "post_only", "green_only"),
        *("neighbours_first", "older", "late", "counts"),
    }
)
_DIGITS: Final = 38
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


# --- which one -------------------------------------------------------------------------


def taken(content_type: str | None, offered: tuple[Form, ...]) -> Form:
    """The format of a body; what does not say anything is JSON.

    Raises:
        RefusedError: MEDIA_TYPE_UNKNOWN.
    """
    if content_type is None or not content_type.strip():
        return Form.JSON
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/ndjson":
        media = Form.NDJSON.value
    for form in offered:
        if media == form.value:
            return form
    raise refuse(Code.MEDIA_TYPE_UNKNOWN, media_types=" ".join(offered))


@lru_cache(maxsize=256)  # clients write it in some tens of ways
def wanted(accept: str | None, offered: tuple[Form, ...]) -> Form:
    """The format of the answer: the offered one the client likes best.

    Raises:
        RefusedError: NOT_ACCEPTABLE.
    """
    if accept is None or not accept.strip():
        return offered[0]
    likes = [_like(part) for part in accept.lower().split(",")]
    best, best_weight = None, 0.0
    for form in offered:
        weight = max(
            ((_closeness(form, media), weight) for media, weight in likes if _fits(form, media)),
            default=(0, 0.0),
        )[1]
        if weight > best_weight:
            best, best_weight = form, weight
    if best is None:
        raise refuse(Code.NOT_ACCEPTABLE, media_types=" ".join(offered))
    return best


def _like(part: str) -> tuple[str, float]:
    """One member of an Accept header: media range and weight; a weight that is none is zero."""
    media, *parameters = [piece.strip() for piece in part.split(";")]
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return media, 0.0
            return media, weight if 0.0 <= weight <= 1.0 else 0.0
    return media, 1.0


def _fits(form: Form, media: str) -> bool:
    main = form.value.partition("/")[0]
    return media in {form.value, f"{main}/*", "*/*"}


def _closeness(form: Form, media: str) -> int:
    """How closely a media range names a format; the closest one says the weight."""
    if media == form.value:
        return 2
    return 0 if media == "*/*" else 1


_ENCODINGS: Final[Mapping[str, str]] = {"gzip": "gzip", "x-gzip": "gzip", "zstd": "zstd"}


def inflated(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The body as it was before it was compressed; no more of it is made than `limit` bytes.

    Raises:
        RefusedError: MEDIA_TYPE_UNKNOWN, BODY_FORMAT or BODY_TOO_LARGE.
    """
    if encoding is None or encoding.strip().lower() in {"", "identity"}:
        return body
    codec = _ENCODINGS.get(encoding.strip().lower())
    if codec is None:
        raise refuse(Code.MEDIA_TYPE_UNKNOWN, content_encodings="gzip zstd")
    try:
        with pa.CompressedInputStream(pa.py_buffer(body), codec) as stream:
            found: bytes = stream.read(limit + 1)
    except OSError:
        raise refuse(Code.BODY_FORMAT) from None
    if len(found) > limit:
        raise refuse(Code.BODY_TOO_LARGE, bytes_max=str(limit))
    return found


# --- records in it ---------------------------------------------------------------------


class Encoder:
    """Writes one table piece by piece."""

    def __init__(self, form: Form, names: Sequence[str]) -> None:
        """Begin a table.

        Args:
            form: any but JSON, whose list stands in a document.
            names: its columns, in order; what else a record has (nested values) is left out.
        """
        self._form, self._names = form, tuple(names)
        self._begun = False
        self._schema = pa.schema([(name, _arrow_type(name)) for name in names])
        self._sink = io.BytesIO()
        self._writer: Any = None
        if form is Form.ARROW:
            self._writer = pa.ipc.new_stream(self._sink, self._schema)
        elif form is Form.PARQUET:
            self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def add(self, records: Sequence[Record]) -> bytes:
        """The next records; what of the file can be sent by now."""
        if self._writer is not None:
            if records:
                self._writer.write_table(self._table(records))
            return b"" if self._form is Form.PARQUET else self._taken()
        if self._form is Form.NDJSON:
            return b"".join(_lines.encode(self._plain(record)) + b"\n" for record in records)
        return self._csv(records)

    def end(self) -> bytes:
        """What is left to send when there are no more records."""
        if self._writer is None:
            return b"" if self._begun or self._form is not Form.CSV else self._csv(())
        self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        piece = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return piece

    def _plain(self, record: Record) -> Record:
        return {name: record[name] for name in self._names}

    def _csv(self, records: Iterable[Record]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)  # lines end with CR LF, as RFC 4180 has it
        if not self._begun:
            writer.writerow(self._names)
            self._begun = True
        numbers = tuple(_is_number(name) for name in self._names)
        writer.writerows(
            [
                _cell(record[name], is_number=is_number)
                for name, is_number in zip(self._names, numbers, strict=True)
            ]
            for record in records
        )
        return text.getvalue().encode()

    def _table(self, records: Sequence[Record]) -> Any:  # noqa: ANN401 - pyarrow carries no types
        return pa.table(
            [
                _arrow_column([record[name] for record in records], field.type)
                for name, field in zip(self._names, self._schema, strict=True)
            ],
            schema=self._schema,
        )


_lines: Final = msgspec.json.Encoder()


def encoded(form: Form, names: Sequence[str], records: Sequence[Record]) -> bytes:
    """A whole table in one piece, in any form but JSON."""
    encoder = Encoder(form, names)
    return encoder.add(records) + encoder.end()


def _cell(value: object, *, is_number: bool) -> object:
    """A cell of CSV: booleans as JSON writes them, nothing for null, no text that is a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if not is_number and value.startswith(_FORMULA) else value
    if isinstance(value, list | tuple):
        return _cell(" ".join(map(str, value)), is_number=False)
    return value


def places_of(name: str) -> int | None:
    """Places of the decimal in a column of this name; None: it holds none."""
    for ending, places in PLACES.items():
        if name == ending or (ending.startswith("_") and name.endswith(ending)):
            return places
    return None


def is_time(name: str) -> bool:
    """Whether a column of this name holds a time."""
    return name in TIMES or name.endswith("_at")


def _is_number(name: str) -> bool:
    return name in WHOLE or places_of(name) is not None


def _arrow_type(name: str) -> Any:  # noqa: ANN401 - pyarrow carries no types
    places = places_of(name)
    if places is not None:
        return pa.decimal128(_DIGITS, places)
    if is_time(name):
        return pa.timestamp("us", "UTC")
    if name in WHOLE:
        return pa.int64()
    return pa.bool_() if name in FLAGS else pa.string()


def _arrow_column(values: list[Any], kind: Any) -> Any:  # noqa: ANN401 - pyarrow carries no types
    if pa.types.is_decimal(kind) or pa.types.is_timestamp(kind):
        return pc.cast(pa.array(values, pa.string()), kind)
    if pa.types.is_string(kind):
        values = [" ".join(value) if isinstance(value, list | tuple) else value for value in values]
    return pa.array(values, kind)
