"""The portal's own readings: what happens now, and what one produced, used, bought and sold."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers import energy, home, ledger
from api.answers.energy import PERIOD, SLOT
from api.answers.values import Answer, optional_price
from api.call import PAGE, Address, Call, QueryField, answer
from api.lists import Found, answer_list
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from api.wire.formats import TABLES
from market.model.collateral import CollateralState
from market.model.interval import MICROSECONDS, MarketDay, day_of, instant_text, moment_text
from market.model.participant import Unit, UnitKind
from market.model.power import Measurement
from market.model.rejection import Code
from market.model.units import (
    SECONDS_PER_MINUTE,
    energy_text,
    power_from_energy_w,
    power_text,
)
from market.store import queries
from market.store.queries import EnergySlot, UnitPosition

DAYS_MAX: Final = {"interval": 7, "day": 31, "month": 93}
"""Most local days in one answer, by what is asked for."""
AHEAD: Final = 48
"""Intervals to come whose prices are shown at home."""
UNITS_MAX: Final = 100


def _own(call: Call) -> list[Unit]:
    who = call.participant_id
    units = [unit for unit in call.market.live.units.values() if unit.participant_id == who]
    return sorted(units, key=lambda unit: unit.unit_id)[:UNITS_MAX]


# --- now ------------------------------------------------------------------------------


class _Read(NamedTuple):
    readings: dict[str, Measurement]
    positions: tuple[UnitPosition, ...]
    prices: dict[int, int]
    has_rule: bool


async def show_home(call: Call) -> Response:
    """What one's units do, what one traded for now, prices to come, and what to do about it."""
    market, who = call.market, call.participant_id
    rules, units = market.rules, _own(call)
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE
    now_us = call.now_us()
    now_s = now_us // MICROSECONDS
    start_s = now_s - (now_s - rules.trading_from_s) % step_s
    area_id = market.live.participants[who].area_id
    starts_s = [start_s + n * step_s for n in range(AHEAD)]

    def read(connection: Connection, market_id: str) -> _Read:
        names = [unit.unit_id for unit in units]
        back_s = [start_s - n * step_s for n in range(3)]
        standing = queries.standing_rules(
            connection, market_id, participant_id=who, withdrawn=False, limit=1
        )
        return _Read(
            queries.last_readings(connection, market_id, names, back_s),
            queries.positions(connection, market_id, participant_id=who, start_s=start_s).items,
            dict(
                queries.area_prices(
                    connection, market_id, area_id, from_s=start_s, until_s=starts_s[-1] + 1
                )
            ),
            bool(standing.items),
        )

    found = await call.stored(read)
    retail = queries.retail_ticks(rules, market.grid, area_id, starts_s)
    slots = [
        home.Slot(
            start_s=at_s,
            price_ticks=found.prices.get(at_s),
            ask_ticks=None if band is None else band[0],
            bid_ticks=None if band is None else band[1],
        )
        for at_s, band in zip(starts_s, retail, strict=True)
    ]
    account = call.engine.collateral(who)
    silent = sum(
        unit.kind is not UnitKind.RETAILER and unit.unit_id not in found.readings for unit in units
    )
    unmet = account.call
    standing = home.Standing(
        call_due_us=None if unmet is None else unmet.due_us,
        call_quanta=0 if unmet is None else unmet.amount_quanta,
        reduces_only=account.state is CollateralState.REDUCE_ONLY,
        # Before anything was delivered no meter has anything to say.
        silent_units=silent if start_s >= rules.trading_from_s + 3 * step_s else 0,
        sells=any(unit.injection_max_w > 0 for unit in units),
        has_rule=found.has_rule,
        uses=any(unit.withdrawal_max_w > 0 for unit in units),
    )
    return answer(
        {
            "participant_id": who,
            "area_id": area_id,
            "now": moment_text(now_us),
            "money": ledger.money(account.balance_quanta, account.held_quanta),
            "power": _power(call, units, found.readings),
            "interval": _interval(start_s, step_s, found.positions, slots[0]),
            "prices": [_price(slot, step_s) for slot in slots],
            "advice": home.advice(standing, slots),
        }
    )


def _power(call: Call, units: Sequence[Unit], readings: dict[str, Measurement]) -> Answer:
    """What the units do: as they say themselves, else on average in the last interval that was read."""
    minutes, reports = call.market.rules.interval_minutes, call.market.live.unit_reports
    produced = used = stored = known = 0
    for unit in units:
        report = reports.of_unit(unit.unit_id)
        reading = readings.get(unit.unit_id)
        if report is not None and report["power_kw"] is not None:
            power_w = fields.signed_power_w(report["power_kw"])
        elif reading is not None:
            power_w = power_from_energy_w(reading.injection_wh, minutes)
        else:
            continue
        known += 1
        if unit.kind is UnitKind.STORAGE:
            stored -= power_w
        elif power_w >= 0:
            produced += power_w
        else:
            used -= power_w
    return {
        "produced_kw": power_text(produced),
        "used_kw": power_text(used),
        "charging_kw": power_text(stored),
        "net_kw": power_text(produced - used - stored),
        "units": len(units),
        "units_known": known,
    }


def _interval(
    start_s: int, step_s: int, positions: Sequence[UnitPosition], slot: home.Slot
) -> Answer:
    """What is traded for the interval that is being delivered."""
    bought_wh = sum(item.bought_wh for item in positions)
    sold_wh = sum(item.sold_wh for item in positions)
    return {
        "start": instant_text(start_s),
        "end": instant_text(start_s + step_s),
        "bought_kwh": energy_text(bought_wh),
        "sold_kwh": energy_text(sold_wh),
        "price_per_mwh": optional_price(slot.price_ticks),
    }


def _price(slot: home.Slot, step_s: int) -> Answer:
    return {
        "start": instant_text(slot.start_s),
        "end": instant_text(slot.start_s + step_s),
        "price_per_mwh": optional_price(slot.price_ticks),
        "last_resort_ask_per_mwh": optional_price(slot.ask_ticks),
        "last_resort_bid_per_mwh": optional_price(slot.bid_ticks),
    }


# --- before ---------------------------------------------------------------------------


def _by(text: str) -> str:
    if text not in DAYS_MAX:
        raise FieldError(Code.FIELD_FORMAT)
    return text


async def list_energy(call: Call) -> Response:
    """One's energy by interval, local day or month, the oldest first; days without a reading are left out."""
    rules, who = call.market.rules, call.participant_id
    zone, minutes = rules.time_zone, rules.interval_minutes
    today = day_of(call.now_us() // MICROSECONDS, zone)
    by: str = call.query.get("by", "interval")
    last: date = call.query.get("to_day", today)
    first: date = call.query.get("from_day", last)
    if not 0 <= (last - first).days < DAYS_MAX[by]:
        raise refuse(Code.FIELD_RANGE, "from_day", days_max=str(DAYS_MAX[by]))
    kinds = {unit.unit_id: unit.kind for unit in _own(call)}
    area_id = call.market.live.participants[who].area_id
    step_s = minutes * SECONDS_PER_MINUTE

    def day(connection: Connection, market_id: str, of: date) -> tuple[EnergySlot, ...]:
        return queries.energy_of_day(
            connection,
            market_id,
            participant_id=who,
            area_id=area_id,
            day=of.isoformat(),
            starts_s=MarketDay(day=of, zone=zone, minutes=minutes).starts_s(),
            kinds=kinds,
        )

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        begin = _first(cursor)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        made = [(of.isoformat(), day(connection, market_id, of)) for of in days]
        if by == "interval":
            records = [energy.slot(item, step_s) for _, slots in made for item in slots]
        else:
            length = 7 if by == "month" else 10
            names = dict.fromkeys(name[:length] for name, _ in made)
            grouped = {
                name: [item for of, slots in made if of[:length] == name for item in slots]
                for name in names
            }
            records = [
                energy.period(name, slots, minutes) for name, slots in grouped.items() if slots
            ]
        behind = str(begin + limit) if len(records) > begin + limit else None
        return records[begin : begin + limit], behind

    columns = SLOT if by == "interval" else PERIOD
    return await answer_list(call, "energy", columns, read)


def _first(cursor: str | None) -> int:
    text = cursor or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise queries.CursorFault(text)
    return int(text)


ADDRESSES: Final = (
    Address(
        method="GET",
        path=f"{MARKET}/account/home",
        handler=show_home,
        about="What one's units do now, what is traded for now, prices to come, and advice as a code",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/account/energy",
        handler=list_energy,
        about="What one produced, used, bought and sold, by interval, day or month",
        query=(
            QueryField(name="from_day", read=fields.local_day, about="First local day; to_day if not given"),
            QueryField(name="to_day", read=fields.local_day, about="Last local day; today if not given"),
            QueryField(name="by", read=_by, about="interval (7 days at most), day (31) or month (93)"),
            *PAGE,
        ),
        answers=TABLES,
    ),
)  # fmt: skip
