"""The set-up's own judgement: which Node will do."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "tools" / "setup.py"


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wattmarket_setup", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        (None, False),
        ((18, 20, 4), False),
        ((20, 18, 3), False),
        ((20, 19, 0), True),
        ((20, 20, 2), True),
        ((21, 7, 3), False),
        ((22, 11, 0), False),
        ((22, 12, 0), True),
        ((24, 19, 0), True),
    ],
)
def test_node_is_new_enough(setup: ModuleType, version: tuple[int, ...] | None, fits: bool) -> None:
    assert setup.node_fits(version) is fits


def test_an_unknown_step_is_refused_with_the_steps_there_are(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup.main(["everything"]) == 1
    assert "python | modules | console | check | browser" in capsys.readouterr().err


def test_an_old_python_is_told_so(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "PYTHON_MIN", (99, 0))

    assert setup.main(["python"]) == 1
    assert "PYTHON=" in capsys.readouterr().err


@pytest.fixture
def bare(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Chromium; what is put into the folder can be run."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "CHROMIUMS", ("chromium", "chromium-browser"))
    return folder


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_systems_chromium_is_taken_if_it_runs(setup: ModuleType, bare: Path) -> None:
    program(bare, "chromium", "exit 1")
    assert setup.find_chromium() is None
    program(bare, "chromium-browser", "exit 0")
    assert setup.find_chromium() == str(bare / "chromium-browser")


def test_the_distributions_package_is_installed_where_there_is_none(
    setup: ModuleType, bare: Path
) -> None:
    for name in ("sudo", "apt-get"):
        # What a program named first would do: make the other one appear.
        program(
            bare, name, f'echo "#!/bin/sh" > "{bare}/chromium"; /bin/chmod +x "{bare}/chromium"'
        )

    setup.install_browser()

    assert setup.find_chromium() == str(bare / "chromium")


def test_where_no_small_one_is_packaged_the_large_one_is_installed(
    setup: ModuleType, bare: Path
) -> None:
    appears = f'echo "#!/bin/sh" > "{bare}/chromium"; /bin/chmod +x "{bare}/chromium"'
    for name in ("sudo", "apt-get"):
        program(bare, name, f'case "$*" in *headless*) exit 100;; *install*) {appears};; esac')

    setup.install_browser()

    assert setup.find_chromium() == str(bare / "chromium")


def test_what_cannot_be_installed_is_said_with_the_way_round(
    setup: ModuleType, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(bare, "apt-get", "exit 100")
    program(bare, "sudo", "exit 1")

    assert setup.main(["browser"]) == 1
    assert "apt install chromium" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["supply", "mutants"])
def test_tools_beside_the_project_live_apart_from_what_they_look_at(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ran: list[list[str]] = []
    folder = tmp_path / name
    monkeypatch.setattr(setup, name.upper(), folder)
    monkeypatch.setattr(setup, "_run", lambda command, *_, **__: ran.append(command))
    folder.mkdir()
    monkeypatch.setattr(setup, "_venv_fits", lambda found: found == folder)

    assert setup.main([name]) == 0

    (install,) = ran
    assert install[0] == str(folder / "bin" / "python")
    assert install[-3:] == ["--require-hashes", "-r", f"constraints-{name}.txt"]
    assert (folder / ".stamp").exists()
