"""Acts from the client, and from the command line."""

import pytest
from typer.testing import CliRunner

from tests.wattmarket.played import Server, ok, problem
from wattmarket.cli import app
from wattmarket.errors import ConflictError


def test_each_act_says_what_is_to_be_done() -> None:
    server = Server(*[ok(act=None, cancelled=0, setpoints=0) for _ in range(8)])
    with server.client() as market:
        market.acts.stop("unit", "u1", reason="works")
        market.acts.start("unit", "u1", reason="done")
        market.acts.limit(
            "area", "RUR", reason="heat", withdrawal_max_kw="40.000", until="2016-06-15T12:00:00Z"
        )
        market.acts.release("area", "RUR", reason="cool", limit_id="act-3")
        market.acts.emergency_stop("market", "village", reason="fire")
        market.acts.release("market", "village", reason="out")
        market.acts.decouple("RUR", reason="storm")
        market.acts.couple("RUR", reason="over")
    assert [(method, path) for method, path, _ in server.sent] == [("POST", "acts")] * 8
    unit = {"level": "unit", "member_id": "u1"}
    area = {"level": "area", "member_id": "RUR"}
    everything = {"level": "market", "member_id": "village"}
    assert [body for _, _, body in server.sent] == [
        {"kind": "stop", **unit, "reason": "works"},
        {"kind": "start", **unit, "reason": "done"},
        {
            "kind": "limit",
            **area,
            "reason": "heat",
            "withdrawal_max_kw": "40.000",
            "until": "2016-06-15T12:00:00Z",
        },
        {"kind": "release", **area, "reason": "cool", "limit_id": "act-3"},
        {"kind": "emergency_stop", **everything, "reason": "fire"},
        {"kind": "release", **everything, "reason": "out"},
        {"kind": "decouple", **area, "reason": "storm"},
        {"kind": "couple", **area, "reason": "over"},
    ]


def test_a_second_person_agrees_by_id_and_digest() -> None:
    server = Server(
        ok(act={"state": "performed"}, cancelled=0, setpoints=3),
        problem(409, "SECOND_PERSON_REQUIRED"),
    )
    with server.client() as market:
        assert market.acts.approve("act-7", "0" * 64)["setpoints"] == 3
        with pytest.raises(ConflictError, match="SECOND_PERSON"):
            market.acts.approve("act-7", "0" * 64)
    assert server.sent[0] == ("POST", "acts/act-7:approve", {"digest": "0" * 64})


def test_what_holds_and_what_was_done_is_asked_for() -> None:
    server = Server(
        ok(narrowings=[], decoupled=[], proposals=[]),
        ok(items=[{"act_id": "act-1"}], next_cursor=None),
        ok(items=[{"unit_id": "u1"}], next_cursor=None),
    )
    with server.client() as market:
        assert market.acts.standing()["decoupled"] == []
        assert market.acts.list(kind="stop") == [{"act_id": "act-1"}]
        assert market.acts.curtailments(reason="stopped") == [{"unit_id": "u1"}]
    assert [path.split("?")[0] for _, path, _ in server.sent] == [
        "acts:standing",
        "acts",
        "curtailments",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["acts", "stop", "unit", "u1", "--reason", "x"],
        ["acts", "limit", "unit", "u1"],
        ["acts", "approve", "act-1"],
        ["alarms", "close"],
    ],
)
def test_a_command_that_lacks_something_says_so(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2
