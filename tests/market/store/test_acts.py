"""Acts, what they took from units, limits and alarms, as they are kept and found in both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from market.model.act import ActKind, ActState, ControlReason, Curtailed, UnitsCurtailed
from market.model.alarm import AlarmKind, AlarmState, ControlLevel, Severity
from market.store import act_rows, queries
from market.store.database import Store
from market.store.queries import ActFilter, AlarmFilter, CursorFault
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, STEP_S
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, every_mode, write_life

SECOND_S = MIDNIGHT_S + STEP_S


@pytest.fixture(scope="module")
def lived(new_store_for_all: NewStore) -> Store:
    store = new_store_for_all()
    write_life(store, every_mode())
    return store


@pytest.fixture
def reading(lived: Store) -> Iterator[Connection]:
    with opened(lived) as connection:
        yield connection


def acts(reading: Connection, **wanted: object) -> list[str]:
    found = queries.acts(reading, MARKET_ID, ActFilter(**wanted))  # type: ignore[arg-type]
    return [item.act_id for item in found.items]


def test_acts_are_in_the_order_in_which_they_were_asked_for(reading: Connection) -> None:
    found = queries.acts(reading, MARKET_ID, ActFilter()).items
    assert [item.kind for item in found] == [
        ActKind.LIMIT,
        ActKind.STOP,
        ActKind.DECOUPLE,
        ActKind.COUPLE,
    ]
    assert {item.state for item in found} == {ActState.PERFORMED}
    limit, *_, couple = found
    assert (limit.actors, couple.actors) == (("op1",), ("op1", "op2"))
    assert (limit.withdrawal_max_w, limit.injection_max_w) == (7_850, None)
    assert (limit.from_s, limit.until_s) == (SECOND_S, SECOND_S + STEP_S)
    assert (couple.reason, couple.at_us, couple.of_area) == ("works", DAY_BEFORE_US, None)


def test_acts_are_found_by_what_they_were_on(reading: Connection) -> None:
    assert acts(reading, kind=ActKind.STOP) == ["act-2"]
    assert acts(reading, level=ControlLevel.UNIT, member_id="ben-load") == ["act-1"]
    assert acts(reading, area_id="RUR") == ["act-1"]
    assert acts(reading, area_id="GRID") == ["act-2", "act-3", "act-4"]
    assert acts(reading, state=ActState.PROPOSED) == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_acts_read_in_pages_are_whole(reading: Connection, limit: int) -> None:
    found: list[str] = []
    cursor = None
    while True:
        page = queries.acts(reading, MARKET_ID, ActFilter(), cursor=cursor, limit=limit)
        found += [item.act_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == ["act-1", "act-2", "act-3", "act-4"]


def test_what_was_taken_from_a_unit_is_found_with_its_reason(reading: Connection) -> None:
    (piece,) = queries.curtailments(reading, MARKET_ID).items
    assert (piece.unit_id, piece.start_s, piece.change_w) == ("ben-load", SECOND_S, 150)
    assert piece.reason is ControlReason.OPERATOR_LIMIT
    assert piece.energy_wh == 37
    for found, wanted in (
        (1, {"participant_id": "ben", "area_id": "RUR", "unit_id": "ben-load"}),
        (1, {"reason": ControlReason.OPERATOR_LIMIT, "from_s": SECOND_S}),
        (0, {"participant_id": "ann"}),
        (0, {"area_id": "GRID"}),
        (0, {"until_s": SECOND_S}),
        (0, {"reason": ControlReason.STOPPED}),
    ):
        page = queries.curtailments(reading, MARKET_ID, **wanted)  # type: ignore[arg-type]
        assert len(page.items) == found, wanted


def test_a_deviation_is_kept_with_what_was_taken_and_why(reading: Connection) -> None:
    of = {item.member_id: item for item in queries.deviations(reading, MARKET_ID, start_s=SECOND_S)}
    assert (of["ben-load"].curtailed_wh, of["ben-load"].reason) == (37, "operator_limit")
    assert (of["RUR"].curtailed_wh, of["RUR"].reason) == (0, "")


def test_limits_are_found_until_they_are_over(reading: Connection) -> None:
    (limit,) = queries.unit_limits(reading, MARKET_ID, after_s=SECOND_S)
    assert (limit.unit_id, limit.withdrawal_max_w) == ("ben-load", 7_850)
    assert queries.unit_limits(reading, MARKET_ID, after_s=SECOND_S, participant_id="ann") == ()
    assert queries.unit_limits(reading, MARKET_ID, after_s=limit.until_s) == ()


def test_an_alarm_is_kept_with_all_that_people_did(reading: Connection) -> None:
    wanted = AlarmFilter(kind=AlarmKind.DEVICE_FAULT)
    (alarm,) = queries.alarms(reading, MARKET_ID, wanted).items
    assert (alarm.state, alarm.severity) == (AlarmState.CLOSED, Severity.WARNING)
    assert (alarm.raised_by, alarm.acknowledged_by, alarm.closed_by) == ("meter", "op1", "op2")
    assert [(note.actor, note.text) for note in alarm.comments] == [("op1", "ordered a new one")]
    assert alarm.parameters == {"fault": "fan"}
    assert queries.alarm(reading, MARKET_ID, alarm.alarm_id) == alarm
    assert queries.alarm(reading, MARKET_ID, "alm-none") is None


def test_alarms_are_found_by_state_severity_and_place(reading: Connection) -> None:
    def found(**wanted: object) -> list[AlarmKind]:
        page = queries.alarms(reading, MARKET_ID, AlarmFilter(**wanted))  # type: ignore[arg-type]
        return [item.kind for item in page.items]

    assert found(area_id="GRID") == [AlarmKind.STOPPED, AlarmKind.DECOUPLED]
    assert found(unit_id="ann-battery") == [AlarmKind.DEVICE_FAULT]
    assert found(states=(AlarmState.CLOSED,)) == [AlarmKind.DEVICE_FAULT]
    assert AlarmKind.DEVICE_FAULT not in found(severities=(Severity.MAJOR, Severity.INFO))
    assert found(level=ControlLevel.UNIT, member_id="ann-battery") == [AlarmKind.DEVICE_FAULT]


@pytest.mark.parametrize("cursor", ["", "x", "1~2", "1~a~x", "1~a~2~3"])
def test_a_cursor_nobody_has_given_out_is_refused(reading: Connection, cursor: str) -> None:
    with pytest.raises(CursorFault):
        queries.curtailments(reading, MARKET_ID, cursor=cursor)
    if cursor:
        with pytest.raises(CursorFault):
            queries.acts(reading, MARKET_ID, ActFilter(), cursor=cursor)


def test_a_later_piece_ends_the_one_before(new_store: NewStore) -> None:
    store = new_store()
    write_life(store)

    def told(from_s: int, change_w: int) -> UnitsCurtailed:
        piece = Curtailed(
            unit_id="ann-load",
            start_s=0,
            from_s=from_s,
            until_s=900,
            change_w=change_w,
            reason=ControlReason.STOPPED,
        )
        return UnitsCurtailed(start_s=0, items=(piece,))

    with opened(store) as connection:
        for from_s, change_w in ((0, 900), (300, 400), (300, 300), (600, 0)):
            act_rows.take_act(connection, MARKET_ID, told(from_s, change_w), 1)
        found = queries.curtailments(connection, MARKET_ID, unit_id="ann-load").items
    assert [(item.from_s, item.until_s, item.change_w) for item in found] == [
        (0, 300, 900),
        (300, 600, 300),
    ]
    assert [item.energy_wh for item in found] == [75, 25]
