"""How the pictures of a result look: colours, sheets, units.

The one idea to know: colour says something or is left out. Supply is teal, demand orange, prices
run from pale to dark, what binds is red, and everything else is ink or grey.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

INK: Final = "#1d2b36"
QUIET: Final = "#7b8894"
FAINT: Final = "#e4e9ed"
EMPTY: Final = "#ccd3d9"
SUPPLY: Final = "#0b7285"
DEMAND: Final = "#c2410c"
BINDING: Final = "#b91c1c"
_DPI: Final = 140
#: Pale to dark: reads in grey and by those who do not see red and green apart.
PRICE_COLOURS: Final[Colormap] = LinearSegmentedColormap.from_list(
    "prices", ["#f6efd2", "#e9c46a", "#d98324", "#9c3848", "#3a1c4a"]
)

FloatArray = NDArray[np.float64]


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty picture, sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(QUIET)
    axes.tick_params(colors=QUIET, labelcolor=INK, labelsize=9)
    axes.set_axisbelow(True)
    return figure, axes


def titled(axes: Axes, title: str, below: str = "", *, x: str = "", y: str = "") -> None:
    """Words around a picture; `below` is a second, smaller line under the title."""
    axes.set_title(title, loc="left", fontsize=11, color=INK, pad=26 if below else 10)
    axes.annotate(
        below,
        (0, 1),
        xytext=(0, 10),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=9,
        color=QUIET,
    )
    axes.set_xlabel(x, fontsize=9, color=INK)
    axes.set_ylabel(y, fontsize=9, color=INK)


def save(figure: Figure, path: Path) -> Path:
    """Write a picture as PNG; the same picture is the same file."""
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    return path


def energy_unit(wh: float) -> tuple[float, str]:
    """Wh per unit, and its name, for energies up to `wh`."""
    for size, name in ((1e9, "GWh"), (1e6, "MWh"), (1e3, "kWh")):
        if wh >= 2 * size or name == "kWh":
            return size, name
    raise AssertionError


def energy_text(wh: float) -> str:
    """An energy for people: three or four digits and its unit."""
    size, name = energy_unit(abs(wh))
    value = wh / size
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3
    return f"{value:,.{digits}f} {name}"


def price_unit(currency: str) -> str:
    """What prices are written in."""
    return f"{currency or 'currency'} per MWh"


def moment(label: str) -> str:
    """An interval's name for people."""
    return label.replace("T", " ").replace(":00Z", " UTC") if "T" in label else f"interval {label}"
