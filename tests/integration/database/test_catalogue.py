"""What every function and table must be, read from PostgreSQL's own catalogue: no migration can forget these rules."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import PostgresServer
from infra.local.supabase import prepare
from infra.migrations import apply_migrations, apply_seed
from tests.integration.conftest import Api

MIGRATIONS = Path(__file__).parents[3] / "infra" / "supabase" / "migrations"
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")

#: Each query lists offenders; an empty answer is the rule kept.
RULES = {
    "every function of the API runs as its owner": """
        select proname from pg_proc where pronamespace = 'api'::regnamespace and not prosecdef
    """,
    "no other function does": """
        select proname from pg_proc where pronamespace = 'app'::regnamespace and prosecdef
    """,
    "every function has an empty search path": """
        select proname from pg_proc
        where pronamespace in ('api'::regnamespace, 'app'::regnamespace)
            and not coalesce(proconfig @> array['search_path=""'], false)
    """,
    "the functions of the API are the service role's alone": """
        select proname, grantee::regrole from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        where pronamespace = 'api'::regnamespace
            and grantee not in (proowner, (select oid from pg_roles where rolname = 'service_role'))
    """,
    "every function of the API is granted to the service role": """
        select proname from pg_proc
        where pronamespace = 'api'::regnamespace and not has_function_privilege('service_role', oid, 'execute')
    """,
    "no function of the API has a twin of the same name": """
        select proname from pg_proc where pronamespace = 'api'::regnamespace group by proname having count(*) > 1
    """,
    "every argument has the prefix that the client adds": """
        select proname, argument from pg_proc, unnest(proargnames) as argument
        where pronamespace = 'api'::regnamespace and not starts_with(argument, 'p_')
    """,
    "the schema of the tables is closed to everybody": """
        select rolname from pg_roles
        where rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
            and (has_schema_privilege(oid, 'app', 'usage') or has_schema_privilege(oid, 'app', 'create'))
    """,
    "no table is granted to anybody": """
        select relname, grantee::regrole from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner)))
        where relnamespace = 'app'::regnamespace and relkind in ('r', 'v', 'm', 'p') and grantee <> relowner
    """,
    "the API holds functions only": """
        select relname from pg_class where relnamespace = 'api'::regnamespace
    """,
    "row level security is on for every table": """
        select relname from pg_class
        where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
    """,
    "every table but those of organizations and of what they share belongs to one organization": """
        select relname from pg_class
        where relnamespace = 'app'::regnamespace and relkind = 'r'
            -- Fan-outs and pauses are everybody's who shares an hour of a zone.
            and relname not in ('organizations', 'proactive_fanouts', 'paused_schedules')
            and not exists (
                select 1 from pg_attribute where attrelid = pg_class.oid and attname = 'organization_id'
            )
    """,
    "an organization's rows cannot point at another's": """
        select conrelid::regclass, conname from pg_constraint
        where contype = 'f' and connamespace = 'app'::regnamespace
            and confrelid <> 'app.organizations'::regclass
            -- A message's own table, and the record of costs, name a message that the same call has just written.
            and confrelid <> 'app.messages'::regclass
            and not exists (
                select 1 from pg_attribute
                where attrelid = conrelid and attnum = any (conkey) and attname = 'organization_id'
            )
    """,
    "whatever lists an organization's rows finds them by an index": """
        select relname from pg_class
        where relnamespace = 'app'::regnamespace and relkind = 'r'
            and relname not in ('organizations', 'proactive_fanouts', 'paused_schedules') -- that have none above them
            and relname not in ('messages', 'conversations') -- found by their instance and conversation
            and not exists (
                select 1 from pg_index
                inner join pg_attribute on attrelid = indrelid and attnum = indkey[0]
                where indrelid = pg_class.oid and attname = 'organization_id'
            )
    """,
    "every table has a primary key": """
        select relname from pg_class
        where relnamespace = 'app'::regnamespace and relkind = 'r' and not exists (
            select 1 from pg_constraint where conrelid = pg_class.oid and contype = 'p'
        )
    """,
    "every moment is stored with its zone": """
        select attrelid::regclass, attname from pg_attribute
        inner join pg_class on pg_class.oid = attrelid
        where relnamespace = 'app'::regnamespace and relkind = 'r' and atttypid = 'timestamp'::regtype
    """,
    "only app.now() asks for the time": """
        select proname from pg_proc
        where pronamespace in ('api'::regnamespace, 'app'::regnamespace) and proname not in ('now')
            and regexp_replace(prosrc, 'app\\.now\\(\\)', '', 'g')
                ~* '(\\mnow\\(|current_timestamp|current_date|clock_timestamp|localtimestamp|statement_timestamp)'
    """,
}


@pytest.fixture
def catalogue(database: str) -> Iterator[Api]:
    """The schema exactly as the migrations made it, its clock included."""
    with closing(Api(database)) as api:
        yield api


@pytest.mark.parametrize("rule", RULES)
def test_the_catalogue_keeps_the_rule(catalogue: Api, rule: str) -> None:
    """One rule for every function or table, those of later migrations included."""
    assert catalogue.rows(RULES[rule]) == []


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_nobody_without_the_secret_key_can_call_anything(catalogue: Api, role: str) -> None:
    """The publishable key and the users' tokens reach no function."""
    catalogue.rows(f"set role {role}")
    for statement in ("select api.ping()", "select * from app.messages"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            catalogue.rows(statement)
    catalogue.rows("reset role")


def test_the_secret_key_reaches_no_table(catalogue: Api) -> None:
    """The service role may call; it may not look."""
    catalogue.rows("set role service_role")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        catalogue.rows("select * from app.messages")
    catalogue.rows("reset role")


def test_every_migration_applies_in_order_and_once(empty_database: str) -> None:
    """From nothing to the newest version, and nothing to do the second time."""
    prepare(empty_database)
    assert apply_migrations(empty_database, MIGRATIONS) == sorted(path.name for path in MIGRATIONS.glob("*.sql"))
    assert apply_migrations(empty_database, MIGRATIONS) == []


@pytest.mark.skipif(not POSTGRES_15.is_dir(), reason="needs the oldest PostgreSQL that Aurora runs on, from Debian")
def test_every_migration_and_the_example_data_apply_to_the_oldest_postgresql() -> None:
    """What hosted projects still run: nothing newer than PostgreSQL 15 is used."""
    with (
        tempfile.TemporaryDirectory(prefix="aurora-test-") as folder,
        PostgresServer(Path(folder) / "server", durable=False, bin_folder=POSTGRES_15) as server,
    ):
        prepare(server.dsn())
        assert apply_migrations(server.dsn(), MIGRATIONS)
        assert apply_seed(server.dsn(), MIGRATIONS.parent / "seed.sql")
        with psycopg.connect(server.dsn()) as connection:
            row = connection.execute("select api.agenda(id), version() from app.organizations").fetchone()
    assert row is not None
    assert len(row[0]["appointments"]) == 4
    assert row[1].startswith("PostgreSQL 15")
