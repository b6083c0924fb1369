"""Throttles: budgets are spent at once, fill up evenly, and are told in band."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from limits import parse
from pydantic import ValidationError

from api.access.identity import Principal
from api.access.throttle import Bucket, Budgets, Kind, Purse, Scope, Throttles
from api.app import ADDRESSES
from api.settings import Settings
from api.wire.errors import RefusedError
from market.model.participant import Role
from tests.api.hosting import HandClock, LazySolver, Server
from tests.api.village import Village, make_village

ADA = Principal(client_id="c-1", role=Role.PARTICIPANT, market_id="village", participant_id="ada")
ADA_TOO = Principal(
    client_id="c-2", role=Role.PARTICIPANT, market_id="village", participant_id="ada"
)
BOB = Principal(client_id="c-3", role=Role.PARTICIPANT, market_id="village", participant_id="bob")
OPERATOR = Principal(client_id="c-4", role=Role.OPERATOR)


class Real:
    """Real time of the test."""

    def __init__(self) -> None:
        self.now_s = 1.7e9

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def throttles(real: Real) -> Throttles:
    """Three at once for a client, four for a participant, six for all; full again in a minute."""
    budgets = Budgets(
        client=parse("3/minute"), participant=parse("4/minute"), all=parse("6/minute")
    )
    return Throttles(dict.fromkeys(Kind, budgets), real_time_s=real)


def take(
    throttles: Throttles, who: Principal | None, cost: int = 1, kind: Kind = Kind.NEW
) -> str | None:
    """None: it was paid; otherwise the scope that had too little."""
    try:
        throttles.spend(throttles.purse(who, "10.0.0.1"), kind, cost)
    except RefusedError as refused:
        (fault,) = refused.rejections
        return fault.parameters["scope"]
    return None


def test_a_budget_is_spent_at_once_and_fills_up_evenly(throttles: Throttles, real: Real) -> None:
    assert [take(throttles, ADA) for _ in range(4)] == [None, None, None, "client"]
    real.now_s += 19.9
    assert take(throttles, ADA) == "client"
    real.now_s += 0.2
    assert take(throttles, ADA) is None
    assert take(throttles, ADA) == "client"
    real.now_s += 3_600
    assert [take(throttles, ADA) for _ in range(4)] == [None, None, None, "client"]


def test_who_waits_as_told_is_served(throttles: Throttles, real: Real) -> None:
    purse = throttles.purse(ADA, "")
    throttles.spend(purse, Kind.NEW, 3)
    with pytest.raises(RefusedError) as refused:
        throttles.spend(purse, Kind.NEW, 2)
    real.now_s += int(refused.value.headers["Retry-After"])
    throttles.spend(purse, Kind.NEW, 2)
    (fault,) = refused.value.rejections
    assert refused.value.headers["Retry-After"] == fault.parameters["wait_s"] == "40"
    assert fault.code.value == "RATE_LIMIT"


def test_a_participant_s_clients_share_its_budget(throttles: Throttles) -> None:
    assert take(throttles, ADA, 3) is None
    assert take(throttles, ADA_TOO) is None
    assert take(throttles, ADA_TOO) == "participant"
    assert take(throttles, BOB) is None


def test_everybody_shares_the_last_budget(throttles: Throttles) -> None:
    assert take(throttles, ADA, 3) is None
    assert take(throttles, BOB, 3) is None
    assert take(throttles, OPERATOR) == "all"
    assert throttles.refused == {(Kind.NEW, Scope.ALL): 1}


def test_what_is_refused_costs_nothing(throttles: Throttles) -> None:
    assert take(throttles, ADA, 2) is None
    assert take(throttles, ADA, 2) == "client"
    assert take(throttles, ADA_TOO, 2) is None  # the participant's budget was not touched


def test_kinds_do_not_know_each_other(throttles: Throttles) -> None:
    assert take(throttles, ADA, 3, Kind.NEW) is None
    assert take(throttles, ADA, 3, Kind.CANCEL) is None
    assert take(throttles, ADA, 1, Kind.NEW) == "client"


def test_more_than_a_budget_holds_passes_when_it_is_full(throttles: Throttles, real: Real) -> None:
    assert take(throttles, ADA, 1_000) is None
    assert take(throttles, ADA) == "client"
    real.now_s += 60
    assert take(throttles, ADA, 1_000) is None


def test_a_clock_set_back_makes_nobody_wait(throttles: Throttles, real: Real) -> None:
    take(throttles, ADA, 2)
    real.now_s -= 86_400
    assert take(throttles, ADA) is None
    assert take(throttles, ADA) == "client"
    real.now_s += 20.1
    assert take(throttles, ADA) is None
    assert take(throttles, ADA) == "client"


def test_without_a_token_the_address_pays(throttles: Throttles) -> None:
    def pay(address: str) -> None:
        throttles.spend(throttles.purse(None, address), Kind.QUERY, 3)

    pay("10.0.0.1")
    with pytest.raises(RefusedError):
        pay("10.0.0.1")
    pay("2001:db8::1")
    with pytest.raises(RefusedError):
        pay("2001:db8::ffff:1")  # the same sender's network


def test_somebody_else_s_logins_do_not_lock_out(throttles: Throttles) -> None:
    for _ in range(3):
        throttles.spend(throttles.login_of("operator-1", "10.0.0.66"), Kind.LOGIN)
    with pytest.raises(RefusedError):
        throttles.spend(throttles.login_of("operator-1", "10.0.0.66"), Kind.LOGIN)
    throttles.spend(throttles.login_of("operator-1", "10.0.0.1"), Kind.LOGIN)


def test_use_is_told(throttles: Throttles) -> None:
    take(throttles, ADA, 2)
    told, policy = throttles.headers(throttles.purse(ADA, ""), Kind.NEW)
    assert told == '"new-client";r=1;t=40'
    assert policy == '"new-client";q=3;w=60, "new-participant";q=4;w=60'
    take(throttles, ADA_TOO, 2)
    told, _ = throttles.headers(throttles.purse(ADA, ""), Kind.NEW)
    assert told == '"new-participant";r=0;t=60'
    new = [item for item in throttles.usage(ADA, "") if item["budget"] == "new"]
    assert [(item["scope"], item["limit"], item["remaining"]) for item in new] == [
        ("client", 3, 1),
        ("participant", 4, 0),
    ]


def test_the_longest_unused_is_forgotten(
    throttles: Throttles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.access.throttle.PURSES_MAX", 2)
    first = throttles.purse(ADA, "")
    throttles.purse(BOB, "")
    assert throttles.purse(ADA, "") is first
    throttles.purse(OPERATOR, "")
    assert throttles.purse(ADA, "") is first  # Bob's was the longest unused


def test_a_bucket_never_holds_more_than_it_is_made_for() -> None:
    bucket = Bucket(Kind.NEW, Scope.CLIENT, parse("5/second"))
    assert bucket.state(1_000.0) == (5, 0)
    bucket.take(2, 1_000.0)
    assert bucket.state(1_000.0) == (3, 1)
    assert bucket.state(2_000.0) == (5, 0)
    assert Purse({Kind.NEW: (bucket, bucket)}).policies[Kind.NEW] == '"new-client";q=5;w=1'


@pytest.mark.parametrize("text", ["", "many", "5/second", "5/second; 5/second", "0.5/second"])
def test_a_setting_names_three_budgets(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(limit_new=text)


def test_cancels_may_be_more_than_orders() -> None:
    budgets = Settings().budgets
    for new, cancel in (
        (budgets[Kind.NEW].client, budgets[Kind.CANCEL].client),
        (budgets[Kind.NEW].participant, budgets[Kind.CANCEL].participant),
        (budgets[Kind.NEW].all, budgets[Kind.CANCEL].all),
    ):
        assert cancel.amount > new.amount
        assert cancel.amount / cancel.get_expiry() > new.amount / new.get_expiry()


GETTING_OUT = ("me/orders:", "/stops")


def test_who_wants_out_is_never_throttled() -> None:
    for address in ADDRESSES:
        if address.method == "POST" and any(word in address.path for word in GETTING_OUT):
            assert address.kind() is None, address.path
    kinds = {(item.method, item.path.rpartition("}")[2]): item.kind() for item in ADDRESSES}
    assert kinds["POST", "/orders"] is kinds["POST", "/orders:batch"] is Kind.NEW
    assert kinds["POST", "/orders:cancel"] is Kind.CANCEL
    assert kinds["GET", "/prices"] is Kind.QUERY
    assert kinds["POST", "/v1/token"] is Kind.LOGIN
    assert kinds["GET", "/v1/health"] is None


# --- over the wire -----------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, solver: LazySolver) -> Iterator[Village]:
    """A village whose server allows little; a test pushes real time on to have it full again."""
    server = Server(
        tmp_path_factory.mktemp("narrow"),
        HandClock(int(datetime(2016, 6, 14, 21, tzinfo=UTC).timestamp())),
        solver,
        token_lifetime_s=3_600,
        limit_new="6/minute; 8/minute; 100/minute",
        limit_query="20/minute; 40/minute; 1000/minute",
        limit_subscribe="2/minute; 3/minute; 100/minute",
        limit_login="2/minute; 60/minute; 100/minute",
    ).start()
    # Budgets fill up with time; how long the requests take is not looked at.
    with server.real_time_s.standing():
        yield make_village(server)
    server.stop()
    assert server.faults == []


def refill(village: Village) -> None:
    village.server.real_time_s.ahead_s += 60


def test_too_many_orders_are_refused_with_the_time_to_wait(narrow: Village) -> None:
    refill(narrow)
    taken = [narrow.post("/orders", "ada", narrow.order()) for _ in range(6)]
    assert {answer.status_code for answer in taken} == {201}
    assert taken[0].headers["ratelimit"] == '"new-client";r=5;t=10'
    assert (
        taken[0].headers["ratelimit-policy"] == '"new-client";q=6;w=60, "new-participant";q=8;w=60'
    )
    answer = narrow.post("/orders", "ada", narrow.order())
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT")
    assert answer.headers["ratelimit"].startswith('"new-client";r=0;')
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert narrow.send("DELETE", f"/orders/{taken[0].json()['order_id']}", "ada").status_code == 200
    narrow.server.real_time_s.ahead_s += int(answer.headers["retry-after"])
    assert narrow.post("/orders", "ada", narrow.order()).status_code == 201


def test_a_batch_is_paid_by_its_rows_and_refused_before_it_happens(narrow: Village) -> None:
    refill(narrow)
    batch = {"orders": [narrow.order(energy_kwh="0.001") for _ in range(5)]}
    assert narrow.post("/orders:batch", "ada", batch).status_code == 200
    before = narrow.get("/orders", "ada", limit=1000)["items"]
    batch = {"orders": [narrow.order(energy_kwh="0.001") for _ in range(5)]}
    answer = narrow.post("/orders:batch", "ada", batch)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT")
    assert narrow.get("/orders", "ada", limit=1000)["items"] == before
    refill(narrow)
    assert narrow.post("/orders:batch", "ada", batch).status_code == 200


def test_wrong_tokens_are_counted_by_their_address(narrow: Village) -> None:
    refill(narrow)
    http, headers = narrow.server.http, {"Authorization": "Bearer wrong"}
    statuses = [http.get(f"{narrow.path}/account", headers=headers).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    assert narrow.send("GET", "/account", "ada").status_code == 200


def test_limits_and_use_can_be_asked_for(narrow: Village) -> None:
    refill(narrow)
    headers = {"Authorization": f"Bearer {narrow.tokens['bob']}"}
    narrow.post("/orders", "bob", narrow.order())
    told = narrow.server.http.get("/v1/me/limits", headers=headers).json()
    budgets = {(item["budget"], item["scope"]): item for item in told["budgets"]}
    assert (budgets["new", "client"]["limit"], budgets["new", "client"]["remaining"]) == (6, 5)
    assert budgets["new", "participant"]["remaining"] == 7
    assert "refused" not in told
    for _ in range(8):
        narrow.post("/orders", "bob", narrow.order())
    headers = {"Authorization": f"Bearer {narrow.tokens['operator']}"}
    refused = narrow.server.http.get("/v1/me/limits", headers=headers).json()["refused"]
    assert sum(item["count"] for item in refused if item["budget"] == "new") >= 3


def test_the_stream_tells_limits_and_keeps_them(narrow: Village) -> None:
    refill(narrow)
    with narrow.stream("ada") as reader:
        budgets = {
            (item["budget"], item["scope"]): item
            for item in reader.hear("hello")["data"]["budgets"]
        }
        assert budgets["subscribe", "client"]["limit"] == 2
        for channel, key in (("account", "ada"), ("trades", "RUR"), ("trades", "GRID")):
            reader.subscribe(channel, key)
        answers = [reader.hear("snapshot", "error") for _ in range(3)]
        assert [message["type"] for message in answers] == ["snapshot", "snapshot", "error"]
        assert answers[-1]["data"]["code"] == "RATE_LIMIT"
        assert int(answers[-1]["data"]["wait_s"]) > 0
        left = {
            (item["budget"], item["scope"]): item["remaining"]
            for item in reader.hear("heartbeat")["data"]["budgets"]
        }
        assert left["subscribe", "client"] == 0
    with narrow.stream() as reader:
        assert "budgets" not in reader.hear("hello")["data"]


def test_logins_are_counted_by_client_whether_right_or_wrong(narrow: Village) -> None:
    refill(narrow)
    form = {"grant_type": "client_credentials", **narrow.server.operator_credential()}
    wrong = {**form, "client_secret": "x"}
    statuses = [narrow.server.http.post("/v1/token", data=wrong).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert narrow.server.http.post("/v1/token", data=form).status_code == 429
    other = {**wrong, "client_id": "operator-0"}
    assert narrow.server.http.post("/v1/token", data=other).status_code == 401
    refill(narrow)
    assert narrow.server.http.post("/v1/token", data=form).status_code == 200


def test_a_settings_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTMARKET_VAR", str(tmp_path))
    monkeypatch.setenv("WATTMARKET_LIMIT_QUERY", "1/second; 2/second; 3/minute")
    query = Settings().budgets[Kind.QUERY]
    assert (query.client.amount, query.participant.amount, query.all.get_expiry()) == (1, 2, 60)
