"""The jobs over the real database through the real client; queue, gateway and model follow a script and may fail."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from shared.adapters.redis import RedisRest
from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.errors import AuroraError, MediaUnavailableError, OutcomeUnknownError
from shared.jobs import load_jobs, maintenance_sweep, message_receive
from shared.media import MediaFile
from shared.ports import ChatMessage, Completion, Database, Publication, ToolCall, ToolSpec
from shared.registry import Delivery
from shared.runner import Done, Failed, Outcome, RetryAfter, run_job
from shared.services import Services
from shared.settings import Settings
from shared.whatsapp.events import MessageReceived, Sent
from tests.conftest import MeteredRedis, SupabaseGateway
from tests.integration.conftest import Business, DatabaseClock

load_jobs()

_ResultT = TypeVar("_ResultT")


class PowerCutError(BaseException):
    """The process ends here; nothing of it may catch this."""


@dataclass
class Fuse:
    """Every call to the outside passes here, on its way out and with its result; at one of them something happens."""

    passed: list[str] = field(default_factory=list)
    blow_at: str | None = None
    error: type[BaseException] = PowerCutError
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)  #: what somebody does at a step, once

    async def guard(self, name: str, call: Callable[[], Awaitable[_ResultT]]) -> _ResultT:
        self._pass(f"before {name}")
        result = await call()
        self._pass(f"after {name}")
        return result

    @property
    def calls(self) -> list[str]:
        """The calls that were made, in order."""
        return [step.removeprefix("before ") for step in self.passed if step.startswith("before ")]

    def _pass(self, step: str) -> None:
        self.passed.append(step)
        self.meanwhile.pop(step, lambda: None)()
        if step == self.blow_at:
            self.blow_at = None
            raise self.error("blown")


class SameClock:
    """The services' clock shows the database's time."""

    def __init__(self, clock: DatabaseClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now.astimezone(UTC)


@dataclass
class GuardedDatabase:
    """The real database behind the fuse."""

    database: Database
    fuse: Fuse

    async def call(self, function: str, **arguments: object) -> Any:
        return await self.fuse.guard(function, lambda: self.database.call(function, **arguments))

    async def check(self) -> None:
        await self.database.check()


@dataclass(frozen=True)
class Waiting:
    """A message in the queue."""

    message_id: str
    publication: Publication
    attempt: int = 1


@dataclass
class RecordingQueue:
    """Keeps what is published, once per deduplication id as the queue does within its window."""

    fuse: Fuse
    published: list[Publication] = field(default_factory=list)
    waiting: deque[Waiting] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        async def take() -> tuple[str, ...]:
            return tuple(self._take(each) for each in publications)

        return await self.fuse.guard("publish", take)

    async def check(self) -> None:
        """Always there."""

    def _take(self, publication: Publication) -> str:
        self.published.append(publication)
        message_id = f"msg_{len(self.published)}"
        if publication.deduplication_id not in self.seen:
            self.waiting.append(Waiting(message_id, publication))
        if publication.deduplication_id is not None:
            self.seen.add(publication.deduplication_id)
        return message_id


@dataclass
class ScriptedGateway:
    """Accepts everything, unless the script has an error to raise first; `answer_lost` loses its next answer.

    It knows what it sent, unless `forgetful`, which is an error to raise instead.
    """

    fuse: Fuse
    script: deque[AuroraError] = field(default_factory=deque)
    answer_lost: bool = False
    forgetful: AuroraError | None = None
    sent: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, MediaFile] = field(default_factory=dict)  #: by message

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        async def send() -> Sent:
            if self.script:
                raise self.script.popleft()
            self.sent.append((address, text))
            if self.answer_lost:
                self.answer_lost = False
                raise OutcomeUnknownError("no answer")
            return Sent(provider_message_id=f"OUT{len(self.sent)}")

        return await self.fuse.guard("send_text", send)

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        async def find() -> str | None:
            if self.forgetful is not None:
                raise self.forgetful
            return f"OUT{self.sent.index((address, text)) + 1}" if (address, text) in self.sent else None

        return await self.fuse.guard("find_sent", find)

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        if provider_message_id not in self.files:
            raise MediaUnavailableError("it does not have this file")
        return self.files[provider_message_id]

    async def check(self) -> None:
        """Always there."""


@dataclass
class ScriptedModel:
    """Says the words of the script, then always the same; `meanwhile` happens while it thinks for the first time."""

    fuse: Fuse
    meanwhile: Callable[[], object] | None = None
    script: deque[Completion | AuroraError] = field(default_factory=deque)
    asked: list[list[ChatMessage]] = field(default_factory=list)

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        async def answer() -> Completion:
            self.asked.append(list(messages))
            if self.meanwhile is not None:
                happening, self.meanwhile = self.meanwhile, None
                happening()
            step = self.script.popleft() if self.script else says("Olá!")
            if isinstance(step, AuroraError):
                raise step
            return step

        return await self.fuse.guard("model", answer)

    async def check(self) -> None:
        """Always there."""


def says(text: str) -> Completion:
    """An answer in words."""
    return Completion(content=text, tool_calls=(), model="scripted", prompt_tokens=10, completion_tokens=5)


def uses(tool: str, arguments: str = "{}") -> Completion:
    """An answer that calls a tool."""
    calls = (ToolCall(id="call_1", name=tool, arguments=arguments),)
    return Completion(content=None, tool_calls=calls, model="scripted", prompt_tokens=10, completion_tokens=5)


@dataclass
class Line:
    """The production line: what is published is delivered, again after a failure, until nothing waits."""

    services: Services
    business: Business
    clock: DatabaseClock
    fuse: Fuse
    queue: RecordingQueue
    gateway: ScriptedGateway
    model: ScriptedModel
    dead: list[Waiting] = field(default_factory=list)
    outcomes: list[tuple[str, int, str]] = field(default_factory=list)

    async def webhook(self, text: str | None = "Quanto custa o banho?", **changes: Any) -> Publication:
        """Put what the gateway reports into the queue, as the webhook does."""
        message = MessageReceived.model_validate(self.business.message(text, sent_at=self.clock.now, **changes))
        payload = message_receive.MessageReceive(provider="evolution", instance=self.business.instance, message=message)
        publication = message_receive.receive.publication(payload)
        self.queue._take(publication)
        return publication

    async def sweep(self) -> None:
        """Let the sweep find what fell off the way, and deliver what it publishes."""
        await self.queue.publish([maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())])
        await self.run()

    async def run(self, *jobs: str, times: int = 1) -> None:
        """Deliver until nothing waits, each delivery `times` times; of `jobs` only, if any are named.

        The clock advances by what a job asks to be delivered later for.
        """
        while waiting := next((each for each in self.queue.waiting if not jobs or each.publication.job in jobs), None):
            self.queue.waiting.remove(waiting)
            for _ in range(times - 1):
                await self.deliver(waiting)
            outcome = await self.deliver(waiting)
            if outcome == Done("postponed"):
                self._await_moment(waiting)
            await self._settle(waiting, outcome)

    async def step(self) -> Outcome | None:
        """Deliver the oldest message once, and again later when it failed."""
        waiting = self.queue.waiting.popleft()
        outcome = await self.deliver(waiting)
        await self._settle(waiting, outcome)
        return outcome

    async def deliver(self, waiting: Waiting) -> Outcome | None:
        """Run a job once; None is a run that ended without a word."""
        delivery = Delivery(message_id=waiting.message_id, attempt=waiting.attempt, correlation_id="trip-1")
        job = waiting.publication.job
        try:
            outcome = await run_job(job, waiting.publication.body.encode(), delivery=delivery, services=self.services)
        except PowerCutError:
            self.outcomes.append((job, waiting.attempt, "cut"))
            return None
        self.outcomes.append((job, waiting.attempt, _word(outcome)))
        return outcome

    def states(self) -> list[str]:
        """The states of the outbox, in order."""
        found = self.business.api.rows(
            "select state from app.messages where direction = 'outbound' order by conversation_id, seq"
        )
        return [state for (state,) in found]

    def open_messages(self) -> int:
        """How many messages are neither answered nor decided."""
        count: int = self.business.api.value(
            "select count(*) from app.messages where direction = 'inbound' and answered_by is null and decision is null"
        )
        return count

    @property
    def texts(self) -> list[str]:
        """What the gateway was given to send, without the introduction that the first answer begins with."""
        return [text.rpartition("\n\n")[2] for _, text in self.gateway.sent]

    @property
    def calls(self) -> Counter[str]:
        return Counter(self.fuse.calls)

    def _await_moment(self, postponed: Waiting) -> None:
        """Let the time pass until what a delivery postponed is due: before, it would be postponed for ever."""
        suffix = f".after.{postponed.message_id}"
        later = next(each for each in self.queue.published if (each.deduplication_id or "").endswith(suffix))
        self.clock.advance(seconds=later.delay.total_seconds())

    async def _settle(self, waiting: Waiting, outcome: Outcome | None) -> None:
        match outcome:
            case Done():
                return
            case RetryAfter(_, delay):
                self.clock.advance(seconds=delay.total_seconds())
            case Failed(_, retriable) if not retriable:
                self.dead.append(waiting)
                return
        if waiting.attempt > waiting.publication.retries:
            self.dead.append(waiting)
        else:
            self.queue.waiting.append(replace(waiting, attempt=waiting.attempt + 1))


def _word(outcome: Outcome) -> str:
    match outcome:
        case Done(word):
            return word
        case RetryAfter():
            return "retry after"
        case Failed():
            return "failed"


SETTINGS = Settings(
    public_url="https://aurora.example",
    webhook_secret="made-up",
    qstash_url="https://qstash.example",
    qstash_token="made-up",
    qstash_current_signing_key="made-up-current-signing-key-of-32-bytes",
    qstash_next_signing_key="made-up-next-signing-key-of-32-bytes",
    upstash_redis_rest_url="https://redis.example",
    upstash_redis_rest_token="made-up",
    supabase_url="https://supabase.example",
    supabase_secret_key="made-up",
    evolution_url="https://evolution.example",
    evolution_api_key="made-up",
    openai_api_key="made-up",
)


@pytest.fixture
async def line(business: Business, clock: DatabaseClock, supabase_gateway: SupabaseGateway) -> AsyncIterator[Line]:
    """A production line over a business's real database."""
    async with _line(business, clock, supabase_gateway) as line:
        yield line


@pytest.fixture
async def guarded_line(
    business: Business, clock: DatabaseClock, supabase_gateway: SupabaseGateway, metered_redis: MeteredRedis
) -> AsyncIterator[Line]:
    """The same with limits and circuit breakers in a real Redis, whose requests are counted."""
    redis = RedisRest(metered_redis.url, metered_redis.token)
    async with _line(business, clock, supabase_gateway, redis=redis) as line:
        yield line
    await redis.aclose()


@asynccontextmanager
async def _line(
    business: Business, clock: DatabaseClock, supabase: SupabaseGateway, *, redis: RedisRest | None = None
) -> AsyncIterator[Line]:
    fuse = Fuse()
    # No routine falls due beside what a test looks at.
    business.api.rows("update app.routines set enabled = false")
    database = SupabaseDatabase(supabase.url, supabase.secret_key)
    queue, gateway, model = RecordingQueue(fuse), ScriptedGateway(fuse), ScriptedModel(fuse)
    services = replace(
        bootstrap(SETTINGS, clock=SameClock(clock), model=model, gateways={"evolution": gateway}, redis=redis),
        make_queue=lambda: queue,
        make_database=lambda: GuardedDatabase(database, fuse),
    )
    yield Line(services, business, clock, fuse, queue, gateway, model)
    await database.aclose()
