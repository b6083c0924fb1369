"""Which kills and halts hold, and whom they concern.

The one idea: a stop is looked up by what an order names (its sender, owner, unit, area, interval),
so asking costs a few dictionary look-ups, and nothing at all while no stop holds.
"""

from market.model.rejection import Code
from market.model.stop import Stop, StopKind, StopScope

Key = tuple[StopKind, StopScope, str]


class Stops:
    """The stops of one market, and proposals to end them."""

    def __init__(self) -> None:
        self._stops: dict[Key, Stop] = {}
        self._proposals: dict[Key, tuple[str, int]] = {}

    def __len__(self) -> int:
        """Number of stops that hold."""
        return len(self._stops)

    def add(self, stop: Stop) -> None:
        """Note a stop; the first of its kind and key stands."""
        self._stops.setdefault((stop.kind, stop.scope, stop.key), stop)

    def end(self, key: Key) -> None:
        """Forget a stop and what was proposed about it."""
        self._stops.pop(key, None)
        self._proposals.pop(key, None)

    def of(self, key: Key) -> Stop | None:
        """The stop that holds; None: none does."""
        return self._stops.get(key)

    def all(self) -> tuple[Stop, ...]:
        """Every stop that holds, oldest first."""
        return tuple(self._stops.values())

    def propose(self, key: Key, actor: str, until_us: int) -> None:
        """Note who wants a stop to end, and until when a second person may agree."""
        self._proposals[key] = (actor, until_us)

    def proposal(self, key: Key, now_us: int) -> str | None:
        """Who has proposed the end of a stop and still may be agreed with; None: nobody."""
        found = self._proposals.get(key)
        return None if found is None or now_us > found[1] else found[0]

    def proposals(self) -> dict[Key, tuple[str, int]]:
        """By stop: who wants it to end, and until when somebody may agree."""
        return dict(self._proposals)

    def refusal(
        self,
        *,
        client_id: str,
        participant_id: str,
        unit_id: str = "",
        area_id: str = "",
        start_s: int | None = None,
    ) -> Code | None:
        """Why nothing new may be traded by these, here and then; None: it may."""
        stops = self._stops
        if not stops:
            return None
        named = (
            (StopScope.MARKET, ""),
            (StopScope.CLIENT, client_id),
            (StopScope.PARTICIPANT, participant_id),
            (StopScope.UNIT, unit_id),
            (StopScope.AREA, area_id),
            (StopScope.INTERVAL, "" if start_s is None else str(start_s)),
        )
        for kind, code in ((StopKind.KILL, Code.KILLED), (StopKind.HALT, Code.HALTED_CANCEL_ONLY)):
            if any((kind, scope, key) in stops for scope, key in named):
                return code
        return None
