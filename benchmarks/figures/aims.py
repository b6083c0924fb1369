"""Every aim of speed and size the project has, by subject: the one place where they stand.

Benchmarks ask here what to print beside a figure, hand each figure on under its aim's name
(`benchmarks/figures/report.py`), and `make figures` puts both on one page (`docs/figures.md`).

The one idea to know: an aim says in `bounds` what holds its figure back while it is short. Whoever
measures a figure that is short writes that sentence, here; the page only repeats it.
"""
# house: long because it is a list: every aim, in one place.

from __future__ import annotations

from typing import Final

from benchmarks.figures.aim import Aim, Subject, Unmeasured, at_least, at_most

SUBJECTS: Final = (
    Subject(
        name="matching",
        title="Matching: the bare continuous book",
        module="benchmarks.matching",
        limit_s=600,
        aims=(
            at_least(
                "matching.bare_book",
                "a million events, 65 % new orders, 35 % cancels",
                500_000,
                "events/s",
                "One core's work on Python objects; nothing waits, nothing is written. Under the "
                "profiler a third of it puts orders that rest into their level "
                "(market/trading/standing.py), a fifth makes the orders, a quarter finds what they "
                "meet.",
            ),
        ),
    ),
    Subject(
        name="trading",
        title="Trading: engine, sequencer, kill",
        module="benchmarks.trading",
        limit_s=1_800,
        aims=(
            at_least(
                "trading.engine",
                "a million mixed commands in the engine, with checks and holds",
                60_000,
                "commands/s",
                "One core: nearly sixty calls and fifteen look-ups in dictionaries a command, for "
                "checks, holds, positions and the books. No single function takes a tenth of it.",
            ),
            at_least(
                "trading.sequencer",
                "the same, durable and projected, fifty under one wait",
                40_000,
                "commands/s",
                "One process, whose threads take turns at Python: of a command's time a third is the "
                "engine's, a third to two fifths the projections', a sixth the journal's with the checkpoints of "
                "its file, a tenth the event loop's; and the snapshot after a million events stops everything for "
                "seconds. Encoding, hashing and the one row of a batch are a twentieth. The engine alone leaves "
                "little of the 25 µs that are wanted, so projections would have to be in a process of their "
                "own, which was not built.",
            ),
            at_least(
                "trading.sequencer_single",
                "the same, every command waited for by itself",
                40_000,
                "commands/s",
                "As above; and the event loop wakes a sender for every command.",
            ),
            at_most(
                "trading.projections",
                "lists at most so far behind meanwhile",
                1.0,
                "s",
            ),
            at_most("trading.kill", "10,000 resting orders killed", 1.0, "s"),
        ),
    ),
    Subject(
        name="calls",
        title="Calls: orders admitted to sealed books",
        module="benchmarks.calls",
        limit_s=600,
        aims=(
            at_least(
                "calls.closing", "commands of 10,000 orders to a closing call", 100_000, "orders/s"
            ),
            at_least(
                "calls.opening",
                "the same to an opening call, over 96 intervals",
                100_000,
                "orders/s",
            ),
        ),
    ),
    Subject(
        name="intake",
        title="Intake: orders over HTTP, until they are on disk",
        module="benchmarks.intake",
        limit_s=1_200,
        aims=(
            at_least(
                "intake.single",
                "single orders acknowledged, against a bare FastAPI echo",
                0.5,
                "× the echo",
                "One core: 310 to 380 µs an order where the echo takes 165. Engine, journal and "
                "projections are some 85 of the rest, token, budgets, form and answer the others.",
            ),
            at_most(
                "intake.wait",
                "p99 of a single order at half that load, less two flushes of the disk",
                25.0,
                "ms",
                "Three things one after the other on one core: lists brought up to date, 13 to 18 ms every "
                "eight batches, before which nothing is written; commits of 4 to 8 ms; a flush that takes "
                "100 ms and more, once in some seconds, which is the disk's. From run to run 22 to 52 ms.",
            ),
            at_least(
                "intake.csv_core",
                "batches of 10,000 as CSV, against SQLAlchemy Core inserts of the same rows",
                0.6,
                "× Core",
            ),
            at_least("intake.arrow_core", "the same as Arrow", 0.6, "× Core"),
            at_least("intake.csv", "batches of 10,000 as CSV", 100_000, "orders/s"),
            at_least("intake.arrow", "batches of 10,000 as Arrow", 100_000, "orders/s"),
        ),
    ),
    Subject(
        name="stream",
        title="Stream: one event to everybody",
        module="benchmarks.stream",
        limit_s=900,
        aims=(
            *(
                aim
                for count in (1_000, 5_000)
                for aim in (
                    at_least(
                        f"stream.rate_{count}",
                        f"messages to {count:,} subscribers, against a bare loop of sends",
                        0.8,
                        "× the loop",
                    ),
                    at_most(
                        f"stream.p99_{count}", f"one event to {count:,} subscribers, p99", 1.0, "s"
                    ),
                )
            ),
        ),
    ),
    Subject(
        name="restart",
        title="Restart: a million events",
        module="benchmarks.restart",
        limit_s=900,
        aims=(
            at_most(
                "restart.snapshot",
                "from the snapshot and 200,000 events behind it, the same hash",
                10.0,
                "s",
            ),
        ),
    ),
    Subject(
        name="clearing",
        title="Clearing: from arrays to audited results",
        module="benchmarks.clearing",
        limit_s=3_600,
        aims=(
            at_most(
                "clearing.lexsort",
                "10⁶ step orders, ring of 20 × 96, against numpy.lexsort of the same book",
                3.0,
                "× lexsort",
            ),
            at_least(
                "clearing.columns",
                "the same, against one column an order in HiGHS, presolve off",
                2.5,
                "× faster",
            ),
            at_most(
                "clearing.memory",
                "the same, peak memory of a process that does only this",
                1.5,
                "GB",
            ),
            at_least(
                "clearing.pyomo",
                "10⁵ of the same, against one Pyomo variable an order",
                8.0,
                "× faster",
            ),
            at_most(
                "clearing.one_node",
                "one interval, one area, 10⁶ orders",
                40.0,
                "ms",
                "The audit, more than half of it: sums by node and side over a million "
                "rows. Curves, prices and fills alone take some 13 ms, so that a compiled kernel "
                "for them would not change much.",
            ),
            at_most(
                "clearing.ten_million",
                "10⁷ orders, ring of 20 × 96, against the 10⁶ time",
                12.0,
                "× 10⁶",
            ),
            at_most(
                "clearing.blocks_first",
                "10⁵ orders, 500 blocks, ring of 5 × 96: valid at gap 10⁻⁵",
                0.3,
                "s",
            ),
            at_most("clearing.blocks_proven", "the same: gap 10⁻⁶ proven", 10.0, "s"),
            at_most(
                "clearing.storages",
                "10⁶ orders, 2,000 blocks, 200 storages, ring of 10 × 96: valid at gap 10⁻⁵",
                2.0,
                "s",
            ),
            at_most(
                "clearing.hard_first",
                "hard kind, worst of ten books: first answer within 2·10⁻³",
                0.05,
                "s",
            ),
            at_most("clearing.hard_optimal", "hard kind, worst of ten books: optimal", 5.0, "s"),
            at_most(
                "clearing.italy_price",
                "one Italian day, blocks decided by the engine, borders by price",
                0.2,
                "s",
            ),
            at_most("clearing.italy_schedule", "the same, borders by schedule", 0.2, "s"),
            at_most("clearing.child", "the child process, warm, 1,000 orders", 50.0, "ms"),
        ),
    ),
    Subject(
        name="control",
        title="Control: units, areas, market",
        module="benchmarks.control",
        limit_s=600,
        aims=(
            at_most(
                "control.power_flow",
                "power flow of both real grids for 96 intervals, through the service",
                2.0,
                "s",
            ),
            at_most(
                "control.redispatch",
                "one area, one interval, cured by the cheapest change",
                300.0,
                "s",
            ),
            at_most(
                "control.levels",
                "100,000 units in 100 areas: limits up and targets down",
                0.5,
                "s",
                "One core: two fifths of it make 100,000 set-points as objects, under the profiler; "
                "the rest are columns.",
            ),
            at_least("control.readings", "readings taken in durably", 10_000, "readings/s"),
        ),
    ),
    Subject(
        name="settlement",
        title="Settlement: a day of 100,000 units",
        module="benchmarks.settlement",
        limit_s=3_600,
        aims=(
            at_least(
                "settlement.run",
                "a day settled, from what is stored to what is booked on disk",
                100_000,
                "unit-intervals/s",
            ),
            at_most(
                "settlement.corrected",
                "a corrected run after one per cent of the meters were read anew",
                10.0,
                "% of the run",
                "What is left goes by the size of the day: late readings read beside those in time, "
                "while what was kept is unpacked, four tenths; certificates made of all trades, while "
                "what is due is added up, a third; both packed again, a quarter (at 20,000 units).",
            ),
            at_most(
                "settlement.bills",
                "bills of 10,000 participants, from their sums to their pages",
                60.0,
                "s",
                "Sums are read of every participant of the market, not of the 10,000 "
                "alone, and issuing all bills is one command; drafting and pages take half of the "
                "aim.",
            ),
        ),
    ),
    Subject(
        name="applications",
        title="Applications: console and portal in Chromium",
        module="benchmarks.web",
        limit_s=600,
        aims=(
            at_most("applications.console_size", "the console's first screen, gzip", 450.0, "kB"),
            at_most(
                "applications.console_live",
                "the console's first screen shows what is asked for and is live",
                2.0,
                "s",
            ),
            at_most("applications.portal_size", "the portal's home, gzip", 250.0, "kB"),
            at_most(
                "applications.portal_live",
                "the portal's home shows what is asked for and is live",
                2.0,
                "s",
            ),
            at_least(
                "applications.lines_frames",
                "five lines of 2,880 points that grow by one each frame",
                30.0,
                "frames/s",
            ),
            at_most(
                "applications.table_frame",
                "10,000 rows scrolled by 300 pixels a frame, median",
                33.0,
                "ms",
            ),
            at_most("applications.table_frame_p95", "the same, 95th percentile", 50.0, "ms"),
        ),
    ),
    Subject(
        name="demonstration",
        title="Demonstration: a market day from start to report",
        module="benchmarks.demonstration",
        limit_s=1_800,
        aims=(
            at_most(
                "demonstration.day",
                "`wattmarket demo --once`, 96 intervals at 720 × speed, installation aside",
                300.0,
                "s",
            ),
        ),
    ),
)

UNMEASURED: Final = (
    Unmeasured(
        what="`make test` on two cores", aim="≤ 15 min", instead="its own closing line says it"
    ),
    Unmeasured(what="`make test-long`", aim="≤ 6 h", instead="its own closing line says it"),
    Unmeasured(what="restart with 10⁷ events", aim="≤ 60 s", instead="10⁶ are measured above"),
    Unmeasured(
        what="10,000 stream clients all in step again after a restart",
        aim="≤ 60 s",
        instead="nothing",
    ),
    Unmeasured(
        what="a tenth of 10,000 stream clients stops reading: p99 of the others",
        aim="≤ 1 s",
        instead="slow readers are put out in tests/api and tests/journeys, with few clients",
    ),
    Unmeasured(
        what="kill of 10,000 orders, cancels p99, under five times the rated load",
        aim="≤ 1 s",
        instead="the kill without load is measured above",
    ),
    Unmeasured(
        what="refusals while the database is away; trading again after it is back",
        aim="≤ 2 s; ≤ 10 s",
        instead="nothing: the server ends and is started again",
    ),
    Unmeasured(
        what="fail-safe after the last valid heartbeat",
        aim="≤ 125 s",
        instead="asserted in market time: tests/market/control/partitions.py",
    ),
    Unmeasured(
        what="a lost connection is shown",
        aim="≤ 15 s",
        instead="asserted in the page's time: tests/browser/test_cut.py",
    ),
)


def aims() -> dict[str, Aim]:
    """All aims by their names."""
    found = {aim.name: aim for subject in SUBJECTS for aim in subject.aims}
    assert len(found) == sum(len(subject.aims) for subject in SUBJECTS), "a name is used twice"
    return found
