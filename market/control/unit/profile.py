"""Profiles of limits: what a country's standard asks of a unit at its terminals, as dated data.

The one idea: a value stands in a file with the document it is said to come from and a mark whether it
still has to be confirmed there; the program holds no such number. Every profile has a hash, which a
device reads back from what it was really set to.

The functions that act within a second (trip, ride-through, volt-var, frequency-watt, anti-islanding) live
in the certified inverter. What stands here configures and verifies them; it replaces none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any, Final

from market.model.units import PPM

FOLDER: Final = Path(__file__).parent / "profiles"
DEFAULT_PROFILE: Final = "gb-t-33593-2017"


class ProfileFault(Exception):
    """A profile cannot be used; the message names the file and what is wrong in it."""


class Quantity(StrEnum):
    """What a protection looks at."""

    VOLTAGE = "voltage_ppm"
    FREQUENCY = "frequency_mhz"
    ROCOF = "rocof_mhz_per_s"
    """By magnitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A band of voltage and frequency; its edges belong to it."""

    voltage_low_ppm: int
    voltage_high_ppm: int
    frequency_low_mhz: int
    frequency_high_mhz: int

    def holds(self, voltage_ppm: int | None, frequency_mhz: int | None) -> bool:
        """True when both lie inside; what is not measured is not judged."""
        return (
            voltage_ppm is None or self.voltage_low_ppm <= voltage_ppm <= self.voltage_high_ppm
        ) and (
            frequency_mhz is None
            or self.frequency_low_mhz <= frequency_mhz <= self.frequency_high_mhz
        )

    def lies_in(self, outer: "Window") -> bool:
        """True when no point of this band is outside the other."""
        return outer.holds(self.voltage_low_ppm, self.frequency_low_mhz) and outer.holds(
            self.voltage_high_ppm, self.frequency_high_mhz
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A protection: off the grid when a quantity stays beyond a threshold for as long as this."""

    quantity: Quantity
    above: bool
    """True: beyond is above the threshold; False: below it."""
    threshold: int
    """In the quantity's own unit."""
    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything a unit's controller holds against what it measures and hears."""

    name: str
    version: int
    """Raised with every change of a value."""
    effective: str
    """The day from which the document applies, YYYY-MM-DD."""
    document: str
    """Which document the values of the standard are said to come from."""
    rated_frequency_mhz: int

    enter: Window
    """Enter service: voltage and frequency have to stay inside for the whole delay."""
    enter_delay_s: int
    enter_spread_s: int
    """The random wait after the delay is at most this long."""
    enter_ramp_ppm_per_min: int
    """Part of the nameplate per minute, on the way back into service; also after a disturbance."""

    normal: Window
    """Outside, market set-points are frozen."""
    hysteresis_voltage_ppm: int
    """How far inside the band the voltage has to be before it counts as inside again."""
    hysteresis_frequency_mhz: int
    rocof_max_mhz_per_s: int
    """A faster change of frequency is a disturbance."""
    trips: tuple[Trip, ...]

    ramp_ppm_per_min: int
    """Part of the nameplate per minute between set-points."""
    failsafe_ramp_ppm_per_s: int
    """Part of the nameplate per second on the way to the fail-safe limits."""

    stale_s: int
    """Real time without a sign of life from the market, after which the unit is stale."""
    failsafe_s: int
    """Real time without a sign of life from the grid channel, after which the fail-safe limits hold."""
    failsafe_withdrawal_max_w: int
    """What a controllable load may take when the grid channel is lost."""
    failsafe_injection_max_w: int
    """What a generator may give then."""
    reserve_ppm: int
    """Part of a storage's capacity that it keeps."""
    dwell_s: int
    """The least time in recovery before the ramp."""
    recovery_spread_s: int
    """The random wait after it is at most this long."""
    recovery_needs_epoch: bool
    """True: only a newer epoch ends a fail-safe state; False: a newer command of the same one too."""

    burst_count: int
    """So many bad messages in the window below make a channel distrusted."""
    burst_window_s: int
    follow_error_ppm: int
    """Part of the nameplate by which measured and commanded power may differ."""
    follow_error_s: int
    breach_s: int
    """After so long beyond a limit a unit that does not follow is taken off the grid."""
    reactive_max_ppm: int
    """Part of the nameplate."""
    charge_tolerance_ppm: int
    """Part of the capacity by which a set-point may ask more than what is stored."""
    charge_hysteresis_ppm: int
    """Part of the capacity by which a storage has to leave empty or full to be used that way again."""
    faults_max: int
    """So many faults of the unit's own in the window below lock it."""
    faults_window_s: int

    @property
    def hash(self) -> str:
        """SHA-256 of all values, in hexadecimal: what a device reads back must give the same."""
        return _hash_of(self)


@cache
def _hash_of(profile: Profile) -> str:
    return sha256(dumps(asdict(profile), sort_keys=True).encode()).hexdigest()


def profile_names() -> tuple[str, ...]:
    """The profiles there are, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        ProfileFault: there is none, or it is not sound.
    """
    if name not in profile_names():
        raise ProfileFault(f"no profile {name}; there are {', '.join(profile_names())}")
    return read_profile(FOLDER / f"{name}.toml")


def unconfirmed(path: Path) -> tuple[str, ...]:
    """The values of a file that still have to be confirmed against their document."""
    return tuple(
        f"{place}.{key}" for place, key, entry in _entries(_content(path)) if entry["confirm"]
    )


def read_profile(path: Path) -> Profile:
    """Read and check a file.

    Raises:
        ProfileFault: it is no profile, a value is missing, unknown or out of place.
    """
    content = _content(path)
    try:
        profile = _profile(path.stem, content)
    except (KeyError, TypeError, ValueError) as fault:
        raise ProfileFault(f"{path.name}: {fault!r}") from fault
    if faults := tuple(_faults(profile)):
        raise ProfileFault(f"{path.name}: {'; '.join(faults)}")
    return profile


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ProfileFault(f"{path.name}: {fault}") from fault


def _entries(content: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Every value with the place it stands in; a list of protections counts by its number."""
    found: list[tuple[str, str, Mapping[str, Any]]] = []
    for place, table in content.items():
        if place == "profile":
            continue
        rows = table if isinstance(table, list) else [table]
        for number, row in enumerate(rows):
            name = f"{place}.{number}" if isinstance(table, list) else place
            found += [(name, key, entry) for key, entry in row.items() if isinstance(entry, dict)]
    return found


def _profile(name: str, content: Mapping[str, Any]) -> Profile:
    head = content["profile"]
    trips = tuple(
        Trip(
            quantity=Quantity(row["quantity"]),
            above=_flag(row["above"]),
            threshold=_value(row["threshold"], int),
            delay_ms=_value(row["delay_ms"], int),
        )
        for row in content["trip"]
    )
    kinds = {field.name: field.type for field in fields(Profile)}
    plain = {
        key: _value(entry, bool if kinds[key] is bool else int)
        for place in ("service", "ramps", "contact", "failsafe", "watch")
        for key, entry in content[place].items()
    }
    if unknown := content.keys() - _PLACES:
        raise ValueError(f"unknown: {sorted(unknown)}")
    return Profile(
        name=name,
        version=_whole(head["version"]),
        effective=_day(head["effective"]),
        document=str(head["document"]),
        rated_frequency_mhz=_whole(head["rated_frequency_mhz"]),
        enter=_window(content["enter"]),
        normal=_window(content["normal"]),
        trips=trips,
        **plain,
    )


_PLACES: Final = frozenset(
    {"profile", "enter", "normal", "trip", "service", "ramps", "contact", "failsafe", "watch"}
)


def _window(table: Mapping[str, Any]) -> Window:
    return Window(**{key: _value(entry, int) for key, entry in table.items()})


def _value(entry: Mapping[str, Any], kind: type[int]) -> Any:  # noqa: ANN401 - as the field has it
    if entry.keys() != {"value", "source", "confirm"}:
        raise ValueError(f"{dict(entry)} is not value, source and confirm")
    if not entry["source"] or not isinstance(entry["confirm"], bool):
        raise ValueError(f"{dict(entry)} names no source or does not say whether to confirm it")
    return _flag(entry["value"]) if kind is bool else _whole(entry["value"])


def _whole(value: object) -> int:
    # A bool is an int to Python, but no amount.
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _day(value: object) -> str:
    text = str(value)
    if len(text) != len("2018-04-06"):
        raise ValueError(f"{text} is no day")
    return text


def _faults(profile: Profile) -> list[str]:
    """What cannot be: limits the wrong way round, waits and parts below zero or without an end."""
    found = []
    for name in ("enter", "normal"):
        window: Window = getattr(profile, name)
        if not window.lies_in(window) or window.voltage_low_ppm >= window.voltage_high_ppm:
            found.append(f"{name} is empty")
    if not profile.enter.lies_in(profile.normal):
        found.append("enter reaches outside normal")
    if not profile.normal.holds(PPM, profile.rated_frequency_mhz):
        found.append("the rated point is not normal")
    found += [
        f"{trip.quantity} {trip.threshold} trips inside normal"
        for trip in profile.trips
        if _trips_in_normal(trip, profile)
    ]
    found += [
        f"{field.name} is negative"
        for field in fields(profile)
        if field.type is int and getattr(profile, field.name) < 0
    ]
    found += [
        f"{name} is zero"
        for name in (
            *("enter_ramp_ppm_per_min", "ramp_ppm_per_min", "failsafe_ramp_ppm_per_s"),
            *("stale_s", "failsafe_s", "burst_count", "faults_max", "version"),
        )
        if getattr(profile, name) == 0
    ]
    if profile.stale_s > profile.failsafe_s:
        found.append("stale comes after fail-safe")
    found += [
        f"{name} is more than everything"
        for name in ("reserve_ppm", "charge_tolerance_ppm", "charge_hysteresis_ppm")
        if getattr(profile, name) > PPM
    ]
    return found


def _trips_in_normal(trip: Trip, profile: Profile) -> bool:
    if trip.quantity is Quantity.ROCOF:
        return trip.threshold < profile.rocof_max_mhz_per_s
    if trip.quantity is Quantity.VOLTAGE:
        low, high = profile.normal.voltage_low_ppm, profile.normal.voltage_high_ppm
    else:
        low, high = profile.normal.frequency_low_mhz, profile.normal.frequency_high_mhz
    return trip.threshold < high if trip.above else trip.threshold > low
