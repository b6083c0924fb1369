"""Money: a participant's account and statement, the ledger, the report of a day."""

from datetime import date
from typing import Final

from starlette.responses import Response

from api import answers
from api.call import FROM, TO, Address, Call, QueryField, answer
from api.fields import YEAR_MAX, YEAR_MIN, FieldError
from api.permissions import MARKET
from market.model.interval import MarketDay
from market.model.rejection import Code
from market.model.units import SECONDS_PER_MINUTE, money_text
from market.store import queries


def _participant_id(call: Call) -> str:
    participant_id = call.who.participant_id
    assert participant_id is not None, "a participant's token names the participant"
    return participant_id


async def get_account(call: Call) -> Response:
    """One's own money: balance, held, available."""
    participant_id = _participant_id(call)
    found = await call.stored(
        lambda connection, market_id: queries.account(connection, market_id, participant_id)
    )
    money = answers.money(found.balance_quanta, found.held_quanta)
    return answer({"participant_id": participant_id, **money})


async def get_statement(call: Call) -> Response:
    """What one received (positive) and paid, by kind."""
    participant_id = _participant_id(call)
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
            "accounts": [answers.balance(item) for item in found.accounts],
            "sum": money_text(found.sum_quanta),
            "sum_quanta": found.sum_quanta,
        }
    )


def _day(text: str) -> date:
    """A local calendar day, ISO 8601."""
    if len(text) != 10 or not text.isascii():
        raise FieldError(Code.FIELD_FORMAT)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise FieldError(Code.FIELD_FORMAT) from None
    if not YEAR_MIN <= day.year < YEAR_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return day


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
    return answer(answers.day_report(day.isoformat(), totals))


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
        path=f"{MARKET}/report",
        handler=get_report,
        about="Totals of one market day",
        query=(
            QueryField(
                name="day", read=_day, about="Local day of the market, 2016-06-15", required=True
            ),
        ),
    ),
)
