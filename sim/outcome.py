"""What the day brought: every household's bill in the market against its plain day.

The one idea: three days are priced for every household, all in whole quanta,

    plain       its plain schedule, at the retailer's delivered prices
    plain at P  the same schedule, at the area prices the market found
    market      what it really did and really paid

and the saving falls apart without a remainder: *neighbours* = plain − plain at P (the same energy
at another price), *timing* = plain at P − measured at P (energy moved to another hour, at prices
the moving may itself have changed), *forecast errors* = what deviations cost beyond the area price,
*rent* = congestion rent given back.

Everything comes from what the wire answers and from `sim.plain`; the records stay as they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.plain import PlainDay, plain_day
from sim.profiles import INTERVAL_S, INTERVALS, Household, Village
from sim.tariff import Tariff, tariff_of, ticks

IntArray = NDArray[np.int64]
Record = Mapping[str, Any]

QUANTA_PER_CURRENCY: Final = 10**8
WH_PER_KWH: Final = 1_000
#: A household is worse off if its bill rose by more than this part of its plain bill.
WORSE_OFF_PPM: Final = 10_000
PPM: Final = 1_000_000
#: Kinds of a participant's amounts that belong to the day's bill.
BILL_KINDS: Final = (
    *("trade", "deviation", "instructed", "redispatch", "activation"),
    *("network_fee", "levies", "rent_return"),
)
GROUPS: Final = ("solar", "storage", "neither")
CAUSES: Final = ("neighbours", "timing", "forecast_errors", "rent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """A finished day as the wire tells it, and who lived through it."""

    day: str
    """Local date, YYYY-MM-DD."""
    definition: Record
    """GET /v1/markets/{m}."""
    totals: Record
    """GET …/report?day=."""
    intervals: Sequence[Record]
    """GET …/intervals of the day."""
    measurements: Sequence[Record]
    """GET …/measurements of the day, every unit."""
    tally: Record
    """What the simulation counted: sent, acknowledged, refused by code, ack_ms."""
    village: Village
    retailer_id: str
    cuts: Sequence[Record] = ()
    """What became of areas that were cut off."""
    networks: Sequence[Record] = ()
    """GET …/networks."""
    checks: Sequence[Record] = ()
    """GET …/grid-checks of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One household's day, in quanta; costs are positive, a saving is positive when it is better."""

    household: Household
    plain: PlainDay
    market_cost_quanta: int
    """What it paid on balance, rent given back included."""
    causes_quanta: dict[str, int]
    """The saving by `CAUSES`; sums to it exactly."""

    @property
    def saving_quanta(self) -> int:
        """Plain cost less market cost."""
        return self.plain.cost_quanta - self.market_cost_quanta

    @property
    def group(self) -> str:
        """Storage if a battery takes part, else solar, else neither."""
        if self.household.unit("storage") is not None:
            return "storage"
        return "solar" if self.household.unit("solar") is not None else "neither"

    @property
    def is_worse_off(self) -> bool:
        """True: it pays more, by more than 1 % of its plain bill."""
        return -self.saving_quanta * PPM > abs(self.plain.cost_quanta) * WORSE_OFF_PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The day in arrays (96 intervals) and bills."""

    bills: tuple[Bill, ...]
    prices_ticks: dict[str, IntArray]  # area → (96,)
    has_price: dict[str, NDArray[np.bool_]]  # area → (96,)
    by_kind_wh: dict[str, IntArray]  # kind of unit → (96,) injection
    from_grid_wh: IntArray  # (96,) delivered from the retailer's area into the others
    to_grid_wh: IntArray  # (96,) sent from the others into the retailer's area
    use_wh: int
    """What loads, cars and heat pumps consumed in the market's day."""


def compare(data: ReportInput) -> Outcome:
    """Bills, prices and volumes of the day.

    Raises:
        ValueError: the day is not complete: intervals or measurements are missing.
    """
    if len(data.intervals) != INTERVALS:
        raise ValueError(f"{len(data.intervals)} of {INTERVALS} intervals: the day is not complete")
    measured, levels = measured_wh(data)
    tariffs = {h.area_id: tariff_of(data.definition, h.area_id) for h in data.village.households}
    prices, has_price = area_prices(data, tariffs)
    totals = {p["participant_id"]: p for p in data.totals["participants"]}
    bills = tuple(
        bill_of(
            household,
            tariffs[household.area_id],
            measured=sum((measured[u.unit_id] for u in household.units), _zeros()),
            levels_wh=levels,
            prices_ticks=prices[household.area_id],
            totals=totals[household.participant_id],
            day_start_s=data.village.day_start_s,
        )
        for household in data.village.households
    )
    from_grid, to_grid = grid_exchange_wh(data, measured)
    by_kind: dict[str, IntArray] = {}
    for household in data.village.households:
        for unit in household.units:
            by_kind[unit.kind] = by_kind.get(unit.kind, _zeros()) + measured[unit.unit_id]
    consumers = [by_kind[k] for k in ("load", "heat_pump", "ev_charger") if k in by_kind]
    return Outcome(
        bills=bills,
        prices_ticks=prices,
        has_price=has_price,
        by_kind_wh=by_kind,
        from_grid_wh=from_grid,
        to_grid_wh=to_grid,
        use_wh=-sum(int(kind.sum()) for kind in consumers),
    )


def bill_of(
    household: Household,
    tariff: Tariff,
    *,
    measured: IntArray,
    levels_wh: Mapping[str, int],
    prices_ticks: IntArray,
    totals: Record,
    day_start_s: int,
) -> Bill:
    """One household's market day against its plain day.

    Args:
        household: its devices and their true day.
        tariff: of its area.
        measured: (96,) its meter, injection positive.
        levels_wh: storage unit → state of charge when the day ended; the plain day ends the same.
        prices_ticks: (96,) area prices.
        totals: its line of the market's day report.
        day_start_s: start of the day's first interval.
    """
    plain = plain_day(household, tariff, day_start_s=day_start_s, final_level_wh=levels_wh)
    amounts = {kind: quanta(totals["amounts"].get(kind, "0")) for kind in BILL_KINDS}
    rent = amounts["rent_return"]
    market_cost = -sum(amounts.values())
    plain_at_prices = _cost_at(prices_ticks, -plain.net_wh, tariff.withdrawal_ticks)
    measured_at_prices = _cost_at(prices_ticks, measured, tariff.withdrawal_ticks)
    return Bill(
        household=household,
        plain=plain,
        market_cost_quanta=market_cost,
        causes_quanta={
            "neighbours": plain.cost_quanta - plain_at_prices,
            "timing": plain_at_prices - measured_at_prices,
            "forecast_errors": measured_at_prices - (market_cost + rent),
            "rent": rent,
        },
    )


def _cost_at(prices_ticks: IntArray, injection_wh: IntArray, withdrawal_ticks: int) -> int:
    """Cost in quanta of a metered day at area prices, withdrawal charges included."""
    return sum(
        withdrawal_ticks * max(0, -energy) - price * energy
        for price, energy in zip(prices_ticks.tolist(), injection_wh.tolist(), strict=True)
    )


def measured_wh(data: ReportInput) -> tuple[dict[str, IntArray], dict[str, int]]:
    """Unit → (96,) injection as metered, and storage unit → state of charge at the day's end; Wh.

    Raises:
        ValueError: readings are missing.
    """
    units = {u.unit_id: u for h in data.village.households for u in h.units}
    measured = {unit_id: _zeros() for unit_id in units}
    levels = {u.unit_id: u.battery.start_wh for u in units.values() if u.battery is not None}
    last_index = dict.fromkeys(levels, -1)
    seen = 0
    for row in data.measurements:
        unit_id, index = row["unit_id"], index_of(data, row["start"])
        if unit_id not in measured or not 0 <= index < INTERVALS:
            continue
        seen += 1
        measured[unit_id][index] = wh(row["generation_kwh"]) - wh(row["consumption_kwh"])
        charge = row["state_of_charge_kwh"]
        if unit_id in levels and charge is not None and index > last_index[unit_id]:
            levels[unit_id], last_index[unit_id] = wh(charge), index
    if seen != len(units) * INTERVALS:
        raise ValueError(f"{seen} of {len(units) * INTERVALS} measurements: the day is incomplete")
    return measured, levels


def area_prices(
    data: ReportInput, tariffs: Mapping[str, Tariff]
) -> tuple[dict[str, IntArray], dict[str, NDArray[np.bool_]]]:
    """Area → (96,) price, and whether it is one; where nothing traded the delivered ask stands."""
    prices, known = {}, {}
    for area_id, tariff in tariffs.items():
        starts = data.village.day_start_s + INTERVAL_S * np.arange(INTERVALS)
        prices[area_id] = np.array([tariff.delivered_ask_ticks(int(s)) for s in starts])
        known[area_id] = np.zeros(INTERVALS, dtype=np.bool_)
    for interval in data.intervals:
        index = index_of(data, interval["start"])
        for area in interval["areas"] or ():
            if area["area_id"] in prices and area["price_per_mwh"] is not None:
                prices[area["area_id"]][index] = ticks(area["price_per_mwh"])
                known[area["area_id"]][index] = True
    return prices, known


def grid_exchange_wh(
    data: ReportInput, measured: Mapping[str, IntArray]
) -> tuple[IntArray, IntArray]:
    """(96,) each: what came from the retailer's area into the others, and what went there.

    Traded flows of the lines, and on top what each area's meters show beyond its trades: that is
    settled with the retailer over the same line.
    """
    home = next(a["area_id"] for a in data.definition["areas"] if a["holds_last_resort"])
    areas = sorted({h.area_id for h in data.village.households})
    net = {area_id: _zeros() for area_id in areas}  # withdrawn beyond what was injected
    for household in data.village.households:
        for unit in household.units:
            net[household.area_id] -= measured[unit.unit_id]
    inward = {area_id: _zeros() for area_id in areas}
    for interval in data.intervals:
        index = index_of(data, interval["start"])
        for area in interval["areas"] or ():
            if area["area_id"] in net:
                net[area["area_id"]][index] += wh(area["sold_kwh"]) - wh(area["bought_kwh"])
        for line in interval["lines"] or ():
            for area_id, energy in _inward(line, home):
                inward[area_id][index] += energy
    exchange = [inward[area_id] + net[area_id] for area_id in areas]
    return (
        sum((np.maximum(x, 0) for x in exchange), _zeros()),
        sum((np.maximum(-x, 0) for x in exchange), _zeros()),
    )


def _inward(line: Record, home: str) -> list[tuple[str, int]]:
    """(area, Wh it took from the retailer's area less what it sent there) of one line."""
    forward = wh(line["received_forward_kwh"]), wh(line["sent_forward_kwh"])
    backward = wh(line["received_backward_kwh"]), wh(line["sent_backward_kwh"])
    if line["from_area"] == home:
        return [(line["to_area"], forward[0] - backward[1])]
    if line["to_area"] == home:
        return [(line["from_area"], backward[0] - forward[1])]
    return []


def index_of(data: ReportInput, start: str) -> int:
    """Number of the interval that starts at this RFC 3339 time."""
    return (int(datetime.fromisoformat(start).timestamp()) - data.village.day_start_s) // INTERVAL_S


def quanta(money_text: str) -> int:
    """Money of the wire (eight decimals) as whole quanta, exactly."""
    return int(Decimal(money_text).scaleb(8))


def money(amount_quanta: int) -> str:
    """Whole quanta as the decimal string of the wire, eight decimals."""
    sign = "-" if amount_quanta < 0 else ""
    whole, rest = divmod(abs(amount_quanta), QUANTA_PER_CURRENCY)
    return f"{sign}{whole}.{rest:08d}"


def wh(energy_kwh: str) -> int:
    """Energy of the wire (kWh, three decimals) as whole Wh, exactly."""
    return int(Decimal(energy_kwh) * WH_PER_KWH)


def _zeros() -> IntArray:
    return np.zeros(INTERVALS, dtype=np.int64)
