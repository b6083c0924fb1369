"""Offers at the joints of the market: kills, halts, a person's own limits, and a whole day's road."""

import pytest

from market.model.listing import ListingState
from market.model.money import CENTRAL
from market.model.rejection import Code
from market.model.service import Outage, ReportOutage
from market.model.stop import CancelAll, StopKind, StopScope, StopTrading
from tests.builders import call_rows
from tests.market.engine.offering import Offering, at, code, made


@pytest.fixture
def market() -> Offering:
    """Ann lists, Sue quotes Ben, Ben proposes a contract to Ann."""
    offering = Offering()
    made(offering.lists("ann-solar", "sell", 9_000, "400 500"))
    made(offering.asks("ben-load", 300, asked_participants=("sue",)))
    made(offering.quotes("sue-wind", -100, 300))
    made(offering.proposes("ben-load", "buy", "ann-solar", 8_000, "100"))
    return offering


def stops(market: Offering, kind: StopKind, scope: StopScope, key: str) -> None:
    wish = StopTrading(
        now_us=market.now_us, actor="op", kind=kind, scope=scope, key=key, reason="a test"
    )
    assert market.does(wish).rejections == ()


def open_offers(market: Offering) -> list[str]:
    state = market.engine.state
    return [*state.listings.open, *state.inquiries.quotes, *state.contracts.open]


@pytest.mark.parametrize(
    ("scope", "key", "left"),
    [
        (StopScope.PARTICIPANT, "ann", ["quo-1", "con-1"]),
        (StopScope.UNIT, "sue-wind", ["lst-1", "con-1"]),
        (StopScope.UNIT, "ben-load", ["lst-1", "quo-1"]),
        (StopScope.AREA, "SEM", ["lst-1", "con-1"]),
        (StopScope.INTERVAL, str(at(1)), ["quo-1", "con-1"]),
        (StopScope.MARKET, "", []),
    ],
)
def test_a_kill_takes_back_what_it_concerns(
    market: Offering, scope: StopScope, key: str, left: list[str]
) -> None:
    stops(market, StopKind.KILL, scope, key)
    assert open_offers(market) == left
    assert market.engine.state.ledger.held_quanta("ann") == 0
    expected = 800_000 if "con-1" in left else 0
    assert market.engine.state.ledger.held_quanta("ben") == expected


def test_who_is_killed_agrees_on_nothing_new(market: Offering) -> None:
    stops(market, StopKind.KILL, StopScope.PARTICIPANT, "ben")
    assert code(market.lists("ben-chp", "sell", 9_000, "100")) is Code.KILLED
    assert code(market.takes("ben-load", "100")) is Code.KILLED
    assert code(market.accepts("ben")) is Code.KILLED
    assert code(market.asks("ben-load", 100, asked_area="RUR")) is Code.KILLED
    assert code(market.proposes("ben-load", "buy", "ann-solar", 1, "1")) is Code.KILLED
    made(market.proposes("ann-solar", "sell", "ben-load", 1, "1"))
    assert code(market.confirms("ben", "con-2")) is Code.KILLED


def test_a_unit_that_cannot_run_offers_nothing(market: Offering) -> None:
    outage = Outage(unit_id="ann-solar", from_s=at(0), until_s=at(1), reason="a cloud of hail")
    market.does(ReportOutage(now_us=market.now_us, actor="op", outage=outage))
    assert open_offers(market) == ["quo-1", "con-1"]
    assert code(market.lists("ann-solar", "sell", 1, "1")) is Code.UNIT_OUT_OF_SERVICE
    assert code(market.confirms("ann")) is Code.UNIT_OUT_OF_SERVICE
    made(market.lists("ann-solar", "sell", 1, "", legs=((at(1), 1),)))


def test_in_a_halt_offers_may_only_be_taken_back(market: Offering) -> None:
    stops(market, StopKind.HALT, StopScope.MARKET, "")
    assert code(market.takes("ben-load", "100")) is Code.HALTED_CANCEL_ONLY
    assert code(market.confirms("ann")) is Code.HALTED_CANCEL_ONLY
    assert code(market.lists("ben-chp", "sell", 1, "1")) is Code.HALTED_CANCEL_ONLY
    made(market.withdraws("ann"))


def test_the_same_state_by_facts_and_from_a_snapshot(market: Offering) -> None:
    made(market.takes("sue-load", "200"))
    made(market.accepts("ben"))
    again = Offering.__new__(Offering)
    again.engine = type(market.engine)()
    for event in market.events:
        again.engine.apply(event)
    assert again.engine.snapshot() == market.engine.snapshot()
    restored = type(market.engine)()
    restored.restore(market.engine.snapshot())
    assert restored.snapshot() == market.engine.snapshot()
    market.engine = restored
    made(market.confirms("ann"))
    made(market.withdraws("ann"))
    assert market.engine.state.commitments.open_count("ann") == 0
    assert market.engine.state.ledger.balance_quanta(CENTRAL) == 0


def test_a_listing_that_joined_the_call_is_called(market: Offering) -> None:
    market.opens()
    market.closes()
    assert list(market.engine.state.listings.open["lst-1"].left_wh) == [at(1)]
    market.opens(1)
    market.closes(1)
    assert market.engine.state.listings.open == {}
    ended = [event.state for event in market.events if hasattr(event, "starts_s")]
    assert ended == [ListingState.CALLED, ListingState.CALLED]


def test_what_is_listed_in_a_halted_area_takes_no_part_in_the_call(market: Offering) -> None:
    market.opens()
    stops(market, StopKind.HALT, StopScope.AREA, "RUR")
    made(market.lists("sue-wind", "sell", 9_000, "700"))
    market.closes()
    assert [row.energy_wh for row in call_rows(market.engine, at(0))] == [700]
    assert market.engine.state.commitments.open_energy("ann-solar", at(0)).sell_wh == 0


def test_cancelling_everything_takes_offers_back_too(market: Offering) -> None:
    def cancels(who: str, **fields: str) -> None:
        market.tells(CancelAll, who, reason="user_cancel_all", **fields)

    cancels("ann", unit_id="ann-load")
    cancels("ann", session_id="some")
    assert open_offers(market) == ["lst-1", "quo-1", "con-1"]
    cancels("ann", unit_id="ann-solar")
    cancels("ben")
    assert open_offers(market) == ["quo-1"]
    assert market.engine.state.ledger.held_quanta("ben") == 0
