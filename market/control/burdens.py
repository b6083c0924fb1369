"""The account of burdens: what each unit has given up for limits, of what it could have given up.

The one idea: it is kept in watts over an interval, summed over the last thirty market days, so it is whole numbers
and never rounded. An interval's division is weighed by what was in the account when it was made first: made again,
because something else is allowed now, it is weighed by the same.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final, TypeAlias

from market.model.burden import BURDEN_DAYS, BurdenCause, BurdensShared

Account: TypeAlias = Mapping[str, tuple[int, int]]
"""Of each unit what it has given and what it could have given, W summed over intervals."""

NOTHING_BORNE: Final[Account] = {}
_NOTHING: Final = (0, 0)


class Burdens:
    """Shares of intervals that are not settled one by one, of the others summed by market day."""

    def __init__(self) -> None:
        self._open: dict[int, dict[tuple[str, BurdenCause], BurdensShared]] = {}
        self._days: dict[str, dict[str, tuple[int, int]]] = {}
        self._sums: dict[str, tuple[int, int]] = {}

    # --- asked ------------------------------------------------------------------------

    def account(self, start_s: int) -> Account:
        """By what limits of areas are divided in an interval."""
        weighed = {
            share.unit_id: (share.borne_w, share.could_w)
            for (_, cause), event in self._open.get(start_s, {}).items()
            if cause is BurdenCause.AREA_LIMIT
            for share in event.shares
        }
        return {**self._sums, **weighed} if weighed else self._sums

    def of(self, unit_id: str) -> tuple[int, int]:
        """What a unit has given, and what it could have given; W summed over intervals."""
        return self._sums.get(unit_id, _NOTHING)

    def shared(self, start_s: int, area_id: str, cause: BurdenCause) -> BurdensShared | None:
        """The division of an interval that is not settled; None: there was none."""
        return self._open.get(start_s, {}).get((area_id, cause))

    # --- what changes it --------------------------------------------------------------

    def take(self, event: BurdensShared) -> None:
        """A limit was divided, or divided anew."""
        found = self._open.setdefault(event.start_s, {})
        key = (event.area_id, event.cause)
        before = found.pop(key, None)
        if before is not None:
            self._add(_given(before), -1)
        if event.shares:
            found[key] = event
            self._add(_given(event), 1)
        elif not found:
            del self._open[event.start_s]

    def settled(self, start_s: int, day: str) -> None:
        """An interval's shares will not change any more."""
        for event in self._open.pop(start_s, {}).values():
            sums = self._days.setdefault(day, {})
            for unit_id, share in _given(event):
                sums[unit_id] = _plus(sums.get(unit_id, _NOTHING), share)

    def close_day(self, day: str) -> None:
        """A market day is closed: what is too old is forgotten."""
        last = (date.fromisoformat(day) - timedelta(days=BURDEN_DAYS)).isoformat()
        for old in [name for name in self._days if name <= last]:
            self._add(self._days.pop(old).items(), -1)

    def _add(self, shares: Iterable[tuple[str, tuple[int, int]]], sign: int) -> None:
        for unit_id, (given_w, could_w) in shares:
            total = _plus(self.of(unit_id), (sign * given_w, sign * could_w))
            if total == _NOTHING:
                self._sums.pop(unit_id, None)
            else:
                self._sums[unit_id] = total


def _given(event: BurdensShared) -> list[tuple[str, tuple[int, int]]]:
    return [(share.unit_id, (share.given_w, share.offered_w)) for share in event.shares]


def _plus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]
