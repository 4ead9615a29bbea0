"""Routines that operators pause, and those that they run although their hour has passed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.routines.routine import CATCH_UP_WINDOW, ROUTINES
from tests.integration.conftest import Api, Business, DatabaseClock

SAO_PAULO = "America/Sao_Paulo"
#: 18:00 in São Paulo, on a Tuesday.
SIX = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)
TODAY, YESTERDAY = "2026-01-20", "2026-01-19"
DUE = {"kind": "daily_summary", "timezone": SAO_PAULO, "local_time": "18:00"}
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
ROUTINES_POLICY = {
    "window_seconds": CATCH_UP_WINDOW.total_seconds(),
    "patience_seconds": 120,
    "weekdays": {routine.kind: routine.weekdays for routine in ROUTINES.values()},
}


@pytest.fixture(autouse=True)
def at_six(api: Api, business: Business, clock: DatabaseClock) -> None:
    """A business wants its summary, and nothing else, at six, and it is six."""
    api.rows("update app.routines set enabled = kind = 'daily_summary'")
    clock.set(SIX)


def begin(api: Api, **changes: Any) -> str:
    arguments = {**DUE, "window_seconds": CATCH_UP_WINDOW.total_seconds(), "weekdays": EVERY_DAY, **changes}
    foreseen = api.call("fanout_outlook", **arguments)
    begun: dict[str, Any] = api.call("begin_fanout", **arguments)
    assert (foreseen["outcome"], foreseen["local_date"]) == (begun["outcome"], begun["local_date"])
    return str(begun["outcome"])


def swept(api: Api) -> list[str]:
    """The dates whose fan-outs the sweep takes up."""
    policy = {"after_seconds": 90, "routines": ROUTINES_POLICY}
    return [each["local_date"] for each in api.call("sweep", policy=policy)["fanouts"]]


def late(api: Api) -> list[str]:
    """The dates of those whom the sweep catches up."""
    policy = {"after_seconds": 90, "routines": ROUTINES_POLICY}
    return [each["local_date"] for each in api.call("sweep", policy=policy)["latecomers"]]


def pause(api: Api) -> None:
    api.call("pause_schedule", **DUE)


def resume(api: Api) -> None:
    api.call("resume_schedule", **DUE, weekdays=EVERY_DAY)


def records(api: Api) -> list[tuple[date, str]]:
    return [
        (local_date, state)
        for local_date, state in api.rows("select local_date, state from app.proactive_fanouts order by local_date")
    ]


def finish(api: Api, local_date: str = TODAY) -> None:
    """Let a fan-out that has begun come to its end."""
    cursor = None
    while not (page := api.call("fanout_page", **DUE, local_date=local_date, cursor=cursor))["done"]:
        cursor = page["cursor"]


def test_what_is_paused_is_run_neither_by_a_schedule_nor_by_the_sweep(api: Api, clock: DatabaseClock) -> None:
    """Its date is recorded as skipped once its moment has come, and the next one is paused as well."""
    clock.set(SIX - timedelta(hours=1))
    pause(api)
    assert swept(api) == []
    assert records(api) == [(date(2026, 1, 19), "skipped")], "yesterday's was missed before"
    for moment in (SIX, SIX + timedelta(minutes=3), SIX + timedelta(days=1, minutes=3)):
        clock.set(moment)
        assert begin(api) == "paused"
    assert swept(api) == []
    assert [day.isoformat() for day, _ in records(api)] == [YESTERDAY, TODAY, "2026-01-21"]
    assert {state for _, state in records(api)} == {"skipped"}


@pytest.mark.parametrize("swept_meanwhile", [True, False])
def test_what_was_missed_while_it_was_paused_is_not_made_up_for(
    api: Api, clock: DatabaseClock, swept_meanwhile: bool
) -> None:
    """Whether or not a sweep came by; from the next date on it runs as ever."""
    clock.set(SIX - timedelta(minutes=1))
    pause(api)
    clock.set(SIX + timedelta(minutes=4))
    if swept_meanwhile:
        assert swept(api) == []
    resume(api)
    assert (swept(api), begin(api)) == ([], "done")
    clock.set(SIX + timedelta(days=1, minutes=3))
    assert swept(api) == ["2026-01-21"]
    assert begin(api) == "started"


def test_what_fell_due_before_the_pause_waits_for_its_end(api: Api, clock: DatabaseClock) -> None:
    """Missed or half-way, it is taken up when it is resumed within its window, and given up otherwise."""
    clock.advance(minutes=3)
    pause(api)
    assert (swept(api), begin(api)) == ([], "paused")
    resume(api)
    assert (swept(api), begin(api)) == ([TODAY], "started")
    pause(api)
    clock.advance(minutes=3)
    assert (swept(api), begin(api)) == ([], "paused")
    resume(api)
    assert (swept(api), begin(api)) == ([TODAY], "continue")
    pause(api)
    clock.advance(hours=3)
    assert swept(api) == []
    assert records(api)[-1] == (date(2026, 1, 20), "skipped")


def test_nobody_is_caught_up_where_it_is_paused(api: Api, clock: DatabaseClock) -> None:
    """Who comes after the fan-out has it when it is resumed in time."""
    begin(api)
    finish(api)
    clock.advance(minutes=30)
    api.rows("update app.routines set enabled = false where kind = 'daily_summary'")
    api.rows("update app.routines set enabled = true where kind = 'daily_summary'")
    assert late(api) == [TODAY]
    pause(api)
    assert late(api) == []
    resume(api)
    assert late(api) == [TODAY]


def test_a_pause_is_of_one_time_in_one_zone(api: Api) -> None:
    """Others of the same routine run."""
    pause(api)
    assert begin(api, timezone="America/Bahia") == "started"
    assert begin(api, local_time="17:59") == "started"


def test_an_operator_runs_what_was_skipped(api: Api, clock: DatabaseClock) -> None:
    """Begun after its window it has one of its own, in which the sweep takes it up as any other; not for who ran."""
    clock.set(SIX + timedelta(hours=4))
    assert (begin(api), begin(api)) == ("late", "done")
    assert begin(api, local_date=TODAY, forced=True) == "started"
    begun = api.call("begin_fanout", **DUE, window_seconds=10800.0, local_date=TODAY)
    assert (begun["outcome"], datetime.fromisoformat(begun["expires_at"])) == ("continue", SIX + timedelta(hours=7))
    clock.advance(hours=2, minutes=59)
    assert swept(api) == [TODAY]
    finish(api)
    assert begin(api, local_date=TODAY, forced=True) == "done"
    assert begin(api, local_date="2026-01-21", forced=True) == "early"


def test_what_an_operator_began_ends_with_its_window(api: Api, clock: DatabaseClock) -> None:
    """Whatever its date: nobody looks for it for ever. He may begin it again."""
    assert begin(api, local_date="2026-01-15", forced=True) == "started"
    clock.advance(minutes=3)
    assert "2026-01-15" in swept(api)
    clock.advance(hours=3)
    assert "2026-01-15" not in swept(api)
    assert (date(2026, 1, 15), "skipped") in records(api)
    assert begin(api, local_date="2026-01-15") == "done"
    assert begin(api, local_date="2026-01-15", forced=True) == "started"


def test_an_operator_runs_what_is_paused(api: Api, clock: DatabaseClock) -> None:
    """It was asked for by name, so it goes on to its end; the next date is paused as before."""
    pause(api)
    assert begin(api) == "paused"
    assert begin(api, local_date=TODAY, forced=True) == "started"
    assert begin(api, local_date=TODAY) == "continue"
    clock.advance(minutes=3)
    assert swept(api) == [TODAY]
    finish(api)
    clock.set(SIX + timedelta(days=1, minutes=3))
    assert (begin(api), swept(api)) == ("paused", [])
