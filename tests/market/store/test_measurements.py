"""Every version of a reading is kept and found; gaps are listed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from market.model.messages import RecordMeasurements
from market.model.power import Measurement
from market.model.timer import TimerKind
from market.sequencer import Sequencer
from market.store import queries
from market.store.database import Store
from market.store.queries import CursorFault, ReadingView
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.stores import NewStore, opened
from tests.market.written import MARKET_ID, SETUP, StillClock, due_command, with_sequencer

FIRST = Measurement(
    unit_id="ben-load",
    start_s=MIDNIGHT_S,
    injection_wh=-2_000,
    power_w=-8_000,
    reactive_var=-150,
    voltage_ppm=1_012_500,
    frequency_mhz=49_990,
    sequence=3,
    measured_us=(MIDNIGHT_S + STEP_S) * 1_000_000 + 250_000,
    signature="ab" * 32,
)
NEWER = replace(FIRST, sequence=5, injection_wh=-2_100)
OLDER = replace(FIRST, sequence=4, injection_wh=-2_050)
LATE = replace(FIRST, sequence=6, injection_wh=-2_222)
"""In the order in which they come."""
END_S = MIDNIGHT_S + 2 * STEP_S
MINUTE_US = 60_000_000
OVER_US = (MIDNIGHT_S + STEP_S) * 1_000_000
"""The first interval is over, and read for the first time."""


async def _live(sequencer: Sequencer, clock: StillClock, last: TimerKind | None) -> None:
    """The whole life, or until the first timer of that kind is done; Ben's meter reports."""
    for command in SETUP:
        await sequencer.submit(command)
    while (timer := sequencer.engine.next_timer()) is not None:
        clock.time_us = max(clock.time_us, timer.due_us)
        await sequencer.submit(due_command(sequencer.engine, timer))
        first = timer.start_s == MIDNIGHT_S
        if first and timer.kind is TimerKind.END_DELIVERY:
            for reading in (FIRST, NEWER, OLDER, NEWER):
                await _report(sequencer, clock, reading)
                clock.time_us += MINUTE_US
        if first and timer.kind is TimerKind.SETTLE:
            await _report(sequencer, clock, LATE)
        if timer.kind is last:
            return


async def _report(sequencer: Sequencer, clock: StillClock, reading: Measurement) -> None:
    command = RecordMeasurements(
        now_us=clock.time_us, actor="gateway", area_id="RUR", measurements=(reading,)
    )
    committed = await sequencer.submit(command)
    assert committed.answer.rejections == ()


def _written(store: Store, last: TimerKind | None = None) -> Store:
    clock = StillClock()
    with_sequencer(store, lambda sequencer: _live(sequencer, clock, last), clock=clock)
    return store


@pytest.fixture(scope="module")
def lived(new_store_for_all: NewStore) -> Store:
    return _written(new_store_for_all())


@pytest.fixture
def reading(lived: Store) -> Iterator[Connection]:
    with opened(lived) as connection:
        yield connection


def _bens(connection: Connection, **more: object) -> tuple[ReadingView, ...]:
    page = queries.measurements(
        connection,
        MARKET_ID,
        unit_id="ben-load",
        until_s=MIDNIGHT_S + STEP_S,
        **more,  # type: ignore[arg-type]
    )
    return page.items


def test_the_reading_that_counts_is_shown_whole(reading: Connection) -> None:
    (shown,) = _bens(reading)
    assert shown.reading == NEWER
    assert (shown.version, shown.counts, shown.area_id) == (2, True, "RUR")
    assert shown.recorded_us == OVER_US + MINUTE_US


@pytest.mark.parametrize(
    ("as_of_us", "counting", "known"),
    [
        (OVER_US - 1, [], 0),
        (OVER_US, [FIRST], 1),
        (OVER_US + MINUTE_US - 1, [FIRST], 1),
        (OVER_US + MINUTE_US, [NEWER], 2),
        (OVER_US + 2 * MINUTE_US, [NEWER], 3),
        (END_S * 1_000_000, [NEWER], 4),
    ],
)
def test_readings_are_shown_as_they_were_known_at_an_instant(
    reading: Connection, as_of_us: int, counting: list[Measurement], known: int
) -> None:
    assert [item.reading for item in _bens(reading, as_of_us=as_of_us)] == counting
    versions = _bens(reading, as_of_us=as_of_us, versions=True)
    assert [item.version for item in versions] == list(range(1, known + 1))
    assert [item.reading for item in versions if item.counts] == counting


def test_every_version_is_kept_in_the_order_it_came(reading: Connection) -> None:
    versions = _bens(reading, versions=True)
    assert [item.reading for item in versions] == [
        FIRST,
        NEWER,
        replace(OLDER, older=True),
        replace(LATE, late=True),
    ]
    assert [item.version for item in versions] == [1, 2, 3, 4]
    assert [item.counts for item in versions] == [False, True, False, False]
    late = versions[-1]
    assert late.recorded_us == (MIDNIGHT_S + 2 * STEP_S) * 1_000_000


@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_versions_read_in_pages_are_whole(reading: Connection, limit: int, versions: bool) -> None:
    whole = queries.measurements(reading, MARKET_ID, versions=versions).items
    items: list[ReadingView] = []
    cursor = None
    while True:
        page = queries.measurements(
            reading, MARKET_ID, versions=versions, cursor=cursor, limit=limit
        )
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(items) == whole
    assert len(whole) == (11 if versions else 8)


@pytest.mark.parametrize("cursor", ["", "1~u", "1~u~2", "1~u~x~3", "x~u~1~1"])
def test_a_made_up_cursor_is_a_named_fault(reading: Connection, cursor: str) -> None:
    with pytest.raises(CursorFault):
        queries.measurements(reading, MARKET_ID, cursor=cursor)


def _gaps(connection: Connection, **more: str) -> list[tuple[str, int, bool]]:
    found = queries.gaps(connection, MARKET_ID, from_s=MIDNIGHT_S, until_s=END_S, **more)
    return [
        (item.unit_id, (item.start_s - MIDNIGHT_S) // STEP_S, item.substituted) for item in found
    ]


def test_what_was_settled_on_the_schedule_is_a_gap(reading: Connection) -> None:
    assert _gaps(reading) == [
        ("ann-battery", 0, True),
        ("ann-load", 0, True),
        ("ann-solar", 0, True),
        ("ann-battery", 1, True),
        ("ann-load", 1, True),
        ("ann-solar", 1, True),
        ("ben-load", 1, True),
    ]
    assert _gaps(reading, participant_id="ben") == [("ben-load", 1, True)]
    assert _gaps(reading, unit_id="ann-load") == [("ann-load", 0, True), ("ann-load", 1, True)]
    assert _gaps(reading, area_id="GRID") == []


def test_what_may_still_come_is_a_gap_without_a_substitute(store: Store) -> None:
    with opened(_written(store, TimerKind.END_DELIVERY)) as connection:
        assert _gaps(connection) == [
            ("ann-battery", 0, False),
            ("ann-load", 0, False),
            ("ann-solar", 0, False),
        ]
