"""People: coming in for the first time, one's own account, and who there is.

The one idea: who hands out a code never learns what the person signs in with. The code is used up
together with the first passkey or password, so that half a person never exists.
"""

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.challenges import Enrolling, new_challenge
from api.access.passwords import hashed, is_strong
from api.access.people import MAY_SIGN_IN, NewPerson, Person, new_person_id
from api.access.throttle import Kind
from api.access.totp import new_secret, secret_text, secret_uri, step_of
from api.call import CURSOR, LIMIT, Address, Call, answer, listed, page_limit
from api.incoming.people import EnrolOptionsIn, PersonEnrolIn
from api.routes.signing_in import begun
from api.wire.errors import refuse
from market.model.interval import instant_text
from market.model.rejection import Code

_FRESH: Final = {"Cache-Control": "no-store"}


def now_s(call: Call) -> int:
    """The UTC second, in real time."""
    return int(call.house.real_time_s())


def time_codes(secret: bytes, login: str) -> dict[str, str]:
    """A secret for time codes, to type and to scan."""
    return {"secret": secret_text(secret), "uri": secret_uri(secret, login)}


# --- the first time ------------------------------------------------------------------


async def enrol_options(call: Call) -> Response:
    """Begin to become a person here: what the device is asked, and a secret for time codes."""
    wanted = await call.read(EnrolOptionsIn)
    house = call.house
    principal = await run_in_threadpool(house.enrolments.wanted, wanted.code, now_s(call))
    if principal.role not in MAY_SIGN_IN:
        raise refuse(Code.NOT_PERMITTED)
    if not await run_in_threadpool(house.people.is_free, wanted.login):
        raise refuse(Code.LOGIN_TAKEN, "login")
    enrolling = Enrolling(
        challenge=new_challenge(),
        code=wanted.code,
        person_id=new_person_id(),
        login=wanted.login,
        name=wanted.name,
        totp_secret=new_secret(),
    )
    options = house.passkeys.creation_options(
        enrolling.challenge,
        person_id=enrolling.person_id,
        login=enrolling.login,
        name=enrolling.name,
    )
    return answer(
        {
            "challenge_id": house.challenges.keep(enrolling),
            "public_key": options,
            "totp": time_codes(enrolling.totp_secret, enrolling.login),
        },
        headers=_FRESH,
    )


async def enrol_person(call: Call) -> Response:
    """Become a person here, with a passkey or a password, and be signed in."""
    wanted = await call.read(PersonEnrolIn)
    house = call.house
    enrolling = house.challenges.take(Enrolling, wanted.challenge_id)
    if enrolling is None:
        raise refuse(Code.CHALLENGE_ENDED)
    if wanted.credential is not None:
        new = await run_in_threadpool(_with_passkey, call, enrolling, wanted.credential)
    else:
        assert wanted.password is not None, "the schema says so"
        assert wanted.code is not None, "the schema says so"
        try:
            new = await _with_password(call, enrolling, wanted.password, wanted.code)
        except Exception:
            # A slip of the keyboard need not cost a new secret; nothing has been guessed by it.
            house.challenges.put_back(wanted.challenge_id, enrolling)
            raise
    person = await run_in_threadpool(house.people.enrol, new, now_s(call))
    return await begun(call, person.principal, 201)


def _with_passkey(call: Call, enrolling: Enrolling, credential: dict[str, Any]) -> NewPerson:
    made = call.house.passkeys.made(credential, enrolling.challenge)
    if made is None:
        raise refuse(Code.PASSKEY_REFUSED)
    return NewPerson(
        person_id=enrolling.person_id,
        code=enrolling.code,
        login=enrolling.login,
        name=enrolling.name,
        passkey=made,
    )


async def _with_password(call: Call, enrolling: Enrolling, password: str, code: str) -> NewPerson:
    phc = await new_hash(call, password, enrolling.login, enrolling.name)
    return NewPerson(
        person_id=enrolling.person_id,
        code=enrolling.code,
        login=enrolling.login,
        name=enrolling.name,
        password_phc=phc,
        totp_secret=enrolling.totp_secret,
        totp_step=first_step(call, enrolling.totp_secret, code),
    )


async def new_hash(call: Call, password: str, *known: str) -> str:
    """How a new password is kept.

    Raises:
        RefusedError: PASSWORD_WEAK.
    """
    async with call.house.guessing:
        if not await run_in_threadpool(is_strong, password, known):
            raise refuse(Code.PASSWORD_WEAK, "password")
        return await run_in_threadpool(hashed, password)


def first_step(call: Call, secret: bytes, code: str) -> int:
    """The step of the code that shows that the secret has arrived.

    Raises:
        RefusedError: TIME_CODE_WRONG.
    """
    step = step_of(secret, code, now_s=call.house.real_time_s(), after_step=0)
    if step is None:
        raise refuse(Code.TIME_CODE_WRONG, "code")
    return step


# --- everybody -----------------------------------------------------------------------


def shown_person(person: Person) -> dict[str, object]:
    """A person; nothing of what it signs in with."""
    who = person.principal
    return {
        "person_id": person.person_id,
        "login": person.login,
        "name": person.name,
        "language": person.language,
        "role": who.role.value,
        "market_id": who.market_id,
        "participant_id": who.participant_id,
        "area_id": who.area_id,
        "made_at": instant_text(person.made_s),
        "has_password": person.has_password,
    }


async def list_people(call: Call) -> Response:
    """Who may sign in."""
    limit = page_limit(call)
    found = await run_in_threadpool(
        lambda: call.house.people.everybody(cursor=call.query.get("cursor"), limit=limit + 1)
    )
    more = found[limit - 1].person_id if len(found) > limit else None
    revoked = call.house.identity.revoked
    items = [{**shown_person(one), "revoked": one.person_id in revoked} for one in found[:limit]]
    return listed(call, items, more)


async def revoke_person(call: Call) -> Response:
    """Let a person in no more, for good; its sessions, their sockets and its open codes end."""
    person_id, house = call.path_id["person_id"], call.house
    await run_in_threadpool(
        lambda: house.people.revoke(person_id, by=call.actor, now_s=now_s(call))
    )
    await run_in_threadpool(house.sessions.end_of, person_id)
    await run_in_threadpool(house.enrolments.revoke_open, person_id, now_s(call))
    house.end_refused_streams()
    return answer({"person_id": person_id, "revoked": True})


ADDRESSES: Final = (
    Address(
        method="POST",
        path="/v1/people:enrol-options",
        handler=enrol_options,
        about="Begin to sign in for the first time, with a one-time code",
        body=EnrolOptionsIn,
        budget=Kind.SIGN_IN,
        from_page=True,
    ),
    Address(
        method="POST",
        path="/v1/people:enrol",
        handler=enrol_person,
        about="Use the code up with a first passkey or password; sets the session's cookie",
        body=PersonEnrolIn,
        created=True,
        budget=Kind.SIGN_IN,
        from_page=True,
    ),
    Address(
        method="GET",
        path="/v1/people",
        handler=list_people,
        about="Who may sign in",
        query=(LIMIT, CURSOR),
    ),
    Address(
        method="POST",
        path="/v1/people/{person_id}:revoke",
        handler=revoke_person,
        about="Let a person in no more, for good; sessions, sockets and its open codes end",
    ),
)
