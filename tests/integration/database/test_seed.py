"""The example business: safe to load again, believable on any day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.integration.conftest import NOW

SEED = (Path(__file__).parents[3] / "infra" / "supabase" / "seed.sql").read_text()
COUNTS = """
    select (select count(*) from app.organizations), (select count(*) from app.owner_numbers),
        (select count(*) from app.instances), (select count(*) from app.services),
        (select count(*) from app.contacts), (select count(*) from app.contact_identities),
        (select count(*) from app.resources), (select count(*) from app.blocks), (select count(*) from app.dependents),
        (select count(*) from app.bookings)
"""

Freeze = Callable[[str, datetime], None]


def load(dsn: str) -> tuple[int, ...]:
    """Run the seed and return how many rows each table has."""
    with psycopg.connect(dsn) as connection:
        connection.execute(SEED.encode())
        return tuple(connection.execute(COUNTS).fetchone() or ())


def test_a_second_run_on_one_day_adds_nothing(database: str, freeze_database_clock: Freeze) -> None:
    """Whoever starts the stack twice has one example business."""
    freeze_database_clock(database, NOW)
    first = load(database)
    assert first == (1, 1, 1, 5, 3, 3, 2, 1, 1, 5)
    freeze_database_clock(database, NOW + timedelta(hours=14))
    assert load(database) == first


@pytest.mark.parametrize("days", range(1, 4))
def test_a_run_on_a_later_day_fills_that_day(database: str, freeze_database_clock: Freeze, days: int) -> None:
    """Each day has appointments of its own; what clashes with a booking that exists is left out."""
    freeze_database_clock(database, NOW)
    before = load(database)
    freeze_database_clock(database, NOW + timedelta(days=days))
    after = load(database)
    assert after[:-1] == before[:-1]
    assert after[-1] == before[-1] + 5
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "select jsonb_array_length(api.agenda(id) -> 'appointments') from app.organizations"
        ).fetchone()
    assert row is not None
    assert row[0] == (5 if days == 1 else 4)


@pytest.mark.parametrize("hour", [3, 12, 23])
def test_the_example_day_has_something_done_and_something_to_come(
    database: str, freeze_database_clock: Freeze, hour: int
) -> None:
    """At any hour of the day in São Paulo the owner's question gets figures worth showing."""
    freeze_database_clock(database, datetime(2026, 1, 20, 3, tzinfo=UTC) + timedelta(hours=hour))
    load(database)
    with psycopg.connect(database) as connection:
        row = connection.execute("select api.figures(id, 'today') from app.organizations").fetchone()
    assert row is not None
    assert row[0]["from"] == "2026-01-20"
    now = row[0]["now"]
    assert now["revenue_cents"] == 15500
    assert [now[figure] for figure in ("done", "cancelled", "no_show", "upcoming")] == [2, 0, 1, 1]
