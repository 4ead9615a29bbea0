"""What the assistants read: the contacts of the business."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.conftest import ANA, NOW, Api, Business, DatabaseClock


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
    (found,) = find(client, "Ana")
    assert {key: value for key, value in found.items() if key != "id"} == {
        "name": "Ana",
        "phone": ANA,
        "last_inbound_at": "2026-01-20T12:20:00+00:00",
        "bookings": 0,
        "next_booking_at": None,
        "fit": 2,
    }
    for days, status in [(-2, "completed"), (1, "cancelled"), (2, "confirmed"), (3, "pending"), (-1, "confirmed")]:
        book(client, NOW + timedelta(days=days), status=status)
    (ana,) = find(client, "Ana")
    assert (ana["bookings"], datetime.fromisoformat(ana["next_booking_at"])) == (4, NOW + timedelta(days=2))


def test_the_database_answers_a_ping_with_its_time(api: Api) -> None:
    """The readiness probe's call works as the service role."""
    assert datetime.fromisoformat(api.call("ping")["now"]) == NOW
