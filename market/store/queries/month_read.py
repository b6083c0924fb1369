"""What was booked of a month on one participant's account, for who decides about a dispute of it."""

from sqlalchemy import Connection, func, select

from market.model.case import MonthRead
from market.model.interval import MarketMonth
from market.model.rules import MarketRules
from market.model.settlement_run import RunState
from market.settlement.tariff import periods
from market.store import tables
from market.store.queries.asked import Asked
from market.store.queries.bill_sources import postings_of


def month_read(
    connection: Connection, market_id: str, rules: MarketRules, month: str, participant_id: str
) -> MonthRead:
    """All that was booked, by kind and part of the month, and the versions that say whether it still is.

    Args:
        connection: where to read; all questions see one moment.
        market_id: whose month.
        rules: zone and taxes.
        month: as in 2016-06.
        participant_id: on whose account.

    Raises:
        ValueError: no such month.
    """
    asked = Asked(connection, market_id, [participant_id])
    its = MarketMonth.of(month, rules.time_zone)
    runs, months = tables.settlement_runs.c, tables.settled_months.c
    versions = connection.execute(
        select(runs.day, func.max(runs.version))
        .where(
            runs.market_id == market_id,
            runs.day >= its.days[0].isoformat(),
            runs.day <= its.days[-1].isoformat(),
            runs.state == RunState.FINISHED.value,
        )
        .group_by(runs.day)
        .order_by(runs.day)
    )
    version = connection.execute(
        select(func.max(months.version)).where(months.market_id == market_id, months.month == month)
    ).scalar()
    return MonthRead(
        posted=tuple(
            item
            for number, period in enumerate(periods(rules, its))
            for _, item in postings_of(asked, rules.time_zone, period, number)
        ),
        versions=tuple((day, number) for day, number in versions),
        month_version=version or 0,
    )
