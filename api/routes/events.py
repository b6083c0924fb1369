"""Public channels as server-sent events: for pages behind proxies that know no websocket.

The one idea: the same messages with the same numbers, one way. The id of an event is epoch and
number, so a browser that comes back names the last one it saw and is sent what it missed.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import cache
from typing import Final

import msgspec
from starlette.responses import Response, StreamingResponse

from api.access.permissions import CHANNELS, MARKET, Channel
from api.call import Address, Call, QueryField
from api.shapes.asyncapi import asyncapi_json
from api.stream.frames import payload_of
from api.stream.hub import Hub
from api.stream.listener import Listener
from api.stream.topics import Key
from api.wire import fields
from api.wire.errors import refuse
from api.wire.formats import Form
from market.model.rejection import Code

PATH: Final = f"{MARKET}/events"
_EVENT_ID: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_COMMENT: Final = b": alive\n\n"
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Envelope(msgspec.Struct):
    type: str
    epoch: int
    seq: int | None


_description: Final = cache(asyncapi_json)
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


async def events(call: Call) -> Response:
    """Snapshot and changes of one public channel, for as long as somebody reads."""
    channel = _channel(call.query["channel"])
    key = (channel, call.query["key"])
    hub = call.market.hub
    if not CHANNELS[channel].public or not hub.may_read(None, *key):
        raise refuse(Code.NOT_FOUND, "key")
    from_seq = _from_seq(call.request.headers.get("last-event-id"), hub.envelopes.epoch)
    lines = _lines(hub, key, from_seq, call.house.heartbeat_s)
    return StreamingResponse(lines, media_type=Form.EVENTS, headers=_HEADERS)


def _channel(name: str) -> Channel:
    try:
        return Channel(name)
    except ValueError:
        raise refuse(Code.NOT_FOUND, "channel") from None


def _from_seq(event_id: str | None, epoch: int) -> int | None:
    """The number after the last one seen; None: a snapshot is needed."""
    found = _EVENT_ID.fullmatch(event_id or "")
    if found is None or int(found[1]) != epoch:
        return None
    return int(found[2]) + 1


async def _lines(
    hub: Hub, key: Key, from_seq: int | None, heartbeat_s: float
) -> AsyncIterator[bytes]:
    listener = Listener(access=None, real_s=hub.real_s)
    hub.join(listener)
    try:
        hub.subscribe(listener, key, from_seq)
        while True:
            try:
                async with asyncio.timeout(heartbeat_s):
                    frame = await listener.next()
            except TimeoutError:
                yield _COMMENT
                continue
            if frame is None:
                break
            yield _event(payload_of(frame))
        if listener.evicted:
            yield _event(payload_of(hub.slow_reader_frame()))
    finally:
        hub.leave(listener)


def _event(payload: bytes) -> bytes:
    envelope = _ENVELOPE.decode(payload)
    lines = [b"event: " + envelope.type.encode()]
    if envelope.seq is not None:
        lines.append(f"id: {envelope.epoch}-{envelope.seq}".encode())
    return b"\n".join([*lines, b"data: " + payload, b"", b""])


async def stream_description(_: Call) -> Response:
    """The stream as AsyncAPI."""
    return Response(_description(), media_type="application/json")


ADDRESSES: Final = (
    Address(
        method="GET",
        path="/v1/asyncapi.json",
        handler=stream_description,
        about="The stream as AsyncAPI 3.1",
        described=False,
    ),
    Address(
        method="GET",
        path=PATH,
        handler=events,
        about="One public channel of the stream as server-sent events",
        query=(
            QueryField(name="channel", read=str, about="Channel", required=True),
            QueryField(name="key", read=fields.identifier, about="Its key", required=True),
        ),
        answers=(Form.EVENTS,),
    ),
)
