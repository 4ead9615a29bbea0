"""What the owner may know of clients and agenda, who is an owner at all, and who answers a customer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from shared.whatsapp.jid import parse_jid
from shared.whatsapp.phone import canonical_phone, parse_phone
from tests.integration.conftest import ANA, CARLA, NOW, Business, DatabaseClock

DAY = timedelta(days=1)
TODAY = date(2026, 1, 20)
BRUNO = "+5511900000002"


def call(business: Business, function: str, **arguments: Any) -> Any:
    return business.api.call(function, organization_id=business.organization_id, **arguments)


def contact(business: Business, phone: str = ANA, **columns: Any) -> str:
    """Let somebody write a greeting, known for a year, and set columns of the contact; return its id."""
    receipt = business.receive(phone=phone, name=columns.pop("name", None))
    contact_id: str = business.api.value(
        "select contact_id from app.conversations where id = %s", receipt["conversation_id"]
    )
    for column, value in {"created_at": NOW - 365 * DAY, **columns}.items():
        business.api.rows(f"update app.contacts set {column} = %s where id = %s", value, contact_id)  # noqa: S608 - listed in this file
    return contact_id


def book(
    business: Business, contact_id: str, starts_at: datetime, *, status: str = "completed", of: str = "Banho"
) -> str:
    """Book half an hour in a resource of its own; return the booking's id."""
    booking_id: str = business.api.value(
        """
        with service as (
            insert into app.services (organization_id, name, duration_minutes, price_cents)
            values (%(organization)s, %(of)s, 30, 6000)
            on conflict (organization_id, name) do update set name = excluded.name returning id
        )
        insert into app.bookings (organization_id, contact_id, service_id, resource, period, status, price_cents)
        select %(organization)s, %(contact)s, service.id, gen_random_uuid()::text,
            tstzrange(%(start)s, %(start)s + interval '30 minutes'), %(status)s, 6000
        from service returning id
        """,
        {
            "organization": business.organization_id,
            "contact": contact_id,
            "of": of,
            "start": starts_at,
            "status": status,
        },
    )
    return booking_id


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [each["name"] for each in rows]


# Owners and their numbers.

#: How people and gateways write one Brazilian mobile.
FORMS = [
    "+5511988887777",
    "5511988887777",
    "11988887777",
    "(11) 98888-7777",
    "011 98888 7777",
    "+55 11 8888-7777",
    "1188887777",
]


def test_an_owner_is_known_in_every_form_of_the_number(business: Business) -> None:
    """What an operator types and what a gateway reports meet, with and without the ninth digit."""
    for typed in FORMS:
        business.api.rows("delete from app.owner_numbers")
        call(business, "put_owner", phone=parse_phone(typed), name="Carla", permission="admin")
        for user in ("5511988887777", "551188887777"):
            phone = parse_jid(f"{user}@s.whatsapp.net").phone
            conversation = business.receive(phone=phone)["conversation_id"]
            audience = business.api.value("select audience from app.conversations where id = %s", conversation)
            assert audience == "owner", typed


def test_a_number_written_without_its_ninth_digit_is_kept_with_it(business: Business) -> None:
    """Whoever writes into the tables, one person has one spelling; what is no mobile stays as it is."""
    for written, kept in [
        ("+551177776666", "+5511977776666"),
        ("+551133334444", "+551133334444"),
        ("+15557776666", "+15557776666"),
        ("+551077776666", "+551077776666"),
    ]:
        business.api.rows(
            "insert into app.owner_numbers (organization_id, phone) values (%s, %s)", business.organization_id, written
        )
        assert canonical_phone(written.removeprefix("+")) == kept
        assert kept in [each["phone"] for each in call(business, "list_owners")]
        business.api.rows("update app.instances set phone = %s", written)
        assert business.api.value("select phone from app.instances") == kept


def test_who_is_an_owner_follows_the_list_at_once(business: Business) -> None:
    """A number that is taken off the list is a customer's from then on, and the other way round."""
    conversation = business.receive(phone=BRUNO)["conversation_id"]

    def audience() -> str:
        found: str = business.api.value("select audience from app.conversations where id = %s", conversation)
        return found

    put = call(business, "put_owner", phone=BRUNO, name="Bruno", permission="viewer")
    assert (put, audience()) == (
        {"phone": BRUNO, "name": "Bruno", "permission": "viewer", "created": True},
        "owner",
    )
    changed = call(business, "put_owner", phone=BRUNO, name=None, permission="staff")
    assert (changed["name"], changed["permission"], changed["created"]) == ("Bruno", "staff", False)
    assert business.claim(business.receive(phone=BRUNO))["turn"]["permission"] == "staff"
    assert call(business, "remove_owner", phone=BRUNO) == {"removed": True}
    assert audience() == "client"
    assert call(business, "remove_owner", phone=BRUNO) == {"removed": False}


def test_somebody_can_always_do_everything(business: Business) -> None:
    """The last administrator is neither removed nor made less, and only known permissions are given."""
    needed = "needs an owner with the permission admin"
    with pytest.raises(psycopg.Error, match=needed):
        call(business, "remove_owner", phone=CARLA)
    with pytest.raises(psycopg.Error, match=needed):
        call(business, "put_owner", phone=CARLA, name=None, permission="staff")
    with pytest.raises(psycopg.errors.CheckViolation):
        call(business, "put_owner", phone=BRUNO, name=None, permission="king")
    assert [each["permission"] for each in call(business, "list_owners")] == ["admin"]


# Finding people.


def test_a_contact_is_found_by_any_form_of_the_number(business: Business) -> None:
    """The eight digits of old find the nine of now."""
    contact(business, phone=CARLA, name="Ana")
    contact(business, phone=BRUNO, name="Bruno")
    for typed in FORMS:
        (found,) = call(business, "find_contact", query=typed, phone=parse_phone(typed))
        assert (found["name"], found["fit"]) == ("Ana", 1), typed
    for typed in ("8888-7777", "98888-7777", "8888 7777"):
        (found,) = call(business, "find_contact", query=typed, phone=None)
        assert (found["name"], found["fit"]) == ("Ana", 5), typed


def test_the_closest_name_comes_first(business: Business) -> None:
    """The whole name before whole words, before a dependent's name, before a part; the erased are not found."""
    contact(business, phone="+5511900000001", name="Mariana Rex")
    contact(business, phone="+5511900000002", name="Ana Souza")
    contact(business, phone="+5511900000003", name="Ána")
    owner_of_ana = contact(business, phone="+5511900000004", name="Paulo")
    contact(business, phone="+5511900000005", name="Ana", erased_at=NOW)
    business.api.rows(
        "insert into app.dependents (organization_id, contact_id, kind, name) values (%s, %s, 'pet', 'Ana')",
        business.organization_id,
        owner_of_ana,
    )
    found = call(business, "find_contact", query=" ana ")
    assert [(each["name"], each["fit"]) for each in found] == [
        ("Ána", 2),
        ("Ana Souza", 3),
        ("Paulo", 4),
        ("Mariana Rex", 5),
    ]


# The agenda and the clients.


def test_the_agenda_holds_local_days(business: Business) -> None:
    """What begins on the dates, cancelled ones aside, and the blocks that touch them."""
    ana = contact(business, name="Ana")
    midnight = datetime(2026, 1, 20, 3, tzinfo=UTC)
    for at, status in [
        (midnight, "confirmed"),
        (midnight + DAY - timedelta(minutes=1), "no_show"),
        (midnight + timedelta(hours=9), "cancelled"),
        (midnight - timedelta(minutes=1), "confirmed"),
        (midnight + DAY, "pending"),
    ]:
        book(business, ana, at, status=status)
    business.api.rows(
        "insert into app.blocks (organization_id, period, reason) values (%s, tstzrange(%s, %s), 'Feriado')",
        business.organization_id,
        midnight - DAY,
        midnight + timedelta(hours=1),
    )
    one, two = call(business, "agenda"), call(business, "agenda", **{"from": TODAY, "days": 2})
    assert [each["status"] for each in one["appointments"]] == ["confirmed", "no_show"]
    assert (one["from"], one["appointments"][0]["phone"], one["blocks"][0]["reason"]) == ("2026-01-20", ANA, "Feriado")
    assert [each["status"] for each in two["appointments"]] == ["confirmed", "no_show", "pending"]
    assert call(business, "agenda", **{"from": TODAY + 2 * DAY})["appointments"] == []
    with pytest.raises(psycopg.Error, match="1 to 62 days"):
        call(business, "agenda", days=63)


def test_a_client_is_due_by_the_rhythm_of_the_own_visits(business: Business) -> None:
    """The median gap of the usual service, from two visits on, unless opted out, expected, or away for too long."""

    def visits(phone: str, name: str, *days_ago: int, of: str = "Banho", **columns: Any) -> str:
        who = contact(business, phone=phone, name=name, **columns)
        for days in days_ago:
            book(business, who, NOW - days * DAY, of=of)
        return who

    visits("+5511900000001", "Every 30", 100, 60, 30)
    visits("+5511900000002", "Twice a day", 21, 21)
    visits("+5511900000003", "Not yet", 40, 10)
    visits("+5511900000004", "Long gone", 130, 100)
    visits("+5511900000005", "Said no", 60, 30, opted_out_at=NOW)
    expected = visits("+5511900000006", "Comes anyway", 60, 30)
    book(business, expected, NOW + DAY, status="confirmed")
    usual = visits("+5511900000007", "Mostly haircuts", 90, 60, 30, of="Corte")
    book(business, usual, NOW - 20 * DAY)
    book(business, usual, NOW - 19 * DAY)
    due = call(business, "due_clients", date=TODAY + 5 * DAY)
    assert [(each["name"], each["service"], each["every_days"], each["due_on"]) for each in due] == [
        ("Mostly haircuts", "Corte", 30, "2026-01-20"),
        ("Every 30", "Banho", 35, "2026-01-25"),
    ]


def test_who_stays_away_is_neither_new_nor_expected(business: Business) -> None:
    """Known for as long, silent for as long, and nobody at all is no data."""
    assert call(business, "inactive_clients", days=30)["known"] == 0
    old = NOW - 40 * DAY
    gone = contact(business, phone="+5511900000001", name="Gone", last_inbound_at=old, opted_out_at=NOW)
    book(business, gone, NOW - 35 * DAY)
    contact(business, phone="+5511900000002", name="New", last_inbound_at=old, created_at=NOW - 20 * DAY)
    contact(business, phone="+5511900000003", name="Wrote")
    came = contact(business, phone="+5511900000004", name="Came", last_inbound_at=old)
    book(business, came, NOW - 5 * DAY)
    comes = contact(business, phone="+5511900000005", name="Comes", last_inbound_at=old)
    book(business, comes, NOW + 5 * DAY, status="confirmed")
    contact(business, phone=CARLA, name="The owner", last_inbound_at=old)
    found = call(business, "inactive_clients", days=30)
    assert (found["known"], found["total"]) == (4, 1)
    assert [(each["name"], each["service"], each["opted_out"]) for each in found["contacts"]] == [
        ("Gone", "Banho", True)
    ]


#: The local date, a birth date, and when the birthday is within a week; None: not then.
BIRTHDAYS = [
    (date(2026, 1, 20), date(1990, 1, 20), "2026-01-20"),
    (date(2026, 1, 20), date(1990, 1, 27), "2026-01-27"),
    (date(2026, 1, 20), date(1990, 1, 28), None),
    (date(2026, 1, 20), date(1990, 1, 19), None),
    (date(2026, 12, 28), date(1990, 1, 2), "2027-01-02"),
    (date(2026, 2, 25), date(2000, 2, 29), "2026-02-28"),
    (date(2028, 2, 25), date(2000, 2, 29), "2028-02-29"),
    (date(2026, 3, 1), date(2000, 2, 29), None),
]


def test_birthdays_come_round_also_in_common_years_and_over_new_year(business: Business, clock: DatabaseClock) -> None:
    """From today through a week, of clients and of whom they care for; without any birth date there is no data."""
    assert call(business, "birthdays", days=7) == {"known": 0, "birthdays": []}
    ana = contact(business, name="Ana")
    business.api.rows(
        "insert into app.dependents (organization_id, contact_id, kind, name) values (%s, %s, 'pet', 'Rex')",
        business.organization_id,
        ana,
    )
    for today, born, on in BIRTHDAYS:
        business.api.rows("update app.contacts set birth_date = %s", born)
        business.api.rows("update app.dependents set birth_date = %s", born)
        clock.set(datetime(today.year, today.month, today.day, 12, tzinfo=UTC))
        found = call(business, "birthdays", days=7)
        assert found["known"] == 2
        told = [(each["on"], each["name"], each["kind"], each["of"], each["age"]) for each in found["birthdays"]]
        age = int(on[:4]) - born.year if on else 0
        expected = [(on, "Ana", "pet", "Rex", age), (on, "Ana", "client", None, age)] if on else []
        assert told == expected, (today, born)


def test_a_contact_s_history_is_told_without_what_was_written(business: Business) -> None:
    """Bookings, totals, counts and dates; of another business's contact nothing."""
    ana = contact(business, name="Ana", birth_date=date(1990, 1, 20))
    book(business, ana, NOW - DAY)
    book(business, ana, NOW - 2 * DAY, status="no_show")
    book(business, ana, NOW + DAY, status="confirmed")
    found = call(business, "contact_history", contact_id=ana)
    assert found["totals"] == {"completed": 1, "cancelled": 0, "no_show": 1, "revenue_cents": 6000}
    assert [each["status"] for each in (*found["upcoming"], *found["past"])] == ["confirmed", "completed", "no_show"]
    assert (found["messages"]["received"], found["messages"]["sent"], found["opted_out"]) == (1, 0, False)
    assert (found["phone"], found["birth_date"], found["questions"], found["outreach"]) == (ANA, "1990-01-20", [], [])
    assert "Oi" not in str(found)
    assert [each["status"] for each in call(business, "bookings_of_contact", contact_id=ana)] == [
        "no_show",
        "completed",
        "confirmed",
    ]


def test_the_waiting_list_is_in_order_of_arrival(business: Business, clock: DatabaseClock) -> None:
    """Who waits for a date that has passed, or for a service that is no longer sold, waits no more."""
    book(business, contact(business, name="Somebody"), NOW - DAY)
    for number, (name, latest) in enumerate([("First", None), ("Late", TODAY - DAY), ("Second", TODAY)]):
        clock.advance(minutes=1)
        who = contact(business, phone=f"+551190000001{number}", name=name)
        business.api.rows(
            """
            insert into app.waiting_list (organization_id, contact_id, service_id, latest)
            select organization_id, %s, id, %s from app.services
            """,
            who,
            latest,
        )
    assert names(call(business, "waiting_list")) == ["First", "Second"]
    business.api.rows("update app.services set is_active = false")
    assert call(business, "waiting_list") == []


# Who answers a customer.


def test_what_is_taken_over_stays_silent_until_it_is_returned(business: Business) -> None:
    """What was open is the person's, the message after the return the assistant's, and repeats change nothing."""
    owner = business.receive(phone=CARLA)["conversation_id"]
    receipt = business.receive("Quero marcar", name="Ana")
    ana = business.api.value("select contact_id from app.conversations where id = %s", receipt["conversation_id"])

    def set_handover(handed_over: bool, contact_id: str = ana, by: str = owner) -> str:
        answer = call(business, "set_handover", conversation_id=by, contact_id=contact_id, handed_over=handed_over)
        outcome: str = answer["outcome"]
        return outcome

    assert [set_handover(True), set_handover(True)] == ["done", "unchanged"]
    assert business.claim(receipt)["outcome"] == "answered"
    assert business.receive("Tem alguém aí?")["decision"] == "handed_over"
    (silent,) = call(business, "handed_over_conversations")
    assert (silent["name"], silent["unanswered"], silent["until"]) == ("Ana", 2, None)
    assert [set_handover(False), set_handover(False)] == ["done", "unchanged"]
    assert call(business, "handed_over_conversations") == []
    following = business.receive("E agora?")
    assert following["reply_due"]
    assert business.claim(following)["outcome"] == "claimed"
    assert set_handover(True, business.api.value("select contact_id from app.conversations where id = %s", owner)) == (
        "no_conversation"
    )
    call(business, "put_owner", phone=BRUNO, name=None, permission="viewer")
    assert set_handover(True, by=business.receive(phone=BRUNO)["conversation_id"]) == "forbidden"
    assert set_handover(True, by=receipt["conversation_id"]) == "forbidden"


def test_a_pause_by_typing_ends_by_itself_or_by_the_owner(business: Business) -> None:
    """Who typed on the business phone is listed with the end of the silence, and the owner ends it sooner."""
    owner = business.receive(phone=CARLA)["conversation_id"]
    receipt = business.receive(name="Ana")
    business.receive("Já te respondo", author="business")
    (silent,) = call(business, "handed_over_conversations")
    assert (silent["since"], silent["unanswered"]) == (None, 0)
    assert datetime.fromisoformat(silent["until"]) == NOW + timedelta(hours=1)
    ana = business.api.value("select contact_id from app.conversations where id = %s", receipt["conversation_id"])
    returned = call(business, "set_handover", conversation_id=owner, contact_id=ana, handed_over=False)
    assert (returned["outcome"], business.receive("Oi?")["reply_due"]) == ("done", True)


def test_another_business_s_people_are_not_there(business: Business, other_business: Business) -> None:
    """An id of one tenant means nothing to another."""
    ana = contact(business, name="Ana")
    owner = other_business.receive(phone=CARLA)["conversation_id"]
    for function in ("contact_history", "bookings_of_contact"):
        with pytest.raises(psycopg.Error, match="has no contact"):
            call(other_business, function, contact_id=ana)
    taken = call(other_business, "set_handover", conversation_id=owner, contact_id=ana, handed_over=True)
    assert taken == {"outcome": "no_conversation"}
    assert call(business, "handed_over_conversations") == []
