"""An operator watches the book that stands, and asks of an order why it got what it got."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_the_live_book_is_seen_as_depth_ladder_and_trades(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go("/console/orderbook")
    ladder = page.get_by_role("group", name=window.said("orderbook:ladder.title"))
    expect(ladder.get_by_role("rowheader").first).to_be_visible()
    depth = page.get_by_role("region", name=window.said("book:depth.title"))
    expect(depth.get_by_role("img")).to_be_visible()
    tape = page.get_by_role("region", name=window.said("orderbook:tape.title"))
    expect(tape.get_by_role("row").nth(1)).to_be_visible()
    look(window, "orderbook")


def test_an_order_of_a_closed_gate_says_why_it_stands_so(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go("/console/orderbook?tab=orders")
    table = page.get_by_role("grid", name=window.said("orderbook:blotter.title"))
    expect(table.get_by_role("row").nth(1)).to_be_visible()
    page.get_by_label(window.said("orderbook:column.participant"), exact=True).fill("rur-00")
    expect(table.get_by_role("row", name="rur-01")).to_have_count(0)
    table.get_by_role("button", name=window.said("table.details")).first.click()
    why = page.get_by_role("heading", name=window.said("orderbook:detail.why"))
    expect(why.locator("xpath=following-sibling::ul[1]/li").first).to_be_visible()
    look(window, "orderbook.orders")


def test_on_a_phone_the_book_is_not_cut_off(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/orderbook")
    ladder = page.get_by_role("group", name=window.said("orderbook:ladder.title"))
    expect(ladder.get_by_role("rowheader").first).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("orderbook.phone")
    page.get_by_role("tab", name=window.said("orderbook:tab.replay")).click()
    expect(page.get_by_role("slider", name=window.said("replay:moment.time"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("orderbook.replay.phone")
    assert window.barriers() == []


def test_a_book_of_the_past_is_gone_through_change_by_change(
    open_window: OpenWindow, town: Town
) -> None:
    start = "2016-07-01T03:30:00Z"
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go(f"/console/orderbook?tab=replay&area=market&start={start}")
    ladder = page.get_by_role("group", name=window.said("replay:ladder"))
    steps = page.get_by_role("group", name=window.said("replay:moment.steps"))

    def told(**moment: int | str) -> dict[str, Any]:
        found = town.get("/book:at", "operator", area_id="market", start=start, **moment)
        assert found["complete"]
        return dict(found)

    def stands(at: dict[str, Any]) -> None:
        """The page shows the step, with its prices."""
        shown = window.said("replay:moment.step", step=str(at["step"]), steps=str(at["steps"]))
        expect(steps).to_contain_text(shown)
        sides = [level["side"] for level in at["levels"]]
        rows = sum(min(sides.count(side), 12) for side in ("buy", "sell"))
        expect(ladder.get_by_role("rowheader")).to_have_count(rows)

    # As far as it has come it is the book that stands.
    last = told()
    (live,) = town.get("/depth", area_id="market", start=start)["intervals"]
    assert last["levels"] == live["levels"] != []
    stands(last)
    expect(
        page.get_by_text(window.said("replay:adds_up", checksum=str(last["checksum"])))
    ).to_be_visible()
    look(window, "orderbook.replay")

    steps.get_by_role("button", name=window.said("replay:moment.before")).click()
    before = told(step=last["step"] - 1)
    stands(before)
    page.get_by_role("slider", name=window.said("replay:moment.time")).focus()
    page.keyboard.press("Home")
    expect(page.get_by_text(window.said("replay:moment.nothing_yet"))).to_be_visible()
    steps.get_by_role("button", name=window.said("replay:moment.after")).click()
    opened = told(step=1)
    stands(opened)
    expect(page.get_by_text(window.said("replay:fact.PhaseChanged"))).to_be_visible()
    page.get_by_role(
        "link", name=window.said("replay:moment.to_command", seq=str(opened["command_seq"]))
    ).click()
    trail = page.get_by_role("grid", name=window.said("audit:trail.title"))
    expect(
        trail.get_by_role("row", name=window.said("audit:command.OpenContinuous"))
    ).to_have_count(1)
