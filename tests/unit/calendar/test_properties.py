"""What holds for every calendar."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import Calendar, Slot, free_slots, nearest, slot_at
from tests.unit.calendar.conftest import EVERY_DAY, calendar_of

ZONES = ("America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Pacific/Auckland", "Australia/Lord_Howe")
#: The weeks around the changes of the clock of all of them.
STARTS = (
    date(2026, 3, 6),
    date(2026, 3, 27),
    date(2026, 4, 3),
    date(2026, 9, 25),
    date(2026, 10, 2),
    date(2026, 10, 30),
)
DAYS = 3

_clock = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30)))
_day = st.none() | st.lists(st.tuples(_clock, _clock).map(list), max_size=2)
_week = st.fixed_dictionaries(dict.fromkeys(EVERY_DAY, _day))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, date, datetime, timedelta]:
    """A calendar, a first date, a moment up to two days before it and a duration."""
    first = draw(st.sampled_from(STARTS))
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)

    def periods(names: st.SearchStrategy[str | None]) -> st.SearchStrategy[list[dict[str, Any]]]:
        period = st.tuples(names, st.integers(-24 * 4, 24 * 4 * DAYS), st.integers(1, 24 * 4))
        return st.lists(period, max_size=6).map(
            lambda found: [
                {
                    "resource": name,
                    "starts_at": midnight + start * timedelta(minutes=15),
                    "ends_at": midnight + (start + length) * timedelta(minutes=15),
                }
                for name, start, length in found
            ]
        )

    calendar = calendar_of(
        draw(_week),
        timezone=draw(st.sampled_from(ZONES)),
        slot_minutes=draw(st.sampled_from((15, 30, 45, 60))),
        notice_minutes=draw(st.integers(0, 600)),
        horizon_days=draw(st.integers(0, 6)),
        resources=[{"name": "one"}, {"name": "two", "hours": draw(st.none() | _week)}][: draw(st.integers(0, 2))],
        bookings=draw(periods(st.sampled_from(("one", "two")))),
        blocks=draw(periods(st.sampled_from(("one", "two", None)))),
    )
    now = midnight - timedelta(minutes=draw(st.integers(0, 2 * 24 * 60)))
    return calendar, first, now, timedelta(minutes=draw(st.sampled_from((15, 30, 60, 90, 24 * 60))))


def slots_of(case: tuple[Calendar, date, datetime, timedelta]) -> tuple[Slot, ...]:
    calendar, first, now, duration = case
    return free_slots(calendar, duration, first=first, last=first + timedelta(days=DAYS), now=now)


def is_open(calendar: Calendar, name: str, at: datetime) -> bool:
    """Tell whether a resource works in the minute that begins at `at`, by what the clock on the wall shows."""
    shown = at.astimezone(ZoneInfo(calendar.timezone))
    (resource,) = (each for each in calendar.resources if each.name == name)
    days, minute = calendar.hours_of(resource).days, f"{shown:%H:%M}"
    today, yesterday = days[shown.weekday()] or (), days[shown.weekday() - 1] or ()
    return any(each.start <= minute and (each.overnight or minute < each.end) for each in today) or any(
        each.overnight and minute < each.end for each in yesterday
    )


@settings(max_examples=80, deadline=None)
@given(calendars())
def test_no_slot_overlaps_what_is_booked_or_blocked(case: tuple[Calendar, date, datetime, timedelta]) -> None:
    """Each resource that a slot names is free from its start to its end."""
    calendar, duration = case[0], case[3]
    for slot in slots_of(case):
        start, end = slot.starts_at.astimezone(UTC), slot.ends_at.astimezone(UTC)
        assert end - start == duration
        assert slot.resources
        for name in slot.resources:
            taken = (each for each in (*calendar.bookings, *calendar.blocks) if each.resource in (None, name))
            assert all(each.ends_at <= start or end <= each.starts_at for each in taken)


@settings(max_examples=60, deadline=None)
@given(calendars())
def test_every_slot_lies_in_the_hours_and_the_rules(case: tuple[Calendar, date, datetime, timedelta]) -> None:
    """Minute by minute, by what the clock on the wall shows; not too soon and not too far."""
    calendar, first, now, duration = case
    today = now.astimezone(calendar.zone).date()
    for slot in slots_of(case):
        start = slot.starts_at.astimezone(UTC)
        assert start >= now + timedelta(minutes=calendar.rules.notice_minutes)
        assert first <= slot.starts_at.date() <= today + timedelta(days=calendar.rules.horizon_days)
        for name in slot.resources:
            assert all(
                is_open(calendar, name, start + step * timedelta(minutes=15))
                for step in range(duration // timedelta(minutes=15))
            )


@settings(max_examples=60, deadline=None)
@given(calendars(), st.integers(0, 24 * 4 * DAYS))
def test_whatever_is_offered_can_be_wished(case: tuple[Calendar, date, datetime, timedelta], quarter: int) -> None:
    """The list, the single answer and the alternatives agree with each other."""
    calendar, first, now, duration = case
    slots = slots_of(case)
    for slot in slots:
        assert slot_at(calendar, duration, slot.starts_at.replace(tzinfo=None), now=now) == slot
    wished = datetime.combine(first, time()) + quarter * timedelta(minutes=15)
    assert isinstance(slot_at(calendar, duration, wished, now=now), Slot) is (
        wished in {slot.starts_at.replace(tzinfo=None) for slot in slots}
    ) or wished.date() > first + timedelta(days=DAYS)
    near = nearest(calendar, duration, wished, now=now)
    assert all(slot_at(calendar, duration, slot.starts_at.replace(tzinfo=None), now=now) == slot for slot in near)
    assert (wished in {slot.starts_at.replace(tzinfo=None) for slot in near}) is (
        wished in {slot.starts_at.replace(tzinfo=None) for slot in slots}
    ) or wished.date() > first + timedelta(days=DAYS)
