"""The business's clients: finding them, what happened with them, who stays away, has a birthday or waits for a slot."""

import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, RootModel

from shared.assistants.desks.contact_history import ContactHistory, describe_history
from shared.assistants.desks.contacts import (
    ContactArguments,
    ContactName,
    FoundContact,
    clean_name,
    find_contacts,
    find_one,
    named,
)
from shared.assistants.desks.desk import Desk
from shared.assistants.tools import Arguments, NoArguments, Row, Tool, ToolResult, read_row
from shared.calendar import PartOfDay


class ContactQuery(Arguments):
    """Whom to look for."""

    query: ContactName


class InactiveSince(Arguments):
    """For how many days nothing was heard."""

    days: Annotated[int, Field(ge=7, le=730)] = 30


class BirthdaysAhead(Arguments):
    """How many days ahead, today included."""

    days: Annotated[int, Field(ge=0, le=60)] = 7


class Waiting(Row):
    """Somebody who waits for a free slot."""

    contact_id: UUID
    name: str | None
    phone: str | None
    service_id: UUID
    service: str
    earliest: datetime.date | None  #: local dates; None: any
    latest: datetime.date | None
    part_of_day: PartOfDay
    since: AwareDatetime
    opted_out: bool
    has_booking: bool  #: one to come


class _WaitingList(RootModel[tuple[Waiting, ...]]):
    """What `api.waiting_list` answers."""


class _InactiveClient(Row):
    name: str | None
    phone: str | None
    last_wrote_at: AwareDatetime | None
    last_visit_at: AwareDatetime | None
    service: str | None  #: the usual one
    opted_out: bool


class InactiveClients(Row):
    """What `api.inactive_clients` answers."""

    known: int  #: clients who are known for so long at all
    total: int
    contacts: tuple[_InactiveClient, ...]


class _Birthday(Row):
    on: datetime.date
    name: str | None
    phone: str | None
    kind: str
    of: str | None  #: the dependent's name
    age: int
    opted_out: bool


class Birthdays(Row):
    """What `api.birthdays` answers."""

    known: int  #: birth dates that are known at all
    birthdays: tuple[_Birthday, ...]


def client_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk."""
    told, clients = desk.texts.owner, _Clients(desk)
    return (
        Tool(name="find_contact", description=told.find_contact, arguments=ContactQuery, run=clients.find),
        Tool(name="contact_history", description=told.contact_history, arguments=ContactArguments, run=clients.history),
        Tool(name="inactive_clients", description=told.inactive_clients, arguments=InactiveSince, run=clients.inactive),
        Tool(name="birthdays", description=told.birthdays, arguments=BirthdaysAhead, run=clients.birthdays),
        Tool(name="waiting_list", description=told.waiting_list, arguments=NoArguments, run=clients.waiting),
    )


async def load_waiting_list(desk: Desk) -> tuple[Waiting, ...]:
    """Return who waits for a slot that could still come, longest first. Raises the database's errors."""
    row = await desk.database.call("waiting_list", organization_id=desk.organization_id)
    return read_row(_WaitingList, row, function="waiting_list").root


class _Clients:
    """What one turn asks of the clients."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find(self, wanted: ContactQuery) -> ToolResult:
        found = await find_contacts(self._desk, wanted.query)
        return ToolResult(data={"contacts": [self._describe(contact) for contact in found]})

    async def history(self, wanted: ContactArguments) -> ToolResult:
        found = await find_one(self._desk, wanted.contact)
        if isinstance(found, ToolResult):
            return found
        row = await self._desk.database.call(
            "contact_history", organization_id=self._desk.organization_id, contact_id=found.id
        )
        return ToolResult(data=describe_history(read_row(ContactHistory, row, function="contact_history"), self._desk))

    async def inactive(self, wanted: InactiveSince) -> ToolResult:
        row = await self._desk.database.call(
            "inactive_clients", organization_id=self._desk.organization_id, days=wanted.days
        )
        inactive = read_row(InactiveClients, row, function="inactive_clients")
        if not inactive.known:  # nobody can have stayed away for so long yet
            return ToolResult(data={"days": wanted.days, "total": None, "contacts": None})
        shown = [
            {
                "name": clean_name(client.name),
                "phone": client.phone,
                "last_wrote": self._date(client.last_wrote_at),
                "last_visit": self._date(client.last_visit_at),
                "usual_service": clean_name(client.service),
                "opted_out": client.opted_out,
            }
            for client in inactive.contacts
        ]
        return ToolResult(data={"days": wanted.days, "total": inactive.total, "contacts": shown})

    async def birthdays(self, wanted: BirthdaysAhead) -> ToolResult:
        row = await self._desk.database.call("birthdays", organization_id=self._desk.organization_id, days=wanted.days)
        found = read_row(Birthdays, row, function="birthdays")
        if not found.known:  # nobody's birth date was ever noted
            return ToolResult(data={"days": wanted.days, "birthdays": None})
        shown = [
            {
                "date": each.on.isoformat(),
                "client": clean_name(each.name),
                "phone": each.phone,
                "whose": each.kind,
                "name": clean_name(each.of or each.name),
                "age": each.age,
                "opted_out": each.opted_out,
            }
            for each in found.birthdays
        ]
        return ToolResult(data={"days": wanted.days, "birthdays": shown})

    async def waiting(self, _: NoArguments) -> ToolResult:
        waiting = await load_waiting_list(self._desk)
        return ToolResult(data={"waiting": [self._describe_waiting(each) for each in waiting]})

    def _describe(self, contact: FoundContact) -> dict[str, Any]:
        following = contact.next_booking_at
        return {
            **named(contact),
            "last_seen": self._date(contact.last_inbound_at),
            "bookings": contact.bookings,
            "next_booking": None if following is None else f"{self._desk.turn.local(following):%Y-%m-%d %H:%M}",
        }

    def _describe_waiting(self, waiting: Waiting) -> dict[str, Any]:
        return {
            "name": clean_name(waiting.name),
            "phone": waiting.phone,
            "service": clean_name(waiting.service),
            "from": waiting.earliest.isoformat() if waiting.earliest else None,
            "until": waiting.latest.isoformat() if waiting.latest else None,
            "part_of_day": waiting.part_of_day.value,
            "since": self._date(waiting.since),
            "opted_out": waiting.opted_out,
        }

    def _date(self, moment: datetime.datetime | None) -> str | None:
        return None if moment is None else self._desk.turn.local(moment).date().isoformat()
