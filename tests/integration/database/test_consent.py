"""What people allow of messages that they did not ask for, and what the business types to switch the assistant."""

from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Business, DatabaseClock

STAFF = "+5511966665555"


def contact_of(business: Business, receipt: dict[str, Any]) -> str:
    found: str = business.api.value(
        "select contact_id::text from app.conversations where id = %s", receipt["conversation_id"]
    )
    return found


def note(business: Business, contact_id: str, event: str) -> bool:
    noted: bool = business.api.value(
        "select app.note_consent(%s, %s, %s, 'message')", business.organization_id, contact_id, event
    )
    return noted


def log(business: Business) -> list[str]:
    return [event for (event,) in business.api.rows("select event from app.consent_log order by id")]


def state(business: Business) -> tuple[bool, bool]:
    """Whether Ana opted out, and whether she consents to marketing."""
    ((opted_out, marketing),) = business.api.rows(
        "select opted_out_at is not null, marketing_consent_at is not null from app.contacts"
    )
    return opted_out, marketing


def put_proactive(business: Business, receipt: dict[str, Any]) -> str:
    message_id: str = business.api.value(
        "select (app.put_outbound(conversation, 'Promoção!', 'proactive', null, null)).id::text"
        " from app.conversations as conversation where id = %s",
        receipt["conversation_id"],
    )
    return message_id


def message_state(business: Business, message_id: str) -> str:
    found: str = business.api.value("select state from app.messages where id = %s", message_id)
    return found


def test_every_consent_is_noted_once_and_holds(business: Business) -> None:
    """What holds already is no news; opting out ends marketing, coming back does not grant it again."""
    contact_id = contact_of(business, business.receive())
    story = [
        ("marketing_granted", True, (False, True)),
        ("marketing_granted", False, (False, True)),
        ("opted_out", True, (True, False)),
        ("opted_out", False, (True, False)),
        ("marketing_withdrawn", False, (True, False)),
        ("opted_in", True, (False, False)),
        ("opted_in", False, (False, False)),
        ("opted_out", True, (True, False)),
        ("marketing_granted", True, (False, True)),
        ("marketing_withdrawn", True, (False, False)),
    ]
    for event, news, after in story:
        assert (event, note(business, contact_id, event), state(business)) == (event, news, after)
    assert log(business) == [event for event, news, _ in story if news]


def test_opting_out_withdraws_what_the_business_was_about_to_say(business: Business) -> None:
    """The person's own answers still leave."""
    receipt = business.receive()
    reply = business.answer(receipt)["unsent"][0]["message_id"]
    proactive = put_proactive(business, receipt)
    note(business, contact_of(business, receipt), "opted_out")
    assert (message_state(business, proactive), message_state(business, reply)) == ("withdrawn", "pending")


def test_a_confirmation_and_its_consent_are_one(business: Business) -> None:
    """The answer that says "done" does it."""
    receipt = business.receive("parar")
    claim = business.claim(receipt)
    effect = {"kind": "consent", "event": "opted_out", "source": "message"}
    business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"text": "Pronto", "effects": [effect]},
    )
    assert state(business) == (True, False)
    assert business.claim(business.receive("quanto custa?"))["turn"]["contact"]["opted_out"] is True


def test_a_stop_is_heeded_by_an_answer_that_is_not_sent(business: Business) -> None:
    """The assistant is silenced while the answer is written: no word of it is sent, and what was wanted holds."""
    receipt = business.receive("parar")
    claim = business.claim(receipt)
    business.api.rows("update app.conversations set handed_over_at = app.now()")
    effects = [{"kind": "unopened"}, {"kind": "consent", "event": "opted_out", "source": "message"}]
    completion = business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"text": "Pronto", "effects": effects},
    )
    assert (completion["outcome"], completion["unsent"]) == ("withdrawn", [])
    assert (state(business), log(business)) == ((True, False), ["opted_out"])
    assert business.api.value("select unopened_told_on from app.conversations") is None


def test_a_stop_holds_from_when_it_is_stored(business: Business, clock: DatabaseClock) -> None:
    """Before anybody answers it, once however often it is delivered; what is read later knows it as an old one."""
    message = business.message("parar")
    stop = business.store(message, opts_out=True)
    assert (state(business)[0], log(business)) == (True, ["opted_out"])
    assert business.store(message, opts_out=True)["created"] is False
    assert log(business) == ["opted_out"]

    contact = business.claim(stop)["turn"]["contact"]
    assert (contact["opted_out"], contact["opted_out_now"]) == (True, True)
    business.api.rows("update app.messages set decision = 'handed_over'")
    clock.advance(minutes=10)
    contact = business.claim(business.receive("quanto custa?"))["turn"]["contact"]
    assert (contact["opted_out"], contact["opted_out_now"]) == (True, False)


def test_an_owner_who_types_a_stop_is_no_customer(business: Business) -> None:
    """Aurora is told to stop in other ways; nobody's consent is at stake."""
    business.store(business.message("parar", phone=CARLA), opts_out=True)
    assert log(business) == []


@pytest.mark.parametrize("statement", ["update app.consent_log set event = 'opted_in'", "delete from app.consent_log"])
def test_the_consent_log_only_grows(business: Business, statement: str) -> None:
    """Nobody rewrites what people allowed; with the whole business it goes."""
    note(business, contact_of(business, business.receive()), "opted_out")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        business.api.rows(statement)
    business.api.rows("delete from app.organizations where id = %s", business.organization_id)
    assert log(business) == []


def test_a_stop_that_nobody_answers_is_heeded(business: Business, clock: DatabaseClock) -> None:
    """Once, by its message; what the person said later is not undone when the message is delivered again."""
    receipt = business.receive("parar")

    def noted() -> bool:
        answer: bool = business.api.call(
            "note_consent_of",
            organization_id=business.organization_id,
            message_id=receipt["message_id"],
            event="opted_out",
        )["noted"]
        return answer

    assert (noted(), noted(), state(business)[0]) == (True, False, True)
    clock.advance(minutes=1)
    note(business, contact_of(business, receipt), "opted_in")
    assert (noted(), state(business)[0]) == (False, False)


def test_an_erased_phone_is_recognised_once(business: Business) -> None:
    """Who writes again after everything was deleted gets no proactive message, until they say otherwise."""
    phone_hash = "ab" * 32
    business.api.rows("insert into app.suppressions values (%s, %s)", business.organization_id, phone_hash)

    def writes(text: str) -> dict[str, Any]:
        receipt: dict[str, Any] = business.api.call(
            "receive_message",
            provider="evolution",
            instance=business.instance,
            message=business.message(text),
            freshness_seconds=600.0,
            phone_hash=phone_hash,
        )
        return receipt

    receipt = writes("Oi")
    assert state(business) == (True, False)
    note(business, contact_of(business, receipt), "opted_in")
    writes("Oi de novo")
    assert state(business) == (False, False)


def typed(business: Business, text: str) -> dict[str, Any]:
    """Somebody types this in Ana's chat on the business phone."""
    return business.receive(text, author="business")


def silence(business: Business, receipt: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the conversation is handed over, and whether it is paused."""
    ((handed_over, paused),) = business.api.rows(
        "select handed_over_at is not null, coalesce(paused_until > %s, false) from app.conversations where id = %s",
        NOW,
        receipt["conversation_id"],
    )
    return handed_over, paused


def test_the_business_phone_switches_one_conversation(business: Business) -> None:
    """`#pausa` until `#bot`; `#bot` returns it at once, also from the pause that other words make."""
    receipt = business.receive()
    story = [
        ("#pausa", (True, False)),
        ("#Pausa!", (True, False)),
        (" #bot ", (False, False)),
        ("Oi, aqui é a Carla", (False, True)),
        ("#bot", (False, False)),
        ("o #bot responde", (False, True)),
    ]
    for text, after in story:
        typed(business, text)
        assert (text, silence(business, receipt)) == (text, after)


def test_commands_leave_open_messages_to_who_shall_answer_them(business: Business) -> None:
    """`#pausa` takes what is open with it; `#bot` leaves it to the assistant."""
    first = business.receive("Oi")
    typed(business, "#bot")
    assert business.claim(first)["outcome"] == "claimed"
    typed(business, "#pausa")
    assert business.receive("Alô")["decision"] == "handed_over"
    assert business.api.value("select handover_reason from app.conversations") == "#pausa"
    assert {d for (d,) in business.api.rows("select decision from app.messages where direction = 'inbound'")} == {
        "handed_over"
    }


def test_an_administrator_switches_all_conversations(business: Business) -> None:
    """Customers are not answered meanwhile, owners are; staff may not, and the other way back works."""
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone, permission) values (%s, %s, 'staff')",
        business.organization_id,
        STAFF,
    )
    owner, staff, ana = (business.receive("Oi", phone=phone) for phone in (business.owner, STAFF, ANA))

    def switch(receipt: dict[str, Any], paused: bool) -> str:
        outcome: str = business.api.call(
            "pause_all",
            organization_id=business.organization_id,
            conversation_id=receipt["conversation_id"],
            paused=paused,
        )["outcome"]
        return outcome

    assert (switch(staff, True), switch(ana, True)) == ("forbidden", "forbidden")
    assert (switch(owner, True), switch(owner, True)) == ("paused", "unchanged")
    assert business.claim(ana)["decision"] == "assistant_off"
    assert business.claim(owner)["outcome"] == "claimed"
    assert (switch(owner, False), switch(owner, False)) == ("resumed", "unchanged")
    assert business.receive("Voltou?")["decision"] is None
