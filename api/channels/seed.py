"""What the stream starts from: the market as it is stored when the server opens it.

The one idea: nothing happens between this reading and the first event after it, so the state the
stream goes on from is exactly what is on disk.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from sqlalchemy import Connection

from api.answers import results
from api.answers.values import Answer
from api.channels.calendar import INTERVALS_KEPT, Stop
from api.channels.live import TRADES_SHOWN, Seed
from market.model.alarm import Alarm, AlarmState
from market.model.call import CallKind
from market.model.contract import Contract, ContractState
from market.model.interval import MICROSECONDS, MarketDay, day_of
from market.model.listing import ListingView, Quote, QuoteState
from market.model.messages import Phase
from market.model.order import LimitOrder, OrderState, OrderView, TimeInForce
from market.model.rules import MarketRules
from market.model.unit_report import UnitReport
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries
from market.store.database import Readers

_Item = TypeVar("_Item")
_PAGE: Final = queries.LIMIT_MAX
_TRADED: Final = frozenset(
    phase.value
    for phase in Phase
    if phase not in {Phase.SCHEDULED, Phase.DELIVERY_LOCK, Phase.SETTLING, Phase.SETTLED}
)


def read_seed(
    readers: Readers,
    market_id: str,
    *,
    now_s: int,
    stops: tuple[Stop, ...] = (),
    decoupled: tuple[str, ...] = (),
    unit_reports: tuple[UnitReport, ...] = (),
) -> Seed:
    """The market as it is stored; what only the market itself knows is handed in.

    Raises:
        LookupError: the file holds no such market.
    """
    with readers.connect() as connection:
        definition = queries.market(connection, market_id)
        if definition is None:
            raise LookupError(f"no market {market_id} in its file")
        rules, grid = definition.rules, definition.grid
        step_s = rules.interval_minutes * SECONDS_PER_MINUTE
        intervals = _intervals(connection, definition, now_s)
        return Seed(
            rules=rules,
            grid=grid,
            event_seq=queries.position(connection).event_seq,
            participants=_all(
                lambda cursor: queries.participants(
                    connection, market_id, cursor=cursor, limit=_PAGE
                )
            ),
            units=_all(
                lambda cursor: queries.units(connection, market_id, cursor=cursor, limit=_PAGE)
            ),
            balances_quanta=tuple(
                (item.account, item.balance_quanta)
                for item in queries.ledger(connection, market_id).accounts
            ),
            open_orders=_open_orders(connection, rules, intervals),
            intervals=intervals,
            stops=stops,
            decoupled=decoupled,
            unit_reports=unit_reports,
            limits=queries.unit_limits(connection, market_id, after_s=now_s),
            listings=_open_listings(connection, market_id),
            quotes=_open_quotes(connection, market_id),
            contracts=_open_contracts(connection, market_id),
            trades=tuple(
                trade
                for area in grid.areas
                for trade in queries.recent_trades(
                    connection, market_id, area_id=area.area_id, limit=TRADES_SHOWN
                )
            ),
            payouts=queries.open_payouts(connection, market_id),
            alarms=_open_alarms(connection, market_id),
            sums=queries.area_sums(connection, market_id, call=CallKind.CLOSING),
            picture=next(iter(queries.system_pictures(connection, market_id, newest=1)), None),
            setpoints=_all(
                lambda cursor: queries.setpoints(
                    connection, market_id, from_s=now_s - step_s, cursor=cursor, limit=_PAGE
                )
            ),
        )


def _intervals(
    connection: Connection, definition: queries.MarketDefinition, now_s: int
) -> tuple[tuple[int, Answer], ...]:
    """Late intervals that are past `scheduled`: back to one that is settled, as all before are."""
    rules, grid = definition.rules, definition.grid
    half_s = INTERVALS_KEPT // 2 * rules.interval_minutes * SECONDS_PER_MINUTE
    from_s, until_s = now_s - half_s, now_s + half_s
    found: list[tuple[int, Answer]] = []
    while True:
        views = queries.intervals(connection, rules.market_id, from_s=from_s, until_s=until_s)
        found[:0] = [
            (view.interval.start_s, results.stored_interval(view, rules, grid))
            for view in views
            if view.interval.phase is not Phase.SCHEDULED or view.interval.rung is not None
        ]
        reached = bool(views) and views[0].interval.phase is Phase.SETTLED
        if reached or from_s <= rules.trading_from_s:
            return tuple(found)
        from_s, until_s = from_s - half_s, from_s


def _open_alarms(connection: Connection, market_id: str) -> tuple[Alarm, ...]:
    """Alarms nobody has closed, in the order in which they were raised."""
    states = (AlarmState.OPEN, AlarmState.ACKNOWLEDGED)
    return _all(
        lambda cursor: queries.alarms(
            connection, market_id, queries.AlarmFilter(states=states), cursor=cursor, limit=_PAGE
        )
    )


def _open_listings(connection: Connection, market_id: str) -> tuple[ListingView, ...]:
    search = queries.ListingSearch()
    return _all(
        lambda cursor: queries.listings(
            connection, market_id, search, sees_all=True, cursor=cursor, limit=_PAGE
        )
    )


def _open_quotes(connection: Connection, market_id: str) -> tuple[Quote, ...]:
    views = _all(
        lambda cursor: queries.quotes(
            connection, market_id, state=QuoteState.OPEN, cursor=cursor, limit=_PAGE
        )
    )
    return tuple(view.quote for view in views)


def _open_contracts(connection: Connection, market_id: str) -> tuple[Contract, ...]:
    views = _all(
        lambda cursor: queries.contracts(
            connection, market_id, state=ContractState.PROPOSED, cursor=cursor, limit=_PAGE
        )
    )
    return tuple(view.contract for view in views)


def _open_orders(
    connection: Connection, rules: MarketRules, intervals: Iterable[tuple[int, Answer]]
) -> tuple[OrderView, ...]:
    """Orders that are not closed, in acceptance sequence."""
    market_id = rules.market_id

    def stored(state: OrderState, start_s: int | None = None) -> tuple[OrderView, ...]:
        return _all(
            lambda cursor: queries.orders(
                connection, market_id, state=state, start_s=start_s, cursor=cursor, limit=_PAGE
            )
        )

    found: list[OrderView] = []
    for state in (OrderState.ACTIVE, OrderState.PENDING, OrderState.HIBERNATED):
        found += stored(state)
    # Partly filled is also how an order may end: those of intervals that are traded are open.
    for start_s, answer in intervals:
        waits = answer["phase"] == Phase.SCHEDULED.value  # after its opening call, then
        if answer["phase"] in _TRADED or waits:
            partly = stored(OrderState.PARTIALLY_FILLED, start_s)
            found += (view for view in partly if not _ended_with_opening_call(rules, view))
    return tuple(sorted(found, key=lambda view: view.order.header.sequence))


def _ended_with_opening_call(rules: MarketRules, view: OrderView) -> bool:
    """True of an order that was in its day's opening call and was not to go on after it."""
    if rules.day_ahead is None:
        return False
    order, header = view.order, view.order.header
    if isinstance(order, LimitOrder) and order.options.tif is TimeInForce.GTD:
        return False
    day = MarketDay(
        day=day_of(header.start_s, rules.time_zone),
        zone=rules.time_zone,
        minutes=rules.interval_minutes,
    )
    gate_s = day.starts_s()[0] - rules.day_ahead.gate_minutes * SECONDS_PER_MINUTE
    return header.accepted_us <= gate_s * MICROSECONDS


def _all(page: Callable[[str | None], queries.Page[_Item]]) -> tuple[_Item, ...]:
    """Every page of a list."""
    items: list[_Item] = []
    cursor: str | None = None
    while True:
        found = page(cursor)
        items.extend(found.items)
        cursor = found.next_cursor
        if cursor is None:
            return tuple(items)
