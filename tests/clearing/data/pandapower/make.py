"""Makes the power-flow answers the tests compare with: pandapower on both grids, one day.

Not run by the tests, and pandapower is no dependency of the project. From the root, in an
environment of its own with pandapower, pyarrow and numba:

    python tests/clearing/data/pandapower/make.py

It reads the tables of sim/data/lv-community-de with pandas and shares no code with the project.
"""

from pathlib import Path

import numpy as np
import pandapower as pp
import pandas as pd

HERE = Path(__file__).parent
DATA = HERE.parents[3] / "sim" / "data" / "lv-community-de"
DAY_START = pd.Timestamp("2016-06-14T23:00:00Z")  # the local day 2016-06-15 at UTC+1
INTERVALS = 96
QUARTERS_PER_HOUR = 4
SOURCE_VM_PU = 1.025
TAP_STEP_PERCENT = 2.5
GIVES = {"pv": 1.0, "load": -1.0, "heat_pump": -1.0, "ev_charger": -1.0, "storage": -1.0}


def grid(area: str) -> tuple[pp.pandapowerNet, dict[str, int]]:
    """The area's grid in pandapower, with the bus index of each bus of the table."""
    net = pp.create_empty_network(f_hz=50.0)
    buses = pd.read_csv(DATA / "buses.csv")
    buses = buses[buses.area == area]
    place = {row.bus_id: pp.create_bus(net, vn_kv=row.vn_kv) for row in buses.itertuples()}
    for row in buses.itertuples():
        if row.is_slack:
            pp.create_ext_grid(net, place[row.bus_id], vm_pu=SOURCE_VM_PU)
    for row in pd.read_csv(DATA / "lines.csv").itertuples():
        if row.from_bus in place and row.in_service:
            pp.create_line_from_parameters(
                net,
                place[row.from_bus],
                place[row.to_bus],
                length_km=row.length_km,
                r_ohm_per_km=row.r_ohm_per_km,
                x_ohm_per_km=row.x_ohm_per_km,
                c_nf_per_km=row.c_nf_per_km,
                max_i_ka=row.max_i_ka,
            )
    for row in pd.read_csv(DATA / "transformers.csv").itertuples():
        if row.hv_bus in place:
            pp.create_transformer_from_parameters(
                net,
                place[row.hv_bus],
                place[row.lv_bus],
                sn_mva=row.sn_mva,
                vn_hv_kv=row.vn_hv_kv,
                vn_lv_kv=row.vn_lv_kv,
                vkr_percent=row.vkr_percent,
                vk_percent=row.vk_percent,
                pfe_kw=row.pfe_kw,
                i0_percent=row.i0_percent,
                tap_side="hv",
                tap_neutral=0,
                tap_step_percent=TAP_STEP_PERCENT,
                tap_pos=row.tap_pos,
                tap_changer_type="Ratio",
            )
    return net, place


def powers(area: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The area's assets, and their real and reactive injection (96, assets) in MW and Mvar."""
    assets = pd.read_csv(DATA / "assets.csv")
    assets = assets[assets.bus_id.str.startswith(f"{area}-")].reset_index(drop=True)
    end = DAY_START + pd.Timedelta(minutes=15 * INTERVALS)
    energy = pd.read_parquet(DATA / "asset_energy_15min.parquet")
    energy = energy[(energy.start >= DAY_START) & (energy.start < end)]
    table = energy.pivot_table(index="start", columns="asset_id", values="energy_kwh")
    kwh = table[assets.asset_id].to_numpy()
    assert kwh.shape == (INTERVALS, len(assets))
    p_mw = kwh * QUARTERS_PER_HOUR / 1e3 * assets.kind.map(GIVES).to_numpy()
    return assets, p_mw, p_mw * (assets.q_rated_kvar / assets.p_rated_kw).to_numpy()


def answers(area: str, trafo_model: str) -> dict[str, np.ndarray]:
    """What pandapower says of the 96 intervals."""
    net, place = grid(area)
    assets, p_mw, q_mvar = powers(area)
    for bus in assets.bus_id:
        pp.create_sgen(net, place[bus], p_mw=0.0)
    voltage, current, apparent, source = [], [], [], []
    for p, q in zip(p_mw, q_mvar, strict=True):
        net.sgen["p_mw"], net.sgen["q_mvar"] = p, q
        pp.runpp(net, trafo_model=trafo_model, tolerance_mva=1e-10, max_iteration=30)
        voltage.append(net.res_bus.vm_pu.to_numpy())
        current.append(net.res_line.i_ka.to_numpy() * 1e3)
        ends = net.res_trafo
        apparent.append(
            np.maximum(
                np.hypot(ends.p_hv_mw, ends.q_hv_mvar), np.hypot(ends.p_lv_mw, ends.q_lv_mvar)
            )
            * 1e6
        )
        source.append(net.res_ext_grid.p_mw.to_numpy()[0] * 1e6)
    return {
        "voltage_pu": np.array(voltage),
        "line_a": np.array(current),
        "trafo_va": np.array(apparent),
        "source_w": np.array(source),
    }


def main() -> None:
    """Write the answers, in whole billionths per unit, milliamperes, milli-VA and milliwatts."""
    kept = {}
    for area in ("RUR", "SEM"):
        found = answers(area, "pi")
        # Its other form of a transformer, and the one it takes unasked; half a millionth away.
        tee = answers(area, "t")["voltage_pu"] - found["voltage_pu"]
        kept[f"{area}_voltage_ppb"] = np.rint(found["voltage_pu"] * 1e9).astype(np.int32)
        kept[f"{area}_tee_less_pi_ppb"] = np.rint(tee * 1e9).astype(np.int16)
        kept[f"{area}_line_ma"] = np.rint(found["line_a"] * 1e3).astype(np.int32)
        kept[f"{area}_trafo_mva"] = np.rint(found["trafo_va"] * 1e3).astype(np.int64)
        kept[f"{area}_source_mw"] = np.rint(found["source_w"] * 1e3).astype(np.int64)
    np.savez_compressed(HERE / "answers.npz", **kept)


if __name__ == "__main__":
    main()
