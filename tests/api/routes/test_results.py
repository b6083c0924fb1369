"""A short day over the wire: auction, set-points, readings, money, report."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.api.hosting import US, Server
from tests.api.village import Village, make_village


@pytest.fixture(scope="module")
def done(server: Server) -> Village:
    """Two intervals traded, the first with a reading of Ada's meter, all settled."""
    village = make_village(server, intervals=3)
    for index in (0, 1):
        start = village.start(index)
        for who, order in (
            ("ada", village.order(start=start, energy_kwh="1.500")),
            ("bob", village.order(start=start, unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="1.000")),
            ("retailer", village.order(start=start, unit_id="retail", side="sell", price_per_mwh="120.00", energy_kwh="50.000")),
        ):  # fmt: skip
            assert village.post("/orders", who, order).status_code == 201
    alone = village.order(
        start=village.start(2), unit_id="retail", side="sell", price_per_mwh="120.00",
        energy_kwh="50.000",
    )  # fmt: skip
    assert village.post("/orders", "retailer", alone).status_code == 201
    village.go_to(900 + 1)
    reading = {
        "area_id": "RUR",
        "items": [
            {
                "unit_id": "ada-load",
                "start": village.start(),
                "consumption_kwh": "1.600",
                "generation_kwh": "0.000",
                "state_of_charge_kwh": None,
            }
        ],
    }
    answer = village.post("/measurements:batch", "rural", reading)
    assert answer.status_code == 201
    assert answer.json() == {"count": 1, "repeated": 0, "older": 0, "late": 0, "doubtful": 0}
    village.go_to(3 * 900 + 900 + 1)
    return village


def total(items: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(item[name]) for item in items), Decimal(0))


def test_sold_is_bought_and_lost(done: Village) -> None:
    (first, second, third) = done.get("/intervals")["items"]
    assert first["phase"] == "settled"
    assert first["rung"] == "optimal"
    assert first["gate_at"] < first["start"] < first["end"] == second["start"]
    line = first["lines"][0]
    lost = Decimal(line["sent_forward_kwh"]) - Decimal(line["received_forward_kwh"])
    assert lost > 0
    assert total(first["areas"], "sold_kwh") == total(first["areas"], "bought_kwh") + lost
    assert (third["trades"], third["audit_faults"]) == (0, [])
    assert third["areas"][0]["price_per_mwh"] is None


def test_prices_are_those_of_the_intervals_page_by_page(done: Village) -> None:
    expected = [area for item in done.get("/intervals")["items"] for area in item["areas"]]
    assert done.get("/prices")["items"] == expected
    for limit in (1, 2, 3, 4, 5):
        seen, query = [], {"limit": limit}
        while True:
            page = done.get("/prices", **query)
            seen += page["items"]
            if page["next_cursor"] is None:
                break
            assert len(page["items"]) == limit
            query["cursor"] = page["next_cursor"]
        assert seen == expected
    only = done.get("/prices", **{"from": done.start(1), "to": done.start(2)})["items"]
    assert {item["start"] for item in only} == {done.start(1)}


def test_intervals_page_by_page(done: Village) -> None:
    expected = done.get("/intervals")["items"]
    assert [item["start"] for item in expected] == [done.start(index) for index in range(3)]
    first = done.get("/intervals", limit=2)
    rest = done.get("/intervals", limit=2, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == expected
    assert rest["next_cursor"] is None
    span = done.get("/intervals", **{"from": done.start(1), "to": done.start(2)})["items"]
    assert span == expected[1:2]
    assert done.get("/intervals", **{"from": "2100-01-01T00:00:00Z"})["items"] == []


def test_curves_are_public_after_the_result_but_nobodys_orders_can_be_read_off(
    done: Village,
) -> None:
    of_three = done.send("GET", "/curves", params={"start": done.start()})
    assert of_three.status_code == 404
    found = done.get("/curves", start=done.start(2))
    assert [area["area_id"] for area in found["areas"]] == ["market"]
    assert found["areas"][0]["supply"] == [["120.00", "50.000"]]
    assert found["areas"][0]["demand"] == []
    answer = done.send("GET", "/curves", params={"start": "2100-01-01T00:00:00Z"})
    assert answer.status_code == 404


@pytest.mark.parametrize(("call", "status"), [("closing", 200), ("day_ahead", 404), ("all", 422)])
def test_curves_are_those_of_the_call_that_was_asked_for(
    done: Village, call: str, status: int
) -> None:
    query = {"start": done.start(2), "call": call}
    answer = done.send("GET", "/curves", params=query)
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == done.get("/curves", start=done.start(2))


def test_trades_are_one_s_own_or_all(done: Village) -> None:
    mine = done.get("/trades", "ada")["items"]
    assert {item["participant_id"] for item in mine} == {"ada"}
    everybody = done.get("/trades", "operator")["items"]
    assert {item["participant_id"] for item in everybody} == {"ada", "bob", "retailer"}
    assert len(done.get("/trades", "operator", start=done.start())["items"]) == 3
    span = {"from": done.start(1), "to": done.start(2)}
    assert len(done.get("/trades", "operator", **span)["items"]) == 3
    assert done.get("/trades", "ada", unit_id="bob-solar")["items"] == []
    for item in everybody:
        amount = Decimal(item["price_per_mwh"]) * Decimal(item["energy_kwh"]) / 1000
        assert Decimal(item["amount"]) == amount


def test_setpoints_are_one_s_own_or_the_area_s(done: Village) -> None:
    query = {"start": done.start()}
    mine = done.get("/setpoints", "ada", **query)["items"]
    assert [(item["unit_id"], item["target_kw"]) for item in mine] == [("ada-load", "-6.000")]
    area = done.get("/setpoints", "rural", **query)["items"]
    assert {item["unit_id"] for item in area} == {"ada-load", "bob-solar"}
    assert len(done.get("/setpoints", "operator", **query)["items"]) == 3


def test_readings_are_told_and_missing_ones_marked(done: Village) -> None:
    found = done.get("/measurements", "ada")["items"]
    assert [(item["consumption_kwh"], item["substituted"]) for item in found] == [
        ("1.600", False),
        ("1.500", True),
        ("0.000", True),
    ]


def test_deviation_is_seen_at_every_level(done: Village) -> None:
    everything = done.get("/deviations", "operator", start=done.start())["items"]
    of = {(item["level"], item["member_id"]): item for item in everything}
    assert of["unit", "ada-load"]["deviation_kwh"] == "-0.100"
    assert of["area", "RUR"]["deviation_kwh"] == "-0.100"
    assert sum(level == "market" for level, _ in of) == 1
    rural = done.get("/deviations", "rural", start=done.start())["items"]
    assert {item["member_id"] for item in rural} == {"RUR", "ada-load", "bob-solar"}
    paged = [
        item
        for cursor in range(0, len(everything), 2)
        for item in done.get(
            "/deviations", "operator", start=done.start(), limit=2, cursor=str(cursor)
        )["items"]
    ]
    assert paged == everything


def test_statement_and_account_agree(done: Village) -> None:
    for who in ("ada", "bob", "retailer"):
        lines = done.get("/account/statement", who)["items"]
        account = done.get("/account", who)
        assert total(lines, "amount") == Decimal(account["balance"])
        assert account["held"] == "0.00000000"
    kinds = {line["kind"] for line in done.get("/account/statement", "ada")["items"]}
    assert {"deposit", "trade", "deviation", "network_fee", "levies"} <= kinds
    span = {"from": done.start(), "to": done.start(1)}
    assert "deposit" not in {
        line["kind"] for line in done.get("/account/statement", "ada", **span)["items"]
    }


def test_the_ledger_is_zero(done: Village) -> None:
    ledger = done.get("/ledger", "operator")
    assert (ledger["sum"], ledger["sum_quanta"]) == ("0.00000000", 0)
    assert total(ledger["accounts"], "balance") == 0


def test_the_trial_balance_of_the_last_day_is_the_ledger(done: Village) -> None:
    # Its zone is an hour ahead of UTC; the clock is that of all villages of this server.
    today = datetime.fromtimestamp(done.server.clock.now_us() // US + 3_600, UTC).date()
    (first, last) = (
        done.get("/ledger/trial-balance", "operator", day=day.isoformat())
        for day in (today - timedelta(days=1), today)
    )
    assert (last["day"], last["currency"]) == (today.isoformat(), "EUR")
    balances = {item["account"]: item["balance"] for item in last["accounts"]}
    ledger = done.get("/ledger", "operator")["accounts"]
    assert balances == {item["account"]: item["balance"] for item in ledger}
    closed = {item["account"]: item["balance"] for item in first["accounts"]}
    for item in last["accounts"]:
        assert item["opening"] == closed.get(item["account"], "0.00000000")
    traded = done.get("/ledger/trial-balance", "operator", day=done.local_day())
    assert traded["sums"]["received"] == traded["sums"]["given"] != "0.00000000"
    for told in (first, last, traded):
        assert told["sums"]["received"] == told["sums"]["given"]
        assert told["sums"]["opening"] == told["sums"]["balance"] == "0.00000000"
    assert (
        done.send("GET", "/ledger/trial-balance", "ada", params={"day": "2016-06-15"}).status_code
        == 403
    )


def test_an_account_is_read_posting_by_posting(done: Village) -> None:
    pages, cursor = [], None
    while True:
        wanted = {"account": "participant:ada", "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = done.get("/ledger/postings", "operator", **wanted)
        pages.append(answer["items"])
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    found = [item for page in pages for item in page]
    assert len(pages) > 1
    assert len({item["posting_id"] for item in found}) == len(found)
    assert [item["counts_at"] for item in found] == sorted(
        (item["counts_at"] for item in found), reverse=True
    )
    moved = sum(
        Decimal(item["amount"]) * (1 if item["to"] == "participant:ada" else -1) for item in found
    )
    assert moved == Decimal(done.get("/account", "ada")["balance"])
    assert done.get("/ledger/postings", "operator", account="collateral")["items"] == []
    for who, account, status in (("ada", "participant:ada", 403), ("operator", "no name", 422)):
        answer = done.send("GET", "/ledger/postings", who, params={"account": account})
        assert answer.status_code == status


def test_units_of_one_participant(done: Village) -> None:
    units = done.get("/units", "operator", participant_id="ada")["items"]
    assert {item["participant_id"] for item in units} == {"ada"}
    assert len(units) < len(done.get("/units", "operator")["items"])
    own = done.get("/units", "bob", participant_id="ada")["items"]
    assert {item["participant_id"] for item in own} == {"bob"}


def test_the_day_in_numbers(done: Village) -> None:
    rules = done.server.http.get(done.path).json()
    assert rules["time_zone"] == "Etc/GMT-1"
    report = done.get("/report", "operator", day=done.local_day())
    assert report["intervals_cleared"] == 3
    assert report["trades"] == 6
    assert report["orders"] == {"accepted": 7, "rejected": 0, "cancelled": 0}
    assert report["energy_sold_wh"] == report["energy_bought_wh"] + report["losses_wh"]
    assert report["losses_wh"] > 0
    assert (report["ledger_sum"], report["audit_failures"]) == (0, 0)
    assert report["rungs"] == {"optimal": 3}
    assert report["clearing_ms"]["max"] >= report["clearing_ms"]["p50"] >= 0
    ada = next(item for item in report["participants"] if item["participant_id"] == "ada")
    assert (ada["bought_kwh"], ada["withdrawal_kwh"]) == ("3.000", "3.100")
    assert total([{"x": amount} for amount in ada["amounts"].values()], "x") == Decimal(
        ada["total"]
    )
    empty = done.get("/report", "operator", day="2100-01-01")
    assert (empty["intervals_cleared"], empty["clearing_ms"]["p50"]) == (0, None)
