"""Fetching a file through Evolution: what each answer means, and that nothing too large is ever held."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from shared.adapters.evolution import EvolutionGateway
from shared.errors import GatewayError, GatewayRefusedError, MediaUnavailableError
from shared.media import MediaFile

KEY = "key-of-the-gateway"
Answer = Callable[[httpx.Request], httpx.Response]


def gateway(answer: Answer, **options: timedelta) -> EvolutionGateway:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return EvolutionGateway("https://gw.example.test", KEY, client=client, **options)


def refused(status: int, message: str = "") -> Answer:
    """Answer in Evolution's error shape."""
    body = {"status": status, "error": "Some Error", "response": {"message": [message]}}
    return lambda _: httpx.Response(status, json=body)


def given(**answer: object) -> Answer:
    return lambda _: httpx.Response(201, json=answer)


def breaking(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("cut", request=request)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


FAILURES: dict[str, tuple[Answer, type[GatewayError]]] = {
    "not in its database": (refused(400, "Error: Message not found"), MediaUnavailableError),
    "gone from WhatsApp": (refused(400, "Error: Failed to fetch stream"), MediaUnavailableError),
    "no connection to WhatsApp": (refused(400, "Error: Connection Closed"), GatewayError),
    "a wrong key": (refused(401), GatewayRefusedError),
    "an unknown instance": (refused(404), GatewayRefusedError),
    "a proxy": (lambda _: httpx.Response(502, text="<html>"), GatewayError),
    "a cut connection": (breaking, GatewayError),
    "no file": (given(mimetype="audio/ogg"), MediaUnavailableError),
    "no text": (given(base64=["b"]), MediaUnavailableError),
    "no base64": (given(base64="ã!"), MediaUnavailableError),
    "no JSON": (lambda _: httpx.Response(201, text="<html>"), MediaUnavailableError),
    "too large": (given(base64=encoded(bytes(103))), MediaUnavailableError),
}


@pytest.mark.parametrize(("answer", "error"), FAILURES.values(), ids=FAILURES)
async def test_what_a_failure_means(answer: Answer, error: type[GatewayError]) -> None:
    """A file that will not come, a gateway that refuses us, and one that may do better later are told apart."""
    with pytest.raises(GatewayError) as raised:
        await gateway(answer).fetch_media("loja-a", "3EB0", limit_bytes=100)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("mimetype", "expected"),
    [("audio/ogg; codecs=opus", "audio/ogg"), ("Image/JPEG", "image/jpeg"), (None, "application/octet-stream")],
)
async def test_the_file_arrives_as_it_is(mimetype: str | None, expected: str) -> None:
    """With its type without parameters, and its name if it has one."""
    answer = given(base64=encoded(b"oi"), mimetype=mimetype, fileName=None)
    file = await gateway(answer).fetch_media("loja-a", "3EB0", limit_bytes=2)
    assert file == MediaFile(content=b"oi", mimetype=expected, filename=None)


async def test_an_endless_answer_is_let_go() -> None:
    """Reading stops as soon as there is more than a file of the limit can need."""
    sent: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            sent.append(65_536)
            yield b"a" * 65_536

    with pytest.raises(MediaUnavailableError, match="too large"):
        await gateway(lambda _: httpx.Response(201, content=endless())).fetch_media("loja-a", "3EB0", limit_bytes=1000)
    assert sum(sent) <= 3 * 65_536


async def test_a_trickle_is_given_up_as_a_whole() -> None:
    """Each byte comes in time, the file does not."""

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b"a"
            await asyncio.sleep(0.005)

    hasty = gateway(lambda _: httpx.Response(201, content=trickle()), fetch_timeout=timedelta(milliseconds=50))
    with pytest.raises(GatewayError, match="in time"):
        await hasty.fetch_media("loja-a", "3EB0", limit_bytes=1000)
