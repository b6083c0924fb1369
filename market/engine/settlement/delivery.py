"""Delivery is over: deviations and fees are booked, rent is given back.

The one idea: an interval is settled once, on readings where there are any and on the schedule
(marked as substituted) where there are none.
"""

from collections import defaultdict
from collections.abc import Mapping

from market.engine.control.forced_outages import forced_outages
from market.engine.control.picture import system_seen
from market.engine.control.told import orders_by_treatment, told_schedule_wh, with_reasons
from market.engine.decisions import applied, refused
from market.engine.facts.phase_steps import step_taken
from market.engine.grid.networks import grid_seen
from market.engine.grid.settling import exchange, priced_outcome
from market.engine.state import MarketState
from market.model.grid_check import GridSeen
from market.model.messages import (
    CloseDay,
    DayClosed,
    Decision,
    DeviationsSeen,
    EndDelivery,
    IntervalSettled,
    MeasurementsRecorded,
    SettleInterval,
    Step,
    TransfersBooked,
)
from market.model.money import Transfer
from market.model.participant import UnitKind
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.settlement.imbalance import DeviationPrice, deviation_prices, deviation_transfers
from market.settlement.instructed import settled_instructed
from market.settlement.network import day_charges, network_transfers, withdrawal_wh
from market.settlement.rent import rent_return


def end_delivery(state: MarketState, command: EndDelivery) -> Decision:
    """The interval is over; its meters may report until it is settled."""
    refusal = state.phases.step_refusal(command.start_s, Step.END_DELIVERY)
    if refusal is not None:
        return refused([refusal])
    return applied(
        *forced_outages(state, command.start_s),
        step_taken(command.start_s, Step.END_DELIVERY, command.now_us),
    )


def settle_interval(state: MarketState, command: SettleInterval) -> Decision:
    """Price what deviated, charge what was withdrawn, and close the interval."""
    start_s = command.start_s
    refusal = state.phases.step_refusal(start_s, Step.SETTLE)
    if refusal is not None:
        return refused([refusal])
    scheduled_wh = told_schedule_wh(state, start_s)
    measured_wh, substituted = _completed(state, start_s, scheduled_wh)
    prices = deviation_prices(
        rules=state.rules, grid=state.grid, outcome=priced_outcome(state, start_s), start_s=start_s
    )
    withdrawn_wh = withdrawal_wh(state.units, measured_wh)
    transfers = (
        *_balancing_transfers(state, start_s, prices, measured_wh),
        *network_transfers(
            withdrawal_wh=withdrawn_wh,
            rules=state.rules,
            participants=state.participants,
            start_s=start_s,
        ),
    )
    deviations = with_reasons(
        state,
        state.control.deviations(
            start_s=start_s, scheduled_wh=scheduled_wh, measured_wh=measured_wh
        ),
        start_s,
    )
    grids = tuple(grid_seen(state, command.grid, start_s, command.now_us))
    seen = system_seen(
        state,
        start_s=start_s,
        now_us=command.now_us,
        scheduled_wh=scheduled_wh,
        measured_wh=measured_wh,
        deviations=deviations,
        grids=[event for event in grids if isinstance(event, GridSeen)],
    )
    return applied(
        *substituted,
        *grids,
        DeviationsSeen(start_s=start_s, deviations=deviations),
        seen,
        TransfersBooked(transfers=transfers),
        IntervalSettled(
            start_s=start_s,
            withdrawal_wh=tuple(sorted(withdrawn_wh.items())),
            deviation_price_long_ticks=tuple((p.area_id, p.long_ticks) for p in prices),
            deviation_price_short_ticks=tuple((p.area_id, p.short_ticks) for p in prices),
            ledger_sum_quanta=state.ledger.sum_quanta(),
        ),
        step_taken(start_s, Step.SETTLE, command.now_us),
    )


def _balancing_transfers(
    state: MarketState,
    start_s: int,
    prices: tuple[DeviationPrice, ...],
    measured_wh: Mapping[str, int],
) -> tuple[Transfer, ...]:
    """What was ordered first, then deviations from what is left of the schedules by that.

    Without a retailer of last resort nobody takes the other side of a deviation: nothing is priced,
    and who is stopped gives nothing back either.
    """
    last_resort_id = state.last_resort_id
    traded_wh = state.positions.scheduled_wh(start_s)
    orders = orders_by_treatment(state, start_s)
    if last_resort_id is None:
        orders = orders.compensated()
    told = settled_instructed(
        instructed_wh=orders.total_wh(),
        uncompensated_wh=orders.at_area_price_wh,
        activations=state.networks.activations(start_s),
        traded_wh=traded_wh,
        measured_wh=measured_wh,
        prices=prices,
        outcome=priced_outcome(state, start_s),
        exchange=exchange(state, start_s),
        units=state.units,
        rules=state.rules,
        grid=state.grid,
        participants=state.participants,
        start_s=start_s,
        last_resort_participant_id=last_resort_id,
    )
    if last_resort_id is None:
        return told.transfers
    for unit_id, energy_wh in told.moved_wh.items():
        traded_wh[unit_id] = traded_wh.get(unit_id, 0) + energy_wh
    deviated = deviation_transfers(
        prices=prices,
        units=state.units,
        scheduled_wh=traded_wh,
        measured_wh=measured_wh,
        rules=state.rules,
        grid=state.grid,
        start_s=start_s,
        last_resort_participant_id=last_resort_id,
        outcome=told.exchange,
        replaced_wh=told.replaced_wh,
    )
    return (*told.transfers, *deviated)


def _completed(
    state: MarketState, start_s: int, scheduled_wh: Mapping[str, int]
) -> tuple[dict[str, int], tuple[MeasurementsRecorded, ...]]:
    """Readings of all units, and the substituted ones as facts, one per area.

    The last resort has no meter of its own: its delivery is what the others leave, which is booked
    with their deviations, so its reading is its schedule and is not counted as substituted.
    """
    measured_wh = dict(state.measured_wh.get(start_s, {}))
    missing: defaultdict[str, list[Measurement]] = defaultdict(list)
    for unit_id, unit in state.units.items():
        if unit_id in measured_wh:
            continue
        measured_wh[unit_id] = scheduled_wh.get(unit_id, 0)
        if unit.kind is not UnitKind.RETAILER:
            missing[unit.area_id].append(
                Measurement(
                    unit_id=unit_id,
                    start_s=start_s,
                    injection_wh=measured_wh[unit_id],
                    substituted=True,
                )
            )
    events = tuple(
        MeasurementsRecorded(area_id=area_id, measurements=tuple(readings))
        for area_id, readings in missing.items()
    )
    return measured_wh, events


def close_day(state: MarketState, command: CloseDay) -> Decision:
    """Give the day's congestion rent back to the members of the areas, and charge for the day."""
    closing = state.phases.day_to_close()
    if closing is None or closing[0] != command.day:
        return refused([Rejection(code=Code.PHASE_CONFLICT, parameters={"day": command.day})])
    withdrawn_wh = state.day_withdrawal_wh.get(command.day, {})
    rents = rent_return(
        rents_quanta=state.day_rent_quanta.get(command.day, {}),
        withdrawal_wh=withdrawn_wh,
        participants=state.participants,
        grid=state.grid,
        day=command.day,
    )
    charges = day_charges(
        points=withdrawn_wh, rules=state.rules, participants=state.participants, day=command.day
    )
    return applied(TransfersBooked(transfers=(*rents, *charges)), DayClosed(day=command.day))
