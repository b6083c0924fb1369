"""Who lives and works in the town, and how they sign in.

The one idea: everybody is enrolled once, when the town is built, with a passkey made by the device in
software of `tests/api/authenticator.py`; its key is kept with the town, so that it can be put on a
browser's own authenticator in every window, or sign in beside it where a test is not about signing in.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.api.authenticator import Browser, Key, raw, text

if TYPE_CHECKING:
    from tests.api.village import Village
    from tests.browser.town import Town

Person = dict[str, Any]

ROLES: Final[dict[str, Person]] = {
    "olga": {"role": "operator"},
    "oskar": {"role": "operator"},
    "rita": {"role": "participant", "participant_id": "rur-01"},
    "wim": {"role": "participant", "participant_id": "rur-00"},
    "sven": {"role": "area", "area_id": "SEM"},
}
"""Two operators, a home with a battery and a case, one with a turbine and an offer, an area's grid operator."""
# A device counts how often it was used, and the server refuses one that counts back: every use begins
# far above the last one, whichever device it is on.
_USES: Final = count(1_000, 1_000)


def enrol(town: "Town") -> dict[str, Person]:
    """Enrol everybody; what they sign in with, by name."""
    return {name: enrol_one(town, name, wanted) for name, wanted in ROLES.items()}


def enrol_one(market: "Village", name: str, wanted: Person) -> Person:
    """Enrol somebody in a market; what they sign in with."""
    given = market.act("/enrolments", "operator", wanted)
    assert given.status_code == 201, given.text
    with Browser(market.server) as browser:
        options = browser.enrol_options(given.json()["code"], name, name.title())
        made = browser.device.create(options["public_key"])
        body: Person = {"challenge_id": options["challenge_id"], "credential": made}
        answer = browser.post("/v1/people:enrol", body)
        assert answer.status_code == 201, answer.text
        (key,) = browser.device.keys
        person: Person = {
            "credential_id": text(key.credential_id),
            "user_handle": text(key.user_handle),
            "private_key": base64.b64encode(_pkcs8(key)).decode(),
        }
    return person


def _pkcs8(key: Key) -> bytes:
    return key.private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def passkey(person: Person) -> Person:
    """The passkey as a browser's authenticator takes it."""
    return {
        "credentialId": _plain(person["credential_id"]),
        "isResidentCredential": True,
        "rpId": "localhost",
        "privateKey": person["private_key"],
        "userHandle": _plain(person["user_handle"]),
        "signCount": next(_USES),
    }


def _plain(told: str) -> str:
    return base64.b64encode(raw(told)).decode()


def cookie(town: "Town", name: str, language: str) -> tuple[str, str]:
    """A new session of somebody, signed in beside any browser: its cookie and the person's id.

    Whatever language the last test left the person with, it is `language` from now on.
    """
    with signed_in(town, name) as browser:
        answer = browser.send("PATCH", "/v1/people/me", {"language": language})
        assert answer.status_code == 200, answer.text
        assert browser.cookie is not None
        return browser.cookie, answer.json()["person_id"]


@contextmanager
def signed_in(town: "Town", name: str) -> Iterator[Browser]:
    """Somebody in a session that has just begun, who acts without a page."""
    person = town.people[name]
    private = serialization.load_der_private_key(base64.b64decode(person["private_key"]), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    key = Key(raw(person["credential_id"]), private, raw(person["user_handle"]), next(_USES))
    with Browser(town.server) as browser:
        browser.device.keys.append(key)
        answer = browser.by_passkey("passkey")
        assert answer.status_code == 200, answer.text
        yield browser
