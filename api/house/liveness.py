"""Who is still there: stream sessions whose end cancels orders, and dead-man timers.

The one idea: it runs in real time, as everything does that watches whether somebody is alive. Which
orders hang on a session and which timers are armed are facts of the market, so after a restart the
orders of the sessions that died with the server are cancelled first, and timers begin anew.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final

import structlog

from market.model.clock import Clock
from market.model.stop import ArmDeadMan, CancelAll
from market.sequencer import Sequencer, SubmitRefused

GRACE_S_MAX: Final = 60
SYSTEM_DEAD_MAN: Final = "system_dead_man"
SYSTEM_DISCONNECT: Final = "system_disconnect"
_SERVER: Final = "server"
RETRY_S: Final = 0.5
"""Real time between tries when the market is too busy to take a cancel."""

log = structlog.get_logger("api.liveness")


@dataclass(slots=True)
class _Session:
    participant_id: str
    grace_s: float


class Liveness:
    """Sessions and timers of one market's participants."""

    def __init__(self, sequencer: Sequencer, clock: Clock) -> None:
        self._sequencer = sequencer
        self._clock = clock
        self._open: dict[str, _Session] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._acting: set[asyncio.Task[None]] = set()
        self._count = 0

    # --- sessions -------------------------------------------------------------------

    def begin(self, participant_id: str, grace_s: float = 0) -> str:
        """A session of a participant's stream; its id is what orders name."""
        self._count += 1
        session_id = f"ses-{self._sequencer.epoch}-{self._count}"
        self._open[session_id] = _Session(participant_id, grace_s)
        return session_id

    def set_grace(self, session_id: str, grace_s: float) -> None:
        """How long the session's orders stay when it breaks off."""
        self._open[session_id].grace_s = grace_s

    def is_open(self, session_id: str, participant_id: str) -> bool:
        """True when the session is there and the participant's."""
        found = self._open.get(session_id)
        return found is not None and found.participant_id == participant_id

    def end(self, session_id: str, *, orderly: bool) -> None:
        """A session is over; unless it ended in good order its orders are cancelled after its grace."""
        found = self._open.pop(session_id, None)
        if found is None or orderly:
            return
        loop = asyncio.get_running_loop()
        loop.call_later(found.grace_s, self._cancel_session, session_id, found.participant_id)

    def _cancel_session(self, session_id: str, participant_id: str) -> None:
        if session_id in self._sequencer.state.session_orders:
            self._begin(self._cancel(participant_id, SYSTEM_DISCONNECT, session_id))

    # --- dead-man timers ------------------------------------------------------------

    async def arm(self, participant_id: str, actor: str, after_s: int) -> None:
        """Begin a timer anew, or end it with 0; durable before it is answered.

        Raises:
            SubmitRefused: the market takes nothing now; the timer is as it was.
        """
        await self._sequencer.submit(
            ArmDeadMan(
                now_us=self._clock.now_us(),
                actor=actor,
                participant_id=participant_id,
                after_s=after_s,
            )
        )
        self._set(participant_id, after_s)

    def _set(self, participant_id: str, after_s: float) -> None:
        handle = self._timers.pop(participant_id, None)
        if handle is not None:
            handle.cancel()
        if after_s > 0:
            loop = asyncio.get_running_loop()
            self._timers[participant_id] = loop.call_later(after_s, self._due, participant_id)

    def _due(self, participant_id: str) -> None:
        self._timers.pop(participant_id, None)
        self._begin(self._cancel(participant_id, SYSTEM_DEAD_MAN, None))

    # --- both -----------------------------------------------------------------------

    async def recover(self) -> None:
        """After a start: nobody's session is open, and every timer begins anew."""
        state = self._sequencer.state
        for session_id, order_ids in tuple(state.session_orders.items()):
            owners = {state.order_owner[order_id] for order_id in order_ids}
            for participant_id in sorted(owners):
                await self._cancel(participant_id, SYSTEM_DISCONNECT, session_id)
        for participant_id, after_s in state.dead_man_s.items():
            self._set(participant_id, after_s)

    def _begin(self, act: Awaitable[None]) -> None:
        task = asyncio.ensure_future(act)
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _cancel(self, participant_id: str, reason: str, session_id: str | None) -> None:
        """Cancel until the market has taken it; a market that is down cancels at its next start."""
        command = CancelAll(
            now_us=self._clock.now_us(),
            actor=_SERVER,
            participant_id=participant_id,
            reason=reason,
            session_id=session_id,
        )
        while not self._sequencer.failed.is_set():
            try:
                await self._sequencer.submit(command)
            except SubmitRefused as fault:
                log.info("cancel waits", reason=reason, code=fault.code.value)
                await asyncio.sleep(RETRY_S)
            else:
                return

    def close(self) -> None:
        """Let go; what is armed begins anew at the next start."""
        for handle in self._timers.values():
            handle.cancel()
        for task in self._acting:
            task.cancel()
        self._timers.clear()
