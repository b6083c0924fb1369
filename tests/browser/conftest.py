"""One Chromium and one town for all tests of a worker; a window of its own for each test."""

import fcntl
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import town as towns
from tests.browser.stage import ROOT
from tests.browser.town import Town
from tests.browser.window import FLAGS, Window
from tests.browser.wire import Wire, wire

OpenWindow = Callable[..., Window]

FOLDER: Final = Path(__file__).parent


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; without one no test of this folder passes."""
    tool = setup_tool()
    path: str | None = tool.find_chromium()
    if path is None:
        pytest.fail(tool.NO_CHROMIUM, pytrace=False)
    return path


_opened: Final = ExitStack()
_browsers: Final[list[Browser]] = []
"""None or one; what it takes to start is kept for the next file."""


@pytest.fixture
def chromium(chromium_path: str) -> Browser:
    """Started by the first test of this folder that a worker has."""
    if not _browsers:
        playwright = _opened.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        _opened.callback(_browsers.clear)
        _opened.callback(browser.close)
        _browsers.append(browser)
    return _browsers[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """While Playwright is there, no other test of the process may have a loop of its own."""
    if nextitem is None or not nextitem.path.is_relative_to(FOLDER):
        _opened.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of a town that was lived through once, whatever the number of workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "town"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "town.json").exists():
            towns.build(folder)
    return folder


@pytest.fixture(scope="session")
def town(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town of all who only look; nobody moves its clock or changes anything in it."""
    with towns.copied(built, tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture
def own_town(built: Path, tmp_path: Path) -> Iterator[Town]:
    """A town of one's own, to act in and to move the clock of."""
    with towns.copied(built, tmp_path) as made:
        yield made


@pytest.fixture
def line(own_town: Town) -> Iterator[Wire]:
    """A line to one's own town that can be cut."""
    with wire(own_town.server.port) as made:
        yield made


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[OpenWindow]:
    """Opens windows; each is closed with the test, which fails if any page had something to complain of."""
    with ExitStack() as windows:
        opened: list[Window] = []

        def open_one(url: str, **wishes: object) -> Window:
            window = windows.enter_context(Window(chromium, url, **wishes))  # type: ignore[arg-type]
            opened.append(window)
            return window

        yield open_one
        complaints = [complaint for window in opened for complaint in window.complaints]
    assert complaints == []


@pytest.fixture
def window(open_window: OpenWindow, town: Town) -> Window:
    """A window of somebody who is not signed in and only looks."""
    return open_window(town.url)


def setup_tool() -> ModuleType:
    """The set-up's own module, which is no package's."""
    spec = importlib.util.spec_from_file_location("wattmarket_setup", ROOT / "tools" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool
