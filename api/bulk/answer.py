"""What became of each order of a batch, as the answer's bytes.

The one idea: ten thousand results differ in little, so JSON is put together from their few parts; other
formats take the records.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from api.wire.errors import detail_of
from api.wire.formats import Form, encoded
from market.model.messages import OrderAnswer
from market.model.rejection import Rejection

COLUMNS: Final = ("client_order_id", "status", "order_id", "code", "detail")
_encode: Final = msgspec.json.Encoder().encode


def bulk_answer(form: Form, client_order_ids: Sequence[str], rows: Sequence[OrderAnswer]) -> bytes:
    """One result for each order, in the order sent.

    Args:
        form: JSON, NDJSON, CSV or Arrow.
        client_order_ids: as they were sent; letters and signs that need no escape in JSON.
        rows: the market's answers.
    """
    both = zip(client_order_ids, rows, strict=True)
    if form not in {Form.JSON, Form.NDJSON}:
        return encoded(form, COLUMNS, [_record(name, row) for name, row in both])
    pieces = [
        f'{{"client_order_id":"{name}","status":"accepted","order_id":"{row.order_id}",'
        '"code":null,"detail":null}'
        if row.rejection is None and not row.repeated
        else _encode(_record(name, row)).decode()
        for name, row in both
    ]
    if form is Form.NDJSON:
        return "".join([f"{piece}\n" for piece in pieces]).encode()
    return f'{{"items":[{",".join(pieces)}]}}'.encode()


def _record(client_order_id: str, row: OrderAnswer) -> dict[str, Any]:
    fault: Rejection | None = row.rejection
    taken = "repeated" if row.repeated else "accepted"
    return {
        "client_order_id": client_order_id,
        "status": taken if fault is None else "rejected",
        "order_id": row.order_id,
        "code": None if fault is None else fault.code.value,
        "detail": None if fault is None else detail_of(fault),
    }
