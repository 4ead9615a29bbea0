"""Tenants never meet: every function refuses or hides what belongs to another organization."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.integration.conftest import ANA, Business

NOBODY = str(uuid4())
LEASE = {"owner": "job-1", "attempt": 1, "seconds": 90}
ROUTINE = {"kind": "daily_summary", "local_date": "2026-01-20"}

#: Every function that takes an organization, and what else it takes. A name in braces is an identifier of a tenant.
CALLS: dict[str, dict[str, Any]] = {
    "claim_reply": {"conversation_id": "{conversation_id}", "seq": 3, "lease": LEASE},
    "complete_reply": {
        "conversation_id": "{conversation_id}",
        "token": "{lease_token}",
        "covers_seq": 3,
        "answer": {"text": "Intruso"},
    },
    "claim_send": {"message_id": "{message_id}", "lease": LEASE},
    "complete_send": {
        "message_id": "{message_id}",
        "token": "{claim_token}",
        "result": {"state": "sent", "provider_message_id": "OUT"},
    },
    "settle_send": {"message_id": "{message_id}", "finding": {"missing": True}, "give_up_seconds": 3600.0},
    "claim_summary": {"conversation_id": "{conversation_id}"},
    "complete_summary": {
        "conversation_id": "{conversation_id}",
        "expected_seq": 0,
        "through_seq": 1,
        "summary": "Intruso",
        "interactions": None,
    },
    "record_interactions": {"conversation_id": "{conversation_id}", "interactions": None},
    "figures": {"period": "today"},
    "find_contact": {"query": "Ana"},
    "agenda": {},
    "bookings_of_contact": {"contact_id": "{contact_id}"},
    "contact_history": {"contact_id": "{contact_id}"},
    "due_clients": {"date": "2026-01-20"},
    "inactive_clients": {"days": 30},
    "birthdays": {"days": 7},
    "waiting_list": {},
    "handed_over_conversations": {},
    "set_handover": {
        "conversation_id": "{conversation_id}",
        "contact_id": "{contact_id}",
        "handed_over": True,
    },
    "list_owners": {},
    "put_owner": {"phone": "+5511900000009", "name": None, "permission": "admin"},
    "remove_owner": {"phone": ANA},
    "note_consent_of": {"message_id": "{received_id}", "event": "opted_out"},
    "pause_all": {"conversation_id": "{conversation_id}", "paused": True},
    "export_contact": {"phone": ANA},
    "erase_contact": {"phone": ANA, "phone_hash": "ab" * 32},
    "claim_routine": {**ROUTINE, "lease": LEASE},
    "complete_routine": {**ROUTINE, "token": "{run_token}", "result": {"messages": [{"text": "Intruso"}]}},
    "fail_routine": {**ROUTINE, "token": "{run_token}", "reason": "Intruso"},
}
WITH_IDENTIFIERS = [
    "claim_reply",
    "complete_reply",
    "claim_send",
    "complete_send",
    "settle_send",
    "claim_summary",
    "complete_summary",
    "record_interactions",
    "bookings_of_contact",
    "contact_history",
    "set_handover",
    "note_consent_of",
    "pause_all",
    "export_contact",
    "erase_contact",
    "complete_routine",
    "fail_routine",
]


@pytest.fixture
def ids(business: Business) -> dict[str, str]:
    """A conversation under lease, an outgoing message and a routine under claim of `business`, with their tokens."""
    receipt = business.receive("Oi", name="Ana")
    message_id = business.answer(receipt)["unsent"][0]["message_id"]
    claim_token = business.claim_send(message_id)["token"]
    run = business.api.call("claim_routine", organization_id=business.organization_id, **ROUTINE, lease=LEASE)
    return {
        "run_token": run["token"],
        "conversation_id": receipt["conversation_id"],
        "contact_id": str(business.api.value("select id from app.contacts")),
        "message_id": message_id,
        "received_id": receipt["message_id"],
        "claim_token": claim_token,
        "lease_token": business.claim(business.receive("E aí?"))["token"],
    }


def call(business: Business, function: str, organization_id: str, ids: dict[str, str]) -> Any:
    arguments = {
        name: value.format(**ids) if isinstance(value, str) else value for name, value in CALLS[function].items()
    }
    return business.api.call(function, organization_id=organization_id, **arguments)


def everything(business: Business) -> list[Any]:
    """Return all rows that any of these functions could change."""
    tables = ("messages", "conversations", "contacts", "ai_interactions", "proactive_runs")
    return [business.api.rows(f"select * from app.{table} order by 1") for table in tables]  # noqa: S608 - listed above


def test_all_functions_that_take_an_organization_are_tried(business: Business) -> None:
    """A function added later must be tried here too."""
    found = business.api.rows("""
        select proname from pg_proc
        where pronamespace = 'api'::regnamespace and 'p_organization_id' = any (proargnames) order by 1
    """)
    assert [name for (name,) in found] == sorted(CALLS)


@pytest.mark.parametrize("function", WITH_IDENTIFIERS)
def test_identifiers_of_another_organization_are_unknown(
    business: Business, other_business: Business, ids: dict[str, str], function: str
) -> None:
    """Even with the right token, an identifier is worth nothing outside its own organization."""
    before = everything(business)
    for organization_id in (other_business.organization_id, NOBODY):
        with pytest.raises(psycopg.Error) as refused:
            call(business, function, organization_id, ids)
        assert refused.value.sqlstate == "PT404"
    assert everything(business) == before


@pytest.mark.parametrize("function", sorted(CALLS))
def test_an_organization_that_does_not_exist_is_unknown(business: Business, ids: dict[str, str], function: str) -> None:
    """An organization that nobody is has nothing: it is refused, not answered with zeros."""
    with pytest.raises(psycopg.Error) as refused:
        call(business, function, NOBODY, ids)
    assert refused.value.sqlstate == "PT404"


def test_what_is_read_is_the_organizations_own(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """Contacts, figures and services of one tenant do not show in another's."""
    business.api.rows("insert into app.services (organization_id, name) values (%s, 'Banho')", business.organization_id)
    mine = business.organization_id
    other = other_business.organization_id
    assert [each["phone"] for each in call(business, "find_contact", mine, ids)] == [ANA]
    assert call(business, "find_contact", other, ids) == []
    assert call(business, "figures", mine, ids)["now"]["new_contacts"] == 1
    assert call(business, "figures", other, ids)["now"]["new_contacts"] is None
    sold = [
        each.claim(each.receive(phone="+5511900000009"))["turn"]["profile"]["services"]
        for each in (business, other_business)
    ]
    assert [[service["name"] for service in services] for services in sold] == [["Banho"], []]


def test_one_person_is_a_contact_of_each_business_of_its_own(business: Business, other_business: Business) -> None:
    """The same phone at two tenants is two contacts with two conversations; answering one leaves the other open."""
    mine = business.receive("Oi", name="Ana")
    other = other_business.receive("Oi", name="Aninha")
    business.answer(mine)
    assert other_business.claim(other)["turn"]["contact"]["name"] == "Aninha"
    assert business.api.value("select count(*) from app.contacts") == 2


def test_an_owner_of_one_business_is_a_client_of_another(business: Business, other_business: Business) -> None:
    """Owning a business opens no other one's figures."""
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone) values (%s, %s)", business.organization_id, ANA
    )
    assert business.claim(business.receive())["turn"]["audience"] == "owner"
    assert other_business.claim(other_business.receive())["turn"]["audience"] == "client"


def test_a_handover_tells_only_the_organizations_own_owners(business: Business, other_business: Business) -> None:
    """The other tenant's owners hear nothing."""
    business.answer(business.receive(), reason="asked for a person")
    notices = business.api.rows("select organization_id::text from app.messages where purpose = 'notice'")
    assert notices == [(business.organization_id,)]


def test_a_dead_letter_releases_nothing_of_another_organization(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """A payload that mixes two tenants' identifiers changes neither."""
    before = everything(business)
    letter = {
        "organization_id": other_business.organization_id,
        "job": "message.send",
        "queue_message_id": "send-1",
        "payload": {"message_id": ids["message_id"]},
        "attempts": 5,
    }
    assert business.api.call("record_dead_letter", letter=letter)["next"] is None
    assert everything(business) == before
