"""What the doctor reads from the migrations is what the database has."""

import psycopg

from infra.doctor.api_functions import api_functions
from infra.doctor.examination import MIGRATIONS
from infra.migrations import read_migrations

_CATALOG = """
select function.proname, array(
    select substr(argument.name, 3) || ' '
        || case argument.type
            when 'timestamptz'::regtype then 'timestamptz' when 'time'::regtype then 'time'
            else format_type(argument.type, null)
        end
    from unnest(function.proargnames, function.proargtypes::oid[]) with ordinality as argument (name, type, place)
    where argument.type is not null
    order by place
)
from pg_proc as function
where function.pronamespace = 'api'::regnamespace
order by function.proname
"""


def test_the_migrations_are_read_as_postgresql_reads_them(database: str) -> None:
    """Every function of `api` is found, with its arguments' names and types in order."""
    with psycopg.connect(database) as connection:
        catalog = connection.execute(_CATALOG).fetchall()
    read = [
        (function.name, [f"{name} {kind}" for name, kind in function.arguments])
        for function in api_functions(read_migrations(MIGRATIONS))
    ]
    assert read == catalog
    assert len(read) > 10
