"""Holds what the stream says and what addresses answer against their descriptions.

The one idea: a message names its description itself (type, channel, event), and an answer by its address,
so all that any test hears can be checked, and what is not described has none.
"""

import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from api.app import ADDRESSES
from api.description import description_json
from api.shapes.asyncapi import asyncapi

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


# --- answers --------------------------------------------------------------------------

answered: set[str] = set()
"""The operations whose answers have been checked."""


@cache
def openapi() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(description_json(ADDRESSES))
    return found


@cache
def _operations() -> list[tuple[re.Pattern[str], str, str]]:
    """How addresses look like, whose answers are described: pattern, method, path."""
    return [
        (re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/:]+", re.escape(path))), method.upper(), path)
        for path, of in openapi()["paths"].items()
        for method, operation in of.items()
        if _schema(operation) is not None
    ]


def _schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    done = operation["responses"].get("200") or operation["responses"].get("201", {})
    schema: dict[str, Any] | None = (
        done.get("content", {}).get("application/json", {}).get("schema")
    )
    return schema


@cache
def _answer_validator(method: str, path: str) -> Any:  # noqa: ANN401 - of a library without types
    schema = _schema(openapi()["paths"][path][method.lower()])
    assert schema is not None, (method, path)
    return jsonschema_rs.validator_for({**schema, "components": openapi()["components"]})


def check_answer(response: httpx.Response) -> None:
    """Fails if an answer in JSON is not what the description says."""
    if not response.is_success or response.headers.get("content-type") != "application/json":
        return
    method, at = response.request.method, response.request.url.path
    for pattern, of, path in _operations():
        if of == method and pattern.fullmatch(at):
            body = json.loads(response.read())
            faults = [
                f"{fault.instance_path}: {fault.message}"
                for fault in _answer_validator(method, path).iter_errors(body)
            ]
            assert faults == [], (method, path, faults)
            answered.add(f"{method} {path}")
