"""Rules of the sources that no type checker and no linter knows, read from their syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOYED = ("functions", "shared")
SOURCES = ("functions", "infra", "shared")

LONGEST_FILE = 350
LONGEST_FUNCTION = 45

#: Longer ones, each with the reason why it is better in one piece.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def environment_reads(tree: ast.Module) -> Iterator[int]:
    """Yield the line of everything that reads the process's environment, however it was imported."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="environ" | "environb" | "getenv" | "getenvb"):
                yield node.lineno
            case ast.ImportFrom(module="os", names=names):
                yield from (node.lineno for name in names if name.name in {"environ", "environb", "getenv", "getenvb"})


def test_only_the_settings_read_the_environment() -> None:
    """What a deployment configures is in one place, and nothing else depends on the process it runs in."""
    readers = {name_of(path) for path in files(*DEPLOYED) if any(environment_reads(tree_of(path)))}
    assert readers == {"shared/settings.py"}


def clock_reads(tree: ast.Module) -> Iterator[int]:
    """Yield the line of everything that asks the machine for the date."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today", value=ast.Name(id="datetime" | "date"))):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="time" | "time_ns", value=ast.Name(id="time"))):
                yield node.lineno


def test_only_the_clock_asks_for_the_time() -> None:
    """Time has one source, the clock of the services, so that tests and the simulation can set it."""
    readers = {name_of(path) for path in files(*DEPLOYED) if any(clock_reads(tree_of(path)))}
    assert readers == {"shared/bootstrap.py"}


def broad_handlers(tree: ast.Module) -> Iterator[int]:
    """Yield the line of every `except` that catches whatever comes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        ):
            yield node.lineno


def test_only_the_runner_catches_whatever_comes() -> None:
    """An error that nobody expected reaches the one place that reports it and lets the queue try again."""
    catchers = {name_of(path) for path in files(*DEPLOYED) if any(broad_handlers(tree_of(path)))}
    assert catchers == {"shared/runner.py"}


def test_files_are_short() -> None:
    """A file fits into a reader's head."""
    longer = {name_of(path) for path in files(*SOURCES) if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert longer == set(LONGER_FILES)


def test_functions_are_short() -> None:
    """A function fits on a screen."""
    longer = {
        f"{name_of(path)}:{node.name}"
        for path in files(*SOURCES)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    }
    assert longer == set(LONGER_FUNCTIONS)


MOCKING = {"mock", "unittest.mock", "pytest_mock"}


def mocking(tree: ast.Module) -> Iterator[str]:
    """Yield what a test uses to change code from outside."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name in MOCKING)
            case ast.ImportFrom(module=module, names=names):
                if module in MOCKING or any(f"{module}.{name.name}" in MOCKING for name in names):
                    yield str(module)
            case ast.arg(arg="monkeypatch" | "mocker") | ast.Name(id="MonkeyPatch") | ast.Attribute(attr="MonkeyPatch"):
                yield "monkeypatch"


def test_no_test_changes_the_code_it_tests() -> None:
    """A fake is handed in where the code asks for one, never patched over it."""
    assert {name_of(path): found for path in files("tests") if (found := list(mocking(tree_of(path))))} == {}


def test_every_test_states_its_promise() -> None:
    """A test's docstring says in a sentence what is promised."""
    silent = [
        f"{name_of(path)}:{node.name}"
        for path in files("tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("reader", "source", "found"),
    [
        (environment_reads, "import os\nos.environ['A']", True),
        (environment_reads, "from os import getenv", True),
        (environment_reads, "import os\nos.getpid()", False),
        (clock_reads, "from datetime import datetime\ndatetime.now(UTC)", True),
        (clock_reads, "clock.now()", False),
        (broad_handlers, "try:\n    pass\nexcept Exception:\n    pass", True),
        (broad_handlers, "try:\n    pass\nexcept:\n    pass", True),
        (broad_handlers, "try:\n    pass\nexcept ValueError:\n    pass", False),
        (mocking, "from unittest import mock", True),
        (mocking, "from unittest.mock import patch", True),
        (mocking, "def test_it(monkeypatch): ...", True),
        (mocking, "from unittest import TestCase", False),
    ],
)
def test_the_rules_see_what_they_look_for(reader: object, source: str, found: bool) -> None:
    """A rule that finds nothing must be one that could."""
    assert callable(reader)
    assert bool(list(reader(ast.parse(source)))) is found
