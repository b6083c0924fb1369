"""Payments, payouts and covered debts as rows; and of each participant what it has paid in.

The one idea: what an event says of a movement or a payout is the whole of it, so its row is written anew.
"""

from collections import defaultdict
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, insert, select, update

from market.model.money import participant_account
from market.model.payment import (
    Cover,
    DefaultCovered,
    DefaultRecovered,
    PaymentDecided,
    PaymentsRecorded,
    PayoutsChanged,
)
from market.settlement.waterfall import added
from market.store.account_rows import NAMED_MAX
from market.store.tables import defaults, payers, payments, payouts
from market.store.upsert import upsert

PaymentEvent = (
    PaymentsRecorded | PaymentDecided | PayoutsChanged | DefaultCovered | DefaultRecovered
)
PAYMENT_EVENTS: Final = (
    PaymentsRecorded,
    PaymentDecided,
    PayoutsChanged,
    DefaultCovered,
    DefaultRecovered,
)
_ACCOUNT: Final = participant_account("")
_DECIDED: Final = ("state", "participant_id", "bill_id", "month", "payout_id", "reason")
"""What changes of a movement when it is said what it was for."""


class PaymentRows:
    """Writes what events say of payments, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._paid_in: defaultdict[str, int] = defaultdict(int)
        self._claims: defaultdict[str, Cover] = defaultdict(Cover)
        """What has changed of both since they were written, by participant."""

    def take(self, event: PaymentEvent, market_id: str, event_seq: int) -> None:
        """Write one event."""
        match event:
            case PaymentsRecorded():
                rows = [
                    {**_fields(item), "market_id": market_id, "event_seq": event_seq, "row": row}
                    for row, item in enumerate(event.payments)
                ]
                self._connection.execute(insert(payments), rows)
            case PaymentDecided():
                known = _fields(event.payment)
                c = payments.c
                self._connection.execute(
                    update(payments)
                    .where(c.market_id == market_id, c.bank_id == event.payment.bank_id)
                    .values({name: known[name] for name in _DECIDED})
                )
            case PayoutsChanged():
                changed = [
                    {
                        **_fields(item),
                        "market_id": market_id,
                        "number": int(item.payout_id.partition("-")[2]),
                    }
                    for item in event.payouts
                ]
                self._connection.execute(upsert(self._connection, payouts), changed)
            case DefaultCovered():
                default = event.default
                number = int(default.default_id.partition("-")[2])
                told = {**_fields(default), "market_id": market_id, "number": number}
                self._connection.execute(insert(defaults), told)
                self._claim(default.participant_id, default.cover, 1)
            case DefaultRecovered():
                self._claim(event.participant_id, event.back, -1)

    def moved(self, giver: str, receiver: str, amount_quanta: int) -> None:
        """A payment came to an account, or left it."""
        for account, quanta in ((giver, -amount_quanta), (receiver, amount_quanta)):
            if account.startswith(_ACCOUNT):
                self._paid_in[account.removeprefix(_ACCOUNT)] += quanta

    def _claim(self, participant_id: str, cover: Cover, sign: int) -> None:
        self._claims[participant_id] = added(self._claims[participant_id], cover, sign)

    def write(self, market_id: str) -> None:
        """Add what was gathered."""
        paid_in, claims = self._paid_in, self._claims
        self._paid_in, self._claims = defaultdict(int), defaultdict(Cover)
        touched = sorted({*paid_in, *claims})
        if not touched:
            return
        c = payers.c
        query = select(payers).where(c.market_id == market_id)
        if len(touched) <= NAMED_MAX:
            query = query.where(c.participant_id.in_(touched))
        stands = {row.participant_id: row for row in self._connection.execute(query)}
        rows = []
        for name in touched:
            before = stands.get(name)
            rows.append(
                {
                    "market_id": market_id,
                    "participant_id": name,
                    "paid_in_quanta": paid_in[name] + (before.paid_in_quanta if before else 0),
                    "claims": added(before.claims if before else Cover(), claims[name]),
                }
            )
        self._connection.execute(upsert(self._connection, payers), rows)


def _fields(fact: object) -> dict[str, object]:
    names: dict[str, object] = fact.__dataclass_fields__  # type: ignore[attr-defined]
    values = ((name, getattr(fact, name)) for name in names)
    return {name: str(value) if isinstance(value, StrEnum) else value for name, value in values}
