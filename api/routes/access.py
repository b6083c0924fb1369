"""Tokens and credentials: who gets in."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.call import BATCH_BODY_MAX, Address, Call, answer
from api.errors import RefusedError, refuse
from api.identity import Principal, new_client_id
from api.permissions import MARKET
from api.schemas import ClientIn, ClientsIn
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
    principal = await run_in_threadpool(
        call.house.identity.principal, form["client_id"], form["client_secret"]
    )
    if principal is None:
        raise refuse(Code.CREDENTIALS_WRONG)
    tokens = call.house.tokens
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


_ID_OF_ROLE: Final = {
    Role.PARTICIPANT: "participant_id",
    Role.AREA: "area_id",
    Role.DEVICE: "unit_id",
}


async def create_clients(call: Call) -> Response:
    """Make credentials, all or none; the secrets are shown this once."""
    wanted = await call.read(ClientsIn, BATCH_BODY_MAX)
    faults = [
        fault for row, item in enumerate(wanted.items) for fault in _client_faults(call, row, item)
    ]
    if faults:
        raise RefusedError(faults)
    principals = [_principal(call, item) for item in wanted.items]
    made = await run_in_threadpool(
        call.house.identity.enrol, principals, int(call.house.real_time_s())
    )
    items = [
        {
            "client_id": credential.principal.client_id,
            "client_secret": credential.secret,
            "role": credential.principal.role.value,
            "market_id": credential.principal.market_id,
            "participant_id": credential.principal.participant_id,
            "area_id": credential.principal.area_id,
            "unit_id": credential.principal.unit_id,
        }
        for credential in made
    ]
    return answer({"items": items}, 201, headers={"Cache-Control": "no-store"})


def _client_faults(call: Call, row: int, item: ClientIn) -> list[Rejection]:
    """A role needs exactly its own id, and what the id names must exist."""
    needed = _ID_OF_ROLE.get(item.named_role())
    faults = []
    for name in _ID_OF_ROLE.values():
        pointer = f"items/{row}/{name}"
        value = getattr(item, name)
        if name == needed and value is None:
            faults.append(Rejection(code=Code.FIELD_MISSING, pointer=pointer))
        elif name != needed and value is not None:
            faults.append(Rejection(code=Code.FIELD_UNKNOWN, pointer=pointer))
        elif value is not None and (code := _unknown(call, name, value)) is not None:
            faults.append(Rejection(code=code, pointer=pointer))
    return faults


def _unknown(call: Call, name: str, value: str) -> Code | None:
    market = call.market
    if name == "participant_id":
        return None if value in market.live.participants else Code.PARTICIPANT_UNKNOWN
    if name == "unit_id":
        return None if value in market.live.units else Code.UNIT_UNKNOWN
    return None if value in market.grid.area_index() else Code.AREA_UNKNOWN


def _principal(call: Call, item: ClientIn) -> Principal:
    role = item.named_role()
    return Principal(
        client_id=new_client_id(role),
        role=role,
        market_id=None if role is Role.OPERATOR else call.market.rules.market_id,
        participant_id=item.participant_id,
        area_id=item.area_id,
        unit_id=item.unit_id,
    )


ADDRESSES: Final = (
    Address(
        method="POST",
        path="/v1/token",
        handler=token,
        about="A token for client id and secret (OAuth 2.0 client credentials)",
        form=True,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/clients:batch",
        handler=create_clients,
        about="Make credentials, all or none; secrets are shown once",
        body=ClientsIn,
        created=True,
    ),
)
