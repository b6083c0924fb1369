"""Tax on the lines of a bill: which one is on which line, and what a bill comes to with it in whole cents.

The one idea: a tax is a fraction until the very end; each is shown to the quantum, and the total is rounded
once from what was not rounded.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from market.model.bill import BillLine, ChargeKind, TaxLine, TaxRule
from market.model.units import PPM, QUANTA_PER_CENT, round_half_even
from market.settlement.tariff import Period

DIRECTIONS: Final = frozenset({ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG})
"""A tax on both is on deviations as such."""


def period_of(line: BillLine, parts: Sequence[Period]) -> Period:
    """The part of the month a line is for."""
    return next(part for part in parts if part.from_s == line.from_s)


def kind_of(line: BillLine) -> ChargeKind:
    """By which kind a line is taxed: a credit by the kind of line it is for."""
    return ChargeKind(line.detail) if line.kind is ChargeKind.CREDIT and line.detail else line.kind


def is_on(tax: TaxRule, kind: ChargeKind) -> bool:
    """Whether a tax is on lines of a kind; one on both directions is on deviations as such."""
    return kind in tax.on or (kind is ChargeKind.DEVIATION and DIRECTIONS.issubset(tax.on))


def one_directional(taxes: Iterable[TaxRule]) -> tuple[TaxRule, ...]:
    """Taxes that are on shortages or on surpluses alone, so that a deviation is not taxed as such."""
    return tuple(
        tax
        for tax in taxes
        if ChargeKind.DEVIATION not in tax.on and len(DIRECTIONS.intersection(tax.on)) == 1
    )


def rate_ppm(line: BillLine, parts: Sequence[Period]) -> int:
    """All taxes on a line of a bill, added up.

    Args:
        line: of a bill.
        parts: the parts of the bill's month in which taxes stay the same.
    """
    kind = kind_of(line)
    taxes = period_of(line, parts).taxes
    return sum(tax.rate_ppm for tax in taxes if is_on(tax, kind))


def taxed(
    charges: Iterable[tuple[ChargeKind, int, tuple[TaxRule, ...]]],
) -> tuple[tuple[TaxLine, ...], int]:
    """The taxes of charges, and their exact sum in millionths of a quantum."""
    bases: dict[TaxRule, int] = {}
    for kind, amount_quanta, taxes in charges:
        for tax in taxes:
            if is_on(tax, kind):
                bases[tax] = bases.get(tax, 0) + amount_quanta
    lines = tuple(
        TaxLine(
            tax_id=tax.tax_id,
            name=tax.name,
            rate_ppm=tax.rate_ppm,
            base_quanta=base_quanta,
            amount_quanta=round_half_even(base_quanta * tax.rate_ppm, PPM),
        )
        for tax, base_quanta in bases.items()
    )
    return lines, sum(tax.rate_ppm * base_quanta for tax, base_quanta in bases.items())


def payable_quanta(net_quanta: int, exact_tax: int) -> int:
    """Whole cents of an amount and its tax, rounded once, half to even.

    Args:
        net_quanta: the amount before tax.
        exact_tax: the tax in millionths of a quantum, not rounded.
    """
    cents = round_half_even(net_quanta * PPM + exact_tax, PPM * QUANTA_PER_CENT)
    return cents * QUANTA_PER_CENT
