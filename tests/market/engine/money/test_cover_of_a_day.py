"""What is covered over the life of an interval: sealed, cleared, delivered, settled, billed."""

from dataclasses import replace

from clearing.clear import clear
from market.engine.engine import Engine
from market.model.bill import ChargeKind, TaxRule
from market.model.collateral import CollateralRule, MarginCalled
from market.model.messages import EndDelivery, RecordMeasurements, SettleInterval
from market.model.power import Measurement
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story

RULE = CollateralRule(from_day="2016-06-15", short_price_ticks=20_000)
VAT = TaxRule(
    tax_id="vat",
    name="VAT",
    from_day="2016-06-01",
    rate_ppm=100_000,
    on=(ChargeKind.NETWORK_FEE, ChargeKind.LEVIES),
)


def traded() -> Story:
    """Ben buys 2,000 Wh and Ann sells 500 in the first interval's call."""
    story = Story(rules=replace(RULES, collateral=(RULE,), taxes=(VAT,)))
    story.opens()
    story.opens(MIDNIGHT_S + STEP_S)
    story.places("retailer", "r retailer-sells sell 16000 100000")
    story.places("ann", "s ann-solar sell 10000 500")
    story.places("ben", "l ben-load buy 400000 2000\nm ben-load buy 20000 100 1")
    return story


def test_a_sealed_order_is_covered_and_its_fill_takes_its_place() -> None:
    story = traded()
    assert story.engine.collateral("ben").open_quanta == 2_100 * 12_000
    story.clears(clear)

    ann, ben = story.engine.collateral("ann"), story.engine.collateral("ben")

    assert (ann.traded_quanta, ann.open_quanta) == (500 * 20_000, 0)
    assert (ben.traded_quanta, ben.open_quanta) == (2_000 * 12_000, 100 * 12_000)
    assert ben.held_quanta == 100 * 20_000


def test_what_is_settled_counts_no_more_but_for_its_tax() -> None:
    story = traded()
    story.clears(clear)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    before = story.engine.collateral("ben")

    story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))

    ann, ben = story.engine.collateral("ann"), story.engine.collateral("ben")
    assert (ann.traded_quanta, ben.traded_quanta) == (0, 0)
    fees = 2_000 * 12_000
    assert before.balance_quanta - ben.balance_quanta == fees
    assert ben.unbilled_quanta == fees // 10
    assert ben.available_quanta == before.available_quanta - fees // 10, "what was covered is paid"


def test_a_snapshot_counts_the_same_again() -> None:
    story = traded()
    story.clears(clear)
    again = Engine()

    again.restore(story.engine.snapshot())

    for who in ("ann", "ben", "retailer"):
        assert again.collateral(who) == story.engine.collateral(who)


def test_a_restart_after_settlement_calls_nobody_again() -> None:
    story = traded()
    story.clears(clear)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))
    again = Engine()
    again.restore(story.engine.snapshot())
    story.engine, count = again, len(story.events)

    story.places("ben", "n ben-load buy 9000 10 1")

    assert not [event for event in story.events[count:] if isinstance(event, MarginCalled)]
    assert again.collateral("ann").traded_quanta == 0


def test_settlement_that_takes_an_account_below_nothing_calls_it() -> None:
    low = replace(RULE, short_price_ticks=100, counts_fees=False)
    story = Story(
        deposits={"ann": 500 * 100, "ben": 10**10}, rules=replace(RULES, collateral=(low,))
    )
    story.opens()
    story.places("ann", "s ann-solar sell 10000 500")
    story.places("ben", "l ben-load buy 400000 500")
    story.clears(clear)
    story.does(EndDelivery(now_us=story.now_us, start_s=MIDNIGHT_S))
    nothing = Measurement(unit_id="ann-solar", start_s=MIDNIGHT_S, injection_wh=0)
    story.does(
        RecordMeasurements(
            now_us=story.now_us, actor="gateway", area_id="RUR", measurements=(nothing,)
        )
    )
    assert story.engine.collateral("ann").call is None

    story.does(SettleInterval(now_us=story.now_us, start_s=MIDNIGHT_S))

    shown = story.engine.collateral("ann")
    assert shown.call is not None, "the adder on the shortage costs more than the rule expected"
    assert shown.call.amount_quanta == -shown.margin_quanta == -shown.balance_quanta
    assert story.engine.next_deadline_us() == shown.call.due_us
