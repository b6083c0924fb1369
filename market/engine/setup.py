"""A market comes to be: rules and grid, participants, units, deposits.

The one idea: an identical repeat is harmless and answers like the first time; the same id with other
content is refused. A command is taken whole or not at all, with all its faults together.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from market.engine.decisions import DONE_BEFORE, applied, refused
from market.engine.money.recovering import Came, recovered
from market.engine.state import MarketState
from market.model.grid import Grid
from market.model.interval import MICROSECONDS
from market.model.messages import (
    CreateMarket,
    Decision,
    DepositsMade,
    MakeDeposits,
    MarketCreated,
    ParticipantsRegistered,
    RegisterParticipants,
    RegisterUnits,
    TransfersBooked,
    UnitsRegistered,
)
from market.model.money import BANK, Transfer, TransferKind, participant_account
from market.model.participant import Unit
from market.model.rejection import Code, Rejection
from market.model.rules import DayKind, MarketRules
from market.model.units import PPM, SECONDS_PER_MINUTE

AREA_LEVELS_MAX: Final = 8
"""Areas around an area: control goes down level by level, and no grid has as many."""
LOSS_PPM_MAX: Final = 500_000
"""A line that loses more than half is a mistake, and its delivered prices would leave all bounds."""


def create_market(state: MarketState | None, command: CreateMarket) -> Decision:
    """Rules and grid are checked together; the first gate must lie ahead."""
    rules, grid = command.rules, command.grid
    if state is not None:
        if (state.rules, state.grid) == (rules, grid):
            return DONE_BEFORE
        return refused([Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="market_id")])
    faults = [*_rule_faults(rules, command.now_us), *_grid_faults(grid)]
    return refused(faults) if faults else applied(MarketCreated(rules=rules, grid=grid))


def _invalid(pointer: str, reason: str) -> Rejection:
    return Rejection(code=Code.DEFINITION_INVALID, pointer=pointer, parameters={"reason": reason})


def _rule_faults(rules: MarketRules, now_us: int) -> Iterator[Rejection]:
    step_s = rules.interval_minutes * SECONDS_PER_MINUTE
    try:
        ZoneInfo(rules.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield _invalid("time_zone", "not an IANA time zone")
    if rules.trading_from_s % step_s:
        yield _invalid("trading_from", "not the start of an interval")
    if rules.trading_until_s is not None and (
        rules.trading_until_s <= rules.trading_from_s or rules.trading_until_s % step_s
    ):
        yield _invalid("trading_until", "not an interval's end after trading_from")
    gate_us = (rules.trading_from_s - rules.gate_minutes * SECONDS_PER_MINUTE) * MICROSECONDS
    if gate_us <= now_us:
        yield _invalid("trading_from", "its gate has already passed")
    if rules.call_opens_minutes <= rules.gate_minutes:
        yield _invalid("call_opens_minutes", "the call must open before the gate")
    if rules.price_min_ticks >= rules.price_max_ticks:
        yield _invalid("price_max_per_mwh", "not above the least price")
    yield from _session_faults(rules)
    yield from _band_faults(rules)
    yield from _tariff_faults(rules)
    yield from _billing_faults(rules)
    yield from _collateral_faults(rules)


def _session_faults(rules: MarketRules) -> Iterator[Rejection]:
    """Sessions follow one another: opening call, continuous trading, closing call."""
    day_ahead, continuous = rules.day_ahead, rules.continuous
    if day_ahead is not None:
        if day_ahead.opens_minutes <= day_ahead.gate_minutes:
            yield _invalid("day_ahead/opens_minutes", "the call must open before its gate")
        if day_ahead.gate_minutes <= rules.call_opens_minutes:
            yield _invalid("day_ahead/gate_minutes", "the closing call must open after its gate")
    if continuous is not None:
        if continuous.opens_minutes <= rules.call_opens_minutes:
            yield _invalid("continuous/opens_minutes", "the closing call must open after it")
        if day_ahead is not None and day_ahead.gate_minutes < continuous.opens_minutes:
            yield _invalid("continuous/opens_minutes", "not after the opening call's gate")


def _band_faults(rules: MarketRules) -> Iterator[Rejection]:
    hours = Counter(
        hour for band in rules.last_resort for hour in range(band.from_hour, band.to_hour)
    )
    if hours != Counter(range(24)):
        yield _invalid("last_resort", "the bands must cover each hour 0 to 23 exactly once")
    for row, band in enumerate(rules.last_resort):
        if not rules.price_min_ticks <= band.bid_ticks <= band.ask_ticks <= rules.price_max_ticks:
            yield _invalid(
                f"last_resort/{row}", "bid and ask must be in this order inside the price limits"
            )


def _tariff_faults(rules: MarketRules) -> Iterator[Rejection]:
    """Every hour of working days and weekends has one network fee; two tariffs never begin at once."""
    begun = Counter((item.voltage_level, item.from_day) for item in rules.tariff.by_level)
    for row, item in enumerate(rules.tariff.by_level):
        place = f"tariff/by_level/{row}"
        if begun[item.voltage_level, item.from_day] > 1:
            yield _invalid(f"{place}/from_day", "two tariffs of a level begin on this day")
        for days in (DayKind.WORKING, DayKind.WEEKEND):
            bands = [band for band in item.bands if band.days in (DayKind.ALL, days)]
            if any(sum(band.covers(hour) for band in bands) != 1 for hour in range(24)):
                yield _invalid(
                    f"{place}/bands", f"must cover each hour 0 to 23 of {days} days exactly once"
                )
        if item.day_charge_quanta < 0:
            yield _invalid(f"{place}/charge_per_day", "a charge is not below zero")


def _billing_faults(rules: MarketRules) -> Iterator[Rejection]:
    """Of dated rules that follow one another no two begin on one day."""
    taxes = Counter((tax.tax_id, tax.from_day) for tax in rules.taxes)
    for row, tax in enumerate(rules.taxes):
        if taxes[tax.tax_id, tax.from_day] > 1:
            yield _invalid(f"taxes/{row}/from_day", "two rules of a tax begin on this day")
    windows = Counter(window.from_day for window in rules.dispute_windows)
    for row, window in enumerate(rules.dispute_windows):
        if windows[window.from_day] > 1:
            yield _invalid(f"dispute_windows/{row}/from_day", "two windows begin on this day")
    begun = Counter(terms.from_day for terms in rules.payment_terms)
    for row, terms in enumerate(rules.payment_terms):
        if begun[terms.from_day] > 1:
            yield _invalid(f"payment_terms/{row}/from_day", "two terms begin on this day")


def _collateral_faults(rules: MarketRules) -> Iterator[Rejection]:
    begun = Counter(rule.from_day for rule in rules.collateral)
    for row, rule in enumerate(rules.collateral):
        if begun[rule.from_day] > 1:
            yield _invalid(f"collateral/{row}/from_day", "two rules begin on this day")


def _grid_faults(grid: Grid) -> Iterator[Rejection]:
    known = Counter(area.area_id for area in grid.areas)
    if not grid.areas:
        yield _invalid("areas", "a market needs an area")
    if sum(area.holds_last_resort for area in grid.areas) != 1:
        yield _invalid("areas", "exactly one area holds the retailer of last resort")
    for row, area in enumerate(grid.areas):
        if known[area.area_id] > 1:
            yield _invalid(f"areas/{row}/area_id", "stands twice")
        if area.parent is not None and area.parent not in known:
            yield Rejection(code=Code.AREA_UNKNOWN, pointer=f"areas/{row}/parent")
        elif _lies_in_itself(area.area_id, grid):
            yield _invalid(f"areas/{row}/parent", "an area cannot lie in itself")
        elif _levels_above(area.area_id, grid) > AREA_LEVELS_MAX:
            yield _invalid(f"areas/{row}/parent", f"more than {AREA_LEVELS_MAX} areas around it")
    yield from _line_faults(grid, set(known))


def _lies_in_itself(area_id: str, grid: Grid) -> bool:
    """True when the way up through the parents comes back; what is settled per area climbs it."""
    parent = {area.area_id: area.parent for area in grid.areas}
    above = parent.get(area_id)
    for _ in grid.areas:
        if above is None or above == area_id:
            break
        above = parent.get(above)
    return above == area_id


def _levels_above(area_id: str, grid: Grid) -> int:
    """How many areas lie around this one."""
    parent = {area.area_id: area.parent for area in grid.areas}
    around: set[str] = set()
    above = parent.get(area_id)
    while above is not None and above not in around:
        around.add(above)
        above = parent.get(above)
    return len(around)


def _line_faults(grid: Grid, known: set[str]) -> Iterator[Rejection]:
    line_ids = Counter(line.line_id for line in grid.lines)
    for row, line in enumerate(grid.lines):
        if line_ids[line.line_id] > 1:
            yield _invalid(f"lines/{row}/line_id", "stands twice")
        if line.from_area == line.to_area:
            yield _invalid(f"lines/{row}", "joins an area with itself")
        if not 0 <= line.loss_ppm <= LOSS_PPM_MAX:
            yield _invalid(f"lines/{row}/loss_ppm", f"not between 0 and {LOSS_PPM_MAX}")
        for name in ("from_area", "to_area"):
            if getattr(line, name) not in known:
                yield Rejection(code=Code.AREA_UNKNOWN, pointer=f"lines/{row}/{name}")


def register_participants(state: MarketState, command: RegisterParticipants) -> Decision:
    """Participants must lie in known areas; one of them at most is the last resort."""
    known_areas = state.grid.area_index()
    counts = Counter(item.participant_id for item in command.participants)
    last_resorts = {state.last_resort_id} - {None}
    last_resorts |= {item.participant_id for item in command.participants if item.is_last_resort}
    faults: list[Rejection] = []
    for row, item in enumerate(command.participants):
        before = state.participants.get(item.participant_id)
        if counts[item.participant_id] > 1 or (before is not None and before != item):
            faults.append(_different(row, "participant_id"))
        if item.area_id not in known_areas:
            faults.append(Rejection(code=Code.AREA_UNKNOWN, pointer=f"items/{row}/area_id"))
        if item.is_last_resort and len(last_resorts) > 1:
            faults.append(_invalid(f"items/{row}/is_last_resort", "there is one already"))
    if faults:
        return refused(faults)
    new = tuple(
        item for item in command.participants if item.participant_id not in state.participants
    )
    return applied(ParticipantsRegistered(participants=new)) if new else DONE_BEFORE


def _different(row: int, field: str) -> Rejection:
    return Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer=f"items/{row}/{field}")


def register_units(state: MarketState, command: RegisterUnits) -> Decision:
    """Units need a known participant and lie in a known area."""
    counts = Counter(item.unit_id for item in command.units)
    known_areas = state.grid.area_index()
    faults: list[Rejection] = []
    for row, item in enumerate(command.units):
        before = state.units.get(item.unit_id)
        if counts[item.unit_id] > 1 or (before is not None and before != item):
            faults.append(_different(row, "unit_id"))
        if item.unit_id in known_areas:
            faults.append(_invalid(f"items/{row}/unit_id", "an area has this id"))
        if item.participant_id not in state.participants:
            faults.append(
                Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer=f"items/{row}/participant_id")
            )
        if item.area_id not in known_areas:
            faults.append(Rejection(code=Code.AREA_UNKNOWN, pointer=f"items/{row}/area_id"))
        faults.extend(_unit_faults(row, item))
    if faults:
        return refused(faults)
    new = tuple(item for item in command.units if item.unit_id not in state.units)
    return applied(UnitsRegistered(units=new)) if new else DONE_BEFORE


def _unit_faults(row: int, unit: Unit) -> Iterator[Rejection]:
    place = f"items/{row}"
    if unit.injection_max_w == 0 and unit.withdrawal_max_w == 0:
        yield _invalid(f"{place}/injection_max_kw", "the unit can neither inject nor withdraw")
    storage = unit.storage
    if storage is None:
        return
    if not 0 <= storage.start_wh <= storage.capacity_wh:
        yield _invalid(f"{place}/storage/start_kwh", "not between zero and the capacity")
    for name in ("efficiency_charge_ppm", "efficiency_discharge_ppm"):
        if not 0 < getattr(storage, name) <= PPM:
            yield _invalid(f"{place}/storage/{name}", "not between 1 and 1000000")


def make_deposits(state: MarketState, command: MakeDeposits) -> Decision:
    """A deposit id counts once for ever."""
    counts = Counter(item.deposit_id for item in command.deposits)
    faults: list[Rejection] = []
    for row, item in enumerate(command.deposits):
        before = state.deposits.get(item.deposit_id)
        content = (item.participant_id, item.amount_quanta)
        is_other = before is not None and before != content
        if counts[item.deposit_id] > 1 or is_other or item.deposit_id in state.payments.seen:
            faults.append(_different(row, "deposit_id"))
        if item.participant_id not in state.participants:
            faults.append(
                Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer=f"items/{row}/participant_id")
            )
    if faults:
        return refused(faults)
    new = tuple(item for item in command.deposits if item.deposit_id not in state.deposits)
    if not new:
        return DONE_BEFORE
    transfers = tuple(
        Transfer(
            debit_account=BANK,
            credit_account=participant_account(item.participant_id),
            amount_quanta=item.amount_quanta,
            kind=TransferKind.DEPOSIT,
            reference=item.deposit_id,
        )
        for item in new
    )
    came = (
        Came(
            participant_id=item.participant_id,
            amount_quanta=item.amount_quanta,
            reference=item.deposit_id,
        )
        for item in new
    )
    back, events = recovered(state, came, command.now_us)
    booked = TransfersBooked(transfers=(*transfers, *back))
    return applied(DepositsMade(deposits=new), booked, *events)
