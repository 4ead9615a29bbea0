"""Alerts: the operator hears of what gave up, once for each cause, and never of what people wrote."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.server import serving
from shared.adapters.operator_webhook import OperatorWebhook
from shared.adapters.redis import RedisRest
from shared.alerts import Alerts
from shared.errors import AlertError
from shared.ports import Alert
from tests.conftest import RedisRest as RunningRedis
from tests.integration.conftest import NOW
from tests.integration.operations.conftest import ALL_ATTEMPTS, Deployment, OperatorsChat

ORGANIZATION = UUID(int=1)


class HandClock:
    """Shows what a test sets."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


class HeardChannel:
    """Takes alerts, or fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[Alert] = []
        self._failures = failures

    async def deliver(self, alert: Alert) -> None:
        if self._failures:
            self._failures -= 1
            raise AlertError("the operator's webhook answered 500")
        self.heard.append(alert)


def alert(error: str = "DatabaseError: away", **changes: Any) -> Alert:
    fields = {"job": "message.send", "organization_id": ORGANIZATION, "dead_letter_id": uuid4(), "at": NOW}
    return Alert(error=error, **{**fields, **changes})


@pytest.fixture
async def redis(redis_rest: RunningRedis) -> AsyncIterator[RedisRest]:
    """The real Redis, emptied."""
    client = RedisRest(redis_rest.url, redis_rest.token)
    yield client
    await client.aclose()


@pytest.fixture
async def away() -> AsyncIterator[RedisRest]:
    """A Redis at an address where nobody answers."""
    client = RedisRest("http://127.0.0.1:9", "made-up")
    yield client
    await client.aclose()


def alerts(channel: HeardChannel, redis: RedisRest, clock: HandClock | None = None, **changes: Any) -> Alerts:
    return Alerts(channels=(channel,), redis=lambda: redis, clock=clock or HandClock(), **changes)


async def test_one_cause_is_told_once_an_hour(redis: RedisRest) -> None:
    """The same job of the same organization fails alike a hundred times: one alert, and the next an hour later."""
    channel, clock = HeardChannel(), HandClock()
    told = alerts(channel, redis, clock)
    assert await told.tell(alert())
    clock.time += timedelta(minutes=59)
    assert not await told.tell(alert())
    clock.time += timedelta(minutes=2)
    assert await told.tell(alert())
    assert len(channel.heard) == 2


async def test_other_causes_are_told(redis: RedisRest) -> None:
    """Another job, organization or kind of error is another cause; another id in the same error is not."""
    channel = HeardChannel()
    told = alerts(channel, redis)
    first = "no outgoing message 0a0a0a0a-0000-4000-8000-00000000dead (404)"
    assert await told.tell(alert(first))
    assert not await told.tell(alert("no outgoing message 1b1b1b1b-0000-4000-8000-00000000beef (404)"))
    assert await told.tell(alert(first, job="conversation.reply"))
    assert await told.tell(alert(first, organization_id=UUID(int=2)))
    assert await told.tell(alert(first, organization_id=None))
    assert await told.tell(alert("the number has no WhatsApp"))


async def test_processes_share_the_limit(redis: RedisRest) -> None:
    """Twenty containers fail at once: one tells."""
    channel = HeardChannel()
    told = await asyncio.gather(*(alerts(channel, redis).tell(alert()) for _ in range(20)))
    assert told.count(True) == 1
    assert len(channel.heard) == 1


async def test_an_hour_holds_twenty_alerts(redis: RedisRest) -> None:
    """Whatever the causes: the twenty-first waits until the first is an hour old."""
    channel, clock = HeardChannel(), HandClock()
    told = alerts(channel, redis, clock)
    for number in range(30):
        await told.tell(alert(organization_id=UUID(int=number)))
        clock.time += timedelta(minutes=1)
    assert len(channel.heard) == 20
    clock.time += timedelta(minutes=31)
    assert await told.tell(alert(organization_id=UUID(int=99)))


async def test_without_redis_a_process_tells_each_cause_once(away: RedisRest) -> None:
    """Better an alert too many than none: another process may tell it, too."""
    channel = HeardChannel()
    told = alerts(channel, away)
    assert [await told.tell(alert()) for _ in range(3)] == [True, False, False]
    assert await told.tell(alert("something else"))
    assert await alerts(channel, away).tell(alert())


@pytest.mark.parametrize("server", ["redis", "away"])
async def test_an_alert_that_nobody_took_is_tried_with_the_next_failure(
    server: str, request: pytest.FixtureRequest, redis: RedisRest, away: RedisRest
) -> None:
    """A webhook that fails does not use up the hour."""
    channel = HeardChannel(failures=1)
    told = alerts(channel, {"redis": redis, "away": away}[server])
    assert [await told.tell(alert()) for _ in range(3)] == [False, True, False]


async def test_without_a_channel_nobody_is_told_and_redis_is_not_asked() -> None:
    """Alerts are optional, and cost nothing then."""

    def never() -> RedisRest:
        raise AssertionError("Redis was asked for")

    assert not await Alerts(channels=(), redis=never, clock=HandClock()).tell(alert())


async def test_the_callback_tells_the_operator(deployment: Deployment, operators_chat: OperatorsChat) -> None:
    """What is posted names job, organization, error and dead letter, and nothing that a customer wrote or is."""
    deployment.database.broken = {"receive_message"}
    for _ in range(3):
        await deployment.receive("meu CPF é 123", name="Ana")
    await deployment.advance(ALL_ATTEMPTS)
    (posted,) = operators_chat.received
    letters = [str(letter_id) for letter_id, _, _ in deployment.letters()]
    error = "DatabaseError: receive_message: Supabase cannot be reached: ConnectError"
    assert len(letters) == 3
    assert posted.pop("dead_letter_id") in letters
    assert posted.pop("text").startswith("Aurora: message.receive gave up for organization")
    assert datetime.fromisoformat(posted.pop("at")).tzinfo is not None
    assert posted == {
        "job": "message.receive",
        "organization": deployment.business.organization_id,
        "error": error,
    }
    assert not [private for private in ("CPF", "Ana", "55119") if private in str(operators_chat.received)]


async def test_a_webhook_that_fails_does_not_fail_the_callback(
    deployment: Deployment, operators_chat: OperatorsChat
) -> None:
    """The dead letter is kept at the first call; the next failure of the same cause tries to tell again."""
    operators_chat.status = 500
    await deployment.receive(instance="nobody")
    operators_chat.status = 200
    await deployment.receive(instance="nobody")
    assert len(deployment.letters()) == 2
    assert len(operators_chat.received) == 2


async def test_a_silent_webhook_is_not_waited_for() -> None:
    """Whoever takes the connection and never answers costs the time limit, no more."""
    released = asyncio.Event()

    async def hang(request: Request) -> Response:
        await released.wait()
        return Response()

    async with serving(Starlette(routes=[Route("/", hang, methods=["POST"])])) as url:
        webhook = OperatorWebhook(url, limit=timedelta(seconds=0.05))
        with pytest.raises(AlertError, match="did not answer within"):
            await webhook.deliver(alert())
        released.set()
        await webhook.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret-path", "http://[::1", "http://\x00"])
async def test_a_webhook_that_cannot_be_reached_is_not_quoted(url: str) -> None:
    """The address of a chat's webhook is its secret."""
    webhook = OperatorWebhook(url)
    with pytest.raises(AlertError) as failed:
        await webhook.deliver(alert())
    assert "secret-path" not in str(failed.value)
    await webhook.aclose()
