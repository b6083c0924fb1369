"""What the stream knows of one market: every channel's state, kept from the market's own events.

The one idea: a reducer. An event goes in, the state changes, and the changes come out as deltas for
channels; a snapshot is the state at this moment. It starts from what is stored and from then on only
follows events that are on disk, so nothing public can vanish again. It decides nothing. Each channel
keeps its own state in a file of its own; here they meet.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from api.access.permissions import Channel
from api.answers import trading
from api.answers.values import Answer
from api.channels import offers
from api.channels.accounts import Accounts
from api.channels.alarms import OpenAlarms
from api.channels.approvals import Waiting
from api.channels.books import Books
from api.channels.calendar import Calendar, Stop
from api.channels.cases import CaseDesk
from api.channels.deltas import Delta, delta
from api.channels.depth import MERGED
from api.channels.gateways import Gateways
from api.channels.limits import Limits
from api.channels.messages import MessageNews
from api.channels.notices import Notices
from api.channels.offers import Listings
from api.channels.pictures import Pictures
from api.channels.sums import Sums
from api.channels.unit_reports import UnitReports
from market.model.activation import UnitsActivated
from market.model.alarm import Alarm
from market.model.contract import Contract
from market.model.grid import Grid
from market.model.grid_check import GridChecked, GridSeen, InstructionsWithdrawn, UnitsRedispatched
from market.model.interval import instant_text
from market.model.listing import ListingView, Quote
from market.model.messages import (
    DayClosed,
    DeviationsSeen,
    Event,
    IntervalCleared,
    IntervalSettled,
    MeasurementsRecorded,
    ParticipantsRegistered,
    PhaseChanged,
    SetpointsChanged,
    TradesMade,
    UnitsRegistered,
)
from market.model.order import OrderView
from market.model.participant import Participant, Unit
from market.model.payment import Payout
from market.model.power import Setpoint, UnitLimit
from market.model.recall import RecallDecided, RecallRequested, TradeState
from market.model.rules import MarketRules
from market.model.settlement_run import AreaSettled, SettlementBegun, SettlementFinished
from market.model.stop import TradingReleased, TradingStopped
from market.model.summing import AreasSummed
from market.model.system import SystemSeen
from market.model.trade import Trade
from market.model.unit_report import UnitReport

TRADES_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What is stored when the server starts; the state from which events go on."""

    rules: MarketRules
    grid: Grid
    event_seq: int
    participants: tuple[Participant, ...] = ()
    units: tuple[Unit, ...] = ()
    balances_quanta: tuple[tuple[str, int], ...] = ()
    """Account and balance, participants' accounts among others."""
    open_orders: tuple[OrderView, ...] = ()
    intervals: tuple[tuple[int, Answer], ...] = ()
    """Start and answer of each late interval that is past `scheduled`."""
    stops: tuple[Stop, ...] = ()
    """Halts and volatility calls that hold."""
    listings: tuple[ListingView, ...] = ()
    quotes: tuple[Quote, ...] = ()
    contracts: tuple[Contract, ...] = ()
    """Listings, quotes and contracts that stand."""
    trades: tuple[Trade, ...] = ()
    """The latest trades of each area, oldest first."""
    setpoints: tuple[Setpoint, ...] = ()
    """Set-points of intervals that are not over."""
    alarms: tuple[Alarm, ...] = ()
    """Those that are not closed, oldest first."""
    picture: SystemSeen | None = None
    """The newest system picture."""
    sums: AreasSummed | None = None
    """What areas added up to in the closing call cleared last."""
    limits: tuple[UnitLimit, ...] = ()
    """Limits of units that are not over, the oldest word first."""
    decoupled: tuple[str, ...] = ()
    """Areas that go on alone."""
    unit_reports: tuple[UnitReport, ...] = ()
    """What units said of themselves when their states last changed."""
    payouts: tuple[Payout, ...] = ()
    """Withdrawals whose money is held."""


class LiveMarket:
    """The state behind the channels of one market."""

    def __init__(self, seed: Seed) -> None:
        self.rules, self.grid = seed.rules, seed.grid
        self.event_seq = seed.event_seq
        areas = [area.area_id for area in seed.grid.areas]
        self.participants: dict[str, Participant] = {}
        self.calendar = Calendar(seed.rules, seed.grid, seed.intervals, seed.stops)
        self.accounts = Accounts(seed.rules.interval_minutes)
        self.books = Books(areas, self.calendar)
        self._gateways = Gateways(areas, seed.rules.interval_minutes)
        self._listings = Listings(areas)
        self._notices = Notices(seed.rules.market_id)
        self._limits = Limits(
            seed.rules.market_id, seed.grid, self.units, seed.limits, seed.decoupled
        )
        self._pictures = Pictures(seed.rules.market_id, seed.rules.interval_minutes, seed.picture)
        self._sums = Sums(seed.rules.market_id, seed.rules.interval_minutes, seed.sums)
        self.unit_reports = UnitReports(self.units, seed.unit_reports)
        self._alarms = OpenAlarms(seed.rules.market_id, seed.alarms)
        self._desk = CaseDesk(seed.rules.market_id)
        self._waiting = Waiting(seed.rules.market_id)
        self._messages = MessageNews(seed.rules.market_id)
        self._trades: dict[str, deque[Answer]] = {
            area_id: deque(maxlen=TRADES_SHOWN) for area_id in areas
        }
        self._take_in(seed)

    def _take_in(self, seed: Seed) -> None:
        self._add_participants(seed.participants)
        self._gateways.add(seed.units)
        for account, balance_quanta in seed.balances_quanta:
            self.accounts.put_balance(account, balance_quanta)
        for view in seed.open_orders:
            self.accounts.put_order(view)
            self.books.put_order(view)
        self._take_in_offers(seed)
        for payout in seed.payouts:
            self.accounts.put_payout(payout)
        for trade in seed.trades:
            self._trades[trade.area_id].append(_seen_trade(trade))
        for item in seed.setpoints:
            self._gateways.put(item)
        self.books.revision = seed.event_seq
        self.books.open()

    def _take_in_offers(self, seed: Seed) -> None:
        for listed in seed.listings:
            listing = listed.listing
            self._listings.put(listing, listed.left)
            self.accounts.put_offer(listing.listing_id, offers.listed(listing, listed.left))
        for quote in seed.quotes:
            self.accounts.put_offer(quote.quote_id, offers.quoted(quote))
        for contract in seed.contracts:
            self.accounts.put_offer(contract.contract_id, offers.proposed(contract))

    # --- what others ask --------------------------------------------------------

    @property
    def units(self) -> dict[str, Unit]:
        """Units by id."""
        return self._gateways.units

    def is_key(self, channel: Channel, key: str) -> bool:
        """True when the channel has this key."""
        match channel:
            case Channel.MARKET | Channel.ALARMS | Channel.MESSAGES:
                return key == self.rules.market_id
            case Channel.AREA | Channel.TRADES | Channel.LISTINGS:
                return key in self._trades
            case Channel.BOOK:
                return key in self._trades or key == MERGED
            case Channel.UNIT:
                return key in self.units
            case Channel.ACCOUNT:
                return key in self.participants

    def snapshot(self, channel: Channel, key: str, now_us: int) -> Answer:
        """The channel's state at this moment."""
        data = self._state(channel, key, now_us)
        data["event_seq"] = self.event_seq
        return data

    def _state(self, channel: Channel, key: str, now_us: int) -> Answer:
        match channel:
            case Channel.MARKET:
                shown = self.calendar.snapshot(now_us)
                return {
                    **shown,
                    "decoupled": self._limits.decoupled(),
                    "system": self._pictures.public(),
                    "sums": self._sums.public(),
                }
            case Channel.TRADES:
                return {"items": list(self._trades[key])}
            case Channel.BOOK:
                return self.books.snapshot(key)
            case Channel.LISTINGS:
                return self._listings.snapshot(key)
            case Channel.AREA:
                return {
                    **self._gateways.area(key, now_us),
                    "limits": self._limits.of_area(key, now_us),
                    "decoupled": self._limits.is_decoupled(key),
                    "picture": self._pictures.of_area(key),
                    "sum": self._sums.of_area(key),
                    "reports": self.unit_reports.of_area(key),
                }
            case Channel.UNIT:
                return {
                    **self._gateways.unit(key, now_us),
                    "limits": self._limits.of_unit(key, now_us),
                    "report": self.unit_reports.of_unit(key),
                }
            case Channel.ACCOUNT:
                return self.accounts.snapshot(key)
            case Channel.ALARMS:
                return {**self._notices.snapshot(channel), "alarms": self._alarms.snapshot()}
            case Channel.MESSAGES:
                return self._notices.snapshot(channel)

    def interval(self, start_s: int) -> Answer:
        """An interval of the market, as GET intervals shows it."""
        return self.calendar.interval(start_s)

    # --- what happens -------------------------------------------------------------

    def apply(self, event: Event, now_us: int, event_seq: int) -> Iterator[Delta]:
        """Follow one event; gives the changes it means, in order. They are to be used up."""
        self.event_seq = event_seq
        yield from self._changes(event, now_us)
        yield from self.accounts.changes(event)
        yield from self._listings.changes(event)
        yield from self._notices.changes(event, now_us)
        yield from self._alarms.changes(event)
        yield from self._desk.changes(event)
        yield from self._waiting.changes(event)
        yield from self._messages.changes(event)
        yield from self._pictures.changes(event)
        yield from self._sums.changes(event)
        yield from self._limits.changes(event, now_us)
        yield from self.unit_reports.changes(event)
        self.books.follow(event)

    def flush_books(self) -> Iterator[Delta]:
        """What the books show differently since the last time."""
        return self.books.flush(self.event_seq)

    def _changes(self, event: Event, now_us: int) -> Iterable[Delta]:  # noqa: C901 - an arm an event
        match event:
            case ParticipantsRegistered():
                self._add_participants(event.participants)
            case UnitsRegistered():
                self._gateways.add(event.units)
            case PhaseChanged():
                return self.calendar.changed(event)
            case IntervalCleared():
                return self.calendar.cleared(event)
            case TradesMade():
                return self._traded(event)
            case RecallRequested():
                return self._recalled(event, TradeState.DISPUTED)
            case RecallDecided():
                return self._recalled(event, event.state)
            case SetpointsChanged():
                return self._gateways.changed(event, now_us)
            case MeasurementsRecorded():
                return self._gateways.measured(event)
            case DeviationsSeen():
                return self._gateways.deviated(event)
            case GridChecked():
                return self._gateways.checked(event)
            case UnitsRedispatched():
                return self._gateways.redispatched(event)
            case UnitsActivated():
                return self._gateways.activated(event)
            case InstructionsWithdrawn():
                return self._gateways.withdrawn(event)
            case GridSeen():
                return self._gateways.seen(event)
            case IntervalSettled():
                return self.calendar.settled(event)
            case DayClosed():
                return self.calendar.day_closed(event.day)
            case SettlementBegun():
                return self.calendar.run_begun(event)
            case AreaSettled():
                return self.calendar.run_went_on(event)
            case SettlementFinished():
                return self.calendar.day_settled(event)
            case TradingStopped():
                return self.calendar.stopped(event)
            case TradingReleased():
                return self.calendar.released(event)
            case _:
                pass  # of accounts and books only, or nothing the stream tells
        return ()

    def _add_participants(self, participants: Iterable[Participant]) -> None:
        for item in participants:
            self.participants[item.participant_id] = item
            self.accounts.open(item.participant_id)

    def _traded(self, event: TradesMade) -> Iterator[Delta]:
        by_area: defaultdict[str, list[Answer]] = defaultdict(list)
        for trade in event.trades:
            self._trades[trade.area_id].append(_seen_trade(trade))
            by_area[trade.area_id].append(trading.public_trade(trade))
        for area_id, items in by_area.items():
            data = {
                "event": "trades",
                "start": instant_text(event.start_s),
                "phase": self.calendar.phase(event.start_s, area_id).value,
                "items": items,
            }
            yield delta(Channel.TRADES, area_id, data)

    def _recalled(
        self, event: RecallRequested | RecallDecided, state: TradeState
    ) -> Iterator[Delta]:
        """Trades everybody has seen are disputed, or their recall is decided."""
        by_area: defaultdict[str, list[str]] = defaultdict(list)
        for trade in event.trades:
            by_area[trade.area_id].append(trade.trade_id)
        for area_id, trade_ids in by_area.items():
            shown = self._trades[area_id]
            for place, item in enumerate(shown):
                if item["trade_id"] in trade_ids:
                    shown[place] = {**item, "state": state.value}
            data = {
                "event": "trades_recalled",
                "start": instant_text(event.start_s),
                "items": [{"trade_id": name, "state": state.value} for name in trade_ids],
            }
            yield delta(Channel.TRADES, area_id, data)


def _seen_trade(trade: Trade) -> Answer:
    return {"start": instant_text(trade.start_s), **trading.public_trade(trade)}
