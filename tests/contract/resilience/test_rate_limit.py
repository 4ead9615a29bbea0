"""The limit on a contact's messages, through `upstash-ratelimit` and the real server."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from shared.adapters import redis as adapter
from shared.ports import RateLimit, Verdict
from shared.resilience.rate_limit import LookAheadLimiter, RedisMessageLimiter, messages_per_minute
from shared.resilience.redis_breaker import RedisCircuitBreaker
from tests.conftest import MeteredRedis
from tests.contract.resilience.conftest import CountedRedis
from tests.unit.resilience.conftest import HandClock

A, B = UUID(int=1), UUID(int=2)
#: Long, so that no test meets the edge of a window: the library reads the machine's clock.
WINDOW = timedelta(days=365)
LIMIT = RateLimit(amount=3, window=WINDOW, notice_every=timedelta(minutes=10))

ALLOWED, NOTICE, SILENT = Verdict.ALLOWED, Verdict.NOTICE, Verdict.SILENT


@pytest.fixture
def limiter(counted: CountedRedis) -> RedisMessageLimiter:
    """Three messages, then no more."""
    return RedisMessageLimiter(redis=counted, limit=LIMIT)


async def test_the_first_excess_is_noticed_and_the_rest_is_silence(limiter: RedisMessageLimiter) -> None:
    """Three are answered, the fourth is told, the others are not answered."""
    verdicts = [await limiter.admit(A, seq=seq) for seq in range(1, 7)]
    assert verdicts == [ALLOWED, ALLOWED, ALLOWED, NOTICE, SILENT, SILENT]


async def test_conversations_do_not_share_a_limit(limiter: RedisMessageLimiter) -> None:
    """Who writes too much silences nobody else, and each is told."""
    for seq in range(1, 6):
        await limiter.admit(A, seq=seq)
    assert [await limiter.admit(B, seq=seq) for seq in range(1, 5)] == [ALLOWED, ALLOWED, ALLOWED, NOTICE]


async def test_a_retry_is_not_counted(limiter: RedisMessageLimiter) -> None:
    """A turn that is tried again gets the verdict it had, whatever came since."""
    assert [await limiter.admit(A, seq=1) for _ in range(10)] == [ALLOWED] * 10
    assert [await limiter.admit(A, seq=seq) for seq in range(2, 6)] == [ALLOWED, ALLOWED, NOTICE, SILENT]
    assert [await limiter.admit(A, seq=seq) for seq in (5, 4, 3, 1)] == [SILENT, NOTICE, ALLOWED, ALLOWED]


async def test_a_burst_counts_as_all_its_messages(limiter: RedisMessageLimiter) -> None:
    """One turn that answers three messages uses three."""
    assert await limiter.admit(A, seq=3, messages=3) is ALLOWED
    assert await limiter.admit(A, seq=4) is NOTICE


async def test_what_comes_at_once_is_counted_once_each(limiter: RedisMessageLimiter) -> None:
    """Thirty runs at once, each turn delivered three times: three turns are answered and one is told."""
    seqs = [1 + number % 10 for number in range(30)]
    verdicts = await asyncio.gather(*(limiter.admit(A, seq=seq) for seq in seqs))
    by_seq = {seq: {verdict for other, verdict in zip(seqs, verdicts, strict=True) if other == seq} for seq in seqs}
    assert all(len(found) == 1 for found in by_seq.values())
    assert sorted(verdict for found in by_seq.values() for verdict in found) == [ALLOWED] * 3 + [NOTICE] + [SILENT] * 6


async def test_a_question_is_one_round_trip(limiter: RedisMessageLimiter, counted: CountedRedis) -> None:
    """Whatever the verdict, and again for a retry."""
    for number, seq in enumerate((1, 2, 3, 4, 5, 5), start=1):
        await limiter.admit(A, seq=seq)
        assert counted.trips == number


async def test_a_notice_comes_again_after_its_time(limiter: RedisMessageLimiter, rest: adapter.RedisRest) -> None:
    """The key that says "told" lives ten minutes; without it, the next excess is told."""
    for seq in range(1, 6):
        await limiter.admit(A, seq=seq)
    key = f"aurora:limit:notice:messages:{A}"
    assert 590_000 < await rest.run("PTTL", key) <= 600_000
    await rest.run("DEL", key)
    assert await limiter.admit(A, seq=6) is NOTICE


async def test_every_key_expires(limiter: RedisMessageLimiter, rest: adapter.RedisRest) -> None:
    """Nothing of a conversation stays in Redis."""
    for seq in range(1, 6):
        await limiter.admit(A, seq=seq)
    keys = await rest.run("KEYS", "*")
    assert len(keys) == 1 + 1 + 5  # the window, the notice, a mark for each turn
    assert all(key.startswith("aurora:limit:") for key in keys)
    assert all([await rest.run("PTTL", key) > 0 for key in keys])


async def test_the_breaker_is_looked_at_in_the_same_request(metered_redis: MeteredRedis, clock: HandClock) -> None:
    """One request, whatever the verdict."""
    redis = adapter.RedisRest(metered_redis.url, metered_redis.token)
    limiter = LookAheadLimiter(
        limiter=RedisMessageLimiter(redis=redis, limit=LIMIT),
        breaker=RedisCircuitBreaker(redis=redis, clock=clock, trust=timedelta(0)),
        name="model:host",
    )
    for seq, verdict in enumerate((ALLOWED, ALLOWED, ALLOWED, NOTICE, SILENT, SILENT), start=1):
        assert await limiter.admit(A, seq=seq) is verdict
        assert metered_redis.requests == ["/pipeline"] * seq
    await redis.aclose()


def test_a_minute_s_limit_is_of_a_minute() -> None:
    """What a deployment configures is per minute."""
    assert messages_per_minute(20) == RateLimit(
        amount=20, window=timedelta(minutes=1), notice_every=timedelta(minutes=10)
    )


async def test_the_window_slides(rest: adapter.RedisRest) -> None:
    """What was used before the window is over, by the server's own keys: no sleeping, an earlier window is made up."""
    limit = RateLimit(amount=4, window=WINDOW, notice_every=timedelta(minutes=10))
    assert await rest.admit("s", mark="1", amount=4, limit=limit) is ALLOWED
    assert await rest.admit("s", mark="2", amount=1, limit=limit) is NOTICE
    (current,) = await rest.run("KEYS", "aurora:limit:s:*")
    window = int(current.rpartition(":")[2])
    await rest.run("RENAME", current, f"aurora:limit:s:{window - 2}")
    assert await rest.admit("s", mark="3", amount=4, limit=limit) is ALLOWED


@pytest.mark.parametrize(("amount", "of"), [(0, 3), (-1, 3), (1, 0)])
async def test_steps_of_nothing_are_refused(rest: adapter.RedisRest, amount: int, of: int) -> None:
    """A count that would never end is a mistake of the caller."""
    limit = RateLimit(amount=of, window=WINDOW, notice_every=WINDOW)
    with pytest.raises(ValueError, match="at least 1"):
        await rest.admit("s", mark="1", amount=amount, limit=limit)
