"""A large market: its rules and areas, its people and units, by number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from market.model.grid import Area, Grid, Line
from market.model.messages import Command, CreateMarket, RegisterParticipants, RegisterUnits
from market.model.participant import Participant, StorageData, Unit, UnitKind
from market.model.rules import LastResortBand, MarketRules, Tariff, TieRule

MARKET_ID: Final = "large"
DAY: Final = "2016-06-15"
MONTH: Final = "2016-06"
FIRST_S: Final = 1_465_945_200  # 2016-06-15T00:00+01:00
STEP_S: Final = 900
UNITS_TO_A_POINT: Final = 3
LAST_RESORT: Final = "last"
HOME: Final = "GRID"
DAY_BEFORE_US: Final = (FIRST_S - 7_200) * 1_000_000
_KINDS: Final = (UnitKind.LOAD, UnitKind.SOLAR, UnitKind.STORAGE)
_STORAGE: Final = StorageData(
    capacity_wh=10_000,
    start_wh=5_000,
    efficiency_charge_ppm=950_000,
    efficiency_discharge_ppm=950_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a day is."""

    units: int = 100_000
    areas: int = 100
    intervals: int = 96

    @property
    def cells(self) -> int:
        """Unit-intervals."""
        return self.units * self.intervals

    @property
    def points(self) -> int:
        """Metering points, each a participant."""
        return -(-self.units // UNITS_TO_A_POINT)

    @property
    def starts_s(self) -> range:
        """The day's intervals."""
        return range(FIRST_S, FIRST_S + self.intervals * STEP_S, STEP_S)

    @property
    def closed_us(self) -> int:
        """When the day has just been closed."""
        return (self.starts_s.stop + 1_800) * 1_000_000


def area_of(point: int, size: Size) -> str:
    """The area a metering point lies in."""
    return f"A{point % size.areas:03d}"


def unit_name(number: int) -> str:
    """A unit by its number."""
    return f"u{number:06d}"


def point_name(number: int) -> str:
    """A metering point, and who owns it, by its number."""
    return f"p{number:05d}"


def definition(size: Size) -> tuple[MarketRules, Grid]:
    """A market whose areas are joined to the retailer's, each by a line; it ends with its day."""
    rules = MarketRules(
        market_id=MARKET_ID,
        name=MARKET_ID,
        currency="EUR",
        time_zone="Etc/GMT-1",
        interval_minutes=15,
        trading_from_s=FIRST_S,
        trading_until_s=size.starts_s.stop,
        call_opens_minutes=1_560,
        gate_minutes=15,
        settle_minutes=15,
        price_min_ticks=-50_000,
        price_max_ticks=400_000,
        tie=TieRule.PRORATA,
        capability_tolerance_ppm=50_000,
        deviation_adder_ppm=50_000,
        deviation_adder_min_ticks=50,
        tariff=Tariff(network_ticks=7_000, levies_ticks=5_000),
        last_resort=(LastResortBand(from_hour=0, to_hour=24, ask_ticks=16_000, bid_ticks=8_000),),
    )
    names = [area_of(point, size) for point in range(size.areas)]
    grid = Grid(
        areas=(
            *(Area(area_id=name, name=name) for name in names),
            Area(area_id=HOME, name=HOME, holds_last_resort=True),
        ),
        lines=tuple(
            Line(
                line_id=f"{HOME}-{name}",
                from_area=HOME,
                to_area=name,
                capacity_forward_w=10**9,
                capacity_backward_w=10**9,
                loss_ppm=20_000,
                fee_forward_ticks=4_000,
                fee_backward_ticks=0,
            )
            for name in names
        ),
    )
    return rules, grid


def people(size: Size) -> Iterator[Command]:
    """The commands that make it."""
    rules, grid = definition(size)
    own = {"now_us": DAY_BEFORE_US, "actor": "op"}
    yield CreateMarket(now_us=DAY_BEFORE_US, actor="op", rules=rules, grid=grid)
    points = [
        Participant(
            participant_id=point_name(number),
            name=point_name(number),
            area_id=area_of(number, size),
        )
        for number in range(size.points)
    ]
    last = Participant(
        participant_id=LAST_RESORT, name=LAST_RESORT, area_id=HOME, is_last_resort=True
    )
    yield RegisterParticipants(now_us=DAY_BEFORE_US, actor="op", participants=(*points, last))
    units = tuple(_unit(number, size) for number in range(size.units))
    retail = Unit(
        unit_id="last-sells",
        participant_id=LAST_RESORT,
        area_id=HOME,
        kind=UnitKind.RETAILER,
        injection_max_w=10**9,
        withdrawal_max_w=10**9,
        controllable=False,
    )
    for first in range(0, size.units, 5_000):
        yield RegisterUnits(**own, units=units[first : first + 5_000])  # type: ignore[arg-type]
    yield RegisterUnits(now_us=DAY_BEFORE_US, actor="op", units=(retail,))


def _unit(number: int, size: Size) -> Unit:
    """A load, a roof and, at every tenth point, a battery; else a second load."""
    point = number // UNITS_TO_A_POINT
    kind = _KINDS[number % UNITS_TO_A_POINT]
    if kind is UnitKind.STORAGE and point % 10:
        kind = UnitKind.LOAD
    return Unit(
        unit_id=unit_name(number),
        participant_id=point_name(point),
        area_id=area_of(point, size),
        kind=kind,
        injection_max_w=20_000,
        withdrawal_max_w=20_000,
        controllable=False,
        storage=_STORAGE if kind is UnitKind.STORAGE else None,
    )
