"""Grids for tests: by hand, at random, and the two real ones of the demonstration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from clearing.check.redispatch import audit_redispatch
from clearing.network import FloatArray, FlowProblem, IntArray, NetworkArrays, PowerFlow
from clearing.power_flow import power_flow
from clearing.redispatch.decide import redispatch
from clearing.redispatch_problem import RedispatchProblem, RedispatchResult

COMMUNITY = Path(__file__).parents[2] / "sim" / "data" / "lv-community-de"
#: Of the source, and not in its extract: the upper network's voltage and a tap's step.
SOURCE_V_PU = 1.025
TAP_STEP = 0.025


def index(*values: int) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    return np.array(values, dtype=np.int32)


def column(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


def flowing(
    network: NetworkArrays, power_w: FloatArray, reactive_var: FloatArray | None = None
) -> PowerFlow:
    """The power flow, by the library."""
    return power_flow(FlowProblem(network=network, power_w=power_w, reactive_var=reactive_var))


def feeder(
    *,
    r_ohm: float = 0.1,
    x_ohm: float = 0.05,
    v_v: float = 400.0,
    v_min: float = 0.9,
    v_max: float = 1.1,
    i_max_a: float = float("inf"),
    n_units: int = 1,
) -> NetworkArrays:
    """A source, one line, and all units at its end."""
    return lines_only(
        [(0, 1)],
        [r_ohm],
        [x_ohm],
        [1] * n_units,
        v_v=v_v,
        v_min=v_min,
        v_max=v_max,
        i_max_a=[i_max_a],
    )


def lines_only(
    ends: list[tuple[int, int]],
    r_ohm: list[float],
    x_ohm: list[float],
    units: list[int],
    *,
    v_v: float = 400.0,
    v_min: float = 0.9,
    v_max: float = 1.1,
    i_max_a: list[float] | None = None,
) -> NetworkArrays:
    """Lines without capacitance between nodes of one voltage; node 0 is the source at 1.0."""
    n = 1 + max(max(pair) for pair in ends)
    none = np.zeros(0)
    return NetworkArrays(
        node_v_rated_v=np.full(n, v_v),
        node_v_min_pu=np.full(n, v_min),
        node_v_max_pu=np.full(n, v_max),
        source_node=0,
        source_v_pu=1.0,
        line_from=index(*(a for a, _ in ends)),
        line_to=index(*(b for _, b in ends)),
        line_r_ohm=column(*r_ohm),
        line_x_ohm=column(*x_ohm),
        line_c_f=np.zeros(len(ends)),
        line_i_max_a=np.full(len(ends), np.inf) if i_max_a is None else column(*i_max_a),
        trafo_from=index(),
        trafo_to=index(),
        trafo_sn_va=none,
        trafo_v_from_v=none,
        trafo_v_to_v=none,
        trafo_uk=none,
        trafo_pk_w=none,
        trafo_i0=none,
        trafo_p0_w=none,
        trafo_tap=none,
        unit_node=index(*units),
    )


def with_trafo(network: NetworkArrays, *, sn_va: float = 100_000.0) -> NetworkArrays:
    """The same grid behind a 20/0.4 kV transformer: a new last node is the source."""
    n = network.n_nodes
    return replace(
        network,
        node_v_rated_v=np.append(network.node_v_rated_v, 20_000.0),
        node_v_min_pu=np.append(network.node_v_min_pu, 0.9),
        node_v_max_pu=np.append(network.node_v_max_pu, 1.1),
        source_node=n,
        trafo_from=index(n),
        trafo_to=index(network.source_node),
        trafo_sn_va=column(sn_va),
        trafo_v_from_v=column(20_000.0),
        trafo_v_to_v=column(400.0),
        trafo_uk=column(0.06),
        trafo_pk_w=column(0.012 * sn_va),
        trafo_i0=column(0.003),
        trafo_p0_w=column(0.002 * sn_va),
        trafo_tap=column(0.0),
    )


def community(area: str) -> NetworkArrays:
    """One of the two real grids; a unit for each of its assets, in the order of the table."""
    buses = pl.read_csv(COMMUNITY / "buses.csv").filter(pl.col("area") == area)
    place = {name: number for number, name in enumerate(buses["bus_id"])}
    lines = _of_area("lines", "from_bus", area).filter(pl.col("in_service"))
    trafos = _of_area("transformers", "hv_bus", area)
    assets = _of_area("assets", "bus_id", area)
    km = lines["length_km"].to_numpy()
    sn_va = trafos["sn_mva"].to_numpy() * 1e6

    def nodes(names: pl.Series) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
        return index(*(place[name] for name in names))

    return NetworkArrays(
        node_v_rated_v=buses["vn_kv"].to_numpy() * 1e3,
        node_v_min_pu=buses["min_vm_pu"].to_numpy(),
        node_v_max_pu=buses["max_vm_pu"].to_numpy(),
        source_node=int(buses["is_slack"].arg_max() or 0),
        source_v_pu=SOURCE_V_PU,
        line_from=nodes(lines["from_bus"]),
        line_to=nodes(lines["to_bus"]),
        line_r_ohm=lines["r_ohm_per_km"].to_numpy() * km,
        line_x_ohm=lines["x_ohm_per_km"].to_numpy() * km,
        line_c_f=lines["c_nf_per_km"].to_numpy() * 1e-9 * km,
        line_i_max_a=lines["max_i_ka"].to_numpy() * 1e3,
        trafo_from=nodes(trafos["hv_bus"]),
        trafo_to=nodes(trafos["lv_bus"]),
        trafo_sn_va=sn_va,
        trafo_v_from_v=trafos["vn_hv_kv"].to_numpy() * 1e3,
        trafo_v_to_v=trafos["vn_lv_kv"].to_numpy() * 1e3,
        trafo_uk=trafos["vk_percent"].to_numpy() / 100,
        trafo_pk_w=trafos["vkr_percent"].to_numpy() / 100 * sn_va,
        trafo_i0=trafos["i0_percent"].to_numpy() / 100,
        trafo_p0_w=trafos["pfe_kw"].to_numpy() * 1e3,
        trafo_tap=trafos["tap_pos"].to_numpy() * TAP_STEP,
        unit_node=nodes(assets["bus_id"]),
    )


def _of_area(table: str, bus: str, area: str) -> pl.DataFrame:
    return pl.read_csv(COMMUNITY / f"{table}.csv").filter(pl.col(bus).str.starts_with(f"{area}-"))


#: The local day 2016-06-15 at UTC+1, by quarter hours.
DAY_START = datetime(2016, 6, 14, 23, tzinfo=UTC)
INTERVALS = 96
_WH_TO_W = 4_000.0  # kWh in a quarter of an hour


def day_powers(area: str) -> tuple[FloatArray, FloatArray]:
    """(96, u) W and var of the area's assets on the day, injection positive."""
    assets = _of_area("assets", "bus_id", area)
    energy = (
        pl.scan_parquet(COMMUNITY / "asset_energy_15min.parquet")
        .filter(pl.col("start").is_between(DAY_START, DAY_START + timedelta(days=1), "left"))
        .collect()
        .pivot("asset_id", index="start", values="energy_kwh")
        .sort("start")
    )
    gives = np.where(assets["kind"].to_numpy() == "pv", 1.0, -1.0)
    power_w = energy.select(assets["asset_id"].to_list()).to_numpy() * _WH_TO_W * gives
    factor = (assets["q_rated_kvar"] / assets["p_rated_kw"]).to_numpy()
    return power_w, power_w * factor


def solar(area: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """(u,) which assets are solar."""
    return _of_area("assets", "bus_id", area)["kind"].to_numpy() == "pv"


def problem_of(
    network: NetworkArrays,
    scheduled_w: list[int],
    *,
    lowest_w: list[int] | None = None,
    highest_w: list[int] | None = None,
    up: list[int] | int = 0,
    down: list[int] | int = 0,
    ask: int = 20_000,
    bid: int = 8_000,
    reactive_var: list[int] | None = None,
    lowest_by_rule_w: list[int] | None = None,
    borne_w: list[int] | None = None,
    offered_w: list[int] | None = None,
) -> RedispatchProblem:
    """A quarter of an hour; units may not move unless told, and moving costs nothing."""

    def column(values: list[int] | int) -> IntArray:
        return np.broadcast_to(np.array(values, dtype=np.int64), (len(scheduled_w),)).copy()

    return RedispatchProblem(
        network=network,
        scheduled_w=column(scheduled_w),
        lowest_w=column(scheduled_w if lowest_w is None else lowest_w),
        highest_w=column(scheduled_w if highest_w is None else highest_w),
        cost_up_ticks=column(up),
        cost_down_ticks=column(down),
        replacement_ask_ticks=ask,
        replacement_bid_ticks=bid,
        minutes=15,
        reactive_var=None if reactive_var is None else column(reactive_var),
        lowest_by_rule_w=None if lowest_by_rule_w is None else column(lowest_by_rule_w),
        borne_w=None if borne_w is None else column(borne_w),
        offered_w=None if offered_w is None else column(offered_w),
    )


def sunny_noon(
    area: str, v_max: float, *, sun: float = 1.4, down: int = 8_000
) -> RedispatchProblem:
    """The quarter hour with the highest voltage of the day, with more sun, and a tighter limit.

    Solar may be turned down at a cost; nothing else moves.
    """
    network = community(area)
    low = network.node_v_rated_v < 1_000
    tight = replace(network, node_v_max_pu=np.where(low, v_max, network.node_v_max_pu))
    power_w, reactive_var = day_powers(area)
    power_w = np.where(solar(area), sun * power_w, power_w)
    step = int(flowing(network, power_w, reactive_var).voltage_pu.max(axis=1).argmax())
    scheduled = np.rint(power_w[step]).astype(np.int64)
    return problem_of(
        tight,
        scheduled.tolist(),
        lowest_w=np.where(solar(area), 0, scheduled).tolist(),
        down=down,
        reactive_var=np.rint(reactive_var[step]).astype(np.int64).tolist(),
    )


def power_at(v_pu: float, r_ohm: float, x_ohm: float, v_v: float = 400.0) -> float:
    """Real power at the end of a line that makes the voltage there: the two-node equation."""
    x = v_pu**2
    a, b, c = (r_ohm**2 + x_ohm**2) / v_v**4, -2 * r_ohm / v_v**2 * x, x**2 - x
    return (-b - np.sqrt(b**2 - 4 * a * c)) / (2 * a)


def solved(problem: RedispatchProblem) -> RedispatchResult:
    """The result, audited, with the sums every result keeps."""
    result = redispatch(problem)
    assert audit_redispatch(problem, result) == []
    assert result.change_w.sum() + result.replacement_w == 0
    return result
