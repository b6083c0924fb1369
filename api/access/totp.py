"""Time codes (TOTP, RFC 6238): six digits of half a minute, each good once.

The one idea: the secret is kept sealed under a key made from the deployment's signing key and bound to
its person; the step of the last good code is kept beside it, and only later steps are taken.
"""

import base64
import os
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP

ISSUER: Final = "wattmarket"
DIGITS: Final = 6
STEP_S: Final = 30
SKEW_STEPS: Final = 1
"""How many steps a phone's clock may be off to either side."""
_SECRET_BYTES: Final = 20
"""What RFC 4226 recommends, and what every authenticator takes."""
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


def new_secret() -> bytes:
    """A secret nobody has."""
    return os.urandom(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as people type it: Base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def secret_uri(secret: bytes, login: str) -> str:
    """The secret as authenticators scan it."""
    label = quote(f"{ISSUER}:{login}", safe=":@")
    query = {"secret": secret_text(secret), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(query)}"


def code_at(secret: bytes, time_s: float) -> str:
    """The code of the step that a moment lies in."""
    return _totp(secret).generate(int(time_s) // STEP_S * STEP_S).decode()


def step_of(secret: bytes, code: str, *, now_s: float, after_step: int) -> int | None:
    """The step whose code this is; None: of none that is near now and later than `after_step`."""
    now_step = int(now_s) // STEP_S
    given, totp, found = code.encode(), _totp(secret), None
    for step in range(now_step - SKEW_STEPS, now_step + SKEW_STEPS + 1):
        # Each is compared, whichever fits: the time does not tell which.
        if bytes_eq(totp.generate(step * STEP_S), given) and step > after_step:
            found = step
    return found


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what the standard names and the only one all authenticators know; in an HMAC it holds.
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303


class Seal:
    """Seals secrets that have to be read again."""

    def __init__(self, signing_key: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"wattmarket totp")
        self._cipher = AESGCM(derived.derive(signing_key))

    def sealed(self, secret: bytes, person_id: str) -> bytes:
        """The secret for the file; it opens for its person only."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, person_id.encode())

    def opened(self, sealed: bytes, person_id: str) -> bytes | None:
        """The secret again; None: sealed by another key, or for somebody else."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, person_id.encode())
        except InvalidTag:
            return None
