"""Verbs of orders that only calls take, and of why an order got what it got.

The one idea: these are kinds of one address, so what makes each special is said by its verb's
arguments; the answer is the order as the market keeps it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from wattmarket.asking import Number, Time, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Record


class CallOrders(Verbs[S_co]):
    """Curve, block and storage orders; explanations."""

    @verb
    def place_curve(
        self,
        *,
        unit_id: str,
        start: Time,
        side: str,
        steps: Sequence[tuple[Number, Number]],
        client_order_id: str | None = None,
        on_behalf_of: str | None = None,
    ) -> Exchange[Record]:
        """Place a curve of prices and energies for one interval.

        Args:
            unit_id: the unit that delivers or takes.
            start: start of the delivery interval.
            side: "buy" or "sell".
            steps: (price per MWh, energy in kWh) of each step, best price first.
            client_order_id: your own name for it; None: one is made.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Raises:
            RefusedError: with the reason's code.
        """
        order = {
            "kind": "curve",
            "unit_id": unit_id,
            "start": start,
            "side": side,
            "steps": [
                {"price_per_mwh": price, "energy_kwh": energy_kwh} for price, energy_kwh in steps
            ],
        }
        return (yield from self._send(order, client_order_id, on_behalf_of))

    @verb
    def place_call_block(
        self,
        *,
        unit_id: str,
        side: str,
        price_per_mwh: Number,
        legs: Mapping[Time, Number],
        ratio_min_ppm: int = 1_000_000,
        parent: str | None = None,
        group: str | None = None,
        client_order_id: str | None = None,
        on_behalf_of: str | None = None,
    ) -> Exchange[Record]:
        """Place a block over several intervals of a day, to the opening call.

        Args:
            unit_id: the unit that delivers or takes.
            side: "buy" or "sell".
            price_per_mwh: limit on the energy-weighted average price.
            legs: start of each interval and its energy in kWh at full acceptance.
            ratio_min_ppm: the least share of it that is any use, in parts per million.
            parent: your own name of the block it needs; None: none.
            group: your own name of an exclusive group; None: none.
            client_order_id: your own name for it; None: one is made.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Raises:
            RefusedError: with the reason's code.
        """
        kind = "linked" if parent else "exclusive" if group else "block"
        order: dict[str, Any] = {
            "kind": kind,
            "unit_id": unit_id,
            "side": side,
            "price_per_mwh": price_per_mwh,
            "legs": [{"start": start, "energy_kwh": kwh} for start, kwh in legs.items()],
            "ratio_min_ppm": ratio_min_ppm,
        }
        order |= {"parent": parent} if parent else {}
        order |= {"group": group} if group else {}
        return (yield from self._send(order, client_order_id, on_behalf_of))

    @verb
    def place_storage(
        self,
        *,
        unit_id: str,
        start: Time,
        end: Time,
        charge_max_kwh: Number,
        discharge_max_kwh: Number,
        spread_per_mwh: Number,
        end_value_per_mwh: Number,
        client_order_id: str | None = None,
        on_behalf_of: str | None = None,
    ) -> Exchange[Record]:
        """Offer a storage's flexibility to the opening call, which decides what it does when.

        Args:
            unit_id: the storage.
            start: start of its first interval.
            end: end of its last one.
            charge_max_kwh: most it takes in an interval.
            discharge_max_kwh: most it gives in an interval.
            spread_per_mwh: least gain per discharged MWh.
            end_value_per_mwh: what energy left in it at the end is worth.
            client_order_id: your own name for it; None: one is made.
            on_behalf_of: the owner for whom one acts under a mandate; None: for oneself.

        Raises:
            RefusedError: with the reason's code.
        """
        order = {
            "kind": "storage",
            "unit_id": unit_id,
            "start": start,
            "end": end,
            "charge_max_kwh": charge_max_kwh,
            "discharge_max_kwh": discharge_max_kwh,
            "spread_per_mwh": spread_per_mwh,
            "end_value_per_mwh": end_value_per_mwh,
        }
        return (yield from self._send(order, client_order_id, on_behalf_of))

    @verb
    def explain(self, order_id: str) -> Exchange[Record]:
        """Why an order stands where it stands: `reasons`, each a code with parameters.

        `wattmarket.reasons.sentence` makes words of one.
        """
        record: Record = yield from self._get(f"orders/{order_id}/explanation")
        return record

    @verb
    def explain_own(self, client_order_id: str) -> Exchange[Record]:
        """The same by your own name for it, also of an order that was refused."""
        record: Record = yield from self._get("orders:explain", client_order_id=client_order_id)
        return record

    def _send(
        self, order: dict[str, Any], client_order_id: str | None, on_behalf_of: str | None
    ) -> Exchange[Record]:
        named = {**order, "client_order_id": client_order_id or uuid4().hex}
        path = self._asking.in_market("orders")
        record: Record = yield from self._asking.ask(
            "POST", path, params={"on_behalf_of": on_behalf_of}, json=named
        )
        return record
