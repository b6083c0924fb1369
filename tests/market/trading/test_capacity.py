"""Capacity of lines: what may be given back once it was drawn."""

from dataclasses import replace

from market.model.act import ActKind, Narrowing
from market.model.alarm import ControlLevel
from market.model.grid import Grid
from market.trading.capacity import Capacity
from tests.builders import GRID

LINE = GRID.lines[0]


def capacity(import_limit_w: int | None, export_limit_w: int | None) -> Capacity:
    """RUR may take in and give out so much; the line itself binds nowhere."""
    areas = tuple(
        replace(area, import_limit_w=import_limit_w, export_limit_w=export_limit_w)
        if area.area_id == LINE.to_area
        else area
        for area in GRID.areas
    )
    return Capacity(Grid(areas=areas, lines=GRID.lines), 15)


def test_what_was_drawn_alone_may_be_given_back() -> None:
    account = capacity(400, 400)
    account.draw(LINE.line_id, True, 0, 102, 100)
    assert account.can_give_back(LINE.line_id, True, 0, 102, 100)


def test_a_flow_that_made_room_for_its_opposite_stays() -> None:
    account = capacity(400, 400)  # 100 Wh an interval, either way
    account.draw(LINE.line_id, True, 0, 102, 100)
    account.draw(LINE.line_id, False, 0, 150, 147)
    # Net 50 Wh go out; without what comes in it would be 150.
    assert not account.can_give_back(LINE.line_id, True, 0, 102, 100)
    assert account.can_give_back(LINE.line_id, True, 0, 51, 50)
    assert account.can_give_back(LINE.line_id, False, 0, 150, 147)


def test_without_limits_everything_may_be_given_back() -> None:
    account = capacity(None, None)
    account.draw(LINE.line_id, True, 0, 102, 100)
    account.draw(LINE.line_id, False, 0, 150, 147)
    assert account.can_give_back(LINE.line_id, True, 0, 102, 100)


def limit(limit_id: str, **what: int | None) -> Narrowing:
    """RUR may take in or give out so much, W."""
    made = Narrowing(
        narrowing_id=limit_id,
        kind=ActKind.LIMIT,
        level=ControlLevel.AREA,
        member_id=LINE.to_area,
        from_s=900,
        until_s=1_800,
        withdrawal_max_w=None,
        injection_max_w=None,
        actor="op",
        reason="works",
        since_us=0,
    )
    return replace(made, **what)  # type: ignore[arg-type]


def test_an_area_that_is_narrowed_has_less_left_in_those_intervals_only() -> None:
    account, area_id = capacity(800, None), LINE.to_area
    account.narrow(limit("a", withdrawal_max_w=400))
    account.narrow(limit("b", withdrawal_max_w=600, injection_max_w=80))
    assert [account.import_left_wh(area_id, at_s) for at_s in (0, 900, 1_800)] == [200, 100, 200]
    assert [account.export_left_wh(area_id, at_s) for at_s in (0, 900)] == [None, 20]
    account.widen(area_id, "a")
    assert account.import_left_wh(area_id, 900) == 150
    account.widen(area_id, "b")
    account.widen(area_id, "b")  # harmless
    assert account.import_left_wh(area_id, 900) == 200


def test_what_was_sent_before_a_limit_came_leaves_nothing_not_less() -> None:
    account, area_id = capacity(None, None), LINE.to_area
    account.draw(LINE.line_id, True, 900, 510, 499)
    account.narrow(limit("a", withdrawal_max_w=400, injection_max_w=400))
    assert account.import_left_wh(area_id, 900) == 0
    assert account.export_left_wh(area_id, 900) == 599  # 499 of it undo what comes in


def test_the_lines_of_a_decoupled_area_carry_nothing_more_until_it_is_coupled() -> None:
    account = capacity(None, None)
    account.draw(LINE.line_id, True, 0, 102, 100)
    before = account.left_wh(LINE.line_id, True, 0)
    account.decouple(LINE.to_area)
    assert account.left_wh(LINE.line_id, True, 0) == account.left_wh(LINE.line_id, False, 0) == 0
    assert account.drawn_wh(LINE.line_id, True, 0) == 102
    account.couple(LINE.to_area)
    assert account.left_wh(LINE.line_id, True, 0) == before
