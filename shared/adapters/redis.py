"""Upstash Redis over REST, through the official client, with a time limit of our own around every call."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any

import httpx
from upstash_redis.asyncio import Redis
from upstash_redis.errors import UpstashError

from shared.errors import LimiterError

#: The client itself waits for ever.
CALL_LIMIT = timedelta(seconds=1.5)


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
        except ValueError as error:
            raise LimiterError("Upstash Redis answered in a shape that is not its protocol's") from error
