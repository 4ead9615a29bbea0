"""What an assistant can do besides talking: typed tools, and their results as data."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import DatabaseError, NotFoundError
from shared.ports import ToolSpec


class Arguments(BaseModel):
    """What the model must give a tool. Organization and contact are never among it: they come from the turn."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class NoArguments(Arguments):
    """For a tool that needs nothing."""


class Deed(StrEnum):
    """Something that a tool really did: what a reply may claim."""

    PROPOSED = "proposed"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"  #: the customer will come
    WAITLISTED = "waitlisted"  #: put on the waiting list or taken off it
    NOTED = "noted"  #: a fact about the contact
    ASKED_TEAM = "asked_team"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"  #: a conversation, to the assistant
    PAUSED = "paused"
    RESUMED = "resumed"
    SENT = "sent"
    BLOCKED = "blocked"
    MARKED = "marked"  #: a booking as paid or as a no-show


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What a tool found or did."""

    data: Mapping[str, Any]  #: JSON, told to the model
    hand_over_reason: str | None = None  #: set when a person must take over
    must_say: str | None = None  #: what the answer must hold, word for word
    deeds: frozenset[Deed] = frozenset()
    effects: tuple[Mapping[str, Any], ...] = ()  #: JSON, written with the answer: see `app.apply_effect`


class ToolRefusedError(Exception):
    """The model called a tool in a way it cannot be; the message is told to it."""


_A = TypeVar("_A", bound=Arguments)
_Row = TypeVar("_Row", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Tool(Generic[_A]):
    """A function the model may ask for."""

    name: str
    description: str
    arguments: type[_A]
    run: Callable[[_A], Awaitable[ToolResult]]

    def spec(self) -> ToolSpec:
        """Return the tool as the model is told of it."""
        return ToolSpec(name=self.name, description=self.description, parameters=_parameters(self.arguments))

    async def call(self, raw: str) -> ToolResult:
        """Run with the arguments `raw`, JSON as the model wrote it; nothing at all stands for no arguments.

        Raises `ToolRefusedError` for arguments that do not fit and for what the database does not know.
        """
        try:
            arguments = self.arguments.model_validate_json(raw.strip() or "{}")
        except ValidationError as error:
            raise ToolRefusedError(f"invalid arguments: {explain(error)}") from None
        try:
            return await self.run(arguments)
        except NotFoundError:
            raise ToolRefusedError("not found") from None


_SCHEMA_NOISE = frozenset({"title", "description"})


@cache
def _parameters(arguments: type[Arguments]) -> Mapping[str, Any]:
    """Return the JSON schema of some arguments. Twenty of them take longer to make than all else in a turn."""
    schema = arguments.model_json_schema()
    return {key: part for key, part in schema.items() if key not in _SCHEMA_NOISE}


def explain(error: ValidationError) -> str:
    """Return where and why a validation failed, without the values it failed on."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'all'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    )


class Row(BaseModel):
    """What a function of the database answers, or a part of it."""

    model_config = ConfigDict(frozen=True)


def read_row(shape: type[_Row], row: object, *, function: str) -> _Row:
    """Return what the database function `function` answered as a `shape`.

    Raises `DatabaseError` naming the fields that do not fit: the schema and this version of the code disagree.
    """
    try:
        return shape.model_validate(row)
    except ValidationError as error:
        raise DatabaseError(f"{function} answered in an unexpected shape: {explain(error)}") from None


def as_json(data: Mapping[str, Any]) -> str:
    """Return `data` as the content of a tool message."""
    return json.dumps(data, ensure_ascii=False)
