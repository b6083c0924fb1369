"""What the public sees of continuous trading: levels without names, sealed calls not at all."""

from typing import Any

from api.access.permissions import Channel
from api.channels.depth import MERGED
from market.model.messages import (
    OrderReplaced,
    OrdersActivated,
    OrdersClosed,
    OrdersHibernated,
    OrdersJoinedCall,
    Phase,
    PhaseChanged,
    SelfTradePrevented,
)
from market.model.order import OrderOptions, Side, Venue
from market.model.stop import Stop, StopKind, StopScope, TradingReleased, TradingStopped
from tests.api.watched import NOW_US, Watched, cancelled, closing, continuous, traded
from tests.builders import MIDNIGHT_S

BUY, SELL = Side.BUY, Side.SELL
OWNERS = [f"owner-{number}" for number in range(12)]


def shown(watched: Watched, key: str = MERGED) -> dict[str, str]:
    """Energy by side and price, of all intervals."""
    return {
        f"{level['side']} {level['price_per_mwh']}": level["energy_kwh"]
        for interval in watched.live.books.snapshot(key)["intervals"]
        for level in interval["levels"]
    }


def test_an_order_stands_at_its_price_until_it_is_gone() -> None:
    watched = Watched()
    watched.happen(
        continuous(), *watched.place(("ann", BUY, 5_000, 1_500), ("ben", BUY, 5_000, 500))
    )
    assert shown(watched) == {"buy 50.00": "2.000"}
    watched.happen(traded("ord-1", 400))
    assert shown(watched) == {"buy 50.00": "1.600"}
    watched.happen(cancelled("ben", "ord-2"))
    assert shown(watched) == {"buy 50.00": "1.100"}
    watched.happen(traded("ord-1", 1_100))
    assert shown(watched) == {}


def test_a_sealed_call_shows_nothing() -> None:
    watched = Watched()
    sealed = watched.place(("ann", BUY, 66_666, 1_500), venue=Venue.CALL)
    watched.happen(continuous(), *sealed, closing())
    watched.happen(*watched.place(("ann", BUY, 66_667, 1_500), venue=Venue.CALL))

    assert shown(watched) == {}


def test_a_book_goes_dark_when_its_interval_is_called() -> None:
    watched = Watched()
    _, socket = watched.reader(Channel.BOOK, MERGED)
    watched.happen(continuous(), *watched.place(("ann", BUY, 5_000, 1_500)))
    watched.happen(closing(), OrdersJoinedCall(start_s=MIDNIGHT_S, order_ids=("ord-1",)))

    told = socket.said[-1]["data"]
    assert [(i["phase"], i["levels"]) for i in told["intervals"]] == [
        ("call", [{"side": "buy", "price_per_mwh": "50.00", "energy_kwh": "0.000"}])
    ]
    assert shown(watched) == {}


def test_a_halt_shows_the_last_book_and_says_so() -> None:
    watched = Watched()
    _, socket = watched.reader(Channel.BOOK, MERGED)
    watched.happen(continuous(), *watched.place(("ann", BUY, 5_000, 1_500)))
    halt = Stop(
        kind=StopKind.HALT,
        scope=StopScope.MARKET,
        key="",
        actor="op-1",
        reason="test",
        since_us=NOW_US,
    )
    watched.happen(TradingStopped(stop=halt))
    assert [i["phase"] for i in socket.said[-1]["data"]["intervals"]] == ["halt"]
    assert shown(watched) == {"buy 50.00": "1.500"}
    released = TradingReleased(
        kind=StopKind.HALT, scope=StopScope.MARKET, key="", actors=("a", "b"), now_us=NOW_US
    )
    watched.happen(released)
    assert [i["phase"] for i in socket.said[-1]["data"]["intervals"]] == ["continuous"]


def test_a_volatility_call_of_one_area_hides_that_area() -> None:
    watched = Watched()
    for area in ("RUR", "GRID"):
        rows = [(owner, BUY, 5_000, 100) for owner in OWNERS]
        watched.happen(continuous(), *watched.place(*rows, area=area))
    call = PhaseChanged(
        start_s=MIDNIGHT_S,
        phase=Phase.VOLATILITY_CALL,
        now_us=NOW_US,
        area_id="RUR",
        until_us=NOW_US,
    )
    watched.happen(call)
    assert (shown(watched, "RUR"), shown(watched, "GRID")) == ({}, {"buy 50.00": "1.200"})
    watched.happen(
        PhaseChanged(start_s=MIDNIGHT_S, phase=Phase.CONTINUOUS, now_us=NOW_US, area_id="RUR")
    )
    assert shown(watched, "RUR") == {"buy 50.00": "1.200"}


def test_what_sleeps_is_not_shown() -> None:
    watched = Watched()
    watched.happen(continuous(), *watched.place(("ann", SELL, 5_000, 1_500)))
    watched.happen(OrdersHibernated(participant_id="ann", order_ids=("ord-1",)))
    assert shown(watched) == {}
    watched.happen(OrdersActivated(participant_id="ann", order_ids=("ord-1",), held_quanta=(0,)))
    assert shown(watched) == {"sell 50.00": "1.500"}


def test_a_replaced_order_moves_and_one_that_met_its_owner_shrinks() -> None:
    watched = Watched()
    watched.happen(continuous(), *watched.place(("ann", SELL, 5_000, 1_500)))
    replaced = OrderReplaced(
        participant_id="ann",
        order_id="ord-1",
        revision=2,
        price_ticks=6_000,
        energy_wh=900,
        held_quanta=0,
        keeps_priority=False,
    )
    watched.happen(replaced)
    assert shown(watched) == {"sell 60.00": "0.900"}
    prevented = SelfTradePrevented(
        participant_id="ann",
        start_s=MIDNIGHT_S,
        order_id="ord-2",
        resting_order_id="ord-1",
        prevented_wh=200,
        resting_taken_wh=200,
    )
    watched.happen(prevented)
    assert shown(watched) == {"sell 60.00": "0.700"}


def test_an_iceberg_shows_a_part_at_a_time() -> None:
    watched = Watched()
    rows = watched.place(("ann", SELL, 5_000, 2_500), options=OrderOptions(display_wh=1_000))
    watched.happen(continuous(), *rows)
    seen = [shown(watched)["sell 50.00"]]
    for energy_wh in (300, 700, 1_000):
        watched.happen(traded("ord-1", energy_wh))
        seen.append(shown(watched)["sell 50.00"])

    assert seen == ["1.000", "0.700", "1.000", "0.500"]


def test_nobody_sees_a_book_in_the_middle_of_a_batch() -> None:
    watched = Watched()
    _, socket = watched.reader(Channel.BOOK, MERGED)
    crossing = watched.place(("ann", BUY, 5_000, 1_000), ("ben", SELL, 4_000, 600))
    watched.happen(continuous(), *crossing, traded("ord-1", 600), traded("ord-2", 600))

    (snapshot, told) = socket.said
    assert (snapshot["type"], told["type"]) == ("snapshot", "delta")
    (interval,) = told["data"]["intervals"]
    assert interval["levels"] == [{"side": "buy", "price_per_mwh": "50.00", "energy_kwh": "0.400"}]
    assert told["data"]["revision"] == told["data"]["event_seq"] == watched.live.event_seq


def test_an_area_with_ten_owners_has_a_book_of_its_own() -> None:
    watched = Watched()
    rows: list[tuple[str, Any, int, int]] = [(owner, BUY, 5_000, 100) for owner in OWNERS[:10]]
    watched.happen(continuous(), *watched.place(*rows))

    assert (shown(watched, "RUR"), shown(watched)) == ({"buy 50.00": "1.000"}, {})


def test_no_name_and_no_order_id_is_ever_in_a_book() -> None:
    watched = Watched()
    _, socket = watched.reader(Channel.BOOK, MERGED)
    watched.happen(continuous(), *watched.place(("ann", BUY, 5_000, 1_500)))

    text = b"".join(socket.taken)
    assert b"50.00" in text
    assert not any(word in text for word in (b'"ann', b"ord-", b"unit"))


def test_a_closed_interval_leaves_no_level() -> None:
    watched = Watched()
    watched.happen(continuous(), *watched.place(("ann", BUY, 5_000, 1_500)))
    watched.happen(OrdersClosed(start_s=MIDNIGHT_S))

    assert shown(watched) == {}
    assert watched.live.books.depth.shown[MERGED].checksum == 0
