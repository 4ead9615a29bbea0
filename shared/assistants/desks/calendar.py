"""The customer's side of the calendar: free slots, the own appointments, the waiting list.

What changes an appointment is proposed here and done once the customer agrees; presence and the waiting list are noted
at once. Whose appointments they are is the conversation's to say.
"""

import datetime
from functools import partial
from itertools import islice
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.assistants.desks import own_appointments
from shared.assistants.desks.bookable import (
    CLOCK,
    bookable,
    find_service,
    load_calendar,
    local_time,
    local_today,
    price_of,
    service_name,
    slot_action,
    unavailable,
)
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import as_data, format_moment, weekday_of
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Arguments, Deed, NoArguments, Tool, ToolResult
from shared.assistants.untrusted import clean_line
from shared.calendar import Calendar, Day, PartOfDay, Unavailable, free_days, most_telling, slot_at

_DAYS_SHOWN = 3  # without a date, the next days with a free slot
_TIMES_SHOWN = 24  # of one day

_Name = Annotated[str, AfterValidator(partial(clean_line, limit=NAME_LIMIT)), Field(min_length=1)]
_Clock = Annotated[str, Field(pattern=CLOCK)]
_Number = Annotated[int, Field(ge=1)]


class SlotQuery(Arguments):
    """What a customer would like to book, and about when."""

    service: _Name
    date: datetime.date | None = None
    part_of_day: PartOfDay = PartOfDay.ANY


class Booking(Arguments):
    """What a customer wants to book."""

    service: _Name
    date: datetime.date
    time: _Clock
    for_whom: _Name | None = None


class Choice(Arguments):
    """Which of the customer's appointments is meant."""

    appointment: _Number | None = None


class Rescheduling(Choice):
    """Where an appointment shall go."""

    date: datetime.date
    time: _Clock


class ServiceChoice(Arguments):
    """For which service the customer no longer waits."""

    service: _Name | None = None


def calendar_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk."""
    told, slots, own = desk.texts.calendar, _Slots(desk), _OwnAppointments(desk)
    return (
        Tool(name="free_slots", description=told.free_slots, arguments=SlotQuery, run=slots.free_slots),
        Tool(name="book_appointment", description=told.book_appointment, arguments=Booking, run=slots.book),
        Tool(name="my_appointments", description=told.my_appointments, arguments=NoArguments, run=own.show),
        Tool(
            name="reschedule_appointment",
            description=told.reschedule_appointment,
            arguments=Rescheduling,
            run=own.reschedule,
        ),
        Tool(name="cancel_appointment", description=told.cancel_appointment, arguments=Choice, run=own.cancel),
        Tool(name="confirm_appointment", description=told.confirm_appointment, arguments=Choice, run=own.confirm),
        Tool(name="join_waiting_list", description=told.join_waiting_list, arguments=SlotQuery, run=slots.wait),
        Tool(
            name="leave_waiting_list",
            description=told.leave_waiting_list,
            arguments=ServiceChoice,
            run=own.stop_waiting,
        ),
    )


class _Slots:
    """What the business has to offer, in one turn."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def free_slots(self, query: SlotQuery) -> ToolResult:
        calendar = await load_calendar(self._desk)
        found = bookable(self._desk, calendar, query.service)
        if isinstance(found, ToolResult):
            return found
        service, duration = found
        days = self._days(calendar, duration, query)
        shown = [day for day in days if day.slots]
        following = shown[0] if shown else self._next_free(calendar, duration, query.part_of_day)
        reason = {} if shown else {"reason": most_telling({day.reason for day in days if day.reason}).value}
        return ToolResult(
            data={
                "service": service_name(service),
                "price": price_of(self._desk, service.price_cents),
                "duration_minutes": service.duration_minutes,
                "days": [self._describe(day) for day in shown],
                "next_free": as_data(following.slots[0].starts_at, self._desk.texts) if following else None,
                **reason,
            }
        )

    async def book(self, wish: Booking) -> ToolResult:
        calendar = await load_calendar(self._desk)
        found = bookable(self._desk, calendar, wish.service)
        if isinstance(found, ToolResult):
            return found
        service, duration = found
        wished = local_time(wish.date, wish.time)
        slot = slot_at(calendar, duration, wished, now=self._desk.turn.now)
        if isinstance(slot, Unavailable):
            return unavailable(self._desk, calendar, duration, wished=wished, reason=slot)
        dependent = await own_appointments.find_dependent(self._desk, wish.for_whom) if wish.for_whom else None
        if isinstance(dependent, ToolResult):
            return dependent
        told = self._desk.texts.calendar
        preview = told.book_preview.format(
            service=service_name(service),
            moment=format_moment(slot.starts_at, self._desk.texts, today=local_today(self._desk)),
            price=price_of(self._desk, service.price_cents) or told.not_stated,
        )
        action = {
            "contact_id": str(self._desk.turn.contact.id),
            "service_id": str(service.id),
            "price_cents": service.price_cents,
            **slot_action(slot),
        }
        if dependent is not None:
            preview += "\n" + told.for_whom.format(name=clean_line(dependent.name, limit=NAME_LIMIT))
            action["dependent_id"] = str(dependent.id)
        plan = Plan(kind=ProposalKind.BOOK, action=action, preview=preview)
        return await propose(self._desk, tool="book_appointment", arguments=wish, plan=plan)

    async def wait(self, wish: SlotQuery) -> ToolResult:
        if wish.date is not None and wish.date < local_today(self._desk):
            return ToolResult(data={"error": Unavailable.PAST.value})
        today = local_today(self._desk)
        calendar = await load_calendar(self._desk, first=today, last=today)
        service = find_service(calendar.services, wish.service)
        if isinstance(service, ToolResult):
            return service
        day = wish.date.isoformat() if wish.date else None
        row = await self._desk.database.call(
            "join_waiting_list",
            organization_id=self._desk.organization_id,
            conversation_id=self._desk.conversation_id,
            service_id=service.id,
            earliest=day,
            latest=day,
            part_of_day=wish.part_of_day.value,
        )
        if not own_appointments.is_done(row, function="join_waiting_list"):
            return ToolResult(data={"error": "unknown_service", "choices": []})
        data = {"waiting_for": service_name(service), "date": day, "part_of_day": wish.part_of_day.value}
        return ToolResult(data=data, deeds=frozenset({Deed.WAITLISTED}))

    def _days(self, calendar: Calendar, duration: datetime.timedelta, query: SlotQuery) -> list[Day]:
        """Return the day that was asked for, else the next ones with a slot, or all when none has any."""
        now, part, today = self._desk.turn.now, query.part_of_day, local_today(self._desk)
        if query.date is not None:
            return list(free_days(calendar, duration, first=query.date, last=query.date, now=now, part=part))
        last = today + datetime.timedelta(days=calendar.rules.horizon_days)
        days = list[Day]()
        for day in free_days(calendar, duration, first=today, last=last, now=now, part=part):
            days.append(day)
            if sum(1 for each in days if each.slots) == _DAYS_SHOWN:
                break
        return days

    def _next_free(self, calendar: Calendar, duration: datetime.timedelta, part: PartOfDay) -> Day | None:
        today = local_today(self._desk)
        last = today + datetime.timedelta(days=calendar.rules.horizon_days)
        days = free_days(calendar, duration, first=today, last=last, now=self._desk.turn.now, part=part)
        return next((day for day in days if day.slots), None)

    def _describe(self, day: Day) -> dict[str, Any]:
        described = {
            "date": day.date.isoformat(),
            "weekday": weekday_of(day.date, self._desk.texts),
            "times": [f"{slot.starts_at:%H:%M}" for slot in islice(day.slots, _TIMES_SHOWN)],
        }
        return {**described, "more": True} if len(day.slots) > _TIMES_SHOWN else described


class _OwnAppointments:
    """What the customer of one turn has."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, _: NoArguments) -> ToolResult:
        own = await own_appointments.load(self._desk)
        return ToolResult(
            data={
                "appointments": own_appointments.describe(self._desk, own),
                "waiting_list": [
                    {
                        "service": service_name(waiting),
                        "date": waiting.earliest.isoformat() if waiting.earliest else None,
                        "part_of_day": waiting.part_of_day,
                    }
                    for waiting in own.waiting
                ],
            }
        )

    async def reschedule(self, wish: Rescheduling) -> ToolResult:
        own = await own_appointments.load(self._desk)
        chosen = own_appointments.choose(self._desk, own, wish.appointment)
        if isinstance(chosen, ToolResult):
            return chosen
        calendar = await load_calendar(self._desk)
        if not chosen.changeable:
            return self._too_late(calendar)
        calendar = calendar.without(chosen.busy)
        wished = local_time(wish.date, wish.time)
        slot = slot_at(calendar, chosen.duration, wished, now=self._desk.turn.now)
        if isinstance(slot, Unavailable):
            return unavailable(self._desk, calendar, chosen.duration, wished=wished, reason=slot)
        if slot.starts_at == chosen.starts_at:
            return ToolResult(data={"error": "same_time"})
        plan = own_appointments.moving(self._desk, chosen, to=slot.starts_at, slot=slot_action(slot))
        return await propose(self._desk, tool="reschedule_appointment", arguments=wish, plan=plan)

    async def cancel(self, choice: Choice) -> ToolResult:
        own = await own_appointments.load(self._desk)
        chosen = own_appointments.choose(self._desk, own, choice.appointment)
        if isinstance(chosen, ToolResult):
            return chosen
        if not chosen.changeable:
            today = local_today(self._desk)
            return self._too_late(await load_calendar(self._desk, first=today, last=today))
        plan = own_appointments.cancelling(
            self._desk, chosen.booking_id, service=service_name(chosen), starts_at=chosen.starts_at
        )
        return await propose(self._desk, tool="cancel_appointment", arguments=choice, plan=plan)

    async def confirm(self, choice: Choice) -> ToolResult:
        own = await own_appointments.load(self._desk)
        chosen = own_appointments.choose(self._desk, own, choice.appointment)
        if isinstance(chosen, ToolResult):
            return chosen
        row = await self._desk.database.call(
            "confirm_presence",
            organization_id=self._desk.organization_id,
            conversation_id=self._desk.conversation_id,
            booking_id=chosen.booking_id,
        )
        if not own_appointments.is_done(row, function="confirm_presence"):
            return ToolResult(data={"error": "unknown_appointment", "choices": []})
        when = as_data(self._desk.turn.local(chosen.starts_at), self._desk.texts)
        data = {"confirmed": True, "service": service_name(chosen), **when}
        return ToolResult(data=data, deeds=frozenset({Deed.CONFIRMED}))

    async def stop_waiting(self, choice: ServiceChoice) -> ToolResult:
        own = await own_appointments.load(self._desk)
        # Nothing to leave is what a repeated turn finds, too: that the customer waits no longer stays true.
        waiting = find_service(own.waiting, choice.service) if choice.service and own.waiting else None
        if isinstance(waiting, ToolResult):
            return waiting
        row = await self._desk.database.call(
            "leave_waiting_list",
            organization_id=self._desk.organization_id,
            conversation_id=self._desk.conversation_id,
            service_id=waiting.service_id if waiting else None,
        )
        own_appointments.is_done(row, function="leave_waiting_list")
        left = [waiting] if waiting else own.waiting
        data = {"no_longer_waiting_for": [service_name(each) for each in left]}
        return ToolResult(data=data, deeds=frozenset({Deed.WAITLISTED}))

    def _too_late(self, calendar: Calendar) -> ToolResult:
        return ToolResult(data=own_appointments.too_late(self._desk, calendar))
