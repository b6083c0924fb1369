"""A small grid for the village of the builders, and a calculator that needs no process of its own."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clearing.network import FlowProblem, NetworkArrays, PowerFlow
from clearing.power_flow import power_flow
from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import RedispatchProblem, RedispatchResult
from market.model.network import Bus, Network, NetworkLine, Placement

PLACES: Final = {
    "ann-solar": "roof",
    "ann-load": "roof",
    "ann-battery": "roof",
    "ben-load": "barn",
}


def feeder(
    *,
    area_id: str = "RUR",
    version: int = 1,
    voltage_max_ppm: int = 1_100_000,
    voltage_min_ppm: int = 900_000,
    current_max_ma: int = 270_000,
    places: dict[str, str] | None = None,
) -> Network:
    """A source, two kilometres of cable to a roof, half a kilometre on to a barn."""

    def line(line_id: str, from_bus: str, to_bus: str, length_mm: int) -> NetworkLine:
        return NetworkLine(
            line_id=line_id,
            from_bus=from_bus,
            to_bus=to_bus,
            length_mm=length_mm,
            resistance_uohm_per_km=206_700,
            reactance_uohm_per_km=80_425,
            capacitance_ff_per_km=829_999_394,
            current_max_ma=current_max_ma,
        )

    return Network(
        area_id=area_id,
        version=version,
        source_bus="station",
        buses=tuple(
            Bus(
                bus_id=bus_id,
                rated_v=400,
                voltage_min_ppm=voltage_min_ppm,
                voltage_max_ppm=voltage_max_ppm,
            )
            for bus_id in ("station", "roof", "barn")
        ),
        lines=(
            line("lane", "station", "roof", 2_000_000),
            line("track", "roof", "barn", 500_000),
        ),
        transformers=(),
        placements=tuple(
            Placement(member_id=member_id, bus_id=bus_id)
            for member_id, bus_id in (PLACES if places is None else places).items()
        ),
    )


class Calculator:
    """Power flow and redispatch in the calling thread; keeps what it was asked."""

    def __init__(self) -> None:
        self.problems: list[RedispatchProblem] = []
        self.flows = 0

    def power_flow(
        self,
        network: NetworkArrays,
        power_w: NDArray[np.float64],
        reactive_var: NDArray[np.float64] | None = None,
        *,
        deadline_s: float = 10.0,
    ) -> PowerFlow:
        assert deadline_s >= 0
        self.flows += 1
        return power_flow(FlowProblem(network=network, power_w=power_w, reactive_var=reactive_var))

    def redispatch(self, problem: RedispatchProblem, deadline_s: float) -> RedispatchResult:
        assert deadline_s > 0
        self.problems.append(problem)
        return redispatch(problem)
