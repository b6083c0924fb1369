"""A market of four intervals with an opening call, for tests of what happens in it."""

from collections.abc import Callable
from dataclasses import replace

from clearing.clear import clear
from clearing.explain import reasons_of
from clearing.problem import ClearingProblem, ClearingResult
from market.model.call import CallKind, PlaceFlexible, sent_header
from market.model.messages import ApplyClearing, CloseDayAhead, OpenDayAhead
from market.model.order import BlockOrder, CurveOrder, OrderOptions, Side, StorageOrder
from market.model.rejection import Code
from market.model.rules import ContinuousRules, DayAheadRules, MarketRules
from market.model.trade import ClearingOutcome
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story

DAY: MarketRules = replace(
    RULES,
    trading_until_s=MIDNIGHT_S + 4 * STEP_S,
    call_opens_minutes=60,
    day_ahead=DayAheadRules(opens_minutes=1_560, gate_minutes=720),
)
LONG_DAY: MarketRules = replace(DAY, continuous=ContinuousRules(opens_minutes=660))


def at(number: int) -> int:
    """Start of an interval by its number."""
    return MIDNIGHT_S + STEP_S * number


class Day(Story):
    """A market day under test."""

    def __init__(self, rules: MarketRules = DAY, deposits: dict[str, int] | None = None) -> None:
        super().__init__(rules=rules, deposits=deposits)

    def opens_day(self) -> None:
        """Open the opening call."""
        assert self.does(OpenDayAhead(now_us=self.now_us, start_s=at(0))).rejections == ()

    def sends(
        self, owner: str, order: CurveOrder | BlockOrder | StorageOrder
    ) -> tuple[str | None, Code | None]:
        """Place a curve, block or storage order; its id, or why not."""
        (row,) = self.does(
            PlaceFlexible(
                now_us=self.now_us,
                actor=owner,
                participant_id=owner,
                curve=order if isinstance(order, CurveOrder) else None,
                block=order if isinstance(order, BlockOrder) else None,
                storage=order if isinstance(order, StorageOrder) else None,
            )
        ).orders
        return row.order_id, None if row.rejection is None else row.rejection.code

    def accepts(self, owner: str, order: CurveOrder | BlockOrder | StorageOrder) -> str:
        """The same of an order that is good."""
        order_id, code = self.sends(owner, order)
        assert code is None
        assert order_id is not None
        return order_id

    def clears_day(
        self, result_of: Callable[[ClearingProblem], ClearingResult] = clear
    ) -> tuple[ClearingOutcome, ...]:
        """Close the opening call, clear it, apply its outcomes."""
        assert self.does(CloseDayAhead(now_us=self.now_us, start_s=at(0))).rejections == ()
        auction = self.engine.clearing_problem(at(0), CallKind.DAY_AHEAD)
        result = result_of(auction.problem)
        outcomes = self.engine.clearing_outcomes(auction, result, 1)
        command = ApplyClearing(
            now_us=self.now_us,
            call=CallKind.DAY_AHEAD,
            outcomes=outcomes,
            explained=self.engine.explained(auction, reasons_of(auction.problem, result)),
        )
        assert self.does(command).rejections == ()
        return outcomes


def curve(name: str, unit_id: str, side: str, steps: str, number: int = 0) -> CurveOrder:
    """A curve; steps as `price energy, price energy`."""
    pairs = [step.split() for step in steps.split(",")]
    return CurveOrder(
        header=sent_header(
            client_order_id=name, unit_id=unit_id, start_s=at(number), side=Side(side)
        ),
        steps=tuple((int(price), int(energy)) for price, energy in pairs),
    )


def block(
    name: str,
    unit_id: str,
    side: str,
    price_ticks: int,
    legs: str,
    *,
    ratio_min_ppm: int = 1_000_000,
    parent: str | None = None,
    group: str | None = None,
    options: OrderOptions | None = None,
) -> BlockOrder:
    """A block; legs as `number:energy number:energy`."""
    pairs = [leg.split(":") for leg in legs.split()]
    return BlockOrder(
        header=sent_header(
            client_order_id=name,
            unit_id=unit_id,
            start_s=at(int(pairs[0][0])),
            side=Side(side),
        ),
        price_ticks=price_ticks,
        legs=tuple((at(int(number)), int(energy)) for number, energy in pairs),
        ratio_min_ppm=ratio_min_ppm,
        parent=parent,
        group=group,
        options=options or OrderOptions(),
    )


def store(
    name: str,
    unit_id: str = "ann-battery",
    *,
    first: int = 0,
    last: int = 3,
    charge_wh: int = 5_000,
    discharge_wh: int = 5_000,
    spread_ticks: int = 0,
    end_value_ticks: int = 0,
) -> StorageOrder:
    """A storage order over some intervals."""
    return StorageOrder(
        header=sent_header(
            client_order_id=name, unit_id=unit_id, start_s=at(first), side=Side.SELL
        ),
        end_s=at(last + 1),
        charge_max_wh=charge_wh,
        discharge_max_wh=discharge_wh,
        spread_ticks=spread_ticks,
        end_value_ticks=end_value_ticks,
    )
