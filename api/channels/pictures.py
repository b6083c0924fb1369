"""The newest system picture, as the `market` and `area` channels tell it."""

from collections.abc import Iterator

from api.access.permissions import Channel
from api.answers import system as system_answers
from api.answers.values import Answer
from api.channels.deltas import Delta, delta
from market.model.interval import instant_text
from market.model.messages import Event
from market.model.system import SystemSeen


class Pictures:
    """What the market level saw last."""

    def __init__(self, market_id: str, interval_minutes: int, last: SystemSeen | None) -> None:
        self._market_id = market_id
        self._minutes = interval_minutes
        self._last = last

    def public(self) -> Answer | None:
        """What everybody may see; None: no interval is settled yet."""
        return None if self._last is None else system_answers.system(self._last, self._minutes)

    def of_area(self, area_id: str) -> Answer | None:
        """All of an area."""
        if self._last is None:
            return None
        start = instant_text(self._last.start_s)
        return next(
            {"start": start, **system_answers.area_picture(area)}
            for area in self._last.areas
            if area.area_id == area_id
        )

    def changes(self, event: Event) -> Iterator[Delta]:
        """A new picture, in public and to each area."""
        if not isinstance(event, SystemSeen):
            return
        self._last = event
        data = {"event": "system", **system_answers.system(event, self._minutes)}
        yield delta(Channel.MARKET, self._market_id, data)
        start = instant_text(event.start_s)
        for area in event.areas:
            told = {"event": "picture", "start": start, **system_answers.area_picture(area)}
            yield delta(Channel.AREA, area.area_id, told)
