"""The printer's process, real and played."""

import os
import subprocess
import sys
from pathlib import Path


def printer(code: str) -> tuple[str, ...]:
    """A command that does this instead of printing."""
    return (sys.executable, "-c", f"import sys, time; {code}")


def printed(page: str, *, beside: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """What the real printer makes of a page; `beside`: packages it finds first."""
    paths = [str(Path.cwd()), *([] if beside is None else [str(beside)])]
    known = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*reversed(paths), known])}
    return subprocess.run(
        [sys.executable, "-m", "api.processes.printer"],
        input=page.encode(),
        capture_output=True,
        env=environment,
        check=False,
        timeout=120,
    )
