"""Draws the house from its code: `make picture` writes docs/images/house.svg.

    python -m tools.picture

Floors come from the contracts in `.importlinter`, arrows from the imports that are there (grimp reads them
without running anything). The one idea to know: an arrow is left out where other arrows lead the same
way, so that one sees how the floors rest on each other; and nothing is counted, so that the picture
changes only when the house does. The same code gives the same picture, letter for letter.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from configparser import ConfigParser
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs" / "images" / "house.svg"
PACKAGES: Final = ("wattmarket", "sim", "api", "market", "clearing")

WIDTH: Final = 980
LEFT: Final = 20
RIGHT: Final = 830
"""Where a package's frame ends; behind it run the arrows between packages."""
BOX_HEIGHT: Final = 30
FLOOR_HEIGHT: Final = 62
HEAD: Final = 34
GAP: Final = 26
LETTER: Final = 7.1
SWEEPS: Final = 24
PASSAGE: Final = 6
"""Width of the way that an arrow over several floors keeps free on those between."""
APART: Final = 10

Edge = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """A frame of the picture: a package, or one half of the face."""

    name: str
    title: str
    about: str
    floors: tuple[tuple[str, ...], ...]
    """Boxes by floor, the upper floor first."""


@dataclass(frozen=True)
class Box:
    """Where a name is drawn."""

    name: str
    left: float
    top: float
    width: float

    @property
    def middle(self) -> float:
        """Its middle, from the left."""
        return self.left + self.width / 2


def floors_of(contract: str) -> tuple[tuple[str, ...], ...]:
    """The layers of one contract, upper first; rooms that may stand empty are among them."""
    linter = ConfigParser()
    linter.read(ROOT / ".importlinter", encoding="utf-8")
    lines = linter[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return tuple(
        tuple(room.strip().strip("()") for room in line.split("|"))
        for line in lines
        if line.strip()
    )


def client_modules() -> frozenset[str]:
    """What of the face knows only the wire."""
    linter = ConfigParser()
    linter.read(ROOT / ".importlinter", encoding="utf-8")
    return frozenset(linter["importlinter:contract:client"]["source_modules"].split())


def parts(graph: grimp.ImportGraph) -> list[Part]:
    """The frames from the roof down."""
    return [
        Part("cli", "wattmarket/", "the command line", ()),
        Part(
            "sim", "sim/", "participants, devices, load: over the wire only", _folders(graph, "sim")
        ),
        Part("client", "wattmarket/", "the public client: knows only the wire", ()),
        Part("api", "api/", "HTTP, stream, access, the one clock", floors_of("api")),
        Part("market", "market/", "what the market is and does", floors_of("market")),
        Part("clearing", "clearing/", "arrays in, arrays out", floors_of("clearing")),
    ]


def _folders(graph: grimp.ImportGraph, package: str) -> tuple[tuple[str, ...], ...]:
    """A package without floors: its folders, on one."""
    found = sorted(
        child.rpartition(".")[2]
        for child in graph.find_children(package)
        if graph.find_children(child)
    )
    return (tuple(found),) if found else ()


def part_of(module: str, client: frozenset[str]) -> str:
    """The frame a module stands in."""
    package = module.partition(".")[0]
    if package != "wattmarket":
        return package
    face = ".".join(module.split(".")[:2])
    return "client" if face in client or module == package else "cli"


def between_parts(graph: grimp.ImportGraph) -> set[Edge]:
    """Which frames import from which."""
    client = client_modules()
    return {
        (above, below)
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if (above := part_of(module, client)) != (below := part_of(other, client))
    }


def inside(graph: grimp.ImportGraph, package: str) -> set[Edge]:
    """Which rooms of a package import from which."""
    rooms = {child: child.rpartition(".")[2] for child in graph.find_children(package)}

    def room(module: str) -> str | None:
        return rooms.get(".".join(module.split(".")[:2]))

    return {
        (above, below)
        for module in graph.modules
        if (above := room(module))
        for other in graph.find_modules_directly_imported_by(module)
        if (below := room(other)) and above != below
    }


def reduced(edges: Iterable[Edge]) -> list[Edge]:
    """The edges without those that a longer way implies, sorted; edges must not go in circles."""
    below: dict[str, set[str]] = {}
    for upper, lower in edges:
        below.setdefault(upper, set()).add(lower)

    def reach(start: str) -> set[str]:
        found: set[str] = set()
        waiting = list(below.get(start, ()))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += below.get(one, ())
        return found

    return sorted(
        (upper, lower)
        for upper, lowers in below.items()
        for lower in lowers
        if not any(lower in reach(other) for other in lowers - {lower})
    )


def with_passages(
    floors: Sequence[Sequence[str]], edges: Sequence[Edge]
) -> tuple[list[list[str]], list[list[str]]]:
    """Floors with a passage for every arrow that crosses them, and each arrow's way, passages included."""
    rows = [list(floor) for floor in floors]
    floor_of = {name: number for number, row in enumerate(floors) for name in row}
    ways = []
    for upper, lower in edges:
        between = range(floor_of[upper] + 1, floor_of[lower])
        passages = [f"{upper}>{lower}>{number}" for number in between]
        for number, passage in zip(between, passages, strict=True):
            rows[number].append(passage)
        ways.append([upper, *passages, lower])
    return rows, ways


def ordered(floors: Sequence[Sequence[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """Rooms of each floor so that arrows cross little: each near the middle of what it is joined to."""
    rows = [list(floor) for floor in floors]
    joined: dict[str, list[str]] = {}
    for upper, lower in edges:
        joined.setdefault(upper, []).append(lower)
        joined.setdefault(lower, []).append(upper)
    for _ in range(SWEEPS):
        place = {name: (at + 0.5) / len(row) for row in rows for at, name in enumerate(row)}
        for row in rows:
            middle = {
                name: sum(place[other] for other in joined[name]) / len(joined[name])
                if joined.get(name)
                else place[name]
                for name in row
            }
            row.sort(key=lambda name: (round(middle[name], 6), name))
            place |= {name: (at + 0.5) / len(row) for at, name in enumerate(row)}
    return rows


def laid_out(rows: Sequence[Sequence[str]], ways: Sequence[Edge], top: float) -> dict[str, Box]:
    """A box for each room and passage, drawn towards what it is joined to; the order of a floor stays."""
    joined: dict[str, list[str]] = {}
    for upper, lower in ways:
        joined.setdefault(upper, []).append(lower)
        joined.setdefault(lower, []).append(upper)
    wide = {
        name: PASSAGE if ">" in name else len(name) * LETTER + 22 for row in rows for name in row
    }
    at = {
        name: LEFT + (RIGHT - LEFT) * (place + 0.5) / len(row)
        for row in rows
        for place, name in enumerate(row)
    }
    for _ in range(SWEEPS):
        for row in rows:
            others = [[at[other] for other in joined.get(name, (name,))] for name in row]
            wish = [sum(each) / len(each) for each in others]
            at |= zip(row, _apart(wish, [wide[name] for name in row]), strict=True)
    return {
        name: Box(name, at[name] - wide[name] / 2, top + number * FLOOR_HEIGHT, wide[name])
        for number, row in enumerate(rows)
        for name in row
    }


def _apart(wish: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Middles near those wished for, in their order, none on another, all inside the frame."""
    step = [(one + other) / 2 + APART for one, other in pairwise(widths)]

    def packed(
        wish: Sequence[float], step: Sequence[float], first: float, last: float
    ) -> list[float]:
        # To the right until nothing overlaps, then back from the right edge.
        found = [max(wish[0], first)]
        for want, apart in zip(wish[1:], step, strict=True):
            found.append(max(want, found[-1] + apart))
        found[-1] = min(found[-1], last)
        for place in range(len(found) - 2, -1, -1):
            found[place] = min(found[place], found[place + 1] - step[place])
        return found

    first, last = LEFT + widths[0] / 2 + APART, RIGHT - widths[-1] / 2 - APART
    right = packed(wish, step, first, last)
    left = packed([-each for each in wish[::-1]], step[::-1], -last, -first)
    return [(one - other) / 2 for one, other in zip(right, left[::-1], strict=True)]


# --- the drawing -----------------------------------------------------------------------

STYLE: Final = """
text{font:13px system-ui,sans-serif;fill:#1b1f24} .title{font-weight:600;font-size:15px}
.about,.wire{fill:#57606a} .frame{fill:#f6f8fa;stroke:#d0d7de} .box{fill:#fff;stroke:#57606a}
.folder{fill:#ddf4ff;stroke:#0969da} .arrow{fill:none;stroke:#6e7781;stroke-width:1.1}
.between{fill:none;stroke:#0969da;stroke-width:1.6} .line{stroke:#6e7781;stroke-dasharray:6 5}
"""


def draw(graph: grimp.ImportGraph) -> str:
    """The picture as SVG."""
    drawn: list[str] = []
    frames: dict[str, tuple[float, float]] = {}
    top = 24.0
    for part in parts(graph):
        if part.name == "api":
            drawn += _wire(top)
            top += GAP
        height = HEAD + max(0, len(part.floors) * FLOOR_HEIGHT - 14)
        frames[part.name] = (top, height)
        drawn += _part(graph, part, top, height)
        top += height + GAP
    drawn += _between(frames, between_parts(graph))
    drawn += [
        f'<text x="{LEFT}" y="{top:.0f}" class="about">Arrows: imports, what is implied by others left out; '
        "blue ones join packages. Blue rooms are folders, white ones single files.</text>"
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 20:.0f}" role="img">',
            "<title>The house: packages, floors and imports, drawn from the code</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="context-stroke"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{top + 20:.0f}" fill="#fff"/>',
            *drawn,
            "</svg>",
            "",
        ]
    )


def _wire(top: float) -> list[str]:
    y = top + 2
    return [
        f'<line class="line" x1="{LEFT}" x2="{RIGHT}" y1="{y:.0f}" y2="{y:.0f}"/>',
        f'<text class="wire" x="{LEFT + 8}" y="{y - 6:.0f}">the wire: HTTP, websocket</text>',
    ]


def _part(graph: grimp.ImportGraph, part: Part, top: float, height: float) -> list[str]:
    edges = reduced(inside(graph, part.name)) if len(part.floors) > 1 else []
    rows, ways = with_passages(part.floors, edges)
    steps = [step for way in ways for step in pairwise(way)]
    boxes = laid_out(ordered(rows, steps), steps, top + HEAD)
    return [
        f'<rect class="frame" x="{LEFT}" y="{top:.0f}" width="{RIGHT - LEFT}" height="{height:.0f}" rx="8"/>',
        f'<text class="title" x="{LEFT + 12}" y="{top + 22:.0f}">{part.title}</text>',
        f'<text class="about" x="{LEFT + 124}" y="{top + 22:.0f}">{escape(part.about)}</text>',
        *(_arrow([boxes[name] for name in way]) for way in ways),
        *(line for box in boxes.values() if ">" not in box.name for line in _box(graph, part, box)),
    ]


def _arrow(way: Sequence[Box]) -> str:
    """From the middle of one box through the passages to the next; beneath both on the same floor."""
    first, last = way[0], way[-1]
    path = f"M{first.middle:.0f} {first.top + BOX_HEIGHT:.0f}"
    if first.top == last.top:
        low = first.top + BOX_HEIGHT + 18
        path += f"C{first.middle:.0f} {low:.0f} {last.middle:.0f} {low:.0f} {last.middle:.0f} {low - 17:.0f}"
    else:
        for upper, lower in pairwise(way):
            bend = (FLOOR_HEIGHT - BOX_HEIGHT) * 0.6
            x1, x2, end = upper.middle, lower.middle, lower.top - (lower is last)
            start = upper.top + BOX_HEIGHT
            path += f"C{x1:.0f} {start + bend:.0f} {x2:.0f} {end - bend:.0f} {x2:.0f} {end:.0f}"
            if lower is not last:
                path += f"V{lower.top + BOX_HEIGHT:.0f}"
    return f'<path class="arrow" marker-end="url(#tip)" d="{path}"/>'


def _box(graph: grimp.ImportGraph, part: Part, box: Box) -> list[str]:
    folder = bool(graph.find_children(f"{part.name}.{box.name}"))
    return [
        f'<rect class="{"folder" if folder else "box"}" x="{box.left:.1f}" y="{box.top:.0f}" '
        f'width="{box.width:.1f}" height="{BOX_HEIGHT}" rx="5"/>',
        f'<text x="{box.middle:.1f}" y="{box.top + 20:.0f}" text-anchor="middle">{box.name}</text>',
    ]


def _between(frames: dict[str, tuple[float, float]], edges: set[Edge]) -> list[str]:
    """Arrows beside the frames, each in a lane of its own, the longest outermost."""
    order = list(frames)
    lanes = sorted(edges, key=lambda edge: (order.index(edge[1]) - order.index(edge[0]), edge))
    leaving = {name: [edge for edge in lanes if name in edge] for name in order}
    drawn = []
    for number, edge in enumerate(lanes):
        x = RIGHT + 18 + number * 15
        y1, y2 = (
            _height(frames[name], leaving[name].index(edge), len(leaving[name])) for name in edge
        )
        drawn.append(
            f'<path class="between" marker-end="url(#tip)" d="M{RIGHT} {y1:.0f}H{x}V{y2:.0f}H{RIGHT + 2}">'
            f"<title>{edge[0]} imports {edge[1]}</title></path>"
        )
    return drawn


def _height(frame: tuple[float, float], place: int, count: int) -> float:
    top, height = frame
    return top + min(height, 20.0 + 12 * count) * (place + 1) / (count + 1)


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(draw(grimp.build_graph(*PACKAGES, cache_dir=None)), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
