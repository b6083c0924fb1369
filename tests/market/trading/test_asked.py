"""What a call is asked for: as pre-trade checks count it, and never less than the call takes."""

from collections.abc import Mapping

from market.model.call import CallKind
from market.model.messages import CancelOrders
from market.trading.asked import asked_wh
from tests.market.engine.day_ahead import Day, at, block, curve, store

BUY, SELL = False, True


def _asked(day: Day, number: int = 0) -> Mapping[tuple[str, bool], int]:
    book = day.engine.state.book
    return asked_wh(book.call(CallKind.DAY_AHEAD, at(0)), book, at(number))


def test_rows_blocks_groups_and_storages_count_in_their_intervals() -> None:
    day = Day()
    day.opens_day()
    assert _asked(day) == {}
    day.places(
        "ben", "a ben-load buy 30000 300 0\nb ben-load buy 20000 200 0\nc ben-load buy 1 50 1"
    )
    day.accepts("ann", curve("d", "ann-solar", "sell", "1000 400, 2000 300"))
    day.accepts("ben", block("e", "ben-load", "buy", 30_000, "0:100 2:700"))
    day.accepts("ann", block("x", "ann-load", "buy", 30_000, "0:500 1:500", group="g"))
    day.accepts("ann", block("y", "ann-load", "buy", 30_000, "0:600", group="g"))
    day.accepts("ann", store("s", first=1, charge_wh=800, discharge_wh=900))

    assert _asked(day, 0) == {
        ("ben-load", BUY): 600,
        ("ann-solar", SELL): 700,
        ("ann-load", BUY): 600,
    }
    assert _asked(day, 1) == {
        ("ben-load", BUY): 50,
        ("ann-load", BUY): 500,
        ("ann-battery", BUY): 800,
        ("ann-battery", SELL): 900,
    }
    assert _asked(day, 2)["ben-load", BUY] == 700
    # It is what the checks have counted as spoken for.
    for (unit_id, sells), energy_wh in _asked(day).items():
        open_energy = day.engine.state.commitments.open_energy(unit_id, at(0))
        assert energy_wh == (open_energy.sell_wh if sells else open_energy.buy_wh)


def test_what_was_taken_back_is_not_asked() -> None:
    day = Day()
    day.opens_day()
    (row,) = day.places("ben", "a ben-load buy 30000 300 0")
    assert row.order_id is not None
    day.does(
        CancelOrders(
            now_us=day.now_us, actor="ben", participant_id="ben", order_ids=(row.order_id,)
        )
    )
    assert _asked(day) == {}
