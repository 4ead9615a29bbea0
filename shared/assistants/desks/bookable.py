"""The business's calendar as the desks read it: which service is meant, what is free, and both in words."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar

from shared.assistants.desks.desk import Desk
from shared.assistants.moments import as_data
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.tools import ToolResult, read_row
from shared.assistants.untrusted import clean_line
from shared.calendar import BookableService, Calendar, Slot, Unavailable, nearest
from shared.calendar.values import OWNER_HORIZON_DAYS
from shared.words import fold

#: HH:MM, also without the first zero, as models write times of day.
CLOCK = r"^([01]?\d|2[0-3]):[0-5]\d$"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


async def load_calendar(desk: Desk, *, first: date | None = None, last: date | None = None) -> Calendar:
    """Return the business's calendar from one local date through another: by default from today on for a year.

    Raises the database's errors.
    """
    today = local_today(desk)
    row = await desk.database.call(
        "calendar",
        organization_id=desk.organization_id,
        **{
            "from": (first or today).isoformat(),
            "through": (last or today + timedelta(days=OWNER_HORIZON_DAYS)).isoformat(),
        },
    )
    return read_row(Calendar, row, function="calendar")


def local_today(desk: Desk) -> date:
    """Return the business's own date in this turn."""
    return desk.turn.local(desk.turn.now).date()


def find_service(services: Sequence[_N], wanted: str) -> _N | ToolResult:
    """Return the service that a person's words mean, accents and case aside: its name, else the only one that fits.

    When none does, or several as well as each other, return what the model is told: `{"error": "unknown_service" |
    "ambiguous_service", "choices": [names]}`.
    """
    words = fold(wanted)
    exact = [service for service in services if fold(service.name) == words]
    # "tosa" is part of names, and "quero banho e tosa" has names in it: there the longest holds the others.
    partly = [service for service in services if words and words in fold(service.name)]
    inside = _longest([service for service in services if _has_words(words, fold(service.name))])
    found = exact or partly or inside
    if len(found) == 1:
        return found[0]
    error = "ambiguous_service" if found else "unknown_service"
    return ToolResult(data={"error": error, "choices": [service_name(service) for service in found or services]})


def bookable(desk: Desk, calendar: Calendar, wanted: str) -> tuple[BookableService, timedelta] | ToolResult:
    """Return the service that is meant and how long it takes, or what the model is told when it cannot be booked."""
    service = find_service(calendar.services, wanted)
    if isinstance(service, ToolResult):
        return service
    if service.duration is None:
        note = desk.texts.calendar.no_duration
        return ToolResult(data={"error": "no_duration", "service": service_name(service), "note": note})
    return service, service.duration


def local_time(day: date, clock: str) -> datetime:
    """Return a local datetime, without a zone, from a date and a time of day that fits `CLOCK`."""
    hour, minute = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hour), int(minute))  # noqa: DTZ001 - the wall clock of a business


def unavailable(
    desk: Desk, calendar: Calendar, duration: timedelta, *, wished: datetime, reason: Unavailable
) -> ToolResult:
    """Return what the model is told of a time that cannot be had: why, and what is free nearest to it."""
    slots = nearest(calendar, duration, wished, now=desk.turn.now)
    alternatives = [as_data(slot.starts_at, desk.texts) for slot in slots]
    return ToolResult(data={"unavailable": reason.value, "alternatives": alternatives})


def slot_action(slot: Slot) -> dict[str, Any]:
    """Return the part of an action that says when, and which resources are free and at work then."""
    return {
        "starts_at": slot.starts_at.astimezone(UTC).isoformat(),
        "ends_at": slot.ends_at.astimezone(UTC).isoformat(),
        "resources": list(slot.resources),
    }


def service_name(service: _Named) -> str:
    """Return a service's name as one clean line."""
    return clean_line(service.name, limit=NAME_LIMIT)


def price_of(desk: Desk, cents: int | None) -> str | None:
    """Return a price in words, None when it is not stated."""
    if cents is None:
        return None
    organization = desk.turn.organization
    return format_money(cents, currency=organization.currency, locale=organization.locale)


def _has_words(text: str, part: str) -> bool:
    return re.search(rf"\b{re.escape(part)}\b", text) is not None


def _longest(found: list[_N]) -> list[_N]:
    """Return the one whose name holds the names of all the others, else all."""
    if not found:
        return []
    longest = max(found, key=lambda service: len(service.name))
    return [longest] if all(fold(service.name) in fold(longest.name) for service in found) else found
