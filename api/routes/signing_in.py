"""Signing in: by passkey, or by password and time code; staying in, showing it is still oneself, out.

The one idea: whatever part is wrong, the answer is the same and costs the same. Only somebody who has
shown all of it is told more, such as that the account is suspended.
"""

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.challenges import SigningIn, SteppingUp, new_challenge
from api.access.identity import Principal
from api.access.passkeys import credential_id_of
from api.access.passwords import is_it
from api.access.people import KeptPassword
from api.access.sessions import Session, cookie_gone_header, cookie_header
from api.access.throttle import Kind
from api.call import Address, Call, answer
from api.incoming.people import NothingIn, PasskeyIn, PasswordIn, StepUpIn
from api.wire.errors import RefusedError, refuse
from market.model.interval import instant_text
from market.model.rejection import Code

_FRESH: Final = {"Cache-Control": "no-store"}


async def shown(call: Call, session: Session, status: int = 200, cookie: str = "") -> Response:
    """A session as its own page sees it; with its cookie where it has just begun."""
    person = await run_in_threadpool(call.house.people.get, session.principal.client_id)
    if person is None:
        raise refuse(Code.SESSION_ENDED)
    who, sessions = session.principal, call.house.sessions
    until_s = session.stepped_up_until_s if sessions.is_stepped_up(session) else None
    content = {
        "person_id": person.person_id,
        "login": person.login,
        "name": person.name,
        "role": who.role.value,
        "market_id": who.market_id,
        "participant_id": who.participant_id,
        "area_id": who.area_id,
        "language": person.language,
        "stepped_up_until": None if until_s is None else instant_text(until_s),
        "idle_ends_at": instant_text(session.idle_ends_s),
        "ends_at": instant_text(session.ends_s),
    }
    headers = _FRESH if not cookie else {**_FRESH, "Set-Cookie": cookie_header(cookie)}
    return answer(content, status, headers=headers)


async def begun(call: Call, principal: Principal, status: int = 200) -> Response:
    """A new session of somebody who has shown who it is; the browser's one before ends.

    Raises:
        RefusedError: CREDENTIALS_REVOKED or ACCOUNT_SUSPENDED.
    """
    house = call.house
    if principal.client_id in house.identity.revoked:
        raise refuse(Code.CREDENTIALS_REVOKED)
    if house.identity.is_suspended(principal):
        raise refuse(Code.ACCOUNT_SUSPENDED)
    before = None if call.access is None else call.access.session_id
    if before is not None:
        await run_in_threadpool(house.sessions.end, before)
        house.end_refused_streams()
    cookie, session = await run_in_threadpool(house.sessions.begin, principal)
    return await shown(call, session, status, cookie)


async def show_session(call: Call) -> Response:
    """Who is in, and until when; asking does not make it longer."""
    return await shown(call, call.session)


async def end_session(call: Call) -> Response:
    """Sign out: the session ends, and its sockets."""
    await run_in_threadpool(call.house.sessions.end, call.session.session_id)
    call.house.end_refused_streams()
    return Response(status_code=204, headers={"Set-Cookie": cookie_gone_header()})


# --- by passkey ----------------------------------------------------------------------


async def passkey_options(call: Call) -> Response:
    """Begin to sign in by whatever passkey the device has for this site."""
    await call.read(NothingIn)
    challenge = new_challenge()
    return _options(
        call, SigningIn(challenge=challenge), call.house.passkeys.request_options(challenge)
    )


def _options(call: Call, begun_with: SigningIn | SteppingUp, options: dict[str, Any]) -> Response:
    challenge_id = call.house.challenges.keep(begun_with)
    return answer({"challenge_id": challenge_id, "public_key": options}, headers=_FRESH)


async def sign_in_by_passkey(call: Call) -> Response:
    """Sign in by a passkey's answer."""
    wanted = await call.read(PasskeyIn)
    found = call.house.challenges.take(SigningIn, wanted.challenge_id)
    if found is None:
        raise refuse(Code.CHALLENGE_ENDED)
    person_id = await run_in_threadpool(_whose_passkey, call, wanted.credential, found.challenge)
    if person_id is None:
        raise refuse(Code.CREDENTIALS_WRONG)
    return await _begun_by(call, person_id)


async def _begun_by(call: Call, person_id: str) -> Response:
    person = await run_in_threadpool(call.house.people.get, person_id)
    if person is None:
        raise refuse(Code.CREDENTIALS_WRONG)
    return await begun(call, person.principal)


def _whose_passkey(call: Call, credential: dict[str, Any], challenge: bytes) -> str | None:
    """Whose passkey has signed; None: nobody's, or not rightly. Keeps how far it has counted."""
    people = call.house.people
    credential_id = credential_id_of(credential)
    passkey = None if credential_id is None else people.passkey(credential_id)
    if passkey is None:
        return None
    used = call.house.passkeys.used(credential, challenge, passkey)
    if used is None or not people.passkey_used(passkey, used, int(call.house.real_time_s())):
        return None
    return passkey.person_id


# --- by password ---------------------------------------------------------------------


async def sign_in_by_password(call: Call) -> Response:
    """Sign in by password and time code."""
    wanted = await call.read(PasswordIn)
    house, login = call.house, wanted.login.lower()
    house.throttles.spend(house.throttles.login_of(login, call.address, Kind.SIGN_IN), Kind.SIGN_IN)
    kept = await run_in_threadpool(lambda: house.people.kept_password(login=login))
    if not await _fits(call, kept, wanted.password, wanted.code):
        raise refuse(Code.CREDENTIALS_WRONG)
    assert kept is not None, "nobody's password fits"
    return await _begun_by(call, kept.person_id)


async def _fits(call: Call, kept: KeptPassword | None, password: str, code: str) -> bool:
    """True when both are right. Who knows a password may try few codes, from wherever it comes.

    Nobody is kept out by that who does not let others know the password; passkeys are not touched.
    """
    house = call.house
    phc = None if kept is None else kept.password_phc
    async with house.guessing:
        right = await run_in_threadpool(is_it, password, phc)
    if not right or kept is None:
        return False
    try:
        house.throttles.spend(
            house.throttles.login_of(kept.person_id, "", Kind.SIGN_IN), Kind.SIGN_IN
        )
    except RefusedError:
        return False
    return await run_in_threadpool(house.people.take_step, kept, code, house.real_time_s())


# --- stepping up ---------------------------------------------------------------------


async def step_up_options(call: Call) -> Response:
    """Begin to show by one's passkey that it is still oneself."""
    await call.read(NothingIn)
    session = call.session
    own = await run_in_threadpool(call.house.people.passkeys, session.principal.client_id)
    challenge = new_challenge()
    options = call.house.passkeys.request_options(challenge, of=[one.credential_id for one in own])
    return _options(call, SteppingUp(challenge=challenge, session_id=session.session_id), options)


async def step_up(call: Call) -> Response:
    """Show that it is still oneself: acts that want it are open for five minutes."""
    wanted = await call.read(StepUpIn)
    session = call.session
    if wanted.credential is not None:
        right = await _stepped_up_by_passkey(call, session, wanted)
    else:
        right = await _stepped_up_by_password(call, session, wanted)
    if not right:
        raise refuse(Code.CREDENTIALS_WRONG)
    await run_in_threadpool(call.house.sessions.step_up, session)
    return await shown(call, session)


async def _stepped_up_by_passkey(call: Call, session: Session, wanted: StepUpIn) -> bool:
    assert wanted.credential is not None, "the schema says so"
    assert wanted.challenge_id is not None, "the schema says so"
    found = call.house.challenges.take(SteppingUp, wanted.challenge_id)
    if found is None or found.session_id != session.session_id:
        raise refuse(Code.CHALLENGE_ENDED)
    person_id = await run_in_threadpool(_whose_passkey, call, wanted.credential, found.challenge)
    return person_id == session.principal.client_id


async def _stepped_up_by_password(call: Call, session: Session, wanted: StepUpIn) -> bool:
    assert wanted.password is not None, "the schema says so"
    assert wanted.code is not None, "the schema says so"
    person_id, house = session.principal.client_id, call.house
    guesses = house.throttles.login_of(f"of {person_id}", call.address, Kind.SIGN_IN)
    house.throttles.spend(guesses, Kind.SIGN_IN)
    kept = await run_in_threadpool(lambda: house.people.kept_password(person_id=person_id))
    return await _fits(call, kept, wanted.password, wanted.code)


# --- the stream ----------------------------------------------------------------------


async def issue_ticket(call: Call) -> Response:
    """A ticket that opens one socket, within half a minute."""
    await call.read(NothingIn)
    assert call.access is not None, "the address is guarded"
    ticket, ends_s = call.house.tickets.issue(call.access)
    return answer({"ticket": ticket, "expires_at": instant_text(ends_s)}, 201, headers=_FRESH)


ADDRESSES: Final = (
    Address(
        method="GET",
        path="/v1/session",
        handler=show_session,
        about="One's own session: who, and until when",
        watches=True,
    ),
    Address(
        method="DELETE",
        path="/v1/session",
        handler=end_session,
        about="Sign out; the session's sockets close",
        budget=Kind.CHANGE,
        empty=True,
    ),
    Address(
        method="POST",
        path="/v1/session:passkey-options",
        handler=passkey_options,
        about="Begin to sign in by a passkey",
        body=NothingIn,
        budget=Kind.SIGN_IN,
        from_page=True,
    ),
    Address(
        method="POST",
        path="/v1/session:passkey",
        handler=sign_in_by_passkey,
        about="Sign in by a passkey; sets the session's cookie",
        body=PasskeyIn,
        budget=Kind.SIGN_IN,
        from_page=True,
    ),
    Address(
        method="POST",
        path="/v1/session:password",
        handler=sign_in_by_password,
        about="Sign in by password and time code; sets the session's cookie",
        body=PasswordIn,
        budget=Kind.SIGN_IN,
        from_page=True,
    ),
    Address(
        method="POST",
        path="/v1/session:step-up-options",
        handler=step_up_options,
        about="Begin to show by a passkey that it is still oneself",
        body=NothingIn,
    ),
    Address(
        method="POST",
        path="/v1/session:step-up",
        handler=step_up,
        about="Show that it is still oneself, by a passkey or by password and time code",
        body=StepUpIn,
        budget=Kind.SIGN_IN,
    ),
    Address(
        method="POST",
        path="/v1/stream-tickets",
        handler=issue_ticket,
        about="A ticket that opens one socket of the stream, once and within half a minute",
        body=NothingIn,
        created=True,
    ),
)
