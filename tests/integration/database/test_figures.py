"""The business's figures: whole local periods, each beside the same part of an earlier one, and null for no data."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.integration.conftest import CARLA, NOW, Business, DatabaseClock

MakeBusiness = Callable[..., Business]
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
COUNTED = ("done", "cancelled", "no_show", "upcoming")


def figures(business: Business, period: str = "today") -> dict[str, Any]:
    found: dict[str, Any] = business.api.call("figures", organization_id=business.organization_id, period=period)
    return found


def book(business: Business, starts_at: datetime, *, status: str = "confirmed", **columns: Any) -> None:
    """Book half an hour for the only contact, in a resource of its own, long ago."""
    business.api.rows(
        """
        with service as (
            insert into app.services (organization_id, name) values (%(organization)s, 'Banho')
            on conflict (organization_id, name) do update set name = excluded.name returning id
        )
        insert into app.bookings (
            organization_id, contact_id, service_id, resource, period, status, price_cents, created_at,
            paid_at, paid_cents
        )
        select %(organization)s, contact.id, service.id, gen_random_uuid()::text,
            tstzrange(%(start)s, %(start)s + interval '30 minutes'), %(status)s, %(price_cents)s, %(created_at)s,
            %(paid_at)s, %(paid_cents)s
        from service, (select id from app.contacts where organization_id = %(organization)s limit 1) as contact
        """,
        {
            "organization": business.organization_id,
            "start": starts_at,
            "status": status,
            "price_cents": 6000,
            "created_at": NOW - 10 * WEEK,
            "paid_at": None,
            "paid_cents": None,
            **columns,
        },
    )


def counts(part: dict[str, Any]) -> list[int | None]:
    return [part[name] for name in COUNTED]


@pytest.fixture
def client(business: Business) -> Business:
    """A business with one contact and one answered conversation."""
    business.send(business.answer(business.receive(name="Ana"))["unsent"][0]["message_id"])
    return business


def test_a_business_without_anything_has_no_data(business: Business) -> None:
    """What was never recorded is null, never zero, now and before."""
    found = figures(business)
    assert set(found["now"].values()) | set(found["before"].values()) == {None}
    assert (found["period"], found["from"], found["currency"]) == ("today", "2026-01-20", "BRL")
    assert found["compared_with"] == {"from": "2026-01-13", "through": "2026-01-13"}


def test_a_period_before_there_was_anything_is_no_data(client: Business) -> None:
    """The organization and its first message are of today: last week says nothing, and zero of today is zero."""
    found = figures(client)
    assert (found["now"]["answered"], found["now"]["waiting"], found["now"]["new_contacts"]) == (1, 0, 1)
    assert (found["now"]["spend_micros"], found["now"]["done"]) == (0, None)
    assert set(found["before"].values()) == {None}
    book(client, NOW - 2 * WEEK, status="completed", price_cents=None)
    known = figures(client)
    assert (counts(known["now"]), counts(known["before"])) == ([0, 0, 0, 0], [0, 0, 0, 0])
    assert (known["now"]["revenue_cents"], known["before"]["answered"]) == (None, None)


def test_each_appointment_counts_by_what_became_of_it_up_to_the_same_time(client: Business) -> None:
    """Last week's appointments of after this time are not compared with a day that is not over."""
    for at in (NOW, NOW - WEEK):
        for hours, status, cents in [
            (-3, "completed", 6000),
            (-2, "completed", 9550),
            (-1, "no_show", 3500),
            (1, "cancelled", 3500),
            (2, "confirmed", None),
        ]:
            book(client, at + hours * HOUR, status=status, price_cents=cents)
    book(client, NOW - WEEK + 3 * HOUR, status="completed", price_cents=7000)
    book(client, NOW - 24 * HOUR, status="completed", price_cents=9900)
    found = figures(client)
    assert (counts(found["now"]), counts(found["before"])) == ([2, 1, 1, 1], [2, 1, 1, 2])
    assert (found["now"]["revenue_cents"], found["before"]["revenue_cents"]) == (15550, 15550)


def test_what_was_cancelled_later_was_upcoming_then(client: Business) -> None:
    """The earlier period is told as it stood at this time."""
    book(client, NOW - WEEK + 2 * HOUR, status="cancelled")
    for at, expected in [(NOW - WEEK + HOUR, [0, 0, 0, 1]), (NOW - WEEK - HOUR, [0, 1, 0, 0])]:
        client.api.rows("delete from app.booking_events")
        client.api.rows(
            """
            insert into app.booking_events (organization_id, booking_id, event, actor, created_at)
            select organization_id, id, 'cancelled', 'owner', %s from app.bookings
            """,
            at,
        )
        assert counts(figures(client)["before"]) == expected


def test_revenue_is_what_was_paid_else_the_price_of_what_is_done(client: Business) -> None:
    """An appointment that nobody priced is not free: without any amount there is no revenue to tell."""
    book(client, NOW - 3 * HOUR, status="completed", price_cents=None)
    book(client, NOW - 2 * WEEK, status="completed")
    assert (figures(client)["now"]["revenue_cents"], figures(client)["now"]["unpriced"]) == (None, 1)
    assert (figures(client)["before"]["revenue_cents"], figures(client)["before"]["unpriced"]) == (0, 0)
    book(client, NOW - 2 * HOUR, status="completed", paid_at=NOW, paid_cents=5000)
    book(client, NOW + 2 * HOUR, paid_at=NOW, paid_cents=700)
    book(client, NOW - HOUR, status="confirmed")
    assert (figures(client)["now"]["revenue_cents"], figures(client)["now"]["unpriced"]) == (5700, 1)


def test_a_conversation_counts_once_and_owners_count_nowhere(client: Business) -> None:
    """Waiting comes before handed over, handed over before answered."""
    client.receive(phone="+5511900000001")
    client.answer(client.receive(phone="+5511900000002"), reason="asked for a person")
    client.answer(client.receive(phone="+5511900000003"))
    client.receive("Mais uma coisa", phone="+5511900000003")
    client.receive(phone=CARLA)
    now = figures(client)["now"]
    assert [now[name] for name in ("answered", "handed_over", "waiting", "new_contacts")] == [1, 1, 2, 4]


#: Zone, period, now as its clocks show it, and the earlier part's dates and last minute.
PARTS = [
    ("America/Sao_Paulo", "today", (2026, 1, 20, 9, 20), "2026-01-13", "2026-01-13"),
    ("America/Sao_Paulo", "week", (2026, 1, 22, 9, 20), "2026-01-12", "2026-01-15"),
    ("America/Sao_Paulo", "week", (2026, 1, 19, 0, 1), "2026-01-12", "2026-01-12"),
    ("America/Sao_Paulo", "month", (2026, 1, 20, 9, 20), "2025-12-01", "2025-12-20"),
    ("America/Sao_Paulo", "month", (2026, 3, 31, 9, 20), "2026-02-01", "2026-02-28"),
    ("America/Sao_Paulo", "month", (2028, 3, 31, 9, 20), "2028-02-01", "2028-02-29"),
    ("America/Sao_Paulo", "month", (2026, 2, 28, 23, 59), "2026-01-01", "2026-01-28"),
    ("America/New_York", "week", (2026, 3, 13, 9, 20), "2026-03-02", "2026-03-06"),
    ("Pacific/Kiritimati", "today", (2026, 1, 1, 0, 0), "2025-12-25", "2025-12-25"),
]


def test_every_part_ends_at_the_same_local_time(client: Business, clock: DatabaseClock) -> None:
    """Months of other lengths, weeks with a change of clocks, the first minute of a year."""
    for timezone, period, local, first, through in PARTS:
        zone = ZoneInfo(timezone)
        client.api.rows("update app.organizations set timezone = %s", timezone)
        client.api.rows("delete from app.bookings")
        clock.set(datetime(*local, tzinfo=zone).astimezone(UTC))
        begins = datetime.fromisoformat(first).replace(tzinfo=zone)
        ends = datetime.combine(date.fromisoformat(through), time(*local[3:]), tzinfo=zone)
        for at in (begins - timedelta(minutes=1), begins, ends - timedelta(minutes=1), ends + timedelta(minutes=1)):
            book(client, at, status="completed", created_at=begins - WEEK)
        # Done at the cut is what had ended by then.
        client.api.rows(
            "update app.bookings set period = tstzrange(lower(period), lower(period) + interval '1 minute')"
        )
        found = figures(client, period)
        assert found["compared_with"] == {"from": first, "through": through}, (timezone, period, local)
        assert found["before"]["done"] == (2 if ends > begins else 0), (timezone, period, local)


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # began at 01:00: there was no midnight
        ("America/Sao_Paulo", date(2019, 2, 16), 25),  # 23:00 to 24:00 came twice
        ("America/New_York", date(2026, 3, 8), 23),
        ("Asia/Kolkata", date(2026, 1, 20), 24),
    ],
)
def test_a_day_begins_and_ends_at_the_organizations_midnight(
    make_business: MakeBusiness, clock: DatabaseClock, timezone: str, day: date, hours: int
) -> None:
    """The day's figures hold exactly the local day, however long the clock makes it."""
    business = make_business(timezone=timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    following = midnight + hours * HOUR
    clock.set(midnight)
    business.receive(sent_at=midnight)
    for at in (midnight - timedelta(seconds=1), midnight, following - timedelta(seconds=1), following):
        book(business, at, created_at=midnight - WEEK)
    now = figures(business)
    assert (now["from"], now["now"]["upcoming"], now["now"]["new_contacts"]) == (str(day), 2, 1)
    clock.set(following)
    now = figures(business)
    assert (now["from"], now["now"]["upcoming"], now["now"]["new_contacts"]) == (str(day + timedelta(days=1)), 1, 0)


def test_the_model_s_cost_is_that_of_the_period(client: Business) -> None:
    """What was spent on any other day is not today's."""
    client.api.rows("update app.ai_interactions set cost_micros = 700")
    client.api.rows(
        """
        insert into app.ai_interactions (
            organization_id, conversation_id, audience, model, prompt_tokens, completion_tokens, latency_ms, round,
            cost_micros, created_at
        )
        select organization_id, id, 'client', 'scripted', 1, 1, 1, 1, 300, %s from app.conversations
        """,
        NOW - timedelta(days=3),
    )
    assert figures(client)["now"]["spend_micros"] == 700
    assert figures(client, "month")["now"]["spend_micros"] == 1000


def test_another_period_is_refused(business: Business) -> None:
    """Only what can be compared is told."""
    for period in ("year", "", "TODAY"):
        with pytest.raises(psycopg.Error, match="a period is today, week or month"):
            figures(business, period)
