"""The queue that is there when QStash is not."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.errors import DatabaseError, QueueError
from shared.inline import TIME_LEFT, FallbackQueue, in_place
from shared.jobs.routine_fan_out import RoutineFanOut, fan_out
from shared.ports import Publication
from shared.registry import Context, Delivery, Payload, Registry, job
from shared.resilience.circuit_breaker import MemoryCircuitBreaker
from shared.runner import Done, Failed, Outcome, RetryAfter, run_job
from shared.services import Services


@dataclass
class MovableClock:
    """A clock that sleeping moves."""

    at: datetime = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Broker:
    """QStash, up or down."""

    up: bool = True
    calls: int = 0
    taken: list[str] = field(default_factory=list)

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        self.calls += 1
        if not self.up:
            raise QueueError("QStash cannot be reached")
        self.taken += [each.job for each in publications]
        return tuple(f"msg_{each.job}" for each in publications)

    async def check(self) -> None:
        return None


@dataclass
class World:
    """A fallback queue, and what ran in place: each job's outcome, and what it publishes itself."""

    broker: Broker | None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    publishes: dict[str, Publication] = field(default_factory=dict)
    seconds: float = 0.0  #: that each job takes
    clock: MovableClock = field(default_factory=MovableClock)
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        breaker = MemoryCircuitBreaker(clock=self.clock)
        self.queue = FallbackQueue(self.broker, self.run, breaker=breaker, clock=self.clock, sleep=self.clock.sleep)

    async def run(self, publication: Publication, message_id: str) -> Outcome:
        self.ran.append(publication.job)
        await self.clock.sleep(self.seconds)
        if publication.job in self.publishes:
            await self.queue.publish([self.publishes[publication.job]])
        return self.outcomes.get(publication.job, Done("done"))


class Nothing(Payload):
    """An empty payload."""


def publication(job: str, delay: timedelta = timedelta(0)) -> Publication:
    return Publication(job=job, body="{}", retries=0, delay=delay)


async def test_a_queue_that_answers_takes_everything() -> None:
    """While QStash takes publications, nothing runs in place."""
    world = World(Broker())

    assert await world.queue.publish([publication("a"), publication("b")]) == ("msg_a", "msg_b")
    assert world.ran == []


@pytest.mark.parametrize("broker", [None, Broker(up=False)], ids=["not configured", "down"])
async def test_without_a_queue_the_jobs_run_one_after_another(broker: Broker | None) -> None:
    """Without QStash, what is published runs, and what that publishes, each after its own delay."""
    world = World(
        broker, publishes={"receive": publication("reply", timedelta(seconds=4)), "reply": publication("send")}
    )
    began = world.clock.now()

    await world.queue.publish([publication("receive")])

    assert world.ran == ["receive", "reply", "send"]
    assert world.clock.now() - began == timedelta(seconds=4)


async def test_a_dead_queue_is_left_alone_after_some_failures() -> None:
    """After a number of failures in a row QStash is not asked again at once: requests stay fast."""
    broker = Broker(up=False)
    world = World(broker)

    for _ in range(20):
        await world.queue.publish([publication("receive")])

    assert len(world.ran) == 20
    assert broker.calls < 20


@pytest.mark.parametrize(
    "outcome", [Failed("DatabaseError", retriable=True), RetryAfter("busy", timedelta(seconds=3))], ids=str
)
async def test_what_nothing_else_keeps_is_refused(outcome: Outcome) -> None:
    """The outermost job could not run: the publication fails, so that whoever asked tries again."""
    world = World(None, outcomes={"receive": outcome})

    with pytest.raises(QueueError, match="receive"):
        await world.queue.publish([publication("receive")])


async def test_what_is_stored_already_is_left_to_the_sweep() -> None:
    """The first job ran; the one that it publishes fails: the publication stands, PostgreSQL keeps the rest."""
    world = World(
        None,
        outcomes={"reply": Failed("ModelError", retriable=True)},
        publishes={"receive": publication("reply")},
    )

    await world.queue.publish([publication("receive")])

    assert world.ran == ["receive", "reply"]


async def test_what_must_wait_for_the_queue_is_not_run_in_place() -> None:
    """A fan-out publishes runs that nothing else keeps: it is refused, and what stands before it ran."""
    world = World(Broker(up=False))
    due = RoutineFanOut(kind="daily_summary", timezone="America/Sao_Paulo", local_time=time(18))

    with pytest.raises(QueueError, match=r"routine\.fan_out"):
        await world.queue.publish([publication("receive"), fan_out.publication(due), publication("reply")])

    assert world.ran == ["receive"]


async def test_what_can_never_work_counts_as_taken() -> None:
    """A job that refuses for good is not asked for again; its dead letter is kept by whoever ran it."""
    world = World(None, outcomes={"receive": Failed("unknown instance", retriable=False)})

    assert len(await world.queue.publish([publication("receive")])) == 1


async def test_no_job_is_begun_that_could_be_killed_in_the_middle() -> None:
    """What does not fit into the time left is not begun; the request is answered in time."""
    world = World(
        None,
        publishes={"receive": publication("reply"), "reply": publication("send")},
        seconds=TIME_LEFT.total_seconds() - 4,
    )

    await world.queue.publish([publication("receive")])

    assert world.ran == ["receive"]


async def test_what_is_published_together_shares_the_time() -> None:
    """Several publications in one go have one request's time in all: what no longer fits is refused."""
    world = World(None, seconds=TIME_LEFT.total_seconds() - 4)

    with pytest.raises(QueueError, match="second"):
        await world.queue.publish([publication("first"), publication("second")])

    assert world.ran == ["first"]


async def test_a_job_spends_the_time_of_its_own_request(services: Services) -> None:
    """What a slow job publishes is not begun when its request has no time left for it; the job then comes again."""
    world = World(None)
    jobs = Registry()

    @job("slow", into=jobs)
    async def slow(payload: Nothing, context: Context) -> str:
        await world.clock.sleep(TIME_LEFT.total_seconds() - 4)
        await context.publish(publication("send"))
        return "published"

    outcome = await run_job(
        slow.name,
        b"{}",
        delivery=Delivery(message_id="msg_1", attempt=1, correlation_id="made-up"),
        services=replace(services, clock=world.clock, make_queue=lambda: world.queue),
        jobs=jobs,
    )

    assert isinstance(outcome, Failed)
    assert outcome.retriable
    assert world.ran == []


async def test_a_delay_that_is_longer_than_a_request_is_refused() -> None:
    """A job for later cannot run in place, and the publication says so."""
    world = World(None)

    with pytest.raises(QueueError):
        await world.queue.publish([publication("remind", timedelta(hours=1))])

    assert world.ran == []


@dataclass
class DeadLetters:
    """A database that keeps dead letters, while it is up."""

    up: bool
    kept: list[str] = field(default_factory=list)

    async def call(self, function: str, **arguments: Any) -> Any:
        if not self.up:
            raise DatabaseError(f"{function}: Supabase cannot be reached")
        self.kept.append(arguments["letter"]["job"])
        return {"id": str(uuid4()), "organization_id": None, "created": True}

    async def check(self) -> None:
        return None


@pytest.mark.parametrize("up", [True, False], ids=["kept", "not kept"])
async def test_what_can_never_work_is_kept_or_refused(up: bool, services: Services) -> None:
    """A job that refuses for good becomes a dead letter; when nothing can keep one, whoever asked must try again."""
    letters = DeadLetters(up)
    run = in_place(replace(services, make_database=lambda: letters, make_alert_channels=tuple))

    outcome = await run(publication("message.receive"), "inline_1")

    assert isinstance(outcome, Failed)
    assert outcome.retriable is not up
    assert letters.kept == (["message.receive"] if up else [])
