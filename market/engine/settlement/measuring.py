"""Readings come in: possible or refused, plausible or marked, in order or kept beside.

The one idea: a reading is refused only for what cannot be (a foreign unit, more than the nameplate, a
count used twice); everything else is kept as it came, with the market's marks on it, because somebody's
bill may hang on it one day.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from market.control.plausible import LikeUnits, charge_is_plausible
from market.control.readings import Arriving, Verdict
from market.engine.control.alarms import raised
from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.alarm import AlarmKind, AlarmRaised, ControlLevel
from market.model.interval import MICROSECONDS, instant_text
from market.model.messages import Decision, MeasurementsRecorded, Phase, RecordMeasurements
from market.model.participant import Unit
from market.model.power import Doubt, Measurement
from market.model.rejection import Code, Rejection
from market.model.units import (
    PPM,
    energy_from_power_wh,
    energy_text,
    power_text,
)
from market.trading.positions import charged_wh, discharged_wh

_DAY_S: Final = 86_400


def record_measurements(state: MarketState, command: RecordMeasurements) -> Decision:
    """Take readings of one area's units; all faults together, all readings or none."""
    arriving = Arriving(state.readings, command.area_id)
    faults: list[Rejection] = []
    taken: list[Measurement] = []
    for row, reading in enumerate(command.measurements):
        found = [*_impossible(state, command, reading)]
        if not found:
            verdict = arriving.verdict(
                reading, settled=state.phases.of(reading.start_s) is Phase.SETTLED
            )
            if verdict is Verdict.REUSED:
                found = [Rejection(code=Code.SEQUENCE_REUSED, pointer="sequence")]
            elif verdict is not Verdict.REPEATED:
                kept = _marked(reading, verdict)
                arriving.add(kept)
                taken.append(kept)
        faults += [_at_row(row, fault) for fault in found]
    if faults:
        return refused(faults)
    if not taken:
        return applied()
    taken = _with_doubts(state, command.area_id, taken)
    return applied(
        MeasurementsRecorded(area_id=command.area_id, measurements=tuple(taken)),
        *_alarms(state, taken, command.now_us),
    )


def _at_row(row: int, fault: Rejection) -> Rejection:
    return Rejection(
        code=fault.code, pointer=f"items/{row}/{fault.pointer}", parameters=fault.parameters
    )


def _marked(reading: Measurement, verdict: Verdict) -> Measurement:
    if verdict is Verdict.COUNTS:
        return reading
    return replace(reading, older=verdict is Verdict.OLDER, late=verdict is Verdict.LATE)


# --- what cannot be -------------------------------------------------------------------


def _impossible(
    state: MarketState, command: RecordMeasurements, reading: Measurement
) -> Iterator[Rejection]:
    unit = state.units.get(reading.unit_id)
    if unit is None or unit.area_id != command.area_id:
        yield Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")
        return
    yield from _untimely(state, command.now_us, reading.start_s)
    least_wh = -_reach_wh(state, unit.withdrawal_max_w)
    most_wh = _reach_wh(state, unit.injection_max_w)
    if not least_wh <= reading.injection_wh <= most_wh:
        yield Rejection(
            code=Code.MEASUREMENT_IMPLAUSIBLE,
            pointer="generation_kwh" if reading.injection_wh > 0 else "consumption_kwh",
            parameters={
                "consumption_kwh_max": energy_text(-least_wh),
                "generation_kwh_max": energy_text(most_wh),
            },
        )
    if reading.power_w is not None:
        yield from _power_fault(state, unit, reading.power_w)
    if reading.state_of_charge_wh is not None and not _stores(unit, reading.state_of_charge_wh):
        yield Rejection(code=Code.MEASUREMENT_IMPLAUSIBLE, pointer="state_of_charge_kwh")
    if state.rules.readings_signed and not reading.signature:
        yield Rejection(code=Code.SIGNATURE_MISSING, pointer="signature")


def _untimely(state: MarketState, now_us: int, start_s: int) -> Iterator[Rejection]:
    phase = state.phases.of(start_s)
    if phase is None:
        yield Rejection(code=Code.PRODUCT_UNKNOWN, pointer="start")
    elif phase is Phase.SETTLED:
        days = state.rules.late_readings_days
        if now_us // MICROSECONDS - start_s > days * _DAY_S:
            parameters = {"days_max": str(days)}
            yield Rejection(code=Code.MEASUREMENT_TOO_LATE, pointer="start", parameters=parameters)
    elif phase is not Phase.SETTLING:
        yield Rejection(code=Code.MEASUREMENT_TOO_EARLY, pointer="start")


def _power_fault(state: MarketState, unit: Unit, power_w: int) -> Iterator[Rejection]:
    least_w = -_tolerated(state, unit.withdrawal_max_w)
    most_w = _tolerated(state, unit.injection_max_w)
    if not least_w <= power_w <= most_w:
        yield Rejection(
            code=Code.MEASUREMENT_IMPLAUSIBLE,
            pointer="power_kw",
            parameters={"power_kw_min": power_text(least_w), "power_kw_max": power_text(most_w)},
        )


def _stores(unit: Unit, state_of_charge_wh: int) -> bool:
    return unit.storage is not None and 0 <= state_of_charge_wh <= unit.storage.capacity_wh


def _reach_wh(state: MarketState, power_w: int) -> int:
    """Most energy a meter behind this nameplate can plausibly show for one interval."""
    return _tolerated(state, energy_from_power_wh(power_w, state.rules.interval_minutes))


def _tolerated(state: MarketState, amount: int) -> int:
    return amount * (PPM + state.rules.capability_tolerance_ppm) // PPM


# --- what is hard to believe ----------------------------------------------------------


def _with_doubts(state: MarketState, area_id: str, taken: list[Measurement]) -> list[Measurement]:
    """The readings, those marked that stand apart from the others, the arriving ones among them."""
    arrived = {(item.start_s, item.unit_id): item for item in taken if _counts(item)}
    with _beside_others(state, area_id, arrived.values()) as alike:
        doubts = [
            _doubt(state, area_id, reading, arrived, alike[reading.start_s])
            if _counts(reading)
            else None
            for reading in taken
        ]
    return [
        reading if doubt is None else replace(reading, doubt=doubt)
        for reading, doubt in zip(taken, doubts, strict=True)
    ]


def _counts(reading: Measurement) -> bool:
    return not (reading.late or reading.older)


@contextmanager
def _beside_others(
    state: MarketState, area_id: str, arrived: Collection[Measurement]
) -> Iterator[Mapping[int, LikeUnits]]:
    """By interval what all of the area have read, with those who arrive: these only for a while."""
    alike = {
        start_s: state.readings.alike(start_s, area_id, state.units, state.rules.interval_minutes)
        for start_s in {reading.start_s for reading in arrived}
    }
    for reading in arrived:
        alike[reading.start_s].put(reading)
    try:
        yield alike
    finally:
        for reading in arrived:
            before = state.readings.of_unit(reading.start_s, area_id, reading.unit_id)
            if before is None:
                alike[reading.start_s].take_out(reading.unit_id)
            else:
                alike[reading.start_s].put(before)


def _doubt(
    state: MarketState,
    area_id: str,
    reading: Measurement,
    arrived: Mapping[tuple[int, str], Measurement],
    alike: LikeUnits,
) -> Doubt | None:
    doubt = alike.doubt(reading)
    if doubt is not None or reading.state_of_charge_wh is None:
        return doubt
    before_s = reading.start_s - state.step_s
    before = arrived.get((before_s, reading.unit_id)) or state.readings.of_unit(
        before_s, area_id, reading.unit_id
    )
    return _charge_doubt(state, before, reading)


def _charge_doubt(
    state: MarketState, before: Measurement | None, reading: Measurement
) -> Doubt | None:
    """A storage is held against its own reading of the interval before, where there is one."""
    before_wh = None if before is None else before.state_of_charge_wh
    after_wh, storage = reading.state_of_charge_wh, state.storages.get(reading.unit_id)
    if before_wh is None or after_wh is None or storage is None:
        return None
    moved_wh = reading.injection_wh
    expected_wh = (
        -discharged_wh(storage, moved_wh) if moved_wh > 0 else charged_wh(storage, -moved_wh)
    )
    plausible = charge_is_plausible(storage, before_wh, after_wh, expected_wh)
    return None if plausible else Doubt.STORAGE


def _alarms(state: MarketState, taken: list[Measurement], now_us: int) -> Iterator[AlarmRaised]:
    """One for each unit whose reading is doubtful; while it is open no second one."""
    told: set[str] = set()
    for reading in taken:
        if reading.doubt is None or reading.unit_id in told:
            continue
        told.add(reading.unit_id)
        yield from raised(
            state,
            AlarmKind.MEASUREMENT_DOUBTFUL,
            ControlLevel.UNIT,
            reading.unit_id,
            now_us,
            {
                "start": instant_text(reading.start_s),
                "doubt": reading.doubt.value,
                "injection_kwh": energy_text(reading.injection_wh),
            },
        )
