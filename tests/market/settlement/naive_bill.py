"""A month's bill a second time, from trades, meters and what was booked: see `naive_settlement.py`.

It reads the days of a month as the naive settlement settled them; what a run or a balance group has brought comes
as plain amounts. A charge is what the participant pays. Left out of a bill's lines: what of a purchase is for
lines (`test_passage.py`), how many readings are behind a line, and which certificates were retired.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

from market.model.bill import TaxRule
from tests.market.settlement.naive_settlement import Settlement

CENT = 10**6
AS_BOOKED = ("day_charge", "rent_return", "last_resort", "group_netting", "band_waiver")
CORRECTED = (*AS_BOOKED, "deviation", "network_fee", "levies", "replacement")

Key = tuple[str, str, int]
"""Kind, detail (a venue, or the day and version of a run), first day of the part as a number in the month."""


@dataclass
class Line:
    """A line of a bill."""

    amount: int = 0
    energy: int = 0
    prices: set[int] = field(default_factory=set)


@dataclass
class NaiveBill:
    """What a participant's month comes to."""

    lines: Mapping[Key, Line]
    taxes: Mapping[tuple[str, int], tuple[int, int]]
    """By tax and rate: what it is on, and what it is."""
    total: int
    rounding: int
    withdrawn: int
    fed_in: int
    plain: tuple[int, int, int, int, int, int] | None
    """Without a trade: energy, fed in, network, levies, tax, total; None: on another meter, or of who offers it."""


@dataclass
class Month:
    """All there is to read."""

    days: Sequence[tuple[str, Settlement]]
    """Local days on which there was trade, in order."""
    all_days: Sequence[str]
    """Of the local month."""
    corrected: Mapping[tuple[str, int], Mapping[tuple[str, str, str], int]]
    """By day and version of a run: by two accounts and kind, as in `Books`."""
    given_back: Mapping[tuple[str, str], int]
    """By participant and kind: adders given back, of the month as a whole."""


def taxes_on(rules: Sequence[TaxRule], day: str) -> list[TaxRule]:
    """Of each tax the rule that began last; none where its rate is zero."""
    latest: dict[str, TaxRule] = {}
    for rule in sorted(rules, key=lambda rule: rule.from_day):
        if rule.from_day <= day:
            latest[rule.tax_id] = rule
    return [rule for rule in latest.values() if rule.rate_ppm]


class Billing:
    """The bills of one month."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.rules = month.days[0][1].market.rules
        self.part: dict[str, int] = {}
        """Of each day the first day on which the same taxes hold without a break, as a number."""
        for _, same in groupby(
            enumerate(month.all_days), key=lambda each: taxes_on(self.rules.taxes, each[1])
        ):
            numbers = list(same)
            self.part |= {day: numbers[0][0] for _, day in numbers}

    def of(self, who: str) -> NaiveBill:
        lines: defaultdict[Key, Line] = defaultdict(Line)
        for kind, detail, day, amount, energy, price in self._charges(who):
            if amount or energy:
                line = lines[kind, detail, self.part[day]]
                line.amount += amount
                line.energy += energy
                line.prices |= set() if price is None else {price}
        charged = [(kind, part, line.amount) for (kind, _, part), line in lines.items()]
        taxes, exact = self._taxes(charged)
        net = sum(line.amount for line in lines.values())
        total = round(Fraction(net + exact) / CENT) * CENT
        tax = sum(each for _, each in taxes.values())
        points = [self._point(settled, who) for _, settled in self.month.days]
        return NaiveBill(
            lines=lines,
            taxes=taxes,
            total=total,
            rounding=total - net - tax,
            withdrawn=sum(taken for point in points for _, taken, _ in point),
            fed_in=sum(given for point in points for _, _, given in point),
            plain=self._plain(who) if self._has_plain(who) else None,
        )

    def _has_plain(self, who: str) -> bool:
        """Not the last resort, nor who was corrected in more than rent that is given back."""
        changed = {kind for books in self.month.corrected.values() for kind in paid(books, who)}
        return who != self.month.days[0][1].last_resort and changed <= {"rent_return"}

    # --- what is charged ------------------------------------------------------------------

    def _charges(self, who: str) -> Iterator[tuple[str, str, str, int, int, int | None]]:
        """Kind, detail, day, amount, energy and price of everything there is."""
        for day, settled in self.month.days:
            for kind, detail, amount, energy, price in self._of_day(settled, who):
                yield kind, detail, day, amount, energy, price
            for kind, amount in paid(settled.books, who).items():
                if kind in AS_BOOKED:
                    yield kind, "", day, amount, 0, None
        for (day, version), books in self.month.corrected.items():
            for kind, amount in paid(books, who).items():
                assert kind in CORRECTED, kind
                yield kind, f"{day} v{version}", day, amount, 0, None
        for (name, kind), amount in self.month.given_back.items():
            if name == who:
                yield kind, "", self.month.all_days[-1], -amount, 0, None

    def _of_day(
        self, settled: Settlement, who: str
    ) -> Iterator[tuple[str, str, int, int, int | None]]:
        """What has an energy and a price; a deviation at no price is charged nowhere."""
        own = self._own(settled, who)
        for deal in settled.market.deals:
            if deal.unit in own:
                kind = "energy_sold" if deal.injection_wh > 0 else "energy_bought"
                amount = -deal.price * deal.injection_wh
                yield kind, deal.venue, amount, abs(deal.injection_wh), deal.price
        if who == settled.last_resort:
            return
        for (unit, _), line in settled.lines.items():
            if unit in own and (got := line["deviation_quanta"]):
                wh = line["metered_wh"] - line["scheduled_wh"]
                kind = "deviation_long" if wh > 0 else "deviation_short"
                yield kind, "", -got, abs(wh), got // wh
        for network, levies, taken in self._withdrawals(settled, who):
            yield "network_fee", f"{network}", network * taken, taken, network
            yield "levies", f"{levies}", levies * taken, taken, levies

    def _own(self, settled: Settlement, who: str) -> list[str]:
        units = settled.market.units
        return [name for name, unit in units.items() if unit.participant_id == who]

    def _point(self, settled: Settlement, who: str) -> list[tuple[int, int, int]]:
        """Of each interval: what the metering point took, or gave."""
        own, found = self._own(settled, who), []
        for start_s in settled.market.starts_s:
            net = sum(settled.lines[name, start_s]["metered_wh"] for name in own)
            found.append((start_s, max(0, -net), max(0, net)))
        return found

    def _withdrawals(self, settled: Settlement, who: str) -> Iterator[tuple[int, int, int]]:
        member = settled.market.participants[who]
        for start_s, taken, _ in self._point(settled, who):
            yield settled.network(member, start_s), self.rules.tariff.levies_ticks, taken

    # --- tax ------------------------------------------------------------------------------

    def _taxes(
        self, charged: Sequence[tuple[str, int, int]]
    ) -> tuple[dict[tuple[str, int], tuple[int, int]], Fraction]:
        """Each to the quantum, and all of them exactly."""
        first = {part: day for day, part in reversed(self.part.items())}
        bases = Counter[tuple[str, int]]()
        for kind, part, amount in charged:
            for tax in taxes_on(self.rules.taxes, first[part]):
                on = {each.value for each in tax.on}
                whole = kind == "deviation" and {"deviation_short", "deviation_long"} <= on
                if kind in on or whole:
                    bases[tax.tax_id, tax.rate_ppm] += amount
        exact = {key: Fraction(base * key[1], 10**6) for key, base in bases.items()}
        found = {key: (bases[key], round(tax)) for key, tax in exact.items() if bases[key]}
        return found, sum(exact.values(), Fraction(0))

    # --- without a trade ------------------------------------------------------------------

    def _plain(self, who: str) -> tuple[int, int, int, int, int, int]:
        """The same meter at the retailer of last resort."""
        charged: list[tuple[str, int, int]] = []
        for day, settled in self.month.days:
            area, part = settled.market.participants[who].area_id, self.part[day]
            for start_s, taken, given in self._point(settled, who):
                ask, bid = settled.delivered(area, start_s)
                charged.append(("energy_bought", part, ask * taken))
                charged.append(("energy_sold", part, -bid * given))
            for network, levies, taken in self._withdrawals(settled, who):
                charged.append(("network_fee", part, network * taken))
                charged.append(("levies", part, levies * taken))
            charged.append(("day_charge", part, paid(settled.books, who)["day_charge"]))
        sums = Counter[str]()
        for kind, _, amount in charged:
            sums[kind] += amount
        taxes, exact = self._taxes(charged)
        return (
            sums["energy_bought"],
            -sums["energy_sold"],
            sums["network_fee"] + sums["day_charge"],
            sums["levies"],
            sum(tax for _, tax in taxes.values()),
            round(Fraction(sum(sums.values()) + exact) / CENT) * CENT,
        )


def paid(books: Mapping[tuple[str, str, str], int], who: str) -> Counter[str]:
    """What a participant paid, by kind."""
    account, found = f"participant:{who}", Counter[str]()
    for (giver, receiver, kind), amount in books.items():
        if amount and account in (giver, receiver):
            found[kind] += amount if giver == account else -amount
    return found
