"""A market with an opening call: a dozen homes, and blocks that end in every way a block can end.

The one idea: it begins ten minutes after the town's time, in a zone where that is midnight, so its
opening call is cleared without the town having to live on.
"""

from typing import Any, Final

from tests.api.village import QUARTER_S, Village, bearer, market_body, unit_body
from tests.browser.town import NOW_S, Town

HALL_ID: Final = "hall"
FIRST_S: Final = NOW_S + 600
INTERVALS: Final = 24
GATE_MINUTES: Final = 5
HOMES: Final = 12
BLOCKS: Final = (
    # name, price, kWh an interval, first and last interval, least share: what becomes of it
    ("base", "40.00", "2.000", 0, 23, 1_000_000),  # cheap: accepted
    ("slope", "90.00", "9.000", 4, 15, 50_000),  # at the price: in part
    ("lump", "60.00", "6.000", 16, 21, 1_000_000),  # would gain, but then the price falls below it
    ("dear", "150.00", "1.000", 2, 9, 1_000_000),  # rejected
)
ENERGY_WH: Final = 10_000
"""What all homes together ask for in an interval."""


def make_hall(town: Town) -> Village:
    """The market beside the town's, its opening call cleared."""
    hall = open_hall(town)
    for block in BLOCKS:
        answer = hall.post("/orders", "plant", _block(hall, *block))
        assert answer.status_code == 201, answer.text
    close_call(hall)
    return hall


def open_hall(town: Town) -> Village:
    """The market beside the town's, its opening call open, with everybody's orders but the blocks."""
    hall = Village(server=town.server, market_id=HALL_ID, first_s=FIRST_S)
    hall.credentials["operator"] = town.credentials["operator"]
    hall.sign_in()
    made = town.server.http.post(
        "/v1/markets", json=_definition(), headers=bearer(hall.tokens["operator"])
    )
    assert made.status_code == 201, made.text
    _members(hall)
    hall.wait_for_phase("call", INTERVALS - 1)
    for name in _homes():
        _placed(hall, name, _bids(hall, name))
    _placed(hall, "plant", _offers(hall))
    return hall


def close_call(hall: Village) -> None:
    """Let the gate of the opening call close, and clear it."""
    hall.server.clock.go_to(FIRST_S - GATE_MINUTES * 60 + 1)


def _definition() -> dict[str, Any]:
    body = market_body(HALL_ID, FIRST_S, INTERVALS)
    body |= {
        "name": "Village Hall",
        "time_zone": "Etc/GMT+1",
        "day_ahead": {"opens_minutes": 120, "gate_minutes": GATE_MINUTES},
        "call_opens_minutes": 4,
        "gate_minutes": 3,
    }
    (line,) = body["lines"]
    # So little that the hall's prices are its own.
    body["lines"] = [line | {"capacity_forward_kw": "1.000", "capacity_backward_kw": "1.000"}]
    return body


def _homes() -> list[str]:
    return [f"home-{number:02}" for number in range(HOMES)]


def _members(hall: Village) -> None:
    people = [(name, "RUR", False) for name in [*_homes(), "plant"]]
    people.append(("retailer", "GRID", True))
    units = [
        unit_body(f"{name}-load", name, "RUR", "load", withdrawal="9.000") for name in _homes()
    ]
    units += [
        unit_body(f"plant-{name}", "plant", "RUR", "wind", injection="99.000")
        for name in ("wind", *(block[0] for block in BLOCKS))
    ]
    units.append(
        unit_body("retail", "retailer", "GRID", "retailer", injection="99.000", withdrawal="99.000")
    )
    batches: dict[str, list[Any]] = {
        "participants": [
            {"participant_id": name, "name": name.title(), "area_id": area, "is_last_resort": last}
            for name, area, last in people
        ],
        "units": units,
        "deposits": [
            {"deposit_id": f"first-{name}", "participant_id": name, "amount": "500.00"}
            for name, _, _ in people
        ],
    }
    for noun, items in batches.items():
        answer = hall.post(f"/{noun}:batch", "operator", {"items": items})
        assert answer.status_code == 201, answer.text
    wanted = [{"role": "participant", "participant_id": name} for name, _, _ in people]
    given = hall.act("/clients:batch", "operator", {"items": wanted})
    assert given.status_code == 201, given.text
    hall.credentials |= dict(
        zip((name for name, _, _ in people), given.json()["items"], strict=True)
    )
    hall.sign_in()


def _placed(hall: Village, who: str, orders: list[Any]) -> None:
    answer = hall.post("/orders:batch", who, {"orders": orders})
    assert answer.status_code == 200, answer.text
    refused = [row for row in answer.json()["items"] if row["status"] == "rejected"]
    assert refused == [], refused[:3]


def _bids(hall: Village, name: str) -> list[Any]:
    number = int(name[-2:])
    energy_wh = ENERGY_WH // HOMES + (number < ENERGY_WH % HOMES)
    return [
        {
            "kind": "limit", "client_order_id": f"{name}-{index}", "unit_id": f"{name}-load",
            "start": hall.start(index), "side": "buy", "price_per_mwh": f"{100 + 7 * number}.00",
            "energy_kwh": f"{energy_wh / 1000:.3f}",
        }
        for index in range(INTERVALS)
    ]  # fmt: skip


def _offers(hall: Village) -> list[Any]:
    """Each interval 6 kWh at 50 and as much as anybody wants at 90."""
    return [
        {
            "kind": "limit", "client_order_id": f"wind-{price}-{index}", "unit_id": "plant-wind",
            "start": hall.start(index), "side": "sell", "price_per_mwh": price,
            "energy_kwh": energy_kwh,
        }
        for index in range(INTERVALS)
        for price, energy_kwh in (("50.00", "6.000"), ("90.00", "8.000"))
    ]  # fmt: skip


def _block(
    hall: Village, name: str, price: str, energy_kwh: str, first: int, last: int, ratio_ppm: int
) -> dict[str, Any]:
    return {
        "kind": "block", "client_order_id": name, "unit_id": f"plant-{name}", "side": "sell",
        "price_per_mwh": price, "ratio_min_ppm": ratio_ppm,
        "legs": [
            {"start": hall.start(index), "energy_kwh": energy_kwh}
            for index in range(first, last + 1)
        ],
    }  # fmt: skip


assert FIRST_S % QUARTER_S == 0
