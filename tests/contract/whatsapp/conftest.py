"""A running gateway, and a receiver of its webhooks that can be told how to answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.server import serving
from infra.local.whatsapp import GatewayConfig, create_app

Json = dict[str, Any]

KEY = "made-up-key"
SHOP, ANA = "loja-a", "5511912345678"
ANA_JID = f"{ANA}@s.whatsapp.net"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "whatsapp" / "evolution"
_PATIENCE = 10


@dataclass
class Receiver:
    """Takes webhooks; answers `statuses` first, then 200; holds them while `gate` is shut."""

    url: str = ""
    bodies: list[Json] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: Request) -> Response:
        async with self.arrived:
            self.bodies.append(await request.json())
            self.requests.append(request)
            self.arrived.notify_all()
        await self.gate.wait()
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    async def wait_for(self, event: str, count: int = 1) -> list[Json]:
        """Return the first `count` bodies of an event, as soon as they are there."""
        async with asyncio.timeout(_PATIENCE), self.arrived:
            await self.arrived.wait_for(lambda: len(self.of(event)) >= count)
        return self.of(event)[:count]

    def of(self, event: str) -> list[Json]:
        return [body for body in self.bodies if body["event"] == event]


@dataclass(frozen=True)
class Gateway:
    """A client of a running gateway, with the key set."""

    client: httpx.AsyncClient
    receiver: Receiver

    async def call(self, method: str, path: str, body: Json | None = None, *, status: int) -> Any:
        response = await self.client.request(method, path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    async def send(self, text: str, *, number: str = ANA, status: int = 201, **more: Any) -> Any:
        return await self.call(
            "POST", f"/message/sendText/{SHOP}", {"number": number, "text": text, **more}, status=status
        )

    async def ana_writes(self, text: str, **more: Any) -> Any:
        body = {"instance": SHOP, "text": text, **more}
        return await self.call("POST", f"/_people/{ANA}/messages", body, status=201)

    async def messages(self) -> list[Json]:
        found: list[Json] = (await self.call("GET", "/_messages?after=0", status=200))["messages"]
        return found

    async def undelivered(self) -> list[Json]:
        found: list[Json] = (await self.call("GET", "/_webhooks", status=200))["undelivered"]
        return found

    async def settled(self) -> list[Json]:
        """Wait until nothing is on its way and return the events that were held or given up."""
        found: list[Json] = (await self.call("GET", f"/_webhooks?wait={_PATIENCE}", status=200))["undelivered"]
        return found


#: Starts a gateway on the given state; see `run_gateway`.
RunGateway = Callable[..., AbstractAsyncContextManager[Gateway]]

#: Quick enough for a test, with the number of attempts that the original makes.
CONFIG = GatewayConfig(KEY, None, webhook_delays=(0.01,) * 9, webhook_timeout=5, delivered_after=0.0, read_after=0.0)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.gate.set()
    route = Route("/hook{rest:path}", receiver.take, methods=["POST"])
    async with serving(Starlette(routes=[route])) as url:
        receiver.url = f"{url}/hook"
        yield receiver
        receiver.gate.set()


@pytest.fixture
def run_gateway(receiver: Receiver) -> RunGateway:
    """Return a context manager that runs a gateway: a fresh one, or one on the `data` of an earlier one."""

    @asynccontextmanager
    async def run(data: Path | None = None, **changes: Any) -> AsyncIterator[Gateway]:
        config = replace(CONFIG, data=data, **changes)
        async with (
            serving(create_app(config)) as url,
            httpx.AsyncClient(base_url=url, headers={"apikey": KEY}, timeout=_PATIENCE) as client,
        ):
            yield Gateway(client, receiver)

    return run


@pytest.fixture
async def gateway(run_gateway: RunGateway) -> AsyncIterator[Gateway]:
    """A gateway with one open instance, its webhook, and one customer."""
    async with run_gateway() as gateway:
        await set_up(gateway)
        yield gateway


async def set_up(gateway: Gateway) -> None:
    await gateway.call("POST", "/instance/create", {"instanceName": SHOP, "number": "5511988887777"}, status=201)
    webhook = {"enabled": True, "url": gateway.receiver.url, "headers": {"x-webhook-secret": "s3cret"}, "events": []}
    await gateway.call("POST", f"/webhook/set/{SHOP}", {"webhook": webhook}, status=201)
    await gateway.call("POST", "/_people", {"name": "Ana", "phone": ANA}, status=201)


@pytest.fixture
def recorded() -> Callable[[str], Json]:
    """Return the body that a real gateway sent, by the name of its file."""

    def load(name: str) -> Json:
        body: Json = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        return body

    return load
