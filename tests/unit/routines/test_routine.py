"""What the routines declare of their days and times."""

from datetime import time

import pytest

from shared.errors import NonRetriableError
from shared.routines.routine import ROUTINES, Routine, find_routine


@pytest.mark.parametrize(
    ("kind", "at", "cron_weekdays"),
    [
        ("daily_summary", time(18), "*"),
        ("birthdays", time(9), "*"),
        ("inactive_clients", time(10), "1"),
        ("opportunities", time(15), "2,4"),
    ],
)
def test_each_routine_has_its_days_and_its_time(kind: str, at: time, cron_weekdays: str) -> None:
    """The evening's summary, the morning's birthdays, Mondays' inactive clients, Tuesdays' and Thursdays' chances."""
    routine = find_routine(kind)

    assert (routine.default_time, routine.cron_weekdays) == (at, cron_weekdays)


def test_there_are_no_other_routines() -> None:
    """Each is found under its own kind."""
    assert {kind: routine.kind for kind, routine in ROUTINES.items()} == {
        kind: kind for kind in ("daily_summary", "birthdays", "inactive_clients", "opportunities")
    }


def test_sunday_is_cron_s_day_0() -> None:
    """ISO counts Sunday as 7, cron as 0."""
    assert Routine(kind="rest", default_time=time(9), weekdays=(6, 7)).cron_weekdays == "6,0"


def test_an_unknown_routine_is_refused_by_name() -> None:
    """A retry would not make it known."""
    with pytest.raises(NonRetriableError, match=r"no routine 'nap'; there are daily_summary, birthdays"):
        find_routine("nap")
