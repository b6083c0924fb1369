"""Days that are closed are settled as a whole: one run at a time, and again when readings came."""

from dataclasses import replace

from market.model.settlement_run import (
    Completeness,
    RunKind,
    SettlementBegun,
    SettlementFinished,
)
from market.settlement.runs import Settlements
from market.settlement.substitution import LIKE_DAYS_MAX
from tests.builders import RULES

LATER = replace(RULES.tariff, levies_ticks=1)


def settlements(*days: str) -> Settlements:
    found = Settlements()
    for number, day in enumerate(days):
        found.close(day, 1_000 * number, RULES.tariff)
    return found


def begun(day: str, number: int = 1, *areas: str) -> SettlementBegun:
    return SettlementBegun(
        run_id=f"run-{number}",
        number=number,
        day=day,
        version=number,
        kind=RunKind.PRELIMINARY,
        actor="op",
        reason="",
        tariff=LATER,
        areas=areas,
        now_us=0,
    )


def finished(
    day: str, number: int = 1, kind: RunKind = RunKind.PRELIMINARY, substituted: int = 0
) -> SettlementFinished:
    return SettlementFinished(
        run_id=f"run-{number}",
        day=day,
        version=number,
        kind=kind,
        completeness=Completeness(substituted=substituted),
        differences=0,
        ledger_sum_quanta=0,
        now_us=0,
    )


def runs(
    found: Settlements, day: str, number: int = 1, *, gaps: int = 0, final: bool = False
) -> None:
    found.started(begun(day, number))
    kind = RunKind.FINAL if final else RunKind.PRELIMINARY
    found.finish(finished(day, number, kind, gaps))


def test_a_finished_run_is_how_its_day_stands() -> None:
    found = settlements("2016-06-15", "2016-06-16")
    assert found.days["2016-06-15"].tariff == RULES.tariff
    found.started(begun("2016-06-15", 4))
    assert found.next_number == 5
    found.finish(finished("2016-06-15", 4, substituted=3))

    day = found.days["2016-06-15"]
    assert (day.version, day.run_id, day.tariff, day.gaps, day.final) == (
        4,
        "run-4",
        LATER,
        3,
        False,
    )
    assert found.run is None
    assert found.days["2016-06-16"].version == 0

    runs(found, "2016-06-15", 5, final=True)
    runs(found, "2016-06-15", 6)
    assert found.days["2016-06-15"].final, "what was final stays final"


def test_a_run_has_those_areas_left_that_are_not_done() -> None:
    found = settlements("2016-06-15")
    found.started(begun("2016-06-15", 1, "RUR", "SEM", "GRID"))
    assert found.run is not None
    found.run.done["SEM"] = None
    assert found.run.left == ("RUR", "GRID")


def test_readings_that_come_during_a_run_are_new_to_it() -> None:
    found = settlements("2016-06-15")
    found.late("2016-06-15", 2)
    assert found.days["2016-06-15"].has_changed
    found.started(begun("2016-06-15"))
    found.late("2016-06-15", 1)
    found.finish(finished("2016-06-15"))
    assert found.days["2016-06-15"].has_changed
    runs(found, "2016-06-15", 2)
    assert not found.days["2016-06-15"].has_changed


def test_a_late_reading_changes_its_day_and_days_with_gaps_it_may_stand_in_for() -> None:
    days = ("2016-06-13", "2016-06-14", "2016-06-15", "2016-06-16", "2016-07-13", "2016-07-14")
    found = settlements(*days)
    for number, day in enumerate(days, 1):
        runs(found, day, number, gaps=0 if day == "2016-06-16" else 1)

    found.late("2016-06-15", 7)

    assert LIKE_DAYS_MAX == 28
    assert {day: standing.late_readings for day, standing in found.days.items()} == {
        "2016-06-13": 0,  # too early
        "2016-06-14": 7,  # its last gap may end the next day
        "2016-06-15": 7,
        "2016-06-16": 0,  # it lacks nothing
        "2016-07-13": 7,
        "2016-07-14": 0,  # too late
    }


def test_a_day_without_gaps_is_changed_by_its_own_readings_only() -> None:
    found = settlements("2016-06-15")
    found.late("2016-06-15", 1)
    found.late("2016-06-14", 1)
    assert found.days["2016-06-15"].late_readings == 1


def test_first_every_day_is_settled_once_and_finally_when_no_reading_may_come_any_more() -> None:
    found = settlements("2016-06-15", "2016-06-16")
    assert found.due(0, 500) == ("2016-06-15", RunKind.PRELIMINARY)
    runs(found, "2016-06-15")
    assert found.due(500, 500) == ("2016-06-16", RunKind.PRELIMINARY)
    assert found.due(501, 500) == ("2016-06-15", RunKind.FINAL)
    runs(found, "2016-06-15", 2, final=True)
    assert found.due(9_999, 500) == ("2016-06-16", RunKind.PRELIMINARY)
    runs(found, "2016-06-16", 3)
    assert found.due(1_500, 500) is None
    assert found.due(1_501, 500) == ("2016-06-16", RunKind.FINAL)
