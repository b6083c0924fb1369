"""Balance groups as they stand on the wire, and what a month gives back to them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from api.answers.values import Answer
from market.model.balance_group import ALONE, BalanceGroupSet
from market.model.interval import moment_text
from market.model.settled_month import SettledMonth
from market.model.units import energy_text, money_text

_ENERGIES: Final = ("carried", "metered", "group_carried", "band")
_AMOUNTS: Final = ("adder", "netted", "waived")
MONTH_COLUMNS: Final = (
    "month",
    "version",
    "group_id",
    "unit_id",
    *(f"{name}_kwh" for name in _ENERGIES),
    *(f"{name}_amount" for name in _AMOUNTS),
)
"""What a line of a settled month says of a unit in its group."""


def balance_group(event: BalanceGroupSet, seen: Collection[str] | None) -> Answer:
    """A group's word; `seen`: the units that may be named, None: all."""
    group = event.group
    return {
        "group_id": group.group_id,
        "name": group.name,
        "participant_id": group.participant_id,
        "unit_ids": [name for name in group.unit_ids if seen is None or name in seen],
        "units": len(group.unit_ids),
        "from_day": group.from_day,
        "reason": event.reason,
        "at": moment_text(event.now_us),
    }


def month_line(row: Mapping[str, Any], settled: SettledMonth) -> Answer:
    """A unit in its group; `group_id` null: it is its own."""
    return {
        "month": settled.month,
        "version": settled.version,
        "group_id": None if row["group_id"] == ALONE else row["group_id"],
        "unit_id": row["unit_id"],
        **{f"{name}_kwh": energy_text(row[f"{name}_wh"]) for name in _ENERGIES},
        **{f"{name}_amount": money_text(row[f"{name}_quanta"]) for name in _AMOUNTS},
    }
