"""Booked deviations with what the meter said: which way each went, at what price, and how much of it counted."""

from typing import Any

from sqlalchemy import BigInteger, Case, ColumnElement, Select, Table, and_, case, func

from market.model.alarm import ControlLevel
from market.store import tables


def deviation_columns() -> tuple[ColumnElement[bool], Case[int], ColumnElement[int]]:
    """Whether a booked deviation is a shortage, its price, and its energy (>= 0).

    The meter says which way it went, the amount how much at that price counted: of an instructed
    change only what was not followed is a deviation. No price where the meter shows no deviation.
    """
    seen, prices = tables.deviations.c, tables.deviation_prices.c
    is_short = seen.measured_wh < seen.scheduled_wh
    is_long = seen.measured_wh > seen.scheduled_wh
    price_ticks = case((is_short, prices.short_ticks), (is_long, prices.long_ticks))
    # Whole numbers on both sides, so that the database divides them as such.
    ticks = func.abs(price_ticks, type_=BigInteger)
    amount = tables.transfers.c.amount_quanta
    return is_short, price_ticks, amount // func.nullif(ticks, 0, type_=BigInteger)


def priced_deviations(
    query: Select[Any], beside: tuple[Table, ColumnElement[bool]] | None = None
) -> Select[Any]:
    """Transfers joined with what was seen of the unit, and the price of its area, where there are any.

    `beside`: one more table to join, and on what.
    """
    c, units = tables.transfers.c, tables.units.c
    seen, prices = tables.deviations.c, tables.deviation_prices.c
    joins = (
        tables.transfers.outerjoin(
            tables.units, and_(units.market_id == c.market_id, units.unit_id == c.reference)
        )
        .outerjoin(
            tables.deviations,
            and_(
                seen.market_id == c.market_id,
                seen.start_s == c.start_s,
                seen.level == ControlLevel.UNIT.value,
                seen.member_id == c.reference,
            ),
        )
        .outerjoin(
            tables.deviation_prices,
            and_(
                prices.market_id == c.market_id,
                prices.start_s == c.start_s,
                prices.area_id == units.area_id,
            ),
        )
    )
    return query.select_from(joins if beside is None else joins.outerjoin(*beside))
