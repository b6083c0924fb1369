"""Everything one market knows, in one place.

The one idea: state changes only in `facts/apply.py`, by events; what decides reads it and changes nothing.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from market.certificates.registry import Registry
from market.control.alarms import Alarms
from market.control.burdens import Burdens
from market.control.forced import ForcedOutages
from market.control.forecast import LikeDays, LoadForecast
from market.control.market import MarketControl
from market.control.networks import Networks
from market.control.readings import Readings
from market.control.told import Told
from market.customers.cases import Cases
from market.customers.messages import Messages
from market.engine.exposure_rates import ExposureRates
from market.ledger import Ledger
from market.model.grid import Grid, Line
from market.model.interval import day_of
from market.model.mandate import OwnLimits
from market.model.order import PLAIN, OrderOptions
from market.model.participant import Participant, StorageData, Unit
from market.model.payment import BankRow
from market.model.reach import AreaReport
from market.model.rules import MarketRules
from market.model.service import Outage
from market.model.trade import ClearingOutcome
from market.model.unit_report import UnitReport
from market.model.units import SECONDS_PER_MINUTE
from market.settlement.balance_group import BalanceGroups
from market.settlement.billing import Bills
from market.settlement.months import SettledMonths
from market.settlement.payments import Payments, digest_of
from market.settlement.runs import Settlements
from market.settlement.unbilled import Unbilled
from market.trading.acts import Acts, areas_around
from market.trading.bilateral import Contracts
from market.trading.book import Book
from market.trading.capacity import Capacity
from market.trading.collar import Range
from market.trading.collateral import Collateral
from market.trading.commitments import Commitments
from market.trading.deadlines import Deadlines
from market.trading.exposure import Exposures
from market.trading.listing import Inquiries, Listings
from market.trading.mandates import Mandates
from market.trading.matching import ContinuousBook
from market.trading.phases import Phases
from market.trading.positions import Positions
from market.trading.recalls import Recalls
from market.trading.risk import Draft, OrderChecks
from market.trading.sleeping import SleepingOrder
from market.trading.standing_rules import StandingRules
from market.trading.stops import Stops

OrderTerms = tuple[object, ...]
"""What makes an order the same order: of a limit order unit, interval, side, price_ticks, energy_wh
and options; of others their kind and what that kind says."""


@dataclass(slots=True, kw_only=True)
class MarketState:
    """The state of a market that exists."""

    __snapshot_skip__: ClassVar = ("collars",)

    rules: MarketRules
    grid: Grid
    phases: Phases
    control: MarketControl
    capacity: Capacity
    continuous: ContinuousBook
    """Orders of continuous trading."""
    participants: dict[str, Participant] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    storages: dict[str, StorageData] = field(default_factory=dict)
    """What of `units` stores energy."""
    book: Book = field(default_factory=Book)
    commitments: Commitments = field(default_factory=Commitments)
    deadlines: Deadlines = field(default_factory=Deadlines)
    positions: Positions = field(default_factory=Positions)
    ledger: Ledger = field(default_factory=Ledger)
    next_order_number: int = 1
    next_trade_number: int = 1
    client_orders: dict[tuple[str, str], tuple[str, OrderTerms]] = field(default_factory=dict)
    """(participant, client_order_id) to (order id, its content), for ever."""
    order_owner: dict[str, str] = field(default_factory=dict)
    """Owner of every order ever accepted."""
    deposits: dict[str, tuple[str, int]] = field(default_factory=dict)
    """deposit_id to (participant, quanta), for ever."""
    outcomes: dict[int, ClearingOutcome] = field(default_factory=dict)
    """Results of the closing calls of intervals that are not settled yet."""
    day_ahead_outcomes: dict[int, ClearingOutcome] = field(default_factory=dict)
    """Results of the opening call, of intervals that are not settled yet."""
    measured_wh: dict[int, dict[str, int]] = field(default_factory=dict)
    """Energy of the readings that count, by interval and unit, until settled."""
    readings: Readings = field(default_factory=Readings)
    """What meters said about intervals that still matter."""
    day_withdrawal_wh: dict[str, dict[str, int]] = field(default_factory=dict)
    """Metered withdrawal by local day and participant, until the day is closed."""
    settlements: Settlements = field(default_factory=Settlements)
    months: SettledMonths = field(default_factory=SettledMonths)
    """Months whose balance groups were given back their adders."""
    balance_groups: BalanceGroups = field(default_factory=BalanceGroups)
    """Closed days, each settled as a whole as often as its facts change."""
    day_rent_quanta: dict[str, dict[str, int]] = field(default_factory=dict)
    """Congestion rent by local day and rent account, until the day is closed."""
    bills: Bills = field(default_factory=Bills)
    cases: Cases = field(default_factory=Cases)
    messages: Messages = field(default_factory=Messages)
    certificates: Registry = field(default_factory=Registry)
    """How many certificates everybody may still give away, and what was done already."""
    payments: Payments = field(default_factory=Payments)
    """What the bank said, what is to be paid out, how far bills are paid."""
    unbilled: Unbilled = field(default_factory=Unbilled)
    """Taxes expected on what is booked and not billed, where exposures are counted."""
    collateral: Collateral = field(default_factory=Collateral)
    """Who is warned, called, held to reducing."""
    setpoint_sequence: int = 0
    told: Told = field(default_factory=Told)
    """What units were told last, and which moves somebody has consented to."""
    block_open_wh: dict[str, int] = field(default_factory=dict)
    """Energy of each block that rests in continuous trading and has not traded."""
    sleeping: dict[str, SleepingOrder] = field(default_factory=dict)
    """Hibernated orders, and those that wait for their owner's word, by id."""
    order_options: dict[str, OrderOptions] = field(default_factory=dict)
    """Options of open orders that are not plain, by id."""
    session_orders: dict[str, dict[str, None]] = field(default_factory=dict)
    """Open orders that end with a stream session, by session."""
    revisions: dict[str, int] = field(default_factory=dict)
    """Revision of every order that was ever replaced; 1 for the others."""
    last_price_ticks: dict[tuple[int, str], int] = field(default_factory=dict)
    """Price of the last trade of an interval in an area, where it anchors the collar."""
    collars: dict[tuple[int, str], Range] = field(default_factory=dict)
    """Collars worked out since the last price; what they are made of is elsewhere."""
    stops: Stops = field(default_factory=Stops)
    dead_man_s: dict[str, int] = field(default_factory=dict)
    """Participants whose dead-man timer is armed, and its length."""
    listings: Listings = field(default_factory=Listings)
    inquiries: Inquiries = field(default_factory=Inquiries)
    contracts: Contracts = field(default_factory=Contracts)
    standing: StandingRules = field(default_factory=StandingRules)
    mandates: Mandates = field(default_factory=Mandates)
    recalls: Recalls = field(default_factory=Recalls)
    outages: dict[str, Outage] = field(default_factory=dict)
    """The outage of each unit that has one, past or to come."""
    order_agent: dict[str, str] = field(default_factory=dict)
    """Who placed an order under a mandate; orders of the owner itself are not in it."""
    own_limits: dict[str, OwnLimits] = field(default_factory=dict)
    alarms: Alarms = field(default_factory=Alarms)
    forecast: LoadForecast = field(init=False)
    """What load is to be expected in each area."""
    unit_reports: dict[str, UnitReport] = field(default_factory=dict)
    """What each unit said of itself when its state last changed."""
    networks: Networks = field(default_factory=Networks)
    """Real grids of areas, and what they made of the schedules."""
    forced: ForcedOutages = field(default_factory=ForcedOutages)
    """When units could not follow though nobody had told them to stand still."""
    burdens: Burdens = field(default_factory=Burdens)
    """What units have given up for limits they share with others."""
    areas_heard: dict[str, int] = field(default_factory=dict)
    """Areas with a level of their own, and when it was heard first; they are missed when silent."""
    area_reports: dict[str, AreaReport] = field(default_factory=dict)
    """What each of them said last of how it stands."""
    acts: Acts = field(init=False)
    """What operators have narrowed, stopped and decoupled."""
    lines: dict[str, Line] = field(init=False)
    """The grid's lines by id."""
    exposures: Exposures = field(init=False)
    """What positions may come to cost."""
    checks: OrderChecks = field(init=False)
    """Pre-trade checks; they read this state."""

    def rebuilt(self) -> None:
        """Collars are worked out again when they are asked for."""
        self.collars = {}

    def __post_init__(self) -> None:
        """What follows from the fields."""
        self.lines = {line.line_id: line for line in self.grid.lines}
        self.forecast = LikeDays(self.rules.time_zone)
        self.acts = Acts(market_id=self.rules.market_id, around=areas_around(self.grid))
        self.exposures = Exposures(
            is_on=bool(self.rules.collateral),
            rates=ExposureRates(self.rules, self.grid, self.units, self.participants),
            units=self.units,
            commitments=self.commitments,
            positions=self.positions,
            phases=self.phases,
        )
        self.checks = OrderChecks(
            rules=self.rules,
            phases=self.phases,
            commitments=self.commitments,
            positions=self.positions,
            units=self.units,
            stops=self.stops,
            mandates=self.mandates,
            own_limits=self.own_limits,
            outages=self.outages,
            acts=self.acts,
            collateral=self.collateral,
            exposures=self.exposures,
        )

    def differs_from_known(self, row: BankRow) -> bool:
        """True when something else was booked under the bank's id of a movement."""
        by_hand = self.deposits.get(row.bank_id)
        seen = self.payments.seen.get(row.bank_id)
        return (by_hand is not None and by_hand[1] != row.amount_quanta) or (
            seen is not None and seen != digest_of(row)
        )

    def available_quanta(self, participant_id: str) -> int:
        """What a participant's next order may need: less what is held and what it may come to owe."""
        available_quanta = self.ledger.available_quanta(participant_id)
        if self.exposures.is_on:
            available_quanta -= self.exposures.worst_quanta(participant_id)
            available_quanta -= self.unbilled.expected_quanta(participant_id)
        return available_quanta

    def own_quanta(self, participant_id: str) -> int:
        """What of it is not lent: what may be paid out."""
        return self.available_quanta(participant_id) - self.ledger.lent_quanta(participant_id)

    def draft(self, participant_id: str) -> Draft:
        """What the rows of a participant's command are counted against, one after another."""
        return Draft(
            available_quanta=self.available_quanta(participant_id),
            open_count=self.commitments.open_count(participant_id),
            held_quanta=self.ledger.held_quanta(participant_id),
            exposures=self.exposures if self.exposures.is_on else None,
        )

    def hold(self, participant_id: str, amount_quanta: int) -> None:
        """Hold money of an order; one that only reduces may be paid by the exposure it takes away."""
        spares_quanta = 0
        if self.exposures.is_on and amount_quanta > self.ledger.available_quanta(participant_id):
            spares_quanta = self.exposures.worst_quanta(participant_id)
        self.ledger.hold(participant_id, amount_quanta, spares_quanta)

    def options_of(self, order_id: str) -> OrderOptions:
        """What an open order asks beyond price and energy."""
        return self.order_options.get(order_id, PLAIN)

    @property
    def last_resort_id(self) -> str | None:
        """The participant who is the retailer of last resort; None: none registered yet."""
        for participant in self.participants.values():
            if participant.is_last_resort:
                return participant.participant_id
        return None

    @property
    def step_s(self) -> int:
        """Length of a delivery interval."""
        return self.rules.interval_minutes * SECONDS_PER_MINUTE

    def local_day(self, start_s: int) -> str:
        """The market day an interval belongs to, ISO 8601."""
        return day_of(start_s, self.rules.time_zone).isoformat()
