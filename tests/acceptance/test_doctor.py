"""`aurora doctor` on a running stack: all is well, then each part is broken in turn."""

import asyncio
import json
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from infra.commands.doctor import document, line
from infra.doctor import Finding, examine
from infra.doctor.examination import MIGRATIONS
from infra.local import qstash
from infra.local.environment import SUPABASE_PUBLISHABLE_KEY
from infra.local.functions import create_app as functions_app
from infra.local.postgres import PostgresServer
from infra.local.scratch import scratch_folder
from infra.local.server import PortTakenError, serving
from infra.local.stack import Stack, StackConfig, running_stack
from shared.adapters.redis import RedisRest
from shared.bootstrap import bootstrap
from shared.settings import Settings, load_settings
from tests.acceptance.conftest import Commands

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSED = "http://127.0.0.1:1"
SECRETS = sorted(name.upper() for name in Settings.__dataclass_fields__ if not Settings.__dataclass_fields__[name].repr)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the stack keeps its state."""
    with scratch_folder() as folder:
        yield folder


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stack(folder: Path) -> AsyncIterator[Stack]:
    """The whole stack, on ports that are free."""
    async with AsyncExitStack() as running:
        yield await start(folder, running)


@pytest.fixture(scope="module")
def dsn(stack: Stack, folder: Path) -> str:
    """The stack's database, as its superuser."""
    port = int(stack.addresses["postgres"].rpartition(":")[2])
    return PostgresServer(folder / "postgres", port=port).dsn()


async def start(folder: Path, running: AsyncExitStack) -> Stack:
    while True:
        config = StackConfig(data=folder, base_port=20_000 + secrets.randbelow(10_000))
        try:
            return await running.enter_async_context(running_stack(config))
        except PortTakenError:
            continue


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def page() -> AsyncIterator[str]:
    """The address of some website: it answers everything with a page."""

    async def answer(request: Request) -> HTMLResponse:
        return HTMLResponse("<html><body>Welcome</body></html>")

    async with serving(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])) as url:
        yield url


async def findings_of(
    environment: dict[str, str], *, migrations: Path = MIGRATIONS, delivery_limit: timedelta = timedelta(seconds=20)
) -> dict[str, Finding]:
    examination = examine(environment, migrations=migrations, delivery_limit=delivery_limit)
    return {finding.name: finding async for finding in examination}


async def failures_of(environment: dict[str, str], **options: Path | timedelta) -> dict[str, Finding]:
    findings = await findings_of(environment, **options)  # type: ignore[arg-type]  # the two options, by name
    return {name: finding for name, finding in findings.items() if not finding.passed}


async def test_everything_passes_on_the_local_stack(stack: Stack, aurora: Commands) -> None:
    """Each check is a line with its number and time, the last line sums up, and the exit status is 0."""
    result = await asyncio.to_thread(aurora.run, "doctor", variables=stack.environment)
    *lines, last = result.stdout.splitlines()
    assert (result.returncode, last) == (0, f"RESULTS: {len(lines)} passed, 0 failed")
    for number, text in enumerate(lines, start=1):
        assert re.fullmatch(rf"✓ \[{number}\] [A-Za-z_. ]+ \(\d+ ms\)", text)
    names = [text.split("] ")[1].rpartition(" (")[0] for text in lines]
    assert names[:10] == [
        *("settings", "redis PING", "redis SET", "redis GET", "redis DEL", "redis script"),
        *("qstash token", "qstash signing keys", "functions refuse what is not signed", "qstash delivers a signed job"),
    ]
    assert {"supabase api.ping", "supabase api.claim_reply", "supabase api.list_tenants"} <= set(names[10:])
    assert names[-3:] == ["gateway evolution", "model account", "model answers"]


async def test_json_is_one_document(stack: Stack, aurora: Commands) -> None:
    """A program gets the same, and the exit status tells of a failure."""
    variables = {**stack.environment, "OPENAI_API_KEY": "wrong"}
    result = await asyncio.to_thread(aurora.run, "doctor", "--json", variables=variables)
    document = json.loads(result.stdout)
    assert (result.returncode, document["failed"]) == (1, 2)
    assert [check["name"] for check in document["checks"] if not check["passed"]] == ["model account", "model answers"]
    assert document["passed"] + document["failed"] == len(document["checks"])


@pytest.mark.parametrize("broken", [*SECRETS, "nothing"])
async def test_no_finding_shows_a_secret(stack: Stack, broken: str) -> None:
    """Neither the right ones nor one that is refused."""
    variables = {**stack.environment, broken: "sb_secret_do-not-show-this"}
    findings = (await findings_of(variables)).values()
    printed = "\n".join([*map(line, findings), str(document(list(findings)))])
    assert "settings" in printed
    for name in SECRETS:
        assert name not in variables or variables[name] not in printed


async def test_missing_settings_are_all_named(aurora: Commands) -> None:
    """Without settings nothing is tried, and nothing is passed over in silence."""
    result = await asyncio.to_thread(aurora.run, "doctor")
    first, *rest, last = result.stdout.splitlines()
    assert (result.returncode, last) == (1, f"RESULTS: 0 passed, {len(rest) + 1} failed")
    for variable in ("PUBLIC_URL", "QSTASH_TOKEN", "SUPABASE_SECRET_KEY", "OPENAI_API_KEY"):
        assert f"{variable} is missing" in first
    assert all("not tried, because" in text for text in rest)


@pytest.mark.parametrize(
    ("variable", "value", "check", "advice"),
    [
        ("UPSTASH_REDIS_REST_TOKEN", "wrong", "redis PING", "UPSTASH_REDIS_REST_TOKEN"),
        ("UPSTASH_REDIS_REST_URL", CLOSED, "redis PING", "UPSTASH_REDIS_REST_URL"),
        ("UPSTASH_REDIS_REST_URL", "page", "redis PING", "UPSTASH_REDIS_REST_URL"),
        ("QSTASH_TOKEN", "wrong", "qstash token", "QSTASH_TOKEN"),
        ("QSTASH_URL", CLOSED, "qstash token", "QSTASH_URL"),
        ("QSTASH_URL", "page", "qstash token", "QSTASH_URL"),
        ("QSTASH_CURRENT_SIGNING_KEY", "sig_wrong", "qstash signing keys", "QSTASH_CURRENT_SIGNING_KEY"),
        ("PUBLIC_URL", CLOSED, "functions refuse what is not signed", "PUBLIC_URL"),
        ("PUBLIC_URL", "page", "functions refuse what is not signed", "PUBLIC_URL"),
        ("SUPABASE_SECRET_KEY", "sb_secret_wrong", "supabase api.ping", "SUPABASE_SECRET_KEY"),
        ("SUPABASE_SECRET_KEY", SUPABASE_PUBLISHABLE_KEY, "supabase api.ping", "not the publishable one"),
        ("SUPABASE_URL", CLOSED, "supabase api.ping", "SUPABASE_URL"),
        ("SUPABASE_URL", "page", "supabase api.ping", "SUPABASE_URL"),
        ("EVOLUTION_API_KEY", "wrong", "gateway evolution", "EVOLUTION_API_KEY"),
        ("EVOLUTION_URL", CLOSED, "gateway evolution", "EVOLUTION_URL"),
        ("EVOLUTION_URL", "page", "gateway evolution", "EVOLUTION_URL"),
        ("OPENAI_API_KEY", "wrong", "model account", "OPENAI_API_KEY"),
        ("OPENAI_BASE_URL", CLOSED, "model account", "OPENAI_BASE_URL"),
        ("OPENAI_BASE_URL", "page", "model account", "OPENAI_BASE_URL"),
        ("QSTASH_TOKEN", "não", "settings", ".env.example"),
        ("PUBLIC_URL", "functions.example.test", "settings", ".env.example"),
        ("SUPABASE_URL", "http://127.0.0.1:99999", "settings", ".env.example"),
        ("QSTASH_URL", "http://x\x01y", "settings", ".env.example"),
        ("OPENAI_BASE_URL", "http://two words", "settings", ".env.example"),
        ("QUIET_WINDOW_SECONDS", "soon", "settings", ".env.example"),
    ],
)
async def test_a_broken_part_is_found(
    stack: Stack, page: str, variable: str, value: str, check: str, advice: str
) -> None:
    """The first failure names the part and the remedy; all others follow from it, and the other parts pass."""
    environment = {**stack.environment, variable: page if value == "page" else value}
    failures = await failures_of(environment)
    first, *rest = failures.values()
    assert first.name == check
    assert first.remedy is not None
    assert advice in first.remedy
    assert all(finding.problem and finding.problem.startswith("not tried, because") for finding in rest)
    assert {finding.remedy for finding in rest} <= {first.remedy}


def _delivery_failure(failures: dict[str, Finding], *, schedules: str) -> Finding:
    """Return the delivery's failure; the only other one is that schedules of the stack do not fit another address."""
    assert list(failures) == ["qstash delivers a signed job", "qstash schedules"]
    assert schedules in (failures["qstash schedules"].problem or "")
    assert "aurora schedules sync" in (failures["qstash schedules"].remedy or "")
    return failures["qstash delivers a signed job"]


async def test_functions_with_other_signing_keys_are_found(stack: Stack) -> None:
    """QStash's log tells of the 401, and the remedy is about the keys."""
    settings = load_settings(stack.environment)
    foreign = replace(settings, qstash_current_signing_key="sig_" + "x" * 28, qstash_next_signing_key="sig_" + "y" * 28)
    async with serving(functions_app(bootstrap(foreign))) as url:
        failures = await failures_of({**stack.environment, "PUBLIC_URL": url})
    failure = _delivery_failure(failures, schedules="out of date")
    assert failure.name == "qstash delivers a signed job"
    assert failure.problem is not None
    assert failure.problem.startswith("the delivery was answered 401: ")
    assert failure.remedy is not None
    assert "QSTASH_CURRENT_SIGNING_KEY" in failure.remedy


async def test_functions_that_know_themselves_by_another_address_are_found(stack: Stack) -> None:
    """A delivery signed for one address is refused by functions that believe to have another."""
    settings = replace(load_settings(stack.environment), public_url="https://old.example.test")
    async with serving(functions_app(bootstrap(settings))) as url:
        failures = await failures_of({**stack.environment, "PUBLIC_URL": url})
    failure = _delivery_failure(failures, schedules="out of date")
    assert failure.problem is not None
    assert "the signature is for another address than https://old.example.test/jobs/doctor.ping" in failure.problem
    assert failure.remedy is not None
    assert "PUBLIC_URL" in failure.remedy


async def test_functions_that_qstash_does_not_reach_are_found(stack: Stack) -> None:
    """What answers here may be closed to QStash; its log has the reason."""
    host = stack.environment["PUBLIC_URL"].removeprefix("http://")
    broker = qstash.create_app(qstash.BrokerConfig(rewrites={host: CLOSED}))
    async with serving(broker) as url:
        failures = await failures_of({**stack.environment, "QSTASH_URL": url})
    failure = _delivery_failure(failures, schedules="missing")
    assert failure.name == "qstash delivers a signed job"
    assert failure.problem is not None
    assert failure.problem.startswith("the delivery failed: ConnectError")
    assert failure.remedy is not None
    assert "at which QStash reaches the functions" in failure.remedy


async def test_a_delivery_that_does_not_end_is_given_up(stack: Stack) -> None:
    """The doctor does not wait for ever."""
    failures = await failures_of(dict(stack.environment), delivery_limit=timedelta(0))
    (failure,) = failures.values()
    assert failure.problem == "not delivered within 0 s, its last state is unknown"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """The project's migrations and one that the database does not have."""
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (folder / "20991231000000_planned.sql").write_text(
        "create function api.planned(p_organization_id uuid, p_options jsonb default '{}') returns jsonb"
    )
    return folder


async def test_a_missing_migration_is_found(stack: Stack, migrations: Path) -> None:
    """The function that is missing is named, and `aurora migrate` is the remedy."""
    failures = await failures_of(dict(stack.environment), migrations=migrations)
    (failure,) = failures.values()
    assert failure.name == "supabase api.planned"
    assert failure.problem is not None
    assert "PGRST202" in failure.problem
    assert failure.remedy is not None
    assert "aurora migrate" in failure.remedy


@contextmanager
def planned_function(dsn: str, statement: str, *, grantee: str) -> Iterator[None]:
    """Have the function of `migrations` in the database for a while, callable by `grantee` alone."""
    signature = "api.planned(p_organization_id uuid, p_options jsonb default '{}') returns jsonb"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"create function {signature} language sql security definer as $$ {statement} $$".encode())
        connection.execute("revoke all on function api.planned from public, service_role")
        connection.execute(f"grant execute on function api.planned to {grantee}".encode())
        connection.execute("notify pgrst, 'reload schema'")
        try:
            yield
        finally:
            connection.execute("drop function api.planned")
            connection.execute("notify pgrst, 'reload schema'")


async def test_a_function_that_is_not_granted_is_found(stack: Stack, dsn: str, migrations: Path) -> None:
    """It is there, but not for us."""
    with planned_function(dsn, "select p_options", grantee="authenticated"):
        failures = await failures_of(dict(stack.environment), migrations=migrations)
    (failure,) = failures.values()
    assert failure.name == "supabase api.planned"
    assert failure.problem is not None
    assert "42501" in failure.problem


async def test_a_function_that_always_writes_is_found_callable_and_writes_nothing(
    stack: Stack, dsn: str, migrations: Path
) -> None:
    """A job of the database that works on whatever it finds must not be set off by asking for it."""
    statement = "insert into app.organizations (name, timezone) values ('written', 'UTC') returning to_jsonb(name)"
    with planned_function(dsn, statement, grantee="service_role"):
        before = content_of(dsn)
        findings = await findings_of(dict(stack.environment), migrations=migrations)
        assert findings["supabase api.planned"].passed
        assert content_of(dsn) == before


async def test_nothing_is_written(stack: Stack, dsn: str) -> None:
    """Every table is afterwards what it was before, and Redis holds no key of the doctor's."""
    before = content_of(dsn)
    findings = await findings_of(dict(stack.environment))
    assert all(finding.passed for finding in findings.values())
    assert content_of(dsn) == before
    redis = RedisRest(stack.environment["UPSTASH_REDIS_REST_URL"], stack.environment["UPSTASH_REDIS_REST_TOKEN"])
    assert await redis.run("KEYS", "aurora:doctor:*") == []
    await redis.aclose()


def content_of(dsn: str) -> dict[str, str]:
    """Return a digest of every table of the schema `app`."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'app'").fetchall()
        return {table: digest_of(connection, table) for (table,) in tables}


def digest_of(connection: psycopg.Connection, table: str) -> str:
    query = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from app.{table} as t"  # noqa: S608 - a name of our own schema
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])
