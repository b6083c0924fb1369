"""Days to settle: drawn by chance, or as a market has lived them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from market.model.activation import ActivationCause, UnitActivation, UnitsActivated
from market.model.call import CallKind
from market.model.grid import Area, Grid, Line
from market.model.interval import day_of
from market.model.messages import (
    DeviationsSeen,
    Event,
    IntervalCleared,
    MarketCreated,
    MeasurementsRecorded,
    ParticipantsRegistered,
    TradesMade,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import TransferKind
from market.model.participant import Participant, Unit, UnitKind
from market.model.recall import RecallDecided, TradeState
from market.model.rules import MarketRules
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome, Trade
from market.settlement.day_facts import DayFacts, DayTrades
from market.settlement.meter_series import Origin
from market.settlement.outcomes import exchanged, priced
from tests.builders import BATTERY, GRID, RULES, unit

TWO_AREAS = Grid(
    areas=(*GRID.areas, Area(area_id="SEM", name="Other village")),
    lines=(
        *GRID.lines,
        Line(
            line_id="RUR-SEM",
            from_area="RUR",
            to_area="SEM",
            capacity_forward_w=9_000,
            capacity_backward_w=7_000,
            loss_ppm=15_000,
            fee_forward_ticks=300,
            fee_backward_ticks=200,
        ),
    ),
)
"""One village behind another, so that what it deviates goes over two lines."""

OWNERS = (
    Participant(participant_id="ann", name="Ann", area_id="RUR"),
    Participant(participant_id="ben", name="Ben", area_id="SEM"),
    Participant(participant_id="cat", name="Cat", area_id="RUR"),
    Participant(participant_id="retailer", name="Retailer", area_id="GRID", is_last_resort=True),
)
FLEET = (
    unit("ann-solar", "ann", UnitKind.SOLAR, injection_max_w=10_000),
    unit("ann-load", "ann", UnitKind.LOAD, withdrawal_max_w=10_000),
    unit(
        "ann-battery",
        "ann",
        UnitKind.STORAGE,
        injection_max_w=9_000,
        withdrawal_max_w=9_000,
        storage=BATTERY,
    ),
    unit("ann-far", "ann", UnitKind.LOAD, withdrawal_max_w=4_000, area_id="SEM"),
    unit("ben-load", "ben", UnitKind.LOAD, withdrawal_max_w=10_000, area_id="SEM"),
    unit("ben-solar", "ben", UnitKind.SOLAR, injection_max_w=10_000, area_id="SEM"),
    unit("cat-generator", "cat", UnitKind.GENERATOR, injection_max_w=9_000),
    unit(
        "retailer-sells",
        "retailer",
        UnitKind.RETAILER,
        injection_max_w=1_000_000,
        withdrawal_max_w=1_000_000,
        area_id="GRID",
    ),
)


def _outcome(draw: st.DrawFn, start_s: int) -> ClearingOutcome | None:
    if draw(st.integers(0, 5)) == 0:
        return None
    ticks = st.none() | st.integers(-20_000, 60_000)
    areas = tuple(
        AreaOutcome(
            area_id=area.area_id,
            price_ticks=draw(ticks),
            connection_price_ticks=None,
            best_bid_ticks=None,
            best_offer_ticks=None,
            bought_wh=0,
            sold_wh=0,
            net_export_wh=0,
            rounding_wh=0,
        )
        for area in TWO_AREAS.areas
    )
    lines = tuple(
        LineOutcome(
            line_id=line.line_id,
            sent_forward_wh=forward,
            received_forward_wh=forward,
            sent_backward_wh=backward,
            received_backward_wh=backward,
            capacity_forward_wh=3_000,
            capacity_backward_wh=3_000,
        )
        for line in TWO_AREAS.lines
        for forward, backward in [draw(st.sampled_from([(0, 0), (2_000, 0), (0, 1_500), (37, 0)]))]
    )
    return ClearingOutcome(
        start_s=start_s,
        rung="optimal",
        reproducible=True,
        areas=areas,
        lines=lines,
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )


@st.composite
def _helped(draw: st.DrawFn, start_s: int) -> list[UnitsActivated]:
    """Units of one village helped the other, for either cause."""
    return [
        UnitsActivated(
            start_s=start_s,
            area_id=area_id,
            for_area=for_area,
            cause=draw(st.sampled_from(ActivationCause)),
            units=(
                UnitActivation(
                    unit_id=unit_id,
                    from_w=0,
                    to_w=4 * energy_wh,
                    energy_wh=energy_wh,
                    cost_quanta=0,
                ),
            ),
            line_ids=("RUR-SEM",),
            received_wh=0,
            cost_quanta=0,
            last_resort_quanta=0,
        )
        for area_id, for_area, unit_id in (
            ("RUR", "SEM", "ann-battery"),
            ("RUR", "SEM", "cat-generator"),
            ("SEM", "RUR", "ben-solar"),
        )
        if (energy_wh := draw(st.sampled_from((0, 0, 300, -400))))
    ]


@st.composite
def days(
    draw: st.DrawFn, *, starts_s: Sequence[int], rules: MarketRules = RULES, told: bool = True
) -> DayFacts:
    """A day of the fleet by chance; few of its units are told anything."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (len(FLEET), len(starts_s))
    count = draw(st.integers(0, 4 * shape[1]))
    row = chance.integers(0, len(FLEET), count)
    injection_wh = chance.integers(-2_000, 2_000, count)
    injection_wh[injection_wh == 0] = 1
    outcomes = [_outcome(draw, start_s) for start_s in starts_s]
    some = chance.random(shape) < (0.2 if told else 0)
    instructed_wh = np.where(some, chance.integers(-1_500, 1_500, shape), 0)
    stopped = chance.random(shape) < 0.3
    metered_wh = chance.integers(-2_500, 2_500, shape)
    metered_wh[chance.random(shape) < 0.3] = 0
    return DayFacts(
        day=day_of(starts_s[0], rules.time_zone).isoformat(),
        starts_s=starts_s,
        rules=rules,
        grid=TWO_AREAS,
        participants={item.participant_id: item for item in OWNERS},
        units={item.unit_id: item for item in FLEET},
        trades=DayTrades(
            unit=row,
            interval=chance.integers(0, shape[1], count),
            rank=chance.integers(0, 3, count),
            injection_wh=injection_wh,
            amount_quanta=injection_wh * chance.integers(-500, 20_000, count),
            asks_green=chance.random(count) < 0.2,
        ),
        instructed_wh=instructed_wh,
        uncompensated_wh=np.where(stopped, instructed_wh // 2, 0),
        activations={
            place: helped
            for place in range(shape[1])
            if some[:, place].any() and (helped := draw(_helped(starts_s[place])))
        },
        metered_wh=metered_wh,
        origin=np.where(chance.random(shape) < 0.9, Origin.MEASURED, Origin.LINEAR).astype(np.int8),
        priced=outcomes,
        exchanged=outcomes,
        rents_quanta={
            "rent:GRID-RUR": draw(st.integers(0, 10**9)),
            "rent:RUR-SEM": draw(st.integers(0, 10**9)),
        },
    )


# house: long because there is one arm an event
def lived(  # noqa: C901 - one arm an event
    events: Iterable[Event], starts_s: Sequence[int]
) -> DayFacts:
    """A market's day, from what its events say of it; late readings count."""
    events = list(events)
    (created,) = (event for event in events if isinstance(event, MarketCreated))
    participants: dict[str, Participant] = {}
    units: dict[str, Unit] = {}
    gone = set()
    metered: dict[tuple[str, int], int] = {}
    scheduled: dict[tuple[str, int], int] = {}
    trades: list[tuple[int, Trade]] = []
    activated: list[UnitsActivated] = []
    outcomes: dict[tuple[CallKind, int], ClearingOutcome] = {}
    rents: dict[str, int] = {}
    for number, event in enumerate(events):
        match event:
            case ParticipantsRegistered():
                participants |= {item.participant_id: item for item in event.participants}
            case UnitsRegistered():
                units |= {item.unit_id: item for item in event.units}
            case RecallDecided() if event.state is TradeState.CANCELLED:
                gone.add(event.match_id)
            case MeasurementsRecorded():
                for reading in event.measurements:
                    metered[reading.unit_id, reading.start_s] = reading.injection_wh
            case DeviationsSeen():
                for item in event.deviations:
                    if item.level == "unit":
                        scheduled[item.member_id, item.start_s] = item.scheduled_wh
            case UnitsActivated():
                activated.append(event)
            case TradesMade():
                trades += [(number, trade) for trade in event.trades]
            case IntervalCleared():
                outcomes[event.call, event.outcome.start_s] = event.outcome
            case TransfersBooked():
                for transfer in event.transfers:
                    if transfer.kind in {TransferKind.LINE_RENT, TransferKind.LIMIT_RENT}:
                        account = transfer.credit_account
                        rents[account] = rents.get(account, 0) + transfer.amount_quanta
    standing = [(rank, trade) for rank, trade in trades if trade.match_id not in gone]
    row = {name: place for place, name in enumerate(units)}
    column = {start_s: place for place, start_s in enumerate(starts_s)}
    traded_wh = np.zeros((len(units), len(starts_s)), dtype=np.int64)
    for _, trade in standing:
        traded_wh[row[trade.unit_id], column[trade.start_s]] += trade.injection_wh
    scheduled_wh = np.array(
        [[scheduled.get((name, start_s), 0) for start_s in starts_s] for name in units]
    )
    metered_wh = np.array(
        [
            [
                metered.get((name, start_s), scheduled.get((name, start_s), 0))
                for start_s in starts_s
            ]
            for name in units
        ]
    )
    calls = [
        (outcomes.get((CallKind.CLOSING, start_s)), outcomes.get((CallKind.DAY_AHEAD, start_s)))
        for start_s in starts_s
    ]

    def whole(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(list(values), dtype=np.int64)

    return DayFacts(
        day=day_of(starts_s[0], created.rules.time_zone).isoformat(),
        starts_s=starts_s,
        rules=created.rules,
        grid=created.grid,
        participants=participants,
        units=units,
        trades=DayTrades(
            unit=whole(row[trade.unit_id] for _, trade in standing),
            interval=whole(column[trade.start_s] for _, trade in standing),
            rank=whole(rank for rank, _ in standing),
            injection_wh=whole(trade.injection_wh for _, trade in standing),
            amount_quanta=whole(trade.price_ticks * trade.injection_wh for _, trade in standing),
            asks_green=np.zeros(len(standing), dtype=np.bool_),
        ),
        instructed_wh=scheduled_wh - traded_wh,
        uncompensated_wh=np.zeros_like(traded_wh),  # nobody is stopped on it
        activations={
            place: helped
            for place, start_s in enumerate(starts_s)
            if (helped := [item for item in activated if item.start_s == start_s])
        },
        metered_wh=metered_wh,
        origin=np.full(metered_wh.shape, Origin.MEASURED, dtype=np.int8),
        priced=[priced(*call) for call in calls],
        exchanged=[exchanged(*call) for call in calls],
        rents_quanta=rents,
    )


def with_tariff(facts: DayFacts, network_ticks: int, levies_ticks: int) -> DayFacts:
    """The same day under other fees."""
    tariff = replace(facts.rules.tariff, network_ticks=network_ticks, levies_ticks=levies_ticks)
    return replace(facts, rules=replace(facts.rules, tariff=tariff))
