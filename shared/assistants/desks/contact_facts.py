"""Remembering what customers say of themselves: always the conversation's own contact, whoever the model names."""

from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.assistants.birthdays import birthday_in_words, parse_birthday
from shared.assistants.desks.desk import Desk
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.tools import Arguments, Deed, Tool, ToolRefusedError, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Dependent

_DETAILS_LIMIT = 300

_Name = Annotated[str, AfterValidator(partial(clean_line, limit=NAME_LIMIT)), Field(min_length=1)]


class CustomerFacts(Arguments):
    """What the customer said of himself."""

    name: _Name | None = None
    birthday: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CustomerFacts":
        if self.name is None and self.birthday is None:
            raise ValueError("give a name or a birthday")
        return self


class DependentFacts(Arguments):
    """What the customer said of somebody."""

    name: _Name
    kind: Literal["pet", "child", "vehicle", "other"]
    birthday: str | None = None
    details: Annotated[str, AfterValidator(partial(clean_line, limit=_DETAILS_LIMIT))] | None = None


class _RememberedContact(BaseModel):
    """What `api.remember_contact` answers."""

    model_config = ConfigDict(frozen=True)

    name: str | None
    birth_date: date | None


class _RememberedDependent(BaseModel):
    """What `api.remember_dependent` answers."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["remembered", "too_many"]
    dependent: Dependent | None = None


def contact_fact_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools with which a customer is remembered."""
    told = desk.texts.contact_facts
    return (
        Tool(
            name="remember_customer",
            description=told.remember_customer,
            arguments=CustomerFacts,
            run=partial(_remember_customer, desk),
        ),
        Tool(
            name="remember_dependent",
            description=told.remember_dependent,
            arguments=DependentFacts,
            run=partial(_remember_dependent, desk),
        ),
    )


async def _remember_customer(desk: Desk, said: CustomerFacts) -> ToolResult:
    row = await desk.database.call(
        "remember_contact",
        organization_id=desk.organization_id,
        conversation_id=desk.conversation_id,
        facts={"name": said.name, "birth_date": _birth_date(desk, said.birthday)},
    )
    known = read_row(_RememberedContact, row, function="remember_contact")
    name = clean_line(known.name, limit=NAME_LIMIT) if known.name else None
    return ToolResult(
        data={"remembered": {"name": name, "birthday": birthday_in_words(known.birth_date)}},
        deeds=frozenset({Deed.NOTED}),
    )


async def _remember_dependent(desk: Desk, said: DependentFacts) -> ToolResult:
    row = await desk.database.call(
        "remember_dependent",
        organization_id=desk.organization_id,
        conversation_id=desk.conversation_id,
        dependent={
            "name": said.name,
            "kind": said.kind,
            "birth_date": _birth_date(desk, said.birthday),
            "details": said.details,
        },
    )
    dependent = read_row(_RememberedDependent, row, function="remember_dependent").dependent
    if dependent is None:
        return ToolResult(data={"error": "too_many_dependents"})
    return ToolResult(data={"remembered": describe_dependent(dependent)}, deeds=frozenset({Deed.NOTED}))


def describe_dependent(dependent: Dependent) -> dict[str, str | None]:
    """Return a dependent as the model is told of it."""
    return {
        "name": clean_line(dependent.name, limit=NAME_LIMIT),
        "kind": dependent.kind,
        "birthday": birthday_in_words(dependent.birth_date),
        "details": clean_line(dependent.details, limit=_DETAILS_LIMIT) if dependent.details else None,
    }


def _birth_date(desk: Desk, birthday: str | None) -> str | None:
    """Return a birthday as the database keeps it. Raises `ToolRefusedError` for one that cannot be."""
    if birthday is None:
        return None
    try:
        return parse_birthday(birthday, today=desk.turn.local(desk.turn.now).date()).isoformat()
    except ValueError as error:
        raise ToolRefusedError(f"birthday: {error}") from None
