"""What a page makes of a line that falls silent, is cut, and comes back."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_situation import open_situation
from tests.browser.town import FIRST_S, NOW_S, Town
from tests.browser.window import Window
from tests.browser.wire import Wire

NEXT_GATE_S = NOW_S - FIRST_S + 600
SHOWN_WITHIN_MS = 15_000


def banner(page: Page):  # noqa: ANN201 - a locator
    return page.get_by_role("alert")


def watching(open_window: OpenWindow, line: Wire) -> Window:
    """A window on the screen, with a clock that the test can hurry on."""
    window = open_window(line.url)
    window.page.clock.install()
    open_situation(window)
    expect(banner(window.page)).to_have_count(0)
    window.expect_complaint("^failed: |^console: WebSocket")
    return window


def cleared(town: Town) -> int:
    """Intervals of the market's day that have a result."""
    day = town.get("/intervals", **{"from": "2016-06-30T22:00:00Z"})["items"]
    return sum(interval["rung"] is not None for interval in day)


def expect_cleared(window: Window, count: int) -> None:
    row = window.page.locator(".health-item", has_text=window.said("health.cleared"))
    expect(row).to_contain_text(re.compile(rf"(^|[^0-9]){count}([^0-9]|$)"))


def test_silence_is_told_before_anybody_trusts_old_numbers(
    open_window: OpenWindow, line: Wire
) -> None:
    window = watching(open_window, line)

    line.silence()
    window.page.clock.run_for(SHOWN_WITHIN_MS)

    expect(banner(window.page)).to_be_visible()
    line.mend()


def test_a_cut_is_told_and_what_was_missed_is_there_again(
    open_window: OpenWindow, line: Wire, own_town: Town
) -> None:
    window = watching(open_window, line)
    before = cleared(own_town)
    expect_cleared(window, before)

    line.cut()
    window.page.clock.run_for(SHOWN_WITHIN_MS)
    expect(banner(window.page)).to_contain_text(
        re.compile(re.escape(window.said("connection.cut_banner").split("{{")[0]))
    )
    state = window.page.get_by_role("group", name=window.said("connection.label"))
    expect(state).not_to_have_text(window.said("connection.live"))
    own_town.go_to(NEXT_GATE_S)
    own_town.wait_for_phase("delivery_lock", (NEXT_GATE_S // 900) + 1)

    line.mend()
    window.page.clock.run_for(30_000)

    expect(state).to_have_text(window.said("connection.live"))
    expect(banner(window.page)).to_have_count(0)
    assert cleared(own_town) == before + 1
    expect_cleared(window, before + 1)
