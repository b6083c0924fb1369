"""What a run has to know for a day's certificates beside its trades and meters."""

from typing import Final

from sqlalchemy import Connection, select

from market.model.certificate import IssuedCertificates
from market.model.order import Side
from market.store import tables
from market.store.queries.money import whole_sum

_GREEN_ONLY: Final = '"green_only":true'
"""How an order's terms say so."""
_DAY_S: Final = 86_400


def green_orders(connection: Connection, market_id: str, starts_s: range) -> frozenset[str]:
    """Orders of buyers who want renewable energy; what spans midnight began the day before."""
    c = tables.orders.c
    rows = connection.execute(
        select(c.order_id).where(
            c.market_id == market_id,
            c.start_s >= starts_s.start - _DAY_S,
            c.start_s < starts_s.stop,
            c.side == Side.BUY.value,
            c.terms.contains(_GREEN_ONLY, autoescape=True),
        )
    )
    return frozenset(rows.scalars())


def issued_of_day(connection: Connection, market_id: str, day: str) -> IssuedCertificates:
    """What the version of a day that stands has issued; nothing where none does."""
    c = tables.certificate_days.c
    rows = connection.execute(
        select(
            c.participant_id,
            whole_sum(c.own_use_wh).label("own_use_wh"),
            whole_sum(c.used_wh).label("used_wh"),
            whole_sum(c.kept_wh).label("kept_wh"),
        )
        .where(c.market_id == market_id, c.day == day)
        .group_by(c.participant_id)
        .order_by(c.participant_id)
    ).all()
    own_use_wh, used_wh = sum(row.own_use_wh for row in rows), sum(row.used_wh for row in rows)
    return IssuedCertificates(
        issued_wh=own_use_wh + used_wh + sum(row.kept_wh for row in rows),
        own_use_wh=own_use_wh,
        used_wh=used_wh,
        held_wh=tuple((row.participant_id, row.kept_wh) for row in rows if row.kept_wh),
    )
