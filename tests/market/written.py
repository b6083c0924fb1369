"""A short market life written to a store: two intervals, from creation to the day's close.

The one idea: every kind of command and event comes up once, so that what is kept, read back and
projected can be compared whole. In the first interval the line binds, so there is rent to give
back; in the second an order that holds money expires.
"""
# house: long because a whole market life is written down in one place.

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import is_
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from clearing.clear import clear
from clearing.explain import reasons_of
from clearing.problem import ClearingProblem, ClearingResult
from market.control.activation_check import helped
from market.control.alarms import Alarms
from market.control.grid_check import check, see
from market.day_runs import DayRuns
from market.engine.engine import Engine
from market.engine.interventions.reach import DECOUPLED_S
from market.model.act import Act, ActKind, ApproveAct, PerformAct, digest_of
from market.model.alarm import (
    AcknowledgeAlarm,
    AlarmKind,
    CloseAlarm,
    CommentAlarm,
    ControlLevel,
    RaiseAlarm,
    Severity,
)
from market.model.balance_group import BalanceGroup, SetBalanceGroup
from market.model.bill import BillState, ChargeKind, DraftBills, IssueBills
from market.model.call import CallKind
from market.model.case import (
    Claim,
    DecideCase,
    DisputeBill,
    NoteCase,
    Remedy,
    TakeCase,
    WithdrawCase,
)
from market.model.certificate import ExportCertificates, LotsRead
from market.model.collateral import CollateralRule, SetCreditLimit
from market.model.contract import ContractTerms, RegisterContract
from market.model.grid_check import ApplyGridCheck
from market.model.listing import (
    AskQuotes,
    GiveQuote,
    InquiryTerms,
    ListingTerms,
    PostListing,
    QuoteTerms,
    TakeListing,
)
from market.model.message import MarkRead, MessageScope, MessageText, WriteMessage
from market.model.messages import (
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseDayAhead,
    CloseGate,
    Command,
    CreateMarket,
    Deposit,
    EndDelivery,
    ExpireDue,
    MakeDeposits,
    OpenCall,
    OpenContinuous,
    OpenDayAhead,
    PlaceOrders,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SettleInterval,
)
from market.model.network import RegisterNetwork
from market.model.order import Side
from market.model.participant import UnitKind
from market.model.payment import (
    BankRow,
    CoverDefault,
    DecidePayment,
    DecidePayout,
    MoveCollateral,
    PayIntoFund,
    PaymentDecision,
    PayoutDecision,
    RecordPayments,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.power import Measurement
from market.model.reach import SERVER, HearArea, MissArea
from market.model.rules import LastResortBand, Tariff
from market.model.standing import Forecast, RecordForecasts, SetStandingRule, StandingTerms
from market.model.timer import Timer, TimerKind
from market.sequencer import Committed, Sequencer
from market.store import queries
from market.store.database import Store
from market.store.tables import JOURNAL, METADATA
from tests.builders import (
    BATTERY,
    DAY_BEFORE_US,
    GRID,
    MIDNIGHT_S,
    PARTICIPANTS,
    RULES,
    STEP_S,
    UNITS,
    orders,
    unit,
)
from tests.market.engine.feeders import Calculator, feeder

MARKET_ID: Final = RULES.market_id
TWO_INTERVALS: Final = replace(RULES, trading_until_s=MIDNIGHT_S + 2 * STEP_S)

SETUP: Final[tuple[Command, ...]] = (
    CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=TWO_INTERVALS, grid=GRID),
    RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=PARTICIPANTS),
    RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=UNITS),
    MakeDeposits(
        now_us=DAY_BEFORE_US,
        actor="op",
        deposits=tuple(
            Deposit(
                deposit_id=f"dep-{item.participant_id}",
                participant_id=item.participant_id,
                amount_quanta=10**12,
            )
            for item in PARTICIPANTS
        ),
    ),
    OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S),
    OpenCall(now_us=DAY_BEFORE_US, start_s=MIDNIGHT_S + STEP_S),
)
"""A market whose two intervals take orders."""

NEIGHBOURS: Final = SetBalanceGroup(
    now_us=DAY_BEFORE_US,
    actor="op",
    group=BalanceGroup(
        group_id="neighbours",
        name="Neighbours",
        participant_id="ann",
        unit_ids=("ann-solar", "ben-load"),
        from_day="2016-06-15",
    ),
    reason="both have agreed",
)
"""Ann's roof and Ben's home settle their deviations together."""

ResultT = TypeVar("ResultT")


class StillClock:
    """Market time as the test sets it."""

    def __init__(self, now_us: int = DAY_BEFORE_US) -> None:
        self.time_us = now_us

    def now_us(self) -> int:
        return self.time_us

    def hold_at(self, holder: str, due_us: int | None) -> None:
        raise AssertionError(f"{holder} holds a clock that stands still, at {due_us}")

    async def wait_until(self, due_us: int) -> None:
        raise AssertionError(f"somebody waits until {due_us} for a clock that stands still")


def place(owner: str, table: str, *, now_us: int = DAY_BEFORE_US) -> PlaceOrders:
    """Orders of a text table as one command."""
    return PlaceOrders(now_us=now_us, actor=owner, participant_id=owner, orders=orders(table))


TRADING: Final[tuple[Command, ...]] = (
    place(
        "ann",
        """
        a-1 ann-solar sell 9000 1500
        a-2 ann-load buy 30000 1000
        a-3 ann-solar sell 9500 500 1
        a-4 ann-load buy 20000 700 1
        a-5 ann-solar sell 9000 99000
        a-6 ann-battery buy 300000 2000
        """,
    ),
    place(
        "ben",
        """
        b-1 ben-load buy 400000 2400
        b-2 ben-load buy 400000 2000 1
        b-3 ben-load buy 100 50 1
        """,
    ),
    place(
        "retailer",
        """
        r-1 retailer-sells sell 12000 200000
        r-2 retailer-sells sell 12000 200000 1
        r-3 retailer-sells sell 13000 1000 1
        """,
    ),
    CancelOrders(now_us=DAY_BEFORE_US, actor="ann", participant_id="ann", order_ids=("ord-4",)),
)


_MINE: Final = {"now_us": DAY_BEFORE_US}
_SOON_US: Final = DAY_BEFORE_US + 600 * 10**6
OFFERS: Final[tuple[Command, ...]] = (
    PostListing(
        **_MINE,
        actor="ann",
        participant_id="ann",
        client_listing_id="l-1",
        terms=ListingTerms(
            unit_id="ann-solar",
            side=Side.SELL,
            price_ticks=9_000,
            legs=((MIDNIGHT_S, 100),),
            partners=("ben",),
        ),
    ),
    TakeListing(
        **_MINE,
        actor="ben",
        participant_id="ben",
        client_take_id="t-1",
        listing_id="lst-1",
        unit_id="ben-load",
        legs=((MIDNIGHT_S, 40),),
    ),
    AskQuotes(
        **_MINE,
        actor="ben",
        participant_id="ben",
        client_inquiry_id="i-1",
        terms=InquiryTerms(
            unit_id="ben-load",
            start_s=MIDNIGHT_S,
            energy_wh=20,
            answer_by_us=_SOON_US,
            asked_units=("ann-solar",),
        ),
    ),
    GiveQuote(
        **_MINE,
        actor="ann",
        participant_id="ann",
        client_quote_id="q-1",
        terms=QuoteTerms(
            inquiry_id="inq-1",
            unit_id="ann-solar",
            price_ticks=9_100,
            energy_wh=20,
            valid_until_us=_SOON_US,
        ),
    ),
    RegisterContract(
        **_MINE,
        actor="ann",
        participant_id="ann",
        client_contract_id="c-1",
        terms=ContractTerms(
            unit_id="ann-solar",
            side=Side.SELL,
            counterparty_unit_id="ben-load",
            price_ticks=8_800,
            legs=((MIDNIGHT_S, 30),),
            answer_by_us=_SOON_US,
        ),
    ),
    SetStandingRule(
        **_MINE,
        actor="ann",
        participant_id="ann",
        client_rule_id="s-1",
        terms=StandingTerms(unit_id="ann-solar", sell_min_ticks=9_000),
    ),
    RecordForecasts(
        **_MINE,
        actor="ann",
        participant_id="ann",
        forecasts=(Forecast(unit_id="ann-solar", start_s=MIDNIGHT_S, injection_wh=500),),
    ),
)
"""What stands outside the books, for a market that has those modes."""


def act(kind: ActKind, level: ControlLevel, member_id: str, **what: int) -> PerformAct:
    """An act of the first operator, before trading begins."""
    wanted = replace(Act(kind=kind, level=level, member_id=member_id), **what)
    return PerformAct(now_us=DAY_BEFORE_US, actor="op1", act=wanted, reason="works")


_AGREED = Act(kind=ActKind.COUPLE, level=ControlLevel.AREA, member_id="GRID")
_ALARM = Alarms().next_id((AlarmKind.DEVICE_FAULT, ControlLevel.UNIT, "ann-battery"))
OPERATING: Final[tuple[Command, ...]] = (
    # What Ben's load buys is within the tolerance of this; it is told to keep to it.
    act(
        ActKind.LIMIT,
        ControlLevel.UNIT,
        "ben-load",
        withdrawal_max_w=7_850,
        from_s=MIDNIGHT_S + STEP_S,
        until_s=MIDNIGHT_S + 2 * STEP_S,
    ),
    act(ActKind.STOP, ControlLevel.AREA, "GRID"),
    act(ActKind.DECOUPLE, ControlLevel.AREA, "GRID"),
    act(ActKind.COUPLE, ControlLevel.AREA, "GRID"),
    ApproveAct(
        now_us=DAY_BEFORE_US,
        actor="op2",
        act_id="act-4",
        digest=digest_of("act-4", _AGREED, "works", 2),
    ),
    RaiseAlarm(
        now_us=DAY_BEFORE_US,
        actor="meter",
        kind=AlarmKind.DEVICE_FAULT,
        level=ControlLevel.UNIT,
        member_id="ann-battery",
        parameters={"fault": "fan"},
    ),
    CommentAlarm(now_us=DAY_BEFORE_US, actor="op1", alarm_id=_ALARM, text="ordered a new one"),
    AcknowledgeAlarm(now_us=DAY_BEFORE_US, actor="op1", alarm_id=_ALARM),
    CloseAlarm(now_us=DAY_BEFORE_US, actor="op2", alarm_id=_ALARM),
)
"""What operators do, and an alarm that is dealt with."""


def read_meters(start_s: int, now_us: int) -> RecordMeasurements:
    """Readings of all units of RUR but one."""
    readings = {"ann-solar": 1_400, "ann-load": -1_000, "ben-load": -2_450}
    return RecordMeasurements(
        now_us=now_us,
        actor="gateway",
        area_id="RUR",
        measurements=tuple(
            Measurement(unit_id=unit_id, start_s=start_s, injection_wh=energy_wh)
            for unit_id, energy_wh in readings.items()
        ),
    )


Solve = Callable[[ClearingProblem], ClearingResult]


def due_command(engine: Engine, timer: Timer, solve: Solve = clear) -> Command:  # noqa: C901 - an arm a timer
    """What the timetable sends for a timer."""
    now_us, start_s = timer.due_us, timer.start_s
    match timer.kind:
        case TimerKind.OPEN_CALL:
            return OpenCall(now_us=now_us, start_s=start_s)
        case TimerKind.CLOSE_GATE:
            return CloseGate(now_us=now_us, start_s=start_s)
        case TimerKind.END_DELIVERY:
            return EndDelivery(now_us=now_us, start_s=start_s)
        case TimerKind.SETTLE:
            seen = see(engine.measured_powers(start_s), Calculator())
            return SettleInterval(now_us=now_us, start_s=start_s, grid=seen)
        case TimerKind.CHECK_GRID:
            plans = engine.grid_plans(start_s)
            areas = check(plans, Calculator(), 10)
            offers = engine.activation_offers(start_s, areas)
            return ApplyGridCheck(
                now_us=now_us,
                start_s=start_s,
                areas=areas,
                activations=() if offers is None else helped(offers, plans, areas, Calculator()),
                turn=timer.turn,
            )
        case TimerKind.CLOSE_DAY:
            return CloseDay(now_us=now_us, day=timer.day)
        case TimerKind.EXPIRE:
            return ExpireDue(now_us=now_us)
        case TimerKind.OPEN_DAY_AHEAD:
            return OpenDayAhead(now_us=now_us, start_s=start_s)
        case TimerKind.CLOSE_DAY_AHEAD:
            return CloseDayAhead(now_us=now_us, start_s=start_s)
        case TimerKind.OPEN_CONTINUOUS:
            return OpenContinuous(now_us=now_us, start_s=start_s)
        case TimerKind.CLEAR | TimerKind.CLEAR_DAY_AHEAD:
            closing = timer.kind is TimerKind.CLEAR
            call = CallKind.CLOSING if closing else CallKind.DAY_AHEAD
            auction = engine.clearing_problem(start_s, call)
            result = solve(auction.problem)
            return ApplyClearing(
                now_us=now_us,
                call=call,
                outcomes=engine.clearing_outcomes(auction, result, 7),
                explained=engine.explained(auction, reasons_of(auction.problem, result)),
            )


async def live(
    sequencer: Sequencer, clock: StillClock, commands: Iterable[Command] = (*SETUP, *TRADING)
) -> list[Committed]:
    """From nothing to the close of the day."""
    committed = [await sequencer.submit(command) for command in commands]
    while (timer := sequencer.engine.next_timer()) is not None:
        clock.time_us = max(clock.time_us, timer.due_us)
        committed.append(await sequencer.submit(due_command(sequencer.engine, timer)))
        if timer.kind is TimerKind.END_DELIVERY:
            reading = read_meters(timer.start_s, clock.time_us)
            committed.append(await sequencer.submit(reading))
    assert not [item for item in committed if item.answer.rejections]
    return committed


def every_mode() -> tuple[Command, ...]:
    """The commands of a life in a market that has every mode beside the call."""
    rules = replace(
        TWO_INTERVALS, listing=True, bilateral=True, standing=True, deviation_band_ppm=20_000
    )
    setup = (replace(SETUP[0], rules=rules), *SETUP[1:], NEIGHBOURS)  # type: ignore[call-arg]
    network = feeder(voltage_min_ppm=990_000)
    registered = RegisterNetwork(now_us=DAY_BEFORE_US, actor="op", network=network)
    return (*setup, registered, *TRADING, *OFFERS, *OPERATING)


def over_a_line() -> tuple[Command, ...]:
    """The commands of a life in which Ben takes from the other area before the call does."""
    rules = replace(TWO_INTERVALS, listing=True)
    setup = (replace(SETUP[0], rules=rules), *SETUP[1:])  # type: ignore[call-arg]
    posted = PostListing(
        **_MINE,
        actor="retailer",
        participant_id="retailer",
        client_listing_id="l-1",
        terms=ListingTerms(
            unit_id="retailer-sells",
            side=Side.SELL,
            price_ticks=12_000,
            legs=((MIDNIGHT_S, 1_000),),
        ),
    )
    taken = TakeListing(
        **_MINE,
        actor="ben",
        participant_id="ben",
        client_take_id="t-1",
        listing_id="lst-1",
        unit_id="ben-load",
        legs=((MIDNIGHT_S, 98),),
    )
    return (*setup, posted, taken, *TRADING)


def short_of_cover() -> tuple[Command, ...]:
    """The commands of a life in which Ann trades on credit that is taken back, and does not pay in."""
    rule = CollateralRule(from_day="2016-06-15", short_price_ticks=3 * 10**10, call_minutes=10)
    rules = replace(TWO_INTERVALS, listing=True, collateral=(rule,))

    def lent(actor: str, limit_quanta: int) -> SetCreditLimit:
        return SetCreditLimit(
            **_MINE,
            actor=actor,
            participant_id="ann",
            limit_quanta=limit_quanta,
            reason="a guarantee",
        )

    return (
        replace(SETUP[0], rules=rules),  # type: ignore[call-arg]
        *SETUP[1:],
        lent("op1", 5 * 10**12),
        lent("op2", 5 * 10**12),
        *OFFERS[:2],
        lent("op1", 0),
        WriteMessage(
            **_MINE,
            actor="op1",
            client_message_id="cover",
            texts=(MessageText(language="en", title="Cover", text="Your limit has ended."),),
            severity=Severity.WARNING,
            scope=MessageScope.PARTICIPANT,
            key="ann",
            publish_us=None,
        ),
        MarkRead(**_MINE, actor="ann", participant_id="ann", alert_ids=("message~msg-1",)),
        ExpireDue(now_us=DAY_BEFORE_US + 600 * 10**6),
    )


def helped_next_door() -> tuple[Command, ...]:
    """The commands of a life on a weak grid, in which a battery of the other area helps."""
    # What the last resort pays back is less than energy is worth to a battery, fees and all.
    rules = replace(
        TWO_INTERVALS,
        last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=8_000, bid_ticks=8_000),),
        tariff=Tariff(network_ticks=100, levies_ticks=100),
    )
    next_door = unit(
        "ann-cellar",
        "ann",
        UnitKind.STORAGE,
        area_id="GRID",
        injection_max_w=10_000,
        withdrawal_max_w=10_000,
        storage=BATTERY,
    )
    create, *rest = on_a_weak_grid()
    return (
        replace(create, rules=rules),  # type: ignore[call-arg]
        *rest[: len(SETUP) - 1],
        RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=(next_door,)),
        *rest[len(SETUP) - 1 :],
    )


def on_a_weak_grid() -> tuple[Command, ...]:
    """The commands of a life in which Ben's load pulls his voltage too low, until a battery helps."""
    network = feeder(voltage_min_ppm=990_000)
    registered = RegisterNetwork(now_us=DAY_BEFORE_US, actor="op", network=network)
    return (*SETUP, registered, *TRADING)


def nothing_to_export(now_us: int) -> ExportCertificates:
    """Ann asks for her certificates in bundles, and has not enough of them for one."""
    return ExportCertificates(
        now_us=now_us,
        actor="ann",
        participant_id="ann",
        reference="x-1",
        bundles_max=None,
        read=LotsRead(acts=0, versions=(), lots=()),
    )


def out_of_reach() -> tuple[Command, ...]:
    """The commands of a life in which the market's word does not reach the village after the orders."""
    return (
        *SETUP,
        *TRADING,
        HearArea(now_us=DAY_BEFORE_US, actor=SERVER, area_id="RUR"),
        MissArea(now_us=DAY_BEFORE_US, actor=SERVER, area_id="RUR", silent_s=DECOUPLED_S),
    )


async def bill(sequencer: Sequencer, clock: StillClock, month: str = "2016-06") -> list[Committed]:
    """Draft the month's bills and issue them."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        as_of_event_seq, sources = queries.bill_sources(
            connection, MARKET_ID, sequencer.engine.state.rules, month
        )
    commands: tuple[Command, ...] = (
        DraftBills(
            now_us=clock.time_us,
            actor="op",
            month=month,
            as_of_event_seq=as_of_event_seq,
            sources=sources,
        ),
        IssueBills(now_us=clock.time_us, actor="op", month=month, bill_ids=()),
    )
    committed = [await sequencer.submit(command) for command in commands]
    assert not [item for item in committed if item.answer.rejections]
    return committed


async def dispute(sequencer: Sequencer, clock: StillClock) -> list[Committed]:
    """Ben's network fee is disputed and credited in part, Ann withdraws; the month is billed again."""
    await sequencer.projected(sequencer.committed_seq)
    with sequencer.readers.connect() as connection:
        found = queries.bills(connection, MARKET_ID, state=BillState.ISSUED).items
    of = {item.bill.participant_id: item.bill for item in found}
    kinds = [line.kind for line in of["ben"].lines]
    fee = Claim(line=kinds.index(ChargeKind.NETWORK_FEE), amount_quanta=1_000_003)
    at: dict[str, Any] = {"now_us": clock.time_us}
    credit = {"case_id": "cas-1", "remedy": Remedy.CREDIT, "claims": (), "answer": "misread"}
    commands: tuple[Command, ...] = (
        DisputeBill(
            **at,
            actor="ben",
            participant_id="ben",
            bill=of["ben"],
            claims=(fee,),
            reason="not my meter",
        ),
        TakeCase(**at, actor="op1", case_id="cas-1"),
        NoteCase(**at, actor="ben", case_id="cas-1", text="see the photo", participant_id="ben"),
        DecideCase(**at, actor="op1", **credit),
        DecideCase(**at, actor="op2", **credit),
        DisputeBill(
            **at,
            actor="ann",
            participant_id="ann",
            bill=of["ann"],
            claims=(Claim(line=None, amount_quanta=abs(of["ann"].total_quanta)),),
            reason="all of it",
        ),
        WithdrawCase(**at, actor="ann", case_id="cas-2", participant_id="ann"),
    )
    committed = [await sequencer.submit(command) for command in commands]
    assert not [item for item in committed if item.answer.rejections]
    return [*committed, *await bill(sequencer, clock)]


def paying(now_us: int) -> Iterator[Command]:
    """What the bank tells, what Ann puts down and withdraws, and that Ben's debt is covered, once bills stand."""

    def row(bank_id: str, amount_quanta: int, reference: str) -> BankRow:
        return BankRow(
            bank_id=bank_id,
            day="2016-07-05",
            amount_quanta=amount_quanta,
            reference=reference,
            counterparty="a bank",
        )

    much = 4 * 10**12
    yield RecordPayments(
        now_us=now_us,
        actor="op1",
        rows=(row("b-1", 10**8, "bil-1"), row("b-2", 10**8, "?"), row("b-3", -much, "chargeback")),
    )
    for quanta in (3 * 10**6, -(10**6)):
        yield MoveCollateral(now_us=now_us, actor="ann", participant_id="ann", amount_quanta=quanta)
    yield RequestWithdrawal(
        now_us=now_us,
        actor="ann",
        participant_id="ann",
        client_payout_id="w-1",
        amount_quanta=10**8,
        payee_name="Ann",
        payee_account="DE02",
    )
    for actor in ("op1", "op2"):
        yield DecidePayout(
            now_us=now_us,
            actor=actor,
            payout_id="out-1",
            decision=PayoutDecision.APPROVE,
            reason="known account",
        )
    yield SendPayouts(now_us=now_us, actor="op1")
    for actor in ("op1", "op2"):
        yield DecidePayment(
            now_us=now_us,
            actor=actor,
            bank_id="b-3",
            decision=PaymentDecision.PARTICIPANT,
            participant_id="ben",
            reason="he took it back",
        )
    yield PayIntoFund(now_us=now_us, actor="op1", deposit_id="fund-1", amount_quanta=10**7)
    later_us = now_us + 30 * 86_400 * 10**6
    for actor in ("op1", "op2"):
        yield CoverDefault(now_us=later_us, actor=actor, participant_id="ben", reason="late")
    rows = (row("b-4", -(10**8), "out-1"), row("b-5", 10**6, "ben"))
    yield RecordPayments(now_us=later_us, actor="op1", rows=rows)


@dataclass(frozen=True)
class _Lived:
    """A life that was written to a file."""

    software: list[Any]
    """What the modules of the market held meanwhile: a test may have exchanged some of it."""
    file: bytes
    state: bytes


_LIVED: Final[dict[tuple[str, bool, bool, bool], _Lived]] = {}
"""By what is done in it."""


def _software() -> list[Any]:
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("market.")]
    return [value for module in modules for value in vars(module).values()]


def _same(left: list[Any], right: list[Any]) -> bool:
    return len(left) == len(right) and all(map(is_, left, right))


def write_life(
    store: Store,
    commands: Iterable[Command] = (*SETUP, *TRADING),
    *,
    billed: bool = False,
    disputed: bool = False,
    paid: bool = False,
) -> Engine:
    """A store with a whole market life in it; gives back the engine that lived it.

    `billed`: its day is settled as a whole and its month is billed at the end; `disputed`: and a bill
    of it is disputed; `paid`: some of that is paid. A file of a life that was lived before is a copy.
    """
    commands = tuple(commands)
    life = (repr(commands), billed, disputed, paid)
    lived, software = _LIVED.get(life), _software()
    new_file = store if isinstance(store, Path) and not store.exists() else None
    if new_file is not None and lived is not None and _same(lived.software, software):
        new_file.write_bytes(lived.file)
        engine = Engine()
        engine.restore(lived.state)
        return engine

    async def write() -> Engine:
        clock = StillClock()
        sequencer = Sequencer.open(store, clock=clock)
        await sequencer.start()
        await live(sequencer, clock, commands)
        if billed:
            while await DayRuns(sequencer, clock, market_id=MARKET_ID).step():
                pass
            await sequencer.submit(nothing_to_export(clock.time_us))
            await bill(sequencer, clock)
        if disputed:
            await dispute(sequencer, clock)
        if paid:
            for command in paying(clock.time_us):
                clock.time_us = max(clock.time_us, command.now_us)
                assert (await sequencer.submit(command)).answer.rejections == ()
        await sequencer.close()
        return sequencer.engine

    engine = asyncio.run(write())
    if new_file is not None:
        _LIVED[life] = _Lived(software, new_file.read_bytes(), engine.snapshot())
    return engine


def with_sequencer(
    store: Store,
    act: Callable[[Sequencer], Coroutine[Any, Any, ResultT]],
    *,
    clock: StillClock | None = None,
    engine: Engine | None = None,
) -> ResultT:
    """Open a store, do something with its running sequencer, close it."""

    async def run() -> ResultT:
        sequencer = Sequencer.open(store, clock=clock or StillClock(), engine=engine)
        await sequencer.start()
        try:
            return await act(sequencer)
        finally:
            await sequencer.close()

    return asyncio.run(run())


def projected(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every projection, sorted."""

    def rows() -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        for table in METADATA.sorted_tables:
            if table.name not in JOURNAL:
                found = connection.exec_driver_sql(f'SELECT * FROM "{table.name}"')  # noqa: S608
                yield table.name, sorted((tuple(row) for row in found), key=repr)

    return dict(rows())
