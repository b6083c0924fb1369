"""Settlements, corrections and acts in any order: every Wh is somewhere, and only once."""

from collections import Counter

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from market.certificates.acts import BUNDLE_WH, Export, Lot, Move, Retire
from market.certificates.issuing import Purpose
from market.certificates.registry import Registry
from market.certificates.sheets import UseColumns
from market.model.rejection import Code, Rejection
from tests.market.certificates.test_registry import (
    LATER,
    NOON,
    changed,
    code,
    column,
    settle,
    shares_of,
)

UNITS, PEOPLE, STARTS = 3, 3, (NOON, LATER)


class Certificates(RuleBasedStateMachine):
    """Settlements, corrections and acts in any order, beside a plain count of every Wh."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = Registry()
        self.version = dict.fromkeys(STARTS, 0)
        self.settled: dict[int, dict[tuple[int, int, Purpose], int]] = {s: {} for s in STARTS}
        self.booked: dict[int, Counter[tuple[int, int, Purpose]]] = {s: Counter() for s in STARTS}
        self.given: Counter[tuple[Lot, int]] = Counter()
        """What left a holder's lot by acts, less what came in."""
        self.retired: Counter[tuple[Lot, int]] = Counter()
        self.acts: list[Move | Retire | Export] = []
        self.bundles = 0

    @rule(
        start_s=st.sampled_from(STARTS),
        rows=st.dictionaries(
            st.tuples(
                st.integers(0, UNITS - 1), st.integers(0, PEOPLE - 1), st.sampled_from(Purpose)
            ),
            st.integers(1, 900_000),
            max_size=7,
        ),
        spare=st.integers(0, 600_000),
    )
    def settle(self, start_s: int, rows: dict[tuple[int, int, Purpose], int], spare: int) -> None:
        self.version[start_s] += 1
        spent = [
            sum(wh for (_, who, why), wh in rows.items() if who == p and why != Purpose.HELD)
            for p in range(PEOPLE)
        ]
        used = UseColumns(
            participant=np.arange(PEOPLE), energy_wh=column([wh + spare + 1 for wh in spent])
        )
        wanted = shares_of(*((*key, wh) for key, wh in rows.items()))
        for again in range(2):
            change = self.registry.settle(
                start_s=start_s, version=self.version[start_s], shares=wanted, use=used
            )
            for unit, holder, purpose, energy_wh in changed(change):
                assert again == 0
                self.booked[start_s][unit, holder, purpose] += energy_wh
        self.settled[start_s] = rows

    @rule(start_s=st.sampled_from(STARTS))
    def settle_an_old_version(self, start_s: int) -> None:
        if self.version[start_s] > 1:
            answer = settle(self.registry, start_s=start_s, version=self.version[start_s] - 1)
            assert code(answer) is Code.REVISION_MISMATCH

    def lot_balance(self, lot: Lot, holder: int) -> int:
        share = self.settled[lot.start_s].get((lot.unit, holder, Purpose.HELD), 0)
        return share - self.given[lot, holder]

    def free(self, holder: int) -> int:
        lots = [Lot(start_s, unit) for start_s in STARTS for unit in range(UNITS)]
        return sum(self.lot_balance(lot, holder) for lot in lots)

    def may_give(self, lot: Lot, holder: int) -> int:
        return max(0, min(self.lot_balance(lot, holder), self.free(holder)))

    @rule(
        lot=st.builds(Lot, st.sampled_from(STARTS), st.integers(0, UNITS - 1)),
        giver=st.integers(0, PEOPLE - 1),
        receiver=st.integers(0, PEOPLE - 1),
        energy_wh=st.integers(1, 900_000),
        all_of_it=st.booleans(),
    )
    def move(self, lot: Lot, giver: int, receiver: int, energy_wh: int, *, all_of_it: bool) -> None:
        may_wh = self.may_give(lot, giver)
        energy_wh = max(1, may_wh) if all_of_it else energy_wh
        act = Move(
            reference=f"a{len(self.acts)}",
            lot=lot,
            giver=giver,
            receiver=receiver,
            energy_wh=energy_wh,
        )
        refused = self.registry.move(act) is not None
        assert refused is (energy_wh > may_wh or giver == receiver)
        if not refused:
            self.given[lot, giver] += energy_wh
            self.given[lot, receiver] -= energy_wh
            self.acts.append(act)

    @rule(
        lot=st.builds(Lot, st.sampled_from(STARTS), st.integers(0, UNITS - 1)),
        holder=st.integers(0, PEOPLE - 1),
        energy_wh=st.integers(1, 600_000),
    )
    def retire(self, lot: Lot, holder: int, energy_wh: int) -> None:
        green_before = self.registry.green_wh(lot.start_s, holder)
        open_wh = self.registry.used_wh(lot.start_s, holder) - green_before
        act = Retire(reference=f"a{len(self.acts)}", lot=lot, holder=holder, energy_wh=energy_wh)
        refused = self.registry.retire(act) is not None
        assert refused is (energy_wh > self.may_give(lot, holder) or energy_wh > open_wh)
        if not refused:
            self.given[lot, holder] += energy_wh
            self.retired[lot, holder] += energy_wh
            self.acts.append(act)

    @rule(holder=st.integers(0, PEOPLE - 1))
    def export(self, holder: int) -> None:
        before = self.free(holder)
        act = Export(reference=f"a{len(self.acts)}", holder=holder)
        bundles = self.registry.export(act)
        assert not isinstance(bundles, Rejection)
        assert len(bundles) == max(0, before) // BUNDLE_WH
        for bundle in bundles:
            self.bundles += 1
            assert bundle.number == self.bundles
            assert sum(energy_wh for _, energy_wh in bundle.parts) == BUNDLE_WH
            for lot, energy_wh in bundle.parts:
                assert 0 < energy_wh <= self.lot_balance(lot, holder)
                self.given[lot, holder] += energy_wh
        self.acts.append(act)

    @precondition(lambda self: self.acts)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        before = self.registry.totals()
        act = data.draw(st.sampled_from(self.acts))
        match act:
            case Move():
                assert self.registry.move(act) is None
            case Retire():
                assert self.registry.retire(act) is None
            case Export():
                assert not isinstance(self.registry.export(act), Rejection)
        assert self.registry.totals() == before

    @invariant()
    def what_was_booked_adds_up_to_what_was_settled(self) -> None:
        for start_s in STARTS:
            assert +self.booked[start_s] == Counter(self.settled[start_s])

    @invariant()
    def every_holding_is_what_the_count_says(self) -> None:
        for holder in range(PEOPLE):
            lots = [Lot(start_s, unit) for start_s in STARTS for unit in range(UNITS)]
            balances = {lot: self.lot_balance(lot, holder) for lot in lots}
            held_wh = {lot: wh for lot, wh in balances.items() if wh > 0}
            assert self.registry.holding(holder) == held_wh
            assert self.registry.owed_wh(holder) == -sum(min(0, wh) for wh in balances.values())
            assert self.registry.free_wh(holder) == max(0, sum(balances.values()))

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        totals = self.registry.totals()
        assert totals.holds()
        settled = sum(sum(rows.values()) for rows in self.settled.values())
        assert totals.issued_wh == settled
        assert totals.retired_wh == self.retired.total()
        assert totals.exported_wh == BUNDLE_WH * self.bundles
        assert min(totals.held_wh, totals.owed_wh) >= 0

    @invariant()
    def nobody_is_greener_than_green(self) -> None:
        for start_s in STARTS:
            for holder in range(PEOPLE):
                used_wh = self.registry.used_wh(start_s, holder)
                assert 0 <= self.registry.green_wh(start_s, holder) <= used_wh


TestCertificates = Certificates.TestCase
TestCertificates.settings = settings(stateful_step_count=30, max_examples=40, deadline=None)
