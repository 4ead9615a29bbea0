"""What commands share: settings or a clear end, JSON for programs, tables for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from shared.errors import SettingsError
from shared.settings import Settings, load_settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

#: So much of an error is shown in a list.
ERROR_WIDTH = 120

#: Without a terminal nothing is gained by breaking lines.
_WIDTH_OF_FILES = 200


def settings_or_exit() -> Settings:
    """Return the settings of the environment; without them, name each variable and exit with status 2."""
    try:
        return load_settings()
    except SettingsError as error:
        fail(f'{error}; for the local stack: eval "$(aurora env)"', status=2)


def fail(problem: object, *, status: int = 1) -> NoReturn:
    """Print a problem as one line on standard error and exit."""
    typer.echo(f"aurora: {problem}", err=True)
    raise typer.Exit(status)


def print_json(value: BaseModel | Sequence[BaseModel] | dict[str, object]) -> None:
    """Print models as JSON, times in UTC."""
    match value:
        case BaseModel():
            plain: object = value.model_dump(mode="json")
        case dict():
            plain = value
        case _:
            plain = [each.model_dump(mode="json") for each in value]
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, whole: Sequence[str] = ()) -> None:
    """Print a table; the columns named in `whole` are never cut, so that they can be copied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in whole, overflow="fold")
    for row in rows:
        table.add_row(*(shown(value) for value in row))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_FILES, markup=False, highlight=False)
    console.print(table)


def shown(value: object) -> str:
    """Return a value as a person reads it, on one line: times in UTC to the second, nothing as a dash."""
    match value:
        case None | "":
            return "-"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case dict():
            return json.dumps(value, ensure_ascii=False)
    # What a gateway answered may hold what a terminal would obey.
    return "".join(character if character.isprintable() else " " for character in str(value))
