"""An account's changes of long ago, made again from the journal.

The one idea: what an account was told follows from its state and the market's events, by the same
code that told it the first time. So a state kept in memory now and then is enough to tell anything
again that happened since, whatever has been forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api.answers.values import Answer
from api.channels.accounts import Accounts
from api.stream.topics import Checkpoint
from market.model.interval import moment_text
from market.store import queries
from market.store.database import Readers


@dataclass(frozen=True, slots=True)
class Again:
    """A change as it was told."""

    seq: int
    ts: str
    data: Answer


class Replay:
    """The changes first…last of one account, a part of the journal at a time."""

    def __init__(self, start: Checkpoint, interval_minutes: int, *, first: int, last: int) -> None:
        self._participant_id = start.state.participant_id
        self._accounts = Accounts(interval_minutes)
        self._accounts.put_state(start.state)
        self._seq, self._event_seq = start.seq, start.event_seq
        self._first, self._last = first, last

    def step(self, readers: Readers) -> list[Again] | None:
        """The changes of the next part, perhaps none of them asked for; None: that was all.

        Reads the disk: not for the event loop.
        """
        if self._seq >= self._last:
            return None
        with readers.connect() as connection:
            stored = queries.events(connection, after_event_seq=self._event_seq)
        if not stored:
            return None
        return [again for item in stored for again in self._follow(item)]

    def _follow(self, stored: queries.StoredEvent) -> Iterator[Again]:
        self._event_seq = stored.event_seq
        for change in self._accounts.changes(stored.event):
            if change.key != self._participant_id:
                continue
            self._seq += 1
            if self._first <= self._seq <= self._last:
                data = {**change.make(), "event_seq": stored.event_seq}
                yield Again(self._seq, moment_text(stored.now_us), data)
