"""The schema cache: the exposed functions and tables and the settings of roles, as last read from the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

_CATALOG_SQL = Path(__file__).with_name("catalog.sql")

Returns = Literal["void", "scalar", "composite"]


@dataclass(frozen=True)
class Argument:
    """One input argument; `name` is empty for an unnamed one."""

    name: str
    type: str
    required: bool
    variadic: bool


@dataclass(frozen=True)
class Function:
    """One function; `returns` is what one row of its result is, `is_set` whether there can be several."""

    schema: str
    name: str
    arguments: tuple[Argument, ...]
    returns: Returns
    is_set: bool
    writes: bool
    settings: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def signature(self) -> str:
        arguments = ", ".join(f"{argument.name} => {argument.type}" for argument in self.arguments)
        return f"{self.schema}.{self.name}({arguments})"

    def accepts(self, names: frozenset[str]) -> bool:
        """Whether a call with exactly these named arguments is complete and has nothing unknown."""
        known = {argument.name for argument in self.arguments}
        required = {argument.name for argument in self.arguments if argument.required}
        return required <= names <= known and "" not in known

    def single_unnamed(self, types: Iterable[str]) -> bool:
        """Whether the only argument has no name and one of these types, so that it takes the whole body."""
        return len(self.arguments) == 1 and not self.arguments[0].name and self.arguments[0].type in types


@dataclass(frozen=True)
class Catalog:
    """One reading of the database."""

    functions: dict[tuple[str, str], list[Function]] = field(default_factory=dict)
    tables: frozenset[tuple[str, str]] = frozenset()
    role_settings: dict[str, dict[str, str]] = field(default_factory=dict)


async def read_catalog(connection: psycopg.AsyncConnection, schemas: tuple[str, ...]) -> Catalog:
    """Read the catalog of the exposed schemas; `connection` must have an empty search_path, so types are qualified."""
    functions, tables, roles = _CATALOG_SQL.read_text().split("-- next --")
    cursor = connection.cursor(row_factory=dict_row)
    found: dict[tuple[str, str], list[Function]] = {}
    for row in await (await cursor.execute(functions, {"schemas": list(schemas)})).fetchall():
        function = _function(row)
        found.setdefault((function.schema, function.name), []).append(function)
    table_rows = await (await cursor.execute(tables, {"schemas": list(schemas)})).fetchall()
    role_rows = await (await cursor.execute(roles)).fetchall()
    return Catalog(
        functions=found,
        tables=frozenset((row["schema"], row["name"]) for row in table_rows),
        role_settings={row["role"]: row["settings"] for row in role_rows},
    )


def _function(row: dict[str, Any]) -> Function:
    return Function(
        schema=row["schema"],
        name=row["name"],
        arguments=tuple(Argument(**argument) for argument in row["arguments"]),
        returns=row["returns"],
        is_set=row["is_set"],
        writes=row["writes"],
        settings=row["settings"],
    )
