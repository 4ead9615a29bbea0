"""`aurora migrate` brings a database up to date, says what it did, and is safe to repeat."""

import psycopg
import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.doctor.examination import MIGRATIONS
from infra.local.supabase import prepare


def migrate(*arguments: str, database: str | None = None) -> Result:
    return CliRunner().invoke(app, ["migrate", *arguments], env={"DATABASE_URL": database} if database else {})


@pytest.fixture
def project(empty_database: str) -> str:
    """A database as a new Supabase project has it."""
    prepare(empty_database)
    return empty_database


def test_a_new_database_gets_every_migration(project: str) -> None:
    """Each file is named as it was applied; afterwards the schema is there."""
    result = migrate(database=project)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"applied {file.name}" for file in sorted(MIGRATIONS.iterdir())]
    with psycopg.connect(project) as connection:
        assert connection.execute("select api.ping() ? 'now'").fetchone() == (True,)


def test_a_second_run_has_nothing_to_do(project: str) -> None:
    """Whoever is not sure runs it again."""
    migrate("--database-url", project)
    result = migrate("--database-url", project)
    assert (result.exit_code, result.stdout) == (0, "nothing to do\n")


def test_the_example_business_is_added_once(project: str) -> None:
    """`--seed` adds it after the migrations; the next run leaves it alone."""
    assert migrate("--seed", database=project).stdout.splitlines()[-1] == "added seed.sql"
    assert migrate("--seed", database=project).stdout == "nothing to do\n"
    with psycopg.connect(project) as connection:
        assert connection.execute("select count(*) from app.organizations").fetchone() == (1,)


def test_a_changed_history_is_refused(project: str) -> None:
    """What was applied and is not in the folder stops the command with the version's name."""
    migrate(database=project)
    with psycopg.connect(project) as connection:
        connection.execute(
            "insert into supabase_migrations.schema_migrations (version, name) values ('20991231000000', 'elsewhere')"
        )
    result = migrate(database=project)
    assert result.exit_code == 1
    assert result.stderr == "aurora: version 20991231000000 (elsewhere) is applied, but its file is missing\n"


def test_a_migration_that_fails_is_named(project: str) -> None:
    """Which file, which line, and PostgreSQL's reason."""
    with psycopg.connect(project) as connection:
        connection.execute("create schema app; create table app.organizations ()")
    result = migrate(database=project)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("aurora: 20261124120100_tenants.sql")
    assert 'relation "organizations" already exists' in result.stderr


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://someone:hidden@127.0.0.1:1/none", "connection failed"),
        ("postgres//someone:hidden@nowhere/none", "the database's address is not of the form"),
    ],
)
def test_a_database_that_is_not_there_is_told_in_one_line(address: str, told: str) -> None:
    """Never with the password."""
    result = migrate(database=address)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"aurora: {told}")
    assert len(result.stderr.splitlines()) == 1
    assert "hidden" not in result.output


def test_a_missing_address_is_asked_for() -> None:
    """The option and the variable are both named."""
    result = migrate()
    assert result.exit_code == 2
    assert "--database-url" in result.stderr
    assert "DATABASE_URL" in result.stderr
