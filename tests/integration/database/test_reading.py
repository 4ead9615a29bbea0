"""What the assistants read: the figures of the business's local day, and its contacts."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Api, Business, DatabaseClock

MakeBusiness = Callable[..., Business]


def summary(business: Business) -> dict[str, Any]:
    found: dict[str, Any] = business.api.call("today_summary", organization_id=business.organization_id)
    return found


def find(business: Business, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = business.api.call(
        "find_contact", organization_id=business.organization_id, query=query
    )
    return found


def book(business: Business, starts_at: datetime, *, status: str = "confirmed", cents: int | None = 6000) -> None:
    """Book half an hour for the only contact, in a resource of its own."""
    business.api.rows(
        """
        with service as (
            insert into app.services (organization_id, name) values (%(organization)s, 'Banho')
            on conflict (organization_id, name) do update set name = excluded.name returning id
        )
        insert into app.bookings (organization_id, contact_id, service_id, resource, period, status, price_cents)
        select %(organization)s, contact.id, service.id, gen_random_uuid()::text,
            tstzrange(%(start)s, %(start)s + interval '30 minutes'), %(status)s, %(cents)s
        from service, (select id from app.contacts where organization_id = %(organization)s limit 1) as contact
        """,
        {"organization": business.organization_id, "start": starts_at, "status": status, "cents": cents},
    )


@pytest.fixture
def client(business: Business) -> Business:
    """A business with one contact and one answered conversation."""
    business.send(business.answer(business.receive(name="Ana"))["unsent"][0]["message_id"])
    return business


def test_a_day_without_anything_counts_zero_and_knows_no_revenue(business: Business) -> None:
    """No data is zero where things are counted and null where a sum would be made up."""
    assert summary(business) == {
        "date": "2026-01-20",
        "currency": "BRL",
        "appointments": {"total": 0, "done": 0, "cancelled": 0, "no_show": 0, "upcoming": 0},
        "revenue_cents": None,
        "new_contacts": 0,
        "conversations": {"answered": 0, "handed_over": 0, "waiting": 0},
        "next": [],
    }


def test_a_day_counts_each_appointment_by_what_became_of_it(client: Business) -> None:
    """Revenue is what completed appointments were agreed at; what is still to come is listed by time."""
    for hours, status, cents in [
        (-3, "completed", 6000),
        (-2, "completed", 9550),
        (-1, "no_show", 3500),
        (1, "cancelled", 3500),
        (5, "confirmed", 4500),
        (2, "pending", None),
        (-1, "confirmed", 4500),
        (-1, "in_progress", 4500),
        (24, "confirmed", 9900),
        (-24, "completed", 9900),
    ]:
        book(client, NOW + timedelta(hours=hours), status=status, cents=cents)
    day = summary(client)
    assert day["appointments"] == {"total": 8, "done": 2, "cancelled": 1, "no_show": 1, "upcoming": 2}
    assert day["revenue_cents"] == 15550
    starts = [datetime.fromisoformat(each["starts_at"]) for each in day["next"]]
    assert starts == [NOW + timedelta(hours=2), NOW + timedelta(hours=5)]
    assert day["next"][0] | {"starts_at": None} == {"starts_at": None, "service": "Banho", "contact": "Ana"}


def test_revenue_without_any_price_is_no_data(client: Business) -> None:
    """A completed appointment that nobody priced is not free."""
    book(client, NOW - timedelta(hours=1), status="completed", cents=None)
    assert summary(client)["revenue_cents"] is None
    book(client, NOW - timedelta(hours=2), status="completed", cents=0)
    assert summary(client)["revenue_cents"] == 0


def test_a_conversation_counts_once_and_owners_count_nowhere(client: Business) -> None:
    """Waiting comes before handed over, handed over before answered."""
    client.receive(phone="+5511900000001")
    client.answer(client.receive(phone="+5511900000002"), reason="asked for a person")
    client.answer(client.receive(phone="+5511900000003"))
    client.receive("Mais uma coisa", phone="+5511900000003")
    client.receive(phone=CARLA)
    day = summary(client)
    assert day["conversations"] == {"answered": 1, "handed_over": 1, "waiting": 2}
    assert day["new_contacts"] == 4


#: Zone, a local date, and how many hours that day has.
DAYS = [
    ("America/Sao_Paulo", date(2026, 1, 20), 24),
    ("America/Sao_Paulo", date(2018, 11, 4), 23),  # began at 01:00: there was no midnight
    ("America/Sao_Paulo", date(2019, 2, 16), 25),  # 23:00 to 24:00 came twice
    ("America/New_York", date(2026, 3, 8), 23),
    ("America/New_York", date(2026, 11, 1), 25),
    ("Asia/Kolkata", date(2026, 1, 20), 24),
    ("Pacific/Kiritimati", date(2026, 1, 1), 24),
]


@pytest.mark.parametrize(("timezone", "day", "hours"), DAYS)
def test_a_day_begins_and_ends_at_the_organizations_midnight(
    make_business: MakeBusiness, clock: DatabaseClock, timezone: str, day: date, hours: int
) -> None:
    """The day's figures hold exactly the local day, however long the clock makes it."""
    business = make_business(timezone=timezone)
    zone = ZoneInfo(timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    following = midnight + timedelta(hours=hours)
    assert following.astimezone(zone).date() == day + timedelta(days=1)
    clock.set(midnight)
    business.receive(sent_at=midnight)
    for at in (midnight - timedelta(seconds=1), midnight, following - timedelta(seconds=1), following):
        book(business, at, status="completed")
    for now in (midnight, following - timedelta(seconds=1)):
        clock.set(now)
        assert (summary(business)["date"], summary(business)["appointments"]["total"]) == (str(day), 2)
        assert summary(business)["new_contacts"] == 1
    clock.set(following)
    assert summary(business)["date"] == str(day + timedelta(days=1))
    assert summary(business)["new_contacts"] == 0
    assert summary(business)["appointments"]["done"] == 1


PEOPLE = {
    "+5511900000001": "José Antônio",
    "+5511900000002": "Josefa 100% _Pet_",
    "+5511900000003": "Ana Cláudia",
    "+5511900000004": None,
}


@pytest.fixture
def people(business: Business) -> Business:
    """A business with four contacts, the last of them nameless."""
    for phone, name in PEOPLE.items():
        business.receive(phone=phone, name=name)
    return business


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("jose", {"José Antônio", "Josefa 100% _Pet_"}),
        ("JOSÉ", {"José Antônio", "Josefa 100% _Pet_"}),
        ("antonio", {"José Antônio"}),
        ("  Cláudia ", {"Ana Cláudia"}),
        ("%", {"Josefa 100% _Pet_"}),
        ("_", {"Josefa 100% _Pet_"}),
        ("J_se", set()),
        ("jos%", set()),
        ("\\", set()),
        ("'; drop table app.contacts; --", set()),
        ("", set()),
        ("   ", set()),
        ("900000003", {"Ana Cláudia"}),
        ("(11) 90000-0004", {None}),
        ("0004", {None}),
        ("004", set()),
        ("5511900000", {"José Antônio", "Josefa 100% _Pet_", "Ana Cláudia", None}),
        ("Ninguém", set()),
    ],
)
def test_a_contact_is_found_by_name_or_digits(people: Business, query: str, found: set[str | None]) -> None:
    """Accents and case do not matter, no character is a pattern, and fewer than four digits are no phone."""
    assert {each["name"] for each in find(people, query)} == found


def test_at_most_five_contacts_are_found_the_newest_first(business: Business, clock: DatabaseClock) -> None:
    """A name that many have brings the five who wrote last."""
    for number in range(7):
        clock.advance(minutes=1)
        business.receive(phone=f"+551190000000{number}", name=f"Ana {number}", sent_at=clock.now)
    assert [each["name"] for each in find(business, "ana")] == [f"Ana {number}" for number in (6, 5, 4, 3, 2)]


def test_a_found_contact_tells_its_bookings(client: Business) -> None:
    """Cancelled bookings do not count, past and cancelled ones are not next, no booking at all is null."""
    assert find(client, "Ana") == [
        {
            "name": "Ana",
            "phone": ANA,
            "last_inbound_at": "2026-01-20T12:20:00+00:00",
            "bookings": 0,
            "next_booking_at": None,
        }
    ]
    for days, status in [(-2, "completed"), (1, "cancelled"), (2, "confirmed"), (3, "pending"), (-1, "confirmed")]:
        book(client, NOW + timedelta(days=days), status=status)
    (ana,) = find(client, "Ana")
    assert (ana["bookings"], datetime.fromisoformat(ana["next_booking_at"])) == (4, NOW + timedelta(days=2))


def test_the_database_answers_a_ping_with_its_time(api: Api) -> None:
    """The readiness probe's call works as the service role."""
    assert datetime.fromisoformat(api.call("ping")["now"]) == NOW
