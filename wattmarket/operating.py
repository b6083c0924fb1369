"""Acts on units and areas, and alarms, from the command line.

Exit 1: the act waits for a second operator, who says `wattmarket acts approve`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from wattmarket.terminal import DEFAULT_URL, NO, Credentials, Name, Url, opened, tell

OPERATOR_FILE = Path("var/credentials/operator.json")

acts_app = typer.Typer(
    help="Stop, start and limit units and areas (operators).", no_args_is_help=True
)
alarms_app = typer.Typer(help="See alarms and deal with them.", no_args_is_help=True)

Level = Annotated[str, typer.Argument(help="unit, area or market.")]
Member = Annotated[str, typer.Argument(help="Which; the market's id for everything.")]
Area = Annotated[str, typer.Argument(help="Area id.")]
Alarm = Annotated[str, typer.Argument(help="Alarm id.")]
Reason = Annotated[str, typer.Option(help="Kept with the act.")]
MarketId = Annotated[str, typer.Option(help="Market id.")]
MaybeMarket = Annotated[str | None, typer.Option(help="Market id; else as the credentials say.")]


def _done(answer: Mapping[str, Any]) -> None:
    tell([answer])
    act = answer["act"]
    if act is not None and act["state"] == "proposed":
        raise typer.Exit(NO)


@acts_app.command()
def stop(
    level: Level,
    member_id: Member,
    reason: Reason,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Take a unit, or all devices of an area, off until it is started."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.stop(level, member_id, reason=reason))


@acts_app.command()
def start(
    level: Level,
    member_id: Member,
    reason: Reason,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """End a stop. Exit 1: the unit is locked, and a second operator has to agree."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.start(level, member_id, reason=reason))


@acts_app.command()
def limit(
    level: Level,
    member_id: Member,
    reason: Reason,
    market: MarketId,
    withdrawal_max_kw: Annotated[str | None, typer.Option(help="Most it may take.")] = None,
    injection_max_kw: Annotated[str | None, typer.Option(help="Most it may give.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="RFC 3339; else at once.")] = None,
    until: Annotated[str | None, typer.Option(help="RFC 3339; else until released.")] = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Narrow a unit's power, or what an area takes in and gives out in sum."""
    with opened(url, credentials, None, market) as client:
        _done(
            client.acts.limit(
                level,
                member_id,
                reason=reason,
                withdrawal_max_kw=withdrawal_max_kw,
                injection_max_kw=injection_max_kw,
                from_=from_,
                until=until,
            )
        )


@acts_app.command()
def release(
    level: Level,
    member_id: Member,
    reason: Reason,
    market: MarketId,
    limit_id: Annotated[
        str | None, typer.Option("--limit", help="The limit's act id; else the emergency stop.")
    ] = None,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """End a limit, or an emergency stop. Exit 1: a second operator has to agree."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.release(level, member_id, reason=reason, limit_id=limit_id))


@acts_app.command("emergency-stop")
def emergency_stop(
    level: Level,
    member_id: Member,
    reason: Reason,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Stop a unit, an area or everything at once."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.emergency_stop(level, member_id, reason=reason))


@acts_app.command()
def decouple(
    area_id: Area,
    reason: Reason,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Let an area go on alone: nothing more is traded over its lines."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.decouple(area_id, reason=reason))


@acts_app.command()
def couple(
    area_id: Area,
    reason: Reason,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Propose that a decoupled area takes part again. Exit 1: a second operator has to agree."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.couple(area_id, reason=reason))


@acts_app.command()
def approve(
    act_id: Annotated[str, typer.Argument(help="Of the proposal.")],
    digest: Annotated[str, typer.Argument(help="As the proposal shows it.")],
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Agree, as a second operator, with exactly what was proposed."""
    with opened(url, credentials, None, market) as client:
        _done(client.acts.approve(act_id, digest))


@acts_app.command("list")
def list_acts(
    credentials: Credentials = OPERATOR_FILE,
    name: Name = None,
    market: MaybeMarket = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print acts, done and proposed, one JSON object a line."""
    with opened(url, credentials, name, market) as client:
        tell(client.acts.list())


@acts_app.command()
def standing(
    credentials: Credentials = OPERATOR_FILE,
    name: Name = None,
    market: MaybeMarket = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print what holds now, and what waits for a second operator."""
    with opened(url, credentials, name, market) as client:
        tell([client.acts.standing()])


@alarms_app.command("list")
def list_alarms(
    state: Annotated[str | None, typer.Option(help="open, acknowledged or closed.")] = None,
    words: Annotated[str | None, typer.Option(help="In words: en or zh; else as JSON.")] = None,
    credentials: Credentials = OPERATOR_FILE,
    name: Name = None,
    market: MaybeMarket = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print alarms, oldest first, one a line."""
    with opened(url, credentials, name, market) as client:
        _tell_alarms(client.alarms.list(state=state), words)


def _tell_alarms(alarms: Iterable[Mapping[str, Any]], words: str | None) -> None:
    if words is None:
        tell(alarms)
        return
    from wattmarket.alarm_words import alarm_sentence

    for alarm in alarms:
        typer.echo(f"{alarm['raised_at']} {alarm['alarm_id']} {alarm_sentence(alarm, words)}")


@alarms_app.command()
def acknowledge(
    alarm_id: Alarm,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Say that one has seen an alarm."""
    with opened(url, credentials, None, market) as client:
        tell([client.alarms.acknowledge(alarm_id)])


@alarms_app.command()
def comment(
    alarm_id: Alarm,
    text: Annotated[str, typer.Argument(help="The note.")],
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Note something on an alarm."""
    with opened(url, credentials, None, market) as client:
        tell([client.alarms.comment(alarm_id, text)])


@alarms_app.command()
def close(
    alarm_id: Alarm,
    market: MarketId,
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Close an alarm somebody has acknowledged."""
    with opened(url, credentials, None, market) as client:
        tell([client.alarms.close(alarm_id)])
