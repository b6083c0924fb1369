"""The screen Curves: supply and demand, blocks against the prices, one interval beside another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import town as towns
from tests.browser.conftest import OpenWindow
from tests.browser.hall import HALL_ID, make_hall
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def hall(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town beside which the opening call of another market is cleared."""
    with towns.copied(built, tmp_path_factory.mktemp("hall")) as town:
        make_hall(town)
        yield town


def open_curves(window: Window, town: Town, query: str = "") -> Page:
    window.enter(town, "olga")
    page = window.go(f"/console/curves{query}")
    expect(page.get_by_role("heading", name=window.said("nav.curves"), level=1)).to_be_visible()
    return page


def opening_call(window: Window, town: Town) -> Page:
    page = open_curves(window, town, f"?market={HALL_ID}")
    page.get_by_label(window.said("filter.call")).select_option("day_ahead")
    expect(rows(page, window).first).to_be_visible()
    return page


def rows(page: Page, window: Window) -> Locator:
    """The list of blocks, without its head."""
    table = page.get_by_role("grid", name=window.said("blocks.list"))
    return table.get_by_role("row").filter(has=page.get_by_text("ord-"))


def test_each_block_says_what_it_got_and_why(open_window: OpenWindow, hall: Town) -> None:
    window = open_window(hall.url)
    page = opening_call(window, hall)

    outcomes = [window.said(f"status.{each}") for each in ("paradoxically_rejected", "partly_accepted", "accepted", "rejected")]  # fmt: skip
    for row, outcome in zip(rows(page, window).all(), outcomes, strict=True):
        expect(row).to_contain_text(outcome)
    rows(page, window).first.get_by_role("button").first.click()
    expect(page.get_by_text(window.said("curves:why.paradoxically_rejected"))).to_be_visible()

    look(window, "curves-blocks")


def test_outcomes_are_chosen_and_the_pictures_are_tables_and_files(
    open_window: OpenWindow, hall: Town
) -> None:
    window = open_window(hall.url)
    page = opening_call(window, hall)

    page.get_by_label(window.said("blocks.status")).select_option("rejected")
    expect(rows(page, window)).to_have_count(1)

    panel = page.get_by_role("region", name=window.said("curve.title"))
    panel.get_by_role("button", name=window.said("chart.as_table")).click()
    table = panel.get_by_role("grid")
    expect(table).to_contain_text("90.00")
    with page.expect_download() as saved:
        panel.get_by_role("button", name=window.said("chart.csv")).click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert "demand,170.00," in text


def test_an_interval_is_laid_beside_another(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    page = open_curves(window, town)
    expect(page.get_by_role("img").first).to_be_visible()

    page.get_by_role("button", name=window.said("filter.compare")).click()

    tiles = page.get_by_role("list", name=window.said("fact.label"))
    expect(tiles).to_contain_text(window.said("fact.than"))
    assert "with=" in page.url
    look(window, "curves")
    page.get_by_role("button", name=window.said("filter.no_compare")).click()
    expect(tiles).not_to_contain_text(window.said("fact.than"))


def test_a_call_is_thought_through_without_somebodys_orders(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url)
    page = open_curves(window, town)
    panel = page.get_by_role("region", name=window.said("what_if.title"))
    expect(panel).to_contain_text(window.said("what_if.mark"))
    # It says what it wants before it is asked of anybody.
    window.expect_complaint(r"^answer 422: POST /v1/markets/riverside/clearing-runs/closing-")
    panel.get_by_role("button", name=window.said("what_if.go")).click()
    expect(panel.get_by_role("alert")).to_be_visible()
    panel.get_by_label(window.said("what_if.participant")).select_option("retailer")
    panel.get_by_role("button", name=window.said("what_if.go")).click()
    found = panel.get_by_role("list", name=window.said("what_if.result"))
    expect(found).to_contain_text(window.said("what_if.was"), timeout=PATIENCE_S * 1_000)
    expect(panel.get_by_role("img")).to_be_visible()
    look(window, "curves-what-if")


def test_an_interval_that_is_not_cleared_says_when_its_gate_closes(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/curves?start=2016-07-01T06:00:00Z")

    expect(page.get_by_text(window.said("curve.not_cleared"))).to_be_visible()


def test_it_fits_a_narrow_phone(open_window: OpenWindow, hall: Town) -> None:
    window = open_window(hall.url, size=PHONE, theme="dark")
    opening_call(window, hall)

    assert window.is_as_wide_as_its_window()
    window.picture("curves-phone")
    assert window.barriers() == []
