"""api.claim_summary and api.complete_summary: what is remembered word for word, and what is folded."""

from typing import Any

import psycopg
import pytest

from tests.integration.conftest import ANA, Business


def talk(business: Business, messages: int) -> str:
    """Let a customer and the assistant write `messages` messages in turn; return the conversation."""
    receipt: dict[str, Any] = {}
    for number in range(messages // 2):
        receipt = business.receive(f"pergunta {number + 1}")
        business.answer(receipt, text=f"resposta {number + 1}")
    conversation_id: str = receipt["conversation_id"]
    return conversation_id


def claim(business: Business, conversation_id: str) -> dict[str, Any]:
    claimed: dict[str, Any] = business.api.call(
        "claim_summary", organization_id=business.organization_id, conversation_id=conversation_id
    )
    return claimed


def complete(business: Business, conversation_id: str, claimed: dict[str, Any], *, summary: str) -> dict[str, Any]:
    completed: dict[str, Any] = business.api.call(
        "complete_summary",
        organization_id=business.organization_id,
        conversation_id=conversation_id,
        expected_seq=claimed["summary_seq"],
        through_seq=claimed["through_seq"],
        summary=summary,
        interactions=None,
    )
    return completed


def remembered(business: Business, conversation_id: str) -> tuple[str | None, list[str]]:
    """The summary and the texts that the next turn is given."""
    newest = business.receive("e agora?")
    turn = business.api.call(
        "claim_reply",
        organization_id=business.organization_id,
        conversation_id=conversation_id,
        seq=newest["seq"],
        lease={"owner": "job-9", "attempt": 1, "seconds": 90},
        history=60,
    )["turn"]
    return turn["summary"], [message["text"] for message in turn["history"]]


def test_a_long_conversation_is_folded_without_a_gap(business: Business) -> None:
    """Forty messages stay as they are; of more, all but the newest 16 go, and none is told twice or never."""
    conversation_id = talk(business, 40)
    assert claim(business, conversation_id) == {"outcome": "kept"}
    business.answer(business.receive("pergunta 21"), text="resposta 21")

    claimed = claim(business, conversation_id)
    told = [message["text"] for message in claimed["messages"]]
    assert (claimed["summary_seq"], claimed["summary"], claimed["locale"]) == (0, None, "pt-BR")
    assert (told[0], told[-1], len(told)) == ("pergunta 1", "resposta 13", 26)

    kept = complete(business, conversation_id, claimed, summary="Quer banho.")
    assert kept == {"outcome": "kept", "summary_due": False}
    summary, history = remembered(business, conversation_id)
    assert (summary, history[0], history[-1], len(history)) == ("Quer banho.", "pergunta 14", "e agora?", 17)


def test_a_stale_summary_is_refused_quietly(business: Business) -> None:
    """Of two runs the first counts; the second changes nothing."""
    conversation_id = talk(business, 42)
    claimed = claim(business, conversation_id)
    complete(business, conversation_id, claimed, summary="A primeira.")
    assert complete(business, conversation_id, claimed, summary="A segunda.")["outcome"] == "stale"
    assert business.api.rows("select summary, summary_seq from app.conversations") == [("A primeira.", 26)]


def test_nothing_of_an_erased_person_is_summed_up(business: Business) -> None:
    """A summary that was being made when the person was erased is not kept."""
    conversation_id = talk(business, 42)
    claimed = claim(business, conversation_id)
    business.api.call("erase_contact", organization_id=business.organization_id, phone=ANA, phone_hash="0" * 64)
    assert complete(business, conversation_id, claimed, summary="um segredo")["outcome"] == "stale"
    assert business.api.value("select summary from app.conversations where id = %s", conversation_id) is None
    assert claim(business, conversation_id)["outcome"] == "kept"


def test_what_waits_for_an_answer_is_not_folded(business: Business) -> None:
    """A customer who writes fifty messages in a row is answered to all of them."""
    conversation_id = talk(business, 2)
    for number in range(45):
        business.receive(f"mensagem {number}")
    claimed = claim(business, conversation_id)
    assert [message["text"] for message in claimed["messages"]] == ["pergunta 1", "resposta 1"]
    complete(business, conversation_id, claimed, summary="Oi.")
    assert claim(business, conversation_id) == {"outcome": "kept"}


@pytest.mark.parametrize(("through_seq", "summary"), [(0, "x"), (99, "x"), (1, " ")])
def test_an_impossible_summary_is_refused(business: Business, through_seq: int, summary: str) -> None:
    """It must say something, of messages that there are."""
    conversation_id = talk(business, 2)
    with pytest.raises(psycopg.Error, match="no summary of messages"):
        complete(business, conversation_id, {"summary_seq": 0, "through_seq": through_seq}, summary=summary)
