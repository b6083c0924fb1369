"""The quick way for many orders: the same rules and codes, without a model per row.

The one idea: a well-formed batch is read straight into rows of strings, and each kind of value by the
function of `fields.py` that the single order uses too. Whatever is out of order in any way sends the
whole body down the plain way (`json_body`, `schemas`), which finds every fault and its pointer.
"""

from typing import Final, Literal

import msgspec

from api import fields
from api.fields import FieldError
from api.json_body import parse_json
from api.schemas import ORDERS_MAX, OrdersIn, order_columns, validated
from market.model.order import OrderColumns, Side

_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


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


_DECODER: Final = msgspec.json.Decoder(_Batch)
_NAMES_PER_ROW: Final = 7


class OrderBatch(msgspec.Struct, frozen=True):
    """A batch that has been read."""

    columns: OrderColumns
    end_s: tuple[int | None, ...]
    """End of the interval where the sender named it."""
    atomic: bool


def read_orders(body: bytes) -> OrderBatch:
    """Read the body of `orders:batch`.

    Raises:
        RefusedError: with every fault and its pointer.
    """
    return _quick(body) or _plain(body)


def _plain(body: bytes) -> OrderBatch:
    batch = validated(OrdersIn, parse_json(body))
    return OrderBatch(
        columns=order_columns(batch.orders),
        end_s=tuple(order.end_s for order in batch.orders),
        atomic=batch.atomic,
    )


def _quick(body: bytes) -> OrderBatch | None:
    """The batch, or None when anything at all is not plainly right."""
    try:
        batch = _DECODER.decode(body)
        rows = batch.orders
        if not 0 < len(rows) <= ORDERS_MAX or body.count(b'"') != _quotes(batch):
            return None
        columns = OrderColumns(
            client_order_id=tuple([fields.identifier(row.client_order_id) for row in rows]),
            unit_id=tuple([fields.identifier(row.unit_id) for row in rows]),
            start_s=tuple([fields.instant_s(row.start) for row in rows]),
            side=tuple([_SIDES[row.side] for row in rows]),
            price_ticks=tuple([fields.price_ticks(row.price_per_mwh) for row in rows]),
            energy_wh=tuple([fields.order_energy_wh(row.energy_kwh) for row in rows]),
        )
        end_s = tuple([_end_s(row.end) for row in rows])
    except (msgspec.MsgspecError, FieldError, UnicodeDecodeError, RecursionError):
        return None
    return OrderBatch(columns=columns, end_s=end_s, atomic=batch.atomic is True)


def _end_s(text: str | msgspec.UnsetType | None) -> int | None:
    return fields.instant_s(text) if isinstance(text, str) else None


def _quotes(batch: _Batch) -> int:
    """How many quotation marks the body has if every name stands once.

    The decoder keeps the last of two equal names. Values that pass `fields` hold no quotation mark,
    so a name that stands twice shows as marks too many.
    """
    marks = 2 + (2 if batch.atomic is not msgspec.UNSET else 0)
    for row in batch.orders:
        marks += 4 * _NAMES_PER_ROW
        if row.end is not msgspec.UNSET:
            marks += 4 if row.end is not None else 2
    return marks
