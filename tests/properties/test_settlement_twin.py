"""The market's settlement against a second, independent program: the same to the quantum.

Call by call and match by match, interval by interval through the engine, and a day as a whole; on markets
drawn by chance until there were so many trades and readings.
"""

from collections import Counter

import pytest

from market.engine.engine import Engine
from market.engine.facts.phase_steps import step_taken
from market.model.messages import (
    CloseDay,
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
from market.settlement.dues import Dues, add_transfers, booked
from market.settlement.energy import auction_transfers
from market.settlement.run import settle_day
from market.settlement.trades import matched_transfers
from tests.market.settlement.drawn_markets import Drawn, drawn, facts_of
from tests.market.settlement.naive_energy import call_money, match_money
from tests.market.settlement.naive_settlement import Books, Settlement

TRADES_AND_READINGS = 10_000
TRADES_AND_READINGS_LONG = 1_000_000
SHOWN = (
    "scheduled_wh",
    "instructed_wh",
    "metered_wh",
    "trade_quanta",
    "deviation_quanta",
    "instructed_quanta",
    "withdrawal_wh",
    "network_fee_quanta",
    "levies_quanta",
)


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(TRADES_AND_READINGS, id="10000"),
        pytest.param(TRADES_AND_READINGS_LONG, id="1000000", marks=pytest.mark.long),
    ],
)
def test_two_programs_settle_alike(wanted: int) -> None:
    done, seed, kinds = 0, 0, set[str]()
    while done < wanted:
        seed += 1
        found = drawn(seed, told=seed % 2 == 0)
        rents, kinds_booked = calls_and_matches_alike(found)
        found.market.rents = rents
        twin = Settlement(found.market)
        due = whole_day_alike(found, twin)
        if not found.market.told:
            assert interval_by_interval(found) == due, f"market {seed}"
        done += found.count
        kinds |= kinds_booked | {kind for _, _, kind in due}
    assert kinds == ALL_KINDS, "every kind of payment came up"


ALL_KINDS = {
    *("trade", "line_fee", "line_loss", "line_loss_purchase", "line_rent", "limit_rent"),
    *("rounding", "deviation", "last_resort", "network_fee", "levies", "rent_return"),
    *("redispatch", "instructed", "replacement", "day_charge", "activation"),
}


def calls_and_matches_alike(found: Drawn) -> tuple[dict[str, int], set[str]]:
    """Gives the rents of the day, as the twin says, and what kinds were paid."""
    market, rents, kinds = found.market, Counter[str](), set[str]()
    for start_s, call in market.calls.items():
        trades = found.trades[start_s]
        names = {trade.trade_id for trade in trades}
        deals = [deal for deal in market.deals if deal.start_s == start_s][: len(names)]
        twin = call_money(market, call, deals)
        ours = auction_transfers(outcome=found.outcomes[start_s], trades=trades, grid=market.grid)
        assert dues(ours) == owed(twin)
        for (_, account, kind), quanta in twin.items():
            if kind in {"line_rent", "limit_rent"}:
                rents[account] += quanta
        kinds |= {kind for _, _, kind in owed(twin)}
    for match in found.matches:
        use = match.use
        way = {} if use is None else {"forward": use.forward, "sent": use.sent_wh}
        twin = match_money(market, match.deals, match.line, **way)
        ours = matched_transfers(legs=match.legs, use=use, line=match.line)
        assert dues(ours) == owed(twin)
    return dict(rents), kinds


def dues(transfers: object) -> Dues:
    found: Dues = {}
    add_transfers(found, transfers)
    return found


def owed(books: Books) -> dict[tuple[str, str, str], int]:
    return {key: quanta for key, quanta in books.items() if quanta}


def whole_day_alike(found: Drawn, twin: Settlement) -> Dues:
    """The day as a whole: every account, and every unit and interval."""
    settled = settle_day(facts_of(found, found.market.rents))
    assert settled.dues == owed(twin.books)
    for name in SHOWN:
        column = getattr(settled.detail, name).tolist()
        assert column == [
            [twin.lines[unit, start_s][name] for start_s in found.market.starts_s]
            for unit in found.market.units
        ], name
    return settled.dues


def interval_by_interval(found: Drawn) -> Dues:
    """What the engine books for meters when each interval is settled by itself and the day closed."""
    market, engine = found.market, Engine()
    events: list[Event] = [
        MarketCreated(rules=market.rules, grid=market.grid),
        ParticipantsRegistered(participants=tuple(market.participants.values())),
        UnitsRegistered(units=tuple(market.units.values())),
    ]
    for event in events:
        engine.apply(event)
    made: list[Event] = []
    for start_s in market.starts_s:
        for event in lived(found, start_s):
            engine.apply(event)
        decision = engine.execute(SettleInterval(now_us=start_s * 10**6, start_s=start_s))
        assert decision.answer.rejections == ()
        made += decision.events
    made += engine.execute(CloseDay(now_us=market.starts_s[-1] * 10**6, day=found.day)).events
    assert engine.state.ledger.sum_quanta() == 0
    return booked(
        item for event in made if isinstance(event, TransfersBooked) for item in event.transfers
    )


def lived(found: Drawn, start_s: int) -> list[Event]:
    """An interval until it is to be settled."""
    market, events = found.market, list[Event]()
    now_us = start_s * 10**6
    events += [step_taken(start_s, step, now_us) for step in (Step.OPEN_CALL, Step.CLOSE_GATE)]
    outcome = found.outcomes.get(start_s)
    if outcome is not None:
        trades = found.trades[start_s]
        events += [
            IntervalCleared(outcome=outcome, supply_curve=(), demand_curve=()),
            TradesMade(start_s=start_s, trades=trades),
            TransfersBooked(
                transfers=auction_transfers(outcome=outcome, trades=trades, grid=market.grid)
            ),
        ]
    for match in found.matches:
        if match.legs[0].start_s == start_s:
            events.append(TradesMade(start_s=start_s, trades=match.legs, made_us=now_us))
    events += [step_taken(start_s, step, now_us) for step in (Step.CLEAR, Step.END_DELIVERY)]
    for area in market.grid.areas:
        readings = tuple(
            Measurement(unit_id=name, start_s=start_s, injection_wh=wh)
            for (name, at_s), wh in market.readings.items()
            if at_s == start_s and market.units[name].area_id == area.area_id
        )
        events.append(MeasurementsRecorded(area_id=area.area_id, measurements=readings))
    return events
