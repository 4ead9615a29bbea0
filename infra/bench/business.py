"""Measure what the routines read of one large business: `python -m infra.bench.business [contacts]`.

A hundred thousand contacts, a million messages, 300,000 bookings and a call of the model for each contact are written
into the local PostgreSQL, for one business. Then the facts of each routine are read as a run does; the exit status says
whether each comes within its budget.
"""

import statistics
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import typer

from infra.local import supabase
from infra.local.postgres import PostgresServer
from infra.local.scratch import scratch_folder
from infra.migrations import apply_migrations

CONTACTS = 100_000
MIGRATIONS = Path(__file__).parent.parent / "supabase" / "migrations"
ORGANIZATION = "bbbbbbbb-0000-4000-8000-000000000001"
NOW = datetime(2026, 1, 20, 12, 20, tzinfo=UTC)
TODAY = date(2026, 1, 20)  #: the business's local date then
#: Milliseconds; a call of the database is given up after ten seconds.
BUDGETS_MS = {"daily_summary": 2000.0, "birthdays": 500.0, "inactive_clients": 2000.0, "opportunities": 2000.0}
REPEATS = 5

#: In the order of their references. `number` spreads people over days and rooms the same way each time.
_BUSINESS = """
    insert into app.organizations (id, name, timezone, business_hours, created_at)
    select
        %(organization)s, 'Loja grande', 'America/Sao_Paulo',
        jsonb_object_agg(day, '[["09:00", "19:00"]]'::jsonb), %(now)s - interval '400 days'
    from unnest(array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) as day;

    insert into app.instances (organization_id, provider, name, phone, state)
    values (%(organization)s, 'evolution', 'loja-grande', '+551130000000', 'open');

    insert into app.owner_numbers (organization_id, phone, name) values (%(organization)s, '+5511900000001', 'Dona');

    insert into app.services (organization_id, name, price_cents, duration_minutes, position)
    values (%(organization)s, 'Banho', 6000, 60, 1), (%(organization)s, 'Tosa', 4500, 60, 2);

    insert into app.resources (organization_id, name, position)
    select %(organization)s, 'Sala ' || room, room from generate_series(1, 100) as room
"""
_PEOPLE = """
    insert into app.contacts (
        id, organization_id, name, birth_date, last_inbound_at, created_at, opted_out_at, marketing_consent_at
    )
    select
        md5('contact' || number)::uuid, %(organization)s, 'Cliente ' || number, date '1970-01-01' + number %% 10000,
        %(now)s - (number * 7 %% 400) * interval '1 day' - interval '1 hour', %(now)s - interval '400 days',
        case when number %% 17 = 0 then %(now)s end, case when number %% 3 = 0 then %(now)s end
    from generate_series(1, %(contacts)s) as number;

    insert into app.contact_identities (organization_id, kind, value, contact_id)
    select
        %(organization)s, 'phone', '+5511' || lpad((900000000 + number)::text, 9, '0'),
        md5('contact' || number)::uuid
    from generate_series(1, %(contacts)s) as number;

    insert into app.conversations (
        id, organization_id, instance_id, contact_id, audience, address, last_seq, due_seq, covered_seq, created_at
    )
    select
        md5('conversation' || number)::uuid, %(organization)s, instance.id, md5('contact' || number)::uuid,
        case number when 1 then 'owner' else 'client' end, '5511' || (900000000 + number), 10, 10, 10,
        %(now)s - interval '400 days'
    from app.instances as instance, generate_series(1, %(contacts)s) as number
    where instance.organization_id = %(organization)s
"""
_MESSAGES = """
    insert into app.messages (
        id, organization_id, instance_id, conversation_id, seq, direction, author, kind, text, provider_message_id,
        written_at, created_at, state, purpose, accepted_at, answered_by
    )
    select
        md5('message' || number || '.' || seq)::uuid, %(organization)s, instance.id,
        md5('conversation' || number)::uuid, seq, side.direction, side.author, 'text', 'Oi!', number || '.' || seq,
        said.at, said.at, side.state, side.purpose, case when side.state is not null then said.at end,
        case when side.state is null then md5('message' || number || '.' || (seq + 1))::uuid end
    from app.instances as instance
    cross join generate_series(1, %(contacts)s) as number
    cross join (
        values
        (1, 'inbound', 'contact', null, null), (0, 'outbound', 'assistant', 'read', 'reply')
    ) as side (rest, direction, author, state, purpose)
    cross join lateral generate_series(1, 10) as seq
    cross join lateral (
        select
            %(now)s - (number * 7 %% 400) * interval '1 day' - interval '1 hour'
            - (9 - seq) * interval '1 minute' as at
    ) as said
    where instance.organization_id = %(organization)s and seq %% 2 = side.rest;

    insert into app.ai_interactions (
        organization_id, conversation_id, audience, model, prompt_tokens, completion_tokens, latency_ms, round, tools,
        cost_micros, created_at
    )
    select
        %(organization)s, md5('conversation' || number)::uuid, 'client', 'm', 1000, 100, 500, 1,
        case when number %% 2 = 0 then array['free_slots'] else '{}' end, 100,
        %(now)s - (number * 7 %% 400) * interval '1 day' - interval '61 minutes'
    from generate_series(1, %(contacts)s) as number
"""
#: A hundred rooms with ten hours a day each; the last days are still to come.
_BOOKINGS = """
    insert into app.bookings (
        organization_id, contact_id, service_id, resource, period, status, price_cents, created_at
    )
    select
        %(organization)s, md5('contact' || 1 + (hashint4(number) & 2147483647) %% %(contacts)s)::uuid, service.id,
        'Sala ' || 1 + number %% 100, tstzrange(taken.at, taken.at + interval '1 hour'),
        case
            when taken.at > %(now)s then 'confirmed'
            when number %% 16 = 0 then 'no_show'
            when number %% 16 = 1 then 'cancelled'
            else 'completed'
        end,
        service.price_cents, taken.at - interval '3 days'
    from generate_series(0, 3 * %(contacts)s - 1) as number
    cross join lateral (
        select
            date_trunc('day', %(now)s) + interval '12 hours' + (number / 100 %% 10) * interval '1 hour'
            + (number / 1000 - 3 * %(contacts)s / 1000 + 10) * interval '1 day' as at
    ) as taken
    inner join app.services as service
        on service.organization_id = %(organization)s and service.position = 1 + (number %% 5 = 0)::integer
"""


def populate_business(dsn: str, contacts: int) -> None:
    """Write one business of this size, as it stands at `NOW`."""
    values = {"organization": ORGANIZATION, "now": NOW, "contacts": contacts}
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(_BUSINESS, values)
        connection.execute("set session_replication_role = replica")  # what triggers add is no part of the measure
        for statement in (_PEOPLE, _MESSAGES, _BOOKINGS):
            connection.execute(statement, values)
        connection.execute("vacuum analyze")


def freeze(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Let the database's clock stand at `NOW`."""
    connection.execute(
        "create or replace function app.now() returns timestamptz language sql stable set search_path = ''"
        f" as $$ select '{NOW.isoformat()}'::timestamptz $$"
    )


def time_facts(dsn: str) -> dict[str, float]:
    """Return how many milliseconds the facts of each routine take, the median of some times after one."""
    medians: dict[str, float] = {}
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        freeze(connection)
        for kind in BUDGETS_MS:
            times: list[float] = []
            for _ in range(1 + REPEATS):
                started = time.perf_counter()
                connection.execute(f"select api.routine_facts_{kind}(%s, %s)", [ORGANIZATION, TODAY])
                times.append((time.perf_counter() - started) * 1000)
            medians[kind] = statistics.median(times[1:])
    return medians


def measure(contacts: int) -> bool:
    """Write the business, time its facts, print them; return whether they keep their budgets."""
    with scratch_folder() as folder, PostgresServer(folder / "postgres") as server:
        dsn = server.dsn()
        supabase.prepare(dsn)
        apply_migrations(dsn, MIGRATIONS)
        started = time.perf_counter()
        populate_business(dsn, contacts)
        typer.echo(
            f"one business with {contacts:,} contacts, {10 * contacts:,} messages, {3 * contacts:,} bookings,"
            f" written in {time.perf_counter() - started:.0f} s"
        )
        medians = time_facts(dsn)
    for kind, median in medians.items():
        typer.echo(f"  facts of {kind}: {median:.0f} ms (budget {BUDGETS_MS[kind]:.0f} ms)")
    return all(median < BUDGETS_MS[kind] for kind, median in medians.items())


if __name__ == "__main__":
    kept = measure(int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS)
    sys.exit(0 if kept else 1)
