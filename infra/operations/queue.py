"""The queue as an operator sees it: counts, lists and single jobs, from QStash's own records and the database."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from infra.operations.job_states import NAMED_IN_LOG, JobState, QueuedJob, failure_of, jobs_of
from shared.dead_letters import payload_of
from shared.errors import NotFoundError
from shared.jobs import load_jobs
from shared.ports import QueueLogEntry
from shared.registry import registry
from shared.replay import DeadLetter, list_dead_letters
from shared.services import Services

#: How far a job's log is read, newest first: some 3,000 messages of three entries each.
LOG_REACH = 10_000

#: So many stay inspectable of each job, as long as QStash keeps its log; dead letters longer.
COMPLETED_KEPT = 100
FAILED_KEPT = 500

#: A new message's log does not say when it is due: so many of each job are asked for it, a few at a time, as QStash
#: limits how often it is asked. Any more count as waiting.
_DUE_ASKED = 100
_ASKED_AT_ONCE = 8


class JobCounts(BaseModel):
    """How many messages of a job are in each state; `complete` is False when the log holds more than was read."""

    model_config = ConfigDict(frozen=True)

    job: str
    waiting: int
    active: int
    delayed: int
    completed: int
    failed: int
    cancelled: int
    open_dead_letters: int
    complete: bool


class JobEvent(BaseModel):
    """One thing that happened to a message."""

    model_config = ConfigDict(frozen=True)

    state: str  #: QStash's word
    at: datetime
    status: int | None
    error: str | None
    next_at: datetime | None


class JobDetail(QueuedJob):
    """All that is known of one message. `payload` comes without what people wrote, None when nobody has it."""

    created_at: datetime | None
    not_before: datetime | None
    retries: int | None
    flow_control_key: str | None
    payload: dict[str, Any] | None
    events: tuple[JobEvent, ...]  #: oldest first


def known_jobs() -> list[str]:
    """Return the names of all jobs that there are."""
    load_jobs()
    return sorted(registry.jobs)


async def count_jobs(services: Services) -> list[JobCounts]:
    """Return the counts of every job, of those that only dead letters tell of, too."""
    rows = await services.database.call("count_dead_letters")
    dead = {row["job"]: row["open"] for row in rows}
    names = sorted({*known_jobs(), *dead})
    return list(await asyncio.gather(*(_count(name, dead.get(name, 0), services) for name in names)))


async def _count(name: str, dead: int, services: Services) -> JobCounts:
    log = await services.queue_records.log(job=name, limit=LOG_REACH)
    jobs = await _with_due_times(jobs_of(log.entries, now=services.clock.now()), services)
    counts = {state.value: sum(job.state is state for job in jobs) for state in JobState}
    return JobCounts(job=name, open_dead_letters=dead, complete=log.complete, **counts)


async def list_jobs(
    services: Services, *, job: str | None, state: JobState | None, limit: int | None = None
) -> list[QueuedJob]:
    """Return jobs, the latest change first; by default the last 500 failed ones, or 100 of any other state."""
    most = limit or (FAILED_KEPT if state is JobState.FAILED else COMPLETED_KEPT)
    found = await _read(services, job=job, state=state, limit=most)
    if state in (None, JobState.FAILED):
        found = _with_letters(found, await list_dead_letters(services, limit=most, job=job))
    wanted = [each for each in found if state is None or each.state is state]
    return sorted(wanted, key=lambda each: each.changed_at, reverse=True)[:most]


async def _read(services: Services, *, job: str | None, state: JobState | None, limit: int) -> list[QueuedJob]:
    if state in NAMED_IN_LOG:
        log = await services.queue_records.log(job=job, state=NAMED_IN_LOG[state], limit=limit)
        return jobs_of(log.entries, now=services.clock.now())
    log = await services.queue_records.log(job=job, limit=LOG_REACH)
    return await _with_due_times(jobs_of(log.entries, now=services.clock.now()), services)


def _with_letters(jobs: Iterable[QueuedJob], letters: Sequence[DeadLetter]) -> list[QueuedJob]:
    """Add what dead letters tell: the cause of a failure, and failures that the log has forgotten."""
    by_message = {letter.queue_message_id: letter for letter in letters}
    found = {job.message_id: job for job in jobs}
    for message_id, letter in by_message.items():
        known = found.get(message_id)
        changed_at = known.changed_at if known is not None else letter.created_at
        found[message_id] = QueuedJob(
            message_id=message_id,
            job=letter.job,
            state=JobState.FAILED,
            changed_at=changed_at,
            attempts=letter.attempts,
            status=letter.status,
            error=letter.error,
            dead_letter=letter.id,
        )
    return list(found.values())


async def show_job(message_id: str, services: Services) -> JobDetail:
    """Return all that is known of one message. Raises `NotFoundError`."""
    records = services.queue_records
    log, message, letters = await asyncio.gather(
        records.log(message_id=message_id),
        records.message(message_id),
        list_dead_letters(services, limit=1, queue_message_id=message_id),
    )
    told = await _with_due_times(jobs_of(log.entries, now=services.clock.now()), services)
    jobs = _with_letters(told, letters)
    if not jobs:
        raise NotFoundError(f"neither QStash nor the dead letters know a job {message_id}; its log may be too old")
    payload = payload_of(message.body) if message is not None and message.body is not None else None
    return JobDetail(
        **jobs[0].model_dump(),
        created_at=message.created_at if message else None,
        not_before=message.not_before if message else None,
        retries=message.retries if message else None,
        flow_control_key=message.flow_control_key if message else None,
        payload=payload or (letters[0].payload if letters else None),
        events=tuple(_event(entry) for entry in reversed(log.entries)),
    )


def _event(entry: QueueLogEntry) -> JobEvent:
    return JobEvent(
        state=entry.state,
        at=entry.at,
        status=entry.response_status,
        error=failure_of(entry),
        next_at=entry.next_delivery_at,
    )


async def _with_due_times(jobs: list[QueuedJob], services: Services) -> list[QueuedJob]:
    """Tell those whose time has come from those that are delayed."""
    now = services.clock.now()
    unsure = [job for job in jobs if job.state is JobState.WAITING and job.attempts == 0][:_DUE_ASKED]
    places = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def due(job: QueuedJob) -> datetime | None:
        async with places:
            message = await services.queue_records.message(job.message_id)
        return message.not_before if message is not None and message.not_before > now else None

    times = await asyncio.gather(*(due(job) for job in unsure))
    delayed = {job.message_id: at for job, at in zip(unsure, times, strict=True) if at is not None}
    return [
        job.model_copy(update={"state": JobState.DELAYED, "next_at": delayed[job.message_id]})
        if job.message_id in delayed
        else job
        for job in jobs
    ]
