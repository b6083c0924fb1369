"""Which mandates hold, and what an order under one may be.

The one idea: an order of an agent needs one mandate of the owner that covers its unit, its interval
and its size; having two half-fitting ones is having none.
"""

from market.model.mandate import Mandate
from market.model.order import OrderColumns
from market.model.rejection import Code, Rejection
from market.model.units import energy_text, money_text


class Mandates:
    """The mandates of one market."""

    def __init__(self) -> None:
        self._holding: dict[str, Mandate] = {}
        self._all: dict[str, Mandate] = {}
        self.client_ids: dict[tuple[str, str], str] = {}
        """(owner, client_mandate_id) to the market's id, for ever."""

    def add(self, mandate: Mandate) -> None:
        """Note a mandate."""
        self._holding[mandate.mandate_id] = self._all[mandate.mandate_id] = mandate
        self.client_ids[mandate.owner, mandate.client_mandate_id] = mandate.mandate_id

    def revoke(self, mandate_id: str) -> None:
        """Let it hold no longer."""
        self._holding.pop(mandate_id, None)

    @property
    def next_number(self) -> int:
        """Number of the next mandate."""
        return len(self._all) + 1

    def find(self, mandate_id: str) -> Mandate | None:
        """A mandate, holding or not; None: there never was one."""
        return self._all.get(mandate_id)

    def holds(self, mandate_id: str) -> bool:
        """True while it is not revoked."""
        return mandate_id in self._holding

    def all(self) -> tuple[Mandate, ...]:
        """Every mandate there ever was, oldest first."""
        return tuple(self._all.values())

    def of(self, participant_id: str) -> tuple[Mandate, ...]:
        """Every mandate the participant gave or got, oldest first."""
        return tuple(m for m in self._all.values() if participant_id in {m.owner, m.agent})

    def may_see(self, owner: str, agent: str) -> bool:
        """True when the agent holds any mandate of the owner."""
        return any(m.owner == owner and m.agent == agent for m in self._holding.values())

    def refusal(self, owner: str, agent: str, orders: OrderColumns, row: int) -> Rejection | None:
        """Why the agent may not place this row for the owner; None: it may."""
        covering = [
            mandate
            for mandate in self._holding.values()
            if mandate.owner == owner
            and mandate.agent == agent
            and (not mandate.unit_ids or orders.unit_id[row] in mandate.unit_ids)
            and mandate.from_s <= orders.start_s[row] < mandate.until_s
        ]
        if not covering:
            return Rejection(code=Code.DELEGATION_MISSING, pointer="unit_id")
        faults = [_size_refusal(mandate, orders, row) for mandate in covering]
        return None if None in faults else faults[0]


def _size_refusal(mandate: Mandate, orders: OrderColumns, row: int) -> Rejection | None:
    energy_wh = orders.energy_wh[row]
    if mandate.energy_wh_max is not None and energy_wh > mandate.energy_wh_max:
        return Rejection(
            code=Code.VOLUME_MAX,
            pointer="energy_kwh",
            parameters={"energy_kwh_max": energy_text(mandate.energy_wh_max)},
        )
    value = abs(orders.price_ticks[row]) * energy_wh
    if mandate.value_quanta_max is not None and value > mandate.value_quanta_max:
        return Rejection(
            code=Code.ORDER_VALUE_MAX,
            parameters={"value_max": money_text(mandate.value_quanta_max)},
        )
    return None
