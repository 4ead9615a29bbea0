"""What customers say of themselves is kept with them, once, and nothing else about anybody."""

from typing import Any

import psycopg
import pytest

from tests.integration.conftest import NOW, Business, DatabaseClock
from tests.integration.database.conftest import booking_of, contact_of


def remember(business: Business, conversation: dict[str, Any], **facts: Any) -> dict[str, Any]:
    remembered: dict[str, Any] = business.api.call(
        "remember_contact",
        organization_id=business.organization_id,
        conversation_id=conversation["conversation_id"],
        facts=facts,
    )
    return remembered


def dependent(business: Business, conversation: dict[str, Any], **said: Any) -> dict[str, Any]:
    remembered: dict[str, Any] = business.api.call(
        "remember_dependent",
        organization_id=business.organization_id,
        conversation_id=conversation["conversation_id"],
        dependent=said,
    )
    return remembered


def test_what_a_person_says_replaces_the_profiles_name(business: Business) -> None:
    """And stays, whatever the profile says later; what was not said stays as it is."""
    conversation = business.receive(name="~*Aninha*~")
    assert remember(business, conversation, name="Ana Souza") == {"name": "Ana Souza", "birth_date": None}
    assert remember(business, conversation, birth_date="1904-02-29") == {
        "name": "Ana Souza",
        "birth_date": "1904-02-29",
    }
    business.receive(name="~*Aninha*~")
    assert remember(business, conversation, name=None, birth_date=None)["name"] == "Ana Souza"


@pytest.mark.parametrize("born", ["1903-12-31", "2026-01-21", "2999-01-01"])
def test_nobody_was_born_tomorrow_or_a_lifetime_ago(business: Business, born: str) -> None:
    """By the organization's own day."""
    with pytest.raises(psycopg.Error) as refused:
        remember(business, business.receive(), birth_date=born)
    assert refused.value.sqlstate == "PT422"


def test_today_is_the_organizations(business: Business, clock: DatabaseClock) -> None:
    """At 22:00 in São Paulo it is tomorrow in UTC: who is born then is not born yet."""
    clock.set(NOW.replace(hour=1, day=21))
    conversation = business.receive(sent_at=clock.now)
    assert remember(business, conversation, birth_date="2026-01-20")["birth_date"] == "2026-01-20"
    with pytest.raises(psycopg.Error):
        remember(business, conversation, birth_date="2026-01-21")


def test_a_dependent_is_remembered_once(business: Business) -> None:
    """Case and accents aside; later facts are added, and the turn tells them."""
    conversation = business.receive()
    dependent(business, conversation, name="Zé", kind="pet", details="poodle, porte pequeno")
    again = dependent(business, conversation, name=" ze ", kind="pet", birth_date="2020-05-01", details="")
    kept = {"name": "ze", "kind": "pet", "birth_date": "2020-05-01", "details": "poodle, porte pequeno"}
    assert again == {"outcome": "remembered", "dependent": kept}
    assert business.claim(conversation)["turn"]["contact"]["dependents"] == [kept]


def test_dependents_of_two_who_turn_out_to_be_one_are_known_once(business: Business) -> None:
    """The same name, accents aside, is the same dependent: its booking stays with it, and nothing known is lost."""
    hidden = business.receive(phone=None, lid="777777777777")
    dependent(business, hidden, name="Ze", kind="pet", details="manso")
    dependent(business, hidden, name="Rex", kind="pet")
    for name, day in (("Ze", 3), ("Rex", 4)):
        booking_id = booking_of(business, contact_of(business, "777777777777"), days=day)
        business.api.rows(
            "update app.bookings set dependent_id = (select id from app.dependents where name = %s) where id = %s",
            name,
            booking_id,
        )
    dependent(business, business.receive(), name="Zé", kind="pet", birth_date="2020-05-01")

    merged = business.receive(lid="777777777777")

    assert business.claim(merged)["turn"]["contact"]["dependents"] == [
        {"name": "Rex", "kind": "pet", "birth_date": None, "details": None},
        {"name": "Zé", "kind": "pet", "birth_date": "2020-05-01", "details": "manso"},
    ]
    appointments = business.api.call(
        "appointments_of",
        organization_id=business.organization_id,
        conversation_id=merged["conversation_id"],
    )["appointments"]
    assert [each["dependent"] for each in appointments] == ["Zé", "Rex"]


def test_twenty_dependents_are_enough(business: Business) -> None:
    """Another is refused, one that is known can still change."""
    conversation = business.receive()
    outcomes = [dependent(business, conversation, name=f"Pet {n}", kind="pet")["outcome"] for n in range(21)]
    assert outcomes == ["remembered"] * 20 + ["too_many"]
    assert dependent(business, conversation, name="PET 3", kind="pet", details="gato")["outcome"] == "remembered"


def test_facts_belong_to_the_conversations_own_contact(business: Business, other_business: Business) -> None:
    """Another tenant reaches nobody, and nobody who was erased is remembered again."""
    conversation = business.receive()
    other_business.receive()
    with pytest.raises(psycopg.Error) as refused:
        remember(other_business, conversation, name="Mallory")
    assert refused.value.sqlstate == "PT404"
    business.api.rows("update app.contacts set erased_at = app.now()")
    for attempt in (remember, dependent):
        with pytest.raises(psycopg.Error) as refused:
            attempt(business, conversation, name="Ana", kind="pet")
        assert refused.value.sqlstate == "PT404"
