"""Standing rules and the forecasts they live on."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import offers as offer_answers
from api.answers.values import Answer
from api.call import BATCH_BODY_MAX, FROM, PAGE, TO, UNIT, Address, Call, QueryField, answer
from api.incoming.offers import ForecastsIn, StandingIn
from api.lists import Found, answer_list
from api.routes.listings import flag
from api.routes.wishes import done, made, path_id, sender, viewer
from api.wire.errors import refuse
from market.model.rejection import Code
from market.model.standing import RecordForecasts, SetStandingRule, WithdrawStandingRule
from market.store import queries


async def _rule(call: Call, rule_id: str) -> Answer:
    who = viewer(call)
    page = await call.stored(
        lambda connection, market_id: queries.standing_rules(
            connection, market_id, participant_id=who, rule_id=rule_id, limit=1
        )
    )
    if not page.items:
        raise refuse(Code.NOT_FOUND)
    return offer_answers.standing_rule(page.items[0])


async def set_rule(call: Call) -> Response:
    """Let the market place orders by a rule: 201, or 200 for a harmless repeat."""
    wanted = await call.read(StandingIn)
    command = SetStandingRule(
        **sender(call), client_rule_id=wanted.client_rule_id, terms=wanted.terms()
    )
    return await made(call, command, _rule)


async def get_rule(call: Call) -> Response:
    """One rule."""
    return answer(await _rule(call, path_id(call, "rule_id", Code.NOT_FOUND)))


async def list_rules(call: Call) -> Response:
    """One's rules, in the order set."""
    who, withdrawn = viewer(call), call.query.get("withdrawn")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.standing_rules(
            connection,
            market_id,
            participant_id=who,
            withdrawn=withdrawn,
            cursor=cursor,
            limit=limit,
        )
        return [offer_answers.standing_rule(view) for view in page.items], page.next_cursor

    return await answer_list(call, "standing-orders", (), read)


async def withdraw_rule(call: Call) -> Response:
    """End a rule; what it has placed stays. Doing it again is harmless."""
    rule_id = path_id(call, "rule_id", Code.NOT_FOUND)
    return await done(call, WithdrawStandingRule(**sender(call), rule_id=rule_id), _rule)


async def record_forecasts(call: Call) -> Response:
    """Say what one's units are expected to do, all or none; a later one replaces an earlier one."""
    wanted = await call.read(ForecastsIn, BATCH_BODY_MAX)
    call.spend(len(wanted.items) - 1)
    forecasts = tuple(item.forecast() for item in wanted.items)
    await call.market.submit(RecordForecasts(**sender(call), forecasts=forecasts))
    return answer({"count": len(forecasts)})


async def list_forecasts(call: Call) -> Response:
    """The newest forecasts of one's units, in order of time and unit."""
    who, query, minutes = viewer(call), call.query, call.market.rules.interval_minutes

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.forecasts(
            connection,
            market_id,
            participant_id=who,
            unit_id=query.get("unit_id"),
            from_s=query.get("from"),
            until_s=query.get("to"),
            cursor=cursor,
            limit=limit,
        )
        return [offer_answers.forecast(item, minutes) for item in page.items], page.next_cursor

    return await answer_list(call, "forecasts", (), read)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/standing-orders",
        handler=set_rule,
        about="Let the market place orders by a rule, every interval until it is withdrawn",
        body=StandingIn,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/standing-orders",
        handler=list_rules,
        about="One's rules",
        query=(
            QueryField(name="withdrawn", read=flag, about="true: those that ended; false: others"),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/standing-orders/{{rule_id}}",
        handler=get_rule,
        about="One rule",
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/standing-orders/{{rule_id}}",
        handler=withdraw_rule,
        about="End a rule",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/forecasts:batch",
        handler=record_forecasts,
        about="Say what one's units are expected to do",
        body=ForecastsIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/forecasts",
        handler=list_forecasts,
        about="The newest forecasts of one's units",
        query=(UNIT, FROM, TO, *PAGE),
    ),
)
