"""Certificates are given to a neighbour, who retires what fits its own use; a whole MWh is taken out."""

from playwright.sync_api import expect

from tests.api.routes.test_settlements import finished
from tests.api.village import QUARTER_S, unit_body
from tests.browser.conftest import OpenWindow
from tests.browser.town import FIRST_S, NOW_S, Town
from tests.browser.window import PHONE, Window, look

PARK_KWH = "2400.000"
"""What a wind park makes in a quarter of an hour: two bundles and a part of one."""


def free(town: Town, who: str) -> float:
    lots = town.get("/account/certificates", who)["items"]
    return sum(float(lot["held_kwh"]) - float(lot["owed_kwh"]) for lot in lots)


def test_some_are_given_away_and_retired_by_their_receiver(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "wim")
    page = window.go("/portal/green")
    # A bundle is 1 MWh, and nobody here has one.
    expect(page.get_by_role("button", name=window.said("green:act.export"))).to_be_disabled()
    before = free(own_town, "rur-00")
    page.get_by_role("button", name=window.said("green:act.move"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    send = dialog.get_by_role("button", name=window.said("green:act.move"), exact=True)
    energy = dialog.get_by_role("textbox", name=window.said("green:moves.energy"))
    receiver = dialog.get_by_role("textbox", name=window.said("green:act.receiver"))
    receiver.fill("nobody")
    energy.fill("9999")
    send.click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # more than there is: nothing is sent
    energy.fill(f"{before:.3f}")
    expect(dialog.get_by_text("2016").first).to_be_visible()  # which lots, made when
    window.expect_complaint("^answer 4..: POST .*/certificates:move$")
    send.click()
    expect(dialog.get_by_role("alert")).to_contain_text(window.said("refusal.PARTICIPANT_UNKNOWN"))
    window.picture("green.move")
    receiver.fill("rur-01")
    send.click()
    expect(dialog).to_have_count(0)
    assert free(own_town, "rur-00") == 0
    assert abs(free(own_town, "rur-01") - before) < 0.001
    look(window, "green.moved")

    phone = open_window(own_town.url, size=PHONE)
    phone.enter(own_town, "rita")
    page = phone.go("/portal/green")
    page.get_by_role("button", name=phone.said("green:act.retire"), exact=True).click()
    dialog = page.get_by_role("alertdialog")
    day = phone.said("green:act.day")
    phone.tell_time(dialog, day, "2016-07-01")
    expect(dialog.get_by_text(phone.said("green:act.not_settled"))).to_be_visible()
    phone.tell_time(dialog, day, "2016-06-30")
    expect(dialog.get_by_role("status")).to_contain_text("%")  # how green the day becomes
    phone.picture("green.retire.phone")
    dialog.get_by_role("button", name=phone.said("green:act.retire"), exact=True).click()
    expect(dialog).to_have_count(0)
    acts = own_town.get("/certificates/acts", "rur-01")["items"]
    assert {act["kind"] for act in acts} == {"move", "retire"}
    assert free(own_town, "rur-01") < before
    assert phone.is_as_wide_as_its_window()
    assert phone.barriers() == []

    take_one_out(window, own_town)


def take_one_out(window: Window, town: Town) -> None:
    """Of two bundles one leaves the market; three are too many."""
    make_a_lot_of_wind(town)
    before = free(town, "rur-00")
    assert before >= float(PARK_KWH)
    page = window.go("/portal/green")
    page.get_by_role("button", name=window.said("green:act.export")).click()
    dialog = page.get_by_role("alertdialog")
    bundles = dialog.get_by_role("textbox", name=window.said("green:act.bundles"))
    expect(bundles).to_have_value("2")
    window.picture("green.export")
    take = dialog.get_by_role("button", name=window.said("green:act.export"))
    bundles.fill("3")
    take.click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # more than there are: nothing is sent
    bundles.fill("1")
    take.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(window.said("green:act.exported", numbers="1"))).to_be_visible()
    moves = page.get_by_role("grid", name=window.said("green:moves.title"))
    expect(moves).to_contain_text(window.said("green:moves.export"))
    assert abs(free(town, "rur-00") - (before - 1_000)) < 0.001
    look(window, "green.exported")


def make_a_lot_of_wind(town: Town) -> None:
    """A park beside the turbine gets its certificates with its day's settlement."""
    park = unit_body("rur-00-park", "rur-00", "RUR", "wind", injection="9999.000")
    assert town.post("/units:batch", "operator", {"items": [park]}).status_code == 201
    index = (NOW_S - FIRST_S) // QUARTER_S + 1
    town.go_to((index + 1) * QUARTER_S + 1)
    reading = {
        "unit_id": "rur-00-park",
        "start": town.start(index),
        "consumption_kwh": "0.000",
        "generation_kwh": PARK_KWH,
        "state_of_charge_kwh": None,
    }
    body = {"area_id": "RUR", "items": [reading]}
    assert town.post("/measurements:batch", "area-RUR", body).status_code == 201
    town.go_to(29 * 3_600)
    finished(town, 1, "2016-07-01")
