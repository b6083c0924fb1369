"""What `benchmarks.clearing` measures beside time: the machine, and the peak memory of one work.

The one idea to know: a peak belongs to a process, so the work runs in a process of its own, started
afresh: `python -m benchmarks.auctions.machine NAME`. Alone this prints what the machine is.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import highspy
import numpy as np
import pyomo

from benchmarks.auctions.books import ring
from benchmarks.auctions.memory import own_peak_bytes
from clearing.clear import clear


def _clear_ring() -> None:
    clear(ring(1_000_000))


WORKS: Final[dict[str, Callable[[], None]]] = {"ring-1m": _clear_ring}


def machine() -> dict[str, Any]:
    """What figures depend on."""
    return {
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "highs": highspy.Highs().version(),  # type: ignore[no-untyped-call]  # not annotated
        "pyomo": pyomo.version.version,
    }


def peak_memory_bytes(work: str) -> int:
    """The most memory a fresh process held while it did a work, imports and its book included."""
    asked = [sys.executable, "-m", "benchmarks.auctions.machine", work]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    if len(sys.argv) > 1:
        WORKS[sys.argv[1]]()
        print(own_peak_bytes())
    else:
        print(json.dumps(machine(), indent=2))


if __name__ == "__main__":
    main()
