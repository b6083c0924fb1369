"""The printer's process: with its library, without it, and with one that lacks what the system should have."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from api.processes.printer import NOT_INSTALLED
from tests.api.printers import printed

PLAYED = """
class HTML:
    def __init__(self, *, string, url_fetcher):
        self.said = string, url_fetcher

    def write_pdf(self, target):
        target.write(b"%PDF-1.7 " + self.said[0].encode() + repr(self.said[1]).encode())
"""
FETCHER = """
def URLFetcher(*, allowed_protocols):
    return allowed_protocols
"""


def library(folder: Path, text: str) -> Path:
    """A package called as the real one."""
    (folder / "weasyprint").mkdir()
    (folder / "weasyprint" / "__init__.py").write_text(text)
    (folder / "weasyprint" / "urls.py").write_text(FETCHER)
    return folder


def test_a_page_comes_in_and_a_pdf_goes_out_and_nothing_is_fetched(tmp_path: Path) -> None:
    done = printed("<p>电费账单</p>", beside=library(tmp_path, PLAYED))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "%PDF-1.7 <p>电费账单</p>()".encode()


@pytest.mark.parametrize(
    "text",
    ["raise ImportError('none')", "raise OSError('cannot load library libpango-1.0-0')"],
)
def test_what_is_not_installed_is_told_by_its_exit_code(tmp_path: Path, text: str) -> None:
    done = printed("<p>a page</p>", beside=library(tmp_path, text))
    assert (done.returncode, done.stdout) == (NOT_INSTALLED, b"")


def test_a_fault_while_printing_is_not_taken_for_that(tmp_path: Path) -> None:
    text = PLAYED.replace("target.write", "raise OSError('disk full');")
    done = printed("<p>a page</p>", beside=library(tmp_path, text))
    assert done.returncode not in {0, NOT_INSTALLED}


def test_the_real_one_prints_where_it_is() -> None:
    done = printed("<p>a page</p><img src='file:///etc/hostname'>")
    if find_spec("weasyprint") is None:
        assert done.returncode == NOT_INSTALLED
    else:  # the library may be here and the system's not
        assert done.returncode in {0, NOT_INSTALLED}
        assert (done.returncode == 0) == done.stdout.startswith(b"%PDF-")
