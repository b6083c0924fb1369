"""What people may do to a unit: who, how many of them, and in which state.

The one idea: stopping needs one person and nothing delays an emergency stop; letting a unit back that
was locked or stopped in an emergency needs somebody on site, or two people.
"""

from typing import Final

from market.control.unit.facts import LocalSettings, Senders, UnitAct
from market.model.interval import instant_text
from market.model.power import UnitState
from market.model.rejection import Code, Rejection

_OFF: Final = frozenset({UnitState.STOPPED, UnitState.LOCKED, UnitState.TRIPPED, UnitState.INIT})
_GRID_ONLY: Final = frozenset({UnitAct.FORBID, UnitAct.PERMIT})


class People:
    """Stops, locks and permissions of one unit."""

    def __init__(
        self,
        senders: Senders,
        local: LocalSettings,
        *,
        is_essential: bool,
        locked: str,
        stopped: bool,
        emergency: bool,
        permitted: bool,
    ) -> None:
        self._senders = senders
        self._local = local
        self._is_essential = is_essential
        self.locked = locked
        """Why it is locked; empty: it is not."""
        self.stopped = stopped
        """Stopped and not started since; a lock and its release change nothing about it."""
        self.emergency = emergency
        """Stopped in an emergency and not yet released."""
        self.permitted = permitted
        """The grid operator's permission to be in service."""
        self.is_local = False
        """The switch at the device stands on local."""
        self.up_since_s: int | None = None
        """Since when it is on the grid; None: it is not."""
        self.down_since_s: int | None = None

    def refusal(
        self,
        act: UnitAct,
        who: str,
        second: str | None,
        state: UnitState,
        now_s: int | None,
        *,
        on_site: bool,
    ) -> Rejection | None:
        """Why an act is not done; None: it is."""
        # Who stands at the device is not the grid operator.
        is_remote = not on_site or act in _GRID_ONLY
        if is_remote and (refusal := self._remote_refusal(act, who, second)):
            return refusal
        if self._is_essential and act not in _GRID_ONLY:
            return Rejection(code=Code.NOT_PERMITTED, pointer="unit_id")
        if act is UnitAct.START:
            return self._start_refusal(state, now_s)
        if act is UnitAct.STOP:
            return self._stop_refusal(state, now_s)
        if act is UnitAct.RELEASE and not (self.locked or self.emergency):
            return Rejection(code=Code.PHASE_CONFLICT, pointer="act")
        return None

    def earliest_start_s(self) -> int | None:
        """When the minimum time off the grid is over; None: it was never on."""
        return None if self.down_since_s is None else self.down_since_s + self._local.min_down_s

    def set_back(self, now_s: int | None) -> None:
        """The clock has jumped back: no time noted before means anything."""
        self.down_since_s = now_s
        if self.up_since_s is not None:
            self.up_since_s = now_s

    def _remote_refusal(self, act: UnitAct, who: str, second: str | None) -> Rejection | None:
        senders = self._senders
        may = senders.grid if act in _GRID_ONLY else senders.operators | senders.grid
        if act in {UnitAct.START, UnitAct.RELEASE}:
            may = senders.operators
        if who not in may:
            return Rejection(code=Code.NOT_PERMITTED, pointer="who")
        if act is UnitAct.START and self.is_local:
            return Rejection(code=Code.NOT_PERMITTED, pointer="local_control")
        if act is UnitAct.RELEASE and (second is None or second == who):
            return Rejection(code=Code.SECOND_PERSON_REQUIRED, pointer="second")
        if act is UnitAct.RELEASE and second not in may:
            return Rejection(code=Code.NOT_PERMITTED, pointer="second")
        return None

    def _start_refusal(self, state: UnitState, now_s: int | None) -> Rejection | None:
        if state is not UnitState.STOPPED or self.emergency:
            return Rejection(code=Code.PHASE_CONFLICT, pointer="act")
        return _too_early(self.earliest_start_s(), now_s)

    def _stop_refusal(self, state: UnitState, now_s: int | None) -> Rejection | None:
        if state in _OFF or self.up_since_s is None:
            return None
        return _too_early(self.up_since_s + self._local.min_up_s, now_s)


def _too_early(earliest_s: int | None, now_s: int | None) -> Rejection | None:
    if earliest_s is None or now_s is None or now_s >= earliest_s:
        return None
    return Rejection(
        code=Code.NOT_OPEN, pointer="act", parameters={"earliest": instant_text(earliest_s)}
    )
