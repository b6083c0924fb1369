"""Three areas in a ring, drawn: lines with any loss and fee, and what calls have scheduled over them."""

from typing import Final

from hypothesis import strategies as st

from market.model.grid import Area, Grid, Line
from market.model.trade import ClearingOutcome, LineOutcome
from market.settlement.activation_terms import ActivationTerms
from market.settlement.route import Hop
from tests.builders import MIDNIGHT_S, RULES

AREAS: Final = ("GRID", "RUR", "SEM")
ENDS: Final = (("GRID", "RUR"), ("GRID", "SEM"), ("RUR", "SEM"))
MOST_WH: Final = 3_000


@st.composite
def all_terms(draw: st.DrawFn) -> ActivationTerms:
    """Terms of an interval in which each line carries something one way, the other, or nothing."""
    fees, losses = st.integers(-500, 6_000), st.integers(0, 200_000)
    lines, flows = [], []
    left_wh: dict[tuple[str, bool], int] = {}
    for from_area, to_area in ENDS[: draw(st.integers(1, 3))]:
        line = Line(
            line_id=f"{from_area}-{to_area}",
            from_area=from_area,
            to_area=to_area,
            capacity_forward_w=4 * MOST_WH,
            capacity_backward_w=4 * MOST_WH,
            loss_ppm=draw(losses),
            fee_forward_ticks=draw(fees),
            fee_backward_ticks=draw(fees),
        )
        sent_wh, forward = draw(st.integers(0, MOST_WH)), draw(st.booleans())
        received_wh = Hop(line=line, forward=forward).received_of_wh(sent_wh)
        lines.append(line)
        left_wh[line.line_id, forward] = draw(st.integers(0, MOST_WH - sent_wh))
        left_wh[line.line_id, not forward] = draw(st.integers(0, MOST_WH))
        flows.append(
            LineOutcome(
                line_id=line.line_id,
                sent_forward_wh=sent_wh if forward else 0,
                received_forward_wh=received_wh if forward else 0,
                sent_backward_wh=0 if forward else sent_wh,
                received_backward_wh=0 if forward else received_wh,
                capacity_forward_wh=MOST_WH,
                capacity_backward_wh=MOST_WH,
            )
        )
    return ActivationTerms(
        rules=RULES,
        grid=Grid(
            areas=tuple(
                Area(area_id=name, name=name, holds_last_resort=name == "GRID") for name in AREAS
            ),
            lines=tuple(lines),
        ),
        start_s=MIDNIGHT_S,
        exchange=exchange(tuple(flows)),
        left_wh=left_wh,
    )


def exchange(lines: tuple[LineOutcome, ...]) -> ClearingOutcome:
    """What the calls have scheduled."""
    return ClearingOutcome(
        start_s=MIDNIGHT_S,
        rung="optimal",
        reproducible=True,
        areas=(),
        lines=lines,
        filled_order_ids=(),
        filled_wh=(),
        welfare_quanta=0,
        upper_bound_quanta=0,
        solve_ms=1,
        receipt_hash="",
        audit_faults=(),
    )
