"""A whole deployment under an operator's hands: the real broker, database and Redis; gateway and model follow a script.

The broker's clock stands still until a test moves it, and the functions and the database follow.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from infra.local.functions import create_app
from infra.local.qstash import DEV_TOKEN, Broker, BrokerConfig, Clock, broker_app
from infra.local.server import serving
from shared.adapters.operator_webhook import OperatorWebhook
from shared.adapters.qstash import QStashQueue, QStashRecords
from shared.adapters.redis import RedisRest
from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.errors import DatabaseError
from shared.jobs import message_receive
from shared.ports import Database, Publication
from shared.services import Services
from shared.settings import load_settings
from shared.whatsapp.events import MessageReceived
from tests.conftest import RedisRest as RunningRedis
from tests.conftest import SupabaseGateway
from tests.integration.conftest import Api, Business, DatabaseClock
from tests.integration.jobs.conftest import Fuse, ScriptedGateway, ScriptedModel

#: More than the pauses between all attempts of any job, as `ImpatientQueue` makes them.
ALL_ATTEMPTS = timedelta(minutes=2)


class BrokerClock:
    """The services' clock shows the broker's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)


@dataclass
class FailingDatabase:
    """The real database; the functions named in `broken` do not answer."""

    database: Database
    broken: set[str] = field(default_factory=set)

    async def call(self, function: str, **arguments: object) -> Any:
        if function in self.broken:
            raise DatabaseError(f"{function}: Supabase cannot be reached: ConnectError")
        return await self.database.call(function, **arguments)

    async def check(self) -> None:
        await self.database.check()


@dataclass
class ImpatientQueue:
    """Gives every job two retries within seconds: what fails becomes a dead letter before it is stale."""

    queue: QStashQueue

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        return await self.queue.publish(
            [replace(each, retries=min(each.retries, 2), retry_delay="2000 * pow(2, retried)") for each in publications]
        )

    async def check(self) -> None:
        await self.queue.check()


@dataclass
class OperatorsChat:
    """Takes what is posted to the operator, and answers with `status`."""

    received: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    async def take(self, request: Request) -> Response:
        self.received.append(await request.json())
        return Response(status_code=self.status)


@dataclass
class Deployment:
    """What an operator looks after."""

    services: Services
    business: Business
    clock: DatabaseClock
    broker: Broker
    database: FailingDatabase
    gateway: ScriptedGateway
    model: ScriptedModel
    chat: OperatorsChat
    variables: dict[str, str]

    @property
    def api(self) -> Api:
        return self.business.api

    async def publish(self, publication: Publication) -> str:
        """Hand over one job, let what is due happen, and return the message id."""
        (message_id,) = await self.services.queue.publish([publication])
        await self.broker.settle()
        return message_id

    async def receive(self, text: str = "Quanto custa o banho?", **changes: Any) -> str:
        """Hand over a message of Ana's as the webhook does; return the queue's message id."""
        instance = changes.pop("instance", self.business.instance)
        message = MessageReceived.model_validate(self.business.message(text, sent_at=self.clock.now, **changes))
        payload = message_receive.MessageReceive(provider="evolution", instance=instance, message=message)
        return await self.publish(message_receive.receive.publication(payload))

    async def advance(self, by: timedelta) -> None:
        """Let time pass, with all that falls due on the way."""
        self.clock.set(self.clock.now + by)
        await self.broker.advance(int(by.total_seconds() * 1000))

    async def aurora(self, *arguments: str, **changes: str) -> Result:
        """Run a command as an operator does."""
        environment = {**self.variables, **changes}
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)

    def letters(self) -> list[tuple[Any, ...]]:
        """Id, job and state of every dead letter, the oldest first."""
        return self.api.rows("select id, job, state from app.dead_letters order by created_at, id")

    def outbox(self) -> list[str]:
        """The states of what goes out, in order."""
        found = self.api.rows("select state from app.messages where direction = 'outbound' order by seq")
        return [state for (state,) in found]


@pytest.fixture
async def chat_url(operators_chat: OperatorsChat) -> AsyncIterator[str]:
    """The address of the operator's chat."""
    hook = Starlette(routes=[Route("/hook", operators_chat.take, methods=["POST"])])
    async with serving(hook) as url:
        yield f"{url}/hook"


@pytest.fixture
def operators_chat() -> OperatorsChat:
    """Where the operator hears of alerts."""
    return OperatorsChat()


@pytest.fixture
async def deployment(
    business: Business,
    clock: DatabaseClock,
    supabase_gateway: SupabaseGateway,
    redis_rest: RunningRedis,
    operators_chat: OperatorsChat,
    chat_url: str,
) -> AsyncIterator[Deployment]:
    """A deployment with one business, nothing in its queue, and an operator's chat."""
    variables = {
        **stack_environment(),
        "PUBLIC_URL": "https://aurora.example",
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
        "UPSTASH_REDIS_REST_URL": redis_rest.url,
        "UPSTASH_REDIS_REST_TOKEN": redis_rest.token,
        "OPERATOR_WEBHOOK_URL": chat_url,
    }
    functions = _Late()
    broker_clock = Clock(frozen_at=int(clock.now.timestamp() * 1000))
    broker = Broker(BrokerConfig(), clock=broker_clock, transport=httpx.ASGITransport(functions))
    async with AsyncExitStack() as closing:
        variables["QSTASH_URL"] = await closing.enter_async_context(serving(broker_app(broker)))
        settings = load_settings(variables)
        fuse = Fuse()
        supabase = SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)
        queue = QStashQueue(settings.qstash_url, DEV_TOKEN, public_url=settings.public_url, limit=timedelta(seconds=30))
        records = QStashRecords(settings.qstash_url, DEV_TOKEN, limit=timedelta(seconds=30))
        redis = RedisRest(settings.upstash_redis_rest_url, settings.upstash_redis_rest_token)
        webhook = OperatorWebhook(chat_url)
        for each in (supabase, queue, records, redis, webhook):
            closing.push_async_callback(each.aclose)
        database, gateway, model = FailingDatabase(supabase), ScriptedGateway(fuse), ScriptedModel(fuse)
        services = replace(
            bootstrap(settings, clock=BrokerClock(broker_clock), model=model, gateways={"evolution": gateway}),
            make_queue=lambda: ImpatientQueue(queue),
            make_queue_records=lambda: records,
            make_database=lambda: database,
            make_redis=lambda: redis,
            make_alert_channels=lambda: (webhook,),
        )
        functions.application = create_app(services)
        yield Deployment(services, business, clock, broker, database, gateway, model, operators_chat, variables)


class _Late:
    """The functions: the broker is there before them, as they need its address."""

    application: Callable[..., Any]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)
