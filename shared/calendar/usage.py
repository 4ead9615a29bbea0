"""How much of the time in which a business works is taken, and when it is free, on any resource."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.calendar.local_time import boundary_of
from shared.calendar.opening import open_spans
from shared.calendar.values import Busy, Calendar, Resource

_A_DAY = timedelta(days=1)
_NO_TIME = timedelta(0)
_Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class FreeTime:
    """A stretch in which one resource works and is not taken; both moments in the business's zone."""

    starts_at: datetime
    ends_at: datetime
    resource: str

    @property
    def duration(self) -> timedelta:
        return self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What becomes of the working time between two moments. What is blocked is no working time."""

    bookable: timedelta  #: of all resources together
    taken: timedelta  #: by bookings, within it
    free: tuple[FreeTime, ...]  #: the rest, earliest first

    @property
    def percent(self) -> int | None:
        """Return how much of it is taken, None when nobody works."""
        return round(self.taken * 100 / self.bookable) if self.bookable else None


def day_of(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    """Return when a local date begins, included, and ends, excluded."""
    midnight = datetime.combine(day, time())
    return boundary_of(midnight, calendar.zone), boundary_of(midnight + _A_DAY, calendar.zone)


def usage_between(calendar: Calendar, starts_at: datetime, ends_at: datetime) -> Usage:
    """Return the usage between two moments of the dates for which `calendar` was read."""
    parts = [_usage_of(resource, calendar, (starts_at, ends_at)) for resource in calendar.resources]
    return Usage(
        bookable=sum((part.bookable for part in parts), _NO_TIME),
        taken=sum((part.taken for part in parts), _NO_TIME),
        free=tuple(sorted((free for part in parts for free in part.free), key=lambda free: free.starts_at)),
    )


def _usage_of(resource: Resource, calendar: Calendar, within: _Period) -> Usage:
    working = _without(_working(resource, calendar, within), _of(calendar.blocks, resource))
    free = _without(working, _of(calendar.bookings, resource))
    zone = calendar.zone
    return Usage(
        bookable=_length(working),
        taken=_length(working) - _length(free),
        free=tuple(FreeTime(start.astimezone(zone), end.astimezone(zone), resource.name) for start, end in free),
    )


def _working(resource: Resource, calendar: Calendar, within: _Period) -> list[_Period]:
    first, last = (moment.astimezone(calendar.zone).date() for moment in within)
    week = calendar.hours_of(resource)
    dates = (first + offset * _A_DAY for offset in range((last - first).days + 1))
    # Spans of neighbouring dates are the same ones: cut to each date they do not overlap.
    cut = (
        (max(span.opens_at, starts_at, within[0]), min(span.closes_at, ends_at, within[1]))
        for day in dates
        for starts_at, ends_at in [day_of(calendar, day)]
        for span in open_spans(week, calendar.zone, day)
    )
    return _joined(period for period in cut if period[0] < period[1])


def _joined(periods: Iterable[_Period]) -> list[_Period]:
    joined: list[_Period] = []
    for starts_at, ends_at in sorted(periods):
        if joined and starts_at <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends_at))
        else:
            joined.append((starts_at, ends_at))
    return joined


def _of(periods: Iterable[Busy], resource: Resource) -> list[_Period]:
    return [(busy.starts_at, busy.ends_at) for busy in periods if busy.resource in (None, resource.name)]


def _without(periods: list[_Period], taken: list[_Period]) -> list[_Period]:
    left = periods
    for start, end in taken:
        left = [
            piece
            for opens_at, closes_at in left
            for piece in ((opens_at, min(closes_at, start)), (max(opens_at, end), closes_at))
            if piece[0] < piece[1]
        ]
    return left


def _length(periods: Iterable[_Period]) -> timedelta:
    return sum((end - start for start, end in periods), _NO_TIME)
