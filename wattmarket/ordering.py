"""Orders from the command line: a file of them is placed, and what became of each is told.

The one idea: a file is sent as it is, so what is wrong with it is told in its own lines and columns.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

NO = 1
"""Exit code: done, and some orders were refused."""
REFUSED_SHOWN_MAX = 20

orders_app = typer.Typer(help="Place orders.", no_args_is_help=True)


@orders_app.callback()
def orders() -> None:
    """Place orders."""


@orders_app.command()
def submit(
    file: Annotated[
        Path, typer.Argument(help="CSV, NDJSON (.ndjson), Parquet (.parquet) or Arrow (.arrow).")
    ],
    credentials: Annotated[Path, typer.Option(help="Credentials, as market create wrote them.")],
    name: Annotated[
        str | None, typer.Option(help="Whose, where the file of credentials holds several.")
    ] = None,
    market: Annotated[
        str | None, typer.Option(help="Market id; else as the credentials say.")
    ] = None,
    url: Annotated[
        str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.")
    ] = "http://localhost:8000",
    atomic: Annotated[bool, typer.Option("--atomic", help="All or none.")] = False,
    label: Annotated[
        str, typer.Option(help="start or end: which end of an interval its time names.")
    ] = "start",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every order's result as JSON.")
    ] = False,
) -> None:
    """Place the orders of a file. Exit 1: some were refused."""
    from wattmarket.client import Client

    with Client(url, market=market, credentials=credentials, name=name, timeout_s=60) as client:
        results = client.orders.submit_file(file, atomic=atomic, label=label)
    counts = Counter(result["status"] for result in results)
    if as_json:
        typer.echo(json.dumps(results, indent=1, ensure_ascii=False))
    else:
        _tell(results, counts)
    raise typer.Exit(NO if counts["rejected"] else 0)


@orders_app.command()
def explain(
    order: Annotated[str, typer.Argument(help="The market's id of the order, or your own.")],
    credentials: Annotated[Path, typer.Option(help="Credentials, as market create wrote them.")],
    name: Annotated[
        str | None, typer.Option(help="Whose, where the file of credentials holds several.")
    ] = None,
    market: Annotated[
        str | None, typer.Option(help="Market id; else as the credentials say.")
    ] = None,
    url: Annotated[
        str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.")
    ] = "http://localhost:8000",
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print codes and parameters.")] = False,
) -> None:
    """Say why an order got what it got, or did not."""
    from wattmarket.client import Client
    from wattmarket.reasons import LANGUAGES, sentence

    if language not in LANGUAGES:
        raise typer.BadParameter("en or zh", param_hint="--language")
    with Client(url, market=market, credentials=credentials, name=name) as client:
        ask = client.orders.explain if order.startswith("ord-") else client.orders.explain_own
        found = ask(order)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{found['order_id'] or found['client_order_id']}: {found['state']}")
    for reason in found["reasons"]:
        typer.echo(f"  {sentence(reason, language)}")


def _tell(results: list[dict[str, Any]], counts: Counter[str]) -> None:
    for status in ("accepted", "repeated", "rejected"):
        typer.echo(f"{status:9} {counts[status]:10,}")
    refused = [result for result in results if result["status"] == "rejected"]
    for result in refused[:REFUSED_SHOWN_MAX]:
        typer.echo(f"  {result['client_order_id']}: {result['code']} {result['detail']}")
    if len(refused) > REFUSED_SHOWN_MAX:
        typer.echo(f"  and {len(refused) - REFUSED_SHOWN_MAX:,} more")
