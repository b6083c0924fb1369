"""A clearing run without some of its orders, by a process of its own (`market/what_if.py`)."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.answers.values import Answer, optional_price
from api.processes.verifying import VerifyingFailed, brought_back
from market.model.call import CallKind
from market.model.units import energy_text, money_text, price_text
from market.store.database import Store

COMMAND: Final = (sys.executable, "-m", "market.what_if")


async def without(
    store: Store,
    market_id: str,
    call: CallKind,
    start_s: int,
    *,
    shown_s: int,
    participant_id: str | None,
    order_ids: Sequence[str],
) -> Answer:
    """The run as it was and as it would have been, in the words of the wire.

    Raises:
        RefusedError: NOT_FOUND; SYSTEM_BUSY while a run is brought back for somebody else.
        VerifyingFailed: the journal does not prove itself, or another fault of ours.
    """
    more = {"shown_s": shown_s, "participant_id": participant_id, "order_ids": list(order_ids)}
    told = await brought_back(store, market_id, call, start_s, command=COMMAND, more=more)
    if "before" not in told:
        raise VerifyingFailed("the journal does not prove itself")
    return {
        "removed": told["removed"],
        **{name: _call(told[name]) for name in ("before", "after")},
        "faults": told["faults"],
        "took_ms": told["took_ms"],
    }


def _call(told: Mapping[str, Any]) -> Answer:
    return {
        "rung": told["rung"],
        "welfare": money_text(told["welfare_quanta"]),
        "areas": [
            {
                "area_id": area["area_id"],
                "price_per_mwh": optional_price(area["price_ticks"]),
                "sold_kwh": energy_text(area["sold_wh"]),
                "bought_kwh": energy_text(area["bought_wh"]),
                **{side: _curve(area[side]) for side in ("supply", "demand")},
            }
            for area in told["areas"]
        ],
    }


def _curve(steps: Sequence[Sequence[int]]) -> list[list[str]]:
    return [[price_text(price), energy_text(total_wh)] for price, total_wh in steps]
