"""What the customer of a conversation has: appointments to come, places on waiting lists, dependents."""

import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.assistants.desks.bookable import local_today, price_of, service_name
from shared.assistants.desks.desk import Desk
from shared.assistants.handover import contact_in_words
from shared.assistants.moments import as_data, format_minutes, format_moment
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import Plan, ProposalKind
from shared.assistants.tools import Row, ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.calendar import Busy, Calendar
from shared.words import fold


class Owned(Row):
    """One appointment of the customer's."""

    booking_id: UUID
    name: str = Field(validation_alias="service")
    resource: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    price_cents: int | None
    dependent: str | None
    confirmed_at: AwareDatetime | None
    changeable: bool  #: the customer may still move or cancel it

    @property
    def duration(self) -> datetime.timedelta:
        return self.ends_at - self.starts_at

    @property
    def busy(self) -> Busy:
        """The time that it takes in the calendar."""
        return Busy(resource=self.resource, starts_at=self.starts_at, ends_at=self.ends_at)


class Waiting(Row):
    """A place of the customer's on a waiting list."""

    service_id: UUID
    name: str = Field(validation_alias="service")
    earliest: datetime.date | None
    part_of_day: str


class OwnDependent(Row):
    """Whom the customer can book for. The name is the customer's own word."""

    id: UUID
    name: str


class Own(Row):
    """What `api.appointments_of` answers."""

    appointments: tuple[Owned, ...]  #: soonest first
    waiting: tuple[Waiting, ...]
    dependents: tuple[OwnDependent, ...]


class _Outcome(Row):
    outcome: Literal["done", "gone"]


async def load(desk: Desk) -> Own:
    """Return what the turn's customer has now. Raises the database's errors."""
    row = await desk.database.call(
        "appointments_of", organization_id=desk.organization_id, conversation_id=desk.conversation_id
    )
    return read_row(Own, row, function="appointments_of")


def is_done(row: object, *, function: str) -> bool:
    """Tell whether a function that does something at once did it."""
    return read_row(_Outcome, row, function=function).outcome == "done"


def choose(desk: Desk, own: Own, number: int | None) -> Owned | ToolResult:
    """Return the appointment that `number`, from 1, means, or the only one; else what the model is told."""
    if not own.appointments:
        return ToolResult(data={"error": "no_appointments"})
    if number is None and len(own.appointments) == 1:
        return own.appointments[0]
    if number is None or number > len(own.appointments):
        error = "which_appointment" if number is None else "unknown_appointment"
        return ToolResult(data={"error": error, "choices": describe(desk, own)})
    return own.appointments[number - 1]


def describe(desk: Desk, own: Own) -> list[dict[str, Any]]:
    """Return the appointments as the model is told of them, numbered from 1."""
    return [
        {
            "number": number,
            "service": service_name(each),
            **as_data(desk.turn.local(each.starts_at), desk.texts),
            "price": price_of(desk, each.price_cents),
            "for_whom": clean_line(each.dependent, limit=NAME_LIMIT) if each.dependent else None,
            "confirmed": each.confirmed_at is not None,
            "changeable": each.changeable,
        }
        for number, each in enumerate(own.appointments, start=1)
    ]


def too_late(desk: Desk, calendar: Calendar) -> dict[str, Any]:
    """Return what the model is told of an appointment that the customer can no longer change."""
    notice = format_minutes(calendar.rules.cancel_notice_minutes, desk.texts)
    return {"error": "too_late", "note": desk.texts.calendar.too_late.format(notice=notice)}


def cancelling(
    desk: Desk, booking_id: UUID, *, service: str, starts_at: datetime.datetime, besides: str | None = None
) -> Plan:
    """Return the plan to cancel an appointment of the customer's; `besides` is told below what is to be cancelled."""
    facts = {
        "service": service,
        "moment": format_moment(desk.turn.local(starts_at), desk.texts, today=local_today(desk)),
    }
    told = desk.texts.followups.late_cancelling.format(contact=contact_in_words(desk.turn), **facts)
    preview = desk.texts.calendar.cancel_preview.format(**facts)
    return Plan(
        kind=ProposalKind.CANCEL,
        action={"booking_id": str(booking_id), "late_notice": told},
        preview=f"{preview}\n{besides}" if besides else preview,
    )


def moving(desk: Desk, chosen: Owned, *, to: datetime.datetime, slot: dict[str, Any]) -> Plan:
    """Return the plan to move an appointment of the customer's to a slot that begins at `to`."""
    today = local_today(desk)
    facts = {
        "service": service_name(chosen),
        "before": format_moment(desk.turn.local(chosen.starts_at), desk.texts, today=today),
        "moment": format_moment(desk.turn.local(to), desk.texts, today=today),
    }
    told = desk.texts.followups.late_moving.format(contact=contact_in_words(desk.turn), **facts)
    return Plan(
        kind=ProposalKind.MOVE,
        action={"booking_id": str(chosen.booking_id), **slot, "late_notice": told},
        preview=desk.texts.calendar.move_preview.format(**facts),
    )


async def find_dependent(desk: Desk, wanted: str) -> OwnDependent | ToolResult | None:
    """Return the dependent of this name, None for the customer's own name, else what the model is told."""
    if desk.turn.contact.name and fold(wanted) == fold(desk.turn.contact.name):
        return None
    dependents = (await load(desk)).dependents
    found = next((each for each in dependents if fold(each.name) == fold(wanted)), None)
    if found is not None:
        return found
    choices = [clean_line(each.name, limit=NAME_LIMIT) for each in dependents]
    return ToolResult(
        data={"error": "unknown_dependent", "choices": choices, "note": desk.texts.calendar.unknown_dependent}
    )
