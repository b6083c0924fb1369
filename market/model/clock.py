"""What the market needs of a clock; the one real clock lives in the API.

The one idea: time is handed in. Market time may run faster than real time, and it never passes an
unfinished timer: whoever runs timers holds the clock at the next one until it is done.
"""

from typing import Protocol


class Clock(Protocol):
    """The server's only source of market time."""

    def now_us(self) -> int:
        """Market time, UTC microseconds; never decreases, never beyond any hold."""
        ...

    def hold_at(self, holder: str, due_us: int | None) -> None:
        """Keep market time from passing `due_us` for this holder; None lifts the hold."""
        ...

    async def wait_until(self, due_us: int) -> None:
        """Return once market time has reached `due_us`."""
        ...
