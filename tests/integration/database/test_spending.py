"""What the model costs, by the organization's own month, and answers that are decided against."""

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import ANA, Business, DatabaseClock

#: 23:30 on 31 January in São Paulo: February in UTC already.
LAST_EVENING = datetime(2026, 2, 1, 2, 30, tzinfo=UTC)


def spend(business: Business) -> dict[str, Any]:
    """What a turn is told of the month's spend."""
    told: dict[str, Any] = business.claim(business.receive(sent_at=business_now(business)))["spend"]
    return told


def business_now(business: Business) -> datetime:
    now: datetime = business.api.value("select app.now()")
    return now


def cost(business: Business, micros: int) -> None:
    """Record an interaction that cost `micros`, now."""
    business.api.rows(
        """
        insert into app.ai_interactions (
            organization_id, conversation_id, audience,
            model, prompt_tokens, completion_tokens, latency_ms, round, cost_micros
        )
        select organization_id, id, 'client', 'scripted', 1, 1, 1, 1, %s
        from app.conversations where organization_id = %s limit 1
        """,
        micros,
        business.organization_id,
    )


def complete(business: Business, receipt: dict[str, Any], **answer: Any) -> dict[str, Any]:
    """Write an answer with all its parts as given."""
    claim = business.claim(receipt)
    written: dict[str, Any] = business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer=answer,
    )
    return written


def test_spend_is_counted_by_the_local_month(business: Business, clock: DatabaseClock) -> None:
    """The last evening of a month belongs to it, whatever UTC says; the next day begins at nothing."""
    business.receive()
    cost(business, 100)
    clock.set(LAST_EVENING)
    cost(business, 20)
    assert spend(business) == {"spent": 120, "limit": None, "warned": False}

    clock.advance(hours=1)

    assert spend(business)["spent"] == 0


def test_spend_is_one_tenants_own(business: Business, other_business: Business) -> None:
    """What another tenant spends does not count."""
    other_business.receive()
    cost(other_business, 999)
    assert spend(business)["spent"] == 0


def test_the_interactions_cost_is_kept(business: Business) -> None:
    """An answer's cost counts from the next turn on."""
    call = {"model": "m", "prompt_tokens": 1, "completion_tokens": 1, "latency_ms": 1, "round": 1, "tools": []}
    calls = [{**call, "cost_micros": 40, "outcome": "called_tools"}, {**call, "round": 2, "cost_micros": 2}]
    complete(business, business.receive(), text="Olá!", interactions=calls)
    assert spend(business)["spent"] == 42


def test_calls_without_an_answer_are_spent_too(business: Business) -> None:
    """A turn that failed is paid for, though nothing was written."""
    receipt = business.receive()
    call = {"model": "m", "prompt_tokens": 1, "completion_tokens": 0, "latency_ms": 1, "cost_micros": 42}
    business.api.call(
        "record_interactions",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        interactions=Jsonb([{**call, "outcome": "failed"}]),
    )
    assert spend(business)["spent"] == 42
    assert business.api.rows("select message_id, audience, round, outcome, purpose from app.ai_interactions") == [
        (None, "client", 1, "failed", "reply")
    ]


def test_owners_are_warned_once_a_month(business: Business, clock: DatabaseClock) -> None:
    """A warning is a notice to every owner, and the turns of the same month know that it was given."""
    business.api.rows("update app.organizations set model_limit_micros = 1000")
    written = complete(business, business.receive(), text="Olá!", spend_notice="80%")

    notices = business.api.rows("select text, state from app.messages where purpose = 'notice'")
    assert notices == [("80%", "pending")]
    assert len(written["unsent"]) == 2
    assert spend(business) == {"spent": 0, "limit": 1000, "warned": True}

    clock.set(LAST_EVENING)
    clock.advance(hours=1)

    assert spend(business)["warned"] is False


@pytest.mark.parametrize("decision", ["rate_limited", "looping"])
def test_a_decision_not_to_answer_covers_the_turn(business: Business, decision: str) -> None:
    """Nothing is sent, and every message of the turn holds the decision."""
    business.receive()
    newest = business.receive()

    written = complete(business, newest, decision=decision)

    assert (written["outcome"], written["unsent"]) == (decision, [])
    assert business.api.rows("select distinct decision from app.messages") == [(decision,)]
    assert business.claim(newest)["outcome"] == "answered"


@pytest.mark.parametrize(("decision", "silent"), [("rate_limited", False), ("looping", True)])
def test_only_a_loop_keeps_the_assistant_silent(
    business: Business, clock: DatabaseClock, decision: str, silent: bool
) -> None:
    """Who writes too much is answered again later; with a machine the assistant says nothing for an hour."""
    complete(business, business.receive(), decision=decision)
    assert business.receive()["reply_due"] is not silent

    clock.advance(minutes=61)

    assert business.receive(sent_at=clock.now, phone=ANA)["reply_due"] is True
