"""message.receive: store what somebody wrote, and ask for a reply when one is due."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.jobs.conversation_reply import ConversationReply, reply
from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.privacy import phone_hash
from shared.registry import Context, Payload, job
from shared.whatsapp.events import Author, Kind, MessageReceived


class MessageReceive(Payload):
    """A message as the gateway reported it. The tenant follows from the instance."""

    provider: str
    instance: str
    message: MessageReceived


class Receipt(BaseModel):
    """What storing a message came to."""

    organization_id: UUID
    conversation_id: UUID | None = None
    message_id: UUID
    seq: int = 0
    created: bool
    decision: str | None = None
    reply_due: bool
    next: Unsent | None = None  #: what waited for one of our own messages, which this one proves to have left


@job("message.receive", retries=5, growth=4, personal=True)
async def receive(payload: MessageReceive, context: Context) -> str:
    """Store the message once; publish the reply again on every run until something covers it."""
    receipt = Receipt.model_validate(await _store(payload, context))
    if receipt.reply_due and receipt.conversation_id is not None:
        due = ConversationReply(
            organization_id=receipt.organization_id,
            conversation_id=receipt.conversation_id,
            seq=receipt.seq,
        )
        await context.publish(
            reply.publication(
                due,
                deduplication_id=f"reply.{due.conversation_id}.{due.seq}",
                delay=context.services.settings.quiet_window,
            )
        )
    if receipt.next is not None:
        await context.publish(*send_publications(receipt.organization_id, [receipt.next], after=receipt.message_id))
    return receipt.decision or ("stored" if receipt.created else "known")


def _wants_silence(message: MessageReceived) -> bool:
    """Tell whether a message clearly asks to be left alone: that holds from when it is stored, whoever answers it."""
    # Imported here: the webhook loads this module for its payload alone and must not pay for the patterns.
    from shared.whatsapp.opt_out import MessagingWish, messaging_wish

    written = message.author is Author.CONTACT and message.kind in {Kind.TEXT, Kind.CHOICE}
    return written and messaging_wish(message.text or "") is MessagingWish.STOP


async def _store(payload: MessageReceive, context: Context) -> Any:
    phone, settings = payload.message.peer.phone, context.services.settings
    return await context.services.database.call(
        "receive_message",
        provider=payload.provider,
        instance=payload.instance,
        message=payload.message.model_dump(mode="json"),
        freshness_seconds=settings.freshness_seconds,
        phone_hash=phone_hash(phone, settings) if phone is not None else None,
        opts_out=_wants_silence(payload.message),
    )
