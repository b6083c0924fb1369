"""What goes wrong with simulated devices, by scenario: who, what, from when until when.

The one idea: a fault is a line of a file, not a line of code. `[[devices.faults]]` of a scenario says
what happens to which devices in which hours; whom a share of them hits follows from the seed, so the
same file and the same seed make the same day. Without such lines nothing goes wrong.
"""

import random
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from market.model.participant import Unit, UnitKind
from market.model.units import PPM
from wattmarket import UsageError

FROM_THE_AREA: Final = "area"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a fault lasts, in market time; the end does not belong to it."""

    from_s: int
    until_s: int

    def holds(self, at_s: int) -> bool:
        """True while it lasts."""
        return self.from_s <= at_s < self.until_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """The output goes to its target only gradually."""

    window: Window
    time_constant_s: int
    """After so long 63 % of the way is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A bias that begins at zero and grows; it is gone when the fault ends."""

    window: Window
    ppm_per_hour: int
    """Of the larger nameplate power; positive: toward injection."""
    of_meter: bool
    """True: the meter counts wrongly. False: the output is not what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostContact:
    """The line to the device is cut, both ways or one way."""

    window: Window
    hears: bool
    """False: neither set-points nor signs of life arrive."""
    says: bool
    """False: its readings arrive only when the line is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """The device reports something else than it does."""

    window: Window
    scale_ppm: int
    """What it reports of what it did; negative: with the wrong sign."""
    frozen: bool
    """It repeats the last reading from before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminals:
    """Voltage and frequency at the terminals are not the rated ones."""

    window: Window
    voltage_ppm: tuple[int, ...]
    """One value after another; the last one stays. Empty: what the market's meters saw in its area."""
    every_s: int
    """How long each value holds."""
    frequency_mhz: int | None


Fault = Lag | Drift | LostContact | Lie | Terminals
NAMES: Final[Mapping[type[Fault], str]] = {
    Lag: "lag",
    Drift: "drift",
    LostContact: "lost_contact",
    Lie: "lie",
    Terminals: "terminals",
}
"""What a line of the scenario calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """A line of the scenario: a fault, and whom it hits."""

    fault: Fault
    unit_ids: frozenset[str]
    """Empty: no matter which."""
    area_id: str | None
    kind: UnitKind | None
    share_ppm: int
    """Of those whom the rest of the line means, so many are hit; rounded up."""

    def hits(self, unit: Unit) -> bool:
        """True for a unit the line means, whatever its share."""
        return (
            (not self.unit_ids or unit.unit_id in self.unit_ids)
            and self.area_id in {None, unit.area_id}
            and self.kind in {None, unit.kind}
        )


def faults_by_unit(
    rules: Sequence[FaultRule], units: Iterable[Unit], seed: int
) -> dict[str, tuple[Fault, ...]]:
    """The faults of each unit that has some. The same seed hits the same units.

    Raises:
        UsageError: a line names a unit that is not there, or hits nobody at all.
    """
    known = {unit.unit_id: unit for unit in units}
    found: dict[str, list[Fault]] = {}
    for number, rule in enumerate(rules):
        if missing := sorted(rule.unit_ids - known.keys()):
            raise UsageError(f"devices.faults[{number}]: no such unit: {', '.join(missing)}")
        meant = sorted(unit_id for unit_id, unit in known.items() if rule.hits(unit))
        if not meant:
            raise UsageError(f"devices.faults[{number}] hits no unit")
        count = -(-len(meant) * rule.share_ppm // PPM)
        chance = random.Random(f"{seed}:{number}")  # noqa: S311  # a simulation, no secret
        for unit_id in sorted(chance.sample(meant, count)):
            found.setdefault(unit_id, []).append(rule.fault)
    return {unit_id: tuple(faults) for unit_id, faults in found.items()}


# --- the file -----------------------------------------------------------------------------


def read_faults(path: Path | None) -> tuple[FaultRule, ...]:
    """The lines of a scenario; none without a file or without such lines.

    Raises:
        UsageError: the file cannot be read, or a line is not understood; the words say which.
    """
    if path is None:
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError(f"{path}: {fault}") from fault
    lines = content.get("devices", {}).get("faults", [])
    return tuple(_rule(line, f"{path}: devices.faults[{n}]") for n, line in enumerate(lines))


class _Line:
    """One line being read; what was not asked for is not known."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self._left = dict(content)
        self._where = where

    def take(self, name: str, kind: type[Any], otherwise: Any = None) -> Any:  # noqa: ANN401  # what TOML holds
        """A value of this type; `otherwise` when the line does not have it."""
        if name not in self._left:
            return otherwise
        value = self._left.pop(name)
        if type(value) is not kind:
            raise self.fault(f"{name} is not a {kind.__name__}")
        return value

    def need(self, name: str, kind: type[Any]) -> Any:  # noqa: ANN401  # what TOML holds
        """A value that has to be there."""
        if name not in self._left:
            raise self.fault(f"{name} is missing")
        return self.take(name, kind)

    def share_ppm(self) -> int:
        """Whom it hits of those it means."""
        share_ppm: int = self.take("share_ppm", int, PPM)
        if not 0 < share_ppm <= PPM:
            raise self.fault("share_ppm is not between 1 and 1,000,000")
        return share_ppm

    def positive(self, name: str, otherwise: int | None = None) -> int:
        """A number above zero."""
        value: int | None = self.take(name, int, otherwise)
        if value is None or value <= 0:
            raise self.fault(f"{name} is missing or not above zero")
        return value

    def time_s(self, name: str) -> int:
        """A moment with its offset, in whole seconds."""
        text = self.need(name, str)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as fault:
            raise self.fault(f"{name}: {text} is no time") from fault
        if moment.tzinfo is None:
            raise self.fault(f"{name}: {text} has no offset")
        return int(moment.timestamp())

    def window(self) -> Window:
        """When it lasts."""
        window = Window(from_s=self.time_s("from"), until_s=self.time_s("until"))
        if window.until_s <= window.from_s:
            raise self.fault("it ends before it begins")
        return window

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when it is not there."""
        found: list[Any] = self.take(name, list, [])
        if not all(isinstance(item, str) for item in found):
            raise self.fault(f"{name} is not a list of texts")
        return found

    def end(self) -> None:
        """Nothing may be left over."""
        if self._left:
            raise self.fault(f"{', '.join(sorted(self._left))} is not known")

    def fault(self, words: str) -> UsageError:
        """What is wrong, and where."""
        return UsageError(f"{self._where}: {words}")


def _rule(content: object, where: str) -> FaultRule:
    if not isinstance(content, dict):
        raise UsageError(f"{where} is not a table")
    line = _Line(content, where)
    name = line.need("fault", str)
    make = _MAKERS.get(name)
    if make is None:
        raise line.fault(f"fault = {name!r}: one of {', '.join(NAMES.values())}")
    kind = line.take("kind", str)
    if kind is not None and kind not in list(UnitKind):
        raise line.fault(f"kind = {kind!r} is not a kind of unit")
    rule = FaultRule(
        fault=make(line, line.window()),
        unit_ids=frozenset(line.texts("units")),
        area_id=line.take("area_id", str),
        kind=None if kind is None else UnitKind(kind),
        share_ppm=line.share_ppm(),
    )
    line.end()
    return rule


def _lag(line: _Line, window: Window) -> Fault:
    return Lag(window=window, time_constant_s=line.positive("time_constant_s"))


def _drift(line: _Line, window: Window) -> Fault:
    of = line.take("of", str, "output")
    if of not in {"output", "meter"}:
        raise line.fault("of is output or meter")
    ppm_per_hour = line.need("ppm_per_hour", int)
    return Drift(window=window, ppm_per_hour=ppm_per_hour, of_meter=of == "meter")


def _lost_contact(line: _Line, window: Window) -> Fault:
    hears, says = line.take("hears", bool, False), line.take("says", bool, False)
    if hears and says:
        raise line.fault("a line that hears and says is not lost")
    return LostContact(window=window, hears=hears, says=says)


def _lie(line: _Line, window: Window) -> Fault:
    scale_ppm, frozen = line.take("scale_ppm", int, PPM), line.take("frozen", bool, False)
    if scale_ppm == PPM and not frozen:
        raise line.fault("it says the truth: scale_ppm or frozen")
    return Lie(window=window, scale_ppm=scale_ppm, frozen=frozen)


def _terminals(line: _Line, window: Window) -> Fault:
    frequency_mhz = line.take("frequency_mhz", int)
    source = line.take("source", str)
    series = line.take("voltage_ppm", list, [])
    if not all(type(value) is int and value >= 0 for value in series):
        raise line.fault("voltage_ppm is not a list of whole numbers")
    if source not in {None, FROM_THE_AREA} or (source is not None and series):
        raise line.fault('either voltage_ppm or source = "area"')
    if source is None and not series and frequency_mhz is None:
        raise line.fault('voltage_ppm, source = "area" or frequency_mhz is missing')
    if source is None and not series:
        series = [PPM]
    return Terminals(
        window=window,
        voltage_ppm=tuple(series),
        every_s=line.positive("every_s", 900),
        frequency_mhz=frequency_mhz,
    )


_MAKERS: Final[Mapping[str, Callable[[_Line, Window], Fault]]] = {
    NAMES[Lag]: _lag,
    NAMES[Drift]: _drift,
    NAMES[LostContact]: _lost_contact,
    NAMES[Lie]: _lie,
    NAMES[Terminals]: _terminals,
}
