"""The engine of one market: the table of contents of what it does.

The one idea: a command becomes facts and an answer, and each fact is made true by `apply` before
the next is decided. After a restart the same facts go through the same `apply`. The sequencer makes
them durable before anybody is told.
"""
# house: long because every command and every event has its one line here.

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from market.control.activation import Offers
from market.control.grid_check import AreaPlan, AreaPowers
from market.engine import expiry, setup
from market.engine.calls import calls, gate, sessions
from market.engine.control import alarms, picture, unit_states
from market.engine.decisions import refused
from market.engine.desk import cases, desk, disputes, messages
from market.engine.facts import (
    apply,
    apply_acts,
    apply_calls,
    apply_continuous,
    apply_offers,
    apply_together,
)
from market.engine.grid import activation_offers, grid_plans, networks
from market.engine.interventions import acts, mandates, reach, recalls, service, stops
from market.engine.money import bills, collateral, defaults, payments, payouts, two_people
from market.engine.offers import contracts, inquiries, listings, standing
from market.engine.orders import changes, flexible, orders, together
from market.engine.settlement import balance_groups, certificates, delivery, measuring, months, runs
from market.engine.state import MarketState
from market.engine.state_form import StateUnread
from market.engine.state_reading import decode
from market.engine.state_writing import encode
from market.model.act import (
    ActPerformed,
    ActProposed,
    ApproveAct,
    AreaCoupled,
    AreaDecoupled,
    PerformAct,
    UnitLimitsChanged,
    UnitsCurtailed,
)
from market.model.activation import UnitsActivated
from market.model.alarm import (
    AcknowledgeAlarm,
    AlarmAcknowledged,
    AlarmClosed,
    AlarmCommented,
    AlarmRaised,
    CloseAlarm,
    CommentAlarm,
    RaiseAlarm,
)
from market.model.balance_group import BalanceGroupSet, SetBalanceGroup
from market.model.bill import BillsDrafted, BillsIssued, DraftBills, IssueBills
from market.model.burden import BurdensShared
from market.model.call import (
    CallImplausible,
    CallKind,
    Explained,
    FlexibleAccepted,
    OrderLeftCall,
    OrdersExplained,
    PlaceFlexible,
)
from market.model.case import (
    CaseClosed,
    CaseOpened,
    CaseRated,
    CaseReopened,
    CaseStepped,
    DecideCase,
    DisputeBill,
    NoteCase,
    OpenCase,
    RateCase,
    ReopenCase,
    ResolveCase,
    TakeCase,
    WithdrawCase,
)
from market.model.certificate import (
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    ExportCertificates,
    MoveCertificates,
    RetireCertificates,
)
from market.model.collateral import (
    CollateralPicture,
    CollateralWarned,
    CreditLimitProposed,
    CreditLimitSet,
    MarginCalled,
    MarginCallMet,
    MarginCallMissed,
    SetCreditLimit,
)
from market.model.contract import (
    ConfirmContract,
    ContractClosed,
    ContractRegistered,
    DeclineContract,
    RegisterContract,
    WaysSettled,
    WaysTaken,
    WithdrawContract,
)
from market.model.grid_check import (
    ApplyGridCheck,
    AreaCheck,
    ChecksReopened,
    GridChecked,
    GridSeen,
    InstructionsWithdrawn,
    IntervalChecked,
    UnitsRedispatched,
)
from market.model.listing import (
    AcceptQuote,
    AskQuotes,
    CloseInquiry,
    DeclineInquiry,
    GiveQuote,
    InquiryClosed,
    InquiryDeclined,
    InquiryMade,
    ListingClosed,
    ListingPosted,
    ListingTaken,
    PostListing,
    QuoteClosed,
    QuoteGiven,
    TakeListing,
    WithdrawListing,
    WithdrawQuote,
)
from market.model.mandate import (
    GrantMandate,
    MandateGranted,
    MandateRevoked,
    OwnLimitsSet,
    RevokeMandate,
    SetOwnLimits,
)
from market.model.message import (
    AlertSettingsSet,
    AlertsRead,
    MarkRead,
    MessagePublished,
    MessageWithdrawn,
    MessageWritten,
    SetAlertSettings,
    WithdrawMessage,
    WriteMessage,
)
from market.model.messages import (
    ActivateOrders,
    Answer,
    ApplyClearing,
    CancelOrders,
    CloseDay,
    CloseDayAhead,
    CloseGate,
    Command,
    CreateMarket,
    DayClosed,
    Decision,
    DepositsMade,
    DeviationsSeen,
    EndDelivery,
    Event,
    ExpireDue,
    HibernateOrders,
    IntervalCleared,
    IntervalSettled,
    LinesUsed,
    MakeDeposits,
    MarketCreated,
    MeasurementsRecorded,
    OpenCall,
    OpenContinuous,
    OpenDayAhead,
    OrderReplaced,
    OrdersAccepted,
    OrdersActivated,
    OrdersCancelled,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    OrdersPended,
    OrdersRejected,
    ParticipantsRegistered,
    PhaseChanged,
    PlaceOrders,
    PlaceTogether,
    RecordMeasurements,
    RegisterParticipants,
    RegisterUnits,
    ReplaceOrder,
    SelfTradePrevented,
    SetpointsChanged,
    SettleInterval,
    TogetherAccepted,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.network import NetworkRegistered, RegisterNetwork
from market.model.payment import (
    CancelWithdrawal,
    CoverDefault,
    DecidePayment,
    DecidePayout,
    DefaultCovered,
    DefaultRecovered,
    FundPaidIn,
    MoveCollateral,
    PayIntoFund,
    PaymentActProposed,
    PaymentDecided,
    PaymentsRecorded,
    PayoutsChanged,
    RecordPayments,
    RejectPayouts,
    RequestWithdrawal,
    SendPayouts,
)
from market.model.reach import AreaHeard, AreaReported, HearArea, MissArea, ReportArea
from market.model.recall import (
    DecideRecall,
    RecallDecided,
    RecallProposed,
    RecallRequested,
    RequestRecall,
)
from market.model.rejection import Code, Rejection
from market.model.service import EndOutage, OutageEnded, OutageReported, ReportOutage
from market.model.settled_month import MonthSettled, SettleMonth
from market.model.settlement_run import (
    AreaSettled,
    BeginSettlement,
    FinishSettlement,
    RecordSettledArea,
    SettlementBegun,
    SettlementFinished,
)
from market.model.standing import (
    ForecastsRecorded,
    RecordForecasts,
    SetStandingRule,
    StandingRuleSet,
    StandingRuleWithdrawn,
    WithdrawStandingRule,
)
from market.model.stop import (
    ArmDeadMan,
    CancelAll,
    DeadManArmed,
    ReleaseProposed,
    ReleaseStop,
    StopTrading,
    TradingReleased,
    TradingStopped,
)
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.model.timer import Timer, TimerKind
from market.model.trade import ClearingOutcome
from market.model.unit_report import ReportUnitState, UnitStateChanged
from market.trading.auction import AuctionInput, ClearingResult, Reasons
from market.trading.explaining import explained
from market.trading.outcomes import clearing_outcomes

_NOTHING: Final = Decision(events=(), answer=Answer())


class HalfApplied(Exception):
    """A decision broke off after some of its facts were applied."""


class Engine:
    """One market as a synchronous state machine: no I/O, no clock, no randomness."""

    def __init__(self) -> None:
        self._state: MarketState | None = None

    def execute(self, command: Command) -> Decision:
        """Decide a command and make its facts true; all of them together are the decision.

        Raises:
            HalfApplied: something went wrong after the first fact was applied: the state is no
                longer what the journal says, and the process must end. Any other exception was
                raised before anything changed.
        """
        state, decides = self._state, _DECIDES.get(type(command))
        if state is None or decides is None:
            return self._execute_parts(command, self.decide(command))
        covers = state.exposures.is_on
        if covers:
            collateral.forget_moves(state)
        made = decides(state, command)
        if not isinstance(made, Decision):
            return self._execute_parts(command, made)
        try:
            for event in made.events:
                act = _APPLIES[type(event)]
                if act is not None:
                    act(state, event)
            return self._reviewed(state, command, made) if covers else made
        except Exception as fault:
            raise HalfApplied from fault

    def _reviewed(self, state: MarketState, command: Command, made: Decision) -> Decision:
        """The decision, and what has become true of accounts by it."""
        events = collateral.reviewed(state, command.now_us)
        for event in events:
            self.apply(event)
        return Decision(events=(*made.events, *events), answer=made.answer) if events else made

    def _execute_parts(self, command: Command, made: Iterable[Decision]) -> Decision:
        """Apply each part before the next one is decided; all of them are the decision."""
        decisions: list[Decision] = []
        changing = False
        try:
            for decision in made:
                for event in decision.events:
                    changing = True
                    self.apply(event)
                decisions.append(decision)
            state = self._state
            if state is not None and state.exposures.is_on:
                changing = True
                looked = self._reviewed(state, command, _NOTHING)
                decisions += () if looked is _NOTHING else (looked,)
        except Exception as fault:
            if changing:
                raise HalfApplied from fault
            raise
        if len(decisions) == 1:
            return decisions[0]
        return Decision(
            events=tuple(event for item in decisions for event in item.events),
            answer=_joined(item.answer for item in decisions),
        )

    def decide(self, command: Command) -> Iterable[Decision]:
        """The parts of a command's decision, each on the state in which the one before is applied.

        Deciding changes nothing; whoever takes the next part has applied the one before.
        """
        if isinstance(command, CreateMarket):
            return (setup.create_market(self._state, command),)
        if self._state is None:
            return (refused([Rejection(code=Code.NOT_FOUND, pointer="market_id")]),)
        made = _DECIDES[type(command)](self._state, command)
        return (made,) if isinstance(made, Decision) else made

    def apply(self, event: Event) -> None:
        """Make a fact true."""
        if isinstance(event, MarketCreated):
            self._state = apply.market_created(event)
            return
        act = _APPLIES[type(event)]
        if act is not None:
            act(self._state or self.state, event)

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

    def snapshot(self) -> bytes:
        """The state's canonical bytes; their SHA-256 is the state's hash.

        Raises:
            StateRefused: something in it cannot be written (`state_form.py`).
        """
        return encode(self._state)

    def restore(self, snapshot: bytes) -> None:
        """Take over the state that `snapshot` wrote, in place of the own.

        Raises:
            StateUnread: the bytes are no state as this software writes it; nothing has changed.
        """
        found = decode(snapshot)
        if not isinstance(found, MarketState):
            raise StateUnread(f"a {type(found).__name__} is no market")
        self._state = found

    def next_timer(self) -> Timer | None:
        """What falls due next; None: nothing."""
        if self._state is None:
            return None
        timers = [self._state.phases.next_timer()]
        due_us = self._state.deadlines.next_us()
        if due_us is not None:
            timers.append(Timer(due_us=due_us, kind=TimerKind.EXPIRE, start_s=0))
        unchecked_s = self._state.networks.next_start_s()
        if unchecked_s is not None:
            # Due with the gate itself: decided well before it is five minutes past.
            due_us = self._state.phases.gate_us(unchecked_s)
            timers.append(
                Timer(
                    due_us=due_us,
                    kind=TimerKind.CHECK_GRID,
                    start_s=unchecked_s,
                    turn=self.check_turn(unchecked_s),
                )
            )
        return min((timer for timer in timers if timer is not None), default=None)

    def next_deadline_us(self) -> int | None:
        """When the first order, offer or call ends by itself; None: none does."""
        return None if self._state is None else self._state.deadlines.next_us()

    def clearing_problem(self, start_s: int, call: CallKind = CallKind.CLOSING) -> AuctionInput:
        """The auction of a locked interval, or of a locked opening call by its first one."""
        return calls.clearing_problem(self.state, call, start_s)

    def clearing_outcomes(
        self, auction: AuctionInput, result: ClearingResult, solve_ms: int
    ) -> tuple[ClearingOutcome, ...]:
        """The result of that auction in the market's terms, one outcome per interval."""
        return clearing_outcomes(
            auction=auction, result=result, grid=self.state.grid, solve_ms=solve_ms
        )

    @property
    def knows_networks(self) -> bool:
        """True when the real grid of any area is known."""
        return self._state is not None and bool(self._state.networks.all())

    def check_turn(self, start_s: int) -> int:
        """How often the check of an interval became due again."""
        return self.state.networks.turn(start_s)

    def grid_plans(self, start_s: int) -> tuple[AreaPlan, ...]:
        """The schedules of an interval in every area whose grid is known, inner areas first."""
        return grid_plans.grid_plans(self.state, start_s)

    def collateral(self, participant_id: str) -> CollateralPicture:
        """What one account has, may use, and may come to owe."""
        return collateral.picture(self.state, participant_id)

    def activation_offers(self, start_s: int, checks: Sequence[AreaCheck]) -> Offers | None:
        """What is missing in an interval after these checks and who could help; None: nothing is."""
        return activation_offers.activation_offers(self.state, start_s, checks)

    def measured_powers(self, start_s: int) -> tuple[AreaPowers, ...]:
        """What flowed in an interval by the meters, in every area whose grid is known."""
        return grid_plans.measured_powers(self.state, start_s)

    def area_powers(
        self, power_w: Mapping[str, int], reactive_var: Mapping[str, int]
    ) -> tuple[AreaPowers, ...]:
        """These powers of units in every area whose grid is known, inner areas first."""
        return grid_plans.area_powers(self.state, power_w, reactive_var)

    def explained(self, auction: AuctionInput, reasons: Reasons) -> Explained:
        """Why each order of that auction got what it got, by the orders' numbers."""
        return explained(auction, reasons, self.state.grid)


def _joined(answers: Iterable[Answer]) -> Answer:
    """The answers of a command's parts as one."""
    parts = tuple(answers)
    return Answer(
        rejections=tuple(fault for part in parts for fault in part.rejections),
        orders=tuple(row for part in parts for row in part.orders),
    )


_Decides: TypeAlias = Callable[[MarketState, Any], Decision | Iterator[Decision]]
_Applies: TypeAlias = Callable[[MarketState, Any], None]

# One line a command: what decides it. A test holds this against the union of all commands.
_DECIDES: Final[Mapping[type, _Decides]] = {
    RegisterParticipants: setup.register_participants,
    RegisterUnits: setup.register_units,
    MakeDeposits: setup.make_deposits,
    PlaceOrders: orders.place_orders,
    CancelOrders: orders.cancel_orders,
    OpenCall: gate.open_call,
    CloseGate: gate.close_gate,
    ApplyClearing: gate.apply_clearing,
    OpenDayAhead: calls.open_day_ahead,
    CloseDayAhead: calls.close_day_ahead,
    PlaceFlexible: flexible.place_flexible,
    EndDelivery: delivery.end_delivery,
    RecordMeasurements: measuring.record_measurements,
    SettleInterval: delivery.settle_interval,
    CloseDay: delivery.close_day,
    DraftBills: bills.draft_bills,
    IssueBills: bills.issue_bills,
    DisputeBill: disputes.dispute_bill,
    OpenCase: desk.open_case,
    ResolveCase: desk.resolve_case,
    ReopenCase: desk.reopen_case,
    RateCase: desk.rate_case,
    TakeCase: cases.take_case,
    NoteCase: cases.note_case,
    WithdrawCase: disputes.withdraw_case,
    DecideCase: disputes.decide_case,
    WriteMessage: messages.write_message,
    WithdrawMessage: messages.withdraw_message,
    MarkRead: messages.mark_read,
    SetAlertSettings: messages.set_alert_settings,
    RecordPayments: payments.record_payments,
    DecidePayment: payments.decide_payment,
    RequestWithdrawal: payouts.request_withdrawal,
    CancelWithdrawal: payouts.cancel_withdrawal,
    DecidePayout: payouts.decide_payout,
    SendPayouts: payouts.send_payouts,
    RejectPayouts: payouts.reject_payouts,
    MoveCollateral: defaults.move_collateral,
    PayIntoFund: defaults.pay_into_fund,
    CoverDefault: defaults.cover_default,
    BeginSettlement: runs.begin_settlement,
    RecordSettledArea: runs.record_settled_area,
    FinishSettlement: runs.finish_settlement,
    MoveCertificates: certificates.move_certificates,
    RetireCertificates: certificates.retire_certificates,
    ExportCertificates: certificates.export_certificates,
    SettleMonth: months.settle_month,
    SetBalanceGroup: balance_groups.set_balance_group,
    PlaceTogether: together.place_together,
    ReplaceOrder: changes.replace_order,
    HibernateOrders: changes.hibernate_orders,
    ActivateOrders: changes.activate_orders,
    OpenContinuous: sessions.open_continuous,
    ExpireDue: expiry.expire_due,
    StopTrading: stops.stop_trading,
    ReleaseStop: stops.release_stop,
    CancelAll: stops.cancel_all,
    ArmDeadMan: stops.arm_dead_man,
    RequestRecall: recalls.request_recall,
    DecideRecall: recalls.decide_recall,
    GrantMandate: mandates.grant_mandate,
    RevokeMandate: mandates.revoke_mandate,
    SetOwnLimits: mandates.set_own_limits,
    SetCreditLimit: collateral.set_credit_limit,
    ReportOutage: service.report_outage,
    EndOutage: service.end_outage,
    PostListing: listings.post_listing,
    TakeListing: listings.take_listing,
    WithdrawListing: listings.withdraw_listing,
    AskQuotes: inquiries.ask_quotes,
    CloseInquiry: inquiries.close_inquiry,
    DeclineInquiry: inquiries.decline_inquiry,
    GiveQuote: inquiries.give_quote,
    WithdrawQuote: inquiries.withdraw_quote,
    AcceptQuote: inquiries.accept_quote,
    RegisterContract: contracts.register_contract,
    ConfirmContract: contracts.confirm_contract,
    DeclineContract: contracts.decline_contract,
    WithdrawContract: contracts.withdraw_contract,
    SetStandingRule: standing.set_standing_rule,
    WithdrawStandingRule: standing.withdraw_standing_rule,
    RecordForecasts: standing.record_forecasts,
    RaiseAlarm: alarms.raise_alarm,
    AcknowledgeAlarm: alarms.acknowledge_alarm,
    CommentAlarm: alarms.comment_alarm,
    CloseAlarm: alarms.close_alarm,
    PerformAct: acts.perform_act,
    HearArea: reach.hear_area,
    MissArea: reach.miss_area,
    ReportArea: reach.report_area,
    ApproveAct: acts.approve_act,
    RegisterNetwork: networks.register_network,
    ApplyGridCheck: networks.apply_grid_check,
    ReportUnitState: unit_states.report_unit_state,
}

# One line an event: what makes it true. None: a fact for the record and the stream, on which no
# decision depends.
_APPLIES: Final[Mapping[type, _Applies | None]] = {
    ParticipantsRegistered: apply.participants_registered,
    UnitsRegistered: apply.units_registered,
    DepositsMade: apply.deposits_made,
    OrdersAccepted: apply.orders_accepted,
    OrdersRejected: None,
    OrdersCancelled: apply.orders_cancelled,
    PhaseChanged: apply.phase_changed,
    IntervalCleared: apply_calls.cleared,
    TradesMade: apply.trades_made,
    OrdersClosed: apply_calls.closed,
    FlexibleAccepted: apply_calls.flexible_accepted,
    OrderLeftCall: apply_calls.left_call,
    OrdersExplained: None,
    CallImplausible: None,
    TransfersBooked: apply.transfers_booked,
    SetpointsChanged: apply.setpoints_changed,
    MeasurementsRecorded: apply.measurements_recorded,
    DeviationsSeen: None,
    IntervalSettled: apply.interval_settled,
    DayClosed: apply.day_closed,
    BillsDrafted: bills.bills_drafted,
    BillsIssued: bills.bills_issued,
    CaseOpened: cases.opened,
    CaseStepped: cases.stepped,
    CaseClosed: cases.closed,
    CaseReopened: cases.reopened,
    CaseRated: cases.rated,
    MessageWritten: messages.written,
    MessagePublished: messages.published,
    MessageWithdrawn: messages.withdrawn,
    AlertsRead: None,  # nothing is decided by what was read
    AlertSettingsSet: messages.settings_set,
    PaymentsRecorded: payments.recorded,
    PaymentDecided: payments.decided,
    PayoutsChanged: payouts.payouts_changed,
    PaymentActProposed: two_people.proposed,
    FundPaidIn: defaults.fund_paid_in,
    DefaultCovered: defaults.default_covered,
    DefaultRecovered: defaults.default_recovered,
    SettlementBegun: runs.begun,
    AreaSettled: runs.area_settled,
    SettlementFinished: runs.finished,
    CertificatesIssued: certificates.issued,
    CertificatesMoved: certificates.moved,
    CertificatesRetired: certificates.retired,
    CertificatesExported: certificates.exported,
    MonthSettled: months.month_settled,
    BalanceGroupSet: balance_groups.balance_group_set,
    OrdersPended: apply.orders_pended,
    TogetherAccepted: apply_together.accepted,
    OrderReplaced: apply_continuous.replaced,
    OrdersHibernated: apply_continuous.hibernated,
    OrdersActivated: apply_continuous.activated,
    OrdersJoinedCall: apply.orders_joined_call,
    SelfTradePrevented: apply_continuous.self_trade_prevented,
    LinesUsed: apply_continuous.lines_used,
    TradingStopped: apply.trading_stopped,
    ReleaseProposed: apply.release_proposed,
    TradingReleased: apply.trading_released,
    DeadManArmed: apply.dead_man_armed,
    RecallRequested: recalls.requested,
    RecallProposed: recalls.proposed,
    RecallDecided: recalls.decided,
    MandateGranted: apply.mandate_granted,
    MandateRevoked: apply.mandate_revoked,
    OwnLimitsSet: apply.own_limits_set,
    CreditLimitProposed: collateral.credit_limit_proposed,
    CreditLimitSet: collateral.credit_limit_set,
    CollateralWarned: collateral.collateral_warned,
    MarginCalled: collateral.margin_called,
    MarginCallMissed: collateral.margin_call_missed,
    MarginCallMet: collateral.margin_call_met,
    OutageReported: apply.outage_reported,
    OutageEnded: apply.outage_ended,
    InquiryClosed: apply_offers.inquiry_closed,
    InquiryDeclined: apply_offers.inquiry_declined,
    InquiryMade: apply_offers.inquiry_made,
    ListingClosed: apply_offers.listing_closed,
    ListingPosted: apply_offers.listing_posted,
    ListingTaken: apply_offers.listing_taken,
    QuoteClosed: apply_offers.quote_closed,
    QuoteGiven: apply_offers.quote_given,
    ContractClosed: apply_offers.contract_closed,
    ContractRegistered: apply_offers.contract_registered,
    WaysSettled: apply_offers.ways_settled,
    WaysTaken: apply_offers.ways_taken,
    ForecastsRecorded: apply_offers.forecasts_recorded,
    StandingRuleSet: apply_offers.standing_rule_set,
    StandingRuleWithdrawn: apply_offers.standing_rule_withdrawn,
    AlarmRaised: alarms.alarm_raised,
    AlarmAcknowledged: alarms.alarm_acknowledged,
    AlarmCommented: alarms.alarm_commented,
    AlarmClosed: alarms.alarm_closed,
    ActProposed: apply_acts.proposed,
    ActPerformed: apply_acts.performed,
    AreaDecoupled: apply_acts.area_decoupled,
    AreaCoupled: apply_acts.area_coupled,
    UnitsCurtailed: apply_acts.units_curtailed,
    BurdensShared: apply_acts.burdens_shared,
    SystemSeen: picture.system_learned,
    AreasSummed: None,
    UnitLimitsChanged: apply_acts.unit_limits_changed,
    NetworkRegistered: networks.registered,
    GridChecked: None,
    UnitsRedispatched: networks.redispatched,
    UnitsActivated: networks.activated,
    IntervalChecked: networks.interval_checked,
    ChecksReopened: networks.checks_reopened,
    InstructionsWithdrawn: networks.instructions_withdrawn,
    GridSeen: networks.seen,
    UnitStateChanged: unit_states.unit_state_changed,
    AreaHeard: reach.area_heard,
    AreaReported: reach.area_reported,
}
