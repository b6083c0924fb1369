"""The interface as OpenAPI, made from the addresses that are served.

The one idea: an address describes itself where it is defined (`call.Address`); here the pieces are
put together, with the request schemas and the one shape all refusals have.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.access.idempotency import HEADER as IDEMPOTENCY_KEY
from api.access.permissions import PERMISSIONS
from api.access.sessions import COOKIE
from api.call import Address
from api.routes.server import VERSION
from api.shapes.addresses import TOLD
from api.wire.errors import PROBLEM_MEDIA
from api.wire.formats import Form
from market.model.rejection import Code

_REFERENCE: Final = "#/components/schemas/{model}"
_TOLD_REFERENCE: Final = "#/components/schemas/{name}"
_PATH_ID: Final = re.compile(r"\{([a-z_]+)(?::path)?\}")
_TEXT: Final = {"type": "string"}
_LOGIN_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["grant_type", "client_id", "client_secret"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_id": _TEXT,
        "client_secret": _TEXT,
    },
}
"""The one form there is."""
_PROBLEM_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "trace_id", "errors"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": _TEXT,
        "code": {"type": "string", "enum": [code.value for code in Code]},
        "trace_id": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": _TEXT, "code": _TEXT, "detail": _TEXT},
            },
        },
    },
}


def description_json(addresses: Iterable[Address]) -> bytes:
    """The whole description as JSON."""
    shown = [address for address in addresses if address.described]
    models: list[type[BaseModel]] = []
    for address in shown:
        taken = () if address.body is None else (address.body, *address.bodies)
        models += [model for model in taken if model not in models]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REFERENCE
    )
    told = list(dict.fromkeys(TOLD.values()))
    references, answered = msgspec.json.schema_components(told, ref_template=_TOLD_REFERENCE)
    reference_of = dict(zip(told, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for address in shown:
        shape = TOLD.get((address.method, address.path))
        answers = None if shape is None else reference_of[shape]
        paths.setdefault(address.path, {})[address.method.lower()] = _operation(address, answers)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "wattmarket",
                "version": VERSION,
                "description": "A local electricity market. Values are decimal strings with the "
                "unit in the field's name, times RFC 3339; every refusal has a code.",
            },
            "paths": paths,
            "components": {
                "schemas": {**answered, **schemas.get("$defs", {}), "Problem": _PROBLEM_SCHEMA},
                "securitySchemes": {
                    "token": {
                        "type": "oauth2",
                        "flows": {"clientCredentials": {"tokenUrl": "/v1/token", "scopes": {}}},
                    },
                    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                },
            },
        }
    )


def _operation(address: Address, answers: dict[str, Any] | None) -> dict[str, Any]:
    """One method of an address; `answers`: the schema of its answer in JSON, where it is known."""
    permission = PERMISSIONS[address.method, address.path]
    made: dict[str, Any] = {
        "operationId": _operation_id(address),
        "summary": address.about,
        "parameters": [
            *_path_parameters(address),
            *_query_parameters(address),
            *_header_parameters(address),
        ],
        "responses": {
            _done(address): {
                "description": "Done",
                **(
                    {}
                    if address.empty
                    else {
                        "content": {form.value: _content(form, answers) for form in address.answers}
                    }
                ),
            },
            "default": {
                "description": "Refused",
                "content": {
                    PROBLEM_MEDIA: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}
                },
            },
        },
        "x-roles": {role.value: reach.value for role, reach in permission.reach.items()},
    }
    if address.created:
        made["responses"]["200"] = {
            "description": "Harmless repeat",
            **({} if answers is None else {"content": {Form.JSON.value: {"schema": answers}}}),
        }
    if not permission.public:
        made["security"] = [{"token": []}, {"session": []}]
    if address.body is not None:
        named = [
            {"$ref": _REFERENCE.format(model=model.__name__)}
            for model in (address.body, *address.bodies)
        ]
        schema = {"oneOf": named} if address.bodies else named[0]
        made["requestBody"] = {
            "required": True,
            "content": {
                form.value: {"schema": schema} if form is Form.JSON else {}
                for form in address.takes
            },
        }
    elif Form.JSON not in address.takes:
        made["requestBody"] = {
            "required": True,
            "content": {form.value: {"schema": _TEXT} for form in address.takes},
        }
    if address.form:
        made["requestBody"] = {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": _LOGIN_SCHEMA}},
        }
    return made


def _content(form: Form, answers: dict[str, Any] | None) -> dict[str, Any]:
    return {} if answers is None or form is not Form.JSON else {"schema": answers}


def _operation_id(address: Address) -> str:
    """A name of its own for each operation: several addresses may share a handler or its name."""
    words = re.findall(r"[a-z0-9]+", address.path.removeprefix("/v1"))
    return "_".join([address.method.lower(), *words])


def _done(address: Address) -> str:
    if address.empty:
        return "204"
    return "201" if address.created else "200"


def _path_parameters(address: Address) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _TEXT}
        for name in _PATH_ID.findall(address.path)
    ]


def _header_parameters(address: Address) -> list[dict[str, Any]]:
    """What an act that is not an order wants in its headers."""
    if not address.idempotent:
        return []
    return [
        {
            "name": IDEMPOTENCY_KEY,
            "in": "header",
            "required": True,
            "description": "The sender's own random name for this act, 16 to 64 letters, digits and "
            "_ . : -; the same act again under it is answered again and done once.",
            "schema": _TEXT,
        }
    ]


def _query_parameters(address: Address) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name,
            "in": "query",
            "required": item.required,
            "description": item.about,
            "schema": _TEXT,
        }
        for item in address.query
    ]
