"""What went wrong elsewhere, each as a test that a market here is lived through.

| elsewhere | here |
|---|---|
| a penalty held the whole reading against each single trade | below; each Wh to one trade: `test_allocation.py` |
| a buyer's use was looked up for the seller, who paid for it | below |
| who was curtailed was billed for energy not used | below, to the bill; every reason: `test_ordered.py` |
| a price of null was free energy | below; on a bill: `test_bill.py`; on the wire: `tests/api/test_bad_input.py` |
| a flat cost of imbalance made imbalance profitable | below; the honest forecast: `test_imbalance.py` |
| a rounding remainder set the price of an hour | below |
| one reading was charged once by each of two programs | below: settled again, nothing is booked twice |
| windows of a fee that cross gave wrong sums | `test_tariff.py` |
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearing.clear import clear
from market.model.act import Act, ActKind, PerformAct
from market.model.alarm import ControlLevel
from market.model.bill import BillState, ChargeKind
from market.model.interval import MICROSECONDS
from market.model.messages import (
    EndDelivery,
    RecordMeasurements,
    SettleInterval,
    TradesMade,
    TransfersBooked,
)
from market.model.money import Transfer, TransferKind, participant_account
from market.model.power import Measurement
from market.model.settlement_run import RunState
from market.model.timer import TimerKind
from market.model.trade import ClearingOutcome
from market.sequencer import Sequencer
from market.settlement.imbalance import deviation_prices
from market.store import queries
from market.store.database import Store
from tests.builders import DAY_BEFORE_US, GRID, MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.settlement.test_imbalance import outcome
from tests.market.written import (
    MARKET_ID,
    SETUP,
    TRADING,
    StillClock,
    bill,
    due_command,
    with_sequencer,
    write_life,
)

ANN, BEN = participant_account("ann"), participant_account("ben")
OUTSIDE = {TransferKind.DEPOSIT}
LATER_US = 1_467_400_000_000_000
FEES_TICKS = RULES.tariff.network_ticks + RULES.tariff.levies_ticks


def traded(*orders: tuple[str, str], retail: bool = True) -> tuple[Story, ClearingOutcome]:
    """A call of orders, each its owner's; beside it the retailer sells at 90.00 what is missing."""
    story = Story()
    story.opens()
    if retail:
        story.places("retailer", "r retailer-sells sell 9000 100000")
    for number, (owner, order) in enumerate(orders):
        story.places(owner, f"o{number} {order}")
    return story, story.clears(clear)


def settled(story: Story, **readings: int) -> None:
    """Meters say this of the interval, then it is settled."""
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    measured = tuple(
        Measurement(unit_id=name.replace("_", "-"), start_s=MIDNIGHT_S, injection_wh=wh)
        for name, wh in readings.items()
    )
    command = RecordMeasurements(
        now_us=story.now_us, actor="gateway", area_id="RUR", measurements=measured
    )
    assert story.does(command).rejections == ()
    assert story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S)).rejections == ()
    assert story.engine.state.ledger.sum_quanta() == 0


def moved(story: Story, account: str) -> dict[TransferKind, int]:
    """What an account received less what it paid, by kind."""
    return by_kind(
        account,
        (
            item
            for event in story.events
            if isinstance(event, TransfersBooked)
            for item in event.transfers
        ),
    )


def by_kind(account: str, transfers: Iterable[Transfer]) -> dict[TransferKind, int]:
    found: Counter[TransferKind] = Counter()
    for item in transfers:
        found[item.kind] += item.amount_quanta * (
            (item.credit_account == account) - (item.debit_account == account)
        )
    return {kind: quanta for kind, quanta in found.items() if quanta and kind not in OUTSIDE}


def price_of(result: ClearingOutcome, area_id: str = "RUR") -> int:
    (ticks,) = [area.price_ticks for area in result.areas if area.area_id == area_id]
    assert ticks is not None
    return ticks


# --- each meter once --------------------------------------------------------------------


def test_who_buys_in_two_trades_is_held_against_the_meter_once() -> None:
    """Elsewhere 2,100 Wh were held against each trade of 1,000: 2,200 Wh of penalty instead of 100."""
    twice, result = traded(("ben", "ben-load buy 400000 1000"), ("ben", "ben-load buy 400000 1000"))
    once, _ = traded(("ben", "ben-load buy 400000 2000"))
    for story in (twice, once):
        settled(story, ben_load=-2_100)
    price = price_of(result)

    assert moved(twice, BEN) == {
        TransferKind.TRADE: -2_000 * price,
        TransferKind.DEVIATION: -100 * (price + price // 20),
        TransferKind.NETWORK_FEE: -2_100 * RULES.tariff.network_ticks,
        TransferKind.LEVIES: -2_100 * RULES.tariff.levies_ticks,
    }
    assert moved(twice, BEN) == moved(once, BEN)


def test_what_a_buyer_does_not_use_is_not_its_sellers_to_pay() -> None:
    """Elsewhere only the buyer's meter was looked up, and the seller paid for its under-use."""
    trades = (("ann", "ann-solar sell 1000 1500"), ("ben", "ben-load buy 400000 1500"))
    idle, result = traded(*trades)
    busy, _ = traded(*trades)
    settled(idle, ann_solar=1_500, ben_load=0)
    settled(busy, ann_solar=1_500, ben_load=-1_500)

    assert moved(idle, ANN) == moved(busy, ANN) == {TransferKind.TRADE: 1_500 * price_of(result)}


# --- curtailed --------------------------------------------------------------------------


def told(story: Story, kind: ActKind, **what: int) -> None:
    """A minute before delivery an operator has something to say to Ben's load."""
    story.now_us = (MIDNIGHT_S - 60) * MICROSECONDS
    said = PerformAct(
        now_us=story.now_us,
        actor="op1",
        act=replace(Act(kind=kind, level=ControlLevel.UNIT, member_id="ben-load"), **what),
        reason="works",
    )
    assert story.does(said).rejections == ()


def test_who_is_stopped_pays_nothing_for_energy_it_was_kept_from() -> None:
    """Elsewhere it was billed as if it had used it."""
    story, _ = traded(("ben", "ben-load buy 400000 2000"))
    told(story, ActKind.STOP)
    settled(story, ben_load=0)

    found = moved(story, BEN)
    assert found.keys() == {TransferKind.TRADE, TransferKind.INSTRUCTED}
    assert found[TransferKind.INSTRUCTED] == -found[TransferKind.TRADE] > 0


def test_who_is_limited_does_not_pay_for_energy_it_was_kept_from() -> None:
    """It is paid the area price and its adder for what it did without; 500 Wh it used."""
    story, result = traded(("ben", "ben-load buy 400000 2000"))
    told(
        story,
        ActKind.LIMIT,
        withdrawal_max_w=2_000,
        from_s=MIDNIGHT_S,
        until_s=MIDNIGHT_S + STEP_S,
    )
    settled(story, ben_load=-500)

    price = price_of(result)
    assert moved(story, BEN) == {
        TransferKind.TRADE: -2_000 * price,
        TransferKind.REDISPATCH: 1_500 * (price + price // 20),
        TransferKind.NETWORK_FEE: -500 * RULES.tariff.network_ticks,
        TransferKind.LEVIES: -500 * RULES.tariff.levies_ticks,
    }


def test_the_bill_of_who_was_stopped_is_of_what_it_used(store: Store) -> None:
    """Ben's load is stopped for one of two intervals: of that one nothing is left on the bill."""
    clock = StillClock()
    stop = PerformAct(
        now_us=DAY_BEFORE_US,
        actor="op1",
        act=Act(kind=ActKind.STOP, level=ControlLevel.UNIT, member_id="ben-load"),
        reason="works",
    )

    async def lives(sequencer: Sequencer) -> None:
        for command in (*SETUP, *TRADING):
            await sequencer.submit(command)
        while (timer := sequencer.engine.next_timer()) is not None:
            clock.time_us = max(clock.time_us, timer.due_us)
            await sequencer.submit(due_command(sequencer.engine, timer))
            if timer.kind is TimerKind.CLEAR and timer.start_s == MIDNIGHT_S + STEP_S:
                assert (await sequencer.submit(stop)).answer.rejections == ()
            if timer.kind is TimerKind.END_DELIVERY:
                used_wh = -2_400 if timer.start_s == MIDNIGHT_S else 0
                reading = Measurement(
                    unit_id="ben-load", start_s=timer.start_s, injection_wh=used_wh
                )
                command = RecordMeasurements(
                    now_us=clock.time_us, actor="g", area_id="RUR", measurements=(reading,)
                )
                assert (await sequencer.submit(command)).answer.rejections == ()
        await bill(sequencer, clock)
        await sequencer.projected(sequencer.committed_seq)
        with sequencer.readers.connect() as connection:
            (found,) = queries.bills(connection, MARKET_ID, participant_id="ben").items
            trades = queries.trades(connection, MARKET_ID, participant_id="ben").items
        lines = {line.kind: line for line in found.bill.lines}
        bought = Counter[int]()
        for trade in trades:
            bought[trade.start_s] += trade.amount_quanta
        assert set(bought) == {MIDNIGHT_S, MIDNIGHT_S + STEP_S}
        assert lines[ChargeKind.INSTRUCTED].amount_quanta == -bought[MIDNIGHT_S + STEP_S]
        assert lines[ChargeKind.NETWORK_FEE].energy_wh == 2_400
        assert found.bill.net_quanta == bought[MIDNIGHT_S] + 2_400 * FEES_TICKS + sum(
            line.amount_quanta for kind, line in lines.items() if kind is ChargeKind.RENT_RETURN
        )

    with_sequencer(store, lives, clock=clock)


# --- no price ---------------------------------------------------------------------------


def test_energy_of_an_area_without_a_price_is_not_free() -> None:
    """Nobody trades, so there is no price: who takes energy pays what the last resort delivers it for."""
    story = Story()
    story.opens()
    result = story.clears(clear)
    assert {area.price_ticks for area in result.areas} == {None}
    settled(story, ben_load=-980)

    # (160 + 40) / 0.98 = 204.08 for each MWh.
    assert moved(story, BEN) == {
        TransferKind.DEVIATION: -980 * 20_408,
        TransferKind.NETWORK_FEE: -980 * RULES.tariff.network_ticks,
        TransferKind.LEVIES: -980 * RULES.tariff.levies_ticks,
    }


# --- imbalance --------------------------------------------------------------------------


@pytest.mark.parametrize("bid", [10_000, 20_000, 250_000, 390_000])
def test_at_no_price_it_pays_to_be_short_instead_of_buying(bid: int) -> None:
    """Elsewhere imbalance had one flat cost: in a dear hour it was cheaper than to buy."""
    orders = (("ann", f"ann-solar sell {bid} 2000"), ("ben", f"ben-load buy {bid} 1000"))
    buys, result = traded(*orders, ("ben", "ben-load buy 400000 900"), retail=False)
    does_not, other = traded(*orders, retail=False)
    used = {"ann_solar": 1_900, "ben_load": -1_900}
    for story in (buys, does_not):
        settled(story, **used)

    dear = sum(moved(does_not, BEN).values())
    assert price_of(result) == price_of(other) == bid
    assert sum(moved(buys, BEN).values()) - dear == 900 * max(50, price_of(result) // 20)


@given(price=st.integers(-50_000, 400_000) | st.none())
def test_a_surplus_never_earns_what_a_shortage_costs(price: int | None) -> None:
    for area in deviation_prices(
        rules=RULES,
        grid=GRID,
        outcome=outcome({"RUR": price, "GRID": price}),
        start_s=MIDNIGHT_S,
    ):
        assert area.long_ticks < area.short_ticks
        if price is not None:
            assert area.long_ticks < price < area.short_ticks


# --- rounding ---------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [(333, 333, 333), (1, 1, 997), (499, 500), (999,)])
def test_what_rounding_leaves_does_not_set_the_price(pieces: tuple[int, ...]) -> None:
    """Elsewhere 1.1e-14 MW of the dearest offer counted as accepted, and its price was everybody's.

    999 Wh of 1,000 offered by two at 60.00 are bought; the offer at 3,000.00 has no part in it.
    """
    story = Story()
    story.opens()
    story.places("ann", "s1 ann-solar sell 6000 500\ns2 ann-battery sell 6000 500")
    story.places("retailer", "r retailer-sells sell 300000 100000")
    for number, wh in enumerate(pieces):
        story.places("ben", f"b{number} ben-load buy 400000 {wh}")
    result = story.clears(clear)

    assert price_of(result) == 6_000
    trades = [t for event in story.events if isinstance(event, TradesMade) for t in event.trades]
    sold = {trade.unit_id: trade.energy_wh for trade in trades if trade.unit_id.startswith("ann")}
    assert sum(sold.values()) == 999
    assert set(sold.values()) == {499, 500}, "a whole Wh is what is left over, and somebody's"
    assert all(trade.energy_wh > 0 for trade in trades)


# --- twice ------------------------------------------------------------------------------


def test_what_is_settled_again_is_not_charged_again(store: Store) -> None:
    """Elsewhere two programs each charged the same reading; here a day settled anew moves nothing."""
    write_life(store, billed=True)

    async def check(sequencer: Sequencer) -> None:
        with sequencer.readers.connect() as connection:
            before = queries.ledger(connection, MARKET_ID)
            (run,) = queries.settlement_runs(connection, MARKET_ID).items
            bills = queries.bills(connection, MARKET_ID).items
        assert (run.run.state, run.differences) == (RunState.FINISHED, 0)
        assert {item.state for item in bills} == {BillState.ISSUED}
        drafted, issued = await bill(sequencer, StillClock(LATER_US))
        assert (drafted.events, issued.events) == ((), ())
        with sequencer.readers.connect() as connection:
            assert queries.ledger(connection, MARKET_ID) == before

    with_sequencer(store, check, clock=StillClock(LATER_US))
