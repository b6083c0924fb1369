"""Runs that settle days, and reports, from the command line (operators).

Exit 1: a report that does not prove itself.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattmarket.errors import UsageError
from wattmarket.terminal import DEFAULT_URL, NO, Credentials, Url, opened, tell

if TYPE_CHECKING:
    from wattmarket.client import Client

OPERATOR_FILE = Path("var/credentials/operator.json")

runs_app = typer.Typer(help="Runs that settle a day as a whole (operators).", no_args_is_help=True)
report_app = typer.Typer(help="A day or a month in numbers (operators).", no_args_is_help=True)

Day = Annotated[str, typer.Argument(help="Local day, 2016-06-15.")]
Month = Annotated[str, typer.Argument(help="Local month, 2016-06.")]
Run = Annotated[str, typer.Argument(help="Run id, set-1.")]
MarketId = Annotated[str, typer.Option(help="Market id.")]
Out = Annotated[Path | None, typer.Option(help="Write it there; else to the terminal.")]
OneTable = Annotated[str | None, typer.Option("--table", help="Only this table, as CSV.")]
Page = Annotated[bool, typer.Option("--page", help="As a page of HTML with charts.")]
Language = Annotated[str, typer.Option(help="Of the page: en or zh.")]


@runs_app.command("list")
def list_runs(
    market: MarketId,
    day: Annotated[str | None, typer.Option(help="Only of one local day.")] = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Print runs in the order in which they began, one JSON object a line."""
    with opened(url, credentials, None, market) as client:
        tell(client.settlement_runs(day=day))


@runs_app.command()
def again(
    day: Day,
    reason: Annotated[str, typer.Option(help="Kept with the run.")],
    market: MarketId,
    watch: Annotated[bool, typer.Option("--watch", help="Wait until it is finished.")] = False,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Settle a closed day again, as readings or fees have changed; with nothing new the last run stands."""
    with opened(url, credentials, None, market) as client:
        run = client.settle_again(day, reason)
        if watch:
            run = client.runs.watch(day, version=run["version"], progress=_progress)
        tell([run])


@runs_app.command("watch")
def watch_run(
    day: Day,
    market: MarketId,
    version: Annotated[int | None, typer.Option(help="Of the day; else its newest run.")] = None,
    seconds: Annotated[float, typer.Option(help="Give up after so many.")] = 600.0,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Wait until a run of a day is finished, and print it."""
    with opened(url, credentials, None, market) as client:
        tell([client.runs.watch(day, version=version, patience_s=seconds, progress=_progress)])


@runs_app.command()
def differences(
    run_id: Run,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Print what a run has moved between accounts, one JSON object a line."""
    with opened(url, credentials, None, market) as client:
        tell(client.runs.differences(run_id))


@runs_app.command()
def lines(
    run_id: Run,
    out: Annotated[Path, typer.Option(help="A file that ends in .csv or .arrow.")],
    market: MarketId,
    area: Annotated[str | None, typer.Option(help="Only of one area's units.")] = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Write what a run says of every unit and interval into a file."""
    with opened(url, credentials, None, market) as client:
        client.runs.save_lines(out, run_id=run_id, area_id=area)


def _progress(run: dict[str, Any]) -> None:
    where = f"{run['phase']}, {run['areas_done']} of {run['areas']} areas"
    typer.echo(f"{run['run_id']} {run['day']} version {run['version']}: {where}", err=True)


@report_app.command("day")
def report_day(
    day: Day,
    market: MarketId,
    table: OneTable = None,
    page: Page = False,
    language: Language = "en",
    out: Out = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Report of a day: JSON, one table as CSV, or a page. Exit 1: it does not prove itself."""
    with opened(url, credentials, None, market) as client:
        _report(client, {"day": day}, table, page=page, language=language, out=out)


@report_app.command("month")
def report_month(
    month: Month,
    market: MarketId,
    table: OneTable = None,
    page: Page = False,
    language: Language = "en",
    out: Out = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Report of a month: JSON, one table as CSV, or a page. Exit 1: it does not prove itself."""
    with opened(url, credentials, None, market) as client:
        _report(client, {"month": month}, table, page=page, language=language, out=out)


def _report(
    client: "Client",
    period: dict[str, str],
    table: str | None,
    *,
    page: bool,
    language: str,
    out: Path | None,
) -> None:
    """Write a report as it is wanted; whether it proves itself is asked whatever is written."""
    (noun,) = period
    document = getattr(client.reports, noun)(period[noun])
    if table is not None:
        content = client.reports.csv(table, **period)
    elif page:
        content = client.reports.page(**period, language=language)
    else:
        content = (json.dumps(document, ensure_ascii=False) + "\n").encode()
    if out is None:
        typer.echo(content, nl=False)
    else:
        try:
            out.write_bytes(content)
        except OSError as fault:
            raise UsageError(f"{out}: {fault.strerror}") from fault
    if not document["proven"]:
        typer.echo("wattmarket: the report does not agree with the ledger", err=True)
        raise typer.Exit(NO)
