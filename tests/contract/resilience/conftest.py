"""The adapter to Redis over the real server, and what counts its round trips."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest

from shared.adapters import redis as adapter
from shared.ports import RateLimit, Verdict
from tests.conftest import RedisRest
from tests.unit.resilience.conftest import HandClock


@dataclass
class CountedRedis:
    """Passes everything on, and counts it."""

    redis: adapter.RedisRest
    trips: int = 0

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> object:
        self.trips += 1
        return await self.redis.script(source, keys=keys, arguments=arguments)

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        self.trips += 1
        return await self.redis.admit(subject, mark=mark, amount=amount, limit=limit)

    async def check(self) -> None:
        self.trips += 1
        await self.redis.check()


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands until it is moved."""
    return HandClock()


@pytest.fixture
async def rest(redis_rest: RedisRest) -> AsyncIterator[adapter.RedisRest]:
    """The adapter over the real server."""
    client = adapter.RedisRest(redis_rest.url, redis_rest.token)
    yield client
    await client.aclose()


@pytest.fixture
def counted(rest: adapter.RedisRest) -> CountedRedis:
    """The same, counted."""
    return CountedRedis(rest)
