"""The screen Sessions: what is due next, a day by keyboard, a session followed through its gate."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import FIRST_S, NOW_S, Town
from tests.browser.window import PHONE, Window, look


def open_sessions(window: Window, town: Town, who: str = "olga", query: str = "") -> Page:
    window.enter(town, who)
    page = window.go(f"/console/sessions{query}")
    expect(page.get_by_role("grid")).to_be_visible()
    return page


def test_the_next_deadline_and_what_to_decide(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    page = open_sessions(window, town)

    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|9:5\d)$"))
    expect(page.get_by_text(window.said("decision.close_gate"))).to_be_visible()
    look(window, "sessions")


def test_a_day_is_walked_through_by_keyboard(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    page = open_sessions(window, town, query="?start=2016-07-01T00:00:00Z")
    cell = page.locator("[data-start='2016-07-01T00:00:00Z']")
    cell.focus()

    page.keyboard.press("ArrowRight")

    expect(page.locator("[data-start='2016-07-01T00:15:00Z']")).to_be_focused()
    session = page.get_by_role("region", name=window.said("one.title"), exact=True)
    expect(session).to_contain_text("02:15–02:30")
    expect(session).to_contain_text(window.said("fact.no_faults"))


def test_a_session_goes_through_its_gate_while_one_looks(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    page = open_sessions(window, own_town, query="?start=2016-07-01T01:15:00Z")
    steps = page.get_by_role("list", name=window.said("one.timeline"))
    cleared = steps.get_by_role("listitem").filter(has_text=window.said("road.clear"))
    expect(cleared).to_contain_text(window.said("timeline.waiting"))

    own_town.go_to(NOW_S + 601 - FIRST_S)

    expect(cleared).to_have_attribute("data-stands", "done")


def test_an_area_that_went_alone_stands_in_the_timeline(
    open_window: OpenWindow, own_town: Town
) -> None:
    act = {"kind": "decouple", "level": "area", "member_id": "SEM", "reason": "A line is out."}
    assert own_town.post("/acts", "operator", act).status_code == 200
    window = open_window(own_town.url)
    page = open_sessions(window, own_town)

    steps = page.get_by_role("list", name=window.said("one.timeline"))
    expect(steps).to_contain_text(window.said("road.decouple"))
    expect(steps).to_contain_text("A line is out.")


def test_who_runs_an_areas_grid_sees_times_but_no_steps(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url, size=PHONE)
    page = open_sessions(window, town, "sven")

    expect(page.get_by_text(window.said("one.forbidden"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("sessions-phone")
    assert window.barriers() == []
