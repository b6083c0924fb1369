"""A market in which open positions are covered, and short ways to trade in it.

The one idea: prices are such that a test can do the sums in its head: a Wh sold may cost 20,000 ticks, a
Wh bought 12,000 in fees.
"""

from dataclasses import replace
from typing import Final

from market.model.collateral import CollateralPicture, CollateralRule, SetCreditLimit
from market.model.messages import (
    Answer,
    Deposit,
    ExpireDue,
    MakeDeposits,
    OpenContinuous,
    OrderAnswer,
    PlaceOrders,
    RegisterUnits,
    ReplaceOrder,
)
from market.model.order import OrderColumns, Side
from market.model.participant import UnitKind
from market.model.rejection import Code
from market.model.rules import ContinuousRules, MarketRules
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story, unit

SOLD: Final = 20_000
BOUGHT: Final = 12_000
RULE: Final = CollateralRule(from_day="2016-06-15", short_price_ticks=SOLD, call_minutes=60)
COVERED: Final = replace(
    RULES,
    call_opens_minutes=30,
    continuous=ContinuousRules(opens_minutes=660, volatility_random_s=0),
    listing=True,
    bilateral=True,
    collateral=(RULE,),
)
AT_S: Final = MIDNIGHT_S + 40 * STEP_S
MINUTE_US: Final = 60_000_000
RICH: Final = 10**11


class Covered(Story):
    """Ann has what a test gives her, Ben has plenty."""

    def __init__(self, *, ann: int = 0, ben: int = RICH, rules: MarketRules = COVERED) -> None:
        super().__init__(rules=rules, deposits={"ann": ann, "ben": ben})
        chp = unit("ben-chp", "ben", UnitKind.GENERATOR, injection_max_w=10_000)
        self.does(RegisterUnits(now_us=self.now_us, actor="op", units=(chp,)))
        opened = OpenContinuous(now_us=self.now_us, start_s=MIDNIGHT_S)
        assert self.does(opened).rejections == ()
        self.names = 0

    def sends(
        self, unit_id: str, side: str, energy_wh: int, price_ticks: int, *, start_s: int = AT_S
    ) -> OrderAnswer:
        """One order; the owner is the beginning of the unit's name."""
        self.names += 1
        columns = OrderColumns(
            client_order_id=(f"own-{self.names}",),
            unit_id=(unit_id,),
            start_s=(start_s,),
            side=(Side(side),),
            price_ticks=(price_ticks,),
            energy_wh=(energy_wh,),
        )
        owner = unit_id.partition("-")[0]
        command = PlaceOrders(now_us=self.now_us, actor=owner, participant_id=owner, orders=columns)
        (answer,) = self.does(command).orders
        return answer

    def stands(self, *what: object, **how: object) -> str:
        """One order that is taken; gives its id."""
        answer = self.sends(*what, **how)  # type: ignore[arg-type]
        assert answer.rejection is None, answer
        assert answer.order_id is not None
        return answer.order_id

    def refused(self, *what: object, **how: object) -> Code:
        """One order that is not; gives the code."""
        answer = self.sends(*what, **how)  # type: ignore[arg-type]
        assert answer.rejection is not None, answer
        return answer.rejection.code

    def sold(self, energy_wh: int, price_ticks: int = 12_000, unit_id: str = "ann-solar") -> None:
        """Ann sells to Ben."""
        self.stands(unit_id, "sell", energy_wh, price_ticks)
        self.stands("ben-load", "buy", energy_wh, price_ticks)

    def replaces(self, order_id: str, **terms: object) -> Answer:
        """Ann changes an order."""
        command = ReplaceOrder(
            now_us=self.now_us,
            actor="ann",
            participant_id="ann",
            order_id=order_id,
            revision=1,
            **terms,  # type: ignore[arg-type]
        )
        return self.does(command)

    def pays_in(self, amount_quanta: int, who: str = "ann") -> None:
        """Money comes from outside."""
        self.names += 1
        paid = Deposit(
            deposit_id=f"more-{self.names}", participant_id=who, amount_quanta=amount_quanta
        )
        answer = self.does(MakeDeposits(now_us=self.now_us, actor="op", deposits=(paid,)))
        assert answer.rejections == ()

    def bought(self, energy_wh: int, price_ticks: int = 12_000, unit_id: str = "ann-load") -> None:
        """Ann buys from Ben's plant."""
        self.stands("ben-chp", "sell", energy_wh, price_ticks)
        self.stands(unit_id, "buy", energy_wh, price_ticks)

    def lends(self, limit_quanta: int, *operators: str, who: str = "ann") -> Answer:
        """Operators say one after the other how far an account may be used; the last answer."""
        answer = Answer()
        for operator in operators or ("op1", "op2"):
            answer = self.does(
                SetCreditLimit(
                    now_us=self.now_us,
                    actor=operator,
                    participant_id=who,
                    limit_quanta=limit_quanta,
                    reason="a bank's guarantee",
                )
            )
        return answer

    def waits(self, minutes: int) -> None:
        """Time passes; what is due ends when it was due."""
        until_us = self.now_us + minutes * MINUTE_US
        while (due_us := self.engine.next_deadline_us()) is not None and due_us <= until_us:
            self.now_us = due_us
            assert self.does(ExpireDue(now_us=due_us)).rejections == ()
        self.now_us = until_us

    def picture(self, who: str = "ann") -> CollateralPicture:
        """How an account stands."""
        return self.engine.collateral(who)

    def available(self, who: str = "ann") -> int:
        """What its next order may need."""
        return self.picture(who).available_quanta

    def told(self, kind: type) -> list[object]:
        """Every fact of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]
