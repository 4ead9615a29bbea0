"""The adapter to Upstash Redis: the official client with a limit around it, against a real Valkey and bad servers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.redis import RedisRest
from shared.errors import LimiterError
from tests.conftest import RedisRest as Server

LIMIT = timedelta(seconds=1)


RedisAt = Callable[..., RedisRest]


@pytest.fixture
async def redis_at() -> AsyncIterator[RedisAt]:
    """A function that makes the adapter for an address and a token; all are closed after the test."""
    async with AsyncExitStack() as opened:

        def make(url: str, token: str) -> RedisRest:
            redis = RedisRest(url, token, limit=LIMIT)
            opened.push_async_callback(redis.aclose)
            return redis

        yield make


@pytest.fixture
def redis(redis_rest: Server, redis_at: RedisAt) -> RedisRest:
    """The adapter over a real server."""
    return redis_at(redis_rest.url, redis_rest.token)


async def test_commands_run(redis: RedisRest) -> None:
    """A value that was set is there, one that was deleted is not."""
    await redis.run("SET", "key", "olá")
    assert await redis.run("GET", "key") == "olá"
    assert await redis.run("DEL", "key") == 1
    assert await redis.run("GET", "key") is None


async def test_a_script_runs_with_keys_and_arguments(redis: RedisRest) -> None:
    """One call, atomically."""
    source = "redis.call('SET', KEYS[1], ARGV[1]); return redis.call('GET', KEYS[1])"
    assert await redis.script(source, keys=["key"], arguments=["7"]) == "7"


async def test_a_server_that_answers_is_there(redis: RedisRest) -> None:
    """The check passes with the right token."""
    await redis.check()


async def test_a_wrong_token_is_said(redis_rest: Server, redis_at: RedisAt) -> None:
    """The check tells that the token was refused, not the token."""
    with pytest.raises(LimiterError) as refused:
        await redis_at(redis_rest.url, "wrong-token").check()
    assert "wrong-token" not in str(refused.value)


async def test_a_command_that_redis_refuses_is_a_limiters_error(redis: RedisRest) -> None:
    """Whatever Redis says no to reaches the caller as the one error that it handles."""
    with pytest.raises(LimiterError, match="refused"):
        await redis.run("GET")


@pytest.mark.parametrize("outage", ["silent_server", "closed_port"])
async def test_a_server_that_is_not_there_is_said_in_time(
    outage: str, redis_at: RedisAt, request: pytest.FixtureRequest
) -> None:
    """The client itself would wait for ever."""
    with pytest.raises(LimiterError):
        await redis_at(request.getfixturevalue(outage), "made-up").check()


@pytest.mark.parametrize(
    ("body", "status"),
    [("<html>Bad gateway</html>", 502), ("<html>ok</html>", 200), ("", 200), ("[]", 200), ("7", 200), ("null", 200)],
)
async def test_a_stranger_at_the_address_is_said(
    answering: Callable[..., Any], redis_at: RedisAt, body: str, status: int
) -> None:
    """A proxy's page or another server's answer is an outage, not a crash."""
    with pytest.raises(LimiterError):
        await redis_at(await answering(body, status=status), "made-up").check()
