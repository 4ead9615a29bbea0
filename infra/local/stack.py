"""The embedded stack: everything Aurora needs, in one process on this machine, with PostgreSQL and Valkey as children.

Each part that an environment variable already points elsewhere is left out: set `OPENAI_BASE_URL` and `OPENAI_API_KEY`,
and the stack talks to that model instead of the stand-in.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from infra.local import llm, qstash, redis, supabase, whatsapp
from infra.local.environment import (
    BASE_PORT,
    EVOLUTION_API_KEY,
    HOST,
    OPENAI_API_KEY,
    REDIS_TOKEN,
    SUPABASE_PUBLISHABLE_KEY,
    SUPABASE_SECRET_KEY,
    Ports,
    address,
    stack_environment,
)
from infra.local.functions import create_app as functions_app
from infra.local.postgres import PostgresServer
from infra.local.server import bind, serving
from infra.local.valkey import ValkeyServer
from infra.migrations import apply_migrations, apply_seed
from infra.schedules import sync_schedules
from shared.adapters.qstash_schedules import QStashSchedules
from shared.bootstrap import bootstrap
from shared.ports import Database
from shared.settings import Settings, load_settings

SUPABASE_FOLDER = Path(__file__).parents[1] / "supabase"
DATABASE = "postgres"

#: The variable that says where each part is.
_URL_OF = {
    "qstash": "QSTASH_URL",
    "redis": "UPSTASH_REDIS_REST_URL",
    "supabase": "SUPABASE_URL",
    "whatsapp": "EVOLUTION_URL",
    "llm": "OPENAI_BASE_URL",
}


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Where the stack lives. `overrides` are variables that win over the stack's own."""

    data: Path
    base_port: int = BASE_PORT
    overrides: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running stack: its variables, and where a person or a program finds each part."""

    environment: Mapping[str, str]
    addresses: Mapping[str, str]


@asynccontextmanager
async def running_stack(config: StackConfig) -> AsyncIterator[Stack]:
    """Run the stack while the block runs; its state in `config.data` outlives it.

    Raises `PortTakenError`, `FolderInUseError`, `ServerStartError` or `MigrationError`, each naming what is in the way.
    """
    ports = Ports(config.base_port)
    environment = {**stack_environment(config.base_port), **(config.overrides or {})}
    for port in ports.all:
        bind(port).close()  # said now, before a server half starts
    async with AsyncExitStack() as running:
        # Starting the two blocks the loop, on which nothing else runs yet.
        valkey = running.enter_context(ValkeyServer(config.data / "valkey"))
        database = running.enter_context(start_database(config.data / "postgres", port=ports.postgres))
        for name, app in _parts(config, database, valkey.address).items():
            if _URL_OF[name] not in (config.overrides or {}):
                await running.enter_async_context(serving(app, port=getattr(ports, name)))
        settings = load_settings(environment)
        services = bootstrap(settings)
        await running.enter_async_context(serving(functions_app(services), port=ports.functions))
        if settings.has_queue:
            await _schedule(settings, services.database)
        yield Stack(environment=environment, addresses=_addresses(ports))


async def _schedule(settings: Settings, database: Database) -> None:
    schedules = QStashSchedules(settings.qstash_url, settings.qstash_token, deployment=settings.deployment)
    await sync_schedules(schedules, database, deployment=settings.deployment)
    await schedules.aclose()


@contextmanager
def start_database(folder: Path, *, port: int = 0) -> Iterator[str]:
    """Run a PostgreSQL server, migrated and seeded, while the block runs; yield its DSN."""
    with PostgresServer(folder, port=port) as postgres:
        dsn = postgres.dsn(DATABASE)
        migrate_local(dsn)
        apply_seed(dsn, SUPABASE_FOLDER / "seed.sql", again=True)  # each day has its own appointments
        yield dsn


def migrate_local(dsn: str) -> list[str]:
    """Give a plain PostgreSQL database what Supabase brings, then the migrations; return those that were applied."""
    supabase.prepare(dsn)
    return apply_migrations(dsn, SUPABASE_FOLDER / "migrations")


def _parts(config: StackConfig, database: str, cache: str) -> dict[str, ASGIApp]:
    return {
        "qstash": qstash.create_app(qstash.BrokerConfig(data=config.data / "qstash")),
        "redis": redis.create_app(cache, REDIS_TOKEN),
        "supabase": supabase.create_app(
            supabase.GatewayConfig(
                dsn=database, secret_key=SUPABASE_SECRET_KEY, publishable_key=SUPABASE_PUBLISHABLE_KEY
            )
        ),
        "whatsapp": whatsapp.create_app(
            whatsapp.GatewayConfig(api_key=EVOLUTION_API_KEY, data=config.data / "whatsapp")
        ),
        "llm": llm.create_app(llm.ModelConfig(api_key=OPENAI_API_KEY)),
    }


def _addresses(ports: Ports) -> dict[str, str]:
    return {
        "chat page": address(ports.whatsapp),
        "functions": address(ports.functions),
        "qstash": address(ports.qstash),
        "redis": address(ports.redis),
        "supabase": address(ports.supabase),
        "model": address(ports.llm),
        "postgres": f"{HOST}:{ports.postgres}",
    }
