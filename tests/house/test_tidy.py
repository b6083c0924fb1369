"""What must not lie around: addresses of package indexes, paths of one machine, leftovers."""

import ast
import re
from pathlib import Path

from tests.house.source import PACKAGES, python_files, text, tracked, tree

# In pieces, so that this file does not hold what it looks for.
INDEX_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("yarnpkg", "com"),
            ("npmmirror", "com"),
            ("pypi", "python"),
            ("proxy", "golang"),
            ("crates", "io"),
        )
    )
)
INDEX_OPTIONS = re.compile(r"--(?:extra-)?index-url\b|--find-links\b|--trusted-host\b")
MACHINE_PATHS = re.compile(r"(?<![\w.}])/(?:work|root|tmp|home|Users|opt)/\w|\.\./shared/")
LEFTOVERS = re.compile(
    r"\b(?:"
    + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "place" + "holder", "dum" + "my"))
    + r")\b"
)
VAGUE_NAMES = {"utils", "util", "common", "helpers", "core", "base", "manager", "handler", "misc"}
CODE = [
    path
    for path in tracked()
    if path.parts[0] in {"market", "clearing", "api", "sim"} or path.parts[:2] == ("web", "src")
    if path.suffix in {".py", ".ts", ".tsx", ".css", ".html", ".md", ".toml", ".json"}
]


def hits(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Every place where the pattern is found, as file:line: what."""
    return [
        f"{path}:{number}: {found.group()}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), start=1)
        if (found := pattern.search(line))
    ]


def test_no_tracked_file_holds_the_address_of_a_package_index() -> None:
    assert hits(INDEX_HOSTS, list(tracked())) == []


def test_no_lock_file_tells_an_installer_where_to_look() -> None:
    locks = [path for path in tracked() if path.name.startswith(("constraints", "package-lock"))]

    assert {"constraints.txt", "constraints-node.txt", "package-lock.json"} <= {
        path.name for path in locks
    }
    assert hits(INDEX_OPTIONS, locks) == []
    assert (
        hits(re.compile(r"(?:https?|file|git\+\w+):"), [p for p in locks if p.suffix == ".txt"])
        == []
    )
    assert hits(re.compile(r'"resolved"'), locks) == []


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert hits(MACHINE_PATHS, list(tracked())) == []


def test_no_leftover_words_in_the_code() -> None:
    assert hits(LEFTOVERS, CODE) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    modules = python_files(*PACKAGES)
    vague = [str(path) for path in modules if VAGUE_NAMES & set(path.with_suffix("").parts)]

    assert vague == []


def test_no_test_is_left_out() -> None:
    left_out = {"skip", "skipif", "xfail", "importorskip"}
    used = [
        (str(path), node.lineno, node.attr)
        for path in python_files("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in left_out
    ]

    assert used == []


def test_what_is_looked_for_would_be_found() -> None:
    assert INDEX_HOSTS.search("https://pypi" + ".org/simple")
    assert INDEX_OPTIONS.search("--index-url somewhere")
    assert MACHINE_PATHS.search("see /" + "home/somebody/file")
    assert MACHINE_PATHS.search("cp -r .." + "/shared/data .")
    assert not MACHINE_PATHS.search("GET /v1/markets/village/work/orders")
    assert LEFTOVERS.search("# TO" + "DO: later")
