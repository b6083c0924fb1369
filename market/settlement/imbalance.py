"""Deviations: what was metered less what was traded, priced per area and settled for good.

The one idea: a unit is paid for a surplus a little less, and pays for a shortage a little more,
than the area price; what an area is short or long as a whole first changes what it was scheduled to
exchange with the retailer of last resort, and only the rest is delivered or taken anew, at the
retailer's own price, with the line's fee and loss. The difference stays on the balancing account.
Formulas: docs/settlement.md; why the exchange comes first: docs/decisions/0013.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from market.model.grid import Grid
from market.model.money import (
    BALANCING,
    GRID_OPERATOR,
    Transfer,
    TransferKind,
    participant_account,
    transfer,
)
from market.model.participant import Unit
from market.model.rules import LastResortBand, MarketRules
from market.model.trade import ClearingOutcome, LineOutcome
from market.model.units import PPM, round_half_even, share_ppm
from market.settlement.route import Hop, route


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationPrice:
    """The two prices of one area and interval."""

    area_id: str
    long_ticks: int
    """Paid for a surplus."""
    short_ticks: int
    """Charged for a shortage."""


def last_resort_band(rules: MarketRules, start_s: int) -> LastResortBand:
    """The last resort's prices at an instant, by the market's local hour.

    Raises:
        LookupError: no band covers the hour; a market with such rules must not be created.
    """
    hour = datetime.fromtimestamp(start_s, ZoneInfo(rules.time_zone)).hour
    for band in rules.last_resort:
        if band.from_hour <= hour < band.to_hour:
            return band
    raise LookupError(f"no price of the last resort at {hour} h")


def delivered_ticks(*, band: LastResortBand, grid: Grid, area_id: str) -> tuple[int, int]:
    """Ask and bid of the last resort at an area's own node, whole ticks, rounded half to even once.

    Over a line with loss L and the fee of the direction, per Wh sent:

        delivered ask = (ask + fee) / (1 - L)      1 Wh arrives of 1 / (1 - L) Wh sent
        delivered bid = bid x (1 - L) - fee        of 1 Wh sent, 1 - L arrives

    over several lines one after the other. In the last resort's own area, and in an area that
    nothing joins to it, ask and bid stay as they are.
    """
    home = _home(grid)
    ask, divisor = band.ask_ticks, 1
    for hop in route(grid, home, area_id) or ():
        ask = (ask + hop.fee_ticks * divisor) * PPM
        divisor *= PPM - hop.line.loss_ppm
    ask_ticks = round_half_even(ask, divisor)
    bid, divisor = band.bid_ticks, 1
    for hop in reversed(route(grid, area_id, home) or ()):
        bid = bid * (PPM - hop.line.loss_ppm) - hop.fee_ticks * divisor * PPM
        divisor *= PPM
    return ask_ticks, round_half_even(bid, divisor)


def deviation_prices(
    *, rules: MarketRules, grid: Grid, outcome: ClearingOutcome | None, start_s: int
) -> tuple[DeviationPrice, ...]:
    """The deviation prices of every area, in the grid's order.

    Where the auction has a price p: long = p - adder and short = p + adder, with the adder
    `deviation_adder_ppm` of |p|, at least `deviation_adder_min_ticks`; the same on both sides, so
    that the honest forecast is the best schedule. Where nothing traded: the last resort's
    delivered bid and ask.

    Args:
        rules: adder, bands of the last resort, time zone.
        grid: areas and lines.
        outcome: the interval's auction; None: there was none.
        start_s: start of the interval.
    """
    traded = {area.area_id: area.price_ticks for area in outcome.areas} if outcome else {}
    prices = []
    for area in grid.areas:
        price_ticks = traded.get(area.area_id)
        if price_ticks is None:
            band = last_resort_band(rules, start_s)
            short, long = delivered_ticks(band=band, grid=grid, area_id=area.area_id)
        else:
            adder = adder_ticks(price_ticks, rules)
            long, short = price_ticks - adder, price_ticks + adder
        prices.append(DeviationPrice(area_id=area.area_id, long_ticks=long, short_ticks=short))
    return tuple(prices)


def adder_ticks(price_ticks: int, rules: MarketRules) -> int:
    """What a deviation costs beside the area price, whichever way it goes."""
    adder = share_ppm(abs(price_ticks), rules.deviation_adder_ppm)
    return max(adder, rules.deviation_adder_min_ticks)


def deviation_transfers(
    *,
    prices: Sequence[DeviationPrice],
    units: Mapping[str, Unit],
    scheduled_wh: Mapping[str, int],
    measured_wh: Mapping[str, int],
    rules: MarketRules,
    grid: Grid,
    start_s: int,
    last_resort_participant_id: str,
    outcome: ClearingOutcome | None = None,
    replaced_wh: Mapping[str, int] | None = None,
) -> tuple[Transfer, ...]:
    """Transfers that settle the deviations of one interval; transfers of nothing are left out.

    Units of the last resort itself are not priced: what its meter shows beyond its trades is the
    energy it delivers or takes here, paid as LAST_RESORT.

    Args:
        prices: of every area that has units.
        units: all units by id.
        scheduled_wh: what each unit was to inject, net; none: zero.
        measured_wh: metered net injection by unit; none: as scheduled.
        rules: bands of the last resort.
        grid: areas and lines.
        start_s: start of the interval.
        last_resort_participant_id: who delivers what is missing and takes what is too much.
        outcome: the interval's auction, whose flows the deviations change; None: there was none.
        replaced_wh: by how much each area's schedule differs from its trades, which somebody else
            has settled with the last resort before; None: nowhere.
    """
    price_of = {price.area_id: price for price in prices}
    net_wh = {area.area_id: 0 for area in grid.areas}
    transfers = []
    for unit in units.values():
        if unit.participant_id == last_resort_participant_id:
            continue
        scheduled = scheduled_wh.get(unit.unit_id, 0)
        deviation_wh = measured_wh.get(unit.unit_id, scheduled) - scheduled
        net_wh[unit.area_id] += deviation_wh
        price = price_of[unit.area_id]
        ticks = price.long_ticks if deviation_wh > 0 else price.short_ticks
        transfers.append(
            transfer(
                BALANCING,
                participant_account(unit.participant_id),
                ticks * deviation_wh,
                TransferKind.DEVIATION,
                unit.unit_id,
                start_s,
            )
        )
    account = participant_account(last_resort_participant_id)
    for area_id, exchange in net_exchanges(
        net_wh=net_wh,
        rules=rules,
        grid=grid,
        start_s=start_s,
        outcome=outcome,
        replaced_wh=replaced_wh,
    ):
        transfers += exchange.transfers(area_id, account, start_s)
    return tuple(move for move in transfers if move.amount_quanta)


def net_exchanges(
    *,
    net_wh: Mapping[str, int],
    rules: MarketRules,
    grid: Grid,
    start_s: int,
    outcome: ClearingOutcome | None,
    replaced_wh: Mapping[str, int] | None,
) -> Iterator[tuple[str, "Exchange"]]:
    """What areas that deviate in sum exchange with the last resort, each with its area.

    Args:
        net_wh: deviation of each area in sum, a surplus positive.
        rules: bands of the last resort.
        grid: areas and lines.
        start_s: start of the interval.
        outcome: what was scheduled to flow.
        replaced_wh: what was settled with the last resort before.
    """
    if not any(net_wh.values()):
        return
    band, home, sent = last_resort_band(rules, start_s), _home(grid), _sent(outcome)
    for area_id, area_wh in net_wh.items():
        if area_wh:
            before_wh = (replaced_wh or {}).get(area_id, 0)
            for exchange in _exchanges(before_wh + area_wh, area_id, band, grid, home, sent):
                yield area_id, exchange
            if before_wh:
                before = last_resort_exchange(before_wh, area_id, rules, grid, outcome, start_s)
                yield area_id, before.undone()


def last_resort_exchange(
    net_wh: int,
    area_id: str,
    rules: MarketRules,
    grid: Grid,
    outcome: ClearingOutcome | None,
    start_s: int,
) -> "Exchange":
    """What an area's surplus (or, negative, shortage) changes with the last resort, as one."""
    changed, fresh = exchange_parts(net_wh, area_id, rules, grid, outcome, start_s)
    return Exchange(
        deviation_wh=changed.deviation_wh + fresh.deviation_wh,
        due_quanta=changed.due_quanta + fresh.due_quanta,
        fees_quanta=(*changed.fees_quanta, *fresh.fees_quanta),
    )


def exchange_parts(
    net_wh: int,
    area_id: str,
    rules: MarketRules,
    grid: Grid,
    outcome: ClearingOutcome | None,
    start_s: int,
) -> tuple["Exchange", "Exchange"]:
    """What of it only changes the scheduled exchange, and what is exchanged anew."""
    band = last_resort_band(rules, start_s)
    return _exchanges(net_wh, area_id, band, grid, _home(grid), _sent(outcome))


def _exchanges(
    net_wh: int,
    area_id: str,
    band: LastResortBand,
    grid: Grid,
    home: str,
    sent: Mapping[str, LineOutcome] | None,
) -> tuple["Exchange", "Exchange"]:
    """What only changes the scheduled exchange, and what is exchanged anew.

    `home`: the area of the last resort; `sent`: what the auction sends over each line.
    """
    changed = _changed_exchange(net_wh, area_id, band, grid, home, sent)
    return changed, _fresh_exchange(net_wh - changed.deviation_wh, area_id, band, grid, home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Energy that goes, or no longer goes, between an area and the last resort."""

    deviation_wh: int
    """The part of the area's net deviation it settles."""
    due_quanta: int
    """What the last resort gets for it; negative: pays."""
    fees_quanta: tuple[tuple[str, int], ...] = ()
    """Line and fee; negative: given back."""

    @property
    def fee_quanta(self) -> int:
        """The fees of all lines."""
        return sum(fee_quanta for _, fee_quanta in self.fees_quanta)

    def transfers(self, area_id: str, account: str, start_s: int) -> Iterator[Transfer]:
        """The money of it."""
        for line_id, fee_quanta in self.fees_quanta:
            yield _line_fee(fee_quanta, line_id, start_s)
        kind = TransferKind.LAST_RESORT
        yield transfer(BALANCING, account, self.due_quanta, kind, area_id, start_s)

    def undone(self) -> "Exchange":
        """The opposite of it."""
        return Exchange(
            deviation_wh=-self.deviation_wh,
            due_quanta=-self.due_quanta,
            fees_quanta=tuple((line_id, -quanta) for line_id, quanta in self.fees_quanta),
        )


_NO_EXCHANGE = Exchange(deviation_wh=0, due_quanta=0)


def _changed_exchange(
    net_wh: int,
    area_id: str,
    band: LastResortBand,
    grid: Grid,
    home: str,
    sent: Mapping[str, LineOutcome] | None,
) -> Exchange:
    """What of the area's deviation only changes what the auction sends over its line.

    An area that is short while it feeds in feeds in less: the last resort is given its bid back for
    what no longer arrives. One that is long while it is supplied is supplied less: the last resort
    gives its ask back for what it no longer sends. The fee of what is not sent is given back too.
    Only where one line joins the area to the last resort; over several lines nothing is netted.
    Where nothing is left in sum nothing changes, even if a Wh less would have to be sent for what arrives.
    """
    way = route(grid, home, area_id) or ()
    if sent is None or len(way) != 1 or not net_wh:
        return _NO_EXCHANGE
    (supply,) = way
    feed_in = Hop(line=supply.line, forward=not supply.forward)
    if net_wh < 0:
        sent_wh = _sent_wh(feed_in, sent)
        less_wh = min(-net_wh, sent_wh)
        lost_wh = feed_in.received_of_wh(sent_wh) - feed_in.received_of_wh(sent_wh - less_wh)
        due_quanta, unsent_wh, hop = band.bid_ticks * lost_wh, less_wh, feed_in
    else:
        sent_wh = _sent_wh(supply, sent)
        received_wh = supply.received_of_wh(sent_wh)
        less_wh = min(net_wh, received_wh)
        unsent_wh = sent_wh - supply.sent_for_wh(received_wh - less_wh)
        due_quanta, hop = -band.ask_ticks * unsent_wh, supply
    return Exchange(
        deviation_wh=less_wh if net_wh > 0 else -less_wh,
        due_quanta=due_quanta,
        fees_quanta=((hop.line.line_id, -hop.fee_ticks * unsent_wh),),
    )


def _sent(outcome: ClearingOutcome | None) -> dict[str, LineOutcome] | None:
    """What the auction sends, by line; None: there was none."""
    return None if outcome is None else {line.line_id: line for line in outcome.lines}


def _sent_wh(hop: Hop, sent: Mapping[str, LineOutcome]) -> int:
    """What the auction sends over the line in the hop's direction."""
    line = sent.get(hop.line.line_id)
    if line is None:
        return 0
    return line.sent_forward_wh if hop.forward else line.sent_backward_wh


def _fresh_exchange(
    net_wh: int, area_id: str, band: LastResortBand, grid: Grid, home: str
) -> Exchange:
    """The last resort delivers an area's shortage or takes its surplus, losses included.

    Short by W: it sends S = ceil(W / (1 - loss)) from its own area and is paid ask x S. Long by W:
    floor(W x (1 - loss)) arrives there and it pays its bid for that. Each line is paid its fee on
    what is sent into it.
    """
    fees = []
    if net_wh < 0:
        energy_wh = -net_wh
        for hop in reversed(route(grid, home, area_id) or ()):
            energy_wh = hop.sent_for_wh(energy_wh)
            fees.append((hop.line.line_id, hop.fee_ticks * energy_wh))
        due_quanta = band.ask_ticks * energy_wh
    else:
        energy_wh = net_wh
        for hop in route(grid, area_id, home) or ():
            fees.append((hop.line.line_id, hop.fee_ticks * energy_wh))
            energy_wh = hop.received_of_wh(energy_wh)
        due_quanta = -band.bid_ticks * energy_wh
    return Exchange(deviation_wh=net_wh, due_quanta=due_quanta, fees_quanta=tuple(fees))


def _line_fee(amount_quanta: int, line_id: str, start_s: int) -> Transfer:
    return transfer(
        BALANCING, GRID_OPERATOR, amount_quanta, TransferKind.LINE_FEE, line_id, start_s
    )


def _home(grid: Grid) -> str:
    """The area in which the last resort sits.

    Raises:
        LookupError: there is none; such a market must not be created.
    """
    for area in grid.areas:
        if area.holds_last_resort:
            return area.area_id
    raise LookupError("no area holds the last resort")
