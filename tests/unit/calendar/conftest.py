"""A calendar to change, and short ways to write its days and to read its slots."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.calendar import Calendar, Slot

NINE_TO_FIVE = [["09:00", "12:00"], ["13:00", "17:00"]]
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MakeCalendar = Callable[..., Calendar]


def calendar_of(
    hours: Any = None, *, timezone: str = "America/Sao_Paulo", slot_minutes: int = 60, **changes: Any
) -> Calendar:
    """Return a calendar that is open `hours` each day, or by a whole week; rules by name, the rest as fields."""
    each_day: Any = NINE_TO_FIVE if hours is None else hours
    week = hours if isinstance(hours, dict) else dict.fromkeys(EVERY_DAY, each_day)
    rules = {name: changes.pop(name) for name in ("notice_minutes", "horizon_days", "any_minute") if name in changes}
    fields: dict[str, Any] = {
        "timezone": timezone,
        "hours": week,
        "rules": {"slot_minutes": slot_minutes, **rules},
        "resources": [{"name": "main"}],
        **changes,
    }
    return Calendar.model_validate(fields)


@pytest.fixture
def make_calendar() -> MakeCalendar:
    return calendar_of


def busy(start: str, end: str, resource: str | None = "main") -> dict[str, Any]:
    """Return a busy period between two moments such as 2026-01-21T10:00-03:00."""
    return {"resource": resource, "starts_at": start, "ends_at": end}


def local(text: str) -> datetime:
    """Return a local datetime without a zone."""
    return datetime.fromisoformat(text)


def moment(text: str) -> datetime:
    """Return an aware moment; without an offset it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def times(slots: tuple[Slot, ...]) -> list[str]:
    return [f"{slot.starts_at:%H:%M}" for slot in slots]
