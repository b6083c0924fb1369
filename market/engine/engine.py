"""The engine of one market: the table of contents of what it does.

The one idea: `decide` turns a command into facts and an answer without changing anything; `apply`
makes a fact true. The sequencer makes the facts durable between the two ends of a batch.
"""

from typing import assert_never

from market.engine import apply, delivery, gate, orders, setup
from market.engine.state import MarketState
from market.model.messages import (
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseGate,
    Command,
    CreateMarket,
    DayClosed,
    Decision,
    DepositsMade,
    DeviationsSeen,
    EndDelivery,
    Event,
    IntervalCleared,
    IntervalSettled,
    MakeDeposits,
    MarketCreated,
    MeasurementsRecorded,
    OpenCall,
    OrdersAccepted,
    OrdersCancelled,
    OrdersClosed,
    OrdersRejected,
    ParticipantsRegistered,
    PhaseChanged,
    PlaceOrders,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    SetpointsChanged,
    SettleInterval,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.rejection import Code, Rejection
from market.model.timer import Timer
from market.model.trade import ClearingOutcome
from market.trading.auction import (
    AuctionInput,
    ClearingResult,
    auction_input,
    clearing_outcome,
)


class Engine:
    """One market as a synchronous state machine: no I/O, no clock, no randomness."""

    def __init__(self) -> None:
        self._state: MarketState | None = None

    def decide(self, command: Command) -> Decision:
        """Facts and answer a command leads to; the state stays as it is."""
        if isinstance(command, CreateMarket):
            return setup.create_market(self._state, command)
        if self._state is None:
            return setup.refused([Rejection(code=Code.NOT_FOUND, pointer="market_id")])
        return _decide(self._state, command)

    def apply(self, event: Event) -> None:
        """Make a fact true."""
        if isinstance(event, MarketCreated):
            self._state = apply.market_created(event)
            return
        _apply(self.state, event)

    @property
    def exists(self) -> bool:
        """True once the market was created."""
        return self._state is not None

    @property
    def state(self) -> MarketState:
        """The market's state, to be read only.

        Raises:
            LookupError: the market was not created yet.
        """
        if self._state is None:
            raise LookupError("the market was not created yet")
        return self._state

    def next_timer(self) -> Timer | None:
        """What falls due next; None: nothing."""
        return None if self._state is None else self._state.phases.next_timer()

    def clearing_problem(self, start_s: int) -> AuctionInput:
        """The auction of a locked interval."""
        state = self.state
        return auction_input(
            start_s=start_s, call=state.book.call(start_s), grid=state.grid, rules=state.rules
        )

    def clearing_outcome(
        self, auction: AuctionInput, result: ClearingResult, solve_ms: int
    ) -> ClearingOutcome:
        """The result of that auction in the market's terms."""
        return clearing_outcome(
            auction=auction, result=result, grid=self.state.grid, solve_ms=solve_ms
        )


def _decide(state: MarketState, command: Command) -> Decision:  # noqa: C901 - one arm a command
    match command:
        case CreateMarket():
            return setup.create_market(state, command)
        case RegisterParticipants():
            return setup.register_participants(state, command)
        case RegisterUnits():
            return setup.register_units(state, command)
        case MakeDeposits():
            return setup.make_deposits(state, command)
        case PlaceOrders():
            return orders.place_orders(state, command)
        case CancelOrders():
            return orders.cancel_orders(state, command)
        case OpenCall():
            return gate.open_call(state, command)
        case CloseGate():
            return gate.close_gate(state, command)
        case ApplyClearing():
            return gate.apply_clearing(state, command)
        case EndDelivery():
            return delivery.end_delivery(state, command)
        case RecordMeasurements():
            return delivery.record_measurements(state, command)
        case SettleInterval():
            return delivery.settle_interval(state, command)
        case CloseDay():
            return delivery.close_day(state, command)
        case _:
            assert_never(command)


def _apply(state: MarketState, event: Event) -> None:  # noqa: C901 - one arm an event
    match event:
        case MarketCreated():
            raise AssertionError("a market is created once")
        case ParticipantsRegistered():
            apply.participants_registered(state, event)
        case UnitsRegistered():
            apply.units_registered(state, event)
        case DepositsMade():
            apply.deposits_made(state, event)
        case OrdersAccepted():
            apply.orders_accepted(state, event)
        case OrdersCancelled():
            apply.orders_cancelled(state, event)
        case PhaseChanged():
            apply.phase_changed(state, event)
        case IntervalCleared():
            apply.interval_cleared(state, event)
        case TradesMade():
            apply.trades_made(state, event)
        case OrdersClosed():
            apply.orders_closed(state, event)
        case TransfersBooked():
            apply.transfers_booked(state, event)
        case SetpointsChanged():
            apply.setpoints_changed(state, event)
        case MeasurementsRecorded():
            apply.measurements_recorded(state, event)
        case IntervalSettled():
            apply.interval_settled(state, event)
        case DayClosed():
            apply.day_closed(state, event)
        case OrdersRejected() | DeviationsSeen():
            pass  # facts for the record and the stream; no decision depends on them
        case _:
            assert_never(event)
