"""The adapter to Upstash Redis: the official client with a limit around it, against a real Valkey and bad servers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.redis import RedisRest
from shared.errors import LimiterError
from shared.ports import RateLimit, Verdict
from tests.conftest import MeteredRedis
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


async def test_what_is_asked_together_is_one_request(metered_redis: MeteredRedis, redis_at: RedisAt) -> None:
    """Each gets its own answer, in whatever order they come back; what is asked later travels by itself."""
    redis = redis_at(metered_redis.url, metered_redis.token)
    answers = await asyncio.gather(
        redis.run("SET", "key", "olá"),
        redis.script("return ARGV[1]", keys=[], arguments=["7"]),
        redis.run("GET", "key"),
    )
    assert list(answers) == [True, "7", "olá"]
    assert metered_redis.requests == ["/pipeline"]
    assert await redis.run("GET", "key") == "olá"
    assert metered_redis.requests == ["/pipeline", "/"]


async def test_a_limit_and_a_script_are_one_request(metered_redis: MeteredRedis, redis_at: RedisAt) -> None:
    """The rate limit travels like any other question."""
    redis = redis_at(metered_redis.url, metered_redis.token)
    limit = RateLimit(amount=1, window=timedelta(days=365), notice_every=timedelta(minutes=10))
    verdict, answer = await asyncio.gather(
        redis.admit("subject", mark="1", amount=1, limit=limit), redis.script("return 7", keys=[])
    )
    assert (verdict, answer) == (Verdict.ALLOWED, 7)
    assert metered_redis.requests == ["/pipeline"]


async def test_who_gives_up_takes_nobody_along(redis: RedisRest) -> None:
    """A caller that is cancelled leaves the others their answers."""
    hasty, patient = asyncio.create_task(redis.run("PING")), asyncio.create_task(redis.run("SET", "key", "7"))
    await asyncio.sleep(0)  # both have asked, and wait
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    assert await patient is True
    assert await redis.run("GET", "key") == "7"


async def test_an_error_of_one_is_the_error_of_all_who_asked_with_it(redis: RedisRest) -> None:
    """Whoever travels together fails together, and the next request is a new one."""
    refused = await asyncio.gather(redis.run("GET"), redis.run("SET", "key", "7"), return_exceptions=True)
    assert [type(each) for each in refused] == [LimiterError, LimiterError]
    assert await redis.run("PING") == "PONG"


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


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html>Bad gateway</html>", 502),
        ("[]", 200),
        ('[{"result": "UE9ORw=="}]', 200),
        ('[{"result": "UE9ORw=="}, 7]', 200),
        ("null", 200),
        ('{"error": "ERR max requests limit exceeded"}', 400),
    ],
)
async def test_a_stranger_is_said_to_each_who_asked(
    answering: Callable[..., Any], redis_at: RedisAt, body: str, status: int
) -> None:
    """What is no answer to every question is an answer to none."""
    redis = redis_at(await answering(body, status=status), "made-up")
    answers = await asyncio.gather(redis.check(), redis.check(), return_exceptions=True)
    assert [type(each) for each in answers] == [LimiterError, LimiterError]


@pytest.mark.parametrize("outage", ["silent_server", "closed_port"])
async def test_an_outage_is_said_to_each_who_asked(
    outage: str, redis_at: RedisAt, request: pytest.FixtureRequest
) -> None:
    """In time, to all of them."""
    redis = redis_at(request.getfixturevalue(outage), "made-up")
    answers = await asyncio.gather(redis.check(), redis.check(), return_exceptions=True)
    assert [type(each) for each in answers] == [LimiterError, LimiterError]
