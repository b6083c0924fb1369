"""What moved between two accounts on a day of delivery, by kind, added up as it is booked.

The one idea: who bills a month or settles a day again wants sums, and there are a hundred times fewer of
them than postings. The database adds, because so many are not read first; and by halves, because a sum may
pass 64 bits. Each posting is cut into halves by itself, so the sums do not depend on what was written together.
"""

from collections import defaultdict
from operator import attrgetter
from typing import Final, TypeAlias

from sqlalchemy import Connection

from market.model.interval import day_of
from market.model.money import Transfer
from market.settlement.dues import DueKey
from market.store import tables
from market.store.upsert import upsert

_HALF_BITS: Final = 32
_LOW: Final = (1 << _HALF_BITS) - 1
_MOVED: Final = attrgetter("debit_account", "credit_account", "amount_quanta")

_Sums: TypeAlias = defaultdict[DueKey, list[int]]
"""High and low halves of what the first account gave the second, and how many postings."""


def _sums() -> _Sums:
    return defaultdict(lambda: [0, 0, 0])


class PostingDays:
    """Writes what is booked into its sums, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._days: dict[int, str] = {}
        self._sums: defaultdict[str, _Sums] = defaultdict(_sums)

    def add(self, counts_s: int, zone: str, transfer: Transfer) -> None:
        """Gather one posting that counts at a time, with its local day."""
        day = self._days.get(counts_s)
        if day is None:
            day = self._days[counts_s] = day_of(counts_s, zone).isoformat()
        giver, receiver, quanta = _MOVED(transfer)
        if giver > receiver:
            giver, receiver, quanta = receiver, giver, -quanta
        kept = self._sums[day][giver, receiver, transfer.kind]
        kept[0] += quanta >> _HALF_BITS
        kept[1] += quanta & _LOW
        kept[2] += 1

    def write(self, market_id: str) -> None:
        """Add what was gathered."""
        days, self._sums = self._sums, defaultdict(_sums)
        rows = [
            {
                "market_id": market_id,
                "day": day,
                "first_account": first,
                "second_account": second,
                "kind": str(kind),
                "high_quanta": high,
                "low_quanta": low,
                "postings": postings,
            }
            for day, sums in days.items()
            for (first, second, kind), (high, low, postings) in sums.items()
        ]
        if rows:
            adding = upsert(
                self._connection,
                tables.posting_days,
                added=("high_quanta", "low_quanta", "postings"),
            )
            self._connection.execute(adding, rows)
