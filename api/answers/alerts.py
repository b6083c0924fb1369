"""What a participant is alerted of, as one list made of many.

The one idea: an alert says with a code and parameters what another list says at length, and under which id
to find it there. Its own id comes from what it is about, so it is the same alert whenever one looks, and
what was read of it stays read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from statistics import median_low
from typing import Final

from api.answers.cases import INNER_STEPS
from api.answers.values import Answer
from market.model.alarm import Alarm, AlarmKind, Severity
from market.model.case import Case
from market.model.demand import DemandState
from market.model.interval import MICROSECONDS, instant_text, moment_text
from market.model.message import AlertSettings, Message
from market.model.participant import Unit
from market.model.power import Measurement
from market.model.units import PPM, SECONDS_PER_MINUTE, energy_text, money_text, price_text
from market.store.queries import MESSAGE_PREFIX, StoredBill

USUAL_DAYS: Final = 14
"""Days before that say what is usual."""
USUAL_LEAST_DAYS: Final = 5
"""Fewer of them say nothing."""
UNUSUAL_LEAST_WH: Final = 1_000
"""A day that is above what is usual by less than this is nobody's concern."""
BAD_OFF: Final = frozenset({AlarmKind.CONTACT_LOST, AlarmKind.DEVICE_FAULT, AlarmKind.FAIL_SAFE})
"""Alarms that say a device is not there, or not well."""


def _alert(
    alert_id: str, kind: str, severity: Severity, at_us: int, code: str, parameters: Mapping[str, object], **link: str
) -> Answer:  # fmt: skip
    return {
        "alert_id": alert_id,
        "kind": kind,
        "severity": severity.value,
        "at_us": at_us,
        "code": code,
        "parameters": dict(parameters),
        "link": link,
    }


def shown(item: Answer, read_us: int | None) -> Answer:
    """An alert as it stands on the wire."""
    read_at = None if read_us is None else moment_text(read_us)
    names = ("alert_id", "kind", "severity")
    return {
        **{name: item[name] for name in names},
        "at": moment_text(item["at_us"]),
        "read_at": read_at,
        **{name: item[name] for name in ("code", "parameters", "link")},
    }


def of_messages(messages: Iterable[Message]) -> Iterator[Answer]:
    """Messages of the market."""
    for item in messages:
        assert item.published_us is not None, "only what is published is for somebody"
        texts = [
            {"language": text.language, "title": text.title, "text": text.text}
            for text in item.texts
        ]
        yield _alert(
            f"{MESSAGE_PREFIX}{item.message_id}",
            "message",
            item.severity,
            item.published_us,
            "MESSAGE",
            {"texts": texts},
            message_id=item.message_id,
        )


def of_alarms(alarms: Iterable[Alarm]) -> Iterator[Answer]:
    """Alarms about own units."""
    for item in alarms:
        yield _alert(
            f"alarm:{item.alarm_id}",
            "device_offline" if item.kind in BAD_OFF else "alarm",
            item.severity,
            item.raised_us,
            item.kind.value.upper(),
            {"state": item.state.value, **item.parameters},
            alarm_id=item.alarm_id,
            unit_id=item.member_id,
        )


def of_silence(
    units: Sequence[Unit],
    readings: Mapping[str, Measurement],
    settings: AlertSettings,
    *,
    first_s: int,
    step_s: int,
    now_us: int,
) -> Iterator[Answer]:
    """Meters that have said nothing for too long.

    Args:
        units: own ones that have a meter.
        readings: the newest of each.
        settings: with how long is too long.
        first_s: since when is looked; a meter that never spoke since counts from then.
        step_s: length of an interval.
        now_us: now.
    """
    if settings.silent_minutes is None:
        return
    patience_s = settings.silent_minutes * SECONDS_PER_MINUTE
    for unit in units:
        reading = readings.get(unit.unit_id)
        heard_s = first_s if reading is None else reading.start_s + step_s
        at_us = (heard_s + patience_s) * MICROSECONDS
        if at_us <= now_us:
            yield _alert(
                f"silent:{unit.unit_id}:{heard_s}",
                "device_offline",
                Severity.WARNING,
                at_us,
                "METER_SILENT",
                {"since": None if reading is None else instant_text(heard_s)},
                unit_id=unit.unit_id,
            )


def of_use(
    days: Sequence[tuple[date, int, int]], settings: AlertSettings, *, from_us: int
) -> Iterator[Answer]:
    """Days on which much more was drawn from the grid than is usual.

    Args:
        days: (day, its end, Wh withdrawn) of settled days, in order, those that say what is usual first.
        settings: with what is much.
        from_us: days that ended before are not told.
    """
    if settings.use_above_ppm is None:
        return
    for place, (day, end_s, used_wh) in enumerate(days):
        before = [wh for _, _, wh in days[max(0, place - USUAL_DAYS) : place]]
        if end_s * MICROSECONDS < from_us or len(before) < USUAL_LEAST_DAYS:
            continue
        usual_wh = median_low(before)
        much = used_wh * PPM > usual_wh * settings.use_above_ppm
        if much and used_wh - usual_wh >= UNUSUAL_LEAST_WH:
            yield _alert(
                f"use:{day.isoformat()}",
                "unusual_use",
                Severity.WARNING,
                end_s * MICROSECONDS,
                "USE_ABOVE_USUAL",
                {
                    "day": day.isoformat(),
                    "used_kwh": energy_text(used_wh),
                    "usual_kwh": energy_text(usual_wh),
                },
                day=day.isoformat(),
            )


def of_prices(
    prices: Sequence[tuple[int, int]], settings: AlertSettings, *, area_id: str, step_s: int
) -> Iterator[Answer]:
    """Times in which the area's price is beyond what one wants to be told of, each as one alert."""
    for name, limit in (
        ("above", settings.price_above_ticks),
        ("below", settings.price_below_ticks),
    ):
        if limit is None:
            continue
        run: list[tuple[int, int]] = []
        for start_s, ticks in prices:
            if run and start_s != run[-1][0] + step_s:
                yield _price(name, run, area_id, step_s)
                run = []
            if ticks > limit if name == "above" else ticks < limit:
                run.append((start_s, ticks))
            elif run:
                yield _price(name, run, area_id, step_s)
                run = []
        if run:
            yield _price(name, run, area_id, step_s)


def _price(name: str, run: Sequence[tuple[int, int]], area_id: str, step_s: int) -> Answer:
    first_s, last_s = run[0][0], run[-1][0]
    ticks = [price for _, price in run]
    return _alert(
        f"price:{name}:{first_s}",
        "price",
        Severity.INFO,
        first_s * MICROSECONDS,
        f"PRICE_{name.upper()}",
        {
            "start": instant_text(first_s),
            "end": instant_text(last_s + step_s),
            "price_per_mwh": price_text(max(ticks) if name == "above" else min(ticks)),
        },
        area_id=area_id,
        start=instant_text(first_s),
    )


def of_bills(
    bills: Iterable[StoredBill], settings: AlertSettings, *, from_us: int, now_us: int
) -> Iterator[Answer]:
    """Bills that were issued, are due soon, or are overdue."""
    for item in bills:
        owed, bill, issued_us = item.owed, item.bill, item.issued_us
        told = {"month": bill.month, "total_amount": money_text(bill.total_quanta)}
        if issued_us is not None and issued_us >= from_us:
            yield _alert(
                f"bill:{bill.bill_id}:issued", "bill_due", Severity.INFO, issued_us, "BILL_ISSUED", told,
                bill_id=bill.bill_id,
            )  # fmt: skip
        if owed is None or owed.open_quanta <= 0:
            continue
        due_us = owed.demand.due_us
        told |= {
            "due_day": owed.demand.due_day,
            "open_amount": money_text(owed.open_quanta),
        }
        if owed.state(now_us) is DemandState.OVERDUE:
            yield _alert(
                f"bill:{bill.bill_id}:overdue", "bill_due", Severity.MAJOR, due_us, "BILL_OVERDUE", told,
                bill_id=bill.bill_id,
            )  # fmt: skip
        elif settings.bill_days is not None:
            warn_us = due_us - settings.bill_days * 86_400 * MICROSECONDS
            if warn_us <= now_us:
                yield _alert(
                    f"bill:{bill.bill_id}:due", "bill_due", Severity.WARNING, warn_us, "BILL_DUE", told,
                    bill_id=bill.bill_id,
                )  # fmt: skip


def of_cases(cases: Iterable[Case], *, from_us: int) -> Iterator[Answer]:
    """What the desk has done about own cases, and targets that were missed."""
    for item in cases:
        for place, step in enumerate(item.history):
            if step.by_customer or step.kind in INNER_STEPS or step.now_us < from_us:
                continue
            yield _alert(
                f"case:{item.case_id}:{place}",
                "case",
                Severity.INFO,
                step.now_us,
                f"CASE_{step.kind.value.upper()}",
                {"subject": item.subject or None, "kind": item.kind.value, "text": step.text},
                case_id=item.case_id,
            )
