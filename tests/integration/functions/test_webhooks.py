"""POST /webhooks/{provider}/{instance}: accepted means queued, and whatever is wrong is said."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from functions.webhooks import build
from shared.adapters.qstash import PUBLISH_LIMIT, QStashQueue
from shared.services import Services
from tests.integration.functions.conftest import PUBLIC_URL, RecordingQueue, client, fixture, secret_of

PATH = "/webhooks/evolution/loja-a"
TEXT = json.dumps(fixture("text")).encode()


async def post(
    services: Services, body: bytes = TEXT, *, path: str = PATH, headers: dict[str, str] | None = None
) -> httpx.Response:
    sent = httpx.Headers(secret_of("loja-a") if headers is None else headers, encoding="utf-8")
    async with client(build, services) as calls:
        return await calls.post(path, content=body, headers=sent)


async def test_a_message_is_in_the_queue_when_the_gateway_is_answered(
    services: Services, queue: RecordingQueue
) -> None:
    """One publication, marked as personal, under an id that the same report has again."""
    for _ in range(2):
        response = await post(services)
        assert (response.status_code, response.json()) == (200, {"accepted": 1})
    first, again = queue.published
    assert (first.job, first.personal) == ("message.receive", True)
    assert first.deduplication_id == again.deduplication_id
    assert first.deduplication_id is not None
    assert json.loads(first.body)["message"]["text"] == "Oi, tem horario amanha?"


async def test_messages_that_differ_have_different_deduplication_ids(services: Services, queue: RecordingQueue) -> None:
    """What is not the same report must never be dropped as one."""
    for name in ("text", "image_caption", "audio_voice", "from_me_phone"):
        await post(services, json.dumps(fixture(name)).encode())
    assert len({each.deduplication_id for each in queue.published}) == 4


async def test_the_correlation_id_travels_on(services: Services, queue: RecordingQueue) -> None:
    """A trip keeps the id it came with; one that cannot travel is replaced."""
    for given in ("trip-7", None, "com espaço", "x" * 1000):
        headers = secret_of("loja-a") | ({"x-correlation-id": given} if given else {})
        assert (await post(services, headers=headers)).status_code == 200
    ids = [each.headers["X-Correlation-Id"] for each in queue.published]
    assert ids[0] == "trip-7"
    assert len(set(ids)) == 4
    assert all(each.isascii() and each.isprintable() and len(each) <= 255 for each in ids)


@pytest.mark.parametrize("name", ["group_text", "status_broadcast", "qrcode_updated"])
async def test_what_is_of_no_interest_is_accepted_and_forgotten(
    services: Services, queue: RecordingQueue, name: str
) -> None:
    """Groups, status updates and QR codes are answered well and cost no call."""
    response = await post(services, json.dumps(fixture(name)).encode())
    assert (response.status_code, response.json()) == (200, {"accepted": 0})
    assert queue.published == []


async def test_an_address_with_the_events_name_is_the_same(services: Services, queue: RecordingQueue) -> None:
    """Evolution's `byEvents` appends the event to the address."""
    assert (await post(services, path=f"{PATH}/messages-upsert")).status_code == 200
    assert len(queue.published) == 1


OTHER_INSTANCE = json.dumps({**fixture("text"), "instance": "loja-b"}).encode()
DEEP = b"[" * 100_000

BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"event=messages.upsert",
    "cut off": TEXT[:-1],
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no event": b'{"instance": "loja-a", "data": {}}',
    "no instance": b'{"event": "messages.upsert", "data": {}}',
    "another instance": OTHER_INSTANCE,
    "no data": b'{"event": "messages.upsert", "instance": "loja-a"}',
    "no key": b'{"event": "messages.upsert", "instance": "loja-a", "data": {}}',
    "not UTF-8": b'{"event": "\xff"}',
    "too deep": DEEP,
    "a number of 5000 digits": b'{"event": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
async def test_a_body_that_is_not_the_providers_is_refused_with_a_reason(
    services: Services, queue: RecordingQueue, body: bytes
) -> None:
    """400 says what is wrong, without repeating what was sent."""
    response = await post(services, body)
    assert response.status_code == 400
    assert response.json()["error"]
    assert queue.published == []


async def test_a_provider_nobody_knows_is_refused(services: Services) -> None:
    """The answer names the providers there are."""
    response = await post(services, path="/webhooks/telegram/loja-a")
    assert response.status_code == 400
    assert "evolution" in response.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-webhook-secret": ""},
        {"x-webhook-secret": "wrong"},
        {"x-webhook-secret": "ç" * 64},
        secret_of("loja-b"),
        secret_of("loja-a", provider="waha"),
        {"authorization": secret_of("loja-a")["x-webhook-secret"]},
    ],
    ids=["none", "empty", "wrong", "not ASCII", "another instance's", "another provider's", "in another header"],
)
async def test_a_secret_that_is_not_the_instances_is_refused(
    services: Services, queue: RecordingQueue, headers: dict[str, str]
) -> None:
    """401, whatever the body holds, and nothing is queued."""
    for body in (TEXT, b"no JSON"):
        response = await post(services, body, headers=headers)
        assert response.status_code == 401
        assert "secret" in response.json()["error"]
    assert queue.published == []


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413)])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_one_mebibyte_is_too_large(
    services: Services, queue: RecordingQueue, size: int, status: int, announced: bool
) -> None:
    """413 for one byte more, whether the length is announced or not."""
    body = TEXT + b" " * (size - len(TEXT))

    async def chunks() -> object:
        for start in range(0, len(body), 64 * 1024):
            yield body[start : start + 64 * 1024]

    async with client(build, services) as calls:
        content = body if announced else chunks()
        response = await calls.post(PATH, content=content, headers=secret_of("loja-a"))  # type: ignore[arg-type]  # chunked
    assert response.status_code == status
    assert len(queue.published) == (status == 200)


async def test_a_queue_that_is_not_there_is_503(services: Services, queue: RecordingQueue) -> None:
    """Evolution retries a 503 and nothing that begins with 4."""
    queue.broken = True
    response = await post(services)
    assert response.status_code == 503
    assert "QStash" in response.json()["error"]


async def test_looking_at_the_address_is_not_calling_it(services: Services) -> None:
    """The webhook takes POST and nothing else."""
    async with client(build, services) as calls:
        assert (await calls.get(PATH)).status_code == 405


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("outage", ["silent_server", "closed_port"])
async def test_an_unreachable_qstash_is_answered_before_the_gateway_gives_up(
    services: Services, outage: str, request: pytest.FixtureRequest
) -> None:
    """503 within the limit that the queue is given, through the official client."""
    limit = timedelta(seconds=0.2)
    queue = QStashQueue(request.getfixturevalue(outage), "made-up", public_url=PUBLIC_URL, limit=limit)
    started = time.perf_counter()
    async with asyncio.timeout(3):
        response = await post(replace(services, make_queue=lambda: queue))
    assert response.status_code == 503
    assert time.perf_counter() - started < 3


def test_the_limit_of_a_publication_leaves_time_to_answer() -> None:
    """The gateway gets its 503 within three seconds."""
    assert timedelta(seconds=2.5) >= PUBLISH_LIMIT
