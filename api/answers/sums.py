"""What areas add up to before delivery, on the wire and on the stream.

The one idea: the market has said which sums may be shown to everybody; here nothing is added up, a row is only written
whole for the area itself and for operators, and in public for the others.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from api.access.permissions import Channel
from api.answers.nouns import Answer
from api.channels.deltas import Delta
from market.model.call import CallKind
from market.model.interval import instant_text, moment_text
from market.model.messages import Event
from market.model.summing import AreaLimit, AreasSummed, AreaSum, PublicSum
from market.model.units import SECONDS_PER_MINUTE, energy_text, power_text


def _energy(value_wh: int | None) -> str | None:
    return None if value_wh is None else energy_text(value_wh)


def sums(event: AreasSummed, interval_minutes: int, full: Iterable[str] = ()) -> Answer:
    """One interval; `full`: areas of which everything is shown."""
    shown = set(full)
    whole = {area.area_id: area for area in event.areas}
    rest = next(item for item in event.public if item.area_id is None)
    return {
        **_when(event, interval_minutes),
        "areas": [
            whole_sum(whole[item.area_id]) if item.area_id in shown else _public(item)
            for item in event.public
            if item.area_id is not None
        ],
        "small_areas": _figures(rest),
    }


def _when(event: AreasSummed, interval_minutes: int) -> Answer:
    return {
        "start": instant_text(event.start_s),
        "end": instant_text(event.start_s + interval_minutes * SECONDS_PER_MINUTE),
        "at": moment_text(event.now_us),
        "call": event.call.value,
    }


def _public(item: PublicSum) -> Answer:
    return {"area_id": item.area_id, **_figures(item)}


def _figures(item: PublicSum) -> Answer:
    return {
        "load_forecast_kwh": _energy(item.load_forecast_wh),
        "generation_forecast_kwh": _energy(item.generation_forecast_wh),
        "bid_kwh": _energy(item.bid_wh),
        "offered_kwh": _energy(item.offered_wh),
    }


def whole_sum(area: AreaSum) -> Answer:
    """All that an area adds up to."""
    return {
        "area_id": area.area_id,
        "withdrawal": _limit(area.withdrawal),
        "injection": _limit(area.injection),
        "room_up_kw": power_text(area.room_up_w),
        "room_down_kw": power_text(area.room_down_w),
        "scheduled_kwh": energy_text(area.scheduled_wh),
        "load_forecast_kwh": _energy(area.load_forecast_wh),
        "generation_forecast_kwh": _energy(area.generation_forecast_wh),
        "bid_kwh": energy_text(area.bid_wh),
        "offered_kwh": energy_text(area.offered_wh),
        "bought_kwh": energy_text(area.bought_wh),
        "sold_kwh": energy_text(area.sold_wh),
    }


def _limit(item: AreaLimit) -> Answer:
    return {"max_kw": power_text(item.power_w), "by": item.by.value, "act_id": item.act_id}


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
        return {**_when(event, self._minutes), **whole_sum(area)}

    def _told(self, event: AreasSummed) -> Answer:
        return {"event": "sums", **sums(event, self._minutes)}

    def _told_whole(self, event: AreasSummed, area: AreaSum) -> Answer:
        return {"event": "sum", **self._whole(event, area)}
