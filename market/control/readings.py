"""What meters have said about intervals that still matter: the readings that count and the others.

The one idea: nothing a meter said is lost. Of an interval one reading counts, the newest by the meter's
own count of its readings, or by arrival where it does not count; what its device has signed comes before
what it has not. Whatever else came is kept beside it.
Here they stay until a while after settlement, which is when repeats come; on disk for good.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from market.control.plausible import LikeUnits
from market.model.participant import Unit
from market.model.power import Measurement

_content: Final = attrgetter(
    "start_s", "injection_wh", "state_of_charge_wh", "power_w", "reactive_var", "voltage_ppm",
    "frequency_mhz", "sequence", "measured_us",
)  # fmt: skip
"""What a meter said; the market's own marks on it and its signature apart."""
SETTLED_KEPT: Final = 4
"""Readings of so many settled intervals are remembered: a meter repeats itself within the hour."""
_NONE: Final[Mapping[str, Measurement]] = MappingProxyType({})


def same_content(one: Measurement, other: Measurement) -> bool:
    """True when a meter said the same twice."""
    return bool(_content(one) == _content(other))


class Readings:
    """Readings of one market, by interval, area and unit."""

    # Scratch of deciding: made again from the readings that count when first asked for.
    __snapshot_skip__: Final = ("_alike",)

    def __init__(self) -> None:
        self._alike: dict[tuple[int, str], LikeUnits] = {}
        self._counting: dict[int, dict[str, dict[str, Measurement]]] = {}
        self._beside: dict[int, dict[str, list[Measurement]]] = {}
        """Readings of a unit that do not count, or count no more; few units have any."""
        self._counted: dict[int, dict[tuple[str, int], None]] = {}
        """Units and their counts, by the interval in which they were used."""

    def of_area(self, start_s: int, area_id: str) -> Mapping[str, Measurement]:
        """The reading that counts of each unit of an area that has one."""
        return self._counting.get(start_s, {}).get(area_id, _NONE)

    def of_unit(self, start_s: int, area_id: str, unit_id: str) -> Measurement | None:
        """The reading that counts; None: none came."""
        return self.of_area(start_s, area_id).get(unit_id)

    def versions(self, start_s: int, area_id: str, unit_id: str) -> Iterator[Measurement]:
        """Everything a unit's meter said about an interval."""
        counting = self.of_unit(start_s, area_id, unit_id)
        if counting is not None:
            yield counting
        yield from self._beside.get(start_s, {}).get(unit_id, ())

    def alike(
        self, start_s: int, area_id: str, units: Mapping[str, Unit], interval_minutes: int
    ) -> LikeUnits:
        """The readings that count of an area, side by side; who adds to them takes that out again."""
        found = self._alike.get((start_s, area_id))
        if found is None:
            found = self._alike[start_s, area_id] = LikeUnits(units, interval_minutes)
            for reading in self.of_area(start_s, area_id).values():
                found.put(reading)
        return found

    def rebuilt(self) -> None:
        """After a snapshot was read."""
        self._alike = {}

    def counted(self, area_id: str, unit_id: str, sequence: int) -> Measurement | None:
        """The reading that has this count of its meter already; None: none that is remembered."""
        key = (unit_id, sequence)
        for start_s, used in self._counted.items():
            if key in used:
                for reading in self.versions(start_s, area_id, unit_id):
                    if reading.sequence == sequence:
                        return reading
        return None

    def take(self, area_id: str, readings: Iterable[Measurement]) -> None:
        """Readings were taken, each marked for whether it counts."""
        for reading in readings:
            start_s, unit_id = reading.start_s, reading.unit_id
            if reading.sequence is not None:
                self._counted.setdefault(start_s, {})[unit_id, reading.sequence] = None
            if reading.older or reading.late:
                self._lay_beside(reading)
                continue
            counting = self._counting.setdefault(start_s, {}).setdefault(area_id, {})
            before = counting.get(unit_id)
            if before is not None:
                self._lay_beside(before)
            counting[unit_id] = reading
            if (start_s, area_id) in self._alike:
                self._alike[start_s, area_id].put(reading)

    def _lay_beside(self, reading: Measurement) -> None:
        beside = self._beside.setdefault(reading.start_s, {})
        beside.setdefault(reading.unit_id, []).append(reading)

    def forget(self, before_s: int) -> None:
        """Intervals that start earlier are of the past: only the store knows them still."""
        for kept in (self._counting, self._beside, self._counted):
            for start_s in [start_s for start_s in kept if start_s < before_s]:
                del kept[start_s]
        self._alike = {key: item for key, item in self._alike.items() if key[0] >= before_s}


class Verdict(Enum):
    """What a reading is beside those that are there."""

    COUNTS = auto()
    """The newest of its interval, or the first that is signed."""
    REPEATED = auto()
    """Said before in the same words: nothing to do."""
    REUSED = auto()
    """Another content under a count that is used up."""
    OLDER = auto()
    """Overtaken by a newer one of its interval, or not signed where that is."""
    LATE = auto()
    """Its interval is settled."""


class Arriving:
    """A batch of readings of one area, judged one after another on top of what is there."""

    def __init__(self, readings: Readings, area_id: str) -> None:
        self._readings = readings
        self._area_id = area_id
        self._counting: dict[tuple[int, str], Measurement] = {}
        self._counted: dict[tuple[str, int], Measurement] = {}
        self._beside: dict[tuple[int, str], list[Measurement]] = {}
        """Of this batch: those that do not count, or count no more."""

    def verdict(self, reading: Measurement, *, settled: bool) -> Verdict:
        """What the reading is; `settled`: its interval is."""
        key = (reading.start_s, reading.unit_id)
        counting = self._counting.get(key) or self._readings.of_unit(
            reading.start_s, self._area_id, reading.unit_id
        )
        if reading.sequence is not None:
            before = self._counted.get((reading.unit_id, reading.sequence))
            before = before or self._readings.counted(
                self._area_id, reading.unit_id, reading.sequence
            )
            if before is not None and _is_as_good(before, reading):
                return Verdict.REPEATED if same_content(before, reading) else Verdict.REUSED
        # Who repeats an older word without a count, a relay perhaps, does not bring it back. Once the
        # interval is settled somebody corrects: to say again what held before the last word is a new one.
        said = self._last_said(key) if settled else self._said(key)
        if any(same_content(item, reading) and _is_as_good(item, reading) for item in said):
            return Verdict.REPEATED
        if settled:
            return Verdict.LATE
        return Verdict.OLDER if is_overtaken(counting, reading) else Verdict.COUNTS

    def _said(self, key: tuple[int, str]) -> Iterator[Measurement]:
        if key in self._counting:
            yield self._counting[key]
        yield from self._beside.get(key, ())
        versions = self._readings.versions(key[0], self._area_id, key[1])
        yield from (reading for reading in versions if not reading.substituted)

    def _last_said(self, key: tuple[int, str]) -> Iterator[Measurement]:
        """The newest word about a settled interval: the last late one, else the one it was settled on."""
        versions = list(self._readings.versions(key[0], self._area_id, key[1]))
        late = [item for item in (*versions, *self._beside.get(key, ())) if item.late]
        # What counted in time stands first; with that a word that came in time is never late.
        yield from (late or [item for item in versions[:1] if not item.substituted])[-1:]

    def add(self, reading: Measurement) -> None:
        """It is taken, marked for whether it counts."""
        key = (reading.start_s, reading.unit_id)
        if reading.sequence is not None:
            self._counted[reading.unit_id, reading.sequence] = reading
        no_more: Measurement | None = reading
        if not (reading.late or reading.older):
            no_more = self._counting.get(key)
            self._counting[key] = reading
        if no_more is not None:
            self._beside.setdefault(key, []).append(no_more)


def _is_as_good(before: Measurement, reading: Measurement) -> bool:
    """False when only the later one is signed: somebody else's word may neither forestall nor replace it."""
    return bool(before.signature) or not reading.signature


def is_overtaken(counting: Measurement | None, reading: Measurement) -> bool:
    """True when the reading that counts is proven and this one is not, or else is the meter's newer one."""
    if counting is None:
        return False
    if bool(counting.signature) is not bool(reading.signature):
        return bool(counting.signature)
    if reading.sequence is None or counting.sequence is None:
        return False
    return reading.sequence < counting.sequence
