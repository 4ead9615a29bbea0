"""The official client, blocking and asynchronous, against the local REST API."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any, Protocol

import httpx
import pytest
import upstash_redis
import upstash_redis.asyncio

from tests.conftest import RedisRest


class Call(Protocol):
    """Calls one method of a client: `await call("set", "key", "value", ex=10)`."""

    async def __call__(self, method: str, *arguments: Any, **options: Any) -> Any: ...


@pytest.fixture(params=["sync", "async"])
async def call(redis_rest: RedisRest, request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    """A caller of the official client; every test that uses it runs with both kinds."""
    kind = upstash_redis.Redis if request.param == "sync" else upstash_redis.asyncio.Redis
    client = kind(url=redis_rest.url, token=redis_rest.token, rest_retries=0)

    async def call_method(method: str, *arguments: Any, **options: Any) -> Any:
        bound = getattr(client, method)
        if inspect.iscoroutinefunction(bound) or isinstance(client, upstash_redis.asyncio.Redis):
            return await bound(*arguments, **options)
        return await asyncio.to_thread(bound, *arguments, **options)

    yield call_method
    closing = client.close()
    if inspect.isawaitable(closing):
        await closing


@pytest.fixture
async def rest(redis_rest: RedisRest) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client with the right token."""
    async with httpx.AsyncClient(
        base_url=redis_rest.url, headers={"Authorization": f"Bearer {redis_rest.token}"}
    ) as client:
        yield client
