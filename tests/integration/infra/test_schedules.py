"""`aurora schedules` and `aurora tenants routines`, over a real broker on the free plan and a real database."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from infra.local.qstash import DEV_TOKEN, BrokerConfig, create_app
from infra.operations.composition import operator_services
from shared.errors import QueueError
from shared.jobs.schedules_sync import SchedulesSync, sync
from shared.registry import Context, Delivery
from shared.settings import load_settings
from tests.conftest import SupabaseGateway, serving_in_thread

URL = "https://aurora.example"
ZONE = "America/Sao_Paulo"
OURS = [
    "aurora.birthdays.America.Sao_Paulo.0900",
    "aurora.daily_summary.America.Sao_Paulo.1800",
    "aurora.inactive_clients.America.Sao_Paulo.1000",
    "aurora.maintenance.sweep",
    "aurora.opportunities.America.Sao_Paulo.1500",
    "aurora.schedules.sync",
]
SUMMARY = OURS[1]

Aurora = Callable[..., Result]


@pytest.fixture
def broker() -> Iterator[httpx.Client]:
    """A broker that takes what the free plan takes."""
    free: Any = create_app(BrokerConfig(quota="free"))  # any ASGI application is served
    with (
        serving_in_thread(free) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {DEV_TOKEN}"}) as client,
    ):
        yield client


@pytest.fixture
def variables(broker: httpx.Client, supabase_gateway: SupabaseGateway) -> dict[str, str]:
    return {
        **stack_environment(),
        "PUBLIC_URL": URL,
        "QSTASH_URL": str(broker.base_url),
        "QSTASH_TOKEN": DEV_TOKEN,
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }


@pytest.fixture
def aurora(variables: dict[str, str]) -> Aurora:
    """Runs `aurora …` for a deployment with one business in São Paulo, and nothing scheduled yet."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env=variables)

    added = run("tenants", "add", "--name", "Patas", "--instance", "patas", "--owner", "1188887777", "--timezone", ZONE)
    assert (added.exit_code, added.stderr) == (0, "")
    return run


def there(broker: httpx.Client) -> dict[str, dict[str, Any]]:
    return {each["scheduleId"]: each for each in broker.get("/v2/schedules").json()}


def parsed(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def ids(changes: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {verb: [each["id"] for each in found] for verb, found in changes.items() if found}


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
    assert sorted(there(broker)) == [*OURS, "other"]

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
        "delete": [OURS[0], SUMMARY],
    }


def test_a_paused_schedule_stays_paused_until_it_is_resumed(aurora: Aurora, broker: httpx.Client) -> None:
    """A sync leaves it as it is, whatever differs; resumed, it is as it must be, and runs."""
    aurora("schedules", "sync")
    stale = {"Upstash-Schedule-Id": SUMMARY, "Upstash-Cron": "0 0 * * *"}
    broker.post("/v2/schedules/https://old.example", headers=stale).raise_for_status()
    assert aurora("schedules", "pause", SUMMARY).stdout == f"paused: {SUMMARY}\n"

    assert aurora("schedules", "sync").stdout == "nothing to do\n"
    assert (there(broker)[SUMMARY]["isPaused"], there(broker)[SUMMARY]["cron"]) == (True, "0 0 * * *")
    (paused,) = (line for line in aurora("schedules", "list").stdout.splitlines() if "paused" in line)
    assert paused.startswith(SUMMARY)

    assert aurora("schedules", "resume", SUMMARY).stdout == f"resumed: {SUMMARY}\n"
    kept = there(broker)[SUMMARY]
    assert (kept["isPaused"], kept["cron"]) == (False, f"CRON_TZ={ZONE} 0 18 * * *")


def test_list_tells_when_each_runs_next(aurora: Aurora) -> None:
    """In UTC: 18:00 in São Paulo is 21:00; nothing has run yet."""
    aurora("schedules", "sync")

    listed = {each["id"]: each for each in parsed(aurora("schedules", "list", "--json"))["schedules"]}
    assert list(listed) == OURS
    upcoming = datetime.fromisoformat(listed[SUMMARY]["next_run_at"])
    assert (upcoming > datetime.now(UTC), upcoming.hour, upcoming.minute) == (True, 21, 0)
    assert (listed[SUMMARY]["last_run_at"], listed[SUMMARY]["paused"]) == (None, False)
    assert SUMMARY in aurora("schedules", "list").stdout


def test_run_publishes_a_schedules_job_now(aurora: Aurora, broker: httpx.Client) -> None:
    """With the payload that the schedule would have published, and its id is told."""
    ran = aurora("schedules", "run", SUMMARY)

    (message_id,) = published(broker, "routine.fan_out")
    assert ran.stdout == f"published: {message_id}\n"
    message = broker.get(f"/v2/messages/{message_id}").json()
    assert json.loads(message["body"])["kind"] == "daily_summary"


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


async def test_a_full_plan_takes_a_move_and_refuses_one_more(
    context: Context, owner: psycopg.Connection, broker: httpx.Client
) -> None:
    """Two zones are the ten schedules of the free plan: a time can still move; the eleventh is an error by its name."""
    owner.execute("insert into app.organizations (name, timezone) values ('A', 'Asia/Kolkata'), ('B', 'Europe/Lisbon')")
    assert await sync.handler(SchedulesSync(), context) == "10 created, 0 updated, 0 deleted"

    owner.execute("update app.routines set local_time = '07:00' where kind = 'birthdays'")
    assert await sync.handler(SchedulesSync(), context) == "2 created, 0 updated, 2 deleted"

    owner.execute("insert into app.organizations (name, timezone) values ('C', 'Asia/Tokyo')")
    with pytest.raises(QueueError, match="maxSchedules"):
        await sync.handler(SchedulesSync(), context)
    assert len(there(broker)) == 10


def test_routines_are_shown_and_owners_say_what_they_want(aurora: Aurora) -> None:
    """Times, days, options with their defaults, and who is told of what."""
    routines = ("tenants", "routines")
    patas = ("--instance", "patas")
    shown = aurora(*routines, "show", *patas).stdout
    for words in ("daily_summary", "18:00", "Tue, Thu", "days=30", "send_to_clients=off", f"times of {ZONE}", "all"):
        assert words in shown

    changed = aurora(*routines, "set", "inactive_clients", "--option", "days=45", *patas).stdout
    assert "days=45" in changed
    assert "days=30" in aurora(*routines, "set", "inactive_clients", "--option", "days=default", *patas).stdout
    told = parsed(aurora(*routines, "owner", "(11) 98888-7777", "birthdays", "daily_summary", *patas, "--json"))
    assert [each["kinds"] for each in told["owners"]] == [["birthdays", "daily_summary"]]
    assert parsed(aurora(*routines, "owner", "1188887777", "none", *patas, "--json"))["owners"][0]["kinds"] == []
    assert parsed(aurora(*routines, "owner", "1188887777", "all", *patas, "--json"))["owners"][0]["kinds"] is None


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("set", "nap", "--on"), 2, "no routine 'nap'; there are daily_summary"),
        (("set", "birthdays"), 2, "say what to change"),
        (("set", "birthdays", "--at", "25:00"), 1, "local_time must be HH:MM"),
        (("set", "birthdays", "--option", "days=3"), 2, "birthdays has send_to_clients, not days"),
        (("set", "birthdays", "--option", "send_to_clients=perhaps"), 2, "send_to_clients must be on or off"),
        (("set", "inactive_clients", "--option", "days=6"), 2, "days must be a whole number from 7 to 730"),
        (("set", "opportunities", "--option", "x=1"), 2, "opportunities has no options, not x"),
        (("owner", "11977776666", "all"), 1, "no owner's"),
        (("owner", "98888-7777", "all"), 2, "the area code is missing"),
        (("owner", "11988887777", "nap"), 2, "no routine 'nap'"),
    ],
)
def test_what_cannot_be_is_one_line(aurora: Aurora, arguments: tuple[str, ...], status: int, problem: str) -> None:
    """Each refusal names what is wrong."""
    result = aurora("tenants", "routines", *arguments, "--instance", "patas")
    assert (result.exit_code, result.stdout) == (status, "")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_queue_out_of_reach_does_not_hinder_a_change(
    variables: dict[str, str], aurora: Aurora, broker: httpx.Client
) -> None:
    """The change stands; one line says how the schedules follow."""
    away = {**variables, "QSTASH_URL": "http://127.0.0.1:1"}
    moved = ["tenants", "routines", "set", "birthdays", "--at", "08:15", "--instance", "patas", "--json"]
    result = CliRunner().invoke(app, moved, env=away)
    assert {each["local_time"] for each in parsed(result)["routines"]} == {"08:15", "18:00", "10:00", "15:00"}
    assert "the schedules follow within a day, or with `aurora schedules sync`" in result.stderr
    assert "aurora.birthdays.America.Sao_Paulo.0815" in ids(parsed(aurora("schedules", "sync", "--json")))["create"]
