"""`docs/figures.md` from the aims and from what was kept of them in `docs/figures.json`.

The one idea to know: nothing is measured here and nothing invented. The same aims and the same
records make the same page, letter for letter, which a test holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.figures.aim import Aim, Subject, Unmeasured

Record = Mapping[str, Any]
"""Of one subject: `date`, `commit`, `command`, `took_s`, `load`, `machine`, and `figures`, each with
`aim`, `figure`, `holds`, `note`."""

HEAD = """# Figures

Every aim of speed and size, and what was measured last. `make figures` writes this page, `make figures ONLY=matching,control` renews part of
it and keeps the rest with its dates; the aims, and what bounds a figure that is short, stand in `benchmarks/figures/aims.py`, the figures in
`docs/figures.json`. Nobody edits this page.

*Of the aim* is how far an aim is reached: 1.00 just, 2.00 twice over, 0.50 half way, whether much or little is wanted. Ratios against the least a thing could cost
(*× …*) are measured side by side in one run and last; other figures are their machine's, and *load* says how many processes wanted one of its cores when the run began.
"""


class Found(NamedTuple):
    """What was measured for an aim."""

    figure: float
    holds: bool
    note: str

    def reached(self, aim: Aim) -> bool:
        """A figure beside which something failed to hold has reached nothing."""
        return self.holds and aim.reached(self.figure)


def found_in(record: Record | None) -> dict[str, Found]:
    """Figures of one subject by the names of their aims."""
    rows = record["figures"] if record else ()
    return {row["aim"]: Found(row["figure"], row["holds"], row["note"]) for row in rows}


def page(
    subjects: Sequence[Subject], records: Mapping[str, Record], unmeasured: Iterable[Unmeasured]
) -> str:
    """The whole page."""
    machines = _machines(subjects, records)
    parts = [HEAD, *_overview(subjects, records)]
    if machines:
        parts += ["## Machines\n", _table(("", *_MACHINE), _machine_rows(machines)), ""]
    for subject in subjects:
        parts += _section(subject, records.get(subject.name), machines)
    parts += [
        "## Wanted, and measured by no benchmark\n",
        _table(("what", "aim", "in its place"), ((u.what, u.aim, u.instead) for u in unmeasured)),
    ]
    return "\n".join(parts) + "\n"


_MACHINE = ("processor", "cores", "memory", "system", "Python")


def _overview(subjects: Sequence[Subject], records: Mapping[str, Record]) -> Iterator[str]:
    reached, short, missing = 0, [], 0
    for subject in subjects:
        found = found_in(records.get(subject.name))
        for aim in subject.aims:
            if aim.name not in found:
                missing += 1
            elif found[aim.name].reached(aim):
                reached += 1
            else:
                short.append((subject, aim, found[aim.name]))
    yield (
        f"Of {reached + len(short) + missing} aims {reached} are reached, {len(short)} are short, "
        f"{missing} not measured yet.\n"
    )
    if short:
        yield "## Short, and what bounds it\n"
        yield _table(
            ("what", "aim", "figure", "of the aim", "what bounds it"),
            (
                (
                    f"{subject.name}: {aim.what}",
                    str(aim),
                    _number(found.figure, aim.unit),
                    f"{aim.ratio(found.figure):.2f}",
                    aim.bounds or "not said yet",
                )
                for subject, aim, found in short
            ),
        )
        yield ""


def _section(
    subject: Subject, record: Record | None, machines: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield f"## {subject.title}\n"
    found = found_in(record)
    if record is None:
        yield f"Not measured yet: `python -m {subject.module}`.\n"
    else:
        yield (
            f"`{record['command']}`, {record['date']}, commit `{record['commit']}`, "
            f"machine {_letter(machines, record['machine'])}, load {record['load']}, "
            f"{record['took_s']} s.\n"
        )
    yield _table(
        ("what", "aim", "figure", "of the aim", "reached", "beside it"),
        (_row(aim, found.get(aim.name)) for aim in subject.aims),
    )
    yield ""


def _row(aim: Aim, found: Found | None) -> tuple[str, ...]:
    if found is None:
        return aim.what, str(aim), "", "", "", "not measured yet"
    reached = "yes" if found.reached(aim) else "**no**"
    figure = _number(found.figure, aim.unit)
    return aim.what, str(aim), figure, f"{aim.ratio(found.figure):.2f}", reached, found.note


def _machines(
    subjects: Sequence[Subject], records: Mapping[str, Record]
) -> list[Mapping[str, Any]]:
    """Each machine once, in the order of the page."""
    found: list[Mapping[str, Any]] = []
    for subject in subjects:
        record = records.get(subject.name)
        if record and record["machine"] not in found:
            found.append(record["machine"])
    return found


def _machine_rows(machines: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for each in machines:
        letter = _letter(machines, each)
        yield (
            letter,
            each["cpu"],
            f"{each['cores']}",
            f"{each['memory_gb']} GB",
            each["os"],
            each["python"],
        )


def _letter(machines: Sequence[Mapping[str, Any]], one: Mapping[str, Any]) -> str:
    return chr(ord("A") + machines.index(one))


def _number(figure: float, unit: str) -> str:
    """Three digits that count, thousands apart; whole numbers from a hundred on."""
    return f"{figure:,.0f} {unit}" if abs(figure) >= 100 else f"{figure:.3g} {unit}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
