"""The screen Clearing runs: the day's runs, one of them opened by keyboard, the way to the next."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look


def open_runs(window: Window, town: Town, who: str = "olga") -> Page:
    window.enter(town, who)
    page = window.go("/console/clearing")
    table = page.get_by_role("grid", name=window.said("clearing:runs.title"))
    expect(table).to_contain_text("03:00–03:15")
    expect(page.get_by_role("img").first).to_be_visible()
    return page


def test_the_days_runs_with_the_worst_on_top(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    page = open_runs(window, town)

    tiles = page.get_by_role("list", name=window.said("clearing:tile.label"))
    expect(tiles).to_contain_text(window.said("tile.faults_none"))
    look(window, "clearing")


def test_a_run_is_opened_by_keyboard(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    page = open_runs(window, town)
    (run,) = town.get("/clearing-runs", **{"from": "2016-07-01T00:45:00Z", "limit": 1})["items"]

    grid = page.get_by_role("grid", name=window.said("clearing:runs.title"))
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_text(run["receipt_hash"])).to_be_visible()
    expect(page.get_by_role("list", name=window.said("phases.title"))).to_contain_text("02:30:00")
    look(window, "clearing-run")
    page.get_by_role("button", name=window.said("detail.earlier")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("02:30–02:45")
    page.get_by_role("button", name=window.said("detail.back")).click()
    expect(grid).to_be_visible()


def test_a_run_is_verified_and_the_answer_shown_step_by_step(
    open_window: OpenWindow, town: Town
) -> None:
    (run,) = town.get("/clearing-runs", **{"from": "2016-07-01T00:30:00Z", "limit": 1})["items"]
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go(f"/console/clearing?run={run['run_id']}")

    page.get_by_role("button", name=window.said("verify.now"), exact=True).click()

    steps = page.get_by_role("list", name=window.said("verify.steps")).get_by_role("listitem")
    expect(steps.last).to_contain_text(window.said("verify.verdict_passed"))
    expect(steps).to_have_count(5)
    for step in steps.all():
        expect(step).to_have_attribute("data-passed", "true")
    expect(steps.nth(3).get_by_text(run["receipt_hash"])).to_have_count(2)
    look(window, "clearing-verified")


def test_a_run_that_never_was_is_said_to_be_none(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    window.expect_complaint("^answer 404: GET /v1/markets/riverside/clearing-runs/closing-1$")

    window.go("/console/clearing?run=closing-1")

    expect(window.refusal()).to_contain_text(window.said("refusal.NOT_FOUND"))


def test_it_fits_a_narrow_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE)
    window.enter(town, "sven")
    window.go("/console/clearing")
    expect(window.page.get_by_role("list", name=window.said("clearing:tile.label"))).to_be_visible()

    assert window.is_as_wide_as_its_window()
    window.picture("clearing-phone")
    assert window.barriers() == []
