"""Who is still heard: the watch in its own time, and areas over the wire."""

import time
from typing import Any

import pytest

from api.house.reach import AreaWatch
from tests.api.hosting import Server
from tests.api.village import Village, make_village
from tests.patience import PATIENCE_S


def silences(watch: AreaWatch, until_s: int) -> list[tuple[int, str, int]]:
    found = []
    for at_s in range(1, until_s + 1):
        for area_id, silent_s in tuple(watch.look(float(at_s))):
            found.append((at_s, area_id, silent_s))
            watch.told(area_id, silent_s)
    return found


def test_each_threshold_is_told_once() -> None:
    watch = AreaWatch(["RUR"], 0.0)
    assert silences(watch, 300) == [(15, "RUR", 15), (120, "RUR", 120)]


def test_what_the_market_did_not_take_is_told_again() -> None:
    watch = AreaWatch(["RUR"], 0.0)
    found = [at_s for at_s in range(1, 20) for _ in watch.look(float(at_s))]
    assert found == [15, 16, 17, 18, 19]


def test_who_is_heard_is_not_missed() -> None:
    watch = AreaWatch([], 0.0)
    assert watch.hear("RUR", 0.0)
    for at_s in range(1, 200):
        assert not tuple(watch.look(float(at_s)))
        if at_s % 5 == 0:
            watch.hear("RUR", float(at_s))


def test_heard_again_the_wait_begins_anew() -> None:
    watch = AreaWatch(["RUR"], 0.0)
    silences(watch, 130)
    assert not watch.hear("RUR", 130.0)
    assert not tuple(watch.look(131.0))
    assert tuple(watch.look(133.0)) == ()
    assert watch.silent_s("RUR", 140.0) == 10


def test_a_server_that_stood_still_blames_nobody() -> None:
    watch = AreaWatch(["RUR"], 0.0)
    watch.look(1.0)
    assert not tuple(watch.look(600.0))
    assert not tuple(watch.look(601.0))
    assert watch.silent_s("RUR", 601.0) is not None


def test_areas_that_were_never_heard_are_nobodys() -> None:
    assert AreaWatch([], 0.0).silent_s("RUR", 5.0) is None


# --- over the wire ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def village(server: Server) -> Village:
    return make_village(server)


def report(**changed: object) -> dict[str, Any]:
    return {
        "sequence": 1,
        "standing": "returning",
        "alone_since": None,
        "given_import_kw": "8.000",
        "given_export_kw": "0.000",
        "given_until": "2030-01-01T00:00:00Z",
        **changed,
    }


def of(village: Village, area_id: str, who: str = "operator") -> dict[str, Any]:
    (found,) = [row for row in village.get("/reach", who)["items"] if row["area_id"] == area_id]
    return dict(found)


def once_heard(village: Village, area_id: str) -> dict[str, Any]:
    """Speaking is not answered: the market knows of it a moment later."""
    give_up = time.monotonic() + PATIENCE_S
    while (found := of(village, area_id))["first_heard_at"] is None:
        assert time.monotonic() < give_up
        time.sleep(0.002)
    return found


def fall_silent(village: Village, area_id: str, seconds: int) -> None:
    """As if nothing had come from the area for so long."""
    reach = village.server.house.markets[village.market_id].reach
    reach._watch._heard_s[area_id] -= seconds  # noqa: SLF001  # real time is not waited for


def test_an_area_is_waited_for_once_it_listens_to_its_own_channel(village: Village) -> None:
    assert of(village, "RUR")["silent_s"] is None
    with village.stream("rural") as gateway, village.stream("operator") as operator:
        for reader in (gateway, operator):
            reader.hear("hello")
            reader.subscribe("area", "RUR")
            reader.hear("snapshot")
    heard = once_heard(village, "RUR")
    assert heard["first_heard_at"] is not None
    assert heard["silent_s"] is not None
    assert of(village, "GRID")["first_heard_at"] is None


def test_silence_decouples_an_area_and_its_report_couples_it_again(server: Server) -> None:
    village = make_village(server)
    with village.stream("rural") as gateway:
        gateway.hear("hello")
        gateway.subscribe("area", "RUR")
        gateway.hear("snapshot")
        gateway.subscribe("market", village.market_id)
        gateway.hear("snapshot")
        assert village.post("/areas/RUR:report", "rural", report()).status_code == 200
        fall_silent(village, "RUR", 130)
        gateway.hear_event("decoupled")
        assert of(village, "RUR")["decoupled_by"] == "server"
        kinds = {row["kind"] for row in village.get("/alarms", "operator")["items"]}
        assert {"area_out_of_reach", "decoupled"} <= kinds

        answer = village.post("/areas/RUR:report", "rural", report(sequence=2))
        assert answer.status_code == 200, answer.text
        assert answer.json()["decoupled_by"] is None
        assert answer.json()["report"]["sequence"] == 2
        gateway.hear_event("coupled")


def test_an_area_reports_of_itself_only(village: Village) -> None:
    answer = village.post("/areas/GRID:report", "rural", report())
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert village.post("/areas/RUR:report", "operator", report()).status_code == 403
    assert [row["area_id"] for row in village.get("/reach", "rural")["items"]] == ["RUR"]


@pytest.mark.parametrize(
    "changed",
    [{"standing": "lost"}, {"sequence": -1}, {"given_import_kw": 8}, {"given_until": "soon"}],
    ids=str,
)
def test_what_is_no_report_is_refused(village: Village, changed: dict[str, Any]) -> None:
    answer = village.post("/areas/RUR:report", "rural", report(**changed))
    assert answer.status_code == 422, answer.text
