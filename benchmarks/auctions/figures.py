"""Figures as `benchmarks.clearing` takes and shows them: runs timed in turn, rows, the table.

The one idea to know: ways that are compared run in turn, so that a slow minute of the machine slows
all of them.
"""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, strftime
from typing import Any, Final

from benchmarks.figures.report import aim, report
from clearing.problem import ClearingResult

RUNS: Final = 3
#: A run this long is not repeated.
LONG_S: Final = 5.0

Run = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; the name of its aim and the figure in the aim's unit are what is handed on."""

    work: str
    aim: str
    value: float
    figure: str
    holds: bool = True
    """Whether what was to hold beside the figure did: welfares agree, the gap is closed."""
    ratio: str = ""
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        return self.holds and aim(self.aim).reached(self.value)

    @property
    def told(self) -> str:
        return "; ".join(text for text in (self.figure, self.ratio, self.note) if text)

    def __str__(self) -> str:
        return f"{aim(self.aim)}: {self.told}"

    def report(self) -> None:
        report(self.aim, self.value, holds=self.holds, note=self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Runs of one thing."""

    answer: Any
    seconds: list[float]

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    def row_details(self) -> dict[str, Any]:
        stages = self.answer.timings_ms if isinstance(self.answer, ClearingResult) else {}
        return {"seconds": self.seconds, "stages_ms_of_the_last": stages}


def say(text: str) -> None:
    print(f"{strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def timed(*ways: Run, runs: int = RUNS) -> list[Timed]:
    """Ways run in turn, so that a slow minute of the machine slows all of them."""
    seconds: list[list[float]] = [[] for _ in ways]
    answers: list[Any] = [None for _ in ways]
    for _ in range(runs):
        for i, way in enumerate(ways):
            if seconds[i] and max(seconds[i]) > LONG_S:
                continue
            start = perf_counter()
            answers[i] = way()
            seconds[i].append(perf_counter() - start)
    return [Timed(answer=a, seconds=s) for a, s in zip(answers, seconds, strict=True)]


def ms(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.0f} ms"


def difference(result: ClearingResult, welfare: float) -> float:
    """Share by which another way's welfare differs."""
    return abs(welfare - result.welfare_quanta) / max(1.0, abs(welfare))


def gap(result: ClearingResult) -> float:
    return (result.upper_bound_quanta - result.welfare_quanta) / max(1, abs(result.welfare_quanta))


def table(rows: list[Row]) -> str:
    """Columns as wide as their longest entry."""
    heads = ("work", "aim", "figure", "ratio", "reached", "note")
    lines = [heads] + [
        (
            row.work,
            str(aim(row.aim)),
            row.figure,
            row.ratio,
            "yes" if row.reached else "NO",
            row.note,
        )
        for row in rows
    ]
    wide = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip()
        for line in lines
    )
