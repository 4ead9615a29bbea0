"""The seams of Aurora: what the outside must offer, each with more than one implementation.

Adapters implement them over a vendor's SDK; the embedded stack and the tests bring the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

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


@dataclass(frozen=True, kw_only=True)
class QueueLogEntry:
    """One thing that happened to a message in the queue, as the queue's own log tells it."""

    state: str  #: QStash's word, such as CREATED, ACTIVE, DELIVERED, ERROR or FAILED
    at: datetime  #: UTC
    response_status: int | None = None  #: of an attempt that was answered and failed
    response_body: str | None = None  #: of the same attempt, decoded; may be cut
    error: str | None = None  #: why an attempt got no answer, in the queue's words


class Queue(Dependency, Protocol):
    """Where jobs wait until their time comes."""

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """Hand over all of `publications` in one call and return their message ids, in order.

        When this returns they are durable. Raises `QueueError` when any of them was not taken.
        """
        ...

    async def deliveries(self, message_id: str) -> tuple[QueueLogEntry, ...]:
        """Return what the queue's log holds about a message, oldest first. Raises `QueueError`."""
        ...


class Gateway(Dependency, Protocol):
    """A WhatsApp gateway, as seen when sending."""

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """Send `text` and return the provider's id for it.

        Raises `GatewayError` when it surely did not leave, `GatewayRefusedError` when it never will, and
        `OutcomeUnknownError` when it may have left.
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
