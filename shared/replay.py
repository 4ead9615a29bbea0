"""Dead letters in an operator's hands: found, retried, let go.

A retry publishes what gave up anew: whole, out of QStash's own dead letters, or rebuilt from its ids. The jobs' claims
decide anew what may still be done, so that a retry never does what has been done meanwhile or has come too late.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.dead_letters import KEPT_FIELDS
from shared.errors import AuroraError, NotFoundError, QueueError, UnknownJobError
from shared.jobs import load_jobs
from shared.logs import CORRELATION_HEADER
from shared.ports import Publication
from shared.registry import Payload, registry
from shared.services import Services

#: Longer than a retry may take: its calls to QStash have a limit each.
_CLAIM = timedelta(seconds=60)


class DeadLetter(BaseModel):
    """A job that gave up, as an operator sees it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    organization_id: UUID | None
    job: str
    state: Literal["open", "retried", "discarded"]
    queue_message_id: str  #: QStash's id of the message that gave up
    dead_letter_id: str | None  #: QStash's id of its own dead letter
    payload: dict[str, Any] | None  #: without what people wrote and who they are
    attempts: int
    status: int | None  #: of the last answer
    error: str | None
    created_at: datetime  #: UTC
    retry_message_id: str | None  #: QStash's id of the message that the retry made
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None
    died_again_as: UUID | None = None  #: the dead letter that the retry became


class Retry(BaseModel):
    """What a retry came to.

    `retried` published it as `message_id`, whole from the `queue` or `rebuilt` from its ids; `remark` says why nothing
    will come of it all the same. `already` was retried before, `discarded` was let go, `busy` is being retried now,
    `gone` can be had neither from QStash nor from its ids, and `unknown` is no dead letter at all.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    outcome: Literal["retried", "already", "discarded", "busy", "gone", "unknown"]
    message_id: str | None = None
    source: Literal["queue", "rebuilt"] | None = None
    remark: str | None = None


class Discard(BaseModel):
    """What letting go came to, in the words of `Retry`; `kept_by_queue` when QStash keeps its own for a while."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    outcome: Literal["discarded", "already", "busy", "unknown"]
    kept_by_queue: bool = False


class _Claim(BaseModel):
    outcome: Literal["claimed", "retried", "discarded", "busy"]
    message_id: str | None = None
    token: UUID | None = None
    letter: DeadLetter | None = None
    reopened: bool = False
    remark: str | None = None


async def list_dead_letters(services: Services, *, limit: int, **wanted: str | None) -> tuple[DeadLetter, ...]:
    """Return at most `limit` dead letters, newest first.

    `wanted` may name an `organization_id`, a `job`, a `state`, the ISO time `since` which they were recorded, and the
    `queue_message_id` of the message that gave up.
    """
    found = await services.database.call("list_dead_letters", filter=wanted, limit=limit)
    return tuple(DeadLetter.model_validate(letter) for letter in found)


async def show_dead_letter(letter_id: UUID, services: Services) -> DeadLetter:
    """Return one dead letter. Raises `NotFoundError`."""
    return DeadLetter.model_validate(await services.database.call("show_dead_letter", id=letter_id))


async def retry_dead_letter(letter_id: UUID, services: Services, *, by: str | None = None) -> Retry:
    """Publish what gave up anew, under a new id and with a full set of attempts; a repeat does nothing.

    Raises `QueueError` when it was not published: then it can be retried again.
    """
    policy = {"claim_seconds": _CLAIM.total_seconds(), "freshness_seconds": services.settings.freshness_seconds}
    try:
        claim = _Claim.model_validate(await services.database.call("claim_dead_letter", id=letter_id, policy=policy))
    except NotFoundError:
        return Retry(id=letter_id, outcome="unknown")
    if claim.letter is None or claim.outcome == "busy":
        outcome = "already" if claim.outcome == "retried" else claim.outcome
        return Retry.model_validate({"id": letter_id, "outcome": outcome, "message_id": claim.message_id})
    try:
        published = await _publish_anew(claim.letter, services, deduplication_id=f"retry.{claim.token}")
    except AuroraError:
        await _release(claim, services)
        raise
    if published is None:
        await _release(claim, services)
        return Retry(id=letter_id, outcome="gone")
    message_id, source = published
    await services.database.call("complete_dead_letter", id=letter_id, token=claim.token, message_id=message_id, by=by)
    return Retry(id=letter_id, outcome="retried", message_id=message_id, source=source, remark=claim.remark)


async def discard_dead_letter(
    letter_id: UUID, services: Services, *, by: str | None = None, reason: str | None = None
) -> Discard:
    """Let a dead letter go, here and at QStash; a repeat does nothing."""
    try:
        done = await services.database.call("discard_dead_letter", id=letter_id, note={"by": by, "reason": reason})
    except NotFoundError:
        return Discard(id=letter_id, outcome="unknown")
    kept = False
    if done["outcome"] == "discarded" and done["dead_letter_id"] is not None:
        try:
            await services.queue_records.discard_dead_letter(done["dead_letter_id"])
        except QueueError:
            kept = True
    outcome = "already" if done["outcome"] == "retried" else done["outcome"]
    return Discard.model_validate({"id": letter_id, "outcome": outcome, "kept_by_queue": kept})


async def _publish_anew(
    letter: DeadLetter, services: Services, *, deduplication_id: str
) -> tuple[str, Literal["queue", "rebuilt"]] | None:
    """Return the new message's id and where its payload came from, None when nobody has it.

    The id is another for each claim. A retry that went through without a word may have found its message taken out of
    the outbox again: the next one must not be dropped because of it, and the jobs' claims bear the repeat.
    """
    if letter.dead_letter_id is not None:
        message_id = await services.queue_records.retry_dead_letter(
            letter.dead_letter_id, deduplication_id=deduplication_id
        )
        if message_id is not None:
            return message_id, "queue"
    publication = rebuilt(letter)
    if publication is None:
        return None
    named = replace(publication, deduplication_id=deduplication_id, headers={CORRELATION_HEADER: str(letter.id)})
    (message_id,) = await services.queue.publish([named])
    return message_id, "rebuilt"


def rebuilt(letter: DeadLetter) -> Publication | None:
    """Return the publication of a job that needs ids only, None for one that needs more than a dead letter keeps."""
    load_jobs()
    try:
        job = registry.find(letter.job)
        if not _needs_ids_only(job.payload):
            return None
        return job.publication(job.payload.model_validate(letter.payload))
    except (UnknownJobError, ValidationError):
        return None


def _needs_ids_only(payload: type[Payload]) -> bool:
    fields = payload.model_fields
    return bool(fields) and all(
        field.annotation in (UUID, UUID | None, int) and name in KEPT_FIELDS for name, field in fields.items()
    )


async def _release(claim: _Claim, services: Services) -> None:
    if claim.letter is not None:
        await services.database.call(
            "release_dead_letter", id=claim.letter.id, token=claim.token, reopened=claim.reopened
        )
