"""Days of a month by chance that were settled, settled again and billed, told twice.

Trade runs over a local midnight, mostly on a day on which clocks change or a month ends. Taxes begin, change and end
on these days; units are in balance groups, other ones on the second day; some readings come late and a run settles
their day again. What the market makes of it is lived through the engine, interval by interval, into a store.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from market.engine.engine import Engine
from market.engine.facts.phase_steps import step_taken
from market.model.balance_group import ALONE
from market.model.bill import ChargeKind, TaxRule
from market.model.interval import MarketMonth, day_of
from market.model.messages import (
    CloseDay,
    Command,
    EndDelivery,
    Event,
    IntervalCleared,
    MarketCreated,
    MeasurementsRecorded,
    ParticipantsRegistered,
    SettleInterval,
    Step,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.power import Measurement
from market.model.settled_month import MonthSettled, SettledMonth, month_reference
from market.model.settlement_run import (
    Completeness,
    RunKind,
    SettlementBegun,
    SettlementFinished,
)
from market.settlement.band import DayDeviations, MonthSums, month_dues
from market.settlement.day_facts import DayDetail
from market.settlement.dues import booked, differences
from market.settlement.energy import auction_transfers
from market.settlement.imbalance import adder_ticks
from market.settlement.run import settle_day
from market.settlement.trades import matched_transfers
from market.store.journal import Batch, Entry
from tests.market.settlement.drawn_markets import (
    DAYS,
    MOST_WH,
    ZONES,
    Drawn,
    drawn_over,
    facts_of,
)
from tests.market.settlement.naive_energy import call_money
from tests.market.settlement.naive_settlement import Market

STEP_S = 900
KINDS = [kind for kind in ChargeKind if not kind.value.startswith("deviation")]
MONTH_ENDS = ("2027-04-01", "2028-03-01", "2027-11-01")


@dataclass
class DrawnMonths:
    """One market over midnight."""

    found: Drawn
    days: dict[str, list[int]]
    """Local days and their intervals."""
    groups: dict[str, dict[str, str]]
    """By day: the group of each unit that is in one."""
    late: dict[tuple[str, int], int]
    """Readings that came late and count instead."""

    @property
    def months(self) -> list[str]:
        """Local months, in order."""
        return list(dict.fromkeys(day[:7] for day in self.days))

    def facts(self, day: str, *, late: bool) -> Drawn:
        """One of the days alone, without what came late or with it."""
        market, starts_s = self.found.market, self.days[day]
        known = {**market.readings, **(self.late if late else {})}
        return replace(
            self.found,
            day=day,
            market=replace(
                market,
                starts_s=starts_s,
                deals=[deal for deal in market.deals if deal.start_s in starts_s],
                readings={key: wh for key, wh in known.items() if key[1] in starts_s},
            ),
        )

    def rents(self, day: str) -> dict[str, int]:
        """What calls of the day have booked to rent accounts, as the twin says."""
        market, rents = self.found.market, Counter[str]()
        for start_s in self.days[day]:
            if start_s not in market.calls:
                continue
            deals = [d for d in market.deals if d.start_s == start_s and d.venue == "call"]
            books = call_money(market, market.calls[start_s], deals)
            for (_, account, kind), quanta in books.items():
                if kind in {"line_rent", "limit_rent"}:
                    rents[account] += quanta
        return dict(rents)


def drawn_months(seed: int) -> DrawnMonths:
    """A market over midnight by chance."""
    dice = random.Random(seed)
    zone, day = dice.choice(ZONES), date.fromisoformat(dice.choice((*DAYS, *MONTH_ENDS)))
    midnight = int(datetime.combine(day, time(0), ZoneInfo(zone)).timestamp())
    before, after = dice.choice(((0, 8), (8, 0), (6, 6), (12, 20), (20, 60)))
    starts_s = [midnight + STEP_S * number for number in range(-before, after)]
    found = drawn_over(dice, zone, day.isoformat(), starts_s, told=False)
    market = found.market
    days: dict[str, list[int]] = {}
    for start_s in starts_s:
        days.setdefault(day_of(start_s, zone).isoformat(), []).append(start_s)
    market.rules = replace(
        market.rules,
        taxes=tuple(_taxes(dice, day)),
        deviation_band_ppm=dice.choice((0, 20_000, dice.randint(1, 10**6), 10**8)),
    )
    late = {
        key: wh + dice.randint(-MOST_WH, MOST_WH)
        for key, wh in market.readings.items()
        if dice.random() < 0.05
    }
    if dice.random() < 0.3:
        late = {}
    groups = {name: _groups(dice, market) for name in days}
    return DrawnMonths(found=found, days=days, groups=groups, late=late)


def _taxes(dice: random.Random, day: date) -> Iterator[TaxRule]:
    """Of up to three taxes up to three rules each; a tax is on deviations both ways or not."""
    begins = [date(2016, 1, 1), day - timedelta(days=1), day, day + timedelta(days=1)]
    for number in range(dice.randint(0, 3)):
        for begin in dice.sample(begins, dice.randint(1, 3)):
            both = (ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG)
            yield TaxRule(
                tax_id=f"t{number}",
                name=f"Tax {number}",
                from_day=begin.isoformat(),
                rate_ppm=dice.choice((0, dice.randint(1, 400_000), dice.randint(1, 400_000))),
                on=(
                    *dice.sample(KINDS, dice.randint(0, len(KINDS))),
                    *dice.choice((both, (), (ChargeKind.DEVIATION, *both))),
                ),
            )


def _groups(dice: random.Random, market: Market) -> dict[str, str]:
    retail = {name for name, its in market.participants.items() if its.is_last_resort}
    names = [name for name, unit in market.units.items() if unit.participant_id not in retail]
    return {name: dice.choice(("red", "blue")) for name in names if dice.random() < 0.7}


# --- lived ------------------------------------------------------------------------------


def lived(drawn: DrawnMonths) -> Batch:
    """All that happens, as one batch of the journal."""
    market, engine = drawn.found.market, Engine()
    entries: list[Entry] = []

    def happens(command: Command, *events: Event) -> None:
        for event in events:
            engine.apply(event)
        entries.append(Entry(command=command, events=events))

    def decides(command: Command) -> None:
        decision = engine.execute(command)
        assert decision.answer.rejections == ()
        entries.append(Entry(command=command, events=tuple(decision.events)))

    begin = market.starts_s[0]
    happens(
        _time(begin),
        MarketCreated(rules=market.rules, grid=market.grid),
        ParticipantsRegistered(participants=tuple(market.participants.values())),
        UnitsRegistered(units=tuple(market.units.values())),
    )
    for day, starts_s in drawn.days.items():
        for start_s in starts_s:
            for events in _interval(drawn.found, start_s):
                happens(_time(start_s), *events)
            decides(SettleInterval(now_us=start_s * 10**6, start_s=start_s))
        decides(CloseDay(now_us=starts_s[-1] * 10**6, day=day))
    details = {}
    for number, day in enumerate(drawn.days, 1):
        details[day], of_day = _run(drawn, day, number, begin, entries)
        entries += of_day
    for month in drawn.months:
        entries.append(_month(drawn, month, details))
    assert engine.state.ledger.sum_quanta() == 0
    return Batch(
        batch=1,
        epoch=1,
        now_us=begin * 10**6,
        first_command_seq=1,
        first_event_seq=1,
        entries=tuple(entries),
    )


def _time(start_s: int) -> Command:
    return EndDelivery(now_us=start_s * 10**6, start_s=start_s)


def _transfers(entries: Sequence[Entry]) -> Iterator[object]:
    for entry in entries:
        for event in entry.events:
            if isinstance(event, TransfersBooked):
                yield from event.transfers


def _interval(found: Drawn, start_s: int) -> Iterator[list[Event]]:
    """What happens in an interval until it is settled, command by command."""
    market, now_us = found.market, start_s * 10**6
    yield [step_taken(start_s, step, now_us) for step in (Step.OPEN_CALL, Step.CLOSE_GATE)]
    for match in found.matches:
        if match.legs[0].start_s == start_s:
            moved = matched_transfers(legs=match.legs, use=match.use, line=match.line)
            yield [
                TradesMade(start_s=start_s, trades=match.legs, made_us=now_us),
                TransfersBooked(transfers=moved),
            ]
    outcome = found.outcomes.get(start_s)
    if outcome is not None:
        trades = found.trades[start_s]
        moved = auction_transfers(outcome=outcome, trades=trades, grid=market.grid)
        yield [
            IntervalCleared(outcome=outcome, supply_curve=(), demand_curve=()),
            TradesMade(start_s=start_s, trades=trades),
            TransfersBooked(transfers=moved),
        ]
    yield [step_taken(start_s, step, now_us) for step in (Step.CLEAR, Step.END_DELIVERY)]
    for area in market.grid.areas:
        readings = tuple(
            Measurement(unit_id=name, start_s=start_s, injection_wh=wh)
            for (name, at_s), wh in market.readings.items()
            if at_s == start_s and market.units[name].area_id == area.area_id
        )
        yield [MeasurementsRecorded(area_id=area.area_id, measurements=readings)]


def _run(
    drawn: DrawnMonths, day: str, number: int, begin_s: int, entries: Sequence[Entry]
) -> tuple[DayDetail, list[Entry]]:
    """A run settles a day again, with what came late."""
    of_day = [
        entry
        for entry in entries
        if (isinstance(entry.command, SettleInterval) and entry.command.start_s in drawn.days[day])
        or (isinstance(entry.command, CloseDay) and entry.command.day == day)
    ]
    before = booked(_transfers(of_day))
    settled = settle_day(facts_of(drawn.facts(day, late=True), drawn.rents(day)))
    run_id = f"run-{number}"
    begun = SettlementBegun(
        run_id=run_id,
        number=number,
        day=day,
        version=1,
        kind=RunKind.PRELIMINARY,
        actor="",
        reason="",
        tariff=drawn.found.market.rules.tariff,
        areas=(),
        now_us=begin_s * 10**6,
    )
    transfers = differences(before, settled.dues, run_id)
    finished = SettlementFinished(
        run_id=run_id,
        day=day,
        version=1,
        kind=RunKind.PRELIMINARY,
        completeness=Completeness(),
        differences=len(transfers),
        ledger_sum_quanta=0,
        now_us=begin_s * 10**6,
    )
    booking = (TransfersBooked(transfers=transfers),) if transfers else ()
    return settled.detail, [
        Entry(command=_time(begin_s), events=(begun,)),
        Entry(command=_time(begin_s), events=(*booking, finished)),
    ]


def _month(drawn: DrawnMonths, month: str, details: dict[str, DayDetail]) -> Entry:
    """Balance groups are given adders back, as the market adds them up."""
    market, sums = drawn.found.market, MonthSums()
    (retailer,) = (name for name, its in market.participants.items() if its.is_last_resort)
    own = [n for n, unit in enumerate(market.units.values()) if unit.participant_id != retailer]
    names, number = list(market.units), {a.area_id: n for n, a in enumerate(market.grid.areas)}
    days = [day for day in drawn.days if day.startswith(month)]
    for day in days:
        prices = [
            [
                drawn.found.outcomes[s].areas[place].price_ticks
                if s in drawn.found.outcomes
                else None
                for s in drawn.days[day]
            ]
            for place in range(len(number))
        ]
        detail = details[day]
        sums.add(
            DayDeviations(
                unit_ids=[names[row] for row in own],
                group_ids=[drawn.groups[day].get(names[row], ALONE) for row in own],
                area=np.array([number[market.units[names[row]].area_id] for row in own]),
                deviation_wh=(detail.metered_wh - detail.scheduled_wh)[own],
                metered_wh=detail.metered_wh[own],
                has_price=np.array([[ticks is not None for ticks in row] for row in prices]),
                adder_ticks=np.array(
                    [[adder_ticks(ticks or 0, market.rules) for ticks in row] for row in prices]
                ),
            )
        )
    months = sums.units(market.rules.deviation_band_ppm)
    reference = month_reference(month, 1)
    transfers = differences({}, month_dues(months, market.units), reference)
    all_days = MarketMonth.of(month, market.rules.time_zone).days
    settled = SettledMonth(
        month=month,
        version=1,
        # What a month brings counts on the last of its days, traded or not.
        basis=((all_days[-1].isoformat(), 1),),
        detail=b"",
        rows=0,
        differences=len(transfers),
        now_us=0,
    )
    booking = (TransfersBooked(transfers=transfers),) if transfers else ()
    return Entry(
        command=_time(market.starts_s[0]),
        events=(*booking, MonthSettled(settled=settled, ledger_sum_quanta=0)),
    )
