"""What the routines declare of their days and times."""

from datetime import time

import pytest

from shared.errors import NonRetriableError
from shared.routines.routine import ROUTINES, Routine, find_routine
from tests.unit.routines.conftest import MakeRun


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


@pytest.mark.parametrize(
    ("kind", "name", "default", "other"),
    [
        ("daily_summary", "suggestion", False, "on"),
        ("birthdays", "send_to_clients", False, "on"),
        ("inactive_clients", "days", 30, "45"),
    ],
)
def test_what_an_operator_sets_is_what_a_run_reads(
    make_run: MakeRun, kind: str, name: str, default: bool | int, other: str
) -> None:
    """Under one name; what is not set, or set to something unusable, is the default."""
    value = find_routine(kind).options[name].read(other)
    assert value != default
    assert make_run(kind, **{name: value}).option(name) == value
    assert [make_run(kind, **options).option(name) for options in ({}, {name: "x"}, {name: None})] == [default] * 3


def test_an_option_that_is_not_declared_cannot_be_read(make_run: MakeRun) -> None:
    """Else nobody could set it."""
    with pytest.raises(KeyError, match="days"):
        make_run("opportunities", days=9).option("days")
