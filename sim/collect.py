"""Reads a finished day over the wire, for the report."""

from collections.abc import Mapping
from typing import Any

from sim.cut import story_of
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
    totals, intervals = await operator.report(day), await operator.intervals()
    cuts = [
        await story_of(
            operator,
            counted,
            intervals=intervals,
            totals=totals,
            members=[
                home.participant_id
                for home in village.households
                if home.area_id == counted["area_id"]
            ],
        )
        for counted in tally.get("cuts", ())
    ]
    return ReportInput(
        day=day,
        definition=await operator.definition(),
        totals=totals,
        intervals=intervals,
        measurements=await operator.measurements(),
        tally=tally,
        village=village,
        retailer_id=next(m["participant_id"] for m in members if m["is_last_resort"]),
        cuts=cuts,
        networks=await operator.networks.list(),
        checks=await operator.networks.checks(),
    )
