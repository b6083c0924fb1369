"""Tokens: short-lived, signed, checked on every request.

The one idea: a token says who it is for and ends by itself, so a request needs no look into a
database. What was checked once is remembered under the token's hash until it ends, and a client that
is revoked meanwhile is refused all the same; time here is real time at every speed of the market's
clock.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from api.access.identity import Principal, SigningKey
from api.wire.errors import refuse
from market.model.participant import Role
from market.model.rejection import Code

ISSUER: Final = "wattmarket"
AUDIENCE: Final = "wattmarket-api"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - the registered name of access tokens, no secret
ALGORITHM: Final = "HS256"
TOKEN_LENGTH_MAX: Final = 4_096
"""Ours are near 500 characters; nothing longer is worth decoding."""
REMEMBERED_MAX: Final = 20_000
"""Tokens remembered as checked; 10 minutes of logins of a large market, some MB."""
_IDS: Final = ("market_id", "participant_id", "area_id", "unit_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A checked token or session: who, and until when."""

    principal: Principal
    ends_s: int
    """Real UTC second at which it ends."""
    session_id: str | None = None
    """The person's session it stands on, and ends with; None: a token."""


class Tokens:
    """Issues and checks this deployment's tokens."""

    def __init__(
        self,
        key: SigningKey,
        *,
        lifetime_s: int,
        real_time_s: Callable[[], float],
        revoked: Container[str] = frozenset(),
    ) -> None:
        self._key = OctKey.import_key(key.key, {"kid": key.key_id})
        self._key_id = key.key_id
        self._real_time_s = real_time_s
        self.lifetime_s = lifetime_s
        self._revoked = revoked
        self._remembered: OrderedDict[bytes, Access] = OrderedDict()

    def issue(self, principal: Principal) -> str:
        """A token for the principal, valid from now."""
        now_s = int(self._real_time_s())
        claims: dict[str, str | int] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.client_id,
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + self.lifetime_s,
            "role": principal.role.value,
        }
        claims |= {name: value for name in _IDS if (value := getattr(principal, name)) is not None}
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self._key_id}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def check(self, token: str) -> Access:
        """Who the token is for.

        Raises:
            RefusedError: TOKEN_INVALID, TOKEN_EXPIRED or CREDENTIALS_REVOKED.
        """
        if len(token) > TOKEN_LENGTH_MAX or not token.isascii():
            raise refuse(Code.TOKEN_INVALID)
        digest = hashlib.sha256(token.encode()).digest()
        access = self._remembered.get(digest)
        if access is None:
            access = self._read(token)
            self._remembered[digest] = access
            if len(self._remembered) > REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        if self._real_time_s() >= access.ends_s:
            self._remembered.pop(digest, None)
            raise refuse(Code.TOKEN_EXPIRED)
        if access.principal.client_id in self._revoked:
            raise refuse(Code.CREDENTIALS_REVOKED)
        return access

    def _read(self, token: str) -> Access:
        try:
            read = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            claims = read.claims
            ends_s, begins_s = claims["exp"], claims["nbf"]
            if (
                read.header.get("typ") != TOKEN_TYPE
                or read.header.get("kid") != self._key_id
                or claims["iss"] != ISSUER
                or claims["aud"] != AUDIENCE
                or type(ends_s) is not int
                or type(begins_s) is not int
                or begins_s > self._real_time_s()
            ):
                raise refuse(Code.TOKEN_INVALID)
            principal = Principal(
                client_id=str(claims["sub"]),
                role=Role(claims["role"]),
                **{name: claims.get(name) for name in _IDS},
            )
        except (JoseError, ValueError, KeyError, TypeError):
            raise refuse(Code.TOKEN_INVALID) from None
        return Access(principal=principal, ends_s=ends_s)


def bearer_token(header: str | None) -> str | None:
    """The token of an Authorization header; None: none was sent.

    Raises:
        RefusedError: TOKEN_INVALID for any other scheme.
    """
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refuse(Code.TOKEN_INVALID)
    return token.strip()
