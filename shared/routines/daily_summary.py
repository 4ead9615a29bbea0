"""The daily summary: how the day was beside the same weekday before, and what comes tomorrow."""

import datetime
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.assistants.desks.agenda import Agenda, Appointment
from shared.assistants.desks.figures import PartFigures, compared
from shared.assistants.moments import format_minutes
from shared.assistants.tools import read_row
from shared.calendar import Calendar, FreeTime, day_of, usage_between
from shared.models import Spend
from shared.routines.run import Composed, OwnerMessage, RoutineRun
from shared.routines.suggestion import suggest
from shared.routines.wording import Wording, fitting
from shared.services import Services

_APPOINTMENTS_SHOWN = 20
_GAPS_SHOWN = 12
_AGENDA_ROOM, _FREE_ROOM = 1600, 800  # characters: the figures and a suggestion stand in the same message
_MINUTE = 60
_APPOINTMENTS = ("done", "cancelled", "no_show", "upcoming", "revenue_cents")
_CONVERSATIONS = ("answered", "handed_over", "waiting", "reply_seconds", "new_contacts")
_MOVEMENT = ("done", "cancelled", "no_show", "upcoming", "new_contacts", "answered", "handed_over", "waiting")


class DayFigures(PartFigures):
    """The figures of one day, or of as much of it as has passed."""

    reply_seconds: int | None  #: the median time from a client's last message to the reply
    replies: int


class DailyFacts(BaseModel):
    """What `api.routine_facts_daily_summary` answers."""

    model_config = ConfigDict(frozen=True)

    currency: str
    compared_with: datetime.date
    until: AwareDatetime
    over: bool  #: the day has ended
    now: DayFigures
    before: DayFigures
    agenda: Agenda  #: of the next day
    calendar: Calendar  #: of both days
    spend: Spend
    conversation_id: UUID | None  #: of an owner


async def compose(run: RoutineRun, services: Services) -> Composed:
    """Return the summary, the same for every owner. Raises the database's errors."""
    row = await services.database.call(
        "routine_facts_daily_summary", organization_id=run.organization.id, local_date=run.local_date.isoformat()
    )
    facts = read_row(DailyFacts, row, function="routine_facts_daily_summary")
    wording = Wording.of(run, spend_currency=services.settings.price_currency)
    suggestion = None
    if run.option("suggestion") and not is_quiet(facts):
        suggestion = await suggest(
            figures_text(facts, wording),
            run=run,
            services=services,
            spend=facts.spend,
            conversation_id=facts.conversation_id,
        )
    text = summary_text(facts, wording, suggestion=suggestion)
    return Composed(messages=(OwnerMessage(text=text),), detail=_detail(facts, suggested=suggestion is not None))


def summary_text(facts: DailyFacts, wording: Wording, *, suggestion: str | None = None) -> str:
    """Return what the owners read."""
    words = wording.texts.routines
    today = wording.day(wording.local_date)
    if is_quiet(facts) and _is_closed(facts.calendar, wording.local_date):
        day = words.closed_day.format(day=today[:1].upper() + today[1:])
        parts = [day, *([tomorrow_text(facts, wording)] if facts.agenda.appointments else [])]
    else:
        parts = [_title(facts, wording), figures_text(facts, wording), tomorrow_text(facts, wording)]
    if suggestion:
        parts.append(words.suggestion.format(text=suggestion))
    return "\n\n".join(parts)


def figures_text(facts: DailyFacts, wording: Wording) -> str:
    """Return the figures alone: no word of a client is in them."""
    words = wording.texts.routines
    if is_quiet(facts):
        known = any(getattr(facts.now, field) is not None for field in _MOVEMENT)
        return words.nothing_happened if known else words.nothing_known
    has_before = any(getattr(facts.before, field) is not None for field in (*_APPOINTMENTS, *_CONVERSATIONS))
    appointments = [_figure(field, facts, wording, has_before=has_before) for field in _APPOINTMENTS]
    if facts.now.unpriced:
        appointments.append(words.figure.format(label=words.labels["unpriced"], now=facts.now.unpriced))
    conversations = [_figure(field, facts, wording, has_before=has_before) for field in _CONVERSATIONS]
    conversations.append(_figure("spend_micros", facts, wording, has_before=has_before))
    compared_day = wording.day(facts.compared_with)
    return "\n".join(
        (
            words.sections["appointments"],
            *appointments,
            "",
            words.sections["conversations"],
            *conversations,
            "",
            (words.compared_with if has_before else words.nothing_before).format(day=compared_day),
        )
    )


def tomorrow_text(facts: DailyFacts, wording: Wording) -> str:
    """Return the next day's agenda and what is free between."""
    words, appointments = wording.texts.routines, facts.agenda.appointments
    day = facts.agenda.first
    if not appointments and _is_closed(facts.calendar, day):
        return words.tomorrow_closed.format(day=wording.day(day))
    title = words.tomorrow.format(day=wording.day(day), count=len(appointments))
    lines = fitting(
        [_appointment_line(each, wording) for each in appointments[:_APPOINTMENTS_SHOWN]], room=_AGENDA_ROOM
    )
    left = [words.more.format(count=len(appointments) - len(lines))] if len(lines) < len(appointments) else []
    free = fitting(_free_lines(facts.calendar, day, wording), room=_FREE_ROOM)
    return "\n".join((title, *lines, *left, *free))


def is_quiet(facts: DailyFacts) -> bool:
    """Tell whether nothing at all happened, or is known to have happened."""
    return not any(getattr(facts.now, field) for field in _MOVEMENT)


def _is_closed(calendar: Calendar, day: datetime.date) -> bool:
    return all(calendar.hours_of(resource).days[day.weekday()] == () for resource in calendar.resources)


def _title(facts: DailyFacts, wording: Wording) -> str:
    words, day = wording.texts.routines, wording.day(wording.local_date)
    if facts.over:
        return words.summary_title.format(day=day)
    return words.summary_title_so_far.format(day=day, time=f"{wording.local(facts.until):%H:%M}")


def _figure(field: str, facts: DailyFacts, wording: Wording, *, has_before: bool) -> str:
    words = wording.texts.routines
    label = words.labels[field]

    def written(amount: int) -> str:
        return _in_words(field, amount, wording)

    pair = compared(getattr(facts.now, field), getattr(facts.before, field), written)
    now = words.no_data if pair["now"] is None else pair["now"]
    if not has_before:
        return words.figure.format(label=label, now=now)
    before = words.no_data if pair["before"] is None else pair["before"]
    if pair["change"] is None or getattr(facts.now, field) == getattr(facts.before, field):
        return words.figure_compared.format(label=label, now=now, before=before)
    return words.figure_changed.format(label=label, now=now, before=before, change=pair["change"])


def _in_words(field: str, amount: int, wording: Wording) -> str:
    if field == "revenue_cents":
        return wording.money(amount)
    if field == "spend_micros":
        return wording.spend(amount)
    if field == "reply_seconds":
        minutes, seconds = divmod(amount, _MINUTE)
        if not minutes:
            return wording.texts.routines.seconds.format(count=seconds)
        return format_minutes(round(amount / _MINUTE), wording.texts)
    return str(amount)


def _appointment_line(appointment: Appointment, wording: Wording) -> str:
    words = wording.texts.routines
    client = wording.name(appointment.contact)
    if appointment.dependent:
        client += words.for_whom.format(name=wording.name(appointment.dependent))
    return words.agenda_line.format(
        time=f"{wording.local(appointment.starts_at):%H:%M}", service=wording.name(appointment.service), client=client
    )


def _free_lines(calendar: Calendar, day: datetime.date, wording: Wording) -> list[str]:
    words = wording.texts.routines
    at_day = usage_between(calendar, *day_of(calendar, day))
    if not at_day.bookable:
        stated = all(calendar.hours_of(each).days[day.weekday()] is not None for each in calendar.resources)
        return [words.fully_booked if stated else words.hours_not_stated]
    shortest = min(
        (service.duration for service in calendar.services if service.duration is not None),
        default=timedelta(minutes=calendar.rules.slot_minutes),
    )
    gaps = [free for free in at_day.free if free.duration >= shortest]
    if not gaps:
        return [words.fully_booked]
    if len(calendar.resources) == 1:
        return [words.free.format(times=_times(gaps, day))]
    return [
        words.free_of.format(resource=wording.resource(resource.name), times=_times(own, day))
        for resource in calendar.resources
        if (own := [free for free in gaps if free.resource == resource.name])
    ]


def _times(gaps: list[FreeTime], day: datetime.date) -> str:
    def end(free: FreeTime) -> str:
        return f"{free.ends_at:%H:%M}" if free.ends_at.date() == day else "24:00"

    return ", ".join(f"{free.starts_at:%H:%M}–{end(free)}" for free in gaps[:_GAPS_SHOWN])


def _detail(facts: DailyFacts, *, suggested: bool) -> dict[str, Any]:
    return {
        "done": facts.now.done,
        "revenue_cents": facts.now.revenue_cents,
        "tomorrow": len(facts.agenda.appointments),
        "suggested": suggested,
    }
