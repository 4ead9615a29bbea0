"""Fixtures for every test: the real PostgreSQL and Valkey, fresh data per test, a clean environment.

Each worker of a parallel run starts its own servers, once and only when a test asks for them.
"""

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from infra.local.postgres import PostgresServer
from infra.local.redis import create_app as create_redis_app
from infra.local.server import serving
from infra.local.supabase import GatewayConfig, prepare
from infra.local.supabase import create_app as create_supabase_app
from infra.local.valkey import ValkeyServer
from infra.migrations import apply_migrations, apply_seed

SUPABASE_FOLDER = Path(__file__).parent.parent / "infra" / "supabase"

# A developer's shell may point at real services; no test may see that. AURORA_PG_BIN only chooses the PostgreSQL.
_FOREIGN_VARIABLES: tuple[str, ...] = (
    *("AURORA_", "UPSTASH_", "QSTASH_", "SUPABASE_", "DATABASE_URL", "PG"),
    *("WHATSAPP_", "EVOLUTION_", "WAHA_", "META_", "OPENAI_", "AWS_"),
)
_KEPT_VARIABLES = frozenset({"AURORA_PG_BIN"})


@dataclass(frozen=True)
class SupabaseGateway:
    """A running gateway: what `supabase.create_client` needs, the database behind it and the signing secret."""

    url: str
    secret_key: str
    publishable_key: str
    jwt_secret: str
    dsn: str


@dataclass(frozen=True)
class RedisRest:
    """A running Redis REST API: what `upstash_redis` clients need."""

    url: str
    token: str


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Hide the variables of Aurora and of its services, and undo what a test sets."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN_VARIABLES) and name not in _KEPT_VARIABLES:
            del os.environ[name]
    yield
    for name in set(os.environ) - set(before):
        del os.environ[name]
    os.environ.update(before)


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A folder straight under the temporary one: pytest's own is closed to the user that PostgreSQL drops to."""
    folder = Path(tempfile.mkdtemp(prefix="aurora-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        # A server that a test killed may still be removing its own files.
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of this test, which a PostgreSQL started by root can reach; deleted after the test."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL of this worker. Most tests want `database`."""
    with _open_folder() as folder, PostgresServer(folder, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a database with every migration of the project; nobody stays connected to it, so it can be copied."""
    return _template(postgres_server, "migrated")


@pytest.fixture(scope="session")
def seeded_template(postgres_server: PostgresServer) -> str:
    """The name of a database with every migration and the example data."""
    name = _template(postgres_server, "seeded")
    if (seed := SUPABASE_FOLDER / "seed.sql").exists():
        apply_seed(postgres_server.dsn(name), seed)
    return name


@pytest.fixture
def database(postgres_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    """The DSN (superuser) of a fresh database with the project's schema and no data; dropped after the test."""
    with database_copy(postgres_server, migrated_template) as dsn:
        yield dsn


@pytest.fixture
def seeded_database(postgres_server: PostgresServer, seeded_template: str) -> Iterator[str]:
    """The DSN (superuser) of a fresh database with schema and example data; dropped after the test."""
    with database_copy(postgres_server, seeded_template) as dsn:
        yield dsn


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The DSN (superuser) of a fresh database without any schema of ours; dropped after the test."""
    with database_copy(postgres_server, "template0") as dsn:
        yield dsn


@pytest.fixture
def supabase_gateway(database: str) -> Iterator[SupabaseGateway]:
    """The local Supabase over `database`. It runs in a thread of its own, so blocking clients may call it too."""
    gateway = SupabaseGateway("", "sb_secret_test", "sb_publishable_test", secrets.token_hex(32), database)
    with serving_in_thread(create_supabase_app(gateway_config(gateway))) as url:
        yield replace(gateway, url=url)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A running Valkey of this worker, which keeps nothing on disk. Most tests want `redis_rest`."""
    with _open_folder() as folder, ValkeyServer(folder, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def running_redis_rest(valkey_server: ValkeyServer) -> Iterator[RedisRest]:
    """The REST API of this worker's Valkey, in a thread of its own, so blocking clients may call it too."""
    token = secrets.token_hex(8)
    with serving_in_thread(create_redis_app(valkey_server.address, token)) as url:
        yield RedisRest(url, token)


@pytest.fixture
def redis_rest(valkey_server: ValkeyServer, running_redis_rest: RedisRest) -> RedisRest:
    """The local Upstash Redis, emptied of keys and scripts."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(valkey_server.address.removeprefix("unix://"))
        connection.sendall(b"FLUSHALL\r\nSCRIPT FLUSH\r\nQUIT\r\n")
        while connection.recv(64):
            pass  # until the server has done all three and hangs up
    return running_redis_rest


@dataclass(frozen=True)
class MeteredRedis:
    """A running Redis REST API that writes down the path of each request."""

    url: str
    token: str
    requests: list[str]


@pytest.fixture
async def metered_redis(valkey_server: ValkeyServer, redis_rest: RedisRest) -> AsyncIterator[MeteredRedis]:
    """The local Upstash Redis, emptied, with the requests that it answers."""
    app, requests = create_redis_app(valkey_server.address, redis_rest.token), list[str]()

    async def metered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            requests.append(scope["path"])
        await app(scope, receive, send)

    async with serving(metered) as url:
        yield MeteredRedis(url, redis_rest.token, requests)


@pytest.fixture
def freeze_database_clock() -> Callable[[str, datetime], None]:
    """A function `(dsn, at)` that makes `app.now()` answer `at`, an aware datetime, in one database from now on."""
    return _freeze_database_clock


def gateway_config(
    gateway: SupabaseGateway, *, schemas: tuple[str, ...] = ("api",), connection_timeout_seconds: float = 10.0
) -> GatewayConfig:
    """The configuration of a gateway with these keys over this database."""
    return GatewayConfig(
        dsn=gateway.dsn,
        secret_key=gateway.secret_key,
        publishable_key=gateway.publishable_key,
        jwt_secret=gateway.jwt_secret,
        schemas=schemas,
        connection_timeout_seconds=connection_timeout_seconds,
    )


@contextmanager
def serving_in_thread(app: Starlette) -> Iterator[str]:
    """Serve an ASGI application from a thread with an event loop of its own and yield its base URL."""
    started: Future[str] = Future()
    stopping = threading.Event()

    async def serve() -> None:
        try:
            async with serving(app) as url:
                started.set_result(url)
                await asyncio.to_thread(stopping.wait)
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="serving")
    thread.start()
    try:
        yield started.result(timeout=30)
    finally:
        stopping.set()
        thread.join()


def _freeze_database_clock(dsn: str, at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"the database's clock needs an aware datetime, not {at.isoformat()}")
    body = sql.Literal(f"select '{at.isoformat()}'::timestamptz")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            sql.SQL("create or replace function app.now() returns timestamptz language sql stable as {}").format(body)
        )


def _template(server: PostgresServer, name: str) -> str:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    prepare(server.dsn(name))
    apply_migrations(server.dsn(name), SUPABASE_FOLDER / "migrations")
    return name


@contextmanager
def database_copy(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield server.dsn(name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
