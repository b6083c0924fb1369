"""The command line: one function per command, and imports only where they are needed.

The one idea: this is the roof. A command says what it takes, calls the one place that does it, and
shows what came of it. Exit codes: 0 done, 1 done but the answer is no (an invariant failed, a
result is refused), 2 asked wrongly, 3 the server refused or cannot be reached.

house: long because it is a list: what each command takes, in one place.
"""
# house: long because every command that has no room of its own stands here.

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import stamina.instrumentation
import typer

from wattmarket import (
    access,
    changing,
    delegating,
    keeping,
    offering,
    operating,
    ordering,
    settling,
    stopping,
)
from wattmarket.errors import RefusedError, UsageError, WattmarketError

if TYPE_CHECKING:
    from wattmarket.client import Client

NO, ASKED_WRONGLY, NOT_SERVED = 1, 2, 3
PATIENCE_S = 5.0
"""A person waits at the command line: a server that is not there is said soon."""
PIPE_WIDTH = 240
FAULTS_SHOWN_MAX = 1_000
OPERATOR_FILE = Path("var/credentials/operator.json")

app = typer.Typer(
    name="wattmarket",
    help="A local electricity market from order to set-point, measurement and bill.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
market_app = typer.Typer(help="Create, list and show markets.", no_args_is_help=True)
app.add_typer(market_app, name="market")
app.add_typer(ordering.orders_app, name="orders")
for change in changing.COMMANDS:
    ordering.orders_app.command()(change)
app.add_typer(access.access_app, name="access")
app.add_typer(offering.listings_app, name="listings")
app.add_typer(offering.contracts_app, name="contracts")
app.add_typer(delegating.mandates_app, name="mandates")
app.add_typer(operating.acts_app, name="acts")
app.add_typer(operating.alarms_app, name="alarms")
app.add_typer(settling.runs_app, name="runs")
app.add_typer(settling.report_app, name="report")
for verb in (keeping.replay, keeping.backup, keeping.restore):
    app.command()(verb)
for act in stopping.COMMANDS:
    app.command()(act)

Url = Annotated[
    str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.", show_default=True)
]
Operator = Annotated[
    Path, typer.Option("--operator", help="The operator's credentials, as the server wrote them.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Scenario = Annotated[
    Path | None, typer.Option(help="What goes wrong with devices: a file with [[devices.faults]].")
]
CutOff = Annotated[
    str | None, typer.Option("--cut", help="An area that loses contact: SEM@12:00+2h.")
]
DEFAULT_URL = "http://localhost:8000"


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Simulate the time from here on (RFC 3339 with offset).")
    ] = None,
    speed: Annotated[float | None, typer.Option(help="Simulated seconds per real second.")] = None,
    paused: Annotated[bool, typer.Option(help="The simulated clock waits for a start.")] = False,
    var: Annotated[
        Path | None, typer.Option(help="Where everything the server keeps lies.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove every market's whole journal first.")
    ] = False,
    announce: Annotated[
        bool, typer.Option(help="Print a one-time code while no person is operator.")
    ] = True,
) -> None:
    """Run the server. What is not given comes from WATTMARKET_… variables or the defaults."""
    from pydantic import ValidationError

    from api.serve import StartRefusedError
    from api.serve import serve as serve_api
    from api.settings import Settings

    given: dict[str, Any] = {
        "host": host, "port": port, "start": start, "speed": speed, "paused": paused or None, "var": var,
        "verify": verify or None,
    }  # fmt: skip
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as faults:
        lines = [
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}"
            for fault in faults.errors()
        ]
        raise UsageError("\n".join(lines)) from faults
    try:
        serve_api(settings, say=typer.echo if announce else None)
    except StartRefusedError as fault:
        raise UsageError(str(fault)) from fault


@app.command()
def load(
    agents: Annotated[int, typer.Option(help="How many agents.")] = 500,
    rate: Annotated[float, typer.Option(help="Acts per second, all together.")] = 200.0,
    minutes: Annotated[float, typer.Option(help="How long.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the agents' chance.")] = 1,
    port: Annotated[int, typer.Option(help="Port of the server it starts.")] = 8000,
    var: Annotated[Path, typer.Option(help="Where the run is kept.")] = Path("var/load"),
) -> None:
    """Load a server of its own over the wire, and report on it; exit 1 if an order was lost."""
    from sim.load import LoadPlan, run_load

    plan = LoadPlan(agents=agents, rate=rate, minutes=minutes, seed=seed)
    raise typer.Exit(run_load(plan, port=port, var=var))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the server.")] = 8000,
    once: Annotated[
        bool, typer.Option(help="End with the day; exit 1 if an invariant failed.")
    ] = False,
    speed: Annotated[float, typer.Option(help="Simulated seconds per real second.")] = 720,
    var: Annotated[Path, typer.Option(help="Where the run is kept.")] = Path("var/demo"),
    scenario: Scenario = None,
    cut: CutOff = None,
) -> None:
    """Run a real market day with simulated participants, and report on it."""
    from sim.demo import run_demo

    raise typer.Exit(
        run_demo(port=port, once=once, speed=speed, var=var, scenario=scenario, cut=cut)
    )


@market_app.command("create")
def market_create(
    file: Annotated[Path, typer.Argument(help="The market as one TOML file.")],
    url: Url = DEFAULT_URL,
    operator: Operator = OPERATOR_FILE,
    credentials: Annotated[
        Path | None, typer.Option(help="Where to write the members' credentials (JSON).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make market, areas, lines, participants, units, deposits and credentials. Repeats are harmless."""
    from wattmarket.client import Client
    from wattmarket.market_file import (
        create_market,
        explain_refusal,
        read_credentials,
        read_market_file,
        write_credentials,
    )

    plan = read_market_file(file)
    if plan.clients and credentials is None:
        raise UsageError("the file asks for credentials: say with --credentials where to keep them")
    known = read_credentials(credentials, plan.market_id) if credentials is not None else {}
    with Client(url, market=plan.market_id, credentials=operator) as client:
        try:
            clients = create_market(client, plan, known, progress=_say)
        except RefusedError as refused:
            raise UsageError("\n".join(explain_refusal(refused))) from refused
    if credentials is not None:
        write_credentials(credentials, url=url, market_id=plan.market_id, clients=clients)
    made = {
        "market_id": plan.market_id,
        "participants": len(plan.participants),
        "units": len(plan.units),
        "credentials": len(clients),
    }
    _show([made], as_json=as_json)


@market_app.command("list")
def market_list(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """List the server's markets."""
    with _public(url) as client:
        rows = client.markets()
    columns = ("market_id", "name", "currency", "time_zone", "interval_minutes")
    _show(rows if as_json else [{c: row.get(c) for c in columns} for row in rows], as_json=as_json)


@market_app.command("show")
def market_show(
    market: Annotated[str, typer.Argument(help="Market id.")],
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Show one market's rules, areas and lines."""
    with _public(url, market) as client:
        definition = client.definition()
    if as_json:
        _show_json(definition)
        return
    simple = {
        name: value for name, value in definition.items() if not isinstance(value, list | dict)
    }
    _show([{"rule": name, "value": value} for name, value in simple.items()], as_json=False)
    _show(definition["areas"], as_json=False)
    _show(definition["lines"], as_json=False)


@app.command("sim")
def simulate(
    credentials: Annotated[Path, typer.Option(help="The members', as market create wrote them.")],
    url: Annotated[
        str | None, typer.Option(help="The server; else as the credentials say.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of batteries and forecasts.")] = None,
    scenario: Scenario = None,
    cut: CutOff = None,
    out: Annotated[Path | None, typer.Option(help="Where to write what was counted.")] = None,
) -> None:
    """Run the simulated village against a running server."""
    from sim.__main__ import main as run_simulation

    words = ["--credentials", str(credentials)]
    for name, value in (
        *(("--url", url), ("--seed", seed)),
        *(("--scenario", scenario), ("--cut", cut), ("--out", out)),
    ):
        words += [] if value is None else [name, str(value)]
    raise typer.Exit(run_simulation(words))


@app.command()
def unit(
    market: Annotated[str, typer.Option(help="The market's id.")],
    unit: Annotated[str, typer.Option(help="The unit's id.")],
    credentials: Annotated[
        Path, typer.Option(help="Of the unit's device, or of its area's gateway (JSON).")
    ],
    name: Annotated[
        str | None, typer.Option(help="Which entry of the file; else the unit's id.")
    ] = None,
    url: Url = DEFAULT_URL,
    profile: Annotated[str | None, typer.Option(help="Limits of which country.")] = None,
    device: Annotated[str, typer.Option(help="What is steered: simulated.")] = "simulated",
    scenario: Scenario = None,
    grid_channel: Annotated[
        bool,
        typer.Option("--grid-channel", help="Without fresh limits of the grid: fail-safe limits."),
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(help="End after so long; else with Ctrl-C.")
    ] = None,
    var: Annotated[Path, typer.Option(help="Where it keeps what must survive a power cut.")] = Path(
        "var/unit"
    ),
) -> None:
    """Control one unit at its device's side: safe also without the market."""
    from sim.unit_command import control

    control(
        url=url, market_id=market, unit_id=unit, credentials=credentials, name=name,
        profile_name=profile, device_name=device, scenario=scenario,
        has_grid_channel=grid_channel, seconds=seconds, folder=var,
    )  # fmt: skip


@app.command()
def area(
    area: Annotated[str, typer.Option("--id", help="The area's id.")],
    market: Annotated[str, typer.Option(help="The market's id.")],
    credentials: Annotated[Path, typer.Option(help="Of the area's gateway (JSON).")],
    name: Annotated[
        str | None, typer.Option(help="Which entry of the file; else the area's id.")
    ] = None,
    url: Url = DEFAULT_URL,
    host: Annotated[str, typer.Option(help="Address its units find it at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port its units find it at.")] = 8100,
    var: Annotated[Path, typer.Option(help="Where it keeps what it has lent.")] = Path("var/area"),
) -> None:
    """Be the level of one area between market and units: it goes on when the market is gone."""
    from sim.area_command import control

    control(
        url=url, market_id=market, area_id=area, credentials=credentials, name=name,
        host=host, port=port, folder=var,
    )  # fmt: skip


@app.command()
def clear(
    book: Annotated[Path, typer.Argument(help="Folder with the book: market.json and tables.")],
    out: Annotated[Path, typer.Option(help="Folder for the result and its receipt.")],
    deadline: Annotated[
        float, typer.Option(min=0.001, help="Seconds after which the best that is known is taken.")
    ] = 60.0,
    tie: Annotated[str, typer.Option(help="Equal prices share by: time or prorata.")] = "time",
    gap: Annotated[
        float, typer.Option(min=0.0, help="Share of welfare that may be left to find with blocks.")
    ] = 1e-6,
    progress: Annotated[bool, typer.Option("--progress", help="A bar, on a terminal.")] = False,
    plot: Annotated[bool, typer.Option("--plot", help="Pictures too, in OUT/plots.")] = False,
) -> None:
    """Clear a book from files, without a server. Exit 1: only a fallback could be written."""
    from clearing.faults import ProblemFaultyError
    from clearing.files.book import read_book
    from clearing.files.result import write_result
    from clearing.files.tables import BookFaultyError
    from clearing.problem import Rung, Tie
    from clearing.service import ClearingService, ServiceNotStartedError

    if tie not in list(Tie):
        raise UsageError(f"--tie {tie}: time or prorata")
    try:
        with _stages(4 if plot else 3, bar=progress) as stage:
            with stage("reading"):
                wanted = read_book(book, Tie(tie))
                out.mkdir(parents=True, exist_ok=True)
            with stage("solving"), ClearingService() as service:
                result = service.solve(wanted.problem, deadline, gap=gap)
            with stage("writing"):
                write_result(wanted, result, out)
            if plot:
                from clearing.files.plot import plot_result

                with stage("drawing"):
                    plot_result(wanted, result, out / "plots")
    except BookFaultyError as faulty:
        raise UsageError(_lines(faulty.faults)) from faulty
    except ProblemFaultyError as faulty:
        raise UsageError(str(faulty)) from faulty
    except OSError as failed:
        raise UsageError(f"{failed.filename}: {failed.strerror}") from failed
    except ServiceNotStartedError as failed:
        _say(f"wattmarket: no result: {failed}")
        raise typer.Exit(NO) from failed
    for line in filter(None, (*wanted.remarks, *result.audit_faults, result.message)):
        _say(line)
    accepted = f"{int((result.accepted_wh > 0).sum())} of {len(wanted.orders)} orders"
    if wanted.blocks:
        accepted += f", {int((result.block_ratio_ppb > 0).sum())} of {len(wanted.blocks)} blocks"
    _say(f"{result.rung}: {accepted} accepted, result in {out}")
    raise typer.Exit(0 if result.rung in (Rung.OPTIMAL, Rung.FEASIBLE) else NO)


@app.command()
def verify(
    book: Annotated[Path, typer.Argument(help="Folder with the book.")],
    result: Annotated[Path, typer.Argument(help="Folder with the result and its receipt.")],
) -> None:
    """Check a result against its book and receipt: arithmetic only, no solver. Exit 1: refused."""
    from dataclasses import replace

    from clearing.files.book import read_book
    from clearing.files.result import block_refusals, read_result
    from clearing.files.tables import BookFaultyError
    from clearing.problem import Tie
    from clearing.receipt import verify as refusals

    try:
        wanted = read_book(book)
        found, receipt = read_result(wanted, result)
        if receipt.get("tie") in list(Tie):
            # Ties are part of the question, and only the receipt says by which rule it was asked.
            problem = replace(wanted.problem, tie=Tie(receipt["tie"]))
            wanted = replace(wanted, problem=problem)
        reasons = refusals(wanted.problem, found, receipt) + block_refusals(wanted, found, result)
    except BookFaultyError as faulty:
        raise UsageError(_lines(faulty.faults)) from faulty
    for reason in reasons:
        _say(reason)
    _say("refused" if reasons else "the result stands")
    raise typer.Exit(NO if reasons else 0)


@contextmanager
def _stages(count: int, *, bar: bool) -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Tell what is being done: by a bar where somebody watches, else a line when each is done."""
    from time import perf_counter

    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = bar and console.is_terminal
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not shown) as line:
        task = line.add_task("", total=count)

        @contextmanager
        def stage(name: str) -> Iterator[None]:
            line.update(task, description=name)
            start = perf_counter()
            yield
            line.advance(task)
            if not shown:
                _say(f"{name} took {perf_counter() - start:.1f} s")

        yield stage


def _lines(faults: Sequence[object]) -> str:
    """Faults as lines; of very many the first, which is what a person can read."""
    lines = [f"faults: {len(faults)}", *map(str, faults[:FAULTS_SHOWN_MAX])]
    left = len(faults) - FAULTS_SHOWN_MAX
    return "\n".join(lines + ([f"and {left} more"] if left > 0 else []))


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _public(url: str, market: str | None = None) -> "Client":
    from wattmarket.client import Client

    return Client(url, market=market, patience_s=PATIENCE_S)


def _show(rows: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    rows = list(rows)
    if as_json:
        _show_json(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in dict.fromkeys(name for row in rows for name in row):
        table.add_column(name)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console = Console()
    if not console.is_terminal:
        # Nobody reads a pipe by eye: no column is cut to fit a screen that is not there.
        console = Console(width=PIPE_WIDTH)
    console.print(table)


def _show_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def main() -> None:
    """Entry point: turns our exceptions into a sentence and an exit code."""
    # What is tried again is not worth a line each; what fails in the end is said below.
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        app()
    except UsageError as wrong:
        _say(f"wattmarket: {wrong}")
        sys.exit(ASKED_WRONGLY)
    except WattmarketError as refused:
        _say(f"wattmarket: {refused}")
        sys.exit(NOT_SERVED)
