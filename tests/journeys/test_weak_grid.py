"""A sunny noon with 40 % more solar than the village has, and a grid that is allowed less voltage than it would reach.

The one idea: told once with what can be steered, once with nothing that can, on one server over the wire: schedules that
the grid would not bear are changed before they stand, the power flow shows that it was enough, the money
adds up, and whoever is concerned can read why.
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from sim.profiles import load_village
from sim.scenario import SEED
from tests.api.hosting import HandClock, LazySolver, Server
from tests.journeys.weak_grid import QUARTER_S, Story, Weather, begin, moved, reports
from wattmarket.reasons import sentence

pytestmark = pytest.mark.journey

FIRST, INTERVALS = 40, 4
"""From ten to eleven in the morning."""
WEATHER = Weather(
    first=FIRST,
    intervals=INTERVALS,
    solar_percent=140,
    # The village as it is stays below this, with more solar it does not.
    voltage_max_ppm={"RUR": 1_060_000},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    solver = LazySolver()
    village = load_village(seed=SEED)
    clock = HandClock(village.day_start_s + FIRST * QUARTER_S - 7_200)
    made = Server(tmp_path_factory.mktemp("weak"), clock, solver).start()
    yield made
    made.stop()
    solver.close()
    assert made.faults == []


@pytest.fixture(scope="module")
def stories(server: Server) -> Iterator[dict[str, Story]]:
    """Both markets, from their files to the settlement of the last interval."""
    village = load_village(seed=SEED)
    first_s = village.day_start_s + FIRST * QUARTER_S
    made: dict[str, Story] = {}
    credential = server.operator_credential()
    for market_id in ("steered", "stiff"):
        made[market_id] = begin(
            market_id,
            server.url,
            credential,
            village,
            WEATHER,
            steerable=market_id == "steered",
        )
    for number in range(INTERVALS):
        server.clock.go_to(first_s + (number - 1) * QUARTER_S + 1)  # its gate has closed
    for number in range(INTERVALS):
        server.clock.go_to(first_s + (number + 1) * QUARTER_S + 1)
        for story in made.values():
            reports(story, number)
    server.clock.go_to(first_s + (INTERVALS + 1) * QUARTER_S + 1)
    yield made
    for story in made.values():
        story.close()


def test_with_what_can_be_steered_the_grid_bears_the_day(stories: dict[str, Story]) -> None:
    checks = stories["steered"].operator.networks.checks()

    assert len(checks) == INTERVALS
    for check in checks:
        assert check["before"]["violation_count"] > 0
        assert check["before"]["violations"][0]["limit_pu"] == "1.060000"
        assert check["cured"]
        assert check["after"]["violation_count"] == 0
        assert Decimal(check["after"]["highest_voltage_pu"]) <= Decimal("1.06")
        assert check["metered"]["outside_minutes"] == 0
    # While the batteries have room nobody's sun is cut.
    assert not checks[0]["by_rule"]
    assert {change["unit_id"].rpartition("-")[2] for change in moved(checks[:1])} == {"storage"}


def test_without_anything_to_steer_it_says_so_and_cuts_by_rule(stories: dict[str, Story]) -> None:
    checks = stories["stiff"].operator.networks.checks()

    assert len(checks) == INTERVALS
    for check in checks:
        assert check["before"]["violation_count"] > 0
        assert check["by_rule"]
        assert check["cured"]
        assert check["metered"]["outside_minutes"] == 0
        changes = moved([check])
        assert changes
        assert all(change["unit_id"].endswith("-solar") for change in changes)
        assert all(Decimal(item["to_kw"]) < Decimal(item["from_kw"]) for item in changes)
    # Not only the feeder's end: all that have a hand in it give up the same part.
    parts = [item["part_ppm"] for item in stories["stiff"].operator.networks.burdens()]
    assert len(parts) > 5
    assert max(parts) - min(parts) <= max(parts) // 100


@pytest.mark.parametrize("market_id", ["steered", "stiff"])
def test_the_grid_operator_pays_and_everything_adds_up(
    stories: dict[str, Story], market_id: str
) -> None:
    story = stories[market_id]
    ledger = story.operator.ledger()
    assert ledger["sum_quanta"] == 0
    assert sum(Decimal(account["balance"]) for account in ledger["accounts"]) == 0
    change = next(
        item
        for item in moved(story.operator.networks.checks(to=story.start(1)))
        if Decimal(item["to_kw"]) < Decimal(item["from_kw"])
    )
    owner = change["unit_id"].rpartition("-")[0]
    with story.client(owner) as client:
        lines = client.statement(from_=story.start(0), to=story.start(1))
    kinds = {line["kind"] for line in lines}
    assert "deviation" not in kinds  # who does as it is told does not deviate
    if market_id == "steered":
        # The battery gives back less than the area price for what it keeps: the rest is its wear.
        assert sum(Decimal(line["amount"]) for line in lines if line["kind"] == "redispatch") < 0
    else:
        assert "redispatch" not in kinds  # the sun was sold, is paid, and nothing was spared
    with story.client("GRID-RETAILER") as client:
        replaced = {line["kind"] for line in client.statement()} & {"replacement"}
    # What a battery takes another gives, where that is cheaper; sun that is cut has to be replaced.
    assert bool(replaced) == (market_id == "stiff")


@pytest.mark.parametrize(
    ("market_id", "code"), [("steered", "redispatched"), ("stiff", "cut_by_rule")]
)
def test_whoever_is_concerned_reads_why(
    stories: dict[str, Story], market_id: str, code: str
) -> None:
    story = stories[market_id]
    (change, *_) = moved(story.operator.networks.checks())
    owner = change["unit_id"].rpartition("-")[0]
    with story.client(owner) as client:
        why = client.networks.explain(change["unit_id"], story.start(0))
        targets = client.setpoints(start=story.start(0))
    (reason,) = why["reasons"]
    assert reason["code"] == code
    assert reason["parameters"] == {
        "from_kw": change["from_kw"],
        "to_kw": change["to_kw"],
        "cause": "grid_voltage",
    }
    assert {item["target_kw"] for item in targets if item["unit_id"] == change["unit_id"]} == {
        change["to_kw"]
    }
    for language in ("en", "zh"):
        assert change["to_kw"] in sentence(reason, language)
