"""Apply the SQL migrations of `infra/supabase/migrations` and keep the history where the Supabase CLI keeps it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import class_row

from infra.errors import InfraError

_FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>\w+)\.sql", re.ASCII)
_LOCK = 0x4155524F5241  # any number that no other user of the database takes: "AURORA"
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

# Tables and columns are those of the Supabase CLI (pkg/migration/history.go), so that `supabase db push` and
# `supabase migration list` agree with this runner about what is applied.
_CREATE_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
"""


class MigrationError(InfraError):
    """The migrations cannot be applied; the message names the file or version and what is wrong with it."""


@dataclass(frozen=True)
class Migration:
    """One file `<14 digits>_<name>.sql`."""

    version: str
    name: str
    sql: str

    @property
    def file_name(self) -> str:
        return f"{self.version}_{self.name}.sql"


@dataclass(frozen=True)
class AppliedMigration:
    """One row of the history; `statements` is None where another tool recorded the version only."""

    version: str
    name: str | None
    statements: list[str] | None


def apply_migrations(dsn: str, folder: Path) -> list[str]:
    """Apply the migrations of `folder` that the database lacks, in order, and return their file names.

    Each file runs in a transaction of its own together with its record in the history, under an advisory lock, so
    any number of runners may start at once. A file must not end its transaction. PostgREST is told to reload.

    Raises `MigrationError` when a file is misnamed, unreadable or fails, when an applied version is missing or has
    another content than the file, and when a file is older than the newest applied version. Everything applied before
    the failing file stays applied. A server that is not local is reached with TLS.
    """
    migrations = read_migrations(folder)
    applied = []
    with _connect(dsn) as connection:
        _create_history(connection)
        while (migration := _apply_next(connection, migrations)) is not None:
            applied.append(migration.file_name)
    return applied


def apply_seed(dsn: str, file: Path, *, again: bool = False) -> bool:
    """Run a file of example data in one transaction, unless exactly this content ran before; return whether it ran.

    With `again` it runs all the same: for data that are placed around today and safe to add to. Raises `MigrationError`
    when the file cannot be read or fails; nothing of it is kept then.
    """
    sql = _read(file)
    path = f"{file.parent.name}/{file.name}"  # as the CLI names it: relative to the folder above `supabase`
    content = hashlib.sha256(sql.encode()).hexdigest()
    with _connect(dsn) as connection:
        _create_history(connection)
        with connection.transaction():
            _lock(connection)
            known = "select 1 from supabase_migrations.seed_files where path = %s and hash = %s"
            if not again and connection.execute(known, (path, content)).fetchone():
                return False
            _execute(connection, file.name, sql)
            connection.execute(
                "insert into supabase_migrations.seed_files (path, hash) values (%s, %s)"
                " on conflict (path) do update set hash = excluded.hash",
                (path, content),
            )
    return True


def read_migrations(folder: Path) -> list[Migration]:
    """Return the migrations of a folder in the order of their versions.

    Raises `MigrationError` naming a file that is not a migration, a version that occurs twice, or a missing folder.
    """
    if not folder.is_dir():
        raise MigrationError(f"the migrations folder {folder} does not exist")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    migrations: dict[str, Migration] = {}
    for path in files:
        name = _FILE_NAME.fullmatch(path.name)
        if name is None:
            raise MigrationError(f"{path.name} in {folder} is not a migration: expected <14 digits>_<name>.sql")
        migration = Migration(version=name["version"], name=name["name"], sql=_read(path))
        if twin := migrations.get(migration.version):
            raise MigrationError(f"{twin.file_name} and {path.name} have the same version")
        migrations[migration.version] = migration
    return list(migrations.values())


def next_migration(migrations: Sequence[Migration], history: Iterable[AppliedMigration]) -> Migration | None:
    """Return the first migration that the history lacks, None when all are applied.

    Raises `MigrationError` when folder and history contradict each other.
    """
    files = {migration.version: migration for migration in migrations}
    applied = {row.version: row for row in history}
    for row in applied.values():
        _check_unchanged(row, files.get(row.version))
    newest = max(applied, default="")
    pending = [migration for migration in migrations if migration.version not in applied]
    if pending and pending[0].version < newest:
        raise MigrationError(
            f"{pending[0].file_name} is not applied, but the newer version {newest} is: give it a newer version"
        )
    return pending[0] if pending else None


def _check_unchanged(row: AppliedMigration, file: Migration | None) -> None:
    if file is None:
        raise MigrationError(f"version {row.version} ({row.name or 'unnamed'}) is applied, but its file is missing")
    if row.statements and _essence("".join(row.statements)) != _essence(file.sql):
        raise MigrationError(f"{file.file_name} was changed after it was applied: undo that and add a new migration")


def _essence(sql: str) -> str:
    """The text without what the Supabase CLI drops when it splits a file: white space and semicolons."""
    return re.sub(r"[\s;]+", "", sql)


def _apply_next(connection: psycopg.Connection, migrations: Sequence[Migration]) -> Migration | None:
    with connection.transaction():
        _lock(connection)
        with connection.cursor(row_factory=class_row(AppliedMigration)) as cursor:
            cursor.execute("select version, name, statements from supabase_migrations.schema_migrations")
            migration = next_migration(migrations, cursor.fetchall())
        if migration is None:
            return None
        _execute(connection, migration.file_name, migration.sql)
        connection.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) values (%s, %s, %s)",
            (migration.version, migration.name, [migration.sql]),
        )
        connection.execute("notify pgrst, 'reload schema'")
    return migration


def _execute(connection: psycopg.Connection, file_name: str, sql: str) -> None:
    """Run a whole file. Without parameters it goes to the server as one text, which the server itself splits."""
    begun = _transaction_id(connection)
    try:
        connection.execute(sql.encode())
        ended = _transaction_id(connection)
    except psycopg.Error as error:
        raise MigrationError(f"{file_name}{_line(error, sql)}: {str(error).strip()}") from error
    if ended != begun:
        raise MigrationError(f"{file_name} ends its transaction: remove COMMIT or ROLLBACK from it")
    connection.execute("reset role; reset all")  # what the file set must not reach the next one


def _transaction_id(connection: psycopg.Connection) -> object:
    row = connection.execute("select pg_current_xact_id()::text").fetchone()
    return row[0] if row else None


def _line(error: psycopg.Error, sql: str) -> str:
    position = error.diag.statement_position
    return f", line {sql.count(chr(10), 0, int(position)) + 1}" if position else ""


def _create_history(connection: psycopg.Connection) -> None:
    with connection.transaction():
        _lock(connection)
        connection.execute(_CREATE_HISTORY)


def _lock(connection: psycopg.Connection) -> None:
    """Wait until no other runner is in its transaction; a transaction's lock also holds through a pooler."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def _connect(dsn: str) -> psycopg.Connection:
    """Connect as poolers allow: no prepared statements; with TLS unless the server is local or the DSN decides."""
    parts = conninfo_to_dict(dsn)
    host = str(parts.get("host") or "localhost")
    remote = host not in _LOCAL_HOSTS and not host.startswith("/")
    secured = make_conninfo(dsn, sslmode="require") if remote and "sslmode" not in parts else dsn
    return psycopg.connect(secured, autocommit=True, prepare_threshold=None, connect_timeout=15)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MigrationError(f"{file} cannot be read: {error}") from error
