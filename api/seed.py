"""What the stream starts from: the market as it is stored when the server opens it.

The one idea: nothing happens between this reading and the first event after it, so the state the
stream goes on from is exactly what is on disk.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from api import answers
from api.live import INTERVALS_KEPT, TRADES_SHOWN, Seed
from market.model.messages import Phase
from market.model.order import OrderState
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries
from market.store.database import Readers

_Item = TypeVar("_Item")
_PAGE: Final = queries.LIMIT_MAX


def read_seed(readers: Readers, market_id: str, *, now_s: int) -> Seed:
    """The market as it is stored.

    Raises:
        LookupError: the file holds no such market.
    """
    with readers.connect() as connection:
        definition = queries.market(connection, market_id)
        if definition is None:
            raise LookupError(f"no market {market_id} in its file")
        rules, grid = definition.rules, definition.grid
        step_s = rules.interval_minutes * SECONDS_PER_MINUTE
        intervals = queries.intervals(
            connection,
            market_id,
            from_s=now_s - INTERVALS_KEPT // 2 * step_s,
            until_s=now_s + INTERVALS_KEPT // 2 * step_s,
        )
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
            open_orders=_all(
                lambda cursor: queries.orders(
                    connection, market_id, state=OrderState.ACTIVE, cursor=cursor, limit=_PAGE
                )
            ),
            intervals=tuple(
                (view.interval.start_s, answers.stored_interval(view, rules, grid))
                for view in intervals
                if view.interval.phase is not Phase.SCHEDULED
            ),
            trades=tuple(
                trade
                for area in grid.areas
                for trade in queries.recent_trades(
                    connection, market_id, area_id=area.area_id, limit=TRADES_SHOWN
                )
            ),
            setpoints=_all(
                lambda cursor: queries.setpoints(
                    connection, market_id, from_s=now_s - step_s, cursor=cursor, limit=_PAGE
                )
            ),
        )


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
