"""A batch of orders that has been read, and the plain way in which any row can be read.

The one idea: whatever the format, a row that is not plainly right becomes the wire's own record of an
order and is checked by the one model of an order (`schemas.OrderIn`); only where a fault is said to
be differs (`Place`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from api.incoming.body import rejection_of
from api.incoming.orders import OrdersIn, order_columns
from api.wire.errors import FAULTS_MAX, RefusedError
from market.model.order import OrderColumns
from market.model.rejection import Rejection

Record: TypeAlias = dict[str, Any]
"""An order as it stands in JSON."""

FAULTS_KEPT: Final = 2 * FAULTS_MAX
"""Most faults that are put in order; of those FAULTS_MAX are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the rows of a batch stand in the body, for a person who has to find them."""

    lines: Sequence[int] | None = None
    """The line of each row, counted from 1; None: the rows are members of a list."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns that are written under another name than the field's."""

    def pointer(self, row: int, name: str) -> str:
        """The place of one field of one row; an empty name: of the row."""
        where = f"orders/{row}" if self.lines is None else f"lines/{self.lines[row]}"
        return f"{where}/{self.columns.get(name, name)}" if name else where

    def rejection(self, row: int, fault: Rejection, name: str) -> Rejection:
        """The fault with its place; with line and column in words where there are lines."""
        parameters = dict(fault.parameters)
        if self.lines is not None:
            parameters["line"] = str(self.lines[row])
            if name:
                parameters["column"] = self.columns.get(name, name)
        return replace(fault, pointer=self.pointer(row, name), parameters=parameters)


LISTED: Final = Places()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBatch:
    """A batch that has been read."""

    columns: OrderColumns
    end_s: tuple[int | None, ...]
    """End of the interval where the sender named it; empty: nowhere."""
    atomic: bool
    places: Places = LISTED

    def labelled_by_end(self, step_s: int) -> "OrderBatch":
        """The batch when the times given are the ends of intervals that are `step_s` long."""
        starts_s = tuple([end_s - step_s for end_s in self.columns.start_s])
        return replace(self, columns=replace(self.columns, start_s=starts_s))


def read_records(
    records: Sequence[Record], *, atomic: object, places: Places, more: Sequence[Rejection] = ()
) -> OrderBatch:
    """The batch from records, checked one by one.

    Args:
        records: the orders, in the order sent.
        atomic: all or none; checked too.
        places: where they stand.
        more: faults found while the records were made.

    Raises:
        RefusedError: with every fault and its place.
    """
    faults = list(more[:FAULTS_KEPT])
    try:
        batch = OrdersIn.model_validate({"orders": records, "atomic": atomic})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults += [_placed(rejection_of(item), places) for item in found[:FAULTS_KEPT]]
    else:
        if not faults:
            ends_s = tuple([order.end_s for order in batch.orders])
            return OrderBatch(
                columns=order_columns(batch.orders),
                end_s=ends_s if any(end_s is not None for end_s in ends_s) else (),
                atomic=batch.atomic,
                places=places,
            )
    raise RefusedError(faults)


def _placed(fault: Rejection, places: Places) -> Rejection:
    """A fault of the list of records as a fault of the body."""
    parts = (fault.pointer or "").strip("/").split("/")
    if places.lines is None and not places.columns:
        return fault
    if len(parts) < 2 or parts[0] != "orders":
        return replace(fault, pointer="lines" if parts[0] == "orders" else fault.pointer)
    return places.rejection(int(parts[1]), fault, "/".join(parts[2:]))
