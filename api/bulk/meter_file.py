"""A file of meter readings as CSV, read while it comes in: bounded memory, however long it is.

The one idea: a row is a reading of one unit and becomes three numbers at once; what is wrong with it is a
coded fault with its line, and the next row is read. The header says which time the file gives: a column
`start`, or a column `end`. Separators and decimal signs as for orders (`csv_rows.py`).
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from api.bulk.csv_lines import CsvFile, missing
from api.wire import fields
from api.wire.errors import FAULTS_MAX, refuse
from api.wire.fields import FieldError
from market.model.meter_rows import Label, MeterRows
from market.model.rejection import Code, Rejection
from market.model.splitting import Integers

READINGS_MAX: Final = 1_000_000
"""Most rows of a file; 64 MB do not hold many more."""
UNIT, CONSUMPTION, GENERATION = "unit_id", "consumption_kwh", "generation_kwh"
TIMES: Final = tuple(label.value for label in Label)
KNOWN: Final = (UNIT, *TIMES, CONSUMPTION, GENERATION)
_energy_wh: Final = lru_cache(maxsize=16_384)(fields.energy_wh)
"""Meters of homes say the same few thousand values over and over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTable:
    """A file that has been read."""

    label: Label
    unit_ids: tuple[str, ...]
    """By the number rows have."""
    rows: MeterRows
    """Those that could be read."""
    lines: Integers
    """(r,) where each stands in the file, counted from 1."""
    faults: tuple[Rejection, ...]
    """The first of those that could not."""
    refused: int
    """How many could not."""


class MeterFile:
    """Reads a file piece by piece."""

    def __init__(self) -> None:
        self._file = CsvFile(KNOWN, self._begin)
        self._label = Label.START
        self._unit_at = self._time_at = 0
        self._energies_at: tuple[tuple[int, int], ...] = ()
        self._units: dict[str, int] = {}
        self._unit, self._label_s = array("q"), array("q")
        self._injection_wh, self._lines = array("q"), array("q")
        self._faults: list[Rejection] = []
        self._refused = 0

    def feed(self, piece: bytes) -> None:
        """Read on.

        Raises:
            RefusedError: it is no such file (its header is wrong, a line has no end), or too long.
        """
        for cells in self._file.rows(piece):
            self._read(cells)

    def finished(self) -> MeterTable:
        """What was read.

        Raises:
            RefusedError: there is not one row, or what `feed` refuses.
        """
        for cells in self._file.last_row():
            self._read(cells)
        if not self._lines and not self._refused:
            raise refuse(Code.FIELD_RANGE, "lines")
        return MeterTable(
            label=self._label,
            unit_ids=tuple(self._units),
            rows=MeterRows(
                unit=_column(self._unit),
                label_s=_column(self._label_s),
                injection_wh=_column(self._injection_wh),
            ),
            lines=_column(self._lines),
            faults=tuple(self._faults),
            refused=self._refused,
        )

    def _begin(self, names: Sequence[str]) -> list[Rejection]:
        times = [name for name in TIMES if name in names]
        faults = [] if UNIT in names else missing(UNIT)
        if not times:
            faults += missing(TIMES[0])
        elif len(times) > 1:  # which of them counts would be a guess
            faults.append(self._file.fault(Code.FIELD_FORMAT, TIMES[1]))
        if CONSUMPTION not in names and GENERATION not in names:
            faults += missing(CONSUMPTION)
        if not faults:
            self._label = Label(times[0])
            self._unit_at, self._time_at = names.index(UNIT), names.index(times[0])
            self._energies_at = tuple(
                (names.index(name), sign)
                for name, sign in ((CONSUMPTION, -1), (GENERATION, 1))
                if name in names
            )
        return faults

    def _read(self, cells: Sequence[str]) -> None:
        if len(self._lines) + self._refused >= READINGS_MAX:
            raise refuse(Code.FIELD_RANGE, "lines", lines_max=str(READINGS_MAX))
        try:
            unit, label_s, injection_wh = self._reading(cells)
        except (FieldError, IndexError):
            self._refused += 1
            self._faults += self._faults_of(cells)[: FAULTS_MAX - len(self._faults)]
            return
        self._unit.append(unit)
        self._label_s.append(label_s)
        self._injection_wh.append(injection_wh)
        self._lines.append(self._file.line)

    def _reading(self, cells: Sequence[str]) -> tuple[int, int, int]:
        """Unit, time and energy of a row.

        Raises:
            FieldError: something is wrong with it; `_faults_of` says what.
            IndexError: cells are missing.
        """
        if len(cells) > len(self._file.names):
            raise FieldError(Code.FIELD_UNKNOWN)
        label_s = fields.instant_s(cells[self._time_at])
        injection_wh = 0
        for place, sign in self._energies_at:
            injection_wh += sign * _energy_wh(self._file.plain(cells[place]))
        unit = self._units.get(cells[self._unit_at])
        if unit is None:
            unit = self._units[fields.identifier(cells[self._unit_at])] = len(self._units)
        return unit, label_s, injection_wh

    def _faults_of(self, cells: Sequence[str]) -> list[Rejection]:
        """Everything that is wrong with a row."""
        faults = []
        if len(cells) > len(self._file.names):
            faults.append(self._file.fault(Code.FIELD_UNKNOWN, str(len(self._file.names) + 1)))
        for place, name in enumerate(self._file.names):
            cell = cells[place] if place < len(cells) else ""
            if not cell:
                faults.append(self._file.fault(Code.FIELD_MISSING, name))
                continue
            try:
                if name == UNIT:
                    fields.identifier(cell)
                elif name in TIMES:
                    fields.instant_s(cell)
                else:
                    _energy_wh(self._file.plain(cell))
            except FieldError as fault:
                faults.append(self._file.fault(fault.code, name))
        return faults


def _column(values: "array[int]") -> Integers:
    return np.array(values, dtype=np.int64)
