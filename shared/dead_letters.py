"""What gives up: QStash's failure callback becomes a dead letter, without what people wrote and who they are.

`shared.replay` is what an operator can do about it.
"""

import base64
import binascii
import contextlib
import json
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import InvalidPayloadError
from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.ports import Alert
from shared.services import Services
from shared.whatsapp.json_values import text_of

#: Payload fields that identify and count but tell nothing about a person. All others are left out.
KEPT_FIELDS = frozenset(
    {
        *("provider", "instance", "organization_id", "conversation_id", "message_id", "instance_id", "seq"),
        *("provider_message_id", "type", "kind", "author", "status", "state", "reason", "sent_at"),
    }
)
_ERROR_LENGTH = 500
_IDENTIFIER_LENGTH = 255

#: What may be somebody's phone: an error may quote what a gateway answered.
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ().-]{6,18}\d(?![\w-])")


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
    organization_id: UUID | None
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
    payload = payload_of(_decoded(report.source_body))
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
    await services.alerts.tell(_alert(recorded, report, job=job, at=services.clock.now()))
    return {"recorded": str(recorded.id), "created": recorded.created}


def _alert(recorded: Recorded, report: FailureReport, *, job: str | None, at: datetime) -> Alert:
    return Alert(
        job=job or "unknown",
        organization_id=recorded.organization_id,
        error=_error_of(report) or (f"answered {report.status}" if report.status else "no answer"),
        dead_letter_id=recorded.id,
        at=at,
    )


def payload_of(body: str) -> dict[str, Any]:
    """Return the part of a job's JSON that identifies and counts but tells nothing about a person; {} for no JSON."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return _without_people(payload) if isinstance(payload, dict) else {}


def _without_people(payload: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in payload.items():
        if isinstance(value, dict):
            kept[key] = _without_people(value)
        elif key in KEPT_FIELDS and isinstance(value, str | int):
            # The payload may be why the job gave up: nothing in it may keep the database from taking the record.
            kept[key] = text_of(value, limit=_IDENTIFIER_LENGTH) if isinstance(value, str) else value
    return kept


def _error_of(report: FailureReport) -> str | None:
    return error_of(_decoded(report.body))


def error_of(response: str) -> str | None:
    """Return the error that a function answered with, without what may be a phone; None when it said nothing."""
    with contextlib.suppress(ValueError, RecursionError, KeyError, TypeError):
        response = str(json.loads(response)["error"])
    return text_of(_PHONE.sub("[number]", response), limit=_ERROR_LENGTH)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""
