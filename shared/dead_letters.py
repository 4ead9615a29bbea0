"""What gives up: QStash's failure callback becomes a dead letter, without what people wrote and who they are.

The operator is told of it, and may have it retried: whole, out of QStash's own dead letters, or rebuilt from its ids.
The jobs' claims decide anew what may still be done, so that a retry never does what has been done or is too late.
"""

import base64
import binascii
import contextlib
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import AuroraError, InvalidPayloadError, QueueError, UnknownJobError
from shared.jobs import load_jobs
from shared.jobs.message_send import Unsent, send_publications
from shared.logs import CORRELATION_HEADER
from shared.ports import Alert, Publication
from shared.registry import Payload, registry
from shared.services import Services
from shared.whatsapp.json_values import text_of

#: Payload fields that identify and count but tell nothing about a person. All others are left out.
_KEPT = frozenset(
    {
        *("provider", "instance", "organization_id", "conversation_id", "message_id", "instance_id", "seq"),
        *("provider_message_id", "type", "kind", "author", "status", "state", "reason", "sent_at"),
    }
)
_ERROR_LENGTH = 500

#: Longer than a retry may take: its calls to QStash have a limit each.
_CLAIM = timedelta(seconds=60)

#: What may be somebody's phone: an error may quote what a gateway answered.
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ().-]{6,18}\d(?![\w-])")
_IDENTIFIER_LENGTH = 255


class FailureReport(BaseModel):
    """The part of QStash's failure callback that is kept. Bodies come as base64."""

    model_config = ConfigDict(extra="ignore")

    source_message_id: str = Field(alias="sourceMessageId")
    dead_letter_id: str | None = Field(alias="dlqId", default=None)
    retried: int = 0
    status: int | None = None
    body: str = ""  #: the last response
    source_body: str = Field(alias="sourceBody", default="")


class Recorded(BaseModel):
    """What recording a dead letter came to; `next` is the message that waited behind a failed send."""

    id: UUID
    created: bool
    next: Unsent | None = None


async def record_dead_letter(
    body: bytes, *, job: str | None, services: Services, correlation_id: str
) -> dict[str, Any]:
    """Keep the failure that `body` reports, once, and let go what waited behind it.

    The operator is told of it, too. Raises `InvalidPayloadError` when `body` is no failure callback.
    """
    try:
        report = FailureReport.model_validate_json(body)
    except ValidationError:
        raise InvalidPayloadError("the body is not a failure callback") from None
    payload = _payload_of(report)
    recorded = Recorded.model_validate(
        await services.database.call(
            "record_dead_letter",
            letter={
                "organization_id": payload.get("organization_id"),
                "job": job or "unknown",
                "queue_message_id": report.source_message_id,
                "dead_letter_id": report.dead_letter_id,
                "payload": payload,
                "attempts": report.retried + 1,
                "status": report.status,
                "error": _error_of(report),
            },
        )
    )
    if recorded.next is not None:
        await services.publish(
            *send_publications(UUID(payload["organization_id"]), [recorded.next], after=UUID(payload["message_id"])),
            correlation_id=correlation_id,
        )
    # Also when it was recorded before: that run may have died before it told. One cause is not told twice.
    await services.alerts.tell(_alert(recorded.id, report, job=job, payload=payload, at=services.clock.now()))
    return {"recorded": str(recorded.id), "created": recorded.created}


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
    and `gone` can be had neither from QStash nor from its ids.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    outcome: Literal["retried", "already", "discarded", "busy", "gone"]
    message_id: str | None = None
    source: Literal["queue", "rebuilt"] | None = None
    remark: str | None = None


class Discard(BaseModel):
    """What letting go came to; `kept_by_queue` when QStash could not be told and keeps its own for a while."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    outcome: Literal["discarded", "retried", "busy"]
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

    Raises `NotFoundError`, and `QueueError` when it was not published: then it can be retried again.
    """
    policy = {"claim_seconds": _CLAIM.total_seconds(), "freshness_seconds": services.settings.freshness_seconds}
    claim = _Claim.model_validate(await services.database.call("claim_dead_letter", id=letter_id, policy=policy))
    if claim.letter is None or claim.outcome == "busy":
        outcome = "already" if claim.outcome == "retried" else claim.outcome
        return Retry.model_validate({"id": letter_id, "outcome": outcome, "message_id": claim.message_id})
    try:
        published = await _publish_anew(claim.letter, services)
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
    """Let a dead letter go, here and at QStash; a repeat does nothing. Raises `NotFoundError`."""
    done = await services.database.call("discard_dead_letter", id=letter_id, note={"by": by, "reason": reason})
    kept = False
    if done["outcome"] == "discarded" and done["dead_letter_id"] is not None:
        try:
            await services.queue_records.discard_dead_letter(done["dead_letter_id"])
        except QueueError:
            kept = True
    return Discard(id=letter_id, outcome=done["outcome"], kept_by_queue=kept)


async def _publish_anew(letter: DeadLetter, services: Services) -> tuple[str, Literal["queue", "rebuilt"]] | None:
    # One id for all retries of this letter: should one have gone through without a word, the next is dropped.
    deduplication_id = f"retry.{letter.id}"
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
    return bool(fields) and all(field.annotation in (UUID, int) and (name in _KEPT) for name, field in fields.items())


async def _release(claim: _Claim, services: Services) -> None:
    if claim.letter is not None:
        await services.database.call(
            "release_dead_letter", id=claim.letter.id, token=claim.token, reopened=claim.reopened
        )


def _alert(letter_id: UUID, report: FailureReport, *, job: str | None, payload: dict[str, Any], at: datetime) -> Alert:
    organization_id = None
    with contextlib.suppress(ValueError):
        organization_id = UUID(str(payload.get("organization_id")))
    error = _error_of(report) or (f"answered {report.status}" if report.status else "no answer")
    return Alert(
        job=job or "unknown",
        organization_id=organization_id,
        error=error,
        dead_letter_id=letter_id,
        at=at,
    )


def _payload_of(report: FailureReport) -> dict[str, Any]:
    try:
        payload = json.loads(_decoded(report.source_body))
    except (ValueError, RecursionError):
        return {}
    return without_people(payload) if isinstance(payload, dict) else {}


def without_people(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a payload that identifies and counts but tells nothing about a person."""
    kept: dict[str, Any] = {}
    for key, value in payload.items():
        if isinstance(value, dict):
            kept[key] = without_people(value)
        elif key in _KEPT and isinstance(value, str | int):
            # The payload may be why the job gave up: nothing in it may keep the database from taking the record.
            kept[key] = text_of(value, limit=_IDENTIFIER_LENGTH) if isinstance(value, str) else value
    return kept


def _error_of(report: FailureReport) -> str | None:
    text = _decoded(report.body)
    with contextlib.suppress(ValueError, RecursionError, KeyError, TypeError):
        text = str(json.loads(text)["error"])
    return text_of(_PHONE.sub("[number]", text), limit=_ERROR_LENGTH)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
