"""What `benchmarks.clearing` measures beside time: the machine, and the peak memory of one work.

The one idea to know: a peak belongs to a process, so the work runs in a process of its own, started
afresh: `python -m benchmarks.auctions.machine NAME`. Alone this prints what the machine is.
"""

import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import highspy
import numpy as np
import pyomo

from benchmarks.auctions.books import ring
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


def _own_peak_bytes() -> int:
    """Linux lends a started process the peak of its parent in `ru_maxrss`, but not in VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        peaks = [line for line in status.read_text("ascii").splitlines() if "VmHWM" in line]
        return 1024 * int(peaks[0].split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    if len(sys.argv) > 1:
        WORKS[sys.argv[1]]()
        print(_own_peak_bytes())
    else:
        print(json.dumps(machine(), indent=2))


if __name__ == "__main__":
    main()
