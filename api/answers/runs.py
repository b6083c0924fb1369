"""What the wire says of runs that settle a day: the run, what it changed, what it says of a unit."""

from collections.abc import Mapping
from typing import Any, Final

from api.answers.definitions import tariff
from api.answers.values import Answer
from market.model.interval import instant_text, moment_text
from market.model.money import Transfer
from market.model.settlement_run import phase_of
from market.model.units import energy_text, money_text
from market.store.queries import RunView

_ENERGIES: Final = (
    "scheduled",
    "instructed",
    "metered",
    "traded",
    "own_use",
    "own_storage",
    "retail",
    "withdrawal",
)
_AMOUNTS: Final = ("trade", "deviation", "instructed", "network_fee", "levies")
DETAIL_COLUMNS: Final = (
    "unit_id",
    "start",
    "version",
    "method",
    *(f"{name}_kwh" for name in _ENERGIES),
    *(f"{name}_amount" for name in _AMOUNTS),
)
"""What a line of a settled day says of a unit and interval."""


def run(view: RunView) -> Answer:
    """A run, and how far it is."""
    found = view.run
    return {
        "run_id": found.run_id,
        "day": found.day,
        "version": found.version,
        "kind": found.kind.value,
        "state": found.state.value,
        "by": found.actor,
        "reason": found.reason,
        "tariff": tariff(found.tariff),
        "phase": phase_of(found.state, view.areas_done, len(found.areas)).value,
        "areas": len(found.areas),
        "areas_done": view.areas_done,
        "begun_at": moment_text(found.begun_us),
        "finished_at": None if found.finished_us is None else moment_text(found.finished_us),
        "measured": found.completeness.measured,
        "late": found.completeness.late,
        "substituted": found.completeness.substituted,
        "linear": found.completeness.linear,
        "like_day": found.completeness.like_day,
        "schedule": found.completeness.schedule,
        "differences": view.differences,
    }


def difference(item: Transfer) -> Answer:
    """What a run has moved from one account to another."""
    return {
        "from": item.debit_account,
        "to": item.credit_account,
        "kind": item.kind.value,
        "amount": money_text(item.amount_quanta),
    }


def detail_line(row: Mapping[str, Any], version: int) -> Answer:
    """A unit in an interval; what was received is positive."""
    return {
        "unit_id": row["unit_id"],
        "start": instant_text(row["start_s"]),
        "version": version,
        "method": row.get("method"),  # a version from before methods has none
        **{f"{name}_kwh": energy_text(row[f"{name}_wh"]) for name in _ENERGIES},
        **{f"{name}_amount": money_text(row[f"{name}_quanta"]) for name in _AMOUNTS},
    }
