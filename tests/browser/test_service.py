"""A householder reports a fault, talks with the desk, opens the case again and says how it was served."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_what_one_brought_is_seen(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "rita")
    page = window.go("/portal/service")
    expect(page.get_by_text("The meter was changed.")).to_be_visible()
    look(window, "service")


def test_a_fault_is_reported_answered_reopened_and_rated(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url, size=PHONE, theme="dark")
    window.enter(own_town, "rita")
    page = window.go("/portal/service")
    page.get_by_role("link", name=window.said("service:bring_kind.fault_report")).click()
    page.get_by_role("button", name=window.said("service:send")).click()
    expect(window.refusal()).to_be_visible()  # what is missing is said
    page.get_by_label(window.said("service:device"), exact=False).select_option("rur-01-battery")
    page.get_by_label(window.said("service:subject"), exact=True).fill("The battery hums")
    page.get_by_label(window.said("service:text"), exact=True).fill("Since midnight.")
    assert window.is_as_wide_as_its_window()
    window.picture("service.new")
    page.get_by_role("button", name=window.said("service:send")).click()
    expect(page.get_by_role("heading", name="The battery hums")).to_be_visible()
    assert window.is_as_wide_as_its_window()

    (case,) = own_town.get("/cases", "operator", kind="fault_report")["items"]
    where = f"/cases/{case['case_id']}"
    assert case["unit_id"] == "rur-01-battery"
    assert own_town.act(f"{where}:take", "operator", {}).status_code == 200
    assert own_town.act(f"{where}:note", "operator", {"text": "Old one."}).status_code == 200
    answer = {"answer": "A fan was replaced."}
    assert own_town.act(f"{where}:resolve", "operator", answer).status_code == 200
    talk = page.get_by_label(window.said("service:talk"))
    expect(talk.get_by_text("A fan was replaced.")).to_be_visible()  # by the stream
    expect(talk.get_by_text("Old one.")).to_have_count(0)

    page.get_by_text(window.said("service:rate.word.4"), exact=True).click()
    page.get_by_role("button", name=window.said("service:rate.act")).click()
    expect(talk.get_by_text("★★★★☆")).to_be_visible()
    window.picture("service.case")
    page.get_by_label(window.said("service:reopen.why")).fill("It hums again.")
    page.get_by_role("button", name=window.said("service:reopen.act")).click()
    expect(page.get_by_label(window.said("service:message"))).to_be_visible()
    found = own_town.get(where, "operator")
    assert (found["state"], found["rating"], found["reopened"]) != ("closed", 4, 0)
    assert found["reopened"] == 1
    assert found["rating"] == 4
