"""An operator writes a message in both languages, schedules it, and takes it back."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look


def test_a_message_is_written_scheduled_and_withdrawn(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url, size=(1440, 900))
    window.enter(own_town, "olga")
    page = window.go("/console/messages?tab=write")
    said = window.said
    for language, title, text in (
        ("en", "Works on line RUR-SEM", "The line rests from six to seven."),
        ("zh-CN", "线路 RUR-SEM 检修", "该线路六点至七点停运。"),
    ):
        page.get_by_label(said(f"messages:write_title.{language}")).fill(title)
        page.get_by_label(said(f"messages:write_text.{language}")).fill(text)
    page.get_by_role("radio", name=said("messages:target.participant")).check()
    page.get_by_role("textbox", name=said("messages:target.participant")).fill("nobody-here")
    window.tell_time(page, said("messages:write.when"), "2016-07-01T05:30")
    look(window, "messages.write")

    window.expect_complaint("^answer 4..: POST /v1/markets/riverside/messages")
    _send(window)
    expect(window.refusal()).to_be_visible()
    expect(page.get_by_label(said("messages:write_title.en"))).to_have_value(
        "Works on line RUR-SEM"
    )

    page.get_by_role("textbox", name=said("messages:target.participant")).fill("rur-01")
    _send(window)
    table = page.get_by_role("grid", name=said("messages:tab.list"))
    row = table.get_by_role("row", name="Works on line RUR-SEM")
    expect(row).to_contain_text(said("messages:state.scheduled"))

    table.get_by_role("button", name=said("table.details")).first.click()
    page.get_by_role("button", name=said("messages:withdraw.act")).click()
    page.get_by_role("alertdialog").get_by_role(
        "button", name=said("messages:withdraw.act"), exact=True
    ).click()
    expect(row).to_contain_text(said("messages:state.withdrawn"))
    look(window, "messages")
    (message,) = own_town.get("/messages", "operator")["items"]
    assert message["state"] == "withdrawn"
    assert [each["language"] for each in message["texts"]] == ["en", "zh-CN"]


def _send(window: Window) -> None:
    page = window.page
    page.get_by_role("button", name=window.said("messages:write.next"), exact=True).click()
    page.get_by_role("alertdialog").get_by_role(
        "button", name=window.said("messages:write.schedule"), exact=True
    ).click()


def test_on_a_phone_nothing_is_cut_off(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/messages?tab=write")
    expect(page.get_by_label(window.said("messages:write_title.en"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("messages.phone")
