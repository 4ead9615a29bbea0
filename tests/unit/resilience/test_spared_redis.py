"""Without Redis the work goes on, nobody waits twice, and the log says it once."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from shared.errors import LimiterError
from shared.ports import Verdict
from shared.resilience.circuit_breaker import Admission
from shared.resilience.rate_limit import LookAheadLimiter, RedisMessageLimiter, messages_per_minute
from shared.resilience.redis_breaker import RedisCircuitBreaker
from shared.resilience.spared_redis import SparedRedis
from tests.unit.resilience.conftest import AbsentRedis, HandClock

CONVERSATION = UUID(int=1)


@pytest.fixture
def absent() -> AbsentRedis:
    """A Redis that cannot be reached."""
    return AbsentRedis()


@pytest.fixture
def spared(absent: AbsentRedis, clock: HandClock) -> SparedRedis:
    """The same, spared after a failure."""
    return SparedRedis(redis=absent, clock=clock, rest=timedelta(seconds=10))


@pytest.fixture
def said() -> Iterator[list[logging.LogRecord]]:
    """What is written into the log."""
    records: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger, keeper = logging.getLogger("aurora.resilience"), Keeper()
    before = logger.level
    logger.addHandler(keeper)
    logger.setLevel(logging.INFO)
    yield records
    logger.removeHandler(keeper)
    logger.setLevel(before)


async def test_an_absent_redis_closes_every_breaker(spared: SparedRedis, clock: HandClock) -> None:
    """Calls go through, and failures that cannot be told are no error of the call."""
    breaker = RedisCircuitBreaker(redis=spared, clock=clock)
    for _ in range(20):
        admission = await breaker.ask("model:host")
        assert admission == Admission()
        await breaker.settle("model:host", admission, failed=True)


async def test_an_absent_redis_is_asked_again_by_the_call(
    spared: SparedRedis, absent: AbsentRedis, clock: HandClock
) -> None:
    """A look that learned nothing leaves no trust behind: the next question is asked as soon as Redis may be."""
    breaker = RedisCircuitBreaker(redis=spared, clock=clock, trust=timedelta(minutes=1))
    limiter = RedisMessageLimiter(redis=spared, limit=messages_per_minute(1))
    ahead = LookAheadLimiter(limiter=limiter, breaker=breaker, name="model:host")
    assert await ahead.admit(CONVERSATION, seq=1) is Verdict.ALLOWED
    assert await breaker.ask("model:host") == Admission()
    asked = absent.calls
    clock.advance(10)
    assert await breaker.ask("model:host") == Admission()
    assert absent.calls == asked + 1


async def test_an_absent_redis_limits_nobody(spared: SparedRedis) -> None:
    """Every message is allowed."""
    limiter = RedisMessageLimiter(redis=spared, limit=messages_per_minute(1))
    assert [await limiter.admit(CONVERSATION, seq=seq) for seq in range(5)] == [Verdict.ALLOWED] * 5


async def test_nobody_waits_twice(
    spared: SparedRedis, absent: AbsentRedis, clock: HandClock, said: list[logging.LogRecord]
) -> None:
    """After a failure Redis is asked again only after its rest; the outage is said once, its end too."""
    breaker = RedisCircuitBreaker(redis=spared, clock=clock)
    limiter = RedisMessageLimiter(redis=spared, limit=messages_per_minute(1))
    for second in range(25):
        await breaker.ask(f"gateway:evolution:{second}")
        await limiter.admit(CONVERSATION, seq=second)
        clock.advance(1)
    assert absent.calls == 3
    assert [record.levelname for record in said] == ["WARNING"]

    absent.away = False
    clock.advance(10)
    assert await limiter.admit(CONVERSATION, seq=99) is Verdict.SILENT
    await breaker.ask("model:host")
    assert [record.levelname for record in said] == ["WARNING", "INFO"]
    assert absent.calls == 5


async def test_a_check_is_not_spared(spared: SparedRedis, absent: AbsentRedis) -> None:
    """Whoever asks whether Redis is there gets today's answer."""
    for _ in range(2):
        with pytest.raises(LimiterError):
            await spared.check()
    absent.away = False
    await spared.check()
    assert absent.calls == 3
