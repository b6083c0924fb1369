"""Two calls of one interval: the closing call's prices, and the flows of both."""

from dataclasses import replace

from market.model.trade import ClearingOutcome, LineOutcome
from market.settlement.outcomes import exchanged, priced
from tests.builders import MIDNIGHT_S, area_outcome


def line(line_id: str, *energy_wh: int) -> LineOutcome:
    forward, arrived, back, came = energy_wh
    return LineOutcome(
        line_id=line_id,
        sent_forward_wh=forward,
        received_forward_wh=arrived,
        sent_backward_wh=back,
        received_backward_wh=came,
        capacity_forward_wh=3_000,
        capacity_backward_wh=3_000,
    )


CLOSING = ClearingOutcome(
    start_s=MIDNIGHT_S,
    rung="optimal",
    reproducible=True,
    areas=(area_outcome("RUR", 9_000), area_outcome("SEM", None), area_outcome("NEW", None)),
    lines=(line("one", 10, 9, 0, 0), line("other", 0, 0, 7, 6)),
    filled_order_ids=(),
    filled_wh=(),
    welfare_quanta=0,
    upper_bound_quanta=0,
    solve_ms=0,
    receipt_hash="closing",
    audit_faults=(),
)
OPENING = replace(
    CLOSING,
    areas=(area_outcome("RUR", 8_000), area_outcome("SEM", 7_000)),
    lines=(line("other", 100, 90, 0, 0), line("one", 1_000, 900, 50, 40)),
    receipt_hash="opening",
)


def test_the_price_is_the_closing_calls_and_the_openings_where_it_has_none() -> None:
    found = priced(CLOSING, OPENING)
    assert found is not None
    assert found.receipt_hash == "closing"
    assert [(each.area_id, each.price_ticks) for each in found.areas] == [
        ("RUR", 9_000),
        ("SEM", 7_000),
        ("NEW", None),
    ]


def test_what_flows_is_the_sum_of_both_calls() -> None:
    found = exchanged(CLOSING, OPENING)
    assert found == replace(
        CLOSING, lines=(line("one", 1_010, 909, 50, 40), line("other", 100, 90, 7, 6))
    )


def test_of_one_call_alone_everything_is_as_it_said() -> None:
    for both in (priced, exchanged):
        assert both(CLOSING, None) is CLOSING
        assert both(None, OPENING) is OPENING
        assert both(None, None) is None
