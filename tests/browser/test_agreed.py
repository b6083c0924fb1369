"""What two have to agree on: a contract, the recall of its trade, a dispute that is upheld and its bill."""

from playwright.sync_api import Page, expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.town import MONTH, Town
from tests.browser.window import Window, look


def somebody(open_window: OpenWindow, town: Town, name: str) -> Window:
    window = open_window(town.url)
    window.enter(town, name)
    window.authenticator().put(people.passkey(town.people[name]))
    # What lets go on and what moves money wants a fresh proof, once.
    window.expect_complaint("^answer 403: POST ")
    return window


def press(window: Window, key: str, *, within: str | None = None) -> None:
    """A button of the page, or of the dialog."""
    place = window.page if within is None else window.page.get_by_role("alertdialog")
    place.get_by_role("button", name=window.said(key), exact=True).click()


def prove(window: Window) -> None:
    press(window, "step_up.with_passkey")


def agree(window: Window) -> None:
    page = window.go("/console/approvals")
    press(window, "agree.open")
    press(window, "agree.act", within="dialog")
    prove(window)
    expect(page.get_by_role("button", name=window.said("agree.open"))).to_have_count(0)


def register(window: Window, price: str) -> None:
    """Of the last interval that is open, with the load of rur-01."""
    page, dialog = window.page, window.page.get_by_role("alertdialog")
    press(window, "contracts.register")
    dialog.get_by_label(window.said("order.unit"), exact=True).select_option("rur-00-wind")
    dialog.get_by_label(window.said("contracts.other_unit")).fill("rur-01-load")
    start = dialog.get_by_label(window.said("trade:offers.from"), exact=True)
    expect(start.get_by_role("option")).not_to_have_count(1)
    start.select_option(index=start.get_by_role("option").count() - 1)
    dialog.get_by_role("textbox", name=window.said("orders.price")).fill(price)
    dialog.get_by_role("textbox", name=window.said("offers.each")).fill("0.25")
    window.tell_time(dialog, window.said("contracts.answer_by"), "2016-07-01T03:30")
    window.picture("trade.contract")
    press(window, "contracts.register", within="dialog")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text=price).first).to_be_visible()


def open_contract(page: Page, price: str) -> None:
    page.get_by_role("row").filter(has_text=price).first.get_by_role("button").first.click()


def test_a_contract_is_confirmed_and_its_trade_recalled_by_two_operators(
    open_window: OpenWindow, own_town: Town
) -> None:
    wim = somebody(open_window, own_town, "wim")
    wim.go("/portal/trade/contracts")
    for price in ("91.25", "92.25", "93.25"):
        register(wim, price)
    open_contract(wim.page, "93.25")
    press(wim, "contracts.withdraw")
    press(wim, "contracts.withdraw", within="dialog")
    expect(wim.page.get_by_text(wim.said("contracts.state_withdrawn"), exact=True)).to_be_visible()

    rita = somebody(open_window, own_town, "rita")
    page = rita.go("/portal/trade/contracts")
    for price, act in (("92.25", "decline"), ("91.25", "confirm")):
        open_contract(page, price)
        press(rita, f"contracts.{act}")
        press(rita, f"contracts.{act}", within="dialog")
        expect(page.get_by_role("alertdialog")).to_have_count(0)
    look(rita, "trade.contracts")
    states = {each["price_per_mwh"]: each["state"] for each in own_town.get("/contracts", "rur-01")["items"]}  # fmt: skip
    assert states == {"91.25": "confirmed", "92.25": "declined", "93.25": "withdrawn"}

    page = rita.go("/portal/trade/done")
    row = page.get_by_role("row").filter(has_text="91.25").first
    row.get_by_role("button").first.click()
    press(rita, "trades.recall")
    page.get_by_role("alertdialog").get_by_label(rita.said("act.reason")).fill("The wrong day.")
    press(rita, "trades.recall", within="dialog")
    expect(page.get_by_role("alertdialog")).to_have_count(0)

    olga = somebody(open_window, own_town, "olga")
    page = olga.go("/console/control")
    page.get_by_role("tab", name=olga.said("control:tab.recalls")).click()
    press(olga, "control:decision.cancel")
    press(olga, "control:decision.cancel", within="dialog")
    prove(olga)
    expect(page.get_by_text(olga.said("control:second_wanted"))).to_be_visible()
    look(olga, "control.recalls")
    agree(somebody(open_window, own_town, "oskar"))
    (trade,) = (
        each
        for each in own_town.get("/trades", "rur-01")["items"]
        if each["price_per_mwh"] == "91.25"
    )
    assert trade["state"] == "cancelled"


def test_a_dispute_is_upheld_by_two_and_the_months_bill_says_so(
    open_window: OpenWindow, own_town: Town
) -> None:
    olga = somebody(open_window, own_town, "olga")
    page = olga.go("/console/desk")
    page.get_by_role("row", name="rur-01").first.get_by_role("gridcell").nth(1).click()
    press(olga, "desk:take")
    press(olga, "desk:close")
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_label(olga.said("desk:closing.answer")).fill("You are right about the fee.")
    olga.picture("desk.decide")
    press(olga, "desk:closing.propose", within="dialog")
    prove(olga)
    expect(dialog).to_have_count(0)
    look(olga, "desk.proposed")
    agree(somebody(open_window, own_town, "oskar"))
    (case,) = own_town.get("/cases", "operator")["items"]
    assert (case["state"], case["outcome"]) == ("closed", "upheld")

    page = olga.go(f"/console/settlement?view=bills&month={MONTH}")
    press(olga, "bills.draft")
    press(olga, "bills.draft", within="dialog")
    expect(dialog).to_have_count(0)
    issue = page.get_by_role("button", name=olga.said("bills.issue", count="1"), exact=True)
    issue.click()
    olga.picture("settlement.issue")
    press(olga, "bills.issue_act", within="dialog")
    expect(dialog).to_have_count(0)
    expect(
        page.get_by_role("button", name=olga.said("bills.issue", count="0"), exact=True)
    ).to_be_disabled()
    bills = own_town.get("/bills", "rur-01")["items"]
    assert [bill["state"] for bill in bills] == ["replaced", "issued"]
    assert [line["amount"] for line in bills[-1]["lines"] if line["kind"] == "credit"] == [
        "-0.10000000"
    ]
