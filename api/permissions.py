"""Who may call what: one line per address, read by the server and by the tests.

The one idea: an address that is not in this table cannot be served, a role that is not in its line
may never use it (403), and `OWN` means that everything else answers as if it did not exist (404).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from market.model.participant import Role


class Reach(StrEnum):
    """How far a role's right goes."""

    ALL = "all"
    """Every object of the market, or of the deployment."""
    OWN = "own"
    """Objects of the caller: its participant, its area, its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Who may use one address."""

    public: bool = False
    """True: without a token too."""
    reach: Mapping[Role, Reach] = field(default_factory=dict)
    """Roles that may, and how far. For a public address: everybody, so it stays empty."""


_PUBLIC: Final = Permission(public=True)
_OPERATOR: Final = Permission(reach={Role.OPERATOR: Reach.ALL})
_PARTICIPANT: Final = Permission(reach={Role.PARTICIPANT: Reach.OWN})
_PARTICIPANT_SEEN: Final = Permission(reach={Role.PARTICIPANT: Reach.OWN, Role.OPERATOR: Reach.ALL})
_MEMBERS: Final = Permission(
    reach={Role.PARTICIPANT: Reach.OWN, Role.AREA: Reach.OWN, Role.OPERATOR: Reach.ALL}
)
_AREA_SEEN: Final = Permission(reach={Role.AREA: Reach.OWN, Role.OPERATOR: Reach.ALL})

MARKET: Final = "/v1/markets/{market}"

PERMISSIONS: Final[Mapping[tuple[str, str], Permission]] = {
    ("POST", "/v1/token"): _PUBLIC,
    ("GET", "/v1/health"): _PUBLIC,
    ("GET", "/v1/clock"): _PUBLIC,
    ("POST", "/v1/clock:start"): _OPERATOR,
    ("GET", "/v1/markets"): _PUBLIC,
    ("POST", "/v1/markets"): _OPERATOR,
    ("GET", MARKET): _PUBLIC,
    ("POST", f"{MARKET}/participants:batch"): _OPERATOR,
    ("POST", f"{MARKET}/units:batch"): _OPERATOR,
    ("POST", f"{MARKET}/deposits:batch"): _OPERATOR,
    ("POST", f"{MARKET}/clients:batch"): _OPERATOR,
    ("GET", f"{MARKET}/participants"): _MEMBERS,
    ("GET", f"{MARKET}/units"): _MEMBERS,
    ("POST", f"{MARKET}/orders"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:batch"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:cancel"): _PARTICIPANT,
    ("DELETE", f"{MARKET}/orders/{{order_id}}"): _PARTICIPANT,
    ("GET", f"{MARKET}/orders"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/orders/{{order_id}}"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/trades"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/prices"): _PUBLIC,
    ("GET", f"{MARKET}/intervals"): _PUBLIC,
    ("GET", f"{MARKET}/curves"): _PUBLIC,
    ("GET", f"{MARKET}/account"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/statement"): _PARTICIPANT,
    ("GET", f"{MARKET}/setpoints"): _MEMBERS,
    ("POST", f"{MARKET}/measurements:batch"): Permission(
        reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN}
    ),
    ("GET", f"{MARKET}/measurements"): _MEMBERS,
    ("GET", f"{MARKET}/deviations"): _AREA_SEEN,
    ("GET", f"{MARKET}/ledger"): _OPERATOR,
    ("GET", f"{MARKET}/report"): _OPERATOR,
    # The first message of the stream authenticates; each channel is checked in `stream.py`.
    ("WEBSOCKET", f"{MARKET}/stream"): _PUBLIC,
    # The description, the pages for people, the console.
    ("GET", "/v1/openapi.json"): _PUBLIC,
    ("GET", "/problems/{code}"): _PUBLIC,
    ("GET", "/"): _PUBLIC,
    ("GET", "/{path:path}"): _PUBLIC,
}


class Channel(StrEnum):
    """Channels of the stream."""

    MARKET = "market"
    TRADES = "trades"
    AREA = "area"
    UNIT = "unit"
    ACCOUNT = "account"


CHANNELS: Final[Mapping[Channel, Permission]] = {
    Channel.MARKET: _PUBLIC,
    Channel.TRADES: _PUBLIC,
    Channel.AREA: _AREA_SEEN,
    Channel.UNIT: Permission(
        reach={
            Role.PARTICIPANT: Reach.OWN,
            Role.DEVICE: Reach.OWN,
            Role.AREA: Reach.OWN,
            Role.OPERATOR: Reach.ALL,
        }
    ),
    Channel.ACCOUNT: _PARTICIPANT,
}
