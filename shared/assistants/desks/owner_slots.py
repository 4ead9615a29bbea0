"""When the owner may book: also outside the hours and within the notice, never where something is taken or blocked."""

import datetime
from dataclasses import dataclass

from shared.assistants.desks.bookable import load_calendar, local_today, unavailable
from shared.assistants.desks.desk import Desk
from shared.assistants.tools import ToolResult
from shared.calendar import BookingRules, Calendar, Slot, Unavailable, slot_at
from shared.models import Interval, Week

_ALL_DAY = (Interval("00:00", "24:00"),)
_ALWAYS = Week(mon=_ALL_DAY, tue=_ALL_DAY, wed=_ALL_DAY, thu=_ALL_DAY, fri=_ALL_DAY, sat=_ALL_DAY, sun=_ALL_DAY)
_NOT_AT_WORK = frozenset({Unavailable.CLOSED, Unavailable.NOT_STATED})
_AROUND = datetime.timedelta(days=14)  # how far after the wished date alternatives are looked for


@dataclass(frozen=True)
class OwnerSlot:
    """A time that the owner can have."""

    slot: Slot
    beyond: Unavailable | None  #: the rule for customers that it breaks


async def calendar_around(desk: Desk, day: datetime.date) -> Calendar:
    """Return the calendar from today to two weeks after a local date, and no further. Raises the database's errors."""
    today = local_today(desk)
    last = min(max(day, today), today + datetime.timedelta(days=366)) + _AROUND
    return await load_calendar(desk, first=today, last=last)


def owner_slot(
    desk: Desk, calendar: Calendar, duration: datetime.timedelta, wished: datetime.datetime
) -> OwnerSlot | ToolResult:
    """Return what the owner can have at `wished`, a local datetime without a zone, or what the model is told."""
    now = desk.turn.now
    slot = slot_at(always_open(calendar).for_owner(), duration, wished, now=now)
    if isinstance(slot, Unavailable):
        return unavailable(desk, _as_read(calendar, desk, wished), duration, wished=wished, reason=slot)
    at_work = slot_at(calendar.for_owner(), duration, wished, now=now)
    if isinstance(at_work, Unavailable):
        return OwnerSlot(slot, at_work if at_work in _NOT_AT_WORK else Unavailable.CLOSED)
    by_the_rules = slot_at(_at_any_minute(calendar), duration, wished, now=now)
    return OwnerSlot(at_work, by_the_rules if isinstance(by_the_rules, Unavailable) else None)


def always_open(calendar: Calendar) -> Calendar:
    """Return the calendar as if everybody were at work at any time."""
    resources = tuple(resource.model_copy(update={"hours": None}) for resource in calendar.resources)
    return calendar.model_copy(update={"hours": _ALWAYS, "resources": resources})


def _at_any_minute(calendar: Calendar) -> Calendar:
    return _with_rules(calendar, calendar.rules.model_copy(update={"any_minute": True}))


def _as_read(calendar: Calendar, desk: Desk, wished: datetime.datetime) -> Calendar:
    """Return the owner's calendar that ends where it was read to: beyond it nothing is known to be free."""
    owner = calendar.for_owner()
    days = (max(wished.date(), local_today(desk)) - local_today(desk) + _AROUND).days
    return _with_rules(owner, owner.rules.model_copy(update={"horizon_days": min(days, owner.rules.horizon_days)}))


def _with_rules(calendar: Calendar, rules: BookingRules) -> Calendar:
    return calendar.model_copy(update={"rules": rules})
