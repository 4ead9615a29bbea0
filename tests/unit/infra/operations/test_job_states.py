"""A job's state follows from what the queue's log says of it."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.operations.job_states import JobState, jobs_of
from shared.ports import QueueLogEntry

NOW = datetime(2026, 1, 20, 12, 20, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
EARLIER = NOW - timedelta(minutes=1)


def entry(state: str, *, at: datetime = EARLIER, message_id: str = "msg_1", **changes: object) -> QueueLogEntry:
    fields = {"state": state, "at": at, "message_id": message_id, "job": "message.send", **changes}
    return QueueLogEntry(**fields)  # type: ignore[arg-type]  # the scenarios below hold the right types


@pytest.mark.parametrize(
    ("story", "state", "attempts"),
    [
        (["CREATED"], JobState.WAITING, 0),
        (["CREATED", "ACTIVE"], JobState.ACTIVE, 1),
        (["CREATED", "ACTIVE", "DELIVERED"], JobState.COMPLETED, 1),
        (["CREATED", "ACTIVE", "ERROR"], JobState.DELAYED, 1),
        (["CREATED", "ACTIVE", "ERROR", "RETRY"], JobState.DELAYED, 1),
        (["CREATED", "ACTIVE", "ERROR", "RETRY", "ACTIVE"], JobState.ACTIVE, 2),
        (["CREATED", "ACTIVE", "ERROR", "FAILED"], JobState.FAILED, 1),
        (["CREATED", "CANCEL_REQUESTED"], JobState.CANCELLED, 0),
        (["CREATED", "CANCEL_REQUESTED", "CANCELED"], JobState.CANCELLED, 0),
        (["DELIVERED"], JobState.COMPLETED, None),
        (["FAILED"], JobState.FAILED, None),
    ],
)
def test_the_newest_entry_tells_the_state(story: list[str], state: JobState, attempts: int | None) -> None:
    """Entries come newest first; an attempt counts from its beginning, and is unknown when only the end was read."""
    (job,) = jobs_of([entry(word) for word in reversed(story)], now=NOW)
    assert (job.state, job.attempts) == (state, attempts)


@pytest.mark.parametrize(
    ("word", "due", "state"),
    [
        ("RETRY", LATER, JobState.DELAYED),
        ("RETRY", EARLIER, JobState.WAITING),
        ("CREATED", LATER, JobState.DELAYED),
        ("CREATED", EARLIER, JobState.WAITING),
    ],
)
def test_what_is_due_waits_and_what_is_not_is_delayed(word: str, due: datetime, state: JobState) -> None:
    """A pause that has ended is no delay: a place is awaited."""
    (job,) = jobs_of([entry(word, next_delivery_at=due)], now=NOW)
    assert job.state is state
    assert job.next_at == (due if state is JobState.DELAYED else None)


def test_an_end_is_the_end_whatever_its_order_in_one_millisecond() -> None:
    """A log may list what happened at once in any order."""
    (job,) = jobs_of([entry("ACTIVE"), entry("DELIVERED"), entry("CREATED")], now=NOW)
    assert job.state is JobState.COMPLETED


def test_the_last_failure_is_told_without_numbers() -> None:
    """What the function answered, else what the queue says; of several attempts the newest."""
    failure = '{"error": "evolution: +55 11 91234-5678 has no WhatsApp"}'
    newest = entry("ERROR", response_status=489, response_body=failure)
    (job,) = jobs_of([entry("FAILED"), newest, entry("ERROR", error="connection refused")], now=NOW)
    assert (job.status, job.error) == (489, "evolution: [number] has no WhatsApp")
    (job,) = jobs_of([entry("FAILED"), entry("ERROR", error="connection refused")], now=NOW)
    assert (job.status, job.error) == (None, "connection refused")


def test_messages_are_told_apart_and_the_latest_change_comes_first() -> None:
    """Entries of several messages interleave; what has no job is left out."""
    entries = [
        entry("ACTIVE", message_id="msg_2", at=NOW),
        entry("DELIVERED", message_id="msg_1", at=NOW - timedelta(seconds=1)),
        entry("CREATED", message_id="msg_2", at=EARLIER),
        entry("CREATED", message_id="msg_callback", job=None),
    ]
    assert [(job.message_id, job.state) for job in jobs_of(entries, now=NOW)] == [
        ("msg_2", JobState.ACTIVE),
        ("msg_1", JobState.COMPLETED),
    ]
