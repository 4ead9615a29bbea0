"""POST /callbacks/failure: what gives up is kept once, without what people wrote, and releases what waited."""

import base64
import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from functions.callbacks import build
from shared.services import Services
from tests.integration.conftest import Business
from tests.integration.functions.conftest import RecordingQueue, client, deliver

PATH = "/callbacks/failure"


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(raw).decode()


def report(source: object, **changes: Any) -> dict[str, Any]:
    """Return QStash's failure callback about a job with the payload `source`."""
    return {
        "status": 503,
        "header": {"Content-Type": ["application/json"]},
        "body": encoded({"error": "Supabase cannot be reached"}),
        "retried": 5,
        "maxRetries": 5,
        "dlqId": "dlq_1",
        "sourceMessageId": "msg_1",
        "topicName": "",
        "endpointName": "",
        "url": "https://aurora.example/jobs/message.receive",
        "method": "POST",
        "sourceHeader": {},
        "sourceBody": encoded(source),
        "notBefore": 1768911302000,
        "createdAt": 1768911302000,
        "scheduleId": "",
        "callerIP": "127.0.0.1",
        **changes,
    }


async def call(services: Services, body: object, *, job: str | None = "message.receive") -> httpx.Response:
    return await deliver(build, services, PATH, body, headers={"x-aurora-job": job} if job else {})


def letters(business: Business) -> list[tuple[Any, ...]]:
    return business.api.rows(
        "select job, queue_message_id, dead_letter_id, attempts, status, error, payload from app.dead_letters"
    )


async def test_a_failure_is_kept_once_without_what_people_wrote(with_database: Services, business: Business) -> None:
    """Name, text, phone and file names stay in the queue's own dead letter; what identifies is kept."""
    message = business.message("meu CPF é 123", name="Ana", media={"filename": "rg.pdf"}, provider_message_id="ID1")
    source = {"provider": "evolution", "instance": "nobody", "message": message}
    first = await call(with_database, report(source))
    again = await call(with_database, report(source))
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["created"], again.json()["created"]) == (True, False)
    ((job, message_id, dead_letter_id, attempts, status, error, payload),) = letters(business)
    assert (job, message_id, dead_letter_id, attempts, status) == ("message.receive", "msg_1", "dlq_1", 6, 503)
    assert error == "Supabase cannot be reached"
    assert payload["instance"] == "nobody"
    assert payload["message"]["provider_message_id"] == "ID1"
    written = json.dumps(payload, ensure_ascii=False)
    assert not [told for told in ("CPF", "Ana", "rg.pdf", "5511") if told in written]


SOURCES: dict[str, object] = {
    "nothing": b"",
    "no JSON": b"\xff\xfe",
    "a list": [1, 2],
    "nested too deep": b"[" * 100_000,
    "a nonsensical organization": {"organization_id": "nobody", "message_id": ["a"], "seq": {"a": 1}},
    "characters that PostgreSQL cannot store": {"instance": "a\0b", "organization_id": "\0"},
    "half a surrogate pair": b'{"instance": "\\ud800"}',
    "not a number": b'{"seq": NaN}',
    "a list where text belongs": {"kind": ["meu CPF \xe9 123"]},
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("job", ["message.receive", "message.send"])
async def test_whatever_payload_ended_a_job_its_failure_is_kept(
    with_database: Services, business: Business, source: object, job: str
) -> None:
    """An invalid payload is the likeliest reason to be here: it must not be the reason to be lost."""
    assert (await call(with_database, report(source), job=job)).status_code == 200
    ((kept, *_, payload),) = letters(business)
    assert kept == job
    assert "CPF" not in json.dumps(payload, ensure_ascii=False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"body": encoded({"error": "x" * 1000})}, "x" * 500),
        ({"body": encoded(b"Bad gateway")}, "Bad gateway"),
        ({"body": encoded(b"a\0b")}, "ab"),
        ({"body": "not base64"}, None),
        ({"body": ""}, None),
        ({"body": encoded([1])}, "[1]"),
    ],
)
async def test_the_cause_is_the_last_response(
    with_database: Services, business: Business, changes: dict[str, Any], error: str | None
) -> None:
    """Our own error's text, else what was answered, cut to a readable length."""
    await call(with_database, report({}, **changes))
    assert letters(business)[0][5] == error


async def test_a_failure_of_a_job_without_a_name_is_kept(with_database: Services, business: Business) -> None:
    """The header that names the job may be missing: the record says that it is unknown."""
    await call(with_database, report({}), job=None)
    assert letters(business)[0][0] == "unknown"


@pytest.mark.parametrize("body", [b"", b"nonsense", [], {}, {"sourceMessageId": 7}])
async def test_what_is_no_failure_callback_is_final(services: Services, body: object) -> None:
    """Trying again would not make it one."""
    response = await call(services, body)
    assert response.status_code == 489
    assert response.headers["upstash-nonretryable-error"] == "true"


async def test_an_unsigned_callback_is_refused(services: Services) -> None:
    """Nobody but QStash may declare a job dead."""
    async with client(build, services) as calls:
        assert (await calls.post(PATH, json=report({}))).status_code == 401


async def test_a_database_that_is_away_is_503_so_that_the_callback_comes_again(services: Services) -> None:
    """The news of a failure is not lost because of the same outage."""
    assert (await call(services, report({}))).status_code == 503


async def test_a_send_that_gave_up_lets_the_next_one_go(
    with_database: Services, business: Business, queue: RecordingQueue
) -> None:
    """What waited behind it is published, again with every repeat, since the first publication may have failed."""
    first, second = (business.answer(business.receive())["unsent"][-1]["message_id"] for _ in range(2))
    source = {
        "organization_id": business.organization_id,
        "message_id": first,
        "instance_id": business.instance_id,
    }
    queue.broken = True
    assert (await call(with_database, report(source), job="message.send")).status_code == 503
    queue.broken = False
    for _ in range(2):
        assert (await call(with_database, report(source), job="message.send")).status_code == 200
    assert [json.loads(each.body)["message_id"] for each in queue.published] == [second, second]
    assert {each.deduplication_id for each in queue.published} == {f"send.{UUID(second)}.after.{UUID(first)}"}
    assert business.api.value("select state from app.messages where id = %s", first) == "failed"
