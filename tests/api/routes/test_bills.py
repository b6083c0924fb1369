"""Bills over the wire: made and issued by an operator, read by those they are for."""

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import httpx
import pyarrow as pa
import pytest

from api.processes.printer import NOT_INSTALLED
from api.routes import bills
from tests.api.hosting import Server
from tests.api.printers import printed, printer
from tests.api.village import Village, make_village, market_body

VAT = {
    "tax_id": "vat",
    "name": "VAT <19 %>",
    "from_day": "2016-01-01",
    "rate_ppm": 190_000,
    "on": ["energy_bought", "deviation_short", "network_fee", "levies"],
}


@pytest.fixture(scope="module")
def billed(server: Server) -> Village:
    """One interval traded and settled, the month drafted and issued."""
    village = make_village(server, intervals=1, taxes=[VAT])
    for who, order in (
        ("ada", village.order(energy_kwh="1.500")),
        ("bob", village.order(unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
        ("retailer", village.order(unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
    ):  # fmt: skip
        assert village.post("/orders", who, order).status_code == 201
    early = village.act("/bills:draft", "operator", {"month": month(village)})
    assert (early.status_code, early.json()["code"]) == (409, "BILL_MONTH_OPEN")
    village.go_to(2 * 900 + 1)
    with pytest.MonkeyPatch.context() as patch:
        # As with very many: sums are read for some after the others, and drafted in several commands.
        patch.setattr(bills, "SOURCES_AT_ONCE", 2)
        patch.setattr(bills, "BILLS_AT_ONCE", 1)
        drafted = village.act("/bills:draft", "operator", {"month": month(village)})
    assert drafted.status_code == 200, drafted.text
    assert drafted.json() == {"month": month(village), "drafted": 3, "participants": 3}
    assert village.get("/bills", "ada")["items"] == []  # a draft is for operators only
    (draft,) = village.get("/bills", "operator", participant_id="ada")["items"]
    assert draft["state"] == "draft"
    assert village.send("GET", f"/bills/{draft['bill_id']}", "ada").status_code == 404
    issued = village.act("/bills:issue", "operator", {"month": month(village)})
    assert issued.json() == {"month": month(village), "issued": 3}
    return village


def month(village: Village) -> str:
    return village.local_day()[:7]


def own(village: Village, who: str) -> dict[str, Any]:
    (found,) = village.get("/bills", who)["items"]
    assert isinstance(found, dict)
    return found


def test_everybody_reads_the_own_bill_and_no_other(billed: Village) -> None:
    mine, other = own(billed, "ada"), own(billed, "bob")
    assert (mine["participant_id"], mine["state"], mine["version"]) == ("ada", "issued", 1)
    assert billed.get(f"/bills/{mine['bill_id']}", "ada") == mine
    for path in ("", "/page", "/details"):
        refused = billed.send("GET", f"/bills/{other['bill_id']}{path}", "ada")
        assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
        assert billed.send("GET", f"/bills/{other['bill_id']}{path}", "operator").status_code == 200
    assert len(billed.get("/bills", "operator", month=month(billed))["items"]) == 3


def test_a_bill_adds_up_to_whole_cents_and_to_the_account(billed: Village) -> None:
    for who in ("ada", "bob", "retailer"):
        bill = own(billed, who)
        lines = sum(Decimal(line["amount"]) for line in bill["lines"])
        assert lines == Decimal(bill["net_amount"])
        total = lines + Decimal(bill["tax_amount"]) + Decimal(bill["rounding_amount"])
        assert total == Decimal(bill["total_amount"])
        assert total == round(total, 2)
        account = billed.get("/account", who)
        assert Decimal(account["balance"]) == Decimal(bill["paid_in_amount"]) - total


def test_a_line_has_quantity_and_price_where_there_is_one(billed: Village) -> None:
    lines = {line["kind"]: line for line in own(billed, "ada")["lines"]}

    assert lines["network_fee"]["energy_kwh"] == lines["levies"]["energy_kwh"] == "1.500"
    assert lines["network_fee"]["price_per_mwh"] == "70.00"
    assert lines["network_fee"]["amount"] == "0.10500000"
    (tax,) = own(billed, "ada")["taxes"]
    assert Decimal(tax["amount"]) == round(Decimal(tax["base_amount"]) * Decimal("0.19"), 8)


def test_the_bill_stands_beside_the_plain_tariff(billed: Village) -> None:
    bill = own(billed, "ada")

    assert bill["plain_amount"] == bill["plain"]["total_amount"]
    assert bill["plain"]["network_amount"] == "0.10500000"
    # The same energy costs no less at the retailer: (120 + 40) / 0.98 per MWh over the line.
    assert bill["plain"]["energy_amount"] == "0.24490500"
    assert Decimal(bill["plain_amount"]) >= Decimal(bill["total_amount"])
    assert own(billed, "retailer")["plain"] is None


def test_details_come_as_json_csv_and_arrow(billed: Village) -> None:
    bill = own(billed, "ada")
    path = f"/bills/{bill['bill_id']}/details"
    items = billed.get(path, "ada")["items"]
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        sums[item["kind"]] += Decimal(item["amount"])
    assert sums == {line["kind"]: Decimal(line["amount"]) for line in bill["lines"]}
    assert items[0]["reference"] == billed.get("/trades", "ada")["items"][0]["trade_id"]

    text = billed.send("GET", path, "ada", headers={"Accept": "text/csv"})
    assert f"bill-{month(billed)}-ada.csv" in text.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(text.text)))
    assert [row["amount"] for row in rows] == [item["amount"] for item in items]
    arrow = billed.send(
        "GET", path, "ada", headers={"Accept": "application/vnd.apache.arrow.stream"}
    )
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.column("reference").to_pylist() == [item["reference"] for item in items]
    assert [str(value) for value in table.column("amount").to_pylist()] == [
        item["amount"] for item in items
    ]


def test_bought_energy_says_what_of_it_is_for_lines(billed: Village) -> None:
    """Over the retailer's line: its fee on what was sent and the energy it lost; all buyers' parts are the lines'."""
    of_which = {
        who: line["of_which"]
        for who in ("ada", "bob", "retailer")
        for line in own(billed, who)["lines"]
        if line["kind"] == "energy_bought"
    }
    mine = of_which["ada"]
    (line,) = [item for item in own(billed, "ada")["lines"] if item["kind"] == "energy_bought"]
    assert sum(map(Decimal, mine.values())) == Decimal(line["amount"])
    assert Decimal(mine["line_fee_amount"]) > 0
    assert all(
        item["of_which"] is None
        for who in ("bob", "retailer")
        for item in own(billed, who)["lines"]
        if item["kind"] != "energy_bought"
    )
    for name in ("fee", "loss", "rent", "rounding"):
        assert own(billed, "ada")[f"line_{name}_amount"] == mine[f"line_{name}_amount"]
        assert Decimal(own(billed, "bob")[f"line_{name}_amount"]) == 0
    bill_id = own(billed, "ada")["bill_id"]
    details = billed.get(f"/bills/{bill_id}/details", "ada")["items"]
    for part in ("line_fee", "line_loss", "line_rent", "line_rounding"):
        behind = sum(Decimal(item[f"{part}_amount"]) for item in details)
        assert behind == Decimal(mine[f"{part}_amount"])
    accounts = {
        item["account"]: Decimal(item["balance"])
        for item in billed.get("/ledger", "operator")["accounts"]
    }
    fees = sum(Decimal(parts["line_fee_amount"]) for parts in of_which.values() if parts)
    assert 0 < fees <= accounts["grid_operator"]
    page = billed.send("GET", f"/bills/{bill_id}/page", "ada", headers={"Accept": "text/html"})
    assert "of which wheeling fees of lines" in page.text


def test_a_page_is_for_people(billed: Village) -> None:
    bill = own(billed, "ada")
    path = f"/bills/{bill['bill_id']}/page"
    page = billed.send("GET", path, "ada", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert bill["total_amount"][:-6] in page.text
    assert "VAT &lt;19 %&gt; 19 %" in page.text
    assert "<script" not in page.text
    chinese = billed.send("GET", path, "ada", params={"language": "zh"})
    assert "电费账单" in chinese.text
    wrong = billed.send("GET", path, "ada", params={"language": "fr"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "FIELD_FORMAT")


def as_pdf(billed: Village, **query: str) -> httpx.Response:
    path = f"/bills/{own(billed, 'ada')['bill_id']}/page"
    return billed.send("GET", path, "ada", params=query, headers={"Accept": "application/pdf"})


def test_a_page_may_be_had_as_pdf(billed: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "api.processes.printing.COMMAND", printer("print('%PDF-1.7', len(sys.stdin.read()))")
    )
    pdf = as_pdf(billed, language="zh")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    name = f"bill-{month(billed)}-ada.pdf"
    assert pdf.headers["content-disposition"] == f'inline; filename="{name}"'
    assert pdf.content.startswith(b"%PDF-1.7")


def test_a_server_without_the_extra_says_so(
    billed: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.processes.printing.COMMAND", printer(f"sys.exit({NOT_INSTALLED})"))
    refused = as_pdf(billed)
    assert (refused.status_code, refused.json()["code"]) == (406, "PDF_NOT_INSTALLED")
    wrong = billed.send("GET", "/bills/bil-1/page", "ada", headers={"Accept": "image/png"})
    assert (wrong.status_code, wrong.json()["code"]) == (406, "NOT_ACCEPTABLE")


def test_this_very_machine_prints_or_says_that_it_does_not(billed: Village) -> None:
    pdf = as_pdf(billed)
    if printed("<p>a page</p>").returncode == 0:
        assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    else:
        assert (pdf.status_code, pdf.json()["code"]) == (406, "PDF_NOT_INSTALLED")


def test_again_changes_nothing(billed: Village) -> None:
    before = billed.get("/bills", "operator")
    again = billed.act("/bills:draft", "operator", {"month": month(billed)})
    assert again.json()["drafted"] == 0
    assert billed.act("/bills:issue", "operator", {"month": month(billed)}).json()["issued"] == 0
    assert billed.get("/bills", "operator") == before
    named = {"month": month(billed), "bill_ids": [before["items"][0]["bill_id"]]}
    refused = billed.act("/bills:issue", "operator", named)
    assert (refused.status_code, refused.json()["code"]) == (409, "BILL_NO_DRAFT")


@pytest.mark.parametrize("wrong", ["2016-6", "2016-13", "2016-06-15", "", "0000-01", "2016_06"])
def test_a_month_that_is_none_is_refused(wrong: str, billed: Village) -> None:
    answer = billed.act("/bills:draft", "operator", {"month": wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/month")


def test_a_participant_makes_no_bills(billed: Village) -> None:
    for path in ("/bills:draft", "/bills:issue"):
        assert billed.act(path, "ada", {"month": month(billed)}).status_code == 403


def test_a_tariff_by_the_hour_with_a_charge_for_the_day(server: Server) -> None:
    night = {"days": "all", "from_hour": 22, "to_hour": 6, "network_per_mwh": "10.00"}
    day = {"days": "all", "from_hour": 6, "to_hour": 22, "network_per_mwh": "30.00"}
    level = {"voltage_level": "low", "from_day": "2016-01-01", "bands": [night, day]}
    tariff = {"network_per_mwh": "70.00", "levies_per_mwh": "50.00"}
    charged = {**tariff, "by_level": [{**level, "charge_per_day": "0.61644"}]}
    village = make_village(server, intervals=1, tariff=charged)
    said = village.send("GET", "", "ada").json()["tariff"]["by_level"]
    assert said == [{**level, "charge_per_day": "0.61644000"}]
    village.go_to(2 * 900 + 1)
    for what in ("draft", "issue"):
        assert village.act(f"/bills:{what}", "operator", {"month": month(village)}).is_success
    bill = own(village, "ada")
    (line,) = [line for line in bill["lines"] if line["kind"] == "day_charge"]
    assert (line["count"], line["amount"]) == (1, "0.61644000")
    page = village.send("GET", f"/bills/{bill['bill_id']}/page", "ada").text
    assert "charge for each day" in page
    details = village.get(f"/bills/{bill['bill_id']}/details", "ada")["items"]
    assert [item["amount"] for item in details if item["kind"] == "day_charge"] == ["0.61644000"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"charge_per_day": "-1.00"}, "/tariff/by_level/0/charge_per_day"),
        ({"charge_per_day": 1}, "/tariff/by_level/0/charge_per_day"),
        ({"from_day": "2016-02-30"}, "/tariff/by_level/0/from_day"),
    ],
)
def test_a_tariff_that_is_none_is_refused(
    server: Server, billed: Village, wrong: dict[str, Any], pointer: str
) -> None:
    whole = {"days": "all", "from_hour": 0, "to_hour": 24, "network_per_mwh": "10.00"}
    level = {"voltage_level": "low", "from_day": "2016-01-01", "bands": [whole], **wrong}
    body = {**market_body("another", billed.first_s, 1), "tariff": {"network_per_mwh": "1.00", "levies_per_mwh": "1.00", "by_level": [level]}}  # fmt: skip
    token = {"Authorization": f"Bearer {billed.tokens['operator']}"}
    refused = server.http.post("/v1/markets", json=body, headers=token)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
