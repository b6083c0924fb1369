"""What areas add up to before delivery, the market level's picture after it, and reliability of a day."""

from datetime import date
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import sums
from api.answers import system as system_answers
from api.call import START, Address, Call, QueryField, answer
from api.wire import fields
from api.wire.errors import refuse
from market.model.call import CallKind
from market.model.interval import MarketDay
from market.model.participant import Role
from market.model.rejection import Code
from market.model.system import SystemSeen
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

LOOK_BACK: Final = 96
"""Intervals over which is counted how often a limit was in the way."""


async def show_system(call: Call) -> Response:
    """The picture of an interval, of the newest one unless another is asked for.

    Operators see all of it, an area its own, everybody the areas' states, how often their limits
    bind, loads of at least ten owners together, and the last resort.
    """
    start_s: int | None = call.query.get("start")
    step_s = call.market.rules.interval_minutes * SECONDS_PER_MINUTE

    def read(connection: Connection, market_id: str) -> tuple[SystemSeen, ...]:
        until_s = None if start_s is None else start_s + step_s
        return queries.system_pictures(connection, market_id, until_s=until_s, newest=LOOK_BACK)

    found = await call.stored(read)
    if not found or (start_s is not None and found[-1].start_s != start_s):
        raise refuse(Code.NOT_FOUND)
    told = system_answers.system(found[-1], call.market.rules.interval_minutes, _full(call))
    binds: dict[str, int] = {}
    for seen in found:
        for area in seen.areas:
            binds[area.area_id] = binds.get(area.area_id, 0) + area.limit_binds
    for shown in told["areas"]:
        shown["limit_bound"] = binds[shown["area_id"]]
    told["limit_bound_of"] = len(found)
    return answer(told)


def _full(call: Call) -> list[str]:
    """Areas of which the caller may see everything."""
    who = None if call.access is None else call.access.principal
    if who is None or who.market_id not in {None, call.market.rules.market_id}:
        return []
    if who.role is Role.OPERATOR:
        return [area.area_id for area in call.market.grid.areas]
    return [who.area_id] if who.role is Role.AREA and who.area_id is not None else []


async def show_sums(call: Call) -> Response:
    """What areas added up to when a call of an interval was cleared; of the last one without a start.

    Operators see all of it, an area its own whole, everybody forecasts and bids of ten owners or more
    together.
    """
    which: CallKind = call.query.get("call", CallKind.CLOSING)
    start_s: int | None = call.query.get("start")
    found = await call.stored(
        lambda connection, market_id: queries.area_sums(
            connection, market_id, call=which, start_s=start_s
        )
    )
    if found is None:
        raise refuse(Code.NOT_FOUND)
    return answer(sums.sums(found, call.market.rules.interval_minutes, _full(call)))


def _call_kind(text: str) -> CallKind:
    kind = fields.one_of(CallKind, text)
    if kind is CallKind.REOPENING:
        raise fields.FieldError(Code.FIELD_FORMAT)
    return kind


async def show_reliability(call: Call) -> Response:
    """What the intervals of a market day add up to, area by area."""
    day: date = call.query["day"]
    rules = call.market.rules
    starts_s = MarketDay(day=day, zone=rules.time_zone, minutes=rules.interval_minutes).starts_s()
    found = await call.stored(
        lambda connection, market_id: queries.system_pictures(
            connection, market_id, from_s=starts_s[0], until_s=starts_s.stop
        )
    )
    seen = {
        area.area_id: [
            item for picture in found for item in picture.areas if item.area_id == area.area_id
        ]
        for area in call.market.grid.areas
    }
    own = call.own(Role.AREA, call.who.area_id)
    return answer(
        {
            "day": day.isoformat(),
            "areas": [
                system_answers.reliability(area_id, pictures)
                for area_id, pictures in seen.items()
                if own in (None, area_id)
            ],
        }
    )


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/system",
        handler=show_system,
        about="The market level's picture of an interval",
        query=(START,),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/sums",
        handler=show_sums,
        about="Limits, room, forecasts and bids of areas, once a call of an interval is cleared",
        query=(
            START,
            QueryField(name="call", read=_call_kind, about="closing (without it) or day_ahead"),
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/reliability",
        handler=show_reliability,
        about="Minutes outside limits, energy not served and curtailed energy of a market day",
        query=(
            QueryField(
                name="day", read=fields.local_day, about="The market day, 2016-06-15", required=True
            ),
        ),
    ),
)
