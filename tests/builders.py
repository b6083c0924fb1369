"""Small markets for tests, in the language of the trade.

The one idea: a test names only what it is about; everything else has a plain value here.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from clearing.explain import reasons_of
from market.engine.engine import Engine
from market.model.call import CallKind
from market.model.grid import Area, Grid, Line
from market.model.messages import (
    Answer,
    ApplyClearing,
    CloseGate,
    Command,
    CreateMarket,
    Deposit,
    Event,
    MakeDeposits,
    OpenCall,
    OrderAnswer,
    PlaceOrders,
    RegisterParticipants,
    RegisterUnits,
)
from market.model.order import OrderColumns, Side
from market.model.participant import Participant, StorageData, Unit, UnitKind
from market.model.rules import LastResortBand, MarketRules, Tariff, TieRule
from market.model.trade import AreaOutcome, ClearingOutcome
from market.trading.auction import ClearingResult

MIDNIGHT_S: Final = 1_465_945_200  # 2016-06-15T00:00+01:00
STEP_S: Final = 900
DAY_BEFORE_US: Final = (MIDNIGHT_S - 7_200) * 1_000_000

RULES: Final = MarketRules(
    market_id="village",
    name="Village",
    currency="EUR",
    time_zone="Etc/GMT-1",
    interval_minutes=15,
    trading_from_s=MIDNIGHT_S,
    trading_until_s=MIDNIGHT_S + 96 * STEP_S,
    call_opens_minutes=1_560,
    gate_minutes=15,
    settle_minutes=15,
    price_min_ticks=-50_000,
    price_max_ticks=400_000,
    tie=TieRule.PRORATA,
    capability_tolerance_ppm=50_000,
    deviation_adder_ppm=50_000,
    deviation_adder_min_ticks=50,
    tariff=Tariff(network_ticks=7_000, levies_ticks=5_000),
    last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=8_000),),
    open_orders_max=1_000,
)

GRID: Final = Grid(
    areas=(
        Area(area_id="RUR", name="Rural"),
        Area(area_id="GRID", name="Upper grid", holds_last_resort=True),
    ),
    lines=(
        Line(
            line_id="GRID-RUR",
            from_area="GRID",
            to_area="RUR",
            capacity_forward_w=12_000,
            capacity_backward_w=12_000,
            loss_ppm=20_000,
            fee_forward_ticks=4_000,
            fee_backward_ticks=0,
        ),
    ),
)

PARTICIPANTS: Final = (
    Participant(participant_id="ann", name="Ann", area_id="RUR"),
    Participant(participant_id="ben", name="Ben", area_id="RUR"),
    Participant(participant_id="retailer", name="Retailer", area_id="GRID", is_last_resort=True),
)


def unit(
    unit_id: str,
    participant_id: str,
    kind: UnitKind,
    *,
    injection_max_w: int = 0,
    withdrawal_max_w: int = 0,
    area_id: str = "RUR",
    storage: StorageData | None = None,
) -> Unit:
    """A unit with nothing special about it."""
    return Unit(
        unit_id=unit_id,
        participant_id=participant_id,
        area_id=area_id,
        kind=kind,
        injection_max_w=injection_max_w,
        withdrawal_max_w=withdrawal_max_w,
        controllable=kind is UnitKind.STORAGE,
        storage=storage,
    )


BATTERY: Final = StorageData(
    capacity_wh=10_000,
    start_wh=5_000,
    efficiency_charge_ppm=950_000,
    efficiency_discharge_ppm=950_000,
)

UNITS: Final = (
    unit("ann-solar", "ann", UnitKind.SOLAR, injection_max_w=10_000),
    unit("ann-load", "ann", UnitKind.LOAD, withdrawal_max_w=10_000),
    unit(
        "ann-battery",
        "ann",
        UnitKind.STORAGE,
        injection_max_w=40_000,
        withdrawal_max_w=40_000,
        storage=BATTERY,
    ),
    unit("ben-load", "ben", UnitKind.LOAD, withdrawal_max_w=10_000),
    unit(
        "retailer-sells",
        "retailer",
        UnitKind.RETAILER,
        injection_max_w=1_000_000,
        withdrawal_max_w=1_000_000,
        area_id="GRID",
    ),
)

_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


def orders(table: str, *, start_s: int = MIDNIGHT_S) -> OrderColumns:
    """Orders from a text table: client id, unit, side, price_ticks, energy_wh [, interval number]."""
    rows = [line.split() for line in table.strip().splitlines()]
    return OrderColumns(
        client_order_id=tuple(row[0] for row in rows),
        unit_id=tuple(row[1] for row in rows),
        side=tuple(_SIDES[row[2]] for row in rows),
        price_ticks=tuple(int(row[3]) for row in rows),
        energy_wh=tuple(int(row[4]) for row in rows),
        start_s=tuple(start_s + STEP_S * (int(row[5]) if len(row) > 5 else 0) for row in rows),
    )


class Story:
    """A market under test: commands in, events kept."""

    def __init__(
        self,
        *,
        deposits: Mapping[str, int] | None = None,
        rules: MarketRules = RULES,
        engine: Engine | None = None,
        grid: Grid = GRID,
    ) -> None:
        self.engine = Engine() if engine is None else engine
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.now_us = DAY_BEFORE_US
        self.does(CreateMarket(now_us=self.now_us, actor="op", rules=rules, grid=grid))
        self.does(RegisterParticipants(now_us=self.now_us, actor="op", participants=PARTICIPANTS))
        self.does(RegisterUnits(now_us=self.now_us, actor="op", units=UNITS))
        quanta = deposits if deposits is not None else dict.fromkeys(("ann", "ben"), 10**10)
        paid = tuple(
            Deposit(deposit_id=f"dep-{owner}", participant_id=owner, amount_quanta=amount)
            for owner, amount in {"retailer": 10**13, **quanta}.items()
        )
        self.does(MakeDeposits(now_us=self.now_us, actor="op", deposits=paid))

    def does(self, command: Command) -> Answer:
        """Decide and apply one command."""
        self.commands.append(command)
        decision = self.engine.execute(command)
        self.events.extend(decision.events)
        return decision.answer

    def opens(self, start_s: int = MIDNIGHT_S) -> None:
        """Open the call of an interval."""
        answer = self.does(OpenCall(now_us=self.now_us, start_s=start_s))
        assert answer.rejections == ()

    def places(self, owner: str, table: str, *, atomic: bool = False) -> tuple[OrderAnswer, ...]:
        """Place the orders of a text table for a participant."""
        command = PlaceOrders(
            now_us=self.now_us,
            actor=owner,
            participant_id=owner,
            orders=orders(table),
            atomic=atomic,
        )
        return self.does(command).orders

    def clears(self, result_of: object, start_s: int = MIDNIGHT_S) -> ClearingOutcome:
        """Close the gate, clear with the given function of a problem, apply the outcome."""
        answer = self.does(CloseGate(now_us=self.now_us, start_s=start_s))
        assert answer.rejections == ()
        auction = self.engine.clearing_problem(start_s)
        assert callable(result_of)
        result = result_of(auction.problem)
        assert isinstance(result, ClearingResult)
        outcomes = self.engine.clearing_outcomes(auction, result, 1)
        command = ApplyClearing(
            now_us=self.now_us,
            outcomes=outcomes,
            explained=self.engine.explained(auction, reasons_of(auction.problem, result)),
        )
        assert self.does(command).rejections == ()
        (outcome,) = outcomes
        return outcome


class CallRow(NamedTuple):
    """An open row of a sealed book."""

    order_id: str
    owner: str
    unit_id: str
    side: Side
    price_ticks: int
    energy_wh: int


def call_rows(
    engine: Engine, start_s: int = MIDNIGHT_S, kind: CallKind = CallKind.CLOSING
) -> list[CallRow]:
    """What limit and curve orders stand in a call, row by row."""
    book = engine.state.book
    call = book.call(kind, start_s)
    names = ("number", "participant", "unit", "is_sell", "price_ticks", "energy_wh")
    return [
        CallRow(
            f"ord-{number}",
            book.participants.names[owner],
            book.units.names[unit_code],
            Side.SELL if sells else Side.BUY,
            price_ticks,
            energy_wh,
        )
        for number, owner, unit_code, sells, price_ticks, energy_wh in zip(
            *(call.column(name).tolist() for name in names), strict=True
        )
        if energy_wh
    ]


def area_outcome(area_id: str, price_ticks: int | None) -> AreaOutcome:
    """An area of a call with this price, in which nothing was traded."""
    return AreaOutcome(
        area_id=area_id,
        price_ticks=price_ticks,
        connection_price_ticks=price_ticks,
        best_bid_ticks=None,
        best_offer_ticks=None,
        bought_wh=0,
        sold_wh=0,
        net_export_wh=0,
        rounding_wh=0,
    )
