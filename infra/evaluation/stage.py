"""Where scenarios are played: the real database, Redis and jobs, a virtual clock, and everybody's phones."""

import heapq
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.evaluation.measured_model import MeasuredModel
from infra.evaluation.phones import Phones
from infra.local.environment import REDIS_TOKEN, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, stack_environment
from infra.local.redis import create_app as redis_app
from infra.local.server import serving
from infra.local.supabase import GatewayConfig
from infra.local.supabase import create_app as supabase_app
from shared.adapters.openai import OpenAIModel, OpenAITranscriber
from shared.adapters.redis import RedisRest
from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.jobs import load_jobs
from shared.ports import Publication
from shared.registry import Delivery
from shared.runner import Done, Failed, RetryAfter, run_job
from shared.services import Services
from shared.settings import load_settings

#: What is published to run later than this is left alone: it belongs to another day of the story.
HORIZON = timedelta(minutes=10)
_ATTEMPTS = 5
_PREPARE = """
create schema if not exists evaluation;
create table if not exists evaluation.clock (at timestamptz not null);
grant usage on schema evaluation to public;
grant select on evaluation.clock to public;
create or replace function app.now() returns timestamptz language sql stable set search_path = '' as $$
    select at from evaluation.clock
$$;
create or replace function evaluation.name_of(p_contact_id uuid) returns text language sql stable as $$
    select name from app.contacts where id = p_contact_id
$$;
create or replace function evaluation.local(p_moment timestamptz) returns text language sql stable as $$
    select to_char(p_moment at time zone (select timezone from app.organizations limit 1), 'YYYY-MM-DD HH24:MI')
$$;
"""


@dataclass
class VirtualClock:
    """Moves only when told; the database's clock moves along."""

    moved: Callable[[datetime], None]
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)
        self.moved(self.moment)


@dataclass
class JobQueue:
    """Runs what is published, each job when its time comes, as QStash would with nothing going wrong."""

    clock: VirtualClock
    waiting: list[tuple[datetime, int, Publication, int]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """See `shared.ports.Queue`."""
        return tuple(self._take(each) for each in publications)

    async def check(self) -> None:
        """Always there."""

    async def drain(self, services: Services) -> None:
        """Run what is due, and what it publishes in turn, until nothing is left to do within the horizon."""
        until = self.clock.now() + HORIZON
        while self.waiting and self.waiting[0][0] <= until:
            due, number, publication, attempt = heapq.heappop(self.waiting)
            if due > self.clock.now():
                self.clock.set(due)
            delivery = Delivery(message_id=f"job-{number}", attempt=attempt, correlation_id=f"job-{number}")
            outcome = await run_job(publication.job, publication.body.encode(), delivery=delivery, services=services)
            match outcome:
                case RetryAfter(_, delay) if attempt < _ATTEMPTS:
                    heapq.heappush(self.waiting, (self.clock.now() + delay, number, publication, attempt + 1))
                case Done():
                    pass
                case RetryAfter(reason) | Failed(reason):
                    self.failures.append(f"{publication.job}: {reason}")

    def _take(self, publication: Publication) -> str:
        number = next(self._numbers)
        if publication.deduplication_id not in self.seen:
            due = self.clock.now() + publication.delay
            heapq.heappush(self.waiting, (due, number, publication, 1))
        if publication.deduplication_id is not None:
            self.seen.add(publication.deduplication_id)
        return f"job-{number}"


class Stage:
    """One database for one scenario after the other."""

    def __init__(self, dsn: str, model: MeasuredModel, compose: Callable[["Stage"], Services]) -> None:
        """`dsn` names a superuser of a migrated database, which is this stage's from now on."""
        self.connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self.connection.execute(_PREPARE)
        self.clock = VirtualClock(self._move_database_clock)
        self.phones = Phones(self.clock)
        self.queue = JobQueue(self.clock)
        self.model = model
        self.services = compose(self)
        self._tables = [
            row["table_name"]
            for row in self.connection.execute(
                "select table_name from information_schema.tables"
                " where table_schema = 'app' and table_type = 'BASE TABLE'"
            )
        ]

    def begin(self, at: datetime) -> None:
        """Empty the database and everybody's phone, and set the clock to `at`."""
        tables = sql.SQL(", ").join(sql.Identifier("app", name) for name in self._tables)
        self.connection.execute(sql.SQL("truncate {}").format(tables))
        self.queue.waiting.clear()
        self.queue.seen.clear()
        self.queue.failures.clear()
        self.phones.clear()
        self.model.calls.clear()
        self.clock.set(at)

    def rows(self, statement: str, values: Sequence[object] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        cursor = self.connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def _move_database_clock(self, moment: datetime) -> None:
        with self.connection.transaction():
            self.connection.execute("delete from evaluation.clock")
            self.connection.execute("insert into evaluation.clock values (%s)", (moment,))


@asynccontextmanager
async def stage_on(dsn: str, *, valkey: str, model_environment: dict[str, str]) -> AsyncIterator[Stage]:
    """Open a stage over the migrated database `dsn` and the Valkey at `valkey` while the block runs.

    `model_environment` are the variables of the model to be judged: `OPENAI_BASE_URL` and its kin.
    """
    load_jobs()
    gateway = supabase_app(
        GatewayConfig(dsn=dsn, secret_key=SUPABASE_SECRET_KEY, publishable_key=SUPABASE_PUBLISHABLE_KEY)
    )
    async with AsyncExitStack() as running:
        environment = {
            **stack_environment(),
            "SUPABASE_URL": await running.enter_async_context(serving(gateway)),
            "UPSTASH_REDIS_REST_URL": await running.enter_async_context(serving(redis_app(valkey, REDIS_TOKEN))),
            "MESSAGES_PER_MINUTE": "1000",  # the limiter's clock is the machine's, and scenarios are quick
            "LOG_LEVEL": "ERROR",
            **model_environment,
        }
        settings = load_settings(environment)
        database = SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)
        redis = RedisRest(settings.upstash_redis_rest_url, settings.upstash_redis_rest_token)
        model = OpenAIModel(settings.openai_base_url, settings.openai_api_key, model=settings.openai_model)
        transcriber = OpenAITranscriber(settings.openai_base_url, settings.openai_api_key, model="whisper-1")
        for adapter in (database, redis, model, transcriber):
            running.push_async_callback(adapter.aclose)
        measured = MeasuredModel(model)

        def compose(stage: Stage) -> Services:
            composed = bootstrap(
                settings,
                clock=stage.clock,
                model=measured,
                transcriber=transcriber,
                gateways={"evolution": stage.phones},
                redis=redis,
            )
            return replace(composed, make_queue=lambda: stage.queue, make_database=lambda: database)

        stage = Stage(dsn, measured, compose)
        running.callback(stage.connection.close)
        yield stage
