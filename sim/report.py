"""The report of a day: report.json for machines, report.html for people, and what must hold.

The one idea: the figures are made once, as a plain record; the page, the summary in the terminal
and the list of failed invariants are made from that record alone.

Money is decimal strings from whole quanta; shares are fractions of one; energies whole Wh.
"""

from __future__ import annotations

import base64
import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import jinja2
from rich.console import Console
from rich.table import Table

from sim import plots
from sim.cut import faults_of
from sim.outcome import (
    CAUSES,
    GROUPS,
    PPM,
    Bill,
    Outcome,
    ReportInput,
    compare,
    money,
    quanta,
)
from sim.profiles import INTERVAL_S, INTERVALS
from sim.tariff import tariff_of, ticks

__all__ = ["ReportInput", "build", "figures_of", "invariants", "print_summary"]

TRADES_MIN: Final = 5_000
WORSE_OFF_SHARE_MAX: Final = 0.05
#: Accounts that are somebody's; what is on all others stays with the market's operator.
GRID_ACCOUNT: Final = "grid_operator"
LEVIES_ACCOUNT: Final = "levies"
BANK_ACCOUNT: Final = "bank"
PARTICIPANT_PREFIX: Final = "participant:"
REASONS: Final = {
    "neighbours": "paid more than the retailer's price for the same energy (a line was full)",
    "timing": "moved energy to hours that turned out dearer than planned",
    "forecast_errors": "its forecast was off and the deviations cost more than the neighbours saved",
    "rent": "congestion rent was negative",
}


def build(directory: Path, data: ReportInput) -> dict[str, Any]:
    """Write report.json and report.html into `directory`; returns what is in report.json.

    Raises:
        ValueError: the day is not complete: intervals or measurements are missing.
    """
    outcome = compare(data)
    report = figures_of(data, outcome)
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2, ensure_ascii=False)
    (directory / "report.json").write_text(text + "\n", encoding="utf-8")
    (directory / "report.html").write_text(_page(data, outcome, report), encoding="utf-8")
    return report


def figures_of(data: ReportInput, outcome: Outcome) -> dict[str, Any]:
    """The record behind everything: what the market says of the day, and what it brought."""
    totals, tally = data.totals, data.tally
    saved = [bill.saving_quanta for bill in outcome.bills]
    results = _results(data, outcome)
    refused = dict(tally["refused"])
    return {
        "day": data.day,
        "market_id": data.definition["market_id"],
        "currency": data.definition["currency"],
        "households": len(outcome.bills),
        "orders": {
            "sent": tally["sent"],
            "acknowledged": tally["acknowledged"],
            "refused": sum(refused.values()),
            "refused_by_code": refused,
        },
        "trades": totals["trades"],
        "intervals_cleared": totals["intervals_cleared"],
        "energy_bought_wh": totals["energy_bought_wh"],
        "energy_sold_wh": totals["energy_sold_wh"],
        "losses_wh": totals["losses_wh"],
        "ledger_sum": totals["ledger_sum"],
        "welfare": totals["welfare"],
        "audit_failures": totals["audit_failures"],
        "rungs": dict(totals["rungs"]),
        "binding_intervals": dict(totals["binding_intervals"]),
        "substituted_readings": sum(p["substituted"] for p in totals["participants"]),
        "ack_ms": {"p50": tally["ack_ms"]["p50"], "p99": tally["ack_ms"]["p99"]},
        "clearing_ms": {"p50": totals["clearing_ms"]["p50"], "max": totals["clearing_ms"]["max"]},
        "prices": _prices(outcome),
        "bills": {
            "plain": money(sum(bill.plain.cost_quanta for bill in outcome.bills)),
            "market": money(sum(bill.market_cost_quanta for bill in outcome.bills)),
        },
        "savings_total": money(sum(saved)),
        # What the operator's accounts lost was paid out to somebody: it is no gain of the village.
        "savings_after_operator": money(sum(saved) + quanta(results["operator"]["market"])),
        "savings": {group: _spread(_group(outcome, group)) for group in GROUPS},
        "savings_by_cause": {
            cause: money(sum(bill.causes_quanta[cause] for bill in outcome.bills))
            for cause in CAUSES
        },
        "worse_off": _worse_off(outcome.bills),
        "self_sufficiency": _self_sufficiency(outcome),
        "results": results,
        "energy": {
            "use_wh": outcome.use_wh,
            "solar_wh": _total(outcome, "solar"),
            "from_grid_wh": int(outcome.from_grid_wh.sum()),
            "to_grid_wh": int(outcome.to_grid_wh.sum()),
        },
        "devices": tally.get("devices", []),
        **({"cuts": list(data.cuts)} if data.cuts else {}),
        "bills_of_households": [_bill_record(bill) for bill in outcome.bills],
    }


def invariants(report: Mapping[str, Any]) -> list[str]:
    """Every promise of the day that does not hold, in words; empty when all do."""
    bought, sold = report["energy_bought_wh"], report["energy_sold_wh"]
    losses, orders = report["losses_wh"], report["orders"]
    cleared, share = report["intervals_cleared"], report["worse_off"]["share"]
    difference = report["results"]["difference"]
    answered = orders["acknowledged"] + orders["refused"]
    rules = [
        (cleared == INTERVALS, f"{cleared} of {INTERVALS} intervals cleared"),
        (sold == bought + losses, f"sold {sold} Wh is not bought {bought} + losses {losses} Wh"),
        (losses > 0, "no losses: nothing went over a line"),
        (report["ledger_sum"] == 0, f"the ledger sums to {report['ledger_sum']} quanta, not zero"),
        (report["audit_failures"] == 0, f"{report['audit_failures']} audit failures"),
        (quanta(difference) == 0, f"what some paid others did not get: {difference}"),
        (report["trades"] > TRADES_MIN, f"{report['trades']} trades, {TRADES_MIN} or fewer"),
        (any(report["binding_intervals"].values()), "no line was full in any interval"),
        (
            quanta(report["savings_total"]) > 0,
            f"the village saved {report['savings_total']}, nothing",
        ),
        (
            share <= WORSE_OFF_SHARE_MAX,
            f"{share:.1%} of the households are worse off, more than {WORSE_OFF_SHARE_MAX:.0%}",
        ),
        (answered == orders["sent"], f"{orders['sent']} orders sent, {answered} answered"),
    ]
    told = [words for story in report.get("cuts", ()) for words in faults_of(story)]
    return [words for holds, words in rules if not holds] + told


def print_summary(report: Mapping[str, Any], console: Console | None = None) -> None:
    """The day's figures as a table in the terminal."""
    table = Table(title=f"{report['market_id']}, {report['day']}", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in summary_rows(report):
        table.add_row(name, value)
    (console or Console()).print(table)


def summary_rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of the figures worth a line."""
    currency, worse = report["currency"], report["worse_off"]
    orders, shares = report["orders"], report["self_sufficiency"]
    binding = ", ".join(f"{k} {v}" for k, v in report["binding_intervals"].items()) or "none"
    return [
        ("intervals cleared", str(report["intervals_cleared"])),
        ("orders sent, refused", f"{orders['sent']:,}, {orders['refused']:,}"),
        ("trades", f"{report['trades']:,}"),
        ("sold = bought + losses", _balance(report)),
        ("lines full, intervals", binding),
        ("ledger", str(report["ledger_sum"])),
        ("audit failures", str(report["audit_failures"])),
        (
            "bills plain, market",
            f"{_short(report['bills']['plain'])}, {_short(report['bills']['market'])} {currency}",
        ),
        ("saved", f"{_short(report['savings_total'])} {currency}"),
        ("after the operator's result", f"{_short(report['savings_after_operator'])} {currency}"),
        ("worse off", f"{worse['count']} of {report['households']} ({worse['share']:.1%})"),
        ("self-sufficiency", f"{shares['market']:.1%} (alone {shares['plain']:.1%})"),
        ("acknowledged p50, p99", f"{report['ack_ms']['p50']}, {report['ack_ms']['p99']} ms"),
        (
            "clearing p50, max",
            f"{report['clearing_ms']['p50']}, {report['clearing_ms']['max']} ms",
        ),
    ]


def _balance(report: Mapping[str, Any]) -> str:
    energies = (report["energy_sold_wh"], report["energy_bought_wh"], report["losses_wh"])
    sold, bought, losses = (f"{energy / 1000:,.1f}" for energy in energies)
    return f"{sold} = {bought} + {losses} kWh"


def _short(money_text: str) -> str:
    """Money with cents, for people; the record keeps every quantum."""
    return f"{Decimal(money_text):,.2f}"


def _group(outcome: Outcome, group: str) -> list[int]:
    return [bill.saving_quanta for bill in outcome.bills if bill.group == group]


def _spread(saved: Sequence[int]) -> dict[str, Any]:
    """Total, median and spread of savings; quartiles and median are households', not between two."""
    if not saved:
        return {"households": 0, "total": money(0)}
    ordered = sorted(saved)
    return {
        "households": len(ordered),
        "total": money(sum(ordered)),
        "median": money(statistics.median_low(ordered)),
        "spread": {
            "min": money(ordered[0]),
            "q1": money(ordered[(len(ordered) - 1) // 4]),
            "q3": money(ordered[3 * (len(ordered) - 1) // 4]),
            "max": money(ordered[-1]),
        },
    }


def _worse_off(bills: Sequence[Bill]) -> dict[str, Any]:
    worse = sorted((b for b in bills if b.is_worse_off), key=lambda bill: bill.saving_quanta)
    reasons = [min(CAUSES, key=lambda cause: bill.causes_quanta[cause]) for bill in worse]
    return {
        "count": len(worse),
        "share": round(len(worse) / len(bills), 6) if bills else 0.0,
        "reasons": dict(Counter(reasons)),
        "households": [
            {**_bill_record(bill), "reason": reason, "words": REASONS[reason]}
            for bill, reason in zip(worse, reasons, strict=True)
        ],
    }


def _bill_record(bill: Bill) -> dict[str, Any]:
    plain = bill.plain.cost_quanta
    return {
        "participant_id": bill.household.participant_id,
        "group": bill.group,
        "plain": money(plain),
        "market": money(bill.market_cost_quanta),
        "saving": money(bill.saving_quanta),
        "saving_ppm": bill.saving_quanta * PPM // abs(plain) if plain else None,
        "causes": {cause: money(amount) for cause, amount in bill.causes_quanta.items()},
    }


def _prices(outcome: Outcome) -> dict[str, Any]:
    result = {}
    for area_id, prices in outcome.prices_ticks.items():
        known = prices[outcome.has_price[area_id]]
        result[area_id] = {
            "min_per_mwh": _price(int(known.min())) if len(known) else None,
            "median_per_mwh": _price(statistics.median_low(known.tolist())) if len(known) else None,
            "max_per_mwh": _price(int(known.max())) if len(known) else None,
        }
    return result


def _price(price_ticks: int) -> str:
    return str(Decimal(price_ticks).scaleb(-2))


def _self_sufficiency(outcome: Outcome) -> dict[str, float]:
    """Decision 35: 1 − import / use in the market; Σ min(use, own supply) / Σ use alone.

    Alone, what a household takes from the grid is just what its own supply did not cover.
    """
    alone_use = sum(bill.plain.use_wh for bill in outcome.bills)
    alone_taken = sum(bill.plain.withdrawal_wh for bill in outcome.bills)
    imported = int(outcome.from_grid_wh.sum())
    return {
        "market": round(1 - imported / outcome.use_wh, 6) if outcome.use_wh else 0.0,
        "plain": round(1 - alone_taken / alone_use, 6) if alone_use else 0.0,
    }


def _results(data: ReportInput, outcome: Outcome) -> dict[str, Any]:
    """What operator, grid, retailer and treasury took in, in the market and on the plain day.

    `difference` is what all parties together have too much; money that moved is money somebody has,
    so it is zero.
    """
    accounts = {a["account"]: quanta(a["balance"]) for a in data.totals["accounts"]}
    retailer = next(
        p for p in data.totals["participants"] if p["participant_id"] == data.retailer_id
    )
    amounts = {k: quanta(v) for k, v in retailer["amounts"].items() if k != "deposit"}
    market = {
        "operator": sum(
            balance
            for account, balance in accounts.items()
            if account not in (GRID_ACCOUNT, LEVIES_ACCOUNT, BANK_ACCOUNT)
            and not account.startswith(PARTICIPANT_PREFIX)
        ),
        "grid": accounts.get(GRID_ACCOUNT, 0),
        "retailer": sum(amounts.values()),
        "levies": accounts.get(LEVIES_ACCOUNT, 0),
    }
    plain = _plain_results(data, outcome)
    paid = sum(bill.market_cost_quanta for bill in outcome.bills)
    return {
        **{who: {"market": money(market[who]), "plain": money(plain[who])} for who in market},
        "difference": money(sum(market.values()) - paid),
    }


def _plain_results(data: ReportInput, outcome: Outcome) -> dict[str, int]:
    """The same parties on the plain day, from its energies.

    What arrives was sent with the line's loss on top: the retailer is paid for what it sent, the
    grid for what the line carried. Each party's sum is rounded once; delivered prices are whole
    ticks, so a rest below one tick per Wh stays with the operator.
    """
    sums = dict.fromkeys(("grid", "retailer", "levies"), Fraction(0))
    charges = data.definition["tariff"]
    network, levies = ticks(charges["network_per_mwh"]), ticks(charges["levies_per_mwh"])
    for bill in outcome.bills:
        tariff = tariff_of(data.definition, bill.household.area_id)
        for index, net in enumerate(bill.plain.net_wh.tolist()):
            band = tariff.band(data.village.day_start_s + index * INTERVAL_S)
            kept = Fraction(PPM - tariff.loss_ppm, PPM)
            if net > 0:
                sums["retailer"] += band.ask_ticks * net / kept
                sums["grid"] += tariff.line_fee_in_ticks * net / kept + network * net
                sums["levies"] += levies * net
            else:
                sums["retailer"] += band.bid_ticks * net * kept
                sums["grid"] -= tariff.line_fee_out_ticks * net
    paid = sum(bill.plain.cost_quanta for bill in outcome.bills)
    rounded = {who: round(amount) for who, amount in sums.items()}
    return {"operator": paid - sum(rounded.values()), **rounded}


def _total(outcome: Outcome, kind: str) -> int:
    return int(outcome.by_kind_wh[kind].sum()) if kind in outcome.by_kind_wh else 0


def _page(data: ReportInput, outcome: Outcome, report: Mapping[str, Any]) -> str:
    by_cause = {cause: quanta(text) for cause, text in report["savings_by_cause"].items()}
    pictures = {
        "prices": plots.prices(data, outcome),
        "volumes": plots.volumes(outcome),
        "self_sufficiency": plots.self_sufficiency(report["self_sufficiency"]),
        "causes": plots.causes(
            quanta(report["bills"]["plain"]), by_cause, quanta(report["bills"]["market"])
        ),
        "savings": plots.savings(outcome),
        "loading": plots.loading(data),
        **({"voltages": plots.voltages(data)} if data.checks else {}),
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = _short
    # As images of their own: names inside one drawing cannot meet those of another.
    embedded = {name: base64.b64encode(svg.encode()).decode() for name, svg in pictures.items()}
    return environment.get_template("report.html.j2").render(
        report=report,
        pictures=embedded,
        failed=invariants(report),
        summary=summary_rows(report),
    )
