"""One operator halts the market; it takes a second one to let it go on."""

import contextlib
import time

from playwright.sync_api import Error, Page, Route, expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look
from tests.patience import PATIENCE_S


def test_what_is_stopped_is_seen_at_once(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/control")
    expect(page.get_by_text(window.said("control:nothing_stopped"))).to_be_visible()
    look(window, "control")


def test_on_a_phone_one_can_stop_everything(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE)
    window.enter(town, "olga")
    page = window.go("/console/control")
    page.get_by_role("button", name=window.said("control:do.emergency_stop")).click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("control.phone")


def test_a_halt_takes_one_and_its_end_two(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "olga")
    page = window.go("/console/control")
    page.get_by_role("button", name=window.said("control:halt"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    # Without a reason nothing is sent, and what is missing is said.
    dialog.get_by_role("button", name=window.said("control:halt"), exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label(window.said("parts:act.reason")).fill("A fault in the bids of RUR.")
    window.picture("control.halt")
    dialog.get_by_role("button", name=window.said("control:halt"), exact=True).click()
    expect(page.get_by_text(window.said("control:something_stopped"))).to_be_visible()
    (stop,) = own_town.get("/stops", "operator")["items"]
    assert (stop["kind"], stop["scope"], stop["reason"]) == (
        "halt",
        "market",
        "A fault in the bids of RUR.",
    )

    _release(window, page, own_town, "olga")
    expect(page.get_by_text(window.said("control:second_wanted"))).to_be_visible()
    assert len(own_town.get("/stops", "operator")["items"]) == 1

    second = open_window(own_town.url)
    second.enter(own_town, "oskar")
    page = second.go("/console/control")
    _release(second, page, own_town, "oskar")
    expect(page.get_by_text(second.said("control:nothing_stopped"))).to_be_visible()
    assert own_town.get("/stops", "operator")["items"] == []


def test_which_intervals_are_open_is_asked_with_the_markets_time(
    open_window: OpenWindow, town: Town
) -> None:
    """Before it is known, nothing: the screen's own clock is years away from this market's."""
    window = open_window(town.url)
    window.enter(town, "olga")
    page, held, holding = window.page, list[Route](), True
    page.route(
        "**/stream-tickets", lambda route: held.append(route) if holding else route.continue_()
    )
    page.goto(window.url + "/console/control")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    until = time.monotonic() + PATIENCE_S
    while not held:
        assert time.monotonic() < until
        page.wait_for_timeout(1)
    page.get_by_role("button", name=window.said("control:halt"), exact=True).click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert not any("/intervals?" in url for url in asked)

    with page.expect_request("**/intervals?*") as first:
        # The server does not wait for long, and then the page asks for another ticket.
        holding = False
        for route in held:
            with contextlib.suppress(Error):  # nobody waits for this one any more
                route.continue_()
    assert "from=2016-07-01T00%3A50" in first.value.url


def _release(window: Window, page: Page, town: Town, who: str) -> None:
    """The act, and showing once more who one is."""
    window.expect_complaint(r"^answer 403: POST .*/stops:release$")
    window.authenticator().put(people.passkey(town.people[who]))
    release = page.get_by_role("button", name=window.said("control:release"), exact=True)
    release.first.click()
    page.get_by_role("alertdialog").get_by_role(
        "button", name=window.said("control:release"), exact=True
    ).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
