"""api.media_source, api.store_transcript, and what is decided of what cannot be opened."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.integration.conftest import NOW, Business, DatabaseClock

COST = {
    "model": "ear",
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "latency_ms": 900,
    "cost_micros": 3000,
    "outcome": "answered",
    "purpose": "transcription",
}
VOICE = {"kind": "voice", "media": {"mimetype": "audio/ogg", "seconds": 7, "size": 900}}


def keep(business: Business, receipt: dict[str, Any], text: str | None, **changes: Any) -> str | None:
    """Store a transcript and return the one that is kept."""
    arguments = {"organization_id": business.organization_id, "message_id": receipt["message_id"], "text": text}
    kept: str | None = business.api.call("store_transcript", **{**arguments, **changes})["transcript"]
    return kept


def spent(business: Business) -> list[tuple[Any, ...]]:
    return business.api.rows("select purpose, outcome, cost_micros, message_id::text from app.ai_interactions")


def test_a_file_is_at_the_conversation_s_own_number(business: Business) -> None:
    """By the name under which the provider knows the instance; another tenant learns nothing."""
    receipt = business.receive(None, **VOICE)
    arguments = {"organization_id": business.organization_id, "conversation_id": receipt["conversation_id"]}
    source = business.api.call("media_source", **arguments)
    assert source == {"provider": "evolution", "instance": business.instance}
    with pytest.raises(psycopg.DatabaseError) as refused:
        business.api.call("media_source", **{**arguments, "organization_id": str(uuid4())})
    assert refused.value.sqlstate == "PT404"


def test_what_was_heard_is_the_message_s_text_from_then_on(business: Business) -> None:
    """The next claim brings it, with what fetching needs, and the cost is on record beside the message."""
    receipt = business.receive(None, **VOICE)
    first = business.claim(receipt)["turn"]["history"][-1]
    assert (first["text"], first["media"]["seconds"], first["open"]) == (None, 7, True)
    assert keep(business, receipt, "Quero um banho", interaction=COST) == "Quero um banho"
    heard = business.claim(receipt, attempt=2)["turn"]["history"][-1]
    assert (heard["kind"], heard["text"]) == ("voice", "Quero um banho")
    assert spent(business) == [("transcription", "answered", 3000, receipt["message_id"])]


def test_the_first_transcript_stays(business: Business) -> None:
    """A run that comes twice changes no word; what was paid twice is on record twice."""
    receipt = business.receive(None, **VOICE)
    keep(business, receipt, "Quero um banho", interaction=COST)
    assert keep(business, receipt, "Quero um bando", interaction=COST) == "Quero um banho"
    assert keep(business, receipt, None) == "Quero um banho"
    assert len(spent(business)) == 2


def test_a_transcript_is_bounded(business: Business) -> None:
    """Ten thousand characters are more than ten minutes of speech."""
    receipt = business.receive(None, **VOICE)
    assert keep(business, receipt, "a" * 20_000) == "a" * 10_000


def test_who_takes_a_recording_back_takes_back_what_was_heard(business: Business) -> None:
    """Also when it was taken back while somebody listened; what that cost stays on record."""
    heard, unheard = business.receive(None, **VOICE), business.receive(None, provider_message_id="LATER", **VOICE)
    keep(business, heard, "segredo")
    for message_id in business.api.rows("select provider_message_id from app.messages"):
        business.change(type="revoke", provider_message_id=message_id[0])
    assert keep(business, unheard, "segredo", interaction=COST) is None
    assert business.api.rows("select transcript from app.messages") == [(None,), (None,)]
    assert len(spent(business)) == 1


@pytest.mark.parametrize("other", ["another tenant", "a text", "an unknown message"])
def test_only_a_tenant_s_own_recordings_have_transcripts(business: Business, other: str) -> None:
    """Anything else is PT404 and changes nothing."""
    receipt = business.receive() if other == "a text" else business.receive(None, **VOICE)
    changes = {
        "another tenant": {"organization_id": str(uuid4())},
        "a text": {},
        "an unknown message": {"message_id": str(uuid4())},
    }
    with pytest.raises(psycopg.DatabaseError) as refused:
        keep(business, receipt, "Oi", **changes[other])
    assert refused.value.sqlstate == "PT404"
    assert business.api.value("select count(*) from app.messages where transcript is not null") == 0


def complete(business: Business, receipt: dict[str, Any], **answer: Any) -> dict[str, Any]:
    """Claim a turn and write this answer."""
    claim = business.claim(receipt)
    done: dict[str, Any] = business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer=answer,
    )
    return done


def test_that_something_could_not_be_opened_is_said_once_a_local_day(business: Business, clock: DatabaseClock) -> None:
    """The turn knows whether it was said; midnight is the business's own."""
    complete(business, business.receive(None, kind="unsupported"), text="?", effects=[{"kind": "unopened"}])
    assert business.claim(business.receive(None, kind="video"))["turn"]["unopened_told"]
    local = business.api.value("select timezone from app.organizations where id = %s", business.organization_id)
    midnight = business.api.value(
        "select ((app.now() at time zone %s)::date + 1)::timestamp at time zone %s", local, local
    )
    clock.advance(seconds=(midnight - NOW - timedelta(seconds=1)).total_seconds())
    late = business.receive(None, kind="video", sent_at=clock.now, phone="+5511955554444")
    assert not business.claim(late)["turn"]["unopened_told"]
    again = business.receive(None, kind="video", sent_at=clock.now)
    assert business.claim(again, attempt=2)["turn"]["unopened_told"]
    clock.advance(seconds=1)
    assert not business.claim(again, attempt=3)["turn"]["unopened_told"]


def test_a_text_that_comes_meanwhile_is_not_ignored_with_the_rest(business: Business) -> None:
    """What the run saw is decided; the newer message gets the next turn."""
    receipt = business.receive(None, kind="unsupported")
    claim = business.claim(receipt)
    newer = business.receive("Oi?")
    done = business.api.call(
        "complete_reply",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        token=claim["token"],
        covers_seq=claim["covers_seq"],
        answer={"decision": "ignored"},
    )
    assert (done["outcome"], done["next_seq"]) == ("ignored", newer["seq"])
    decisions = business.api.rows("select decision from app.messages where direction = 'inbound' order by seq")
    assert decisions == [("ignored",), (None,)]
    assert business.claim(newer, owner="job-2")["outcome"] == "claimed"
