"""Opening hours as they stand at a moment, and in words."""

from datetime import datetime, time, timedelta
from typing import Any

from shared.models import Interval, Week

_MINUTES_A_DAY = 24 * 60
_DAYS_A_WEEK = 7


def is_open(week: Week, local: datetime) -> bool | None:
    """Tell whether the business is open at `local`, a moment in its own zone; None when that is not stated."""
    minute = local.hour * 60 + local.minute
    today, yesterday = week.days[local.weekday()], week.days[local.weekday() - 1]
    if any(interval.overnight and minute < _minutes(interval.end) for interval in yesterday or ()):
        return True
    if today is None:
        return None
    return any(_covers(interval, minute) for interval in today)


def next_opening(week: Week, local: datetime) -> datetime | None:
    """Return when the business opens next after `local`, a moment in its own zone; None when the week does not say.

    A day that is not stated may be the one: nothing behind it is claimed.
    """
    for ahead in range(_DAYS_A_WEEK + 1):
        day = local.date() + timedelta(days=ahead)
        intervals = week.days[day.weekday()]
        if intervals is None:
            return None
        opens = (datetime.combine(day, time.fromisoformat(each.start), local.tzinfo) for each in intervals)
        later = [moment for moment in opens if moment > local]
        if later:
            return min(later)
    return None


def describe(week: Week, *, local: datetime, timezone: str, weekdays: tuple[str, ...]) -> dict[str, Any]:
    """Return the hours as the model is told of them, seen from `local`: a null week when no day of it is stated."""
    now = {"timezone": timezone, "now": f"{local:%Y-%m-%dT%H:%M}"}
    if all(day is None for day in week.days):
        return {**now, "week": None}
    days = [
        {"weekday": name, "intervals": None if day is None else [str(interval) for interval in day]}
        for name, day in zip(weekdays, week.days, strict=True)
    ]
    return {
        **now,
        "open_now": is_open(week, local),
        "today": days[local.weekday()],
        "week": days,
    }


def _covers(interval: Interval, minute: int) -> bool:
    end = _minutes(interval.end) + (_MINUTES_A_DAY if interval.overnight else 0)
    return _minutes(interval.start) <= minute < end


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
