"""A bill in the portal: down to the trades behind a line, its files, and a dispute that is followed."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_a_bill_is_read_down_to_its_trades_and_disputed(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/bills")
    expect(page.get_by_role("heading", name=window.said("nav.bills"), exact=True)).to_be_visible()
    look(window, "bills")
    months = page.get_by_role("grid", name=window.said("months"))
    months.get_by_role("row").nth(1).get_by_role("gridcell").first.click()

    lines = page.get_by_role("grid", name=window.said("line.title"))
    lines.get_by_role("row").nth(1).get_by_role("button").click()
    expect(page.get_by_text("trd-").first).to_be_visible()
    with page.expect_download() as file:
        page.get_by_role("button", name=window.said("file.csv"), exact=True).first.click()
    assert file.value.suggested_filename == "bill-2016-06.csv"
    look(window, "bill")

    page.get_by_role("button", name=window.said("dispute.begin")).click()
    form = page.get_by_role("form", name=window.said("dispute.begin"))
    form.get_by_role("checkbox", name=window.said("kinds.levies")).check()
    amount = form.get_by_role("textbox", name=window.said("kinds.levies"))
    amount.fill("9999")
    form.get_by_label(window.said("dispute.reason")).fill("The meter was changed.")
    window.expect_complaint(r"^answer 409: POST /v1/markets/riverside/bills/[^/]+/disputes$")
    send = form.get_by_role("button", name=window.said("dispute.send"))
    send.click()
    expect(form.get_by_role("alert")).to_contain_text("more than the bill says")
    amount.fill("0.10")
    send.click()
    expect(form).to_be_hidden()
    (bill,) = own_town.get("/bills", "rur-01", state="issued")["items"]
    told = [(case["dispute"]["lines"][0]["kind"], case["held_amount"]) for case in bill["disputes"]]
    assert told == [("network_fee", "0.11900000"), ("levies", "0.11900000")]
    cases = page.get_by_role("article")
    expect(cases).to_have_count(2)


def test_a_bill_fits_a_phone(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE)
    window.enter(town, "rita")
    page = window.go("/portal/bills/bil-3")
    expect(page.get_by_text(window.said("pay.title"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("bill-phone")
    assert window.barriers() == []
