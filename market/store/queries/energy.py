"""What a participant produced, used, bought and sold, interval by interval.

The one idea: of a day that is settled as a whole the settlement says it, so this list cannot say otherwise;
of others it is put together from readings and trades as they stand, and marked as provisional.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from market.model.grid import Grid
from market.model.participant import UnitKind
from market.model.rules import MarketRules
from market.model.units import PPM
from market.settlement.imbalance import delivered_ticks, last_resort_band
from market.store import tables
from market.store.queries.positions import positions
from market.store.queries.power import measurements
from market.store.queries.runs import settled_detail

ROWS_MAX = 10_000
"""Most readings or positions of one day: a hundred units of quarter-hours."""


@dataclass(slots=True)
class EnergySlot:
    """One interval of one participant, all its units together; Wh, all >= 0 but `net_wh`."""

    start_s: int
    settled: bool
    produced_wh: int = 0
    used_wh: int = 0
    charged_wh: int = 0
    discharged_wh: int = 0
    self_use_wh: int = 0
    """What was produced and used, or stored, behind the own meters."""
    bought_wh: int = 0
    """Delivered by trades."""
    sold_wh: int = 0
    last_resort_wh: int = 0
    """What nothing else covered."""
    fed_in_wh: int = 0
    """What nobody had bought."""
    neighbours_ppm: int | None = None
    """Of what was bought in the own area's calls what sellers of the area had sold; None: not known."""

    @property
    def net_wh(self) -> int:
        """What the meters put into the grid: injection positive."""
        return self.produced_wh + self.discharged_wh - self.used_wh - self.charged_wh

    @property
    def neighbours_wh(self) -> int | None:
        """Of what was bought, the part sellers of the area stand for."""
        if self.neighbours_ppm is None:
            return None
        return self.bought_wh * self.neighbours_ppm // PPM

    @property
    def is_covered(self) -> bool | None:
        """Whether the last resort had nothing to deliver; None: nothing was drawn."""
        return self.last_resort_wh == 0 if self.used_wh + self.charged_wh else None


def energy_of_day(
    connection: Connection,
    market_id: str,
    *,
    participant_id: str,
    area_id: str,
    day: str,
    starts_s: Sequence[int],
    kinds: Mapping[str, UnitKind],
) -> tuple[EnergySlot, ...]:
    """The intervals of a local day of which something is known, in order.

    Args:
        connection: of a reader.
        market_id: the market.
        participant_id: whose.
        area_id: its own area, of which neighbours are.
        day: ISO 8601.
        starts_s: the day's intervals.
        kinds: of its units, by id.
    """
    detail = settled_detail(connection, market_id, participant_id=participant_id, day=day)
    found: dict[int, EnergySlot] = {}
    if detail is not None:
        for row in detail[1]:
            _settled(found, row, kinds.get(row["unit_id"]))
    else:
        _provisional(connection, market_id, participant_id, starts_s, kinds, found)
    shares = _shares(connection, market_id, area_id, starts_s)
    for start_s, slot in found.items():
        slot.neighbours_ppm = shares.get(start_s)
    return tuple(found[start_s] for start_s in sorted(found))


def _metered(slot: EnergySlot, kind: UnitKind | None, injection_wh: int) -> None:
    stores = kind is UnitKind.STORAGE
    if injection_wh >= 0 and stores:
        slot.discharged_wh += injection_wh
    elif injection_wh >= 0:
        slot.produced_wh += injection_wh
    elif stores:
        slot.charged_wh -= injection_wh
    else:
        slot.used_wh -= injection_wh


def _settled(found: dict[int, EnergySlot], row: Mapping[str, int], kind: UnitKind | None) -> None:
    """A unit's line: what was metered is delivered, own use, own storage and retail."""
    start_s = row["start_s"]
    slot = found.setdefault(start_s, EnergySlot(start_s=start_s, settled=True))
    metered_wh, retail_wh = row["metered_wh"], row["retail_wh"]
    own_wh = row["own_use_wh"] + row["own_storage_wh"]
    delivered_wh = metered_wh - own_wh - retail_wh
    _metered(slot, kind, metered_wh)
    slot.self_use_wh += max(0, own_wh)
    slot.bought_wh += max(0, -delivered_wh)
    slot.sold_wh += max(0, delivered_wh)
    slot.last_resort_wh += max(0, -retail_wh)
    slot.fed_in_wh += max(0, retail_wh)


@dataclass(slots=True)
class _Traded:
    bought_wh: int = 0
    sold_wh: int = 0
    units: set[str] = field(default_factory=set)


def _provisional(
    connection: Connection,
    market_id: str,
    participant_id: str,
    starts_s: Sequence[int],
    kinds: Mapping[str, UnitKind],
    found: dict[int, EnergySlot],
) -> None:
    """Readings against trades; what trades do not cover, own production does, then the last resort."""
    from_s, until_s = starts_s[0], starts_s[-1] + 1
    read = measurements(
        connection,
        market_id,
        participant_id=participant_id,
        from_s=from_s,
        until_s=until_s,
        limit=ROWS_MAX,
    )
    for item in read.items:
        reading = item.reading
        slot = found.setdefault(reading.start_s, EnergySlot(start_s=reading.start_s, settled=False))
        _metered(slot, kinds.get(reading.unit_id), reading.injection_wh)
    traded: defaultdict[int, _Traded] = defaultdict(_Traded)
    made = positions(
        connection,
        market_id,
        participant_id=participant_id,
        from_s=from_s,
        until_s=until_s,
        limit=ROWS_MAX,
    )
    for position in made.items:
        traded[position.start_s].bought_wh += position.bought_wh
        traded[position.start_s].sold_wh += position.sold_wh
    for start_s, slot in found.items():
        out_wh = slot.produced_wh + slot.discharged_wh
        in_wh = slot.used_wh + slot.charged_wh
        slot.sold_wh = min(out_wh, traded[start_s].sold_wh)
        slot.bought_wh = min(in_wh, traded[start_s].bought_wh)
        slot.self_use_wh = min(out_wh - slot.sold_wh, in_wh - slot.bought_wh)
        slot.fed_in_wh = out_wh - slot.sold_wh - slot.self_use_wh
        slot.last_resort_wh = in_wh - slot.bought_wh - slot.self_use_wh


def _shares(
    connection: Connection, market_id: str, area_id: str, starts_s: Sequence[int]
) -> dict[int, int]:
    """Of what was bought in the area's calls, what was sold in it, by interval, in ppm."""
    c = tables.area_outcomes.c
    rows = connection.execute(
        select(c.start_s, func.sum(c.bought_wh), func.sum(c.sold_wh))
        .where(
            c.market_id == market_id,
            c.start_s >= starts_s[0],
            c.start_s <= starts_s[-1],
            c.area_id == area_id,
        )
        .group_by(c.start_s)
    )
    return {row[0]: min(PPM, int(row[2]) * PPM // int(row[1])) for row in rows if row[1]}


def retail_ticks(
    rules: MarketRules, grid: Grid, area_id: str, starts_s: Sequence[int]
) -> tuple[tuple[int, int] | None, ...]:
    """Ask and bid of the last resort at an area's node, interval by interval; None: it has none then."""
    holds = any(area.holds_last_resort for area in grid.areas)
    if not holds or not rules.last_resort:
        return tuple(None for _ in starts_s)
    return tuple(
        delivered_ticks(band=last_resort_band(rules, start_s), grid=grid, area_id=area_id)
        for start_s in starts_s
    )
