"""A month is settled when its days are: booked once, again when a day changes, whatever interrupts it."""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select

from market.day_runs import DayRuns
from market.model.balance_group import ALONE
from market.model.bill import ChargeKind, DraftBills
from market.model.messages import Command, CreateMarket, RecordMeasurements
from market.model.money import BALANCING, Transfer, TransferKind, participant_account
from market.model.power import Measurement
from market.model.rejection import Code
from market.model.settled_month import SettleMonth
from market.model.settlement_run import BeginSettlement, RunKind
from market.sequencer import Sequencer
from market.settlement.energy import ConservationError
from market.settlement.imbalance import adder_ticks
from market.store import queries, tables
from market.store.database import Store
from tests.builders import MIDNIGHT_S, STEP_S
from tests.market.written import (
    MARKET_ID,
    NEIGHBOURS,
    SETUP,
    TRADING,
    TWO_INTERVALS,
    StillClock,
    bill,
    due_command,
    projected,
    with_sequencer,
    write_life,
)

DAY: Final = "2016-06-15"
MONTH: Final = "2016-06"
BAND_PPM: Final = 20_000
LATE_US: Final = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000
KINDS: Final = {TransferKind.GROUP_NETTING, TransferKind.BAND_WAIVER}
OWNER: Final = {"ann-solar": "ann", "ann-load": "ann", "ann-battery": "ann", "ben-load": "ben"}
Back = dict[tuple[str, TransferKind], int]


def _life(band_ppm: int = BAND_PPM, *, grouped: bool = True) -> tuple[Command, ...]:
    create, *rest = SETUP
    assert isinstance(create, CreateMarket)
    rules = replace(TWO_INTERVALS, deviation_band_ppm=band_ppm)
    return (replace(create, rules=rules), *rest, *([NEIGHBOURS] if grouped else []), *TRADING)


def _runs(store: Store, act: Callable[[Sequencer, DayRuns], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - whatever the act gives
    clock = StillClock(LATE_US)

    async def run(sequencer: Sequencer) -> Any:  # noqa: ANN401
        return await act(sequencer, DayRuns(sequencer, clock, market_id=MARKET_ID))

    return with_sequencer(store, run, clock=clock)


async def _all(sequencer: Sequencer, runs: DayRuns) -> None:
    """Do what is due."""
    while await runs.step():
        assert sequencer.engine.state.ledger.sum_quanta() == 0
    await sequencer.projected(sequencer.committed_seq)


async def _corrects(sequencer: Sequencer, injection_wh: int = -1_000) -> None:
    """Ben's reading of the first interval comes late, and an operator settles the day again."""
    reading = Measurement(unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=injection_wh)
    commands: tuple[Command, ...] = (
        RecordMeasurements(now_us=LATE_US, actor="gateway", area_id="RUR", measurements=(reading,)),
        BeginSettlement(
            now_us=LATE_US, actor="op", day=DAY, kind=RunKind.CORRECTED, reason="read late"
        ),
    )
    for command in commands:
        committed = await sequencer.submit(command)
        assert committed.answer.rejections == ()


def _booked(connection: Connection) -> Back:
    """What was given back so far, by owner and kind."""
    found: defaultdict[tuple[str, TransferKind], int] = defaultdict(int)
    c = tables.transfers.c
    for row in connection.execute(select(tables.transfers).order_by(c.event_seq, c.row)):
        if row.kind in {kind.value for kind in KINDS}:
            given = row.debit_account == BALANCING
            account = row.credit_account if given else row.debit_account
            owner = account.removeprefix(participant_account(""))
            found[owner, TransferKind(row.kind)] += (
                row.amount_quanta if given else -row.amount_quanta
            )
    return {key: quanta for key, quanta in found.items() if quanta}


# house: long because it is the published formula from end to end, in plain numbers
def _formula(connection: Connection, *, grouped: bool = True) -> Back:
    """The same from the last version of the day: fractions and loops, no code of the market's but the adder."""
    prices = {
        (row.area_id, row.start_s): row.price_ticks
        for row in connection.execute(select(tables.area_outcomes))
        if row.price_ticks is not None
    }
    deviated: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    metered: defaultdict[str, int] = defaultdict(int)
    group_of = dict.fromkeys(NEIGHBOURS.group.unit_ids, "neighbours") if grouped else {}
    for unit_id, owner in OWNER.items():
        detail = queries.settled_detail(
            connection, MARKET_ID, participant_id=owner, day=DAY, version=None
        )
        assert detail is not None
        group = group_of.get(unit_id, unit_id)
        for line in detail[1]:
            if line["unit_id"] == unit_id:
                metered[group] += abs(line["metered_wh"])
                deviated[group, line["start_s"]][unit_id] = (
                    line["metered_wh"] - line["scheduled_wh"]
                )
    back: defaultdict[tuple[str, TransferKind], int] = defaultdict(int)
    carried: defaultdict[str, int] = defaultdict(int)
    adders: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (group, start_s), units in deviated.items():
        ticks = prices.get(("RUR", start_s))
        if ticks is None:
            continue
        adder = adder_ticks(ticks, TWO_INTERVALS)
        long_wh = sum(max(0, energy_wh) for energy_wh in units.values())
        short_wh = sum(max(0, -energy_wh) for energy_wh in units.values())
        carried[group] += abs(long_wh - short_wh)
        for unit_id, energy_wh in units.items():
            # Of the two in this group at most one is on each side: all that is met is its own.
            met_wh = min(long_wh, short_wh) if energy_wh else 0
            back[OWNER[unit_id], TransferKind.GROUP_NETTING] += adder * met_wh
            adders[group][unit_id] += adder * (abs(energy_wh) - met_wh)
    for group, units in adders.items():
        band_wh = metered[group] * BAND_PPM // 1_000_000
        whole = sum(units.values())
        part = (
            min(Fraction(1), Fraction(band_wh, carried[group])) if carried[group] else Fraction(1)
        )
        waived = int(whole * part)
        shares = {name: Fraction(waived * quanta, whole or 1) for name, quanta in units.items()}
        left = waived - sum(int(share) for share in shares.values())
        by_rest = sorted(shares, key=lambda name: int(shares[name]) - shares[name])
        for place, unit_id in enumerate(by_rest):
            more = 1 if place < left else 0
            back[OWNER[unit_id], TransferKind.BAND_WAIVER] += int(shares[unit_id]) + more
    return {key: quanta for key, quanta in back.items() if quanta}


@pytest.mark.parametrize("grouped", [True, False])
def test_a_month_gives_back_what_the_formula_says(store: Store, grouped: bool) -> None:
    write_life(store, _life(grouped=grouped))

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        assert not await runs.step()
        with sequencer.readers.connect() as connection:
            back = _booked(connection)
            assert back == _formula(connection, grouped=grouped)
            month = queries.settled_month(connection, MARKET_ID, MONTH)
        assert month is not None
        assert (month.version, month.basis) == (1, ((DAY, 1),))
        assert {kind for _, kind in back} == (KINDS if grouped else {TransferKind.BAND_WAIVER})

    _runs(store, check)


def test_lines_say_who_was_given_back_what(store: Store) -> None:
    write_life(store, _life())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            month = queries.settled_month(connection, MARKET_ID, MONTH)
            assert month is not None
            lines = queries.month_lines(connection, MARKET_ID, month, participant_id=None)
            own = queries.month_lines(connection, MARKET_ID, month, participant_id="ben")
            both = queries.month_lines(
                connection, MARKET_ID, month, participant_id="ben", group_ids=["neighbours"]
            )
            assert queries.settled_month(connection, MARKET_ID, MONTH, 2) is None
            booked = _booked(connection)
        assert {line["unit_id"]: line["group_id"] for line in lines} == {
            "ann-solar": "neighbours",
            "ben-load": "neighbours",
            "ann-load": ALONE,
            "ann-battery": ALONE,
        }
        assert [line["unit_id"] for line in own] == ["ben-load"]
        assert [line["unit_id"] for line in both] == ["ann-solar", "ben-load"]
        shown: defaultdict[tuple[str, TransferKind], int] = defaultdict(int)
        for line in lines:
            owner = OWNER[line["unit_id"]]
            shown[owner, TransferKind.GROUP_NETTING] += line["netted_quanta"]
            shown[owner, TransferKind.BAND_WAIVER] += line["waived_quanta"]
            assert 0 <= line["waived_quanta"] <= line["adder_quanta"]
        assert {key: quanta for key, quanta in shown.items() if quanta} == booked

    _runs(store, check)


def test_without_groups_and_without_a_band_there_is_no_month_to_settle(store: Store) -> None:
    write_life(store, _life(0, grouped=False))

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        assert sequencer.engine.state.months.months == {}
        with sequencer.readers.connect() as connection:
            assert _booked(connection) == {}
            assert queries.settled_month(connection, MARKET_ID, MONTH) is None

    _runs(store, check)


def test_a_day_settled_again_corrects_the_month_by_the_difference(store: Store) -> None:
    write_life(store, _life())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            before = _booked(connection)
        await _corrects(sequencer)
        await _all(sequencer, runs)
        with sequencer.readers.connect() as connection:
            after = _booked(connection)
            assert after == _formula(connection)
            assert after != before
            versions = [
                queries.settled_month(connection, MARKET_ID, MONTH, version) for version in (1, 2)
            ]
            references = set(
                connection.execute(
                    select(tables.transfers.c.reference).where(
                        tables.transfers.c.kind.in_([kind.value for kind in KINDS])
                    )
                ).scalars()
            )
        assert [month.basis for month in versions if month] == [((DAY, 1),), ((DAY, 2),)]
        assert references == {"2016-06-v1", "2016-06-v2"}
        assert not await runs.step()

    _runs(store, check)


class _Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("when", ["before it is booked", "before anybody hears that it is"])
def test_killed_in_between_it_is_booked_once(store: Store, when: str) -> None:
    write_life(store, _life())

    async def killed(sequencer: Sequencer, runs: DayRuns) -> None:
        submit = sequencer.submit

        async def until(command: Any) -> Any:  # noqa: ANN401
            if not isinstance(command, SettleMonth):
                return await submit(command)
            if when == "before anybody hears that it is":
                await submit(command)
            raise _Killed

        sequencer.submit = until  # type: ignore[method-assign]
        with contextlib.suppress(_Killed):
            await _all(sequencer, runs)

    _runs(store, killed)

    async def goes_on(sequencer: Sequencer, runs: DayRuns) -> None:
        await _all(sequencer, runs)
        assert sequencer.engine.state.months.version(MONTH) == 1
        with sequencer.readers.connect() as connection:
            assert _booked(connection) == _formula(connection)

    _runs(store, goes_on)
    before, after = with_sequencer(store, _rebuilt)
    assert before == after


async def _rebuilt(sequencer: Sequencer) -> tuple[Any, Any]:
    """Every projection, and every projection made again."""
    with sequencer.readers.connect() as connection:
        before = projected(connection)
    await sequencer.rebuild_projections()
    with sequencer.readers.connect() as connection:
        return before, projected(connection)


def _settles(**changes: Any) -> SettleMonth:  # noqa: ANN401 - fields of the command
    plain = SettleMonth(
        now_us=LATE_US,
        actor="market",
        month=MONTH,
        basis=((DAY, 1),),
        detail=b"",
        rows=0,
        transfers=(),
    )
    return replace(plain, **changes)


def _moved(**changes: Any) -> Transfer:  # noqa: ANN401
    plain = Transfer(
        debit_account=BALANCING,
        credit_account="participant:ann",
        amount_quanta=1,
        kind=TransferKind.BAND_WAIVER,
        reference="2016-06-v1",
    )
    return replace(plain, **changes)


def test_a_month_rests_on_the_versions_that_stand(store: Store) -> None:
    write_life(store, _life())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        early = await sequencer.submit(_settles())
        assert [fault.code for fault in early.answer.rejections] == [Code.PHASE_CONFLICT]
        await _all(sequencer, runs)
        again = await sequencer.submit(_settles())
        assert (again.events, again.answer.rejections) == ((), ())
        await _corrects(sequencer)
        while sequencer.engine.state.settlements.run is not None:
            await runs.step()
        outdated = await sequencer.submit(_settles(basis=((DAY, 3),)))
        assert [fault.code for fault in outdated.answer.rejections] == [Code.PHASE_CONFLICT]

    _runs(store, check)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": TransferKind.DEVIATION},
        {"reference": "2016-06-v2"},
        {"amount_quanta": 0},
        {"debit_account": "levies"},
        {"credit_account": "grid_operator"},
    ],
)
def test_a_month_has_no_say_in_anything_else(store: Store, wrong: dict[str, Any]) -> None:
    write_life(store, _life())

    async def check(sequencer: Sequencer, runs: DayRuns) -> None:
        while sequencer.engine.state.settlements.days[DAY].version == 0:
            await runs.step()
        command = _settles(transfers=(_moved(**wrong),))
        with pytest.raises(ConservationError):
            sequencer.engine.execute(command)

    _runs(store, check)


def _lines(found: Any) -> Iterator[tuple[ChargeKind, int]]:  # noqa: ANN401 - a stored bill
    for line in found.bill.lines:
        if line.kind in {ChargeKind.GROUP_NETTING, ChargeKind.BAND_WAIVER}:
            yield line.kind, line.amount_quanta


def test_a_bill_waits_for_the_month_and_has_lines_of_its_own(store: Store) -> None:
    write_life(store, _life())
    clock = StillClock(LATE_US)

    async def check(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, clock, market_id=MARKET_ID)
        open_month = await _drafts(sequencer)
        assert open_month == [Code.BILL_MONTH_OPEN]
        for corrected in (False, True):
            if corrected:
                await _corrects(sequencer)
            await _all(sequencer, runs)
            await bill(sequencer, clock)
            await sequencer.projected(sequencer.committed_seq)
            with sequencer.readers.connect() as connection:
                back = _booked(connection)
                page = queries.bills(connection, MARKET_ID, month=MONTH)
            newest = {item.bill.participant_id: item for item in page.items}
            for owner in ("ann", "ben"):
                expected = {
                    ChargeKind(kind.value): -quanta
                    for (name, kind), quanta in back.items()
                    if name == owner
                }
                assert dict(_lines(newest[owner])) == expected

    with_sequencer(store, check, clock=clock)


async def _drafts(sequencer: Sequencer) -> list[Code]:
    await sequencer.projected(sequencer.committed_seq)
    command = DraftBills(now_us=LATE_US, actor="op", month=MONTH, as_of_event_seq=0, sources=())
    return [fault.code for fault in (await sequencer.submit(command)).answer.rejections]


def test_a_month_in_which_nobody_had_a_unit_is_settled_as_nothing(store: Store) -> None:
    create, people, *_ = _life(grouped=False)
    clock = StillClock()

    async def lives(sequencer: Sequencer) -> None:
        for command in (create, people):
            assert (await sequencer.submit(command)).answer.rejections == ()
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            await sequencer.submit(due_command(sequencer.engine, timer))
        await _all(sequencer, DayRuns(sequencer, clock, market_id=MARKET_ID))
        with sequencer.readers.connect() as connection:
            month = queries.settled_month(connection, MARKET_ID, MONTH)
            assert month is not None
            assert queries.month_lines(connection, MARKET_ID, month, participant_id=None) == []
            assert _booked(connection) == {}
        assert month.rows == 0

    with_sequencer(store, lives, clock=clock)
