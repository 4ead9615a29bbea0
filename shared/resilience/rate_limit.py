"""How many messages a contact may write before the assistant stops answering for a while."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.errors import LimiterError
from shared.ports import MessageLimiter, RateLimit, RateLimiter, Verdict
from shared.resilience.redis_breaker import RedisCircuitBreaker

_NOTICE_EVERY = timedelta(minutes=10)


def messages_per_minute(messages: int) -> RateLimit:
    """Return the limit of `messages` in any minute, of which the contact is told at most every ten minutes."""
    return RateLimit(amount=messages, window=timedelta(minutes=1), notice_every=_NOTICE_EVERY)


@dataclass(frozen=True, kw_only=True)
class RedisMessageLimiter:
    """`shared.ports.MessageLimiter` over Redis: one round trip; without Redis everything is allowed.

    Time is the machine's: `upstash-ratelimit` reads the wall clock itself and takes no other. Whoever needs another
    clock gives `Services` another limiter.
    """

    redis: RateLimiter
    limit: RateLimit

    async def admit(self, conversation_id: UUID, *, seq: int, messages: int = 1) -> Verdict:
        """Count the `messages` of a turn whose newest is number `seq`; see `shared.ports.MessageLimiter`."""
        subject = f"messages:{conversation_id}"
        try:
            return await self.redis.admit(subject, mark=f"{subject}:{seq}", amount=messages, limit=self.limit)
        except LimiterError:
            return Verdict.ALLOWED  # said in the log by `redis`: its absence must not silence anybody


@dataclass(frozen=True, kw_only=True)
class LookAheadLimiter:
    """A `shared.ports.MessageLimiter` that, in the same round trip, looks at the breaker of what answers the message.

    Nearly every message is allowed and nearly every breaker closed: the answer then need not ask for it.
    """

    limiter: MessageLimiter
    breaker: RedisCircuitBreaker
    name: str  #: the breaker's

    async def admit(self, conversation_id: UUID, *, seq: int, messages: int = 1) -> Verdict:
        """Say what `limiter` says."""
        verdict, _ = await asyncio.gather(
            self.limiter.admit(conversation_id, seq=seq, messages=messages), self.breaker.look(self.name)
        )
        return verdict
