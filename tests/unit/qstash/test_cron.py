"""Cron expressions: the dialect and its times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from infra.local.qstash.cron import parse_cron
from infra.local.qstash.errors import InvalidRequestError


def times(expression: str, *, after: str, count: int, zone: str = "UTC") -> list[str]:
    """Return the next local times of `expression` after a local moment."""
    cron = parse_cron(expression)
    moment = int(datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    found = []
    for _ in range(count):
        following = cron.next(moment)
        assert following is not None
        moment = following
        found.append(f"{datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/5 * * * *", ["2025-01-01 00:05 +0000", "2025-01-01 00:10 +0000"]),
        ("0 9 * * MON-FRI", ["2025-01-01 09:00 +0000", "2025-01-02 09:00 +0000"]),
        ("0 0 1 jan ?", ["2026-01-01 00:00 +0000", "2027-01-01 00:00 +0000"]),
        ("30 3 * * 0", ["2025-01-05 03:30 +0000", "2025-01-12 03:30 +0000"]),
        # Day of month or day of week, when both are restricted.
        ("0 0 13 * FRI", ["2025-01-03 00:00 +0000", "2025-01-10 00:00 +0000"]),
        # A step restricts too: every second day, or a Monday.
        ("0 0 */15 * MON", ["2025-01-06 00:00 +0000", "2025-01-13 00:00 +0000"]),
        ("0 12 29 2 *", ["2028-02-29 12:00 +0000", "2032-02-29 12:00 +0000"]),
        ("5/20 0 * * *", ["2025-01-01 00:05 +0000", "2025-01-01 00:25 +0000"]),
    ],
)
def test_the_dialect(expression: str, expected: list[str]) -> None:
    """Ranges, steps, names, lists and the question mark mean what they mean to the service."""
    assert times(expression, after="2025-01-01", count=2) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "empty spec string"),
        ("   ", "empty spec string"),
        ("CRON_TZ=UTC", "empty spec string"),
        ("* * * *", "expected 5 fields, found 4"),
        ("0 * * * * *", "expected 5 fields, found 6"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day-of-month"),
        ("* * * 13 *", "month"),
        ("* * * * 7", "day-of-week"),
        ("* * * * 1-7", "day-of-week"),
        ("* * * * FRI-MON", "day-of-week"),
        ("*/0 * * * *", "minute"),
        ("* * L * *", "day-of-month"),
        ("* * 15W * *", "day-of-month"),
        ("* * * * 1#2", "day-of-week"),
        ("@daily", "expected 5 fields"),
        ("0 0 31 2 *", "day-of-month|never"),
        ("CRON_TZ=Mars/Phobos 0 0 * * *", "unknown time zone 'Mars/Phobos'"),
        ("CRON_TZ=../etc/passwd 0 0 * * *", "unknown time zone"),
    ],
)
def test_what_is_no_cron_is_refused_with_the_reason(expression: str, reason: str) -> None:
    """The error says which part is wrong."""
    with pytest.raises(InvalidRequestError, match=f"Invalid cron expression.*({reason})"):
        parse_cron(expression)


def test_the_text_is_kept_but_for_its_edges() -> None:
    """What is shown is what was written, trimmed."""
    assert parse_cron("*/10 * * * * ").text == "*/10 * * * *"
    assert parse_cron(" CRON_TZ=Europe/Berlin  0 9 * * *").text == "CRON_TZ=Europe/Berlin  0 9 * * *"


@pytest.mark.parametrize(
    ("zone", "expression", "after", "expected"),
    [
        # The clocks of Sao Paulo went from 00:00 to 01:00: that midnight does not exist.
        ("America/Sao_Paulo", "0 0 * * *", "2018-11-02T12:00", ["2018-11-03 00:00 -0300", "2018-11-05 00:00 -0200"]),
        # And back from 00:00 to 23:00: the repeated hour fires once.
        (
            "America/Sao_Paulo",
            "30 23 * * *",
            "2019-02-15T12:00",
            ["2019-02-15 23:30 -0200", "2019-02-16 23:30 -0200", "2019-02-17 23:30 -0300"],
        ),
        # No summer time there since.
        ("America/Sao_Paulo", "0 9 * * *", "2026-11-01T10:00", ["2026-11-02 09:00 -0300", "2026-11-03 09:00 -0300"]),
        ("America/New_York", "30 2 * * *", "2026-03-07T00:00", ["2026-03-07 02:30 -0500", "2026-03-09 02:30 -0400"]),
        ("America/New_York", "30 1 * * *", "2026-10-31T12:00", ["2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"]),
        ("Europe/Berlin", "30 2 * * *", "2026-03-28T00:00", ["2026-03-28 02:30 +0100", "2026-03-30 02:30 +0200"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00", ["2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"]),
        # An interval has no hour to miss or repeat: it goes on through both.
        (
            "Europe/Berlin",
            "*/30 * * * *",
            "2026-10-25T01:45",
            [
                "2026-10-25 02:00 +0200",
                "2026-10-25 02:30 +0200",
                "2026-10-25 02:00 +0100",
                "2026-10-25 02:30 +0100",
                "2026-10-25 03:00 +0100",
            ],
        ),
        (
            "America/New_York",
            "0 * * * *",
            "2026-03-08T00:30",
            ["2026-03-08 01:00 -0500", "2026-03-08 03:00 -0400", "2026-03-08 04:00 -0400"],
        ),
        # The hour after the gap fires for itself, not also for those it swallowed.
        (
            "America/New_York",
            "0,30 2,3 * * *",
            "2026-03-08T00:30",
            ["2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400", "2026-03-09 02:00 -0400"],
        ),
    ],
)
def test_daylight_saving(zone: str, expression: str, after: str, expected: list[str]) -> None:
    """Skipped local times do not fire that day; repeated ones fire once; intervals run through."""
    assert times(f"CRON_TZ={zone} {expression}", after=after, count=len(expected), zone=zone) == expected
