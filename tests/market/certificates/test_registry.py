"""What everybody may still give away is one number, and everything adds up to what was issued."""

import pytest

from market.certificates.errors import CertificateError
from market.certificates.registry import Registry, total_wh
from market.model.certificate import (
    BUNDLE_WH,
    Bundle,
    CertificatesExported,
    CertificatesMoved,
    CertificatesRetired,
    IssuedCertificates,
    Lot,
    LotPart,
)

NOON_S = 1_465_984_800
PARTS = (
    LotPart(lot=Lot(start_s=NOON_S, unit_id="roof"), energy_wh=7),
    LotPart(lot=Lot(start_s=NOON_S, unit_id="mill"), energy_wh=2),
)


def issued(own_use_wh: int = 0, used_wh: int = 0, **held_wh: int) -> IssuedCertificates:
    return IssuedCertificates(
        issued_wh=own_use_wh + used_wh + sum(held_wh.values()),
        own_use_wh=own_use_wh,
        used_wh=used_wh,
        held_wh=tuple(held_wh.items()),
    )


def moved(parts: tuple[LotPart, ...] = PARTS) -> CertificatesMoved:
    return CertificatesMoved(
        participant_id="ann",
        reference="m1",
        receiver_id="ben",
        parts=parts,
        actor="ann",
        now_us=0,
    )


def retired(parts: tuple[LotPart, ...] = PARTS) -> CertificatesRetired:
    return CertificatesRetired(
        participant_id="ann", reference="r1", parts=parts, actor="ann", now_us=0
    )


def exported(count: int) -> CertificatesExported:
    return CertificatesExported(
        participant_id="ann",
        reference="e1",
        bundles=tuple(Bundle(number=number, parts=()) for number in range(1, count + 1)),
        bundles_max=None,
        actor="ann",
        now_us=0,
    )


def test_what_is_issued_is_free_where_it_is_held() -> None:
    registry = Registry()
    registry.issue(issued(own_use_wh=4, used_wh=3, ann=20, ben=1))

    assert (registry.free_wh("ann"), registry.free_wh("ben"), registry.free_wh("cem")) == (20, 1, 0)
    assert (registry.issued_wh, registry.own_use_wh, registry.used_wh) == (28, 4, 3)


def test_what_does_not_add_up_is_not_booked() -> None:
    wrong = IssuedCertificates(issued_wh=9, own_use_wh=4, used_wh=0, held_wh=(("ann", 4),))

    with pytest.raises(CertificateError):
        Registry().issue(wrong)


def test_acts_go_off_what_is_free() -> None:
    registry = Registry()
    registry.issue(issued(ann=2 * BUNDLE_WH + 30))
    registry.moved(moved())
    registry.retired(retired())
    registry.exported(exported(2))

    assert registry.free_wh("ann") == 30 - 2 * total_wh(PARTS)
    assert registry.free_wh("ben") == total_wh(PARTS) == 9
    assert (registry.retired_wh, registry.exported_wh) == (9, 2 * BUNDLE_WH)
    assert registry.holds()


def test_who_reads_can_tell_whether_anything_changed_an_account() -> None:
    registry = Registry()
    registry.issue(issued(ann=100))
    registry.moved(moved())
    registry.retired(retired())

    assert registry.acts == {"ann": 2, "ben": 1}


def test_who_has_given_away_more_than_there_is_now_owes_and_gives_no_more() -> None:
    registry = Registry()
    registry.issue(issued(ann=9))
    registry.moved(moved())
    registry.issue(issued(ann=-4))

    # The reading was 4 too high; all nine had gone to Ben, who keeps them.
    assert registry.balances_wh == {"ann": -4, "ben": 9}
    assert registry.free_wh("ann") == 0
    registry.issue(issued(ann=10))
    assert registry.free_wh("ann") == 6
    assert registry.holds()
