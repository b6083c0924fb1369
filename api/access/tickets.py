"""Tickets for the stream: what a page shows instead of a token.

The one idea: a page cannot read its cookie and a socket takes none, so that no foreign page opens a
socket in somebody's name. A ticket is had with the session's cookie, good once and for half a minute,
and opens a socket that ends with the session.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from api.access.auth import Access

LIFETIME_S: Final = 30
TICKETS_MAX: Final = 10_000
"""That wait at once; of more the oldest are forgotten."""
TICKETS_OWN_MAX: Final = 20
"""Of one sender: more sockets than a person opens at once."""
_BYTES: Final = 32


class Tickets:
    """All tickets that wait to be used."""

    def __init__(self, real_time_s: Callable[[], float]) -> None:
        self._real_time_s = real_time_s
        self._waiting: OrderedDict[bytes, tuple[float, Access]] = OrderedDict()

    def issue(self, access: Access) -> tuple[str, int]:
        """A ticket, and the UTC second at which it ends."""
        now_s = self._real_time_s()
        for digest, (ends_s, _) in tuple(self._waiting.items()):
            if ends_s > now_s:
                break
            del self._waiting[digest]
        whose = access.principal.client_id
        own = [key for key, (_, of) in self._waiting.items() if of.principal.client_id == whose]
        if len(own) >= TICKETS_OWN_MAX:
            del self._waiting[own[0]]
        elif len(self._waiting) >= TICKETS_MAX:
            self._waiting.popitem(last=False)
        ticket = secrets.token_urlsafe(_BYTES)
        ends_s = now_s + LIFETIME_S
        self._waiting[_hashed(ticket)] = (ends_s, access)
        return ticket, int(ends_s)

    def use(self, ticket: str) -> Access | None:
        """Whose it is, this once; None: it is none, or was used, or took too long."""
        ends_s, access = self._waiting.pop(_hashed(ticket), (0.0, None))
        return access if self._real_time_s() < ends_s else None


def _hashed(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).digest()
