"""Money: a participant's account and statement, the ledger, the report of a day."""

from datetime import date
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import ledger
from api.call import FROM, PAGE, TO, Address, Call, QueryField, answer
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.formats import TABLES
from market.model.interval import MarketDay
from market.model.units import SECONDS_PER_MINUTE, money_text
from market.store import queries


async def get_account(call: Call) -> Response:
    """One's own money: balance, held, available."""
    participant_id = call.participant_id
    found = await call.stored(
        lambda connection, market_id: queries.account(connection, market_id, participant_id)
    )
    money = ledger.money(found.balance_quanta, found.held_quanta)
    return answer({"participant_id": participant_id, **money})


async def get_statement(call: Call) -> Response:
    """What one received (positive) and paid, by kind."""
    participant_id = call.participant_id
    found = await call.stored(
        lambda connection, market_id: queries.statement(
            connection,
            market_id,
            participant_id,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
        )
    )
    items = [{"kind": line.kind.value, "amount": money_text(line.amount_quanta)} for line in found]
    return answer({"items": items, "next_cursor": None})


async def get_ledger(call: Call) -> Response:
    """All accounts and their sum, which is zero."""
    found = await call.stored(queries.ledger)
    return answer(
        {
            "accounts": [ledger.balance(item) for item in found.accounts],
            "sum": money_text(found.sum_quanta),
            "sum_quanta": found.sum_quanta,
        }
    )


async def get_trial_balance(call: Call) -> Response:
    """Every account at the end of one local day, with what was booked to it on that day."""
    day: date = call.query["day"]
    found = await call.stored(
        lambda connection, market_id: queries.trial_balance(connection, market_id, day.isoformat())
    )
    return answer(ledger.trial_balance(found, call.market.rules.currency))


async def list_postings(call: Call) -> Response:
    """What was posted to an account, the newest first."""
    account: str = call.query["account"]

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.postings(
            connection,
            market_id,
            account,
            from_s=call.query.get("from"),
            until_s=call.query.get("to"),
            cursor=cursor,
            limit=limit,
        )
        return [ledger.posting(item) for item in page.items], page.next_cursor

    return await answer_list(call, "postings", ledger.POSTING, read)


async def get_report(call: Call) -> Response:
    """Totals of one market day."""
    day: date = call.query["day"]
    rules = call.market.rules
    starts_s = MarketDay(day=day, zone=rules.time_zone, minutes=rules.interval_minutes).starts_s()
    until_s = starts_s[-1] + rules.interval_minutes * SECONDS_PER_MINUTE
    totals = await call.stored(
        lambda connection, market_id: queries.day_totals(
            connection, market_id, from_s=starts_s[0], until_s=until_s
        )
    )
    return answer(ledger.day_report(day.isoformat(), totals))


_DAY: Final = QueryField(
    name="day",
    read=fields.local_day,
    about="Local day of the market, 2016-06-15",
    required=True,
)

ADDRESSES: Final = (
    Address(method="GET", path=f"{MARKET}/account", handler=get_account, about="One's own money"),
    Address(
        method="GET",
        path=f"{MARKET}/account/statement",
        handler=get_statement,
        about="What one received and paid, by kind",
        query=(FROM, TO),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/ledger",
        handler=get_ledger,
        about="All accounts and their sum",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/ledger/trial-balance",
        handler=get_trial_balance,
        about="All accounts at the end of one day, and what moved on it",
        query=(_DAY,),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/ledger/postings",
        handler=list_postings,
        about="What was posted to an account, the newest first",
        query=(
            QueryField(
                name="account",
                read=fields.account,
                about="Its name, or collateral for all of that sort",
                required=True,
            ),
            FROM,
            TO,
            *PAGE,
        ),
        answers=TABLES,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/report",
        handler=get_report,
        about="Totals of one market day",
        query=(_DAY,),
    ),
)
