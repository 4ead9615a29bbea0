"""How much of the working time is taken, and what is free between."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.calendar import Usage, day_of, usage_between
from tests.unit.calendar.conftest import NINE_TO_FIVE, MakeCalendar, busy

HOUR = timedelta(hours=1)
WEDNESDAY = date(2026, 1, 21)


def wednesday(start: str, end: str, resource: str | None = "main") -> dict[str, Any]:
    return busy(f"2026-01-21T{start}-03:00", f"2026-01-21T{end}-03:00", resource)


def told(usage: Usage) -> list[str]:
    return [f"{free.starts_at:%H:%M}-{free.ends_at:%H:%M}" for free in usage.free]


@pytest.mark.parametrize(
    ("hours", "bookings", "blocks", "free", "taken", "percent"),
    [
        (NINE_TO_FIVE, [], [], ["09:00-12:00", "13:00-17:00"], 0, 0),
        (NINE_TO_FIVE, [wednesday("09:00", "10:00")], [], ["10:00-12:00", "13:00-17:00"], 1, 14),
        (NINE_TO_FIVE, [wednesday("08:00", "18:00")], [], [], 7, 100),
        # What is blocked is no working time, also where a booking stands in it.
        (NINE_TO_FIVE, [wednesday("13:00", "15:00")], [wednesday("13:00", "17:00", None)], ["09:00-12:00"], 0, 0),
        (NINE_TO_FIVE, [wednesday("09:00", "10:00", "other")], [], ["09:00-12:00", "13:00-17:00"], 0, 0),
        ([["09:00", "11:00"], ["10:00", "12:00"]], [], [], ["09:00-12:00"], 0, 0),
        # A night belongs to two dates, to each with its own part.
        ([["22:00", "02:00"]], [], [], ["00:00-02:00", "22:00-00:00"], 0, 0),
        ([], [], [], [], 0, None),
    ],
)
def test_a_day_is_used(
    make_calendar: MakeCalendar, hours: Any, bookings: Any, blocks: Any, free: Any, taken: int, percent: int | None
) -> None:
    """Bookings take working time, and the rest is free."""
    calendar = make_calendar(hours, bookings=bookings, blocks=blocks)
    usage = usage_between(calendar, *day_of(calendar, WEDNESDAY))
    assert (told(usage), usage.taken, usage.percent) == (free, taken * HOUR, percent)


def test_each_resource_counts(make_calendar: MakeCalendar) -> None:
    """Two rooms have twice the time; a booking takes one of them."""
    rooms = [{"name": "main"}, {"name": "Sala 2", "hours": {"wed": [["09:00", "10:00"]]}}]
    calendar = make_calendar(resources=rooms, bookings=[wednesday("09:00", "10:00")])
    usage = usage_between(calendar, *day_of(calendar, WEDNESDAY))
    assert (usage.bookable, usage.taken) == (8 * HOUR, HOUR)
    assert [(free.resource, free.duration) for free in usage.free] == [
        ("Sala 2", HOUR),
        ("main", 2 * HOUR),
        ("main", 4 * HOUR),
    ]


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight itself is skipped
        ("Asia/Kolkata", date(2026, 3, 8), 24),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(make_calendar: MakeCalendar, timezone: str, day: date, hours: int) -> None:
    """Where the clocks change, a business that never closes has that much time, and it is free once."""
    calendar = make_calendar([["00:00", "24:00"]], timezone=timezone)
    usage = usage_between(calendar, *day_of(calendar, day))
    assert usage.bookable == hours * HOUR
    assert sum((free.duration for free in usage.free), timedelta()) == hours * HOUR


def test_time_between_two_moments_spans_dates(make_calendar: MakeCalendar) -> None:
    """From noon to noon there are the afternoon and the next morning."""
    calendar = make_calendar()
    noon = day_of(calendar, WEDNESDAY)[0] + 12 * HOUR
    assert usage_between(calendar, noon, noon + 24 * HOUR).bookable == 7 * HOUR
