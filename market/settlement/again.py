"""A day settled again where something has changed, and added up as a whole.

The one idea: what a metering point did in an interval depends on its own facts and on what was told in that
interval. So only those points and intervals are settled anew whose facts have changed; the columns of all
others are those of the version before, and the day is added up from all of them, as any other day is. What
was told is settled with the areas' sums, so whoever was told something, or helped, is always settled anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from market.model.activation import UnitsActivated
from market.model.participant import Unit
from market.model.splitting import Integers
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
    frame: DayFrame
    columns: DueColumns
    """Of the whole day."""
    told: Mapping[int, Instructed]
    """What was told, by interval."""

    def added_up(self) -> tuple[Dues, dict[str, int]]:
        """What is due for the whole day because of meters and fees; its withdrawal by participant."""
        return day_dues(self.frame, self.columns, self.told)


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
    rows, columns = np.nonzero(wanted)
    points = np.zeros((len(among), wanted.shape[1]), dtype=np.bool_)
    points[owner[rows], columns] = True
    # Intervals in which the same points are wanted are settled together.
    alike: dict[bytes, list[int]] = {}
    for interval in np.flatnonzero(points.any(axis=0)).tolist():
        alike.setdefault(points[:, interval].tobytes(), []).append(interval)
    return [
        Cells(rows=np.flatnonzero(points[owner, intervals[0]]), columns=np.array(intervals))
        for intervals in alike.values()
    ]


def day_parts(facts: DayFacts, cells: Sequence[Cells]) -> Iterator[DayPart]:
    """The facts of some cells, from those of the whole day."""
    shape = (len(facts.units), len(facts.starts_s))
    units, trades = list(facts.units.items()), facts.trades
    number = np.full(shape, -1, dtype=np.int64)
    for place, item in enumerate(cells):
        number[np.ix_(item.rows, item.columns)] = place
    part_of = number[trades.unit, trades.interval]
    anew = np.flatnonzero(part_of >= 0)
    for place, item in enumerate(cells):
        legs = anew[part_of[anew] == place]
        where = np.ix_(item.rows, item.columns)
        intervals = item.columns.tolist()
        column = {interval: at for at, interval in enumerate(intervals)}
        yield DayPart(
            cells=item,
            facts=replace(
                facts,
                starts_s=[facts.starts_s[interval] for interval in intervals],
                units=dict(units[row] for row in item.rows.tolist()),
                trades=trades.some(legs, item.rows, item.columns),
                instructed_wh=facts.instructed_wh[where],
                uncompensated_wh=facts.uncompensated_wh[where],
                activations={
                    column[at]: made for at, made in facts.activations.items() if at in column
                },
                metered_wh=facts.metered_wh[where],
                origin=facts.origin[where],
                priced=[facts.priced[interval] for interval in intervals],
                exchanged=[facts.exchanged[interval] for interval in intervals],
            ),
        )


def settle_again(frame: DayFrame, before: DayDetail, parts: Iterable[DayPart]) -> DayAgain:
    """Settle what has changed.

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
    return DayAgain(details=details, frame=frame, columns=DueColumns.of(before), told=told)
