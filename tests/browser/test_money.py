"""Money over the bank: a statement is taken in and placed, a withdrawal goes, a debt is covered; always by two."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look

DAY_S = 86_400
HEADER = "date,amount,currency,reference,counterparty,bank_id\n"
FIRST = (
    "2016-07-01,-100.00,EUR,chargeback,Rur-02,b-1\n"
    "2016-07-01,20.00,EUR,from rur-03,Rur-03,b-2\n"
    "2016-07-01,-1.50,EUR,charges,The bank,b-3\n"
    "2016-07-01,7.00,EUR,for whom it may be,A stranger,b-4\n"
)


@pytest.fixture
def olga(open_window: OpenWindow, own_town: Town) -> Window:
    """The first operator, with her passkey at hand."""
    return operator(open_window, own_town, "olga")


@pytest.fixture
def oskar(open_window: OpenWindow, own_town: Town) -> Window:
    """The second one."""
    return operator(open_window, own_town, "oskar")


def operator(open_window: OpenWindow, town: Town, name: str) -> Window:
    window = open_window(town.url)
    window.enter(town, name)
    # After the session: an authenticator counts how often it was used, and never back.
    window.authenticator().put(people.passkey(town.people[name]))
    # Money wants a fresh proof: the first act of each is asked for it.
    window.expect_complaint("^answer 403: (POST|PUT) ")
    return window


def press(window: Window, within: Page | Locator, key: str, **values: str) -> None:
    within.get_by_role("button", name=window.said(key, **values), exact=True).click()


def prove(window: Window) -> None:
    press(window, window.page, "step_up.with_passkey")


def agree(window: Window, *, first: bool = False) -> None:
    """What the other has proposed is read and agreed to."""
    page = window.go("/console/approvals")
    press(window, page, "agree.open")
    press(window, page.get_by_role("alertdialog"), "agree.act")
    if first:
        prove(window)
    expect(page.get_by_role("button", name=window.said("agree.open"))).to_have_count(0)


def row(window: Window, table: str, name: str) -> Locator:
    grid = window.page.get_by_role("grid", name=window.said(f"settlement:{table}.title"))
    return grid.get_by_role("row", name=name).first


def open_row(window: Window, table: str, name: str) -> None:
    row(window, table, name).get_by_role("button").first.click()


def statement(folder: Path, name: str, rows: str) -> Path:
    path = folder / f"{name}.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def take_in(window: Window, file: Path) -> Locator:
    press(window, window.page, "settlement:statement.take")
    dialog = window.page.get_by_role("alertdialog")
    dialog.get_by_label(window.said("settlement:statement.file")).set_input_files(file)
    press(window, dialog, "settlement:statement.act")
    return dialog


def state_of(town: Town, bank_id: str) -> str:
    items: list[dict[str, Any]] = town.get("/payments", "operator")["items"]
    return str(next(item["state"] for item in items if item["bank_id"] == bank_id))


def test_all_of_it_is_seen_on_a_phone_too(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    phone = open_window(town.url, size=PHONE, theme="dark")
    phone.enter(town, "olga")
    for view in ("payments", "withdrawals", "collateral", "debts", "reports"):
        for each in (window, phone):
            page = each.go(f"/console/settlement?view={view}&day=2016-06-30")
            expect(page.locator(".p-tiles").first).to_be_visible()
            expect(page.locator(".p-loading")).to_have_count(0)
        assert phone.is_as_wide_as_its_window()
        phone.picture(f"settlement.{view}.phone")
        look(window, f"settlement.{view}")


def test_a_statement_is_taken_in_and_what_it_does_not_say_two_people_do(
    olga: Window, oskar: Window, own_town: Town, tmp_path: Path
) -> None:
    page = olga.go("/console/settlement?view=payments")
    olga.expect_complaint("^answer 422: POST .*/payments:file$")
    faulty = statement(tmp_path, "faulty", FIRST + "2016-07-01,1.005,EUR,,,b-5\n")
    dialog = take_in(olga, faulty)
    prove(olga)
    expect(dialog.get_by_role("alert")).to_contain_text("6")  # the line, its column, what is wrong
    expect(dialog.get_by_role("alert")).to_contain_text("amount")
    olga.picture("settlement.statement")
    right = statement(tmp_path, "june", FIRST)
    dialog.get_by_label(olga.said("settlement:statement.file")).set_input_files(right)
    press(olga, dialog, "settlement:statement.act")
    expect(dialog).to_have_count(0)
    assert [state_of(own_town, each) for each in ("b-1", "b-2", "b-3", "b-4")] == [
        "unmatched", "matched", "unmatched", "unmatched",
    ]  # fmt: skip

    open_row(olga, "payments", "b-1")
    press(olga, page, "settlement:decide.open")
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("textbox", name=olga.said("settlement:column.participant")).fill("rur-02")
    dialog.get_by_label(olga.said("act.reason")).fill("Its bank took the deposit back.")
    press(olga, dialog, "settlement:two.propose")
    expect(page.get_by_role("link", name=olga.said("settlement:two.link"))).to_be_visible()
    look(olga, "settlement.payments.open")
    agree(oskar, first=True)
    assert state_of(own_town, "b-1") == "assigned"
    expect(row(olga, "payments", "b-1")).to_contain_text(
        olga.said("settlement:payment_state.assigned")
    )  # by the stream

    # And what the bank charged.
    open_row(olga, "payments", "b-3")
    press(olga, page, "settlement:decide.open")
    dialog.get_by_text(olga.said("settlement:decide.bank_fee"), exact=True).click()
    dialog.get_by_label(olga.said("act.reason")).fill("Charges of June.")
    press(olga, dialog, "settlement:two.propose")
    expect(dialog).to_have_count(0)
    agree(oskar)
    ledger = {each["account"]: each["balance"] for each in own_town.get("/ledger", "operator")["accounts"]}  # fmt: skip
    assert (ledger["suspense"], ledger["bank_fees"]) == ("7.00000000", "-1.50000000")

    expect(row(olga, "payments", "b-3")).to_contain_text(
        olga.said("settlement:payment_state.assigned")
    )
    # What came from a stranger goes back to it, with the next sending.
    open_row(olga, "payments", "b-4")
    press(olga, page, "settlement:decide.open")
    dialog.get_by_text(olga.said("settlement:decide.return"), exact=True).click()
    account = dialog.get_by_role("textbox", name=olga.said("settlement:column.payee_account"))
    dialog.get_by_label(olga.said("act.reason")).fill("Nobody here knows the sender.")
    press(olga, dialog, "settlement:two.propose")
    expect(dialog.get_by_role("alert")).to_be_visible()  # to which account?
    account.fill("DE02 9999")
    olga.picture("settlement.return")
    press(olga, dialog, "settlement:two.propose")
    expect(dialog).to_have_count(0)
    agree(oskar)
    expect(row(olga, "payments", "b-4")).to_contain_text(
        olga.said("settlement:payment_state.returned")
    )
    (back,) = own_town.get("/withdrawals", "operator")["items"]
    assert (back["kind"], back["amount"], back["payee_account"], back["state"]) == (
        "return", "7.00", "DE02 9999", "approved",
    )  # fmt: skip

    _withdrawn(olga, oskar, own_town, tmp_path)
    _covered(olga, oskar, own_town)


def _withdrawn(olga: Window, oskar: Window, town: Town, folder: Path) -> None:
    """Money leaves by two operators and one file: one is seen on the statement, one the bank rejects."""
    for number, amount in enumerate(("25.00", "5.00", "3.00")):
        body = {
            "client_withdrawal_id": f"w-{number}",
            "amount": amount,
            "payee_name": "Wim",
            "payee_account": "DE02 1234",
        }
        assert town.post("/account/withdrawals", "rur-00", body).status_code == 201
    first, second, third = (
        each["withdrawal_id"]
        for each in town.get("/withdrawals", "operator")["items"]
        if each["kind"] == "withdrawal"
    )
    page = olga.go("/console/settlement?view=withdrawals")
    dialog = page.get_by_role("alertdialog")
    open_row(olga, "payouts", second)
    press(olga, page, "settlement:payout_act.refuse")
    dialog.get_by_label(olga.said("act.reason")).fill("Asked for twice.")
    press(olga, dialog, "settlement:payout_act.refuse")
    expect(dialog).to_have_count(0)
    open_row(olga, "payouts", second)  # is closed again
    for each in (first, third):
        open_row(olga, "payouts", each)
        press(olga, page, "settlement:payout_act.approve")
        dialog.get_by_label(olga.said("act.reason")).fill("Its own account.")
        olga.picture("settlement.approve")
        press(olga, dialog, "settlement:two.propose")
        expect(dialog).to_have_count(0)
        agree(oskar)
        expect(row(olga, "payouts", each)).to_contain_text(
            olga.said("settlement:payout_state.approved")
        )  # by the stream
        open_row(olga, "payouts", each)  # is closed again
    press(olga, page, "settlement:send.open", count="3")  # with what goes back
    press(olga, dialog, "settlement:send.act")
    expect(dialog).to_have_count(0)
    with page.expect_download() as saved:
        page.locator("a[download]").first.click()
    sent = saved.value.path().read_text(encoding="utf-8-sig")
    assert all(each in sent for each in (first, third, "DE02 9999"))

    available = town.get("/account/collateral", "rur-00")["available"]
    open_row(olga, "payouts", third)
    press(olga, page, "settlement:payout_act.reject")
    dialog.get_by_label(olga.said("act.reason")).fill("No such account, says the bank.")
    olga.picture("settlement.reject")
    press(olga, dialog, "settlement:two.propose")
    expect(dialog).to_have_count(0)
    agree(oskar)
    expect(row(olga, "payouts", third)).to_contain_text(
        olga.said("settlement:payout_state.rejected")
    )  # by the stream
    now = town.get("/account/collateral", "rur-00")["available"]
    assert Decimal(now) - Decimal(available) == 3  # it is free again
    look(olga, "settlement.payouts")

    olga.go("/console/settlement?view=payments")
    take_in(olga, statement(folder, "july", f"2016-07-01,-25.00,EUR,{first},Wim,b-9\n"))
    expect(row(olga, "payments", "b-9")).to_be_visible()
    states = {each["withdrawal_id"]: each["state"] for each in town.get("/withdrawals", "operator")["items"]}  # fmt: skip
    assert [states[each] for each in (first, second, third)] == ["paid", "refused", "rejected"]


def _covered(olga: Window, oskar: Window, town: Town) -> None:
    """A deposit is noted, the fund is paid into, and an overdue debt is covered layer by layer."""
    page = olga.go("/console/settlement?view=collateral")
    dialog = page.get_by_role("alertdialog")
    for what, amount in (("pay.fund", "2.00"), ("pay.deposit", "1.00")):
        press(olga, page, f"settlement:{what}")
        dialog.get_by_label(olga.said("settlement:pay.id")).fill(what)
        if what == "pay.deposit":
            dialog.get_by_role("textbox", name=olga.said("settlement:column.participant")).fill(
                "nobody"
            )
            dialog.get_by_role("textbox", name=olga.said("settlement:column.amount")).fill(amount)
            olga.expect_complaint("^answer 4..: POST .*/deposits:batch$")
            press(olga, dialog, "settlement:pay.act")
            expect(dialog.get_by_role("alert")).to_contain_text(
                olga.said("refusal.PARTICIPANT_UNKNOWN")
            )
            dialog.get_by_role("textbox", name=olga.said("settlement:column.participant")).fill(
                "rur-05"
            )
        dialog.get_by_role("textbox", name=olga.said("settlement:column.amount")).fill(amount)
        press(olga, dialog, "settlement:pay.act")
        expect(dialog).to_have_count(0)
    page.get_by_label(olga.said("settlement:column.account"), exact=True).select_option(
        "guarantee_fund"
    )
    expect(page.get_by_role("grid").first).to_contain_text(
        olga.said("settlement:posting.fund_contribution")
    )
    put = {"amount": "3.00"}
    assert town.act("/account/collateral:put-down", "rur-01", put).status_code == 200

    town.go_to(25 * DAY_S)
    page = olga.go("/console/settlement?view=debts")
    open_row(olga, "debts", "rur-02")
    press(olga, page, "settlement:cover_act.open")
    dialog.get_by_label(olga.said("act.reason")).fill("Three reminders came back.")
    olga.picture("settlement.cover")
    press(olga, dialog, "settlement:two.propose")
    expect(dialog).to_have_count(0)
    look(olga, "settlement.debts.overdue")
    agree(oskar)
    (covered,) = town.get("/defaults", "operator")["items"]
    assert covered["participant_id"] == "rur-02"
    assert covered["fund_amount"] == "2.00000000"
    expect(page.get_by_text(olga.said("settlement:debts.empty"))).to_be_visible()  # by the stream
    expect(page.get_by_role("img").first).to_be_visible()
    look(olga, "settlement.debts.covered")
