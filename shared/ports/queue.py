"""The queue: what is published, when, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.ports.dependency import Dependency


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
    """The schedules of this deployment, others of the same account aside.

    `put` creates one or replaces that of the same id, which may be running then. Every method raises `QueueError`,
    `QueueRefusedError` when the queue takes others and not this one.
    """

    async def present(self) -> tuple[KeptSchedule, ...]: ...
    async def put(self, schedule: Schedule) -> None: ...
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
