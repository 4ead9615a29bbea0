"""Run one request as one transaction, as PostgREST does: mode, settings, statement, verdict, commit."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from infra.local.supabase.catalog import Catalog, read_catalog
from infra.local.supabase.config import LOGIN_ROLE, GatewayConfig
from infra.local.supabase.errors import from_database
from infra.local.supabase.keys import Caller
from infra.local.supabase.statements import Plan

_ISOLATION = "default_transaction_isolation"
_DEBOUNCE_SECONDS = 0.1
_RECONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class RequestContext:
    """What a function can read of its request through `current_setting('request.…')`."""

    schema: str
    method: str
    path: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    caller: Caller


@dataclass(frozen=True)
class Answer:
    """The one row of the statement: body, rows in it, total if counted, what the function set for the response."""

    body: str
    rows: int
    total: int | None
    headers: str | None
    status: str | None


class Database:
    """The gateway's connections and its schema cache."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self.catalog = Catalog()
        self._pool = AsyncConnectionPool(
            config.dsn,
            kwargs={"autocommit": True, "prepare_threshold": None},
            min_size=1,
            max_size=config.max_connections,
            max_idle=60.0,
            timeout=config.connection_timeout_seconds,
            configure=self._become_login_role,
            check=AsyncConnectionPool.check_connection,  # after a restart of the server the idle ones are dead
            open=False,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections and follow `NOTIFY pgrst` while the block runs.

        Raises `psycopg.Error` when the database cannot be reached or is not prepared.
        """
        listener = await self._listen()
        watcher = asyncio.create_task(self._watch(listener))
        try:
            async with self._pool:
                yield
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    async def ready(self) -> None:
        """Raise `psycopg.Error` when the database does not answer."""
        async with self._pool.connection() as connection:
            await connection.execute("select 1")

    async def run(self, context: RequestContext, plan: Plan, verdict: Callable[[Answer], None]) -> Answer:
        """Run a plan as the caller and commit, unless `verdict` raises.

        Raises `GatewayError` for what the database refuses.
        """
        settings = {**self.catalog.role_settings.get(context.caller.role, {}), **plan.settings}
        opening: list[sql.Composable] = [sql.SQL("begin read only" if plan.read_only else "begin read write")]
        if _ISOLATION in settings:
            opening.append(sql.SQL("set transaction isolation level ") + sql.SQL(settings[_ISOLATION]))
        opening.append(self._settings(context, plan.settings))
        try:
            async with self._pool.connection() as connection:
                # One message for all: without parameters PostgreSQL takes several statements at once.
                cursor = connection.cursor(row_factory=class_row(Answer))
                await cursor.execute(sql.SQL("; ").join([*opening, plan.statement()]))
                while cursor.nextset():
                    pass
                answer = await cursor.fetchone()
                assert answer is not None  # noqa: S101 - an aggregate always gives its row
                verdict(answer)
                await connection.execute("commit")
        except psycopg.Error as error:
            raise from_database(error, context.caller.role) from error
        return answer

    def _settings(self, context: RequestContext, function_settings: Mapping[str, str]) -> sql.Composable:
        """The transaction's settings in PostgREST's order: the role's come before the role, the function's last."""
        role = context.caller.role
        search_path = sql.SQL(", ").join(map(sql.Identifier, (context.schema, *self._config.extra_search_path)))
        pairs: Sequence[tuple[str, str]] = [
            ("search_path", search_path.as_string()),
            *self.catalog.role_settings.get(role, {}).items(),
            ("role", role),
            ("request.jwt.claims", json.dumps({**context.caller.claims, "role": role})),
            ("request.method", context.method),
            ("request.path", context.path),
            ("request.headers", json.dumps(dict(context.headers))),
            ("request.cookies", json.dumps(dict(context.cookies))),
            *function_settings.items(),
        ]
        calls = [
            sql.SQL("set_config({}, {}, true)").format(sql.Literal(name), sql.Literal(value)) for name, value in pairs
        ]
        return sql.SQL("select ") + sql.SQL(", ").join(calls)

    async def _become_login_role(self, connection: psycopg.AsyncConnection) -> None:
        """Give up the superuser's rights and take the settings that a login as authenticator would bring."""
        calls = [
            sql.SQL("set_config({}, {}, false)").format(sql.Literal(name), sql.Literal(value))
            for name, value in self.catalog.role_settings.get(LOGIN_ROLE, {}).items()
        ]
        if calls:
            await connection.execute(sql.SQL("select ") + sql.SQL(", ").join(calls))
        await connection.execute(sql.SQL("set session authorization {}").format(sql.Identifier(LOGIN_ROLE)))

    async def _listen(self) -> psycopg.AsyncConnection:
        """Open the connection that hears of changes, then read the catalog, so that no change falls between.

        Fails at once when the database is not prepared, instead of at the first request.
        """
        connection = await psycopg.AsyncConnection.connect(self._config.dsn, autocommit=True, prepare_threshold=None)
        try:
            await connection.execute(f"set session authorization {LOGIN_ROLE}; reset session authorization")
            await connection.execute("listen pgrst; set search_path = ''")
            self.catalog = await read_catalog(connection, self._config.schemas)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _watch(self, listener: psycopg.AsyncConnection) -> None:
        while True:
            try:
                async with listener:
                    await self._reload_on_notice(listener)
            except psycopg.Error:
                await asyncio.sleep(_RECONNECT_SECONDS)
            with suppress(psycopg.Error):
                listener = await self._listen()

    async def _reload_on_notice(self, listener: psycopg.AsyncConnection) -> None:
        while True:
            async for _ in listener.notifies(stop_after=1):
                pass
            async for _ in listener.notifies(timeout=_DEBOUNCE_SECONDS):
                pass  # a migration sends several: wait until they cease
            self.catalog = await read_catalog(listener, self._config.schemas)
