"""Opening hours in the business's own time."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from shared.assistants.business_hours import describe, is_open, next_opening
from shared.models import Week

SHOP = {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "sat": [["09:00", "14:00"]], "sun": []}
NEVER: dict[str, Any] = {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
BAR = {"fri": [["18:00", "02:00"]], "sat": [["18:00", "24:00"]], "sun": [["20:00", "00:00"]], "mon": []}


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        (SHOP, "2026-11-23T08:59", False),
        (SHOP, "2026-11-23T09:00", True),
        (SHOP, "2026-11-23T11:59", True),
        (SHOP, "2026-11-23T12:00", False),
        (SHOP, "2026-11-23T13:00", True),
        (SHOP, "2026-11-23T18:00", False),
        (SHOP, "2026-11-22T10:00", False),
        (SHOP, "2026-11-24T10:00", None),
        (BAR, "2026-11-27T23:59", True),
        (BAR, "2026-11-28T00:00", True),
        (BAR, "2026-11-28T01:59", True),
        (BAR, "2026-11-28T02:00", False),
        (BAR, "2026-11-28T23:59", True),
        (BAR, "2026-11-29T00:00", False),
        (BAR, "2026-11-29T23:59", True),
        (BAR, "2026-11-30T00:00", False),
        ({"mon": [["00:00", "24:00"]]}, "2026-11-23T00:00", True),
        ({"mon": [["00:00", "24:00"]]}, "2026-11-23T23:59", True),
        ({"mon": [["08:00", "08:00"]]}, "2026-11-23T07:59", False),
        ({"mon": [["08:00", "08:00"]], "tue": []}, "2026-11-24T07:59", True),
        ({}, "2026-11-23T10:00", None),
    ],
)
def test_open_is_decided_by_the_local_day_and_minute(hours: dict[str, Any], local: str, expected: bool | None) -> None:
    """The start counts, the end does not, midnight is crossed, and a day that is not stated is not called closed."""
    assert is_open(Week.model_validate(hours), datetime.fromisoformat(local)) is expected


@pytest.mark.parametrize(
    ("moment", "zone", "now", "open_now"),
    [
        # São Paulo is three hours behind: still Monday there.
        (datetime(2026, 11, 24, 2, 30, tzinfo=UTC), "America/Sao_Paulo", "2026-11-23T23:30", False),
        # New York left daylight time on 1 November 2026: the same UTC hour is an hour earlier on the wall.
        (datetime(2026, 10, 26, 13, 30, tzinfo=UTC), "America/New_York", "2026-10-26T09:30", True),
        (datetime(2026, 11, 2, 13, 30, tzinfo=UTC), "America/New_York", "2026-11-02T08:30", False),
        (datetime(2026, 11, 2, 14, 0, tzinfo=UTC), "America/New_York", "2026-11-02T09:00", True),
    ],
)
def test_the_hours_follow_the_zone_and_its_clock_changes(moment: datetime, zone: str, now: str, open_now: bool) -> None:
    """What counts is the clock on the business's wall."""
    local = moment.astimezone(ZoneInfo(zone))
    described = describe(Week.model_validate(SHOP), local=local, timezone=zone, weekdays=tuple("mtwtfss"))
    assert (described["now"], described["open_now"]) == (now, open_now)


def test_a_week_that_nobody_stated_is_told_as_one_gap() -> None:
    """A business without hours has no seven days of nothing to read out."""
    local = datetime.fromisoformat("2026-11-23T10:35")
    described = describe(Week.model_validate({}), local=local, timezone="America/Sao_Paulo", weekdays=tuple("mtwtfss"))
    assert described == {"timezone": "America/Sao_Paulo", "now": "2026-11-23T10:35", "week": None}


def test_the_week_is_told_with_closed_and_unstated_days_apart() -> None:
    """An empty list is closed; null is not stated."""
    local = datetime.fromisoformat("2026-11-23T10:35")
    described = describe(
        Week.model_validate(SHOP), local=local, timezone="America/Sao_Paulo", weekdays=tuple("mtwtfsS")
    )
    assert described["today"] == {"weekday": "m", "intervals": ["09:00-12:00", "13:00-18:00"]}
    assert described["week"][1] == {"weekday": "t", "intervals": None}
    assert described["week"][6] == {"weekday": "S", "intervals": []}


@pytest.mark.parametrize(
    "interval", [["9:00", "12:00"], ["09:00"], ["09:00", "25:00"], ["09:00", 12], "09:00-12:00", None]
)
def test_an_interval_that_is_no_pair_of_times_is_refused(interval: object) -> None:
    """Hours that cannot be read are an error, not a closed day."""
    with pytest.raises(ValidationError, match=r"interval|time"):
        Week.model_validate({"mon": [interval]})


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        (SHOP, "2026-11-23T08:59", "2026-11-23T09:00"),
        (SHOP, "2026-11-23T09:00", "2026-11-23T13:00"),
        (SHOP, "2026-11-23T12:30", "2026-11-23T13:00"),
        (SHOP, "2026-11-23T18:00", None),  # Tuesday is not stated
        (SHOP, "2026-11-22T10:00", "2026-11-23T09:00"),
        (SHOP, "2026-11-28T14:00", "2026-11-30T09:00"),  # over a Sunday
        (BAR, "2026-11-28T03:00", "2026-11-28T18:00"),
        (
            {**NEVER, "mon": [["09:00", "12:00"]]},
            "2026-11-23T12:00",
            "2026-11-30T09:00",
        ),  # a week later
        (NEVER, "2026-11-23T12:00", None),
        ({}, "2026-11-23T12:00", None),
    ],
)
def test_the_next_opening_is_the_first_that_is_stated(hours: dict[str, Any], local: str, expected: str | None) -> None:
    """Today, tomorrow or a week ahead; behind a day that is not stated, nothing is claimed."""
    opens = next_opening(Week.model_validate(hours), datetime.fromisoformat(local))
    assert opens == (datetime.fromisoformat(expected) if expected else None)
