"""One channel to a unit: who may speak on it, whether somebody still does, and whether to believe it.

The one idea: a sign of life counts only from whoever may speak, in the newest epoch, and is counted in
real time, at whatever speed the market's clock runs.
"""

from collections import deque
from typing import Final

from market.model.rejection import Code, Rejection

MS: Final = 1_000


class Contact:
    """What is known of a channel."""

    def __init__(
        self,
        senders: frozenset[str],
        *,
        burst_count: int,
        burst_window_s: int,
        mark: tuple[int, int] | None,
        is_distrusted: bool = False,
    ) -> None:
        self.senders = senders
        self.mark = mark
        """Epoch and sequence of the newest command taken."""
        self.epoch = mark[0] if mark else 0
        """The newest epoch heard of, by command or heartbeat."""
        self.is_distrusted = is_distrusted
        """Only a newer epoch is believed again."""
        self._heard_ms: int | None = None
        self._counter: int | None = None
        self._burst_window_ms = burst_window_s * MS
        self._bad_ms: deque[int] = deque(maxlen=burst_count)

    @property
    def remembered(self) -> tuple[int, int] | None:
        """The mark to start from after a loss of power: of a newer epoch than its own, the beginning."""
        if self.epoch > (self.mark[0] if self.mark else 0):
            return self.epoch, -1
        return self.mark

    def is_alive(self, real_ms: int, within_s: int) -> bool:
        """True when a sign of life came in the last so many seconds."""
        return (
            not self.is_distrusted
            and self._heard_ms is not None
            and real_ms - self._heard_ms <= within_s * MS
        )

    def refusal(self, sender: str, epoch: int | None) -> Rejection | None:
        """Why nothing of this sender and epoch is believed; None: it is."""
        if sender not in self.senders:
            return Rejection(code=Code.NOT_PERMITTED, pointer="sender")
        if epoch is not None and epoch < self.epoch:
            return outdated("epoch", self.epoch)
        if self.is_distrusted and (epoch is None or epoch <= self.epoch):
            return outdated("epoch", self.epoch)
        return None

    def beat(
        self, sender: str, real_ms: int, epoch: int | None, counter: int | None
    ) -> Rejection | None:
        """A heartbeat. One whose counter stands still is a stuck sender, not a living one."""
        for pointer, value in (("epoch", epoch), ("counter", counter)):
            # What came over a wire may be text, a fraction or true: none of them is a count.
            if value is not None and type(value) is not int:
                return Rejection(code=Code.FIELD_FORMAT, pointer=pointer)
        if refusal := self.refusal(sender, epoch):
            return refusal
        is_same_writer = epoch is None or epoch == self.epoch
        last = self._counter if is_same_writer else None
        if counter is not None and last is not None and counter <= last:
            return outdated("counter", last)
        self._counter = counter
        self.hear(real_ms, self.epoch if epoch is None else epoch)
        return None

    def take(self, real_ms: int, epoch: int, sequence: int) -> None:
        """A command was taken: it counts as a heartbeat."""
        self.mark = (epoch, sequence)
        self.hear(real_ms, epoch)

    def hear(self, real_ms: int, epoch: int) -> None:
        """A sign of life."""
        if epoch > self.epoch:
            self.epoch = epoch
            self.is_distrusted = False
            self._counter = None
            self._bad_ms.clear()
        self._heard_ms = real_ms

    def silence(self) -> None:
        """Nothing heard so far counts any more."""
        self._heard_ms = None

    def suspect(self, real_ms: int) -> bool:
        """A bad message; True when it makes a burst: then what was heard does not count any more."""
        self._bad_ms.append(real_ms)
        if (
            len(self._bad_ms) == self._bad_ms.maxlen
            and real_ms - self._bad_ms[0] <= self._burst_window_ms
        ):
            self._bad_ms.clear()
            self.silence()
            return True
        return False


def outdated(pointer: str, newest: int) -> Rejection:
    """Something newer is known."""
    return Rejection(code=Code.PHASE_CONFLICT, pointer=pointer, parameters={"newest": str(newest)})
