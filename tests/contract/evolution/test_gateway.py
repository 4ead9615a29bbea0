"""The adapter, the webhook secret and the parser with the embedded gateway, over real HTTP on both ways."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.server import serving
from infra.local.whatsapp import GatewayConfig, create_app
from shared.adapters.evolution import EvolutionGateway
from shared.errors import GatewayError, GatewayRefusedError, MediaUnavailableError, OutcomeUnknownError
from shared.media import MediaFile
from shared.whatsapp.events import (
    Author,
    DeliveryStatus,
    Event,
    InstanceStateChanged,
    Kind,
    MessageEcho,
    MessageEdited,
    MessageReceived,
    MessageRevoked,
    MessageStatusChanged,
)
from shared.whatsapp.provider import parser
from shared.whatsapp.webhook_secret import derive_webhook_secret, verify_webhook_secret

KEY, ROOT, INSTANCE = "key-of-the-gateway", "root-of-the-secrets", "loja-a"
OUR_NUMBER, PHONE = "5511988887777", "5531987654321"


@dataclass
class Receiver:
    """A webhook that takes what carries its secret, as events."""

    events: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)

    async def take(self, request: Request) -> Response:
        verify_webhook_secret(
            ROOT, provider="evolution", instance=INSTANCE, presented=request.headers.get("x-webhook-secret")
        )
        for event in parser("evolution")(await request.json(), instance=INSTANCE):
            self.events.put_nowait(event)
        return Response(status_code=200)

    async def next(self, kind: type[Event]) -> Any:
        """Return the next event of this type; the gateway keeps no order between types."""
        async with asyncio.timeout(10):
            while not isinstance(event := await self.events.get(), kind):
                continue
        return event


@dataclass(frozen=True)
class World:
    """A gateway with one instance and one person, the adapter before it and the webhook behind it."""

    url: str
    adapter: EvolutionGateway
    receiver: Receiver
    people: httpx.AsyncClient

    async def person_writes(self, text: str) -> str:
        """Let the person write to the business and return the message's id."""
        body = {"instance": INSTANCE, "text": text}
        answer = await self.people.post(f"/_people/{PHONE}/messages", json=body)
        return str(answer.raise_for_status().json()["id"])

    async def person_reads(self) -> list[str]:
        """Return the texts the business's API has sent, as the person sees them, the last to change at the end."""
        answer = await self.people.get("/_messages", params={"after": 0, "person": PHONE})
        return [one["text"] for one in answer.raise_for_status().json()["messages"] if one["author"] == "api"]

    async def spoil(self, **fault: object) -> None:
        """Play an outage on the next send."""
        (await self.people.post("/_faults", json=fault)).raise_for_status()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A running gateway that knows one instance and one person and reports to a webhook."""
    receiver = Receiver()
    webhook_app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    config = GatewayConfig(api_key=KEY, data=None, delivered_after=0.01, read_after=0.02)
    async with serving(webhook_app) as hook, serving(create_app(config)) as url:
        adapter = EvolutionGateway(url, KEY)
        async with httpx.AsyncClient(base_url=url, headers={"apikey": KEY}) as people:
            await _set_up(people, f"{hook}/hook")
            yield World(url=url, adapter=adapter, receiver=receiver, people=people)
        await adapter.aclose()


async def _set_up(client: httpx.AsyncClient, hook: str) -> None:
    secret = derive_webhook_secret(ROOT, provider="evolution", instance=INSTANCE)
    webhook = {"url": hook, "headers": {"x-webhook-secret": secret}, "events": []}
    instance = {"instanceName": INSTANCE, "number": OUR_NUMBER, "webhook": webhook}
    (await client.post("/instance/create", json=instance)).raise_for_status()
    (await client.post("/_people", json={"name": "Ana", "phone": PHONE})).raise_for_status()


async def test_what_a_person_writes_changes_and_deletes_arrives(world: World) -> None:
    """A message, its edit and its revocation are told by one id, and the person by the number with the ninth digit."""
    message_id = await world.person_writes("Oi, tem horário?")
    received: MessageReceived = await world.receiver.next(MessageReceived)
    assert (received.provider_message_id, received.text, received.author) == (
        message_id,
        "Oi, tem horário?",
        Author.CONTACT,
    )
    assert (received.peer.phone, received.name) == (f"+{PHONE}", "Ana")
    address = f"/_people/{PHONE}/messages/{message_id}"
    await world.people.patch(address, json={"instance": INSTANCE, "text": "Tem amanhã?"})
    edited: MessageEdited = await world.receiver.next(MessageEdited)
    assert (edited.provider_message_id, edited.text) == (message_id, "Tem amanhã?")
    await world.people.delete(address, params={"instance": INSTANCE})
    revoked: MessageRevoked = await world.receiver.next(MessageRevoked)
    assert revoked.provider_message_id == message_id


async def test_an_answer_reaches_the_address_it_came_from(world: World) -> None:
    """The address of a received message is what a send takes; echo and statuses name the id that the send returned."""
    await world.person_writes("Oi")
    received: MessageReceived = await world.receiver.next(MessageReceived)
    sent = await world.adapter.send_text(INSTANCE, received.peer.address, "Tem sim! 10h ou 15h?")
    echo: MessageEcho = await world.receiver.next(MessageEcho)
    assert (echo.provider_message_id, echo.text) == (sent.provider_message_id, "Tem sim! 10h ou 15h?")
    assert (echo.peer.phone, echo.sent_at) == (f"+{PHONE}", sent.accepted_at)
    assert await world.person_reads() == ["Tem sim! 10h ou 15h?"]
    statuses: list[MessageStatusChanged] = [await world.receiver.next(MessageStatusChanged) for _ in range(2)]
    assert {one.provider_message_id for one in statuses} == {sent.provider_message_id}
    assert {one.status for one in statuses} == {DeliveryStatus.DELIVERED, DeliveryStatus.READ}


@pytest.mark.parametrize("address", [f"+{PHONE}", "+553187654321"])
async def test_a_phone_number_in_either_form_reaches_the_person(world: World, address: str) -> None:
    """A proactive message goes to a number that an owner typed, with the ninth digit or without it."""
    await world.adapter.send_text(INSTANCE, address, "Feliz aniversário!")
    assert await world.person_reads() == ["Feliz aniversário!"]


async def test_what_the_owner_types_on_the_phone_is_the_businesss(world: World) -> None:
    """The message belongs to the business, in the chat of the person it was written to."""
    await world.people.post(f"/_business/{INSTANCE}/messages", json={"to": PHONE, "text": "Oi, é a Carla"})
    typed: MessageReceived = await world.receiver.next(MessageReceived)
    assert (typed.author, typed.peer.phone, typed.name) == (Author.BUSINESS, f"+{PHONE}", None)


async def test_a_lost_connection_is_told_and_makes_sends_unknown(world: World) -> None:
    """Evolution answers a closed connection like any failure inside the send."""
    await world.people.patch(f"/_instances/{INSTANCE}", json={"state": "close"})
    while (state := await world.receiver.next(InstanceStateChanged)).state != "close":
        continue
    assert state.reason == 401
    with pytest.raises(OutcomeUnknownError):
        await world.adapter.send_text(INSTANCE, f"+{PHONE}", "Oi")
    assert await world.person_reads() == []


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        ({"kind": "error", "message": "Error: Connection Closed"}, []),
        ({"kind": "timeout", "seconds": 0.0, "delivered": True}, ["Oi"]),
        ({"kind": "timeout", "seconds": 0.0}, []),
        ({"kind": "hang_up", "delivered": True}, ["Oi"]),
        ({"kind": "hang_up"}, []),
    ],
)
async def test_only_the_echo_tells_whether_an_unknown_message_left(
    world: World, fault: dict[str, Any], arrived: list[str]
) -> None:
    """The same error stands for a message that left and for one that did not; an echo comes for the first alone."""
    await world.spoil(**fault)
    with pytest.raises(OutcomeUnknownError):
        await world.adapter.send_text(INSTANCE, f"+{PHONE}", "Oi")
    await world.adapter.send_text(INSTANCE, f"+{PHONE}", "De novo")
    expected = [*arrived, "De novo"]
    assert sorted(await world.person_reads()) == sorted(expected)
    assert sorted([(await world.receiver.next(MessageEcho)).text for _ in expected]) == sorted(expected)


async def test_a_message_that_whatsapp_refuses_later_fails_by_its_status(world: World) -> None:
    """The send was taken; ERROR comes afterwards under its id."""
    await world.spoil(kind="reject")
    sent = await world.adapter.send_text(INSTANCE, f"+{PHONE}", "Oi")
    status: MessageStatusChanged = await world.receiver.next(MessageStatusChanged)
    assert (status.provider_message_id, status.status) == (sent.provider_message_id, DeliveryStatus.FAILED)


@pytest.mark.parametrize(
    ("instance", "address", "text", "remedy"),
    [
        (INSTANCE, "+5511900000000", "Oi", "correct the contact's number"),
        ("nobody's", f"+{PHONE}", "Oi", "does not know this instance"),
        (INSTANCE, f"+{PHONE}", " ", "does not accept the request"),
    ],
)
async def test_what_the_gateway_never_takes_is_refused(
    world: World, instance: str, address: str, text: str, remedy: str
) -> None:
    """A number without WhatsApp, an instance that is not there and a blank text are told apart."""
    with pytest.raises(GatewayRefusedError, match=remedy):
        await world.adapter.send_text(instance, address, text)


async def test_a_file_that_a_person_sent_is_fetched(world: World) -> None:
    """By the id that the webhook told; the bytes are those of the phone, and the type has no parameters."""
    content = bytes(range(256)) * 10
    media = {"kind": "document", "base64": base64.b64encode(content).decode(), "mimetype": "Text/Plain; charset=utf-8"}
    body = {"instance": INSTANCE, "text": "segue", "media": {**media, "filename": "lista\n.txt"}}
    (await world.people.post(f"/_people/{PHONE}/messages", json=body)).raise_for_status()
    received: MessageReceived = await world.receiver.next(MessageReceived)
    assert (received.kind, received.text) == (Kind.DOCUMENT, "segue")
    assert received.media is not None
    assert (received.media.size, received.media.view_once) == (len(content), False)
    file = await world.adapter.fetch_media(INSTANCE, received.provider_message_id, limit_bytes=len(content))
    assert file == MediaFile(content=content, mimetype="text/plain", filename="lista .txt")
    with pytest.raises(MediaUnavailableError, match="too large"):
        await world.adapter.fetch_media(INSTANCE, received.provider_message_id, limit_bytes=len(content) - 3)


async def test_a_voice_message_arrives_with_its_length(world: World) -> None:
    """And one that is to be seen once is marked so."""
    voice = {"kind": "voice", "transcript": "Oi", "seconds": 7, "view_once": True}
    await world.people.post(f"/_people/{PHONE}/messages", json={"instance": INSTANCE, "media": voice})
    received: MessageReceived = await world.receiver.next(MessageReceived)
    assert (received.kind, received.text) == (Kind.VOICE, None)
    assert received.media is not None
    assert (received.media.seconds, received.media.view_once) == (7, True)


async def test_a_file_that_is_gone_is_told_from_a_gateway_that_is(world: World) -> None:
    """What will never come is `MediaUnavailableError`; an instance that is unknown is a refusal."""
    with pytest.raises(MediaUnavailableError, match="does not have"):
        await world.adapter.fetch_media(INSTANCE, "3EB0FFFF", limit_bytes=1000)
    with pytest.raises(GatewayRefusedError, match="does not know this instance"):
        await world.adapter.fetch_media("nobody's", "3EB0FFFF", limit_bytes=1000)


async def test_a_check_needs_the_right_key_and_a_gateway(world: World) -> None:
    """A wrong key is a wrong setting; nobody listening is an outage."""
    await world.adapter.check()
    wrong = EvolutionGateway(world.url, "another-key")
    with pytest.raises(GatewayRefusedError, match="EVOLUTION_API_KEY"):
        await wrong.check()
    await wrong.aclose()


async def test_nobody_listening_is_an_outage() -> None:
    """A message that met no gateway surely did not leave."""
    with socket.socket() as bound:  # taken, so that nobody else listens there
        bound.bind(("127.0.0.1", 0))
        adapter = EvolutionGateway(f"http://127.0.0.1:{bound.getsockname()[1]}", KEY)
        with pytest.raises(GatewayError, match="cannot be reached") as raised:
            await adapter.send_text(INSTANCE, f"+{PHONE}", "Oi")
    assert type(raised.value) is GatewayError
    await adapter.aclose()
