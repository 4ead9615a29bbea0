"""Measure the routines at scale: `python -m infra.bench.proactive [organizations]`.

A hundred thousand businesses in 40 zones, half of them in one, with a million contacts, are written into the local
PostgreSQL. Then every zone's daily summary falls due: the fan-out runs as it is deployed, through the real clients, the
local Supabase and the local QStash, which holds back what it is given. Each page is timed once more in the database
alone. The exit status says whether the figures keep their budgets.
"""

import asyncio
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import typer
from psycopg import sql
from psycopg.types.json import Jsonb

from infra.bench.crowd import CROWDED_ZONE, PER_ORGANIZATION, ZONES, populate
from infra.local import qstash, supabase
from infra.local.postgres import PostgresServer
from infra.local.scratch import scratch_folder
from infra.local.server import serving
from infra.migrations import apply_migrations
from shared.adapters.qstash import QStashQueue
from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.jobs import load_jobs
from shared.jobs.routine_fan_out import PAGE, fan_out
from shared.jobs.routine_fan_out import RoutineFanOut as FanOut
from shared.ports import Publication, Queue
from shared.registry import Delivery
from shared.routines.routine import CATCH_UP_WINDOW, ROUTINES
from shared.runner import Done, run_job
from shared.services import Services
from shared.settings import Settings

ORGANIZATIONS = 100_000
MIGRATIONS = Path(__file__).parent.parent / "supabase" / "migrations"
PAGE_BUDGET_MS = 20.0
SWEEP_BUDGET_MS = 20.0
RUN_BUDGET_SECONDS = 5.0
KIND = "daily_summary"
#: Every zone's 18:00 of this date has come, and no zone's window has passed for who starts at its own moment.
LOCAL_DATE = "2026-01-20"


@dataclass
class FarQueue:
    """The real queue, told to deliver nothing before tomorrow; what it was given is written down."""

    queue: Queue
    published: list[Publication] = field(default_factory=list)
    calls: int = 0

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        self.published.extend(publications)
        self.calls += 1
        return await self.queue.publish([replace(each, delay=timedelta(days=1)) for each in publications])

    async def check(self) -> None:
        await self.queue.check()


@dataclass
class CountingDatabase:
    """The real client; counts its calls."""

    database: SupabaseDatabase
    calls: int = 0

    async def call(self, function: str, **arguments: object) -> Any:
        self.calls += 1
        return await self.database.call(function, **arguments)

    async def check(self) -> None:
        await self.database.check()


@dataclass(frozen=True)
class FanOuts:
    """What the fan-outs of all zones came to."""

    runs: tuple[float, ...]  #: seconds of each run of the function
    published: int  #: messages, continuations included
    organizations: int  #: different ones
    batches: int
    database_calls: int


@dataclass(frozen=True)
class Pages:
    """What the pages of the crowded zone took in the database, in order, in milliseconds."""

    times: tuple[float, ...]

    @property
    def flatness(self) -> float:
        """How many times the median of the first quarter the last one's is."""
        quarter = max(1, len(self.times) // 4)
        return statistics.median(self.times[-quarter:]) / statistics.median(self.times[:quarter])


@asynccontextmanager
async def stack(folder: Path, dsn: str) -> AsyncIterator[tuple[Services, FarQueue, CountingDatabase]]:
    """Serve the database and the queue, and yield what the functions work with."""
    key = secrets.token_hex(16)
    gateway = supabase.create_app(
        supabase.GatewayConfig(dsn=dsn, secret_key=f"sb_secret_{key}", publishable_key="none")
    )
    broker = qstash.create_app(qstash.BrokerConfig(data=folder / "qstash"))
    async with serving(gateway) as supabase_url, serving(broker) as qstash_url:
        settings = Settings(
            public_url="http://localhost:1", webhook_secret=key, qstash_url=qstash_url,
            qstash_token=qstash.BrokerConfig().token, qstash_current_signing_key=key, qstash_next_signing_key=key,
            upstash_redis_rest_url="http://localhost:1", upstash_redis_rest_token=key, supabase_url=supabase_url,
            supabase_secret_key=f"sb_secret_{key}", evolution_url="http://localhost:1", evolution_api_key=key,
            openai_api_key=key, log_level="WARNING",
        )  # fmt: skip
        far = QStashQueue(qstash_url, settings.qstash_token, public_url=settings.public_url)
        client = SupabaseDatabase(supabase_url, settings.supabase_secret_key)
        queue, database = FarQueue(far), CountingDatabase(client)
        services = replace(bootstrap(settings), make_queue=lambda: queue, make_database=lambda: database)
        yield services, queue, database
        await far.aclose()
        await client.aclose()


def freeze(dsn: str, at: datetime) -> None:
    """Let the database's clock stand at a moment."""
    body = f"select '{at}'::timestamptz"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create or replace function app.now() returns timestamptz language sql stable as {}").format(
                sql.Literal(body)
            )
        )


def due_moments(dsn: str) -> list[tuple[str, datetime]]:
    """Return when each zone's 18:00 comes, soonest first."""
    query = "select zone, app.local_moment(%s, '18:00', zone) from unnest(%s::text[]) as zone order by 2, 1"
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, [LOCAL_DATE, list(ZONES)]).fetchall()


async def fan_out_all(services: Services, queue: FarQueue, database: CountingDatabase, dsn: str) -> FanOuts:
    """Let the schedule of every zone fire, and hand each continuation to the next run, as the queue would."""
    load_jobs()
    runs: list[float] = []
    for timezone, due_at in due_moments(dsn):
        freeze(dsn, due_at)
        due = FanOut.model_validate({"kind": KIND, "timezone": timezone, "local_time": "18:00"})
        waiting = [fan_out.publication(due)]
        while waiting:
            before = len(queue.published)
            started = time.perf_counter()
            delivery = Delivery(message_id=f"msg_{len(runs)}", attempt=1, correlation_id="bench")
            outcome = await run_job(fan_out.name, waiting.pop().body.encode(), delivery=delivery, services=services)
            runs.append(time.perf_counter() - started)
            if not isinstance(outcome, Done):
                raise RuntimeError(f"{timezone}: {outcome}")
            waiting = [each for each in queue.published[before:] if each.job == fan_out.name]
    organizations = {each.body for each in queue.published if each.job == "routine.run"}
    return FanOuts(tuple(runs), len(queue.published), len(organizations), queue.calls, database.calls)


def time_pages(dsn: str) -> Pages:
    """Go through the crowded zone's pages on another date over a bare connection."""
    times: list[float] = []
    date, cursor, done = "2026-01-21", None, False
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into app.proactive_fanouts (kind, timezone, local_time, local_date) values (%s, %s, '18:00', %s)",
            [KIND, CROWDED_ZONE, date],
        )
        while not done:
            started = time.perf_counter()
            row = connection.execute(
                "select api.fanout_page(%s, %s, '18:00', %s, %s, %s, %s)",
                [KIND, CROWDED_ZONE, date, cursor, PAGE, PAGE],
            ).fetchone()
            times.append((time.perf_counter() - started) * 1000)
            assert row is not None  # noqa: S101 - a function's call has a row
            cursor, done = row[0]["cursor"], row[0]["done"]
    return Pages(tuple(times[:-1]))


def time_sweep(dsn: str) -> list[float]:
    """Look for missed fan-outs as the sweep does, all zones and kinds being in use; milliseconds of each time."""
    policy = {
        "window_seconds": CATCH_UP_WINDOW.total_seconds(),
        "patience_seconds": 120,
        "weekdays": {routine.kind: routine.weekdays for routine in ROUTINES.values()},
    }
    times: list[float] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(21):
            started = time.perf_counter()
            connection.execute("select app.missing_fanouts(%s, 100)", [Jsonb(policy)])
            times.append((time.perf_counter() - started) * 1000)
    return times[1:]  # the first records what is too old


async def measure(organizations: int) -> bool:
    """Fill the database, run everything, print the figures; return whether they keep their budgets."""
    with scratch_folder() as folder, PostgresServer(folder / "postgres") as server:
        dsn = server.dsn()
        supabase.prepare(dsn)
        apply_migrations(dsn, MIGRATIONS)
        freeze(dsn, datetime(2026, 1, 1, tzinfo=UTC))
        started = time.perf_counter()
        populate(dsn, organizations)
        typer.echo(
            f"{organizations:,} organizations in {len(ZONES)} zones, {organizations * PER_ORGANIZATION:,} contacts,"
            f" written in {time.perf_counter() - started:.0f} s"
        )
        async with stack(folder, dsn) as (services, queue, database):
            fan_outs = await fan_out_all(services, queue, database, dsn)
        return report(fan_outs, time_pages(dsn), time_sweep(dsn), organizations)


def report(fan_outs: FanOuts, pages: Pages, sweeps: Sequence[float], organizations: int) -> bool:
    """Print the figures; return whether they keep their budgets."""
    times = sorted(pages.times)
    p50, p95, last = statistics.median(times), times[int(len(times) * 0.95)], pages.times[-1]
    sweep = statistics.median(sweeps)
    typer.echo(
        f"pages of {PAGE} in the database ({len(times)} of the zone with half of all), budget {PAGE_BUDGET_MS:.0f} ms"
    )
    typer.echo(f"  p50 {p50:.1f} ms   p95 {p95:.1f} ms   max {times[-1]:.1f} ms   last {last:.1f} ms")
    typer.echo(f"  the last quarter takes {pages.flatness:.2f} times as long as the first")
    typer.echo(
        f"functions: {len(fan_outs.runs)} runs, longest {max(fan_outs.runs):.2f} s (budget {RUN_BUDGET_SECONDS:.0f} s),"
        f" all {sum(fan_outs.runs):.0f} s"
    )
    typer.echo(
        f"  {fan_outs.database_calls} database calls, {fan_outs.database_calls / fan_outs.batches:.2f} for each page"
        " published, those that begin and end a fan-out included"
    )
    typer.echo(
        f"QStash messages: {fan_outs.published:,} in {fan_outs.batches} batches"
        f" for {fan_outs.organizations:,} organizations"
    )
    typer.echo(
        f"sweep: missed fan-outs of all kinds and zones looked for in {sweep:.1f} ms (budget {SWEEP_BUDGET_MS:.0f} ms)"
    )
    return (
        max(p95, last) < PAGE_BUDGET_MS
        and pages.flatness < 2
        and max(fan_outs.runs) < RUN_BUDGET_SECONDS
        and sweep < SWEEP_BUDGET_MS
        and fan_outs.organizations == organizations
    )


if __name__ == "__main__":
    kept = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ORGANIZATIONS))
    sys.exit(0 if kept else 1)
