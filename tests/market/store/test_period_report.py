"""A day and a month in numbers: each sum by hand, and each the same as the ledger's."""
# house: long because one life is added up by hand in every way a report does.

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from market.day_runs import DayRuns
from market.model.certificate import MoveCertificates, RetireCertificates
from market.model.demand import DemandState
from market.model.interval import MarketMonth
from market.model.messages import Command, RecordMeasurements
from market.model.money import TransferKind
from market.model.order import Side, Venue
from market.model.participant import UnitKind
from market.model.power import Measurement
from market.model.settlement_run import BeginSettlement, Completeness, RunKind
from market.model.timer import TimerKind
from market.sequencer import Sequencer
from market.store import queries, tables
from market.store.account_rows import AccountRows
from market.store.database import Readers, Store, create_schema, recreate_projections
from market.store.queries import DayState, MarketDefinition, PeriodReport
from market.store.queries.period_money import period_money
from tests.builders import GRID, MIDNIGHT_S, RULES, STEP_S
from tests.market import certified
from tests.market.stores import NewStore, opened
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    TWO_INTERVALS,
    StillClock,
    due_command,
    every_mode,
    helped_next_door,
    live,
    on_a_weak_grid,
    over_a_line,
    read_meters,
    with_sequencer,
    write_life,
)

DAY = date(2016, 6, 15)
DEFINITION = MarketDefinition(rules=TWO_INTERVALS, grid=GRID)
LATE_US = (MIDNIGHT_S + 3 * STEP_S) * 1_000_000


def reported(store: Store, *days: date, definition: MarketDefinition = DEFINITION) -> PeriodReport:
    readers = Readers(store)
    try:
        with readers.connect() as connection:
            span = queries.span_of(days or (DAY,), definition.rules)
            return queries.period_report(connection, MARKET_ID, definition, span, now_us=LATE_US)
    finally:
        readers.close()


def month() -> tuple[date, ...]:
    return MarketMonth.of("2016-06", TWO_INTERVALS.time_zone).days


@pytest.fixture(scope="module")
def life(new_store_for_all: NewStore) -> Store:
    """Two intervals, traded in one call each, settled, billed."""
    store = new_store_for_all()
    write_life(store, billed=True)
    return store


@pytest.fixture(scope="module")
def report(life: Store) -> PeriodReport:
    return reported(life, *month())


def net(report: PeriodReport, account: str, kind: TransferKind) -> int:
    return sum(
        item.net_quanta
        for item in report.money.booked
        if (item.account, item.kind) == (account, kind)
    )


# --- by hand ----------------------------------------------------------------------------


def test_what_the_grid_operator_and_the_state_were_paid(report: PeriodReport) -> None:
    """In both intervals Ben draws 2,450 Wh; Ann's roof gives more than her house uses.

    Her battery has no reading, so it stands at its schedule: 2,000 Wh charged in the first interval,
    1,600 of it behind what her meters show otherwise.
    """
    withdrawn_wh = 2 * 2_450 + 1_600
    fees = RULES.tariff
    assert net(report, "grid_operator", TransferKind.NETWORK_FEE) == (
        withdrawn_wh * fees.network_ticks
    )
    assert net(report, "levies", TransferKind.LEVIES) == withdrawn_wh * fees.levies_ticks


def test_the_line_is_full_once_and_its_rent_goes_back(report: PeriodReport) -> None:
    """3,000 Wh are sent at 120 and 2,940 arrive at 300 per MWh, and the line takes its fee of 40."""
    rent_quanta = 2_940 * 30_000 - 3_000 * 12_000 - 3_000 * 4_000
    by_kind = {
        item.kind: (item.received_quanta, item.given_quanta)
        for item in report.money.booked
        if item.account == "rent"
    }
    assert by_kind == {
        TransferKind.LINE_RENT: (rent_quanta, 0),
        TransferKind.RENT_RETURN: (0, rent_quanta),
    }
    into, out = report.trades.flows
    assert (into.from_area, into.to_area, out.from_area) == ("GRID", "RUR", "RUR")
    assert (into.call_wh, into.match_wh, into.full_intervals) == (3_000 + 1_531, 0, 1)
    assert into.received_wh == 2_940 + 1_500
    assert (out.sent_wh, out.received_wh, out.full_intervals) == (0, 0, 0)


def test_a_lines_price_difference_is_fee_loss_rent_and_rounding(report: PeriodReport) -> None:
    """Of both intervals together: what the buyers' price makes of the energy beyond what it cost before."""
    (line,) = report.lines
    difference_quanta = 3_000 * (30_000 - 12_000) + 1_531 * (16_327 - 12_000)
    assert line.fee_quanta == 4_531 * 4_000
    assert line.loss_quanta == 60 * 30_000 + 31 * 16_327
    assert line.rent_quanta == line.returned_quanta == 40_200_000
    assert difference_quanta == (
        line.fee_quanta + line.loss_quanta + line.rent_quanta + line.rounding_quanta
    )
    assert report.lines_fault_quanta == 0


def test_volumes_by_mode_side_and_sort_of_unit(report: PeriodReport) -> None:
    """Ann's house sets the price of the first interval: it gets what battery and Ben leave, 40 Wh."""
    volumes = {(row.side, row.source): row for row in report.trades.volumes}

    assert {row.venue for row in report.trades.volumes} == {Venue.CALL}
    assert {key: row.energy_wh for key, row in volumes.items()} == {
        (Side.BUY, UnitKind.LOAD): 40 + 2_400 + 2_000,
        (Side.BUY, UnitKind.STORAGE): 2_000,
        (Side.SELL, UnitKind.SOLAR): 1_500 + 500,
        (Side.SELL, UnitKind.RETAILER): 3_000 + 1_531,
    }
    assert report.trades.sold_wh == report.trades.bought_wh + report.trades.lost_wh
    retailer = volumes[Side.SELL, UnitKind.RETAILER]
    assert (retailer.trades, retailer.value_quanta) == (2, 4_531 * 12_000)


def test_prices_of_a_month_are_of_its_days(report: PeriodReport) -> None:
    rural, upper = report.trades.prices
    assert (rural.area_id, rural.start_s, rural.price_ticks) == ("RUR", MIDNIGHT_S, None)
    assert (rural.least_ticks, rural.most_ticks) == (16_327, 30_000)
    bought_wh, sold_wh = 40 + 2_400 + 2_000, 1_500
    assert rural.energy_wh == bought_wh + sold_wh + 2_000 + 500
    assert rural.value_quanta == (bought_wh + sold_wh) * 30_000 + 2_500 * 16_327
    assert (upper.energy_wh, upper.least_ticks, upper.most_ticks) == (4_531, 12_000, 12_000)


def test_prices_of_a_day_are_of_its_intervals(life: Store) -> None:
    rows = reported(life).trades.prices

    assert [(row.area_id, row.start_s - MIDNIGHT_S, row.price_ticks) for row in rows] == [
        ("RUR", 0, 30_000),
        ("RUR", STEP_S, 16_327),
        ("GRID", 0, 12_000),
        ("GRID", STEP_S, 12_000),
    ]


def test_what_deviated_and_what_that_cost(report: PeriodReport) -> None:
    """Ann's roof gives 1,400 Wh twice, having sold 1,500 and 500; Ben draws 50 and 450 Wh too much.

    Ann's house draws 1,000 Wh in both intervals and had bought 40 and nothing.
    """
    rural, upper = report.meters.imbalance
    assert (rural.long_wh, rural.short_wh) == (900, 100 + 960 + 50 + 450 + 1_000)
    adder = {30_000: 1_500, 16_327: 816}  # a twentieth of the price, in whole ticks
    assert rural.long_quanta == 900 * (16_327 - adder[16_327])
    assert rural.short_quanta == 1_110 * (30_000 + adder[30_000]) + 1_450 * (16_327 + adder[16_327])
    assert (upper.long_wh, upper.short_wh, upper.long_quanta, upper.short_quanta) == (0, 0, 0, 0)
    cost_quanta = rural.short_quanta - rural.long_quanta
    assert net(report, "balancing", TransferKind.DEVIATION) == cost_quanta


def test_meters_go_to_trades_own_use_and_the_last_resort(report: PeriodReport) -> None:
    injected, withdrawn = report.meters.meters[:2]

    assert (injected.metered_wh, injected.is_injection) == (2 * 1_400, True)
    assert withdrawn.metered_wh == 2 * (1_000 + 2_450) + 2_000
    assert injected.traded_wh == 1_400 + 500
    # What her roof gave and had not sold meets what her house used and had not bought.
    assert (injected.own_use_wh, withdrawn.own_use_wh) == (900, 900)
    assert not any(row.fault_wh for row in report.meters.meters)


def test_certificates_of_what_the_roof_gave(report: PeriodReport) -> None:
    """Each Wh it gave is one: 900 met Ann's own use, and of what was sold Ben has his part.

    In the first interval 1,400 Wh go to three buyers of one call, who used 40, 2,000 and 2,400 Wh; the
    last is Ben. In the second he is the only buyer of 500 Wh.
    """
    (solar,) = report.certificates
    assert solar.source is UnitKind.SOLAR
    assert solar.issued_wh == 2 * 1_400
    assert (solar.own_use_wh, solar.used_wh, solar.kept_wh) == (900, 1_900, 0)
    assert solar.carried_wh == round(1_400 * 2_400 / 4_440) + 500
    assert solar.moved_wh == solar.retired_wh == solar.exported_wh == solar.left_wh == 0


def test_how_the_day_stands_and_how_complete_it_is(report: PeriodReport) -> None:
    (day,) = report.days
    assert (day.day, day.state, day.version) == ("2016-06-15", DayState.SETTLED, 1)
    assert (day.kind, day.intervals, day.settled) == (RunKind.PRELIMINARY, 2, 2)
    assert day.completeness == Completeness(measured=6, late=0, substituted=2)


def test_the_months_bills_by_state(report: PeriodReport) -> None:
    (bills,) = report.bills
    assert (bills.month, bills.state.value, bills.bills) == ("2016-06", "issued", 3)
    # What people had paid in before is more than what they are billed.
    assert report.open_bills == ()


def test_a_bill_that_is_not_paid_is_open_and_then_overdue(store: Store) -> None:
    write_life(store, billed=True)
    with opened(store) as connection:
        c = tables.accounts.c
        connection.execute(
            update(tables.accounts)
            .where(c.account == "participant:ben")
            .values(balance_quanta=-(10**9))
        )
        payers = tables.payers
        connection.execute(
            update(payers).where(payers.c.participant_id == "ben").values(paid_in_quanta=0)
        )
    report = reported(store)
    (item,) = report.open_bills
    readers = Readers(store)
    with readers.connect() as connection:
        (of_ben,) = queries.bills(connection, MARKET_ID, participant_id="ben").items
    readers.close()
    assert item.demand.bill_id == of_ben.bill.bill_id
    assert (item.open_quanta, item.paid_quanta) == (of_ben.bill.total_quanta, 0)
    assert item.state(report.as_of_us) is DemandState.OPEN
    assert item.state(item.demand.due_us) is DemandState.OVERDUE
    assert reported(store, date(2016, 5, 31)).open_bills == ()


def test_who_owes_money_is_named(store: Store) -> None:
    write_life(store)
    assert reported(store).debts == ()
    with opened(store) as connection:
        c = tables.account_days.c
        connection.execute(
            update(tables.account_days)
            .where(c.account == "participant:ben")
            .values(balance_quanta=-7)
        )
    (debt,) = reported(store).debts
    assert (debt.participant_id, debt.name, debt.balance_quanta) == ("ben", "Ben", -7)


# --- the same as the ledger, always -------------------------------------------------------


def from_the_ledger(store: Store, days: set[str]) -> dict[tuple[str, TransferKind], int]:
    """Received less given by sort of account and kind, from the postings themselves."""
    found: dict[tuple[str, TransferKind], int] = defaultdict(int)
    readers = Readers(store)
    with readers.connect() as connection:
        for row in connection.execute(select(tables.transfers)):
            of_day = date(1970, 1, 1) + timedelta(seconds=row.counts_s + 3_600)  # the zone's hour
            if of_day.isoformat() in days:
                kind = TransferKind(row.kind)
                found[row.credit_account.partition(":")[0], kind] += row.amount_quanta
                found[row.debit_account.partition(":")[0], kind] -= row.amount_quanta
    readers.close()
    return dict(found)


@pytest.mark.parametrize("commands", [every_mode, helped_next_door, on_a_weak_grid, over_a_line])
def test_sums_are_the_postings_and_the_trial_balance(
    commands: Callable[[], tuple[Command, ...]], store: Store
) -> None:
    create, *_ = commands()
    rules = create.rules  # type: ignore[union-attr]
    write_life(store, commands())
    for days in ((DAY,), month()):
        report = reported(store, *days, definition=MarketDefinition(rules=rules, grid=GRID))
        assert report.is_proven
        by_kind = {(item.account, item.kind): item.net_quanta for item in report.money.delivered}
        assert by_kind == from_the_ledger(store, {day.isoformat() for day in days})
        assert sum(item.net_quanta for item in report.money.booked) == 0
        assert sum(item.closing_quanta for item in report.money.accounts) == 0
        for item in report.money.accounts:
            assert item.closing_quanta - item.opening_quanta == (
                item.received_quanta - item.given_quanta
            )


def test_what_other_modes_send_over_a_line_is_a_flow_too(store: Store) -> None:
    """Ben takes 98 Wh of the retailer's: 100 Wh are sent, and the call has that much less."""
    write_life(store, over_a_line())
    report = reported(store, definition=replace(DEFINITION, rules=over_a_line()[0].rules))  # type: ignore[union-attr]
    into = report.trades.flows[0]

    assert (into.match_wh, into.call_wh) == (100, 2_900 + 1_531)
    assert into.received_wh == 98 + 2_842 + 1_500
    listed = {row.side: row for row in report.trades.volumes if row.venue is Venue.LISTING}
    assert (listed[Side.SELL].energy_wh, listed[Side.BUY].energy_wh) == (100, 98)
    assert report.trades.fault_wh == 0


ACCOUNTS = ("bank", "central", "participant:a", "participant:b", "rent:l", "rent:m", "levies")
POSTINGS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(ACCOUNTS),
        st.integers(1, 2**62),
        st.sampled_from(sorted(TransferKind)),
    ).filter(lambda posting: posting[1] != posting[2]),
    max_size=30,
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A store without a market, for postings that no market would book."""
    with opened(tmp_path_factory.mktemp("books") / "m.sqlite") as connection:
        create_schema(connection)
        recreate_projections(connection)
        yield connection


@given(batches=st.lists(POSTINGS, max_size=4), first=st.integers(0, 40), length=st.integers(1, 31))
def test_whatever_is_booked_the_report_says_what_the_accounts_say(
    batches: list[Any], first: int, length: int, books: Connection
) -> None:
    start = date(2016, 5, 20)
    for table in (tables.accounts, tables.account_days, tables.day_movements):
        books.execute(table.delete())
    for postings in batches:
        rows = AccountRows(books)
        for day, giver, receiver, quanta, kind in postings:
            rows.day(start + timedelta(days=day)).book(giver, receiver, quanta, kind)
        rows.write("m")
    days = [start + timedelta(days=first + number) for number in range(length)]
    money = period_money(books, "m", queries.span_of(days, RULES))

    assert money.faults == ()
    assert sum(item.net_quanta for item in money.booked) == 0
    assert sum(item.closing_quanta for item in money.accounts) == 0


def test_a_sum_that_is_not_the_ledgers_is_told(store: Store) -> None:
    write_life(store)
    with opened(store) as connection:
        c = tables.day_movements.c
        connection.execute(
            update(tables.day_movements)
            .where(c.kind == TransferKind.LEVIES.value)
            .values(amount_quanta=1)
        )
    report = reported(store)
    assert not report.is_proven
    assert {fault.account for fault in report.money.faults} == {"levies", "participant"}


# --- open, late, empty --------------------------------------------------------------------


async def until(sequencer: Sequencer, clock: StillClock, last_us: int) -> None:
    """Live until market time would pass a moment."""
    for command in (*SETUP, *TRADING):
        await sequencer.submit(command)
    while (timer := sequencer.engine.next_timer()) is not None and timer.due_us <= last_us:
        clock.time_us = max(clock.time_us, timer.due_us)
        await sequencer.submit(due_command(sequencer.engine, timer))
        if timer.kind is TimerKind.END_DELIVERY:
            await sequencer.submit(read_meters(timer.start_s, clock.time_us))
    await sequencer.projected(sequencer.committed_seq)


def test_a_day_that_is_open_is_marked_and_says_what_there_is(store: Store) -> None:
    clock = StillClock()

    async def story(sequencer: Sequencer) -> None:
        await until(sequencer, clock, (MIDNIGHT_S + 2 * STEP_S) * 1_000_000)

    with_sequencer(store, story, clock=clock)
    report = reported(store)
    (day,) = report.days
    assert (day.state, day.settled, day.version, day.kind) == (DayState.OPEN, 1, None, None)
    assert day.completeness == Completeness(measured=3 + 3, late=0, substituted=1)
    assert report.is_proven
    # Of the first interval alone: 100, 960 and 50 Wh short at its price and the adder.
    rural = report.meters.imbalance[0]
    assert (rural.short_wh, rural.short_quanta, rural.long_wh) == (1_110, 1_110 * 31_500, 0)
    assert not any(row.metered_wh for row in report.meters.meters)


def test_a_closed_day_says_the_same_before_and_after_it_is_settled_as_a_whole(
    store: Store,
) -> None:
    write_life(store)
    before = reported(store)
    assert before.days[0].state is DayState.CLOSED

    async def story(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, StillClock(LATE_US), market_id=MARKET_ID)
        while await runs.step():
            pass
        await sequencer.projected(sequencer.committed_seq)

    with_sequencer(store, story, clock=StillClock(LATE_US))
    after = reported(store)
    assert after.days[0].state is DayState.SETTLED
    assert after.meters.imbalance == before.meters.imbalance
    assert after.days[0].completeness == before.days[0].completeness
    assert after.money == before.money


def test_a_late_reading_changes_the_day_it_is_of(store: Store) -> None:
    write_life(store, billed=True)
    before = reported(store)
    late = Measurement(unit_id="ben-load", start_s=MIDNIGHT_S, injection_wh=-1_000)

    async def story(sequencer: Sequencer) -> None:
        runs = DayRuns(sequencer, StillClock(LATE_US), market_id=MARKET_ID)
        await sequencer.submit(
            RecordMeasurements(now_us=LATE_US, actor="gateway", area_id="RUR", measurements=(late,))
        )
        await sequencer.submit(
            BeginSettlement(now_us=LATE_US, actor="op", day=DAY.isoformat(), kind=RunKind.CORRECTED)
        )
        while await runs.step():
            pass
        await sequencer.projected(sequencer.committed_seq)

    with_sequencer(store, story, clock=StillClock(LATE_US))
    report = reported(store)
    (day,) = report.days
    assert (day.version, day.kind) == (2, RunKind.CORRECTED)
    assert day.completeness == Completeness(measured=5, late=1, substituted=2)
    was, now = before.meters.imbalance[0], report.meters.imbalance[0]
    # 2,400 bought, 2,450 seen at first, 1,000 now: 50 less short, 1,400 long.
    assert (now.short_wh, now.long_wh) == (was.short_wh - 50, was.long_wh + 1_400)
    assert report.is_proven


def test_what_people_do_with_certificates_is_of_the_day_they_are_of(store: Store) -> None:
    write_life(store)

    async def story(sequencer: Sequencer, runs: DayRuns) -> None:
        await certified.do_all(sequencer, runs)
        await certified.read_late(sequencer, runs, **certified.SUNNY)
        moved = await certified.acts(sequencer, MoveCertificates, 30, receiver_id="retailer")
        retired = await certified.acts(sequencer, RetireCertificates, 2)
        assert certified.codes(moved) == certified.codes(retired) == []

    certified.certified_story(store, story)
    (solar,) = reported(store).certificates
    # 2,400 Wh in the first interval instead of 1,400.
    assert solar.issued_wh == 2_400 + 1_400
    assert solar.kept_wh > 50
    assert (solar.moved_wh, solar.retired_wh, solar.exported_wh) == (30, 2, 0)
    assert solar.left_wh == solar.kept_wh - 2
    assert reported(store, date(2016, 6, 16)).certificates == ()


def test_an_empty_day_is_empty(life: Store) -> None:
    report = reported(life, date(2016, 6, 16))

    assert report.days == ()
    assert report.trades.prices == report.trades.volumes == ()
    assert report.is_proven
    assert report.money.booked == ()
    # The accounts stand where the day before left them.
    assert sum(item.closing_quanta for item in report.money.accounts) == 0
    assert all(item.opening_quanta == item.closing_quanta for item in report.money.accounts)


@pytest.mark.parametrize(
    ("zone", "of", "hours"),
    [
        ("Europe/Berlin", "2016-03", 31 * 24 - 1),
        ("Europe/Berlin", "2016-10", 31 * 24 + 1),
        ("Asia/Shanghai", "2016-02", 29 * 24),
        ("Etc/GMT-1", "2016-12", 31 * 24),
    ],
)
def test_a_month_begins_and_ends_in_the_markets_zone(zone: str, of: str, hours: int) -> None:
    rules = replace(RULES, time_zone=zone)
    days = MarketMonth.of(of, zone).days
    span = queries.span_of(days, rules)

    assert span.until_s - span.from_s == hours * 3_600
    after = (days[-1] + timedelta(days=1)).replace(day=1)
    following = queries.span_of(MarketMonth.of(f"{after:%Y-%m}", zone).days, rules)
    assert following.from_s == span.until_s


def test_the_last_interval_of_a_month_is_of_it_and_booked_in_the_next(store: Store) -> None:
    """Two intervals around local midnight of the first of July."""
    first_s = MarketMonth.of("2016-07", RULES.time_zone).from_s - STEP_S
    rules = replace(RULES, trading_from_s=first_s, trading_until_s=first_s + 2 * STEP_S)
    shift_s = first_s - MIDNIGHT_S

    def moved(command: Any) -> Any:  # noqa: ANN401 - any command of the life
        changes: dict[str, Any] = {"now_us": command.now_us + shift_s * 1_000_000}
        if hasattr(command, "rules"):
            changes["rules"] = rules
        if hasattr(command, "start_s"):
            changes["start_s"] = command.start_s + shift_s
        if hasattr(command, "orders"):
            starts = tuple(start_s + shift_s for start_s in command.orders.start_s)
            changes["orders"] = replace(command.orders, start_s=starts)
        return replace(command, **changes)

    clock = StillClock()

    async def story(sequencer: Sequencer) -> None:
        await live(sequencer, clock, [moved(command) for command in (*SETUP, *TRADING)])
        await sequencer.projected(sequencer.committed_seq)

    with_sequencer(store, story, clock=clock)
    definition = MarketDefinition(rules=rules, grid=GRID)
    june, july = (
        reported(store, *MarketMonth.of(name, rules.time_zone).days, definition=definition)
        for name in ("2016-06", "2016-07")
    )
    assert [day.day for day in june.days] == ["2016-06-30"]
    assert [day.day for day in july.days] == ["2016-07-01"]
    assert june.trades.flows[0].call_wh == 3_000
    assert july.trades.flows[0].call_wh == 1_531
    fees = TransferKind.NETWORK_FEE
    # What June's last interval withdrew was booked when it was settled, in July.
    assert net(june, "grid_operator", fees) == 0
    delivered = sum(
        item.net_quanta
        for item in june.money.delivered
        if (item.account, item.kind) == ("grid_operator", fees)
    )
    assert 0 < delivered < net(july, "grid_operator", fees)
    assert june.is_proven
    assert july.is_proven
