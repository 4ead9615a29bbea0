"""Pipelines and transactions of the official clients, and many requests at once."""

import asyncio
from typing import Any

import httpx
import pytest
import upstash_redis
import upstash_redis.asyncio

from tests.conftest import RedisRest


def test_the_blocking_client_runs_batches(redis_rest: RedisRest) -> None:
    """Pipeline and transaction give the results in order."""
    with upstash_redis.Redis(url=redis_rest.url, token=redis_rest.token) as client:
        pipeline = client.pipeline()
        pipeline.set("a", "ç").get("a").incr("n").get("missing")
        assert pipeline.exec() == [True, "ç", 1, None]
        transaction = client.multi()
        transaction.incr("n").hset("h", "f", "v").hgetall("h")
        assert transaction.exec() == [2, 1, {"f": "v"}]


async def test_the_asynchronous_client_runs_batches(redis_rest: RedisRest) -> None:
    """Pipeline and transaction give the results in order."""
    async with upstash_redis.asyncio.Redis(url=redis_rest.url, token=redis_rest.token) as client:
        pipeline = client.pipeline()
        pipeline.rpush("l", "a", "b").lrange("l", 0, -1)
        assert await pipeline.exec() == [2, ["a", "b"]]
        transaction = client.multi()
        transaction.incr("n").incr("n").get("n")
        assert await transaction.exec() == [1, 2, "2"]


async def test_a_pipeline_goes_on_after_an_error(rest: httpx.AsyncClient) -> None:
    """Each command of a pipeline has its own result or error."""
    answer = await rest.post("/pipeline", json=[["SET", "k", "v"], ["INCR", "k"], ["GET", "k"]])
    ok, error, value = answer.json()
    assert answer.status_code == 200
    assert (ok, value) == ({"result": "OK"}, {"result": "v"})
    assert "not an integer" in error["error"]


async def test_a_transaction_with_a_bad_command_runs_nothing(rest: httpx.AsyncClient) -> None:
    """A command that cannot be queued aborts the whole transaction."""
    answer = await rest.post("/multi-exec", json=[["SET", "k", "v"], ["GET"]])
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("EXECABORT")
    assert (await rest.get("/get/k")).json() == {"result": None}


async def test_a_transaction_tells_errors_of_its_commands(rest: httpx.AsyncClient) -> None:
    """A command that fails while it runs does not undo the others, as in Redis itself."""
    answer = await rest.post("/multi-exec", json=[["SET", "k", "v"], ["INCR", "k"], ["GET", "k"]])
    ok, error, value = answer.json()
    assert (ok, value) == ({"result": "OK"}, {"result": "v"})
    assert "not an integer" in error["error"]


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
@pytest.mark.parametrize("body", [b"[]", b"{}", b"[1]", b'["GET", "k"]', b""])
async def test_a_body_that_is_no_batch_is_an_error(rest: httpx.AsyncClient, path: str, body: bytes) -> None:
    """A batch must be an array of commands; anything else is refused with a reason."""
    answer = await rest.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["/pipeline", "/multi-exec"])
async def test_a_batch_with_an_unavailable_command_runs_nothing(rest: httpx.AsyncClient, path: str) -> None:
    """Commands that a request cannot carry are found before any command is sent."""
    answer = await rest.post(path, json=[["SET", "k", "v"], ["MULTI"]])
    assert answer.status_code == 400
    assert (await rest.get("/get/k")).json() == {"result": None}


async def test_concurrent_clients_do_not_mix_answers(redis_rest: RedisRest) -> None:
    """Many requests over 20 at once: every one gets its own answer and no increment is lost."""
    async with upstash_redis.asyncio.Redis(url=redis_rest.url, token=redis_rest.token) as client:

        async def visit(visitor: int) -> list[int]:
            counts = []
            for _ in range(5):
                await client.set(f"visitor:{visitor}", str(visitor))
                assert await client.get(f"visitor:{visitor}") == str(visitor)
                counts.append(await client.incr("visits"))
            return counts

        counts = [count for visits in await asyncio.gather(*map(visit, range(20))) for count in visits]
    assert sorted(counts) == list(range(1, 101))


async def test_a_transaction_is_never_interleaved(redis_rest: RedisRest) -> None:
    """Two increments in one transaction are neighbours, whoever else increments."""
    async with upstash_redis.asyncio.Redis(url=redis_rest.url, token=redis_rest.token) as client:

        async def twice() -> list[Any]:
            transaction = client.multi()
            transaction.incr("n").incr("n")
            return await transaction.exec()

        pairs = await asyncio.gather(*(twice() for _ in range(50)))
    assert all(second == first + 1 for first, second in pairs)
    assert len({first for first, _ in pairs}) == 50
