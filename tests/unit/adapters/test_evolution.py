"""Sending through Evolution: what each answer means for the message."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.evolution import EvolutionGateway
from shared.errors import GatewayError, GatewayRefusedError, OutcomeUnknownError, SettingsError
from shared.whatsapp.events import Sent

KEY, PHONE, TEXT = "key-of-the-gateway", "5511912345678", "Seu horário é amanhã"
ADDRESS = f"{PHONE}@s.whatsapp.net"
RECORDED = Path(__file__).parents[2] / "fixtures" / "whatsapp" / "evolution" / "send_text_response.json"
Answer = Callable[[httpx.Request], httpx.Response]


def gateway(answer: Answer, *, url: str = "https://gw.example.test/") -> EvolutionGateway:
    """Return a gateway whose every call gets `answer`."""
    return EvolutionGateway(url, KEY, client=httpx.AsyncClient(transport=httpx.MockTransport(answer)))


def refused(status: int, *messages: object, code: str | None = None) -> Answer:
    """Answer in Evolution's error shape, or with a code beside it."""
    body = {"status": status, "error": "Some Error", "response": {"message": list(messages)}}
    return lambda _: httpx.Response(status, json={"code": code} if code else body)


def page(status: int, text: str = "<html>An error of the proxy</html>", **headers: str) -> Answer:
    """Answer as a proxy does."""
    return lambda _: httpx.Response(status, text=text, headers=headers)


def breaking(error: type[httpx.RequestError], said: str = f"{PHONE} {TEXT} {KEY}") -> Answer:
    """Break the call with `error`, whose message holds what was sent, as some of httpx's do."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise error(said, request=request)

    return answer


async def failure(answer: Answer) -> GatewayError:
    """Send and return the error, checked to hold nothing of what was sent."""
    with pytest.raises(GatewayError) as raised:
        await gateway(answer).send_text("loja-a", ADDRESS, TEXT)
    assert not [secret for secret in (KEY, PHONE, TEXT) if secret in repr(raised.value)]
    assert raised.value.__cause__ is None
    return raised.value


async def test_a_text_is_sent_once_as_evolution_wants_it() -> None:
    """The instance goes into the path, the key into its header, and the answer's id and time come back."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(201, content=RECORDED.read_bytes())

    sent = await gateway(answer).send_text("loja-a", ADDRESS, TEXT)
    assert sent == Sent(
        provider_message_id="3EB0B5A2F1F2C3D4E5F6", accepted_at=datetime(2026, 1, 20, 12, 15, 20, tzinfo=UTC)
    )
    (request,) = requests
    assert (request.method, str(request.url)) == ("POST", "https://gw.example.test/message/sendText/loja-a")
    assert (request.headers["apikey"], request.headers["content-type"]) == (KEY, "application/json")
    assert json.loads(request.content) == {"number": ADDRESS, "text": TEXT, "linkPreview": False}


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("+5511912345678", "5511912345678"),
        ("5511912345678@s.whatsapp.net", "5511912345678@s.whatsapp.net"),
        ("203948572011933@lid", "203948572011933@lid"),
    ],
)
async def test_a_jid_is_kept_and_a_phone_loses_its_plus(address: str, number: str) -> None:
    """Evolution takes JIDs as they are; a hidden id without its server would pass for a phone number."""
    numbers: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        numbers.append(json.loads(request.content)["number"])
        return httpx.Response(201, content=RECORDED.read_bytes())

    await gateway(answer).send_text("loja-a", address, TEXT)
    assert numbers == [number]


@pytest.mark.parametrize(
    ("instance", "path"),
    [("Loja A", b"Loja%20A"), ("a/b?c#d", b"a%2Fb%3Fc%23d"), ("salão", b"sal%C3%A3o"), ("50%", b"50%25")],
)
async def test_an_instances_name_cannot_leave_its_place_in_the_path(instance: str, path: bytes) -> None:
    """A name with a slash or a question mark reaches its own instance, not another call."""
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(201, content=RECORDED.read_bytes())

    await gateway(answer, url="https://gw.example.test/evo").send_text(instance, ADDRESS, TEXT)
    assert paths == [b"/evo/message/sendText/" + path]


async def test_half_a_surrogate_pair_does_not_stop_a_message() -> None:
    """A model can write text that UTF-8 cannot hold; JSON can."""
    texts: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        texts.append(json.loads(request.content)["text"])
        return httpx.Response(201, content=RECORDED.read_bytes())

    await gateway(answer).send_text("loja-a", ADDRESS, "oi \ud83d")
    assert texts == ["oi \ud83d"]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (breaking(httpx.ConnectError, "Connection refused"), "cannot be reached (ConnectError: Connection refused)"),
        (breaking(httpx.ConnectTimeout), "cannot be reached"),
        (breaking(httpx.PoolTimeout), "cannot be reached"),
        (breaking(httpx.ProxyError), "cannot be reached"),
        (page(408), "is not taking messages now"),
        (page(429), "is not taking messages now"),
        (page(503), "is not taking messages now"),
        (refused(500, "PrismaClientInitializationError"), "failed before sending"),
    ],
)
async def test_a_message_that_did_not_leave_may_be_tried_again(answer: Answer, cause: str) -> None:
    """No connection, a gateway that takes nothing, and a failed number check happen before anything is sent."""
    error = await failure(answer)
    assert type(error) is GatewayError
    assert cause in str(error)


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (refused(400, {"exists": False, "jid": ADDRESS, "number": PHONE}), "correct the contact's number"),
        (refused(400, {"exists": False, "jid": ADDRESS, "name": "Error: Timed Out"}), "correct the contact's number"),
        (refused(400, f'instance requires property "text" {TEXT}'), "does not accept the request"),
        (refused(401, "Unauthorized"), "EVOLUTION_API_KEY"),
        (refused(403, "Forbidden"), "EVOLUTION_API_KEY"),
        (refused(404, 'The "loja-a" instance does not exist'), "create it or correct its name"),
        (page(413), "shorten it"),
        (page(422), "does not accept the request"),
        (refused(503, code="LICENSE_REQUIRED"), "activate the gateway"),
        (page(301, location="https://elsewhere.example.test/"), "EVOLUTION_URL"),
        (page(307, location="https://elsewhere.example.test/"), "EVOLUTION_URL"),
        (breaking(httpx.UnsupportedProtocol), "EVOLUTION_URL"),
        (breaking(httpx.LocalProtocolError), "EVOLUTION_URL"),
    ],
)
async def test_a_message_that_never_will_leave_says_the_remedy(answer: Answer, remedy: str) -> None:
    """What no repetition mends tells what does, in words of our own."""
    error = await failure(answer)
    assert type(error) is GatewayRefusedError
    assert remedy in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        refused(400, "Error: Connection Closed"),
        refused(400, "Error: Timed Out"),
        refused(400, ["connection closed"]),
        refused(500, "Connection Closed"),
        refused(400, "TypeError: Cannot read properties of undefined"),
        breaking(httpx.ReadTimeout),
        breaking(httpx.WriteTimeout),
        breaking(httpx.ReadError),
        breaking(httpx.WriteError),
        breaking(httpx.RemoteProtocolError),
        breaking(httpx.DecodingError),
        page(500),
        page(502),
        page(504),
        page(524),
        lambda _: httpx.Response(201, json={"key": {"remoteJid": ADDRESS}}),
        lambda _: httpx.Response(201, json={"key": {"id": "not an id"}}),
        lambda _: httpx.Response(201, json=[]),
        lambda _: httpx.Response(200, text="[" * 100_000),
        page(200),
        page(204, ""),
    ],
)
async def test_a_message_that_may_have_left_is_called_unknown(answer: Answer) -> None:
    """Silence after the request, an error caught inside the send, and a 2xx without an id prove nothing."""
    assert type(await failure(answer)) is OutcomeUnknownError


@pytest.mark.parametrize("body", [[], [{"name": "loja-a", "connectionStatus": "open"}]])
async def test_a_gateway_that_lists_its_instances_is_well(body: object) -> None:
    """A gateway without instances yet is well, too."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=body)

    await gateway(answer).check()
    assert [(one.method, one.url.path, one.headers["apikey"]) for one in requests] == [
        ("GET", "/instance/fetchInstances", KEY)
    ]


@pytest.mark.parametrize(
    ("answer", "expected", "cause"),
    [
        (breaking(httpx.ConnectError), GatewayError, "cannot be reached"),
        (breaking(httpx.ReadTimeout), GatewayError, "does not answer"),
        (page(502), GatewayError, "failed"),
        (page(503), GatewayError, "not taking messages"),
        (refused(503, code="LICENSE_REQUIRED"), GatewayRefusedError, "activate"),
        (refused(401, "Unauthorized"), GatewayRefusedError, "EVOLUTION_API_KEY"),
        (page(404), GatewayRefusedError, "something else answers at EVOLUTION_URL"),
        (page(200), GatewayRefusedError, "something else answers at EVOLUTION_URL"),
    ],
)
async def test_a_check_tells_an_outage_from_a_wrong_setting(
    answer: Answer, expected: type[GatewayError], cause: str
) -> None:
    """Nothing is sent by a check, so its outcome is never unknown."""
    with pytest.raises(GatewayError, match=cause) as raised:
        await gateway(answer).check()
    assert type(raised.value) is expected


@pytest.mark.parametrize("key", ["chave-ção", "two\nlines"])
async def test_a_key_that_fits_no_header_is_a_wrong_setting(key: str) -> None:
    """It is found when the gateway is made and is not repeated."""
    with pytest.raises(SettingsError, match="EVOLUTION_API_KEY") as raised:
        EvolutionGateway("https://gw.example.test", key)
    assert key not in str(raised.value)


async def test_only_a_client_of_its_own_is_closed() -> None:
    """A client shared with others stays open."""
    async with httpx.AsyncClient() as shared:
        await EvolutionGateway("https://gw.example.test", KEY, client=shared).aclose()
        assert not shared.is_closed
    own = EvolutionGateway("https://gw.example.test", KEY)
    await own.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await own.check()
