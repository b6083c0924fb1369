"""Figures of the clearing engine against their aims: `make bench-clearing`.

Run as `python -m benchmarks.clearing [--quick] [--only NAME]`; says what it is at while it runs,
prints a table and writes var/bench/clearing.json. Every result is audited inside `clear`; where
another way to the answer exists, the distance of the two welfares stands beside the figure.

The one idea to know: everything is run once unmeasured, then the median of three is taken, unless
a run takes longer than five seconds. Ratios in one run on one machine mean something, milliseconds
alone do not.
"""

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.auctions.books import (
    hard,
    one_area,
    ring,
    village,
    with_blocks,
    with_blocks_and_storages,
)
from benchmarks.auctions.figures import RUNS, Row, Timed, difference, gap, ms, say, table, timed
from benchmarks.auctions.machine import machine, peak_memory_bytes
from benchmarks.auctions.rivals import (
    merged_sides,
    one_column_per_order,
    one_variable_per_order,
    sorted_book,
)
from benchmarks.italy import BORDERS, DATA, EFFORT, read_days, write_book
from clearing.clear import clear
from clearing.files.book import read_book
from clearing.problem import ClearingProblem, ClearingResult
from clearing.search.found import Effort
from clearing.service import ClearingService

OUT: Final = Path("var/bench")
#: A search that has not proven what it should by then is stopped, and the row says so.
STOPPED_S: Final = 120.0
POINTS_MAX: Final = 10**9
AUCTIONS: Final = 60
#: Two ways to one welfare agree when they differ by no more than this share of it.
EQUAL: Final = 1e-9


def warm_ring() -> None:
    """The grid of the ring is compiled once; the smallest book does it."""
    clear(ring(2_000))


# ── rows ────────────────────────────────────────────────────────────────────────────────────────


def ring_million(quick: bool) -> list[Row]:
    say("ring, 10^6: peak memory in a process of its own")
    memory = peak_memory_bytes("ring-1m")
    problem = ring(1_000_000)
    warm_ring()
    clear(problem)
    say("ring, 10^6: the engine, lexsort and one column an order in HiGHS in turn")
    engine, lexsort, columns = timed(
        lambda: clear(problem),
        lambda: sorted_book(problem),
        lambda: one_column_per_order(problem),
        runs=RUNS if quick else 5,
    )
    off = difference(engine.answer, columns.answer)
    to_sort, faster = engine.median_s / lexsort.median_s, columns.median_s / engine.median_s
    details = engine.row_details() | {
        "lexsort_s": lexsort.seconds,
        "one_column_per_order_s": columns.seconds,
        "welfare_relative_difference": off,
        "peak_memory_bytes": memory,
    }
    return [
        Row(
            work="10^6 step orders, ring of 20 x 96, arrays to audited fills",
            aim="clearing.lexsort",
            value=to_sort,
            figure=ms(engine.median_s),
            ratio=f"{to_sort:.2f} x {ms(lexsort.median_s)}",
            details=details,
        ),
        Row(
            work="the same against one column an order in HiGHS, presolve off",
            aim="clearing.columns",
            value=faster,
            figure=ms(engine.median_s),
            ratio=f"{faster:.2f} x faster than {ms(columns.median_s)}",
            holds=off <= EQUAL,
            note=f"welfares differ by {off:.0e}",
        ),
        Row(
            work="the same, peak memory of a process that does only this",
            aim="clearing.memory",
            value=memory / 1e9,
            figure=f"{memory / 1e9:.2f} GB",
        ),
    ]


def ring_pyomo(quick: bool) -> list[Row]:
    problem = ring(100_000)
    warm_ring()
    clear(problem)
    say("ring, 10^5: the engine and one Pyomo variable an order in turn")
    engine, pyomo = timed(
        lambda: clear(problem),
        lambda: one_variable_per_order(problem),
        runs=1 if quick else RUNS,
    )
    off, faster = difference(engine.answer, pyomo.answer), pyomo.median_s / engine.median_s
    return [
        Row(
            work="10^5 of the same against one Pyomo variable an order, Pyomo's own HiGHS call",
            aim="clearing.pyomo",
            value=faster,
            figure=ms(engine.median_s),
            ratio=f"{faster:.1f} x faster than {ms(pyomo.median_s)}",
            holds=off <= EQUAL,
            note=f"welfares differ by {off:.0e}",
            details=engine.row_details()
            | {"pyomo_s": pyomo.seconds, "welfare_relative_difference": off},
        )
    ]


def one_node(quick: bool) -> list[Row]:  # noqa: ARG001  # short enough always
    problem = one_area(1_000_000)
    clear(problem)
    say("one interval, one area, 10^6: the engine")
    (engine,) = timed(lambda: clear(problem), runs=9)
    say("one interval, one area, 10^6: both sides sorted")
    (merged,) = timed(lambda: merged_sides(problem))
    off = difference(engine.answer, merged.answer)
    stages = engine.answer.timings_ms
    inside = sum(stages[name] for name in ("curves", "prices", "fills"))
    return [
        Row(
            work="one interval, one area, 10^6 orders",
            aim="clearing.one_node",
            value=1_000 * engine.median_s,
            figure=ms(engine.median_s),
            ratio=f"{merged.median_s / engine.median_s:.1f} x faster than sorting both sides",
            holds=off <= EQUAL,
            note=f"curves, prices, fills alone {inside:.0f} ms; welfares differ by {off:.0e}",
            details=engine.row_details() | {"both_sides_sorted_s": merged.seconds},
        )
    ]


def ring_ten_million(quick: bool) -> list[Row]:
    if quick:
        return []
    warm_ring()
    problem = ring(1_000_000)
    clear(problem)
    say("ring, 10^6 for the multiple")
    (million,) = timed(lambda: clear(problem))
    say("ring, 10^7: drawing the book")
    problem = ring(10_000_000)
    say("ring, 10^7: the engine")
    (ten,) = timed(lambda: clear(problem))
    times = ten.median_s / million.median_s
    return [
        Row(
            work="10^7 orders, ring of 20 x 96",
            aim="clearing.ten_million",
            value=times,
            figure=ms(ten.median_s),
            ratio=f"{times:.1f} x {ms(million.median_s)}",
            details=ten.row_details() | {"million_s": million.seconds},
        )
    ]


def blocks_500(quick: bool) -> list[Row]:
    problem = with_blocks(100_000, 500, 5)
    clear(problem, effort=Effort(gap=1e-5))
    say("500 blocks: a valid result at gap 1e-5")
    (first,) = timed(lambda: clear(problem, effort=Effort(gap=1e-5)))
    rows = [
        Row(
            work="10^5 orders + 500 blocks (a fifth exclusive, a tenth linked), 5 x 96: gap 1e-5",
            aim="clearing.blocks_first",
            value=first.median_s,
            figure=ms(first.median_s),
            holds=gap(first.answer) <= 1e-5,
            note=f"gap {gap(first.answer):.1e}",
            details=first.row_details(),
        )
    ]
    return rows if quick else [*rows, _proven("500 blocks", problem, 1e-6)]


def _proven(name: str, problem: ClearingProblem, wanted: float) -> Row:
    say(f"{name}: gap {wanted:.0e} proven, stopped after {STOPPED_S:.0f} s")
    proof = _until(problem, wanted)
    return Row(
        work=f"the same: gap {wanted:.0e} proven",
        aim="clearing.blocks_proven",
        value=proof.median_s,
        figure=ms(proof.median_s),
        holds=gap(proof.answer) <= 1.01 * wanted,
        note=f"gap {gap(proof.answer):.1e}",
        details=proof.row_details(),
    )


def _until(problem: ClearingProblem, wanted: float, runs: int = RUNS) -> Timed:
    """Cleared until a gap is proven or the search has taken too long."""

    def run() -> ClearingResult:
        end = perf_counter() + STOPPED_S
        effort = Effort(gap=wanted, points_max=POINTS_MAX, expired=lambda: perf_counter() > end)
        return clear(problem, effort=effort)

    (found,) = timed(run, runs=runs)
    return found


def blocks_2000(quick: bool) -> list[Row]:
    problem = with_blocks_and_storages(1_000_000, 2_000, 200, 10)
    clear(problem, effort=Effort(gap=1e-5))
    say("2,000 blocks, 200 storages, 10^6 orders: a valid result at gap 1e-5")
    (first,) = timed(lambda: clear(problem, effort=Effort(gap=1e-5)), runs=1 if quick else RUNS)
    return [
        Row(
            work="10^6 orders + 2,000 blocks + 200 storages, ring of 10 x 96: gap 1e-5",
            aim="clearing.storages",
            value=first.median_s,
            figure=ms(first.median_s),
            holds=gap(first.answer) <= 1e-5,
            note=f"gap {gap(first.answer):.1e}",
            details=first.row_details(),
        )
    ]


def hard_kind(quick: bool) -> list[Row]:
    firsts, proofs, far = [], [], []
    _until(hard(1), EQUAL, runs=1)
    seeds = range(1, 4 if quick else 11)
    for seed in seeds:
        say(f"hard kind, book {seed} of {len(seeds)}")
        problem = hard(seed)
        proof = _until(problem, EQUAL)
        optimum = proof.answer.welfare_quanta
        proofs.append(proof)
        first_s, first = _first_within(problem, 2e-3, optimum)
        firsts.append(first_s)
        far.append(1.0 - first / optimum)
    worst_s = max(proof.median_s for proof in proofs)
    open_gap = max(gap(proof.answer) for proof in proofs)
    median_s = statistics.median(proof.median_s for proof in proofs)
    return [
        Row(
            work="hard kind: 10^4 orders, 100 blocks of 1-8 % of an hour, 1 x 24: first within 2e-3",
            aim="clearing.hard_first",
            value=max(firsts),
            figure=f"{ms(statistics.median(firsts))}, worst {ms(max(firsts))}",
            holds=max(far) <= 2e-3,
            note=f"audited, at most {max(far):.1e} from the optimum",
            details={"seconds": firsts, "from_optimum": far},
        ),
        Row(
            work="the same: optimal",
            aim="clearing.hard_optimal",
            value=worst_s,
            figure=f"{ms(median_s)}, worst {ms(worst_s)}",
            holds=open_gap <= 10 * EQUAL,
            note=f"gap at most {open_gap:.1e}",
            details={
                "seconds": [proof.seconds for proof in proofs],
                "stages_ms": [proof.answer.timings_ms for proof in proofs],
            },
        ),
    ]


def _first_within(problem: ClearingProblem, share: float, optimum: int) -> tuple[float, int]:
    """Seconds (median) until an audited answer is within a share of the optimum, and its welfare.

    Answers are reported while the search goes on; the run's own last answer counts as well.
    """
    took, welfare = [], 0
    for _ in range(RUNS):
        seen: list[tuple[float, int]] = []

        def report(result: ClearingResult, seen: list[tuple[float, int]] = seen) -> None:
            seen.append((perf_counter(), result.welfare_quanta))

        start = perf_counter()
        report(clear(problem, effort=Effort(gap=share), on_feasible=report))
        end, welfare = next(one for one in seen if one[1] >= (1.0 - share) * optimum)
        took.append(end - start)
    return statistics.median(took), welfare


def italian_day(quick: bool) -> list[Row]:
    days = read_days(DATA)[: 1 if quick else None]
    rows = []
    for borders in BORDERS:
        say(f"Italian days, borders: {borders}")
        took: dict[str, list[float]] = {}
        worst = 0.0
        for day in days:
            book = read_book(write_book(day, OUT / "italy", "engine", borders))
            clear(book.problem, effort=EFFORT)
            (engine,) = timed(partial(clear, book.problem, effort=EFFORT), runs=9)
            took[day.name] = engine.seconds
            worst = max(worst, gap(engine.answer))
        median_s = statistics.median(one for day in took.values() for one in day)
        rows.append(
            Row(
                work=f"one Italian day, blocks decided by the engine, borders: {borders}",
                aim=f"clearing.italy_{borders}",
                value=median_s,
                figure=ms(median_s),
                note=f"gap at most {worst:.1e}",
                details={"seconds": took},
            )
        )
    return rows


def child(quick: bool) -> list[Row]:  # noqa: ARG001  # short enough always
    say("the child process, warm")
    took, inside = [], []
    with ClearingService() as service:
        service.solve(village(0), 60.0)
        for seed in range(AUCTIONS):
            problem = village(seed)
            start = perf_counter()
            result = service.solve(problem, 60.0)
            took.append(perf_counter() - start)
            stages = result.timings_ms.items()
            inside.append(sum(spent for stage, spent in stages if stage != "search_points"))
    median_s = statistics.median(took)
    return [
        Row(
            work="the child process, warm, 1,000 orders",
            aim="clearing.child",
            value=1_000 * median_s,
            figure=f"{ms(median_s)}, worst {ms(max(took))}",
            note=f"inside {statistics.median(inside):.0f} ms",
            details={"seconds": took, "inside_ms": inside},
        )
    ]


ROWS: Final[dict[str, Callable[[bool], list[Row]]]] = {
    "ring-1m": ring_million,
    "ring-100k": ring_pyomo,
    "one-node": one_node,
    "ring-10m": ring_ten_million,
    "blocks-500": blocks_500,
    "blocks-2000": blocks_2000,
    "hard": hard_kind,
    "italy": italian_day,
    "child": child,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clearing")
    parser.add_argument("--quick", action="store_true", help="without what takes long")
    parser.add_argument("--only", action="append", choices=ROWS, help="some rows; all without it")
    asked = parser.parse_args()
    before, rows = machine(), []
    for name, measure in ROWS.items():
        if asked.only is None or name in asked.only:
            for row in measure(asked.quick):
                rows.append((name, row))
                say(f"    {row}")
                row.report()
    after = machine()["load"]
    print(table([row for _, row in rows]))
    print(f"load {before['load'][0]:.1f} to {after[0]:.1f}, {before['processors']} processors")
    OUT.mkdir(parents=True, exist_ok=True)
    written = {
        "machine": before | {"load_after": after},
        "quick": asked.quick,
        "rows": [{"name": name} | asdict(row) | {"reached": row.reached} for name, row in rows],
    }
    (OUT / "clearing.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
