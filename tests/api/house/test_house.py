"""Markets that a server keeps in PostgreSQL: made, refused, found again after a restart."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import checks
from api.serve import StartRefusedError, check
from api.settings import Settings
from market.store.database import Stores
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import bearer, make_village

EVENING_S = int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp())


def test_a_market_in_a_database_is_found_again_as_it_was(
    tmp_path: Path, own_database_url: str, solver: LazySolver
) -> None:
    kept = {"database_url": own_database_url}
    first = Server(tmp_path, HandClock(EVENING_S), solver, **kept).start()
    village = make_village(first)
    told = village.post("/orders", "ada", village.order()).json()
    assert village.post("/orders", "bob", village.order(
        unit_id="bob-solar", side="sell", price_per_mwh="50.00", energy_kwh="0.500"
    )).status_code == 201  # fmt: skip
    village.go_to(3 * 900 + 1)
    before = village.state()
    prices = village.get("/prices")
    first.stop()

    again = Server(tmp_path, HandClock(EVENING_S), solver, **kept).start()
    village.server = again
    try:
        assert village.state() == before
        assert village.get("/prices") == prices
        assert prices["items"], "the first interval was cleared"
        assert village.get("/ledger", "operator")["sum_quanta"] == 0
        repeated = village.get(f"/orders/{told['order_id']}", "ada")
        assert repeated["client_order_id"] == told["client_order_id"]
        village.go_to(6 * 900 + 1)
    finally:
        again.stop()
    assert first.faults == again.faults == []
    assert list((tmp_path / "markets").glob("*")) == []
    assert Stores(tmp_path, own_database_url).markets() == (village.market_id,)


def test_a_bad_market_leaves_no_schema(
    tmp_path: Path, own_database_url: str, solver: LazySolver
) -> None:
    server = Server(tmp_path, HandClock(EVENING_S), solver, database_url=own_database_url).start()
    village = make_village(server)
    good = server.http.get(village.path).json()
    bad = {**good, "market_id": "another", "trading_from": "2001-01-01T00:00:00Z"}

    answer = server.http.post("/v1/markets", json=bad, headers=bearer(village.tokens["operator"]))

    assert answer.status_code == 422, answer.text
    server.stop()
    assert Stores(tmp_path, own_database_url).markets() == (village.market_id,)


def test_a_database_that_is_not_as_it_must_be_is_told_like_the_rest(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        var=tmp_path,
        behind_tls=True,
        origin="https://market.example",
        database_url=postgres_url,  # type: ignore[arg-type]
    )
    monkeypatch.setattr(checks, "SQLITE_MIN", (3, 0, 0))
    monkeypatch.setattr(checks, "DISK_FREE_MIN", 0.0)
    assert checks.start_faults(settings) == []

    monkeypatch.setattr(checks, "server_faults", lambda url: [f"PostgreSQL at {url}: fsync is off"])
    assert checks.start_faults(settings) == [f"PostgreSQL at {postgres_url}: fsync is off"]
    public = settings.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 - what is refused
    with pytest.raises(StartRefusedError, match="fsync"):
        check(public)
    check(settings)  # on the loopback address the same is a warning


def test_a_database_that_does_not_answer_refuses_the_start(tmp_path: Path) -> None:
    nowhere = f"postgresql://postgres@/postgres?host={tmp_path}"

    with pytest.raises(StartRefusedError, match="keeps the markets"):
        check(Settings(var=tmp_path, database_url=nowhere))  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["mysql://host/database", "village", "sqlite:///village.sqlite"])
def test_an_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="postgresql://"):
        Settings.model_validate({"database_url": url})


def test_the_databases_password_is_not_shown() -> None:
    settings = Settings.model_validate({"database_url": "postgresql://u:very-secret@host/d"})

    assert "very-secret" not in repr(settings)
    assert settings.database_address == "postgresql://u:very-secret@host/d"
