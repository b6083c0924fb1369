"""Real meters the whole way: their files over the wire, days settled as a whole, bills.

Two markets of their own, in the year of the readings. Nobody trades, so all energy is the retailer's, at its
price of the hour; totals stand against sums written by hand. What the files are: `data/README.md` beside the
tests of settlement.
"""

import csv
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.api.hosting import PATIENCE_S, HandClock, LazySolver, Server
from tests.api.village import Json, Village, bearer, market_body, unit_body

DATA = Path(__file__).parents[2] / "market" / "settlement" / "data"
DAY_S = 86_400


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture(scope="module")
def years_ago(tmp_path_factory: pytest.TempPathFactory, solver: LazySolver) -> Iterator[Server]:
    clock = HandClock(seconds("2017-03-06T00:00:00+00:00"))
    made = Server(tmp_path_factory.mktemp("var"), clock, solver, token_lifetime_s=3_600).start()
    yield made
    made.stop()
    assert made.faults == []


def opened(server: Server, body: Json, people: list[Json], units: list[Json]) -> Village:
    """A market whose area RUR is joined to the retailer's without loss or fee."""
    (line,) = body["lines"]
    line |= {"loss_ppm": 0, "fee_forward_per_mwh": "0.00", "capacity_forward_kw": "999.000"}
    village = Village(
        server=server,
        market_id=body["market_id"],
        first_s=seconds(body["trading_from"].replace("Z", "+00:00")),
    )
    village.tokens["operator"] = server.token(server.operator_credential())
    operator = bearer(village.tokens["operator"])
    made = server.http.post("/v1/markets", json=body, headers=operator)
    assert made.status_code == 201, made.text
    retailer = {"participant_id": "retailer", "name": "Retailer", "area_id": "GRID"}
    power = {"injection": "999.000", "withdrawal": "999.000"}
    batches = {
        "participants": [*people, {**retailer, "is_last_resort": True}],
        "units": [*units, unit_body("retail", "retailer", "GRID", "retailer", **power)],
        "clients": [{"role": "area", "area_id": "RUR"}],
    }
    for noun, items in batches.items():
        answer = village.act(f"/{noun}:batch", "operator", {"items": items})
        assert answer.status_code == 201, answer.text
    village.tokens["rural"] = server.token(answer.json()["items"][0])
    return village


def passes(village: Village, until_s: int) -> None:
    """Time goes on, some hours at once."""
    for seconds_after in range(0, until_s, 6 * 3_600):
        village.go_to(seconds_after)
    village.go_to(until_s)


def sends(village: Village, lines: list[str], header: str) -> Json:
    answer = village.send(
        "POST",
        "/measurements:file",
        "rural",
        content="\n".join([header, *lines]).encode(),
        params={"area_id": "RUR", "minutes": 30},
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code in {201, 202}, answer.text
    return answer.json()


def finished(village: Village, day: str, version: int) -> Json:
    """The run of a day once it is through."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for item in village.get("/settlement-runs", "operator", day=day)["items"]:
            if (item["version"], item["state"]) == (version, "finished"):
                return item
        time.sleep(0.05)
    raise AssertionError(f"version {version} of {day} does not come")


def billed(village: Village, month: str) -> dict[str, Json]:
    """Issued bills of a month by participant; each is what its account has moved by."""
    for act in ("draft", "issue"):
        answer = village.act(f"/bills:{act}", "operator", {"month": month})
        assert answer.status_code == 200, answer.text
    bills = village.get("/bills", "operator", month=month)["items"]
    accounts = village.get("/ledger", "operator")
    assert accounts["sum_quanta"] == 0
    balance = {item["account"]: Decimal(item["balance"]) for item in accounts["accounts"]}
    for bill in bills:
        account = f"participant:{bill['participant_id']}"
        assert balance.get(account, 0) == -Decimal(bill["total_amount"])
    return {bill["participant_id"]: bill for bill in bills}


def amount(bill: Json, *kinds: str) -> Decimal:
    lines = [line for line in bill["lines"] if line["kind"] in kinds]
    return sum((Decimal(line["amount"]) for line in lines), Decimal(0))


# --- a network with sun -----------------------------------------------------------------

SUN_KW = {4: Decimal("26.0"), 6: Decimal("14.8"), 8: Decimal("27.5"), 9: Decimal("3.0")}
NETWORK_FROM = "2017-03-07T00:00:00+10:00"


def by_window(level: str, day: str, peak: str, shoulder: str, night: str) -> Json:
    """A charge for the day; peak from 17 to 20, shoulder around it from 7 to 22, on working days."""
    hours = ((7, 17, shoulder), (17, 20, peak), (20, 22, shoulder), (22, 7, night))
    working = [
        {"days": "working", "from_hour": one, "to_hour": other, "network_per_mwh": price}
        for one, other, price in hours
    ]
    weekend = {"days": "weekend", "from_hour": 0, "to_hour": 24, "network_per_mwh": night}
    return {
        "voltage_level": level,
        "from_day": "2017-01-01",
        "bands": [*working, weekend],
        "charge_per_day": day,
    }


@pytest.fixture(scope="module")
def network(years_ago: Server) -> dict[str, Json]:
    """Bills of eleven businesses after one day; what their roofs gave is theirs."""
    first_s = seconds(NETWORK_FROM)
    body = market_body("network", first_s, 96) | {
        "currency": "AUD",
        "time_zone": "Etc/GMT-10",
        # The meters are read once the day is over.
        "settle_minutes": 1_440,
        "tariff": {
            "network_per_mwh": "0.00",
            "levies_per_mwh": "0.00",
            # LV TOU <100MWh, and LV Business TOU for the largest of them.
            "by_level": [
                by_window("low", "6.1644", "135.41", "123.16", "61.70"),
                by_window("medium", "1.3699", "140.53", "118.53", "59.65"),
            ],
        },
        # Business TOU of the retailer, and what it pays for sun.
        "last_resort": [
            {"from_hour": one, "to_hour": other, "ask_per_mwh": price, "bid_per_mwh": "60.00"}
            for one, other, price in ((0, 7, "178.00"), (7, 22, "290.00"), (22, 24, "178.00"))
        ],
    }
    people = [
        {
            "participant_id": f"b{number}",
            "name": f"Business {number}",
            "area_id": "RUR",
            "voltage_level": "medium" if number == 3 else "low",
        }
        for number in range(1, 12)
    ]
    units = [
        unit_body(f"b{number}-load", f"b{number}", "RUR", "load", withdrawal="100.000")
        for number in range(1, 12)
    ] + [
        unit_body(f"b{number}-sun", f"b{number}", "RUR", "solar", injection="40.000")
        for number in SUN_KW
    ]
    village = opened(years_ago, body, people, units)
    passes(village, DAY_S + 60)
    village.wait_for_phase("settling", 95)
    lines = []
    for row in rows_of("embedded-network-day.csv"):
        end = f"{row['end_local']}+10:00"
        lines += [f"b{number}-load,{end},{row[f'load_kwh_{number}']},0" for number in range(1, 12)]
        for number, kw in SUN_KW.items():
            sun = (Decimal(row["solar_kwh_per_kw"]) * kw).quantize(Decimal("0.001"))
            lines.append(f"b{number}-sun,{end},0,{sun}")
    told = sends(village, lines, "unit_id,end,consumption_kwh,generation_kwh")
    assert (told["count"], told["refused"], told["late"]) == (15 * 96, 0, 0)
    passes(village, 2 * DAY_S + 60)
    run = finished(village, "2017-03-07", 1)
    assert (run["measured"], run["late"], run["differences"]) == (15 * 96, 0, 0)
    return billed(village, "2017-03")


def test_a_business_pays_network_and_retailer_by_the_hour(network: dict[str, Json]) -> None:
    bill = network["b1"]
    # 1,322 Wh in the peak, 143,736 in the shoulder, 5,949 by night:
    # 1,322 x 0.13541 + 143,736 x 0.12316 + 5,949 x 0.06170 = 179.01202 + 17,702.52576 + 367.05330.
    assert amount(bill, "network_fee") == Decimal("18.24859108")
    # 145,058 Wh by day at 0.29, 5,949 by night at 0.178: 42.06682 + 1.058922.
    assert amount(bill, "deviation_short") == Decimal("43.125742")
    assert amount(bill, "day_charge") == Decimal("6.1644")
    assert Decimal(bill["total_amount"]) == Decimal("67.54")  # of 67.53873308
    fees = {
        line["price_per_mwh"]: line["energy_kwh"]
        for line in bill["lines"]
        if line["kind"] == "network_fee"
    }
    assert fees == {"135.41": "1.322", "123.16": "143.736", "61.70": "5.949"}


def test_the_fee_goes_by_the_voltage_level(network: dict[str, Json]) -> None:
    bill = network["b3"]
    # 86,636 x 0.14053 + 443,140 x 0.11853 + 205,756 x 0.05965 = 12,174.95708 + 52,525.3842
    # + 12,273.3454.
    assert amount(bill, "network_fee") == Decimal("76.97368668")
    assert amount(bill, "day_charge") == Decimal("1.3699")
    # 529,776 Wh by day at 0.29, 205,756 by night at 0.178: 153.63504 + 36.624568.
    assert amount(bill, "deviation_short") == Decimal("190.259608")


def test_own_sun_that_is_used_pays_no_network_fee(network: dict[str, Json]) -> None:
    bill = network["b4"]
    # Of 14,502 Wh 11,968 come from the own roof at once: 587 are left in the peak, 558 in the
    # shoulder, 1,389 by night: 79.48567 + 68.72328 + 85.7013.
    assert amount(bill, "network_fee") == Decimal("0.23391025")
    # 128,305 Wh of sun at 0.06.
    assert amount(bill, "deviation_long") == Decimal("-7.6983")


def test_the_whole_network_adds_up(network: dict[str, Json]) -> None:
    businesses = [network[f"b{number}"] for number in range(1, 12)]
    used = sum(
        Decimal(line["energy_kwh"])
        for bill in businesses
        for line in bill["lines"]
        if line["kind"] == "deviation_short"
    )
    assert used == Decimal("1083.075")
    # By day all but 241,034 of 1,083,075 Wh: 842,041 x 0.29 + 241,034 x 0.178.
    assert sum(amount(bill, "deviation_short") for bill in businesses) == Decimal("287.095942")
    # 351,853 Wh of sun.
    assert sum(amount(bill, "deviation_long") for bill in businesses) == Decimal("-21.11118")
    # What is short and what is long meets at the retailer, which is paid for the rest.
    assert amount(network["retailer"], "last_resort") != 0


# --- homes with gaps --------------------------------------------------------------------

HOMES = ("UK092", "UK100", "UK240")
TUESDAY, WEDNESDAY = "2017-11-14", "2017-11-15"


@pytest.fixture(scope="module")
def homes(years_ago: Server, network: dict[str, Json]) -> tuple[dict[str, Json], list[Json]]:
    """Bills of three homes whose meters came late, with gaps; and the runs that settled them."""
    assert network, "the other market comes first: time goes on for both"
    first_s = seconds(f"{TUESDAY}T00:00:00+00:00")
    years_ago.clock.go_to(first_s - 7_200)
    body = market_body("homes", first_s, 96) | {
        "currency": "GBP",
        "time_zone": "Europe/London",
        "interval_minutes": 30,
        "trading_until": (datetime.fromtimestamp(first_s, UTC) + timedelta(days=2)).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
        "gate_minutes": 30,
        "settle_minutes": 30,
        "call_opens_minutes": 3_000,
        "tariff": {"network_per_mwh": "30.00", "levies_per_mwh": "10.00"},
        "last_resort": [
            {"from_hour": 0, "to_hour": 24, "ask_per_mwh": "100.00", "bid_per_mwh": "50.00"}
        ],
    }
    people = [{"participant_id": name.lower(), "name": name, "area_id": "RUR"} for name in HOMES]
    units = [
        unit_body(f"{name.lower()}-load", name.lower(), "RUR", "load", withdrawal="20.000")
        for name in HOMES
    ]
    village = opened(years_ago, body, people, units)
    passes(village, 2 * DAY_S + 2 * 3_600)
    for day in (TUESDAY, WEDNESDAY):
        finished(village, day, 1)
    lines = [
        f"{row['meter_id'].lower()}-load,{row['start']},{row['consumption_kwh']}"
        for row in rows_of("uk-households-week.csv")
        if row["start"][:10] in {TUESDAY, WEDNESDAY}
    ]
    told = sends(village, lines, "unit_id,start,consumption_kwh")
    # 48 + 48 and 48 + 37 and 46 + 48 half hours.
    assert (told["count"], told["late"], told["refused"]) == (275, 275, 0)
    runs = []
    for day in (TUESDAY, WEDNESDAY):
        body = {"day": day, "reason": "the meters came late"}
        answer = village.act("/settlement-runs", "operator", body)
        assert answer.status_code == 200, answer.text
        runs.append(finished(village, day, 2))
    return billed(village, "2017-11"), runs


def test_late_meters_with_gaps_are_settled_again(
    homes: tuple[dict[str, Json], list[Json]],
) -> None:
    _, (tuesday, wednesday) = homes
    assert (tuesday["late"], wednesday["late"]) == (142, 133)
    # Missing: two half hours of UK240 on Tuesday; ten and one of UK100 on Wednesday.
    assert (tuesday["substituted"], wednesday["substituted"]) == (2, 11)
    assert tuesday["differences"] > 0


def test_homes_pay_for_what_was_read_and_for_what_stands_in(
    homes: tuple[dict[str, Json], list[Json]],
) -> None:
    bills, _ = homes
    for home, wh in {
        # 25,374 and 29,195.
        "uk092": 54_569,
        # 6,842 and 8,569; ten half hours as on Tuesday, 1,041; one between 99 and 94: 96.
        "uk100": 16_548,
        # 2,923 and 2,161; two half hours between 21 and 23: 22 each.
        "uk240": 5_128,
    }.items():
        bill = bills[home]
        assert amount(bill, "network_fee") == Decimal(wh) * 30 / 10**6
        assert amount(bill, "levies") == Decimal(wh) * 10 / 10**6
        assert amount(bill, "deviation") == Decimal(wh) * 100 / 10**6
        assert all(line["correction"] for line in bill["lines"])
        assert Decimal(bill["total_amount"]) == round(Decimal(wh) * 140 / 10**6, 2)
