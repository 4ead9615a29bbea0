"""The migrations runner on a real database: order, transactions, history, refusals, concurrent runners."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.local.supabase import prepare
from infra.migrations import AppliedMigration, Migration, MigrationError, apply_migrations, apply_seed, next_migration

FIRST = """
create schema app;
create table app.words (word text primary key);
create function app.semicolons(p_word text) returns text
language plpgsql
as $body$
begin
    -- a comment; with a semicolon and a 'quote
    perform 'a;b';
    return $$it's; fine$$ || p_word;
end;
$body$;
"""
SECOND = "insert into app.words values ('ação; --'), (app.semicolons('x'));\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two migrations."""
    write(tmp_path, "20260101000000_first.sql", FIRST)
    write(tmp_path, "20260102000000_second.sql", SECOND)
    return tmp_path


def write(folder: Path, name: str, sql: str) -> None:
    (folder / name).write_text(sql, encoding="utf-8")


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


MIGRATIONS = Path(__file__).parents[2] / "infra" / "supabase" / "migrations"
HISTORY = "select version, name, statements from supabase_migrations.schema_migrations order by version"


def test_migrations_are_applied_once_and_recorded(empty_database: str, folder: Path) -> None:
    """Both files run in order, bodies and quotes whole; the history has the Supabase CLI's columns."""
    applied = apply_migrations(empty_database, folder)
    assert applied == ["20260101000000_first.sql", "20260102000000_second.sql"]
    assert rows(empty_database, "select word from app.words order by word") == [("ação; --",), ("it's; finex",)]
    assert rows(empty_database, HISTORY) == [
        ("20260101000000", "first", [FIRST]),
        ("20260102000000", "second", [SECOND]),
    ]
    assert apply_migrations(empty_database, folder) == []


def test_only_what_is_new_is_applied(empty_database: str, folder: Path) -> None:
    """A later file runs on top of what is there."""
    apply_migrations(empty_database, folder)
    write(folder, "20260103000000_third.sql", "delete from app.words")
    assert apply_migrations(empty_database, folder) == ["20260103000000_third.sql"]
    assert rows(empty_database, "select count(*) from app.words") == [(0,)]


def test_a_failing_file_leaves_nothing(empty_database: str, folder: Path) -> None:
    """The error names file and line; the file's own changes are undone, the earlier files stay."""
    write(folder, "20260103000000_third.sql", "create table app.third ();\n\nselect absent from app.words;\n")
    with pytest.raises(MigrationError, match=r'^20260103000000_third.sql, line 3: column "absent" does not exist'):
        apply_migrations(empty_database, folder)
    assert rows(empty_database, "select to_regclass('app.third')") == [(None,)]
    assert len(rows(empty_database, HISTORY)) == 2
    write(folder, "20260103000000_third.sql", "create table app.third ()")
    assert apply_migrations(empty_database, folder) == ["20260103000000_third.sql"]


@pytest.mark.parametrize("ending", ["commit;", "rollback;", "commit; begin;"])
def test_a_file_must_not_end_its_transaction(empty_database: str, folder: Path, ending: str) -> None:
    """A file with its own COMMIT could be half applied, so it is refused and not recorded."""
    write(folder, "20260103000000_third.sql", f"select 1; {ending}")
    with pytest.raises(MigrationError, match=r"third.sql ends its transaction"):
        apply_migrations(empty_database, folder)
    assert len(rows(empty_database, HISTORY)) == 2


def test_settings_of_a_file_end_with_it(empty_database: str, folder: Path) -> None:
    """A search path or role that one file sets does not reach the next."""
    write(folder, "20260103000000_third.sql", "set search_path = app; set role pg_monitor;")
    write(folder, "20260104000000_fourth.sql", "create table public.owned (); create table public_or_app ();")
    apply_migrations(empty_database, folder)
    assert rows(empty_database, "select to_regclass('public.public_or_app')::text") == [("public_or_app",)]
    assert rows(empty_database, "select tableowner from pg_tables where tablename = 'owned'") == [("postgres",)]


def test_concurrent_runners_apply_each_file_once(empty_database: str, folder: Path) -> None:
    """Eight runners at once: every file is applied by exactly one of them and none fails."""
    for number in range(3, 9):
        write(folder, f"2026010{number}000000_more.sql", f"create table app.table_{number} ();")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: apply_migrations(empty_database, folder), range(8)))
    names = sorted(name for applied in results for name in applied)
    assert names == sorted(path.name for path in folder.iterdir())


def test_the_history_of_the_supabase_cli_is_understood(empty_database: str, folder: Path) -> None:
    """The CLI splits files and drops semicolons and blank space; that is not taken for a change."""
    split = [
        FIRST[: FIRST.index("create function")].strip().rstrip(";"),
        FIRST[FIRST.index("create function") :].strip("\n;"),
    ]
    with psycopg.connect(empty_database) as connection:
        connection.execute(FIRST.encode())
        connection.execute("create schema supabase_migrations")
        connection.execute(
            "create table supabase_migrations.schema_migrations"
            " (version text primary key, statements text[], name text, created_by text, idempotency_key text unique)"
        )
        connection.execute(
            "insert into supabase_migrations.schema_migrations (version, statements, name) values (%s, %s, %s)",
            ("20260101000000", split, "first"),
        )
    assert apply_migrations(empty_database, folder) == ["20260102000000_second.sql"]


def test_postgrest_is_told_to_reload(empty_database: str, folder: Path) -> None:
    """A running API learns of the new schema without a restart."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("listen pgrst")
        apply_migrations(empty_database, folder)
        notices = [notice.payload for notice in connection.notifies(timeout=10, stop_after=1)]
    assert set(notices) == {"reload schema"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: write(folder, "20260102000000_second.sql", "select 1"), "second.sql was changed after"),
        (lambda folder: (folder / "20260102000000_second.sql").unlink(), r"20260102000000 \(second\) is applied, but"),
        (lambda folder: write(folder, "20260101120000_late.sql", "select 1"), "20260101120000_late.sql is not applied"),
        (lambda folder: write(folder, "20260103_short.sql", "select 1"), "20260103_short.sql in .* is not a migration"),
        (lambda folder: write(folder, "notes.txt", ""), "notes.txt in .* is not a migration"),
        (lambda folder: write(folder, "20260102000000_twin.sql", ""), "second.sql and 20260102000000_twin.sql have"),
        (lambda folder: (folder / "20260103000000_x.sql").write_bytes(b"\xff"), "20260103000000_x.sql cannot be read"),
    ],
    ids=["changed", "missing", "late", "short", "stranger", "twin", "not text"],
)
def test_contradictions_are_refused(empty_database: str, folder: Path, spoil: object, message: str) -> None:
    """A folder that contradicts the history, or itself, changes nothing and the file is named."""
    apply_migrations(empty_database, folder)
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(MigrationError, match=message):
        apply_migrations(empty_database, folder)
    assert len(rows(empty_database, HISTORY)) == 2


def test_a_missing_folder_is_named(empty_database: str, tmp_path: Path) -> None:
    """A mistyped folder is not an empty one."""
    with pytest.raises(MigrationError, match="absent does not exist"):
        apply_migrations(empty_database, tmp_path / "absent")
    (tmp_path / ".gitkeep").touch()
    assert apply_migrations(empty_database, tmp_path) == []


def test_only_the_version_may_be_recorded() -> None:
    """Where another tool recorded no statements there is nothing to compare."""
    migration = Migration(version="20260101000000", name="first", sql="select 1")
    recorded = AppliedMigration(version="20260101000000", name=None, statements=None)
    assert next_migration([migration], [recorded]) is None
    assert next_migration([migration], []) == migration


def test_a_seed_runs_again_where_that_is_asked(empty_database: str, folder: Path) -> None:
    """Data that are placed around today are added to each day."""
    apply_migrations(empty_database, folder)
    seed = folder.parent / "seed.sql"
    seed.write_text("insert into app.words values ('w' || (select count(*) from app.words));")
    before = len(rows(empty_database, "select word from app.words"))
    assert [apply_seed(empty_database, seed, again=True) for _ in range(2)] == [True, True]
    assert len(rows(empty_database, "select word from app.words")) == before + 2


def test_seeds_run_once_per_content(empty_database: str, folder: Path) -> None:
    """The same file is not run again; a changed one is, and a failing one leaves nothing."""
    apply_migrations(empty_database, folder)
    seed = folder.parent / "seed.sql"
    seed.write_text("insert into app.words values ('a'); insert into app.words values ('b');")
    assert apply_seed(empty_database, seed) is True
    assert apply_seed(empty_database, seed) is False
    recorded = rows(empty_database, "select path from supabase_migrations.seed_files")
    assert recorded == [(f"{seed.parent.name}/seed.sql",)]
    seed.write_text("insert into app.words values ('c'); insert into app.words values ('c');")
    with pytest.raises(MigrationError, match=r"seed\.sql: duplicate key"):
        apply_seed(empty_database, seed)
    seed.write_text("insert into app.words values ('c');")
    assert apply_seed(empty_database, seed) is True
    assert rows(empty_database, "select count(*) from app.words where word in ('a', 'b', 'c')") == [(3,)]


def test_a_remote_server_without_tls_is_refused(empty_database: str, folder: Path) -> None:
    """A server that is not this machine is spoken to with TLS or not at all."""
    remote = empty_database.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(psycopg.OperationalError):
        apply_migrations(remote, folder)
    assert rows(empty_database, "select to_regclass('app.words')") == [(None,)]


def test_the_projects_migrations_are_applied(database: str) -> None:
    """Every file of the project is in the history of a fresh database."""
    files = sorted(MIGRATIONS.glob("*.sql"))
    recorded = rows(
        database, "select version || '_' || name || '.sql' from supabase_migrations.schema_migrations order by 1"
    )
    assert [name for (name,) in recorded] == [path.name for path in files]


def test_the_projects_migrations_need_no_superuser(empty_database: str) -> None:
    """A hosted project is migrated by a role that owns the database and may create roles, and nothing more."""
    prepare(empty_database)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("create role hosted login createrole bypassrls password 'hosted'")
        try:
            connection.execute("grant anon, authenticated, service_role to hosted with admin option")
            connection.execute(f"alter database {connection.info.dbname} owner to hosted")
            connection.execute("grant usage, create on schema extensions to hosted with grant option")
            hosted = make_conninfo(empty_database, user="hosted", password="hosted")
            applied = apply_migrations(hosted, MIGRATIONS)
            assert len(applied) == len(list(MIGRATIONS.glob("*.sql")))
        finally:
            connection.execute("reassign owned by hosted to postgres; drop owned by hosted")
            connection.execute("drop role hosted")
