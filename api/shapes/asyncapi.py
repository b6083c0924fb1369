"""The stream as AsyncAPI 3.1, made from the table of shapes and the table of permissions.

The one idea: a channel of ours is a message type in the description's words: everything goes over one
address, so the description has one channel, a message for each kind, and says by `channel` and
`event` which data stands in it.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec

from api.access.permissions import CHANNELS, MARKET, Channel
from api.shapes.stream import CHANNEL_SHAPES, SERVER_DATA, ChannelShape
from api.stream.conversation import CLIENT_MESSAGES, CLOSE_CODES

_SCHEMAS: Final = "#/components/schemas/{name}"
_MESSAGES: Final = "#/components/messages/"
_NULL: Final = {"type": "null"}
_NUMBERED: Final = {"type": "integer", "minimum": 0}
Json = dict[str, Any]


def asyncapi_json() -> bytes:
    """The whole description as JSON."""
    return msgspec.json.encode(asyncapi())


def asyncapi() -> Json:
    """The whole description."""
    shapes = _shapes()
    refs, schemas = msgspec.json.schema_components(
        [*shapes, *CLIENT_MESSAGES], ref_template=_SCHEMAS
    )
    ref_of = dict(zip([*shapes, *CLIENT_MESSAGES], refs, strict=True))
    sent = _server_messages(ref_of)
    taken = {
        f"client.{shape.__struct_config__.tag}": {
            "summary": (shape.__doc__ or "").strip(),
            "payload": ref_of[shape],
        }
        for shape in CLIENT_MESSAGES
    }
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "wattmarket stream",
            "version": version("wattmarket"),
            "description": "A market's events over a websocket. docs/wire.md has the rules. "
            + "Close codes: "
            + "; ".join(f"{code} {words}" for code, words in CLOSE_CODES.items()),
        },
        "defaultContentType": "application/json",
        "channels": {
            "stream": {
                "address": f"{MARKET}/stream",
                "parameters": {"market": {"description": "market id"}},
                "messages": {
                    name.replace(".", "_"): {"$ref": _MESSAGES + name} for name in (*sent, *taken)
                },
            }
        },
        "operations": {
            "tell": _operation("send", sent),
            "ask": _operation("receive", taken),
        },
        "components": {"messages": {**sent, **taken}, "schemas": schemas},
    }


def _operation(action: str, messages: Iterable[str]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/stream"},
        "messages": [
            {"$ref": "#/channels/stream/messages/" + name.replace(".", "_")} for name in messages
        ],
    }


def _shapes() -> list[Any]:
    found: dict[Any, None] = dict.fromkeys(SERVER_DATA.values())
    for shape in CHANNEL_SHAPES.values():
        found |= dict.fromkeys([shape.snapshot, *shape.deltas])
    return list(found)


def _server_messages(ref_of: Mapping[Any, Json]) -> dict[str, Json]:
    made = {
        f"server.{kind}": {
            "summary": (data.__doc__ or "").strip(),
            "payload": _envelope([kind], None, ref_of[data]),
        }
        for kind, data in SERVER_DATA.items()
    }
    for channel, shape in CHANNEL_SHAPES.items():
        made |= _channel_messages(channel, shape, ref_of)
    return made


def _channel_messages(
    channel: Channel, shape: ChannelShape, ref_of: Mapping[Any, Json]
) -> dict[str, Json]:
    permission = CHANNELS[channel]
    roles = {role.value: reach.value for role, reach in permission.reach.items()}
    common = {"x-key": shape.key, "x-public": permission.public, "x-roles": roles}
    made = {
        f"{channel.value}.snapshot": {
            "summary": f"{shape.about}: as it is",
            "payload": _envelope(["snapshot"], channel, ref_of[shape.snapshot]),
            **common,
        }
    }
    for delta in shape.deltas:
        made[f"{channel.value}.{delta.__struct_config__.tag}"] = {
            "summary": f"{shape.about}: {(delta.__doc__ or '').strip()}",
            "payload": _envelope(["delta", "resend"], channel, ref_of[delta]),
            **common,
        }
    return made


def _envelope(kinds: list[str], channel: Channel | None, data: Json) -> Json:
    """A message of the server. Those of a channel are numbered; others may name one or none."""
    named: Json = {"type": ["string", "null"]}
    return {
        "type": "object",
        "required": ["type", "channel", "key", "epoch", "seq", "ts", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"enum": kinds},
            "channel": named if channel is None else {"const": channel.value},
            "key": named if channel is None else {"type": "string"},
            "epoch": {"type": "integer", "minimum": 1},
            "seq": {"anyOf": [_NUMBERED, _NULL]} if channel is None else _NUMBERED,
            "ts": {"type": "string"},
            "data": data,
        },
    }
