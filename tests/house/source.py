"""What the house tests read: the tracked files, and the project's own Python parsed once."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "clearing", "market", "sim", "wattmarket")


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Every file git tracks or would track, relative to the root, sorted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return tuple(sorted(Path(name) for name in names if name and (ROOT / name).is_file()))


@functools.cache
def text(path: Path) -> str:
    """The text of a tracked file; empty for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@functools.cache
def tree(path: Path) -> ast.Module:
    """The parsed Python of one file."""
    return ast.parse(text(path), filename=str(path))


def modules() -> dict[str, Path]:
    """Dotted name → file, for every module of the five packages."""
    found = {}
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in PACKAGES:
            parts = path.with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def python_files(*folders: str) -> list[Path]:
    """The tracked Python files below the folders named."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in folders]
