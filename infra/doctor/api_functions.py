"""The functions of the schema `api`, as the migrations declare them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from infra.migrations import Migration

_COMMENT = re.compile(r"--[^\n]*")
_STATEMENT = re.compile(
    r"create\s+(?:or\s+replace\s+)?function\s+api\.(?P<created>\w+)\s*\((?P<arguments>.*?)\)\s*returns\b"
    r"|drop\s+function\s+(?:if\s+exists\s+)?api\.(?P<dropped>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT = re.compile(r"\s(?:default\b|=|:=)", re.IGNORECASE)

#: A valid value of each type that names nothing that exists. They are written as in a query string.
HARMLESS: Mapping[str, str] = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "text": "doctor",
    "jsonb": "{}",
    "bigint": "0",
    "integer": "0",
    "double precision": "0",
    "numeric": "0",
    "boolean": "false",
    "date": "1970-01-01",
    "time": "00:00",
    "timestamptz": "1970-01-01T00:00:00Z",
    "uuid[]": "{}",
    "text[]": "{}",
    "integer[]": "{}",
}


@dataclass(frozen=True)
class ApiFunction:
    """One function; `arguments` are names, without the prefix `p_`, and SQL types."""

    name: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def harmless_arguments(self) -> dict[str, str]:
        """Values with which the function finds nothing; a type that is not known gets an empty text."""
        return {name: HARMLESS.get(kind, "") for name, kind in self.arguments}


def api_functions(migrations: Sequence[Migration]) -> list[ApiFunction]:
    """Return the functions that stand after all of `migrations`, each in its last form, by name."""
    functions: dict[str, ApiFunction] = {}
    for migration in migrations:
        for statement in _STATEMENT.finditer(_COMMENT.sub("", migration.sql)):
            if name := statement["created"]:
                functions[name] = ApiFunction(name, tuple(_arguments(statement["arguments"])))
            else:
                functions.pop(statement["dropped"], None)
    return [functions[name] for name in sorted(functions)]


def _arguments(declaration: str) -> Iterator[tuple[str, str]]:
    for part in _split(declaration):
        name, _, kind = _DEFAULT.split(part.strip(), maxsplit=1)[0].partition(" ")
        yield name.removeprefix("p_"), re.sub(r"\s*(\[\])", r"\1", " ".join(kind.lower().split()))


def _split(declaration: str) -> list[str]:
    """Split at the commas that are neither in brackets nor in quotes."""
    parts, depth, quoted = [""], 0, False
    for character in declaration:
        quoted ^= character == "'"
        depth += 0 if quoted else (character in "([") - (character in ")]")
        if character == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
