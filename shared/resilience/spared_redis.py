"""Redis as a helper that the work can do without: while it is away, nobody waits for it twice."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from shared.errors import LimiterError
from shared.ports import Clock, RateLimit, RateLimiter, Redis, Verdict

log = logging.getLogger("aurora.resilience")

#: How long Redis is not asked after it failed: each time may cost a whole time limit.
REST = timedelta(seconds=10)

ResultT = TypeVar("ResultT")


class LimitingRedis(Redis, RateLimiter, Protocol):
    """Redis with all that is asked of it."""


@dataclass(kw_only=True)
class SparedRedis:
    """A `LimitingRedis` that, after a failure, fails at once for `rest` instead of making every caller wait.

    An outage is one line in the log when it begins and one when it ends, however many calls it meets.
    """

    redis: LimitingRedis
    clock: Clock
    rest: timedelta = REST
    _asked_again_at: datetime | None = None

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        return await self._unless_away(lambda: self.redis.script(source, keys=keys, arguments=arguments))

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """Count against a limit; see `shared.ports.RateLimiter`. Raises `LimiterError`."""
        return await self._unless_away(lambda: self.redis.admit(subject, mark=mark, amount=amount, limit=limit))

    async def check(self) -> None:
        """Return when Redis answers and takes our token: asked anew each time. Raises `LimiterError`."""
        await self.redis.check()

    async def _unless_away(self, call: Callable[[], Awaitable[ResultT]]) -> ResultT:
        now = self.clock.now()
        if self._asked_again_at is not None and now < self._asked_again_at:
            raise LimiterError("Upstash Redis failed a moment ago")
        try:
            result = await call()
        except LimiterError as error:
            if self._asked_again_at is None:
                log.warning("working without limits and circuit breakers", extra={"reason": str(error)})
            self._asked_again_at = now + self.rest
            raise
        if self._asked_again_at is not None:
            log.info("limits and circuit breakers work again")
            self._asked_again_at = None
        return result
