"""What areas add up to before delivery, as the wire says it.

The one idea: the market has said which sums may be shown to everybody; here nothing is added up, a row is only written
whole for the area itself and for operators, and in public for the others.
"""

from collections.abc import Iterable

from api.answers.values import Answer, optional
from market.model.interval import instant_text, moment_text
from market.model.summing import AreaLimit, AreasSummed, AreaSum, PublicSum
from market.model.units import SECONDS_PER_MINUTE, energy_text, power_text


def sums(event: AreasSummed, interval_minutes: int, full: Iterable[str] = ()) -> Answer:
    """One interval; `full`: areas of which everything is shown."""
    shown = set(full)
    whole = {area.area_id: area for area in event.areas}
    rest = next(item for item in event.public if item.area_id is None)
    return {
        **when(event, interval_minutes),
        "areas": [
            whole_sum(whole[item.area_id]) if item.area_id in shown else _public(item)
            for item in event.public
            if item.area_id is not None
        ],
        "small_areas": _figures(rest),
    }


def when(event: AreasSummed, interval_minutes: int) -> Answer:
    """The interval, and when and by which call it was added up."""
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
        "load_forecast_kwh": optional(energy_text, item.load_forecast_wh),
        "generation_forecast_kwh": optional(energy_text, item.generation_forecast_wh),
        "bid_kwh": optional(energy_text, item.bid_wh),
        "offered_kwh": optional(energy_text, item.offered_wh),
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
        "load_forecast_kwh": optional(energy_text, area.load_forecast_wh),
        "generation_forecast_kwh": optional(energy_text, area.generation_forecast_wh),
        "bid_kwh": energy_text(area.bid_wh),
        "offered_kwh": energy_text(area.offered_wh),
        "bought_kwh": energy_text(area.bought_wh),
        "sold_kwh": energy_text(area.sold_wh),
    }


def _limit(item: AreaLimit) -> Answer:
    return {"max_kw": power_text(item.power_w), "by": item.by.value, "act_id": item.act_id}
