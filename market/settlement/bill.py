"""A participant's bill of one month, from what was traded, metered and booked.

The one idea: every line is worked out twice, from energy and prices and from the ledger, and a bill on
which the two differ is not made. What a run has changed about a day that was settled already stands as lines
of its own, and so does what a dispute has brought; all the rest still has to prove itself without them. Amounts are exact until the very end: tax is a fraction, the total is
rounded once, half to even, to whole cents, and what that adds is a posting of its own.

    total = cents(sum of lines + sum of rate x lines the tax is on)       rounded half to even
    rounding = total - lines - taxes                                      |rounding| <= half a cent
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from market.model.bill import (
    Bill,
    BillLine,
    BillSource,
    Charged,
    ChargeKind,
    Corrected,
    Credited,
    PlainBill,
    TaxRule,
)
from market.model.grid import Grid
from market.model.interval import MarketMonth
from market.model.money import TransferKind
from market.model.participant import Participant
from market.model.rejection import Code, Rejection
from market.model.rules import MarketRules
from market.settlement.imbalance import delivered_ticks
from market.settlement.tariff import Period, Prices, periods, spans
from market.settlement.tax import kind_of, one_directional, payable_quanta, period_of, taxed

AS_BOOKED: Final[Mapping[TransferKind, ChargeKind]] = {
    TransferKind.DAY_CHARGE: ChargeKind.DAY_CHARGE,
    TransferKind.LINE_RENT: ChargeKind.LINE_RENT,
    TransferKind.RENT_RETURN: ChargeKind.RENT_RETURN,
    TransferKind.REDISPATCH: ChargeKind.REDISPATCH,
    TransferKind.ACTIVATION: ChargeKind.ACTIVATION,
    TransferKind.INSTRUCTED: ChargeKind.INSTRUCTED,
    TransferKind.LAST_RESORT: ChargeKind.LAST_RESORT,
    TransferKind.REPLACEMENT: ChargeKind.REPLACEMENT,
    TransferKind.GROUP_NETTING: ChargeKind.GROUP_NETTING,
    TransferKind.BAND_WAIVER: ChargeKind.BAND_WAIVER,
}
"""Postings that stand on a bill as the ledger has them; no price times energy is behind them."""
PROVEN: Final[Mapping[TransferKind, tuple[ChargeKind, ...]]] = {
    TransferKind.TRADE: (ChargeKind.ENERGY_BOUGHT, ChargeKind.ENERGY_SOLD),
    TransferKind.DEVIATION: (ChargeKind.DEVIATION_SHORT, ChargeKind.DEVIATION_LONG),
    TransferKind.NETWORK_FEE: (ChargeKind.NETWORK_FEE,),
    TransferKind.LEVIES: (ChargeKind.LEVIES,),
    TransferKind.BILL_CREDIT: (ChargeKind.CREDIT,),
}
"""Postings that have to be what these lines come to."""
CORRECTED: Final[Mapping[TransferKind, ChargeKind]] = {
    **AS_BOOKED,
    TransferKind.DEVIATION: ChargeKind.DEVIATION,
    TransferKind.NETWORK_FEE: ChargeKind.NETWORK_FEE,
    TransferKind.LEVIES: ChargeKind.LEVIES,
}
"""What runs change about a day stands on a bill as they have booked it, in lines of their own."""
_NOT_OF_OWN_METER: Final = frozenset({TransferKind.RENT_RETURN})
PAYMENTS: Final = frozenset(
    {
        TransferKind.DEPOSIT,
        TransferKind.WITHDRAWAL,
        TransferKind.COLLATERAL_PUT_DOWN,
        TransferKind.COLLATERAL_RETURNED,
        TransferKind.COVER_COLLATERAL,
        TransferKind.COVER_FUND,
        TransferKind.COVER_DEFAULT,
        TransferKind.RECOVERY,
    }
)
"""Money that comes to an account, or leaves it, for no charge: an account is what came in by these, less
what bills came to, less what is not billed yet."""
BESIDE: Final = PAYMENTS | {TransferKind.TAX, TransferKind.BILL_ROUNDING}
"""Postings that are no charge of the month: payments, and what bills themselves book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRules:
    """What all bills of a month have in common."""

    month: MarketMonth
    periods: tuple[Period, ...]
    prices: tuple[Prices, ...]
    delivered_ticks: Mapping[tuple[int, str], tuple[int, int]]
    """Ask and bid of the last resort by number of the prices and area."""

    @classmethod
    def of(cls, rules: MarketRules, grid: Grid, month: str) -> "MonthRules":
        """Of a month like 2016-06.

        Raises:
            ValueError: no such month.
        """
        its = MarketMonth.of(month, rules.time_zone)
        prices = spans(rules, its)[1]
        return cls(
            month=its,
            periods=periods(rules, its),
            prices=prices,
            delivered_ticks={
                (number, area.area_id): delivered_ticks(
                    band=item.band, grid=grid, area_id=area.area_id
                )
                for number, item in enumerate(prices)
                for area in grid.areas
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a bill says beside its amounts."""

    bill_id: str
    version: int
    corrects: str | None
    before_quanta: int
    as_of_event_seq: int
    drafted_us: int


def drafted(
    source: BillSource, participant: Participant, common: MonthRules, heading: Heading
) -> Bill | Rejection:
    """The bill; or BILL_UNPROVEN, where the ledger and what it should come from differ.

    Args:
        source: what was traded, metered and booked.
        participant: whose bill it is.
        common: month, rules, grid.
        heading: id, version and what it corrects.
    """
    fault = _uncorrectable(source, common.periods)
    if fault is not None:
        return fault
    lines = tuple(_lines(source, participant, common))
    fault = _missing_price(source) or _unproven(source, lines, common.periods)
    if fault is not None:
        return fault
    taxes, exact = taxed(
        (kind_of(line), line.amount_quanta, period_of(line, common.periods).taxes) for line in lines
    )
    net_quanta = sum(line.amount_quanta for line in lines)
    tax_quanta = sum(tax.amount_quanta for tax in taxes)
    total_quanta = payable_quanta(net_quanta, exact)
    # The plain bill is on the meter that intervals were settled on: no other is to be set beside it.
    comparable = not participant.is_last_resort and all(
        item.kind in _NOT_OF_OWN_METER for item in source.corrected
    )
    return Bill(
        bill_id=heading.bill_id,
        participant_id=source.participant_id,
        month=common.month.first.isoformat()[:7],
        version=heading.version,
        corrects=heading.corrects,
        before_quanta=heading.before_quanta,
        from_s=common.month.from_s,
        until_s=common.month.until_s,
        as_of_event_seq=heading.as_of_event_seq,
        drafted_us=heading.drafted_us,
        lines=lines,
        taxes=taxes,
        net_quanta=net_quanta,
        tax_quanta=tax_quanta,
        rounding_quanta=total_quanta - net_quanta - tax_quanta,
        total_quanta=total_quanta,
        paid_in_quanta=-sum(
            item.amount_quanta for item in source.posted if item.kind is TransferKind.DEPOSIT
        ),
        withdrawn_wh=sum(item.withdrawn_wh for item in source.metered),
        fed_in_wh=sum(item.fed_in_wh for item in source.metered),
        substituted=source.substituted,
        plain=plain_bill(source, participant, common) if comparable else None,
        green=source.green,
    )


# --- lines ----------------------------------------------------------------------------


def _lines(source: BillSource, participant: Participant, common: MonthRules) -> Iterator[BillLine]:
    """In the order of the kinds; trades and deviations, then fees by price, then what else is booked."""
    order = {kind: place for place, kind in enumerate(ChargeKind)}
    lines = [
        *(_charged_line(item, common.periods[item.period]) for item in source.charged),
        *_metered_lines(source, participant, common),
        *_booked_lines(source, common.periods),
        *(
            line
            for item in source.corrected
            for line in _corrected_lines(item, common.periods[item.period])
        ),
        *(_credit_line(item, common.periods[item.period]) for item in source.credited),
    ]
    yield from sorted(
        lines,
        key=lambda line: (
            order[line.kind],
            line.from_s,
            line.detail,
            line.price_ticks or 0,
            ("", 0) if line.correction is None else (line.correction.day, line.correction.version),
            line.case_id or "",
        ),
    )


def _booked_lines(source: BillSource, parts: Sequence[Period]) -> Iterator[BillLine]:
    """What stands as the ledger has it, without what runs have booked."""
    for item in source.posted:
        own = [x for x in source.corrected if (x.kind, x.period) == (item.kind, item.period)]
        count = item.count - sum(x.count for x in own)
        amount_quanta = item.amount_quanta - sum(x.amount_quanta for x in own)
        if item.kind in AS_BOOKED and (count or amount_quanta):
            yield _plain_line(AS_BOOKED[item.kind], parts[item.period], count, amount_quanta)


def _corrected_lines(item: Corrected, period: Period) -> Iterator[BillLine]:
    """One line, or one for each direction where they are told apart."""
    amounts = {CORRECTED[item.kind]: item.amount_quanta}
    if item.directions is not None:
        short_quanta, long_quanta = item.directions
        amounts = {
            ChargeKind.DEVIATION_SHORT: short_quanta,
            ChargeKind.DEVIATION_LONG: long_quanta,
        }
    for kind, amount_quanta in amounts.items():
        if amount_quanta or item.directions is None:
            line = _plain_line(kind, period, item.count, amount_quanta)
            yield replace(line, correction=item.run)


def _credit_line(item: Credited, period: Period) -> BillLine:
    line = _plain_line(ChargeKind.CREDIT, period, 1, -item.amount_quanta)
    wrong = "" if item.kind is ChargeKind.CREDIT else item.kind.value
    return replace(line, detail=wrong, case_id=item.case_id)


def _plain_line(kind: ChargeKind, period: Period, count: int, amount_quanta: int) -> BillLine:
    return BillLine(
        kind=kind,
        detail="",
        from_s=period.from_s,
        until_s=period.until_s,
        count=count,
        energy_wh=None,
        price_ticks=None,
        amount_quanta=amount_quanta,
    )


def _charged_line(item: Charged, period: Period) -> BillLine:
    same = item.price_min_ticks == item.price_max_ticks
    return BillLine(
        kind=item.kind,
        detail=item.detail,
        from_s=period.from_s,
        until_s=period.until_s,
        count=item.count,
        energy_wh=item.energy_wh,
        price_ticks=item.price_min_ticks if same else None,
        amount_quanta=item.amount_quanta,
        parts=item.parts,
    )


def _metered_lines(
    source: BillSource, participant: Participant, common: MonthRules
) -> Iterator[BillLine]:
    """Network fee and levies: a line for each price, with the energy metered at it."""
    if participant.is_last_resort:
        return
    withdrawn: defaultdict[tuple[ChargeKind, int, int], list[int]] = defaultdict(lambda: [0, 0])
    for item in source.metered:
        prices = common.prices[item.tariff]
        for kind, ticks in (
            (ChargeKind.NETWORK_FEE, prices.network_of(participant.voltage_level)),
            (ChargeKind.LEVIES, prices.levies_ticks),
        ):
            sums = withdrawn[kind, prices.period, ticks]
            sums[0] += item.withdrawn_wh
            sums[1] += item.count
    for (kind, period, ticks), (energy_wh, count) in withdrawn.items():
        if energy_wh:
            yield BillLine(
                kind=kind,
                detail="",
                from_s=common.periods[period].from_s,
                until_s=common.periods[period].until_s,
                count=count,
                energy_wh=energy_wh,
                price_ticks=ticks,
                amount_quanta=ticks * energy_wh,
            )


def _uncorrectable(source: BillSource, parts: Sequence[Period]) -> Rejection | None:
    """A run books of deviations what both directions come to, and of trades nothing."""
    for item in source.corrected:
        if item.kind not in CORRECTED:
            return _refused(source, item.kind.value, "is not corrected by runs")
        if item.directions is not None and sum(item.directions) != item.amount_quanta:
            return _refused(source, item.kind.value, "both directions are not what was booked")
        one_sided = one_directional(parts[item.period].taxes)
        if item.kind is TransferKind.DEVIATION and item.directions is None and one_sided:
            return _refused(source, item.kind.value, f"{one_sided[0].tax_id} is on one direction")
    return None


def _missing_price(source: BillSource) -> Rejection | None:
    """Energy without a price is not free."""
    for item in source.charged:
        if item.price_min_ticks is None or item.price_max_ticks is None:
            return _refused(source, item.kind.value, "has no price")
    return None


def _unproven(
    source: BillSource, lines: Iterable[BillLine], parts: Sequence[Period]
) -> Rejection | None:
    """Each part of the month, energy times price against the ledger without what runs have booked."""
    found: defaultdict[tuple[int, ChargeKind], int] = defaultdict(int)
    for line in lines:
        if line.correction is None:
            found[line.from_s, line.kind] += line.amount_quanta
    booked: defaultdict[tuple[int, TransferKind], int] = defaultdict(int)
    for item in source.posted:
        if item.kind not in AS_BOOKED and item.kind not in BESIDE and item.kind not in PROVEN:
            return _refused(source, item.kind.value, "stands on no bill")
        booked[parts[item.period].from_s, item.kind] += item.amount_quanta
    for run in source.corrected:
        booked[parts[run.period].from_s, run.kind] -= run.amount_quanta
    for part in parts:
        for posting, kinds in PROVEN.items():
            worked_out = sum(found[part.from_s, kind] for kind in kinds)
            if worked_out != booked[part.from_s, posting]:
                return _refused(source, posting.value, "differs from the ledger")
    return None


def _refused(source: BillSource, kind: str, reason: str) -> Rejection:
    return Rejection(
        code=Code.BILL_UNPROVEN,
        parameters={"participant_id": source.participant_id, "kind": kind, "reason": reason},
    )


# --- without any trade ----------------------------------------------------------------


def plain_bill(source: BillSource, participant: Participant, common: MonthRules) -> PlainBill:
    """The month at the retailer of last resort: its delivered prices on the same meter, the same fees.

    Network fee, levies and taxes are what they are on the bill; a tax on energy bought is on the
    retailer's energy, one on energy sold on what is fed in.
    """
    energy = fed_in = network = levies = 0
    charges: list[tuple[ChargeKind, int, tuple[TaxRule, ...]]] = []
    for item in source.metered:
        prices = common.prices[item.tariff]
        ask_ticks, bid_ticks = common.delivered_ticks[item.tariff, participant.area_id]
        parts = (
            (ChargeKind.ENERGY_BOUGHT, ask_ticks * item.withdrawn_wh),
            (ChargeKind.ENERGY_SOLD, -bid_ticks * item.fed_in_wh),
            (
                ChargeKind.NETWORK_FEE,
                prices.network_of(participant.voltage_level) * item.withdrawn_wh,
            ),
            (ChargeKind.LEVIES, prices.levies_ticks * item.withdrawn_wh),
        )
        taxes = common.periods[prices.period].taxes
        charges += [(kind, amount_quanta, taxes) for kind, amount_quanta in parts]
        amounts = [amount_quanta for _, amount_quanta in parts]
        energy, fed_in = energy + amounts[0], fed_in - amounts[1]
        network, levies = network + amounts[2], levies + amounts[3]
    for booked in source.posted:
        if booked.kind is TransferKind.DAY_CHARGE:
            taxes = common.periods[booked.period].taxes
            charges.append((ChargeKind.DAY_CHARGE, booked.amount_quanta, taxes))
            network += booked.amount_quanta
    lines, exact = taxed(charges)
    return PlainBill(
        energy_quanta=energy,
        fed_in_quanta=fed_in,
        network_quanta=network,
        levies_quanta=levies,
        tax_quanta=sum(line.amount_quanta for line in lines),
        total_quanta=payable_quanta(energy - fed_in + network + levies, exact),
    )
