"""Verbs of open orders that change, and what an order may ask beyond price and energy.

The one idea: an order is changed against the revision one knows, so two who change it at once cannot
undo each other unseen; what one gives up (sleep, cancel all, the dead-man timer) needs no revision.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, get_type_hints

from wattmarket.asking import Number, Time, Verbs
from wattmarket.errors import UsageError
from wattmarket.exchange import Exchange, S_co, verb
from wattmarket.tables import Record


class OrderOptions(TypedDict, total=False):
    """What an order may ask beyond price and energy; what is left out, or None, is not asked."""

    tif: str
    """How long it stands: "gfs" (until the gate), "gtd" (until `expires`), "ioc", "fok"."""
    expires: Time
    """For "gtd": when it ends."""
    restriction: str
    """ "non", or "aon": all or none."""
    post_only: bool
    """Refused where it would trade on arrival."""
    display_kwh: Number
    """An iceberg: the energy shown at a time."""
    self_trade: str
    """Where it would meet one's own: "cancel_newest", "cancel_oldest", "decrement_both"."""
    cancel_on_disconnect: bool
    """True: cancelled when the session named in `session_id` breaks off."""
    session_id: str
    """`session_id` of one's own open stream."""
    green_only: bool
    """A buyer that takes renewable energy only."""
    neighbours_first: bool
    """Among equal prices the own area's orders come first."""
    partners: Iterable[str]
    """Participants it may trade with; none named: all."""
    lapses_at_call: bool
    """True: it stays out of a call, which cannot honour the two wishes above."""


_KNOWN = frozenset(get_type_hints(OrderOptions))


def asked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are said, as the wire has them.

    Raises:
        UsageError: there is no option of that name.
    """
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        raise UsageError(
            f"an order has no {', '.join(unknown)}; it has {', '.join(sorted(_KNOWN))}"
        )
    asked = {name: value for name, value in options.items() if value is not None}
    if "partners" in asked:
        asked["partners"] = list(asked["partners"])
    return asked


class OrderChanges(Verbs[S_co]):
    """Change orders that are open, and give up all of one's own at once."""

    @verb
    def replace(
        self,
        order_id: str,
        *,
        revision: int,
        price_per_mwh: Number | None = None,
        energy_kwh: Number | None = None,
    ) -> Exchange[Record]:
        """Change price or energy of an open order; less energy alone keeps its place.

        Args:
            order_id: which.
            revision: the one you know, as the order shows it: 1, and one more after each change.
            price_per_mwh: the new price; None: as it is.
            energy_kwh: the new energy, what has traded included; None: as it is.

        Returns:
            A record with order_id, the new revision, and events: what happened at once, by name.

        Raises:
            ConflictError: REVISION_MISMATCH: the order has changed since. After a cut connection it
                may be this very change, made at the first try: `get` shows price and energy.
        """
        said = {"revision": revision, "price_per_mwh": price_per_mwh, "energy_kwh": energy_kwh}
        body = {name: value for name, value in said.items() if value is not None}
        record: Record = yield from self._post(f"orders/{order_id}:replace", body)
        return record

    @verb
    def hibernate(self, order_ids: Iterable[str]) -> Exchange[list[Record]]:
        """Take orders out of continuous trading for a while; one result each, in the order given."""
        return (yield from self._each("orders:hibernate", order_ids))

    @verb
    def activate(self, order_ids: Iterable[str]) -> Exchange[list[Record]]:
        """Bring orders back, or confirm those that wait for it; one result each."""
        return (yield from self._each("orders:activate", order_ids))

    @verb
    def cancel_all(self, *, unit_id: str | None = None) -> Exchange[int]:
        """Cancel all one's open orders, or those of one unit; returns how many there were."""
        body = {} if unit_id is None else {"unit_id": unit_id}
        answer = yield from self._post("me/orders:delete", body)
        return int(answer["cancelled"])

    @verb
    def cancel_after(self, after_s: int) -> Exchange[Record]:
        """Cancel all one's orders unless this is said again in time: a dead-man timer.

        Args:
            after_s: real seconds, at most 3,600; 0: no longer.
        """
        record: Record = yield from self._post("me/orders:cancel-after", {"after_s": after_s})
        return record

    @verb
    def deactivate(
        self, *, reason: str, scope: str = "participant", key: str | None = None
    ) -> Exchange[Record]:
        """Stop one's own trading at once and cancel what is open; `stops.release` ends it.

        Args:
            reason: kept with the stop.
            scope: "participant", "unit" or "client".
            key: which unit or client; None: oneself.
        """
        body = {"scope": scope, "reason": reason} | ({} if key is None else {"key": key})
        record: Record = yield from self._post("me/orders:deactivate", body)
        return record

    def _each(self, path: str, order_ids: Iterable[str]) -> Exchange[list[Record]]:
        answer = yield from self._post(path, {"order_ids": list(order_ids)})
        rows: list[Record] = answer["items"]
        return rows
