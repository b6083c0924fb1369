"""Sets the project up on a machine that has only Python, make and git.

Runs before anything is installed, so it uses the standard library alone, and it is written so
that an old Python can still read it far enough to say that it is too old. The Makefile calls it:

    python3 tools/setup.py python     the environment in .venv, from constraints.txt
    python3 tools/setup.py modules    what the pages are built from, from web/package-lock.json
    python3 tools/setup.py console    console and portal, built into api/console/
    python3 tools/setup.py check      their own checks
    python3 tools/setup.py browser    a Chromium for the tests that look at pages, if there is none
    python3 tools/setup.py supply     the tools of `make sbom` and `make audit` in .venv-supply
    python3 tools/setup.py mutants    the tool of `make mutants` in .venv-mutants

Quiet where things go well; where they do not, it says what to do about it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SUPPLY = ROOT / ".venv-supply"
"""By themselves, so that they are not in what they list."""
MUTANTS = ROOT / ".venv-mutants"
WEB = ROOT / "web"
CONSOLE = ROOT / "api" / "console"
PYTHON_MIN = (3, 11)
CHROMIUMS = (
    # Chromium without a desktop: it draws and runs the same pages with three quarters of the work.
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
CHROMIUM_PACKAGES = ("chromium-headless-shell", "chromium")
"""Of Debian and its like, by what is tried first."""
FONTS_PACKAGE = "fonts-noto-cjk"
"""Without the letters of Chinese half of what is looked at would be boxes."""
NO_CHROMIUM = (
    "There is no Chromium that runs here, and none could be installed. The tests that look at pages "
    "need one: apt install chromium fonts-noto-cjk, or .venv/bin/playwright install --with-deps chromium."
)


class SetupError(Exception):
    """Something a person has to put right; the text says how."""


def main(arguments: list[str]) -> int:
    """Runs the one step that is named; answers the exit code."""
    if sys.version_info < PYTHON_MIN:
        found = sys.version.split()[0]
        return _say(
            f"wattmarket needs Python 3.11 or newer; {sys.executable} is {found}. "
            "Name another one: make PYTHON=/path/to/python3.11 …"
        )
    steps = {
        "python": install_python,
        "modules": install_modules,
        "console": build_console,
        "check": check_console,
        "browser": install_browser,
        "supply": install_supply,
        "mutants": install_mutants,
    }
    if len(arguments) != 1 or arguments[0] not in steps:
        return _say("usage: python3 tools/setup.py {}".format(" | ".join(steps)))
    try:
        steps[arguments[0]]()
    except SetupError as error:
        return _say(str(error))
    return 0


def install_python() -> None:
    """Makes .venv hold exactly what constraints.txt pins, and the project itself."""
    started = time.monotonic()
    _make_venv(VENV)
    _tell("installing what constraints.txt pins (a minute or two the first time)")
    _pip(["install", "--require-hashes", "-r", "constraints.txt"])
    # An editable install cannot be hashed; everything it needs is already there, pinned.
    _pip(["install", "--no-deps", "--no-build-isolation", "-e", "."])
    (VENV / ".stamp").touch()
    _tell(f"environment ready after {time.monotonic() - started:.0f} s")


def install_supply() -> None:
    """Makes .venv-supply hold exactly what constraints-supply.txt pins."""
    _install_beside(SUPPLY, "constraints-supply.txt")


def install_mutants() -> None:
    """Makes .venv-mutants hold exactly what constraints-mutants.txt pins."""
    _install_beside(MUTANTS, "constraints-mutants.txt")


def _install_beside(folder: Path, pins: str) -> None:
    _make_venv(folder)
    _tell(f"installing what {pins} pins")
    _pip(["install", "--require-hashes", "-r", pins], folder)
    (folder / ".stamp").touch()


def install_modules() -> None:
    """Fetches exactly what web/package-lock.json names, checked by its hashes."""
    if not (WEB / "package-lock.json").exists():
        raise SetupError("web/package-lock.json is missing: the console cannot be built.")
    _tell("fetching what web/package-lock.json names")
    _npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
    (WEB / "node_modules" / ".stamp").touch()


def build_console() -> None:
    """Builds console and portal into api/console/, from where the server hands them out."""
    _tell("building console and portal")
    _npm(["run", "--silent", "build"])
    for name in ("portal.html", "console.html"):
        page = CONSOLE / name
        if not page.exists():
            raise SetupError(f"The pages were built, but there is no api/console/{name}.")
        page.touch()


def check_console() -> None:
    """Runs the console's own checks: types and unit tests."""
    _npm(["run", "--silent", "check"], quiet=False)


def install_browser() -> None:
    """Sees to a Chromium: the system's, else the distribution's package, else Playwright's own."""
    if find_chromium():
        return
    apt = shutil.which("apt-get")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt and (not as_root or _runs(["sudo", "-n", "true"])):
        _tell("installing Chromium and " + FONTS_PACKAGE)
        if _install_chromium([*as_root, apt]):
            return
    _tell("fetching Playwright's own Chromium")
    own = [str(VENV / "bin" / "playwright"), "install"]
    _runs([*own, *([] if as_root else ["--with-deps"]), "chromium"])
    if not find_chromium():
        raise SetupError(NO_CHROMIUM)


def _install_chromium(apt: list[str]) -> bool:
    """Whether one of the packages could be installed, and runs; `apt` as it has to be called here."""
    for before in ([], ["update", "-qq"]):
        if before:
            _runs([*apt, *before])
        for package in CHROMIUM_PACKAGES:
            install = [*apt, "install", "-qq", "-y", "--no-install-recommends"]
            if _runs([*install, package, FONTS_PACKAGE]) and find_chromium():
                return True
    return False


def find_chromium() -> str | None:
    """The Chromium the tests use, one that runs; None: there is none."""
    for name in CHROMIUMS:
        path = shutil.which(name)
        # Some distributions have a script of this name that only says where to get it.
        if path and _runs([path, "--version"]):
            return path
    asked = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    python = str(VENV / "bin" / "python")
    try:
        answer = subprocess.run(
            [python, "-c", asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return None
    own = answer.stdout.decode(errors="replace").strip()
    return own if own and _runs([own, "--version"]) else None


def _runs(command: list[str]) -> bool:
    """Whether a command is there and ends well; what it says is nobody's business."""
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            check=False,
        )
    except OSError:
        return False
    return answer.returncode == 0


def _make_venv(folder: Path) -> None:
    """An empty environment in the folder, unless there is one that will do."""
    if _venv_fits(folder):
        return
    if folder.exists():
        shutil.rmtree(str(folder))
    _tell(f"making {folder.name}")
    _run(
        [sys.executable, "-m", "venv", str(folder)],
        "The environment could not be made. On Debian and Ubuntu: apt install python3-venv",
    )


def _venv_fits(folder: Path) -> bool:
    """Whether an environment is there, runs, and is of the Python that was asked for."""
    python = folder / "bin" / "python"
    if not python.exists():
        return False
    asked = "import sys; print(sys.version_info[0], sys.version_info[1])"
    answer = subprocess.run(
        [str(python), "-c", asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return answer.stdout.decode().split() == [str(part) for part in sys.version_info[:2]]


def _pip(arguments: list[str], environment: Path = VENV) -> None:
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    _run(
        [str(environment / "bin" / "python"), "-m", "pip", arguments[0], *quiet, *arguments[1:]],
        "Installing failed. The lines above are pip's; with a network that comes and goes, "
        "the same command may simply be run again.",
    )


def _npm(arguments: list[str], *, quiet: bool = True) -> None:
    """Runs npm in web/ with a Node that is new enough: the system's, or one from a wheel."""
    npm, environment = node()
    _run(
        [str(npm), *arguments],
        "npm {} failed; the lines above are its own.".format(" ".join(arguments[:2])),
        folder=WEB,
        environment=environment,
        quiet=quiet,
    )


def node() -> tuple[Path, dict[str, str]]:
    """A usable npm, and the environment it runs in."""
    folder = node_folder()
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])
    if folder == VENV / "bin":
        # The system's own Node trusts what the system trusts; the wheel's has to be told to.
        options = environment.get("NODE_OPTIONS", "") + " --use-system-ca"
        environment["NODE_OPTIONS"] = options.strip()
    return folder / "npm", environment


def node_folder() -> Path:
    """The folder of a usable `node` and `npm`; brings one from a wheel if there is none."""
    system, npm = shutil.which("node"), shutil.which("npm")
    version = _node_version(system) if system else None
    if npm and node_fits(version):
        return Path(npm).parent
    pins = ROOT / "constraints-node.txt"
    stamp = VENV / ".stamp-node"
    if not stamp.exists() or stamp.stat().st_mtime < pins.stat().st_mtime:
        found = "is " + ".".join(map(str, version)) if version else "is not there"
        _tell(f"Node {found}, 20.19 or newer is needed: taking one from a wheel")
        _pip(["install", "--require-hashes", "-r", pins.name])
        stamp.touch()
    return VENV / "bin"


def node_fits(version: tuple[int, ...] | None) -> bool:
    """Whether the console's build tools run on this Node: 20.19, or 22.12 and above."""
    if version is None:
        return False
    return (20, 19) <= version < (21,) or version >= (22, 12)


def _node_version(node: str) -> tuple[int, ...] | None:
    answer = subprocess.run(
        [node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", answer.stdout.decode(errors="replace"))
    return tuple(int(part) for part in found.groups()) if found else None


def _run(
    command: list[str],
    advice: str,
    *,
    folder: Path = ROOT,
    environment: dict[str, str] | None = None,
    quiet: bool = True,
) -> None:
    """Runs a command; shows what it said only if it failed (or is not `quiet`)."""
    sink = subprocess.PIPE if quiet else None
    answer = subprocess.run(
        command,
        cwd=str(folder),
        env=environment,
        stdout=sink,
        stderr=subprocess.STDOUT if quiet else None,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if answer.returncode != 0:
        if quiet:
            sys.stderr.write(answer.stdout.decode(errors="replace"))
        raise SetupError(advice)


def _tell(text: str) -> None:
    print("  " + text, flush=True)


def _say(text: str) -> int:
    sys.stderr.write("wattmarket: " + text + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
