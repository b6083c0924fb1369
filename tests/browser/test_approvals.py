"""What one operator has proposed another one agrees to, after reading what it changes."""

from playwright.sync_api import expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def propose(town: Town) -> None:
    """The operators' first credential wants a larger credit limit, a release and a start."""
    asked = {"limit": "50.00", "reason": "A second shop from August on."}
    path = "/participants/rur-01/credit-limit"
    answer = town.send("PUT", path, "operator", json=asked)
    assert answer.status_code == 200, answer.text
    stop = {"kind": "emergency_stop", "level": "unit", "member_id": "rur-01-battery", "reason": "Smoke was seen."}  # fmt: skip
    assert town.post("/acts", "operator", stop).status_code == 200
    release = {"kind": "release", "level": "unit", "member_id": "rur-01-battery", "reason": "It was steam."}  # fmt: skip
    assert town.post("/acts", "operator", release).status_code == 200


def test_a_second_operator_agrees(open_window: OpenWindow, own_town: Town) -> None:
    propose(own_town)
    window = open_window(own_town.url)
    window.sign_in(own_town, "oskar", "/console/sign-in")
    page = window.page
    page.get_by_role("link", name=window.said("nav.approvals")).click()
    expect(page.get_by_text("A second shop from August on.")).to_be_visible()
    look(window, "approvals")

    item = page.get_by_role("listitem").filter(has_text="A second shop from August on.")
    item.get_by_role("button", name=window.said("agree.open")).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("rur-01")
    window.picture("approvals.agree")
    window.expect_complaint("^answer 403: PUT .*/credit-limit$")  # a fresh proof is wanted
    dialog.get_by_role("button", name=window.said("agree.act"), exact=True).click()
    page.get_by_role("button", name=window.said("step_up.with_passkey")).click()
    expect(item).to_have_count(0)

    limits = own_town.get("/credit-limits", "operator")["items"]
    assert limits[-1]["limit"] == "50.00000000"


def test_what_was_proposed_by_oneself_waits_for_another(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url, size=PHONE, theme="dark")
    window.enter(own_town, "olga")
    page = window.go("/console/approvals")
    expect(page.get_by_text(window.said("others.none"))).to_be_visible()

    live = page.get_by_role("group", name=window.said("connection.label"))
    expect(live).to_have_text(window.said("connection.live"))

    propose(own_town)  # and it appears by itself
    agree = page.get_by_role("button", name=window.said("agree.open"))
    expect(agree).to_have_count(2)

    with people.signed_in(own_town, "olga") as olga:
        for kind, reason in (("decouple", "Work on the line."), ("couple", "The work is done.")):
            said = {"kind": kind, "level": "area", "member_id": "SEM", "reason": reason}
            answer = olga.post("/v1/markets/riverside/acts", said)
            assert answer.status_code == 200, answer.text
    own = page.get_by_role("listitem").filter(has_text="The work is done.")
    expect(own).to_contain_text(window.said("item.own"))
    expect(agree).to_have_count(2)
    assert window.is_as_wide_as_its_window()
    window.picture("approvals.phone")
