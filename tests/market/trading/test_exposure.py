"""What an account may come to owe: each unit and interval once, open orders by their worst."""

from hypothesis import given
from hypothesis import strategies as st

from market.model.messages import Phase
from market.model.order import Side
from market.model.trade import Trade
from market.trading.commitments import Commitments
from market.trading.exposure import Exposures
from market.trading.phases import Phases
from market.trading.positions import Positions
from tests.builders import MIDNIGHT_S, RULES, STEP_S, UNITS

SOLD, BOUGHT = 20, 12
SOLAR, LOAD = "ann-solar", "ann-load"
NEXT_S = MIDNIGHT_S + STEP_S
CLOSING_ROAD = (Phase.CALL, Phase.LOCKED, Phase.DELIVERY_LOCK, Phase.SETTLING, Phase.SETTLED)


class Fixed:
    """A Wh sold may cost 20 ticks, a Wh bought 12."""

    def ticks(self, unit_id: str, start_s: int) -> tuple[int, int]:  # noqa: ARG002
        return SOLD, BOUGHT


class Account:
    """Ann's and Ben's units, and what they have traded and open."""

    def __init__(self, *, is_on: bool = True) -> None:
        self.commitments, self.positions = Commitments(), Positions()
        self.phases = Phases(RULES)
        self.exposures = Exposures(
            is_on=is_on,
            rates=Fixed(),
            units={unit.unit_id: unit for unit in UNITS},
            commitments=self.commitments,
            positions=self.positions,
            phases=self.phases,
        )

    def trades(self, unit_id: str, side: Side, energy_wh: int, start_s: int = MIDNIGHT_S) -> None:
        made = Trade(
            trade_id="trd-1",
            match_id="mat-1",
            order_id="ord-1",
            participant_id=unit_id.partition("-")[0],
            unit_id=unit_id,
            area_id="RUR",
            start_s=start_s,
            side=side,
            price_ticks=1,
            energy_wh=energy_wh,
        )
        self.positions.add(start_s, [made])

    def opens(self, unit_id: str, side: Side, energy_wh: int, start_s: int = MIDNIGHT_S) -> None:
        self.commitments.add(unit_id, start_s, sells=side is Side.SELL, energy_wh=energy_wh)

    def seen(self, owner: str = "ann") -> tuple[int, int]:
        return self.exposures.worst_quanta(owner), self.exposures.traded_quanta(owner)


def test_open_orders_count_by_the_worse_of_what_they_could_make_of_the_position() -> None:
    account = Account()
    account.trades(SOLAR, Side.SELL, 100)
    account.opens(SOLAR, Side.SELL, 10)
    account.opens(SOLAR, Side.BUY, 50)
    assert account.seen() == (110 * SOLD, 100 * SOLD)
    account.opens(SOLAR, Side.BUY, 300)
    assert account.seen() == (250 * BOUGHT, 100 * SOLD)
    assert account.seen("ben") == (0, 0)


def test_units_and_intervals_do_not_cover_each_other() -> None:
    account = Account()
    account.trades(SOLAR, Side.SELL, 100)
    account.trades(LOAD, Side.BUY, 100)
    account.trades(SOLAR, Side.BUY, 30, NEXT_S)
    assert account.seen() == (100 * SOLD + 130 * BOUGHT,) * 2


def test_whose_trades_have_changed_is_told_once_and_open_orders_are_no_change() -> None:
    account = Account()
    account.trades(SOLAR, Side.SELL, 100)
    account.opens("ben-load", Side.BUY, 100)
    assert account.exposures.take_changes() == {"ann"}
    assert account.exposures.take_changes() == set()
    account.trades("ben-load", Side.BUY, 100)
    account.exposures.forget_changes()
    assert account.exposures.take_changes() == set()
    assert account.seen("ben")[1] == 100 * BOUGHT


def test_a_position_that_is_closed_again_counts_no_more_and_neither_does_what_is_settled() -> None:
    account = Account()
    account.trades(SOLAR, Side.SELL, 100)
    account.trades(SOLAR, Side.SELL, 70, NEXT_S)
    assert account.seen() == (170 * SOLD,) * 2
    account.trades(SOLAR, Side.BUY, 100)
    assert account.seen() == (70 * SOLD,) * 2

    for start_s in (MIDNIGHT_S, NEXT_S):
        for phase in CLOSING_ROAD:
            account.phases.enter(start_s, phase)
    account.exposures.over(NEXT_S)
    account.exposures.over(MIDNIGHT_S)
    assert account.seen() == (0, 0)


@given(
    st.integers(-50, 50),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_what_an_order_adds_is_what_the_exposure_grows_by_once_it_is_open(
    net_wh: int, open_buy_wh: int, open_sell_wh: int, buy_wh: int, sell_wh: int
) -> None:
    account = Account()
    if net_wh:
        account.trades(SOLAR, Side.SELL if net_wh > 0 else Side.BUY, abs(net_wh))
    for side, energy_wh in ((Side.BUY, open_buy_wh), (Side.SELL, open_sell_wh)):
        if energy_wh:
            account.opens(SOLAR, side, energy_wh)
    before, _ = account.seen()
    place = (SOLAR, MIDNIGHT_S)
    added = account.exposures.added_quanta(place, buy_wh=buy_wh, sell_wh=sell_wh)
    both = {
        (*place, False): buy_wh,
        (*place, True): sell_wh,
        (LOAD, NEXT_S, False): 3,
    }
    assert account.exposures.added_by_quanta(both) == added + 3 * BOUGHT
    for side, energy_wh in ((Side.BUY, buy_wh), (Side.SELL, sell_wh)):
        if energy_wh:
            account.opens(SOLAR, side, energy_wh)
    assert account.seen()[0] == before + added


def test_what_is_drafted_counts_as_open_before_what_comes_on_top() -> None:
    account = Account()
    place = (SOLAR, MIDNIGHT_S)
    account.trades(SOLAR, Side.SELL, 10)
    added = account.exposures.added_quanta
    assert added(place) == 0
    assert added(place, buy_wh=15) == 0  # still better than to have sold ten
    assert added(place, buy_wh=15, drafted_buy_wh=1) == 0
    assert added(place, buy_wh=15, drafted_buy_wh=20) == 25 * BOUGHT - 10 * SOLD
    assert added(place, sell_wh=5, drafted_sell_wh=7) == 5 * SOLD


def test_only_what_makes_a_position_smaller_reduces_it_and_spares_its_rate() -> None:
    account = Account()
    exposures = account.exposures
    account.trades(SOLAR, Side.SELL, 100)
    account.opens(SOLAR, Side.BUY, 30)
    assert exposures.reducible_wh(SOLAR, MIDNIGHT_S, Side.BUY) == 70
    assert exposures.reducible_wh(SOLAR, MIDNIGHT_S, Side.SELL) == 0
    account.trades(LOAD, Side.BUY, 100)
    account.opens(LOAD, Side.SELL, 30)
    assert exposures.reducible_wh(LOAD, MIDNIGHT_S, Side.SELL) == 70
    assert exposures.reducible_wh(LOAD, MIDNIGHT_S, Side.BUY) == 0
    assert exposures.spared_ticks(SOLAR, MIDNIGHT_S, Side.BUY) == SOLD
    assert exposures.spared_ticks(LOAD, MIDNIGHT_S, Side.SELL) == BOUGHT


def test_a_market_without_the_rule_counts_nothing() -> None:
    account = Account(is_on=False)
    account.trades(SOLAR, Side.SELL, 100)
    account.opens(SOLAR, Side.SELL, 100)
    account.exposures.over(MIDNIGHT_S)
    assert account.seen() == (0, 0)
    assert account.exposures.added_quanta((SOLAR, MIDNIGHT_S), sell_wh=100) == 0
    assert account.exposures.take_changes() == set()


def test_what_stood_before_is_counted_when_everything_is_counted_anew() -> None:
    account = Account()
    account.trades(SOLAR, Side.SELL, 100)
    account.opens(LOAD, Side.BUY, 10)
    before = account.seen()
    account.exposures.rebuilt()
    assert account.seen() == before == (100 * SOLD + 10 * BOUGHT, 100 * SOLD)
    assert account.exposures.take_changes() == set()
    account.trades(SOLAR, Side.SELL, 1)
    assert account.exposures.take_changes() == {"ann"}
