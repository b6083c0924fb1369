"""Body of a balance group's word."""

from typing import Annotated, Final

from pydantic import Field

from api.incoming.body import Body, Day, Id, Name
from market.model.balance_group import BalanceGroup

UNITS_MAX: Final = 10_000


class BalanceGroupIn(Body):
    """Who is in a group from a day on, who answers for it, and why."""

    group_id: Id
    name: Name
    participant_id: Id
    unit_ids: Annotated[tuple[Id, ...], Field(max_length=UNITS_MAX)]
    from_day: Day
    reason: Name

    def group(self) -> BalanceGroup:
        """The group, without the reason."""
        return BalanceGroup(
            group_id=self.group_id,
            name=self.name,
            participant_id=self.participant_id,
            unit_ids=self.unit_ids,
            from_day=self.from_day,
        )
