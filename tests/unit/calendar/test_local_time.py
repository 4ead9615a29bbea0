"""Wall clocks where they change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar.local_time import boundary_of, moment_of
from tests.unit.calendar.conftest import local, moment

ZONES = (
    "America/Sao_Paulo",
    "America/New_York",
    "Europe/Lisbon",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Australia/Lord_Howe",
)


@pytest.mark.parametrize(
    ("zone", "shown", "at"),
    [
        ("America/Sao_Paulo", "2026-11-24T10:00", "2026-11-24T13:00"),
        ("America/Sao_Paulo", "2018-11-04T00:00", None),  # midnight itself was skipped, in the last year that did
        ("America/Sao_Paulo", "2018-02-17T23:30", "2018-02-18T01:30"),  # twice: summer time's is the first
        ("America/New_York", "2026-03-08T02:30", None),
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),
        ("Europe/Lisbon", "2026-03-29T01:00", None),
        ("Europe/Lisbon", "2026-10-25T01:59", "2026-10-25T00:59"),
        ("Asia/Kolkata", "2026-03-29T02:30", "2026-03-28T21:00"),
        ("Pacific/Auckland", "2026-09-27T02:15", None),
        ("Pacific/Auckland", "2026-04-05T02:15", "2026-04-04T13:15"),
        ("Australia/Lord_Howe", "2026-10-04T02:00", None),  # the clock changes by half an hour
        ("Australia/Lord_Howe", "2026-10-04T02:29", None),
        ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
    ],
)
def test_a_local_time_is_its_first_moment_or_none(zone: str, shown: str, at: str | None) -> None:
    """What the clock skips does not exist; what it shows twice is the first one."""
    assert moment_of(local(shown), ZoneInfo(zone)) == (None if at is None else moment(at))


@pytest.mark.parametrize(
    ("zone", "shown", "at"),
    [
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-03-08T02:59", "2026-03-08T07:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),
        ("America/Sao_Paulo", "2018-11-04T00:30", "2018-11-04T03:00"),
        ("Europe/Lisbon", "2026-10-25T01:30", "2026-10-25T00:30"),
    ],
)
def test_hours_that_begin_or_end_at_a_skipped_time_do_so_when_it_is_skipped(zone: str, shown: str, at: str) -> None:
    """Opening hours have a moment for each of their ends."""
    assert boundary_of(local(shown), ZoneInfo(zone)) == moment(at)


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(ZONES), minutes=st.integers(0, 5 * 366 * 24 * 60))
def test_every_moment_has_a_local_time_that_leads_back_to_it_or_to_its_twin(zone: str, minutes: int) -> None:
    """Nothing that a clock shows is lost, and the twin is earlier by what the clock was put back."""
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    back = moment_of(shown, ZoneInfo(zone))
    assert back is not None
    assert at - back in {timedelta(0), timedelta(minutes=30), timedelta(hours=1)}
    assert boundary_of(shown, ZoneInfo(zone)) == back
