"""From a customer's question to the owner's answer: asked once, answered once, relayed, kept."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import pytest

from tests.integration.conftest import ANA, CARLA, Api, Business

NOTICE = "Pergunta {number}: {question} (responder {number}: …)"
BRUNO = "+5511955554444"
SECOND_OWNER = "+5511977776666"


def ask(business: Business, *questions: str, phone: str = ANA) -> dict[str, Any]:
    """Let a customer's turn end with questions to the team; return the completion."""
    receipt = business.receive("Vocês aceitam cheque?", phone=phone)
    claim = business.claim(receipt)
    effects = [{"kind": "question", "question": question, "notice": NOTICE} for question in questions]
    completion: dict[str, Any] = business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"text": "Vou perguntar à equipe.", "effects": effects},
    )
    return completion


def answer(business: Business, owner: dict[str, Any], number: int, text: str = "Sim.") -> dict[str, Any]:
    """Answer in the conversation of the owner's message `owner`."""
    outcome: dict[str, Any] = business.api.call(
        "answer_question",
        organization_id=business.organization_id,
        conversation_id=owner["conversation_id"],
        number=number,
        answer=text,
        relay=f"A equipe respondeu: {text}",
    )
    return outcome


def relays(business: Business) -> list[Any]:
    return business.api.rows("select text from app.messages where purpose = 'relay' order by created_at, seq")


def known(business: Business) -> list[Any]:
    return business.api.rows("select question, answer, source from app.knowledge order by question")


def test_a_question_reaches_every_owner_who_may_answer(business: Business) -> None:
    """With its number, in the reply's transaction; a number that may only look is not bothered."""
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone, permission)"
        " select id, n.phone, n.permission from app.organizations,"
        " (values (%s, 'staff'), ('+5511900001111', 'viewer')) as n (phone, permission)",
        SECOND_OWNER,
    )
    completion = ask(business, "Aceitam {number} cheques?")
    sent = {business.claim_send(each["message_id"])["text"] for each in completion["unsent"]}
    assert sent == {"Vou perguntar à equipe.", "Pergunta 1: Aceitam {number} cheques? (responder 1: …)"}
    assert len(completion["unsent"]) == 3


def test_what_is_open_is_not_asked_again(business: Business) -> None:
    """The same customer's same question makes no second notice; another customer's has a number of its own."""
    ask(business, "Aceitam cheque?", "Tem wifi?")
    assert len(ask(business, "Aceitam cheque?")["unsent"]) == 4
    ask(business, "Aceitam cheque?", phone=BRUNO)
    questions = business.api.call("open_questions", organization_id=business.organization_id)
    assert [(each["number"], each["question"]) for each in questions] == [
        (1, "Aceitam cheque?"),
        (2, "Tem wifi?"),
        (3, "Aceitam cheque?"),
    ]


def test_a_quoted_notice_names_its_question(business: Business) -> None:
    """An owner who replies to a notice answers that question; a customer who quotes something answers none."""
    ask(business, "Aceitam cheque?")
    ask(business, "Tem wifi?", phone=BRUNO)
    notices = business.api.rows("select id::text from app.messages where purpose = 'notice' order by seq")
    sent = [business.send(notice) for (notice,) in notices]
    turn = business.claim(business.receive("Sim", phone=CARLA, quoted_id=sent[1]))["turn"]
    assert turn["quoted_question"] == 2
    assert business.claim(business.receive("Sim", quoted_id=sent[1]))["turn"]["quoted_question"] is None


def test_an_answer_is_relayed_kept_and_published_with_the_owners_reply(business: Business) -> None:
    """The customer gets it, the next customer need not ask, and the reply to the owner publishes it."""
    ask(business, "Aceitam cheque?")
    owner = business.receive("responder 1: Sim.", phone=CARLA)
    claim = business.claim(owner)
    assert answer(business, owner, 1) == {
        "outcome": "answered",
        "number": 1,
        "question": "Aceitam cheque?",
        "answer": "Sim.",
        "contact": None,
    }
    completion = business.complete(owner, claim, text="Respondido.")
    relay = business.api.value("select id::text from app.messages where purpose = 'relay'")
    assert relay in {each["message_id"] for each in completion["unsent"]}
    assert known(business) == [("Aceitam cheque?", "Sim.", "owner")]
    assert business.api.call("open_questions", organization_id=business.organization_id) == []


def test_a_repeated_answer_changes_nothing(business: Business) -> None:
    """A job that runs again returns the same; another answer finds the first one standing."""
    ask(business, "Aceitam cheque?")
    owner = business.receive("responder 1: Sim.", phone=CARLA)
    assert answer(business, owner, 1) == answer(business, owner, 1)
    again = answer(business, owner, 1, "Não.")
    assert (again["outcome"], again["answer"]) == ("already", "Sim.")
    assert relays(business) == [("A equipe respondeu: Sim.",)]


def test_owners_who_answer_at_once_make_one_answer(business: Business) -> None:
    """Six at the same time: one answer counts, and the customer reads one."""
    ask(business, "Aceitam cheque?")
    owner = business.receive(phone=CARLA)
    start = Barrier(6)

    def work(number: int) -> str:
        with closing(Api(business.api.dsn)) as api:
            start.wait()
            outcome: str = api.call(
                "answer_question",
                organization_id=business.organization_id,
                conversation_id=owner["conversation_id"],
                number=1,
                answer=f"Resposta {number}",
                relay=f"Resposta {number}",
            )["outcome"]
            return outcome

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(work, range(6))) == ["already"] * 5 + ["answered"]
    assert len(relays(business)) == 1


def test_a_customer_whom_a_person_took_over_gets_the_answer(business: Business) -> None:
    """What a person at the business says is relayed all the same."""
    ask(business, "Aceitam cheque?")
    business.send(business.api.value("select id::text from app.messages where purpose = 'reply'"))
    business.api.rows("update app.conversations set handed_over_at = app.now() where audience = 'client'")
    owner = business.receive(phone=CARLA)
    assert answer(business, owner, 1)["outcome"] == "answered"
    relay = business.api.value("select id::text from app.messages where purpose = 'relay'")
    assert business.claim_send(relay)["outcome"] == "claimed"


def test_an_erased_customer_is_not_written_to(business: Business) -> None:
    """Nothing of theirs is kept, and asking again says the same."""
    ask(business, "Aceitam cheque?")
    business.api.rows("update app.contacts set erased_at = app.now()")
    owner = business.receive(phone=CARLA)
    assert [answer(business, owner, 1)["outcome"] for _ in range(2)] == ["gone", "gone"]
    assert (relays(business), known(business)) == ([], [])


@pytest.mark.parametrize(
    ("permission", "number", "outcome"), [("staff", 2, "unknown"), ("viewer", 1, "forbidden"), ("admin", 1, "answered")]
)
def test_who_may_answer_what_there_is(business: Business, permission: str, number: int, outcome: str) -> None:
    """Numbers that may only look are refused, and questions that nobody asked."""
    ask(business, "Aceitam cheque?")
    owner = business.receive(phone=CARLA)
    business.api.rows("update app.owner_numbers set permission = %s", permission)
    assert answer(business, owner, number)["outcome"] == outcome
    assert len(relays(business)) == (outcome == "answered")


def test_a_customer_answers_nothing(business: Business) -> None:
    """Not even their own question."""
    ask(business, "Aceitam cheque?")
    assert answer(business, business.receive(), 1)["outcome"] == "forbidden"


def test_numbers_are_the_tenants_own(business: Business, other_business: Business) -> None:
    """Another business's owner answers the questions of that business alone."""
    ask(business, "Aceitam cheque?")
    owner = other_business.receive(phone=CARLA)
    assert answer(other_business, owner, 1)["outcome"] == "unknown"
    ask(other_business, "Tem wifi?")
    assert answer(other_business, owner, 1)["question"] == "Tem wifi?"
    assert len(business.api.call("open_questions", organization_id=business.organization_id)) == 1
