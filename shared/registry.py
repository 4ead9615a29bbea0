"""Where jobs are declared: a name, a payload, a policy and a handler, side by side.

A job is one file in `shared/jobs`: its payload is a frozen pydantic model, its handler an async function decorated with
`@job`. The registry knows nothing of HTTP, of QStash, or of any particular job.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from shared.errors import UnknownJobError
from shared.ports import FlowControl, Publication
from shared.services import Services


class Payload(BaseModel):
    """Base of every job's payload: frozen, and closed to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One attempt to deliver a job."""

    message_id: str
    attempt: int  #: 1 for the first
    correlation_id: str

    def lease(self, duration: timedelta) -> dict[str, object]:
        """Describe a lease for this attempt, as the database's claims take it.

        A later attempt of the same message may take over at once: the queue makes one only when the earlier is over.
        """
        return {"owner": self.message_id, "attempt": self.attempt, "seconds": duration.total_seconds()}


PayloadT = TypeVar("PayloadT", bound=Payload)
Handler = Callable[[PayloadT, "Context"], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a handler works with besides its payload."""

    services: Services
    delivery: Delivery

    async def publish(self, *publications: Publication) -> None:
        """Hand jobs to the queue, in one call; they carry on this delivery's correlation id."""
        await self.services.publish(*publications, correlation_id=self.delivery.correlation_id)


@dataclass(frozen=True, kw_only=True)
class Job(Generic[PayloadT]):
    """A declared job. `handler` returns the outcome in a word, for the log."""

    name: str
    payload: type[PayloadT]
    handler: Handler[PayloadT]
    retries: int
    retry_delay: str
    timeout: timedelta
    flow_control: Callable[[PayloadT], FlowControl] | None
    personal: bool
    in_place: bool
    cron: str | None  #: when the queue is to run it by itself, UTC; such a job's payload has no required field

    def publication(
        self, payload: PayloadT, *, deduplication_id: str | None = None, delay: timedelta = timedelta(0)
    ) -> Publication:
        """Make the publication that runs this job with `payload`, `delay` from now."""
        return Publication(
            job=self.name,
            body=payload.model_dump_json(exclude_none=True),
            retries=self.retries,
            retry_delay=self.retry_delay,
            timeout=self.timeout,
            flow_control=self.flow_control(payload) if self.flow_control else None,
            deduplication_id=deduplication_id,
            delay=delay,
            personal=self.personal,
            in_place=self.in_place,
        )


def exponential_backoff(first: timedelta, growth: int = 2) -> str:
    """Return QStash's expression, in milliseconds, for delays of `first`, `growth` times that, `growth` times that …"""
    return f"{first // timedelta(milliseconds=1)} * pow({growth}, retried)"


@dataclass(frozen=True)
class Registry:
    """The jobs that are known, by name."""

    _jobs: dict[str, Job[Any]] = field(default_factory=dict)

    def add(self, declared: Job[Any]) -> None:
        """Register a job. Raises `ValueError` when its name is taken."""
        if declared.name in self._jobs:
            raise ValueError(f"two jobs are named {declared.name}")
        self._jobs[declared.name] = declared

    def find(self, name: str) -> Job[Any]:
        """Return the job of this name. Raises `UnknownJobError`."""
        try:
            return self._jobs[name]
        except KeyError:
            raise UnknownJobError(f"no job is named {name!r}") from None

    @property
    def jobs(self) -> Mapping[str, Job[Any]]:
        """All jobs by name."""
        return dict(self._jobs)


registry = Registry()

#: Seconds before the first retry; each further one waits twice as long.
FIRST_BACKOFF = timedelta(seconds=2)


def job(
    name: str,
    *,
    retries: int = 2,
    backoff: timedelta = FIRST_BACKOFF,
    growth: int = 2,
    timeout: timedelta = timedelta(seconds=30),
    flow_control: Callable[[Any], FlowControl] | None = None,
    personal: bool = False,
    in_place: bool = True,
    cron: str | None = None,
    into: Registry = registry,
) -> Callable[[Handler[PayloadT]], Job[PayloadT]]:
    """Declare the decorated handler as the job `name`, given its payload's type by the handler's first annotation.

    `retries` come after the first attempt, the first of them after `backoff`, each further one after `growth` times as
    long: five of them, the most that QStash's paid plan takes, with a growth of 4 outlast an outage of eleven minutes,
    longer than an answer is worth giving. An attempt is given up after `timeout`.
    `flow_control` says which limit a payload's delivery shares. `personal` payloads hold what people wrote.
    One that may not run `in_place` waits for the queue: what it publishes is kept nowhere else, or takes too long.
    With `cron` the queue runs it on that schedule, in UTC, with an empty payload.
    """

    def declare(handler: Handler[PayloadT]) -> Job[PayloadT]:
        declared: Job[PayloadT] = Job(
            name=name,
            payload=_payload_of(handler),
            handler=handler,
            retries=retries,
            retry_delay=exponential_backoff(backoff, growth),
            timeout=timeout,
            flow_control=flow_control,
            personal=personal,
            in_place=in_place,
            cron=cron,
        )
        into.add(declared)
        return declared

    return declare


def _payload_of(handler: Handler[PayloadT]) -> type[PayloadT]:
    parameter = next(iter(handler.__annotations__.values()), None)
    if not (isinstance(parameter, type) and issubclass(parameter, Payload)):
        raise TypeError(f"{handler.__qualname__}: annotate the first parameter with a subclass of Payload")
    return cast(type[PayloadT], parameter)
