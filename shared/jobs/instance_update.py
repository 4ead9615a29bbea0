"""instance.update: note that a WhatsApp number was connected or lost its connection."""

from uuid import UUID

from pydantic import BaseModel

from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.registry import Context, Payload, job
from shared.whatsapp.events import InstanceStateChanged


class InstanceUpdate(Payload):
    """A connection state as the gateway reported it. The tenant follows from the instance."""

    provider: str
    instance: str
    state: InstanceStateChanged


class Noted(BaseModel):
    """What noting the state came to: `unsent` waited for the connection."""

    organization_id: UUID
    unsent: tuple[Unsent, ...]


@job("instance.update")
async def update(payload: InstanceUpdate, context: Context) -> str:
    """Store the state; when the number is connected again, let go what waited for that."""
    noted = Noted.model_validate(
        await context.services.database.call(
            "update_instance",
            provider=payload.provider,
            instance=payload.instance,
            state=payload.state.model_dump(mode="json"),
        )
    )
    # Each connection is a new occasion: the ids that were published before must not stand in the way.
    occasion = context.delivery.message_id
    await context.publish(*send_publications(noted.organization_id, noted.unsent, after=occasion))
    return payload.state.state
