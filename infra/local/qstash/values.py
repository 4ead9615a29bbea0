"""The frozen values that travel between the parts of the broker."""

import enum
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from infra.local.qstash.headers import Headers


class State(enum.IntEnum):
    """Where a message is. The first two are open, the others final."""

    WAITING = 0
    ACTIVE = 1
    DELIVERED = 2
    FAILED = 3
    CANCELLED = 4


class EventState(enum.StrEnum):
    """What the log says of a message; the SDKs refuse any other word."""

    CREATED = "CREATED"
    ACTIVE = "ACTIVE"
    RETRY = "RETRY"
    ERROR = "ERROR"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    CANCELED = "CANCELED"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Callback(_Value):
    """Where to report attempts, and how."""

    url: str
    method: str = "POST"
    #: Sent with the callback.
    headers: Headers = {}
    #: None inherits the retries of the message.
    retries: int | None = None
    retry_delay: str | None = None
    #: Seconds.
    timeout: int | None = None
    #: Seconds.
    delay: int = 0


class FlowLimits(_Value):
    """What a message asks of its flow control key; None leaves that limit off."""

    parallelism: int | None = None
    rate: int | None = None
    #: Seconds.
    period: int = 1


class Redaction(_Value):
    """What the API and the log hide. Deliveries always carry the original."""

    body: bool = False
    all_headers: bool = False
    #: Canonical names.
    headers: tuple[str, ...] = ()


class Options(_Value):
    """How to deliver a message; every field holds from publish to the last attempt."""

    method: str = "POST"
    #: Sent with the delivery, content type included.
    headers: Headers = {}
    #: Tries after the first one.
    retries: int = 3
    #: Expression in milliseconds that replaces the back-off.
    retry_delay: str | None = None
    #: Seconds.
    timeout: int | None = None
    callback: Callback | None = None
    failure_callback: Callback | None = None
    flow_key: str | None = None
    flow: FlowLimits = FlowLimits()
    labels: tuple[str, ...] = ()
    redaction: Redaction = Redaction()


class Publication(_Value):
    """One request to publish, as its headers ask for it; the body travels beside it."""

    destination: str
    options: Options = Options()
    #: Seconds.
    delay: int = 0
    #: Unix seconds; wins over `delay`.
    not_before: int | None = None
    deduplication_id: str | None = None
    content_based: bool = False
    queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One stored message. Times are Unix milliseconds."""

    seq: int
    id: str
    state: State
    lane: str
    slot: str | None
    due_at: int
    created_at: int
    not_before: int
    #: Failed attempts so far.
    retried: int
    #: Its cancellation was asked for while an attempt was in flight.
    cancelling: bool
    url: str
    topic: str | None
    endpoint: str | None
    queue: str | None
    schedule_id: str | None
    caller_ip: str
    #: For a callback, the message that it reports on.
    source_id: str | None
    options: Options
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one attempt; status 0 is no response."""

    status: int
    headers: Headers
    body: bytes
    error: str | None = None

    @property
    def delivered(self) -> bool:
        return 200 <= self.status <= 299


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery of a message and what came of it."""

    message: Message
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the publisher is told of one message."""

    message_id: str
    url: str
    deduplicated: bool = False
