"""On what a figure was measured: machine, moment, commit."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ("docs/figures.json", "docs/figures.md")
"""What `make figures` writes itself, and so makes no commit another one."""


def machine() -> dict[str, str | int]:
    """Processor, cores this process may use, memory in GB, operating system, Python."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu(),
        "cores": cores or 1,
        "memory_gb": round(memory_bytes / 2**30),
        "os": _system(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that is measured; with `+` when files differ from it, `unknown` without git."""
    found = _said("git", "rev-parse", "--short=10", "HEAD")
    if not found:
        return "unknown"
    others = [f":(exclude){path}" for path in KEPT]
    return found + ("+" if _said("git", "status", "--porcelain", "--", ".", *others) else "")


def load() -> float:
    """How many processes wanted a core in the last minute."""
    return round(os.getloadavg()[0], 1)


def _cpu() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return (
        _said("sysctl", "-n", "machdep.cpu.brand_string")
        or platform.processor()
        or platform.machine()
    )


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
    return f"{name}, {platform.system()} {platform.release()}"


def _said(*command: str) -> str:
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
