"""An auction's money: every quantum of price difference ends on a named account."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.ledger import Ledger
from market.model.grid import Area, Grid, Line
from market.model.money import CENTRAL, GRID_OPERATOR, Transfer, TransferKind
from market.model.order import Side
from market.model.trade import AreaOutcome, ClearingOutcome, LineOutcome, Trade
from market.settlement.energy import ConservationError, auction_transfers

AREAS = ("RUR", "SEM", "GRID")
LINES = (("GRID-RUR", "GRID", "RUR"), ("GRID-SEM", "GRID", "SEM"), ("RUR-SEM", "RUR", "SEM"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Energy over one line in one direction."""

    line: int
    forward: bool
    sent_wh: int
    lost_wh: int
    full: bool


def grid_of(fees: Sequence[tuple[int, int]]) -> Grid:
    return Grid(
        areas=tuple(Area(area_id=name, name=name) for name in AREAS),
        lines=tuple(
            Line(
                line_id=line_id,
                from_area=start,
                to_area=end,
                capacity_forward_w=80_000,
                capacity_backward_w=80_000,
                loss_ppm=20_000,
                fee_forward_ticks=fees[index][0],
                fee_backward_ticks=fees[index][1],
            )
            for index, (line_id, start, end) in enumerate(LINES)
        ),
    )


def ends(flow: Flow) -> tuple[str, str]:
    _, start, end = LINES[flow.line]
    return (start, end) if flow.forward else (end, start)


def line_outcome(index: int, flows: Sequence[Flow]) -> LineOutcome:
    values = dict.fromkeys(("sent_forward", "received_forward"), 0)
    values |= dict.fromkeys(("sent_backward", "received_backward"), 0)
    values |= dict.fromkeys(("capacity_forward", "capacity_backward"), 10**9)
    for flow in flows:
        if flow.line == index:
            way = "forward" if flow.forward else "backward"
            values[f"sent_{way}"] = flow.sent_wh
            values[f"received_{way}"] = flow.sent_wh - flow.lost_wh
            if flow.full:
                values[f"capacity_{way}"] = flow.sent_wh
    return LineOutcome(
        line_id=LINES[index][0], **{f"{name}_wh": value for name, value in values.items()}
    )


def auction(
    *,
    prices: Sequence[int | None],
    flows: Sequence[Flow],
    inside_wh: Sequence[int] = (0, 0, 0),
    connections: Sequence[int | None] | None = None,
    fees: Sequence[tuple[int, int]] = ((4_000, 0), (4_000, 0), (500, 700)),
) -> tuple[ClearingOutcome, tuple[Trade, ...], Grid]:
    """An auction with these flows and just the trades that balance every area.

    `inside_wh` is sold and bought inside each area besides what the flows need.
    """
    connections = prices if connections is None else connections
    trades: list[Trade] = []
    areas = []
    for index, name in enumerate(AREAS):
        gone = sum(flow.sent_wh for flow in flows if ends(flow)[0] == name)
        came = sum(flow.sent_wh - flow.lost_wh for flow in flows if ends(flow)[1] == name)
        sold = inside_wh[index] + max(0, gone - came)
        bought = inside_wh[index] + max(0, came - gone)
        for side, energy_wh in ((Side.SELL, sold), (Side.BUY, bought)):
            price_ticks = prices[index]
            if energy_wh and price_ticks is not None:
                trades.append(trade(len(trades), name, side, price_ticks, energy_wh))
        areas.append(
            AreaOutcome(
                area_id=name,
                price_ticks=prices[index],
                connection_price_ticks=connections[index],
                best_bid_ticks=None,
                best_offer_ticks=None,
                bought_wh=bought,
                sold_wh=sold,
                net_export_wh=sold - bought,
                rounding_wh=0,
            )
        )
    outcome = ClearingOutcome(
        start_s=900,
        rung="optimal",
        reproducible=True,
        areas=tuple(areas),
        lines=tuple(line_outcome(index, flows) for index in range(len(LINES))),
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=0,
        receipt_hash="",
        audit_faults=(),
    )
    return outcome, tuple(trades), grid_of(fees)


def trade(number: int, area_id: str, side: Side, price_ticks: int, energy_wh: int) -> Trade:
    return Trade(
        trade_id=f"trd-{number}",
        match_id="mat-900",
        order_id=f"ord-{number}",
        participant_id=f"p{number}",
        unit_id=f"p{number}-unit",
        area_id=area_id,
        start_s=900,
        side=side,
        price_ticks=price_ticks,
        energy_wh=energy_wh,
    )


def booked(transfers: Sequence[Transfer]) -> Ledger:
    ledger = Ledger()
    ledger.book(transfers)
    return ledger


def settled(**case: object) -> Ledger:
    outcome, trades, grid = auction(**case)  # type: ignore[arg-type]
    return booked(auction_transfers(outcome=outcome, trades=trades, grid=grid))


ticks = st.integers(-50_000, 400_000)


@st.composite
def flows(draw: st.DrawFn) -> list[Flow]:
    drawn = []
    for line in range(len(LINES)):
        sent_wh = draw(st.integers(0, 30_000))
        if sent_wh:
            lost_wh = draw(st.integers(0, sent_wh // 3))
            forward, full = draw(st.booleans()), draw(st.booleans())
            drawn.append(
                Flow(line=line, forward=forward, sent_wh=sent_wh, lost_wh=lost_wh, full=full)
            )
    return drawn


@st.composite
def auctions(draw: st.DrawFn) -> tuple[ClearingOutcome, tuple[Trade, ...], Grid]:
    """Any balanced auction, with limits that bind in some areas; prices need not make sense."""
    prices = draw(st.lists(ticks, min_size=3, max_size=3))
    gaps = draw(st.lists(st.sampled_from((0, 0, 700, -700)), min_size=3, max_size=3))
    fee = st.integers(0, 6_000)
    return auction(
        prices=prices,
        connections=[price + gap for price, gap in zip(prices, gaps, strict=True)],
        flows=draw(flows()),
        inside_wh=draw(st.lists(st.integers(0, 50_000), min_size=3, max_size=3)),
        fees=draw(st.lists(st.tuples(fee, fee), min_size=3, max_size=3)),
    )


@given(auctions())
def test_after_any_auction_the_central_and_loss_accounts_are_empty(
    case: tuple[ClearingOutcome, tuple[Trade, ...], Grid],
) -> None:
    outcome, trades, grid = case
    transfers = auction_transfers(outcome=outcome, trades=trades, grid=grid)
    ledger = booked(transfers)
    assert ledger.sum_quanta() == 0
    assert ledger.balance_quanta(CENTRAL) == 0
    for line in grid.lines:
        assert ledger.balance_quanta(f"loss:{line.line_id}") == 0
        assert ledger.balance_quanta(f"rent:{line.line_id}") >= 0
    for area in grid.areas:
        assert ledger.balance_quanta(f"limit_rent:{area.area_id}") >= 0
    assert all(move.amount_quanta > 0 and move.start_s == 900 for move in transfers)


@given(auctions())
def test_everybody_pays_and_gets_price_times_energy_and_nothing_else(
    case: tuple[ClearingOutcome, tuple[Trade, ...], Grid],
) -> None:
    outcome, trades, grid = case
    ledger = booked(auction_transfers(outcome=outcome, trades=trades, grid=grid))
    for made in trades:
        sign = 1 if made.side is Side.SELL else -1
        balance = ledger.balance_quanta(f"participant:{made.participant_id}")
        assert balance == sign * made.price_ticks * made.energy_wh


@given(auctions())
def test_a_loss_is_bought_at_the_price_where_the_energy_arrives(
    case: tuple[ClearingOutcome, tuple[Trade, ...], Grid],
) -> None:
    outcome, trades, grid = case
    transfers = auction_transfers(outcome=outcome, trades=trades, grid=grid)
    price = {area.area_id: area.connection_price_ticks or 0 for area in outcome.areas}
    for flow, line in zip(outcome.lines, grid.lines, strict=True):
        lost_forward = flow.sent_forward_wh - flow.received_forward_wh
        lost_backward = flow.sent_backward_wh - flow.received_backward_wh
        worth = price[line.to_area] * lost_forward + price[line.from_area] * lost_backward
        for kind, account in (
            (TransferKind.LINE_LOSS, f"loss:{line.line_id}"),
            (TransferKind.LINE_LOSS_PURCHASE, CENTRAL),
        ):
            seen = sum(
                move.amount_quanta * (1 if move.credit_account == account else -1)
                for move in transfers
                if move.kind is kind and move.reference == line.line_id
            )
            assert seen == worth


def test_a_full_line_earns_fee_loss_and_rent() -> None:
    """20,000 Wh at 160.00 go in, 19,600 Wh come out at 250.00; the fee is 40.00."""
    full = Flow(line=0, forward=True, sent_wh=20_000, lost_wh=400, full=True)
    ledger = settled(prices=(25_000, 21_000, 16_000), flows=[full])
    assert ledger.balance_quanta("participant:p0") == -25_000 * 19_600
    assert ledger.balance_quanta("participant:p1") == 16_000 * 20_000
    assert ledger.balance_quanta(GRID_OPERATOR) == 4_000 * 20_000
    rent = (25_000 - 16_000) * 20_000 - 25_000 * 400 - 4_000 * 20_000
    assert ledger.balance_quanta("rent:GRID-RUR") == rent == 90_000_000
    assert ledger.balance_quanta("rounding:GRID-RUR") == 0


def test_a_line_with_room_earns_no_rent_but_rounding_of_either_sign() -> None:
    """The price there is what the rule gives, 16,327 ticks, from 12,000 here and 4,000 of fee."""
    for price_ticks, rounding in ((16_327, 4_600), (16_326, -5_200)):
        flow = Flow(line=0, forward=True, sent_wh=10_000, lost_wh=200, full=False)
        ledger = settled(prices=(price_ticks, 20_000, 12_000), flows=[flow])
        assert ledger.balance_quanta("rounding:GRID-RUR") == rounding
        assert ledger.balance_quanta("rent:GRID-RUR") == 0
        assert ledger.balance_quanta(GRID_OPERATOR) == 40_000_000


def test_backwards_the_other_fee_counts_and_the_loss_is_worth_the_price_at_the_from_end() -> None:
    back = Flow(line=0, forward=False, sent_wh=20_000, lost_wh=400, full=True)
    ledger = settled(
        prices=(6_000, 6_000, 8_000), flows=[back], fees=((4_000, 100), (4_000, 0), (0, 0))
    )
    assert ledger.balance_quanta(GRID_OPERATOR) == 100 * 20_000
    assert ledger.balance_quanta("rent:GRID-RUR") == 8_000 * 19_600 - 6_100 * 20_000


def test_at_a_negative_price_the_seller_pays_and_the_buyer_is_paid() -> None:
    ledger = settled(prices=(-1_500, 0, 0), flows=[], inside_wh=(2_000, 0, 0))
    assert ledger.balance_quanta("participant:p0") == -1_500 * 2_000  # sells
    assert ledger.balance_quanta("participant:p1") == 1_500 * 2_000  # buys


def test_at_a_negative_price_a_loss_is_a_gain_and_stays_on_no_account() -> None:
    flow = Flow(line=2, forward=True, sent_wh=1_000, lost_wh=20, full=False)
    ledger = settled(prices=(-1_500, -1_020, 0), flows=[flow])
    assert ledger.balance_quanta(CENTRAL) == 0
    assert ledger.balance_quanta("loss:RUR-SEM") == 0
    assert ledger.balance_quanta("rounding:RUR-SEM") == -1_020 * 980 - (-1_500 + 500) * 1_000


def test_an_import_limit_earns_its_own_rent_and_the_line_none() -> None:
    """Inside RUR 250.00, at its connection 204.08: the limit holds, not the line."""
    flow = Flow(line=0, forward=True, sent_wh=10_000, lost_wh=200, full=False)
    ledger = settled(
        prices=(25_000, 21_000, 16_000), connections=(20_408, 21_000, 16_000), flows=[flow]
    )
    assert ledger.balance_quanta("limit_rent:RUR") == (25_000 - 20_408) * 9_800
    assert ledger.balance_quanta("rent:GRID-RUR") == 0
    assert ledger.balance_quanta("rounding:GRID-RUR") == 20_408 * 9_800 - 20_000 * 10_000


def test_an_export_limit_earns_rent_too() -> None:
    flow = Flow(line=0, forward=False, sent_wh=10_000, lost_wh=200, full=False)
    ledger = settled(prices=(3_000, 3_000, 8_000), connections=(7_840, 3_000, 8_000), flows=[flow])
    assert ledger.balance_quanta("limit_rent:RUR") == (7_840 - 3_000) * 10_000
    assert ledger.balance_quanta("rounding:GRID-RUR") == 0


def test_a_difference_that_would_make_a_rent_owe_money_is_rounding() -> None:
    full = Flow(line=0, forward=True, sent_wh=10_000, lost_wh=200, full=True)
    ledger = settled(prices=(20_407, 20_407, 16_000), flows=[full])
    assert ledger.balance_quanta("rent:GRID-RUR") == 0
    assert ledger.balance_quanta("rounding:GRID-RUR") == 20_407 * 9_800 - 20_000 * 10_000 < 0


def test_energy_through_an_area_without_a_price_still_leaves_the_central_account_empty() -> None:
    way = [
        Flow(line=0, forward=True, sent_wh=10_000, lost_wh=200, full=True),
        Flow(line=2, forward=True, sent_wh=9_800, lost_wh=196, full=True),
    ]
    ledger = settled(prices=(None, 22_000, 16_000), flows=way)
    assert ledger.balance_quanta(CENTRAL) == 0
    assert ledger.balance_quanta(GRID_OPERATOR) == 4_000 * 10_000 + 500 * 9_800
    assert ledger.balance_quanta("rent:GRID-RUR") == ledger.balance_quanta("rent:RUR-SEM") == 0


def test_nothing_traded_moves_nothing() -> None:
    outcome, trades, grid = auction(prices=(None, None, None), flows=[])
    assert auction_transfers(outcome=outcome, trades=trades, grid=grid) == ()


def damaged(what: str) -> tuple[ClearingOutcome, tuple[Trade, ...], Grid]:
    flow = Flow(line=0, forward=True, sent_wh=10_000, lost_wh=200, full=False)
    outcome, trades, grid = auction(prices=(25_000, 21_000, 16_000), flows=[flow])
    rural, rest = outcome.areas[0], outcome.areas[1:]
    line, others = outcome.lines[0], outcome.lines[1:]
    match what:
        case "one Wh less bought":
            trades = (replace(trades[0], energy_wh=9_799), *trades[1:])
        case "a trade is missing":
            trades = trades[:1]
        case "a trade beside its area's price":
            trades = (replace(trades[0], price_ticks=24_999), *trades[1:])
        case "the auction counts otherwise":
            outcome = replace(outcome, areas=(replace(rural, bought_wh=9_801), *rest))
        case "energy from nowhere":
            outcome = replace(outcome, lines=(replace(line, received_forward_wh=10_001), *others))
        case "more than the line takes":
            outcome = replace(outcome, lines=(replace(line, capacity_forward_wh=9_999), *others))
        case "a flow nobody fed":
            outcome = replace(outcome, lines=(replace(line, sent_forward_wh=10_001), *others))
        case "both sides beside the price, alike":
            outcome, trades, grid = auction(
                prices=(25_000, None, None), flows=[], inside_wh=(500, 0, 0)
            )
            trades = tuple(replace(made, price_ticks=24_999) for made in trades)
        case "energy jumps between areas of one price":
            outcome, trades, grid = auction(
                prices=(9_000, 9_000, None), flows=[], inside_wh=(500, 500, 0)
            )
            wrong = [replace(trades[1], energy_wh=499), replace(trades[3], energy_wh=501)]
            trades = (trades[0], wrong[0], trades[2], wrong[1])
            taken_wh = (499, 501, 0)
            areas = zip(outcome.areas, taken_wh, strict=True)
            counted = tuple(replace(area, bought_wh=energy_wh) for area, energy_wh in areas)
            outcome = replace(outcome, areas=counted)
        case _:
            assert what == "nothing"
    return outcome, trades, grid


@pytest.mark.parametrize(
    "what",
    [
        "one Wh less bought",
        "a trade is missing",
        "a trade beside its area's price",
        "the auction counts otherwise",
        "energy from nowhere",
        "more than the line takes",
        "a flow nobody fed",
        "both sides beside the price, alike",
        "energy jumps between areas of one price",
    ],
)
def test_an_auction_that_does_not_add_up_is_never_booked(what: str) -> None:
    outcome, trades, grid = damaged("nothing")
    assert auction_transfers(outcome=outcome, trades=trades, grid=grid)
    outcome, trades, grid = damaged(what)
    with pytest.raises(ConservationError):
        auction_transfers(outcome=outcome, trades=trades, grid=grid)


def test_where_nothing_traded_a_limit_earns_nothing_whatever_its_connection_costs() -> None:
    outcome, trades, grid = auction(
        prices=(None, 8_000, 8_000), connections=(7_840, 8_000, 8_000), flows=[]
    )
    assert auction_transfers(outcome=outcome, trades=trades, grid=grid) == ()


def test_what_is_booked_for_a_line_names_it_and_its_interval() -> None:
    flow = Flow(line=0, forward=True, sent_wh=1_000, lost_wh=20, full=True)
    outcome, trades, grid = auction(prices=(20_000, 14_000, 10_000), flows=[flow])
    moves = auction_transfers(outcome=outcome, trades=trades, grid=grid)
    kinds = (TransferKind.LINE_FEE, TransferKind.LINE_LOSS, TransferKind.LINE_RENT)
    assert {m.kind: m.reference for m in moves if m.kind in kinds} == dict.fromkeys(
        kinds, "GRID-RUR"
    )
    assert {move.start_s for move in moves} == {900}
