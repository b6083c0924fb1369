"""Markets by chance, told twice: to the settlement of the market and to its naive twin.

Areas in areas, lines with losses and fees in circles, zones with and without clock changes, tariffs by level
and hour, prices below zero and missing ones, calls over full and half-full lines, matches beside them, units
that stand still, deviate, run the other way, are not read, were told something else, or help another area.
"""
# house: long because a market is drawn here from its grid to its meters

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np

from market.model.grid import Area, Grid, Line
from market.model.interval import MarketDay
from market.model.messages import LineUse
from market.model.order import Side, Venue
from market.model.participant import Participant, Unit, UnitKind, VoltageLevel
from market.model.rules import DayKind, LastResortBand, MarketRules, NetworkBand, NetworkTariff
from market.model.splitting import Integers
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome, Trade
from market.settlement.day_facts import DayFacts, DayTrades
from market.settlement.meter_series import Origin
from tests.builders import BATTERY, RULES, unit
from tests.market.settlement.drawn_help import activated, asked_by_unit, help_by_chance
from tests.market.settlement.naive_lines import arrives, ends
from tests.market.settlement.naive_settlement import Call, Deal, Market

ZONES = ("Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns", "Etc/GMT-1")
DAYS = ("2027-03-28", "2027-10-31", "2028-02-29", "2027-04-04", "2027-10-03", "2027-11-07")
"""Clocks change in one zone or other, or the day is a leap day."""
KINDS = tuple(kind for kind in UnitKind if kind is not UnitKind.RETAILER)
MOST_WH = 5_000


@dataclass
class Match:
    """A match outside the calls, with the way it takes over a line if there is one."""

    legs: tuple[Trade, ...]
    deals: list[Deal]
    line: Line | None = None
    use: LineUse | None = None


@dataclass
class Drawn:
    """One market day, as the twin reads it and as the market's own nouns say it."""

    day: str
    """Local date, ISO 8601."""
    market: Market
    outcomes: dict[int, ClearingOutcome]
    trades: dict[int, tuple[Trade, ...]]
    """Of the calls, by interval."""
    matches: list[Match]

    @property
    def count(self) -> int:
        """Trades and readings."""
        return len(self.market.deals) + len(self.market.readings)


def drawn(seed: int, *, told: bool) -> Drawn:
    """A market day by chance; `told`: some of its units were ordered to differ from their trades."""
    dice = random.Random(seed)
    zone, day = dice.choice(ZONES), dice.choice(DAYS)
    starts_s = MarketDay(day=date.fromisoformat(day), zone=zone, minutes=15).starts_s()
    starts_s = starts_s[: dice.choice((1, 4, 30, len(starts_s)))]
    return drawn_over(dice, zone, day, starts_s, told=told)


def drawn_over(
    dice: random.Random, zone: str, day: str, starts_s: Sequence[int], *, told: bool
) -> Drawn:
    """The same of intervals that are given, one after the other."""
    grid = _grid(dice)
    participants = _participants(dice, grid)
    market = Market(
        rules=_rules(dice, zone, starts_s),
        grid=grid,
        participants=participants,
        units=_units(dice, grid, participants),
        starts_s=starts_s,
        deals=[],
        readings={},
        calls={},
    )
    found = Drawn(day=day, market=market, outcomes={}, trades={}, matches=[])
    for start_s in starts_s:
        if dice.random() < 0.9:
            _add_call(dice, found, start_s)
        for _ in range(dice.choice((0, 0, 1, 2))):
            _add_match(dice, found, start_s)
    if told:
        market.helps = help_by_chance(dice, market)
    _add_meters(dice, market, told=told)
    return found


# --- what stands ------------------------------------------------------------------------


def _grid(dice: random.Random) -> Grid:
    areas = [Area(area_id="GRID", name="Upper grid", holds_last_resort=True)]
    lines: list[Line] = []
    for number in range(dice.randint(1, 4)):
        inside = dice.choice([None, None, *(area.area_id for area in areas[1:])])
        areas.append(Area(area_id=f"A{number}", name=f"Area {number}", parent=inside))
        lines.append(_line(dice, f"L{number}", dice.choice(areas[:-1]).area_id, f"A{number}"))
    for number in range(dice.choice((0, 0, 1, 2))):
        one, other = dice.sample(areas, 2)
        lines.append(_line(dice, f"M{number}", one.area_id, other.area_id))
    dice.shuffle(lines)
    return Grid(areas=tuple(dice.sample(areas, len(areas))), lines=tuple(lines))


def _line(dice: random.Random, line_id: str, one: str, other: str) -> Line:
    return Line(
        line_id=line_id,
        from_area=one,
        to_area=other,
        capacity_forward_w=1_000_000,
        capacity_backward_w=1_000_000,
        loss_ppm=dice.choice((0, 20_000, dice.randint(1, 90_000))),
        fee_forward_ticks=dice.choice((0, dice.randint(1, 5_000))),
        fee_backward_ticks=dice.choice((0, dice.randint(1, 5_000))),
    )


def _participants(dice: random.Random, grid: Grid) -> dict[str, Participant]:
    areas = [area.area_id for area in grid.areas]
    found = [
        Participant(
            participant_id=f"p{number}",
            name=f"P {number}",
            area_id=dice.choice(areas),
            voltage_level=dice.choice(tuple(VoltageLevel)),
        )
        for number in range(dice.randint(1, 7))
    ]
    retailer = Participant(
        participant_id="retailer", name="Retailer", area_id="GRID", is_last_resort=True
    )
    found.insert(dice.randint(0, len(found)), retailer)
    return {item.participant_id: item for item in found}


def _units(
    dice: random.Random, grid: Grid, participants: dict[str, Participant]
) -> dict[str, Unit]:
    """At least one in each area, so that what lines bring is bought by somebody."""
    owners = [item for item in participants.values() if not item.is_last_resort]
    wanted = [(area.area_id, dice.choice(owners)) for area in grid.areas]
    for owner in owners:
        wanted += [(owner.area_id, owner)] * dice.randint(0, 3)
    found = [_retail_unit()]
    for number, (area_id, owner) in enumerate(wanted):
        kind = dice.choice(KINDS)
        found.append(
            unit(
                f"u{number}",
                owner.participant_id,
                kind,
                injection_max_w=1_000_000,
                withdrawal_max_w=1_000_000,
                area_id=area_id,
                storage=BATTERY if kind is UnitKind.STORAGE else None,
            )
        )
    dice.shuffle(found)
    return {item.unit_id: item for item in found}


def _retail_unit() -> Unit:
    return unit(
        "retail",
        "retailer",
        UnitKind.RETAILER,
        injection_max_w=10**7,
        withdrawal_max_w=10**7,
        area_id="GRID",
    )


def _rules(dice: random.Random, zone: str, starts_s: Sequence[int]) -> MarketRules:
    cut = dice.randint(1, 23)
    bands = tuple(
        LastResortBand(
            from_hour=from_hour,
            to_hour=to_hour,
            ask_ticks=dice.randint(5_000, 40_000),
            bid_ticks=dice.randint(-5_000, 12_000),
        )
        for from_hour, to_hour in ((0, cut), (cut, 24))
    )
    by_level = tuple(
        NetworkTariff(
            voltage_level=level,
            from_day=from_day,
            bands=_bands(dice),
            day_charge_quanta=dice.choice((0, dice.randint(1, 10**9))),
        )
        for level in VoltageLevel
        for from_day in ("2020-01-01", "2027-10-03", "2028-02-29")
        if dice.random() < 0.4
    )
    return replace(
        RULES,
        time_zone=zone,
        trading_from_s=starts_s[0],
        trading_until_s=starts_s[-1] + 900,
        deviation_adder_ppm=dice.choice((0, 50_000, dice.randint(0, 400_000))),
        deviation_adder_min_ticks=dice.choice((0, 50, 2_000)),
        tariff=replace(
            RULES.tariff,
            network_ticks=dice.randint(0, 9_000),
            levies_ticks=dice.randint(0, 6_000),
            by_level=by_level,
        ),
        last_resort=bands,
    )


def _bands(dice: random.Random) -> tuple[NetworkBand, ...]:
    found = []
    for days in dice.choice(((DayKind.ALL,), (DayKind.WORKING, DayKind.WEEKEND))):
        cuts = sorted(dice.sample(range(24), dice.randint(1, 4)))
        # The last one runs over midnight to the first; one alone is the whole day.
        pairs = [(0, 24)] if len(cuts) == 1 else pairwise([*cuts, cuts[0]])
        found += [
            NetworkBand(
                days=days, from_hour=one, to_hour=other or 24, ticks=dice.randint(-500, 9_000)
            )
            for one, other in pairs
        ]
    return tuple(found)


# --- what was traded --------------------------------------------------------------------


def _add_call(dice: random.Random, into: Drawn, start_s: int) -> None:
    market = into.market
    sent: dict[tuple[str, bool], int] = {}
    room: dict[tuple[str, bool], int] = {}
    net_wh: defaultdict[str, int] = defaultdict(int)
    for line in market.grid.lines:
        for forward in (True, False):
            room[line.line_id, forward] = dice.randint(1, MOST_WH)
        forward = dice.random() < 0.5
        if dice.random() < 0.6:
            most_wh = room[line.line_id, forward]
            sent_wh = dice.choice((most_wh, dice.randint(1, most_wh)))
            sent[line.line_id, forward] = sent_wh
            here, there = ends(line, forward)
            net_wh[here] += sent_wh
            net_wh[there] -= arrives(line, sent_wh)
    price: dict[str, int | None] = {}
    outside: dict[str, int | None] = {}
    deals: list[Deal] = []
    for area in market.grid.areas:
        name = area.area_id
        traded = bool(net_wh[name]) or dice.random() < 0.7
        # Now and then the adder takes all of a price: a deviation is worth nothing then.
        drawn_ticks = dice.choice((0, 50, -50, 2_000, *[dice.randint(-9_000, 60_000)] * 8))
        ticks = price[name] = drawn_ticks if traded else None
        outside[name] = dice.randint(-9_000, 60_000) if traded and dice.random() < 0.3 else None
        if ticks is not None:
            own = [item.unit_id for item in market.units.values() if item.area_id == name]
            deals += _balanced(dice, own, net_wh[name], ticks, start_s)
    market.calls[start_s] = Call(price=price, outside=outside, sent=sent, room=room)
    market.deals.extend(deals)
    into.trades[start_s] = tuple(_trades(into, deals, f"mat-{start_s}", Venue.CALL))
    into.outcomes[start_s] = _outcome(into, start_s)


def _balanced(
    dice: random.Random, own: list[str], net_wh: int, ticks: int, start_s: int
) -> Iterator[Deal]:
    """Deals of an area that sell so much more than they buy."""
    for _ in range(dice.choice((0, 1, 2, 4))):
        wh = dice.choice((-1, 1)) * dice.randint(1, MOST_WH)
        net_wh -= wh
        yield Deal(unit=dice.choice(own), start_s=start_s, injection_wh=wh, price=ticks)
    if net_wh:
        yield Deal(unit=dice.choice(own), start_s=start_s, injection_wh=net_wh, price=ticks)


def _add_match(dice: random.Random, into: Drawn, start_s: int) -> None:
    """Somebody sells to somebody, who may live behind a line."""
    market = into.market
    line = dice.choice((None, *market.grid.lines))
    forward = dice.random() < 0.5
    sent_wh = dice.randint(1, MOST_WH)
    here = there = dice.choice(market.grid.areas).area_id
    received_wh, seller_ticks = sent_wh, dice.randint(-3_000, 30_000)
    buyer_ticks = seller_ticks
    if line is not None:
        here, there = ends(line, forward)
        received_wh = arrives(line, sent_wh)
        buyer_ticks = seller_ticks + dice.randint(-100, 9_000)
    if not received_wh:
        return
    deals = [
        Deal(
            unit=dice.choice([u.unit_id for u in market.units.values() if u.area_id == area]),
            start_s=start_s,
            injection_wh=wh,
            price=ticks,
            venue="bilateral",
        )
        for area, wh, ticks in ((here, sent_wh, seller_ticks), (there, -received_wh, buyer_ticks))
    ]
    match_id = f"mat-c{len(into.matches)}"
    legs = tuple(_trades(into, deals, match_id, Venue.BILATERAL))
    use = line and LineUse(
        line_id=line.line_id, forward=forward, sent_wh=sent_wh, received_wh=received_wh
    )
    into.matches.append(Match(legs=legs, deals=deals, line=line, use=use))
    market.deals.extend(deals)


def _trades(into: Drawn, deals: Sequence[Deal], match_id: str, venue: Venue) -> Iterator[Trade]:
    for number, deal in enumerate(deals):
        its = into.market.units[deal.unit]
        yield Trade(
            trade_id=f"{match_id}-{number}",
            match_id=match_id,
            order_id="",
            participant_id=its.participant_id,
            unit_id=deal.unit,
            area_id=its.area_id,
            start_s=deal.start_s,
            side=Side.SELL if deal.injection_wh > 0 else Side.BUY,
            price_ticks=deal.price,
            energy_wh=abs(deal.injection_wh),
            venue=venue,
        )


def _outcome(into: Drawn, start_s: int) -> ClearingOutcome:
    call, trades = into.market.calls[start_s], into.trades[start_s]

    def traded_wh(area_id: str, side: Side) -> int:
        return sum(t.energy_wh for t in trades if t.area_id == area_id and t.side is side)

    areas = tuple(
        AreaOutcome(
            area_id=area.area_id,
            price_ticks=call.price[area.area_id],
            connection_price_ticks=call.outside[area.area_id],
            best_bid_ticks=None,
            best_offer_ticks=None,
            bought_wh=traded_wh(area.area_id, Side.BUY),
            sold_wh=traded_wh(area.area_id, Side.SELL),
            net_export_wh=0,
            rounding_wh=0,
        )
        for area in into.market.grid.areas
    )
    lines = []
    for line in into.market.grid.lines:
        forward_wh, backward_wh = (call.sent.get((line.line_id, way), 0) for way in (True, False))
        lines.append(
            LineOutcome(
                line_id=line.line_id,
                sent_forward_wh=forward_wh,
                received_forward_wh=arrives(line, forward_wh),
                sent_backward_wh=backward_wh,
                received_backward_wh=arrives(line, backward_wh),
                capacity_forward_wh=call.room[line.line_id, True],
                capacity_backward_wh=call.room[line.line_id, False],
            )
        )
    return ClearingOutcome(
        start_s=start_s,
        rung="optimal",
        reproducible=True,
        areas=areas,
        lines=tuple(lines),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )


# --- what was measured ------------------------------------------------------------------


def _add_meters(dice: random.Random, market: Market, *, told: bool) -> None:
    positions: defaultdict[tuple[str, int], int] = defaultdict(int)
    for deal in market.deals:
        positions[deal.unit, deal.start_s] += deal.injection_wh
    asked_wh = asked_by_unit(market.helps)
    readings, orders = {}, {}
    for start_s in market.starts_s:
        for name in market.units:
            wh, change_wh, back_wh = positions[name, start_s], asked_wh[name, start_s], 0
            if told and dice.random() < 0.2:
                order_wh = dice.randint(-MOST_WH, MOST_WH)
                back_wh = dice.choice((0, order_wh, round(dice.random() * order_wh)))
                change_wh += order_wh
            if change_wh or back_wh:
                orders[name, start_s] = (change_wh, back_wh)
                wh += dice.choice((change_wh, change_wh // 2))
            if dice.random() < 0.9:
                near_wh = dice.choice((wh, wh + 1, wh - 1, wh + dice.randint(-50, 50), -wh))
                far_wh = dice.choice((0, dice.randint(-2 * MOST_WH, 2 * MOST_WH)))
                readings[name, start_s] = dice.choice((near_wh, near_wh, far_wh))
    market.readings, market.told = readings, orders


def facts_of(found: Drawn, rents_quanta: dict[str, int]) -> DayFacts:
    """The same day as the settlement of whole days takes it."""
    market = found.market
    row = {name: place for place, name in enumerate(market.units)}
    column = {start_s: place for place, start_s in enumerate(market.starts_s)}
    shape = (len(row), len(column))
    change_wh, back_wh = np.zeros((2, *shape), dtype=np.int64)
    for (name, start_s), told in market.told.items():
        place = (row[name], column[start_s])
        change_wh[place], back_wh[place] = told
    metered_wh = change_wh.copy()
    for deal in market.deals:
        metered_wh[row[deal.unit], column[deal.start_s]] += deal.injection_wh
    for (name, start_s), wh in market.readings.items():
        metered_wh[row[name], column[start_s]] = wh

    def whole(values: Iterator[int]) -> Integers:
        return np.array(list(values), dtype=np.int64)

    calls = [found.outcomes.get(start_s) for start_s in market.starts_s]
    deals = market.deals
    return DayFacts(
        day=found.day,
        starts_s=market.starts_s,
        rules=market.rules,
        grid=market.grid,
        participants=market.participants,
        units=market.units,
        trades=DayTrades(
            unit=whole(row[deal.unit] for deal in deals),
            interval=whole(column[deal.start_s] for deal in deals),
            rank=whole(number // 2 for number in range(len(deals))),
            injection_wh=whole(deal.injection_wh for deal in deals),
            amount_quanta=whole(deal.price * deal.injection_wh for deal in deals),
            asks_green=np.zeros(len(deals), dtype=np.bool_),
        ),
        instructed_wh=change_wh,
        uncompensated_wh=back_wh,
        activations={
            column[start_s]: activated(helps, start_s) for start_s, helps in market.helps.items()
        },
        metered_wh=metered_wh,
        origin=np.full(metered_wh.shape, Origin.MEASURED, dtype=np.int8),
        priced=calls,
        exchanged=calls,
        rents_quanta=rents_quanta,
        points=frozenset(item.participant_id for item in market.units.values()),
    )
