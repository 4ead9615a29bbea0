"""Who is due at a local time of a zone, page by page, and what was missed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from shared.routines.routine import CATCH_UP_WINDOW, ROUTINES
from tests.integration.conftest import NOW, Api, Business, DatabaseClock
from tests.integration.database.conftest import explaining

SAO_PAULO = "America/Sao_Paulo"
#: 18:00 in São Paulo, on a Tuesday.
SIX = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)
TODAY = "2026-01-20"
DUE = {"kind": "daily_summary", "timezone": SAO_PAULO, "local_time": "18:00"}
POLICY: dict[str, Any] = {
    "after_seconds": 90,
    "keep_interactions_days": 400,
    "keep_dead_letters_days": 90,
    "keep_routine_runs_days": 90,
    "routines": {
        "window_seconds": CATCH_UP_WINDOW.total_seconds(),
        "patience_seconds": 120,
        "weekdays": {routine.kind: routine.weekdays for routine in ROUTINES.values()},
    },
}


def begin(api: Api, **changes: Any) -> dict[str, Any]:
    begun: dict[str, Any] = api.call("begin_fanout", **{**DUE, "window_seconds": 10800.0, **changes})
    return begun


def page(api: Api, cursor: str | None = None, *, local_date: str = TODAY, limit: int = 500, **changes: Any) -> Any:
    return api.call("fanout_page", **{**DUE, "local_date": local_date, "cursor": cursor, "limit": limit, **changes})


def pages(api: Api, *, limit: int, cursor: str | None = None) -> Iterator[list[str]]:
    """Go through all pages, as if each were published."""
    published = 0
    while not (found := page(api, cursor, limit=limit, published=published))["done"]:
        yield found["organizations"]
        cursor, published = found["cursor"], len(found["organizations"])


def add_organizations(api: Api, count: int, timezone: str = SAO_PAULO) -> list[str]:
    """Add businesses and return their ids in the order of pages."""
    api.rows(
        "insert into app.organizations (name, timezone) select 'Loja ' || n, %s from generate_series(1, %s) as n",
        timezone,
        count,
    )
    return [
        str(each) for (each,) in api.rows("select id from app.organizations where timezone = %s order by id", timezone)
    ]


def end_run(api: Api, organization_id: str, state: str = "done", *, local_date: str = TODAY) -> None:
    api.rows(
        "insert into app.proactive_runs (organization_id, kind, local_date, state, finished_at)"
        " values (%s, 'daily_summary', %s, %s, app.now())",
        organization_id,
        local_date,
        state,
    )


def fan_outs(api: Api) -> list[tuple[Any, ...]]:
    return api.rows("select kind, local_date, state from app.proactive_fanouts order by kind, local_date")


@pytest.mark.parametrize(
    ("timezone", "local", "moment"),
    [
        ("America/Sao_Paulo", "2026-01-20 18:00", "2026-01-20 21:00"),
        ("Asia/Kolkata", "2026-01-20 18:00", "2026-01-20 12:30"),
        ("Pacific/Auckland", "2026-09-27 09:00", "2026-09-26 20:00"),
        ("Pacific/Auckland", "2026-09-26 23:30", "2026-09-26 11:30"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-03-08 02:00", "2026-03-08 07:00"),
        ("America/New_York", "2026-03-08 03:00", "2026-03-08 07:00"),
        ("America/New_York", "2026-03-08 01:59", "2026-03-08 06:59"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("America/New_York", "2026-11-01 02:00", "2026-11-01 07:00"),
        ("America/New_York", "2026-11-01 00:59", "2026-11-01 04:59"),
        ("Europe/Lisbon", "2026-03-29 01:30", "2026-03-29 01:00"),
        ("Europe/Lisbon", "2026-10-25 01:30", "2026-10-25 00:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-03 15:30"),
    ],
)
def test_a_local_time_has_one_moment_on_each_date(api: Api, timezone: str, local: str, moment: str) -> None:
    """A time that the clocks skip is the moment after the gap, a time that they show twice the first of the two."""
    day, time = local.split()
    found = api.value("select app.local_moment(%s, %s, %s) at time zone 'utc'", day, time, timezone)
    assert f"{found:%Y-%m-%d %H:%M}" == moment


@pytest.mark.parametrize(
    ("now", "changes", "outcome"),
    [
        (SIX, {}, {"outcome": "started", "local_date": TODAY}),
        (SIX.replace(hour=23, minute=59), {}, {"outcome": "started", "local_date": TODAY}),
        (datetime(2026, 1, 21, 0, 0, tzinfo=UTC), {}, {"outcome": "late", "local_date": TODAY}),
        (datetime(2026, 1, 20, 20, 59, 58, tzinfo=UTC), {}, {"outcome": "early", "retry_after": 2}),
        # 00:30 on the 21st in São Paulo: what is due at 23:00 is the 20th's.
        (
            datetime(2026, 1, 21, 3, 30, tzinfo=UTC),
            {"local_time": "23:00"},
            {"outcome": "started", "local_date": TODAY},
        ),
        # Kolkata is a date ahead.
        (
            datetime(2026, 1, 20, 18, 40, tzinfo=UTC),
            {"timezone": "Asia/Kolkata", "local_time": "00:05"},
            {"outcome": "started", "local_date": "2026-01-21"},
        ),
        # Mondays only: on Tuesday nothing is due, and yesterday's is over.
        (SIX, {"weekdays": [1]}, {"outcome": "late", "local_date": "2026-01-19"}),
    ],
)
def test_a_fan_out_begins_on_the_local_date_that_is_due(
    api: Api, clock: DatabaseClock, now: datetime, changes: dict[str, Any], outcome: dict[str, Any]
) -> None:
    """The date is the zone's, and a schedule that fires outside its window begins nothing."""
    clock.set(now)
    begun = begin(api, **changes)
    assert {name: begun[name] for name in outcome} == outcome


def test_a_late_fan_out_is_recorded_as_skipped_and_stays_so(api: Api, clock: DatabaseClock) -> None:
    """What was skipped is not run by a later delivery."""
    clock.set(datetime(2026, 1, 21, 0, 30, tzinfo=UTC))
    assert begin(api)["outcome"] == "late"
    assert fan_outs(api) == [("daily_summary", date(2026, 1, 20), "skipped")]
    assert begin(api)["outcome"] == "done"


def test_pages_reach_everybody_once_and_the_end_ends_the_fan_out(api: Api, clock: DatabaseClock) -> None:
    """Keyset pages miss nobody and repeat nobody; the record says how many there were."""
    clock.set(SIX)
    due = add_organizations(api, 7)
    add_organizations(api, 3, "Asia/Kolkata")
    assert begin(api)["outcome"] == "started"
    assert [each for found in pages(api, limit=3) for each in found] == due
    assert begin(api)["outcome"] == "done"
    assert api.rows("select state, organizations, pages from app.proactive_fanouts") == [("done", 7, 3)]


def test_a_page_that_was_never_published_is_given_again(api: Api, clock: DatabaseClock) -> None:
    """A page counts as published only when the next is asked for: a crash between the two loses nobody."""
    clock.set(SIX)
    due = add_organizations(api, 6)
    begin(api)
    first = page(api, limit=2)
    second = page(api, first["cursor"], limit=2, published=2)
    assert second["organizations"] == due[2:4]
    begun = begin(api)
    assert (begun["outcome"], begun["cursor"]) == ("continue", first["cursor"])
    assert page(api, begun["cursor"], limit=2, published=2) == second
    assert api.value("select organizations from app.proactive_fanouts") == 2


def test_two_fan_outs_at_once_do_not_undo_each_other_s_progress(api: Api, clock: DatabaseClock) -> None:
    """The one behind counts nobody twice and does not move the other back."""
    clock.set(SIX)
    add_organizations(api, 6)
    begin(api)
    first = page(api, limit=2)
    second = page(api, first["cursor"], limit=2, published=2)
    page(api, second["cursor"], limit=2, published=2)
    page(api, first["cursor"], limit=2, published=2)
    assert api.value("select cursor::text from app.proactive_fanouts") == second["cursor"]
    assert api.value("select organizations from app.proactive_fanouts") == 4


def test_who_has_run_or_does_not_want_it_is_left_out(api: Api, clock: DatabaseClock) -> None:
    """Finished and skipped runs of the date are left out, one that is under way is not; nor is who switched it off."""
    clock.set(SIX)
    done, skipped, off, closed, running, fresh = add_organizations(api, 6)
    end_run(api, done)
    end_run(api, skipped, "skipped")
    api.rows("update app.routines set enabled = false where organization_id = %s", off)
    api.rows("update app.organizations set is_active = false where id = %s", closed)
    api.rows(
        "insert into app.proactive_runs (organization_id, kind, local_date, state)"
        " values (%s, 'daily_summary', %s, 'running')",
        running,
        TODAY,
    )
    assert list(pages(api, limit=500)) == [[running, fresh]]


def test_a_page_of_nobody_new_is_not_the_end(api: Api, clock: DatabaseClock) -> None:
    """A fan-out that begins anew goes past those who have run."""
    clock.set(SIX)
    first, second, third = add_organizations(api, 3)
    end_run(api, first)
    end_run(api, second)
    assert list(pages(api, limit=2)) == [[], [third]]


def test_a_zone_change_on_the_same_date_runs_nothing_twice(api: Api, clock: DatabaseClock) -> None:
    """Who was run in one zone and moves to another where the same date is due again is left out there."""
    clock.set(SIX)
    (moved,) = add_organizations(api, 1)
    end_run(api, moved)
    api.rows("update app.organizations set timezone = 'America/New_York' where id = %s", moved)
    clock.set(datetime(2026, 1, 20, 23, 0, tzinfo=UTC))
    assert begin(api, timezone="America/New_York")["local_date"] == TODAY
    assert page(api, timezone="America/New_York")["organizations"] == []


def missed(api: Api) -> list[tuple[str, str, str | None]]:
    """What the sweep wants published again."""
    found = api.call("sweep", policy=POLICY)["fanouts"]
    return [(each["kind"], each["local_date"], each["cursor"]) for each in found]


def test_the_sweep_finds_a_schedule_that_never_fired_and_one_that_stopped_half_way(
    api: Api, clock: DatabaseClock
) -> None:
    """Within the window a missed fan-out is begun, and one that nobody touches goes on from where it was."""
    add_organizations(api, 2)
    clock.set(SIX)
    assert "daily_summary" not in {kind for kind, _, _ in missed(api)}
    clock.advance(minutes=3)
    assert ("daily_summary", TODAY, None) in missed(api)
    begin(api)
    first = page(api, limit=1)["cursor"]
    page(api, first, limit=1, published=1)
    assert missed(api) == []
    clock.advance(minutes=2)
    assert missed(api) == [("daily_summary", TODAY, first)]


def test_what_was_missed_for_too_long_is_recorded_as_skipped_once(api: Api, clock: DatabaseClock) -> None:
    """After the window nothing is published; the weekdays of a routine are kept."""
    add_organizations(api, 1)
    clock.set(SIX.replace(day=21, hour=0))
    assert missed(api) == []
    skipped = fan_outs(api)
    assert ("daily_summary", date(2026, 1, 20), "skipped") in skipped
    assert ("opportunities", date(2026, 1, 20), "skipped") in skipped
    assert ("inactive_clients", date(2026, 1, 19), "skipped") in skipped
    assert ("opportunities", date(2026, 1, 19), "skipped") not in skipped
    assert missed(api) == []
    assert fan_outs(api) == skipped


def test_late_in_the_evening_is_caught_up_after_midnight(api: Api, clock: DatabaseClock) -> None:
    """The date of what is caught up is the one on which it was due."""
    add_organizations(api, 1)
    api.rows("update app.routines set local_time = '23:30' where kind = 'birthdays'")
    clock.set(datetime(2026, 1, 21, 4, 0, tzinfo=UTC))
    assert ("birthdays", TODAY, None) in missed(api)


def test_a_run_that_nobody_ends_is_recorded_as_failed(business: Business, clock: DatabaseClock) -> None:
    """Long after the window, nobody waits for it any more."""
    api = business.api
    api.rows(
        "insert into app.proactive_runs (organization_id, kind, local_date, state)"
        " values (%s, 'daily_summary', %s, 'running')",
        business.organization_id,
        TODAY,
    )
    clock.advance(hours=5)
    assert api.call("sweep", policy=POLICY)["abandoned"] == 0
    clock.advance(hours=2)
    assert api.call("sweep", policy=POLICY)["abandoned"] == 1
    assert api.rows("select state from app.proactive_runs") == [("failed",)]


def latecomers(api: Api) -> list[tuple[str, str, str]]:
    """Whose runs the sweep wants published, of which date, and until when each is worth it."""
    found = api.call("sweep", policy=POLICY)["latecomers"]
    return [(each["organization_id"], each["local_date"], each["expires_at"]) for each in found]


def fan_out(api: Api, **due: Any) -> str:
    """Let a fan-out begin now and come to its end; return its date."""
    local_date: str = begin(api, **due)["local_date"]
    cursor = None
    while not (found := page(api, cursor, local_date=local_date, **due))["done"]:
        cursor = found["cursor"]
    return local_date


#: In the order of the function below: how each comes to have a routine at 18:00 in São Paulo.
CHANGES = (
    "update app.organizations set timezone = 'America/Sao_Paulo' where id = %s",
    "update app.organizations set is_active = true where id = %s",
    "update app.routines set local_time = '18:00' where organization_id = %s and kind = 'daily_summary'",
    "update app.routines set enabled = true where organization_id = %s and kind = 'daily_summary'",
    "insert into app.organizations (id, name, timezone) values (%s, 'Nova', 'America/Sao_Paulo')",
)


@pytest.fixture
def late(api: Api, clock: DatabaseClock) -> list[str]:
    """Ids of businesses that had no routine at 18:00, when its fan-out was run, and have it at 19:30, for CHANGES."""
    _, abroad, closed, later, off, new = found = add_organizations(api, 6)
    api.rows("update app.organizations set timezone = 'Asia/Kolkata' where id = %s", abroad)
    api.rows("update app.organizations set is_active = false where id = %s", closed)
    api.rows("update app.routines set local_time = '21:00' where organization_id = %s", later)
    api.rows("update app.routines set enabled = false where organization_id = %s", off)
    api.rows("delete from app.organizations where id = %s", new)
    clock.set(SIX)
    fan_out(api)
    clock.advance(minutes=90)
    assert latecomers(api) == []
    for change, organization_id in zip(CHANGES, found[1:], strict=True):
        api.rows(change, organization_id)
    return found[1:]


def test_who_changes_when_a_routine_is_run_after_its_fan_out_is_caught_up(api: Api, late: list[str]) -> None:
    """Another zone or time, switched on, or new: who has a moment of today that has passed has the routine today."""
    assert sorted(latecomers(api)) == [(each, TODAY, "2026-01-21T00:00:00+00:00") for each in late]
    for each in late:
        end_run(api, each)
    assert latecomers(api) == []


def test_who_need_not_or_cannot_be_caught_up_is_not(api: Api, clock: DatabaseClock, late: list[str]) -> None:
    """Run before, moved on, switched off again, while a fan-out may still come by, or when the window has passed."""
    ran, abroad, closed, off, left = late
    end_run(api, ran, "skipped")
    api.rows("update app.organizations set timezone = 'Asia/Kolkata' where id = %s", abroad)
    api.rows("update app.organizations set is_active = false where id = %s", closed)
    api.rows("update app.routines set enabled = false where organization_id = %s", off)
    assert [organization_id for organization_id, _, _ in latecomers(api)] == [left]
    api.rows("update app.proactive_fanouts set state = 'running', finished_at = null")
    assert latecomers(api) == []
    api.rows("update app.proactive_fanouts set state = 'done', finished_at = app.now()")
    clock.advance(minutes=89)
    assert [organization_id for organization_id, _, _ in latecomers(api)] == [left]
    clock.advance(minutes=1)
    assert latecomers(api) == []


def test_a_change_of_something_else_makes_nobody_late(api: Api, clock: DatabaseClock) -> None:
    """Options, or the same time again, do not change when a routine is run: its fan-out has published it."""
    add_organizations(api, 1)
    clock.set(SIX)
    fan_out(api)
    clock.advance(minutes=90)
    api.rows("update app.routines set options = '{\"days\": 40}', local_time = local_time, enabled = enabled")
    assert latecomers(api) == []


@pytest.mark.parametrize(
    ("origin", "target", "moved_at", "ran", "caught_up"),
    [
        # 23:30 of the 19th, which was run in Auckland a day ago.
        ("Pacific/Auckland", "America/Los_Angeles", datetime(2026, 1, 20, 7, 30, tzinfo=UTC), "2026-01-19", None),
        # From the same evening into the evening of the next date.
        ("America/Los_Angeles", "Pacific/Auckland", datetime(2026, 1, 20, 9, 0, tzinfo=UTC), "2026-01-19", TODAY),
    ],
)
def test_a_move_over_the_date_line_runs_each_date_at_most_once(
    api: Api, clock: DatabaseClock, origin: str, target: str, moved_at: datetime, ran: str, caught_up: str | None
) -> None:
    """The date is what counts, not how long ago the last run was."""
    (moved,) = add_organizations(api, 1, origin)
    api.rows("update app.routines set local_time = '21:00' where kind = 'daily_summary'")
    end_run(api, moved, local_date=ran)
    clock.set(moved_at - timedelta(hours=1))
    assert fan_out(api, timezone=target, local_time="21:00") == (caught_up or ran)
    clock.set(moved_at)
    api.rows("update app.organizations set timezone = %s where id = %s", target, moved)
    assert [local_date for _, local_date, _ in latecomers(api)] == ([caught_up] if caught_up else [])


def test_old_records_of_routines_are_deleted_by_and_by(api: Api, clock: DatabaseClock) -> None:
    """What is older than the policy says goes, so much in one sweep that it keeps up; the rest stays."""
    (organization_id,) = add_organizations(api, 1)
    clock.set(SIX)
    api.rows(
        "insert into app.proactive_runs (organization_id, kind, local_date, state, finished_at)"
        " select %s, 'daily_summary', %s::date - age, 'done', app.now() from generate_series(88, 150) as age",
        organization_id,
        TODAY,
    )
    api.rows(
        "insert into app.proactive_fanouts (kind, timezone, local_time, local_date, state, touched_at, finished_at)"
        " select 'daily_summary', 'UTC', '18:00', %s::date - age, case age when 95 then 'running' else 'done' end,"
        " app.now() - age * interval '1 day', case age when 95 then null else app.now() end"
        " from unnest(array[90, 91, 92, 95]) as age",
        TODAY,
    )
    policy = {name: value for name, value in POLICY.items() if name != "routines"}
    pruned = [api.call("sweep", policy=policy, limit=2)["pruned"] for _ in range(3)]
    assert pruned == [42, 21, 0]
    kept = api.rows("select %s::date - local_date from app.proactive_runs order by 1", TODAY)
    assert [age for (age,) in kept] == [88, 89, 90]
    assert api.rows("select %s::date - local_date from app.proactive_fanouts", TODAY) == [(90,)]


@pytest.fixture
def crowd(api: Api, database: str) -> str:
    """The DSN of a database with 4,000 businesses in eight zones, a run of each."""
    for zone in ("Europe/Lisbon", "Europe/Paris", "Asia/Kolkata", "Asia/Tokyo", "America/Lima", "America/Bogota"):
        add_organizations(api, 500, zone)
    add_organizations(api, 1000)
    api.rows(
        "insert into app.proactive_runs (organization_id, kind, local_date, state, finished_at)"
        " select id, 'daily_summary', %s, 'done', app.now() from app.organizations",
        TODAY,
    )
    api.rows("analyze app.routines, app.proactive_runs, app.organizations")
    return database


def test_a_page_reads_its_index_from_the_cursor_on(crowd: str) -> None:
    """However far the cursor, no page reads or sorts what lies before or behind it."""
    with explaining(crowd) as (connection, plans):
        connection.execute(
            "select api.fanout_page('daily_summary', 'America/Sao_Paulo', '18:00', %s, gen_random_uuid(), 50)", [TODAY]
        )
    (plan,) = [each for each in plans if "routine.organization_id" in each or "routines_due" in each]
    assert "routines_due" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def test_the_sweep_leaps_through_the_times_in_use(crowd: str) -> None:
    """Finding what was missed reads an entry of the index for each time and zone, not for each business or record."""
    with explaining(crowd) as (connection, plans):
        connection.execute("""
            insert into app.proactive_fanouts (kind, timezone, local_time, local_date, state, finished_at)
            select 'daily_summary', 'Asia/Tokyo', '18:00', app.now()::date - n, 'done', app.now()
            from generate_series(2, 5000) as n
        """)
        connection.execute("analyze app.proactive_fanouts")
        connection.execute("select app.missing_fanouts(%s::jsonb, 100)", [psycopg.types.json.Jsonb(POLICY["routines"])])
    (used,) = [each for each in plans if "Recursive Union" in each]
    assert "routines_due" in used
    assert "Seq Scan on routines" not in used
    (missing,) = [each for each in plans if "under_way" in each]
    assert "proactive_fanouts_running" in missing
    assert "proactive_fanouts_pkey" in missing
    assert "Seq Scan on proactive_fanouts" not in missing


def test_the_sweep_reads_neither_who_was_on_time_nor_what_is_kept(crowd: str) -> None:
    """Of each fan-out that is over it reads who changed since and whether they ran; of the records, the old ones."""
    with explaining(crowd) as (connection, plans):
        connection.execute("select app.latecomers(%s::jsonb, 100)", [psycopg.types.json.Jsonb(POLICY["routines"])])
        connection.execute("select app.prune(%s::jsonb, 100)", [psycopg.types.json.Jsonb(POLICY)])
    (late,) = [each for each in plans if "passed_by" in each]
    for index in ("proactive_fanouts_touched", "routines_changed", "proactive_runs_pkey"):
        assert index in late
    assert "Seq Scan" not in late
    (old,) = [each for each in plans if "delete from app.proactive_runs" in each]
    assert "proactive_runs_by_date" in old
    assert "Seq Scan" not in old


def test_nothing_is_due_before_the_first_business_exists(api: Api, clock: DatabaseClock) -> None:
    """An empty database has empty pages and nothing to catch up."""
    clock.set(NOW)
    assert missed(api) == []
    assert page(api) == {"organizations": [], "cursor": None, "done": True}
