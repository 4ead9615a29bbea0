"""Everything that is kept of a person, given out; and all that tells who they were, deleted for ever."""

import json
import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Api, Business
from tests.integration.database.conftest import BRUNO, new_contact

HASH = "ab" * 32
LID = "203948572011933"
TODAY = NOW.date().isoformat()
#: Everything of this is personal; nothing of it may be left anywhere.
SECRETS = ("Ana", ANA, ANA.lstrip("+"), LID, "Rex", "segredo", "1990-05-17")


@pytest.fixture
def known(business: Business) -> dict[str, Any]:
    """Ana, of whom there is something in every table; the receipt of what she wrote last."""
    api, organization = business.api, business.organization_id
    first = business.receive("segredo: sou a Ana", name="Ana", lid=LID)
    business.answer(first, text="Oi Ana, que segredo", reason="segredo da Ana")
    contact = api.value("select contact_id from app.conversations where id = %s", first["conversation_id"])
    names = {"organization": organization, "contact": contact, "conversation": first["conversation_id"]}
    for statement in (
        "update app.contacts set birth_date = '1990-05-17' where id = %(contact)s",
        "update app.conversations set summary = 'Ana tem segredo', handed_over_at = null where id = %(conversation)s",
        "insert into app.services (organization_id, name, price_cents) values (%(organization)s, 'Banho', 6000)",
        """insert into app.dependents (organization_id, contact_id, kind, name, details)
           values (%(organization)s, %(contact)s, 'pet', 'Rex', 'segredo')""",
        """insert into app.bookings (organization_id, contact_id, service_id, period, price_cents, dependent_id)
           select
               %(organization)s, %(contact)s, service.id,
               tstzrange(app.now() + interval '1 day', app.now() + interval '25 hours'), 6000, dependent.id
           from app.services as service, app.dependents as dependent""",
        """insert into app.waiting_list (organization_id, contact_id, service_id)
           select %(organization)s, %(contact)s, id from app.services""",
        """insert into app.questions (organization_id, conversation_id, number, question)
           values (%(organization)s, %(conversation)s, 1, 'segredo?'),
               (%(organization)s, %(conversation)s, 2, 'segredo da Ana?')""",
        """insert into app.question_notices (organization_id, message_id, question_id)
           select %(organization)s, (app.put_outbound(
               app.owner_conversation((select instance from app.instances as instance), owner),
               'Ana pergunta um segredo', 'notice', null, null
           )).id, question.id
           from app.owner_numbers as owner, app.questions as question where question.number = 1""",
        """insert into app.proposals (
               organization_id, conversation_id, idempotency_key, kind, action, preview, turn_seq, expires_at
           )
           select
               %(organization)s, %(conversation)s, 'k', 'book', '{"note": "segredo"}', 'Ana, segredo', 1, app.now()""",
        """insert into app.outreach (organization_id, text) values (%(organization)s, 'Oi Ana, segredo')""",
        """insert into app.outreach_recipients (organization_id, outreach_id, contact_id, message_id)
           select %(organization)s, outreach.id, %(contact)s, (app.put_outbound(
               (select conversation from app.conversations as conversation where id = %(conversation)s),
               'Oi Ana, segredo', 'proactive', null, null
           )).id
           from app.outreach as outreach""",
        """insert into app.followups (
               organization_id, contact_id, kind, text, idempotency_key, due_at, expires_at
           )
           values (
               %(organization)s, %(contact)s, 'custom', 'Ana, o segredo do Rex', 'k',
               app.now() + interval '1 day', app.now() + interval '2 days'
           )""",
    ):
        api.rows(statement, names) if "%" in statement else api.rows(statement)
    tell_owner_of(business, str(contact))
    voice = business.receive(None, kind="voice", name="Ana", lid=LID, media={"filename": "segredo.ogg"})
    api.rows("update app.messages set transcript = 'segredo' where id = %s", voice["message_id"])
    return voice


def tell_owner_of(business: Business, contact_id: str) -> None:
    """Let a routine tell the owner of Ana and of Bruno, and propose a message to both."""
    bruno = new_contact(business, "Bruno", BRUNO)
    preview = "*Oi Ana!* para Ana e Bruno"
    routine = {"organization_id": business.organization_id, "kind": "birthdays", "local_date": TODAY}
    token = business.api.call("claim_routine", **routine, lease={"owner": "run", "attempt": 1, "seconds": 60})["token"]
    action = {
        "contact_ids": [contact_id, bruno],
        "text": "Oi Ana!",
        "texts": {contact_id: "Oi Ana!", bruno: "Oi Bruno!"},
        "expiries": dict.fromkeys((contact_id, bruno), NOW.isoformat()),
        "marketing": True,
        "marketing_to": [contact_id, bruno],
    }
    proposal = {
        "kind": "message",
        "action": action,
        "preview": preview,
        "how_to_agree": "Responda 1",
        "how_to_agree_with_code": "Responda 1 {code}",
        "valid_seconds": 60,
    }
    message = {"text": f"Ana ({ANA}) e o Rex\nBruno ({BRUNO})", "proposal": proposal}
    business.api.call(
        "complete_routine", **routine, token=token, result={"messages": [message], "followups": [], "detail": {}}
    )


def erase(business: Business, phone: str = ANA) -> dict[str, Any]:
    erased: dict[str, Any] = business.api.call(
        "erase_contact", organization_id=business.organization_id, phone=phone, phone_hash=HASH
    )
    return erased


def export(business: Business, phone: str = ANA) -> dict[str, Any]:
    exported: dict[str, Any] = business.api.call(
        "export_contact", organization_id=business.organization_id, phone=phone
    )
    return exported


def left_over(business: Business) -> list[str]:
    """The rows, of any table of the schema `app`, that still hold something of Ana's."""
    tables = business.api.rows("select tablename from pg_tables where schemaname = 'app'")
    rows = [
        f"{table}: {row}"
        for (table,) in tables
        for (row,) in business.api.rows(f"select t::text from app.{table} as t")  # noqa: S608 - our own tables
    ]
    return [row for row in rows if any(secret in row for secret in SECRETS)]


def test_a_copy_holds_everything(business: Business, known: dict[str, Any]) -> None:
    """Every kind of record is in it, nothing of another tenant or of the keys, and that it was given out is noted."""
    copy = export(business)
    assert set(copy) == {
        *("contacts", "identities", "dependents", "bookings", "waiting_list", "outreach", "conversations", "messages"),
        *("questions", "proposals", "model_calls", "consent_log", "followups"),
    }
    assert all(copy.values())
    assert {identity["value"] for identity in copy["identities"]} == {ANA, LID}
    assert (copy["contacts"][0]["name"], copy["contacts"][0]["birth_date"]) == ("Ana", "1990-05-17")
    assert copy["bookings"][0]["service"] == "Banho"
    written = [followup["text"] for followup in copy["followups"] if followup["kind"] == "custom"]
    assert written == ["Ana, o segredo do Rex"]
    assert "segredo: sou a Ana" in [message["text"] for message in copy["messages"]]
    assert [entry["event"] for entry in copy["consent_log"]] == ["exported"]
    assert business.organization_id not in json.dumps(copy)


def test_nothing_that_tells_who_it_was_is_left(business: Business, known: dict[str, Any]) -> None:
    """No table holds a word of it; bookings and figures are the same as before."""
    assert len(left_over(business)) > 10
    figures = "select count(*), sum(price_cents), min(lower(period))::text from app.bookings"
    before = business.api.rows(figures), business.api.value("select count(*) from app.ai_interactions")
    erased = erase(business)
    assert left_over(business) == []
    assert (business.api.rows(figures), business.api.value("select count(*) from app.ai_interactions")) == before
    assert (erased["outcome"], erased["upcoming_bookings"]) == ("erased", 1)
    assert business.api.rows("select text like '%%Bruno%%' from app.messages where state = 'pending'") == [(True,)]
    assert business.api.rows("select event from app.consent_log") == [("erased",)]
    assert business.api.rows("select phone_hash from app.suppressions") == [(HASH,)]


def test_what_owners_were_told_of_others_stays(business: Business, known: dict[str, Any]) -> None:
    """A routine's message loses the person alone, and what it proposes for the others can still be agreed to."""
    erase(business)
    [(text,)] = business.api.rows("select text from app.messages where purpose = 'notice' and text like '%%Bruno%%'")
    *lines, agree = text.splitlines()
    assert lines == ["- (-) e o -", f"Bruno ({BRUNO})", "", "*Oi -!* para - e Bruno", ""]
    assert agree.startswith("Responda 1")
    [(preview, action, state)] = business.api.rows(
        "select preview, action, state from app.proposals where kind = 'message'"
    )
    assert preview in text
    assert list(action["texts"].values()) == ["Oi Bruno!"]
    assert action["contact_ids"] == action["marketing_to"] == list(action["texts"]) == list(action["expiries"])
    assert state == "open"


@pytest.mark.parametrize(
    ("word", "left"),
    [
        ("Ana", "-, Anabela e -. +5511, 5511 e a.b aab"),
        ("+5511", "Ana, Anabela e Ana. -, 5511 e a.b aab"),
        ("a.b", "Ana, Anabela e Ana. +5511, 5511 e - aab"),
    ],
)
def test_only_whole_words_are_taken_out(api: Api, word: str, left: str) -> None:
    """A name within another one is somebody else's, and no sign in a name means anything but itself."""
    text = "Ana, Anabela e Ana. +5511, 5511 e a.b aab"
    assert api.value("select app.without_words(%s, array[%s])", text, word) == left


def test_a_routine_that_is_being_composed_tells_nothing_of_them(business: Business, known: dict[str, Any]) -> None:
    """It has read of the person; the next attempt reads anew."""
    routine = {"organization_id": business.organization_id, "kind": "opportunities", "local_date": TODAY}
    lease = {"owner": "run", "attempt": 1, "seconds": 60}
    token = business.api.call("claim_routine", **routine, lease=lease)["token"]
    erase(business)
    result = {"messages": [{"text": f"Ana ({ANA})"}], "followups": [], "detail": {}}
    with pytest.raises(psycopg.Error, match="another run claimed"):
        business.api.call("complete_routine", **routine, token=token, result=result)
    assert business.api.call("claim_routine", **routine, lease={**lease, "owner": "next"})["outcome"] == "claimed"


def test_erasing_twice_is_harmless(business: Business, known: dict[str, Any]) -> None:
    """The second time nothing is known but the hash; a stranger's number and the business's own are refused."""
    erase(business)
    assert erase(business) == {"outcome": "already_erased"}
    business.receive("Oi", phone=CARLA)
    with pytest.raises(psycopg.Error, match="business's own"):
        erase(business, CARLA)
    with pytest.raises(psycopg.Error, match="no contact has this phone"):
        export(business)


def test_who_writes_again_is_a_stranger(business: Business, known: dict[str, Any]) -> None:
    """A new contact in a new conversation, without a word of before."""
    erase(business)
    receipt = business.receive("Oi", lid=LID)
    assert receipt["conversation_id"] != known["conversation_id"]
    turn = business.claim(receipt)["turn"]
    assert ([message["text"] for message in turn["history"]], turn["contact"]["name"]) == (["Oi"], None)
    assert turn["introduced"] is False


def test_an_answer_that_is_being_written_is_lost(business: Business, known: dict[str, Any]) -> None:
    """Who claimed the turn before must not write down what it was told, nor anybody else what came late."""
    claim = business.claim(known)
    erase(business)
    with pytest.raises(psycopg.Error, match="lease"):
        business.complete(known, claim, text="Ana, o segredo")
    assert business.claim(known)["outcome"] == "answered"
    api = business.api
    api.rows("update app.messages set text = 'segredo', transcript = 'segredo', media = '{}'")
    api.rows("update app.contacts set name = 'Ana', birth_date = '1990-05-17' where erased_at is not null")
    api.rows("update app.conversations set summary = 'segredo', address = %s", ANA)
    conversation = api.value("select conversation from app.conversations as conversation where summary is null")
    assert conversation is not None
    api.rows(
        "select app.put_outbound(conversation, 'Oi Ana', 'proactive', null, null)"
        " from app.conversations as conversation where id = %s",
        known["conversation_id"],
    )
    assert [row for row in left_over(business) if known["conversation_id"] in row] == []


def test_two_contacts_of_one_person_are_erased_together(business: Business) -> None:
    """What stays with the contact that a person used to be is found by the phone of the one that they are."""
    business.receive("segredo do lid", phone=None, lid=LID, name="Ana")
    business.receive("segredo do telefone", name="Ana")
    business.receive("agora juntos", lid=LID)
    assert len(export(business)["contacts"]) == 2
    assert {message["text"] for message in export(business)["messages"]} == {
        *("segredo do lid", "segredo do telefone", "agora juntos"),
    }
    erase(business)
    assert left_over(business) == []


def test_a_message_that_arrives_meanwhile_is_a_strangers(business: Business, known: dict[str, Any]) -> None:
    """It waits until everything is deleted, and does not bring the address back."""
    with psycopg.connect(business.api.dsn) as erasing:
        erasing.execute("select api.erase_contact(%s, %s, %s)", [business.organization_id, ANA, HASH])
        arriving = threading.Thread(target=lambda: business.receive("Oi"))
        arriving.start()
        arriving.join(timeout=0.3)
        assert arriving.is_alive()
    arriving.join(timeout=10)
    contacts = business.api.rows(
        "select erased_at is null from app.conversations as conversation"
        " inner join app.contacts as contact on contact.id = conversation.contact_id"
        " where audience = 'client' order by conversation.created_at, erased_at"
    )
    assert sorted(contacts) == [(False,), (True,)]
    assert (
        business.api.value("select address from app.conversations where id = %s", known["conversation_id"]) == "erased"
    )


def test_other_businesses_keep_what_they_know(business: Business, other_business: Business) -> None:
    """One business's deletion is not another's."""
    business.receive("Oi", name="Ana")
    other_business.receive("Oi", name="Ana", sent_at=NOW - timedelta(minutes=1))
    erase(business)
    assert other_business.api.rows("select name from app.contacts where erased_at is null and name is not null") == [
        ("Ana",)
    ]
    assert export(other_business)["messages"][0]["text"] == "Oi"
