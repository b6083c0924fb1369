"""What moves one storage's charge is what moves all of them, looked at alone."""

from hypothesis import given
from hypothesis import strategies as st

from market.model.order import Side
from market.model.power import Measurement
from market.model.trade import Trade
from market.trading.flexible import needed_after_wh, stored_before_wh
from market.trading.positions import Positions, TradedEnergy, charged_wh, discharged_wh
from tests.builders import BATTERY

UNITS = ("one", "other")
moves = st.dictionaries(
    st.tuples(st.integers(0, 6), st.sampled_from(UNITS)), st.integers(-3_000, 3_000), max_size=10
)


@given(moves, st.integers(0, 6))
def test_what_one_storage_moves_is_its_part_of_what_all_move(
    told_wh: dict[tuple[int, str], int], after_s: int
) -> None:
    positions = Positions()
    for (start_s, unit_id), energy_wh in told_wh.items():
        positions.instruct(start_s, {unit_id: energy_wh})
    for unit_id in UNITS:
        alone = {
            at_s: item.sold_wh - item.bought_wh
            for at_s, item in positions.moves_of(unit_id, after_s)
        }
        together = {
            at_s: traded[unit_id].sold_wh - traded[unit_id].bought_wh
            for at_s, traded in positions.intervals_after(after_s).items()
            if unit_id in traded
        }
        assert alone == {at_s: net_wh for at_s, net_wh in together.items() if net_wh}
        assert list(alone) == sorted(alone)


@given(moves, st.integers(0, 6))
def test_between_least_and_most_a_storage_keeps_all_it_has_to_do_later_and_beyond_them_not(
    told_wh: dict[tuple[int, str], int], start_s: int
) -> None:
    positions = Positions()
    for (at_s, unit_id), energy_wh in told_wh.items():
        positions.instruct(at_s, {unit_id: energy_wh})
    least_wh, most_wh = needed_after_wh(positions, "one", BATTERY, start_s)

    def keeps(level_wh: int) -> bool:
        for _, item in positions.moves_of("one", start_s):
            net_wh = item.bought_wh - item.sold_wh
            if net_wh > 0:
                level_wh += charged_wh(BATTERY, net_wh)
            else:
                level_wh -= discharged_wh(BATTERY, -net_wh)
            if not 0 <= level_wh <= BATTERY.capacity_wh:
                return False
        return True

    if least_wh <= most_wh:
        assert keeps(least_wh)
        assert keeps(most_wh)
        assert least_wh == 0 or not keeps(least_wh - 1)
        assert most_wh == BATTERY.capacity_wh or not keeps(most_wh + 1)
    else:
        assert not any(keeps(level_wh) for level_wh in range(0, BATTERY.capacity_wh + 1, 100))
    assert 0 <= stored_before_wh(positions, "one", BATTERY, start_s) <= BATTERY.capacity_wh


def trade(side: Side, energy_wh: int, start_s: int, unit_id: str = "one") -> Trade:
    return Trade(
        trade_id="trd-1",
        match_id="mat-1",
        order_id="ord-1",
        participant_id="ann",
        unit_id=unit_id,
        area_id="RUR",
        start_s=start_s,
        side=side,
        price_ticks=1,
        energy_wh=energy_wh,
    )


def reading(start_s: int, state_of_charge_wh: int | None, unit_id: str = "one") -> Measurement:
    return Measurement(
        unit_id=unit_id, start_s=start_s, injection_wh=0, state_of_charge_wh=state_of_charge_wh
    )


def test_what_a_storage_was_told_moves_its_charge_on_top_of_its_trades_and_is_no_position() -> None:
    positions = Positions()
    positions.add(1, [trade(Side.BUY, 300, 1), trade(Side.SELL, 100, 1)])
    assert positions.moved("one", 1) == TradedEnergy(bought_wh=300, sold_wh=100)

    positions.instruct(1, {"one": 50})
    assert positions.moved("one", 1) == TradedEnergy(bought_wh=300, sold_wh=150)
    positions.instruct(1, {"one": -70})
    assert positions.moved("one", 1) == TradedEnergy(bought_wh=370, sold_wh=100)
    assert positions.moved("other", 1) == TradedEnergy()
    assert positions.traded("one", 1) == TradedEnergy(bought_wh=300, sold_wh=100)
    assert positions.scheduled_wh(1) == {"one": -200}

    positions.withdraw(1)
    positions.withdraw(1)
    assert positions.moved("one", 1) == TradedEnergy(bought_wh=300, sold_wh=100)


def test_an_interval_without_trades_has_no_schedule() -> None:
    positions = Positions()
    positions.add(1, [trade(Side.SELL, 100, 1)])
    assert positions.scheduled_wh(2) == {}


def test_a_cancelled_trade_counts_no_more() -> None:
    positions = Positions()
    bought, sold = trade(Side.BUY, 300, 1), trade(Side.SELL, 100, 1)
    positions.add(1, [bought, sold])
    positions.remove(1, [bought])
    assert positions.traded("one", 1) == TradedEnergy(bought_wh=0, sold_wh=100)
    positions.remove(1, [sold])
    assert positions.traded("one", 1) == TradedEnergy()


def test_the_newest_reading_says_what_a_storage_holds() -> None:
    positions = Positions()
    assert positions.state_of_charge_wh("one", BATTERY) == (None, BATTERY.start_wh)
    positions.read([reading(2, 4_000), reading(1, 9_000), reading(3, None)])
    assert positions.state_of_charge_wh("one", BATTERY) == (2, 4_000)
    positions.read([reading(2, 4_100)])  # corrected
    assert positions.state_of_charge_wh("one", BATTERY) == (2, 4_100)
    positions.read([reading(5, 100, "other")])
    assert positions.state_of_charge_wh("one", BATTERY) == (2, 4_100)
    assert positions.state_of_charge_wh("other", BATTERY) == (5, 100)


def test_what_is_forgotten_is_carried_into_the_charge_with_its_losses() -> None:
    positions, storages = Positions(), {"one": BATTERY}
    positions.add(1, [trade(Side.BUY, 1_000, 1), trade(Side.BUY, 7, 1, "a load")])
    positions.add(2, [trade(Side.SELL, 950, 2)])
    positions.instruct(3, {"one": -1})
    positions.add(4, [trade(Side.BUY, 100, 4)])

    positions.forget(2, storages)
    assert positions.state_of_charge_wh("one", BATTERY) == (1, 5_950)
    assert positions.traded("one", 2).sold_wh == 950

    positions.forget(4, storages)
    assert positions.state_of_charge_wh("one", BATTERY) == (3, 4_950)
    assert positions.traded("one", 4).bought_wh == 100
    assert [start_s for start_s, _ in positions.moves_of("one", None)] == [4]


def test_a_charge_that_was_read_later_is_not_moved_by_what_is_forgotten() -> None:
    positions = Positions()
    positions.add(1, [trade(Side.BUY, 1_000, 1)])
    positions.add(2, [trade(Side.BUY, 1_000, 2)])
    positions.add(3, [trade(Side.BUY, 1_000, 3)])
    positions.read([reading(2, 3_000)])
    positions.forget(4, {"one": BATTERY})
    assert positions.state_of_charge_wh("one", BATTERY) == (3, 3_950)


def test_what_is_carried_stays_between_empty_and_full() -> None:
    positions = Positions()
    positions.add(1, [trade(Side.BUY, 9_000, 1), trade(Side.SELL, 9_000, 1, "other")])
    positions.forget(2, {"one": BATTERY, "other": BATTERY})
    assert positions.state_of_charge_wh("one", BATTERY) == (1, BATTERY.capacity_wh)
    assert positions.state_of_charge_wh("other", BATTERY) == (1, 0)
