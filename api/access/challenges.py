"""What a ceremony has begun with and waits to be ended: once, and soon.

The one idea: a challenge is taken out by whoever comes with its id, right or wrong; what is replayed
finds nothing. They stand in memory only: after a restart one begins anew.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

LIFETIME_S: Final = 300
"""How long somebody may look for his key."""
CHALLENGES_MAX: Final = 10_000
"""More than can be asked for in five minutes; a flood pushes out the oldest, and takes no memory."""
_BYTES: Final = 32

_Begun = TypeVar("_Begun", bound="Begun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A ceremony under way."""

    challenge: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn(Begun):
    """Somebody wants to come in by a passkey; nobody knows who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppingUp(Begun):
    """Who is in shows that it is still him."""

    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddingPasskey(Begun):
    """A person adds one more passkey."""

    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingPassword(Begun):
    """A person is about to take a new secret for time codes; nothing is signed."""

    person_id: str
    totp_secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolling(Begun):
    """Who has a code is about to become a person."""

    code: str
    person_id: str
    login: str
    name: str
    totp_secret: bytes


class Challenges:
    """All ceremonies under way."""

    def __init__(self, real_time_s: Callable[[], float]) -> None:
        self._real_time_s = real_time_s
        self._begun: OrderedDict[str, tuple[float, Begun]] = OrderedDict()

    def keep(self, begun: Begun) -> str:
        """Keep a ceremony; gives the id it is ended by."""
        now_s = self._real_time_s()
        while self._begun and (
            len(self._begun) >= CHALLENGES_MAX or next(iter(self._begun.values()))[0] <= now_s
        ):
            self._begun.popitem(last=False)
        challenge_id = secrets.token_urlsafe(_BYTES)
        self._begun[challenge_id] = (now_s + LIFETIME_S, begun)
        return challenge_id

    def take(self, kind: type[_Begun], challenge_id: str) -> _Begun | None:
        """The ceremony, this once; None: there is none of this kind, or it took too long."""
        ends_s, begun = self._begun.pop(challenge_id, (0.0, None))
        if not isinstance(begun, kind) or self._real_time_s() >= ends_s:
            return None
        return begun

    def put_back(self, challenge_id: str, begun: Begun) -> None:
        """Let a ceremony go on in which nothing was signed: five minutes more."""
        self._begun[challenge_id] = (self._real_time_s() + LIFETIME_S, begun)


def new_challenge() -> bytes:
    """What an authenticator is to sign."""
    return secrets.token_bytes(_BYTES)
