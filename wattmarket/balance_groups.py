"""Verbs of balance groups: who is in one from which day on, and what a month gave back of adders.

The one idea: a group is what operators say of its days; what it is worth is seen once its month is over.
"""

from collections.abc import Iterable

from wattmarket.asking import Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table, table


class BalanceGroups(Verbs[S_co]):
    """Balance groups: set, list, what a month came to."""

    @verb
    def set(
        self,
        group_id: str,
        unit_ids: Iterable[str],
        *,
        from_day: str,
        name: str,
        participant_id: str,
        reason: str,
    ) -> Exchange[Record]:
        """Say who is in a group from a day on (operators); the same again changes nothing.

        Args:
            group_id: a new one, or one there is already: then its next word.
            unit_ids: exactly these units; none: the group ends.
            from_day: a local day that has not begun, "2016-06-15".
            name: for people.
            participant_id: who answers for it.
            reason: why, and that the owners agree.

        Raises:
            ConflictError: UNIT_IN_GROUP: a unit is in another one on such a day.
            InvalidError: FIELD_RANGE: the day has begun.
            NotFoundError: PARTICIPANT_UNKNOWN, UNIT_UNKNOWN.
        """
        body = {
            "group_id": group_id,
            "name": name,
            "participant_id": participant_id,
            "unit_ids": list(unit_ids),
            "from_day": from_day,
            "reason": reason,
        }
        record: Record = yield from self._post("balance-groups", body)
        return record

    @verb
    def list(self, *, as_: Format = "records") -> Exchange[Table]:
        """Every word of the groups one answers for or has units in (operators: of all), as a table."""
        page = yield from self._get("balance-groups")
        return table(page["items"], as_)

    @verb
    def month(
        self, month: str, *, version: int | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """What a settled month gave back of adders, by group and unit, as a table.

        Args:
            month: local, "2016-06".
            version: of the month; None: the last one.
            as_: records, or a frame.
        """
        return (yield from self._frame("settled-months", as_, month=month, version=version))
