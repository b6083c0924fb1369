"""The benchmark of settlement does what it says, on a small market."""

import gc
import re
from collections.abc import Iterator

import pytest

from benchmarks.settlement import main

SMALL = ["--units", "90", "--areas", "3", "--intervals", "4", "--bills", "20"]


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    """The benchmark spares the collector as a server does; this process has other tests to run."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.parametrize("how", [[], ["--scattered"]], ids=["whole meters", "scattered"])
def test_a_small_day_is_settled_corrected_and_billed(
    how: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATTMARKET_DATABASE_URL", raising=False)
    main([*SMALL, *how])
    told = capfd.readouterr().out
    assert re.search(
        r"^run +[\d,]+ unit-intervals/s, aim 100,000; [\d.]+ x the floor", told, re.MULTILINE
    )
    assert re.search(r"^corrected run +[\d.]+% of it, aim 10%", told, re.MULTILINE)
    assert re.search(r"20 pages, ", told)
