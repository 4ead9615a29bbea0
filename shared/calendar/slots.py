"""What is free, what is not and why, and what is free around it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice

from shared.calendar.local_time import moment_of
from shared.calendar.opening import Span, open_spans, starts_on
from shared.calendar.values import Busy, Calendar, Day, PartOfDay, Resource, Slot, Unavailable

_A_DAY = timedelta(days=1)
# Of several reasons, the first is told.
_TELLING = (
    Unavailable.TAKEN,
    Unavailable.BLOCKED,
    Unavailable.TOO_SOON,
    Unavailable.NOT_STATED,
    Unavailable.CLOSED,
    Unavailable.TOO_FAR,
    Unavailable.PAST,
)


def slot_at(calendar: Calendar, duration: timedelta, wished: datetime, *, now: datetime) -> Slot | Unavailable:
    """Return the slot of `duration` that begins at `wished`, a local datetime without a zone, or why there is none.

    `calendar` must have been read for that date unless it is past or beyond the horizon; `now` is aware.
    """
    out = _out_of_range(calendar, wished.date(), now)
    return out or _AtDay.of(calendar, wished.date(), now).slot(wished, duration)


def free_days(
    calendar: Calendar,
    duration: timedelta,
    *,
    first: date,
    last: date,
    now: datetime,
    part: PartOfDay = PartOfDay.ANY,
) -> Iterator[Day]:
    """Yield each local date from `first` to `last`, both included, with the slots of `duration` that begin on it.

    Only slots of `part` are told; a day's reason speaks of that part. A day whose hours are not stated says so.
    """
    day = first
    while day <= last:
        yield _day(calendar, duration, day, now=now, part=part)
        if day == date.max:
            return
        day += _A_DAY


def free_slots(calendar: Calendar, duration: timedelta, *, first: date, last: date, now: datetime) -> tuple[Slot, ...]:
    """Return the slots of all of `free_days`, earliest first."""
    return tuple(
        chain.from_iterable(day.slots for day in free_days(calendar, duration, first=first, last=last, now=now))
    )


def nearest(
    calendar: Calendar, duration: timedelta, wished: datetime, *, now: datetime, count: int = 3
) -> tuple[Slot, ...]:
    """Return up to `count` slots nearest to `wished`, a local datetime without a zone, earliest first.

    They come from the wished date and the free days next to it on either side, within what can be booked at all.
    """
    today = now.astimezone(calendar.zone).date()
    horizon = today + calendar.rules.horizon_days * _A_DAY
    around = min(max(wished.date(), today), horizon)
    later = free_days(calendar, duration, first=around, last=horizon, now=now)
    earlier = (
        _day(calendar, duration, around - offset * _A_DAY, now=now, part=PartOfDay.ANY)
        for offset in range(1, (around - today).days + 1)
    )
    # The wished day and one free day beyond it on each side: what is nearer than those is in them.
    days = [*islice(filter(_free, later), 2), *islice(filter(_free, earlier), 1)]
    slots = (slot for day in days for slot in day.slots)
    chosen = sorted(slots, key=lambda slot: (abs(slot.starts_at.replace(tzinfo=None) - wished), slot.starts_at))
    return tuple(sorted(chosen[:count], key=lambda slot: slot.starts_at.astimezone(UTC)))


def most_telling(reasons: Collection[Unavailable]) -> Unavailable:
    """Return the one of several reasons, of a day's starts or of many days, that says most."""
    return next((why for why in _TELLING if why in reasons), Unavailable.CLOSED)


def _free(day: Day) -> bool:
    return bool(day.slots)


def _day(calendar: Calendar, duration: timedelta, day: date, *, now: datetime, part: PartOfDay) -> Day:
    if out := _out_of_range(calendar, day, now):
        return Day(date=day, slots=(), reason=out)
    at_day = _AtDay.of(calendar, day, now)
    found = [at_day.slot(start, duration) for start in at_day.starts() if part.holds(start.time())]
    slots = tuple(slot for slot in found if isinstance(slot, Slot))
    if slots:
        return Day(date=day, slots=slots, reason=None)
    reasons = {reason for reason in found if isinstance(reason, Unavailable)} or {at_day.shut()}
    return Day(date=day, slots=(), reason=most_telling(reasons))


def _out_of_range(calendar: Calendar, day: date, now: datetime) -> Unavailable | None:
    """Judge the date alone, so that no date is too far away to be computed with."""
    today = now.astimezone(calendar.zone).date()
    if day < today:
        return Unavailable.PAST
    return Unavailable.TOO_FAR if (day - today).days > calendar.rules.horizon_days else None


@dataclass(frozen=True)
class _Work:
    """When one resource works around a local date."""

    name: str
    stated: bool  #: whether its hours on the date are known
    spans: tuple[Span, ...]
    starts: frozenset[datetime]  #: local times of the date at which its slots begin

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        return any(span.covers(starts_at, ends_at) for span in self.spans)


@dataclass(frozen=True)
class _AtDay:
    """A calendar seen from one local date."""

    calendar: Calendar
    now: datetime
    work: tuple[_Work, ...]
    taken: Mapping[str, tuple[Busy, ...]]  #: by resource: a hundred of them have thousands of bookings between them

    @classmethod
    def of(cls, calendar: Calendar, day: date, now: datetime) -> "_AtDay":
        step = timedelta(minutes=calendar.rules.slot_minutes)

        def work_of(resource: Resource) -> _Work:
            week = calendar.hours_of(resource)
            stated = week.days[day.weekday()] is not None
            return _Work(
                resource.name, stated, open_spans(week, calendar.zone, day), frozenset(starts_on(week, day, step))
            )

        midnight = datetime.combine(day, time(), tzinfo=UTC)
        # A slot that begins on the day in any zone ends within three days of it in UTC: a service lasts a day at most.
        near = calendar.within(midnight - _A_DAY, midnight + 3 * _A_DAY)
        return cls(near, now, tuple(work_of(resource) for resource in calendar.resources), _by_resource(near))

    def starts(self) -> list[datetime]:
        """Return the local times at which slots may begin, in order."""
        return sorted(frozenset().union(*(work.starts for work in self.work)))

    def slot(self, local: datetime, duration: timedelta) -> Slot | Unavailable:
        """Return the slot that begins at a local time of the day, or the first reason why there is none."""
        rules = self.calendar.rules
        starts_at = moment_of(local, self.calendar.zone)
        if starts_at is None:
            return Unavailable.NO_SUCH_TIME
        if starts_at <= self.now:
            return Unavailable.PAST
        ends_at = starts_at + duration
        at_work = [work for work in self.work if work.covers(starts_at, ends_at)]
        if not at_work:
            return self.shut()
        fitting = [work.name for work in at_work if rules.any_minute or local in work.starts]
        if not fitting:
            return Unavailable.OFF_GRID
        if starts_at < self.now + timedelta(minutes=rules.notice_minutes):
            return Unavailable.TOO_SOON
        return self._among(fitting, starts_at, ends_at)

    def shut(self) -> Unavailable:
        """Say why nobody is at work."""
        return Unavailable.CLOSED if all(work.stated for work in self.work) else Unavailable.NOT_STATED

    def _among(self, names: list[str], starts_at: datetime, ends_at: datetime) -> Slot | Unavailable:
        def touched(periods: tuple[Busy, ...], name: str) -> bool:
            return any(busy.touches(name, starts_at, ends_at) for busy in periods)

        open_to_all = [name for name in names if not touched(self.calendar.blocks, name)]
        free = tuple(name for name in open_to_all if not touched(self.taken[name], name))
        if free:
            zone = self.calendar.zone
            return Slot(starts_at=starts_at.astimezone(zone), ends_at=ends_at.astimezone(zone), resources=free)
        return Unavailable.TAKEN if open_to_all else Unavailable.BLOCKED


def _by_resource(calendar: Calendar) -> dict[str, tuple[Busy, ...]]:
    found: dict[str, list[Busy]] = {resource.name: [] for resource in calendar.resources}
    for booking in calendar.bookings:
        for name in found if booking.resource is None else (booking.resource,):
            if name in found:  # a resource that is no more keeps its bookings
                found[name].append(booking)
    return {name: tuple(bookings) for name, bookings in found.items()}
