"""Versions of a day and acts in any order, restarts between them: every Wh is somewhere, and only once."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from market.certificates.sheets import difference
from market.engine.engine import Engine
from market.model.certificate import (
    BUNDLE_WH,
    Bundle,
    CertificateCommand,
    CertificatesExported,
    ExportCertificates,
    IssuedCertificates,
    Lot,
    LotPart,
    LotsRead,
    RetireCertificates,
)
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.engine.certifying import (
    again,
    export,
    faults,
    issued,
    move,
    over,
    read,
    retire,
    settles,
)

PEOPLE = ("ann", "ben", "retailer")
LOTS = tuple(
    Lot(start_s=MIDNIGHT_S + place * STEP_S, unit_id=unit_id)
    for place in range(2)
    for unit_id in ("ann-solar", "ben-load")
)
ENERGIES = st.integers(1, 900_000)
SHEETS = st.dictionaries(
    st.tuples(st.sampled_from(LOTS), st.sampled_from(PEOPLE)), ENERGIES, max_size=7
)
"""What a version puts into accounts."""


class Certificates(RuleBasedStateMachine):
    """The engine beside a plain count of every Wh."""

    @initialize()
    def open(self) -> None:
        self.story = over()
        self.stands = issued()
        self.kept: dict[tuple[Lot, str], int] = {}
        self.given: Counter[tuple[Lot, str]] = Counter()
        """What left a holder's lot by acts, less what came in."""
        self.used: Counter[tuple[int, str]] = Counter()
        """What is open to be retired for, by interval."""
        self.done: list[CertificateCommand] = []
        self.old: list[CertificateCommand] = []
        """Acts that were refused as too old, or were made before something else happened."""

    # --- what a reader finds --------------------------------------------------------------

    def balance(self, lot: Lot, holder: str) -> int:
        return self.kept.get((lot, holder), 0) - self.given[lot, holder]

    def free(self, holder: str) -> int:
        return sum(self.balance(lot, holder) for lot in LOTS)

    def may_give(self, lot: Lot, holder: str) -> int:
        return max(0, min(self.balance(lot, holder), self.free(holder)))

    def read(self, holder: str, *lots: Lot) -> LotsRead:
        balances = {lot: self.balance(lot, holder) for lot in lots}
        open_wh = {lot.start_s: max(0, self.used[lot.start_s, holder]) for lot in lots}
        return read(self.story, holder, balances, open_wh)

    def held(self, holder: str) -> LotsRead:
        return self.read(holder, *(lot for lot in sorted(LOTS) if self.balance(lot, holder) > 0))

    # --- versions -------------------------------------------------------------------------

    @rule(sheet=SHEETS, own_use_wh=ENERGIES, used_wh=ENERGIES, use_wh=st.integers(0, 600_000))
    def settle(
        self, sheet: dict[tuple[Lot, str], int], own_use_wh: int, used_wh: int, use_wh: int
    ) -> None:
        held_wh: Counter[str] = Counter()
        for (_, holder), energy_wh in sheet.items():
            held_wh[holder] += energy_wh
        version: IssuedCertificates = issued(own_use_wh, used_wh, held_wh)
        settles(self.story, difference(self.stands, version))
        self.stands, self.kept = version, sheet
        for holder in PEOPLE:
            for lot in LOTS:
                self.used[lot.start_s, holder] = use_wh

    # --- acts -----------------------------------------------------------------------------

    @rule(
        lot=st.sampled_from(LOTS),
        giver=st.sampled_from(PEOPLE),
        receiver=st.sampled_from(PEOPLE),
        energy_wh=ENERGIES,
        all_of_it=st.booleans(),
    )
    def move(self, lot: Lot, giver: str, receiver: str, energy_wh: int, *, all_of_it: bool) -> None:
        may_wh = self.may_give(lot, giver)
        energy_wh = max(1, may_wh) if all_of_it else energy_wh
        act = move(
            f"a{len(self.done)}", self.read(giver, lot), energy_wh, giver=giver, receiver=receiver
        )
        self.old.append(act)
        refused = bool(faults(self.story.does(act)))
        assert refused is (energy_wh > may_wh or giver == receiver)
        if not refused:
            self.given[lot, giver] += energy_wh
            self.given[lot, receiver] -= energy_wh
            self.done.append(act)

    @rule(lot=st.sampled_from(LOTS), holder=st.sampled_from(PEOPLE), energy_wh=ENERGIES)
    def retire(self, lot: Lot, holder: str, energy_wh: int) -> None:
        open_wh = max(0, self.used[lot.start_s, holder])
        act = retire(f"a{len(self.done)}", self.read(holder, lot), energy_wh, holder=holder)
        self.old.append(act)
        refused = bool(faults(self.story.does(act)))
        assert refused is (energy_wh > self.may_give(lot, holder) or energy_wh > open_wh)
        if not refused:
            self.given[lot, holder] += energy_wh
            self.used[lot.start_s, holder] -= energy_wh
            self.done.append(act)

    @rule(holder=st.sampled_from(PEOPLE), most=st.none() | st.integers(0, 2))
    def export(self, holder: str, most: int | None) -> None:
        count = max(0, self.free(holder)) // BUNDLE_WH
        act = export(f"a{len(self.done)}", self.held(holder), holder=holder, bundles_max=most)
        assert faults(self.story.does(act)) == []
        event = self.story.events[-1]
        assert isinstance(event, CertificatesExported)
        assert len(event.bundles) == (count if most is None else min(count, most))
        for bundle in event.bundles:
            self.leave(holder, bundle)
        self.done.append(act)

    def leave(self, holder: str, bundle: Bundle) -> None:
        assert sum(part.energy_wh for part in bundle.parts) == BUNDLE_WH
        assert list(bundle.parts) == sorted(bundle.parts, key=_oldest)
        for part in bundle.parts:
            assert 0 < part.energy_wh <= self.balance(part.lot, holder)
            self.given[part.lot, holder] += part.energy_wh

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        act = data.draw(st.sampled_from(self.done))
        before = self.story.engine.snapshot()
        for command in (act, again(act, self.held(act.participant_id))):
            assert faults(self.story.does(command)) == []
        assert self.story.engine.snapshot() == before

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def decide_on_what_was_read_long_ago(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.old))
        if old in self.done:
            return
        state = self.story.engine.state
        acts = state.certificates.acts.get(old.participant_id, 0)
        if (acts, self.held(old.participant_id).versions) != (old.read.acts, old.read.versions):
            before = self.story.engine.snapshot()
            assert faults(self.story.does(old))
            assert self.story.engine.snapshot() == before

    @rule()
    def restart(self) -> None:
        """From a snapshot, and from the facts alone: the same state."""
        written = self.story.engine.snapshot()
        follower = Engine()
        for event in self.story.events:
            follower.apply(event)
        assert follower.snapshot() == written
        self.story.engine.restore(written)
        assert self.story.engine.snapshot() == written

    # --- laws -----------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        registry = self.story.engine.state.certificates
        balances = [self.balance(lot, holder) for lot in LOTS for holder in PEOPLE]
        held_wh = sum(max(0, each) for each in balances)
        owed_wh = -sum(min(0, each) for each in balances)
        gone_wh = registry.retired_wh + registry.exported_wh
        assert registry.issued_wh == self.stands.issued_wh
        assert (
            registry.issued_wh
            == registry.own_use_wh + registry.used_wh + held_wh - owed_wh + gone_wh
        )
        retired = [act for act in self.done if isinstance(act, RetireCertificates)]
        assert registry.retired_wh == sum(map(_energy, retired))
        exported = [event for event in self.story.events if isinstance(event, CertificatesExported)]
        assert registry.bundles == sum(len(event.bundles) for event in exported)
        assert len(exported) == sum(isinstance(act, ExportCertificates) for act in self.done)

    @invariant()
    def what_is_free_is_what_the_count_says(self) -> None:
        registry = self.story.engine.state.certificates
        for holder in PEOPLE:
            assert registry.free_wh(holder) == max(0, self.free(holder))


def _oldest(part: LotPart) -> Lot:
    return part.lot


def _energy(act: RetireCertificates) -> int:
    return sum(part.energy_wh for part in act.parts)


TestCertificates = Certificates.TestCase
TestCertificates.settings = settings(stateful_step_count=25, max_examples=20, deadline=None)
