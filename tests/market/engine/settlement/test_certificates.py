"""Certificates in the engine: moved, retired and exported once, and never more than there is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from market.certificates.errors import CertificateError
from market.model.certificate import (
    BUNDLE_WH,
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    IssuedCertificates,
    Lot,
    LotsRead,
)
from market.model.settlement_run import SettlementFinished
from tests.builders import MIDNIGHT_S, STEP_S, Story
from tests.market.engine.certifying import (
    DAY,
    LATER,
    ROOF,
    again,
    export,
    faults,
    issued,
    move,
    over,
    part,
    read,
    retire,
    settles,
)


@pytest.fixture
def story() -> Story:
    """Ann has 9 Wh of the first interval and 20 of the second; Ben has used certificates up."""
    told = over()
    settles(told, issued(own_use_wh=4, used_wh=3, held_wh={"ann": 29}))
    return told


def last(story: Story, kind: type) -> list[Any]:
    return [event for event in story.events if isinstance(event, kind)]


def test_a_version_issues_once_and_a_later_one_the_difference(story: Story) -> None:
    settles(story, issued(used_wh=-3, held_wh={"ann": -2, "ben": 5}))

    first, second = last(story, CertificatesIssued)
    assert (first.day, first.version, second.version) == (DAY, 1, 2)
    registry = story.engine.state.certificates
    assert (registry.issued_wh, registry.own_use_wh, registry.used_wh) == (36, 4, 0)
    assert registry.balances_wh == {"ann": 27, "ben": 5}


@pytest.mark.parametrize("certificates", [None, issued()])
def test_a_version_that_changes_nothing_says_nothing(
    story: Story, certificates: IssuedCertificates | None
) -> None:
    settles(story, certificates)

    assert len(last(story, CertificatesIssued)) == 1
    assert [event.version for event in last(story, SettlementFinished)] == [1, 2]


def test_certificates_of_a_run_that_do_not_add_up_are_not_booked() -> None:
    story = over()

    with pytest.raises(CertificateError, match="set-1"):
        settles(story, replace(issued(held_wh={"ann": 9}), issued_wh=8))
    assert last(story, CertificatesIssued) == last(story, SettlementFinished) == []


# --- moving ---------------------------------------------------------------------------------


def test_moved_once_however_often_it_is_said(story: Story) -> None:
    command = move("m1", read(story, "ann", {ROOF: 9, LATER: 20}), 5, 20)
    assert faults(story.does(command)) == []
    later = read(story, "ann", {ROOF: 4, LATER: 0})
    assert faults(story.does(command)) == []
    assert faults(story.does(again(command, later))) == []

    (event,) = last(story, CertificatesMoved)
    assert (event.participant_id, event.receiver_id) == ("ann", "ben")
    assert event.parts == (part(ROOF, 5), part(LATER, 20))
    assert story.engine.state.certificates.balances_wh == {"ann": 4, "ben": 25}
    other = move("m1", read(story, "ann", {ROOF: 4}), 1)
    assert faults(story.does(other)) == [("EXISTS_WITH_DIFFERENT_FIELDS", "reference")]


def test_each_participant_has_references_of_its_own(story: Story) -> None:
    story.does(move("m1", read(story, "ann", {ROOF: 9}), 5))
    back = move("m1", read(story, "ben", {ROOF: 5}), 2, giver="ben", receiver="ann")

    assert faults(story.does(back)) == []
    assert story.engine.state.certificates.balances_wh == {"ann": 26, "ben": 3}


def test_nobody_gives_what_it_does_not_have_and_every_fault_is_told(story: Story) -> None:
    command = move("m1", read(story, "ann", {ROOF: 9, LATER: 20}), 10, 21)
    answer = story.does(command)

    assert faults(answer) == [
        ("VOLUME_MAX", "lots/0/energy_kwh"),
        ("VOLUME_MAX", "lots/1/energy_kwh"),
    ]
    assert [fault.parameters["energy_kwh_max"] for fault in answer.rejections] == ["0.009", "0.020"]
    assert last(story, CertificatesMoved) == []


def test_what_is_owed_is_blocked_in_other_certificates(story: Story) -> None:
    story.does(move("m1", read(story, "ann", {ROOF: 9}), 9))
    settles(story, issued(held_wh={"ann": -9}))  # the reading of the first interval was wrong

    owing = read(story, "ann", {ROOF: -9, LATER: 20})
    answer = story.does(move("m2", replace(owing, lots=owing.lots[1:]), 12))
    assert faults(answer) == [("VOLUME_MAX", "lots/0/energy_kwh")]
    assert answer.rejections[0].parameters == {"energy_kwh_max": "0.011"}
    assert faults(story.does(move("m3", replace(owing, lots=owing.lots[1:]), 11))) == []


def test_of_all_lots_together_no_more_than_is_free(story: Story) -> None:
    story.does(move("m1", read(story, "ann", {ROOF: 9}), 9))
    settles(story, issued(held_wh={"ann": -9}))
    third = Lot(start_s=MIDNIGHT_S + STEP_S, unit_id="ann-battery")

    answer = story.does(move("m2", read(story, "ann", {LATER: 10, third: 10}), 10, 10))
    assert faults(answer) == [("VOLUME_MAX", "lots")]


@pytest.mark.parametrize(
    ("giver", "receiver", "lots", "energies_wh", "expected"),
    [
        ("ann", "ann", (ROOF,), (1,), [("FIELD_RANGE", "receiver_id")]),
        ("ann", "zoe", (ROOF,), (1,), [("PARTICIPANT_UNKNOWN", "receiver_id")]),
        ("zoe", "ann", (ROOF,), (1,), [("PARTICIPANT_UNKNOWN", "participant_id")]),
        ("ann", "ben", (), (), [("FIELD_RANGE", "lots")]),
        ("ann", "ben", (ROOF,), (0,), [("FIELD_RANGE", "lots/0/energy_kwh")]),
        ("ann", "ben", (ROOF,), (-5,), [("FIELD_RANGE", "lots/0/energy_kwh")]),
        (
            "ann",
            "ben",
            (Lot(start_s=MIDNIGHT_S, unit_id="nowhere"),),
            (1,),
            [("UNIT_UNKNOWN", "lots/0/unit_id")],
        ),
    ],
)
def test_what_cannot_be_moved(
    story: Story,
    giver: str,
    receiver: str,
    lots: Sequence[Lot],
    energies_wh: Sequence[int],
    expected: list[tuple[str, str]],
) -> None:
    what = read(story, giver, dict.fromkeys(lots, 9))

    answer = story.does(move("m1", what, *energies_wh, giver=giver, receiver=receiver))
    assert faults(answer) == expected


def test_one_lot_is_named_once(story: Story) -> None:
    what = read(story, "ann", {ROOF: 9})
    twice = replace(move("m1", what, 9), parts=(part(ROOF, 9), part(ROOF, 9)))

    assert faults(story.does(twice)) == [("FIELD_RANGE", "lots/1")]


def _before_an_act(story: Story) -> LotsRead:
    what = read(story, "ann", {ROOF: 9})
    story.does(move("m1", what, 9))
    return what


def _before_something_came(story: Story) -> LotsRead:
    story.does(move("m1", read(story, "ann", {ROOF: 9}), 9))
    what = read(story, "ann", {ROOF: 0})
    story.does(move("m2", read(story, "ben", {ROOF: 9}), 9, giver="ben", receiver="ann"))
    return what


def _before_a_version(story: Story) -> LotsRead:
    what = read(story, "ann", {ROOF: 9})
    settles(story, issued(held_wh={"ann": -9}))
    return what


@pytest.mark.parametrize("when", [_before_an_act, _before_something_came, _before_a_version])
def test_what_was_read_before_something_changed_is_read_again(story: Story, when: Any) -> None:  # noqa: ANN401 - a function
    what = when(story)

    for command in (
        move("x1", what, 1),
        retire("x2", what, 1),
        export("x3", what),
    ):
        assert faults(story.does(command)) == [("REVISION_MISMATCH", None)]


def test_what_was_read_of_other_lots_is_not_decided_on(story: Story) -> None:
    command = replace(move("m1", read(story, "ann", {LATER: 20}), 1), parts=(part(ROOF, 1),))

    assert faults(story.does(command)) == [("REVISION_MISMATCH", None)]


# --- retiring -------------------------------------------------------------------------------


def test_retired_as_far_as_the_interval_was_used_and_is_not_green_yet(story: Story) -> None:
    what = read(story, "ann", {ROOF: 9, LATER: 20}, {ROOF.start_s: 6, LATER.start_s: 50})

    too_much = story.does(retire("r1", what, 7, 20))
    enough = story.does(retire("r2", what, 6, 20))

    assert faults(too_much) == [("VOLUME_MAX", "lots/0/energy_kwh")]
    assert faults(enough) == []
    assert story.engine.state.certificates.retired_wh == 26
    assert story.engine.state.certificates.balances_wh == {"ann": 3}
    assert [event.parts for event in last(story, CertificatesRetired)] == [
        (part(ROOF, 6), part(LATER, 20))
    ]


def test_lots_of_one_interval_cover_the_same_use(story: Story) -> None:
    beside = Lot(start_s=ROOF.start_s, unit_id="ann-battery")
    what = read(story, "ann", {ROOF: 9, beside: 9}, {ROOF.start_s: 10})

    answer = story.does(retire("r1", what, 9, 2))
    assert faults(answer) == [("VOLUME_MAX", "lots/1/energy_kwh")]
    assert answer.rejections[0].parameters == {"energy_kwh_max": "0.001"}


def test_nobody_retires_more_than_it_holds(story: Story) -> None:
    what = read(story, "ann", {ROOF: 9}, {ROOF.start_s: 50})

    assert faults(story.does(retire("r1", what, 10))) == [("VOLUME_MAX", "lots/0/energy_kwh")]


# --- exporting ------------------------------------------------------------------------------


def test_bundles_are_whole_mwh_oldest_first_and_the_rest_is_carried() -> None:
    story = over()
    settles(story, issued(held_wh={"ann": 1_500_000}))
    what = read(story, "ann", {ROOF: 800_000, LATER: 700_000})
    command = export("e1", what)
    assert faults(story.does(command)) == []

    (event,) = last(story, CertificatesExported)
    (bundle,) = event.bundles
    assert bundle.number == 1
    assert bundle.parts == (part(ROOF, 800_000), part(LATER, 200_000))
    assert story.engine.state.certificates.free_wh("ann") == 500_000
    rest = read(story, "ann", {LATER: 500_000})
    assert faults(story.does(again(command, rest))) == []
    assert faults(story.does(export("e2", rest))) == []
    assert [len(each.bundles) for each in last(story, CertificatesExported)] == [1, 0]

    settles(story, issued(held_wh={"ann": 500_000}))
    story.does(export("e3", read(story, "ann", {LATER: 1_000_000})))
    assert last(story, CertificatesExported)[-1].bundles[0].number == 2


def test_as_many_bundles_as_are_wanted() -> None:
    story = over()
    settles(story, issued(held_wh={"ann": 3 * BUNDLE_WH}))
    what = read(story, "ann", {ROOF: 3 * BUNDLE_WH})

    story.does(export("e1", what, bundles_max=2))
    assert story.engine.state.certificates.exported_wh == 2 * BUNDLE_WH
    other = export("e1", what, bundles_max=3)
    assert faults(story.does(other)) == [("EXISTS_WITH_DIFFERENT_FIELDS", "reference")]


def test_what_is_owed_is_not_exported() -> None:
    story = over()
    settles(story, issued(held_wh={"ann": 2 * BUNDLE_WH}))
    story.does(export("e1", read(story, "ann", {ROOF: BUNDLE_WH, LATER: BUNDLE_WH}), bundles_max=1))
    settles(story, issued(held_wh={"ann": -BUNDLE_WH}))

    story.does(export("e2", read(story, "ann", {LATER: BUNDLE_WH})))
    assert story.engine.state.certificates.exported_wh == BUNDLE_WH
    assert story.engine.state.certificates.free_wh("ann") == 0


def test_lots_out_of_order_or_without_anything_are_not_exported() -> None:
    story = over()
    settles(story, issued(held_wh={"ann": 2 * BUNDLE_WH}))

    for lots in ({LATER: BUNDLE_WH, ROOF: BUNDLE_WH}, {ROOF: 0, LATER: BUNDLE_WH}):
        answer = story.does(export("e1", read(story, "ann", lots)))
        assert faults(answer) == [("REVISION_MISMATCH", None)]
