"""Upstash Redis over REST, through the official client, with a time limit of our own around every call."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
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
    """Runs commands and scripts. Those that are asked together, as by `asyncio.gather`, are one HTTP call.

    The vendor's other clients call that auto-pipelining: what is asked before the event loop comes round travels in one
    pipeline. An error of one command of it is then the error of all.
    """

    def __init__(self, url: str, token: str, *, limit: timedelta = CALL_LIMIT) -> None:
        self._client = Redis(url, token, rest_retries=0, allow_telemetry=False)
        self._limit = limit
        self._next: _Request | None = None  #: still open for more commands

    async def run(self, *command: str) -> Any:
        """Run one command, such as `run("SET", "key", "value")`. Raises `LimiterError`."""
        if self._next is None:
            commands: list[list[str]] = []
            # The task begins when everybody who is ready to run has had their turn.
            self._next = _Request(commands, asyncio.create_task(self._send(commands)))
        request, position = self._next, len(self._next.commands)
        request.commands.append(list(command))
        # Who is cancelled must not take the answers from the others.
        return (await asyncio.shield(request.answers))[position]

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        return await self.run("EVAL", source, str(len(keys)), *keys, *arguments)

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

    async def _send(self, commands: Sequence[list[str]]) -> list[Any]:
        self._next = None
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                return await self._exchange(commands)
        except TimeoutError:
            raise LimiterError(f"Upstash Redis did not answer within {self._limit.total_seconds()} s") from None
        except httpx.HTTPError as error:
            raise LimiterError(f"Upstash Redis cannot be reached: {type(error).__name__}") from error
        except UpstashError as error:
            raise LimiterError(f"Upstash Redis refused a command: {error}") from error
        except (AssertionError, AttributeError, TypeError, ValueError) as error:
            # The client takes whatever JSON comes for an answer, and asserts that there is one.
            raise LimiterError("Upstash Redis answered in a shape that is not its protocol's") from error

    async def _exchange(self, commands: Sequence[list[str]]) -> list[Any]:
        if len(commands) == 1:
            return [await self._client.execute(commands[0])]
        pipeline = self._client.pipeline()
        for command in commands:
            pipeline.execute(command)
        answers: list[Any] = await pipeline.exec()
        if len(answers) != len(commands):
            raise ValueError(f"{len(answers)} answers to {len(commands)} commands")
        return answers


@dataclass(frozen=True)
class _Request:
    """Commands that travel together, and their answers in the same order."""

    commands: list[list[str]]
    answers: asyncio.Task[list[Any]]


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
