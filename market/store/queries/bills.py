"""Bills, and what stands behind each of their lines.

The one idea: details are read from the same rows the bill was made from, up to the event it was made
at, so what was booked later changes no bill that stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, case, or_, select

from market.model.bill import Bill, BillState, ChargeKind, LineParts
from market.model.money import TransferKind, participant_account
from market.model.order import Side
from market.model.recall import TradeState
from market.settlement.bill import AS_BOOKED
from market.store import tables
from market.store.queries.cases import disputes_of
from market.store.queries.conditions import equal
from market.store.queries.deviations import deviation_columns, priced_deviations
from market.store.queries.pages import (
    SEPARATOR,
    AnyRow,
    CursorFault,
    bounded,
    cursor_of,
    fact,
    numbers,
    page,
)
from market.store.views import BillDetail, Page, StoredBill

_TRADES: Final = "t"
_POSTINGS: Final = "p"
_METERED: Final = {
    TransferKind.NETWORK_FEE: ChargeKind.NETWORK_FEE,
    TransferKind.LEVIES: ChargeKind.LEVIES,
}


def bills(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str | None = None,
    month: str | None = None,
    state: BillState | None = None,
    issued: bool = False,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[StoredBill]:
    """Bills in the order drafted.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: only of this one.
        month: only of this one, as in 2016-06.
        state: only in this one.
        issued: only those that were issued once.
        cursor: read on from here.
        limit: most bills to give back.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    c = tables.bills.c
    query = select(tables.bills).where(c.market_id == market_id)
    query = equal(query, (c.participant_id, participant_id), (c.month, month), (c.state, state))
    if issued:
        query = query.where(c.issued_us.is_not(None))
    if cursor is not None:
        query = query.where(_behind(c.event_seq, c.row, cursor))
    count = bounded(limit)
    rows = connection.execute(query.order_by(c.event_seq, c.row).limit(count + 1)).all()
    found = page(rows, count, _stored, lambda row: cursor_of(row.event_seq, row.row))
    return Page(
        items=_with_cases(connection, market_id, found.items), next_cursor=found.next_cursor
    )


def bill(connection: Connection, market_id: str, bill_id: str) -> StoredBill | None:
    """One bill; None: there is none with this id."""
    c = tables.bills.c
    row = connection.execute(
        select(tables.bills).where(c.market_id == market_id, c.bill_id == bill_id)
    ).one_or_none()
    return None if row is None else _with_cases(connection, market_id, (_stored(row),))[0]


def _with_cases(
    connection: Connection, market_id: str, found: Sequence[StoredBill]
) -> tuple[StoredBill, ...]:
    """The same bills, each with what its participant has said about it and earlier versions."""
    months = {(item.bill.participant_id, item.bill.month) for item in found}
    disputes = disputes_of(connection, market_id, months) if found else {}
    return tuple(
        replace(
            item,
            cases=tuple(
                case
                for case in disputes[item.bill.participant_id, item.bill.month]
                if case.dispute is not None and case.dispute.version <= item.bill.version
            ),
        )
        for item in found
    )


def _stored(row: AnyRow) -> StoredBill:
    return StoredBill(bill=fact(Bill, row), state=BillState(row.state), issued_us=row.issued_us)


def _behind(event_seq: Any, row: Any, cursor: str) -> Any:  # noqa: ANN401 - columns and a condition
    after_seq, after_row = numbers(cursor, 2)
    return or_(event_seq > after_seq, and_(event_seq == after_seq, row > after_row))


# --- what stands behind it ------------------------------------------------------------


def bill_details(
    connection: Connection,
    market_id: str,
    of: Bill,
    *,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[BillDetail]:
    """Every trade of the bill's month, then every other posting that stands on it, as they happened.

    Raises:
        CursorFault: a cursor no list has given out.
    """
    count = bounded(limit)
    kind, behind = (_TRADES, None) if cursor is None else _read_cursor(cursor)
    found: list[tuple[str, AnyRow]] = []
    if kind == _TRADES:
        rows = connection.execute(_trades(market_id, of, behind).limit(count + 1))
        found += [(_TRADES, row) for row in rows]
        behind = None
    if len(found) <= count:
        left = count + 1 - len(found)
        rows = connection.execute(_postings(market_id, of, behind).limit(left))
        found += [(_POSTINGS, row) for row in rows]
    shown = found[:count]
    more = len(found) > count and shown
    last_kind, last = shown[-1] if shown else (kind, None)
    return Page(
        items=tuple(
            _traded(row) if kind == _TRADES else _posted(row, of.participant_id)
            for kind, row in shown
        ),
        next_cursor=cursor_of(last_kind, last.event_seq, last.row) if more and last else None,
    )


def _read_cursor(cursor: str) -> tuple[str, str]:
    """In which of both lists it stands, and its place there."""
    kind, _, behind = cursor.partition(SEPARATOR)
    if kind not in (_TRADES, _POSTINGS):
        raise CursorFault(cursor)
    numbers(behind, 2)
    return kind, behind


def _trades(market_id: str, of: Bill, cursor: str | None) -> Select[Any]:
    c = tables.trades.c
    query = select(tables.trades).where(
        c.market_id == market_id,
        c.participant_id == of.participant_id,
        c.start_s >= of.from_s,
        c.start_s < of.until_s,
        c.state != TradeState.CANCELLED.value,
        c.event_seq <= of.as_of_event_seq,
    )
    if cursor is not None:
        query = query.where(_behind(c.event_seq, c.row, cursor))
    return query.order_by(c.event_seq, c.row)


def _traded(row: AnyRow) -> BillDetail:
    bought = Side(row.side) is Side.BUY
    value_quanta = row.price_ticks * row.energy_wh
    return BillDetail(
        kind=ChargeKind.ENERGY_BOUGHT if bought else ChargeKind.ENERGY_SOLD,
        start_s=row.start_s,
        reference=row.trade_id,
        energy_wh=row.energy_wh,
        price_ticks=row.price_ticks,
        amount_quanta=value_quanta if bought else -value_quanta,
        parts=LineParts(**{name: row._mapping[name] for name in tables.LINE_PARTS}),  # noqa: SLF001 - the public way to read a row by name
    )


def _postings(market_id: str, of: Bill, cursor: str | None) -> Select[Any]:
    c, withdrawn = tables.transfers.c, tables.withdrawals.c
    account = participant_account(of.participant_id)
    is_short, price_ticks, energy_wh = deviation_columns()
    kinds = [TransferKind.DEVIATION, TransferKind.BILL_CREDIT, *_METERED, *AS_BOOKED]
    query = priced_deviations(
        select(
            tables.transfers,
            is_short.label("is_short"),
            case((c.kind == TransferKind.DEVIATION.value, price_ticks)).label("deviation_ticks"),
            case((c.kind == TransferKind.DEVIATION.value, energy_wh)).label("deviation_wh"),
            withdrawn.withdrawal_wh,
        ),
        beside=(
            tables.withdrawals,
            and_(
                withdrawn.market_id == c.market_id,
                withdrawn.start_s == c.start_s,
                withdrawn.participant_id == of.participant_id,
            ),
        ),
    ).where(
        c.market_id == market_id,
        or_(c.debit_account == account, c.credit_account == account),
        c.counts_s >= of.from_s,
        c.counts_s < of.until_s,
        c.kind.in_([kind.value for kind in kinds]),
        c.event_seq <= of.as_of_event_seq,
    )
    if cursor is not None:
        query = query.where(_behind(c.event_seq, c.row, cursor))
    return query.order_by(c.event_seq, c.row)


def _posted(row: AnyRow, participant_id: str) -> BillDetail:
    pays = row.debit_account == participant_account(participant_id)
    amount_quanta = row.amount_quanta if pays else -row.amount_quanta
    posting = TransferKind(row.kind)
    energy_wh = price_ticks = None
    if posting in _METERED:
        kind, energy_wh = _METERED[posting], row.withdrawal_wh
        price_ticks = amount_quanta // energy_wh if energy_wh else None
    elif posting is TransferKind.DEVIATION and row.start_s is None:
        kind = ChargeKind.DEVIATION  # of a run, which is its reference
    elif posting is TransferKind.DEVIATION:
        kind = ChargeKind.DEVIATION_SHORT if row.is_short else ChargeKind.DEVIATION_LONG
        energy_wh, price_ticks = row.deviation_wh, row.deviation_ticks
    elif posting is TransferKind.BILL_CREDIT:
        kind = ChargeKind.CREDIT  # of a case, which is its reference
    else:
        kind = AS_BOOKED[posting]
    return BillDetail(
        kind=kind,
        start_s=row.start_s,
        reference=row.reference,
        energy_wh=energy_wh,
        price_ticks=price_ticks,
        amount_quanta=amount_quanta,
    )
