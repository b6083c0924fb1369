"""What the pages weigh and how soon and how smoothly they run: `make bench-web`.

Against the small town of `tests/browser/`, in the system's Chromium without a graphics card. Prints figures and
the aims beside them, asserts nothing. What a page weighs is what the browser fetched until it was
live, as it came over the wire and compressed by gzip; interactive is when the first screen shows what
is asked for and is live, from the start of the navigation. Frames are those of `pages/frames.py`.
"""

import gzip
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, sync_playwright

from benchmarks.figures.report import aim, report
from benchmarks.pages.frames import frames
from tests.browser import town as towns
from tests.browser.conftest import setup_tool
from tests.browser.town import Town
from tests.browser.window import FLAGS, Window, said

TRIES = 5
FIRST = (("console", "/console/situation", None), ("portal", "/portal/", "rita"))
"""Application, its first page, who sees it (None: everybody)."""
KB = 1_000


def main() -> None:
    """Print the figures."""
    path = setup_tool().find_chromium()
    if path is None:
        raise SystemExit(setup_tool().NO_CHROMIUM)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        built, copied = Path(folder, "built"), Path(folder, "copied")
        built.mkdir()
        copied.mkdir()
        towns.build(built)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with towns.copied(built, copied) as town:
            for application, address, who in FIRST:
                first_load(browser, town, application, address, who)
        frames(browser, Path(folder, "parts"))
        browser.close()


def first_load(
    browser: Browser, town: Town, application: str, address: str, who: str | None
) -> None:
    """Print what a page weighs and how soon it is live, of several windows that know nothing yet."""
    weights, times = [], []
    for _ in range(TRIES):
        with Window(browser, town.url) as window:
            if who is not None:
                window.enter(town, who)
            fetched = _fetched(window.page)
            began = time.perf_counter()
            window.go(address)
            _is_live(window.page)
            times.append(time.perf_counter() - began)
            weights.append(sum(map(_gzipped, fetched)))
    size, live = f"applications.{application}_size", f"applications.{application}_live"
    print(
        f"{application}: {max(weights) / KB:.0f} kB gzip (aim {aim(size)}),"
        f" interactive {statistics.median(times):.2f} s, at most {max(times):.2f}"
        f" (aim {aim(live)})"
    )
    report(size, max(weights) / KB)
    report(live, statistics.median(times), note=f"at most {max(times):.2f} s of {TRIES}")


def _fetched(page: Page) -> list[Response]:
    """What the page is answered from now on."""
    fetched: list[Response] = []
    page.on("response", lambda response: fetched.append(response))
    return fetched


def _is_live(page: Page) -> None:
    live = page.get_by_role("group", name=said("en", "connection.label"))
    live.get_by_text(said("en", "connection.live")).wait_for()


def _gzipped(response: Response) -> int:
    """Of the application's own files; what the market answers is not its weight."""
    if "/v1/" in response.url or response.status != 200:
        return 0
    return len(gzip.compress(response.body()))


if __name__ == "__main__":
    main()
