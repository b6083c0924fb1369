"""A market's file: all its faults together, and set up again without harm."""

import stat
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from wattmarket import Client, UsageError
from wattmarket.market_file import (
    MarketFileError,
    create_market,
    read_credentials,
    read_market_file,
    write_credentials,
)

TOML = """
[market]
market_id = "hamlet"
name = "Hamlet"
[[areas]]
area_id = "A"
name = "A"
[[lines]]
line_id = "A-A"
capacity_forward_kw = "80.000"
[participants]
file = "participants.csv"
[units]
file = "units.csv"
[deposits]
each = "10.00"
last_resort = "99.00"
[credentials]
participants = true
areas = true
"""
PARTICIPANTS = """participant_id,area_id,name,is_last_resort
P1,A,One,false
P2,A,Two,true
"""
UNITS = """unit_id,participant_id,area_id,kind,injection_max_kw,withdrawal_max_kw,controllable,capacity_kwh,start_kwh,efficiency_charge_ppm,efficiency_discharge_ppm
P1-load,P1,A,load,0.000,3.000,false,,,,
P1-storage,P1,A,storage,3.400,3.400,true,6.800,1.360,950000,950000
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return market_file(tmp_path)


def market_file(
    folder: Path, toml: str = TOML, participants: str = PARTICIPANTS, units: str = UNITS
) -> Path:
    (folder / "participants.csv").write_text(participants, encoding="utf-8")
    (folder / "units.csv").write_text(units, encoding="utf-8")
    (folder / "hamlet.toml").write_text(toml, encoding="utf-8")
    return folder / "hamlet.toml"


def test_the_file_becomes_what_the_wire_takes(file: Path) -> None:
    plan = read_market_file(file)

    assert plan.definition["lines"] == [{"line_id": "A-A", "capacity_forward_kw": "80.000"}]
    assert plan.participants[1] == {
        "participant_id": "P2", "area_id": "A", "name": "Two", "is_last_resort": True,
    }  # fmt: skip
    assert plan.units[0]["storage"] is None
    assert plan.units[1]["storage"] == {
        "capacity_kwh": "6.800", "start_kwh": "1.360",
        "efficiency_charge_ppm": 950_000, "efficiency_discharge_ppm": 950_000,
    }  # fmt: skip
    assert plan.units[1]["controllable"] is True
    assert plan.deposits == [
        {"deposit_id": "first-P1", "participant_id": "P1", "amount": "10.00"},
        {"deposit_id": "first-P2", "participant_id": "P2", "amount": "99.00"},
    ]
    assert [client["role"] for client in plan.clients] == ["participant", "participant", "area"]


def test_a_table_from_a_spreadsheet_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    plan = read_market_file(market_file(tmp_path, participants="\ufeff" + PARTICIPANTS))

    assert len(plan.participants) == 2


def test_all_faults_come_together(tmp_path: Path) -> None:
    toml = TOML.replace('"80.000"', "80.5").replace('"10.00"', '"ten"') + "[colours]\n"
    participants = PARTICIPANTS.replace("true", "yes") + "P1,B,Again,false\nP9,A\n"
    units = UNITS.replace("P1-load,P1", "P1-load,P7").replace("6.800,1.360", "6.800,")

    with pytest.raises(MarketFileError) as wrong:
        read_market_file(market_file(tmp_path, toml, participants, units))

    said = "\n".join(wrong.value.faults)
    for fault in (
        'lines[0].capacity_forward_kw = 80.5: write it in quotes, "80.5"',
        "deposits: each 'ten' is no decimal number in quotes",
        "[colours] is not known",
        "participants, line 3: is_last_resort 'yes' is neither true nor false",
        "participant P1 stands 2 times",
        "participant P1: no area B",
        "participants.csv, line 5: not 4 values",
        "unit P1-load: no participant P7",
        "units, line 3: a storage needs all of",
    ):
        assert fault in said
    assert len(wrong.value.faults) == 9


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ("not toml", "hamlet.toml"),
        ("", "[market] is missing"),
        (TOML.replace("units.csv", "none.csv"), "none.csv cannot be read"),
        (TOML.replace('market_id = "hamlet"', ""), "market.market_id is missing"),
        (TOML.replace("[deposits]", "[deposits]\nall = 1"), "deposits.all is not known"),
        (TOML.replace("areas = true", 'areas = "yes"'), "credentials.areas is true or false"),
        (TOML.replace('area_id = "A"', 'area_id = "P1"'), "both a participant and an area"),
    ],
)
def test_each_fault_is_named(tmp_path: Path, toml: str, fault: str) -> None:
    with pytest.raises(MarketFileError) as wrong:
        read_market_file(market_file(tmp_path, toml))
    assert fault in str(wrong.value)


NETWORK = """
[[networks]]
area_id = "A"
version = 1
source_bus = "station"
buses = "buses.csv"
lines = "lines.csv"
placements = "placements.csv"
"""
NETWORK_TABLES = {
    "buses.csv": "bus_id,rated_v,voltage_min_ppm,voltage_max_ppm\nstation,400,900000,1100000\n",
    "lines.csv": "line_id,from_bus,to_bus,length_mm,resistance_uohm_per_km,reactance_uohm_per_km,"
    "capacitance_ff_per_km,current_max_ma\nlane,station,roof,2000000,206700,80425,0,270000\n",
    "placements.csv": "member_id,bus_id\nP1-load,station\n",
}


def with_network(folder: Path, toml: str = NETWORK, **tables: str) -> Path:
    for name, text in NETWORK_TABLES.items():
        (folder / name).write_text(tables.get(name.removesuffix(".csv"), text), encoding="utf-8")
    return market_file(folder, TOML + toml)


def test_the_real_grid_of_an_area_is_read_from_its_tables(tmp_path: Path) -> None:
    (network,) = read_market_file(with_network(tmp_path)).networks

    assert network == {
        "area_id": "A",
        "version": 1,
        "source_bus": "station",
        "buses": [
            {
                "bus_id": "station",
                "rated_v": 400,
                "voltage_min_ppm": 900_000,
                "voltage_max_ppm": 1_100_000,
            }
        ],
        "lines": [
            {
                "line_id": "lane",
                "from_bus": "station",
                "to_bus": "roof",
                "length_mm": 2_000_000,
                "resistance_uohm_per_km": 206_700,
                "reactance_uohm_per_km": 80_425,
                "capacitance_ff_per_km": 0,
                "current_max_ma": 270_000,
            }
        ],
        "transformers": [],
        "placements": [{"member_id": "P1-load", "bus_id": "station"}],
    }


def test_buses_may_say_where_they_stand(tmp_path: Path) -> None:
    buses = (
        "bus_id,rated_v,voltage_min_ppm,voltage_max_ppm,longitude_udeg,latitude_udeg\n"
        "station,400,900000,1100000,11409600,-53653100\n"
    )
    (network,) = read_market_file(with_network(tmp_path, buses=buses)).networks
    (bus,) = network["buses"]
    assert (bus["longitude_udeg"], bus["latitude_udeg"]) == (11_409_600, -53_653_100)
    with pytest.raises(MarketFileError, match="column colour is not known"):
        read_market_file(with_network(tmp_path, buses=buses.replace("latitude_udeg", "colour")))


def test_faults_of_a_grid_are_told_with_their_place(tmp_path: Path) -> None:
    toml = NETWORK.replace('lines = "lines.csv"', 'colour = "red"')
    buses = NETWORK_TABLES["buses.csv"].replace("400", "0.4")

    with pytest.raises(MarketFileError) as wrong:
        read_market_file(with_network(tmp_path, toml, buses=buses))

    assert wrong.value.faults == (
        "[[networks]] A: colour is not known",
        "[[networks]] A: buses, line 2: rated_v '0.4' is no whole number",
        '[[networks]] A: lines = "….csv" is missing',
    )


def test_grids_are_registered_once_their_units_are_there(tmp_path: Path) -> None:
    plan, server = read_market_file(with_network(tmp_path)), Server()
    http = httpx.Client(base_url="http://m", transport=httpx.MockTransport(server))
    with Client("http://m", market="hamlet", client_id="o", client_secret="s", http=http) as client:
        create_market(client, plan)

    paths = [path for path, _ in server.taken]
    assert paths.index("/v1/markets/hamlet/networks") > paths.index(
        "/v1/markets/hamlet/units:batch"
    )


class Server:
    """Takes everything an operator sends and remembers it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        body = msgspec.json.decode(request.content)
        self.taken.append((request.url.path, body))
        if request.url.path.endswith("clients:batch"):
            made = [{**item, "client_id": "c", "client_secret": "s"} for item in body["items"]]
            return httpx.Response(201, json={"items": made})
        return httpx.Response(201, json={"count": len(body.get("items", []))})


def test_everything_is_made_in_an_order_that_holds_and_known_credentials_are_kept(
    file: Path,
) -> None:
    plan, server = read_market_file(file), Server()
    http = httpx.Client(base_url="http://m", transport=httpx.MockTransport(server))
    with Client("http://m", market="hamlet", client_id="o", client_secret="s", http=http) as client:
        first = create_market(client, plan)
        again = create_market(client, plan, first)

    paths = [path.removeprefix("/v1/markets") for path, _ in server.taken]
    setting_up = [f"/hamlet/{what}:batch" for what in ("participants", "units", "deposits")]
    assert paths == ["", *setting_up, "/hamlet/clients:batch", "", *setting_up]
    assert sorted(first) == ["A", "P1", "P2"]
    assert again == first


def test_credentials_are_readable_by_their_owner_only_and_of_one_market(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "credentials.json"
    clients = {"P1": {"client_id": "c", "client_secret": "s", "role": "participant"}}

    for _ in range(2):
        write_credentials(path, url="http://m", market_id="hamlet", clients=clients)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_credentials(path, "hamlet") == clients
    assert read_credentials(tmp_path / "none", "hamlet") == {}
    with pytest.raises(UsageError, match="no credentials of the market city"):
        read_credentials(path, "city")
