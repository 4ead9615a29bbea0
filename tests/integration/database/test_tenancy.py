"""Tenants never meet: every function refuses or hides what belongs to another organization."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import ANA, CARLA, Business
from tests.integration.database.conftest import Talk, booking_of, contact_of, service_of

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
    "calendar": {"from": "2026-01-20", "through": "2026-02-20"},
    "appointments_of": {"conversation_id": "{conversation_id}"},
    "confirm_presence": {"conversation_id": "{conversation_id}", "booking_id": "{booking_id}"},
    "join_waiting_list": {
        "conversation_id": "{conversation_id}",
        "service_id": "{service_id}",
        "earliest": None,
        "latest": None,
        "part_of_day": "any",
    },
    "leave_waiting_list": {"conversation_id": "{conversation_id}"},
    "propose": {
        "conversation_id": "{conversation_id}",
        "proposal": {
            "idempotency_key": "3.tool",
            "kind": "cancel",
            "action": {"booking_id": "{booking_id}"},
            "preview": "Intruso",
            "turn_seq": 3,
            "needs_code": False,
            "valid_seconds": 1800,
        },
    },
    "decide_proposal": {"conversation_id": "{conversation_id}", "decision": {"choice": "drop", "code": None, "seq": 9}},
    "outreach_states": {},
    "segment": {"segment": "waiting_list"},
    "recipient": {"contact_id": "{contact_id}", "text": "Oi"},
    "search_knowledge": {"query": "Aceitam Pix?"},
    "add_knowledge": {"entries": Jsonb([{"question": "Aceitam Pix?", "answer": "Não"}])},
    "list_knowledge": {},
    "remove_knowledge": {"knowledge_id": "{knowledge_id}"},
    "open_questions": {},
    "answer_question": {
        "conversation_id": "{owner_conversation_id}",
        "number": 1,
        "answer": "Intruso",
        "relay": "Intruso",
    },
    "remember_contact": {"conversation_id": "{conversation_id}", "facts": {"name": "Intruso"}},
    "remember_dependent": {
        "conversation_id": "{conversation_id}",
        "dependent": {"name": "Rex", "kind": "pet", "details": "Intruso"},
    },
    "list_services": {},
    "add_service": {"service": {"name": "Escova", "price_cents": 1}},
    "change_service": {"name": "Corte", "changes": {"price_cents": 1}},
    "remove_service": {"name": "Corte"},
    "business_rules": {},
    "change_business_rules": {"changes": {"slot_minutes": 5}},
    "put_resource": {"name": "Sala", "hours": None},
    "remove_resource": {"name": "Cadeira"},
    "list_blocks": {},
    "add_block": {"block": {"starts": "2026-02-01T08:00", "ends": "2026-02-01T09:00", "resource": "Cadeira"}},
    "remove_block": {"block_id": "{block_id}"},
    "figures": {"period": "today"},
    "find_contact": {"query": "Ana"},
    "agenda": {"days": 30},
    "bookings_of_contact": {"contact_id": "{contact_id}"},
    "contact_history": {"contact_id": "{contact_id}"},
    "due_clients": {"date": "2026-01-20"},
    "inactive_clients": {"days": 30},
    "birthdays": {"days": 7},
    "waiting_list": {},
    "handed_over_conversations": {},
    "set_handover": {
        "conversation_id": "{owner_conversation_id}",
        "contact_id": "{contact_id}",
        "handed_over": True,
    },
    "list_owners": {},
    "put_owner": {"phone": "+5511900000009", "name": None, "permission": "admin"},
    "remove_owner": {"phone": CARLA},
    "note_consent_of": {"message_id": "{received_id}", "event": "opted_out"},
    "pause_all": {"conversation_id": "{owner_conversation_id}", "paused": True},
    "export_contact": {"phone": ANA},
    "erase_contact": {"phone": ANA, "phone_hash": "ab" * 32},
    "media_source": {"conversation_id": "{conversation_id}"},
    "store_transcript": {"message_id": "{voice_id}", "text": "Intruso"},
    "list_routines": {},
    "set_routine": {"kind": "daily_summary", "changes": {"local_time": "07:00"}},
    "set_owner_routines": {"phone": "+5511900000009", "kinds": []},
    "routine_inputs": {"kind": "daily_summary"},
    "claim_routine": {**ROUTINE, "lease": LEASE},
    "complete_routine": {**ROUTINE, "token": "{run_token}", "result": {"messages": [{"text": "Intruso"}]}},
    "fail_routine": {**ROUTINE, "token": "{run_token}", "reason": "Intruso"},
    "routine_facts_daily_summary": {"local_date": "2026-01-20"},
    "routine_facts_birthdays": {"local_date": "2026-01-20"},
    "routine_facts_inactive_clients": {"local_date": "2026-01-20"},
    "routine_facts_opportunities": {"local_date": "2026-01-20"},
    "answered_followup": {"conversation_id": "{conversation_id}"},
    "list_templates": {},
    "put_template": {"kind": "custom", "text": "Intruso"},
    "followup_options": {"changes": {"payment_reminder": True}},
    "number_options": {"name": "{instance}", "changes": {"reply_window_hours": 1, "in_use_since": "2020-01-01"}},
    "list_followups": {},
    "add_followup": {
        "followup": {
            "kind": "custom",
            "contact_id": "{contact_id}",
            "text": "Intruso",
            "due_at": "2026-01-21T15:00:00Z",
        }
    },
    "cancel_followup": {"followup_id": "{followup_id}"},
}
#: What names rows of a tenant: by their identifiers, by a phone or by a name that only this tenant has.
WITH_IDENTIFIERS = [
    "add_block",
    "answer_question",
    "answered_followup",
    "appointments_of",
    "bookings_of_contact",
    "cancel_followup",
    "change_service",
    "claim_reply",
    "claim_send",
    "claim_summary",
    "complete_reply",
    "complete_routine",
    "complete_send",
    "complete_summary",
    "confirm_presence",
    "contact_history",
    "decide_proposal",
    "erase_contact",
    "export_contact",
    "fail_routine",
    "join_waiting_list",
    "leave_waiting_list",
    "media_source",
    "note_consent_of",
    "number_options",
    "pause_all",
    "propose",
    "recipient",
    "record_interactions",
    "remember_contact",
    "remember_dependent",
    "remove_block",
    "remove_knowledge",
    "remove_resource",
    "remove_service",
    "set_handover",
    "settle_send",
    "store_transcript",
]
#: In a conversation of one's own, rows of another tenant are named: the function, its arguments, and its answer. The
#: first conversation is a client's, the second the owner's.
MIXED: list[tuple[str, dict[str, Any], Any]] = [
    ("confirm_presence", {"conversation_id": "{client}", "booking_id": "{booking_id}"}, {"outcome": "gone"}),
    (
        "join_waiting_list",
        {**CALLS["join_waiting_list"], "conversation_id": "{client}"},
        {"outcome": "gone"},
    ),
    (
        "leave_waiting_list",
        {"conversation_id": "{client}", "service_id": "{service_id}"},
        {"outcome": "done", "services": []},
    ),
    ("propose", {"conversation_id": "{client}", "proposal": CALLS["propose"]["proposal"]}, {"refused": "unknown"}),
    *(
        (
            "propose",
            {
                "conversation_id": "{owner}",
                "proposal": {**CALLS["propose"]["proposal"], "kind": kind, "action": action},
            },
            {"refused": "unknown"},
        )
        for kind, action in (
            ("book", {"contact_id": "{contact_id}", "service_id": "{service_id}"}),
            ("move", {"booking_id": "{booking_id}"}),
            ("cancel", {"booking_id": "{booking_id}"}),
            ("no_show", {"booking_id": "{booking_id}"}),
            ("paid", {"booking_id": "{booking_id}", "cents": 1}),
            ("message", {"contact_ids": ["{contact_id}"], "text": "Oi"}),
        )
    ),
    (
        "decide_proposal",
        {
            "conversation_id": "{owner}",
            "decision": {"proposal_id": "{proposal_id}", "choice": "accept", "code": None, "seq": 1},
        },
        {"outcome": "none", "kind": None, "result": None, "unsent": []},
    ),
    (
        "answer_question",
        {**CALLS["answer_question"], "conversation_id": "{owner}"},
        {"outcome": "unknown", "number": 1},
    ),
    (
        "set_handover",
        {"conversation_id": "{owner}", "contact_id": "{contact_id}", "handed_over": True},
        {"outcome": "no_conversation"},
    ),
]


@pytest.fixture
def ids(business: Business) -> dict[str, str]:
    """One of everything that `business` has: a conversation under lease and an outgoing message under claim, with their
    tokens, an owner's conversation with an open proposal, a booking, what the business knows and what it was asked, a
    routine under claim, and a follow-up."""
    receipt = business.receive("Oi", name="Ana")
    voice = business.receive(None, kind="voice", media={"mimetype": "audio/ogg", "seconds": 3})
    question = {"kind": "question", "question": "Aceitam Pix?", "notice": "{number}: {question}"}
    claim = business.claim(voice)
    business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"text": "Vou perguntar.", "effects": [question]},
    )
    ((message_id,), (notice_id,)) = business.api.rows(
        "select id::text from app.messages where state = 'pending' order by seq desc"
    )
    business.send(notice_id)
    contact_id = contact_of(business, ANA)
    booking_id = booking_of(business, contact_id)
    business.api.call("put_resource", organization_id=business.organization_id, name="Cadeira", hours=None)
    block = {"starts": "2026-02-01T08:00", "ends": "2026-02-01T09:00", "reason": "Folga"}
    ids = {
        "instance": business.instance,
        "conversation_id": receipt["conversation_id"],
        "contact_id": contact_id,
        "message_id": message_id,
        "received_id": receipt["message_id"],
        "voice_id": voice["message_id"],
        "claim_token": business.claim_send(message_id)["token"],
        "booking_id": booking_id,
        "service_id": service_of(business),
        "block_id": business.api.call("add_block", organization_id=business.organization_id, block=block)["id"],
        "knowledge_id": business.api.call(
            "add_knowledge",
            organization_id=business.organization_id,
            entries=Jsonb([{"question": "Tem estacionamento?", "answer": "Sim"}]),
        )[0]["id"],
        "lease_token": business.claim(business.receive("E aí?"))["token"],
    }
    ids["run_token"] = call(business, "claim_routine", business.organization_id, ids)["token"]
    followup = {**CALLS["add_followup"]["followup"], "contact_id": contact_id, "text": "Volte sempre"}
    ids["followup_id"] = business.api.call("add_followup", organization_id=business.organization_id, followup=followup)[
        "id"
    ]
    for kind in ("inactive_clients", "birthdays", "opportunities"):
        business.api.call("set_routine", organization_id=business.organization_id, kind=kind, changes={"enabled": True})
    call(business, "join_waiting_list", business.organization_id, ids)
    call(business, "remember_dependent", business.organization_id, ids)
    office = Talk(business, CARLA)
    asked = office.was_asked("cancel", {"booking_id": booking_id})
    owner_conversation_id = str(
        business.api.value("select conversation_id from app.proposals where id = %s", asked["id"])
    )
    return {**ids, "owner_conversation_id": owner_conversation_id, "proposal_id": asked["id"]}


def call(business: Business, function: str, organization_id: str, ids: dict[str, str]) -> Any:
    return business.api.call(function, organization_id=organization_id, **filled(CALLS[function], ids))


def filled(value: Any, ids: dict[str, str]) -> Any:
    """Return `value` with the identifiers in the places of their names."""
    match value:
        case str():
            return value.format_map(ids)
        case dict():
            return {name: filled(each, ids) for name, each in value.items()}
        case list():
            return [filled(each, ids) for each in value]
    return value


def refusals(business: Business, functions: Iterable[str], organization_id: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return what each function answers an organization: the SQLSTATE of its refusal, or its answer."""
    answers = {}
    for function in functions:
        try:
            answers[function] = call(business, function, organization_id, ids)
        except psycopg.Error as refused:
            answers[function] = refused.sqlstate
    return answers


def everything(business: Business) -> dict[str, Any]:
    """Return all rows of a business, by table."""
    tables = business.api.rows("""
        select table_name from information_schema.columns
        where table_schema = 'app' and column_name = 'organization_id' order by 1
    """)
    assert ("proposals",) in tables
    return {
        table: business.api.rows(
            f"select to_jsonb(kept) from app.{table} as kept where {column} = %s order by to_jsonb(kept)::text",  # noqa: S608 - the catalogue's names
            business.organization_id,
        )
        for table, column in [("organizations", "id"), *((table, "organization_id") for (table,) in tables)]
    }


def test_all_functions_that_take_an_organization_are_tried(business: Business) -> None:
    """A function added later must be tried here too."""
    found = business.api.rows("""
        select proname from pg_proc
        where pronamespace = 'api'::regnamespace and 'p_organization_id' = any (proargnames) order by 1
    """)
    assert [name for (name,) in found] == sorted(CALLS)


def test_identifiers_of_another_organization_are_unknown(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """Even with the right token, an identifier is worth nothing outside its own organization."""
    before = everything(business)
    answers = refusals(business, WITH_IDENTIFIERS, other_business.organization_id, ids)
    assert answers == dict.fromkeys(WITH_IDENTIFIERS, "PT404")
    assert everything(business) == before


def test_an_organization_that_does_not_exist_is_unknown(business: Business, ids: dict[str, str]) -> None:
    """An organization that nobody is has nothing: it is refused, not answered with zeros."""
    assert refusals(business, CALLS, NOBODY, ids) == dict.fromkeys(CALLS, "PT404")


def test_nothing_that_one_organization_does_reaches_another(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """What takes no identifier answers with nothing of the other's, and changes none of the other's rows."""
    before = everything(business)
    free = sorted(CALLS.keys() - {*WITH_IDENTIFIERS, "add_followup"})
    answers = refusals(business, free, other_business.organization_id, ids)
    assert [function for function, answer in answers.items() if isinstance(answer, str)] == []
    foreign = [
        business.organization_id,
        *ids.values(),
        ANA,
        "Ana",
        "Corte",
        "Cadeira",
        "Folga",
        "Rex",
        "estacionamento",
        "Volte sempre",
    ]
    told = json.dumps(answers, ensure_ascii=False)
    assert [word for word in foreign if word in told] == []
    assert everything(business) == before


def test_a_followup_is_for_a_contact_of_ones_own(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """Named by its identifier or by its phone, another organization's contact is nobody."""
    before = everything(business)
    for contact in ({}, {"contact_id": None, "phone": ANA}):
        followup = {**filled(CALLS["add_followup"]["followup"], ids), **contact}
        with pytest.raises(psycopg.Error) as refused:
            other_business.api.call("add_followup", organization_id=other_business.organization_id, followup=followup)
        assert (refused.value.sqlstate, refused.value.diag.message_hint) == ("PT422", "unknown_contact")
    assert everything(business) == before


def test_a_conversation_of_ones_own_reaches_no_row_of_another_organization(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """A customer or an owner who names what another business has is answered as if there were no such thing."""
    own = {
        "client": other_business.receive("Oi")["conversation_id"],
        "owner": other_business.receive("Oi", phone=CARLA)["conversation_id"],
    }
    before = everything(business)
    for function, arguments, answer in MIXED:
        told = other_business.api.call(
            function, organization_id=other_business.organization_id, **filled(arguments, {**ids, **own})
        )
        assert (function, arguments, told) == (function, arguments, answer)
    assert everything(business) == before


def test_what_is_read_is_the_organizations_own(
    business: Business, other_business: Business, ids: dict[str, str]
) -> None:
    """Contacts, figures and services of one tenant do not show in another's."""
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
    assert [[service["name"] for service in services] for services in sold] == [["Corte"], []]


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
