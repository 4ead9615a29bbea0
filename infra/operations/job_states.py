"""The states of jobs, read from the queue's log."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.dead_letters import error_of
from shared.ports import QueueLogEntry


class JobState(StrEnum):
    """Where a job is on its way."""

    WAITING = "waiting"  #: its time has come, and a place is awaited
    ACTIVE = "active"
    DELAYED = "delayed"  #: its time comes later: a delay, or the pause before another attempt
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_finished(self) -> bool:
        return self in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


#: QStash's word for the last thing that happened. RETRY follows ERROR, and either means that another attempt comes.
_STATES = {
    "CREATED": JobState.WAITING,
    "ACTIVE": JobState.ACTIVE,
    "IN_PROGRESS": JobState.ACTIVE,
    "ERROR": JobState.DELAYED,
    "RETRY": JobState.DELAYED,
    "DELIVERED": JobState.COMPLETED,
    "FAILED": JobState.FAILED,
    "CANCEL_REQUESTED": JobState.CANCELLED,
    "CANCELED": JobState.CANCELLED,
}

#: The states that one word of QStash's stands for, so that its log can be asked for them alone.
NAMED_IN_LOG = {JobState.COMPLETED: "DELIVERED", JobState.FAILED: "FAILED"}


class QueuedJob(BaseModel):
    """A message of the queue that runs a job."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    job: str
    state: JobState
    changed_at: datetime  #: UTC
    attempts: int | None  #: begun so far; None when only its end was read
    next_at: datetime | None = None  #: UTC; when a delayed one is due
    status: int | None = None  #: of the last attempt that was answered and failed
    error: str | None = None
    dead_letter: UUID | None = None


def jobs_of(entries: Iterable[QueueLogEntry], *, now: datetime) -> list[QueuedJob]:
    """Return the jobs that log entries tell of, the latest change first. Entries come newest first.

    What has no job, such as a failure callback, is left out.
    """
    told: dict[str, list[QueueLogEntry]] = {}
    for entry in entries:
        if entry.job is not None:
            told.setdefault(entry.message_id, []).append(entry)
    jobs = [_job_of(message_id, history, now=now) for message_id, history in told.items()]
    return sorted(jobs, key=lambda job: job.changed_at, reverse=True)


def _job_of(message_id: str, history: list[QueueLogEntry], *, now: datetime) -> QueuedJob:
    # Several entries may fall into one millisecond, and a cloud's log promises no order among them: an end is the end.
    last = next((entry for entry in history if _STATES[entry.state].is_finished), history[0])
    failure = next((entry for entry in history if entry.state == "ERROR"), None)
    state = _STATES[last.state]
    due = last.next_delivery_at
    attempts = sum(entry.state == "ACTIVE" for entry in history)
    if state is JobState.DELAYED and due is not None and due <= now:
        state = JobState.WAITING
    elif state is JobState.WAITING and due is not None and due > now:
        state = JobState.DELAYED
    return QueuedJob(
        message_id=message_id,
        job=last.job or "",
        state=state,
        changed_at=last.at,
        attempts=attempts or (None if state in NAMED_IN_LOG else 0),
        next_at=due if state is JobState.DELAYED else None,
        status=failure.response_status if failure else None,
        error=failure_of(failure) if failure else None,
    )


def failure_of(entry: QueueLogEntry) -> str | None:
    """Return why an attempt failed: what the function said, else what the queue says."""
    return error_of(entry.response_body or "") or entry.error
