"""Verbs of certificates: what one holds, what one does with it, how green a day was.

The one idea: settlement issues them, people only pass them on or use them up; each act carries an id of
one's own, and saying it again changes nothing.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from wattmarket.asking import Time, Verbs
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Format, Json, Record, Table

Lot: TypeAlias = Mapping[str, Json]
"""`unit_id`, `start` and `energy_kwh`."""


class Certificates(Verbs[S_co]):
    """Certificates of one's own, of everybody, and green shares."""

    @verb
    def list(
        self, *, from_day: str | None = None, to_day: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """One's own certificates by day and unit, as a table (participants).

        Args:
            from_day: local days from this on, "2016-06-15".
            to_day: local days before this.
            as_: records, or a frame.
        """
        path = "account/certificates"
        return (yield from self._frame(path, as_, from_day=from_day, to_day=to_day))

    @verb
    def statement(
        self, *, from_: Time | None = None, to: Time | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """Every lot in one's hands, with source, place and time, oldest first, as a table."""
        wanted = {"from": from_, "to": to}
        return (yield from self._frame("account/certificates/statement", as_, **wanted))

    @verb
    def all(
        self,
        *,
        participant_id: str | None = None,
        from_day: str | None = None,
        to_day: str | None = None,
        as_: Format = "records",
    ) -> Exchange[Table]:
        """Everybody's certificates by participant, day and unit, as a table (operators)."""
        wanted = {"participant_id": participant_id, "from_day": from_day, "to_day": to_day}
        return (yield from self._frame("certificates", as_, **wanted))

    @verb
    def acts(
        self, *, participant_id: str | None = None, as_: Format = "records"
    ) -> Exchange[Table]:
        """What was moved, retired and exported, lot by lot: one's own (operators: all), as a table."""
        return (yield from self._frame("certificates/acts", as_, participant_id=participant_id))

    @verb
    def move(
        self,
        reference: str,
        receiver_id: str,
        lots: Iterable[Lot],
        *,
        participant_id: str | None = None,
    ) -> Exchange[Record]:
        """Give certificates to another participant: all of these lots, or nothing.

        Args:
            reference: an id of one's own; the same act again changes nothing.
            receiver_id: who gets them.
            lots: {"unit_id", "start", "energy_kwh"} of each.
            participant_id: for operators: whose they are.

        Returns:
            The act, with free_kwh: what one may still give away.

        Raises:
            ConflictError: EXISTS_WITH_DIFFERENT_FIELDS.
            InvalidError: VOLUME_MAX: more than one has of a lot, or than is free of all.
            NotFoundError: PARTICIPANT_UNKNOWN, UNIT_UNKNOWN.
        """
        body = {**_act(reference, lots, participant_id), "receiver_id": receiver_id}
        record: Record = yield from self._post("certificates:move", body)
        return record

    @verb
    def retire(
        self, reference: str, lots: Iterable[Lot], *, participant_id: str | None = None
    ) -> Exchange[Record]:
        """Use certificates up for what one used in their intervals and is not covered yet.

        Args:
            reference: an id of one's own; the same act again changes nothing.
            lots: {"unit_id", "start", "energy_kwh"} of each.
            participant_id: for operators: whose they are.

        Raises:
            ConflictError: EXISTS_WITH_DIFFERENT_FIELDS.
            InvalidError: VOLUME_MAX: more than one has, or than was used and is open.
        """
        body = _act(reference, lots, participant_id)
        record: Record = yield from self._post("certificates:retire", body)
        return record

    @verb
    def export(
        self, reference: str, *, bundles: int | None = None, participant_id: str | None = None
    ) -> Exchange[Record]:
        """Take certificates out in bundles of 1 MWh, oldest first; what is less than one stays.

        Args:
            reference: an id of one's own; the same act again changes nothing.
            bundles: at most so many; None: all there are.
            participant_id: for operators: whose they are.

        Returns:
            The act, with the numbers of its bundles.
        """
        body: dict[str, Json] = {"reference": reference}
        if bundles is not None:
            body["bundles"] = bundles
        if participant_id is not None:
            body["participant_id"] = participant_id
        record: Record = yield from self._post("certificates:export", body)
        return record

    @verb
    def green_share(self, day: str, *, as_: Format = "records") -> Exchange[Table]:
        """How green a settled day was by interval: the market, its areas, and one's own use, as a table."""
        return (yield from self._frame("green-share", as_, day=day))


def _act(reference: str, lots: Iterable[Lot], participant_id: str | None) -> dict[str, Json]:
    body: dict[str, Json] = {"reference": reference, "lots": [dict(lot) for lot in lots]}
    if participant_id is not None:
        body["participant_id"] = participant_id
    return body
