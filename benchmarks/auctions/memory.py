"""The most memory this process has held."""

import resource
import sys
from pathlib import Path


def own_peak_bytes() -> int:
    """Linux lends a started process the peak of its parent in `ru_maxrss`, but not in VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        peaks = [line for line in status.read_text("ascii").splitlines() if "VmHWM" in line]
        return 1024 * int(peaks[0].split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
