"""A statement says of every Wh from which unit and when; a share says of how much use."""

import pytest

from market.certificates.issuing import Purpose
from market.certificates.statement import (
    GreenShare,
    LotAct,
    StatementLine,
    merged_areas,
    statement,
)
from market.model.certificate import CertificateAct, Lot

NOON_S = 1_465_984_800
ROOF = Lot(start_s=NOON_S, unit_id="roof")
MILL = Lot(start_s=NOON_S + 900, unit_id="mill")


def line(lot: Lot, **energies_wh: int) -> StatementLine:
    names = ("own_use", "used", "kept", "received", "given", "retired", "exported")
    nothing = {f"{name}_wh": 0 for name in names}
    return StatementLine(lot=lot, **{**nothing, **energies_wh})


def act(kind: CertificateAct, lot: Lot, energy_wh: int, receiver_id: str = "") -> LotAct:
    return LotAct(
        kind=kind, participant_id="ann", receiver_id=receiver_id, lot=lot, energy_wh=energy_wh
    )


ACTS = (
    act(CertificateAct.RETIRE, ROOF, 7),
    act(CertificateAct.MOVE, ROOF, 13, "ben"),
    act(CertificateAct.EXPORT, MILL, 900),
    act(CertificateAct.EXPORT, MILL, 100),
)


def test_every_wh_stands_with_unit_and_time() -> None:
    settled = [
        (MILL, Purpose.HELD, 1_000),
        (ROOF, Purpose.OWN_USE, 3),
        (ROOF, Purpose.HELD, 20),
        (MILL, Purpose.USED, 5),
    ]

    found = statement("ann", settled, ACTS)

    assert found == [
        line(ROOF, own_use_wh=3, kept_wh=20, given_wh=13, retired_wh=7),
        line(MILL, used_wh=5, kept_wh=1_000, exported_wh=1_000),
    ]
    assert [item.balance_wh for item in found] == [0, 0]


def test_who_received_them_has_them() -> None:
    (found,) = statement("ben", (), ACTS[1:2])

    assert found == line(ROOF, received_wh=13)
    assert (found.held_wh, found.owed_wh) == (13, 0)


def test_what_a_correction_took_back_is_owed() -> None:
    found = statement("ann", [(ROOF, Purpose.HELD, 6)], ACTS[1:2])

    assert [(item.held_wh, item.owed_wh) for item in found] == [(0, 7)]


@pytest.mark.parametrize(
    ("used_wh", "green_wh", "share_ppm"), [(4, 4, 10**6), (9, 3, 333_333), (7, 0, 0), (0, 0, None)]
)
def test_all_is_said_only_of_all(used_wh: int, green_wh: int, share_ppm: int | None) -> None:
    assert GreenShare(used_wh=used_wh, green_wh=green_wh).share_ppm == share_ppm


@pytest.mark.parametrize(
    ("users", "merged"),
    [
        ({"a": 10, "b": 12}, set()),
        ({"a": 9, "b": 12}, {"a", "b"}),
        ({"a": 4, "b": 6, "c": 10}, {"a", "b"}),
        ({"a": 4, "b": 5, "c": 10, "d": 11}, {"a", "b", "c"}),
        ({"a": 3}, {"a"}),
        ({}, set()),
    ],
)
def test_no_difference_of_what_is_shown_is_about_fewer_than_ten(
    users: dict[str, int], merged: set[str]
) -> None:
    assert merged_areas(users) == merged
