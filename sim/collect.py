"""Reads a finished day over the wire, for the report."""

from collections.abc import Mapping
from typing import Any

from sim.outcome import ReportInput
from sim.profiles import Village
from wattmarket import AsyncClient


async def collect(
    operator: AsyncClient, *, day: str, village: Village, tally: Mapping[str, Any]
) -> ReportInput:
    """Everything the report is made of.

    Args:
        operator: a client that may see all of the market.
        day: local date, YYYY-MM-DD.
        village: who lived through it.
        tally: what the simulation counted.
    """
    members = await operator.participants()
    return ReportInput(
        day=day,
        definition=await operator.definition(),
        totals=await operator.report(day),
        intervals=await operator.intervals(),
        measurements=await operator.measurements(),
        tally=tally,
        village=village,
        retailer_id=next(m["participant_id"] for m in members if m["is_last_resort"]),
    )
