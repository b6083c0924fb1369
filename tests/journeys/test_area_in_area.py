"""An area's process below another area's process, and a unit below it: three levels, and none knows which is which."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.hamlet import free_port
from tests.journeys.test_area_process import running, wait_until
from tests.journeys.test_unit_agent import MARKET, Yard

# Two silences of three real heartbeats each are waited out.
pytestmark = [pytest.mark.journey, pytest.mark.long]


class NestedYard(Yard):
    """The units are in INN, which is in RUR."""

    home = "INN"

    def definition(self) -> dict[str, Any]:
        body = super().definition()
        rural, grid = body["areas"]
        rural |= {"import_limit_kw": "20.000", "export_limit_kw": "20.000"}
        inner = {
            **rural,
            "area_id": "INN",
            "name": "Inn",
            "parent": "RUR",
            "import_limit_kw": "15.000",
            "export_limit_kw": "15.000",
        }
        (line,) = body["lines"]
        further = {**line, "line_id": "GRID-INN", "to_area": "INN"}
        return {**body, "areas": [rural, inner, grid], "lines": [line, further]}

    def area(self, area_id: str, url: str, port: int) -> tuple[str, ...]:
        """The words that start an area's process."""
        return (
            "area", "--id", area_id, "--market", MARKET, "--url", url, "--port", str(port),
            "--credentials", str(self.folder / "clients.json"), "--var", str(self.folder / "kept"),
        )  # fmt: skip


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[NestedYard]:
    made = NestedYard(tmp_path)
    try:
        made.create()
        with made.operator() as operator:
            clients = operator.create_clients(
                [{"role": "area", "area_id": name} for name in ("RUR", "INN")]
            )
        for name, client in zip(("RUR", "INN"), clients, strict=True):
            made.add_client(name, client)
        yield made
    finally:
        made.server.kill()
        made.server.wait()


def joined(line: str) -> bool:
    return line.endswith("-> joined")


def alone(line: str) -> bool:
    return line.endswith("-> alone")


def test_three_levels_go_on_without_the_market_and_without_the_one_between(
    yard: NestedYard,
) -> None:
    outer_port, inner_port = free_port(), free_port()
    outer_words = yard.area("RUR", yard.url, outer_port)
    inner_words = yard.area("INN", f"http://127.0.0.1:{outer_port}", inner_port)
    unit_words = (
        "unit", "--market", MARKET, "--unit", "ada-car", "--grid-channel",
        "--credentials", str(yard.folder / "clients.json"),
        "--url", f"http://127.0.0.1:{inner_port}", "--var", str(yard.folder / "kept"),
    )  # fmt: skip
    logs = yard.folder
    yard.order()
    with running(logs / "outer.log", *outer_words) as outer:
        outer.wait_for(joined)
        with (
            running(logs / "inner.log", *inner_words) as inner,
            running(logs / "unit.log", *unit_words) as unit,
            yard.operator() as operator,
        ):
            inner.wait_for(lambda line: line == "above is RUR")
            back = inner.wait_for(joined)
            operator.start_clock()
            # Its own traded schedule comes down through both, its reading goes up through both.
            at = unit.wait_for(lambda line: "target -4.000 kW" in line)
            wait_until(lambda: operator.measurements(unit_id="ada-car"))
            heard = {row["area_id"]: row["report"] for row in operator.reach()}
            assert heard["RUR"] is not None
            assert heard["INN"]["limits_sequence"] > 0

            yard.kill()
            gone = outer.wait_for(alone)
            at = unit.wait_for(lambda line: line.startswith("normal -> stale"), after=at)
            # The inner area hears the outer one: for it nothing but the market is gone.
            assert not any(alone(line) for line in inner.log.read_text("utf-8").splitlines())
            yard.start_again()
            outer.wait_for(joined, after=gone)
            at = unit.wait_for(lambda line: line.startswith("stale -> normal"), after=at)

            outer.process.kill()
            outer.process.wait()
            gone = inner.wait_for(alone, after=back)
            at = unit.wait_for(lambda line: line.startswith("normal -> stale"), after=at)
            with running(logs / "outer-again.log", *outer_words) as again:
                again.wait_for(joined)
                inner.wait_for(joined, after=gone)
                unit.wait_for(lambda line: line.startswith("stale -> normal"), after=at)
            # All the time somebody sent its limits.
            assert "-> failsafe" not in unit.log.read_text("utf-8")
