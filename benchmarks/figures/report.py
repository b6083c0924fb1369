"""How a benchmark hands a figure on: one JSON line, where somebody asked for it.

With `WATTMARKET_FIGURES` naming a file, `report` appends to it; without, it does nothing, and the
benchmark only prints. What is appended: `{"aim": name, "figure": number, "holds": bool, "note": text}`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from benchmarks.figures.aim import Aim
from benchmarks.figures.aims import aims

ASKED: Final = "WATTMARKET_FIGURES"
_AIMS: Final = aims()


def aim(name: str) -> Aim:
    """The aim of that name; `KeyError` for one that nobody wrote down."""
    return _AIMS[name]


def report(name: str, figure: float, *, holds: bool = True, note: str = "") -> None:
    """Hand a figure on, in the unit of its aim.

    `holds`: whether what was to hold beside it did (the two ways agree, the hash is the same); a
    figure that does not hold has not reached its aim, whatever it is. `note`: what belongs beside it.
    """
    wanted = aim(name)
    path = os.environ.get(ASKED)
    if path:
        line = {"aim": wanted.name, "figure": figure, "holds": bool(holds), "note": note}
        with Path(path).open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
