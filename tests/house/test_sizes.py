"""A tripwire, not a limit: what is long says why."""

import ast
from collections.abc import Iterator

from tests.house.source import PACKAGES, python_files, text, tracked, tree

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
REASON = "house: long because "
PYTHON = python_files(*PACKAGES, "tests", "tools", "benchmarks")
PAGES = [
    path
    for path in tracked()
    if path.parts[:2] == ("web", "src") and path.suffix in {".ts", ".tsx", ".css"}
]


def long_functions(source: str, module: ast.Module) -> Iterator[str]:
    """Names of functions above the tripwire that give no reason."""
    lines = source.splitlines()
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            # The line above counts too: there a reason reads best.
            body = lines[max(0, node.lineno - 2) : node.end_lineno]
            too_long = node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
            if too_long and not any(REASON in line for line in body):
                yield node.name


def is_long_without_reason(source: str) -> bool:
    return len(source.splitlines()) > FILE_LINES_MAX and REASON not in source


def test_a_long_function_says_why() -> None:
    found = [
        (str(path), name) for path in PYTHON for name in long_functions(text(path), tree(path))
    ]
    assert found == []


def test_a_long_file_says_why() -> None:
    assert [str(path) for path in PYTHON + PAGES if is_long_without_reason(text(path))] == []


def test_the_tripwire_catches_a_long_function_and_takes_a_reason() -> None:
    silent = "def tall() -> None:\n" + "    pass\n" * FUNCTION_LINES_MAX
    spoken = f"# {REASON}a table reads best in one piece\n{silent}"

    assert list(long_functions(silent, ast.parse(silent))) == ["tall"]
    assert list(long_functions(spoken, ast.parse(spoken))) == []
    assert is_long_without_reason("\n" * (FILE_LINES_MAX + 1))
    assert not is_long_without_reason("\n" * FILE_LINES_MAX)
