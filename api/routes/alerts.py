"""Alerts: one list of what a participant should know, with what it has read of it, and its settings."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import chain
from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import alerts
from api.answers.values import Answer, optional_price
from api.call import CURSOR, LIMIT, Address, Call, QueryField, answer, listed, page_limit
from api.incoming.messages import AlertSettingsIn, ReadIn
from api.routes.listings import flag
from api.wire import fields
from api.wire.errors import refuse
from market.model.interval import MICROSECONDS, MarketDay, day_of
from market.model.message import AlertSettings, MarkRead, SetAlertSettings
from market.model.participant import Unit, UnitKind
from market.model.rejection import Code
from market.model.rules import MarketRules
from market.model.units import SECONDS_PER_MINUTE
from market.store import queries

WINDOW_DAYS: Final = 7
WINDOW_DAYS_MAX: Final = 31
AHEAD_S: Final = 2 * 86_400
"""How far ahead prices are looked at: as far as an opening call goes."""
UNITS_MAX: Final = 100
ALERTS_MAX: Final = 200
"""Most alerts of one source."""
LOOK_BACK: Final = 192
"""Intervals in which a meter's last word is looked for."""
KINDS: Final = ("message", "alarm", "device_offline", "unusual_use", "price", "bill_due", "case")
_DAY_US: Final = 86_400 * MICROSECONDS


def _settings(call: Call) -> AlertSettings:
    known = call.decided.messages.settings
    return known.get(call.participant_id) or AlertSettings(participant_id=call.participant_id)


def _found(call: Call, from_us: int) -> Callable[[Connection, str], list[Answer]]:
    """What looks for all alerts of the participant since then."""
    market, who, now_us = call.market, call.participant_id, call.now_us()
    units = [unit for unit in market.live.units.values() if unit.participant_id == who]
    units.sort(key=lambda unit: unit.unit_id)
    area_id = market.live.participants[who].area_id
    return partial(
        _read,
        rules=market.rules,
        who=who,
        area_id=area_id,
        units=units[:UNITS_MAX],
        settings=_settings(call),
        from_us=from_us,
        now_us=now_us,
    )


def _read(
    connection: Connection, market_id: str, *, rules: MarketRules, who: str, area_id: str,
    units: Sequence[Unit], settings: AlertSettings, from_us: int, now_us: int,
) -> list[Answer]:  # fmt: skip
    """All alerts, the newest first; those of the future before."""
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE
    now_s = now_us // MICROSECONDS
    last_s = now_s - now_s % step_s
    starts_s = range(last_s - (LOOK_BACK - 1) * step_s, last_s + 1, step_s)
    metered = [unit for unit in units if unit.kind is not UnitKind.RETAILER]
    names = [unit.unit_id for unit in units]
    wanted = queries.MessageFilter(participant_id=who, from_us=from_us)
    bills = queries.bills(connection, market_id, participant_id=who, issued=True, limit=ALERTS_MAX)
    prices = (
        queries.area_prices(
            connection, market_id, area_id, from_s=from_us // MICROSECONDS, until_s=now_s + AHEAD_S
        )
        if (settings.price_above_ticks, settings.price_below_ticks) != (None, None)
        else ()
    )
    sources: Iterable[Iterable[Answer]] = (
        alerts.of_messages(queries.messages(connection, market_id, wanted, limit=ALERTS_MAX).items),
        alerts.of_alarms(queries.unit_alarms(connection, market_id, names, from_us)),
        alerts.of_silence(
            metered,
            queries.last_readings(connection, market_id, names, starts_s),
            settings,
            first_s=max(starts_s[0], rules.trading_from_s),
            step_s=step_s,
            now_us=now_us,
        ),
        alerts.of_use(
            _days(connection, market_id, rules, who, from_us, now_s), settings, from_us=from_us
        ),
        alerts.of_prices(prices, settings, area_id=area_id, step_s=step_s),
        alerts.of_bills(
            queries.with_owed(connection, market_id, rules, bills.items),
            settings,
            from_us=from_us,
            now_us=now_us,
        ),
        alerts.of_cases(queries.cases_since(connection, market_id, who, from_us), from_us=from_us),
    )
    found = list(chain.from_iterable(sources))
    found.sort(key=lambda item: (-item["at_us"], item["alert_id"]))
    reads = queries.reads_of(connection, market_id, who, [item["alert_id"] for item in found])
    return [{**item, "read_us": reads.get(item["alert_id"])} for item in found]


def _days(
    connection: Connection, market_id: str, rules: MarketRules, who: str, from_us: int, now_s: int
) -> list[tuple[date, int, int]]:
    """(day, its end, Wh withdrawn) of the days asked for, and of those that say what is usual."""
    zone, minutes = rules.time_zone, rules.interval_minutes
    today = day_of(now_s, zone)
    first = day_of(from_us // MICROSECONDS, zone) - timedelta(days=alerts.USUAL_DAYS)
    days = [
        MarketDay(day=first + timedelta(days=n), zone=zone, minutes=minutes).starts_s()
        for n in range((today - first).days)
    ]
    starts_s = [start_s for day in days for start_s in day]
    used = queries.withdrawn_wh(connection, market_id, who, starts_s)
    return [
        (day_of(day[0], zone), day.stop, sum(used[start_s] for start_s in day))
        for day in days
        if all(start_s in used for start_s in day)
    ]


async def list_alerts(call: Call) -> Response:
    """What one should know of the last days, the newest first."""
    now_us = call.now_us()
    from_us: int = call.query.get("from", now_us - WINDOW_DAYS * _DAY_US)
    if from_us < now_us - WINDOW_DAYS_MAX * _DAY_US:
        raise refuse(Code.FIELD_RANGE, "from")
    kind, unread = call.query.get("kind"), call.query.get("unread", False)
    found = await call.stored(_found(call, from_us))
    wanted = [
        item
        for item in found
        if kind in {None, item["kind"]} and not (unread and item["read_us"] is not None)
    ]
    after = call.query.get("cursor")
    if after is not None:
        at, _, name = after.partition("~")
        if not (at.isascii() and at.isdecimal() and len(at) <= 18 and name):
            raise refuse(Code.FIELD_FORMAT, "cursor")
        key = (-int(at), name)
        wanted = [item for item in wanted if (-item["at_us"], item["alert_id"]) > key]
    limit = page_limit(call)
    page = wanted[:limit]
    behind = f"{page[-1]['at_us']}~{page[-1]['alert_id']}" if len(wanted) > limit else None
    return listed(call, [alerts.shown(item, item["read_us"]) for item in page], behind)


async def mark_read(call: Call) -> Response:
    """Say that one has read some of them; harmless again."""
    wanted, who = await call.read(ReadIn), call.participant_id
    known = await call.stored(
        lambda connection, market_id: queries.reads_of(connection, market_id, who, wanted.alert_ids)
    )
    new = tuple(name for name in wanted.alert_ids if name not in known)
    if new:
        await call.market.submit(
            MarkRead(
                now_us=call.now_us(),
                actor=call.actor,
                participant_id=who,
                alert_ids=new,
            )
        )
    return answer({"count": len(set(new))})


def _shown(item: AlertSettings) -> Answer:
    return {
        "price_above_per_mwh": optional_price(item.price_above_ticks),
        "price_below_per_mwh": optional_price(item.price_below_ticks),
        "use_above_ppm": item.use_above_ppm,
        "silent_minutes": item.silent_minutes,
        "bill_days": item.bill_days,
    }


async def get_settings(call: Call) -> Response:
    """When one is told."""
    return answer(_shown(_settings(call)))


async def set_settings(call: Call) -> Response:
    """Say when one wants to be told."""
    wanted = (await call.read(AlertSettingsIn)).settings(call.participant_id)
    await call.market.submit(
        SetAlertSettings(now_us=call.now_us(), actor=call.actor, settings=wanted)
    )
    return answer(_shown(_settings(call)))


def _kind(text: str) -> str:
    if text not in KINDS:
        raise fields.FieldError(Code.FIELD_FORMAT)
    return text


_SETTINGS: Final = f"{MARKET}/account/alert-settings"
ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/account/alerts",
        handler=list_alerts,
        about="What one should know: messages, alarms, silent meters, unusual use, prices, bills, cases",
        query=(
            QueryField(name="from", read=fields.moment_us, about="Since when; 7 days if not given, 31 at most"),
            QueryField(name="kind", read=_kind, about="One kind"),
            QueryField(name="unread", read=flag, about="true: only what is not read yet"),
            LIMIT,
            CURSOR,
        ),
    ),
    Address(
        method="POST",
        path=f"{MARKET}/account/alerts:read",
        handler=mark_read,
        about="Say which alerts one has read",
        body=ReadIn,
    ),
    Address(
        method="GET",
        path=_SETTINGS,
        handler=get_settings,
        about="From when on one is told of prices, use, silent meters and bills",
    ),
    Address(
        method="PUT",
        path=_SETTINGS,
        handler=set_settings,
        about="Say from when on one wants to be told",
        body=AlertSettingsIn,
    ),
)  # fmt: skip
