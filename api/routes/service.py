"""Units out of service, told by their owner or an operator."""

from typing import Any, Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.call import Address, Call, answer
from api.incoming.units import OutageIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.interval import instant_text
from market.model.participant import Role
from market.model.rejection import Code
from market.model.service import EndOutage, Outage, ReportOutage


def _unit_id(call: Call) -> str:
    """The unit of the address, if it is the caller's to speak of."""
    try:
        unit_id = fields.identifier(call.path_id["unit_id"])
    except FieldError:
        raise refuse(Code.UNIT_UNKNOWN) from None
    unit = call.decided.units.get(unit_id)
    is_own = unit is not None and unit.participant_id == call.who.participant_id
    if unit is None or not (is_own or call.who.role is Role.OPERATOR):
        raise refuse(Code.UNIT_UNKNOWN)
    return unit_id


def _outage_answer(outage: Outage) -> dict[str, Any]:
    return {
        "unit_id": outage.unit_id,
        "from": instant_text(outage.from_s),
        "until": instant_text(outage.until_s),
        "reason": outage.reason,
    }


async def report(call: Call) -> Response:
    """Report an outage; what rests of the unit for it is cancelled."""
    unit_id = _unit_id(call)
    wanted = await call.read(OutageIn)
    outage = Outage(
        unit_id=unit_id, from_s=wanted.from_s, until_s=wanted.until_s, reason=wanted.reason
    )
    await call.market.submit(ReportOutage(now_us=call.now_us(), actor=call.actor, outage=outage))
    return answer(_outage_answer(outage))


async def end(call: Call) -> Response:
    """The unit can run again."""
    unit_id = _unit_id(call)
    await call.market.submit(EndOutage(now_us=call.now_us(), actor=call.actor, unit_id=unit_id))
    return answer({"unit_id": unit_id, "in_service": True})


async def list_outages(call: Call) -> Response:
    """Outages of one's own units, or all."""
    state = call.decided
    seen = [
        _outage_answer(item)
        for item in tuple(state.outages.values())
        if call.who.role is Role.OPERATOR
        or state.units[item.unit_id].participant_id == call.who.participant_id
    ]
    return answer({"items": seen, "next_cursor": None})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/units/{{unit_id}}:out-of-service",
        handler=report,
        about="Report an outage of a unit",
        body=OutageIn,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/units/{{unit_id}}:in-service",
        handler=end,
        about="End an outage of a unit",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/outages",
        handler=list_outages,
        about="Outages of units",
    ),
)
