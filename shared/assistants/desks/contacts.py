"""Whom the owner means: a name or a phone as people write it, and the contacts it fits."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from shared.assistants.desks.desk import Desk
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.tools import Arguments, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.whatsapp.phone import parse_phone

#: A name or a phone, as the owner wrote it.
ContactName = Annotated[
    str, Field(max_length=NAME_LIMIT), AfterValidator(partial(clean_line, limit=NAME_LIMIT)), Field(min_length=2)
]


#: A service, as the owner wrote it.
ServiceName = Annotated[str, AfterValidator(partial(clean_line, limit=NAME_LIMIT)), Field(min_length=1)]


class ContactArguments(Arguments):
    """Of whom a tool is to speak."""

    contact: ContactName


class FoundContact(BaseModel):
    """One contact that `api.find_contact` found. Its name is its own word: untrusted."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str | None
    phone: str | None  #: E.164
    last_inbound_at: AwareDatetime | None
    bookings: int
    next_booking_at: AwareDatetime | None
    fit: int  #: 1 the whole number … 5 part of a name or number


class _FoundContacts(RootModel[tuple[FoundContact, ...]]):
    """What `api.find_contact` answers."""


async def find_contacts(desk: Desk, query: str) -> tuple[FoundContact, ...]:
    """Return up to five contacts of the business that fit a name or a phone, the best first."""
    rows = await desk.database.call(
        "find_contact", organization_id=desk.organization_id, query=query, phone=_whole_number(query)
    )
    return read_row(_FoundContacts, rows, function="find_contact").root


async def resolve_contact(desk: Desk, query: str) -> UUID | ToolResult:
    """Return the id of the one contact that `query`, a name or a phone, means; see `find_one`."""
    found = await find_one(desk, query)
    return found if isinstance(found, ToolResult) else found.id


async def find_one(desk: Desk, query: str) -> FoundContact | ToolResult:
    """Return the one contact that fits a name or a phone best.

    When none does, or several as well as each other, return what the model is told: `{"error": "unknown_contact",
    "choices": []}`, or `{"error": "ambiguous", "choices": [{"name", "phone"}]}` to ask the owner with.
    """
    found = await find_contacts(desk, query)
    best = [contact for contact in found if contact.fit == found[0].fit]
    if len(best) == 1:
        return best[0]
    error = "ambiguous" if best else "unknown_contact"
    return ToolResult(data={"error": error, "choices": [named(contact) for contact in best]})


def named(contact: FoundContact) -> dict[str, Any]:
    """Return how a contact is told to the model for the owner to recognise."""
    return {"name": clean_name(contact.name), "phone": contact.phone}


def clean_name(name: str | None) -> str | None:
    """Return somebody's own word for a name as one clean line, None when there is none."""
    return clean_line(name, limit=NAME_LIMIT) or None if name else None


def _whole_number(query: str) -> str | None:
    """Return the E.164 form of a query that is a whole number in any of the ways that people write one."""
    try:
        return parse_phone(query)
    except ValueError:
        return None
