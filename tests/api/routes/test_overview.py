"""Participants and devices in one reading: access, sockets, money, meters."""

from tests.api.hosting import Server
from tests.api.village import make_village


def test_everybody_is_shown_with_access_sockets_money_and_limits(server: Server) -> None:
    village = make_village(server)
    limits = {"order_value_max": "50.00", "exposure_max": None}
    assert village.send("PUT", "/me/trading-limits", "ada", json=limits).status_code == 200
    order = village.post("/orders", "ada", village.order()).json()
    with village.stream("ada") as reader, village.stream("meter") as device:
        reader.hear("hello")
        device.hear("hello")
        found = {
            item["participant_id"]: item
            for item in village.get("/participants:overview", "operator")["items"]
        }
    assert list(found) == ["ada", "bob", "retailer"]
    ada = found["ada"]
    assert (ada["sockets"], ada["device_sockets"], found["bob"]["sockets"]) == (1, 1, 0)
    assert (ada["onboarding"], ada["clients"], ada["units"]) == ("ready", 1, 1)
    assert (ada["balance"], ada["held"], ada["open_orders"]) == (
        "100.00000000",
        order["held"],
        1,
    )
    assert (ada["order_value_max"], ada["exposure_max"]) == ("50.00000000", None)
    assert (ada["suspended"], ada["stopped"]) == (False, False)


def test_who_is_stopped_suspended_or_cannot_come_in_yet_is_seen(server: Server) -> None:
    village = make_village(server)
    people = [
        {"participant_id": name, "name": name, "area_id": "RUR", "is_last_resort": False}
        for name in ("eve", "zoe")
    ]
    assert village.post("/participants:batch", "operator", {"items": people}).status_code == 201
    unit = {
        "unit_id": "zoe-load", "participant_id": "zoe", "area_id": "RUR", "kind": "load",
        "injection_max_kw": "0.000", "withdrawal_max_kw": "5.000", "controllable": False, "storage": None,
    }  # fmt: skip
    assert village.post("/units:batch", "operator", {"items": [unit]}).status_code == 201

    def shown(name: str) -> tuple[str, bool, bool]:
        (item,) = village.get("/participants:overview", "operator", participant_id=name)["items"]
        return item["onboarding"], item["suspended"], item["stopped"]

    assert shown("eve")[0] == "no_unit"
    assert shown("zoe")[0] == "no_access"
    code = {"role": "participant", "participant_id": "zoe"}
    assert village.act("/enrolments", "operator", code).status_code == 201
    assert shown("zoe")[0] == "invited"
    assert village.post("/participants/bob:suspend", "operator", {"reason": "x"}).status_code == 200
    stop = {"kind": "kill", "scope": "participant", "key": "bob", "reason": "x"}
    assert village.post("/stops", "operator", stop).status_code == 200
    assert shown("bob") == ("ready", True, True)


def test_the_overview_is_read_page_by_page_and_as_a_file(server: Server) -> None:
    village = make_village(server)
    names, cursor = [], None
    while True:
        query = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
        page = village.get("/participants:overview", "operator", **query)
        names += [item["participant_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["ada", "bob", "retailer"]
    rural = village.get("/participants:overview", "operator", area_id="RUR")["items"]
    assert [item["participant_id"] for item in rural] == ["ada", "bob"]
    csv = village.send("GET", "/participants:overview", "operator", headers={"Accept": "text/csv"})
    assert len(csv.text.splitlines()) == 4


def test_ones_devices_say_what_they_are_what_was_read_and_what_is_wrong(server: Server) -> None:
    village = make_village(server)
    village.go_to(900 + 1)
    reading = {
        "area_id": "RUR",
        "items": [
            {
                "unit_id": "ada-load", "start": village.start(0), "consumption_kwh": "0.400",
                "generation_kwh": "0.000", "state_of_charge_kwh": None,
            }
        ],
    }  # fmt: skip
    assert village.post("/measurements:batch", "rural", reading).status_code == 201
    alarm = {"kind": "device_fault", "level": "unit", "member_id": "ada-load"}
    assert village.post("/alarms", "meter", alarm).status_code == 201
    (ada,) = village.get("/account/devices", "ada")["items"]
    assert (ada["unit_id"], ada["kind"], ada["silent"]) == ("ada-load", "load", False)
    assert ada["reading"]["consumption_kwh"] == "0.400"
    assert [item["kind"] for item in ada["alarms"]] == ["device_fault"]
    (bob,) = village.get("/account/devices", "bob")["items"]
    assert (bob["reading"], bob["silent"], bob["alarms"]) == (None, True, [])
    (retail,) = village.get("/account/devices", "retailer")["items"]
    assert retail["silent"] is False
