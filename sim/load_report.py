"""What a load test has shown: figures as JSON, pictures as one HTML page.

The one idea: a reader should see at a glance whether the server kept up (the rate), how long people
waited (the whole distribution, not only its middle), what was refused, and that nothing was lost.
"""

import base64
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment

from sim.plots import quiet_sheet, svg_of

PERCENTILES: Final = (("p50", 0.5), ("p99", 0.99), ("p99_9", 0.999), ("max", 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """Everything a run has measured; times in seconds since it began."""

    agents: int
    rate: float
    minutes: float
    seed: int
    acts: tuple[tuple[str, float, float, float, str], ...]
    """Kind, due, sent, done, outcome."""
    heard: tuple[tuple[float, float], ...]
    """Due and heard of orders that came back over their owner's stream."""
    listeners: int
    refused: dict[str, int]
    orders_acknowledged: int
    orders_not_found_once: int


def percentiles_ms(values_s: Sequence[float]) -> dict[str, float | None]:
    """The nearest-rank percentiles of some times, in milliseconds; None where there are none."""
    ordered = sorted(values_s)
    return {
        name: round(ordered[max(0, math.ceil(part * len(ordered)) - 1)] * 1000, 1)
        if ordered
        else None
        for name, part in PERCENTILES
    }


def figures(result: LoadResult) -> dict[str, Any]:
    """The report's figures."""
    span_s = max((done for _, _, _, done, _ in result.acts), default=0.0)
    accepted = [act for act in result.acts if act[4] == "accepted"]
    placed = [act for act in result.acts if act[0] in {"place", "batch"}]
    return {
        "agents": result.agents,
        "asked_acts_per_s": result.rate,
        "minutes": result.minutes,
        "seed": result.seed,
        "acts": dict(Counter(act[0] for act in result.acts)),
        "acts_per_s": round(len(result.acts) / span_s, 1) if span_s else 0.0,
        "orders_acknowledged": result.orders_acknowledged,
        "orders_per_s": round(result.orders_acknowledged / span_s, 1) if span_s else 0.0,
        "orders_not_found_exactly_once": result.orders_not_found_once,
        "acknowledgement_ms": percentiles_ms([done - due for _, due, _, done, _ in placed]),
        "acknowledgement_uncorrected_ms": percentiles_ms(
            [done - sent for _, _, sent, done, _ in placed]
        ),
        "sent_late_ms": percentiles_ms([sent - due for _, due, sent, _, _ in result.acts]),
        "stream_ms": percentiles_ms([heard - due for due, heard in result.heard]),
        "stream_messages": len(result.heard),
        "stream_listeners": result.listeners,
        "accepted_acts": len(accepted),
        "refused": dict(sorted(result.refused.items(), key=lambda item: -item[1])),
    }


def _rate_picture(result: LoadResult) -> str:
    figure, axes = quiet_sheet("acts a second")
    seconds = range(math.ceil(max((act[3] for act in result.acts), default=0.0)) + 1)
    asked = Counter(int(due) for _, due, _, _, _ in result.acts)
    answered = Counter(int(done) for _, _, _, done, _ in result.acts)
    axes.plot(seconds, [asked[s] for s in seconds], lw=1, color="#9aa7b1", label="due")
    axes.plot(seconds, [answered[s] for s in seconds], lw=1.4, color="#1f7a55", label="answered")
    axes.set_xlabel("seconds of the run")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return svg_of(figure)


def _latency_picture(result: LoadResult) -> str:
    """How long people waited: the share that waited longer, on logarithmic axes."""
    figure, axes = quiet_sheet("share that waited longer")
    placed = sorted(
        done - due for kind, due, _, done, _ in result.acts if kind in {"place", "batch"}
    )
    heard = sorted(heard - due for due, heard in result.heard)
    for times_s, name, colour in (
        (placed, "acknowledged", "#1f7a55"),
        (heard, "heard on the stream", "#2b6cb0"),
    ):
        if times_s:
            count = len(times_s)
            shares = [1 - rank / count for rank in range(count)]
            axes.plot(
                [max(t, 1e-4) * 1000 for t in times_s], shares, lw=1.6, color=colour, label=name
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("milliseconds since due")
    axes.legend(frameon=False)
    return svg_of(figure)


def _over_time_picture(result: LoadResult) -> str:
    figure, axes = quiet_sheet("milliseconds")
    acts = [act for act in result.acts if act[0] in {"place", "batch"}]
    axes.scatter(
        [act[1] for act in acts],
        [(act[3] - act[1]) * 1000 for act in acts],
        s=3,
        alpha=0.4,
        color="#1f7a55",
        linewidths=0,
    )
    axes.set_xlabel("seconds of the run")
    axes.set_yscale("log")
    return svg_of(figure)


def write_report(result: LoadResult, folder: Path) -> list[str]:
    """Write `load.json` and `load.html`; gives the lines that a person reads at the end."""
    told = figures(result)
    (folder / "load.json").write_text(json.dumps(told, indent=1) + "\n")
    template = Environment(autoescape=True).from_string(
        files("sim").joinpath("load.html.j2").read_text(encoding="utf-8")
    )
    pictures = {
        "rate": _rate_picture(result),
        "latency": _latency_picture(result),
        "over_time": _over_time_picture(result),
    }
    encoded = {
        name: base64.b64encode(picture.encode()).decode() for name, picture in pictures.items()
    }
    page = template.render(report=told, pictures=encoded)
    (folder / "load.html").write_text(page, encoding="utf-8")
    ack, stream = told["acknowledgement_ms"], told["stream_ms"]
    return [
        f"{told['orders_acknowledged']:,} orders acknowledged ({told['orders_per_s']:g}/s),"
        f" {told['orders_not_found_exactly_once']} not found exactly once",
        f"acknowledged after p50 {ack['p50']} p99 {ack['p99']} p99.9 {ack['p99_9']} ms",
        f"heard on the stream after p50 {stream['p50']} p99 {stream['p99']} ms",
        f"refused: {told['refused'] or 'nothing'}",
        f"report: {folder / 'load.html'}",
    ]
