"""Strict JSON from a stranger.

The one idea: what has two readings is refused. A name that stands twice, NaN, Infinity, bytes that
are no UTF-8 and nesting without end are all `BODY_NOT_JSON`; a number too long for any field is read
as one beyond every range, so its field is refused with a pointer.
"""

import json
from typing import Any, Final, NoReturn

from api.wire.errors import refuse
from market.model.rejection import Code

INTEGER_DIGITS_MAX: Final = 18
_BEYOND: Final = 10**INTEGER_DIGITS_MAX


class _NotStrictError(ValueError):
    """JSON that some readers take and others do not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotStrictError("a name stands twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > INTEGER_DIGITS_MAX:
        return -_BEYOND if digits.startswith("-") else _BEYOND
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise _NotStrictError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_constant=_constant
)


def parse_json(body: bytes) -> object:
    """The one JSON document in a body.

    Raises:
        RefusedError: BODY_NOT_JSON.
    """
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise refuse(Code.BODY_NOT_JSON) from None
