"""Bills as rows: each version is one, and its state changes when it is issued or replaced."""

from typing import Final

from sqlalchemy import Connection, bindparam, insert, update

from market.model.bill import BillsDrafted, BillsIssued, BillState
from market.store.tables import bills

_c: Final = bills.c
EARLIER: Final = (
    update(bills)
    .where(
        _c.market_id == bindparam("of_market"),
        _c.participant_id == bindparam("of_participant"),
        _c.month == bindparam("of_month"),
        _c.state == bindparam("of_state"),
    )
    .values(state=BillState.REPLACED.value)
)
"""The bill of a participant and month in whose place a later one comes."""
ISSUE: Final = (
    update(bills)
    .where(_c.market_id == bindparam("of_market"), _c.bill_id == bindparam("of_bill"))
    .values(state=BillState.ISSUED.value, issued_us=bindparam("at_us"))
)
"""The same of the one that stands from now on."""
BILL_EVENTS: Final = (BillsDrafted, BillsIssued)


def take_bills(
    connection: Connection, market_id: str, event: BillsDrafted | BillsIssued, event_seq: int
) -> None:
    """Write what an event says into the table."""
    replaced = BillState.DRAFT if isinstance(event, BillsDrafted) else BillState.ISSUED
    connection.execute(
        EARLIER,
        [
            {
                "of_market": market_id,
                "of_participant": bill.participant_id,
                "of_month": bill.month,
                "of_state": replaced.value,
            }
            for bill in event.bills
        ],
    )
    if isinstance(event, BillsDrafted):
        rows = [
            {
                **{name: getattr(bill, name) for name in bill.__dataclass_fields__},
                "market_id": market_id,
                "event_seq": event_seq,
                "row": row,
                "state": BillState.DRAFT.value,
                "issued_us": None,
            }
            for row, bill in enumerate(event.bills)
        ]
        connection.execute(insert(bills), rows)
        return
    connection.execute(
        ISSUE,
        [
            {"of_market": market_id, "of_bill": bill.bill_id, "at_us": event.now_us}
            for bill in event.bills
        ],
    )
