"""api.receive_message: stored once, in order, for the right person, with a decision where no reply is due."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Api, Business, DatabaseClock


def test_a_first_message_makes_contact_conversation_and_message(business: Business) -> None:
    """A person's first message creates all there is to know of them and asks for a reply."""
    receipt = business.receive("Quanto custa o banho?", name="Ana")
    assert (receipt["created"], receipt["reply_due"], receipt["seq"]) == (True, True, 1)
    assert receipt["organization_id"] == business.organization_id
    (row,) = business.api.rows("""
        select contact.name, conversation.audience, conversation.address, message.text, message.author, message.seq
        from app.messages as message
        join app.conversations as conversation on conversation.id = message.conversation_id
        join app.contacts as contact on contact.id = conversation.contact_id
    """)
    assert row == ("Ana", "client", ANA, "Quanto custa o banho?", "contact", 1)


def test_a_redelivery_changes_nothing_and_repeats_the_receipt(business: Business) -> None:
    """The same report again stores nothing; the reply stays due until something covers it."""
    message = business.message()
    first, again = business.store(message), business.store(message)
    assert again == {**first, "created": False}
    assert again["reply_due"]
    business.answer(first)
    assert not business.store(message)["reply_due"]
    assert business.api.value("select count(*) from app.messages where direction = 'inbound'") == 1


TWINS = [
    ({"phone": ANA}, {"phone": None, "lid": "123456789012345"}),
    ({"phone": None, "lid": "123456789012345"}, {"phone": ANA}),
    ({"phone": ANA, "lid": "123456789012345"}, {"phone": None, "lid": "123456789012345"}),
    ({"phone": None, "lid": "123456789012345"}, {"phone": ANA, "lid": "123456789012345"}),
]


@pytest.mark.parametrize(("first", "twin"), TWINS)
def test_a_twin_under_another_address_is_the_same_message(
    business: Business, first: dict[str, Any], twin: dict[str, Any]
) -> None:
    """Gateways may report one message twice, under the phone and under the hidden id."""
    stored = business.receive(provider_message_id="TWIN", **first)
    again = business.receive(provider_message_id="TWIN", **twin)
    assert not again["created"]
    assert again["message_id"] == stored["message_id"]
    assert business.api.value("select count(*) from app.conversations") == 1


def test_the_same_id_on_another_number_is_another_message(business: Business, other_business: Business) -> None:
    """Message ids are unique within a WhatsApp number, no further."""
    assert business.receive(provider_message_id="SAME")["created"]
    receipt = other_business.receive(provider_message_id="SAME")
    assert receipt["created"]
    assert receipt["organization_id"] == other_business.organization_id


def test_phone_and_hidden_id_become_one_contact_when_one_message_names_both(business: Business) -> None:
    """Known as two people until a message says that they are one: the phone's contact stays, the hidden id follows."""
    by_lid = business.receive(phone=None, lid="777777777777")
    by_phone = business.receive()
    both = business.receive(lid="777777777777")
    assert both["conversation_id"] == by_phone["conversation_id"] != by_lid["conversation_id"]
    later = business.receive(phone=None, lid="777777777777")
    assert later["conversation_id"] == by_phone["conversation_id"]
    assert business.claim(by_lid)["outcome"] == "claimed", "what was written before the merger is still answered"


def test_a_conversation_moves_along_when_a_hidden_id_turns_out_to_have_a_phone(business: Business) -> None:
    """Nobody wrote under the phone before: what was said under the hidden id goes on."""
    by_lid = business.receive(phone=None, lid="777777777777")
    assert business.receive(lid="777777777777")["conversation_id"] == by_lid["conversation_id"]
    assert business.receive()["conversation_id"] == by_lid["conversation_id"]


def test_who_took_over_under_one_name_has_taken_over_under_the_other(business: Business) -> None:
    """A conversation handed over under the hidden id stays the person's when the phone becomes known."""
    business.receive()
    business.answer(business.receive(phone=None, lid="777777777777"), reason="asks for a person")

    merged = business.receive(lid="777777777777")

    assert (merged["reply_due"], merged["decision"]) == (False, "handed_over")


def test_a_name_given_once_is_kept(business: Business) -> None:
    """A contact without a name takes the first one it gives; later ones do not replace it."""
    for name in (None, "Ana", "Ana 🐶"):
        business.receive(name=name)
    assert business.api.value("select name from app.contacts") == "Ana"


def test_the_newest_address_is_written_to(business: Business) -> None:
    """A gateway may move a person from a phone to a hidden id: the answer goes to the newest address."""
    business.receive(lid="777777777777", address="5511912345678@s.whatsapp.net")
    receipt = business.receive(lid="777777777777", address="777777777777@lid")
    (unsent,) = business.answer(receipt)["unsent"]
    assert business.claim_send(unsent["message_id"])["address"] == "777777777777@lid"


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({}, None),
        ({"kind": "voice", "text": None}, None),
        ({"kind": "reaction", "text": "👍"}, "ignored"),
        ({"kind": "sticker", "text": None}, "ignored"),
        ({"kind": "unsupported", "text": None}, None),  # what cannot be opened is asked for in words
        ({"sent_at": NOW - timedelta(seconds=600)}, None),
        ({"sent_at": NOW - timedelta(seconds=601)}, "stale"),
        ({"kind": "reaction", "sent_at": NOW - timedelta(days=1)}, "ignored"),
        ({"sent_at": NOW + timedelta(minutes=5)}, None),
    ],
)
def test_what_needs_no_reply_is_decided_on_arrival(
    business: Business, changes: dict[str, Any], decision: str | None
) -> None:
    """Every message is stored; one that gets no reply says why."""
    receipt = business.receive(**changes)
    assert (receipt["decision"], receipt["reply_due"]) == (decision, decision is None)


@pytest.mark.parametrize("switch", ["assistant_enabled", "is_active"])
def test_a_business_that_is_switched_off_stores_and_does_not_answer(business: Business, switch: str) -> None:
    """Neither a client nor an owner is answered while the assistant is off."""
    business.api.rows(f"update app.organizations set {switch} = false")  # noqa: S608 - a column from the table above
    assert business.receive()["decision"] == "assistant_off"
    assert business.receive(phone=CARLA)["decision"] == "assistant_off"


def test_an_owner_talks_to_aurora_from_the_first_message_after_the_number_is_registered(business: Business) -> None:
    """Who somebody is, is looked up at each message."""
    receipt = business.receive()
    assert business.claim(receipt)["turn"]["audience"] == "client"
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone) select id, %s from app.organizations", ANA
    )
    assert business.claim(business.receive(), owner="job-1", attempt=2)["turn"]["audience"] == "owner"
    business.api.rows("update app.owner_numbers set is_active = false where phone = %s", ANA)
    assert business.claim(business.receive(), owner="job-1", attempt=3)["turn"]["audience"] == "client"


def test_typing_on_the_business_phone_takes_over_for_an_hour(business: Business, clock: DatabaseClock) -> None:
    """What was open is the person's, the assistant keeps silent for an hour, then it answers again."""
    open_message = business.receive()
    typed = business.receive("Oi Ana, aqui é a Carla", author="business")
    assert (typed["created"], typed["reply_due"]) == (True, False)
    assert business.claim(open_message)["outcome"] == "answered"
    assert business.store(business.message(sent_at=NOW))["decision"] == "handed_over"
    clock.advance(minutes=60)
    receipt = business.receive(sent_at=clock.now)
    assert receipt["reply_due"]
    history = business.claim(receipt)["turn"]["history"]
    assert [each["speaker"] for each in history] == ["contact", "business", "contact", "contact"]


def test_typing_on_the_business_phone_while_the_answer_is_written_refuses_that_answer(business: Business) -> None:
    """The run that wrote the answer lost its lease to the person who took over."""
    receipt = business.receive()
    claim = business.claim(receipt)
    business.receive("Deixa comigo", author="business")
    with pytest.raises(psycopg.Error) as refused:
        business.complete(receipt, claim)
    assert refused.value.sqlstate == "PT409"
    assert business.api.value("select decision from app.messages where direction = 'inbound'") == "handed_over"


@pytest.fixture
def with_own_number(business: Business) -> str:
    business.api.rows("update app.instances set phone = '+551133334444'")
    return "+551133334444"


def test_a_note_to_oneself_on_the_business_phone_is_the_owner_asking(business: Business, with_own_number: str) -> None:
    """Somebody who writes to the business's own number from its own phone is talking to Aurora."""
    receipt = business.receive("Como foi hoje?", phone=with_own_number, author="business")
    assert receipt["reply_due"]
    assert business.claim(receipt)["turn"]["audience"] == "owner"


@pytest.mark.parametrize("before_the_gateway_answered", [True, False])
def test_auroras_answer_to_a_note_is_never_taken_for_another_note(
    business: Business, with_own_number: str, before_the_gateway_answered: bool
) -> None:
    """The gateway reports our own answer in that chat as written by the business: answering it would never end."""
    receipt = business.receive("Como foi hoje?", phone=with_own_number, author="business")
    (unsent,) = business.answer(receipt, text="Foi ótimo!")["unsent"]
    claim = business.claim_send(unsent["message_id"])
    if not before_the_gateway_answered:
        business.complete_send(unsent["message_id"], claim["token"], state="sent", provider_message_id="ECHO")
    echo = business.receive("Foi ótimo!", phone=with_own_number, author="business", provider_message_id="ECHO")
    assert (echo["created"], echo["reply_due"]) == (False, False)
    assert business.api.value("select count(*) from app.messages") == 2


def test_an_unknown_instance_is_refused(api: Api, business: Business) -> None:
    """Nothing is stored for a number that no organization has."""
    with pytest.raises(psycopg.Error) as refused:
        replace(business, instance="nobody").receive()
    assert (refused.value.sqlstate, refused.value.diag.message_hint) == ("PT404", "unknown_instance")
    assert api.value("select count(*) from app.messages") == 0


def at_once(business: Business, messages: list[dict[str, Any]], *, threads: int) -> list[dict[str, Any]]:
    """Store every message from every thread, all of them starting together."""
    start = Barrier(threads)

    def work(number: int) -> list[dict[str, Any]]:
        with closing(Api(business.api.dsn)) as api:
            mine = replace(business, api=api)
            turned = messages[number % len(messages) :] + messages[: number % len(messages)]
            start.wait()
            return [mine.store(message) for message in turned]

    with ThreadPoolExecutor(threads) as pool:
        return [receipt for receipts in pool.map(work, range(threads)) for receipt in receipts]


def test_two_first_messages_at_once_make_one_contact(business: Business) -> None:
    """A burst from a new person is one contact, one conversation, two messages."""
    receipts = at_once(business, [business.message("Oi"), business.message("Tudo bem?")], threads=2)
    assert sum(receipt["created"] for receipt in receipts) == 2
    assert business.api.value("select count(*) from app.contacts") == 1
    assert business.api.value("select count(*) from app.conversations") == 1


def test_twins_at_once_are_stored_once(business: Business) -> None:
    """The same message at the same moment under the phone and under the hidden id is one message."""
    phone = business.message(provider_message_id="TWIN")
    lid = business.message(provider_message_id="TWIN", phone=None, lid="777777777777")
    receipts = at_once(business, [phone, lid], threads=8)
    assert sum(receipt["created"] for receipt in receipts) == 1
    assert business.api.value("select count(*) from app.contacts") == 1


def test_a_storm_of_repeats_numbers_without_a_gap(business: Business) -> None:
    """Eight deliveries of each of 25 messages at once store 25 messages, numbered 1 to 25."""
    messages = [business.message(f"Mensagem {number}") for number in range(25)]
    receipts = at_once(business, messages, threads=8)
    assert sum(receipt["created"] for receipt in receipts) == 25
    assert business.api.rows("select array_agg(seq order by seq) from app.messages") == [(list(range(1, 26)),)]
