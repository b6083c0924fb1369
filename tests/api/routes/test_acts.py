"""Acts over the wire: by operators and areas, told to those they concern, kept in order."""

import pytest

from api.access.permissions import Channel
from api.channels.live import LiveMarket
from api.channels.seed import read_seed
from market.control.sanity import Insane
from market.engine.control import guarding
from tests.api.hosting import US, Server
from tests.api.village import Json, Village, make_village


@pytest.fixture
def hall(server: Server) -> Village:
    """A call is open; there are two operators."""
    made = make_village(server)
    made.wait_for_phase("call")
    operator = made.act("/clients:batch", "operator", {"items": [{"role": "operator"}]})
    made.tokens["second"] = made.server.token(operator.json()["items"][0])
    return made


@pytest.fixture
def running(hall: Village) -> Village:
    """Ada buys 1.5 kWh of the first interval; five minutes of it are over."""
    for who, side, unit in (("retailer", "sell", "retail"), ("ada", "buy", "ada-load")):
        body = hall.order(
            side=side, unit_id=unit, price_per_mwh="200.00" if side == "buy" else "100.00"
        )
        assert hall.post("/orders", who, body).status_code == 201
    hall.go_to(-300)
    hall.wait_for_phase("delivery_lock")
    hall.go_to(300)
    return hall


def act(hall: Village, who: str, kind: str, level: str, member_id: str, **more: Json) -> Json:
    body = {"kind": kind, "level": level, "member_id": member_id, "reason": "works", **more}
    answer = hall.post("/acts", who, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(hall: Village, who: str, body: Json) -> tuple[int, str]:
    answer = hall.post("/acts", who, {"reason": "works", **body})
    return answer.status_code, answer.json()["code"]


def approve(hall: Village, who: str, said: Json, digest: str | None = None) -> tuple[int, Json]:
    answer = hall.post(f"/acts/{said['act_id']}:approve", who, {"digest": digest or said["digest"]})
    return answer.status_code, answer.json()


def target_kw(hall: Village) -> str:
    (found,) = hall.get("/setpoints", "operator", unit_id="ada-load", start=hall.start())["items"]
    return str(found["target_kw"])


def test_an_emergency_stop_goes_out_at_once_and_comes_back_by_two(running: Village) -> None:
    assert target_kw(running) == "-5.880"
    with running.stream("meter") as device, running.stream("operator") as desk:
        device.hear("hello")
        desk.hear("hello")
        device.subscribe("unit", "ada-load")
        assert device.hear("snapshot")["data"]["limits"] == []
        desk.subscribe("alarms", running.market_id)
        desk.hear("snapshot")
        done = act(running, "operator", "emergency_stop", "area", "RUR")
        assert done["act"]["state"] == "performed"
        assert done["setpoints"] == 1
        assert device.hear_event("setpoint")["data"]["target_kw"] == "0.000"
        told = device.hear_event("limits")["data"]["limits"]
        assert {item["withdrawal_max_kw"] for item in told} == {"0.000"}
        assert desk.hear_event("alarm")["data"]["alarm"]["kind"] == "emergency_stopped"
    assert target_kw(running) == "0.000"
    said = act(running, "operator", "release", "area", "RUR")["act"]
    assert said["state"] == "proposed"
    assert target_kw(running) == "0.000"
    assert approve(running, "operator", said)[1]["code"] == "SECOND_PERSON_REQUIRED"
    assert approve(running, "second", said, "f" * 64)[1]["code"] == "REVISION_MISMATCH"
    running.go_to(600)
    status, answer = approve(running, "second", said)
    assert (status, answer["act"]["state"], len(answer["act"]["by"])) == (200, "performed", 2)
    assert target_kw(running) == "-5.880"
    (piece, *_) = running.get("/curtailments", "ada")["items"]
    assert (piece["unit_id"], piece["change_kw"]) == ("ada-load", "5.880")
    assert (piece["energy_kwh"], piece["reason"]) == ("0.490", "emergency_stop")  # five minutes
    assert running.get("/curtailments", "bob")["items"] == []
    assert running.get("/curtailments", "grid")["items"] == []


@pytest.fixture
def blocked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Village:
    """The guard does not believe that Ada is to take 1.5 kWh."""

    def doubts(*about: object) -> str | None:
        scheduled_wh = about[4]
        assert isinstance(scheduled_wh, dict)
        return Insane.SCALE if any(scheduled_wh.values()) else None

    monkeypatch.setattr(guarding, "insane_area", doubts)
    found = request.getfixturevalue("running")
    assert isinstance(found, Village)
    return found


def test_a_blocked_move_goes_through_with_the_consent_of_two_operators(blocked: Village) -> None:
    assert target_kw(blocked) == "0.000"
    (alarm,) = [
        item
        for item in blocked.get("/alarms", "operator")["items"]
        if (item["kind"], item["member_id"]) == ("area_guard", "RUR")
    ]
    assert (alarm["severity"], alarm["level"]) == ("critical", "area")
    assert alarm["parameters"] == {"why": "scale", "start": blocked.start()}
    assert refused(blocked, "grid", {"kind": "consent", "level": "area", "member_id": "RUR"}) == (
        404,
        "NOT_FOUND",
    )
    said = act(blocked, "operator", "consent", "area", "RUR")["act"]
    assert said["state"] == "proposed"
    assert approve(blocked, "operator", said)[1]["code"] == "SECOND_PERSON_REQUIRED"
    assert approve(blocked, "second", said)[1]["act"]["state"] == "performed"
    assert target_kw(blocked) == "-5.880"
    reasons = {item["reason"] for item in blocked.get("/curtailments", "ada")["items"]}
    assert reasons == {"area_guard"}


def test_the_areas_own_credential_consents_alone(blocked: Village) -> None:
    assert act(blocked, "rural", "consent", "area", "RUR")["act"]["state"] == "performed"
    assert target_kw(blocked) == "-5.880"
    assert act(blocked, "rural", "consent", "area", "RUR")["act"] is None  # nothing is blocked


def test_a_limit_refuses_new_orders_above_it(hall: Village) -> None:
    done = act(hall, "operator", "limit", "unit", "ada-load", withdrawal_max_kw="2.000")
    (held,) = hall.get("/acts:standing", "operator")["narrowings"]
    assert (held["act_id"], held["withdrawal_max_kw"]) == (done["act"]["act_id"], "2.000")
    order = hall.post("/orders", "ada", hall.order(energy_kwh="0.600"))
    assert (order.status_code, order.json()["code"]) == (422, "EXCEEDS_CAPABILITY")
    assert hall.post("/orders", "ada", hall.order(energy_kwh="0.500")).status_code == 201
    act(hall, "second", "release", "unit", "ada-load", limit_id=held["act_id"])
    assert hall.get("/acts:standing", "operator")["narrowings"] == []
    assert hall.post("/orders", "ada", hall.order(energy_kwh="0.600")).status_code == 201


def test_what_rests_of_a_stopped_unit_is_cancelled_and_counted(hall: Village) -> None:
    hall.post("/orders", "ada", hall.order())
    assert act(hall, "operator", "stop", "unit", "ada-load")["cancelled"] == 1
    order = hall.post("/orders", "ada", hall.order())
    assert (order.status_code, order.json()["code"]) == (409, "UNIT_OUT_OF_SERVICE")
    assert act(hall, "operator", "stop", "unit", "ada-load")["act"] is None  # it was so already


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "stop", "level": "unit", "member_id": "nobody"}, 404, "NOT_FOUND"),
        ({"kind": "stop", "level": "market", "member_id": "x"}, 422, "FIELD_RANGE"),
        ({"kind": "explode", "level": "unit", "member_id": "x"}, 422, "FIELD_FORMAT"),
        ({"kind": "limit", "level": "unit", "member_id": "ada-load"}, 422, "FIELD_MISSING"),
        (
            {
                "kind": "limit",
                "level": "unit",
                "member_id": "ada-load",
                "withdrawal_max_kw": "50.001",
            },
            422,
            "EXCEEDS_CAPABILITY",
        ),
        (
            {"kind": "release", "level": "unit", "member_id": "ada-load", "limit_id": "act-9"},
            404,
            "NOT_FOUND",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(hall: Village, body: Json, status: int, code: str) -> None:
    assert refused(hall, "operator", body) == (status, code)


def test_an_area_acts_on_itself_and_nobody_else(hall: Village) -> None:
    done = act(hall, "rural", "limit", "area", "RUR", withdrawal_max_kw="30.000")
    unit = {"kind": "emergency_stop", "level": "unit", "member_id": "retail"}
    assert refused(hall, "rural", unit) == (404, "NOT_FOUND")
    assert refused(hall, "grid", {**unit, "member_id": "ada-load"}) == (404, "NOT_FOUND")
    act(hall, "rural", "release", "area", "RUR", limit_id=done["act"]["act_id"])
    act(hall, "operator", "stop", "unit", "ada-load")
    start = {"kind": "start", "level": "unit", "member_id": "ada-load"}
    assert refused(hall, "rural", start) == (403, "NOT_PERMITTED")
    seen = [item["kind"] for item in hall.get("/acts", "rural")["items"]]
    assert seen == ["limit", "release", "stop"]
    assert hall.get("/acts", "grid")["items"] == []
    assert len(hall.get("/acts:standing", "rural")["narrowings"]) == 1
    assert hall.get("/acts:standing", "grid")["narrowings"] == []


def test_a_decoupled_area_is_told_to_everybody_without_the_words(hall: Village) -> None:
    with hall.stream() as reader:
        reader.hear("hello")
        reader.subscribe("market", hall.market_id)
        assert reader.hear("snapshot")["data"]["decoupled"] == []
        act(hall, "operator", "decouple", "area", "RUR")
        told = reader.hear_event("decoupled")["data"]
        assert told["area"] == "RUR"
        assert "reason" not in told
        said = act(hall, "operator", "couple", "area", "RUR")["act"]
        assert [
            item["area_id"] for item in hall.get("/acts:standing", "operator")["decoupled"]
        ] == ["RUR"]
        assert approve(hall, "second", said)[0] == 200
        reader.hear_event("coupled")
    assert hall.get("/acts:standing", "operator")["decoupled"] == []


def test_every_act_is_in_the_list_and_in_the_audit_trail(hall: Village) -> None:
    act(hall, "operator", "emergency_stop", "market", hall.market_id)
    said = act(hall, "operator", "release", "market", hall.market_id)["act"]
    waiting = hall.get("/acts", "operator", state="proposed")["items"]
    assert [item["act_id"] for item in waiting] == [said["act_id"]]
    approve(hall, "second", said)
    acts = hall.get("/acts", "operator")["items"]
    assert [(item["kind"], item["state"], len(item["by"])) for item in acts] == [
        ("emergency_stop", "performed", 1),
        ("release", "performed", 2),
    ]
    assert {item["reason"] for item in acts} == {"works"}
    first, rest = hall.get("/acts", "operator", limit=1), acts[1:]
    assert hall.get("/acts", "operator", cursor=first["next_cursor"])["items"] == rest
    kinds = [item["kind"] for item in hall.get("/audit", "operator")["items"]]
    assert (kinds.count("PerformAct"), kinds.count("ApproveAct")) == (2, 1)


def test_lists_come_as_files_too(running: Village) -> None:
    act(running, "operator", "stop", "unit", "ada-load")
    for path in ("/acts", "/curtailments", "/alarms"):
        answer = running.send("GET", path, "operator", headers={"Accept": "text/csv"})
        assert answer.status_code == 200
        assert len(answer.text.splitlines()) == 2


def test_a_restart_shows_what_was_shown(running: Village) -> None:
    act(running, "operator", "limit", "unit", "ada-load", withdrawal_max_kw="1.000")
    act(running, "operator", "decouple", "area", "RUR")
    market = running.server.house.markets[running.market_id]
    now_us = running.server.clock.now_us()
    running.get("/ledger", "operator")  # waits until the file shows all that is committed
    seed = read_seed(
        market.sequencer.readers,
        running.market_id,
        now_s=now_us // US,
        decoupled=tuple(market.sequencer.engine.state.acts.decoupled),
    )
    stored = LiveMarket(seed)
    for channel, key in (
        (Channel.UNIT, "ada-load"),
        (Channel.AREA, "RUR"),
        (Channel.MARKET, running.market_id),
    ):
        followed = market.live.snapshot(channel, key, now_us)
        assert followed == stored.snapshot(channel, key, now_us), channel
    alarms = market.live.snapshot(Channel.ALARMS, running.market_id, now_us)["alarms"]
    again = stored.snapshot(Channel.ALARMS, running.market_id, now_us)["alarms"]
    assert [item["kind"] for item in alarms] == ["decoupled"]
    assert again == alarms
