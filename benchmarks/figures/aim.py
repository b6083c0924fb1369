"""What an aim is: a figure that is wanted, how far one that was found reaches it, who measures it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure that is wanted: at least, or at most, so much of a unit."""

    name: str
    """`subject.figure`, unique."""
    what: str
    unit: str
    """What follows the number, a space between: `events/s`, `s`, `× the echo`."""
    least: float | None = None
    most: float | None = None
    bounds: str = ""
    """What holds the figure back where it is short; empty: it has not been short."""

    def __post_init__(self) -> None:
        """One of the two, and above zero: a ratio is made of it."""
        assert (self.least is None) != (self.most is None), self.name
        assert self.bound > 0, self.name

    @property
    def bound(self) -> float:
        """The least or the most, in `unit`."""
        found = self.most if self.least is None else self.least
        assert found is not None
        return found

    def ratio(self, figure: float) -> float:
        """How far the aim is reached by a figure: 1 just, 2 twice over, 0.5 half way."""
        if self.least is not None:
            return figure / self.least
        return self.bound / figure if figure else float("inf")

    def reached(self, figure: float) -> bool:
        """Whether a figure is on the aim's good side."""
        return figure >= self.bound if self.least is not None else figure <= self.bound

    def __str__(self) -> str:
        """`≥ 500,000 events/s`."""
        return f"{'≥' if self.least is not None else '≤'} {self.bound:,.10g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Aims that one benchmark measures in one run."""

    name: str
    title: str
    module: str
    """`python -m` this."""
    limit_s: int
    """When it is given up; some three times what it takes on two quiet cores."""
    aims: tuple[Aim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """An aim that no benchmark measures yet, and what there is in its place."""

    what: str
    aim: str
    instead: str


def at_least(name: str, what: str, number: float, unit: str, bounds: str = "") -> Aim:
    """An aim that a large figure reaches; fields as in `Aim`."""
    return Aim(name=name, what=what, unit=unit, least=number, bounds=bounds)


def at_most(name: str, what: str, number: float, unit: str, bounds: str = "") -> Aim:
    """An aim that a small figure reaches; fields as in `Aim`."""
    return Aim(name=name, what=what, unit=unit, most=number, bounds=bounds)
