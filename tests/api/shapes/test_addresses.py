"""What addresses are said to answer: a table that only describes, held against every answer of the tests."""

from typing import Any

import httpx
import msgspec
import pytest

from api.app import ADDRESSES
from api.shapes.addresses import TOLD
from api.wire.formats import Form
from tests.api.described import answered, check_answer, openapi
from tests.api.village import Village


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
