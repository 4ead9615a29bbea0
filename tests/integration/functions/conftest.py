"""The functions behind their real HTTP layer and the real signature check, over the real database."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.errors import QueueError
from shared.media import MediaFile
from shared.ports import ChatMessage, Completion, Publication, ToolSpec
from shared.services import Services
from shared.settings import Settings, load_settings
from shared.whatsapp.events import Sent
from shared.whatsapp.webhook_secret import derive_webhook_secret

FIXTURES = Path(__file__).parents[2] / "fixtures" / "whatsapp" / "evolution"
PUBLIC_URL = "https://aurora.example"
ENVIRONMENT = {
    "PUBLIC_URL": PUBLIC_URL,
    "WEBHOOK_SECRET": "the-root-of-every-webhook-secret",
    "QSTASH_URL": "https://qstash.example",
    "QSTASH_TOKEN": "made-up",
    "QSTASH_CURRENT_SIGNING_KEY": "sig_current_signing_key_made_up_for_tests",
    "QSTASH_NEXT_SIGNING_KEY": "sig_next_signing_key_made_up_for_tests",
    "UPSTASH_REDIS_REST_URL": "https://redis.example",
    "UPSTASH_REDIS_REST_TOKEN": "made-up",
    "SUPABASE_URL": "https://supabase.example",
    "SUPABASE_SECRET_KEY": "made-up",
    "EVOLUTION_URL": "https://evolution.example",
    "EVOLUTION_API_KEY": "made-up",
    "OPENAI_API_KEY": "made-up",
}

Build = Callable[[Services], FastAPI]


@dataclass
class RecordingQueue:
    """Keeps what is published, or refuses all of it."""

    published: list[Publication] = field(default_factory=list)
    broken: bool = False

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        await self.check()
        self.published.extend(publications)
        return tuple(f"msg_{number}" for number, _ in enumerate(publications))

    async def check(self) -> None:
        if self.broken:
            raise QueueError("QStash cannot be reached: ConnectError")


class SilentOutside:
    """A gateway, a model and a Redis that are there and are never used."""

    async def check(self) -> None:
        """Always there."""

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        raise NotImplementedError

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        raise NotImplementedError

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        raise NotImplementedError

    async def run(self, *command: str) -> Any:
        raise NotImplementedError

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        raise NotImplementedError

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        raise NotImplementedError


def settings(**changes: str) -> Settings:
    """Return settings as a deployment's environment gives them."""
    return load_settings({**ENVIRONMENT, **changes})


@pytest.fixture
def queue() -> RecordingQueue:
    """The queue that the functions publish to."""
    return RecordingQueue()


@pytest.fixture
def services(queue: RecordingQueue) -> Services:
    """Services without a database: it is at an address where nobody answers."""
    outside = SilentOutside()
    return replace(
        bootstrap(settings(SUPABASE_URL="http://127.0.0.1:9"), model=outside, gateways={"evolution": outside}),
        make_queue=lambda: queue,
        make_redis=SilentOutside,
    )


@pytest.fixture
async def with_database(services: Services, supabase_gateway: Any) -> AsyncIterator[Services]:
    """The same services over the real database."""
    database = SupabaseDatabase(supabase_gateway.url, supabase_gateway.secret_key)
    yield replace(services, make_database=lambda: database)
    await database.aclose()


@asynccontextmanager
async def client(build: Build, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A client that talks to a function as the internet does; an error nobody handles becomes a plain 500."""
    transport = httpx.ASGITransport(build(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as calls:
        yield calls


def fixture(name: str) -> dict[str, Any]:
    """Return one of Evolution's webhook bodies."""
    body: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return body


def secret_of(instance: str, *, provider: str = "evolution") -> dict[str, str]:
    """Return the header with the webhook secret of an instance."""
    root = ENVIRONMENT["WEBHOOK_SECRET"]
    return {"x-webhook-secret": derive_webhook_secret(root, provider=provider, instance=instance)}


def signed(path: str, body: bytes, *, key: str = "QSTASH_CURRENT_SIGNING_KEY", **claims: object) -> dict[str, str]:
    """Return the headers of a delivery to `path`, signed as QStash does; `claims` replaces some of what is signed."""
    now = datetime.now(UTC)
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
    signed_claims: Mapping[str, object] = {
        "iss": "Upstash",
        "sub": PUBLIC_URL + path,
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=5),
        "jti": "jwt_1",
        "body": digest,
        **claims,
    }
    token = jwt.encode(dict(signed_claims), ENVIRONMENT.get(key, key), algorithm="HS256")
    return {"upstash-signature": token, "upstash-message-id": "msg_test", "content-type": "application/json"}


async def deliver(
    build: Build, services: Services, path: str, payload: object, *, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Make a signed delivery of a payload; `headers` are added."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    async with client(build, services) as calls:
        return await calls.post(path, content=body, headers={**signed(path, body), **(headers or {})})
