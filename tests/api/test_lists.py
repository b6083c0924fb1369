"""Lists and files over the wire: the same records, whole and in order, in every format."""

import csv
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api import lists
from api.answers import columns
from api.app import ADDRESSES
from api.routes.results import _depth_rows
from api.wire.formats import BULK, TABLES, Form, encoded
from tests.api.hosting import Server
from tests.api.village import QUARTER_S, Village, make_village
from wattmarket import Client

SEEN = [
    ("/orders", "ada", columns.ORDER),
    ("/trades", "operator", columns.TRADE),
    ("/positions", "operator", columns.POSITION),
    ("/prices", None, columns.PRICE),
    ("/intervals", None, columns.INTERVAL),
    ("/areas/RUR/trades", None, columns.PUBLIC_TRADE),
    ("/measurements", "operator", columns.MEASUREMENT),
]


@pytest.fixture(scope="module")
def traded(server: Server) -> Village:
    """Two intervals in which Ada has bought from the retailer."""
    village = make_village(server, intervals=2)
    for index in range(2):
        start = village.start(index)
        orders = [village.order(start=start, energy_kwh=f"0.{number}00") for number in range(1, 6)]
        village.post("/orders:batch", "ada", {"orders": orders})
        sold = village.order(
            start=start, unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="9.000"
        )
        village.post("/orders", "retailer", sold)
    village.go_to(2 * QUARTER_S)
    village.wait_for_phase("settling", 1)
    reading = {
        "unit_id": "ada-load",
        "start": village.start(1),
        "consumption_kwh": "0.250",
        "generation_kwh": "0.000",
        "state_of_charge_kwh": None,
    }
    taken = village.post("/measurements:batch", "rural", {"area_id": "RUR", "items": [reading]})
    assert taken.status_code == 201, taken.text
    return village


def items_of(form: Form, content: bytes) -> list[dict[str, Any]]:
    """A file's records, values as text where the format has no types."""
    if form is Form.CSV:
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    if form is Form.NDJSON:
        return [json.loads(line) for line in content.splitlines()]
    if form is Form.PARQUET:
        return pq.read_table(io.BytesIO(content)).to_pylist()
    return pa.ipc.open_stream(content).read_all().to_pylist()


@pytest.mark.parametrize(("path", "who", "names"), SEEN)
@pytest.mark.parametrize("form", [form for form in TABLES if form is not Form.JSON])
def test_a_file_says_what_the_list_says(
    traded: Village, path: str, who: str | None, names: tuple[str, ...], form: Form
) -> None:
    items = traded.get(path, who)["items"]
    answer = traded.send("GET", path, who, headers={"Accept": form.value})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == form.value
    assert items
    assert items_of(form, answer.content) == items_of(form, encoded(form, names, items))


@pytest.mark.parametrize(("path", "who"), [seen[:2] for seen in SEEN])
def test_a_file_that_is_not_the_end_names_the_next(
    traded: Village, path: str, who: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PIECE_ROWS", 2)
    whole = traded.send("GET", path, who, headers={"Accept": "text/csv"}).text.splitlines()
    address, lines = f"{path}?limit=3", [whole[0]]
    while address:
        answer = traded.send("GET", address, who, headers={"Accept": "text/csv"})
        lines += answer.text.splitlines()[1:]
        link = answer.headers.get("link", "")
        address = link.partition(">")[0].removeprefix(f"<{traded.path}")

    assert len(whole) > 2
    assert lines == whole


def test_a_position_is_what_the_trades_add_up_to(traded: Village) -> None:
    mine = traded.get("/positions", "ada")["items"]
    assert [(row["unit_id"], row["start"], row["bought_kwh"], row["net_kwh"]) for row in mine] == [
        ("ada-load", traded.start(index), "1.500", "-1.500") for index in range(2)
    ]
    everybody = traded.get("/positions", "operator", start=traded.start())["items"]
    assert [(row["unit_id"], row["sold_kwh"]) for row in everybody] == [
        ("ada-load", "0.000"), ("retail", "1.531"),
    ]  # fmt: skip
    assert traded.get("/positions", "grid")["items"] == [
        row for row in traded.get("/positions", "operator")["items"] if row["area_id"] == "GRID"
    ]
    foreign = traded.send("GET", "/positions?area_id=RUR", "grid")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "AREA_UNKNOWN")


def test_an_areas_trades_are_public_and_nameless(traded: Village) -> None:
    items = traded.get("/areas/RUR/trades")["items"]
    assert len(items) == 10
    assert set(items[0]) >= set(columns.PUBLIC_TRADE)
    assert "ada" not in json.dumps(items)
    unknown = traded.send("GET", "/areas/NOWHERE/trades")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "AREA_UNKNOWN")


def test_a_day_is_the_markets_own(traded: Village) -> None:
    day = traded.local_day()
    assert traded.get("/prices", day=day) == traded.get("/prices")
    assert traded.get("/intervals", day="2016-01-01")["items"] == []
    wrong = traded.send("GET", "/prices?day=yesterday")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/day")


def test_a_format_nobody_offers_is_told(traded: Village) -> None:
    answer = traded.send("GET", "/prices", headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer.json()["code"]) == (406, "NOT_ACCEPTABLE")
    assert "text/csv" in answer.json()["detail"]


def test_too_many_files_at_once_are_told_to_come_again(
    traded: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FILES_AT_ONCE_MAX", 0)
    answer = traded.send("GET", "/prices", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (503, "SYSTEM_BUSY")
    assert traded.send("GET", "/prices").status_code == 200


@pytest.mark.parametrize(("form", "limit"), [("application/json", 1_001), ("text/csv", 100_001)])
def test_a_limit_has_its_bound(traded: Village, form: str, limit: int) -> None:
    answer = traded.send("GET", f"/prices?limit={limit}", headers={"Accept": form})
    assert (answer.status_code, answer.json()["code"]) == (422, "FIELD_RANGE")


# --- bulk orders -----------------------------------------------------------------------------


def bodies(village: Village, label: str = "start") -> dict[str, bytes]:
    """Two orders, the second above what the unit can take, in every format."""
    index = 1 if label == "end" else 0
    orders = [
        village.order(start=village.start(index), energy_kwh=energy)
        for energy in ("0.500", "999.000")
    ]
    names = list(orders[0])
    table = [names, *[[order[name] for name in names] for order in orders]]
    sink = pa.BufferOutputStream()
    arrow = pa.table({name: [order[name] for order in orders] for name in names})
    with pa.ipc.new_stream(sink, arrow.schema) as out:
        out.write_table(arrow)
    return {
        Form.JSON: json.dumps({"orders": orders}).encode(),
        Form.NDJSON: b"\n".join(json.dumps(order).encode() for order in orders),
        Form.CSV: b"\r\n".join(",".join(row).encode() for row in table),
        Form.ARROW: sink.getvalue().to_pybytes(),
    }


@pytest.mark.parametrize("sent", BULK)
@pytest.mark.parametrize("told", BULK)
def test_orders_in_any_format_are_answered_in_any(village: Village, sent: Form, told: Form) -> None:
    body = bodies(village)[sent]
    answer = village.send(
        "POST", "/orders:batch", "ada", content=body,
        headers={"Content-Type": sent.value, "Accept": told.value},
    )  # fmt: skip

    assert answer.status_code == 200, answer.text
    items = answer.json()["items"] if told is Form.JSON else items_of(told, answer.content)
    assert [item["status"] for item in items] == ["accepted", "rejected"]
    assert [item["code"] or None for item in items] == [None, "EXCEEDS_CAPABILITY"]
    (order,) = village.get("/orders", "ada")["items"]
    assert (order["order_id"], order["energy_kwh"]) == (items[0]["order_id"], "0.500")


@pytest.mark.parametrize("form", [Form.NDJSON, Form.CSV, Form.ARROW])
def test_all_or_none_is_said_in_the_address(village: Village, form: Form) -> None:
    answer = village.send(
        "POST", "/orders:batch?atomic=true", "ada", content=bodies(village)[form],
        headers={"Content-Type": form.value},
    )  # fmt: skip
    codes = [item["code"] for item in answer.json()["items"]]
    assert codes == ["BATCH_NOT_APPLIED", "EXCEEDS_CAPABILITY"]


@pytest.mark.parametrize("form", BULK)
def test_times_may_be_the_ends_of_intervals(village: Village, form: Form) -> None:
    answer = village.send(
        "POST", "/orders:batch?label=end", "ada", content=bodies(village, "end")[form],
        headers={"Content-Type": form.value},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    (order,) = village.get("/orders", "ada")["items"]
    assert (order["start"], order["end"]) == (village.start(), village.start(1))


def test_a_wrong_end_is_told_with_its_line(village: Village) -> None:
    orders = [village.order(end=village.start(2)), village.order(end=village.start(1))]
    names = list(orders[0])
    body = "\n".join(";".join(row) for row in [names, *[[o[n] for n in names] for o in orders]])
    answer = village.send(
        "POST", "/orders:batch", "ada",
        content=body.replace(".000", ",000").replace("200.00", "200,00").replace("1.500", "1,500"),
        headers={"Content-Type": "text/csv"},
    )  # fmt: skip
    assert answer.json()["errors"] == [
        {
            "pointer": "/lines/2/end",
            "code": "PRODUCT_UNKNOWN",
            "detail": "The market does not trade this interval: line 2, column end.",
        }
    ]


def test_a_compressed_batch_is_taken_and_an_endless_one_is_not(village: Village) -> None:
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    body = gzip.compress(bodies(village)[Form.CSV])
    assert (
        village.send("POST", "/orders:batch", "ada", content=body, headers=headers).status_code
        == 200
    )
    endless = gzip.compress(b"x" * (16 * 2**20 + 1))
    answer = village.send("POST", "/orders:batch", "ada", content=endless, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_a_body_of_another_kind_is_refused(village: Village) -> None:
    answer = village.send(
        "POST", "/orders:batch", "ada", content=b"x", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_UNKNOWN")


def test_the_description_names_every_format(still_village: Village) -> None:
    described = still_village.server.http.get("/v1/openapi.json").json()["paths"]
    for address in ADDRESSES:
        if not address.described or address.empty:
            continue
        operation = described[address.path][address.method.lower()]
        told = operation["responses"]["201" if address.created else "200"]["content"]
        assert set(told) == {form.value for form in address.answers}
    batch = described["/v1/markets/{market}/orders:batch"]["post"]
    assert set(batch["requestBody"]["content"]) == {form.value for form in BULK}


# --- the client ------------------------------------------------------------------------------


def test_the_client_sends_frames_and_files_and_reads_frames(
    village: Village, tmp_path: Path
) -> None:
    made = village.act(
        "/clients:batch", "operator", {"items": [{"role": "participant", "participant_id": "ada"}]}
    )
    (who,) = made.json()["items"]
    with Client(
        village.server.url,
        market=village.market_id,
        client_id=who["client_id"],
        client_secret=who["client_secret"],
    ) as client:
        orders = [village.order(energy_kwh="0.125") for _ in range(3)]
        frame = pl.DataFrame(orders).with_columns(pl.col("energy_kwh").cast(pl.Decimal(38, 3)))
        sent = client.orders.submit(frame)
        frame.write_parquet(tmp_path / "orders.parquet")
        again = client.orders.submit_file(tmp_path / "orders.parquet")
        frame.write_csv(tmp_path / "orders.csv")
        table = client.orders.submit_file(tmp_path / "orders.csv")

        assert [row["status"] for row in (*sent, *again, *table)] == ["accepted"] * 3 + [
            "repeated"
        ] * 6
        placed = client.orders.list(as_="polars")
        assert placed["energy_kwh"].to_list() == [Decimal("0.125")] * 3
        assert placed["order_id"].to_list() == [row["order_id"] for row in sent]
        for as_ in ("polars", "arrow"):
            assert len(client.positions(as_=as_)) == len(client.prices(as_=as_)) == 0


# --- depth -----------------------------------------------------------------------------------


def test_the_depth_of_an_area_is_public(still_village: Village) -> None:
    shown = still_village.get("/depth", area_id="RUR")
    assert shown["area"] == "RUR"
    assert all(interval["levels"] == [] for interval in shown["intervals"])
    assert still_village.get("/depth", area_id="market")["area"] == "market"
    first = still_village.get("/depth", area_id="RUR", start=still_village.start())
    assert {item["start"] for item in first["intervals"]} <= {still_village.start()}
    file = still_village.send("GET", "/depth?area_id=RUR", headers={"Accept": "text/csv"})
    assert file.text == ",".join(columns.DEPTH) + "\r\n"
    unknown = still_village.send("GET", "/depth?area_id=NOWHERE")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "AREA_UNKNOWN")


def test_levels_of_a_book_are_rows_of_a_file() -> None:
    level = {"side": "buy", "price_per_mwh": "85.20", "energy_kwh": "1.500"}
    start, end = "2016-06-15T11:00:00Z", "2016-06-15T11:15:00Z"
    shown = {
        "area": "RUR",
        "intervals": [{"start": start, "phase": "continuous", "levels": [level]}],
    }
    assert _depth_rows(shown, QUARTER_S) == [
        {**level, "area_id": "RUR", "start": start, "end": end}
    ]


@pytest.mark.parametrize(("path", "who", "names"), SEEN)
def test_a_file_has_every_field_that_holds_one_value(
    traded: Village, path: str, who: str | None, names: tuple[str, ...]
) -> None:
    (record, *_) = traded.get(path, who)["items"]
    single = {name for name, value in record.items() if not isinstance(value, list | dict)}
    assert single <= set(names)
