"""Trading in the portal: a rule that places orders, an order with its refusal, blocks, and why each stands as it does."""

from playwright.sync_api import Locator, expect

from tests.browser import people
from tests.browser.conftest import OpenWindow
from tests.browser.hall import close_call, open_hall
from tests.browser.town import Town
from tests.browser.window import PHONE, Window, look

LOAD = "rur-01-load"


def test_a_home_says_its_price_and_the_market_trades_for_it(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade")
    rule = page.get_by_role("form", name=window.said("simple.form", unit=LOAD))
    rule.get_by_label(window.said("simple.buy_max")).fill("150")
    # What will come of it is said before it is done.
    expect(rule).to_contain_text("€0.15")
    panel = page.get_by_role("region", name=LOAD)
    panel.get_by_role("button", name=window.said("forecast.tell")).click()
    told = page.get_by_role("alertdialog")
    told.get_by_label(window.said("forecast.takes")).fill("0.2")
    told.get_by_role("button", name=window.said("forecast.tell")).click()
    expect(told).to_be_hidden()
    rule.get_by_role("button", name=window.said("simple.begin")).click()
    expect(page.get_by_text(window.said("simple.stands"), exact=True)).to_be_visible()
    (given,) = own_town.get("/standing-orders", "rur-01", withdrawn="false")["items"]
    assert (given["unit_id"], given["buy_max_per_mwh"]) == (LOAD, "150.00")
    assert own_town.get("/forecasts", "rur-01", unit_id=LOAD)["items"]

    look(window, "trade")
    page.get_by_role("button", name=window.said("simple.end")).click()
    page.get_by_role("alertdialog").get_by_role("button", name=window.said("simple.end")).click()
    expect(page.get_by_text(window.said("simple.stands"), exact=True)).to_be_hidden()
    assert own_town.get("/standing-orders", "rur-01", withdrawn="false")["items"] == []


def test_an_order_is_refused_corrected_explained_and_cancelled(
    open_window: OpenWindow, own_town: Town
) -> None:
    window = open_window(own_town.url)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade/expert")
    form = page.get_by_role("form", name=window.said("order.title"))
    form.get_by_label(window.said("order.unit")).select_option(LOAD)
    price = form.get_by_label(window.said("order.price_buy"))
    price.fill("12.34")
    energy = form.get_by_role("textbox", name=window.said("order.energy"))
    energy.fill("500")
    # Seen before it is sent, and sent all the same.
    expect(form).to_contain_text(window.said("order.warn_capability", max="3"))
    window.expect_complaint(r"^answer 422: POST /v1/markets/riverside/orders$")
    send = form.get_by_role("button", name=window.said("order.submit_buy"))
    send.click()
    expect(form.get_by_role("alert")).to_contain_text(
        window.said("refusal.EXCEEDS_CAPABILITY").rstrip(".")
    )
    expect(price).to_have_value("12.34")
    expect(energy).to_have_value("500")
    energy.fill("0.4")
    send.click()
    expect(form.get_by_role("alert")).to_be_hidden()

    orders = page.get_by_role("grid", name=window.said("orders.open"))
    row = orders.get_by_role("row").filter(has_text="12.34").first
    expect(row).to_be_visible()
    row.get_by_role("button").first.click()
    expect(page.get_by_text(window.said("why.title"), exact=True)).to_be_visible()
    look(window, "trade-expert")

    row.get_by_role("checkbox").check()
    page.get_by_role("button", name=window.said("orders.cancel"), exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name=window.said("orders.cancel")).click()
    expect(row).to_be_hidden()


def test_an_offer_of_a_neighbour_is_taken(open_window: OpenWindow, own_town: Town) -> None:
    window = open_window(own_town.url, size=PHONE)
    window.enter(own_town, "rita")
    page = window.go("/portal/trade/offers")
    expect(page.get_by_text(window.said("offers.neighbour", area="Rural"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("trade-offers-phone")
    assert window.barriers() == []
    page.get_by_role("button", name=window.said("table.details")).first.click()
    page.get_by_role("button", name=window.said("offers.take_buy")).click()
    take = page.get_by_role("alertdialog")
    take.get_by_label(window.said("order.unit")).select_option(LOAD)
    take.get_by_role("button", name=window.said("offers.take_buy")).click()
    expect(take).to_be_hidden()
    bought = [
        trade for trade in own_town.get("/trades", "rur-01")["items"] if trade["venue"] == "listing"
    ]
    assert [(trade["side"], trade["energy_kwh"]) for trade in bought] == [("buy", "0.800")]


def row_of(table: Locator, price: str) -> Locator:
    return table.get_by_role("row").filter(has_text=price)


def place_block(window: Window, unit: str, price: str, kwh: str, count: str, **kind: str) -> None:
    """A block to sell, from interval `first` on; what it depends on, and its `least` share."""
    form = window.page.get_by_role("form", name=window.said("block.title"))
    form.get_by_label(window.said("order.unit"), exact=True).select_option(unit)
    form.get_by_label(window.said("trade:offers.from"), exact=True).select_option(
        index=1 + int(kind.pop("first", "0"))
    )
    fields = {"trade:offers.count": count, "order.price_sell": price, "offers.each": kwh}
    for key, value in fields.items():
        form.get_by_role("textbox", name=window.said(key)).fill(value)
    form.get_by_role("textbox", name=window.said("block.least")).fill(kind.pop("least", "100"))
    depends = next(iter(kind), "block")
    form.get_by_role("radio", name=window.said(f"block.kind_{depends}")).check()
    if depends == "exclusive":
        form.get_by_role("textbox", name=window.said("block.group")).fill(kind[depends])
    elif depends == "linked" and kind[depends]:
        parent = form.get_by_role("combobox", name=window.said("block.parent"))
        parent.select_option(index=1)
    form.get_by_role("button", name=window.said("block.submit_sell")).click()


def test_blocks_of_an_opening_call_are_linked_excluded_and_taken_in_part(
    open_window: OpenWindow, own_town: Town
) -> None:
    hall = open_hall(own_town)
    plant = {"role": "participant", "participant_id": "plant"}
    own_town.people["petra"] = people.enrol_one(hall, "petra", plant)
    window = open_window(own_town.url)
    window.enter(own_town, "petra")
    page = window.go("/portal/trade/expert")
    page.get_by_role("combobox", name=window.said("order.what")).select_option("block")
    open_orders = page.get_by_role("grid", name=window.said("orders.open"))
    form = page.get_by_role("form", name=window.said("block.title"))

    # A child wants a parent, and there is none yet: nothing is sent.
    place_block(window, "plant-base", "40.00", "2", "24", linked="")
    expect(form.get_by_role("alert")).to_be_visible()
    expect(form).to_contain_text(window.said("block.no_parent"))
    placed = [
        ("plant-base", "40.00", "2", "24", {}),
        ("plant-dear", "45.00", "0.5", "4", {"linked": "first"}),
        ("plant-lump", "41.00", "1", "6", {"exclusive": "one-of-us"}),
        ("plant-wind", "42.00", "1", "6", {"exclusive": "one-of-us"}),
    ]
    for unit, price, kwh, count, kind in placed:
        place_block(window, unit, price, kwh, count, **kind)
        expect(row_of(open_orders, price)).to_contain_text(unit)
    # Nobody wants all of it: where it were all or nothing it would be left out.
    place_block(window, "plant-slope", "89.00", "9", "12", least="5", first="6")
    row = row_of(open_orders, "89.00")
    row.get_by_role("button").first.click()
    terms = page.get_by_role("row").filter(has_text=window.said("block.least"))
    expect(terms).to_contain_text("5 %")
    look(window, "trade-blocks")

    close_call(hall)
    orders = {
        each["price_per_mwh"]: each
        for each in hall.get("/orders", "plant", start=hall.start())["items"]
        if each["kind"] != "limit"
    }
    base = orders["40.00"]
    assert (base["kind"], base["state"]) == ("block", "filled")
    child = orders["45.00"]
    assert (child["kind"], child["parent"]) == ("linked", base["client_order_id"])
    assert child["state"] == "filled"
    either = [orders["41.00"], orders["42.00"]]
    assert {(each["kind"], each["group"]) for each in either} == {("exclusive", "one-of-us")}
    assert sorted(each["state"] for each in either) == ["expired", "filled"]
    (part,) = (
        each
        for each in hall.get("/orders", "plant", start=hall.start(6))["items"]
        if each["price_per_mwh"] == "89.00"
    )
    assert (part["ratio_min_ppm"], part["state"]) == (50_000, "partially_filled")

    # And each says why.
    panel = page.get_by_role("region", name=window.said("orders.past"))
    panel.get_by_role("button", name=window.said("filter.day_after")).click()
    panel.get_by_role("combobox", name=window.said("orders.interval")).select_option(index=0)
    past = panel.get_by_role("grid")
    for price, reason in (("41.00", "accepted"), ("42.00", "group")):
        row_of(past, price).get_by_role("button").first.click()
        expect(past).to_contain_text(window.said(f"trade:why.{reason}")[:20])
