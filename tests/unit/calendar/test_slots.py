"""Free slots: what is offered, what is not and why."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from shared.calendar import Busy, PartOfDay, Slot, Unavailable, free_days, free_slots, nearest, slot_at
from tests.unit.calendar.conftest import NINE_TO_FIVE, MakeCalendar, busy, local, moment, times

HOUR = timedelta(hours=1)
NOW = moment("2026-01-20T12:20")  # 09:20, a Tuesday in São Paulo
WEDNESDAY = date(2026, 1, 21)


def wednesday(start: str, end: str, resource: str | None = "main") -> dict[str, Any]:
    return busy(f"2026-01-21T{start}-03:00", f"2026-01-21T{end}-03:00", resource)


@pytest.mark.parametrize(
    ("hours", "slot_minutes", "minutes", "offered"),
    [
        (NINE_TO_FIVE, 60, 60, ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"]),
        (NINE_TO_FIVE, 60, 90, ["09:00", "10:00", "13:00", "14:00", "15:00"]),  # never over lunch
        ([["09:10", "11:00"]], 30, 45, ["09:10", "09:40", "10:10"]),  # counted from opening
        ([["09:00", "10:00"], ["10:00", "11:00"]], 60, 120, ["09:00"]),  # hours that meet are one
        (
            [["09:00", "11:00"], ["10:30", "12:00"]],
            60,
            60,
            ["09:00", "10:00", "10:30"],
        ),  # and so are those that overlap
        ([["09:00", "10:00"]], 30, 61, []),
        ([], 30, 30, []),
        ([["22:00", "24:00"]], 60, 60, ["22:00", "23:00"]),
        ([["22:00", "02:00"]], 60, 120, ["00:00", "22:00", "23:00"]),  # 00:00 belongs to the night before
        ([["22:30", "01:30"]], 60, 60, ["00:30", "22:30", "23:30"]),
        ([["00:00", "24:00"]], 360, 1440, ["00:00", "06:00", "12:00", "18:00"]),  # open for ever
    ],
)
def test_slots_lie_in_the_hours_on_the_grid(
    make_calendar: MakeCalendar, hours: Any, slot_minutes: int, minutes: int, offered: list[str]
) -> None:
    """From each opening on, as long as the whole service fits before closing."""
    calendar = make_calendar(hours, slot_minutes=slot_minutes)
    found = free_slots(calendar, timedelta(minutes=minutes), first=WEDNESDAY, last=WEDNESDAY, now=NOW)
    assert times(found) == offered


@pytest.mark.parametrize(
    ("zone", "day", "hours", "minutes", "offered"),
    [
        # Summer time begins: what the clock skips is no slot, and a slot over the change keeps its real hour.
        ("America/New_York", "2026-03-08", ["00:00", "04:00"], 60, ["00:00-01:00", "01:00-03:00", "03:00-04:00"]),
        ("America/New_York", "2026-03-08", ["02:00", "04:00"], 60, ["03:00-04:00"]),
        ("America/New_York", "2026-03-08", ["01:00", "02:30"], 60, ["01:00-03:00"]),  # 02:30 is skipped: closed then
        ("Europe/Lisbon", "2026-03-29", ["00:00", "03:00"], 60, ["00:00-02:00", "02:00-03:00"]),
        ("Pacific/Auckland", "2026-09-27", ["01:00", "04:00"], 60, ["01:00-03:00", "03:00-04:00"]),
        ("Australia/Lord_Howe", "2026-10-04", ["01:00", "04:00"], 60, ["01:00-02:30", "03:00-04:00"]),
        # It ends: a time that the clock shows twice is offered once, and two real hours lie between 01:00 and 02:00.
        ("America/New_York", "2026-11-01", ["00:00", "03:00"], 60, ["00:00-01:00", "01:00-01:00", "02:00-03:00"]),
        ("America/New_York", "2026-11-01", ["00:00", "02:00"], 180, ["00:00-02:00"]),
        ("Europe/Lisbon", "2026-10-25", ["00:00", "02:00"], 120, ["00:00-01:00", "01:00-02:00"]),
        ("Pacific/Auckland", "2026-04-05", ["01:00", "04:00"], 120, ["01:00-02:00", "02:00-03:00"]),
        ("Australia/Lord_Howe", "2026-04-05", ["01:00", "03:00"], 60, ["01:00-01:30", "02:00-03:00"]),
        # No change, whatever others do.
        ("America/Sao_Paulo", "2026-03-08", ["00:00", "03:00"], 60, ["00:00-01:00", "01:00-02:00", "02:00-03:00"]),
        ("Asia/Kolkata", "2026-03-29", ["00:00", "03:00"], 60, ["00:00-01:00", "01:00-02:00", "02:00-03:00"]),
        # The night before and the ends of months and of February.
        ("Asia/Kolkata", "2028-02-29", ["23:00", "01:00"], 60, ["00:00-01:00", "23:00-00:00"]),
        ("America/Sao_Paulo", "2026-12-31", ["23:30", "00:30"], 30, ["23:30-00:00"]),
        ("Pacific/Auckland", "2026-03-01", ["22:00", "01:00"], 90, ["22:00-23:30", "23:00-00:30"]),
    ],
)  # fmt: skip
def test_days_are_the_business_s_own(
    make_calendar: MakeCalendar, zone: str, day: str, hours: list[str], minutes: int, offered: list[str]
) -> None:
    """Where clocks change, at midnight, at the end of a month and on a leap day."""
    calendar = make_calendar([hours], timezone=zone, horizon_days=400)
    on = date.fromisoformat(day)
    before = datetime.combine(on - timedelta(days=2), time(), UTC)
    slots = free_slots(calendar, timedelta(minutes=minutes), first=on, last=on, now=before)
    assert [f"{slot.starts_at:%H:%M}-{slot.ends_at:%H:%M}" for slot in slots] == offered
    assert all(
        slot.ends_at.astimezone(UTC) - slot.starts_at.astimezone(UTC) == timedelta(minutes=minutes) for slot in slots
    )


@pytest.mark.parametrize(
    ("wished", "why"),
    [
        ("2026-01-20T09:00", Unavailable.PAST),
        ("2026-01-19T10:00", Unavailable.PAST),
        ("0001-01-01T00:00", Unavailable.PAST),
        ("2026-01-20T10:00", Unavailable.TOO_SOON),
        ("2026-02-20T10:00", Unavailable.TOO_FAR),
        ("9999-12-31T23:30", Unavailable.TOO_FAR),
        ("2026-01-24T10:00", Unavailable.CLOSED),
        ("2026-01-22T12:00", Unavailable.CLOSED),
        ("2026-01-22T11:30", Unavailable.CLOSED),  # it would not end before lunch
        ("2026-01-25T10:00", Unavailable.NOT_STATED),
        ("2026-01-22T10:10", Unavailable.OFF_GRID),
        ("2026-01-21T10:00", Unavailable.TAKEN),
        ("2026-01-21T09:30", Unavailable.TAKEN),
        ("2026-01-21T14:00", Unavailable.BLOCKED),
    ],
)
def test_a_time_that_cannot_be_had_has_its_reason(make_calendar: MakeCalendar, wished: str, why: Unavailable) -> None:
    """The customer hears which."""
    week: dict[str, Any] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE) | {"sat": [], "sun": None}
    calendar = make_calendar(
        week,
        slot_minutes=30,
        notice_minutes=120,
        horizon_days=30,
        bookings=[wednesday("10:00", "11:00")],
        blocks=[wednesday("14:00", "18:00", None)],
    )
    assert slot_at(calendar, HOUR, local(wished), now=NOW) is why


def test_a_time_that_the_clock_skips_is_no_slot(make_calendar: MakeCalendar) -> None:
    """There is no half past two in New York when summer time begins, at whatever hours."""
    calendar = make_calendar([["00:00", "24:00"]], timezone="America/New_York", slot_minutes=30)
    found = slot_at(calendar, HOUR, local("2026-03-08T02:30"), now=moment("2026-03-01T12:00"))
    assert found is Unavailable.NO_SUCH_TIME


@pytest.mark.parametrize(
    ("wished", "notice", "free"),
    [("2026-01-20T11:20", 120, True), ("2026-01-20T11:10", 120, False), ("2026-01-20T09:21", 0, True)],
)
def test_notice_is_counted_to_the_minute(make_calendar: MakeCalendar, wished: str, notice: int, free: bool) -> None:
    """From now on, in real time."""
    calendar = make_calendar(notice_minutes=notice, any_minute=True)
    assert isinstance(slot_at(calendar, timedelta(minutes=30), local(wished), now=NOW), Slot) is free


def test_the_horizon_is_a_local_day(make_calendar: MakeCalendar) -> None:
    """Its last day is whole, and counted from the business's own today."""
    calendar = make_calendar(horizon_days=1)
    late = moment("2026-01-21T02:30")  # still the 20th in São Paulo
    days = list(free_days(calendar, HOUR, first=date(2026, 1, 20), last=date(2026, 1, 22), now=late))
    assert [(day.date.day, len(day.slots), day.reason) for day in days] == [
        (20, 0, Unavailable.PAST),
        (21, 7, None),
        (22, 0, Unavailable.TOO_FAR),
    ]


@pytest.mark.parametrize(
    ("bookings", "blocks", "resources"),
    [
        ([], [], ("one", "two")),
        ([("10:00", "11:00", "one")], [], ("two",)),
        ([("09:00", "10:00", "one"), ("11:00", "12:00", "one")], [], ("one", "two")),  # back to back is no clash
        ([("10:59", "12:00", "two")], [], ("one",)),
        ([("10:00", "11:00", "one")], [("10:30", "10:31", "two")], Unavailable.TAKEN),
        ([("10:00", "11:00", "one"), ("10:00", "11:00", "two")], [], Unavailable.TAKEN),
        ([], [("08:00", "18:00", None)], Unavailable.BLOCKED),
        ([("10:00", "11:00", "somebody who left")], [], ("one", "two")),
    ],
)
def test_capacity_is_the_number_of_resources(
    make_calendar: MakeCalendar,
    bookings: list[tuple[str, str, str]],
    blocks: list[tuple[str, str, str | None]],
    resources: tuple[str, ...] | Unavailable,
) -> None:
    """A time is free while one of them is, in their order."""
    calendar = make_calendar(
        resources=[{"name": "one"}, {"name": "two"}],
        bookings=[wednesday(*each) for each in bookings],
        blocks=[wednesday(*each) for each in blocks],
    )
    found = slot_at(calendar, HOUR, local("2026-01-21T10:00"), now=NOW)
    assert (found.resources if isinstance(found, Slot) else found) == resources


def test_each_resource_has_its_own_hours(make_calendar: MakeCalendar) -> None:
    """Else the business's; at a time of only one of them, the other is not offered."""
    late = {"name": "late", "hours": {"wed": [["12:30", "14:30"]]}}
    calendar = make_calendar([["09:00", "14:00"]], resources=[{"name": "early"}, late])
    found = free_slots(calendar, HOUR, first=WEDNESDAY, last=WEDNESDAY, now=NOW)
    assert [(f"{slot.starts_at:%H:%M}", slot.resources) for slot in found][3:] == [
        ("12:00", ("early",)),
        ("12:30", ("late",)),
        ("13:00", ("early",)),
        ("13:30", ("late",)),
    ]
    assert slot_at(calendar, HOUR, local("2026-01-21T13:15"), now=NOW) is Unavailable.OFF_GRID


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"hours": {"thu": NINE_TO_FIVE}}, Unavailable.NOT_STATED),
        ({"hours": {"wed": []}}, Unavailable.CLOSED),
        ({"resources": []}, Unavailable.CLOSED),
        ({"bookings": [wednesday("09:00", "17:00")]}, Unavailable.TAKEN),
        ({"blocks": [wednesday("00:00", "23:59", None)]}, Unavailable.BLOCKED),
        ({"blocks": [wednesday("00:00", "12:00")], "bookings": [wednesday("13:00", "17:00")]}, Unavailable.TAKEN),
        ({"notice_minutes": 43200}, Unavailable.TOO_SOON),
        ({"hours": {"wed": [["09:00", "09:30"]]}}, Unavailable.CLOSED),
        ({"horizon_days": 0}, Unavailable.TOO_FAR),
    ],
)
def test_a_day_without_slots_says_why(make_calendar: MakeCalendar, changes: dict[str, Any], why: Unavailable) -> None:
    """The reason that tells most about it."""
    calendar = make_calendar(changes.pop("hours", None), **{"horizon_days": 60, **changes})
    (day,) = free_days(calendar, HOUR, first=WEDNESDAY, last=WEDNESDAY, now=NOW)
    assert (day.slots, day.reason) == ((), why)


@pytest.mark.parametrize(
    ("part", "offered"),
    [
        (PartOfDay.MORNING, ["10:00", "11:00"]),
        (PartOfDay.AFTERNOON, ["12:00", "16:00", "17:00"]),
        (PartOfDay.EVENING, ["18:00", "19:00"]),
    ],
)
def test_a_part_of_the_day_can_be_asked_for(make_calendar: MakeCalendar, part: PartOfDay, offered: list[str]) -> None:
    """Noon is afternoon, six is evening."""
    calendar = make_calendar([["10:00", "13:00"], ["16:00", "20:00"]])
    (day,) = free_days(calendar, HOUR, first=WEDNESDAY, last=WEDNESDAY, now=NOW, part=part)
    assert times(day.slots) == offered


@pytest.mark.parametrize(
    ("wished", "found"),
    [
        ("2026-01-21T10:00", ["21 09:00", "21 11:00", "21 13:00"]),
        ("2026-01-21T16:30", ["21 14:00", "21 15:00", "21 16:00"]),
        ("2026-01-22T10:00", ["21 14:00", "21 15:00", "21 16:00"]),  # a full day: the evening before it is nearer
        ("2026-01-22T12:35", ["21 16:00", "23 09:00", "23 10:00"]),  # or both sides of it are
        ("2026-01-19T10:00", ["20 13:00", "20 14:00", "20 15:00"]),
        ("2027-06-01T10:00", ["23 14:00", "23 15:00", "23 16:00"]),
    ],
)
def test_the_nearest_free_slots_are_told(make_calendar: MakeCalendar, wished: str, found: list[str]) -> None:
    """On either side of the wish, within what can be booked, earliest first."""
    calendar = make_calendar(
        horizon_days=3,
        notice_minutes=120,
        bookings=[
            wednesday("10:00", "11:00"),
            busy("2026-01-20T11:00-03:00", "2026-01-20T12:00-03:00"),
            busy("2026-01-22T00:00-03:00", "2026-01-23T00:00-03:00"),
        ],
    )
    slots = nearest(calendar, HOUR, local(wished), now=NOW)
    assert [f"{slot.starts_at:%d %H:%M}" for slot in slots] == found


def test_nothing_is_near_where_nothing_is_free(make_calendar: MakeCalendar) -> None:
    """An empty answer is one."""
    assert nearest(make_calendar([]), HOUR, local("2026-01-21T10:00"), now=NOW) == ()


def test_the_owner_books_at_any_minute_and_the_own_booking_is_not_in_its_way(make_calendar: MakeCalendar) -> None:
    """Without notice and beyond the customers' horizon; what is moved may overlap where it was."""
    booking = Busy.model_validate(wednesday("10:00", "11:00"))
    calendar = make_calendar(notice_minutes=600, horizon_days=0, bookings=[booking]).for_owner()
    assert isinstance(slot_at(calendar, HOUR, local("2026-01-20T10:07"), now=NOW), Slot)
    wished = local("2026-01-21T10:30")
    assert slot_at(calendar, HOUR, wished, now=NOW) is Unavailable.TAKEN
    assert isinstance(slot_at(calendar.without(booking), HOUR, wished, now=NOW), Slot)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    """The database never says so; a mistake must not free a calendar."""
    with pytest.raises(ValueError, match="ends after it begins"):
        Busy.model_validate(wednesday("11:00", "10:00"))
