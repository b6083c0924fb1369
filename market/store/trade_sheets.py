"""The trades of a day as a run read them, as bytes and back: an Arrow stream for each area.

The one idea: trades of a closed day stay as they are, so a corrected run takes them from the version that was
settled as a whole, in a fiftieth of the time in which the list is read. A row is a leg; it says where it stood
among all of the day, as ties go by that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from market.model.splitting import Integers
from market.settlement.day_facts import DayTrades
from market.store.arrow_streams import named, narrow, starting, stream_bytes

_WHOLE: Final = ("place", "rank", "injection_wh", "amount_quanta")
"""Columns of whole numbers beside the unit and the interval."""


def trade_bytes(
    trades: DayTrades, legs: Integers, unit_ids: Sequence[str], starts_s: Sequence[int]
) -> bytes:
    """Some trades of a day.

    Args:
        trades: all of them.
        legs: places of those that are wanted, rising.
        unit_ids: of the day, in order.
        starts_s: the day's intervals.
    """
    return stream_bytes(
        {
            "unit_id": named(unit_ids, trades.unit[legs]),
            "start_s": starting(starts_s, trades.interval[legs]),
            "place": narrow(legs),
            "rank": narrow(trades.rank[legs]),
            "injection_wh": narrow(trades.injection_wh[legs]),
            "amount_quanta": narrow(trades.amount_quanta[legs]),
            "asks_green": pa.array(trades.asks_green[legs]),
        }
    )


def kept_trades(
    areas: Sequence[bytes], row_of: Mapping[str, int], column_of: Mapping[int, int]
) -> DayTrades | None:
    """All trades of a day, in their order; None: they were not kept, or are not of this day.

    Args:
        areas: what was written of every area; none where nothing was.
        row_of: the place of each unit.
        column_of: the place of each interval.
    """
    if not all(areas) or not areas:
        return None
    parts = []
    for content in areas:
        with pa.ipc.open_stream(content) as reader:
            parts.append(reader.read_all().combine_chunks())
    count = sum(part.num_rows for part in parts)
    columns = {name: np.zeros(count, dtype=np.int64) for name in (*_WHOLE, "unit", "interval")}
    asks_green = np.zeros(count, dtype=np.bool_)
    for part in parts:
        if not part.num_rows:
            continue
        place = part["place"].to_numpy()
        where = _where(part, row_of, column_of)
        if where is None or place.max() >= count:
            return None
        columns["unit"][place], columns["interval"][place] = where
        for name in _WHOLE:
            columns[name][place] = part[name].to_numpy()
        asks_green[place] = part["asks_green"].to_numpy()
    if not np.array_equal(columns.pop("place"), np.arange(count)):
        return None
    return DayTrades(asks_green=asks_green, **columns)


def _where(
    part: Any,  # noqa: ANN401 - pyarrow carries no types
    row_of: Mapping[str, int],
    column_of: Mapping[int, int],
) -> tuple[Integers, Integers] | None:
    """Unit and interval of each leg."""
    names, starts = part["unit_id"].chunk(0), part["start_s"].chunk(0).dictionary_encode()
    try:
        rows = [row_of[name] for name in names.dictionary.to_pylist()]
        columns = [column_of[start_s] for start_s in starts.dictionary.to_pylist()]
    except KeyError:
        return None
    return (
        np.array(rows, dtype=np.int64)[names.indices.to_numpy()],
        np.array(columns, dtype=np.int64)[starts.indices.to_numpy()],
    )
