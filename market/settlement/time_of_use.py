"""Tariffs (分时电价) by the hour of the local day: what each interval costs, and what a day comes to.

The one idea: a tariff is one price an interval, found by the local clock of its start; windows never lie on
each other, so no sum depends on the order in which they are written. Prices are whole ticks and energy whole Wh,
so nothing is rounded here. What is charged is metered withdrawal, traded or not (decision 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from market.model.interval import MarketDay, local_time_of_week
from market.model.splitting import Integers
from market.model.units import MINUTES_PER_HOUR

_DAY_MINUTES = 24 * MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Local minutes [from_minute, to_minute) of a day; it may run over midnight."""

    name: str
    """What a bill calls it: peak, shoulder."""
    from_minute: int
    to_minute: int
    price_ticks: int
    weekdays_only: bool = False
    """True: on a local Saturday or Sunday the price outside all windows holds instead."""

    def covers(self, minute: int) -> bool:
        """Whether a local minute of the day lies in it."""
        if self.from_minute < self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfUse:
    """A tariff from a day on, for the metering points of one voltage level."""

    tariff_id: str
    voltage_level: str
    """As the grid operator calls it; a metering point has one."""
    valid_from: date
    standing_quanta: int
    """Charged for each market day, however long it is."""
    price_ticks: int
    """Outside all windows."""
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would have two prices at once.

        Raises:
            ValueError: windows lie on each other, or no minutes of a day.
        """
        for window in self.windows:
            if (
                not 0 <= window.from_minute < _DAY_MINUTES
                or not 0 <= window.to_minute <= _DAY_MINUTES
            ):
                raise ValueError(f"{window.name}: no minutes of a day")
        for minute in range(_DAY_MINUTES):
            covering = [window.name for window in self.windows if window.covers(minute)]
            if len(covering) > 1:
                raise ValueError(f"{covering[1]} lies on {covering[0]}")


def in_force(tariffs: Sequence[TimeOfUse], voltage_level: str, day: date) -> TimeOfUse:
    """The tariff of a voltage level on a day: the newest that is valid by then.

    Raises:
        LookupError: there is none; a market day without a price must not be settled.
    """
    valid = [
        tariff
        for tariff in tariffs
        if tariff.voltage_level == voltage_level and tariff.valid_from <= day
    ]
    if not valid:
        raise LookupError(f"no tariff of {voltage_level} on {day}")
    return max(valid, key=lambda tariff: tariff.valid_from)


def window_at(tariff: TimeOfUse, start_s: int, zone: str) -> Window | None:
    """The window an interval begins in; None: outside all.

    Both runs of the hour that comes twice have the same price; the hour that is left out has none.
    """
    weekend, minute = local_time_of_week(start_s, zone)
    for window in tariff.windows:
        if not (weekend and window.weekdays_only) and window.covers(minute):
            return window
    return None


def prices_ticks(tariff: TimeOfUse, day: MarketDay) -> Integers:
    """(t,) the price of every interval of a market day."""
    windows = (window_at(tariff, start_s, day.zone) for start_s in day.starts_s())
    return np.array(
        [tariff.price_ticks if window is None else window.price_ticks for window in windows],
        dtype=np.int64,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCharge:
    """One line of what a metering point pays for a day."""

    name: str
    """The window's; empty: outside all windows; standing: the charge for the day."""
    energy_wh: int
    price_ticks: int
    """0 of the standing charge."""
    amount_quanta: int


STANDING = "standing"


def day_charges(
    tariff: TimeOfUse, day: MarketDay, withdrawal_wh: Integers
) -> tuple[DayCharge, ...]:
    """What a metering point pays for a market day, a line for each name and price.

    Args:
        tariff: the one in force.
        day: the market day.
        withdrawal_wh: (t,) >= 0, metered withdrawal of each interval.

    Raises:
        ValueError: not one value for each interval of the day, or one below zero.
    """
    starts_s = day.starts_s()
    if len(withdrawal_wh) != len(starts_s) or (withdrawal_wh < 0).any():
        raise ValueError("a withdrawal >= 0 for each interval of the day")
    energies_wh: dict[tuple[str, int], int] = {}
    for start_s, energy_wh in zip(starts_s, withdrawal_wh.tolist(), strict=True):
        window = window_at(tariff, start_s, day.zone)
        key = ("", tariff.price_ticks) if window is None else (window.name, window.price_ticks)
        energies_wh[key] = energies_wh.get(key, 0) + energy_wh
    standing = DayCharge(
        name=STANDING, energy_wh=0, price_ticks=0, amount_quanta=tariff.standing_quanta
    )
    return (
        standing,
        *(
            DayCharge(
                name=name,
                energy_wh=energy_wh,
                price_ticks=price_ticks,
                amount_quanta=price_ticks * energy_wh,
            )
            for (name, price_ticks), energy_wh in sorted(energies_wh.items())
            if energy_wh
        ),
    )
