"""A small town on a stage: two areas under an upper grid, an evening that is over, a morning that trades.

The one idea: what screens show is all there, and the same in every run: cleared intervals, trades in
continuous trading and in calls, a day that is settled as a whole, June's bills, certificates, an alarm,
a case, a listing. Prices and energies follow the hour by a
formula, so a picture of today can be laid beside one of last month.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.api.routes.test_settlements import finished
from tests.api.village import QUARTER_S, Village, bearer, instant, market_body, unit_body
from tests.browser import people
from tests.browser.stage import staged

Body: TypeAlias = dict[str, Any]

MARKET_ID: Final = "riverside"
NAME: Final = "Riverside"


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


FIRST_S: Final = _second("2016-06-30T20:00:00+02:00")
"""Trading begins; 16 intervals of June are left."""
UNTIL_S: Final = _second("2016-07-01T12:00:00+02:00")
BUILT_S: Final = FIRST_S - 5 * QUARTER_S
NOW_S: Final = _second("2016-07-01T02:50:00+02:00")
"""Where the clock stands for those who only look: a call closes in ten minutes."""
MONTH: Final = "2016-06"
CALL_MINUTES: Final = 120
CALL_AHEAD: Final = 2
"""Intervals ahead for which homes order in the call."""
CONTINUOUS_AHEAD: Final = 12
"""And in continuous trading."""
HOMES: Final = {"RUR": 12, "SEM": 6}
VAT: Final[Body] = {
    "tax_id": "vat", "name": "VAT 19 %", "from_day": "2016-01-01", "rate_ppm": 190_000,
    "on": ["energy_bought", "deviation_short", "network_fee", "levies"],
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A participant with a load, and a wind turbine or a battery where it has one."""

    name: str
    area_id: str
    number: int

    @property
    def has_wind(self) -> bool:
        return self.number % 3 == 0

    @property
    def has_battery(self) -> bool:
        return self.number % 4 == 1

    def units(self) -> list[Body]:
        made = [
            unit_body(f"{self.name}-load", self.name, self.area_id, "load", withdrawal="12.000")
        ]
        if self.has_wind:
            made.append(
                # What generates at night as well: certificates want something to be issued for.
                unit_body(f"{self.name}-wind", self.name, self.area_id, "wind", injection="8.000")
            )
        if self.has_battery:
            battery = unit_body(
                f"{self.name}-battery", self.name, self.area_id, "storage",
                injection="5.000", withdrawal="5.000",
            )  # fmt: skip
            battery["controllable"] = True
            battery["storage"] = {
                "capacity_kwh": "10.000",
                "start_kwh": "6.000",
                "efficiency_charge_ppm": 950_000,
                "efficiency_discharge_ppm": 950_000,
            }
            made.append(battery)
        return made


def homes() -> list[Home]:
    return [
        Home(name=f"{area_id.lower()}-{number:02}", area_id=area_id, number=number)
        for area_id, count in HOMES.items()
        for number in range(count)
    ]


@dataclass(slots=True)
class Town(Village):
    """The market on its stage, and who one may be in it."""

    people: dict[str, Body] = field(default_factory=dict)
    """What people sign in with, by name."""

    @property
    def url(self) -> str:
        return self.server.url

    def kept(self) -> str:
        """Everything a copy of the folder needs to go on, as JSON."""
        return json.dumps({"credentials": self.credentials, "people": self.people})


def build(folder: Path) -> None:
    """Live through the evening once; leaves the folder `stage` and `town.json` in `folder`."""
    with staged(folder / "stage", BUILT_S) as stage:
        town = Town(server=stage, market_id=MARKET_ID, first_s=FIRST_S)
        _create(town)
        town.people = people.enrol(town)
        _live(town)
        _settle(town)
        _something_is_the_matter(town)
        (folder / "town.json").write_text(town.kept(), encoding="utf-8")


@contextmanager
def copied(built: Path, folder: Path) -> Iterator[Town]:
    """A town of one's own, as `build` left it."""
    shutil.copytree(built / "stage", folder / "stage")
    kept = json.loads((built / "town.json").read_text(encoding="utf-8"))
    with staged(folder / "stage", NOW_S) as stage:
        town = Town(server=stage, market_id=MARKET_ID, first_s=FIRST_S, **kept)
        town.sign_in()
        yield town


# --- how it comes to be -----------------------------------------------------------------


def _create(town: Town) -> None:
    town.credentials["operator"] = town.server.operator_credential()
    town.sign_in()
    operator = bearer(town.tokens["operator"])
    made = town.server.http.post("/v1/markets", json=_definition(), headers=operator)
    assert made.status_code == 201, made.text
    members = [
        {"participant_id": home.name, "name": home.name.title(), "area_id": home.area_id}
        for home in homes()
    ]
    members.append(
        {"participant_id": "retailer", "name": "Upper Grid Supply", "area_id": "GRID", "is_last_resort": True}
    )  # fmt: skip
    power = {"injection": "999.000", "withdrawal": "999.000"}
    units = [unit for home in homes() for unit in home.units()]
    units.append(unit_body("retail", "retailer", "GRID", "retailer", **power))
    _batch(town, "participants", members)
    _batch(town, "units", units)
    _batch(
        town,
        "deposits",
        [
            {"deposit_id": f"first-{member['participant_id']}", "amount": "100.00",
             "participant_id": member["participant_id"]}
            for member in members
        ],
    )  # fmt: skip
    wanted: dict[str, Body] = {
        name: {"role": "participant", "participant_id": name}
        for name in [*(home.name for home in homes()), "retailer"]
    }
    wanted |= {f"area-{area_id}": {"role": "area", "area_id": area_id} for area_id in HOMES}
    wanted |= {"second": {"role": "operator"}}
    given = town.act("/clients:batch", "operator", {"items": list(wanted.values())})
    assert given.status_code == 201, given.text
    town.credentials |= dict(zip(wanted, given.json()["items"], strict=True))
    town.sign_in()
    town.wait_for_phase("continuous", CONTINUOUS_AHEAD)


def _definition() -> Body:
    body = market_body(MARKET_ID, FIRST_S, (UNTIL_S - FIRST_S) // QUARTER_S)
    body |= {
        "name": NAME,
        "time_zone": "Europe/Berlin",
        "call_opens_minutes": CALL_MINUTES,
        "continuous": {
            "opens_minutes": 24 * 60,
            "collar_min_per_mwh": "400.00",
            "corridor_min_per_mwh": "400.00",
        },
        "listing": True,
        "bilateral": True,
        "standing": True,
        "taxes": [VAT],
    }
    rural = body["areas"][0]
    body["areas"].insert(1, {**rural, "area_id": "SEM", "name": "Semi-urban"})
    (line,) = body["lines"]
    ends = (("GRID-RUR", "GRID", "RUR", "6.000"), ("GRID-SEM", "GRID", "SEM", "40.000"), ("RUR-SEM", "RUR", "SEM", "4.000"))  # fmt: skip
    body["lines"] = [
        line
        | {"line_id": line_id, "from_area": from_area, "to_area": to_area}
        | {"capacity_forward_kw": capacity, "capacity_backward_kw": capacity}
        for line_id, from_area, to_area, capacity in ends
    ]
    return body


def _batch(town: Town, noun: str, items: list[Body], who: str = "operator") -> None:
    answer = town.post(f"/{noun}:batch", who, {"items": items})
    assert answer.status_code == 201, answer.text


def _live(town: Town) -> None:
    """From gate to gate: everybody orders, and what was delivered is read."""
    count = (NOW_S - FIRST_S) // QUARTER_S
    last = (UNTIL_S - FIRST_S) // QUARTER_S
    for index in range(-CALL_AHEAD, count + 1):
        town.go_to(max(index * QUARTER_S + 60, BUILT_S - FIRST_S))
        for home in homes():
            first = index == -CALL_AHEAD
            later = range(CONTINUOUS_AHEAD - CALL_AHEAD) if first else (index + CONTINUOUS_AHEAD,)
            _order(town, home.name, [
                *_orders(home, index + CALL_AHEAD, "call"),
                *(order for at in later if at < last for order in _orders(home, at, "open")),
            ])  # fmt: skip
        _order(town, "retailer", _retail(index + CALL_AHEAD))
        if index > 0:
            _read(town, index - 1)
    town.go_to(NOW_S - FIRST_S)


def _order(town: Town, who: str, items: list[Body]) -> None:
    if not items:
        return
    answer = town.post("/orders:batch", who, {"orders": items})
    assert answer.status_code == 200, answer.text
    refused = [row for row in answer.json()["items"] if row["status"] == "rejected"]
    assert refused == [], refused[:3]


def _wave(number: int, index: int) -> int:
    """0…99, different for everybody and every interval, always the same."""
    return (number * 37 + index * 61 + number * index * 13) % 100


def _orders(home: Home, index: int, session: str) -> list[Body]:
    """What a home wants of an interval, by the session in which it says so."""
    wave = _wave(home.number + len(session), index)

    def order(unit: str, side: str, price: int, energy_wh: int) -> Body:
        return {
            "kind": "limit",
            "client_order_id": f"{home.name}-{unit}-{index}-{session}-{price}",
            "unit_id": f"{home.name}-{unit}",
            "start": instant(FIRST_S + index * QUARTER_S),
            "side": side,
            "price_per_mwh": f"{price}.00",
            "energy_kwh": f"{energy_wh / 1000:.3f}",
        }

    made = [order("load", "buy", 100 + wave, 100 + wave * 4)]
    if home.has_wind:
        made.append(order("wind", "sell", 60 + wave, 200 + wave * 3))
        made.append(order("wind", "sell", 210 + wave, 100))
    if home.has_battery:
        made.append(
            order("battery", "sell" if index % 3 else "buy", 150 if index % 3 else 110, 300)
        )
    return made


def _retail(index: int) -> list[Body]:
    start_s = FIRST_S + index * QUARTER_S
    sides = (("sell", "120.00"), ("buy", "80.00"))
    return [
        {
            "kind": "limit", "client_order_id": f"retail-{side}-{index}", "unit_id": "retail",
            "start": instant(start_s), "side": side, "price_per_mwh": price, "energy_kwh": "50.000",
        }
        for side, price in sides
    ]  # fmt: skip


def _read(town: Town, index: int) -> None:
    """What the meters of both areas show of an interval that is over."""
    for area_id in HOMES:
        items = [
            _reading(unit, home, index)
            for home in homes()
            if home.area_id == area_id
            for unit in home.units()
        ]
        body = {"area_id": area_id, "items": items}
        answer = town.post("/measurements:batch", f"area-{area_id}", body)
        assert answer.status_code == 201, answer.text


def _reading(unit: Body, home: Home, index: int) -> Body:
    wave = _wave(home.number, index)
    consumption = f"0.{210 + wave * 5:03}" if unit["kind"] == "load" else "0.000"
    generation = f"0.{400 + wave * 4:03}" if unit["kind"] == "wind" else "0.000"
    return {
        "unit_id": unit["unit_id"],
        "start": instant(FIRST_S + index * QUARTER_S),
        "consumption_kwh": consumption,
        "generation_kwh": generation,
        "state_of_charge_kwh": "6.000" if unit["kind"] == "storage" else None,
    }


def _settle(town: Town) -> None:
    """The day as a whole, and June's bills."""
    finished(town, 1)
    for act in ("draft", "issue"):
        answer = town.act(f"/bills:{act}", "operator", {"month": MONTH})
        assert answer.status_code == 200, answer.text


def _something_is_the_matter(town: Town) -> None:
    """An alarm, a case, an offer to choose from."""
    alarm = {"kind": "tripped", "level": "unit", "member_id": "rur-01-battery", "parameters": {"why": "overvoltage"}}  # fmt: skip
    assert town.post("/alarms", "area-RUR", alarm).status_code == 201
    (bill,) = town.get("/bills", "rur-01", state="issued")["items"]
    fee = [line["kind"] for line in bill["lines"]].index("network_fee")
    dispute = {"lines": [{"line": fee, "amount": "0.10"}], "reason": "The meter was changed."}
    said = town.act(f"/bills/{bill['bill_id']}/disputes", "rur-01", dispute)
    assert said.status_code == 201, said.text
    last = (UNTIL_S - FIRST_S) // QUARTER_S - 1
    offer = {
        "client_listing_id": "wind-of-the-morning",
        "unit_id": "rur-00-wind",
        "side": "sell",
        "price_per_mwh": "95.00",
        "legs": [{"start": town.start(last), "energy_kwh": "0.800"}],
    }
    posted = town.post("/listings", "rur-00", offer)
    assert posted.status_code == 201, posted.text
