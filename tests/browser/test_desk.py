"""The service desk takes what people bring, answers, notes, closes, and sees how soon it did."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def report(town: Town, who: str = "rur-01") -> str:
    """A fault that was reported; its id."""
    body = {
        "kind": "fault_report",
        "client_case_id": "no-power",
        "subject": "No power in the barn",
        "text": "Since half past two.\nThe neighbours have some.",
        "unit_id": f"{who}-load",
    }
    answer = town.post("/cases", who, body)
    assert answer.status_code == 201, answer.text
    case_id: str = answer.json()["case_id"]
    return case_id


def test_what_is_due_first_is_seen_at_once(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    page = window.go("/console/desk")
    row = page.get_by_role("row", name="rur-01").first
    expect(row).to_contain_text(window.said("case_kind.bill_dispute"))
    look(window, "desk")


def test_a_case_is_taken_noted_answered_and_closed(open_window: OpenWindow, own_town: Town) -> None:
    case_id = report(own_town)
    window = open_window(own_town.url)
    window.enter(own_town, "olga")
    page = window.go("/console/desk")
    page.get_by_text("No power in the barn").last.click()
    page.get_by_role("button", name=window.said("desk:take"), exact=True).click()
    expect(page.get_by_text(window.said("case_state.in_work")).first).to_be_visible()

    text = page.get_by_role("textbox", name=window.said("desk:say.text"))
    page.get_by_text(window.said("desk:say.desk"), exact=True).click()
    text.fill("The feeder is fine.")
    page.get_by_role("button", name=window.said("desk:say.note"), exact=True).click()
    expect(page.get_by_text("The feeder is fine.")).to_be_visible()
    page.get_by_text(window.said("desk:say.customer"), exact=True).click()
    text.fill("Somebody comes at four.")
    page.get_by_role("button", name=window.said("desk:say.answer"), exact=True).click()
    expect(
        page.get_by_label(window.said("desk:talk")).get_by_text("Somebody comes")
    ).to_be_visible()
    look(window, "desk.case")

    page.get_by_role("button", name=window.said("desk:close"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    close = dialog.get_by_role("button", name=window.said("desk:closing.act"))
    close.click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # an answer is needed
    dialog.get_by_role("textbox").fill("The fuse was changed.")
    window.picture("desk.closing")
    close.click()
    expect(page.get_by_text(window.said("case_outcome.resolved")).first).to_be_visible()

    case = own_town.get(f"/cases/{case_id}", "operator")
    assert case["state"] == "closed"
    assert [step["kind"] for step in case["history"]] == [
        "opened", "taken", "internal", "noted", "resolved",
    ]  # fmt: skip
    page.get_by_role("link", name=window.said("desk:to_list")).click()
    page.get_by_role("tab", name=window.said("desk:tab.indicators")).click()
    expect(page.get_by_text("100 %").first).to_be_visible()
    look(window, "desk.indicators")


def test_what_comes_is_seen_while_one_looks(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url, size=PHONE, theme="dark")
    window.enter(own_town, "olga")
    page = window.go("/console/desk")
    expect(page.get_by_text("rur-01", exact=True).first).to_be_visible()
    live = page.get_by_role("group", name=window.said("connection.label"))
    expect(live).to_have_text(window.said("connection.live"))
    report(own_town)
    expect(page.get_by_text("No power in the barn").first).to_be_visible()  # by the stream
    assert window.is_as_wide_as_its_window()
    case_id = own_town.get("/cases", "operator", kind="fault_report")["items"][0]["case_id"]
    page = window.go(f"/console/desk/{case_id}")
    expect(page.get_by_role("heading", name="No power in the barn")).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("desk.phone")


def test_what_came_by_telephone_is_written_down(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "olga")
    page = window.go("/console/desk/new")
    page.get_by_label(window.said("desk:column.participant")).fill("nobody-here")
    page.get_by_label(window.said("desk:column.subject")).fill("Asks for a second meter")
    page.get_by_label(window.said("desk:new.text")).fill("Called at ten to three.")
    window.expect_complaint("^answer 4..: POST /v1/markets/riverside/cases$")
    send = page.get_by_role("button", name=window.said("desk:new.act"))
    send.click()
    expect(window.refusal()).to_contain_text(window.said("refusal.PARTICIPANT_UNKNOWN"))
    expect(page.get_by_label(window.said("desk:column.subject"))).to_have_value(
        "Asks for a second meter"
    )
    page.get_by_label(window.said("desk:column.participant")).fill("rur-02")
    send.click()
    expect(page.get_by_role("heading", name="Asks for a second meter")).to_be_visible()
    (case,) = own_town.get("/cases", "operator", participant_id="rur-02")["items"]
    assert case["history"][0]["text"] == "Called at ten to three."
