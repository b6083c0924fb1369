"""What an area's process tells upward besides its reports: what its units said while nobody could hear it.

The one idea: what was kept is told in order, and nothing is dropped because it could not be said just now.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from market.model.reach import LimitsHeld
from sim.area_server import AreaServer
from wattmarket import AsyncClient, BusyError, RefusedError
from wattmarket.session import AwaitingSession

WAITING_MAX: Final = 10_000
HELD_MAX: Final = 1_000


class Telling:
    """What waits to be told."""

    def __init__(
        self,
        *,
        client: AsyncClient,
        area_id: str,
        server: AreaServer,
        say: Callable[[str], None],
    ) -> None:
        """Nothing waits yet; the arguments are those of the area's agent."""
        self.held: deque[LimitsHeld] = deque(maxlen=HELD_MAX)
        """What the area around is to know: which limits all here keep to."""
        self._client = client
        self._area_id = area_id
        self._server = server
        self._say = say
        self._readings: deque[dict[str, Any]] = deque(maxlen=WAITING_MAX)
        self._alarms: deque[dict[str, Any]] = deque(maxlen=WAITING_MAX)
        self._states: dict[str, dict[str, Any]] = {}

    def alarm(self, kind: str, level: str, member_id: str, parameters: Mapping[str, str]) -> None:
        """Something somebody has to look at, as soon as it can be said."""
        self._alarms.append(
            {"kind": kind, "level": level, "member_id": member_id, "parameters": parameters}
        )

    async def send_held(self) -> None:
        """Tell the area around; what is lost here it asks for by lending again.

        Raises:
            WattmarketError: it did not hear.
        """
        said = [self.held.popleft() for _ in range(len(self.held))]
        if not said:
            return
        session = cast("AwaitingSession", self._client.session)
        body = {"held": [{"epoch": held.epoch, "sequence": held.sequence} for held in said]}
        path = session.in_market(f"areas/{self._area_id}:held")
        await session.run(session.ask("POST", path, json=body))

    async def send_kept(self) -> None:
        """Readings, alarms and the newest states of units from while the market was away.

        Raises:
            WattmarketError: the market is away again; the rest waits.
        """
        self._readings.extend(self._server.readings())
        while self._readings:
            item = self._readings[0]
            what = f"reading of {item['unit_id']}"
            await self._told(self._client.report_measurements(self._area_id, [item]), what)
            self._readings.popleft()
        self._alarms.extend(self._server.alarms())
        while self._alarms:
            said = self._alarms[0]
            kind, level, member_id = said["kind"], said["level"], said["member_id"]
            parameters = said.get("parameters") or {}
            sent = self._client.alarms.tell(kind, level, member_id, parameters=parameters)
            await self._told(sent, f"alarm {kind} of {member_id}")
            self._alarms.popleft()
        self._states |= self._server.states()
        for unit_id, state in tuple(self._states.items()):
            sent = self._client.report_unit_state(unit_id, state)
            await self._told(sent, f"state of {unit_id}")
            self._states.pop(unit_id, None)

    async def _told(self, sending: Awaitable[object], what: str) -> None:
        """A refusal that does not pass is for a person to see.

        Raises:
            WattmarketError: it may be said again.
        """
        try:
            await sending
        except BusyError:
            raise
        except RefusedError as refused:
            self._say(f"{what} refused: {refused}")
