"""Areas that are a level of their own: what they report, and whether they are heard."""

from typing import Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.answers.values import Answer
from api.call import Address, Call, answer
from api.incoming.reach import AreaReportIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.interval import instant_text, moment_text
from market.model.participant import Role
from market.model.reach import AreaReport, ReportArea
from market.model.rejection import Code
from market.model.units import power_text


def _record(call: Call, area_id: str) -> Answer:
    """How an area stands, as the market knows it."""
    state = call.decided
    heard_us, report = state.areas_heard.get(area_id), state.area_reports.get(area_id)
    decoupling = state.acts.decoupled.get(area_id)
    return {
        "area_id": area_id,
        "epoch": call.market.sequencer.epoch,
        "first_heard_at": None if heard_us is None else moment_text(heard_us),
        "silent_s": call.market.reach.silent_s(area_id),
        "decoupled_by": None if decoupling is None else decoupling.actor,
        "report": None if report is None else _report(report),
    }


def _report(item: AreaReport) -> Answer:
    alone_s = item.alone_since_s
    return {
        "sequence": item.sequence,
        "standing": item.standing.value,
        "alone_since": None if alone_s is None else instant_text(alone_s),
        "limits_epoch": item.limits_epoch,
        "limits_sequence": item.limits_sequence,
        "given_import_kw": power_text(item.given_import_w),
        "given_export_kw": power_text(item.given_export_w),
        "given_until": instant_text(item.given_until_s),
    }


async def report_area(call: Call) -> Response:
    """Take in how an area stands; if only the server had decoupled it, it is coupled again."""
    try:
        area_id = fields.identifier(call.path_id["area_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None
    if area_id != call.who.area_id:
        raise refuse(Code.NOT_FOUND)
    report = (await call.read(AreaReportIn)).report(area_id)
    call.market.reach.hear(area_id)
    await call.market.submit(ReportArea(now_us=call.now_us(), actor=call.actor, report=report))
    return answer(_record(call, area_id))


async def list_reach(call: Call) -> Response:
    """Every area one may see: when it was heard first, for how long it is silent, what it reported."""
    own = call.own(Role.AREA, call.who.area_id)
    areas = [area.area_id for area in call.market.grid.areas if own in {None, area.area_id}]
    return answer({"items": [_record(call, area_id) for area_id in areas]})


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/areas/{{area_id}}:report",
        handler=report_area,
        about="Say how an area stands and what it has lent on; after silence this couples it again",
        body=AreaReportIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/reach",
        handler=list_reach,
        about="Which areas are heard, for how long the others are silent, what they reported",
    ),
)
