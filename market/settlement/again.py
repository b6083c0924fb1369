"""A day settled again where something has changed: what is booked of it moves by what that comes to.

The one idea: what a metering point did in an interval depends on its own facts and on what was told in that
interval. So only those points and intervals are settled anew whose facts have changed, twice: with their meters
as they were, and as they are. By the difference of both what was booked for the day is what is due now.
What was told is settled with the areas' sums, so whoever was told something, or helped, is always settled anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from market.model.activation import UnitsActivated
from market.model.participant import Unit
from market.model.splitting import Integers
from market.settlement.day_dues import (
    OF_POINTS,
    add_net,
    add_point_dues,
    add_told,
    add_unit_dues,
    area_net_wh,
    area_traded_wh,
    metered_withdrawal_wh,
    numbers,
)
from market.settlement.day_facts import (
    DayDetail,
    DayFacts,
    DayFrame,
    DueColumns,
    Flags,
    MeterUse,
)
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
    before_wh: Integers
    """(rows, columns) what their meters showed in the version before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellsAgain:
    """Some cells with their meters as they were, and as they are."""

    part: DayPart
    before: DayDetail
    told_before: Mapping[int, Instructed]
    """What was told, by interval of the part; as it was settled with the meters before."""
    detail: DayDetail
    told: Mapping[int, Instructed]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayAgain:
    """A day that was settled in part."""

    facts: DayFacts
    """Of the whole day."""
    cells: Sequence[CellsAgain]
    """What was settled anew."""

    def details(self) -> list[tuple[Cells, DayDetail]]:
        """What was settled anew, as it is now."""
        return [(item.part.cells, item.detail) for item in self.cells]

    def added_up(self, booked: Dues) -> tuple[Dues, dict[str, int]]:
        """What is due for the whole day because of meters and fees; its withdrawal by participant.

        `booked`: for the day so far because of meters and fees, which are the dues of the version before.
        """
        frame = self.facts.frame()
        dues = {key: quanta for key, quanta in booked.items() if key[2] not in OF_POINTS}
        net = _Net(frame, self.facts)
        for item in self.cells:
            owners = [unit.participant_id for unit in item.part.facts.units.values()]
            for detail, told, sign in (
                (item.before, item.told_before, -1),
                (item.detail, item.told, 1),
            ):
                add_unit_dues(dues, owners, DueColumns.of(detail), sign)
                add_told(dues, told, sign)
            net.take(item)
        net.add_to(dues)
        every = [unit.participant_id for unit in self.facts.units.values()]
        withdrawal_wh = metered_withdrawal_wh(every, self.facts.metered_wh)
        add_point_dues(dues, frame, withdrawal_wh)
        return dues, withdrawal_wh


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


def day_parts(facts: DayFacts, before_wh: Integers, cells: Sequence[Cells]) -> Iterator[DayPart]:
    """The facts of some cells, from those of the whole day.

    `before_wh`: (n, t) what the meters of the day showed in the version before.
    """
    shape = (len(facts.units), len(facts.starts_s))
    units, trades = list(facts.units.items()), facts.trades
    number = np.full(shape, -1, dtype=np.int32)
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
            before_wh=before_wh[where],
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


def settle_again(facts: DayFacts, use: MeterUse, parts: Iterable[DayPart]) -> DayAgain | None:
    """Settle what has changed.

    Args:
        facts: of the whole day.
        use: the version before, of the whole day; what is settled anew is put into its columns.
        parts: the facts of all cells of `cells_to_settle`.

    Returns:
        None: the version before is not what its facts come to; nothing may stand on it.

    Raises:
        ConservationError: the parts do not add up to the meters; nothing may be booked on them.
        OverflowError: an amount of one unit and interval is beyond 64 bits.
    """
    settled: list[CellsAgain] = []
    for part in parts:
        before, told_before = settle_units(replace(part.facts, metered_wh=part.before_wh))
        if not _stands(use, part.cells, before):
            return None
        detail, told = settle_units(part.facts)
        _put(use, part.cells, detail)
        settled.append(
            CellsAgain(part=part, before=before, told_before=told_before, detail=detail, told=told)
        )
    return DayAgain(facts=facts, cells=settled)


class _Net:
    """What areas deviate in sum, before and now."""

    def __init__(self, frame: DayFrame, facts: DayFacts) -> None:
        self._frame = frame
        units = list(facts.units.values())
        # Less what was followed of what was told: of those who were told, in `take`.
        self._now_wh = area_net_wh(frame, units, facts.metered_wh)
        self._now_wh -= area_traded_wh(frame, units, facts.trades)
        self._more_wh = np.zeros_like(self._now_wh)
        self._told: tuple[dict[int, Instructed], dict[int, Instructed]] = {}, {}

    def take(self, item: CellsAgain) -> None:
        """Some cells, before and now."""
        units, columns = list(item.part.facts.units.values()), item.part.cells.columns
        before, now = item.before, item.detail
        self._now_wh[:, columns] -= area_net_wh(self._frame, units, now.instructed_wh)
        more_wh = (now.metered_wh - now.instructed_wh) - (before.metered_wh - before.instructed_wh)
        self._more_wh[:, columns] += area_net_wh(self._frame, units, more_wh)
        for kept, came in zip(self._told, (item.told_before, item.told), strict=True):
            kept.update({int(columns[column]): of for column, of in came.items()})

    def add_to(self, dues: Dues) -> None:
        """What it leads to now, less what it led to before."""
        before, now = self._told
        touched = {*np.flatnonzero(self._more_wh.any(axis=0)).tolist(), *before, *now}
        add_net(dues, self._frame, self._now_wh - self._more_wh, before, touched, -1)
        add_net(dues, self._frame, self._now_wh, now, touched)


def _stands(use: MeterUse, cells: Cells, detail: DayDetail) -> bool:
    """Whether a version's columns are what its facts come to."""
    place = np.ix_(cells.rows, cells.columns)
    return all(
        np.array_equal(getattr(use, name)[place], getattr(detail, name))
        for name in MeterUse.names()
        if name != "metered_wh"
    )


def _put(use: MeterUse, cells: Cells, detail: DayDetail) -> None:
    place = np.ix_(cells.rows, cells.columns)
    for name in (*MeterUse.names(), "origin"):
        getattr(use, name)[place] = getattr(detail, name)
