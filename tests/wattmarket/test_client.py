"""The client against a server that is played by a function."""

import asyncio
import datetime as dt
import inspect
import json
import ssl
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
import stamina

from wattmarket import AsyncClient, Client
from wattmarket.client import trusted
from wattmarket.errors import (
    BusyError,
    ConflictError,
    InvalidError,
    NotFoundError,
    UnreachableError,
    UsageError,
)
from wattmarket.exchange import Verb
from wattmarket.verbs import MarketVerbs, Orders

ORDER = {
    "unit_id": "RUR-P0001-load",
    "start": "2016-06-15T12:00:00+01:00",
    "side": "buy",
    "price_per_mwh": "210.00",
    "energy_kwh": Decimal("0.250"),
}


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


class Server:
    """Gives out tokens, answers from a list, remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | type[httpx.TransportError]) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            self.tokens += 1
            return httpx.Response(
                200, json={"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": 600}
            )  # fmt: skip
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("cut", request=request)

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked]


def client(server: Callable[[httpx.Request], httpx.Response], **more: str | None) -> Client:
    http = httpx.Client(base_url="http://market", transport=httpx.MockTransport(server))
    who = {"client_id": "c", "client_secret": "s", **more}
    return Client("http://market", market="village", http=http, **who)


def problem(status: int, code: str, **more: object) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "why", **more})


def test_an_order_goes_out_as_the_wire_wants_it_with_a_token() -> None:
    server = Server(httpx.Response(201, json={"order_id": "ord-1"}))

    order = client(server).orders.place(**ORDER, client_order_id="mine-1")

    assert order == {"order_id": "ord-1"}
    assert server.asked[0].url.path == "/v1/markets/village/orders"
    assert server.asked[0].headers["Authorization"] == "Bearer t1"
    assert server.bodies() == [
        {**ORDER, "energy_kwh": "0.250", "kind": "limit", "client_order_id": "mine-1"}
    ]


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadError, httpx.ReadTimeout, httpx.ConnectError, problem(503, "SYSTEM_BUSY"), problem(502, "")],
)  # fmt: skip
def test_a_repeat_carries_the_same_client_order_id(
    failure: httpx.Response | type[httpx.TransportError],
) -> None:
    server = Server(failure, httpx.Response(200, json={"order_id": "ord-1"}))

    client(server).orders.place(**ORDER)

    first, second = server.bodies()
    assert first == second
    assert len(first["client_order_id"]) == 32


def test_many_orders_are_named_before_the_first_sending() -> None:
    results = [{"client_order_id": "a", "status": "accepted"}]
    server = Server(httpx.ReadError, httpx.Response(200, json={"items": results}))

    assert client(server).orders.place_many([ORDER, ORDER]) == results

    first, second = server.bodies()
    assert first == second
    assert len({order["client_order_id"] for order in first["orders"]}) == 2


def test_making_credentials_is_repeated_under_the_same_name() -> None:
    server = Server(httpx.ReadError, httpx.Response(201, json={"items": []}))
    client(server).create_clients([{"role": "participant", "participant_id": "P"}])
    first, second = (request.headers["Idempotency-Key"] for request in server.asked)
    assert first == second


def test_who_never_answers_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match="no answer"):
        client(Server(*[httpx.ReadError] * 4)).create_clients([])


def test_patience_ends_with_the_last_refusal() -> None:
    server = Server(*[problem(503, "SYSTEM_BUSY") for _ in range(4)])
    with pytest.raises(BusyError, match="SYSTEM_BUSY"):
        client(server).account()


@pytest.mark.parametrize(
    ("status", "kind"), [(422, InvalidError), (404, NotFoundError), (409, ConflictError)]
)
def test_a_refusal_is_not_repeated_and_names_its_code_and_every_fault(
    status: int, kind: type[Exception]
) -> None:
    faults = [{"pointer": "/energy_kwh", "code": "FIELD_FORMAT", "detail": "not a number"}]
    server = Server(problem(status, "REQUEST_INVALID", errors=faults, trace_id="t-9"))

    with pytest.raises(kind, match="FIELD_FORMAT") as refused:
        client(server).orders.place(**ORDER)

    assert refused.value.code == "REQUEST_INVALID"  # type: ignore[attr-defined]
    assert refused.value.errors == tuple(faults)  # type: ignore[attr-defined]
    assert refused.value.trace_id == "t-9"  # type: ignore[attr-defined]


def test_a_token_not_taken_is_renewed_once() -> None:
    server = Server(problem(401, "TOKEN_INVALID"), httpx.Response(200, json={"balance": "1"}))

    assert client(server).account() == {"balance": "1"}
    assert [request.headers["Authorization"] for request in server.asked] == [
        "Bearer t1",
        "Bearer t2",
    ]


def test_one_token_serves_many_requests_and_none_is_needed_for_the_public() -> None:
    server = Server(*[httpx.Response(200, json={"now": ""}) for _ in range(3)])
    known, unknown = client(server), client(server, client_id=None, client_secret=None)

    known.clock(), known.clock(), unknown.clock()

    assert server.tokens == 1
    assert "Authorization" not in server.asked[2].headers


def test_a_list_is_read_to_its_last_page() -> None:
    server = Server(
        httpx.Response(200, json={"items": [{"trade_id": "1"}], "next_cursor": "c1"}),
        httpx.Response(200, json={"items": [{"trade_id": "2"}], "next_cursor": None}),
    )

    noon = dt.datetime(2016, 6, 15, 11, tzinfo=dt.UTC)
    assert client(server).trades(start=noon) == [{"trade_id": "1"}, {"trade_id": "2"}]
    assert [request.url.params.get("cursor") for request in server.asked] == [None, "c1"]
    assert server.asked[0].url.params["start"] == "2016-06-15T11:00:00+00:00"


def test_a_float_never_leaves_the_house() -> None:
    server = Server()
    with pytest.raises(UsageError, match=r"energy_kwh=0\.25 is a float"):
        client(server).orders.place(**{**ORDER, "energy_kwh": 0.25})
    assert server.asked == []


def test_both_clients_say_the_same() -> None:
    blocking, awaiting = (
        Server(httpx.Response(200, json={"a": 1})),
        Server(httpx.Response(200, json={"a": 1})),
    )

    async def ask() -> dict[str, Any]:
        http = httpx.AsyncClient(base_url="http://m", transport=httpx.MockTransport(awaiting))
        async with (
            http,
            AsyncClient(
                "http://m", market="village", client_id="c", client_secret="s", http=http
            ) as c,
        ):
            return await c.orders.place(**ORDER, client_order_id="x")

    assert asyncio.run(ask()) == client(blocking).orders.place(**ORDER, client_order_id="x")
    assert awaiting.bodies() == blocking.bodies()


def test_every_verb_explains_itself() -> None:
    for group in (MarketVerbs, Orders):
        for name, said in vars(group).items():
            if isinstance(said, Verb):
                assert inspect.getdoc(said), f"{group.__name__}.{name} has no docstring"


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    many = tmp_path / "credentials.json"
    many.write_text(
        json.dumps(
            {
                "market_id": "village",
                "clients": {"RUR-P0001": {"client_id": "i", "client_secret": "s"}},
            }
        )
    )
    alone = tmp_path / "operator.json"
    alone.write_text(json.dumps({"client_id": "i", "client_secret": "s"}))

    with Client("http://m", credentials=many, name="RUR-P0001") as found:
        assert found.session.market == "village"  # type: ignore[attr-defined]
    Client("http://m", credentials=alone).close()
    for wrong in ({"credentials": many}, {"credentials": many, "name": "SEM-P9"},
                  {"credentials": tmp_path / "none"}, {"client_id": "i"},
                  {"credentials": alone, "client_id": "i"}):  # fmt: skip
        with pytest.raises(UsageError):
            Client("http://m", **wrong)  # type: ignore[arg-type]


def test_without_a_market_the_client_asks_for_one() -> None:
    with Client("http://m") as nobody, pytest.raises(UsageError, match="no market named"):
        nobody.prices()


# --- orders by the thousand, lists as frames ----------------------------------------------


def columns_of(request: httpx.Request) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = pa.ipc.open_stream(request.content).read_all().to_pydict()
    return columns


def results(*names: str) -> httpx.Response:
    items = [{"client_order_id": name, "status": "accepted"} for name in names]
    return httpx.Response(200, json={"items": items})


def test_a_frame_of_orders_is_sent_as_arrow() -> None:
    server = Server(results("a"))
    assert client(server).orders.submit([{**ORDER, "client_order_id": "a"}], atomic=True) == [
        {"client_order_id": "a", "status": "accepted"}
    ]
    (request,) = server.asked
    assert request.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert request.url.params["atomic"] == "true"
    assert columns_of(request)["energy_kwh"] == ["0.250"]


def test_very_many_orders_go_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wattmarket.verbs.ORDERS_PER_BATCH", 2)
    server = Server(results("a", "b"), results("c"))
    orders = [{**ORDER, "client_order_id": name} for name in "abc"]

    assert [row["client_order_id"] for row in client(server).orders.submit(orders)] == [
        "a",
        "b",
        "c",
    ]
    assert [columns_of(sent)["client_order_id"] for sent in server.asked] == [["a", "b"], ["c"]]
    with pytest.raises(UsageError, match="atomic"):
        client(server).orders.submit(orders, atomic=True)


def test_a_fault_in_a_file_is_told_with_the_files_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("wattmarket.verbs.ORDERS_PER_BATCH", 2)
    fault = {
        "pointer": "/lines/2/side",
        "code": "FIELD_FORMAT",
        "detail": "Wrong: line 2, column side.",
    }
    problem = {"code": "FIELD_FORMAT", "detail": fault["detail"], "errors": [fault]}
    server = Server(results("a", "b"), httpx.Response(422, json=problem))
    file = tmp_path / "orders.csv"
    file.write_text("client_order_id\na\nb\nc\n", encoding="utf-8")

    with pytest.raises(InvalidError) as refused:
        client(server).orders.submit_file(file, label="end")
    assert refused.value.errors[0]["pointer"] == "/lines/4/side"
    assert refused.value.detail == "Wrong: line 4, column side."


def test_a_file_of_readings_goes_as_it_is(tmp_path: Path) -> None:
    told = {"count": 2, "refused": 1, "errors": [{"pointer": "/lines/3/start"}]}
    server = Server(httpx.Response(201, json=told))
    file = tmp_path / "june.csv"
    file.write_text("unit_id,end,consumption_kwh\na,x,1\n", encoding="utf-8")

    assert client(server).report_measurement_file("RUR", file, minutes=30) == told
    (asked,) = server.asked
    assert asked.url.path == "/v1/markets/village/measurements:file"
    assert dict(asked.url.params) == {"area_id": "RUR", "minutes": "30"}
    assert asked.headers["Content-Type"] == "text/csv"
    assert asked.content == file.read_bytes()
    with pytest.raises(UsageError, match=r"none\.csv"):
        client(server).report_measurement_file("RUR", tmp_path / "none.csv")


def test_a_list_wanted_as_a_frame_comes_as_arrow() -> None:
    def piece(name: str, link: str | None) -> httpx.Response:
        sink = pa.BufferOutputStream()
        table = pa.table({"trade_id": [name]})
        with pa.ipc.new_stream(sink, table.schema) as out:
            out.write_table(table)
        headers = {} if link is None else {"Link": f'<{link}>; rel="next"'}
        return httpx.Response(200, content=sink.getvalue().to_pybytes(), headers=headers)

    server = Server(piece("t1", "/v1/markets/m/trades?cursor=7~1"), piece("t2", None))
    frame = client(server).trades(as_="polars")

    assert frame["trade_id"].to_list() == ["t1", "t2"]
    assert [request.url.params.get("cursor") for request in server.asked] == [None, "7~1"]
    assert {request.headers["accept"] for request in server.asked} == {
        "application/vnd.apache.arrow.stream"
    }


def test_whom_the_machine_trusts_is_read_once_for_all_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[ssl.SSLContext] = []

    def reading() -> ssl.SSLContext:
        read.append(ssl.create_default_context())
        return read[-1]

    monkeypatch.setattr(httpx, "create_ssl_context", reading)
    trusted.cache_clear()
    credentials = {"client_id": "ada", "client_secret": "s"}
    for _ in range(2):
        Client("https://m", **credentials).close()
        asyncio.run(AsyncClient("https://m", **credentials).aclose())
    trusted.cache_clear()

    (context,) = read
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
