"""Rows of a meter file as readings of the market's own intervals.

The one idea: every reading knows the line it came from, so whatever is found wrong with it later, here or by
the market, is told to a person by that line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from api.bulk.csv_lines import at_line
from api.bulk.meter_file import MeterTable
from api.wire.errors import FAULTS_MAX
from market.model.meter_rows import Label, cut, said_again
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.model.splitting import Integers
from market.model.units import SECONDS_PER_MINUTE

PART_ROWS: Final = 10_000
"""Most readings that go to the market as one command, all or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReadings:
    """Readings in the market's intervals, and what was wrong with other rows."""

    table: MeterTable
    row: Integers
    """(q,) the row of the table each comes from; those of one row stand together."""
    start_s: Integers
    injection_wh: Integers
    parts: int
    """How many readings a row makes."""
    repeated: int
    """Rows that said again what an earlier one had said."""
    faults: tuple[Rejection, ...]
    """The first of those that were refused, in the order of the lines."""
    refused: int

    def in_parts(self) -> Iterator["MeterPart"]:
        """The readings in commands; a row is never torn apart."""
        size = max(1, PART_ROWS // self.parts) * self.parts
        for first in range(0, len(self.row), size):
            yield MeterPart(readings=self, at=np.arange(first, min(first + size, len(self.row))))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPart:
    """Some of the readings."""

    readings: MeterReadings
    at: Integers
    """Which."""

    def measurements(self) -> tuple[Measurement, ...]:
        """The market's nouns."""
        all_of = self.readings
        row = all_of.row[self.at]
        return tuple(
            Measurement(
                unit_id=all_of.table.unit_ids[unit], start_s=start_s, injection_wh=injection_wh
            )
            for unit, start_s, injection_wh in zip(
                all_of.table.rows.unit[row].tolist(),
                all_of.start_s[self.at].tolist(),
                all_of.injection_wh[self.at].tolist(),
                strict=True,
            )
        )

    def without(
        self, faults: tuple[Rejection, ...]
    ) -> tuple["MeterPart", tuple[Rejection, ...]] | None:
        """The part without the rows that the market found at fault, and those faults by line.

        None: one of the faults is no single row's.
        """
        rows: dict[int, Rejection] = {}
        table = self.readings.table
        for fault in faults:
            where = (fault.pointer or "").split("/")
            if len(where) != 3 or where[0] != "items":
                return None
            row = int(self.readings.row[self.at[int(where[1])]])
            column = table.label.value if where[2] == "start" else where[2]
            rows.setdefault(row, at_line(fault, int(table.lines[row]), column))
        kept = self.at[~np.isin(self.readings.row[self.at], list(rows))]
        found = tuple(fault for _, fault in sorted(rows.items()))
        return MeterPart(readings=self.readings, at=kept), found


def in_intervals(
    table: MeterTable, *, meter_minutes: int, interval_minutes: int, origin_s: int
) -> MeterReadings:
    """Cut rows into the market's intervals, evenly and in whole Wh that sum to the row.

    A row is at fault with FIELD_RANGE (its time is no boundary of the meter's own intervals) or
    EXISTS_WITH_DIFFERENT_FIELDS (an earlier row of its unit and time says otherwise).

    Args:
        table: the file.
        meter_minutes: length of the meter's own intervals, a multiple of the market's.
        interval_minutes: length of the market's.
        origin_s: a moment at which one of the meter's intervals begins.
    """
    meter_s = meter_minutes * SECONDS_PER_MINUTE
    start_s = table.rows.label_s - (meter_s if table.label is Label.END else 0)
    crooked = (start_s - origin_s) % meter_s != 0
    (sound,) = np.nonzero(~crooked)
    repeated, differing = said_again(table.rows, sound)
    keep = np.setdiff1d(sound, np.concatenate((repeated, differing)), assume_unique=True)
    parts = meter_minutes // interval_minutes
    step_s = interval_minutes * SECONDS_PER_MINUTE
    wrong = np.sort(np.concatenate((np.flatnonzero(crooked), differing)))
    found = [
        at_line(_fault(meter_minutes if crooked[row] else None), line, table.label.value)
        for row, line in zip(
            wrong[:FAULTS_MAX], table.lines[wrong[:FAULTS_MAX]].tolist(), strict=True
        )
    ]
    faults = sorted([*table.faults, *found], key=lambda fault: int(fault.parameters["line"]))
    return MeterReadings(
        table=table,
        row=np.repeat(keep, parts),
        start_s=(start_s[keep][:, None] + step_s * np.arange(parts)).ravel(),
        injection_wh=cut(table.rows.injection_wh[keep], parts).ravel(),
        parts=parts,
        repeated=len(repeated),
        faults=tuple(faults[:FAULTS_MAX]),
        refused=table.refused + len(wrong),
    )


def _fault(minutes: int | None) -> Rejection:
    if minutes is None:
        return Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS)
    return Rejection(code=Code.FIELD_RANGE, parameters={"minutes": str(minutes)})
