"""Areas inside areas in virtual time: the market, an area, the areas in it, their units, and cuts between any two.

It is the world of `partitions.py` with more levels: the same market and the same units, and the same
`AreaReach` at every level between them.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Final

from market.control.leases import added
from market.control.reach import AreaReach, Inside
from market.model.power import PowerLimits, Setpoint
from market.model.reach import (
    AreaLimits,
    AreaReport,
    Beat,
    GridBeat,
    LimitsHeld,
    MarketBeat,
    ReportTaken,
    ToMember,
)
from tests.market.control.partitions import (
    DAY_S,
    GATE_S,
    LOOK_S,
    STEP_S,
    T0_S,
    WINDOW_S,
    AreaEnd,
    Cut,
    Link,
    MarketEnd,
    UnitEnd,
    floor_of,
    moment_of,
    unit_end,
)

Up = tuple[AreaReport | LimitsHeld, "NestedEnd"]
FINE_S: Final = 180


class NestedEnd(AreaEnd):
    """An area's level with areas inside; the link upward is to the area around it, or to the market."""

    def __init__(self, area_id: str, units: list[UnitEnd], inner: list["NestedEnd"]) -> None:
        super().__init__(area_id, units)
        self.inner = {area.area_id: area for area in inner}
        self.own = self.units
        # The market speaks of all units, at any depth.
        self.units = {**self.own, **{n: end for area in inner for n, end in area.units.items()}}
        self.reach = AreaReach(
            area_id, self.members, moment_of(T0_S - WINDOW_S), inside=self.inside()
        )

    def inside(self) -> Iterator[Inside]:
        for area in self.inner.values():
            connection = added(floor_of(end) for end in area.units.values())
            yield Inside(area_id=area.area_id, parent=self.area_id, connection=connection)
            yield from area.inside()

    def every(self) -> Iterator["NestedEnd"]:
        yield self
        for area in self.inner.values():
            yield from area.every()

    def restart(self, at_s: int) -> None:
        self.reach = AreaReach(
            self.area_id,
            self.members,
            moment_of(at_s),
            inside=self.inside(),
            memory=self.reach.memory(),
        )

    def live(self, at_s: int, counts: Counter[str]) -> list[Up]:
        """One step of this area, of all in it, and what goes up from it."""
        before = self.reach.standing
        output = self.reach.step(moment_of(at_s))
        counts["alone"] += output.standing.value == "alone" != before.value
        hear_market = {name for name, word in output.down if isinstance(word, MarketBeat)}
        for name, word in output.down:
            if name in self.own:
                self._to_unit(self.own[name], word, at_s, counts)
            else:
                self._to_area(self.inner[name], word, at_s, counts, market=name in hear_market)
        said: list[Up] = [(word, self) for word in output.up if not isinstance(word, Beat)]
        for area in self.inner.values():
            for word, sender in area.live(at_s, counts):
                said += self._from_area(area, word, sender, at_s, counts)
        for end in self.own.values():
            end.step(at_s, counts)
        return said

    def _to_unit(self, end: UnitEnd, word: ToMember, at_s: int, counts: Counter[str]) -> None:
        assert not isinstance(word, AreaLimits)
        if not (end.link.carries(at_s, down=True) and self.radio.carries(at_s, down=True)):
            counts["lost down"] += 1
            return
        taken = end.hear(word, at_s)
        if not (end.link.carries(at_s, down=False) and self.radio.carries(at_s, down=False)):
            counts["lost up"] += 1
        elif taken and isinstance(word, Setpoint):
            self.reach.setpoint_taken(word.unit_id, word.epoch, word.sequence)
        elif taken and not isinstance(word, MarketBeat | GridBeat):
            self.reach.lease_taken(word.unit_id, word.epoch, word.sequence)

    def _to_area(
        self, area: "NestedEnd", word: ToMember, at_s: int, counts: Counter[str], *, market: bool
    ) -> None:
        if not area.link.carries(at_s, down=True):
            counts["lost to an area"] += 1
            return
        now = moment_of(at_s)
        match word:
            case GridBeat():
                area.reach.beat(word.epoch, now, market=market)
            case AreaLimits():
                area.confirm(word, at_s)
            case Setpoint():
                area.schedule(word, at_s)
                is_taken = area.scheduled[word.start_s].get(word.unit_id) == word
                if is_taken and area.link.carries(at_s, down=False):
                    self.reach.setpoint_taken(word.unit_id, word.epoch, word.sequence)

    def _from_area(
        self, area: "NestedEnd", word: AreaReport | LimitsHeld, sender: "NestedEnd", at_s: int,
        counts: Counter[str],
    ) -> list[Up]:  # fmt: skip
        if not area.link.carries(at_s, down=False):
            counts["lost from an area"] += 1
            return []
        if isinstance(word, LimitsHeld):
            self.reach.limits_held(word)
            return []
        taken = self.reach.report_below(word, sender.members)
        if sender is area and taken is not None and area.link.carries(at_s, down=True):
            counts["reports taken"] += 1
            area.reach.taken_report(taken, moment_of(at_s))
        return [(word, sender)]

    # --- what must hold -------------------------------------------------------------------

    def must_hold(self, at_s: int) -> None:
        """Every area inside has no more than it was lent here, by whatever was lost."""
        super().must_hold(at_s)
        for area in self.inner.values():
            area.must_keep(self.lent_to(area, at_s), at_s)

    def lent_to(self, area: "NestedEnd", at_s: int) -> PowerLimits:
        """What an area inside has; of one that was never heard, what its units have without anybody."""
        if self.reach.is_below(area.area_id):
            return self.reach.lent_to(area.area_id, at_s)
        return added(floor_of(end) for end in area.units.values())

    def must_keep(self, lent: PowerLimits, at_s: int) -> None:
        given = self.reach.given(at_s)
        assert given.withdrawal_max_w <= lent.withdrawal_max_w, f"{self.area_id} at {at_s}: given"
        assert given.injection_max_w <= lent.injection_max_w, f"{self.area_id} at {at_s}: given"
        targets_w = [end.target_w for end in self.units.values()]
        assert -sum(min(0, target_w) for target_w in targets_w) <= lent.withdrawal_max_w
        assert sum(max(0, target_w) for target_w in targets_w) <= lent.injection_max_w
        for area in self.inner.values():
            area.must_keep(self.lent_to(area, at_s), at_s)


def tree(ends: list[UnitEnd], depth: int, name: str = "A") -> NestedEnd:
    """An area with a share of the units, and two areas in it with the rest, down to a depth."""
    if depth == 0:
        return NestedEnd(name, ends, [])
    inner = [tree(ends[number::3], depth - 1, f"{name}{number}") for number in (1, 2)]
    area = NestedEnd(name, ends[0::3], inner)
    for below in inner:
        below.reach.under(name)
    return area


class NestedWorld:
    """A market, areas inside areas, and the cuts between them."""

    def __init__(
        self, *, units: int, depth: int = 1, tops: int = 2, cuts: int | list[Cut], seed: int,
        longest_s: int = DAY_S, restarts: int = 0, also: tuple[Cut, ...] = (),
    ) -> None:  # fmt: skip
        self.counts: Counter[str] = Counter()
        chance = random.Random(f"{seed}:nested")
        self.ends = [unit_end(f"u{number}", number, seed) for number in range(units)]
        self.tops = [tree(self.ends[n::tops], depth, f"T{n}") for n in range(tops)]
        self.areas = {area.area_id: area for top in self.tops for area in top.every()}
        floors = added(floor_of(end) for end in self.ends)
        self.pool = PowerLimits(
            withdrawal_max_w=floors.withdrawal_max_w
            + sum(end.unit.withdrawal_max_w for end in self.ends) // 3,
            injection_max_w=floors.injection_max_w
            + sum(end.unit.injection_max_w for end in self.ends) // 3,
        )
        self.market = MarketEnd(list(self.tops), self.pool, seed)
        if isinstance(cuts, int):
            cuts = [*also, *(self._cut(chance, longest_s) for _ in range(cuts))]
        self.cuts = cuts
        for cut in cuts:
            self._link(cut.link).cuts.append(cut)
        self.until_s = max((cut.until_s for cut in cuts), default=T0_S) + 2 * WINDOW_S
        self.restarts_s = {
            T0_S + chance.randrange(0, self.until_s - T0_S, LOOK_S): chance.choice(
                sorted(self.areas)
            )
            for _ in range(restarts)
        }
        self._fine = {
            at_s
            for edge_s in [e for cut in cuts for e in (cut.from_s, cut.until_s)]
            for at_s in range(edge_s - edge_s % STEP_S - STEP_S, edge_s + FINE_S, STEP_S)
        }

    def _link(self, name: str) -> Link:
        kind, of = name.split()
        if kind == "unit":
            return next(end.link for end in self.ends if end.unit.unit_id == of)
        return self.areas[of].radio if kind == "radio" else self.areas[of].link

    def _cut(self, chance: random.Random, longest_s: int) -> Cut:
        from_s = T0_S + STEP_S * chance.randrange(WINDOW_S // STEP_S, 2 * 3_600 // STEP_S)
        down, up = chance.choice([(True, True), (True, False), (False, True)])
        where = chance.random()
        link = f"up {chance.choice(sorted(self.areas))}"
        if where > 0.5:
            link = f"radio {chance.choice(sorted(self.areas))}"
        if where > 0.75:
            link = f"unit {chance.choice(self.ends).unit.unit_id}"
        return Cut(link, down, up, from_s, from_s + max(1, int(longest_s ** chance.random())))

    def run(self) -> Counter[str]:
        """Live through all of it."""
        for at_s in range(T0_S - WINDOW_S, self.until_s, STEP_S):
            look = at_s % LOOK_S == 0
            if not look and at_s not in self._fine:
                continue
            self._market(at_s)
            restarted = self.restarts_s.pop(at_s, None)
            if restarted is not None:
                self.counts["restarts"] += 1
                self.areas[restarted].restart(at_s)
            for top in self.tops:
                self._top(top, at_s)
                top.must_hold(at_s)
        for end in self.ends:
            for said in end.schedules.values():
                assert len(said) == 1, "two schedules for one interval"
        return self.counts

    def _market(self, at_s: int) -> None:
        self.market.look(at_s, self.counts)
        if at_s % WINDOW_S == WINDOW_S - GATE_S:
            self.market.schedule(at_s + GATE_S)
        if at_s % GATE_S == 0:
            self.market.lend(at_s)

    def _top(self, top: NestedEnd, at_s: int) -> None:
        now = moment_of(at_s)
        if top.link.carries(at_s, down=True):
            knows = top.area_id not in self.market.decoupled
            top.reach.beat(self.market.epoch, now, knows=knows)
            for word in self.market.words(top.area_id, at_s):
                if isinstance(word, AreaLimits):
                    top.confirm(word, at_s)
                else:
                    top.schedule(word, at_s)
        said = top.live(at_s, self.counts)
        if not top.link.carries(at_s, down=False):
            return
        self.market.heard_s[top.area_id] = at_s
        for word, sender in said:
            if sender is top and isinstance(word, AreaReport):
                taken = self.market.hear(top.area_id, word, at_s)
                if isinstance(taken, ReportTaken) and top.link.carries(at_s, down=True):
                    top.reach.taken_report(taken, now)
