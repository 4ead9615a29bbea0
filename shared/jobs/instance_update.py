"""instance.update: note that a WhatsApp number was connected or lost its connection."""

from shared.registry import Context, Payload, job
from shared.whatsapp.events import InstanceStateChanged


class InstanceUpdate(Payload):
    """A connection state as the gateway reported it. The tenant follows from the instance."""

    provider: str
    instance: str
    state: InstanceStateChanged


@job("instance.update")
async def update(payload: InstanceUpdate, context: Context) -> str:
    """Store the state."""
    await context.services.database.call(
        "update_instance",
        provider=payload.provider,
        instance=payload.instance,
        state=payload.state.model_dump(mode="json"),
    )
    return payload.state.state
