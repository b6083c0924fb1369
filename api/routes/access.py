"""Tokens and the limits of those who come in: who gets in, and how much he may ask for."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.throttle import Kind
from api.call import Address, Call, answer
from api.wire.errors import RefusedError, refuse
from market.model.participant import Role
from market.model.rejection import Code, Rejection

GRANT: Final = "client_credentials"
_FORM_FIELDS: Final = ("grant_type", "client_id", "client_secret")
_SECRET_LENGTH_MAX: Final = 200


async def token(call: Call) -> Response:
    """Give a token for client id and secret (OAuth 2.0 client credentials)."""
    form = _form(await call.body())
    if form["grant_type"] != GRANT:
        raise refuse(Code.FIELD_FORMAT, "grant_type")
    house = call.house
    house.throttles.spend(house.throttles.login_of(form["client_id"], call.address), Kind.LOGIN)
    principal = await run_in_threadpool(
        house.identity.principal, form["client_id"], form["client_secret"], int(house.real_time_s())
    )
    if principal is None:
        raise refuse(Code.CREDENTIALS_WRONG)
    if principal.client_id in house.identity.revoked:
        raise refuse(Code.CREDENTIALS_REVOKED)
    tokens = house.tokens
    return answer(
        {
            "access_token": tokens.issue(principal),
            "token_type": "Bearer",
            "expires_in": tokens.lifetime_s,
        },
        headers={"Cache-Control": "no-store"},
    )


def _form(body: bytes) -> dict[str, str]:
    """The fields of the form, each exactly once; others are ignored, as the standard says."""
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=20, strict_parsing=bool(body))
    except ValueError:
        raise refuse(Code.FIELD_FORMAT) from None
    faults: list[Rejection] = []
    form: dict[str, str] = {}
    for name in _FORM_FIELDS:
        values = [value for key, value in pairs if key == name]
        if not values:
            faults.append(Rejection(code=Code.FIELD_MISSING, pointer=name))
        elif len(values) > 1 or len(values[0]) > _SECRET_LENGTH_MAX:
            faults.append(Rejection(code=Code.FIELD_FORMAT, pointer=name))
        else:
            form[name] = values[0]
    if faults:
        raise RefusedError(faults)
    return form


async def limits(call: Call) -> Response:
    """One's own budgets and what is left of them; an operator also sees what was refused."""
    throttles = call.house.throttles
    told: dict[str, object] = {
        "client_id": call.who.client_id,
        "budgets": throttles.usage(call.who, call.address),
    }
    if call.who.role is Role.OPERATOR:
        told["refused"] = [
            {"budget": kind.value, "scope": scope.value, "count": count}
            for (kind, scope), count in sorted(throttles.refused.items())
        ]
    return answer(told)


ADDRESSES: Final = (
    Address(
        method="POST",
        path="/v1/token",
        handler=token,
        about="A token for client id and secret (OAuth 2.0 client credentials)",
        form=True,
        budget=Kind.LOGIN,
    ),
    Address(
        method="GET",
        path="/v1/me/limits",
        handler=limits,
        about="One's own budgets and what is left of them",
    ),
)
