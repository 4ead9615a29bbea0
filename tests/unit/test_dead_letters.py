"""What a dead letter keeps of a job, and what of it tells one cause from another."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.alerts import cause_of
from shared.dead_letters import error_of, payload_of
from shared.ports import Alert
from shared.replay import DeadLetter, rebuilt

IDS = {
    "organization_id": "0a0a0a0a-0000-4000-8000-000000000001",
    "message_id": "0a0a0a0a-0000-4000-8000-000000000002",
    "instance_id": "0a0a0a0a-0000-4000-8000-000000000003",
    "conversation_id": "0a0a0a0a-0000-4000-8000-000000000004",
}


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ('{"error": "DatabaseError: away"}', "DatabaseError: away"),
        ('{"message": "Internal Server Error"}', '{"message": "Internal Server Error"}'),
        ("<h1>502</h1>", "<h1>502</h1>"),
        ("", None),
        ('{"error": ""}', None),
        ('{"error": "no WhatsApp at 5511912345678"}', "no WhatsApp at [number]"),
        ('{"error": "no WhatsApp at +55 (11) 91234-5678."}', "no WhatsApp at [number]."),
        ('{"error": "5511912345678@s.whatsapp.net is away"}', "[number]@s.whatsapp.net is away"),
        ('{"error": "answered 503 after 1500 ms"}', "answered 503 after 1500 ms"),
        (f'{{"error": "no message {IDS["message_id"]}"}}', f"no message {IDS['message_id']}"),
        ('{"error": "' + "x" * 900 + '"}', "x" * 500),
    ],
)
def test_an_error_is_kept_without_what_may_be_a_phone(response: str, error: str | None) -> None:
    """Statuses, durations and ids stay; long digits do not, as a gateway's answer may quote a number."""
    assert error_of(response) == error


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (
            '{"instance": "loja-a", "message": {"text": "oi", "kind": "text", "peer": {"phone": "+5511"}}}',
            {"instance": "loja-a", "message": {"kind": "text", "peer": {}}},
        ),
        ("[1]", {}),
        ("REDACTED:0a1b", {}),
        ("", {}),
        ("[" * 100_000, {}),
    ],
)
def test_a_payload_is_kept_without_people(body: str, payload: dict[str, Any]) -> None:
    """What is no JSON object keeps nothing."""
    assert payload_of(body) == payload


def letter(job: str, payload: dict[str, Any] | None) -> DeadLetter:
    unknown = dict.fromkeys(("organization_id", "dead_letter_id", "status", "error", "retry_message_id"))
    settled = dict.fromkeys(("settled_at", "settled_by", "reason"))
    return DeadLetter.model_validate(
        {
            **unknown,
            **settled,
            "id": uuid4(),
            "job": job,
            "state": "open",
            "queue_message_id": "msg_1",
            "payload": payload,
            "attempts": 5,
            "created_at": datetime(2026, 1, 20, tzinfo=UTC),
        }
    )


def only(*names: str) -> dict[str, str]:
    return {name: IDS[name] for name in names}


@pytest.mark.parametrize(
    ("job", "payload"),
    [
        ("message.send", only("organization_id", "message_id", "instance_id")),
        ("conversation.reply", {**only("organization_id", "conversation_id"), "seq": 7}),
    ],
)
def test_a_job_of_ids_is_rebuilt(job: str, payload: dict[str, Any]) -> None:
    """Its dead letter keeps all that it needs, and the job's own policy applies again."""
    publication = rebuilt(letter(job, payload))
    assert publication is not None
    assert payload_of(publication.body) == payload
    assert (publication.job, publication.deduplication_id) == (job, None)
    assert publication.flow_control is not None


@pytest.mark.parametrize(
    ("job", "payload"),
    [
        ("message.receive", {"provider": "evolution", "instance": "loja-a", "message": {"kind": "text"}}),
        ("message.update", {"provider": "evolution", "instance": "loja-a", "change": {"type": "edit"}}),
        ("instance.update", {"provider": "evolution", "instance": "loja-a", "state": {"state": "open"}}),
        ("doctor.ping", {}),
        ("message.send", only("organization_id", "message_id")),
        ("message.send", None),
        ("no.such.job", {}),
    ],
)
def test_a_job_of_more_than_ids_is_not_made_up(job: str, payload: dict[str, Any] | None) -> None:
    """Half a message is worse than none."""
    assert rebuilt(letter(job, payload)) is None


def cause(error: str, organization_id: UUID | None = None) -> str:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    return cause_of(
        Alert(job="message.send", organization_id=organization_id, error=error, dead_letter_id=uuid4(), at=at)
    )


def test_a_cause_has_no_particulars() -> None:
    """Ids, numbers and length do not make another cause; the kind of error and the organization do."""
    assert cause(f"no message {uuid4()} (404)") == cause(f"no message {uuid4()} (410)")
    assert cause("x" * 200 + "a") == cause("x" * 200 + "b")
    assert cause("DatabaseError: away") != cause("GatewayError: away")
    assert cause("away", uuid4()) != cause("away", uuid4())
