"""Bad input: each fault has its own code, nothing is a server error, nothing leaves a trace."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from api.wire.errors import PROBLEMS
from market.model.rejection import Code
from tests.api.village import Json, Village

NO_ZONE = "2016-06-15T12:00:00"

CASES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a time without zone": ({"start": NO_ZONE}, 422, "TIMEZONE_REQUIRED"),
    "an unknown field": ({"colour": "green"}, 422, "FIELD_UNKNOWN"),
    "a field of the answer": ({"order_id": "ord-1"}, 422, "FIELD_UNKNOWN"),
    "a missing field": ({"unit_id": None}, 422, "FIELD_MISSING"),
    "a price with too many decimals": ({"price_per_mwh": "85.201"}, 422, "PRICE_TICK"),
    "zeros too many": ({"price_per_mwh": "85.200"}, 422, "PRICE_TICK"),
    "an energy with too many decimals": ({"energy_kwh": "1.0001"}, 422, "VOLUME_STEP"),
    "Infinity": ({"price_per_mwh": "Infinity"}, 422, "FIELD_FORMAT"),
    "NaN": ({"energy_kwh": "NaN"}, 422, "FIELD_FORMAT"),
    "an exponent": ({"energy_kwh": "1e3"}, 422, "FIELD_FORMAT"),
    "a thousands separator": ({"energy_kwh": "1,000"}, 422, "FIELD_FORMAT"),
    "digits of another script": ({"energy_kwh": "１"}, 422, "FIELD_FORMAT"),  # noqa: RUF001
    "a number in place of a string": ({"energy_kwh": 1}, 422, "FIELD_FORMAT"),
    "a float in place of a string": ({"price_per_mwh": 85.2}, 422, "FIELD_FORMAT"),
    "negative energy": ({"energy_kwh": "-1.000"}, 422, "FIELD_RANGE"),
    "no energy": ({"energy_kwh": "0.000"}, 422, "VOLUME_MIN"),
    "an astronomical energy": ({"energy_kwh": "99999999999"}, 422, "FIELD_RANGE"),
    "a price above the market's": ({"price_per_mwh": "4000.01"}, 422, "PRICE_ABOVE_MAX"),
    "a price below the market's": ({"price_per_mwh": "-500.01"}, 422, "PRICE_BELOW_MIN"),
    "an interval that is none": ({"start": "2016-06-15T00:07:00Z"}, 409, "PRODUCT_UNKNOWN"),
    "half a second": ({"start": "2016-06-15T00:00:00.5Z"}, 422, "FIELD_RANGE"),
    "a day that is none": ({"start": "2016-02-30T00:00:00Z"}, 422, "FIELD_FORMAT"),
    "the year 1": ({"start": "0001-01-01T00:00:00Z"}, 422, "FIELD_RANGE"),
    "somebody else's unit": ({"unit_id": "bob-solar"}, 404, "UNIT_UNKNOWN"),
    "a unit that is not there": ({"unit_id": "nobody"}, 404, "UNIT_UNKNOWN"),
    "more than the unit can": ({"energy_kwh": "99.000"}, 422, "EXCEEDS_CAPABILITY"),
    "the wrong direction": ({"side": "sell"}, 422, "EXCEEDS_CAPABILITY"),
    "a side that is none": ({"side": "up"}, 422, "FIELD_FORMAT"),
    "a kind that is none": ({"kind": "stop"}, 422, "FIELD_FORMAT"),
    "an id with a NUL": ({"client_order_id": "a\0b"}, 422, "FIELD_FORMAT"),
    "an id with a slash": ({"client_order_id": "../x"}, 422, "FIELD_FORMAT"),
    "an id with a lone surrogate": ({"client_order_id": "\ud800"}, 422, "FIELD_FORMAT"),
    "an id without end": ({"client_order_id": "x" * 65}, 422, "FIELD_FORMAT"),
    "an empty id": ({"client_order_id": ""}, 422, "FIELD_FORMAT"),
}


def assert_problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {
        "type", "title", "status", "detail", "instance", "code", "trace_id", "errors",
    }  # fmt: skip
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"/problems/{code}"
    assert len(problem["trace_id"]) == 32
    assert problem["errors"][0]["code"] == code
    return problem


@pytest.mark.parametrize("name", CASES)
def test_a_bad_order_is_refused_with_its_code_and_leaves_no_trace(
    still_village: Village, name: str
) -> None:
    village = still_village
    changes, status, code = CASES[name]
    before = village.state()
    body = json.dumps(village.order(**changes)).encode()
    answer = village.send("POST", "/orders", "ada", content=body)
    problem = assert_problem(answer, status, code)
    for value in changes.values():
        if isinstance(value, str) and len(value) > 3 and value not in {"sell", "NaN"}:
            assert value not in answer.text, "nothing of the input is told back"
    assert problem["instance"] == "/v1/markets/{market}/orders"
    assert village.state() == before


@pytest.mark.parametrize("field", ["price_per_mwh", "energy_kwh"])
@pytest.mark.parametrize(("is_null", "code"), [(True, "FIELD_FORMAT"), (False, "FIELD_MISSING")])
def test_no_price_is_no_price_of_zero(
    still_village: Village, field: str, is_null: bool, code: str
) -> None:
    """Elsewhere a price of null was free energy."""
    before, order = still_village.state(), still_village.order()
    del order[field]
    answer = still_village.post("/orders", "ada", order | ({field: None} if is_null else {}))
    assert_problem(answer, 422, code)
    assert still_village.state() == before


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[1] == 422])
def test_one_row_and_a_batch_are_refused_alike(still_village: Village, name: str) -> None:
    village = still_village
    changes, status, code = CASES[name]
    before = village.state()
    body = json.dumps({"orders": [village.order(**changes)]}).encode()
    answer = village.send("POST", "/orders:batch", "ada", content=body)
    if answer.status_code == 200:
        (item,) = answer.json()["items"]
        assert (item["status"], item["code"]) == ("rejected", code)
    else:
        problem = assert_problem(answer, status, code)
        assert problem["errors"][0]["pointer"].startswith("/orders/0")
    assert village.state() == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"kind": "limit"} {}',
        b'{"price_per_mwh": NaN}',
        b'{"price_per_mwh": -Infinity}',
        b'{"kind": "limit", "kind": "limit"}',
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 60_000,
        b'{"a":' * 9_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_is_refused(still_village: Village, body: bytes) -> None:
    before = still_village.state()
    for path in ("/orders", "/orders:batch", "/orders:cancel"):
        answer = still_village.send("POST", path, "ada", content=body)
        assert_problem(answer, 400, "BODY_NOT_JSON")
    assert still_village.state() == before


def test_a_number_too_long_for_any_field_is_out_of_range(still_village: Village) -> None:
    body = b'{"orders": [], "atomic": ' + b"9" * 5_000 + b"}"
    answer = still_village.send("POST", "/orders:batch", "ada", content=body)
    codes = {fault["code"] for fault in answer.json()["errors"]}
    assert (answer.status_code, codes) == (422, {"FIELD_FORMAT", "FIELD_RANGE"})


def test_a_large_body_is_refused_outside_batches(still_village: Village) -> None:
    before = still_village.state()
    body = json.dumps(still_village.order(note="x" * 2_000_000)).encode()
    answer = still_village.send("POST", "/orders", "ada", content=body)
    assert_problem(answer, 413, "BODY_TOO_LARGE")

    def without_length() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 20_000

    answer = still_village.send("POST", "/orders", "ada", content=without_length())
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert still_village.state() == before


def test_no_funds(village: Village) -> None:
    before = village.state()
    answer = village.post(
        "/orders", "ada", village.order(price_per_mwh="4000.00", energy_kwh="13.000")
    )
    assert answer.status_code == 201  # 52 of 100
    answer = village.post(
        "/orders",
        "ada",
        village.order(price_per_mwh="4000.00", energy_kwh="13.000", start=village.start(1)),
    )
    problem = assert_problem(answer, 409, "INSUFFICIENT_FUNDS")
    assert "needed 52.00000000, available 48.00000000" in problem["detail"]
    order_id = village.get("/orders", "ada")["items"][0]["order_id"]
    village.send("DELETE", f"/orders/{order_id}", "ada")
    assert village.state()["ledger"] == before["ledger"]
    assert village.state()["accounts"] == before["accounts"]


def test_all_faults_come_together_the_first_in_precedence_decides(still_village: Village) -> None:
    body = still_village.order(
        start=NO_ZONE, energy_kwh="-1", price_per_mwh="1.234", colour="green", side=None
    )
    answer = still_village.post("/orders", "ada", body)
    problem = assert_problem(answer, 422, "FIELD_MISSING")
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [
        ("/side", "FIELD_MISSING"),
        ("/colour", "FIELD_UNKNOWN"),
        ("/energy_kwh", "FIELD_RANGE"),
        ("/start", "TIMEZONE_REQUIRED"),
        ("/price_per_mwh", "PRICE_TICK"),
    ]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/orders", {"limit": "0"}, "FIELD_RANGE"),
        ("/orders", {"limit": "1001"}, "FIELD_RANGE"),
        ("/orders", {"limit": "ten"}, "FIELD_FORMAT"),
        ("/orders", {"cursor": "💥"}, "FIELD_FORMAT"),
        ("/orders", {"cursor": "not-a-number"}, "FIELD_FORMAT"),
        ("/orders", {"start": NO_ZONE}, "TIMEZONE_REQUIRED"),
        ("/orders", {"state": "happy"}, "FIELD_FORMAT"),
        ("/orders", {"colour": "green"}, "FIELD_UNKNOWN"),
        ("/prices", {"cursor": "1~2~3"}, "FIELD_FORMAT"),
        ("/prices", {"cursor": "9" * 40}, "FIELD_FORMAT"),
        ("/intervals", {"cursor": "x"}, "FIELD_FORMAT"),
        ("/curves", {}, "FIELD_MISSING"),
        ("/trades", {"cursor": "1"}, "FIELD_FORMAT"),
        ("/measurements", {"cursor": "1"}, "FIELD_FORMAT"),
    ],
)
def test_bad_parameters_are_coded(
    still_village: Village, path: str, query: dict[str, str], code: str
) -> None:
    answer = still_village.send("GET", path, "ada", params=query)
    assert_problem(answer, 422, code)


@pytest.mark.parametrize("day", ["2016-6-15", "2016-02-30", "today", "1066-10-14", ""])
def test_a_day_that_is_none(still_village: Village, day: str) -> None:
    answer = still_village.send("GET", "/report", "operator", params={"day": day})
    assert answer.status_code == 422, answer.text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1.000", "2016-06-15T00:00:00Z", "buy", "ada-load", "-0.01", "limit"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["orders", "items", "order_ids", "unit_id", "start", "x", "atomic", "end"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
BODIES = {
    "/orders": "ada",
    "/orders:batch": "ada",
    "/orders:cancel": "ada",
    "/measurements:batch": "rural",
    "/participants:batch": "operator",
    "/units:batch": "operator",
    "/deposits:batch": "operator",
    "/clients:batch": "operator",
    "/enrolments": "ada",
    "/participants/ada:suspend": "operator",
}


def assert_coded(answer: Response) -> None:
    """No server error; a refusal has a documented code and that code's status."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        problem = answer.json()
        assert PROBLEMS[Code(problem["code"])].status == answer.status_code


@settings(max_examples=150)
@given(path=st.sampled_from(sorted(BODIES)), body=JSON | st.builds(lambda x: {"items": [x]}, JSON))
def test_no_body_makes_a_server_error(still_village: Village, path: str, body: Json) -> None:
    content = json.dumps(body).encode()
    named = {"Idempotency-Key": uuid4().hex}
    assert_coded(still_village.send("POST", path, BODIES[path], content=content, headers=named))


@settings(max_examples=60)
@given(content=st.binary(max_size=80) | JSON.map(lambda body: json.dumps(body).encode()))
def test_nobody_enrols_with_nonsense(still_village: Village, content: bytes) -> None:
    named = {"Idempotency-Key": uuid4().hex}
    answer = still_village.server.http.post("/v1/enrol", content=content, headers=named)
    assert_coded(answer)
    assert answer.status_code >= 400


@settings(max_examples=60)
@given(key=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=80))
def test_no_name_of_an_act_makes_a_server_error(still_village: Village, key: str) -> None:
    headers = [
        (b"Authorization", f"Bearer {still_village.tokens['operator']}".encode()),
        (b"Idempotency-Key", key.encode("latin-1")),
    ]
    path = f"{still_village.path}/clients:batch"
    answer = still_village.server.http.post(path, json={}, headers=headers)
    assert_coded(answer)
    assert answer.status_code >= 400


FIELDS = sorted(
    ["kind", "client_order_id", "unit_id", "start", "end", "side", "price_per_mwh", "energy_kwh"]
)


@settings(max_examples=100)
@given(name=st.sampled_from(FIELDS), value=JSON)
def test_no_field_makes_a_server_error(still_village: Village, name: str, value: Json) -> None:
    # Nothing with this price can be accepted, so the market stays as it is.
    body = {**still_village.order(price_per_mwh="4000.01"), name: value}
    if name == "price_per_mwh":
        body["energy_kwh"] = "999.000"
    content = json.dumps(body).encode()
    answer = still_village.send("POST", "/orders", "ada", content=content)
    assert_coded(answer)
    assert answer.status_code >= 400


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_no_bytes_make_a_server_error(still_village: Village, content: bytes) -> None:
    answer = still_village.send("POST", "/orders:batch", "ada", content=content)
    assert_coded(answer)
    assert answer.status_code >= 400


@settings(max_examples=100)
@given(
    path=st.sampled_from(["/orders", "/trades", "/prices", "/intervals", "/curves", "/report"]),
    name=st.sampled_from(["limit", "cursor", "start", "from", "to", "day", "unit_id"]),
    value=st.text(max_size=30),
)
def test_no_parameter_makes_a_server_error(
    still_village: Village, path: str, name: str, value: str
) -> None:
    who = "operator" if path == "/report" else "ada"
    safe = value.encode("utf-8", "replace").decode()
    assert_coded(still_village.send("GET", path, who, params={name: safe}))


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"market_id": "../up"}, "/market_id", "FIELD_FORMAT"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone", "FIELD_FORMAT"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone", "FIELD_FORMAT"),
        ({"interval_minutes": 7}, "/interval_minutes", "FIELD_RANGE"),
        ({"interval_minutes": True}, "/interval_minutes", "FIELD_FORMAT"),
        ({"currency": "Euro"}, "/currency", "FIELD_FORMAT"),
        ({"trading_from": "2016-06-15T00:00:00"}, "/trading_from", "TIMEZONE_REQUIRED"),
        ({"areas": []}, "/areas", "FIELD_RANGE"),
        ({"last_resort": []}, "/last_resort", "DEFINITION_INVALID"),
        ({"trading_from": "2001-01-01T00:00:00Z"}, "/trading_from", "DEFINITION_INVALID"),
        ({"price_max_per_mwh": "-500.00"}, "/price_max_per_mwh", "DEFINITION_INVALID"),
    ],
)
def test_a_bad_market_is_refused_and_leaves_no_file(
    still_village: Village, changes: dict[str, Any], pointer: str, code: str
) -> None:
    server = still_village.server
    operator = {"Authorization": f"Bearer {still_village.tokens['operator']}"}
    good = server.http.get(still_village.path).json()
    files = sorted(server.settings.markets_dir.iterdir())
    answer = server.http.post(
        "/v1/markets", json={**good, "market_id": "another", **changes}, headers=operator
    )
    problem = answer.json()
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(f["pointer"], f["code"]) for f in problem["errors"]}
    assert sorted(server.settings.markets_dir.iterdir()) == files
    assert "another" not in {m["market_id"] for m in server.http.get("/v1/markets").json()["items"]}
