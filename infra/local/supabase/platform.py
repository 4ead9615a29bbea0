"""Give a plain PostgreSQL database what a Supabase project starts with."""

from pathlib import Path

import psycopg

_PLATFORM_SQL = Path(__file__).with_name("platform.sql")
_LOCK = 0x504C4154464F524D  # "PLATFORM": roles belong to the cluster, so two databases must not create them at once


def prepare(dsn: str) -> None:
    """Create Supabase's roles and schemas in a database, before its migrations; safe to repeat.

    `dsn` must name a superuser.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(_PLATFORM_SQL.read_bytes())
