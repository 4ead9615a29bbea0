"""Weekly hours laid out on the dates of a calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.calendar.local_time import boundary_of
from shared.models import Interval, Week

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Open without a break from one moment, included, to another, excluded; both in UTC."""

    opens_at: datetime
    closes_at: datetime

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.opens_at <= starts_at and ends_at <= self.closes_at


def open_spans(week: Week, zone: ZoneInfo, day: date) -> tuple[Span, ...]:
    """Return when `week` is open around `day`: all that begins from the day before it to the day after it.

    Hours that meet or overlap are one span: who is open until 24:00 and again from 00:00 is open at midnight.
    """
    spans = sorted(
        (boundary_of(opens, zone), boundary_of(closes, zone))
        for offset in (-1, 0, 1)
        for opens, closes in intervals_of(week, day + offset * _A_DAY)
    )
    merged: list[Span] = []
    for opens_at, closes_at in spans:
        if merged and opens_at <= merged[-1].closes_at:
            merged[-1] = Span(merged[-1].opens_at, max(merged[-1].closes_at, closes_at))
        else:
            merged.append(Span(opens_at, closes_at))
    return tuple(merged)


def starts_on(week: Week, day: date, step: timedelta) -> set[datetime]:
    """Return the local times, without a zone, at which slots may begin on `day`: every `step` from each opening on.

    What opened the day before and goes past midnight has its slots here too, on its own grid.
    """
    return {
        start
        for opens, closes in (*intervals_of(week, day - _A_DAY), *intervals_of(week, day))
        for start in _grid(opens, closes, step)
        if start.date() == day
    }


def intervals_of(week: Week, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the intervals that begin on `day`, as local datetimes without a zone; none for a day that is not stated."""
    for interval in week.days[day.weekday()] or ():
        yield _at(day, interval.start), _end_of(interval, day)


def _end_of(interval: Interval, day: date) -> datetime:
    return _at(day, interval.end) + (_A_DAY if interval.overnight else timedelta(0))


def _at(day: date, clock: str) -> datetime:
    """Read HH:MM of a day, 24:00 as the next day's midnight."""
    return datetime.combine(day, time()) + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


def _grid(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step
