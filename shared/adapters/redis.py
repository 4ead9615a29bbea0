"""Upstash Redis over REST, through the official client, with a time limit of our own around every call."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, cast

import httpx
from upstash_redis.asyncio import Redis
from upstash_redis.errors import UpstashError

from shared.errors import LimiterError
from shared.ports import RateLimit, Verdict

#: The client itself waits for ever.
CALL_LIMIT = timedelta(seconds=1.5)

_MILLISECOND = timedelta(milliseconds=1)
_PREFIX = "aurora:limit"
#: The queue gives up on a job long before.
_MARK_LIFE = timedelta(hours=1)

#: The last two keys are the mark's and the notice's, the last two arguments how long each lives, in milliseconds.
_ONCE = """
local mark, notice = KEYS[#KEYS - 1], KEYS[#KEYS]
local mark_life, notice_life = ARGV[#ARGV - 1], ARGV[#ARGV]
local verdict = redis.call('GET', mark)
if verdict then
    return {verdict == 'allowed' and 0 or -1, verdict}
end
local function remaining()
<script>
end
local left = remaining()
verdict = 'allowed'
if left < 0 then
    verdict = redis.call('SET', notice, '1', 'NX', 'PX', notice_life) and 'notice' or 'silent'
end
redis.call('SET', mark, verdict, 'PX', mark_life)
return {left, verdict}
"""


class RedisRest:
    """Runs commands and scripts; each is one HTTP call."""

    def __init__(self, url: str, token: str, *, limit: timedelta = CALL_LIMIT) -> None:
        self._client = Redis(url, token, rest_retries=0, allow_telemetry=False)
        self._limit = limit

    async def run(self, *command: str) -> Any:
        """Run one command, such as `run("SET", "key", "value")`. Raises `LimiterError`."""
        return await self._bounded(self._client.execute(list(command)))

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        return await self._bounded(self._client.eval(source, keys=list(keys), args=list(arguments)))

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """Count `amount` of `subject` against `limit`, once for each `mark`; see `shared.ports.RateLimiter`.

        One script, so one call and atomic: the sliding window of `upstash-ratelimit`, unless the mark has a verdict.
        The window slides, as a fixed one lets twice its amount through around its edge; what is refused does not count
        against it, so that who slows down is heard again. Its clock is the machine's, as the library takes no other.
        Raises `LimiterError`, and `ValueError` for a limit or an amount below 1.
        """
        from upstash_ratelimit.asyncio import Ratelimit, SlidingWindow

        if limit.amount < 1 or amount < 1:
            raise ValueError(f"a rate limit counts in steps of at least 1, not {amount} of {limit.amount}")
        once = _OncePerMark(self, mark=f"{_PREFIX}:mark:{mark}", notice=f"{_PREFIX}:notice:{subject}", limit=limit)
        window = SlidingWindow(limit.amount, limit.window // _MILLISECOND, unit="ms")
        # The library needs of its client the one method that runs a script.
        await Ratelimit(cast(Redis, once), window, prefix=_PREFIX).limit(subject, rate=amount)
        return once.verdict

    async def check(self) -> None:
        """Return when Redis answers and takes our token. Raises `LimiterError`."""
        await self.run("PING")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _bounded(self, call: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                return await call
        except TimeoutError:
            raise LimiterError(f"Upstash Redis did not answer within {self._limit.total_seconds()} s") from None
        except httpx.HTTPError as error:
            raise LimiterError(f"Upstash Redis cannot be reached: {type(error).__name__}") from error
        except UpstashError as error:
            raise LimiterError(f"Upstash Redis refused a command: {error}") from error
        except (AssertionError, AttributeError, TypeError, ValueError) as error:
            # The client takes whatever JSON comes for an answer, and asserts that there is one.
            raise LimiterError("Upstash Redis answered in a shape that is not its protocol's") from error


class _OncePerMark:
    """A client for `upstash-ratelimit` that puts its script into one that runs it once for each mark.

    What the limit's script returns below zero is a refusal (`SlidingWindow`). The verdict is kept as long as a job may
    be tried again, and the first refusal in a while is told apart from the next.
    """

    def __init__(self, redis: RedisRest, *, mark: str, notice: str, limit: RateLimit) -> None:
        self._redis = redis
        self._keys = [mark, notice]
        self._times = [str(_MARK_LIFE // _MILLISECOND), str(limit.notice_every // _MILLISECOND)]
        self.verdict = Verdict.ALLOWED

    async def eval(self, script: str, keys: Sequence[str], args: Sequence[object]) -> int:
        """Run `script` unless the mark has its verdict, which `verdict` holds then."""
        head, source = _split_head(script)
        remaining, verdict = await self._redis.script(
            head + _ONCE.replace("<script>", source),
            keys=[*keys, *self._keys],
            arguments=[*(str(each) for each in args), *self._times],
        )
        self.verdict = Verdict(verdict)
        return int(remaining)


def _split_head(script: str) -> tuple[str, str]:
    """Split off the first line where it says which engine runs the script: it must stay the first."""
    if not script.startswith("#!"):
        return "", script
    head, _, source = script.partition("\n")
    return f"{head}\n", source
