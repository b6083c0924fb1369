"""Cases, closed ones too, in the order in which they were opened."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Text, cast, select

from market.model.bill import Credited
from market.model.case import Case, CaseKind, CaseOutcome, CaseState, CaseTarget
from market.settlement.tariff import Period
from market.store import tables
from market.store.case_rows import case_of
from market.store.queries.conditions import equal
from market.store.queries.pages import AnyRow, numbers, read_page
from market.store.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are asked for; None: any."""

    kind: CaseKind | None = None
    states: tuple[CaseState, ...] | None = None
    outcome: CaseOutcome | None = None
    participant_id: str | None = None
    owner: str | None = None
    bill_id: str | None = None
    month: str | None = None
    """Of the bills in dispute, as in 2016-06."""
    missed: CaseTarget | None = None
    """That have missed this target."""


def cases(
    connection: Connection,
    market_id: str,
    wanted: CaseFilter,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[Case]:
    """Cases in the order in which they were opened.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.cases.c
    query = select(tables.cases).where(c.market_id == market_id)
    query = equal(
        query,
        (c.kind, wanted.kind),
        (c.outcome, wanted.outcome),
        (c.participant_id, wanted.participant_id),
        (c.owner, wanted.owner),
        (c.bill_id, wanted.bill_id),
        (c.month, wanted.month),
    )
    if wanted.states is not None:
        query = query.where(c.state.in_([state.value for state in wanted.states]))
    if wanted.missed is not None:
        # Canonical JSON, a list of names: none of them is part of another.
        missed = cast(c.missed, Text)
        query = query.where(missed.contains(f'"{wanted.missed.value}"', autoescape=True))
    if cursor is not None:
        (number,) = numbers(cursor, 1)
        query = query.where(c.number > number)
    return read_page(connection, query, (c.number,), limit, _case)


def case(connection: Connection, market_id: str, case_id: str) -> Case | None:
    """One case; None: there is none of that id."""
    c = tables.cases.c
    row = connection.execute(
        select(tables.cases).where(c.market_id == market_id, c.case_id == case_id)
    ).one_or_none()
    return None if row is None else _case(row)


def disputes_of(
    connection: Connection, market_id: str, months: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Case]]:
    """Disputes about these months' bills, oldest first, by participant and month."""
    found: dict[tuple[str, str], list[Case]] = {key: [] for key in months}
    c = tables.cases.c
    for row in connection.execute(
        select(tables.cases)
        .where(
            c.market_id == market_id,
            c.participant_id.in_(sorted({participant_id for participant_id, _ in months})),
            c.month.in_(sorted({month for _, month in months})),
        )
        .order_by(c.number)
    ):
        about = found.get((row.participant_id, row.month))
        if about is not None:
            about.append(_case(row))
    return found


def credits_of(
    connection: Connection, market_id: str, month: str, parts: Sequence[Period]
) -> Iterator[tuple[str, Credited]]:
    """What disputes have brought for bills of a month: participant and credit, case by case, line by line.

    Args:
        connection: of a reader.
        market_id: the market.
        month: as in 2016-06.
        parts: the month's parts with the same taxes, which number the credits.
    """
    c = tables.cases.c
    rows = connection.execute(
        select(c.case_id, c.participant_id, c.dispute)
        .where(c.market_id == market_id, c.month == month, c.outcome == CaseOutcome.UPHELD.value)
        .order_by(c.number)
    )
    for case_id, name, dispute in rows:
        for item in dispute.credited:
            period = next(
                number
                for number, part in enumerate(parts)
                if part.from_s <= item.from_s < part.until_s
            )
            yield (
                name,
                Credited(
                    kind=item.kind,
                    period=period,
                    case_id=case_id,
                    amount_quanta=item.amount_quanta,
                ),
            )


def _case(row: AnyRow) -> Case:
    return case_of(row._mapping)  # noqa: SLF001 - the public way to read a row by name
