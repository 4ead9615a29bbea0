"""The adapter to QStash: the official client, against the real wire protocol and bad servers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from infra.local.qstash import DEV_TOKEN, BrokerConfig, create_app
from infra.local.server import serving
from shared.adapters.qstash import QStashQueue
from shared.errors import QueueError
from shared.ports import FlowControl, Publication

PUBLIC_URL = "http://127.0.0.1:9/functions"
LIMIT = timedelta(seconds=0.2)

QueueAt = Callable[..., QStashQueue]


@pytest.fixture
async def broker() -> AsyncIterator[str]:
    """The address of a broker in memory."""
    async with serving(create_app(BrokerConfig())) as url:
        yield url


@pytest.fixture
async def queue_at() -> AsyncIterator[QueueAt]:
    """A function that makes the adapter for an address and a token; all are closed after the test."""
    async with AsyncExitStack() as opened:

        def make(url: str, token: str = DEV_TOKEN, *, limit: timedelta = timedelta(seconds=5)) -> QStashQueue:
            queue = QStashQueue(url, token, public_url=PUBLIC_URL, limit=limit)
            opened.push_async_callback(queue.aclose)
            return queue

        yield make


def publication(**changes: Any) -> Publication:
    fields: dict[str, Any] = {"job": "message.receive", "body": '{"a": "olá"}', "retries": 5, **changes}
    return Publication(**fields)


async def stored(broker: str, message_id: str) -> dict[str, Any]:
    """Return what the broker holds of a message."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {DEV_TOKEN}"}) as client:
        response = await client.get(f"{broker}/v2/messages/{message_id}")
    message: dict[str, Any] = response.json()
    return message


async def test_a_publication_says_how_it_is_to_be_delivered(broker: str, queue_at: QueueAt) -> None:
    """Address, body, retries, backoff, delay, timeout, flow control, headers and the failure callback arrive."""
    (message_id,) = await queue_at(broker).publish(
        [
            publication(
                delay=timedelta(seconds=59.2),
                retry_delay="2000 * pow(2, retried)",
                timeout=timedelta(seconds=30),
                deduplication_id="receive.1",
                headers={"X-Correlation-Id": "trip-1"},
                flow_control=FlowControl(key="send.1", rate=1, period=timedelta(seconds=1)),
            )
        ]
    )
    message = await stored(broker, message_id)
    assert message["url"] == f"{PUBLIC_URL}/jobs/message.receive"
    assert message["body"] == '{"a": "olá"}'
    assert message["header"]["X-Correlation-Id"] == ["trip-1"]
    assert message["maxRetries"] == 5
    assert message["retryDelayExpression"] == "2000 * pow(2, retried)"
    assert message["failureCallback"] == f"{PUBLIC_URL}/callbacks/failure"
    assert (message["flowControlKey"], message["rate"]) == ("send.1", 1)
    assert message["notBefore"] - message["createdAt"] == 60_000, "a delay is never cut short"


async def test_many_publications_are_one_call(broker: str, queue_at: QueueAt) -> None:
    """Each has an id of its own, in order; the same deduplication id has the first one's."""
    queue = queue_at(broker)
    delayed = timedelta(minutes=5)
    ids = await queue.publish([publication(deduplication_id=each, delay=delayed) for each in ("one", "two", "one")])
    assert len(ids) == 3
    assert ids[0] != ids[1]
    assert (await stored(broker, ids[1]))["messageId"] == ids[1]


async def test_nothing_is_published_by_nothing(broker: str, queue_at: QueueAt) -> None:
    """An empty batch is no error."""
    assert await queue_at(broker).publish([]) == ()


async def test_the_check_tells_whether_the_token_is_taken(broker: str, queue_at: QueueAt) -> None:
    """A server that answers is not enough."""
    await queue_at(broker).check()
    with pytest.raises(QueueError) as refused:
        await queue_at(broker, "wrong-token").check()
    assert "wrong-token" not in str(refused.value)


async def test_a_queue_that_shall_not_be_is_named(queue_at: QueueAt) -> None:
    """With QSTASH_URL=none, whoever needs the queue is told so, and not of a protocol."""
    with pytest.raises(QueueError, match="QSTASH_URL is none"):
        await queue_at("").check()


@pytest.mark.parametrize("outage", ["silent_server", "closed_port"])
async def test_an_unreachable_queue_is_said_in_time(
    outage: str, queue_at: QueueAt, request: pytest.FixtureRequest
) -> None:
    """Publishing gives up within its limit: the caller decides what that means."""
    queue = queue_at(request.getfixturevalue(outage), limit=LIMIT)
    async with asyncio.timeout(2):
        with pytest.raises(QueueError):
            await queue.publish([publication()])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html>Bad gateway</html>", 502),
        ("<html>ok</html>", 200),
        ("", 200),
        ("7", 200),
        ("null", 200),
        ("{}", 200),
        ('{"error": "rate limit"}', 429),
        ('{"error": "quota maxMessagesPerDay exceeded"}', 412),
        ('[{"error": "invalid destination"}]', 200),
        ('[{"messageId": "msg_1"}, {"error": "invalid delay"}]', 200),
        ('["msg_1"]', 200),
        ("[null]", 200),
    ],
)
async def test_an_answer_without_an_id_for_each_is_no_acceptance(
    answering: Callable[..., Any], queue_at: QueueAt, body: str, status: int
) -> None:
    """Accepted is durable: whatever is not clearly taken is an error."""
    queue = queue_at(await answering(body, status=status))
    with pytest.raises(QueueError):
        await queue.publish([publication()])


async def test_personal_bodies_are_hidden_in_the_queues_own_log(broker: str, queue_at: QueueAt) -> None:
    """What people wrote does not show to whoever looks into the queue's console."""
    queue = queue_at(broker)
    (message_id,) = await queue.publish([publication(personal=True, delay=timedelta(minutes=5))])
    assert "olá" not in json.dumps(await stored(broker, message_id), ensure_ascii=False)
