"""Settlement a second time: one meter, one area, one line at a time, in exact fractions.

The one idea: it shares nothing with the market's settlement but the published rules (docs/settlement.md) and
the nouns they are told in. It reads trades, readings, calls, rules and the grid, and answers what accounts owe
each other and what each unit did, as plain numbers; each amount has to come out whole by itself.

In it: what trades come to, deviations, the exchange with the retailer of last resort, network fees by level and
hour, charges for the day, levies, rent given back, what was ordered at cost and at the area price, help between areas
(`naive_activation.py`); what calls and matches book: `naive_energy.py`; a month's bills: `naive_bill.py`.
Left out: an order's reason (it is told which part is given back), ways of agreed trades, certificates, which of
several readings counts (it is given the one that does), and what of a meter went to which trade or use
(`test_allocation.py` has a twin for that).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from market.model.grid import Grid
from market.model.participant import Participant, Unit, UnitKind
from market.model.rules import MarketRules, NetworkBand, NetworkTariff
from tests.market.settlement.naive_activation import Help, Helped
from tests.market.settlement.naive_lines import arrives, fee, loss, needs, up, way
from tests.market.settlement.naive_parts import shared, within

RENEWABLE = (UnitKind.SOLAR, UnitKind.WIND, UnitKind.HYDRO)
Prices = tuple[int, int, int]
"""What a shortage costs, a surplus earns, and the area price or what stands in for it."""
Sent = Mapping[tuple[str, bool], int]
"""By line and direction, forward True."""


@dataclass
class Deal:
    """A trade; sold is positive."""

    unit: str
    start_s: int
    injection_wh: int
    price: int
    venue: str = "call"


@dataclass
class Call:
    """What a call made of an interval; a price is None where nothing traded."""

    price: Mapping[str, int | None]
    outside: Mapping[str, int | None]
    """Beyond the area's limit; None: as inside."""
    sent: Sent
    """Only what carries."""
    room: Sent


@dataclass
class Market:
    """Everything there is to read."""

    rules: MarketRules
    grid: Grid
    participants: Mapping[str, Participant]
    units: Mapping[str, Unit]
    starts_s: Sequence[int]
    deals: Sequence[Deal]
    readings: Mapping[tuple[str, int], int]
    """By unit and interval; without one a unit stays at its schedule."""
    calls: Mapping[int, Call]
    told: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    """By how much a unit is to differ from its trades, help in it, and what of that is given back."""
    helps: Mapping[int, Sequence[Help]] = field(default_factory=dict)
    rents: Mapping[str, int] = field(default_factory=dict)


class Books(Counter[tuple[str, str, str]]):
    """By two accounts in the order of their names and a kind: what the first gives the second."""

    def pay(self, giver: str, receiver: str, amount: Fraction | int, kind: str) -> None:
        assert Fraction(amount).denominator == 1, f"{amount} is no whole amount"
        if giver > receiver:
            giver, receiver, amount = receiver, giver, -amount
        self[giver, receiver, kind] += int(amount)


class Settlement:
    """What the meters of a market's day come to."""

    def __init__(self, market: Market) -> None:
        self.market, self.books = market, Books()
        self.lines: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        """By unit and interval: what it did and what it got, by name."""
        self.withdrawn: Counter[str] = Counter()
        self.zone = ZoneInfo(market.rules.time_zone)
        self.home = next(area.area_id for area in market.grid.areas if area.holds_last_resort)
        (self.last_resort,) = (p for p, m in market.participants.items() if m.is_last_resort)
        for deal in market.deals:
            line = self.lines[deal.unit, deal.start_s]
            line["position"] += deal.injection_wh
            line["trade_quanta"] += deal.price * deal.injection_wh
        for start_s in market.starts_s:
            self._interval(start_s)
        self._day_charges()
        self._rent_back()

    def _interval(self, start_s: int) -> None:
        market, call = self.market, self.market.calls.get(start_s)
        prices = {area.area_id: self.prices(area.area_id, start_s) for area in market.grid.areas}
        followed = {name: self._followed(name, start_s) for name in market.units}
        sent = {} if call is None else call.sent
        helped = Helped(market.grid, market.helps.get(start_s, ()), followed, sent)
        moved, deviated = Counter(helped.received), Counter[str]()
        for name, unit in market.units.items():
            line = self.lines[name, start_s]
            self._unit(unit, line, prices[unit.area_id], start_s, helped)
            moved[unit.area_id] += line["ordered_wh"]
            wh = line["metered_wh"] - line["scheduled_wh"]
            deviated[unit.area_id] += wh * (unit.participant_id != self.last_resort)
        for area in prices:
            self._last_resort(area, moved[area], deviated[area], start_s, helped.sent)
        for owner in market.participants:
            self._metering_point(owner, start_s)

    def _followed(self, name: str, start_s: int) -> int:
        """What of all it was told the meter shows."""
        line, (change, _) = self.lines[name, start_s], self.market.told.get((name, start_s), (0, 0))
        line["told_wh"], traded = change, line["position"]
        line["metered_wh"] = self.market.readings.get((name, start_s), traded + change)
        line["instructed_wh"] = within(line["metered_wh"] - traded, change)
        return line["instructed_wh"]

    def _unit(
        self, unit: Unit, line: Counter[str], prices: Prices, start_s: int, helped: Helped
    ) -> None:
        """Help and orders at cost and at the area price, then what it deviated."""
        short, long, plain = prices
        key, moved = (unit.unit_id, start_s), line["instructed_wh"]
        line["left_over_wh"] = helped.given[False][unit.unit_id]
        line["ordered_wh"] = moved - (
            gave := helped.given[True][unit.unit_id] + line["left_over_wh"]
        )
        back = within(moved - gave, self.market.told.get(key, (0, 0))[1])
        at_cost = moved - gave - back
        line["at_cost_wh"] = at_cost + helped.given[True][unit.unit_id]
        more, less = (max(0, plain), 0) if unit.kind in RENEWABLE else (max(short, long), long)
        account = f"participant:{unit.participant_id}"
        for kind, wh in (("redispatch", at_cost), ("activation", gave)):
            due = (more if wh > 0 else less) * wh
            line["instructed_quanta"] += due
            self.books.pay("grid_operator", account, due, kind)
        line["instructed_quanta"] += plain * back
        self.books.pay("grid_operator", account, plain * back, "instructed")
        line["scheduled_wh"] = line["position"] + moved
        if unit.participant_id != self.last_resort:
            wh = line["metered_wh"] - line["scheduled_wh"]
            line["deviation_quanta"] = (long if wh > 0 else short) * wh
            self.books.pay("balancing", account, line["deviation_quanta"], "deviation")

    def prices(self, area: str, start_s: int) -> Prices:
        rules, call = self.market.rules, self.market.calls.get(start_s)
        price = None if call is None else call.price[area]
        if price is not None:
            adder = round(abs(price) * Fraction(rules.deviation_adder_ppm, 10**6))
            adder = max(adder, rules.deviation_adder_min_ticks)
            return price + adder, price - adder, price
        ask, bid = self.delivered(area, start_s)
        return ask, bid, bid

    def delivered(self, area: str, start_s: int) -> tuple[int, int]:
        """What the last resort asks and bids there, fees and losses of the way in it."""
        ask, bid = map(Fraction, self._retail(start_s))
        for line, forward in way(self.market.grid, self.home, area):
            ask = (ask + fee(line, forward)) / (1 - loss(line))
        for line, forward in way(self.market.grid, area, self.home)[::-1]:
            bid = bid * (1 - loss(line)) - fee(line, forward)
        return round(ask), round(bid)

    def _retail(self, start_s: int) -> tuple[int, int]:
        hour = datetime.fromtimestamp(start_s, self.zone).hour
        bands = self.market.rules.last_resort
        return next((b.ask_ticks, b.bid_ticks) for b in bands if b.from_hour <= hour < b.to_hour)

    def _last_resort(self, area: str, moved: int, deviated: int, start_s: int, sent: Sent) -> None:
        """Orders are replaced for the grid operator; what deviates besides is settled on the rest."""
        account = f"participant:{self.last_resort}"
        replaced, fees = self._exchange(area, moved, start_s, sent)
        both, fees_of_both = self._exchange(area, moved + deviated, start_s, sent)
        self.books.pay("grid_operator", account, replaced, "replacement")
        self.books.pay("balancing", account, both - replaced, "last_resort")
        self.books.pay("balancing", "grid_operator", fees_of_both - fees, "line_fee")

    def _exchange(self, area: str, net_wh: int, start_s: int, sent: Sent) -> tuple[int, int]:
        """What the last resort gets for a surplus (or, negative, a shortage), and what lines get."""
        ask, bid = self._retail(start_s)
        there, paid, fees = way(self.market.grid, area, self.home), 0, 0
        if net_wh and len(there) == 1:
            ((line, forward),) = there
            out_wh = sent.get((line.line_id, forward), 0)
            in_wh = sent.get((line.line_id, not forward), 0)
            if net_wh < 0:  # it feeds in less
                less_wh = min(-net_wh, out_wh)
                paid += bid * (arrives(line, out_wh) - arrives(line, out_wh - less_wh))
                fees -= fee(line, forward) * less_wh
                net_wh += less_wh
            else:  # it is supplied less
                less_wh = min(net_wh, arrives(line, in_wh))
                unsent_wh = in_wh - needs(line, arrives(line, in_wh) - less_wh)
                paid -= ask * unsent_wh
                fees -= fee(line, not forward) * unsent_wh
                net_wh -= less_wh
        if net_wh < 0:
            for line, forward in way(self.market.grid, self.home, area)[::-1]:
                net_wh = -needs(line, -net_wh)
                fees -= fee(line, forward) * net_wh
            return paid - ask * net_wh, fees
        for line, forward in there:
            fees += fee(line, forward) * net_wh
            net_wh = arrives(line, net_wh)
        return paid - bid * net_wh, fees

    def _metering_point(self, owner: str, start_s: int) -> None:
        """Fees and levies on what it takes, shared among its units that take."""
        account, member = f"participant:{owner}", self.market.participants[owner]
        own = (name for name, unit in self.market.units.items() if unit.participant_id == owner)
        lines = [self.lines[name, start_s] for name in own]
        taken = max(0, -(net := sum(line["metered_wh"] for line in lines)))
        self.withdrawn[owner] += taken
        network, levies = self.network(member, start_s), self.market.rules.tariff.levies_ticks
        parts = shared(taken, [max(0, -line["metered_wh"]) for line in lines])
        for line, part in zip(lines, parts, strict=True):
            line["withdrawal_wh"] = part
            if not member.is_last_resort:
                line["network_fee_quanta"], line["levies_quanta"] = -network * part, -levies * part
        if not member.is_last_resort:
            self.books.pay(account, "grid_operator", network * taken, "network_fee")
            self.books.pay(account, "levies", levies * taken, "levies")
            # What it takes only because units were told to give less is the grid operator's to pay:
            # first because of help with what was left over, then because of all else.
            first = max(0, (cut := sum(min(0, line["left_over_wh"]) for line in lines)) - net)
            rest = max(0, cut + sum(min(0, line["at_cost_wh"]) for line in lines) - net)
            for kind, wh in (("activation", taken - first), ("redispatch", first - rest)):
                self.books.pay("grid_operator", account, (network + levies) * wh, kind)
            if taken > rest:
                told = next(line for line in lines if line["told_wh"] < 0)
                told["instructed_quanta"] += (network + levies) * (taken - rest)

    def _tariff(self, member: Participant, at: datetime) -> NetworkTariff | None:
        its = self.market.rules.tariff.by_level
        begun = [each for each in its if each.from_day <= at.date().isoformat()]
        begun = [each for each in begun if each.voltage_level is member.voltage_level]
        return max(begun, key=lambda each: each.from_day, default=None)

    def network(self, member: Participant, start_s: int) -> int:
        at = datetime.fromtimestamp(start_s, self.zone)
        if (tariff := self._tariff(member, at)) is None:
            return self.market.rules.tariff.network_ticks
        days = ("all", "weekend" if at.isoweekday() > 5 else "working")
        bands = [band for band in tariff.bands if band.days in days]
        return next(b.ticks for b in bands if (at.hour - b.from_hour) % 24 < hours(b))

    def _day_charges(self) -> None:
        """Each metering point pays its level's charge for the day."""
        at = datetime.fromtimestamp(self.market.starts_s[0], self.zone)
        for owner in {unit.participant_id for unit in self.market.units.values()}:
            member = self.market.participants[owner]
            tariff = None if member.is_last_resort else self._tariff(member, at)
            charge = 0 if tariff is None else tariff.day_charge_quanta
            self.books.pay(f"participant:{owner}", "grid_operator", charge, "day_charge")

    def _rent_back(self) -> None:
        """A rent goes to the members on both sides of its line, or inside its area."""
        grid, home = self.market.grid, self.home
        parents = {area.area_id: area.parent for area in grid.areas}
        sides = {f"rent:{line.line_id}": [line.from_area, line.to_area] for line in grid.lines}
        sides |= {f"limit_rent:{area}": [area] for area in parents}
        members = [(p, item.area_id) for p, item in self.market.participants.items()]
        for account, rent in self.market.rents.items():
            found: dict[str, int] = {}
            for side in sides[account]:
                inside = (p for p, area in members if area != home and side in up(area, parents))
                found |= {p: self.withdrawn[p] for p in inside}
            if rent > 0 and found:
                for name, part in zip(found, shared(rent, list(found.values())), strict=True):
                    self.books.pay(account, f"participant:{name}", part, "rent_return")


def hours(band: NetworkBand) -> int:
    """How many hours from its first on; it may run over midnight."""
    return (band.to_hour - band.from_hour - 1) % 24 + 1
