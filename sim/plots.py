"""The day in pictures: vector graphics that stand in the report by themselves.

The one idea: a picture takes arrays of the outcome and gives SVG text; nothing is read, nothing is
decided, no window and no global state of the drawing library is touched (it may run in a thread).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.outcome import GROUPS, PPM, QUANTA_PER_CURRENCY, Outcome, ReportInput, index_of, wh
from sim.profiles import INTERVAL_S, INTERVALS
from sim.tariff import tariff_of

INK: Final = "#1d2b36"
QUIET: Final = "#8a97a3"
GRID_LINE: Final = "#e4e9ed"
AREA_COLOURS: Final = ("#0b7285", "#c2410c", "#6d28d9", "#4d7c0f")
SOURCE_COLOURS: Final = {"solar": "#f2b705", "battery": "#2f9e6e", "retailer": "#9aa8b5"}
GROUP_COLOURS: Final = {"solar": "#e0a100", "storage": "#2f9e6e", "neither": "#5b7c99"}
#: Energy of a quarter of an hour in Wh → mean power in kW.
KW_PER_WH: Final = 3_600 / INTERVAL_S / 1_000
HOURS: Final = np.arange(INTERVALS) * INTERVAL_S / 3_600
WIDE: Final = (9.2, 3.3)
LOW_VOLTAGE_V: Final = 1_000
NEAR_PU: Final = 0.02
"""A limit further away than this is no news, and would flatten everything else."""


def prices(data: ReportInput, outcome: Outcome) -> str:
    """Area prices over the day inside what the retailer pays and asks, both delivered."""
    figure, axes = _sheet("currency per MWh")
    tariff = tariff_of(data.definition, min(outcome.prices_ticks))
    starts = [data.village.day_start_s + i * INTERVAL_S for i in range(INTERVALS)]
    ask = np.array([tariff.delivered_ask_ticks(s) for s in starts]) / 100
    bid = np.array([tariff.delivered_bid_ticks(s) for s in starts]) / 100
    axes.fill_between(
        HOURS, bid, ask, step="post", color="#eef2f5", label="between retailer's bid and ask"
    )
    for colour, (area_id, ticks) in zip(AREA_COLOURS, outcome.prices_ticks.items(), strict=False):
        known = np.where(outcome.has_price[area_id], ticks / 100, np.nan)
        axes.step(HOURS, known, where="post", color=colour, linewidth=1.8, label=area_id)
    axes.set_ylim(bottom=0)
    _legend(axes)
    return svg_of(figure)


def volumes(outcome: Outcome) -> str:
    """Where the energy came from, and how much was used."""
    figure, axes = _sheet("kW, quarter-hour means")
    nothing = np.zeros(INTERVALS)
    battery = outcome.by_kind_wh.get("storage", nothing)
    layers = {
        "solar": outcome.by_kind_wh.get("solar", nothing),
        "battery": np.maximum(battery, 0),
        "retailer": outcome.from_grid_wh,
    }
    axes.stackplot(
        HOURS,
        [layer * KW_PER_WH for layer in layers.values()],
        step="post",
        labels=["solar", "batteries", "from the retailer"],
        colors=[SOURCE_COLOURS[name] for name in layers],
        alpha=0.9,
    )
    kinds = ("load", "heat_pump", "ev_charger")
    use = -sum((outcome.by_kind_wh.get(kind, nothing) for kind in kinds), nothing)
    axes.step(HOURS, use * KW_PER_WH, where="post", color=INK, linewidth=1.5, label="use")
    _legend(axes)
    return svg_of(figure)


def self_sufficiency(shares: Mapping[str, float]) -> str:
    """What part of the use was covered inside the village, with and without the market."""
    figure = Figure(figsize=(4.4, 3.3), layout="constrained")
    axes = figure.subplots()
    _quiet(axes)
    names = {"market": "market", "plain": "everybody alone"}
    values = [100 * shares[key] for key in names]
    bars = axes.bar(list(names.values()), values, color=["#2f9e6e", "#b8c4ce"], width=0.55)
    axes.bar_label(bars, [f"{value:.1f} %" for value in values], padding=3, color=INK)
    axes.set_ylim(0, max(100, *values) if max(values) > 85 else 1.25 * max(values))
    axes.set_ylabel("% of use")
    return svg_of(figure)


def savings(outcome: Outcome) -> str:
    """Every household's saving, sorted; the colour says what it owns."""
    figure = Figure(figsize=(9.2, 3.3), layout="constrained")
    bars, boxes = figure.subplots(1, 2, width_ratios=(2.4, 1))
    ordered = sorted(outcome.bills, key=lambda bill: bill.saving_quanta)
    values = np.array([bill.saving_quanta / QUANTA_PER_CURRENCY for bill in ordered])
    colours = [GROUP_COLOURS[bill.group] for bill in ordered]
    bars.bar(np.arange(len(values)), values, color=colours, width=1.0)
    bars.set_ylabel("saved that day")
    bars.set_xlabel("households, sorted")
    bars.set_xticks([])
    bars.axhline(0, color=INK, linewidth=0.8)
    by_group = {g: [b for b in outcome.bills if b.group == g] for g in GROUPS}
    present = [g for g in GROUPS if by_group[g]]
    parts = [_percent_saved(by_group[g]) for g in present]
    drawn = boxes.boxplot(
        parts, widths=0.5, patch_artist=True, showfliers=False, medianprops={"color": INK}
    )
    for patch, group in zip(drawn["boxes"], present, strict=True):
        patch.set_facecolor(GROUP_COLOURS[group])
        patch.set_edgecolor("none")
    boxes.set_xticks(range(1, len(present) + 1), present)
    boxes.set_ylabel("% of the plain bill (without outliers)")
    boxes.axhline(0, color=INK, linewidth=0.8)
    for axes in (bars, boxes):
        _quiet(axes)
    return svg_of(figure)


def causes(plain_quanta: int, by_cause: Mapping[str, int], market_quanta: int) -> str:
    """From the plain bill to the market's, step by step."""
    figure = Figure(figsize=(4.6, 3.3), layout="constrained")
    axes = figure.subplots()
    _quiet(axes)
    words = {"neighbours": "neighbours", "timing": "timing", "forecast_errors": "forecast errors"}
    words["rent"] = "rent returned"
    level = plain_quanta
    axes.barh(0, level / QUANTA_PER_CURRENCY, color="#b8c4ce")
    names = ["plain bills"]
    for row, (cause, saved) in enumerate(by_cause.items(), start=1):
        colour = "#2f9e6e" if saved >= 0 else "#c2410c"
        axes.barh(row, -saved / QUANTA_PER_CURRENCY, left=level / QUANTA_PER_CURRENCY, color=colour)
        edge = max(level, level - saved) / QUANTA_PER_CURRENCY
        axes.annotate(
            f" {-saved / QUANTA_PER_CURRENCY:+.2f}", (edge, row), va="center", fontsize=8, color=INK
        )
        level -= saved
        names.append(words[cause])
    axes.barh(len(names), market_quanta / QUANTA_PER_CURRENCY, color="#2f9e6e", alpha=0.5)
    names.append("market bills")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.set_xlim(left=0)
    return svg_of(figure)


def loading(data: ReportInput) -> str:
    """How full each line was, positive in its own direction; a dot where it could carry no more."""
    figure, axes = _sheet("% of capacity")
    loads, full = _loading(data)
    for colour, (line_id, percent) in zip(AREA_COLOURS, loads.items(), strict=False):
        axes.step(HOURS, percent, where="post", color=colour, linewidth=1.5, label=line_id)
        at = np.flatnonzero(full[line_id])
        axes.plot(HOURS[at] + 0.125, percent[at], "o", color=colour, markersize=4)
    for edge in (-100, 100):
        axes.axhline(edge, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_ylim(-115, 115)
    _legend(axes)
    return svg_of(figure)


def voltages(data: ReportInput) -> str:
    """Of each grid the lowest and the highest bus, as traded and as told in the end, and its limits."""
    figure, axes = _sheet("voltage, part of rated")
    levels = []
    for colour, network in zip(AREA_COLOURS, data.networks, strict=False):
        area_id = network["area_id"]
        traded, lowest, highest = _voltages(data, area_id)
        axes.fill_between(
            HOURS, lowest, highest, step="post", color=colour, alpha=0.14, linewidth=0
        )
        axes.step(HOURS, highest, where="post", color=colour, linewidth=1.6, label=area_id)
        if (traded > highest).any():
            name = f"{area_id} as traded"
            axes.step(HOURS, traded, ":", where="post", color=colour, linewidth=1.2, label=name)
        levels += [lowest, highest, traded]
        low_voltage = [bus for bus in network["buses"] if bus["rated_v"] < LOW_VOLTAGE_V]
        top = min((bus["voltage_max_ppm"] for bus in low_voltage), default=0) / PPM
        if 0 <= top - np.nanmax(highest) < NEAR_PU:
            axes.axhline(top, color=colour, linewidth=0.9, linestyle=(0, (4, 3)))
            levels.append(np.array([top]))
    seen = np.concatenate(levels)
    room = 0.06 * (np.nanmax(seen) - np.nanmin(seen))
    axes.set_ylim(np.nanmin(seen) - room, np.nanmax(seen) + room)
    _legend(axes)
    return svg_of(figure)


def _voltages(
    data: ReportInput, area_id: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(96,) the highest by trades, the lowest and the highest as told; NaN: not known."""
    traded, lowest, highest = (np.full(INTERVALS, np.nan) for _ in range(3))
    for check in data.checks:
        seen = check["after"] or check["before"]
        if check["area_id"] == area_id and check["before"]["solved"] and seen["solved"]:
            index = index_of(data, check["start"])
            traded[index] = float(check["before"]["highest_voltage_pu"])
            lowest[index] = float(seen["lowest_voltage_pu"])
            highest[index] = float(seen["highest_voltage_pu"])
    return traded, lowest, highest


def _loading(
    data: ReportInput,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.bool_]]]:
    line_ids = [line["line_id"] for line in data.definition["lines"]]
    loads = {line_id: np.zeros(INTERVALS) for line_id in line_ids}
    full = {line_id: np.zeros(INTERVALS, dtype=np.bool_) for line_id in line_ids}
    for interval in data.intervals:
        index = index_of(data, interval["start"])
        for line in interval["lines"] or ():
            forward, backward = wh(line["sent_forward_kwh"]), wh(line["sent_backward_kwh"])
            capacity = wh(line["capacity_forward_kwh" if forward else "capacity_backward_kwh"])
            loads[line["line_id"]][index] = 100 * (forward - backward) / max(capacity, 1)
            full[line["line_id"]][index] = line["binding"] is not None
    return loads, full


def _percent_saved(bills: Sequence[Any]) -> list[float]:
    return [100 * b.saving_quanta / abs(b.plain.cost_quanta) for b in bills if b.plain.cost_quanta]


def _sheet(unit: str) -> tuple[Figure, Axes]:
    """A wide sheet with the hours of the day below."""
    figure = Figure(figsize=WIDE, layout="constrained")
    axes = figure.subplots()
    _quiet(axes)
    axes.set_xlim(0, 24)
    axes.set_xticks(range(0, 25, 3), [f"{hour:02d}:00" for hour in range(0, 25, 3)])
    axes.set_ylabel(unit)
    return figure, axes


def quiet_sheet(unit: str) -> tuple[Figure, Axes]:
    """A wide sheet with nothing on it but the unit of what it will show."""
    figure = Figure(figsize=WIDE, layout="constrained")
    axes = figure.subplots()
    _quiet(axes)
    axes.set_ylabel(unit)
    return figure, axes


def _quiet(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET)
    axes.tick_params(colors=INK, labelsize=8, length=3)
    axes.yaxis.label.set_fontsize(9)
    axes.xaxis.label.set_fontsize(9)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID_LINE, linewidth=0.8)


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=5,
        frameon=False,
        fontsize=8,
        handlelength=1.6,
        borderaxespad=0.2,
    )


def svg_of(figure: Figure) -> str:
    """The figure as SVG text without a date, so that equal days make equal files."""
    buffer = io.StringIO()
    # Names inside the drawing are made from this instead of from chance.
    with rc_context({"svg.hashsalt": "wattmarket"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return buffer.getvalue()
