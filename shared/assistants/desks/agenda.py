"""The agenda: what is booked on which day, and what is still free, with the clients who could come then."""

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, RootModel

from shared.assistants.desks.bookable import find_service, load_calendar, local_today, price_of, service_name
from shared.assistants.desks.clients import Waiting, load_waiting_list
from shared.assistants.desks.contacts import ServiceName, clean_name
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import weekday_of
from shared.assistants.tools import Arguments, Row, Tool, ToolResult, read_row
from shared.calendar import BookableService, Calendar, Day, PartOfDay, Slot, free_days

_A_DAY = datetime.timedelta(days=1)
_DAYS_SHOWN = 3  # of free slots, when no date is asked for
_TIMES_SHOWN = 24  # of one day
_CLIENTS_SHOWN = 10  # of one day
_TIMES_OFFERED = 3  # to one client


class AgendaDays(Arguments):
    """Which days of the agenda: today, when none is named."""

    date: datetime.date | None = None
    days: Annotated[int, Field(ge=1, le=14)] = 1


class OpenSlotQuery(Arguments):
    """Which free slots: of the next days and of any service, when neither is named."""

    date: datetime.date | None = None
    service: ServiceName | None = None


class Appointment(Row):
    """A booking of the agenda, as `app.booking_facts` tells it."""

    contact: str | None
    phone: str | None
    service: str
    resource: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    status: str
    price_cents: int | None
    dependent: str | None
    confirmed_at: AwareDatetime | None
    paid_at: AwareDatetime | None


class Blocked(Row):
    """Time in which nothing is booked."""

    resource: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    reason: str | None


class Agenda(Row):
    """What `api.agenda` answers."""

    first: datetime.date = Field(alias="from")
    appointments: tuple[Appointment, ...]
    blocks: tuple[Blocked, ...]


class DueClient(Row):
    """A client who is due for the usual service, by the rhythm of earlier visits."""

    contact_id: UUID
    name: str | None
    phone: str | None
    service_id: UUID
    service: str
    visits: int
    every_days: int
    last_visit: datetime.date
    due_on: datetime.date
    allows_marketing: bool


class _DueClients(RootModel[tuple[DueClient, ...]]):
    """What `api.due_clients` answers."""


def agenda_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk."""
    told = desk.texts.owner

    async def agenda(wanted: AgendaDays) -> ToolResult:
        first = wanted.date.isoformat() if wanted.date else None
        arguments = {"organization_id": desk.organization_id, "from": first, "days": wanted.days}
        row = await desk.database.call("agenda", **arguments)
        return ToolResult(data=describe_agenda(read_row(Agenda, row, function="agenda"), desk, days=wanted.days))

    return (
        Tool(name="agenda", description=told.agenda, arguments=AgendaDays, run=agenda),
        Tool(name="open_slots", description=told.open_slots, arguments=OpenSlotQuery, run=_OpenSlots(desk).show),
    )


def describe_agenda(agenda: Agenda, desk: Desk, *, days: int) -> dict[str, Any]:
    """Return each local day with its appointments by time, also the days without any."""
    dates = [agenda.first + offset * _A_DAY for offset in range(days)]
    return {"days": [_describe_day(agenda, desk, day) for day in dates]}


def _describe_day(agenda: Agenda, desk: Desk, day: datetime.date) -> dict[str, Any]:
    booked = [each for each in agenda.appointments if desk.turn.local(each.starts_at).date() == day]
    blocked = [each for each in agenda.blocks if _touches(each, day, desk)]
    return {
        "date": day.isoformat(),
        "weekday": weekday_of(day, desk.texts),
        "appointments": [_describe(each, desk) for each in booked],
        "blocked": [_describe_block(each, day, desk) for each in blocked],
    }


def _describe(appointment: Appointment, desk: Desk) -> dict[str, Any]:
    return {
        "time": f"{desk.turn.local(appointment.starts_at):%H:%M}",
        "until": f"{desk.turn.local(appointment.ends_at):%H:%M}",
        "service": clean_name(appointment.service),
        "client": clean_name(appointment.contact),
        "phone": appointment.phone,
        "for": clean_name(appointment.dependent),
        "with": None if appointment.resource == "main" else clean_name(appointment.resource),
        "status": appointment.status,
        "client_confirmed": appointment.confirmed_at is not None,
        "price": price_of(desk, appointment.price_cents),
        "paid": appointment.paid_at is not None,
    }


def _touches(block: Blocked, day: datetime.date, desk: Desk) -> bool:
    last = desk.turn.local(block.ends_at) - datetime.timedelta(microseconds=1)
    return desk.turn.local(block.starts_at).date() <= day <= last.date()


def _describe_block(block: Blocked, day: datetime.date, desk: Desk) -> dict[str, Any]:
    """Tell the part of a block that lies on a day: from 00:00 to 24:00 when it begins before it and ends after it."""
    starts, ends = desk.turn.local(block.starts_at), desk.turn.local(block.ends_at)
    return {
        "from": f"{starts:%H:%M}" if starts.date() == day else "00:00",
        "until": f"{ends:%H:%M}" if ends.date() == day else "24:00",
        "with": clean_name(block.resource),
        "reason": clean_name(block.reason),
    }


class _OpenSlots:
    """What is free, and for whom, in one turn."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, query: OpenSlotQuery) -> ToolResult:
        today = local_today(self._desk)
        if query.date is not None and query.date < today:
            return ToolResult(data={"error": "past"})
        first = query.date or today
        last = first if query.date else first + (_DAYS_SHOWN - 1) * _A_DAY
        calendar = (await load_calendar(self._desk, first=first, last=last)).for_owner()
        services = _bookable(calendar)
        if query.service is not None:
            found = find_service(services, query.service)
            if isinstance(found, ToolResult):
                return found
            services = (found,)
        if not services:
            return ToolResult(data={"error": "no_bookable_service"})
        waiting, due = await self._candidates(last)
        days = [
            self._describe(_OpenDay(calendar, services, first + offset * _A_DAY, self._desk.turn.now), waiting, due)
            for offset in range((last - first).days + 1)
        ]
        return ToolResult(data={"service": service_name(services[0]) if query.service else None, "days": days})

    async def _candidates(self, last: datetime.date) -> tuple[list[Waiting], list[DueClient]]:
        waiting = [each for each in await load_waiting_list(self._desk) if not (each.opted_out or each.has_booking)]
        row = await self._desk.database.call(
            "due_clients", organization_id=self._desk.organization_id, date=last.isoformat()
        )
        queued = {each.contact_id for each in waiting}
        due = read_row(_DueClients, row, function="due_clients").root
        return waiting, [each for each in due if each.contact_id not in queued]

    def _describe(self, day: "_OpenDay", waiting: list[Waiting], due: list[DueClient]) -> dict[str, Any]:
        shortest = day.shortest()
        matched = (*self._match_waiting(day, waiting), *self._match_due(day, due))
        return {
            "date": day.date.isoformat(),
            "weekday": weekday_of(day.date, self._desk.texts),
            "times": [f"{slot.starts_at:%H:%M}" for slot in islice(shortest.slots, _TIMES_SHOWN)],
            "reason": shortest.reason.value if shortest.reason else None,
            "clients": list(islice(matched, _CLIENTS_SHOWN)),
        }

    def _match_waiting(self, day: "_OpenDay", waiting: Iterable[Waiting]) -> Iterator[dict[str, Any]]:
        for each in waiting:
            on_day = (each.earliest or day.date) <= day.date <= (each.latest or day.date)
            slots = day.slots(each.service_id, each.part_of_day) if on_day else ()
            if slots:
                yield {
                    "why": "waiting_list",
                    **_match(each, slots),
                    "since": self._desk.turn.local(each.since).date().isoformat(),
                }

    def _match_due(self, day: "_OpenDay", due: Iterable[DueClient]) -> Iterator[dict[str, Any]]:
        for each in due:
            slots = day.slots(each.service_id, PartOfDay.ANY) if each.due_on <= day.date else ()
            if slots:
                told = {"every_days": each.every_days, "last_visit": each.last_visit.isoformat()}
                yield {"why": "due", **_match(each, slots), **told}


class _OpenDay:
    """One day's free slots for each service."""

    def __init__(
        self, calendar: Calendar, services: tuple[BookableService, ...], day: datetime.date, now: datetime.datetime
    ) -> None:
        self.date = day
        self._calendar = calendar
        self._now = now
        self._services = {service.id: service for service in services}
        self._days = dict[datetime.timedelta, Day]()

    def shortest(self) -> Day:
        """Return the day as it is free for the shortest of the services."""
        return self._day(min(_duration(service) for service in self._services.values()))

    def slots(self, service_id: UUID, part: PartOfDay) -> tuple[Slot, ...]:
        """Return when a service can be had in a part of the day: never, when it is none of the services."""
        service = self._services.get(service_id)
        if service is None:
            return ()
        return tuple(slot for slot in self._day(_duration(service)).slots if part.holds(slot.starts_at.time()))

    def _day(self, duration: datetime.timedelta) -> Day:
        if duration not in self._days:
            (self._days[duration],) = free_days(
                self._calendar, duration, first=self.date, last=self.date, now=self._now
            )
        return self._days[duration]


def _match(client: Waiting | DueClient, slots: tuple[Slot, ...]) -> dict[str, Any]:
    return {
        "name": clean_name(client.name),
        "phone": client.phone,
        "service": clean_name(client.service),
        "times": [f"{slot.starts_at:%H:%M}" for slot in slots[:_TIMES_OFFERED]],
    }


def _bookable(calendar: Calendar) -> tuple[BookableService, ...]:
    return tuple(service for service in calendar.services if service.duration is not None)


def _duration(service: BookableService) -> datetime.timedelta:
    if service.duration is None:
        raise ValueError("a service without a duration is never free")
    return service.duration
