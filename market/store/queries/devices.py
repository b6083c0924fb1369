"""The latest readings of a few units."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from market.model.power import Doubt, Measurement
from market.store import tables
from market.store.queries.pages import fact

LOOK_BACK: Final = 192
"""Intervals in which a unit's last reading is looked for: two days of quarter-hours."""
UNITS_MAX: Final = 100
"""Most units asked for at once: with the intervals, how many places are looked at."""


def last_readings(
    connection: Connection, market_id: str, unit_ids: Sequence[str], starts_s: Sequence[int]
) -> dict[str, Measurement]:
    """The meter's newest word about each unit, among these intervals; who has none is not in it.

    Args:
        connection: of a reader.
        market_id: the market.
        unit_ids: at most UNITS_MAX.
        starts_s: intervals, at most LOOK_BACK.
    """
    c = tables.measurements.c
    found: dict[str, Measurement] = {}
    rows = connection.execute(
        select(tables.measurements)
        .where(
            c.market_id == market_id,
            c.start_s.in_(sorted(starts_s)[-LOOK_BACK:]),
            c.unit_id.in_(sorted(unit_ids)[:UNITS_MAX]),
            c.substituted.is_(False),
            c.older.is_(False),
        )
        .order_by(c.start_s, c.event_seq, c.row)
    )
    for row in rows:
        doubt = None if row.doubt is None else Doubt(row.doubt)
        found[row.unit_id] = fact(Measurement, row, doubt=doubt)
    return found
