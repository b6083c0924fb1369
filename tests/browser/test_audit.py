"""An operator looks something up in the audit trail, and has its chain proven."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.town import Town
from tests.browser.window import PHONE, look


def test_what_was_done_about_a_unit_is_found_and_read(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=(1440, 900))
    window.enter(town, "olga")
    page = window.go("/console/audit")
    page.get_by_label(window.said("audit:search.object")).fill("rur-01-battery")
    page.get_by_role("combobox", name=window.said("audit:search.kind")).select_option(
        label=window.said("audit:command.RaiseAlarm")
    )
    page.get_by_role("button", name=window.said("audit:search.go"), exact=True).click()
    trail = page.get_by_role("grid", name=window.said("audit:trail.title"))
    expect(trail.get_by_role("row", name=window.said("audit:command.RaiseAlarm"))).to_have_count(1)
    trail.get_by_role("button", name=window.said("table.details")).click()
    expect(page.get_by_role("heading", name=window.said("audit:entry.chain"))).to_be_visible()
    look(window, "audit")
    # From a command to the books as they stood after it.
    page.get_by_role("link", name=window.said("audit:entry.books")).click()
    expect(page.get_by_role("slider", name=window.said("replay:moment.time"))).to_be_visible()
    assert "fact=" in page.url
    page.get_by_label(window.said("replay:delivery"), exact=True).select_option(index=0)
    look(window, "audit.books")


def test_a_kind_that_does_not_exist_is_said_at_its_field(
    open_window: OpenWindow, town: Town
) -> None:
    window = open_window(town.url)
    window.enter(town, "olga")
    window.expect_complaint("^answer 422: GET /v1/markets/riverside/audit")
    page = window.go("/console/audit?kind=Nonsense")
    kind = page.get_by_role("combobox", name=window.said("audit:search.kind"))
    expect(kind).to_have_attribute("aria-invalid", "true")
    expect(kind).to_have_value("Nonsense")


def test_the_chain_is_proven_when_somebody_asks(open_window: OpenWindow, town: Town) -> None:
    window = open_window(town.url, size=PHONE, theme="dark")
    window.enter(town, "olga")
    page = window.go("/console/audit")
    page.get_by_role("button", name=window.said("audit:chain.prove")).click()
    expect(page.get_by_text(window.said("audit:chain_state.proven"))).to_be_visible()
    assert window.is_as_wide_as_its_window()
    window.picture("audit.phone")
