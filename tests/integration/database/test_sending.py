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
    del claim["token"]
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


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_what_did_not_arrive_does_not_hold_up_the_rest(business: Business, replies: list[str], state: str) -> None:
    """A failure or a doubt is recorded, and the next reply goes."""
    claim = business.claim_send(replies[0])
    result = business.complete_send(replies[0], claim["token"], state=state, error="why")
    assert (result["state"], result["next"]["message_id"]) == (state, replies[1])
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
    """Nobody knows whether it left: it is not sent again, and the next one goes."""
    business.claim_send(replies[0])
    if later == "lease":
        clock.advance(seconds=45)
        settled = business.claim_send(replies[0], owner="send-2")
    else:
        settled = business.claim_send(replies[0], attempt=2)
    assert (settled["outcome"], settled["state"]) == ("settled", "unknown")
    assert settled["next"]["message_id"] == replies[1]


def test_a_late_word_of_the_gateway_settles_an_unknown_outcome(business: Business, reply: str) -> None:
    """The run that was thought dead comes back with the provider's id."""
    claim = business.claim_send(reply)
    business.claim_send(reply, attempt=2)
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


def test_echoes_of_the_same_text_settle_one_message_each(business: Business, replies: list[str]) -> None:
    """Two doubtful sends of one text: the first echo is the older one's, the second the newer one's."""
    for reply in replies[:2]:
        business.complete_send(reply, business.claim_send(reply)["token"], state="unknown", error="no answer")
    for provider_message_id in ("OUT1", "OUT2", "OUT1"):
        echo(business, "echo", provider_message_id)
    assert [state_of(business, reply)[1] for reply in replies] == ["OUT1", "OUT2", None]


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
