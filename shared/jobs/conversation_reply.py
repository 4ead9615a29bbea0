"""conversation.reply: claim the conversation, let its assistant answer, write the answer into the outbox."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter

from shared.errors import RetryAfterError, StaleLeaseError
from shared.jobs.conversation_summarize import summarize_publication
from shared.jobs.message_send import send_publications
from shared.models import OpenTurn, Unsent
from shared.ports import FlowControl, Publication
from shared.registry import Context, Payload, job

#: Longer than a turn may take: a run that is still alive must not lose its lease.
LEASE = timedelta(seconds=90)
#: Messages that are remembered word for word: more than there can be before the summary of older ones is due and made.
HISTORY = 60


class ConversationReply(Payload):
    """Answer a conversation, if `seq` is still its newest message that waits."""

    organization_id: UUID
    conversation_id: UUID
    seq: int


class Answered(BaseModel):
    """All through `seq` is covered; `unsent` may still have to be published."""

    outcome: Literal["answered"]
    unsent: tuple[Unsent, ...]


class Superseded(BaseModel):
    """A newer message has a job of its own."""

    outcome: Literal["superseded"]


class Busy(BaseModel):
    """Another run writes the answer."""

    outcome: Literal["busy"]
    retry_after: int  #: seconds until its lease ends


class Decided(BaseModel):
    """The assistant must not speak, and that is recorded."""

    outcome: Literal["decided"]
    decision: str


class Claimed(OpenTurn):
    """This run answers; `token` fences what it writes."""

    outcome: Literal["claimed"]
    token: UUID


class Completion(BaseModel):
    """What writing the answer came to."""

    outcome: Literal["replied", "withdrawn", "rate_limited", "looping", "ignored"]
    unsent: tuple[Unsent, ...]
    next_seq: int | None = None  #: newest message that came while the answer was written
    summary_due: bool = False  #: more is remembered word for word than should be


Claim = Annotated[Answered | Superseded | Busy | Decided | Claimed, Field(discriminator="outcome")]
_claim: TypeAdapter[Claim] = TypeAdapter(Claim)


def _fair_share(payload: ConversationReply) -> FlowControl:
    """Five replies of one organization are written at once: a busy tenant does not starve the others."""
    return FlowControl(key=f"reply.{payload.organization_id}", parallelism=5)


@job("conversation.reply", retries=4, timeout=LEASE, flow_control=_fair_share)
async def reply(payload: ConversationReply, context: Context) -> str:
    """Answer once. A run that comes too early, too late or twice learns that from the claim."""
    claim = await _claim_turn(payload, context)
    match claim:
        case Claimed():
            return await _answer(payload, claim, context)
        case Answered():
            # The run that answered may have died before it published: do that again, the queue drops the repeat.
            await context.publish(*send_publications(payload.organization_id, claim.unsent))
        case Busy():
            raise RetryAfterError("another run answers this conversation", delay=timedelta(seconds=claim.retry_after))
        case Decided():
            return claim.decision
        case Superseded():
            pass
    return claim.outcome


async def _claim_turn(payload: ConversationReply, context: Context) -> Claim:
    return _claim.validate_python(
        await context.services.database.call(
            "claim_reply",
            organization_id=payload.organization_id,
            conversation_id=payload.conversation_id,
            seq=payload.seq,
            lease=context.delivery.lease(LEASE),
            history=HISTORY,
            policy={
                "burst_seconds": context.services.settings.burst_seconds,
                "freshness_seconds": context.services.settings.freshness_seconds,
            },
        )
    )


async def _answer(payload: ConversationReply, claim: Claimed, context: Context) -> str:
    # Imported here: the webhook loads this module for its payload alone and must not pay for the assistants.
    from shared.answering.writing import write

    written = await write(claim, context.services)
    try:
        completion = await _complete(payload, claim, written.for_database(), context)
    except StaleLeaseError:
        # A person answered meanwhile, or another run does. What somebody allowed or forbade holds all the same.
        await _note_effects(payload, claim, written.effects, context)
        raise
    await context.publish(
        *send_publications(payload.organization_id, (*completion.unsent, *written.unsent)),
        *_next_turn(payload, completion),
        *_summary(payload, completion, claim.covers_seq),
    )
    return completion.outcome


async def _complete(payload: ConversationReply, claim: Claimed, answer: dict[str, Any], context: Context) -> Completion:
    return Completion.model_validate(
        await context.services.database.call(
            "complete_reply",
            organization_id=payload.organization_id,
            conversation_id=payload.conversation_id,
            token=claim.token,
            covers_seq=claim.covers_seq,
            answer=answer,
        )
    )


async def _note_effects(
    payload: ConversationReply, claim: Claimed, effects: Iterable[Mapping[str, Any]], context: Context
) -> None:
    """Note what the newest message of a turn says of being written to, although its answer is not written down."""
    said = [message.id for message in claim.turn.open_messages if message.id is not None]
    for effect in effects:
        if effect["kind"] == "consent" and said:
            await context.services.database.call(
                "note_consent_of",
                organization_id=payload.organization_id,
                message_id=said[-1],
                event=effect["event"],
            )


def _next_turn(payload: ConversationReply, completion: Completion) -> Iterator[Publication]:
    """What came while the answer was written gets the next one. Its own job found this run busy and waits for the lease
    to end; this one is sooner, so its deduplication id differs."""
    if completion.next_seq is not None:
        yield reply.publication(
            payload.model_copy(update={"seq": completion.next_seq}),
            deduplication_id=f"reply.{payload.conversation_id}.{completion.next_seq}.next",
        )


def _summary(payload: ConversationReply, completion: Completion, covers_seq: int) -> Iterator[Publication]:
    if completion.summary_due:
        yield summarize_publication(payload.organization_id, payload.conversation_id, after_seq=covers_seq)
