"""A day settled again where something has changed, and added up as a whole.

The one idea: what a metering point did in an interval depends on its own facts and on what was told in that
interval. So only those points and intervals are settled anew whose facts have changed; the columns of all
others are those of the version before, and the day is added up from all of them, as any other day is. What
was told is settled with the areas' sums, so whoever was told something, or helped, is always settled anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from market.model.activation import UnitsActivated
from market.model.participant import Unit
from market.model.splitting import Integers, row_sums
from market.settlement.day_dues import day_dues, numbers
from market.settlement.day_facts import DayDetail, DayFacts, DayFrame, DueColumns, Flags
from market.settlement.dues import Dues
from market.settlement.instructed import Instructed
from market.settlement.run import settle_units


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Some units of a day in some of its intervals."""

    rows: Integers
    """Of the day's units, in order."""
    columns: Integers
    """Of the day's intervals, in order."""

    @property
    def count(self) -> int:
        """How many unit-intervals."""
        return len(self.rows) * len(self.columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayPart:
    """The facts of some cells."""

    cells: Cells
    facts: DayFacts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayAgain:
    """A day that was settled in part."""

    details: Sequence[tuple[Cells, DayDetail]]
    """What was settled anew."""
    dues: Dues
    """What is due for the whole day because of meters and fees."""
    withdrawal_wh: Mapping[str, int]
    """The day's metered withdrawal by participant."""


def cells_to_settle(
    units: Sequence[Unit],
    changed: Flags,
    told: Flags,
    activations: Mapping[int, Sequence[UnitsActivated]],
) -> list[Cells]:
    """The cells that have to be settled anew, intervals of the same metering points together.

    Args:
        units: of the day, in order.
        changed: (n, t) whose facts are others than before.
        told: (n, t) who was told to differ from its trades.
        activations: by interval.
    """
    row = {unit.unit_id: place for place, unit in enumerate(units)}
    wanted = changed | told
    for interval, made in activations.items():
        for helping in made:
            wanted[[row[item.unit_id] for item in helping.units], interval] = True
    owners = [unit.participant_id for unit in units]
    among = list(dict.fromkeys(owners))
    owner = numbers(owners, among)
    points = row_sums(wanted.astype(np.int64), owner, len(among)) > 0
    if not points.any():
        return []
    patterns, of_interval = np.unique(points, axis=1, return_inverse=True)
    return [
        Cells(
            rows=np.flatnonzero(patterns[owner, number]),
            columns=np.flatnonzero(of_interval.ravel() == number),
        )
        for number in range(patterns.shape[1])
        if patterns[:, number].any()
    ]


def settle_again(frame: DayFrame, before: DayDetail, parts: Iterable[DayPart]) -> DayAgain:
    """Settle what has changed, and add the day up.

    Args:
        frame: of the whole day.
        before: the version before, of the whole day; what is settled anew is put into its columns.
        parts: the facts of all cells of `cells_to_settle`.

    Raises:
        ConservationError: the parts do not add up to the meters; nothing may be booked on them.
        OverflowError: an amount of one unit and interval is beyond 64 bits.
    """
    details: list[tuple[Cells, DayDetail]] = []
    told: dict[int, Instructed] = {}
    for part in parts:
        detail, came = settle_units(part.facts)
        cells = part.cells
        place = np.ix_(cells.rows, cells.columns)
        for name in (*DayDetail.names(), "origin"):
            getattr(before, name)[place] = getattr(detail, name)
        told |= {int(cells.columns[column]): of for column, of in came.items()}
        details.append((cells, detail))
    dues, withdrawal_wh = day_dues(frame, DueColumns.of(before), told)
    return DayAgain(details=details, dues=dues, withdrawal_wh=withdrawal_wh)
