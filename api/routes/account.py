"""One's own account: name and language, passkeys, password.

The one idea: all of it is about the person of the session and nobody else; there is no address for
another's.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access.challenges import AddingPasskey, SettingPassword, new_challenge
from api.access.passkeys import Passkey, passkey_of, passkey_text
from api.access.people import Person
from api.access.throttle import Kind
from api.access.totp import new_secret
from api.call import Address, Call, answer, listed
from api.incoming.people import NewPasskeyIn, NewPasswordIn, NothingIn, PersonIn
from api.routes.people import first_step, new_hash, now_s, shown_person, time_codes
from api.wire.errors import refuse
from market.model.interval import instant_text
from market.model.rejection import Code

_FRESH: Final = {"Cache-Control": "no-store"}


async def _me(call: Call) -> Person:
    person = await run_in_threadpool(call.house.people.get, call.session.principal.client_id)
    if person is None:
        raise refuse(Code.SESSION_ENDED)
    return person


async def show_me(call: Call) -> Response:
    """Oneself."""
    return answer(shown_person(await _me(call)), headers=_FRESH)


async def change_me(call: Call) -> Response:
    """Another name or language."""
    wanted = await call.read(PersonIn)
    values = {name: value for name, value in dict(wanted).items() if value is not None}
    if values:
        person_id = call.session.principal.client_id
        await run_in_threadpool(lambda: call.house.people.change(person_id, **values))
    return answer(shown_person(await _me(call)), headers=_FRESH)


def _passkey(passkey: Passkey) -> dict[str, object]:
    used_s = passkey.used_s
    return {
        "passkey_id": passkey_text(passkey.credential_id),
        "name": passkey.name,
        "added_at": instant_text(passkey.added_s),
        "last_used_at": None if used_s is None else instant_text(used_s),
        "backed_up": passkey.backed_up,
    }


async def list_passkeys(call: Call) -> Response:
    """One's own passkeys."""
    own = await run_in_threadpool(call.house.people.passkeys, call.session.principal.client_id)
    return listed(call, [_passkey(one) for one in own], None)


async def new_passkey_options(call: Call) -> Response:
    """Begin to add one more passkey."""
    await call.read(NothingIn)
    person, house = await _me(call), call.house
    own = await run_in_threadpool(house.people.passkeys, person.person_id)
    adding = AddingPasskey(challenge=new_challenge(), person_id=person.person_id)
    options = house.passkeys.creation_options(
        adding.challenge,
        person_id=person.person_id,
        login=person.login,
        name=person.name,
        existing=[one.credential_id for one in own],
    )
    challenge_id = house.challenges.keep(adding)
    return answer({"challenge_id": challenge_id, "public_key": options}, headers=_FRESH)


async def add_passkey(call: Call) -> Response:
    """Add one more passkey."""
    wanted = await call.read(NewPasskeyIn)
    person, house = await _me(call), call.house
    adding = house.challenges.take(AddingPasskey, wanted.challenge_id)
    if adding is None or adding.person_id != person.person_id:
        raise refuse(Code.CHALLENGE_ENDED)
    made = await run_in_threadpool(house.passkeys.made, wanted.credential, adding.challenge)
    if made is None:
        raise refuse(Code.PASSKEY_REFUSED)
    await run_in_threadpool(
        house.people.add_passkey, person.person_id, made, wanted.name, now_s(call)
    )
    found = await run_in_threadpool(house.people.passkey, made.credential_id)
    assert found is not None, "it was written a line above"
    return answer(_passkey(found), 201, headers=_FRESH)


async def remove_passkey(call: Call) -> Response:
    """Take one of one's passkeys away."""
    credential_id = passkey_of(call.path_id["passkey_id"])
    person_id = call.session.principal.client_id
    if credential_id is None:
        raise refuse(Code.NOT_FOUND)
    await run_in_threadpool(call.house.people.remove_passkey, person_id, credential_id)
    return Response(status_code=204)


async def new_password_options(call: Call) -> Response:
    """Begin to take a password, or a new secret for time codes."""
    await call.read(NothingIn)
    person = await _me(call)
    setting = SettingPassword(challenge=b"", person_id=person.person_id, totp_secret=new_secret())
    return answer(
        {
            "challenge_id": call.house.challenges.keep(setting),
            "totp": time_codes(setting.totp_secret, person.login),
        },
        headers=_FRESH,
    )


async def set_password(call: Call) -> Response:
    """Another password; all other sessions of the person end."""
    wanted = await call.read(NewPasswordIn)
    person, house = await _me(call), call.house
    phc = await new_hash(call, wanted.password, person.login, person.name)
    secret, step = None, 0
    if wanted.challenge_id is not None:
        setting = house.challenges.take(SettingPassword, wanted.challenge_id)
        if setting is None or setting.person_id != person.person_id:
            raise refuse(Code.CHALLENGE_ENDED)
        secret = setting.totp_secret
        try:
            step = first_step(call, secret, wanted.code)
        except Exception:
            house.challenges.put_back(wanted.challenge_id, setting)
            raise
    else:
        await _spend_time_code(call, person.person_id, wanted.code)
    await run_in_threadpool(
        lambda: house.people.set_password(person.person_id, phc, totp_secret=secret, totp_step=step)
    )
    await run_in_threadpool(
        lambda: house.sessions.end_of(person.person_id, but=call.session.session_id)
    )
    house.end_refused_streams()
    return Response(status_code=204)


async def _spend_time_code(call: Call, person_id: str, code: str) -> None:
    house = call.house
    house.throttles.spend(house.throttles.login_of(person_id, "", Kind.SIGN_IN), Kind.SIGN_IN)
    kept = await run_in_threadpool(lambda: house.people.kept_password(person_id=person_id))
    if kept is None or not await run_in_threadpool(
        house.people.take_step, kept, code, house.real_time_s()
    ):
        raise refuse(Code.TIME_CODE_WRONG, "code")


ADDRESSES: Final = (
    Address(method="GET", path="/v1/people/me", handler=show_me, about="Oneself"),
    Address(
        method="PATCH",
        path="/v1/people/me",
        handler=change_me,
        about="Another name or language of oneself",
        body=PersonIn,
    ),
    Address(
        method="GET",
        path="/v1/people/me/passkeys",
        handler=list_passkeys,
        about="One's own passkeys",
    ),
    Address(
        method="POST",
        path="/v1/people/me/passkeys:options",
        handler=new_passkey_options,
        about="Begin to add a passkey",
        body=NothingIn,
    ),
    Address(
        method="POST",
        path="/v1/people/me/passkeys",
        handler=add_passkey,
        about="Add a passkey",
        body=NewPasskeyIn,
        created=True,
    ),
    Address(
        method="DELETE",
        path="/v1/people/me/passkeys/{passkey_id}",
        handler=remove_passkey,
        about="Take a passkey away",
        budget=Kind.CHANGE,
        empty=True,
    ),
    Address(
        method="POST",
        path="/v1/people/me:password-options",
        handler=new_password_options,
        about="Begin to set a password with a new secret for time codes",
        body=NothingIn,
    ),
    Address(
        method="POST",
        path="/v1/people/me:password",
        handler=set_password,
        about="Set one's password; all other sessions end",
        body=NewPasswordIn,
        empty=True,
    ),
)
