"""message.update: apply an edit, a revocation, a delivery status or an echo to a stored message."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from shared.errors import RetryAfterError
from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.registry import Context, Payload, job
from shared.whatsapp.events import MessageChange, MessageEcho

#: Gateways keep no order: a change may overtake the message it is about by as much.
OVERTAKING = timedelta(seconds=5)


class MessageUpdate(Payload):
    """A change as the gateway reported it. The tenant follows from the instance."""

    provider: str
    instance: str
    change: MessageChange


class Applied(BaseModel):
    """What applying a change came to. An echo may settle a message, and `next` waited for that."""

    known: bool
    organization_id: UUID | None = None
    message_id: UUID | None = None
    next: Unsent | None = None


@job("message.update", retries=5, growth=4, personal=True)
async def update(payload: MessageUpdate, context: Context) -> str:
    """Apply the change; wait once for a message that is not stored yet, then let go of what was never ours."""
    applied = Applied.model_validate(
        await context.services.database.call(
            "update_message",
            provider=payload.provider,
            instance=payload.instance,
            change=payload.change.model_dump(mode="json"),
        )
    )
    if applied.next is not None and applied.organization_id is not None:
        await context.publish(*send_publications(applied.organization_id, [applied.next], after=applied.message_id))
    if applied.known:
        return "applied"
    if isinstance(payload.change, MessageEcho) or context.delivery.attempt > 1:
        return "unknown"
    raise RetryAfterError("the message is not stored yet", delay=OVERTAKING)
