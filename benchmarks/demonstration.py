"""How long the demonstration takes, from its start to its report.

Run: python -m benchmarks.demonstration

`wattmarket demo --once` on a free port and in a folder of its own: 96 intervals of a market day at 720 ×
speed, installation aside. It counts only if the demonstration itself found every invariant kept.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures.report import aim, report

DAY = "demonstration.day"


def main() -> None:
    """Run it and print the figure."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder, "demo")
        command = [sys.executable, "-m", "wattmarket", "demo", "--once", "--port", str(port)]
        began = time.monotonic()
        ended = subprocess.run([*command, "--var", str(var)], check=False)
        took_s = time.monotonic() - began
        if ended.returncode:
            raise SystemExit(f"the demonstration ended with {ended.returncode}")
        told = json.loads((var / "report.json").read_text(encoding="utf-8"))
    beside = (
        f"{told['intervals_cleared']} intervals, {told['trades']:,} trades, "
        f"orders acknowledged p99 {told['ack_ms']['p99']:.0f} ms"
    )
    print(f"demonstration: {took_s:.0f} s (aim {aim(DAY)}); {beside}")
    report(DAY, took_s, note=beside)


if __name__ == "__main__":
    main()
