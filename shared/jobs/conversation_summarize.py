"""conversation.summarize: fold the older messages of a long conversation into its summary."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter

from shared.errors import AuroraError, NotFoundError
from shared.models import HistoryMessage, Locale, Spend
from shared.ports import FlowControl, Publication
from shared.registry import Context, Payload, job
from shared.resilience.spend import Budget, budget


class ConversationSummarize(Payload):
    """Sum up a conversation of which more is remembered word for word than should be."""

    organization_id: UUID
    conversation_id: UUID


class Kept(BaseModel):
    """There is nothing to fold."""

    outcome: Literal["kept"]


class Claimed(BaseModel):
    """What is to be folded: the messages after `summary_seq` through `through_seq`."""

    outcome: Literal["claimed"]
    summary_seq: int
    through_seq: int
    summary: str | None
    messages: tuple[HistoryMessage, ...]
    locale: Locale
    spend: Spend


class Completion(BaseModel):
    """What keeping the summary came to: `stale` when another run was sooner."""

    outcome: Literal["kept", "stale"]
    summary_due: bool


Claim = Annotated[Kept | Claimed, Field(discriminator="outcome")]
_claim: TypeAdapter[Claim] = TypeAdapter(Claim)


def summarize_publication(organization_id: UUID, conversation_id: UUID, *, after_seq: int) -> Publication:
    """Return what sums up a conversation whose messages through `after_seq` are covered; a repeat is dropped."""
    return summarize.publication(
        ConversationSummarize(organization_id=organization_id, conversation_id=conversation_id),
        deduplication_id=f"summarize.{conversation_id}.{after_seq}",
    )


def _one_at_a_time(payload: ConversationSummarize) -> FlowControl:
    """Nobody waits for a summary: one of an organization at a time leaves the model to the replies."""
    return FlowControl(key=f"summarize.{payload.organization_id}", parallelism=1)


@job("conversation.summarize", timeout=timedelta(seconds=60), flow_control=_one_at_a_time)
async def summarize(payload: ConversationSummarize, context: Context) -> str:
    """Sum up. Of two runs at once one is kept; both are paid for. An erased conversation needs no summary."""
    try:
        claim = _claim.validate_python(
            await context.services.database.call(
                "claim_summary",
                organization_id=payload.organization_id,
                conversation_id=payload.conversation_id,
            )
        )
    except NotFoundError:
        return "gone"
    if isinstance(claim, Kept):
        return "kept"
    if budget(spent=claim.spend.spent, limit=claim.spend.limit) is Budget.STOP:
        return "out of budget"
    completion = await _sum_up(payload, claim, context)
    if completion.summary_due:
        following = summarize_publication(payload.organization_id, payload.conversation_id, after_seq=claim.through_seq)
        await context.publish(following)
    return completion.outcome


async def _sum_up(payload: ConversationSummarize, claim: Claimed, context: Context) -> Completion:
    # Imported here: the webhook loads this module with the reply's and must not pay for the assistants.
    from shared.answering.spending import ledger_for, record
    from shared.assistants import summary

    services = context.services
    ledger = ledger_for(services, "summary")
    asked = summary.summary_messages(claim.messages, before=claim.summary, locale=claim.locale)
    try:
        text = await summary.summarize(asked, model=services.model, clock=services.clock, ledger=ledger)
    except AuroraError:
        await record(ledger, services, organization_id=payload.organization_id, conversation_id=payload.conversation_id)
        raise
    return Completion.model_validate(
        await services.database.call(
            "complete_summary",
            organization_id=payload.organization_id,
            conversation_id=payload.conversation_id,
            expected_seq=claim.summary_seq,
            through_seq=claim.through_seq,
            summary=text,
            interactions=ledger.as_json(),
        )
    )
