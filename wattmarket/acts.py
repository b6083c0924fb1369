"""Verbs of operators on units and areas: stop, start, limit, release, decouple, couple.

The one idea: what narrows is done by one at once; what lets something dangerous come back is proposed
by one, and a second one approves exactly that, by its id and digest.
"""

from typing import Any

from wattmarket.asking import Number, Time, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Record, Table


class Acts(Verbs[S_co]):
    """Act on units, areas or everything; see what holds and what was taken from whom.

    An answer holds `act` (null: it was so already), how many orders were cancelled and how many
    set-points went out. An `act` whose state is "proposed" waits for a second operator.
    """

    @verb
    def stop(self, level: str, member_id: str, *, reason: str) -> Exchange[Record]:
        """Take a unit, or all devices of an area, off until it is started.

        Args:
            level: "unit" or "area".
            member_id: which.
            reason: kept with the act.
        """
        return (yield from self._act("stop", level, member_id, reason))

    @verb
    def start(self, level: str, member_id: str, *, reason: str) -> Exchange[Record]:
        """End a stop; of a unit that has said it is locked it takes two operators."""
        return (yield from self._act("start", level, member_id, reason))

    @verb
    def limit(
        self,
        level: str,
        member_id: str,
        *,
        reason: str,
        withdrawal_max_kw: Number | None = None,
        injection_max_kw: Number | None = None,
        from_: Time | None = None,
        until: Time | None = None,
    ) -> Exchange[Record]:
        """Narrow a unit's power, or what an area takes in and gives out in sum.

        Args:
            level: "unit" or "area".
            member_id: which.
            reason: kept with the act.
            withdrawal_max_kw: most it may take; None: as ever.
            injection_max_kw: most it may give; None: as ever.
            from_: from then on; None: at once.
            until: until then; None: until it is released.

        Raises:
            RefusedError: EXCEEDS_CAPABILITY: it would be wider than nameplate or rating.
        """
        what = {
            "withdrawal_max_kw": withdrawal_max_kw,
            "injection_max_kw": injection_max_kw,
            "from": from_,
            "until": until,
        }
        return (yield from self._act("limit", level, member_id, reason, **what))

    @verb
    def release(
        self, level: str, member_id: str, *, reason: str, limit_id: str | None = None
    ) -> Exchange[Record]:
        """End a limit by its act_id; without one propose the end of an emergency stop."""
        return (yield from self._act("release", level, member_id, reason, limit_id=limit_id))

    @verb
    def emergency_stop(self, level: str, member_id: str, *, reason: str) -> Exchange[Record]:
        """Stop a unit, an area or everything at once.

        Args:
            level: "unit", "area" or "market".
            member_id: which; the market's id for everything.
            reason: kept with the act.
        """
        return (yield from self._act("emergency_stop", level, member_id, reason))

    @verb
    def decouple(self, area_id: str, *, reason: str) -> Exchange[Record]:
        """Let an area go on alone: nothing more is traded over its lines."""
        return (yield from self._act("decouple", "area", area_id, reason))

    @verb
    def couple(self, area_id: str, *, reason: str) -> Exchange[Record]:
        """Propose that a decoupled area takes part again."""
        return (yield from self._act("couple", "area", area_id, reason))

    @verb
    def consent(self, area_id: str, *, reason: str) -> Exchange[Record]:
        """Let an area make the move that its guard has blocked.

        The area's own credential, its grid operator's, does so at once; an operator's is a proposal.
        """
        return (yield from self._act("consent", "area", area_id, reason))

    @verb
    def approve(self, act_id: str, digest: str) -> Exchange[Record]:
        """Agree, as a second operator, with exactly what was proposed.

        Args:
            act_id: of the proposal.
            digest: as the proposal shows it.

        Raises:
            ConflictError: SECOND_PERSON_REQUIRED, ACT_LAPSED, or REVISION_MISMATCH: another digest.
        """
        record: Record = yield from self._post(f"acts/{act_id}:approve", {"digest": digest})
        return record

    @verb
    def list(
        self,
        *,
        kind: str | None = None,
        level: str | None = None,
        member_id: str | None = None,
        state: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Acts, done and proposed, in order, as a table."""
        wanted = {"kind": kind, "level": level, "member_id": member_id, "state": state}
        return (yield from self._frame("acts", as_, **wanted))

    @verb
    def standing(self) -> Exchange[Record]:
        """What holds now: narrowings, decoupled areas, proposals that wait."""
        record: Record = yield from self._get("acts:standing")
        return record

    @verb
    def curtailments(
        self,
        *,
        from_: Time | None = None,
        to: Time | None = None,
        unit_id: str | None = None,
        reason: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """What units were told differently from their trades, and why, as a table."""
        span = {"from": from_, "to": to}
        return (yield from self._frame("curtailments", as_, unit_id=unit_id, reason=reason, **span))

    def _act(
        self,
        kind: str,
        level: str,
        member_id: str,
        reason: str,
        **what: Any,  # noqa: ANN401 - fields of the body
    ) -> Exchange[Record]:
        said = {"kind": kind, "level": level, "member_id": member_id, "reason": reason, **what}
        body = {name: value for name, value in said.items() if value is not None}
        record: Record = yield from self._post("acts", body)
        return record
