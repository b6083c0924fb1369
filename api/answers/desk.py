"""The service desk's indicators as the wire says them."""

from api.answers.values import Answer
from market.model.units import PPM
from market.store.queries import ServiceIndicator


def indicator(item: ServiceIndicator) -> Answer:
    """How well targets of one kind were kept among the cases opened in one day or month."""
    return {
        "period": item.period,
        "kind": item.kind,
        "opened": item.opened,
        "open": item.open,
        "closed": item.closed,
        "reopened": item.reopened,
        "taken_in_time": item.taken.kept,
        "taken_late": item.taken.missed,
        "taken_share_ppm": _share(item.taken.kept, item.taken.missed),
        "answered_in_time": item.answered.kept,
        "answered_late": item.answered.missed,
        "answered_share_ppm": _share(item.answered.kept, item.answered.missed),
        "closed_in_time": item.done.kept,
        "closed_late": item.done.missed,
        "closed_share_ppm": _share(item.done.kept, item.done.missed),
        "ratings": item.ratings,
        "rating_sum": item.rating_sum,
    }


def _share(kept: int, missed: int) -> int | None:
    """Of those of which it is known; None: of none yet."""
    known = kept + missed
    return kept * PPM // known if known else None
