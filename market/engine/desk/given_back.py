"""What runs have given back of a disputed charge is not credited too.

The one idea: what was booked of the month is read and comes with the command, with the versions it was read at; is
one of them another by now, it is read again (decisions 0058, 0068).
"""

from collections.abc import Iterator

from market.engine.state import MarketState
from market.model.case import Dispute, Disputed, MonthRead
from market.model.interval import MarketMonth
from market.model.money import TransferKind
from market.model.rejection import Code, Rejection
from market.model.units import money_text
from market.settlement.charged import POSTING, booked_quanta
from market.settlement.tariff import periods


def has_changed(state: MarketState, month: str, read: MonthRead) -> bool:
    """Whether a run has booked for the month since it was read."""
    versions = {
        day: item.version
        for day, item in state.settlements.days.items()
        if item.version and day.startswith(month)
    }
    return dict(read.versions) != versions or read.month_version != state.months.version(month)


def twice_faults(
    state: MarketState, dispute: Dispute, credited: tuple[Disputed, ...], read: MonthRead | None
) -> Iterator[Rejection]:
    """What runs have given back since of a charge is not credited too, whether a bill says so or not."""
    if read is None:
        return
    parts = periods(state.rules, MarketMonth.of(dispute.month, state.rules.time_zone))
    told: set[tuple[TransferKind, int]] = set()
    for item in credited:
        key = (POSTING[item.kind], item.from_s)
        if item.billed_quanta is None or key in told:
            continue
        told.add(key)
        now_quanta = booked_quanta(read.posted, parts, item.kind, item.from_s)
        wanted_quanta, disputed_quanta = (
            sum(x.amount_quanta for x in lines if (POSTING[x.kind], x.from_s) == key)
            for lines in (credited, dispute.lines)
        )
        back_quanta = max(0, item.billed_quanta - now_quanta)
        most_quanta = max(0, disputed_quanta - back_quanta)
        if back_quanta and wanted_quanta > most_quanta:
            parameters = {"max": money_text(most_quanta)}
            yield Rejection(code=Code.ALREADY_GIVEN_BACK, pointer="remedy", parameters=parameters)
