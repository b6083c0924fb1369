"""Units say in which state they are and what they measure."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.unit_reports import unit_report
from api.call import Address, Call, answer
from api.incoming.units import UnitReportIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.participant import Role
from market.model.rejection import Code
from market.model.unit_report import ReportUnitState


def _unit_id(call: Call) -> str:
    """The unit of the address: the device's own, or one directly in the gateway's area."""
    try:
        unit_id = fields.identifier(call.path_id["unit_id"])
    except FieldError:
        raise refuse(Code.UNIT_UNKNOWN) from None
    unit, who = call.market.live.units.get(unit_id), call.who
    is_own = unit is not None and (
        unit_id == who.unit_id if who.role is Role.DEVICE else unit.area_id == who.area_id
    )
    if not is_own:
        raise refuse(Code.UNIT_UNKNOWN)
    return unit_id


async def report_state(call: Call) -> Response:
    """Tell those who look on; what is another state than before is kept."""
    unit_id = _unit_id(call)
    report = (await call.read(UnitReportIn)).report(unit_id)
    now_us = call.now_us()
    known = call.decided.unit_reports.get(unit_id)
    if known is None or known.state is not report.state:
        await call.market.submit(ReportUnitState(now_us=now_us, actor=call.actor, report=report))
    else:
        await call.settled()  # the stream tells no state that is on no disk
        call.market.hub.tell(call.market.live.unit_reports.told(report, now_us))
    return answer(unit_report(report))


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/units/{{unit_id}}:state",
        handler=report_state,
        about="Say in which state a unit is and what it measures",
        body=UnitReportIn,
    ),
)
