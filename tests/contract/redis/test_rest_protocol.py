"""The REST API itself, as Upstash documents it, where the official client does not reach."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.redis import create_app
from infra.local.valkey import ValkeyServer
from tests.conftest import RedisRest, serving_in_thread


@pytest.mark.parametrize(
    ("path", "body", "stored"),
    [
        ("/set/key/value", None, "value"),
        ("/SET/key/value/EX/100", None, "value"),
        ("/set/key/a%2Fb%20%C3%A7", None, "a/b ç"),
        ("/set/key", b"the body / is a value", "the body / is a value"),
        ("/set/key?EX=100", b"body", "body"),
        ("/set/key/value?EX=100&NX", None, "value"),
        ("/", b'["SET", "key", 1.50, "EX", 100]', "1.50"),
        ("/", b'["SET", "key", 12345678901234567890]', "12345678901234567890"),
        ("/", b'["SET", "key", true]', "true"),
    ],
)
async def test_commands_travel_in_path_query_and_body(
    rest: httpx.AsyncClient, path: str, body: bytes | None, stored: str
) -> None:
    """Every form of a request stores the same value, to the last digit."""
    answer = await rest.request("GET" if body is None else "POST", path, content=body)
    assert (answer.status_code, answer.json()) == (200, {"result": "OK"})
    assert (await rest.get("/get/key")).json() == {"result": stored}


async def test_binary_values_survive_in_base64(rest: httpx.AsyncClient) -> None:
    """Bytes that are no text come back whole in base64, and as replacement characters without."""
    photo = bytes(range(256))
    await rest.post("/set/photo", content=photo)
    encoded = await rest.get("/get/photo", headers={"Upstash-Encoding": "base64"})
    assert base64.b64decode(encoded.json()["result"]) == photo
    assert "�" in (await rest.get("/get/photo")).json()["result"]


async def test_base64_reaches_into_arrays_and_leaves_numbers(rest: httpx.AsyncClient) -> None:
    """Texts are encoded at any depth; OK, numbers and nil are not."""
    script = "return {1, 'a', {'b', false}}"
    answer = await rest.post("/", json=["EVAL", script, "0"], headers={"Upstash-Encoding": "base64"})
    assert answer.json() == {"result": [1, "YQ==", ["Yg==", None]]}
    stored = await rest.post("/", json=["SET", "k", "v"], headers={"Upstash-Encoding": "base64"})
    assert stored.json() == {"result": "OK"}


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"{}", b"[]", b'"GET"', b"[[]]", b'[""]', b'["GET", null]', b'["GET", ["a"]]', b'["GET", {}]'],
)
async def test_a_request_without_a_command_is_an_error(rest: httpx.AsyncClient, body: bytes) -> None:
    """Whatever is not a command is answered 400 with a reason, and the next request is served."""
    answer = await rest.post("/", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await rest.get("/ping")).json() == {"result": "PONG"}


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, {}, 401),
        ({"Authorization": "Bearer wrong"}, {}, 401),
        ({"Authorization": "Bearer çã".encode()}, {}, 401),
        ({"Authorization": "Basic {token}"}, {}, 401),
        ({"Authorization": "Bearer {token}"}, {}, 200),
        ({"Authorization": "bearer {token}"}, {}, 200),
        ({}, {"_token": "{token}"}, 200),
        ({}, {"_token": "wrong"}, 401),
    ],
)
async def test_every_request_needs_the_token(
    redis_rest: RedisRest, headers: dict[str, Any], query: dict[str, str], status: int
) -> None:
    """The token comes as a bearer or in the query; anything else is 401."""
    filled = {
        name: value.format(token=redis_rest.token) if isinstance(value, str) else value
        for name, value in headers.items()
    }
    params = {name: value.format(token=redis_rest.token) for name, value in query.items()}
    async with httpx.AsyncClient(base_url=redis_rest.url) as client:
        answer = await client.get("/ping", headers=filled, params=params)
    assert answer.status_code == status
    assert ("result" if status == 200 else "error") in answer.json()


async def test_the_sync_token_is_harmless(rest: httpx.AsyncClient) -> None:
    """Clients that send the token of their last write are served as any other."""
    answer = await rest.post("/", json=["PING"], headers={"Upstash-Sync-Token": "eyJ3MQ=="})
    assert answer.json() == {"result": "PONG"}


async def test_a_restart_of_the_server_is_survived(tmp_path: Path) -> None:
    """While the server is away requests fail with a reason; when it is back they work, and durable data are there."""
    server = ValkeyServer(tmp_path)
    server.start()
    try:
        with serving_in_thread(create_app(server.address, "token")) as url:
            async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer token"}) as client:
                assert (await client.get("/set/key/value")).status_code == 200
                server.stop()
                away = await client.get("/get/key")
                assert (away.status_code, "reached" in away.json()["error"]) == (503, True)
                server.start()
                assert (await client.get("/get/key")).json() == {"result": "value"}
    finally:
        server.stop()


def test_the_address_must_name_a_server() -> None:
    """A mistyped address is refused at once and named."""
    with pytest.raises(ValueError, match="http://localhost"):
        create_app("http://localhost", "token")
