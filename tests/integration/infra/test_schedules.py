"""`aurora schedules` and the job that syncs them, over a real broker on the free plan and a real database."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from infra.cli import app
from infra.operations.composition import operator_services
from shared.jobs.schedules_sync import SchedulesSync, sync
from shared.registry import Context, Delivery
from shared.settings import load_settings
from tests.conftest import SupabaseGateway
from tests.integration.infra.conftest import URL, ZONE, Aurora, ids, parsed

OURS = [
    "aurora.maintenance.sweep",
    "aurora.schedules.sync",
    "aurora.birthdays.America.Sao_Paulo.0900",
    "aurora.daily_summary.America.Sao_Paulo.1800",
    "aurora.inactive_clients.America.Sao_Paulo.1000",
    "aurora.opportunities.America.Sao_Paulo.1500",
]
SUMMARY = OURS[3]
#: 18:00 in São Paulo, on a Tuesday.
SIX = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)

SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(supabase_gateway: SupabaseGateway, freeze_database_clock: Callable[[str, datetime], None]) -> SetClock:
    """Sets the database's clock."""
    return lambda at: freeze_database_clock(supabase_gateway.dsn, at)


def there(broker: httpx.Client) -> dict[str, dict[str, Any]]:
    return {each["scheduleId"]: each for each in broker.get("/v2/schedules").json()}


def published(broker: httpx.Client, job: str) -> list[str]:
    """Return the ids of the messages of a job that the queue ever took."""
    logged = broker.get("/v2/logs", params={"label": job, "state": "CREATED"}).json()
    (entries,) = (value for value in logged.values() if isinstance(value, list))
    return [entry["messageId"] for entry in entries]


def test_sync_makes_the_schedules_what_they_must_be(aurora: Aurora, broker: httpx.Client) -> None:
    """Diff tells it, sync does it, a repeat changes nothing; somebody else's schedule and what is in order stay."""
    other = {"Upstash-Cron": "0 0 * * *", "Upstash-Schedule-Id": "other"}
    broker.post("/v2/schedules/https://other.example", headers=other).raise_for_status()

    assert ids(parsed(aurora("schedules", "diff", "--json"))) == {"create": OURS}
    assert ids(parsed(aurora("schedules", "sync", "--json"))) == {"create": OURS}
    assert aurora("schedules", "sync").stdout == "nothing to do\n"
    assert sorted(there(broker)) == sorted([*OURS, "other"])

    for changed in (
        {"Upstash-Cron": "0 18 * * *", "destination": f"{URL}/schedules/routine.fan_out"},
        {"Upstash-Cron": f"CRON_TZ={ZONE} 0 18 * * *", "destination": "https://old.example/schedules/routine.fan_out"},
    ):
        headers = {"Upstash-Schedule-Id": SUMMARY, "Upstash-Cron": changed["Upstash-Cron"]}
        broker.post(f"/v2/schedules/{changed['destination']}", headers=headers).raise_for_status()
        assert ids(parsed(aurora("schedules", "sync", "--json"))) == {"update": [SUMMARY]}
    assert aurora("schedules", "diff").stdout == "nothing to do\n"


def test_deployments_of_one_account_leave_each_other_alone(
    aurora: Aurora, variables: dict[str, str], broker: httpx.Client
) -> None:
    """Each has the schedules that begin with its own name, which neither lists, changes nor deletes of the other."""
    aurora("schedules", "sync")
    staging = {**variables, "DEPLOYMENT_NAME": "aurora-staging", "PUBLIC_URL": "https://staging.example"}
    broker.post(
        "/v2/schedules/https://staging.example/schedules/gone",
        headers={"Upstash-Cron": "0 0 * * *", "Upstash-Schedule-Id": "aurora-staging.gone"},
    ).raise_for_status()

    assert aurora("schedules", "diff").stdout == "nothing to do\n"
    changes = CliRunner().invoke(app, ["schedules", "diff", "--json"], env=staging)

    theirs = [f"aurora-staging{each.removeprefix('aurora')}" for each in OURS]
    assert ids(parsed(changes)) == {"create": theirs, "delete": ["aurora-staging.gone"]}


def test_a_routines_schedule_publishes_its_fan_out(aurora: Aurora, broker: httpx.Client) -> None:
    """In the zone's time, to the function for what falls due, with the callback that keeps what gives up."""
    aurora("schedules", "sync")

    kept = there(broker)[SUMMARY]
    assert kept["cron"] == f"CRON_TZ={ZONE} 0 18 * * *"
    assert kept["destination"] == f"{URL}/schedules/routine.fan_out"
    assert kept["failureCallback"] == f"{URL}/callbacks/failure"
    assert kept["label"] == "routine.fan_out"
    payload = json.loads(kept["body"])
    assert (payload["kind"], payload["timezone"], payload["local_time"][:5]) == ("daily_summary", ZONE, "18:00")
    assert there(broker)["aurora.schedules.sync"]["flowControlKey"] == "schedules.sync", "one sync at a time"


def test_a_business_moves_a_routine_and_its_schedule_follows(aurora: Aurora, broker: httpx.Client) -> None:
    """The old time is out of use and goes, the new one comes; one switched off has none; the queue is told at once."""
    aurora("schedules", "sync")
    told = len(published(broker, "schedules.sync"))
    patas = ("--instance", "patas")

    shown = aurora("tenants", "routines", "set", "daily_summary", "--at", "19:30", *patas)
    assert "19:30" in shown.stdout
    assert parsed(aurora("tenants", "routines", "set", "birthdays", "--off", *patas, "--json"))["timezone"] == ZONE
    assert len(published(broker, "schedules.sync")) == told + 2
    assert ids(parsed(aurora("schedules", "sync", "--json"))) == {
        "create": ["aurora.daily_summary.America.Sao_Paulo.1930"],
        "delete": [OURS[2], SUMMARY],
    }


def test_a_paused_schedule_stays_paused_until_it_is_resumed(
    aurora: Aurora, broker: httpx.Client, set_clock: SetClock
) -> None:
    """A sync leaves it as it is, whatever differs; resumed, it is as it must be, and runs."""
    set_clock(SIX)
    aurora("schedules", "sync")
    stale = {"Upstash-Schedule-Id": SUMMARY, "Upstash-Cron": "0 0 * * *"}
    broker.post("/v2/schedules/https://old.example", headers=stale).raise_for_status()
    assert aurora("schedules", "pause", SUMMARY).stdout == f"paused: {SUMMARY}\n"

    assert aurora("schedules", "sync").stdout == "nothing to do\n"
    assert (there(broker)[SUMMARY]["isPaused"], there(broker)[SUMMARY]["cron"]) == (True, "0 0 * * *")
    (paused,) = (line for line in aurora("schedules", "list").stdout.splitlines() if "paused" in line)
    assert paused.startswith(SUMMARY)
    assert "daily_summary of 2026-01-20 is paused; --date" in aurora("schedules", "run", SUMMARY).stderr

    assert aurora("schedules", "resume", SUMMARY).stdout == f"resumed: {SUMMARY}\n"
    kept = there(broker)[SUMMARY]
    assert (kept["isPaused"], kept["cron"]) == (False, f"CRON_TZ={ZONE} 0 18 * * *")
    assert "is running" not in aurora("schedules", "list").stdout
    assert "was skipped; --date" in aurora("schedules", "run", SUMMARY).stderr, "it fell due while it was paused"


def test_the_database_and_the_queue_pause_together(aurora: Aurora, broker: httpx.Client) -> None:
    """A routine can be paused before it has a schedule; what the queue alone has paused is run, and list says so.

    A plain job is paused by the queue alone.
    """
    aurora("schedules", "pause", SUMMARY)
    planned = parsed(aurora("schedules", "sync", "--json"))
    assert ids(planned) == {"create": OURS, "pause": [SUMMARY]}
    assert there(broker)[SUMMARY]["isPaused"]

    broker.post(f"/v2/schedules/{SUMMARY}/resume").raise_for_status()
    assert ids(parsed(aurora("schedules", "diff", "--json"))) == {"pause": [SUMMARY]}
    for each in (OURS[2], OURS[0]):
        broker.post(f"/v2/schedules/{each}/pause").raise_for_status()
    states = {line.split()[0]: line.rstrip() for line in aurora("schedules", "list").stdout.splitlines()}
    assert "paused at QStash alone: the sweep runs it" in states[OURS[2]]
    assert states[OURS[0]].endswith("paused")
    assert states[SUMMARY].endswith("paused")

    aurora("schedules", "resume", SUMMARY)
    assert aurora("schedules", "diff").stdout == "nothing to do\n"


def test_list_tells_when_each_runs_next(aurora: Aurora) -> None:
    """In UTC: 18:00 in São Paulo is 21:00; nothing has run yet."""
    aurora("schedules", "sync")

    listed = {each["id"]: each for each in parsed(aurora("schedules", "list", "--json"))["schedules"]}
    assert list(listed) == sorted(OURS)
    upcoming = datetime.fromisoformat(listed[SUMMARY]["next_run_at"])
    assert (upcoming > datetime.now(UTC), upcoming.hour, upcoming.minute) == (True, 21, 0)
    assert (listed[SUMMARY]["last_run_at"], listed[SUMMARY]["paused"]) == (None, False)
    assert SUMMARY in aurora("schedules", "list").stdout


def test_run_says_what_it_comes_to_and_publishes_it(aurora: Aurora, broker: httpx.Client, set_clock: SetClock) -> None:
    """With the payload that the schedule would have published, to the end of its window; a plain job at any time."""
    set_clock(SIX + timedelta(hours=2, minutes=59))
    ran = aurora("schedules", "run", SUMMARY)

    (message_id,) = published(broker, "routine.fan_out")
    assert ran.stdout == f"{SUMMARY} begins now for 2026-01-20\npublished: {message_id}\n"
    body = json.loads(broker.get(f"/v2/messages/{message_id}").json()["body"])
    assert (body["kind"], body["forced"]) == ("daily_summary", False)
    assert aurora("schedules", "run", OURS[0]).stdout.startswith(f"{OURS[0]} runs now\npublished: ")


#: When which schedule is run, and why that would do nothing. Written down once: none of them leaves a trace.
IDLE = (
    (SIX - timedelta(hours=1), SUMMARY, (), "due at 18:00 on 2026-01-20 (America/Sao_Paulo) and runs by itself"),
    (SIX + timedelta(hours=3), SUMMARY, (), "of 2026-01-20 was missed; --date 2026-01-20 runs it all the same"),
    (SIX + timedelta(hours=16), OURS[5], (), "opportunities of 2026-01-20 was missed\n"),
    (SIX, SUMMARY, ("--date", "2026-01-21"), "is due at 18:00 on 2026-01-21"),
    (SIX, SUMMARY, ("--date", "2026-01-12"), "can be run until 7 days later, and it is 2026-01-20 there"),
    (SIX, OURS[2], ("--date", "2026-01-19"), "birthdays can be run on its own day only"),
    (SIX, OURS[4], ("--date", "2026-01-20"), "does not run on a Tuesday"),
    (SIX, OURS[0], ("--date", "2026-01-20"), "is no routine's"),
    (SIX, SUMMARY, ("--date", "today"), "--date: today is no date such as 2026-01-31"),
)


def test_run_publishes_nothing_that_would_do_nothing(aurora: Aurora, broker: httpx.Client, set_clock: SetClock) -> None:
    """One line says why: too early, over, or not of that date."""
    for at, schedule, arguments, problem in IDLE:
        set_clock(at)
        result = aurora("schedules", "run", schedule, *arguments)
        assert (result.exit_code != 0, result.stdout) == (True, "")
        assert problem in result.stderr
    assert published(broker, "routine.fan_out") == published(broker, "maintenance.sweep") == []


def test_run_makes_up_for_a_date_when_it_is_named(
    aurora: Aurora, broker: httpx.Client, set_clock: SetClock, owner: psycopg.Connection
) -> None:
    """Without the window, but not what ran already."""
    set_clock(SIX + timedelta(days=2))
    named = ("schedules", "run", SUMMARY, "--date", "2026-01-20")
    assert aurora(*named).stdout.startswith(f"{SUMMARY} begins now for 2026-01-20\npublished: ")
    (message_id,) = published(broker, "routine.fan_out")
    body = json.loads(broker.get(f"/v2/messages/{message_id}").json()["body"])
    assert (body["local_date"], body["forced"]) == ("2026-01-20", True)

    owner.execute(
        "insert into app.proactive_fanouts (kind, timezone, local_time, local_date, state, finished_at)"
        " values ('daily_summary', %s, '18:00', '2026-01-20', 'done', app.now())",
        [ZONE],
    )
    assert "daily_summary is over for 2026-01-20" in aurora(*named).stderr


@pytest.mark.parametrize("command", ["pause", "resume", "run"])
def test_an_unknown_schedule_is_named(aurora: Aurora, command: str) -> None:
    """One line on standard error, and nothing happens; somebody else's is as unknown."""
    result = aurora("schedules", command, "other")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "schedule other; `aurora schedules list`" in result.stderr


@pytest.fixture
async def context(variables: dict[str, str]) -> AsyncIterator[Context]:
    """What the daily job works with."""
    async with operator_services(load_settings(variables)) as services:
        yield Context(services=services, delivery=Delivery(message_id="msg_1", attempt=1, correlation_id="daily"))


@pytest.fixture
def owner(supabase_gateway: SupabaseGateway) -> Iterator[psycopg.Connection]:
    """A connection to the database as the owner of its tables."""
    with psycopg.connect(supabase_gateway.dsn, autocommit=True) as connection:
        yield connection


async def test_the_daily_job_follows_the_zones_in_use(
    context: Context, owner: psycopg.Connection, broker: httpx.Client
) -> None:
    """A zone that appears gets its schedules, one that vanishes loses them, however the businesses came and went."""
    owner.execute("insert into app.organizations (name, timezone) values ('Far', 'Pacific/Auckland')")
    assert await sync.handler(SchedulesSync(), context) == "6 created, 0 updated, 0 deleted"
    assert "aurora.birthdays.Pacific.Auckland.0900" in there(broker)

    owner.execute("update app.organizations set timezone = 'Europe/Lisbon'")
    assert await sync.handler(SchedulesSync(), context) == "4 created, 0 updated, 4 deleted"
    assert await sync.handler(SchedulesSync(), context) == "0 created, 0 updated, 0 deleted"
    assert [each for each in there(broker) if "Auckland" in each] == []


async def test_a_full_plan_takes_a_move_and_leaves_the_rest_to_the_sweep(
    context: Context, owner: psycopg.Connection, broker: httpx.Client
) -> None:
    """Two zones are the ten schedules of the free plan: a time can still move; what is over it fails no daily job."""
    owner.execute("insert into app.organizations (name, timezone) values ('A', 'Asia/Kolkata'), ('B', 'Europe/Lisbon')")
    assert await sync.handler(SchedulesSync(), context) == "10 created, 0 updated, 0 deleted"

    owner.execute("update app.routines set local_time = '07:00' where kind = 'birthdays'")
    assert await sync.handler(SchedulesSync(), context) == "2 created, 0 updated, 2 deleted"

    owner.execute("insert into app.organizations (name, timezone) values ('C', 'Asia/Tokyo')")
    assert await sync.handler(SchedulesSync(), context) == "0 created, 0 updated, 0 deleted, 4 refused"
    assert len(there(broker)) == 10


def test_a_plan_that_is_too_small_keeps_the_sweep(
    aurora: Aurora, owner: psycopg.Connection, broker: httpx.Client
) -> None:
    """The command does what it can, and says what is missing, why, what it costs and how many there must be."""
    owner.execute("insert into app.organizations (name, timezone) values ('A', 'Asia/Kolkata'), ('B', 'Europe/Lisbon')")
    result = aurora("schedules", "sync")

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 10
    assert {"aurora.maintenance.sweep", "aurora.schedules.sync"} < there(broker).keys()
    assert result.stderr.startswith("aurora: the queue refuses 4 of the 14 schedules that there must be: aurora.")
    assert "quota maxSchedules exceeded" in result.stderr
    assert "until QStash takes them the sweep runs these routines" in result.stderr
    assert len(result.stderr.splitlines()) == 1
