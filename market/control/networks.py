"""The real grids of a market's areas, and what they made of its schedules.

The one idea: an interval whose set-points are out waits here until its check is applied, so the check is a timer
like any other and is done again after a restart; what a unit was told instead of its trades stays until the
interval is settled, because money and deviations go by it.
"""

from collections.abc import Iterable, Mapping

from market.model.act import ControlReason
from market.model.activation import UnitsActivated
from market.model.grid_check import UnitChange
from market.model.network import Network
from market.model.units import energy_from_power_wh


class Networks:
    """Grids by area, intervals that wait for their check, and instructed energy."""

    def __init__(self) -> None:
        self._by_area: dict[str, Network] = {}
        self._waiting: dict[int, None] = {}
        self._checked: dict[int, None] = {}
        self._turns: dict[int, int] = {}
        self._instructed_wh: dict[int, dict[str, int]] = {}
        self._changes: dict[int, dict[str, UnitChange]] = {}
        self._activations: dict[int, tuple[UnitsActivated, ...]] = {}
        self._outside_minutes: dict[str, int] = {}

    def put(self, network: Network) -> None:
        """A grid, or its next version."""
        self._by_area[network.area_id] = network

    def of(self, area_id: str) -> Network | None:
        """The grid of an area; None: it is not known."""
        return self._by_area.get(area_id)

    def all(self) -> tuple[Network, ...]:
        """Every grid, in the order in which areas got theirs."""
        return tuple(self._by_area.values())

    # --- schedules ------------------------------------------------------------------

    def cleared(self, start_s: int, *, left_over: bool = False) -> None:
        """Set-points of an interval went out; they wait for the word of a grid, and of who could help.

        Args:
            start_s: the interval.
            left_over: True when units could not be told all they have traded.
        """
        if self._by_area or left_over:
            self._waiting[start_s] = None

    def next_start_s(self) -> int | None:
        """The interval that has to be checked next; None: none waits."""
        return min(self._waiting, default=None)

    def waits(self, start_s: int) -> bool:
        """True when the interval's schedules were not checked yet."""
        return start_s in self._waiting

    def reopen(self, start_s: int) -> None:
        """The interval is to be checked again, or, where it waits, by what is so now."""
        self._waiting[start_s] = None
        self._turns[start_s] = self.turn(start_s) + 1

    def turn(self, start_s: int) -> int:
        """How often the interval's check became due again."""
        return self._turns.get(start_s, 0)

    def was_checked(self, start_s: int) -> bool:
        """True when the interval's schedules were checked at least once."""
        return start_s in self._checked

    def checked(self, start_s: int, turn: int = 0) -> None:
        """The interval's set-points stand, unless its check became due again meanwhile."""
        self._checked[start_s] = None
        if turn == self.turn(start_s):
            self._waiting.pop(start_s, None)

    def withdraw(self, start_s: int) -> None:
        """What units were told about the interval by its check holds no longer."""
        self._instructed_wh.pop(start_s, None)
        self._changes.pop(start_s, None)
        self._activations.pop(start_s, None)

    def instruct(self, start_s: int, changes: Iterable[UnitChange], minutes: int) -> None:
        """Units are told something else than they have traded."""
        told = self._instructed_wh.setdefault(start_s, {})
        for change in changes:
            told[change.unit_id] = energy_from_power_wh(change.change_w, minutes)
            self._changes.setdefault(start_s, {})[change.unit_id] = change

    def activate(self, activated: UnitsActivated) -> None:
        """Units are told something else than they have traded because another area needs it."""
        start_s = activated.start_s
        self._activations[start_s] = (*self._activations.get(start_s, ()), activated)
        told = self._instructed_wh.setdefault(start_s, {})
        changes = self._changes.setdefault(start_s, {})
        for item in activated.units:
            told[item.unit_id] = told.get(item.unit_id, 0) + item.energy_wh
            before = changes.get(item.unit_id)
            changes[item.unit_id] = UnitChange(
                unit_id=item.unit_id,
                from_w=item.from_w if before is None else before.from_w,
                to_w=item.to_w,
                reason=ControlReason.ACTIVATION,
                element_id="",
            )

    def activations(self, start_s: int) -> tuple[UnitsActivated, ...]:
        """Who was activated for whom, in the order in which it is settled."""
        return self._activations.get(start_s, ())

    def changes(self, start_s: int) -> Mapping[str, UnitChange]:
        """What units were told to do differently, by unit, each with its reason."""
        return self._changes.get(start_s, {})

    def instructed_wh(self, start_s: int) -> Mapping[str, int]:
        """By how much units were told to differ from what they have traded, injection positive."""
        return self._instructed_wh.get(start_s, {})

    # --- readings -------------------------------------------------------------------

    def seen(self, area_id: str, outside_minutes: int) -> None:
        """An interval's readings were held against the grid."""
        if outside_minutes:
            before = self._outside_minutes.get(area_id, 0)
            self._outside_minutes[area_id] = before + outside_minutes

    def outside_minutes(self, area_id: str) -> int:
        """How long an area's grid was outside its limits so far, by its meters."""
        return self._outside_minutes.get(area_id, 0)

    def forget(self, start_s: int) -> None:
        """The interval is settled."""
        self.withdraw(start_s)
        self._checked.pop(start_s, None)
        self._turns.pop(start_s, None)
