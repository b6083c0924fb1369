"""What ends by itself at a market time: orders, quotes, contracts, calls.

The one idea: a deadline is a pair of kind and key with a due time. The earliest one is a timer of
the market, derived from state like all the others.
"""

import heapq
from enum import StrEnum
from typing import Final


class DeadlineKind(StrEnum):
    """What ends."""

    ORDER = "order"
    PENDING = "pending"
    LISTING = "listing"
    QUOTE = "quote"
    CONTRACT = "contract"
    VOLATILITY = "volatility"
    MARGIN = "margin"
    """A margin call; the key is the participant's."""
    CASE = "case"
    """A target of a case; the key is the case's id and the target."""
    MESSAGE = "message"
    """A message that is to be published; the key is its id."""


class Deadlines:
    """Due times by kind and key."""

    # Asking for the earliest tidies it, so it depends on who asked; see `state_form.py`.
    __snapshot_skip__: Final = ("_heap",)

    def __init__(self) -> None:
        self._due_us: dict[tuple[DeadlineKind, str], int] = {}
        # May hold entries that were moved or taken out; the dictionary says which are true.
        self._heap: list[tuple[int, DeadlineKind, str]] = []

    def rebuilt(self) -> None:
        """After a snapshot was read: the heap holds what is true and nothing else."""
        self._heap = [(due_us, kind, key) for (kind, key), due_us in self._due_us.items()]
        heapq.heapify(self._heap)

    def put(self, kind: DeadlineKind, key: str, due_us: int) -> None:
        """Set or move a deadline."""
        self._due_us[kind, key] = due_us
        heapq.heappush(self._heap, (due_us, kind, key))

    def drop(self, kind: DeadlineKind, key: str) -> None:
        """Take a deadline out; one that is not there is left."""
        self._due_us.pop((kind, key), None)

    def holds(self, kind: DeadlineKind, key: str) -> bool:
        """True while the deadline stands."""
        return (kind, key) in self._due_us

    def next_us(self) -> int | None:
        """The earliest due time; None: nothing ends."""
        heap = self._heap
        while heap:
            due_us, kind, key = heap[0]
            if self._due_us.get((kind, key)) == due_us:
                return due_us
            heapq.heappop(heap)
        return None

    def due(self, now_us: int) -> tuple[tuple[DeadlineKind, str], ...]:
        """Everything due by a time, earliest first, then by kind and key."""
        found = [(due, kind, key) for (kind, key), due in self._due_us.items() if due <= now_us]
        return tuple((kind, key) for _, kind, key in sorted(found))
