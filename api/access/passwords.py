"""Passwords of people: which are taken, and how they are kept.

The one idea: a password is only the second way in, beside passkeys, and never enough by itself (a
time code goes with it). It is kept as Argon2id, and an unknown login costs the same work as a known
one, so that nobody learns from the time who is known here.
"""

import os
import unicodedata
from collections.abc import Collection
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from zxcvbn import zxcvbn

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 128
GUESSES_MIN: Final = 10**8
"""Fewer guesses than these, as zxcvbn estimates them, are too few: the line of its score 3."""
ESTIMATED_CHARACTERS: Final = 72
"""How much of a password is estimated: the estimate's work grows with the square of its length."""
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
"""Argon2id as OWASP's Password Storage Cheat Sheet has it first: 19 MiB, two passes, one lane."""
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


def is_strong(password: str, known: Collection[str] = ()) -> bool:
    """True where guessing it takes long: not common, not a pattern, not made of what is known.

    Args:
        password: of an allowed length.
        known: what others know of the person, such as the login.
    """
    beginning = password[:ESTIMATED_CHARACTERS]
    found = zxcvbn(beginning, user_inputs=["wattmarket", *known])
    return int(found["guesses"]) >= GUESSES_MIN


def hashed(password: str) -> str:
    """How a password is kept: Argon2id with a salt of its own, in the PHC string format."""
    derived: str = _argon(os.urandom(_SALT_BYTES)).derive_phc_encoded(_bytes(password))
    return derived


def is_it(password: str, kept: str | None) -> bool:
    """True for the password that is kept; None: nobody's, which takes as long to find out."""
    try:
        Argon2id.verify_phc_encoded(_bytes(password), kept or _NOBODYS)
    except InvalidKey:
        return False
    return kept is not None


def _bytes(password: str) -> bytes:
    """One form of the letters that can be written in several (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password).encode()


def _argon(salt: bytes) -> Argon2id:
    return Argon2id(
        salt=salt, length=_HASH_BYTES, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB
    )


_NOBODYS: Final = hashed(os.urandom(_SALT_BYTES).hex())
"""What an unknown login is compared with."""
