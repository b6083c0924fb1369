"""Lists as pages of JSON or as files: one reader of records serves every format.

The one idea: a list is read in pieces by its cursor, in a thread, and each piece is written at once in
the format asked for. A file is sent when all of it is there, so that its header can name where the next
one begins and a fault on the way is a coded answer; its size is bounded, and so is how many are made
at once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.call import Call, link_to_next, listed, page_limit
from api.wire.errors import refuse
from api.wire.formats import Encoder, Form, Record
from market.model.rejection import Code

PIECE_ROWS: Final = 10_000
"""Rows read and written at a time: what one query may give back."""
FILES_AT_ONCE_MAX: Final = 8
"""Most files in the making: each may hold some tens of megabytes. Who comes then comes again."""

Found: TypeAlias = tuple[list[Record], str | None]
"""Records, and the cursor behind them; None: there are no more."""
Reader: TypeAlias = Callable[[Connection, str, str | None, int], Found]
"""Reads a piece of a list: connection, market's id, cursor, most records."""

_SUFFIX: Final = {Form.NDJSON: "ndjson", Form.CSV: "csv", Form.ARROW: "arrow", Form.PARQUET: "parquet"}  # fmt: skip
_making = 0


async def answer_list(call: Call, name: str, columns: Sequence[str], read: Reader) -> Response:
    """A list in the format asked for.

    Args:
        call: with its cursor, limit and format.
        name: what a file of it is called.
        columns: the columns of a file, in order.
        read: called in a thread.

    Raises:
        RefusedError: a cursor no list has given out; SYSTEM_BUSY.
    """
    limit = page_limit(call)
    cursor: str | None = call.query.get("cursor")
    if call.form is Form.JSON:
        records, cursor = await call.stored(
            lambda connection, market_id: read(connection, market_id, cursor, limit)
        )
        return listed(call, records, cursor)
    with _one_more_file():
        content, cursor = await _file(call, columns, read, cursor, limit)
    headers = {
        **link_to_next(call, cursor),
        "Content-Disposition": f'attachment; filename="{name}.{_SUFFIX[call.form]}"',
    }
    return Response(content, media_type=call.form.value, headers=headers)


async def _file(
    call: Call, columns: Sequence[str], read: Reader, cursor: str | None, limit: int
) -> tuple[bytes, str | None]:
    """The whole file, and the cursor behind it."""
    encoder = Encoder(call.form, columns)
    pieces: list[bytes] = []
    left = limit
    while left > 0:
        count, begin = min(left, PIECE_ROWS), cursor

        def piece(
            connection: Connection, market_id: str, count: int = count, begin: str | None = begin
        ) -> tuple[bytes, int, str | None]:
            records, behind = read(connection, market_id, begin, count)
            return encoder.add(records), len(records), behind

        written, rows, cursor = await call.stored(piece)
        pieces.append(written)
        left -= rows
        if cursor is None or not rows:
            break
    pieces.append(await run_in_threadpool(encoder.end))
    return b"".join(pieces), cursor


@contextmanager
def _one_more_file() -> Iterator[None]:
    global _making
    if _making >= FILES_AT_ONCE_MAX:
        raise refuse(Code.SYSTEM_BUSY)
    _making += 1
    try:
        yield
    finally:
        _making -= 1


async def answer_made(
    call: Call, name: str, columns: Sequence[str], made: Sequence[Record], key: str
) -> Response:
    """A list whose records were made here and now, in the order of a field that names each.

    Args:
        call: with its cursor, limit and format.
        name: what a file of it is called.
        columns: the columns of a file, in order.
        made: records behind the call's cursor, one more than wanted where there are more.
        key: the field.
    """

    def read(_connection: Connection, _market_id: str, cursor: str | None, limit: int) -> Found:
        left = [item for item in made if str(item[key]) > (cursor or "")]
        more = str(left[limit - 1][key]) if len(left) > limit else None
        return left[:limit], more

    return await answer_list(call, name, columns, read)
