"""message.update: apply an edit, a revocation, a delivery status or an echo to a stored message."""

from datetime import timedelta

from shared.errors import RetryAfterError
from shared.registry import Context, Payload, job
from shared.whatsapp.events import MessageChange, MessageEcho

#: Gateways keep no order: a change may overtake the message it is about by as much.
OVERTAKING = timedelta(seconds=5)


class MessageUpdate(Payload):
    """A change as the gateway reported it. The tenant follows from the instance."""

    provider: str
    instance: str
    change: MessageChange


@job("message.update", personal=True)
async def update(payload: MessageUpdate, context: Context) -> str:
    """Apply the change; wait once for a message that is not stored yet, then let go of what was never ours."""
    result = await context.services.database.call(
        "update_message",
        provider=payload.provider,
        instance=payload.instance,
        change=payload.change.model_dump(mode="json"),
    )
    if result["known"]:
        return "applied"
    if isinstance(payload.change, MessageEcho) or context.delivery.attempt > 1:
        return "unknown"
    raise RetryAfterError("the message is not stored yet", delay=OVERTAKING)
