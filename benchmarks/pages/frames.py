"""How smoothly charts draw and long tables scroll: on the page of all parts, built as the applications are.

The one idea: the browser counts its own frames. Each frame something is done that has to be drawn by the next
one (a point for every line, three hundred pixels further down), and what is told is the time between frames. A
machine with other work is late for reasons of its own: beside it stands what the page's own thread computed.
"""

import statistics
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize

from benchmarks.figures.report import aim, report
from tests.browser.conftest import setup_tool
from tests.house.source import ROOT

FRAMES: Final = 600
"""Ten seconds where nothing is late."""
SETTLING: Final = 60
"""So many go by first: a page that has just been opened is still making itself at home."""
SIZE: Final[ViewportSize] = {"width": 1440, "height": 900}

_FRAMES: Final = """async ([settling, count]) => {
  const next = () => new Promise((done) => requestAnimationFrame(done));
  const act = window.__act;
  for (let i = 0; i < settling; i += 1) { act(); await next(); }
  const took = [];
  let before = await next();
  for (let i = 0; i < count; i += 1) {
    act();
    const now = await next();
    took.push(now - before);
    before = now;
  }
  return took;
}"""
_DRAW: Final = "() => { window.__act = window.appendLive; }"
_SCROLL: Final = """() => {
  const grid = document.querySelector("[role=grid]");
  window.__act = () => {
    const end = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1;
    grid.scrollTop = end ? 0 : grid.scrollTop + 300;
  };
}"""


def frames(browser: Browser, folder: Path) -> None:
    """Print how many frames a second five growing lines have, and how long frames of a scrolled table take."""
    _build(folder)
    with _served(folder) as address:
        drawn, drawing_ms = _measured(browser, f"{address}?part=Charts", ".p-lines canvas", _DRAW)
        scrolled, scrolling_ms = _measured(
            browser, f"{address}?part=Table", "[role=grid] .p-row", _SCROLL
        )
    rate = 1_000 * len(drawn) / sum(drawn)
    name = "applications.lines_frames"
    print(
        f"five lines of 2,880 points, one more a frame: {rate:.0f} frames/s (aim {aim(name)}),"
        f" {_spread(drawn)}, {drawing_ms:.1f} ms of it computed by the page"
    )
    report(name, rate, note=f"{_spread(drawn)}; {drawing_ms:.1f} ms computed by the page")
    middle, late = "applications.table_frame", "applications.table_frame_p95"
    print(
        f"10,000 rows scrolled by 300 pixels a frame: median {statistics.median(scrolled):.1f} ms"
        f" (aim {aim(middle)}), p95 {_p95(scrolled):.1f} ms (aim {aim(late)}),"
        f" {scrolling_ms:.1f} ms of it computed by the page"
    )
    report(middle, statistics.median(scrolled), note=f"{scrolling_ms:.1f} ms computed by the page")
    report(late, _p95(scrolled), note=f"of {len(scrolled)} frames")


def _measured(browser: Browser, address: str, shown: str, act: str) -> tuple[list[float], float]:
    """Milliseconds of each frame while something is done in every one, and how many the page computed for."""
    page: Page = browser.new_page(viewport=SIZE)
    inspector = page.context.new_cdp_session(page)
    inspector.send("Performance.enable", {"timeDomain": "threadTicks"})
    try:
        page.goto(address)
        page.locator(shown).first.wait_for()
        page.evaluate(act)
        began_s = _computed_s(inspector)
        took: list[float] = page.evaluate(_FRAMES, [SETTLING, FRAMES])
        computed_ms = 1_000 * (_computed_s(inspector) - began_s) / (FRAMES + SETTLING)
        # What was drawn is there: a table that could not keep up would be blank.
        page.locator(shown).first.wait_for()
        return took, computed_ms
    finally:
        page.close()


def _computed_s(inspector: CDPSession) -> float:
    """Processor time of the page's thread so far, whatever else the machine does."""
    metrics = inspector.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def _spread(took: list[float]) -> str:
    return f"median {statistics.median(took):.1f} ms, p95 {_p95(took):.1f} ms"


def _build(folder: Path) -> None:
    npm, environment = setup_tool().node()
    subprocess.run(
        [npm.with_name("node"), "tools/gallery.mjs", folder],
        cwd=ROOT / "web",
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads what was asked for."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/gallery.html"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
