"""The hash of a state: equal exactly when two states are equal, in whatever process they came to be.

The one idea: it is the SHA-256 of the state's canonical bytes, so the bytes of a snapshot prove
themselves, and a replay is right when it ends at the same hash.
"""

from hashlib import sha256

from market.engine.state_writing import encode


def state_hash(state: object) -> bytes:
    """32 bytes.

    Raises:
        StateRefused: something in the state has no canonical form (`state_form.py`).
    """
    return hash_of(encode(state))


def hash_of(encoded: bytes) -> bytes:
    """The same from bytes already written."""
    return sha256(encoded).digest()
