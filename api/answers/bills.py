"""Bills as they stand on the wire; amounts are positive where the participant pays."""

from collections.abc import Sequence
from typing import Final

from api.answers.cases import case, unpayable_quanta
from api.answers.values import Answer, optional_price
from market.model.bill import (
    Bill,
    BillLine,
    BillState,
    Correction,
    GreenEnergy,
    LineParts,
    PlainBill,
)
from market.model.demand import Owed
from market.model.interval import instant_text, moment_text
from market.model.units import energy_text, money_text
from market.store.queries import BillDetail, StoredBill

BILL: Final = (
    "bill_id", "participant_id", "month", "version", "state", "corrects", "drafted_at", "issued_at",
    "withdrawn_kwh", "fed_in_kwh", "net_amount", "tax_amount", "rounding_amount", "total_amount",
    "before_amount", "paid_in_amount", "unpayable_amount", "plain_amount", "green_kwh",
    "line_fee_amount", "line_loss_amount", "line_rent_amount", "line_rounding_amount",
    "due_day", "payment_state", "payable_amount", "paid_amount", "open_amount",
)  # fmt: skip
"""The columns of a file of bills."""
DETAIL: Final = (
    "kind", "start", "reference", "energy_kwh", "price_per_mwh", "amount",
    "line_fee_amount", "line_loss_amount", "line_rent_amount", "line_rounding_amount",
)  # fmt: skip
"""The columns of a file of what stands behind one."""


def bill(found: StoredBill, now_us: int, *, for_operator: bool = False) -> Answer:
    """One bill with its lines, what was said about it, and how far it is paid at a moment."""
    of, issued_us = found.bill, found.issued_us
    stands = found.state is BillState.ISSUED
    return {
        "bill_id": of.bill_id,
        "participant_id": of.participant_id,
        "month": of.month,
        "version": of.version,
        "state": found.state.value,
        "corrects": of.corrects,
        "start": instant_text(of.from_s),
        "end": instant_text(of.until_s),
        "drafted_at": moment_text(of.drafted_us),
        "issued_at": None if issued_us is None else moment_text(issued_us),
        "event_seq": of.as_of_event_seq,
        "withdrawn_kwh": energy_text(of.withdrawn_wh),
        "fed_in_kwh": energy_text(of.fed_in_wh),
        "substituted_readings": of.substituted,
        "lines": [_line(item) for item in of.lines],
        "taxes": _taxes(of),
        "net_amount": money_text(of.net_quanta),
        "tax_amount": money_text(of.tax_quanta),
        "rounding_amount": money_text(of.rounding_quanta),
        "total_amount": money_text(of.total_quanta),
        "before_amount": money_text(of.before_quanta),
        "paid_in_amount": money_text(of.paid_in_quanta),
        "unpayable_amount": money_text(unpayable_quanta(of, found.cases) if stands else 0),
        "plain_amount": None if of.plain is None else money_text(of.plain.total_quanta),
        "plain": None if of.plain is None else _plain(of.plain),
        "green_kwh": energy_text(sum(item.covered_wh for item in of.green)),
        **_for_lines([item.parts for item in of.lines if item.parts is not None]),
        "green": [_green(item) for item in of.green],
        "disputes": [case(item, for_operator=for_operator) for item in found.cases],
        **_owed(found.owed, now_us),
    }


def _owed(item: Owed | None, now_us: int) -> Answer:
    """What is to be paid and is; nothing of a bill that asks for nothing, as it does not stand."""
    return {
        "due_day": None if item is None else item.demand.due_day,
        "payment_state": None if item is None else item.state(now_us).value,
        "payable_amount": None if item is None else money_text(item.payable_quanta),
        "paid_amount": None if item is None else money_text(item.paid_quanta),
        "open_amount": None if item is None else money_text(item.open_quanta),
    }


def _green(item: GreenEnergy) -> Answer:
    return {
        "source": item.source,
        "area_id": item.area_id,
        "own_use_kwh": energy_text(item.own_use_wh),
        "bought_kwh": energy_text(item.bought_wh),
        "retired_kwh": energy_text(item.retired_wh),
    }


def _line(item: BillLine) -> Answer:
    return {
        "kind": item.kind.value,
        "detail": item.detail,
        "start": instant_text(item.from_s),
        "end": instant_text(item.until_s),
        "count": item.count,
        "energy_kwh": None if item.energy_wh is None else energy_text(item.energy_wh),
        "price_per_mwh": optional_price(item.price_ticks),
        "amount": money_text(item.amount_quanta),
        "correction": None if item.correction is None else _correction(item.correction),
        "case_id": item.case_id,
        "of_which": None if item.parts is None else _of_which(item.amount_quanta, item.parts),
    }


def _of_which(amount_quanta: int, parts: LineParts) -> Answer:
    """The amount of bought energy in five parts, which add up to it."""
    return {
        "energy_amount": money_text(amount_quanta - parts.whole_quanta),
        **_for_lines([parts]),
    }


def _for_lines(parts: Sequence[LineParts]) -> Answer:
    """What of some purchases is for the lines their energy came over."""
    return {
        "line_fee_amount": money_text(sum(item.fee_quanta for item in parts)),
        "line_loss_amount": money_text(sum(item.loss_quanta for item in parts)),
        "line_rent_amount": money_text(sum(item.rent_quanta for item in parts)),
        "line_rounding_amount": money_text(sum(item.rounding_quanta for item in parts)),
    }


def _correction(item: Correction) -> Answer:
    return {"day": item.day, "version": item.version, "run_id": item.run_id}


def _taxes(of: Bill) -> list[Answer]:
    return [
        {
            "tax_id": item.tax_id,
            "name": item.name,
            "rate_ppm": item.rate_ppm,
            "base_amount": money_text(item.base_quanta),
            "amount": money_text(item.amount_quanta),
        }
        for item in of.taxes
    ]


def _plain(item: PlainBill) -> Answer:
    return {
        "energy_amount": money_text(item.energy_quanta),
        "fed_in_amount": money_text(item.fed_in_quanta),
        "network_amount": money_text(item.network_quanta),
        "levies_amount": money_text(item.levies_quanta),
        "tax_amount": money_text(item.tax_quanta),
        "total_amount": money_text(item.total_quanta),
    }


def detail(item: BillDetail) -> Answer:
    """One trade or posting behind a line."""
    return {
        "kind": item.kind.value,
        "start": None if item.start_s is None else instant_text(item.start_s),
        "reference": item.reference,
        "energy_kwh": None if item.energy_wh is None else energy_text(item.energy_wh),
        "price_per_mwh": optional_price(item.price_ticks),
        "amount": money_text(item.amount_quanta),
        **_for_lines([item.parts]),
    }
