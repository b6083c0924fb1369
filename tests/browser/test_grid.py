"""Grid and areas: prices on a map, the wires of an area, the tree walked by keyboard, who gives way."""

import re
from collections.abc import Iterator
from math import cos, sin
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import town as towns
from tests.browser.conftest import OpenWindow
from tests.browser.town import Town, homes
from tests.browser.window import LANGUAGES, PHONE, Window, look

CABLE = {
    "resistance_uohm_per_km": 206_700, "reactance_uohm_per_km": 80_425, "capacitance_ff_per_km": 829_999_394,
    "current_max_ma": 60_000,
}  # fmt: skip
STREETS = 3
REPORT = {
    "state": "normal", "cause": "in_touch", "connected": True, "target_kw": "0.000", "power_kw": "0.000",
    "voltage_pu": "1.004000", "frequency_hz": "50.000",
}  # fmt: skip


def network() -> dict[str, Any]:
    """A transformer and three streets of four homes, each home on a bus of its own."""
    limits = {"voltage_min_ppm": 900_000, "voltage_max_ppm": 1_100_000}
    buses = [
        {"bus_id": "RUR-upper", "rated_v": 20_000, **limits, "longitude_udeg": 11_409_600, "latitude_udeg": 53_653_900},
        {"bus_id": "RUR-station", "rated_v": 400, **limits, "longitude_udeg": 11_409_600, "latitude_udeg": 53_653_100},
    ]  # fmt: skip
    lines, placements = [], []
    rural = [home for home in homes() if home.area_id == "RUR"]
    for number, home in enumerate(rural):
        street, step = number % STREETS, number // STREETS + 1
        bus_id = f"RUR-B{number:02}"
        angle = 1.6 + 1.5 * (street - 1)
        buses.append(
            {"bus_id": bus_id, "rated_v": 400, **limits,
             "longitude_udeg": 11_409_600 + round(900 * step * cos(angle)),
             "latitude_udeg": 53_653_100 - round(500 * step * sin(angle))}
        )  # fmt: skip
        before = "RUR-station" if step == 1 else f"RUR-B{number - STREETS:02}"
        lines.append(
            {"line_id": f"RUR-L{number:02}", "from_bus": before, "to_bus": bus_id, "length_mm": 60_000, **CABLE}
        )  # fmt: skip
        placements += [{"member_id": unit["unit_id"], "bus_id": bus_id} for unit in home.units()]
    transformer = {
        "transformer_id": "RUR-T1", "from_bus": "RUR-upper", "to_bus": "RUR-station", "rated_va": 100_000,
        "from_rated_v": 20_000, "to_rated_v": 400, "short_circuit_ppb": 40_000_000,
        "short_circuit_resistance_ppb": 12_000_000, "no_load_current_ppb": 3_000_000, "iron_loss_w": 300,
    }  # fmt: skip
    return {
        "area_id": "RUR", "version": 1, "source_bus": "RUR-upper", "buses": buses, "lines": lines,
        "transformers": [transformer], "placements": placements,
    }  # fmt: skip


@pytest.fixture(scope="module")
def wired(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town, in which RUR's wires are known, units say how they are, and an operator has stopped one."""
    with towns.copied(built, tmp_path_factory.mktemp("wired")) as town:
        said = town.post("/networks", "operator", network())
        assert said.status_code == 201, said.text
        told = {item["unit_id"]: item for item in town.get("/units:overview", "operator")["items"]}
        for home in homes():
            for unit in home.units():
                name = unit["unit_id"]
                follows = told[name]["setpoint_kw"] or "0.000"
                report = {**REPORT, "target_kw": follows, "power_kw": follows}
                if name == "rur-03-wind":
                    report |= {"state": "failsafe", "cause": "grid_lost", "target_kw": "0.000"}
                if name == "rur-04-load":
                    report |= {"target_kw": "-9.000"}
                if name == "sem-05-load":
                    continue
                who = f"area-{home.area_id}"
                answer = town.post(f"/units/{name}:state", who, report)
                assert answer.status_code == 200, answer.text
        stop = {
            "kind": "stop",
            "level": "unit",
            "member_id": "rur-06-wind",
            "reason": "A blade is cracked.",
        }
        assert town.post("/acts", "operator", stop).status_code == 200
        yield town


def open_grid(window: Window, town: Town, path: str = "", who: str = "olga") -> Page:
    window.enter(town, who)
    page = window.go(f"/console/grid{path}")
    title = page.get_by_role("heading", level=1, name=window.said("shell:nav.grid"))
    expect(title).to_be_visible()
    return page


def drawn(page: Page) -> None:
    """Pictures are there: what is drawn on a canvas came after a file of its own."""
    expect(page.locator(".p-diagram-canvas canvas").first).to_be_visible()
    expect(page.locator(".p-bone")).to_have_count(0)


def newest(town: Town) -> dict[str, Any]:
    """The interval that was cleared last."""
    cleared = [item for item in town.get("/intervals")["items"] if item["areas"]]
    return dict(max(cleared, key=lambda item: str(item["start"])))


def tree(page: Page, window: Window) -> Locator:
    return page.get_by_role("treegrid", name=window.said("grid:tree.title"))


def member(page: Page, window: Window, name: str) -> Locator:
    """The row of a unit or an area."""
    return tree(page, window).locator(f"[data-key='{name}']")


def test_prices_flows_and_areas_are_seen_in_both_languages(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired)
    drawn(page)
    areas = page.get_by_role("grid", name=window.said("grid:areas.title"))
    for area in newest(wired)["areas"]:
        cell = page.get_by_role("gridcell", name=area["area_id"], exact=True)
        expect(areas.get_by_role("row").filter(has=cell)).to_contain_text(
            area["price_per_mwh"] or "–"
        )
    look(window, "grid")


def test_another_interval_is_chosen_and_stands_in_the_address(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired)
    drawn(page)
    page.get_by_role("button", name=window.said("parts:filter.interval_before")).click()
    (before,) = (
        item for item in wired.get("/intervals")["items"] if item["end"] == newest(wired)["start"]
    )
    expect(page).to_have_url(re.compile(f"start={before['start'].replace(':', '%3A')}"))
    areas = page.get_by_role("grid", name=window.said("grid:areas.title"))
    for area in before["areas"]:
        cell = page.get_by_role("gridcell", name=area["area_id"], exact=True)
        expect(areas.get_by_role("row").filter(has=cell)).to_contain_text(
            area["price_per_mwh"] or "–"
        )
    page.get_by_role("button", name=window.said("grid:newest")).click()
    expect(page).not_to_have_url(re.compile("start="))


def test_behind_each_picture_there_is_a_table_and_a_file(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired)
    drawn(page)
    prices = page.get_by_role("region", name=window.said("grid:map.title"))
    with page.expect_download() as saved:
        prices.get_by_role("button", name=window.said("parts:chart.csv")).click()
    rows = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["RUR", "SEM", "GRID"]
    prices.get_by_role("button", name=window.said("parts:chart.as_table")).click()
    expect(prices.get_by_role("gridcell", name="RUR", exact=True)).to_be_visible()


def test_the_wires_of_an_area_are_drawn_with_their_flow(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?view=network")
    expect(page.get_by_text(window.said("grid:network.lowest"), exact=True)).to_be_visible()
    drawn(page)
    asked = {"area_id": "RUR", "start": newest(wired)["start"]}
    flow = wired.get("/power-flow", "operator", **asked)
    figures = page.get_by_role("region", name=window.said("grid:network.now"))
    lowest = min(flow["buses"], key=lambda bus: float(bus["voltage_pu"]))
    expect(figures).to_contain_text(lowest["bus_id"])
    expect(figures).to_contain_text(f"{float(lowest['voltage_pu']):.4f}")
    look(window, "grid-network")
    wires = page.get_by_role("region", name=window.said("grid:network.title", area="RUR"))
    wires.get_by_role("button", name=window.said("parts:chart.as_table")).click()
    table = wires.get_by_role("grid")
    expect(table.get_by_role("gridcell", name="RUR-L00")).to_be_visible()


def test_the_tree_is_walked_by_keyboard(open_window: OpenWindow, wired: Town) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?view=members")
    expect(member(page, window, "rur-00-load")).to_be_visible()
    tree(page, window).locator("[data-key='*']").focus()
    page.keyboard.press("ArrowDown")
    expect(member(page, window, "RUR")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(member(page, window, "rur-00-load")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(member(page, window, "rur-00-load")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("member=rur-00-wind"))
    expect(page.get_by_role("region", name="rur-00-wind")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(member(page, window, "RUR")).to_be_focused()
    page.keyboard.press("End")
    expect(member(page, window, "retail")).to_be_focused()
    reached, wanted = window.reached_by_keyboard()
    assert wanted - reached == set()


def test_an_address_opens_a_member_and_says_how_it_stands(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?member=rur-03-wind")
    row = member(page, window, "rur-03-wind")
    expect(row).to_have_attribute("aria-selected", "true")
    expect(row).to_contain_text(window.said("grid:stands.failsafe"))
    expect(member(page, window, "rur-04-load")).to_contain_text(window.said("grid:stands.apart"))
    expect(member(page, window, "rur-06-wind")).to_contain_text(window.said("grid:stands.stop"))
    expect(member(page, window, "rur-01-battery")).to_contain_text(window.said("grid:stands.alarm"))
    expect(member(page, window, "sem-05-load")).to_contain_text(window.said("grid:stands.unheard"))
    look(window, "grid-members")
    page.goto(f"{wired.url}/console/grid?member=RUR")
    expect(member(page, window, "RUR")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("region", name="RUR")).to_contain_text(
        window.said("grid:area_state.coupled")
    )


def test_what_a_unit_says_is_seen_without_reading_again(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?member=sem-04-load")
    row = member(page, window, "sem-04-load")
    expect(row).not_to_contain_text("−7.25")
    report = {**REPORT, "target_kw": "-7.250", "power_kw": "-7.250"}
    assert wired.post("/units/sem-04-load:state", "area-SEM", report).status_code == 200
    expect(row).to_contain_text("−7.25")


def test_units_are_searched_and_what_is_not_there_is_said(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?view=members")
    search = page.get_by_role("searchbox", name=window.said("grid:tree.search"))
    search.fill("rur-05")
    expect(member(page, window, "rur-05-battery")).to_be_visible()
    expect(member(page, window, "rur-00-load")).to_have_count(0)
    search.fill("nobody")
    expect(page.get_by_text(window.said("grid:tree.no_match"), exact=True)).to_be_visible()
    page.get_by_role("button", name=window.said("grid:tree.clear")).click()
    page.get_by_label(window.said("grid:tree.show"), exact=True).select_option("needs")
    expect(member(page, window, "rur-03-wind")).to_be_visible()
    expect(member(page, window, "rur-00-load")).to_have_count(0)
    page.goto(f"{wired.url}/console/grid?member=nobody")
    expect(page.get_by_text(window.said("grid:tree.unknown", member="nobody"))).to_be_visible()


def test_who_gave_way_is_seen_by_reason(open_window: OpenWindow, wired: Town) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?view=cuts")
    drawn(page)
    cuts = page.get_by_role("grid", name=window.said("grid:cuts.list"))
    expect(cuts.get_by_text("rur-06-wind").first).to_be_visible()
    expect(cuts.get_by_text(window.said("grid:cut.stopped")).first).to_be_visible()
    look(window, "grid-cuts")


def test_an_areas_grid_operator_sees_its_own_units_only(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    page = open_grid(window, wired, "?view=members", who="sven")
    expect(member(page, window, "sem-00-load")).to_be_visible()
    expect(member(page, window, "rur-00-load")).to_have_count(0)
    page.get_by_role("tab", name=window.said("grid:tab.network")).click()
    expect(page.get_by_text(window.said("grid:network.none"), exact=True)).to_be_visible()


def test_it_is_not_for_a_participant(open_window: OpenWindow, wired: Town) -> None:
    window = open_window(wired.url)
    window.enter(wired, "rita")
    page = window.go("/console/grid")
    expect(page.get_by_text(window.said("shell:guard.not_permitted"))).to_be_visible()


def test_what_cannot_be_fetched_is_said_and_asked_for_again(
    open_window: OpenWindow, wired: Town
) -> None:
    window = open_window(wired.url)
    window.expect_complaint("^answer 503: GET .*/units:overview")
    refused = {"code": "SYSTEM_UNAVAILABLE", "trace_id": "trace-of-units", "errors": []}
    window.page.route(
        "**/units:overview*",
        lambda route: route.fulfill(
            status=503, json=refused, content_type="application/problem+json"
        ),
    )
    page = open_grid(window, wired, "?view=members")
    expect(page.get_by_text("trace-of-units")).to_be_visible()
    page.unroute("**/units:overview*")
    page.get_by_role("button", name=window.said("parts:nothing.again")).click()
    expect(member(page, window, "rur-00-load")).to_be_visible()


@pytest.mark.parametrize("view", ["areas", "network", "members", "cuts"])
def test_it_fits_a_narrow_phone_in_the_dark(
    open_window: OpenWindow, wired: Town, view: str
) -> None:
    window = open_window(wired.url, size=PHONE, theme="dark")
    page = open_grid(window, wired, f"?view={view}")
    for language in LANGUAGES:
        window.speak(language)
        expect(page.locator(".p-bone")).to_have_count(0)
        assert window.is_as_wide_as_its_window()
        window.picture(f"grid-{view}-phone")
        assert window.barriers() == []
    window.speak("en")
