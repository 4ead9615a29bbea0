"""The seams of Aurora: what the outside must offer, each with more than one implementation.

Adapters implement them over a vendor's SDK; the embedded stack and the tests bring the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from shared.media import Image, MediaFile, Transcription
from shared.whatsapp.events import Sent


class Dependency(Protocol):
    """Anything outside this process that can be asked whether it is there."""

    async def check(self) -> None:
        """Return when it answers and takes our credentials; raise the `UnavailableError` that fits otherwise."""
        ...


class Clock(Protocol):
    """The one source of time in Python."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...


class Database(Dependency, Protocol):
    """The data, reached by calling functions of the schema `api`; one call is one transaction."""

    async def call(self, function: str, **arguments: object) -> Any:
        """Call `api.<function>` with each argument `name` as `p_name` and return its JSON result.

        Raises `NotFoundError` (PT404), `StaleLeaseError` (PT409), `NonRetriableError` for anything a retry cannot
        mend, and `DatabaseError` for the rest.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class FlowControl:
    """A limit that deliveries with the same key share."""

    key: str
    parallelism: int | None = None  #: calls in flight at once
    rate: int | None = None  #: calls started per period
    period: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A job ready to be handed to the queue."""

    job: str
    body: str  #: JSON
    retries: int
    retry_delay: str | None = None  #: QStash expression in milliseconds over `retried`
    delay: timedelta = timedelta(0)
    deduplication_id: str | None = None  #: ASCII
    flow_control: FlowControl | None = None
    timeout: timedelta | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  #: given back with the delivery
    personal: bool = False  #: the body holds what people wrote: the queue's own logs must not show it
    in_place: bool = True  #: may run inside the request that publishes it, while the queue is away


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A publication that the queue is to repeat."""

    id: str
    cron: str  #: five fields, in UTC unless `CRON_TZ=<zone>` stands before them
    destination: str  #: the address that is called
    publication: Publication
    paused: bool = False  #: it must publish nothing


@dataclass(frozen=True, kw_only=True)
class KeptSchedule:
    """A schedule as the queue has it."""

    id: str
    cron: str
    destination: str
    body: str | None
    retries: int
    paused: bool
    next_run_at: datetime | None  #: UTC, as the last
    last_run_at: datetime | None


class Schedules(Protocol):
    """The schedules of this deployment, others of the same account aside. Every method raises `QueueError`."""

    async def present(self) -> tuple[KeptSchedule, ...]: ...

    async def put(self, schedule: Schedule) -> None:
        """Create a schedule, or replace the one of the same id; it may be running then."""
        ...

    async def remove(self, schedule_id: str) -> None: ...
    async def pause(self, schedule_id: str) -> None: ...
    async def resume(self, schedule_id: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class QueueLogEntry:
    """One thing that happened to a message in the queue, as the queue's own log tells it."""

    state: str  #: QStash's word, such as CREATED, ACTIVE, DELIVERED, ERROR or FAILED
    at: datetime  #: UTC
    response_status: int | None = None  #: of an attempt that was answered and failed
    response_body: str | None = None  #: of the same attempt, decoded; may be cut
    error: str | None = None  #: why an attempt got no answer, in the queue's words
    message_id: str = ""
    job: str | None = None  #: None for what is no job, such as a failure callback
    next_delivery_at: datetime | None = None  #: when a failed attempt is made again


class Queue(Dependency, Protocol):
    """Where jobs wait until their time comes."""

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """Hand over all of `publications` in one call and return their message ids, in order.

        When this returns they are durable. Raises `QueueError` when any of them was not taken.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class QueueLog:
    """A part of the queue's log, newest entry first."""

    entries: tuple[QueueLogEntry, ...]
    complete: bool  #: False when there is more that was not read


@dataclass(frozen=True, kw_only=True)
class QueuedMessage:
    """A message as the queue keeps it."""

    message_id: str
    job: str | None
    created_at: datetime  #: UTC
    not_before: datetime  #: UTC; the first delivery does not come earlier
    retries: int
    body: str | None  #: as the queue shows it: a digest instead of a personal one
    flow_control_key: str | None = None


class QueueRecords(Protocol):
    """What the queue itself knows of its messages, for operators. Every method raises `QueueError`."""

    async def log(
        self, *, job: str | None = None, message_id: str | None = None, state: str | None = None, limit: int = 1000
    ) -> QueueLog:
        """Return the newest entries, at most `limit` of them, of a job, of a message, or of a state."""
        ...

    async def message(self, message_id: str) -> QueuedMessage | None:
        """Return a message, None when the queue no longer has it."""
        ...

    async def cancel(self, message_ids: Sequence[str]) -> int:
        """Cancel the messages that are not finished and return how many; unknown ids are passed over."""
        ...

    async def clear(self, job: str) -> int:
        """Cancel every message of a job that is not finished and return how many."""
        ...

    async def retry_dead_letter(self, dead_letter_id: str, *, deduplication_id: str) -> str | None:
        """Publish what is in the queue's dead letter anew, whole, and return the new message's id.

        The dead letter is gone then. Returns None when the queue no longer has it.
        """
        ...

    async def discard_dead_letter(self, dead_letter_id: str) -> bool:
        """Delete the queue's dead letter; return False when the queue no longer has it."""
        ...


class Redis(Dependency, Protocol):
    """Upstash Redis: what must be fast, may be lost, and is the same for all processes.

    What is asked together, as by `asyncio.gather`, may travel as one call and fail as one.
    """

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> Any:
        """Run a Lua script atomically. Raises `LimiterError`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Alert:
    """What an operator is told of a job that gave up. Holds nothing that people wrote, no number and no secret."""

    job: str
    organization_id: UUID | None
    error: str
    dead_letter_id: UUID
    at: datetime  #: UTC

    @property
    def text(self) -> str:
        """All of it in one line."""
        whose = f" for organization {self.organization_id}" if self.organization_id else ""
        return f"Aurora: {self.job} gave up{whose}: {self.error}. Dead letter {self.dead_letter_id}."


class AlertChannel(Protocol):
    """A way to reach the operator."""

    async def deliver(self, alert: Alert) -> None:
        """Return when the alert was taken. Raises `AlertError`."""
        ...


class Gateway(Dependency, Protocol):
    """A WhatsApp gateway, as seen when sending."""

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        """Return the provider's id of a message with this text that left for `address` after `since`, else None.

        Raises `GatewayError` when it cannot say.
        """
        ...

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """Send `text` and return the provider's id for it.

        Raises `GatewayError` when it surely did not leave, `GatewayRefusedError` when it never will, and
        `OutcomeUnknownError` when it may have left.
        """
        ...

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        """Return the file of a message that was received.

        Raises `MediaUnavailableError` when there is none or it is larger than `limit_bytes`, `GatewayRefusedError` when
        the gateway refuses us, and `GatewayError` otherwise.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool the model wants called."""

    id: str
    name: str
    arguments: str  #: JSON as the model wrote it: may be invalid


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One entry of a conversation with the model."""

    role: str  #: system, user, assistant or tool
    content: str | None = None
    images: tuple[Image, ...] = ()  #: beside the content; a model that cannot see is given the content alone
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool as the model is told of it."""

    name: str
    description: str
    parameters: Mapping[str, Any]  #: JSON schema of the arguments


@dataclass(frozen=True, kw_only=True)
class Completion:
    """The model's answer to one call."""

    content: str | None
    tool_calls: tuple[ToolCall, ...]
    model: str
    prompt_tokens: int
    completion_tokens: int


class LanguageModel(Dependency, Protocol):
    """A chat model with tools."""

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        """Return the model's next message.

        Raises `ModelError`, or `RetryAfterError` when the server says when to come back.
        """
        ...


class Transcriber(Protocol):
    """A model that writes down what is said in a recording."""

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        """Return what is said in `file`, most likely in `language`, an ISO 639-1 code.

        Raises `ModelError`, or `RetryAfterError` when the server says when to come back.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """How much one subject may use."""

    amount: int  #: at least 1
    window: timedelta  #: in any span this long
    notice_every: timedelta  #: an excess is worth telling the subject at most so often


class Verdict(StrEnum):
    """What a rate limit says of one use."""

    ALLOWED = "allowed"
    NOTICE = "notice"  #: too much, and the subject has not been told lately
    SILENT = "silent"  #: too much, and the subject knows


class RateLimiter(Protocol):
    """Counts what subjects use."""

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        """Count `amount` of `subject` against `limit`, once for each `mark`: asked again, the verdict is the same.

        Raises `LimiterError`.
        """
        ...


class MessageLimiter(Protocol):
    """Keeps a contact who writes too much from costing too much."""

    async def admit(self, conversation_id: UUID, *, seq: int, messages: int = 1) -> Verdict:
        """Count the `messages` of a turn whose newest is number `seq`, and say whether it shall be answered.

        A turn that is tried again is not counted again, and gets the same verdict. Never fails.
        """
        ...
