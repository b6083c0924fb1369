"""No certificate is issued, moved, retired or exported twice, whatever is corrected afterwards."""

from typing import Any

import numpy as np
import pytest

from market.certificates.acts import BUNDLE_WH, Export, Lot, Move, Retire
from market.certificates.errors import CertificateError
from market.certificates.issuing import Purpose, Shares
from market.certificates.registry import Registry
from market.certificates.sheets import UseColumns, use_of
from market.model.rejection import Code, Rejection

ANN, BEN, CEM = range(3)
NOON = 1_465_984_800
LATER = NOON + 900
Row = tuple[int, int, Purpose, int]


def column(values: Any) -> Any:  # noqa: ANN401 - an array
    return np.array(values, dtype=np.int64)


def shares_of(*rows: Row) -> Shares:
    """Shares from (unit, holder, purpose, energy)."""
    ordered = sorted(rows)
    return Shares(
        unit=column([row[0] for row in ordered]),
        holder=column([row[1] for row in ordered]),
        purpose=column([int(row[2]) for row in ordered]),
        energy_wh=column([row[3] for row in ordered]),
    )


def use(**energies_wh: int) -> UseColumns:
    """What participants used, by name."""
    numbers = {"ann": ANN, "ben": BEN, "cem": CEM}
    of = sorted((numbers[name], energy_wh) for name, energy_wh in energies_wh.items())
    return UseColumns(
        participant=column([who for who, _ in of]), energy_wh=column([wh for _, wh in of])
    )


def settle(
    registry: Registry, *rows: Row, start_s: int = NOON, version: int = 1, **used_wh: int
) -> Shares | Rejection:
    return registry.settle(
        start_s=start_s, version=version, shares=shares_of(*rows), use=use(**used_wh)
    )


def changed(change: Shares | Rejection) -> list[Row]:
    assert isinstance(change, Shares)
    found = (change.unit, change.holder, change.purpose, change.energy_wh)
    return [
        (unit, holder, Purpose(purpose), energy_wh)
        for unit, holder, purpose, energy_wh in zip(*(each.tolist() for each in found), strict=True)
    ]


def code(answer: object) -> Code:
    assert isinstance(answer, Rejection)
    return answer.code


def held(unit: int, holder: int, energy_wh: int) -> Row:
    return unit, holder, Purpose.HELD, energy_wh


def move(reference: str, energy_wh: int, giver: int = ANN, receiver: int = BEN) -> Move:
    return Move(
        reference=reference,
        lot=Lot(NOON, 0),
        giver=giver,
        receiver=receiver,
        energy_wh=energy_wh,
    )


# --- settlement -----------------------------------------------------------------------------


def test_the_same_settlement_again_issues_nothing() -> None:
    registry = Registry()

    assert changed(settle(registry, held(0, ANN, 9))) == [held(0, ANN, 9)]
    assert changed(settle(registry, held(0, ANN, 9))) == []
    assert registry.totals().issued_wh == 9


def test_a_version_says_one_thing_only_and_is_not_overtaken() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9), version=2)

    assert code(settle(registry, held(0, ANN, 8), version=2)) is Code.EXISTS_WITH_DIFFERENT_FIELDS
    assert code(settle(registry, held(0, ANN, 8), version=1)) is Code.REVISION_MISMATCH
    assert registry.totals().issued_wh == 9


def test_a_correction_is_booked_as_the_difference() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9), (0, BEN, Purpose.USED, 5), held(1, CEM, 4), ben=5)

    change = settle(registry, held(0, ANN, 6), (0, BEN, Purpose.USED, 7), version=2, ben=7)

    assert changed(change) == [
        held(0, ANN, -3),
        (0, BEN, Purpose.USED, 2),
        held(1, CEM, -4),
    ]
    assert registry.free_wh(CEM) == 0
    assert registry.totals().holds()


def test_certificates_are_never_retired_for_more_than_was_used() -> None:
    with pytest.raises(CertificateError, match="more than was used"):
        settle(Registry(), (0, BEN, Purpose.USED, 5), ben=4)
    with pytest.raises(CertificateError, match="used nothing"):
        settle(Registry(), (0, BEN, Purpose.OWN_USE, 5), ann=9)
    with pytest.raises(CertificateError, match="twice"):
        settle(Registry(), held(0, ANN, 1), held(0, ANN, 2))


def test_use_is_the_withdrawal_of_every_unit_by_its_own_meter() -> None:
    found = use_of(owner=column([CEM, ANN, ANN, BEN]), metered_wh=column([-3, -4, 6, 2]))

    assert found.participant.tolist() == [ANN, CEM]
    assert found.energy_wh.tolist() == [4, 3]


# --- acts -----------------------------------------------------------------------------------


def test_moved_once_however_often_it_is_said() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))

    assert registry.move(move("m1", 5)) is None
    assert registry.move(move("m1", 5)) is None
    assert registry.held_wh(Lot(NOON, 0), ANN) == 4
    assert registry.held_wh(Lot(NOON, 0), BEN) == 5
    assert code(registry.move(move("m1", 4))) is Code.EXISTS_WITH_DIFFERENT_FIELDS


def test_nobody_gives_what_it_does_not_have() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))
    registry.move(move("m1", 5))

    fault = registry.move(move("m2", 5))
    assert fault is not None
    assert (fault.code, fault.parameters) == (Code.VOLUME_MAX, {"energy_kwh_max": "0.004"})
    assert code(registry.move(move("m3", 0))) is Code.FIELD_RANGE
    assert code(registry.move(move("m4", 1, receiver=ANN))) is Code.FIELD_RANGE


def test_nobody_gives_of_one_lot_what_it_has_of_another() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 3), held(1, ANN, 9))

    assert code(registry.move(move("m1", 4))) is Code.VOLUME_MAX


def test_own_use_and_what_came_with_energy_is_not_tradable() -> None:
    registry = Registry()
    settle(registry, (0, ANN, Purpose.OWN_USE, 9), (1, ANN, Purpose.USED, 9), ann=20)

    assert code(registry.move(move("m1", 1))) is Code.VOLUME_MAX
    assert registry.export(Export(reference="e1", holder=ANN)) == ()


def test_retired_for_use_of_the_same_interval_only_as_far_as_it_is_not_green_yet() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 20), (1, ANN, Purpose.USED, 4), ann=10)
    lot = Lot(NOON, 0)

    too_much = registry.retire(Retire(reference="r1", lot=lot, holder=ANN, energy_wh=7))
    enough = registry.retire(Retire(reference="r2", lot=lot, holder=ANN, energy_wh=6))

    assert code(too_much) is Code.VOLUME_MAX
    assert enough is None
    assert registry.green_wh(NOON, ANN) == 10
    assert registry.retired_later_wh(lot, ANN) == 6
    assert registry.held_wh(lot, ANN) == 14


def test_bundles_are_whole_mwh_oldest_first_and_the_rest_is_carried() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 700_000), start_s=LATER)
    settle(registry, held(3, ANN, 800_000))

    (bundle,) = registry.export(Export(reference="e1", holder=ANN))  # type: ignore[misc]

    assert bundle.number == 1
    assert bundle.parts == ((Lot(NOON, 3), 800_000), (Lot(LATER, 0), 200_000))
    assert registry.holding(ANN) == {Lot(LATER, 0): 500_000}
    assert registry.export(Export(reference="e1", holder=ANN)) == (bundle,)
    assert registry.export(Export(reference="e2", holder=ANN)) == ()

    settle(registry, held(0, ANN, 500_000), start_s=LATER + 900)
    (second,) = registry.export(Export(reference="e3", holder=ANN))  # type: ignore[misc]
    assert second.parts == ((Lot(LATER, 0), 500_000), (Lot(LATER + 900, 0), 500_000))


# --- corrections after acts -----------------------------------------------------------------


def test_who_has_given_away_more_than_there_is_now_owes_it_and_gives_no_more() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))
    registry.move(move("m1", 7))
    settle(registry, held(0, ANN, 5), version=2)
    settle(registry, held(0, ANN, 10), start_s=LATER)

    # The reading was 4 too high; 2 of those had gone to Ben, who keeps them.
    assert registry.held_wh(Lot(NOON, 0), ANN) == 0
    assert registry.held_wh(Lot(NOON, 0), BEN) == 7
    assert registry.owed_wh(ANN) == 2
    assert registry.free_wh(ANN) == 8
    later = Move(reference="m2", lot=Lot(LATER, 0), giver=ANN, receiver=CEM, energy_wh=9)
    assert code(registry.move(later)) is Code.VOLUME_MAX
    assert registry.totals().holds()


def test_what_was_owed_is_gone_when_the_reading_goes_up_again() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))
    registry.move(move("m1", 9))
    settle(registry, version=2)
    settle(registry, held(0, ANN, 11), version=3)

    assert registry.owed_wh(ANN) == 0
    assert registry.held_wh(Lot(NOON, 0), ANN) == 2


def test_what_was_exported_is_not_exported_again_after_a_correction() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, BUNDLE_WH))
    registry.export(Export(reference="e1", holder=ANN))
    settle(registry, version=2)
    settle(registry, held(0, ANN, BUNDLE_WH), start_s=LATER)

    assert registry.export(Export(reference="e2", holder=ANN)) == ()
    assert registry.owed_wh(ANN) == BUNDLE_WH
