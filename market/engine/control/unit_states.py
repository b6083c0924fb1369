"""States of units, as they say themselves."""

from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.interval import MICROSECONDS
from market.model.messages import Decision
from market.model.rejection import Code, Rejection
from market.model.unit_report import ReportUnitState, UnitStateChanged


def report_unit_state(state: MarketState, command: ReportUnitState) -> Decision:
    """Note another state; the same state again changes nothing."""
    report = command.report
    if report.unit_id not in state.units:
        return refused([Rejection(code=Code.UNIT_UNKNOWN, pointer="unit_id")])
    known = state.unit_reports.get(report.unit_id)
    if known is not None and known.state is report.state:
        return applied()
    return applied(UnitStateChanged(report=report, now_us=command.now_us))


def unit_state_changed(state: MarketState, event: UnitStateChanged) -> None:
    """The unit is in another state."""
    report = event.report
    state.unit_reports[report.unit_id] = report
    state.forced.said(report.unit_id, report.state, event.now_us // MICROSECONDS)
