"""Mandates: who may trade for whom; and the limits a participant sets itself."""

from typing import Any, Final

from starlette.responses import Response

from api.access.permissions import MARKET
from api.call import Address, Call, answer
from api.incoming.members import MandateIn, OwnLimitsIn
from api.wire import fields
from api.wire.errors import refuse
from api.wire.fields import FieldError
from market.model.interval import instant_text
from market.model.mandate import (
    GrantMandate,
    Mandate,
    OwnLimits,
    RevokeMandate,
    SetOwnLimits,
)
from market.model.participant import Role
from market.model.rejection import Code
from market.model.units import energy_text, money_text


def _mandate_answer(call: Call, mandate: Mandate) -> dict[str, Any]:
    holds = call.decided.mandates.holds(mandate.mandate_id)
    energy, value = mandate.energy_wh_max, mandate.value_quanta_max
    return {
        "mandate_id": mandate.mandate_id,
        "client_mandate_id": mandate.client_mandate_id,
        "owner": mandate.owner,
        "agent": mandate.agent,
        "unit_ids": list(mandate.unit_ids),
        "from": instant_text(mandate.from_s),
        "until": instant_text(mandate.until_s),
        "energy_kwh_max": None if energy is None else energy_text(energy),
        "value_max": None if value is None else money_text(value),
        "state": "holds" if holds else "revoked",
    }


def _found(call: Call, mandate_id: str | None) -> dict[str, Any]:
    mandate = call.decided.mandates.find(mandate_id or "")
    if mandate is None:
        raise refuse(Code.NOT_FOUND)
    return _mandate_answer(call, mandate)


async def grant(call: Call) -> Response:
    """Let another participant trade one's units; a repeat answers the same."""
    wanted = await call.read(MandateIn)
    committed = await call.market.submit(
        GrantMandate(
            now_us=call.now_us(),
            actor=call.actor,
            mandate=wanted.mandate(call.participant_id),
        )
    )
    (made,) = committed.answer.orders
    return answer(_found(call, made.order_id), 201 if committed.events else 200)


async def revoke(call: Call) -> Response:
    """End a mandate at once; what still rests of it is cancelled."""
    try:
        mandate_id = fields.identifier(call.path_id["mandate_id"])
    except FieldError:
        raise refuse(Code.NOT_FOUND) from None
    await call.market.submit(
        RevokeMandate(
            now_us=call.now_us(),
            actor=call.actor,
            owner=call.participant_id,
            mandate_id=mandate_id,
        )
    )
    return answer(_found(call, mandate_id))


async def list_mandates(call: Call) -> Response:
    """Mandates one gave or got; an operator sees all."""
    mandates = call.decided.mandates
    is_operator = call.who.role is Role.OPERATOR
    found = mandates.all() if is_operator else mandates.of(call.participant_id)
    return answer({"items": [_mandate_answer(call, item) for item in found], "next_cursor": None})


def _limits_answer(limits: OwnLimits) -> dict[str, Any]:
    value, exposure = limits.order_value_quanta_max, limits.exposure_quanta_max
    return {
        "order_value_max": None if value is None else money_text(value),
        "exposure_max": None if exposure is None else money_text(exposure),
    }


async def set_limits(call: Call) -> Response:
    """Bind oneself below the market's limits."""
    wanted = await call.read(OwnLimitsIn)
    limits = OwnLimits(
        order_value_quanta_max=wanted.order_value_quanta_max,
        exposure_quanta_max=wanted.exposure_quanta_max,
    )
    await call.market.submit(
        SetOwnLimits(
            now_us=call.now_us(),
            actor=call.actor,
            participant_id=call.participant_id,
            limits=limits,
        )
    )
    return answer(_limits_answer(limits))


async def get_limits(call: Call) -> Response:
    """The limits one has set oneself."""
    own = call.decided.own_limits
    return answer(_limits_answer(own.get(call.participant_id, OwnLimits())))


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/mandates",
        handler=grant,
        about="Let another participant trade one's units",
        body=MandateIn,
        created=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/mandates/{{mandate_id}}:revoke",
        handler=revoke,
        about="End a mandate; what rests of it is cancelled",
    ),
    Address(
        method="GET",
        path=f"{MARKET}/mandates",
        handler=list_mandates,
        about="Mandates one gave or got",
    ),
    Address(
        method="PUT",
        path=f"{MARKET}/me/trading-limits",
        handler=set_limits,
        about="Set one's own limits on orders",
        body=OwnLimitsIn,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/me/trading-limits",
        handler=get_limits,
        about="One's own limits on orders",
    ),
)
