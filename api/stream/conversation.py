"""What a client may say on the stream, and with which codes a socket ends."""

from typing import Final

import msgspec

LOGGED_OUT: Final = 1000
REFUSED: Final = 4001
SILENT: Final = 4002
NOT_UNDERSTOOD: Final = 4003
TOO_SLOW: Final = 4008
TOO_MANY: Final = 4009
SERVER_ENDS: Final = 1012
CLOSE_CODES: Final = {
    LOGGED_OUT: "logged out",
    1002: "not the websocket protocol",
    1007: "text that is not UTF-8",
    1009: "message too large",
    1011: "no answer to a ping",
    SERVER_ENDS: "the server ends",
    REFUSED: "not authenticated in time, or token refused",
    SILENT: "nothing heard for too long",
    NOT_UNDERSTOOD: "message not understood",
    TOO_SLOW: "reads too slowly: subscribe anew",
    TOO_MANY: "too many subscriptions",
}
"""All codes with which a socket may end, and what they say."""


class Authenticate(msgspec.Struct, tag_field="type", tag="authenticate"):
    """Who one is; the first message, and again before a token ends. Null: public channels only.

    A page has a ticket instead of a token.
    """

    token: str | msgspec.UnsetType | None = msgspec.UNSET
    ticket: str | msgspec.UnsetType = msgspec.UNSET
    """Good once, and for half a minute."""
    disconnect_grace_s: int = 0
    """How long orders that hang on this session stay when it breaks off; 0 to 60."""


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    """Begin a channel: with a snapshot, or with the change `from_seq` where it is still held."""

    channel: str
    key: str
    from_seq: int | None = None


class Unsubscribe(msgspec.Struct, tag_field="type", tag="unsubscribe"):
    """End a channel."""

    channel: str
    key: str


class Resend(msgspec.Struct, tag_field="type", tag="resend"):
    """Send changes again, the first and the last one named included."""

    channel: str
    key: str
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")


class Heartbeat(msgspec.Struct, tag_field="type", tag="heartbeat"):
    """The client lives."""


class Logout(msgspec.Struct, tag_field="type", tag="logout"):
    """An end in good order: orders that hang on the session stay."""


Message = Authenticate | Subscribe | Unsubscribe | Resend | Heartbeat | Logout
CLIENT_MESSAGES: Final = (Authenticate, Subscribe, Unsubscribe, Resend, Heartbeat, Logout)
DECODER: Final = msgspec.json.Decoder(Message)
