"""Credentials: made, enrolled, renewed, revoked.

The one idea: one's own are one's participant's, area's or unit's, and for a participant those of its
units' devices; everything else answers as if it did not exist. What is taken away is taken away at
once: from new tokens, from tokens already given out, and from open sockets.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.enrolment import Enrolment
from api.access.identity import Client, Credential, Principal, Whose, new_client_id
from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.call import BATCH_BODY_MAX, PAGE, Address, Call, answer, listed, page_limit
from api.house.house import House
from api.incoming.credentials import ClientIn, ClientsIn, EnrolIn, EnrolmentIn, RotateIn
from api.wire.errors import RefusedError, refuse
from market.model.interval import instant_text
from market.model.participant import Role
from market.model.rejection import Code, Rejection

_SECRET: Final = {"Cache-Control": "no-store"}
_ID_OF_ROLE: Final = {
    Role.PARTICIPANT: "participant_id",
    Role.AREA: "area_id",
    Role.DEVICE: "unit_id",
}
_NOT_THERE: Final = {
    "participant_id": Code.PARTICIPANT_UNKNOWN,
    "area_id": Code.AREA_UNKNOWN,
    "unit_id": Code.UNIT_UNKNOWN,
}


# --- whose ------------------------------------------------------------------------


def _owner(house: House, market_id: str | None, unit_id: str | None) -> str | None:
    """The participant a unit belongs to; None: there is no such unit."""
    market = house.markets.get(market_id or "")
    unit = None if market is None else market.live.units.get(unit_id or "")
    return None if unit is None else unit.participant_id


def _is_own(call: Call, other: Principal) -> bool:
    """True when a client like this one is the caller's to see, renew and revoke."""
    who = call.who
    if who.role is Role.OPERATOR:
        return True
    if who.market_id != other.market_id:
        return False
    if who.role is Role.PARTICIPANT and other.role is Role.DEVICE:
        return _owner(call.house, other.market_id, other.unit_id) == who.participant_id
    own = _ID_OF_ROLE[who.role]
    return other.role is who.role and getattr(other, own) == getattr(who, own)


def _whose(call: Call) -> Whose:
    """What a list of the caller is narrowed to."""
    who = call.who
    if who.role is Role.OPERATOR:
        market = call.found_market
        return Whose(market_id=None if market is None else market.rules.market_id)
    unit_ids: tuple[str, ...] = () if who.unit_id is None else (who.unit_id,)
    home = call.house.markets.get(who.market_id or "")
    if who.role is Role.PARTICIPANT and home is not None:
        units = home.live.units.values()
        unit_ids = tuple(u.unit_id for u in units if u.participant_id == who.participant_id)
    return Whose(
        market_id=who.market_id,
        participant_id=who.participant_id,
        area_id=who.area_id,
        unit_ids=unit_ids,
    )


def _client_faults(call: Call, place: str, item: ClientIn) -> list[Rejection]:
    """A role needs exactly its own id, and what the id names must exist and be one's own."""
    role = item.named_role()
    if call.who.role is not Role.OPERATOR and role not in {call.who.role, Role.DEVICE}:
        return [Rejection(code=Code.NOT_PERMITTED, pointer=f"{place}role")]
    needed = _ID_OF_ROLE.get(role)
    faults = []
    for name in _ID_OF_ROLE.values():
        pointer = f"{place}{name}"
        value = getattr(item, name)
        if name == needed and value is None:
            faults.append(Rejection(code=Code.FIELD_MISSING, pointer=pointer))
        elif name != needed and value is not None:
            faults.append(Rejection(code=Code.FIELD_UNKNOWN, pointer=pointer))
        elif value is not None and not (
            _exists(call, name, value) and _is_own(call, _of(call, item))
        ):
            faults.append(Rejection(code=_NOT_THERE[name], pointer=pointer))
    return faults


def _exists(call: Call, name: str, value: str) -> bool:
    market = call.market
    if name == "participant_id":
        return value in market.live.participants
    if name == "unit_id":
        return value in market.live.units
    return value in market.grid.area_index()


def _of(call: Call, item: ClientIn) -> Principal:
    """For whom credentials are wanted; the client has no id yet."""
    role = item.named_role()
    return Principal(
        client_id="",
        role=role,
        market_id=None if role is Role.OPERATOR else call.market.rules.market_id,
        participant_id=item.participant_id,
        area_id=item.area_id,
        unit_id=item.unit_id,
    )


# --- credentials ------------------------------------------------------------------


def _names(principal: Principal) -> dict[str, object]:
    return {
        "client_id": principal.client_id or None,
        "role": principal.role.value,
        "market_id": principal.market_id,
        "participant_id": principal.participant_id,
        "area_id": principal.area_id,
        "unit_id": principal.unit_id,
    }


def _shown_once(credential: Credential) -> dict[str, object]:
    return {**_names(credential.principal), "client_secret": credential.secret}


def _now_s(call: Call) -> int:
    return int(call.house.real_time_s())


async def create_clients(call: Call) -> Response:
    """Make credentials, all or none; the secrets are shown this once."""
    wanted = await call.read(ClientsIn, BATCH_BODY_MAX)
    faults = [
        fault
        for row, item in enumerate(wanted.items)
        for fault in _client_faults(call, f"items/{row}/", item)
    ]
    if faults:
        raise RefusedError(faults)
    principals = [_named(_of(call, item)) for item in wanted.items]
    made = await run_in_threadpool(
        lambda: call.house.identity.enrol(principals, _now_s(call), by=call.who.client_id)
    )
    return answer({"items": [_shown_once(item) for item in made]}, 201, headers=_SECRET)


def _named(principal: Principal) -> Principal:
    return Principal(
        client_id=new_client_id(principal.role),
        role=principal.role,
        market_id=principal.market_id,
        participant_id=principal.participant_id,
        area_id=principal.area_id,
        unit_id=principal.unit_id,
    )


async def list_clients(call: Call) -> Response:
    """Clients one may see, never their secrets."""
    limit = page_limit(call)
    found = await run_in_threadpool(
        lambda: call.house.identity.clients(
            _whose(call), now_s=_now_s(call), cursor=call.query.get("cursor"), limit=limit + 1
        )
    )
    more = found[limit - 1].principal.client_id if len(found) > limit else None
    return listed(call, [_client(item) for item in found[:limit]], more)


def _client(item: Client) -> dict[str, object]:
    return {
        **_names(item.principal),
        "created_at": instant_text(item.created_s),
        "revoked_at": _instant(item.revoked_s),
        "old_secret_until": _instant(item.old_secret_ends_s),
    }


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else instant_text(seconds)


async def _own_client_id(call: Call) -> str:
    """The client of the address, when it is the caller's to change."""
    client_id = call.path_id["client_id"]
    found = await run_in_threadpool(call.house.identity.client, client_id)
    if found is None or not _is_own(call, found):
        raise refuse(Code.NOT_FOUND)
    return client_id


async def rotate_client(call: Call) -> Response:
    """Give a client a new secret, shown this once; the old one stays good as long as asked."""
    wanted = await call.read(RotateIn)
    client_id = await _own_client_id(call)
    now_s = _now_s(call)
    made = await run_in_threadpool(
        lambda: call.house.identity.rotate(
            client_id, grace_s=wanted.grace_s, now_s=now_s, by=call.who.client_id
        )
    )
    until = instant_text(now_s + wanted.grace_s)
    return answer({**_shown_once(made), "old_secret_until": until}, headers=_SECRET)


async def revoke_client(call: Call) -> Response:
    """Let a client in no more, for good; its sockets close, and its open codes end."""
    client_id = await _own_client_id(call)
    await run_in_threadpool(
        lambda: call.house.identity.revoke(client_id, by=call.actor, now_s=_now_s(call))
    )
    await run_in_threadpool(call.house.enrolments.revoke_open, client_id, _now_s(call))
    call.house.end_refused_streams()
    return answer({"client_id": client_id, "revoked": True})


# --- enrolment --------------------------------------------------------------------


def _enrolment(item: Enrolment) -> dict[str, object]:
    return {
        "enrolment_id": item.enrolment_id,
        **_names(item.wanted),
        "state": item.state.value,
        "made_by": item.made_by,
        "made_at": instant_text(item.made_s),
        "expires_at": instant_text(item.expires_s),
    }


async def create_enrolment(call: Call) -> Response:
    """Make a one-time code, shown this once."""
    wanted = await call.read(EnrolmentIn)
    if faults := _client_faults(call, "", wanted):
        raise RefusedError(faults)
    made, code = await run_in_threadpool(
        lambda: call.house.enrolments.make(
            _of(call, wanted),
            by=call.who.client_id,
            lifetime_s=wanted.lifetime_s,
            now_s=_now_s(call),
        )
    )
    return answer({**_enrolment(made), "code": code}, 201, headers=_SECRET)


async def list_enrolments(call: Call) -> Response:
    """Codes one may see, never the codes themselves."""
    limit = page_limit(call)
    found = await run_in_threadpool(
        lambda: call.house.enrolments.list(
            _whose(call), now_s=_now_s(call), cursor=call.query.get("cursor"), limit=limit + 1
        )
    )
    more = found[limit - 1].enrolment_id if len(found) > limit else None
    return listed(call, [_enrolment(item) for item in found[:limit]], more)


async def revoke_enrolment(call: Call) -> Response:
    """Let a code be used no more."""
    enrolment_id = call.path_id["enrolment_id"]
    now_s = _now_s(call)
    enrolments = call.house.enrolments
    found = await run_in_threadpool(enrolments.get, enrolment_id, now_s)
    if found is None or not _is_own(call, found.wanted):
        raise refuse(Code.NOT_FOUND)
    return answer(_enrolment(await run_in_threadpool(enrolments.revoke, enrolment_id, now_s)))


async def enrol(call: Call) -> Response:
    """Turn a one-time code into credentials; the secret is shown this once."""
    wanted = await call.read(EnrolIn)
    made = await run_in_threadpool(call.house.enrolments.use, wanted.code, _now_s(call))
    return answer(_shown_once(made), 201, headers=_SECRET)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/clients:batch",
        handler=create_clients,
        about="Make credentials, all or none; secrets are shown once",
        body=ClientsIn,
        created=True,
        idempotent=True,
        body_max=BATCH_BODY_MAX,
    ),
    Address(
        method="POST",
        path="/v1/enrol",
        handler=enrol,
        about="Turn a one-time code into credentials; the secret is shown once",
        body=EnrolIn,
        created=True,
        budget=Kind.LOGIN,
        idempotent=True,
    ),
    Address(
        method="GET",
        path="/v1/clients",
        handler=list_clients,
        about="Clients one may see, without secrets",
        query=PAGE,
    ),
    Address(
        method="POST",
        path="/v1/clients/{client_id}:rotate",
        handler=rotate_client,
        about="Give a client a new secret; the old one stays good for grace_s seconds",
        body=RotateIn,
        idempotent=True,
    ),
    Address(
        method="POST",
        path="/v1/clients/{client_id}:revoke",
        handler=revoke_client,
        about="Let a client in no more, for good; its sockets close",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/enrolments",
        handler=create_enrolment,
        about="Make a one-time code for credentials; shown once",
        body=EnrolmentIn,
        created=True,
        idempotent=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/enrolments",
        handler=list_enrolments,
        about="One-time codes one may see, without the codes",
        query=PAGE,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/enrolments/{{enrolment_id}}:revoke",
        handler=revoke_enrolment,
        about="Let a one-time code be used no more",
    ),
)
