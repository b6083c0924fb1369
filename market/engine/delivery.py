"""Delivery is over: readings come in, deviations and fees are booked, rent is given back.

The one idea: an interval is settled once, on readings where there are any and on the schedule
(marked as substituted) where there are none.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from market.engine.setup import applied, refused
from market.engine.state import MarketState
from market.model.messages import (
    CloseDay,
    DayClosed,
    Decision,
    DeviationsSeen,
    EndDelivery,
    IntervalSettled,
    MeasurementsRecorded,
    Phase,
    PhaseChanged,
    RecordMeasurements,
    SettleInterval,
    TransfersBooked,
)
from market.model.money import Transfer
from market.model.participant import Unit, UnitKind
from market.model.power import Measurement
from market.model.rejection import Code, Rejection
from market.model.units import PPM, energy_from_power_wh, energy_text
from market.settlement.imbalance import DeviationPrice, deviation_prices, deviation_transfers
from market.settlement.network import network_transfers, withdrawal_wh
from market.settlement.rent import rent_return


def end_delivery(state: MarketState, command: EndDelivery) -> Decision:
    """The interval is over; its meters may report until it is settled."""
    refusal = state.phases.step_refusal(command.start_s, Phase.SETTLING)
    if refusal is not None:
        return refused([refusal])
    return applied(
        PhaseChanged(start_s=command.start_s, phase=Phase.SETTLING, now_us=command.now_us)
    )


def record_measurements(state: MarketState, command: RecordMeasurements) -> Decision:
    """Take readings of one area's units; all faults together, all readings or none."""
    faults = [
        Rejection(
            code=fault.code,
            pointer=f"items/{row}/{fault.pointer}",
            parameters=fault.parameters,
        )
        for row, reading in enumerate(command.measurements)
        for fault in _reading_faults(state, command.area_id, reading)
    ]
    if faults:
        return refused(faults)
    return applied(MeasurementsRecorded(area_id=command.area_id, measurements=command.measurements))


def _reading_faults(state: MarketState, area_id: str, reading: Measurement) -> Iterator[Rejection]:
    unit = state.units.get(reading.unit_id)
    if unit is None or unit.area_id != area_id:
        yield Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        return
    phase = state.phases.of(reading.start_s)
    if phase is None:
        yield Rejection(code=Code.PRODUCT_UNKNOWN, pointer="start")
    elif phase is Phase.SETTLED:
        yield Rejection(code=Code.MEASUREMENT_TOO_LATE, pointer="start")
    elif phase is not Phase.SETTLING:
        yield Rejection(code=Code.MEASUREMENT_TOO_EARLY, pointer="start")
    if (
        not -_reach_wh(state, unit.withdrawal_max_w)
        <= reading.injection_wh
        <= _reach_wh(state, unit.injection_max_w)
    ):
        yield Rejection(
            code=Code.MEASUREMENT_IMPLAUSIBLE,
            pointer="generation_kwh" if reading.injection_wh > 0 else "consumption_kwh",
            parameters={
                "consumption_kwh_max": energy_text(_reach_wh(state, unit.withdrawal_max_w)),
                "generation_kwh_max": energy_text(_reach_wh(state, unit.injection_max_w)),
            },
        )
    if reading.state_of_charge_wh is not None and not _stores(unit, reading.state_of_charge_wh):
        yield Rejection(code=Code.MEASUREMENT_IMPLAUSIBLE, pointer="state_of_charge_kwh")


def _stores(unit: Unit, state_of_charge_wh: int) -> bool:
    return unit.storage is not None and 0 <= state_of_charge_wh <= unit.storage.capacity_wh


def _reach_wh(state: MarketState, power_w: int) -> int:
    """Most energy a meter behind this nameplate can plausibly show for one interval."""
    nameplate_wh = energy_from_power_wh(power_w, state.rules.interval_minutes)
    return nameplate_wh * (PPM + state.rules.capability_tolerance_ppm) // PPM


def settle_interval(state: MarketState, command: SettleInterval) -> Decision:
    """Price what deviated, charge what was withdrawn, and close the interval."""
    start_s = command.start_s
    refusal = state.phases.step_refusal(start_s, Phase.SETTLED)
    if refusal is not None:
        return refused([refusal])
    scheduled_wh = state.positions.scheduled_wh(start_s)
    measured_wh, substituted = _completed(state, start_s, scheduled_wh)
    prices = deviation_prices(
        rules=state.rules, grid=state.grid, outcome=state.outcomes.get(start_s), start_s=start_s
    )
    withdrawn_wh = withdrawal_wh(state.units, measured_wh)
    transfers = (
        *_deviation_transfers(state, start_s, prices, scheduled_wh, measured_wh),
        *network_transfers(
            withdrawal_wh=withdrawn_wh,
            rules=state.rules,
            grid=state.grid,
            participants=state.participants,
            start_s=start_s,
        ),
    )
    deviations = state.control.deviations(
        start_s=start_s, scheduled_wh=scheduled_wh, measured_wh=measured_wh
    )
    return applied(
        *substituted,
        DeviationsSeen(start_s=start_s, deviations=deviations),
        TransfersBooked(transfers=transfers),
        IntervalSettled(
            start_s=start_s,
            withdrawal_wh=tuple(sorted(withdrawn_wh.items())),
            deviation_price_long_ticks=tuple((p.area_id, p.long_ticks) for p in prices),
            deviation_price_short_ticks=tuple((p.area_id, p.short_ticks) for p in prices),
            ledger_sum_quanta=state.ledger.sum_quanta(),
        ),
        PhaseChanged(start_s=start_s, phase=Phase.SETTLED, now_us=command.now_us),
    )


def _deviation_transfers(
    state: MarketState,
    start_s: int,
    prices: tuple[DeviationPrice, ...],
    scheduled_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
) -> tuple[Transfer, ...]:
    """Without a retailer of last resort nobody takes the other side: nothing is priced."""
    last_resort_id = state.last_resort_id
    if last_resort_id is None:
        return ()
    return deviation_transfers(
        prices=prices,
        units=state.units,
        scheduled_wh=scheduled_wh,
        measured_wh=measured_wh,
        rules=state.rules,
        grid=state.grid,
        start_s=start_s,
        last_resort_participant_id=last_resort_id,
        outcome=state.outcomes.get(start_s),
    )


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
    """Give the day's congestion rent back to the members of the areas."""
    closing = state.phases.day_to_close()
    if closing is None or closing[0] != command.day:
        return refused([Rejection(code=Code.PHASE_CONFLICT, parameters={"day": command.day})])
    transfers = rent_return(
        rents_quanta=state.day_rent_quanta.get(command.day, {}),
        withdrawal_wh=state.day_withdrawal_wh.get(command.day, {}),
        participants=state.participants,
        grid=state.grid,
        day=command.day,
    )
    return applied(TransfersBooked(transfers=transfers), DayClosed(day=command.day))
