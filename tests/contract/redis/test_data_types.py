"""The official client's commands on every type that Redis has here, with the values that trouble encodings."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import upstash_redis
import upstash_redis.asyncio
from upstash_redis.errors import UpstashError

from tests.conftest import RedisRest
from tests.contract.redis.conftest import Call

Action = Callable[[Call], Awaitable[Any]]


def do(method: str, *arguments: Any, **options: Any) -> Action:
    return lambda call: call(method, *arguments, **options)


SCENARIOS: dict[str, list[tuple[Action, Any]]] = {
    "strings": [
        (do("set", "greeting", "olá"), True),
        (do("get", "greeting"), "olá"),
        (do("append", "greeting", "!"), 5),
        (do("getrange", "greeting", 0, 0), "o"),
        (do("mset", {"a": "1", "b": "2"}), True),
        (do("mget", "a", "missing", "b"), ["1", None, "2"]),
        (do("incr", "a"), 2),
        (do("incrby", "a", 40), 42),
        (do("incrbyfloat", "a", 0.5), 42.5),
        (do("delete", "a", "b", "missing"), 2),
    ],
    "hashes": [
        (do("hset", "h", "name", "Ana"), 1),
        (do("hset", "h", values={"age": "30", "city": "Açu"}), 2),
        (do("hgetall", "h"), {"name": "Ana", "age": "30", "city": "Açu"}),
        (do("hmget", "h", "name", "missing"), ["Ana", None]),
        (do("hincrby", "h", "age", 1), 31),
        (do("hdel", "h", "name", "missing"), 1),
        (do("hlen", "h"), 2),
    ],
    "sets": [
        (do("sadd", "s", "a", "b", "a"), 2),
        (do("sismember", "s", "a"), True),
        (do("scard", "s"), 2),
        (do("sadd", "t", "b", "c"), 2),
        (do("sinter", "s", "t"), ["b"]),
        (do("srem", "s", "a", "missing"), 1),
    ],
    "sorted sets": [
        (do("zadd", "z", {"a": 1, "b": 2.5}), 2),
        (do("zscore", "z", "b"), 2.5),
        (do("zrange", "z", 0, -1), ["a", "b"]),
        (do("zincrby", "z", 3, "a"), 4.0),
        (do("zrange", "z", 0, -1, withscores=True), [("b", 2.5), ("a", 4.0)]),
        (do("zremrangebyscore", "z", 0, 3), 1),
    ],
    "lists": [
        (do("rpush", "l", "b", "c"), 2),
        (do("lpush", "l", "a"), 3),
        (do("lrange", "l", 0, -1), ["a", "b", "c"]),
        (do("lpop", "l"), "a"),
        (do("rpop", "l", 2), ["c", "b"]),
        (do("lpop", "l"), None),
    ],
    "expiries": [
        (do("set", "k", "v", ex=100), True),
        (do("ttl", "k"), 100),
        (do("persist", "k"), True),
        (do("ttl", "k"), -1),
        (do("expire", "k", 0), True),
        (do("get", "k"), None),
        (do("ttl", "k"), -2),
    ],
    "nothing there": [
        (do("get", "missing"), None),
        (do("hgetall", "missing"), {}),
        (do("lrange", "missing", 0, -1), []),
        (do("smembers", "missing"), []),
        (do("exists", "missing"), 0),
        (do("type", "missing"), "none"),
    ],
}


@pytest.mark.parametrize("steps", SCENARIOS.values(), ids=SCENARIOS.keys())
async def test_commands_answer_as_the_client_documents(call: Call, steps: list[tuple[Action, Any]]) -> None:
    """Each command gives the value that the client's own documentation gives, with both clients."""
    assert [await action(call) for action, _ in steps] == [expected for _, expected in steps]


@pytest.mark.parametrize(
    "value", ["", "OK", "T0s=", "linha\r\nnova", "\0zero", "Ação 🐶 日本", '{"json": [1, "x"]}', "x" * 300_000]
)
async def test_any_text_comes_back_as_it_was_stored(call: Call, value: str) -> None:
    """No text is changed on the way, whatever encoding, protocol or length would be troubled by it."""
    await call("set", value or "empty", value)
    assert await call("get", value or "empty") == value
    assert await call("mget", value or "empty", "missing") == [value, None]


async def test_locks_are_taken_once(call: Call) -> None:
    """SET NX PX takes a lock once and tells the second taker, to whom the client reports false."""
    assert await call("set", "lock", "first", nx=True, px=60_000) is True
    assert await call("set", "lock", "second", nx=True, px=60_000) is False
    assert await call("get", "lock") == "first"


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("lpush", ("text", "a"), "WRONGTYPE"),
        ("incr", ("text",), "not an integer"),
        ("execute", (["GET"],), "wrong number of arguments for 'get'"),
        ("execute", (["NOSUCHCOMMAND", "x"],), "unknown command"),
        ("execute", (["BLPOP", "list", "0"],), "not available: 'BLPOP'"),
        ("execute", (["SUBSCRIBE", "channel"],), "not available: 'SUBSCRIBE'"),
        ("execute", (["XREAD", "BLOCK", "0", "STREAMS", "s", "$"],), "not available: 'XREAD BLOCK'"),
    ],
)
async def test_errors_reach_the_client(call: Call, method: str, arguments: tuple[Any, ...], message: str) -> None:
    """The server's errors, and refusals of what a request cannot carry, are raised by the client with their text."""
    await call("set", "text", "not a number")
    with pytest.raises(UpstashError, match=message):
        await call(method, *arguments)


async def test_a_wrong_token_is_refused(redis_rest: RedisRest) -> None:
    """A client with another token gets an error and changes nothing."""
    async with upstash_redis.asyncio.Redis(url=redis_rest.url, token="another", rest_retries=0) as stranger:
        with pytest.raises(UpstashError, match="Unauthorized"):
            await stranger.set("key", "value")
    async with upstash_redis.asyncio.Redis(url=redis_rest.url, token=redis_rest.token) as client:
        assert await client.exists("key") == 0
