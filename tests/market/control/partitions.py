"""A simulated network between a market, areas and units, in virtual time: what is cut, and what must hold.

Both clocks are handed in and nothing sleeps. Where nothing happens everybody looks once a minute; around
the edges of a cut, every five seconds.
"""
# house: long because the world is read in one place: who is in it, what is cut, what must hold.

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from market.control.leases import added, widest
from market.control.lending import Member
from market.control.reach import AreaReach
from market.control.unit import (
    DEFAULT_PROFILE,
    LocalSettings,
    Moment,
    Readiness,
    Senders,
    UnitMachine,
    profile_named,
)
from market.model.participant import StorageData, Unit, UnitKind
from market.model.power import (
    ControlChannel,
    GridReading,
    PowerLimits,
    Setpoint,
    UnitLimit,
    UnitState,
)
from market.model.reach import (
    AreaLimits,
    AreaReport,
    Beat,
    GridBeat,
    MarketBeat,
    ReportTaken,
    Standing,
    ToUnit,
)

T0_S: Final = 1_700_000_100  # a window's start
STEP_S: Final = 5
LOOK_S: Final = 60
WINDOW_S: Final = 900
GATE_S: Final = 300
DECOUPLED_AFTER_S: Final = 120
FAILSAFE_WITHIN_S: Final = 125
LENT_S: Final = 3_600
DAY_S: Final = 86_400
PROFILE: Final = profile_named(DEFAULT_PROFILE)
AREA, GRID = "area", "grid"
NONE: Final = PowerLimits(withdrawal_max_w=0, injection_max_w=0)
CAPACITY_WH: Final = 100_000_000


@dataclass(frozen=True)
class Cut:
    """A link that carries nothing for a while, in one direction or both."""

    link: str
    down: bool
    up: bool
    from_s: int
    until_s: int


@dataclass
class Link:
    cuts: list[Cut] = field(default_factory=list)
    lost: int = 0

    def carries(self, at_s: int, *, down: bool) -> bool:
        for cut in self.cuts:
            if cut.from_s <= at_s < cut.until_s and (cut.down if down else cut.up):
                self.lost += 1
                return False
        return True


class UnitEnd:
    """A unit's machine with its two neighbours played by messages; says what it must never do."""

    def __init__(self, unit: Unit, local: LocalSettings, seed: int) -> None:
        self.unit = unit
        self.link = Link()
        self.area_link: Link | None = None
        self._chance = random.Random(f"{seed}:{unit.unit_id}")
        moment = Moment(market_s=T0_S - WINDOW_S, real_ms=0)
        self.machine = UnitMachine(
            unit,
            PROFILE,
            self._chance.randrange,
            moment,
            senders=Senders(market=frozenset({AREA}), grid=frozenset({GRID})),
            local=local,
        )
        self.machine.ready(Readiness(settings_hash=PROFILE.hash), moment)
        self.failsafe = failsafe_of(unit, local)
        self.taken: list[UnitLimit] = []
        self.schedules: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
        self.beat_s: int | None = None
        self.target_w = 0
        self.state = UnitState.INIT
        self.stepped_s = T0_S - WINDOW_S
        self.served_again_s: list[tuple[int, int]] = []
        """When the fail-safe state was left, and when the ramp out of it began."""
        self._left_s: int | None = None

    def hear(self, message: ToUnit, at_s: int) -> bool:
        """True: it was taken."""
        now = moment_of(at_s)
        match message:
            case MarketBeat():
                self.machine.heartbeat(ControlChannel.MARKET, AREA, now)
            case GridBeat():
                channel = ControlChannel.GRID
                refusal = self.machine.heartbeat(
                    channel, GRID, now, epoch=message.epoch, counter=message.counter
                )
                self.beat_s = at_s if refusal is None else self.beat_s
            case UnitLimit():
                if self.machine.limit(message, GRID, now) is not None:
                    return False
                self.beat_s = at_s
                self.taken = [item for item in self.taken if item.until_s > at_s] + [message]
            case Setpoint():
                if self.machine.accept(message, AREA, now) is not None:
                    return False
                said = self.schedules[message.start_s]
                said[message.epoch, message.sequence] = message.target_w
        return True

    def step(self, at_s: int, counts: Counter[str]) -> None:
        if self._chance.random() < 0.1:
            self.machine.wish(
                self._chance.randint(-self.unit.withdrawal_max_w, self.unit.injection_max_w)
            )
        reading = GridReading(
            voltage_ppm=1_000_000,
            frequency_mhz=50_000,
            power_w=self.target_w,
            state_of_charge_wh=CAPACITY_WH // 2 if self.unit.storage else None,
        )
        before_w, before, since_s = self.target_w, self.state, self.stepped_s
        output = self.machine.step(reading, moment_of(at_s))
        self.target_w, self.state, self.stepped_s = output.target_w, output.state, at_s
        counts[f"state {output.state.value}"] += 1
        self._must_hold(at_s)
        self._note_return(before, before_w, since_s, at_s, counts)

    def _must_hold(self, at_s: int) -> None:
        if is_essential(self.unit):
            return
        holding = [limit for limit in self.taken if limit.from_s <= at_s < limit.until_s]
        limits = limits_of(holding[-1]) if holding else self.failsafe
        assert inside(self.target_w, limits), f"{self.unit.unit_id} at {at_s}: over its limit"
        silent_s = None if self.beat_s is None else at_s - self.beat_s
        if silent_s is None or silent_s > FAILSAFE_WITHIN_S or not holding:
            assert inside(self.target_w, self.failsafe), f"{self.unit.unit_id} at {at_s}: unsafe"
            assert self.state not in {UnitState.NORMAL, UnitState.STALE}

    def _note_return(
        self, before: UnitState, before_w: int, since_s: int, at_s: int, counts: Counter[str]
    ) -> None:
        if before is not UnitState.FAILSAFE and self.state is UnitState.FAILSAFE:
            counts["fail-safe"] += 1
        if before is UnitState.FAILSAFE and self.state is UnitState.RECOVERY:
            self._left_s = at_s
            counts["recovery"] += 1
        if is_essential(self.unit):
            return
        if self._left_s is not None and self._serves():
            assert at_s - self._left_s >= PROFILE.dwell_s
            self.served_again_s.append((self._left_s, at_s))
            self._left_s = None
        if before is self.state is UnitState.RECOVERY and not inside(self.target_w, self.failsafe):
            # Beyond the fail-safe limits a tenth of the nameplate a minute.
            failsafe_w = self.failsafe.injection_max_w
            if self.target_w < 0:
                failsafe_w = self.failsafe.withdrawal_max_w
            same_way_w = abs(before_w) if before_w * self.target_w > 0 else 0
            moved_w = abs(self.target_w) - max(same_way_w, failsafe_w)
            nameplate_w = max(self.unit.injection_max_w, self.unit.withdrawal_max_w)
            assert moved_w <= nameplate_w * (at_s - since_s) // 600 + 1

    def _serves(self) -> bool:
        """True when the fail-safe limits do not hold it any more."""
        limits = self.machine.limits()
        return self.state in {UnitState.NORMAL, UnitState.STALE} or (
            limits.withdrawal_max_w > self.failsafe.withdrawal_max_w
            or limits.injection_max_w > self.failsafe.injection_max_w
        )


class AreaEnd:
    """An area's level, its link upward, and its units."""

    def __init__(self, area_id: str, units: list[UnitEnd]) -> None:
        self.area_id = area_id
        self.units = {end.unit.unit_id: end for end in units}
        self.members = [Member(unit=end.unit, failsafe=end.failsafe) for end in units]
        self.reach = AreaReach(area_id, self.members, moment_of(T0_S - WINDOW_S))
        self.link = Link()
        self.radio = Link()
        """Between the area and all of its units at once."""
        self.scheduled: dict[int, dict[str, Setpoint]] = defaultdict(dict)
        self.confirmed: list[AreaLimits] = []

    def restart(self, at_s: int) -> None:
        """The process ends and another one begins with what the first one kept."""
        self.reach = AreaReach(
            self.area_id, self.members, moment_of(at_s), memory=self.reach.memory()
        )

    def step(self, at_s: int, counts: Counter[str]) -> tuple[Beat | AreaReport, ...]:
        before = self.reach.standing
        output = self.reach.step(moment_of(at_s))
        if output.standing is Standing.ALONE and before is not Standing.ALONE:
            counts["alone"] += 1
        for unit_id, message in output.down:
            end = self.units[unit_id]
            carried = end.link.carries(at_s, down=True) and self.radio.carries(at_s, down=True)
            if not carried:
                counts["lost down"] += 1
                continue
            taken = end.hear(message, at_s)
            if not (end.link.carries(at_s, down=False) and self.radio.carries(at_s, down=False)):
                counts["lost up"] += 1
            elif taken and isinstance(message, UnitLimit):
                self.reach.lease_taken(unit_id, message.epoch, message.sequence)
            elif taken and isinstance(message, Setpoint):
                self.reach.setpoint_taken(unit_id, message.epoch, message.sequence)
        return output.up

    def schedule(self, setpoint: Setpoint, at_s: int) -> None:
        if self.reach.schedule(setpoint, moment_of(at_s)) is None:
            self.scheduled[setpoint.start_s][setpoint.unit_id] = setpoint

    def confirm(self, limits: AreaLimits, at_s: int) -> None:
        if self.reach.confirm(limits, moment_of(at_s)) is None and limits not in self.confirmed:
            self.confirmed.append(limits)

    def _held_until_s(self, limits: AreaLimits) -> int:
        """When a newer one came to hold in its place."""
        later = self.confirmed[self.confirmed.index(limits) + 1 :]
        return min((item.from_s for item in later), default=limits.until_s)

    def must_hold(self, at_s: int) -> None:
        """The units together, and what was lent to them, are inside what was confirmed."""
        start_s = at_s - at_s % WINDOW_S
        # What was lent under wider limits runs out with its window.
        limits = [
            PowerLimits(withdrawal_max_w=item.import_max_w, injection_max_w=item.export_max_w)
            for item in self.confirmed
            if item.from_s <= at_s
            and item.until_s > at_s
            and self._held_until_s(item) > start_s - GATE_S
        ]
        most = widest([added(self.bases_w(start_s)), *limits])
        targets_w = [end.target_w for end in self.units.values()]
        assert -sum(min(0, target_w) for target_w in targets_w) <= most.withdrawal_max_w
        assert sum(max(0, target_w) for target_w in targets_w) <= most.injection_max_w
        given = self.reach.given(at_s)
        assert given.withdrawal_max_w <= most.withdrawal_max_w
        assert given.injection_max_w <= most.injection_max_w

    def bases_w(self, start_s: int) -> Iterator[PowerLimits]:
        """Each unit's fail-safe limits and its schedule."""
        for unit_id, end in self.units.items():
            setpoint = self.scheduled[start_s].get(unit_id)
            target_w = 0 if setpoint is None else setpoint.target_w
            yield widest([floor_of(end), scheduled(target_w)])


class MarketEnd:
    """What lends to areas, schedules their units, and closes the way of one that is not heard."""

    def __init__(self, areas: list[AreaEnd], pool: PowerLimits, seed: int) -> None:
        self.areas = {area.area_id: area for area in areas}
        self.pool = pool
        self.epoch = 1
        self.sequence = 0
        self._chance = random.Random(f"{seed}:market")
        self.heard_s: dict[str, int] = {}
        self.decoupled = set(self.areas)
        self.sent: dict[str, list[AreaLimits]] = {name: [] for name in self.areas}
        self.reports: dict[str, AreaReport] = {}
        self.setpoints: dict[str, dict[int, list[Setpoint]]] = defaultdict(dict)

    def hear(self, area_id: str, message: Beat | AreaReport, at_s: int) -> ReportTaken | None:
        self.heard_s[area_id] = at_s
        if isinstance(message, Beat):
            return None
        self.reports[area_id] = message
        mark = (message.limits_epoch, message.limits_sequence)
        self.sent[area_id] = [
            item for item in self.sent[area_id] if (item.epoch, item.sequence) >= mark
        ]
        self.decoupled.discard(area_id)
        return ReportTaken(area_id=area_id, sequence=message.sequence, epoch=self.epoch)

    def look(self, at_s: int, counts: Counter[str]) -> None:
        for area_id in self.areas:
            silent_s = at_s - self.heard_s.get(area_id, at_s - DECOUPLED_AFTER_S - 1)
            if silent_s > DECOUPLED_AFTER_S and area_id not in self.decoupled:
                self.decoupled.add(area_id)
                counts["decoupled"] += 1
        assert added(self.out(name, at_s) for name in self.areas).withdrawal_max_w <= (
            self.pool.withdrawal_max_w
        ), "capacity was lent twice"

    def out(self, area_id: str, at_s: int) -> PowerLimits:
        """The most an area may still do by anything that was ever said to it or heard from it."""
        lent = [
            PowerLimits(withdrawal_max_w=item.import_max_w, injection_max_w=item.export_max_w)
            for item in self.sent[area_id]
            if item.until_s > at_s
        ]
        report = self.reports.get(area_id)
        if report is not None and report.given_until_s > at_s:
            lent.append(
                PowerLimits(
                    withdrawal_max_w=report.given_import_w, injection_max_w=report.given_export_w
                )
            )
        lent += [
            added(
                widest([floor_of(end), scheduled(self._target_w(end.unit.unit_id, items))])
                for end in self.areas[area_id].units.values()
            )
            for start_s, items in self.setpoints[area_id].items()
            if start_s + WINDOW_S > at_s
        ]
        floor = added(floor_of(end) for end in self.areas[area_id].units.values())
        return widest([floor, *lent])

    @staticmethod
    def _target_w(unit_id: str, items: list[Setpoint]) -> int:
        return next((item.target_w for item in items if item.unit_id == unit_id), 0)

    def lend(self, at_s: int) -> None:
        """Divide the pool anew; who is not heard keeps what it has until that runs out."""
        for area_id in self._chance.sample(sorted(self.areas), len(self.areas)):
            if area_id in self.decoupled:
                continue
            others = added(self.out(name, at_s) for name in self.areas if name != area_id)
            part = self._chance.uniform(0.2, 0.7)
            most_w = max(0, self.pool.withdrawal_max_w - others.withdrawal_max_w)
            given_w = max(0, self.pool.injection_max_w - others.injection_max_w)
            floor = added(floor_of(end) for end in self.areas[area_id].units.values())
            self.sequence += 1
            self.sent[area_id].append(
                AreaLimits(
                    area_id=area_id,
                    from_s=at_s,
                    until_s=at_s + LENT_S,
                    import_max_w=max(
                        floor.withdrawal_max_w,
                        min(most_w, int(part * self.pool.withdrawal_max_w)),
                    ),
                    export_max_w=max(
                        floor.injection_max_w, min(given_w, int(part * self.pool.injection_max_w))
                    ),
                    sequence=self.sequence,
                    epoch=self.epoch,
                )
            )

    def schedule(self, start_s: int) -> None:
        """One schedule for each unit of an area that takes part, inside what the area has for sure."""
        for area_id, area in self.areas.items():
            lent = [item for item in self.sent[area_id] if item.until_s >= start_s + WINDOW_S]
            if area_id in self.decoupled or not lent:
                continue
            floor = added(floor_of(end) for end in area.units.values())
            left_w = [
                min(item.import_max_w for item in lent) - floor.withdrawal_max_w,
                min(item.export_max_w for item in lent) - floor.injection_max_w,
            ]
            self.sequence += 1
            self.setpoints[area_id] = {
                at_s: items
                for at_s, items in self.setpoints[area_id].items()
                if at_s + WINDOW_S > start_s - GATE_S
            }
            self.setpoints[area_id][start_s] = [
                Setpoint(
                    unit_id=end.unit.unit_id,
                    start_s=start_s,
                    until_s=start_s + WINDOW_S,
                    target_w=self._target(end, left_w),
                    fallback_w=0,
                    sequence=self.sequence,
                    epoch=self.epoch,
                )
                for end in area.units.values()
            ]

    def _target(self, end: UnitEnd, left_w: list[int]) -> int:
        target_w = self._chance.randint(-end.unit.withdrawal_max_w, end.unit.injection_max_w)
        side, floor = (
            (0, floor_of(end).withdrawal_max_w)
            if target_w < 0
            else (1, floor_of(end).injection_max_w)
        )
        size_w = min(abs(target_w), floor + max(0, left_w[side]))
        left_w[side] -= max(0, size_w - floor)
        return -size_w if target_w < 0 else size_w

    def words(self, area_id: str, at_s: int) -> list[AreaLimits | Setpoint]:
        """What an area has to know now; said again and again, the same is harmless."""
        return [
            *(item for item in self.sent[area_id][-1:] if item.until_s > at_s),
            *(
                item
                for start_s, items in self.setpoints[area_id].items()
                if start_s + WINDOW_S > at_s
                for item in items
            ),
        ]


class World:
    """Everybody, the links between them, and the cuts."""

    def __init__(
        self, *, units: int, areas: int, cuts: int | list[Cut], seed: int, longest_s: int = DAY_S
    ) -> None:
        self.counts: Counter[str] = Counter()
        chance = random.Random(f"{seed}:world")
        self.ends = [unit_end(f"u{number}", number, seed) for number in range(units)]
        self.areas = [AreaEnd(f"A{n}", self.ends[n::areas]) for n in range(areas)]
        floors = added(floor_of(end) for end in self.ends)
        nameplates_w = sum(end.unit.withdrawal_max_w for end in self.ends)
        self.pool = PowerLimits(
            withdrawal_max_w=floors.withdrawal_max_w + nameplates_w // 3,
            injection_max_w=floors.injection_max_w
            + sum(end.unit.injection_max_w for end in self.ends) // 3,
        )
        self.market = MarketEnd(self.areas, self.pool, seed)
        self.cuts = (
            [self._placed(self._cut(chance, longest_s)) for _ in range(cuts)]
            if isinstance(cuts, int)
            else [self._placed(cut) for cut in cuts]
        )
        self.until_s = max((cut.until_s for cut in self.cuts), default=T0_S) + 2 * WINDOW_S
        self.restarts_s = {
            T0_S + chance.randrange(0, self.until_s - T0_S, LOOK_S): chance.choice(self.areas)
            for _ in range(cuts // 10 if isinstance(cuts, int) else 0)
        }
        self._fine = self._edges()

    def _cut(self, chance: random.Random, longest_s: int) -> Cut:
        duration_s = int(longest_s ** chance.random())
        from_s = T0_S + STEP_S * chance.randrange(WINDOW_S // STEP_S, 2 * 3_600 // STEP_S)
        down, up = chance.choice([(True, True), (True, False), (False, True)])
        where = chance.random()
        area = chance.choice(self.areas)
        end = chance.choice(self.ends)
        name = f"unit {end.unit.unit_id}"
        if where < 0.5:
            name = f"{'market' if where < 0.4 else 'radio'} {area.area_id}"
        return Cut(name, down, up, from_s, from_s + max(1, duration_s))

    def _placed(self, cut: Cut) -> Cut:
        kind, name = cut.link.split()
        if kind == "unit":
            link = next(end.link for end in self.ends if end.unit.unit_id == name)
        else:
            area = next(area for area in self.areas if area.area_id == name)
            link = area.link if kind == "market" else area.radio
        link.cuts.append(cut)
        return cut

    def _edges(self) -> dict[int, set[str]]:
        """At which ticks who has to look: around the edges of what is cut."""
        fine: dict[int, set[str]] = defaultdict(set)
        for cut in self.cuts:
            kind, name = cut.link.split()
            for edge_s, after_s in ((cut.from_s, 150), (cut.until_s, 300)):
                for at_s in range(edge_s - 2 * STEP_S, edge_s + after_s, STEP_S):
                    tick_s = at_s - at_s % STEP_S
                    fine[tick_s].add(name)
                    if kind == "unit":
                        fine[tick_s].add(self._area_of(name).area_id + " only")
        return fine

    def _area_of(self, unit_id: str) -> AreaEnd:
        return next(area for area in self.areas if unit_id in area.units)

    def run(self) -> Counter[str]:
        """Live through all of it."""
        for at_s in range(T0_S - WINDOW_S, self.until_s, STEP_S):
            look = at_s % LOOK_S == 0
            who = self._fine.get(at_s, set())
            if not look and not who:
                continue
            self._market(at_s)
            for area in self.areas:
                whole = look or area.area_id in who
                units = [end for name, end in area.units.items() if whole or name in who]
                if whole or units or f"{area.area_id} only" in who:
                    self._area(area, at_s)
                for end in units:
                    end.step(at_s, self.counts)
                if look:
                    area.must_hold(at_s)
        for end in self.ends:
            for said in end.schedules.values():
                assert len(said) == 1, "two schedules for one interval"
        self.counts["links that lost something"] = sum(
            link.lost > 0
            for link in [
                *(a.link for a in self.areas),
                *(a.radio for a in self.areas),
                *(e.link for e in self.ends),
            ]
        )
        return self.counts

    def _market(self, at_s: int) -> None:
        self.market.look(at_s, self.counts)
        if at_s % WINDOW_S == WINDOW_S - GATE_S:
            self.market.schedule(at_s + GATE_S)
        if at_s % GATE_S == 0:
            self.market.lend(at_s)

    def _area(self, area: AreaEnd, at_s: int) -> None:
        restarted = self.restarts_s.pop(at_s, None)
        if restarted is not None:
            self.counts["restarts"] += 1
            restarted.restart(at_s)
        now = moment_of(at_s)
        if area.link.carries(at_s, down=True):
            knows = area.area_id not in self.market.decoupled
            area.reach.beat(self.market.epoch, now, knows=knows)
            for word in self.market.words(area.area_id, at_s):
                if isinstance(word, AreaLimits):
                    area.confirm(word, at_s)
                else:
                    area.schedule(word, at_s)
        for message in area.step(at_s, self.counts):
            if not area.link.carries(at_s, down=False):
                continue
            taken = self.market.hear(area.area_id, message, at_s)
            if taken is not None and area.link.carries(at_s, down=True):
                area.reach.taken_report(taken, now)


# --- small things -------------------------------------------------------------------------


def moment_of(at_s: int) -> Moment:
    return Moment(market_s=at_s, real_ms=(at_s - T0_S) * 1_000 + 10_000_000)


def inside(power_w: int, limits: PowerLimits) -> bool:
    return -limits.withdrawal_max_w <= power_w <= limits.injection_max_w


def limits_of(limit: UnitLimit) -> PowerLimits:
    return PowerLimits(
        withdrawal_max_w=limit.withdrawal_max_w, injection_max_w=limit.injection_max_w
    )


def scheduled(target_w: int) -> PowerLimits:
    return PowerLimits(withdrawal_max_w=max(0, -target_w), injection_max_w=max(0, target_w))


def is_essential(unit: Unit) -> bool:
    return not unit.controllable and unit.injection_max_w == 0


def failsafe_of(unit: Unit, local: LocalSettings) -> PowerLimits:
    return PowerLimits(
        withdrawal_max_w=min(unit.withdrawal_max_w, local.failsafe_withdrawal_max_w or 0),
        injection_max_w=min(unit.injection_max_w, local.failsafe_injection_max_w or 0),
    )


def floor_of(end: UnitEnd) -> PowerLimits:
    if is_essential(end.unit):
        return PowerLimits(
            withdrawal_max_w=end.unit.withdrawal_max_w, injection_max_w=end.unit.injection_max_w
        )
    return end.failsafe


def unit_end(unit_id: str, number: int, seed: int) -> UnitEnd:
    """A roof, a battery, a heat pump or a load in turn."""
    power_w = 4_000 + 500 * (number % 9)
    kind, injection_w, withdrawal_w = (
        (UnitKind.SOLAR, power_w, 0),
        (UnitKind.STORAGE, power_w, power_w),
        (UnitKind.HEAT_PUMP, 0, power_w),
        (UnitKind.LOAD, 0, 2_000),
    )[number % 4]
    storage = StorageData(
        capacity_wh=CAPACITY_WH,
        start_wh=CAPACITY_WH // 2,
        efficiency_charge_ppm=950_000,
        efficiency_discharge_ppm=950_000,
    )
    unit = Unit(
        unit_id=unit_id,
        participant_id="ann",
        area_id="A",
        kind=kind,
        injection_max_w=injection_w,
        withdrawal_max_w=withdrawal_w,
        controllable=kind is not UnitKind.LOAD,
        storage=storage if kind is UnitKind.STORAGE else None,
    )
    local = LocalSettings(
        failsafe_withdrawal_max_w=800 if kind is UnitKind.HEAT_PUMP else 0,
        failsafe_injection_max_w=500 if kind is UnitKind.SOLAR else 0,
        reading_gap_max_s=LOOK_S,
    )
    return UnitEnd(unit, local, seed)
