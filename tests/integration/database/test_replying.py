"""api.claim_reply and api.complete_reply: one run answers, once, and what it writes is fenced."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared.models import Turn, Week
from tests.integration.conftest import ANA, CARLA, NOW, Api, Business, DatabaseClock

BRUNO = "+5511955554444"


def test_a_claim_gives_the_assistant_all_it_needs(business: Business) -> None:
    """The turn is a `Turn`: business, contact, audience, history and the time, as one value."""
    receipt = business.receive("Quanto custa o banho?", name="Ana")
    claim = business.claim(receipt)
    turn = Turn.model_validate(claim["turn"])
    assert claim["covers_seq"] == 1
    assert str(turn.organization.id) == business.organization_id
    assert (turn.contact.name, turn.contact.phone, turn.audience) == ("Ana", ANA, "client")
    assert [(each.speaker, each.text) for each in turn.history] == [("contact", "Quanto custa o banho?")]
    assert turn.now == NOW


def test_a_customer_s_turn_brings_what_is_sold_in_the_businesss_own_order(business: Business) -> None:
    """Services that are no longer sold do not show; a price that is not stated is null."""
    business.api.rows(
        """
        insert into app.services (organization_id, name, price_cents, duration_minutes, position, is_active)
        select %s, name, cents, minutes, position, active
        from (values ('Tosa', 4500, 30, 2, true), ('Consulta', null, 40, 1, true), ('Antigo', 1, 1, 0, false))
            as sold (name, cents, minutes, position, active)
        """,
        business.organization_id,
    )
    assert business.claim(business.receive())["turn"]["profile"] == {
        "business_hours": {},
        "services": [
            {"name": "Consulta", "description": None, "price_cents": None, "duration_minutes": 40},
            {"name": "Tosa", "description": None, "price_cents": 4500, "duration_minutes": 30},
        ],
    }


HOURS = {
    "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
    "fri": [["20:00", "24:00"]],
    "sat": [["18:00", "02:00"]],
    "sun": [],
}


@pytest.mark.parametrize("hours", [{}, HOURS])
def test_whatever_hours_are_stored_can_be_read(business: Business, hours: dict[str, list[list[str]]]) -> None:
    """A business that sells nothing and does not say when it is open is answered for all the same."""
    business.api.rows(
        "update app.organizations set business_hours = %s where id = %s", Jsonb(hours), business.organization_id
    )
    turn = Turn.model_validate(business.claim(business.receive())["turn"])
    assert turn.profile is not None
    assert turn.profile.services == ()
    assert turn.profile.business_hours == Week.model_validate(hours)


def test_an_owner_s_turn_brings_no_profile(business: Business) -> None:
    """What Aurora tells of is asked for when it is wanted."""
    turn = Turn.model_validate(business.claim(business.receive(phone=CARLA))["turn"])
    assert (turn.audience, turn.profile) == ("owner", None)


def test_a_burst_gets_one_joined_answer(business: Business) -> None:
    """The jobs of the older messages end without work; the newest one's answer covers all."""
    first, second, third = (business.receive(text) for text in ("Oi", "Tudo bem?", "Quanto é o banho?"))
    assert business.claim(first) == {"outcome": "superseded"}
    assert business.claim(second) == {"outcome": "superseded"}
    completion = business.answer(third)
    assert completion["outcome"] == "replied"
    assert business.api.value("select count(distinct answered_by) from app.messages") == 1
    assert business.api.value("select count(*) from app.messages where answered_by is not null") == 3
    for receipt in (first, second, third):
        assert business.claim(receipt)["outcome"] == "answered"


def test_who_types_on_and_on_is_answered_all_the_same(business: Business, clock: DatabaseClock) -> None:
    """Twenty seconds after the first message of a burst, the job of any of its messages answers all of it."""
    first = business.receive("Oi")
    clock.advance(seconds=19)
    newest = business.receive("Então", sent_at=clock.now)
    assert business.claim(first) == {"outcome": "superseded"}
    clock.advance(seconds=1)
    claim = business.claim(first)
    assert (claim["outcome"], claim["covers_seq"]) == ("claimed", newest["seq"])


@pytest.mark.parametrize(("phone", "overdue"), [(ANA, True), (CARLA, False)])
def test_a_customer_who_waited_too_long_is_told_apart(
    business: Business, clock: DatabaseClock, phone: str, overdue: bool
) -> None:
    """After ten minutes a person must answer; an owner is still answered by Aurora."""
    receipt = business.receive(phone=phone)
    clock.advance(seconds=601)
    assert business.claim(receipt)["overdue"] is overdue


def test_an_answer_without_a_model_costs_nothing(business: Business) -> None:
    """What is said without asking the model leaves no interaction."""
    receipt = business.receive()
    claim = business.claim(receipt)
    business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"text": "Já chamo alguém.", "hand_over_reason": "late", "notice": "Late", "interactions": []},
    )
    assert business.api.value("select count(*) from app.ai_interactions") == 0


def test_an_answered_turn_repeats_what_is_still_to_be_sent(business: Business) -> None:
    """The run that answered may have died before it published: the next one learns what waits."""
    receipt = business.receive()
    (unsent,) = business.answer(receipt)["unsent"]
    assert business.claim(receipt)["unsent"] == [unsent]
    business.send(unsent["message_id"])
    assert business.claim(receipt)["unsent"] == []


def test_another_job_waits_until_the_lease_ends(business: Business, clock: DatabaseClock) -> None:
    """A second run is told how many seconds to wait, and takes over when they have passed."""
    receipt = business.receive()
    lost = business.claim(receipt, owner="job-1")
    assert business.claim(receipt, owner="job-2") == {"outcome": "busy", "retry_after": 90}
    clock.advance(seconds=89.5)
    assert business.claim(receipt, owner="job-2") == {"outcome": "busy", "retry_after": 1}
    clock.advance(seconds=0.5)
    won = business.claim(receipt, owner="job-2")
    assert won["outcome"] == "claimed"
    with pytest.raises(psycopg.Error) as refused:
        business.complete(receipt, lost)
    assert (refused.value.sqlstate, refused.value.diag.message_hint) == ("PT409", "stale_lease")
    assert business.complete(receipt, won)["outcome"] == "replied"


def test_a_later_attempt_of_the_same_job_takes_over_at_once(business: Business) -> None:
    """The queue repeats a job only when its attempt is over; the fencing token settles the rest."""
    receipt = business.receive()
    lost = business.claim(receipt, attempt=1)
    won = business.claim(receipt, attempt=2)
    assert won["outcome"] == "claimed"
    with pytest.raises(psycopg.Error):
        business.complete(receipt, lost)
    business.complete(receipt, won)


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_same_or_an_earlier_attempt_does_not_take_over(business: Business, attempt: int) -> None:
    """A delivery that the network doubled, or one that comes late, waits like any other run."""
    receipt = business.receive()
    business.claim(receipt, attempt=2)
    assert business.claim(receipt, attempt=attempt)["outcome"] == "busy"


def test_a_completed_answer_cannot_be_completed_again(business: Business) -> None:
    """The token is spent with the answer: a doubled call writes no second reply."""
    receipt = business.receive()
    claim = business.claim(receipt)
    business.complete(receipt, claim)
    with pytest.raises(psycopg.Error) as refused:
        business.complete(receipt, claim)
    assert refused.value.sqlstate == "PT409"
    assert business.api.value("select count(*) from app.messages where direction = 'outbound'") == 1


def test_runs_at_once_make_one_answer(business: Business) -> None:
    """Eight runs claim together: one writes the answer, the others wait."""
    receipt = business.receive()
    start = Barrier(8)

    def work(number: int) -> str:
        with closing(Api(business.api.dsn)) as api:
            start.wait()
            outcome: str = replace(business, api=api).claim(receipt, owner=f"job-{number}")["outcome"]
            return outcome

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(work, range(8))) == ["busy"] * 7 + ["claimed"]


def test_a_message_that_comes_while_the_answer_is_written_gets_the_next_one(business: Business) -> None:
    """The answer covers what its turn showed, and names the newest message that is still open."""
    first = business.receive("Oi")
    claim = business.claim(first)
    second = business.receive("Quanto é o banho?")
    third = business.receive("E a tosa?")
    completion = business.complete(first, claim)
    assert completion["next_seq"] == third["seq"]
    assert business.claim(second)["outcome"] == "superseded"
    following = business.claim(third, owner="job-3")
    assert [each["text"] for each in following["turn"]["history"]] == ["Oi", "Olá!", "Quanto é o banho?", "E a tosa?"]
    assert business.complete(third, following)["next_seq"] is None


def test_the_history_is_the_newest_twenty_without_what_was_taken_back_or_never_left(business: Business) -> None:
    """An assistant reads the end of the conversation, oldest first."""
    for number in range(25):
        business.receive(f"Mensagem {number}", provider_message_id=f"M{number}")
    business.change(type="revoke", provider_message_id="M24")
    history = business.claim(business.receive("Fim"))["turn"]["history"]
    assert [each["text"] for each in history] == [*(f"Mensagem {number}" for number in range(5, 24)), "Fim"]


def test_a_failed_answer_is_not_history(business: Business) -> None:
    """What the contact never saw was never said."""
    (unsent,) = business.answer(business.receive("Oi"), text="Nunca chegou")["unsent"]
    claim = business.claim_send(unsent["message_id"])
    business.complete_send(unsent["message_id"], claim["token"], state="failed", error="refused")
    history = business.claim(business.receive("Alô?"))["turn"]["history"]
    assert [each["text"] for each in history] == ["Oi", "Alô?"]


def test_handing_over_tells_every_owner_once_and_silences_the_assistant(
    business: Business, clock: DatabaseClock
) -> None:
    """Each active owner gets one notice, in the outbox with the reply; the next messages are the person's."""
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone, is_active)"
        " select id, phone, active from app.organizations, (values (%s, true), (%s, false)) as n (phone, active)",
        "+5511977776666",
        "+5511900001111",
    )
    receipt = business.receive("Quero falar com alguém")
    completion = business.answer(receipt, text="Já chamo!", reason="asked for a person")
    texts = {business.claim_send(each["message_id"])["text"] for each in completion["unsent"]}
    assert texts == {"Já chamo!", "Notice: asked for a person"}
    addresses = business.api.rows("""
        select conversation.address, conversation.audience from app.messages as message
        join app.conversations as conversation on conversation.id = message.conversation_id
        where message.purpose = 'notice' order by 1
    """)
    assert addresses == [("5511977776666", "owner"), (CARLA.removeprefix("+"), "owner")]
    assert business.receive("Alguém aí?")["decision"] == "handed_over"
    clock.advance(days=3)
    assert business.receive("Alguém aí?", sent_at=clock.now)["decision"] == "handed_over"


def test_notices_are_published_again_with_the_reply_they_go_with(business: Business) -> None:
    """A run that died after it wrote a handover leaves nothing unsaid: all of it is listed again."""
    receipt = business.receive()
    completion = business.answer(receipt, reason="asked for a person")
    assert len(completion["unsent"]) == 2
    assert business.claim(receipt)["unsent"] == completion["unsent"]


def test_a_notice_goes_to_the_address_an_owner_is_known_by(business: Business) -> None:
    """An owner who wrote under a hidden id is written to there."""
    business.receive(phone=CARLA, lid="888888888888", address="888888888888@lid")
    business.answer(business.receive(), reason="asked for a person")
    assert business.api.rows("select address from app.conversations where audience = 'owner'") == [
        ("888888888888@lid",)
    ]


def test_an_owner_is_answered_even_when_handed_over(business: Business) -> None:
    """Handing over silences the client assistant; nobody hands an owner over."""
    receipt = business.receive(phone=CARLA)
    business.api.rows("update app.conversations set handed_over_at = app.now()")
    assert business.claim(receipt)["outcome"] == "claimed"


def test_a_message_that_comes_during_a_handover_is_the_persons(business: Business) -> None:
    """What arrives while the handover is written is announced as next, and decided there."""
    first = business.receive()
    claim = business.claim(first)
    second = business.receive("Tem alguém?")
    assert business.complete(first, claim, reason="asked for a person")["next_seq"] == second["seq"]
    assert business.claim(second, owner="job-2") == {"outcome": "decided", "decision": "handed_over"}


Silence = Callable[[Business], Any]
SILENCES: list[tuple[str, str]] = [
    ("update app.organizations set assistant_enabled = false", "assistant_off"),
    ("update app.conversations set handed_over_at = app.now()", "handed_over"),
    ("update app.conversations set paused_until = app.now() + interval '1 second'", "handed_over"),
]


@pytest.mark.parametrize(("change", "decision"), SILENCES)
def test_silence_before_the_claim_is_recorded_for_all_that_was_open(
    business: Business, change: str, decision: str
) -> None:
    """Nothing waits for an answer that will not come."""
    business.receive("Oi")
    newest = business.receive("Tudo bem?")
    business.api.rows(change)
    assert business.claim(newest) == {"outcome": "decided", "decision": decision}
    assert business.api.rows("select distinct decision from app.messages") == [(decision,)]
    assert business.claim(newest) == {"outcome": "answered", "unsent": []}


@pytest.mark.parametrize(("change", "decision"), SILENCES)
def test_silence_while_the_answer_is_written_withdraws_it(business: Business, change: str, decision: str) -> None:
    """The answer is not sent; what it cost is still recorded."""
    first = business.receive("Oi")
    claim = business.claim(first)
    business.receive("Tudo bem?")
    business.api.rows(change)
    assert business.complete(first, claim) == {
        "outcome": "withdrawn",
        "unsent": [],
        "next_seq": None,
        "summary_due": False,
    }
    assert business.api.rows("select distinct decision from app.messages") == [(decision,)]
    assert business.api.rows("select message_id, prompt_tokens, tools from app.ai_interactions") == [
        (None, 10, ["list_services"])
    ]


def test_what_was_taken_back_before_the_answer_needs_none(business: Business) -> None:
    """Somebody who writes and deletes gets silence, and the record says why."""
    receipt = business.receive(provider_message_id="GONE")
    business.change(type="revoke", provider_message_id="GONE")
    assert business.claim(receipt) == {"outcome": "decided", "decision": "ignored"}
    assert business.claim(receipt) == {"outcome": "answered", "unsent": []}


def test_the_rest_of_a_burst_is_answered_when_its_newest_message_was_taken_back(business: Business) -> None:
    """The job of the deleted message answers those before it."""
    business.receive("Quanto é o banho?")
    newest = business.receive("Esquece", provider_message_id="GONE")
    business.change(type="revoke", provider_message_id="GONE")
    claim = business.claim(newest)
    assert [each["text"] for each in claim["turn"]["history"]] == ["Quanto é o banho?"]
    business.complete(newest, claim)
    assert business.api.rows("select text, decision, answered_by is not null from app.messages order by seq") == [
        ("Quanto é o banho?", None, True),
        (None, "ignored", False),
        ("Olá!", None, False),
    ]


def test_what_is_taken_back_while_its_answer_is_written_is_answered(business: Business) -> None:
    """The answer was under way: it covers what it read."""
    receipt = business.receive(provider_message_id="GONE")
    claim = business.claim(receipt)
    business.change(type="revoke", provider_message_id="GONE")
    assert business.complete(receipt, claim)["outcome"] == "replied"


def test_an_edit_before_the_answer_is_what_is_answered(business: Business) -> None:
    """The assistant reads the text as it stands."""
    receipt = business.receive("Quanto é o bano?", provider_message_id="TYPO")
    assert business.change(type="edit", provider_message_id="TYPO", text="Quanto é o banho?")
    assert business.claim(receipt)["turn"]["history"][0]["text"] == "Quanto é o banho?"


def test_an_edit_after_the_answer_asks_for_no_other(business: Business) -> None:
    """The new text is kept; what is answered stays answered."""
    message = business.message("Oi")
    receipt = business.store(message)
    business.answer(receipt)
    business.change(type="edit", provider_message_id=message["provider_message_id"], text="Olá")
    assert business.claim(receipt)["outcome"] == "answered"
    assert not business.store(message)["reply_due"]
    assert business.api.value("select text from app.messages where seq = 1") == "Olá"


def test_conversations_do_not_wait_for_each_other(business: Business) -> None:
    """A lease holds one conversation only."""
    assert business.claim(business.receive())["outcome"] == "claimed"
    assert business.claim(business.receive(phone=BRUNO), owner="job-2")["outcome"] == "claimed"
