"""Aurora: the owner's assistant. It looks things up and changes nothing."""

import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from shared.assistants.engine import Briefing
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT, aurora_prompt
from shared.assistants.texts import texts_for
from shared.assistants.tools import Arguments, NoArguments, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Turn
from shared.ports import Database


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class AppointmentCounts(_Row):
    """Today's appointments. None is no data."""

    total: int | None
    done: int | None
    cancelled: int | None
    no_show: int | None
    upcoming: int | None


class ConversationCounts(_Row):
    """Today's conversations. None is no data."""

    answered: int | None
    handed_over: int | None
    waiting: int | None


class NextAppointment(_Row):
    """An appointment still to come today."""

    starts_at: AwareDatetime
    service: str | None
    contact: str | None


class DaySummary(_Row):
    """What `api.today_summary` tells of the organization's present day. None is no data."""

    date: datetime.date
    currency: str
    appointments: AppointmentCounts
    revenue_cents: int | None
    new_contacts: int | None
    conversations: ConversationCounts
    next: tuple[NextAppointment, ...]


class FoundContact(_Row):
    """One contact that `api.find_contact` found."""

    name: str | None
    phone: str | None
    last_inbound_at: AwareDatetime | None
    bookings: int | None
    next_booking_at: AwareDatetime | None


class FoundContacts(RootModel[tuple[FoundContact, ...]]):
    """What `api.find_contact` answers."""


class ContactQuery(Arguments):
    """Whom to look for."""

    query: Annotated[
        str, Field(max_length=NAME_LIMIT), AfterValidator(partial(clean_line, limit=NAME_LIMIT)), Field(min_length=2)
    ]


def aurora_briefing(turn: Turn, database: Database) -> Briefing:
    """Return what Aurora is told and may do in `turn`."""
    desk = _Desk(turn, database)
    told = texts_for(turn.organization.locale)
    return Briefing(
        system=aurora_prompt(turn),
        tools=(
            Tool(
                name="today_summary",
                description=told.owner.today_summary,
                arguments=NoArguments,
                run=desk.today_summary,
            ),
            Tool(
                name="find_contact", description=told.owner.find_contact, arguments=ContactQuery, run=desk.find_contact
            ),
        ),
    )


class _Desk:
    """The tools of one turn. Figures are read anew at each call."""

    def __init__(self, turn: Turn, database: Database) -> None:
        self._turn = turn
        self._database = database
        self._organization_id = turn.organization.id

    async def today_summary(self, _: NoArguments) -> ToolResult:
        row = await self._database.call("today_summary", organization_id=self._organization_id)
        return ToolResult(data=describe_day(read_row(DaySummary, row, function="today_summary"), self._turn))

    async def find_contact(self, wanted: ContactQuery) -> ToolResult:
        rows = await self._database.call("find_contact", organization_id=self._organization_id, query=wanted.query)
        found = read_row(FoundContacts, rows, function="find_contact").root
        return ToolResult(data={"contacts": [describe_contact(contact, self._turn) for contact in found]})


def describe_day(day: DaySummary, turn: Turn) -> dict[str, Any]:
    """Return the day as the model is told of it: times in the organization's zone, money in words."""
    cents = day.revenue_cents
    return {
        "date": day.date.isoformat(),
        "appointments": day.appointments.model_dump(),
        "revenue": None
        if cents is None
        else format_money(cents, currency=day.currency, locale=turn.organization.locale),
        "new_contacts": day.new_contacts,
        "conversations": day.conversations.model_dump(),
        "next": [
            {
                "time": f"{turn.local(appointment.starts_at):%H:%M}",
                "service": _name(appointment.service),
                "contact": _name(appointment.contact),
            }
            for appointment in day.next
        ],
    }


def describe_contact(contact: FoundContact, turn: Turn) -> dict[str, Any]:
    """Return a contact as the model is told of it: dates and times in the organization's zone."""
    last, following = contact.last_inbound_at, contact.next_booking_at
    return {
        "name": _name(contact.name),
        "phone": contact.phone,
        "last_seen": None if last is None else f"{turn.local(last):%Y-%m-%d}",
        "bookings": contact.bookings,
        "next_booking": None if following is None else f"{turn.local(following):%Y-%m-%d %H:%M}",
    }


def _name(name: str | None) -> str | None:
    return clean_line(name, limit=NAME_LIMIT) if name else None
