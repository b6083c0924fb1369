"""Many orders in one body: JSON, NDJSON, CSV or Arrow, read by columns.

The one idea: a well-formed body is checked a column at a time, in the same units and by the same rules
as a single order. Whatever is out of order in any way sends the whole body down the plain way, row by
row, which finds every fault and where it stands. Both ways read alike
(`tests/api/bulk/test_orders.py`).
"""

from dataclasses import replace

from api.bulk.answer import bulk_answer
from api.bulk.arrow_rows import read_stream
from api.bulk.batch import OrderBatch
from api.bulk.csv_rows import read_table
from api.bulk.json_rows import read_document, read_lines
from api.wire.formats import Form

__all__ = ["OrderBatch", "bulk_answer", "read_orders"]


def read_orders(body: bytes, form: Form = Form.JSON, *, atomic: bool = False) -> OrderBatch:
    """Read the body of `orders:batch`.

    Args:
        body: at most as large as the address takes.
        form: what it is written in.
        atomic: all or none, where the body cannot say so itself.

    Raises:
        RefusedError: with every fault and its place.
    """
    if form is Form.CSV:
        return read_table(body, atomic=atomic)
    if form is Form.NDJSON:
        return read_lines(body, atomic=atomic)
    if form is Form.ARROW:
        return read_stream(body, atomic=atomic)
    batch = read_document(body)
    return replace(batch, atomic=True) if atomic else batch
