"""How the demonstration shows where it is: a bar on a terminal, plain lines anywhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

LINE_EVERY = 8
"""Without a terminal: one line per this many intervals, two hours of the market's day."""


class Progress(Protocol):
    """What the demonstration tells whoever watches."""

    intervals_settled: int

    def say(self, line: str) -> None:
        """One line, now."""

    def cleared(self, interval: dict[str, Any]) -> None:
        """An interval has a result, as the stream gives it."""

    def settled(self, count: int, ts: str) -> None:
        """So many intervals are settled at this market time."""

    def close(self) -> None:
        """Nothing more is shown."""


class Lines:
    """Plain lines, for a log or a pipe."""

    def __init__(self, out: TextIO) -> None:
        self.intervals_settled = 0
        self._out = out
        self._latest = ""

    def say(self, line: str) -> None:
        """One line, now."""
        self._out.write(line + "\n")
        self._out.flush()

    def cleared(self, interval: dict[str, Any]) -> None:
        """Keep the newest result for the next line."""
        self._latest = result_words(interval)

    def settled(self, count: int, ts: str) -> None:
        """A line now and then."""
        if count > self.intervals_settled and count % LINE_EVERY == 0:
            self.say(f"{ts}  {count} intervals settled; {self._latest}")
        self.intervals_settled = count

    def close(self) -> None:
        """Lines need no closing."""


class TerminalBar:
    """A bar that fills with the day."""

    def __init__(self, console: Console, total: int) -> None:
        self.intervals_settled = 0
        self._bar = Bar(
            TextColumn("{task.fields[time]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[result]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("day", total=total, time="", result="")
        self._bar.start()

    def say(self, line: str) -> None:
        """One line above the bar."""
        self._bar.console.print(line)

    def cleared(self, interval: dict[str, Any]) -> None:
        """Show the newest result."""
        self._bar.update(self._task, result=result_words(interval))

    def settled(self, count: int, ts: str) -> None:
        """Fill the bar."""
        self.intervals_settled = count
        self._bar.update(self._task, completed=count, time=ts[:16].replace("T", " "))

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()


def result_words(interval: dict[str, Any]) -> str:
    """The newest result in a few words."""
    prices = [
        f"{area['area_id']} {area['price_per_mwh'] or '–'}" for area in interval["areas"] or []
    ]
    return f"{interval['trades']} trades, {', '.join(prices)} per MWh"


@contextmanager
def progress_for(out: TextIO, *, total: int) -> Iterator[Progress]:
    """A bar where there is a terminal, lines where there is none."""
    console = Console(file=out)
    progress: Progress = TerminalBar(console, total) if console.is_terminal else Lines(out)
    try:
        yield progress
    finally:
        progress.close()
