"""api.claim_send and api.complete_send: in order, once, with an honest state."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier
from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ANA, CARLA, Api, Business, DatabaseClock


@pytest.fixture
def reply(business: Business) -> str:
    """The id of a reply that waits in the outbox."""
    (unsent,) = business.answer(business.receive())["unsent"]
    message_id: str = unsent["message_id"]
    return message_id


@pytest.fixture
def replies(business: Business) -> list[str]:
    """The ids of three replies of one conversation that wait in the outbox, in the order of what they answer."""
    return [business.answer(business.receive())["unsent"][-1]["message_id"] for _ in range(3)]


def state_of(business: Business, message_id: str) -> tuple[Any, ...]:
    ((*found,),) = business.api.rows(
        "select state, provider_message_id, accepted_at is not null from app.messages where id = %s", message_id
    )
    return tuple(found)


def test_a_claim_says_what_to_send_where(business: Business, reply: str) -> None:
    """One call gives the sender all it needs."""
    claim = business.claim_send(reply)
    del claim["token"], claim["written_at"]
    assert claim == {
        "outcome": "claimed",
        "provider": "evolution",
        "instance": "loja-a",
        "address": ANA,
        "text": "Olá!",
    }


def test_sent_is_what_the_provider_accepted(business: Business, reply: str) -> None:
    """The state is `sent` with the provider's id only after the provider gave one."""
    assert state_of(business, reply) == ("pending", None, False)
    claim = business.claim_send(reply)
    assert state_of(business, reply) == ("sending", None, False)
    assert business.complete_send(reply, claim["token"], state="sent", provider_message_id="OUT") == {
        "state": "sent",
        "next": None,
    }
    assert state_of(business, reply) == ("sent", "OUT", True)
    assert business.claim_send(reply) == {"outcome": "settled", "state": "sent", "next": None}


def test_replies_leave_in_the_order_of_what_they_answer(business: Business, replies: list[str]) -> None:
    """A later reply waits, and is named by whatever lets it go."""
    first, second, third = replies
    assert business.claim_send(third) == {"outcome": "waiting"}
    assert business.claim_send(second) == {"outcome": "waiting"}
    claim = business.claim_send(first)
    assert business.claim_send(second) == {"outcome": "waiting"}
    released = business.complete_send(first, claim["token"], state="sent", provider_message_id="OUT1")
    assert released["next"] == {"message_id": second, "instance_id": business.instance_id}
    assert business.claim_send(first)["next"]["message_id"] == second, "a run that died before it published repeats it"
    assert business.claim_send(third) == {"outcome": "waiting"}
    business.send(second)
    assert business.claim_send(third)["outcome"] == "claimed"


def test_what_failed_does_not_hold_up_the_rest(business: Business, replies: list[str]) -> None:
    """A failure is recorded with its cause, and the next reply goes."""
    claim = business.claim_send(replies[0])
    result = business.complete_send(replies[0], claim["token"], state="failed", error="why")
    assert (result["state"], result["next"]["message_id"]) == ("failed", replies[1])
    assert business.api.value("select last_error from app.messages where id = %s", replies[0]) == "why"
    assert business.claim_send(replies[1])["outcome"] == "claimed"


def test_a_send_given_back_is_tried_again_and_keeps_its_place(business: Business, replies: list[str]) -> None:
    """What surely did not leave is pending again; the later ones still wait."""
    claim = business.claim_send(replies[0], attempt=1)
    assert business.complete_send(replies[0], claim["token"], state="pending", error="unreachable") == {
        "state": "pending",
        "next": None,
    }
    assert business.claim_send(replies[1]) == {"outcome": "waiting"}
    assert business.claim_send(replies[0], attempt=2)["outcome"] == "claimed"
    assert business.api.value("select attempts from app.messages where id = %s", replies[0]) == 2


def test_another_run_waits_while_one_sends(business: Business, reply: str, clock: DatabaseClock) -> None:
    """The claim of a living run is respected until it ends."""
    business.claim_send(reply, owner="send-1")
    assert business.claim_send(reply, owner="send-2") == {"outcome": "busy", "retry_after": 45}
    assert business.claim_send(reply, owner="send-1", attempt=1)["outcome"] == "busy"
    clock.advance(seconds=44.2)
    assert business.claim_send(reply, owner="send-2") == {"outcome": "busy", "retry_after": 1}


@pytest.mark.parametrize("later", ["attempt", "lease"])
def test_a_run_that_ended_without_a_word_leaves_the_outcome_unknown(
    business: Business, replies: list[str], clock: DatabaseClock, later: str
) -> None:
    """Nobody knows whether it left: the gateway's own word may come for a minute, then the gateway is asked."""
    business.claim_send(replies[0])
    if later == "lease":
        clock.advance(seconds=45)
        doubt = business.claim_send(replies[0], owner="send-2")
    else:
        doubt = business.claim_send(replies[0], attempt=2)
    assert doubt == {"outcome": "busy", "retry_after": 60}
    assert state_of(business, replies[0])[0] == "unknown"
    assert business.claim_send(replies[1]) == {"outcome": "waiting"}, "order needs to know"
    clock.advance(seconds=60)
    asked = business.claim_send(replies[0], owner="send-3")
    assert (asked["outcome"], asked["address"], asked["text"]) == ("doubtful", ANA, "Olá!")


@pytest.fixture
def doubt(business: Business, replies: list[str]) -> str:
    """A reply that may have left, with two more behind it."""
    claim = business.claim_send(replies[0])
    business.complete_send(replies[0], claim["token"], state="unknown", error="no answer")
    assert business.claim_send(replies[1]) == {"outcome": "waiting"}
    return replies[0]


def test_what_the_gateway_has_was_sent(business: Business, doubt: str, replies: list[str]) -> None:
    """The doubt ends with the provider's id, and the next reply goes."""
    settled = business.settle_send(doubt, provider_message_id="FOUND")
    assert (settled["state"], settled["next"]["message_id"]) == ("sent", replies[1])
    assert state_of(business, doubt) == ("sent", "FOUND", True)
    assert business.settle_send(doubt, missing=True)["state"] == "sent", "a repeat changes nothing"


def test_a_reply_that_the_gateway_does_not_have_is_sent_again_once(
    business: Business, doubt: str, replies: list[str]
) -> None:
    """The customer waits for it: one more try, then it has failed and the next one goes."""
    again = business.settle_send(doubt, missing=True)
    assert (again["state"], again["next"]["message_id"]) == ("pending", doubt)
    token = business.claim_send(doubt)["token"]
    business.complete_send(doubt, token, state="unknown", error="no answer")
    settled = business.settle_send(doubt, missing=True)
    assert (settled["state"], settled["next"]["message_id"]) == ("failed", replies[1])


def test_a_notice_that_the_gateway_does_not_have_is_not_sent_again(business: Business) -> None:
    """What nobody asked for is never resent blindly."""
    business.answer(business.receive(), reason="asked for a person")
    notice = business.api.value("select id::text from app.messages where purpose = 'notice'")
    business.complete_send(notice, business.claim_send(notice)["token"], state="unknown", error="no answer")
    assert business.settle_send(notice, missing=True)["state"] == "failed"


def test_a_gateway_that_cannot_say_is_asked_until_it_is_given_up(
    business: Business, doubt: str, replies: list[str], clock: DatabaseClock
) -> None:
    """After an hour the message has failed, so that those behind it may go."""
    clock.advance(minutes=59)
    assert business.settle_send(doubt, missing=False) == {"state": "unknown", "next": None}
    clock.advance(minutes=1)
    settled = business.settle_send(doubt, missing=False)
    assert (settled["state"], settled["next"]["message_id"]) == ("failed", replies[1])


def test_an_earlier_message_of_the_same_words_is_another_one(
    business: Business, doubt: str, replies: list[str]
) -> None:
    """What the gateway found belongs to a message that is known already: the one in doubt is missing."""
    business.settle_send(doubt, provider_message_id="FOUND")
    token = business.claim_send(replies[1])["token"]
    business.complete_send(replies[1], token, state="unknown", error="no answer")
    assert business.settle_send(replies[1], provider_message_id="FOUND")["state"] == "pending"


def test_a_number_without_a_connection_keeps_what_is_to_be_sent(business: Business, replies: list[str]) -> None:
    """Parked, not failed; the connection lets the first message of each conversation go."""

    def note(state: str) -> list[dict[str, Any]]:
        noted: dict[str, Any] = business.api.call(
            "update_instance", provider="evolution", instance=business.instance, state={"state": state}
        )
        unsent: list[dict[str, Any]] = noted["unsent"]
        return unsent

    assert note("close") == []
    assert business.claim_send(replies[0]) == {"outcome": "parked"}
    assert [each["message_id"] for each in note("open")] == [replies[0]]
    assert business.claim_send(replies[0])["outcome"] == "claimed"


def test_a_reply_that_the_customer_overtook_is_written_anew(business: Business) -> None:
    """It never left and the customer went on writing: one answer to all of it is better than two."""
    first = business.receive("Quanto é o banho?")
    (reply,) = business.answer(first)["unsent"]
    second = business.receive("Para um poodle")
    settled = business.claim_send(reply["message_id"])
    assert (settled["outcome"], settled["state"]) == ("settled", "withdrawn")
    claim = business.claim(second)
    assert [each["text"] for each in claim["turn"]["history"]] == ["Quanto é o banho?", "Para um poodle"]
    business.complete(second, claim)
    assert business.api.value("select count(*) from app.messages where answered_by is not null") == 2


def test_a_reply_that_the_next_answer_builds_on_is_not_withdrawn(business: Business) -> None:
    """Whoever writes the next answer has read this one as said: without it the first question would have none."""
    (reply,) = business.answer(business.receive("Quanto é o banho?"))["unsent"]
    claim = business.claim(business.receive("E a tosa?"), owner="job-2")
    assert "Olá!" in [each["text"] for each in claim["turn"]["history"]]
    assert business.claim_send(reply["message_id"])["outcome"] == "claimed"


def test_a_burst_is_not_rewritten_for_ever(business: Business, clock: DatabaseClock) -> None:
    """Twenty seconds after the first message the answer leaves, whatever the customer is still writing."""
    (reply,) = business.answer(business.receive("Quanto é o banho?"))["unsent"]
    clock.advance(seconds=20)
    business.receive("Para um poodle", sent_at=clock.now)
    assert business.claim_send(reply["message_id"])["outcome"] == "claimed"


def test_a_reply_that_a_person_overtook_does_not_leave(business: Business) -> None:
    """Somebody typed on the business phone before the reply left: the customer hears one voice."""
    (reply,) = business.answer(business.receive("Oi"))["unsent"]
    business.receive("Oi Ana, sou a Carla", author="business")
    settled = business.claim_send(reply["message_id"])
    assert (settled["outcome"], settled["state"]) == ("settled", "withdrawn")
    assert business.api.value("select decision from app.messages where seq = 1") == "handed_over"


def test_the_reply_that_announces_a_handover_leaves(business: Business) -> None:
    """The assistant is silent from that moment on, but for these words."""
    business.answer(business.receive("Quero falar com alguém"), reason="asked for a person")
    reply = business.api.value("select id::text from app.messages where purpose = 'reply'")
    assert business.claim_send(reply)["outcome"] == "claimed"


def test_a_late_word_of_the_gateway_settles_an_unknown_outcome(business: Business, reply: str) -> None:
    """The run that was thought dead comes back with the provider's id."""
    claim = business.claim_send(reply)
    assert business.claim_send(reply, attempt=2)["outcome"] == "busy"
    assert business.complete_send(reply, claim["token"], state="sent", provider_message_id="LATE")["state"] == "sent"
    assert state_of(business, reply) == ("sent", "LATE", True)


def test_a_result_with_another_runs_token_is_refused(business: Business, reply: str) -> None:
    """A run whose claim was given back and taken anew has nothing to say."""
    first = business.claim_send(reply, attempt=1)
    business.complete_send(reply, first["token"], state="pending", error="unreachable")
    business.claim_send(reply, attempt=2)
    with pytest.raises(psycopg.Error) as refused:
        business.complete_send(reply, first["token"], state="sent", provider_message_id="OLD")
    assert (refused.value.sqlstate, refused.value.diag.message_hint) == ("PT409", "stale_lease")


def test_a_repeated_result_changes_nothing(business: Business, reply: str) -> None:
    """The call that lost its answer may be made again."""
    claim = business.claim_send(reply)
    for _ in range(2):
        business.complete_send(reply, claim["token"], state="sent", provider_message_id="OUT")
    business.complete_send(reply, claim["token"], state="unknown", error="late doubt")
    assert state_of(business, reply) == ("sent", "OUT", True)


def test_runs_at_once_send_once(business: Business, reply: str) -> None:
    """Eight runs claim together: one sends."""
    start = Barrier(8)

    def work(number: int) -> str:
        with closing(Api(business.api.dsn)) as api:
            start.wait()
            outcome: str = replace(business, api=api).claim_send(reply, owner=f"send-{number}")["outcome"]
            return outcome

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == ["busy"] * 7 + ["claimed"]


@pytest.mark.parametrize("way", ["echo", "typed"])
@pytest.mark.parametrize("moment", ["while sending", "in doubt"])
def test_the_gateways_echo_proves_that_a_message_left(business: Business, reply: str, way: str, moment: str) -> None:
    """An echo gives the message its id before the gateway's answer does, or instead of it; its word stands."""
    claim = business.claim_send(reply)
    if moment == "in doubt":
        business.complete_send(reply, claim["token"], state="unknown", error="no answer")
    echo(business, way, "OUT")
    assert state_of(business, reply) == ("sent", "OUT", True)
    late = business.complete_send(reply, claim["token"], state="unknown", error="no answer")
    assert late["state"] == "sent"
    assert state_of(business, reply) == ("sent", "OUT", True)
    assert business.receive()["reply_due"], "an echo is not somebody typing on the business phone"


@pytest.mark.parametrize("way", ["echo", "typed"])
def test_an_echo_after_the_answer_changes_nothing(business: Business, reply: str, way: str) -> None:
    """The usual order: the gateway answers, then reports what it sent."""
    claim = business.claim_send(reply)
    business.complete_send(reply, claim["token"], state="sent", provider_message_id="OUT")
    echo(business, way, "OUT")
    assert business.api.value("select count(*) from app.messages where direction = 'outbound'") == 1
    assert business.api.value("select paused_until from app.conversations") is None


@pytest.mark.parametrize("way", ["receive_message", "update_message"])
def test_an_echo_that_settles_a_doubt_lets_the_next_go(business: Business, replies: list[str], way: str) -> None:
    """Whichever way the gateway reports it, what waited behind the doubt is named, so that it is published."""
    claim = business.claim_send(replies[0])
    business.complete_send(replies[0], claim["token"], state="unknown", error="no answer")
    message = business.message(business.api.value("select text from app.messages where id = %s", replies[0]))
    reported = {"provider_message_id": "OUT", "peer": message["peer"], "text": message["text"]}

    if way == "receive_message":
        settled = business.store({**message, **reported, "author": "business"})
    else:
        settled = business.api.call(
            "update_message",
            provider="evolution",
            instance=business.instance,
            change={**reported, "type": "echo", "sent_at": message["sent_at"]},
        )

    assert (settled["message_id"], settled["next"]["message_id"]) == (replies[0], replies[1])


def test_an_echo_of_another_text_settles_nothing(business: Business, reply: str) -> None:
    """Only the text that was to be sent proves that it was sent."""
    business.claim_send(reply)
    assert not business.change(
        type="echo", provider_message_id="OUT", peer={"phone": ANA, "address": ANA}, text="Outra coisa"
    )
    assert state_of(business, reply)[0] == "sending"


def echo(business: Business, way: str, provider_message_id: str) -> None:
    """Report our own message as Evolution does: as an echo of its API, or as something the business wrote."""
    if way == "echo":
        peer = {"phone": ANA, "lid": None, "address": ANA}
        assert business.change(type="echo", provider_message_id=provider_message_id, peer=peer, text="Olá!")
    else:
        receipt = business.receive("Olá!", author="business", provider_message_id=provider_message_id)
        assert (receipt["created"], receipt["reply_due"]) == (False, False)


@pytest.mark.parametrize(
    ("news", "state"),
    [
        (["delivered"], "delivered"),
        (["delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["sent"], "sent"),
        (["failed"], "failed"),
        (["failed", "sent"], "failed"),
        (["failed", "delivered"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["read", "failed", "delivered", "delivered"], "read"),
    ],
)
def test_a_delivery_status_only_moves_up(business: Business, reply: str, news: list[str], state: str) -> None:
    """Statuses come in any order and more than once; a failure counts while nothing better is known."""
    provider_message_id = business.send(reply)
    for status in news:
        assert business.change(type="status", provider_message_id=provider_message_id, status=status)
    assert state_of(business, reply)[0] == state


CHANGES: list[dict[str, Any]] = [
    {"type": "status", "status": "read"},
    {"type": "edit", "text": "Outro"},
    {"type": "revoke"},
    {"type": "echo", "text": "Olá!", "peer": {"phone": ANA, "address": ANA}},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["type"])
def test_a_change_of_what_is_not_stored_is_said_to_be_unknown(business: Business, change: dict[str, Any]) -> None:
    """Gateways keep no order: the message may still be on its way."""
    assert not business.change(provider_message_id="NEVER", **change)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change["type"])
def test_a_change_reaches_only_the_number_it_was_reported_for(
    business: Business, other_business: Business, change: dict[str, Any]
) -> None:
    """The same message id on another tenant's number is another message."""
    for each in (business, other_business):
        each.receive("Oi", provider_message_id="SAME")
        reply = each.answer(each.receive())["unsent"][0]["message_id"]
        token = each.claim_send(reply)["token"]
        if change["type"] == "status":
            each.complete_send(reply, token, state="sent", provider_message_id="SAME")
    untouched = "select array_agg(message::text order by seq) from app.messages as message where instance_id = %s"
    before = business.api.value(untouched, other_business.instance_id)
    business.change(provider_message_id="NEW" if change["type"] == "echo" else "SAME", **change)
    assert business.api.value(untouched, other_business.instance_id) == before


@pytest.mark.parametrize(
    "changes", [[("edit", "Novo"), ("revoke", None)], [("revoke", None), ("edit", "Novo")], [("revoke", None)] * 2]
)
def test_what_was_taken_back_stays_gone(business: Business, changes: list[tuple[str, str | None]]) -> None:
    """A revocation empties the message for good, in whatever order the news comes."""
    business.receive("Meu CPF é …", provider_message_id="GONE", media={"filename": "rg.pdf"})
    for kind, text in changes:
        change: dict[str, Any] = {"type": kind, "provider_message_id": "GONE"}
        assert business.change(**(change if text is None else {**change, "text": text}))
    assert business.api.rows("select text, media, revoked_at is not null from app.messages") == [(None, None, True)]


def test_our_own_messages_are_not_changed_by_a_report(business: Business, reply: str) -> None:
    """What was sent is what the record says; an edit or a revocation of it comes from nobody here."""
    provider_message_id = business.send(reply)
    business.change(type="edit", provider_message_id=provider_message_id, text="Outro")
    business.change(type="revoke", provider_message_id=provider_message_id)
    assert business.api.value("select text from app.messages where id = %s", reply) == "Olá!"


def test_a_notice_waits_in_its_own_conversation(business: Business) -> None:
    """An owner's notice does not wait for the client's reply, but for the owner's own earlier ones."""
    for phone in (ANA, "+5511955554444"):
        business.answer(business.receive(phone=phone), reason="asked for a person")
    notices = business.api.rows("select id::text from app.messages where purpose = 'notice' order by seq")
    ((first,), (second,)) = notices
    assert business.claim_send(second) == {"outcome": "waiting"}
    business.send(first)
    claim = business.claim_send(second)
    assert (claim["outcome"], claim["address"]) == ("claimed", CARLA.removeprefix("+"))
