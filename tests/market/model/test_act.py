"""A digest is of exactly one act, with its words, in one state."""

from dataclasses import replace

from market.model.act import NARROWING_REASONS, Act, ActKind, Narrowing, digest_of
from market.model.alarm import ControlLevel

ACT = Act(
    kind=ActKind.LIMIT,
    level=ControlLevel.UNIT,
    member_id="u1",
    from_s=100,
    until_s=200,
    withdrawal_max_w=0,
    injection_max_w=5,
    limit_id="act-1",
)


def test_whatever_is_said_differently_has_another_digest() -> None:
    others = [
        replace(ACT, kind=ActKind.STOP),
        replace(ACT, level=ControlLevel.AREA),
        replace(ACT, member_id="u2"),
        replace(ACT, from_s=None),
        replace(ACT, until_s=201),
        replace(ACT, withdrawal_max_w=None),
        replace(ACT, injection_max_w=4),
        replace(ACT, limit_id=None),
    ]
    digests = {digest_of("act-7", act, "works", 3) for act in (ACT, *others)}
    digests |= {
        digest_of("act-8", ACT, "works", 3),
        digest_of("act-7", ACT, "work", 3),
        digest_of("act-7", ACT, "works", 4),
    }
    assert len(digests) == len(others) + 4
    assert digest_of("act-7", replace(ACT), "works", 3) in digests


def test_what_narrows_has_a_reason_the_strongest_first() -> None:
    assert list(NARROWING_REASONS) == [ActKind.EMERGENCY_STOP, ActKind.STOP, ActKind.LIMIT]


def test_a_narrowing_holds_where_it_overlaps() -> None:
    held = Narrowing(
        narrowing_id="act-1",
        kind=ActKind.LIMIT,
        level=ControlLevel.UNIT,
        member_id="u1",
        from_s=100,
        until_s=200,
        withdrawal_max_w=0,
        injection_max_w=None,
        actor="op",
        reason="works",
        since_us=0,
    )
    assert [held.holds(*span) for span in ((0, 100), (0, 101), (199, 300), (200, 300))] == [
        False,
        True,
        True,
        False,
    ]
    assert replace(held, until_s=None).holds(10**9, 10**9 + 1)
