"""What addresses are said to answer: a table that only describes, held against every answer of the tests."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from api.access.permissions import MARKET, PERMISSIONS
from api.app import ADDRESSES
from api.call import Address
from api.shapes.addresses import TOLD
from api.wire.formats import Form
from market.model.participant import Role
from tests.api.described import answered, check_answer, openapi
from tests.api.village import Village, bearer


def test_what_is_told_is_told_by_an_address_that_speaks_json() -> None:
    spoken = {
        (address.method, address.path)
        for address in ADDRESSES
        if address.described and Form.JSON in address.answers and not address.empty
    }
    assert TOLD.keys() <= spoken


def test_a_name_means_the_same_in_a_question_and_in_an_answer() -> None:
    _, told = msgspec.json.schema_components(list(dict.fromkeys(TOLD.values())))
    described = openapi()["components"]["schemas"]
    for name, schema in told.items():
        if "enum" in schema:
            assert sorted(described[name]["enum"]) == sorted(schema["enum"]), name
        else:
            assert described[name]["properties"].keys() == schema["properties"].keys(), name


def test_answers_of_a_market_are_what_the_description_says(village: Village) -> None:
    assert village.post("/orders", "ada", village.order()).status_code == 201
    village.get("", None)
    village.get("/orders", "ada")
    village.get("/units", "operator")
    market = "/v1/markets/{market}"
    wanted = {
        f"POST {market}/orders",
        f"GET {market}",
        f"GET {market}/orders",
        f"GET {market}/units",
    }
    assert wanted <= answered


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/clock", {"now": "2016-06-30T20:00:00.000Z", "speed": 1, "simulated": True}),
        ("GET", "/v1/markets/village/units", {"items": [{"unit_id": 7}], "next_cursor": None}),
        ("GET", "/v1/health", {"status": "ok", "version": "1", "markets": {}, "secret": "x"}),
    ],
)
def test_an_answer_that_is_not_as_described_is_found(
    method: str, path: str, body: dict[str, Any]
) -> None:
    asked = httpx.Request(method, f"http://localhost{path}")
    with pytest.raises(AssertionError, match=path.rsplit("/", 1)[-1]):
        check_answer(httpx.Response(200, json=body, request=asked))


NOTHING_YET = {
    f"{MARKET}/curves",
    f"{MARKET}/sums",
    f"{MARKET}/system",
    f"{MARKET}/book:at",
    f"{MARKET}/orders:explain",
    f"{MARKET}/power-flow",
}
"""What is not there before somebody has traded, a call was cleared or an interval settled."""


def of_a_market() -> list[Address]:
    """Addresses that are described, and want nothing in their path but a market."""
    return [
        address
        for address in ADDRESSES
        if (address.method, address.path) in TOLD and address.method == "GET"
        if set(re.findall(r"\{(\w+)\}", address.path)) == {"market"}
    ]


@pytest.mark.parametrize("address", of_a_market(), ids=lambda address: address.path)
def test_a_market_in_which_nothing_has_happened_answers_as_described(
    still_village: Village, address: Address
) -> None:
    values = {
        "start": still_village.start(),
        "day": still_village.local_day(),
        "month": still_village.local_day()[:7],
        "from": still_village.start(),
        "to": still_village.start(1),
        "account": "bank",
        "area_id": "RUR",
        "client_order_id": "never-sent",
    }
    query = {field.name: values[field.name] for field in address.query if field.required}
    reach = PERMISSIONS[address.method, address.path].reach
    who = "operator" if Role.OPERATOR in reach else "ada"
    answer = still_village.send("GET", address.path.removeprefix(MARKET), who, params=query)

    if address.path in NOTHING_YET:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 200, answer.text
        assert f"GET {address.path}" in answered


@pytest.mark.parametrize(
    "path", ["/v1/health", "/v1/clock", "/v1/markets", "/v1/system", "/v1/clients", "/v1/people"]
)
def test_the_server_answers_as_described(still_village: Village, path: str) -> None:
    asked = still_village.server.http.get(path, headers=bearer(still_village.tokens["operator"]))

    assert asked.status_code == 200, asked.text
    assert f"GET {path}" in answered
