"""Which unit is in which balance group on which day.

The one idea: a group is a list of words, each good from its day until the next one's; a unit is in at most one
group on any day, which is looked at whenever a word is added.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from market.model.balance_group import BalanceGroup, BalanceGroupSet


@dataclass(slots=True)
class BalanceGroups:
    """All groups of a market."""

    words: dict[str, list[BalanceGroupSet]] = field(default_factory=dict)
    """By group, in order of their days."""

    def __bool__(self) -> bool:
        """True when there is any, on whatever day."""
        return bool(self.words)

    def set(self, event: BalanceGroupSet) -> None:
        """A word is added; one of the same day is taken back."""
        kept = self.words.setdefault(event.group.group_id, [])
        kept[:] = _with(kept, event)

    def said(self, group_id: str, from_day: str) -> BalanceGroup | None:
        """What a group's word of exactly that day says; None: there is none."""
        for event in self.words.get(group_id, ()):
            if event.group.from_day == from_day:
                return event.group
        return None

    def of_day(self, day: str) -> dict[str, str]:
        """The group of each unit that is in one on a local day."""
        return {unit_id: group.group_id for group in self.on(day) for unit_id in group.unit_ids}

    def on(self, day: str) -> Iterator[BalanceGroup]:
        """The groups of a day, each as it holds then."""
        for kept in self.words.values():
            held = [event.group for event in kept if event.group.from_day <= day]
            if held and held[-1].unit_ids:
                yield held[-1]

    def taken(self, group: BalanceGroup) -> dict[str, str]:
        """Units of a group that would be in another one too, on any day from its own on, and that one."""
        own = sorted(event.group.from_day for event in self.words.get(group.group_id, ()))
        until = next((day for day in own if day > group.from_day), None)
        found: dict[str, str] = {}
        for kept in self.words.values():
            for event, following in zip(kept, (*kept[1:], None), strict=True):
                other = event.group
                if other.group_id == group.group_id:
                    continue
                ends = None if following is None else following.group.from_day
                if (ends is None or ends > group.from_day) and (
                    until is None or other.from_day < until
                ):
                    both = set(other.unit_ids).intersection(group.unit_ids)
                    found |= dict.fromkeys(sorted(both), other.group_id)
        return found


def _with(kept: list[BalanceGroupSet], event: BalanceGroupSet) -> list[BalanceGroupSet]:
    others = [item for item in kept if item.group.from_day != event.group.from_day]
    return sorted([*others, event], key=lambda item: item.group.from_day)
