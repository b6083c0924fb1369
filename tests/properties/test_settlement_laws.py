"""Laws of money over a market's whole life, whatever happens to it and whenever it is killed.

A random program of orders, trades of every mode, recalls, orders of operators, readings in time and late, runs
that settle days again under the same or other fees, bills and their disputes, payments, withdrawals, collateral and
covered debts (`money_rules.py`), and kills lives in a store of either kind. After every event the
ledger sums to zero; after every command nothing lies on the accounts of passage, holds are those of what stands,
what is in dispute lies on its account and what the bank told and nobody knows on suspense,
the stored trial balance is the ledger, and in each area and interval what was sold and received was bought and
sent. Who starts again from what a kill leaves has the same state, byte for byte.
"""
# house: long because a whole life of a market is one machine

import asyncio
import shutil
from collections import Counter
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clearing.merit_order import merit_order
from market.day_runs import DayRuns
from market.engine.engine import Engine
from market.engine.state import MarketState
from market.model.act import Act, ActKind, PerformAct
from market.model.alarm import ControlLevel
from market.model.bill import BillState, DraftBills, IssueBills
from market.model.contract import ConfirmContract, ContractTerms, RegisterContract
from market.model.interval import MarketMonth, day_of
from market.model.listing import ListingTerms, PostListing, TakeListing
from market.model.messages import (
    CancelOrders,
    Command,
    CreateMarket,
    Deposit,
    Event,
    IntervalCleared,
    LinesUsed,
    LineUse,
    MakeDeposits,
    OpenContinuous,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    TradesMade,
    TransfersBooked,
)
from market.model.money import CENTRAL, loss_account, participant_account
from market.model.order import Side
from market.model.participant import UnitKind
from market.model.power import Measurement
from market.model.recall import DecideRecall, RecallDecided, RequestRecall, TradeState
from market.model.rules import ContinuousRules, Tariff
from market.model.settlement_run import BeginSettlement, RunKind
from market.model.timer import TimerKind
from market.model.trade import LineOutcome, Trade
from market.sequencer import Committed, Sequencer
from market.store import queries
from tests.builders import DAY_BEFORE_US, MIDNIGHT_S, RULES, STEP_S, unit
from tests.market.engine.offering import PARTIES, UNITS, VILLAGES
from tests.market.stores import NewStore, made
from tests.market.written import MARKET_ID, StillClock, due_command, place
from tests.properties.money_rules import DAY_US, OWNERS, MoneyRules

FIRST_S = MIDNIGHT_S - 2 * STEP_S
STARTS_S = [FIRST_S + number * STEP_S for number in range(4)]
"""Two intervals on either side of midnight: two days, one month."""
DAYS = ("2016-06-14", "2016-06-15")
LINES = {line.line_id: line for line in VILLAGES.lines}
WITH_RETAIL = (
    *UNITS,
    unit(
        "retailer-sells",
        "retailer",
        UnitKind.RETAILER,
        injection_max_w=1_000_000,
        withdrawal_max_w=1_000_000,
        area_id="GRID",
    ),
)
AREA_OF = {item.unit_id: item.area_id for item in WITH_RETAIL}
ABLE = (
    *(("ann-solar", "sell"), ("ann-load", "buy"), ("ben-load", "buy"), ("ben-chp", "sell")),
    *(
        ("sue-load", "buy"),
        ("sue-wind", "sell"),
        ("retailer-sells", "sell"),
        ("retailer-sells", "buy"),
    ),
)
"""What units do; asking the impossible is cheap, but shows little."""
HOMES = [item.unit_id for item in UNITS]
RULES_HERE = replace(
    RULES,
    trading_from_s=FIRST_S,
    trading_until_s=FIRST_S + 4 * STEP_S,
    call_opens_minutes=30,
    continuous=ContinuousRules(
        opens_minutes=660,
        collar_min_ticks=100_000,
        corridor_min_ticks=90_000,
        volatility_random_s=0,
    ),
    listing=True,
    bilateral=True,
)
SETUP: tuple[Command, ...] = (
    CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=RULES_HERE, grid=VILLAGES),
    RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=PARTIES),
    RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=WITH_RETAIL),
    MakeDeposits(
        now_us=DAY_BEFORE_US,
        actor="op",
        deposits=tuple(
            Deposit(deposit_id=f"dep-{name}", participant_id=name, amount_quanta=2 * 10**8)
            for name in OWNERS
        ),
    ),
)
_Result = TypeVar("_Result")

able = st.sampled_from(ABLE)
prices = st.sampled_from((-2_000, 5_000, 8_000, 9_000, 9_000, 12_000, 16_000, 25_000))
energies = st.sampled_from((1, 7, 100, 333, 500, 1_000, 1_999, 2_500))
intervals = st.integers(0, 3)
numbers = st.integers(0, 99)


trading = precondition(lambda self: not self.is_over)
"""Afterwards there is nothing to order."""


class Life(MoneyRules):
    """One market in a store, under a random program."""

    def __init__(self, new_store: NewStore) -> None:
        super().__init__()
        self.new_store = new_store
        self.names = count(1)
        self.loop = asyncio.new_event_loop()
        self.clock = StillClock()
        self.store = new_store()
        self.events: list[Event] = []
        self.follower = Engine()
        self.accounts: Counter[str] = Counter()
        self.paid = Counter()
        self.rest_wh: Counter[tuple[str, int]] = Counter()
        """Of each area and interval: sold less bought, less sent, and received."""
        self.gone: set[str] = set()
        self.sequencer = self._opened()

    def _opened(self) -> Sequencer:
        async def start() -> Sequencer:
            made = Sequencer.open(self.store, clock=self.clock)
            await made.start()
            return made

        return self._run(start())

    def _run(self, what: Coroutine[Any, Any, _Result]) -> _Result:
        return self.loop.run_until_complete(what)

    def teardown(self) -> None:
        try:
            self._ends()
        finally:
            self._run(self.sequencer.close())
            self.loop.close()

    @initialize(at_the_end=st.sampled_from((True, False)))
    def begins(self, at_the_end: bool) -> None:
        """With the first session; or when all is traded, settled and billed."""
        for command in SETUP:
            assert not self._does(command).answer.rejections
        self.goes_on(2)
        if at_the_end:
            for unit_id, side in (ABLE[1], ABLE[3], ABLE[7]):
                self.orders((unit_id, side), 12_000, 1_999, 2)
            self.lists_and_takes(ABLE[1], 9_000, 500, 1, ABLE[5])
            while self.sequencer.engine.next_timer() is not None:
                self.goes_on(10)
            self._runs()
            self.bills()

    # --- what happens ---------------------------------------------------------------------

    @trading
    @rule(what=able, price=prices, energy_wh=energies, interval=intervals)
    def orders(self, what: tuple[str, str], price: int, energy_wh: int, interval: int) -> None:
        unit_id, side = what
        row = f"o{next(self.names)} {unit_id} {side} {price} {energy_wh} {interval - 2}"
        self._does(place(_owner(unit_id), row, now_us=self.now_us))

    @trading
    @rule(number=numbers)
    def cancels(self, number: int) -> None:
        for owner in OWNERS:
            self._tells(CancelOrders, owner, order_ids=(f"ord-{1 + number % 20}",))

    @trading
    @rule(what=able, price=prices, energy_wh=energies, interval=intervals, taker=able)
    def lists_and_takes(
        self,
        what: tuple[str, str],
        price: int,
        energy_wh: int,
        interval: int,
        taker: tuple[str, str],
    ) -> None:
        terms = ListingTerms(
            unit_id=what[0],
            side=Side(what[1]),
            price_ticks=price,
            legs=((STARTS_S[interval], energy_wh),),
        )
        name = f"l{next(self.names)}"
        answer = self._tells(PostListing, _owner(what[0]), client_listing_id=name, terms=terms)
        if answer.answer.rejections:
            return
        (row,) = answer.answer.orders
        self._tells(
            TakeListing,
            _owner(taker[0]),
            client_take_id=name,
            listing_id=row.order_id,
            unit_id=taker[0],
            legs=((STARTS_S[interval], 1 + energy_wh // 2),),
        )

    @trading
    @rule(what=able, other=able, price=prices, energy_wh=energies, confirmed=st.booleans())
    def agrees(
        self,
        what: tuple[str, str],
        other: tuple[str, str],
        price: int,
        energy_wh: int,
        confirmed: bool,
    ) -> None:
        terms = ContractTerms(
            unit_id=what[0],
            side=Side(what[1]),
            counterparty_unit_id=other[0],
            price_ticks=price,
            legs=tuple((start_s, energy_wh) for start_s in STARTS_S[1:3]),
            answer_by_us=self.now_us + 600 * 10**6,
        )
        name = f"c{next(self.names)}"
        made = self._tells(RegisterContract, _owner(what[0]), client_contract_id=name, terms=terms)
        if confirmed and not made.answer.rejections:
            contract_id = made.answer.orders[0].order_id
            self._tells(ConfirmContract, _owner(other[0]), contract_id=contract_id)

    @trading
    @rule(number=numbers, cancel=st.booleans(), parties=st.booleans())
    def recalls(self, number: int, cancel: bool, parties: bool) -> None:
        """Asked for by both parties, or decided by two operators."""
        recent = [trade for trade in self._trades() if trade.match_id not in self.gone]
        if not recent:
            return
        trade = recent[-1 - number % min(6, len(recent))]
        match = {"match_id": trade.match_id, "start_s": trade.start_s}
        legs = [leg for leg in recent if leg.match_id == trade.match_id]
        asking = dict.fromkeys(leg.participant_id for leg in legs) if parties else (None,)
        for who in asking:
            actor = who or "op"
            asked = RequestRecall(
                now_us=self.now_us, actor=actor, participant_id=who, reason="typo", **match
            )
            self._does(asked)
        for operator in () if parties else ("op1", "op2"):
            self._does(DecideRecall(now_us=self.now_us, actor=operator, cancel=cancel, **match))

    @trading
    @rule(unit_id=st.sampled_from(HOMES), power_w=st.none() | st.integers(0, 9_000))
    def orders_of_operators(self, unit_id: str, power_w: int | None) -> None:
        """A stop, or a limit for the whole time."""
        what = {"kind": ActKind.STOP, "level": ControlLevel.UNIT, "member_id": unit_id}
        act = Act(**what)
        if power_w is not None:
            wide = {"injection_max_w": power_w, "withdrawal_max_w": power_w}
            act = Act(**{**what, "kind": ActKind.LIMIT, **wide})
        self._does(PerformAct(now_us=self.now_us, actor="op1", act=act, reason="works"))

    @rule(times=st.integers(1, 6))
    def goes_on(self, times: int) -> None:
        """What is due next happens: sessions, gates, calls, settlement, the end of a day."""
        for _ in range(times):
            timer = self.sequencer.engine.next_timer()
            if timer is None:
                return
            self.clock.time_us = max(self.clock.time_us, timer.due_us)
            if timer.kind is TimerKind.OPEN_CONTINUOUS:
                command: Command = OpenContinuous(now_us=timer.due_us, start_s=timer.start_s)
            else:
                command = due_command(self.sequencer.engine, timer, merit_order)
            assert not self._does(command).answer.rejections

    @rule(unit_id=st.sampled_from(HOMES), interval=intervals, energy_wh=st.integers(-2_500, 2_500))
    def reads(self, unit_id: str, interval: int, energy_wh: int) -> None:
        """In time, once more, or late."""
        one_way = UNITS_BY_ID[unit_id].injection_max_w > 0
        reading = Measurement(
            unit_id=unit_id,
            start_s=STARTS_S[interval],
            injection_wh=abs(energy_wh) if one_way else -abs(energy_wh),
        )
        self._does(
            RecordMeasurements(
                now_us=self.now_us, actor="g", area_id=AREA_OF[unit_id], measurements=(reading,)
            )
        )

    @rule(day=st.sampled_from(DAYS), network_ticks=st.none() | st.integers(0, 9_000))
    def settles_again(self, day: str, network_ticks: int | None) -> None:
        """As it is, or under another fee; what is due without asking is done first."""
        self._runs()
        tariff = network_ticks and Tariff(network_ticks=network_ticks, levies_ticks=4_000)
        begin = BeginSettlement(
            now_us=self.now_us,
            actor="op",
            day=day,
            kind=RunKind.CORRECTED,
            reason="asked",
            tariff=tariff or None,
        )
        self._does(begin)
        self._runs()

    @rule()
    def bills(self) -> None:
        """A month that is over; once issued, a bill is what its account paid."""
        self._run(self.sequencer.projected(self.sequencer.committed_seq))
        with self.sequencer.readers.connect() as connection:
            seq, sources = queries.bill_sources(connection, MARKET_ID, RULES_HERE, "2016-06")
        drafted = self._does(
            DraftBills(
                now_us=self.now_us,
                actor="op",
                month="2016-06",
                as_of_event_seq=seq,
                sources=sources,
            )
        )
        assert bool(drafted.answer.rejections) is not self.is_over
        if not self.is_over:
            return
        issue = IssueBills(now_us=self.now_us, actor="op", month="2016-06", bill_ids=())
        assert not self._does(issue).answer.rejections
        with self.sequencer.readers.connect() as connection:
            issued = queries.bills(connection, MARKET_ID, state=BillState.ISSUED).items
        for item in issued:
            account = participant_account(item.bill.participant_id)
            assert self.accounts[account] == self.paid[account] - item.bill.total_quanta

    @rule()
    def is_killed(self) -> None:
        """Somebody else goes on from what a kill would leave at this moment."""
        before = self.sequencer
        if isinstance(self.store, Path):
            left = self.new_store()
            assert isinstance(left, Path)
            for end in ("", "-wal"):
                part = self.store.with_name(self.store.name + end)
                if part.exists():
                    shutil.copy(part, left.with_name(left.name + end))
            self.store = left
        # In a schema of a server the newer writer takes over from the one that still lives.
        self.sequencer = self._opened()
        assert self.sequencer.engine.snapshot() == before.engine.snapshot()
        self._run(before.close())
        self._stored_laws()

    @rule(days=st.integers(1, 12))
    def waits(self, days: int) -> None:
        """As long as nothing is due."""
        timer, later_us = self.sequencer.engine.next_timer(), self.now_us + days * DAY_US
        self.clock.time_us = later_us if timer is None else min(later_us, timer.due_us)

    # --- the laws -------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        return self.clock.time_us

    @property
    def is_over(self) -> bool:
        """Both days are closed."""
        until_s = self.state.phases.closed_until_s()
        return until_s >= FIRST_S + len(STARTS_S) * STEP_S

    @property
    def state(self) -> MarketState:
        return self.sequencer.engine.state

    def _read(self, question: Any, **wanted: Any) -> Any:  # noqa: ANN401 - any query and its answer
        self._run(self.sequencer.projected(self.sequencer.committed_seq))
        with self.sequencer.readers.connect() as connection:
            return question(connection, MARKET_ID, **wanted)

    def _does(self, command: Command) -> Committed:
        committed = self._run(self.sequencer.submit(command))
        self._lived(committed.events)
        return committed

    def _tells(self, kind: type, who: str, **fields: object) -> Committed:
        return self._does(kind(now_us=self.now_us, actor=who, participant_id=who, **fields))

    def _runs(self) -> None:
        """What a run submits is heard as everything else."""
        heard: list[Event] = []
        stop = self.sequencer.subscribe(lambda published: heard.append(published.event))
        runs = DayRuns(self.sequencer, self.clock, market_id=MARKET_ID)
        while self._run(runs.step()):
            pass
        stop()
        self._lived(tuple(heard))

    def _lived(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._count(event)
            self.follower.apply(event)
            assert self.follower.state.ledger.sum_quanta() == 0
        self.events += events
        ledger = self.sequencer.engine.state.ledger
        passage = (CENTRAL, *(loss_account(line_id) for line_id in LINES))
        assert [ledger.balance_quanta(account) for account in passage] == [0] * len(passage)
        assert {name: quanta for name, quanta in ledger.accounts().items() if quanta} == {
            name: quanta for name, quanta in self.accounts.items() if quanta
        }
        assert not any(self.rest_wh.values())
        self.money_laws(self.state)
        self._stored_laws()

    def _count(self, event: Event) -> None:  # noqa: C901 - an arm an event
        """Money and energy, as the events say it."""
        match event:
            case TransfersBooked():
                self.count_payments(event.transfers)
                for item in event.transfers:
                    self.accounts[item.debit_account] -= item.amount_quanta
                    self.accounts[item.credit_account] += item.amount_quanta
            case TradesMade():
                for trade in event.trades:
                    self.rest_wh[trade.area_id, trade.start_s] += trade.injection_wh
            case RecallDecided() if event.state is TradeState.CANCELLED:
                self.gone.add(event.match_id)
                for trade in event.trades:
                    self.rest_wh[trade.area_id, trade.start_s] -= trade.injection_wh
            case LinesUsed():
                for use in event.uses:
                    self._flows(use, event.start_s)
            case IntervalCleared():
                for use in _uses(event.outcome.lines):
                    self._flows(use, event.outcome.start_s)

    def _flows(self, use: LineUse, start_s: int) -> None:
        ends = (LINES[use.line_id].from_area, LINES[use.line_id].to_area)
        sender, receiver = ends if use.forward else ends[::-1]
        self.rest_wh[sender, start_s] -= use.sent_wh
        self.rest_wh[receiver, start_s] += use.received_wh

    def _stored_laws(self) -> None:
        """What the store's lists say is what the engine knows."""
        self._run(self.sequencer.projected(self.sequencer.committed_seq))
        state = self.sequencer.engine.state
        with self.sequencer.readers.connect() as connection:
            for owner in OWNERS:
                account = queries.account(connection, MARKET_ID, owner)
                assert account.held_quanta == state.ledger.held_quanta(owner) >= 0
                assert account.balance_quanta == self.accounts[participant_account(owner)]
            day = day_of(self.sequencer.now_us // 10**6, RULES_HERE.time_zone).isoformat()
            trial = queries.trial_balance(connection, MARKET_ID, day)
        assert {item.account: item.balance_quanta for item in trial.accounts} == dict(
            state.ledger.accounts()
        )
        received = sum(item.received_quanta for item in trial.accounts)
        assert received == sum(item.given_quanta for item in trial.accounts)

    def _reports(self) -> None:
        """Reports of the month and of each of its days prove themselves, and say the same of each."""
        definition = queries.MarketDefinition(rules=RULES_HERE, grid=VILLAGES)
        month = MarketMonth.of("2016-06", RULES_HERE.time_zone).days
        days = [date.fromisoformat(day) for day in DAYS]
        with self.sequencer.readers.connect() as connection:
            whole, *each = (
                queries.period_report(
                    connection,
                    MARKET_ID,
                    definition,
                    queries.span_of(wanted, RULES_HERE),
                    now_us=self.clock.time_us,
                )
                for wanted in (month, *((day,) for day in days))
            )
        for report in (whole, *each):
            assert report.is_proven, report
        for energy in ("sold_wh", "bought_wh", "lost_wh"):
            assert getattr(whole.trades, energy) == sum(
                getattr(report.trades, energy) for report in each
            )
        for number, row in enumerate(whole.meters.imbalance):
            parts = [report.meters.imbalance[number] for report in each]
            assert row.short_quanta == sum(part.short_quanta for part in parts)
            assert row.long_wh == sum(part.long_wh for part in parts)

    def _trades(self) -> list[Trade]:
        """Outside the calls."""
        made = [event for event in self.events if isinstance(event, TradesMade) and event.made_us]
        return [trade for event in made for trade in event.trades]

    def _ends(self) -> None:
        """Both days are closed, billed and, when no reading may come any more, final."""
        while self.sequencer.engine.next_timer() is not None:
            self.goes_on(10)
        self._runs()
        self.bills()
        self.clock.time_us += (RULES_HERE.late_readings_days + 1) * 86_400 * 10**6
        self._runs()
        assert all(item.final for item in self.sequencer.engine.state.settlements.days.values())
        self.bills()
        self._reports()
        assert self.follower.snapshot() == self.sequencer.engine.snapshot()
        self.is_killed()


UNITS_BY_ID = {item.unit_id: item for item in WITH_RETAIL}


def _owner(unit_id: str) -> str:
    return unit_id.partition("-")[0]


def _uses(lines: tuple[LineOutcome, ...]) -> Iterator[LineUse]:
    """What a call sends over lines, each direction by itself."""
    for line in lines:
        for forward, sent_wh, received_wh in (
            (True, line.sent_forward_wh, line.received_forward_wh),
            (False, line.sent_backward_wh, line.received_backward_wh),
        ):
            yield LineUse(
                line_id=line.line_id, forward=forward, sent_wh=sent_wh, received_wh=received_wh
            )


@pytest.mark.parametrize(
    ("kind", "examples", "steps"),
    [
        # Few lives of the same rules; the long run has hundreds, each twice as long.
        pytest.param("sqlite", 5, 40, id="short"),
        pytest.param("postgresql", 2, 40, id="short-postgresql"),
        pytest.param("sqlite", 300, 80, id="long", marks=pytest.mark.long),
        pytest.param("postgresql", 100, 80, id="long-postgresql", marks=pytest.mark.long),
    ],
)
def test_the_laws_of_money_hold_after_every_event(
    kind: str, examples: int, steps: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with made(kind, tmp_path, lambda: request.getfixturevalue("postgres_url")) as new_store:
        run_state_machine_as_test(
            partial(Life, new_store),
            settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
        )
