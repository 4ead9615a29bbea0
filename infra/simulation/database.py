"""The real PostgreSQL with the real functions, on the virtual clock, reached without a socket's uncertainties.

A call is what PostgREST makes of it: one transaction, as `service_role`, with its arguments taken from JSON by name.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import psycopg
from postgrest.exceptions import APIError
from psycopg import sql
from psycopg.rows import dict_row

from infra.simulation.clocks import DriftingClock, elapsed
from infra.simulation.wire import Errors, Wire
from shared.adapters.supabase import CALL_LIMIT, error_of
from shared.errors import DatabaseError

#: Identifiers repeat for the same seed, and sort in no order that means anything.
_PREPARE = """
create schema if not exists simulation;
create sequence if not exists simulation.numbers;
create or replace function simulation.next_id() returns uuid language sql volatile set search_path = '' as $$
    select md5(current_setting('simulation.seed') || nextval('simulation.numbers'))::uuid
$$;
create or replace function app.now() returns timestamptz language sql stable set search_path = '' as $$
    select current_setting('simulation.now')::timestamptz
$$;
do $$
declare
    v_column record;
begin
    for v_column in
        select table_schema, table_name, column_name from information_schema.columns
        where table_schema = 'app' and column_default = 'gen_random_uuid()'
    loop
        execute format(
            'alter table %I.%I alter column %I set default simulation.next_id()',
            v_column.table_schema, v_column.table_name, v_column.column_name
        );
    end loop;
end
$$;
"""

_ARGUMENTS = """
select function.proname as name, arguments.name as argument, format_type(arguments.type, null) as type
from pg_catalog.pg_proc as function
inner join pg_catalog.pg_namespace as schema on schema.oid = function.pronamespace and schema.nspname = 'api'
left join lateral unnest(function.proargnames, function.proargtypes::oid []) as arguments (name, type) on true
"""


class SimulatedDatabase:
    """A migrated database that one world after the other lives in."""

    def __init__(self, dsn: str) -> None:
        """`dsn` names a superuser of a migrated database, which is this simulation's from now on."""
        self._connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self._connection.execute(_PREPARE)
        self._tables = [
            row["table_name"]
            for row in self._rows(
                "select table_name from information_schema.tables"
                " where table_schema = 'app' and table_type = 'BASE TABLE'"
            )
        ]
        self._statements: dict[tuple[str, tuple[str, ...]], bytes] = {}
        self.learn()
        self._service = psycopg.connect(dsn, autocommit=True)
        self._service.execute("set role service_role")
        for connection in (self._connection, self._service):
            # A world's tables are small: what is planned anew for each value comes out the same.
            connection.execute("set plan_cache_mode = force_generic_plan")

    def learn(self) -> None:
        """Read which functions there are; after a change of them."""
        self._types: dict[str, dict[str, str]] = {}
        for row in self._rows(_ARGUMENTS):
            arguments = self._types.setdefault(row["name"], {})
            if row["argument"] is not None:
                arguments[row["argument"]] = row["type"]
        self._statements.clear()

    def begin(self, seed: int) -> None:
        """Empty every table for the world of `seed`."""
        self._empty()
        self._connection.execute("alter sequence simulation.numbers restart")
        for connection in (self._connection, self._service):
            connection.execute("select set_config('simulation.seed', %s, false)", (str(seed),))
            connection.execute("select set_config('simulation.now', '2000-01-01', false)")

    def _empty(self) -> None:
        """Delete all rows. To truncate the tables would take longer than some worlds, and cost all plans with it."""
        filled = sql.SQL(" union all ").join(
            sql.SQL("select {} as name where exists (select from {})").format(name, sql.Identifier("app", name))
            for name in self._tables
        )
        deletions = [
            sql.SQL("delete from {}").format(sql.Identifier("app", row["name"]))
            for row in self._connection.execute(filled).fetchall()
        ]
        # A replica follows no foreign keys, and guards nothing of what is written once for ever.
        begin, end = (sql.SQL("set session_replication_role = {}").format(role) for role in ("replica", "origin"))
        self._connection.execute(sql.SQL("; ").join((begin, *deletions, end)))

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        """Run a statement as the superuser."""
        self._connection.execute(statement.encode(), values or None)

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Return the rows of a query, as the superuser."""
        return self._rows(statement, values)

    def call(self, function: str, arguments: Mapping[str, object], *, now: str) -> Any:
        """Call `api.<function>` at `now` and return its result. Raises `psycopg.Error` and `KeyError`."""
        body = json.dumps(arguments, default=str)
        statement = self._statement(function, tuple(arguments))
        row = self._service.execute(statement, (now, body)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self._connection.close()
        self._service.close()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        return self._connection.execute(statement.encode(), values or None).fetchall()

    def _statement(self, function: str, names: tuple[str, ...]) -> bytes:
        key = (function, names)
        if key not in self._statements:
            types = self._types[function]
            given = sql.SQL(", ").join(
                sql.SQL("{} => given.{}").format(sql.Identifier(name), sql.Identifier(name)) for name in names
            )
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types[name])) for name in names
            )
            source = (
                sql.SQL(", jsonb_to_record(%s::jsonb) as given ({})").format(columns)
                if names
                else sql.SQL(", (select %s::jsonb) as given")
            )
            statement = sql.SQL(
                "with moment as materialized (select set_config('simulation.now', %s, true))"
                " select to_jsonb(api.{}({})) from moment{}"
            ).format(sql.Identifier(function), given, source)
            # Put together once: a year calls some functions ten thousand times.
            self._statements[key] = statement.as_bytes(self._connection)
        return self._statements[key]


def _refused() -> NoReturn:
    raise DatabaseError("Supabase cannot be reached")


def _lost() -> NoReturn:
    raise DatabaseError("Supabase's answer got lost")


def _timed_out() -> NoReturn:
    raise DatabaseError("Supabase did not answer in time")


_ERRORS = Errors(refused=_refused, lost=_lost, timed_out=_timed_out)


@dataclass(frozen=True)
class LoggedCall:
    """A call that the database answered."""

    function: str
    parameters: Mapping[str, Any]
    result: Any
    at: float  #: virtual seconds
    database_time: datetime  #: the same moment by the database's clock


class WiredDatabase:
    """The port `shared.ports.Database` over a wire."""

    def __init__(self, database: SimulatedDatabase, wire: Wire, clock: DriftingClock) -> None:
        self._database = database
        self._wire = wire
        self._clock = clock
        #: What was called, in order, for the promises.
        self.log: list[LoggedCall] = []

    async def call(self, function: str, **arguments: object) -> Any:
        """See `shared.ports.Database`."""
        parameters = {f"p_{name}": _plain(value) for name, value in arguments.items()}

        async def serve() -> Any:
            now = self._clock.now()
            try:
                result = self._database.call(function, parameters, now=now.isoformat())
            except KeyError:
                raise DatabaseError(f"{function}: Supabase failed (code PGRST202)") from None
            except psycopg.Error as error:
                message = error.diag.message_primary or ""
                raise error_of(function, APIError({"code": error.sqlstate, "message": message})) from error
            self.log.append(LoggedCall(function, parameters, result, elapsed(), now))
            return result

        return await self._wire.carry(
            function, serve, errors=_ERRORS, broken=_refused, limit=CALL_LIMIT.total_seconds()
        )

    async def check(self) -> None:
        """See `shared.ports.Dependency`."""
        await self.call("ping")


class CalmDatabase:
    """The port `shared.ports.Database` for who sets the world up: no process, no wire, no faults."""

    def __init__(self, database: SimulatedDatabase, clock: DriftingClock) -> None:
        self._database = database
        self._clock = clock

    async def call(self, function: str, **arguments: object) -> Any:
        """See `shared.ports.Database`; the errors are psycopg's."""
        parameters = {f"p_{name}": _plain(value) for name, value in arguments.items()}
        return self._database.call(function, parameters, now=self._clock.now().isoformat())

    async def check(self) -> None:
        """See `shared.ports.Dependency`."""
        await self.call("ping")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
