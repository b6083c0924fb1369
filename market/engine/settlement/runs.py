"""Settling a day as a whole: begun by the market or an operator, recorded by area, booked once.

The one idea: what a run comes to is worked out outside, from what is stored, like an auction; here it is
decided whether it may be, in which order, and that it is booked once.
"""

from dataclasses import replace

from market.engine.decisions import applied, refused
from market.engine.settlement.certificates import issued_by_run
from market.engine.state import MarketState
from market.model.messages import Decision, TransfersBooked
from market.model.rejection import Code, Rejection
from market.model.settlement_run import (
    AreaSettled,
    BeginSettlement,
    FinishSettlement,
    RecordSettledArea,
    RunKind,
    SettlementBegun,
    SettlementFinished,
)
from market.settlement.dues import is_of_meters
from market.settlement.energy import ConservationError


def begin_settlement(state: MarketState, command: BeginSettlement) -> Decision:
    """A run begins if its day is closed and its facts are others than those of the last one."""
    settlements = state.settlements
    standing = settlements.days.get(command.day)
    if standing is None:
        parameters = {"day": command.day}
        return refused([Rejection(code=Code.PHASE_CONFLICT, pointer="day", parameters=parameters)])
    tariff = command.tariff or standing.tariff
    if settlements.run is not None:
        begun = settlements.run.begun
        if (begun.day, begun.kind, begun.tariff) == (command.day, command.kind, tariff):
            return applied()
        parameters = {"run_id": begun.run_id}
        return refused([Rejection(code=Code.PHASE_CONFLICT, parameters=parameters)])
    done = {
        RunKind.PRELIMINARY: standing.version > 0,
        RunKind.FINAL: standing.final,
        RunKind.CORRECTED: standing.version > 0
        and not standing.has_changed
        and tariff == standing.tariff,
    }
    if done[command.kind]:
        return applied()
    inside = {unit.area_id for unit in state.units.values()}
    return applied(
        SettlementBegun(
            run_id=f"set-{settlements.next_number}",
            number=settlements.next_number,
            day=command.day,
            version=standing.version + 1,
            kind=command.kind,
            actor=command.actor,
            reason=command.reason,
            tariff=tariff,
            areas=tuple(area.area_id for area in state.grid.areas if area.area_id in inside),
            now_us=command.now_us,
        )
    )


def record_settled_area(state: MarketState, command: RecordSettledArea) -> Decision:
    """What a run found in an area; said again it changes nothing."""
    run = state.settlements.run
    if run is None or run.begun.run_id != command.area.run_id:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="run_id")])
    if command.area.area_id not in run.begun.areas:
        return refused([Rejection(code=Code.AREA_UNKNOWN, pointer="area_id")])
    if command.area.base_run_id not in (None, state.settlements.days[run.begun.day].run_id):
        return refused([Rejection(code=Code.NOT_FOUND, pointer="base_run_id")])
    if command.area.area_id in run.done:
        return applied()
    # The bytes stand in the command, once.
    area = replace(command.area, detail=b"", certificates=b"", green=b"", trades=b"")
    areas = len(run.begun.areas)
    return applied(AreaSettled(area=area, areas_done=len(run.done) + 1, areas=areas))


def finish_settlement(state: MarketState, command: FinishSettlement) -> Decision:
    """Book what a run found to be different, once.

    Raises:
        ConservationError: a transfer that a run has no say in.
        CertificateError: certificates that do not add up.
    """
    run = state.settlements.run
    if run is None or run.begun.run_id != command.run_id:
        return refused([Rejection(code=Code.NOT_FOUND, pointer="run_id")])
    begun = run.begun
    if run.left:
        parameters = {"area_id": run.left[0]}
        return refused([Rejection(code=Code.PHASE_CONFLICT, parameters=parameters)])
    for item in command.transfers:
        of_meters = is_of_meters(item.debit_account, item.credit_account, item.kind)
        if not of_meters or item.reference != begun.run_id or item.amount_quanta <= 0:
            raise ConservationError(f"{begun.run_id} may not book {item}")
    finished = SettlementFinished(
        run_id=begun.run_id,
        day=begun.day,
        version=begun.version,
        kind=begun.kind,
        completeness=command.completeness,
        differences=len(command.transfers),
        ledger_sum_quanta=state.ledger.sum_quanta(),
        now_us=command.now_us,
    )
    certified = issued_by_run(begun, command.certificates)
    if not command.transfers:
        return applied(*certified, finished)
    return applied(*certified, TransfersBooked(transfers=command.transfers), finished)


# --- facts --------------------------------------------------------------------------


def begun(state: MarketState, event: SettlementBegun) -> None:
    """A run is under way."""
    state.settlements.started(event)


def area_settled(state: MarketState, event: AreaSettled) -> None:
    """One area less to do."""
    run = state.settlements.run
    assert run is not None, "only what has begun is done"
    run.done[event.area.area_id] = None


def finished(state: MarketState, event: SettlementFinished) -> None:
    """The run's version of the day stands; it must not have moved the sum of the ledger."""
    if state.ledger.sum_quanta() != event.ledger_sum_quanta:
        raise AssertionError(f"the ledger does not sum up after {event.run_id}")
    state.settlements.finish(event)
