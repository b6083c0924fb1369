"""Holds what the stream says against its description.

The one idea: a message names its description itself (type, channel, event), so every message that any
test hears can be checked, and one that is not described has none.
"""

from functools import cache
from typing import Any

import jsonschema_rs

from api.asyncapi import asyncapi

CHANNEL_TYPES = {"snapshot", "delta", "resend"}


@cache
def description() -> dict[str, Any]:
    return asyncapi()


def described_as(message: dict[str, Any]) -> str:
    """The name of a message in the description."""
    kind, channel = message["type"], message["channel"]
    if kind not in CHANNEL_TYPES:
        return f"server.{kind}"
    return f"{channel}.{'snapshot' if kind == 'snapshot' else message['data']['event']}"


@cache
def _validator(name: str) -> Any:  # noqa: ANN401 - of a library without types
    components = description()["components"]
    assert name in components["messages"], f"{name} is not described"
    schema = {**components["messages"][name]["payload"], "components": components}
    return jsonschema_rs.validator_for(schema)


seen: set[str] = set()
"""What has been checked, for tests that want to know."""


def check(message: dict[str, Any]) -> dict[str, Any]:
    """The message, if it is what the description says."""
    name = described_as(message)
    faults = [
        f"{fault.instance_path}: {fault.message}" for fault in _validator(name).iter_errors(message)
    ]
    assert faults == [], (name, faults, message)
    seen.add(name)
    return message
