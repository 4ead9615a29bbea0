"""`aurora migrate`: bring a PostgreSQL database of a Supabase project up to date."""

from typing import Annotated

import psycopg
import typer

from infra.doctor.examination import MIGRATIONS
from infra.migrations import MigrationError, apply_migrations, apply_seed

SEED = MIGRATIONS.parent / "seed.sql"


def migrate(
    database_url: Annotated[
        str,
        typer.Option(
            envvar="DATABASE_URL",
            show_default=False,
            help="The database, as postgresql://user:password@host:5432/name.",
        ),
    ],
    seed: Annotated[bool, typer.Option("--seed", help="Add the example business, once.")] = False,
) -> None:
    """Apply the migrations that the database lacks, in order; safe to repeat.

    They are recorded where the Supabase CLI records them.
    """
    try:
        done = [f"applied {name}" for name in apply_migrations(database_url, MIGRATIONS)]
        if seed and apply_seed(database_url, SEED):
            done.append(f"added {SEED.name}")
    except (MigrationError, psycopg.Error) as error:
        typer.echo(f"aurora: {_cause(error)}", err=True)
        raise typer.Exit(1) from error
    for entry in done or ["nothing to do"]:
        typer.echo(entry)


def _cause(error: MigrationError | psycopg.Error) -> str:
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        # libpq quotes the part of the address that it does not understand, which may be the password.
        return "the database's address is not of the form postgresql://user:password@host:5432/name"
    return " ".join(str(error).split())
