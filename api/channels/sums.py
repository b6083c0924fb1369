"""What areas add up to before delivery, as the `market` and `area` channels tell it."""

from collections.abc import Iterator
from functools import partial

from api.access.permissions import Channel
from api.answers.sums import sums, when, whole_sum
from api.answers.values import Answer
from api.channels.deltas import Delta
from market.model.call import CallKind
from market.model.messages import Event
from market.model.summing import AreasSummed, AreaSum


class Sums:
    """The sums of the closing call cleared last, as the `market` and `area` channels tell them."""

    def __init__(self, market_id: str, interval_minutes: int, last: AreasSummed | None) -> None:
        self._market_id = market_id
        self._minutes = interval_minutes
        self._last = last

    def public(self) -> Answer | None:
        """What everybody may see; None: no closing call was cleared yet."""
        return None if self._last is None else sums(self._last, self._minutes)

    def of_area(self, area_id: str) -> Answer | None:
        """All of an area."""
        if self._last is None:
            return None
        return next(
            self._whole(self._last, area) for area in self._last.areas if area.area_id == area_id
        )

    def changes(self, event: Event) -> Iterator[Delta]:
        """New sums, in public and to each area; those of an opening call are told and not kept."""
        if not isinstance(event, AreasSummed):
            return
        if event.call is CallKind.CLOSING:
            self._last = event
        yield Delta(Channel.MARKET, self._market_id, partial(self._told, event))
        for area in event.areas:
            yield Delta(Channel.AREA, area.area_id, partial(self._told_whole, event, area))

    def _whole(self, event: AreasSummed, area: AreaSum) -> Answer:
        return {**when(event, self._minutes), **whole_sum(area)}

    def _told(self, event: AreasSummed) -> Answer:
        return {"event": "sums", **sums(event, self._minutes)}

    def _told_whole(self, event: AreasSummed, area: AreaSum) -> Answer:
        return {"event": "sum", **self._whole(event, area)}
