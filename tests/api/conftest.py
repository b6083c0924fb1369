"""The server of these tests and its markets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.api.authenticator import Browser
from tests.api.hosting import RUNNING, HandClock, LazySolver, Server
from tests.api.signing import ADA, code_for, new_login
from tests.api.village import Village, make_village
from tests.patience import PATIENCE_S


@pytest.fixture(scope="session")
def solver() -> Iterator[LazySolver]:
    made = LazySolver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, solver: LazySolver) -> Iterator[Server]:
    clock = HandClock(int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp()))
    made = Server(tmp_path_factory.mktemp("var"), clock, solver).start()
    yield made
    made.stop()
    assert made.faults == []


@pytest.fixture(scope="module", autouse=True)
def markets_end_with_their_file() -> Iterator[None]:
    """Else each would be traded, settled and billed to its end, as others move the clock."""
    yield
    for server in RUNNING:
        server.let_go()


@pytest.fixture(scope="module", autouse=True)
def silence_is_borne() -> Iterator[None]:
    """A test that waits for the market says nothing meanwhile, and on a busy machine it waits for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.routes.stream.SILENCE_S", float(PATIENCE_S))
        yield


@pytest.fixture
def village(server: Server) -> Village:
    return make_village(server)


@pytest.fixture(scope="session")
def still_village(server: Server) -> Village:
    """A market for tests that leave nothing behind; no test moves the clock to its gates."""
    return kept_village(server)


@pytest.fixture(scope="session")
def other_village(server: Server) -> Village:
    """Another market of the same deployment."""
    return kept_village(server)


def kept_village(server: Server) -> Village:
    made = make_village(server, days_ahead=90)
    server.kept.add(made.market_id)
    return made


@pytest.fixture
def good_tokens_after(server: Server) -> Iterator[None]:
    """For tests that move the time of day: others of this server go on with tokens that are good."""
    yield
    server.real_time_s.ahead_s = 0


@pytest.fixture
def standing_time(server: Server) -> Iterator[None]:
    """For tests of what ends at a second, or with a time code: how long they take changes nothing."""
    with server.real_time_s.standing():
        yield


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    with Browser(server) as made:
        yield made


@pytest.fixture
def operator(still_village: Village, browser: Browser) -> Browser:
    """An operator who has a passkey and is in."""
    browser.enrol(code_for(still_village), new_login("op"))
    return browser


@pytest.fixture
def ada(still_village: Village, browser: Browser) -> Browser:
    browser.enrol(code_for(still_village, **ADA), new_login("ada"))
    return browser
