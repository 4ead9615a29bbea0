"""Opening hours: a week of intervals in the business's wall-clock time."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

_MINUTES_A_DAY = 24 * 60
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_Times = tuple[str, str]


@dataclass(frozen=True)
class Interval:
    """From one time of day, included, to another, excluded; an end at or before the start is on the next day."""

    start: str  #: HH:MM
    end: str  #: HH:MM, 24:00 for midnight

    @property
    def overnight(self) -> bool:
        return _minutes(self.end) <= _minutes(self.start)

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def _interval(times: object) -> object:
    """Read ["09:00", "12:00"]."""
    if isinstance(times, Interval):
        return times
    if not (isinstance(times, list | tuple) and len(times) == 2 and all(isinstance(time, str) for time in times)):
        raise ValueError("an interval is a pair of times")
    if not all(_TIME.fullmatch(time) for time in times):
        raise ValueError("a time is HH:MM")
    return Interval(*times)


_Day = tuple[Annotated[Interval, BeforeValidator(_interval)], ...] | None


class Week(BaseModel):
    """The intervals of each day: empty means closed all day, None means not stated."""

    model_config = ConfigDict(frozen=True)

    mon: _Day = None
    tue: _Day = None
    wed: _Day = None
    thu: _Day = None
    fri: _Day = None
    sat: _Day = None
    sun: _Day = None

    @property
    def days(self) -> tuple[tuple[Interval, ...] | None, ...]:
        """The seven days, Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


def is_open(week: Week, local: datetime) -> bool | None:
    """Tell whether the business is open at `local`, a moment in its own zone; None when that is not stated."""
    minute = local.hour * 60 + local.minute
    today, yesterday = week.days[local.weekday()], week.days[local.weekday() - 1]
    if any(interval.overnight and minute < _minutes(interval.end) for interval in yesterday or ()):
        return True
    if today is None:
        return None
    return any(_covers(interval, minute) for interval in today)


def describe(week: Week, *, local: datetime, timezone: str, weekdays: tuple[str, ...]) -> dict[str, Any]:
    """Return the hours as the model is told of them, seen from `local`."""
    days = [
        {"weekday": name, "intervals": None if day is None else [str(interval) for interval in day]}
        for name, day in zip(weekdays, week.days, strict=True)
    ]
    return {
        "timezone": timezone,
        "now": f"{local:%Y-%m-%dT%H:%M}",
        "open_now": is_open(week, local),
        "today": days[local.weekday()],
        "week": days,
    }


def _covers(interval: Interval, minute: int) -> bool:
    end = _minutes(interval.end) + (_MINUTES_A_DAY if interval.overnight else 0)
    return _minutes(interval.start) <= minute < end


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
