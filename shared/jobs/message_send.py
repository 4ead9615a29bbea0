"""message.send: claim a message of the outbox, give it to the gateway, record what the gateway said."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from shared.errors import (
    CircuitOpenError,
    GatewayError,
    GatewayRefusedError,
    NonRetriableError,
    OutcomeUnknownError,
    RetryAfterError,
)
from shared.models import Unsent
from shared.ports import FlowControl, Publication
from shared.registry import Context, Payload, job

#: Longer than the gateway is given to answer.
LEASE = timedelta(seconds=45)
#: Time in which the gateway's own word about a message in doubt may come, before it is asked.
SETTLING = timedelta(seconds=60)
#: So many attempts may find the gateway's circuit open before the rest are saved for a gateway that answers.
ATTEMPTS_ON_PROBES = 3
#: A gateway that cannot say what became of a message is asked until then.
GIVING_UP = timedelta(minutes=30)
#: The longest delay of a publication: QStash's free plan allows 7 days.
FURTHEST = timedelta(days=6)


class MessageSend(Payload):
    """Send one message of the outbox."""

    organization_id: UUID
    message_id: UUID
    instance_id: UUID


class Waiting(BaseModel):
    """It is not this message's turn, or its number is not connected; whoever ends that publishes it."""

    outcome: Literal["waiting", "parked"]


class Busy(BaseModel):
    """Another run sends it now."""

    outcome: Literal["busy"]
    retry_after: int  #: seconds until its claim ends


class Postponed(BaseModel):
    """A proactive message whose moment has not come; this run publishes it for then."""

    outcome: Literal["postponed"]
    retry_after: int  #: seconds until its moment
    next: Unsent | None = None  #: waited for it, and need not


class Doubtful(BaseModel):
    """Nobody knows whether it left; the gateway must be asked."""

    outcome: Literal["doubtful"]
    provider: str
    instance: str
    address: str
    text: str
    written_at: AwareDatetime


class Settled(BaseModel):
    """Nothing is left to do but to let the next message go."""

    outcome: Literal["settled"]
    state: str
    next: Unsent | None = None


class Claimed(BaseModel):
    """This run sends it; `token` fences what it writes."""

    outcome: Literal["claimed"]
    token: UUID
    provider: str
    instance: str
    address: str
    text: str


class Completion(BaseModel):
    """What recording the result came to."""

    state: str
    next: Unsent | None = None


Claim = Annotated[Waiting | Busy | Postponed | Doubtful | Settled | Claimed, Field(discriminator="outcome")]
_claim: TypeAdapter[Claim] = TypeAdapter(Claim)


def _pace(payload: MessageSend) -> FlowControl:
    """One message a second leaves each WhatsApp number: bursts are what gets numbers banned."""
    return FlowControl(key=f"send.{payload.instance_id}", rate=1, period=timedelta(seconds=1))


@job("message.send", retries=5, growth=4, timeout=LEASE, flow_control=_pace)
async def send(payload: MessageSend, context: Context) -> str:
    """Send once. When nobody can tell whether it left, it is recorded as unknown and settled a minute later."""
    claim = await _claim_message(payload, context)
    match claim:
        case Claimed():
            return await _deliver(payload, claim, context)
        case Settled():
            await _release_next(payload, claim.next, context)
            if claim.state == "failed" and context.delivery.attempt > 1:
                # The run that gave it up died before it could say so: nobody would hear of it.
                raise NonRetriableError("an earlier attempt gave the message up")
            return claim.state
        case Doubtful():
            return await _settle(payload, claim, context)
        case Busy():
            raise RetryAfterError("another run sends this message", delay=timedelta(seconds=claim.retry_after))
        case Postponed():
            await _postpone(payload, claim, context)
            return claim.outcome
        case Waiting():
            return claim.outcome


def send_publications(
    organization_id: UUID, unsent: Iterable[Unsent], *, after: UUID | str | None = None
) -> Iterator[Publication]:
    """Make the publications that send `unsent`; `after` names what they waited for, if they did."""
    for each in unsent:
        payload = MessageSend(organization_id=organization_id, message_id=each.message_id, instance_id=each.instance_id)
        # A message that waited was published before: within the queue's window its first id would be dropped.
        suffix = f".after.{after}" if after else ""
        yield send.publication(
            payload,
            deduplication_id=f"send.{each.message_id}{suffix}",
            delay=timedelta(seconds=each.delay_seconds),
        )


async def _claim_message(payload: MessageSend, context: Context) -> Claim:
    return _claim.validate_python(
        await context.services.database.call(
            "claim_send",
            organization_id=payload.organization_id,
            message_id=payload.message_id,
            lease=context.delivery.lease(LEASE),
            policy={
                "burst_seconds": context.services.settings.burst_seconds,
                "settle_seconds": SETTLING.total_seconds(),
            },
        )
    )


async def _deliver(payload: MessageSend, claim: Claimed, context: Context) -> str:
    try:
        gateway = context.services.gateway(claim.provider)
        sent = await gateway.send_text(claim.instance, claim.address, claim.text)
    except OutcomeUnknownError as error:
        await _record(payload, claim, {"state": "unknown", "error": str(error)}, context)
        raise RetryAfterError("nobody knows whether it left", delay=SETTLING) from error
    except GatewayRefusedError as error:
        await _record(payload, claim, {"state": "failed", "error": str(error)}, context)
        raise NonRetriableError(str(error)) from error  # so that it is seen among the dead letters
    except GatewayError as error:
        await _record(payload, claim, {"state": "pending", "error": str(error)}, context)
        if isinstance(error, CircuitOpenError) and context.delivery.attempt > ATTEMPTS_ON_PROBES:
            return await _begin_anew(payload, error.delay, context)
        raise
    return await _record(payload, claim, {"state": "sent", "provider_message_id": sent.provider_message_id}, context)


async def _begin_anew(payload: MessageSend, delay: timedelta, context: Context) -> str:
    """Publish the send as a new message of the queue: an attempt at which nothing was tried must not be the last."""
    waiting = Unsent(
        message_id=payload.message_id, instance_id=payload.instance_id, delay_seconds=delay.total_seconds()
    )
    occasion = f"{context.delivery.message_id}.{context.delivery.attempt}"
    await context.publish(*send_publications(payload.organization_id, [waiting], after=occasion))
    return "put_off"


async def _record(payload: MessageSend, claim: Claimed, result: dict[str, Any], context: Context) -> str:
    completion = Completion.model_validate(
        await context.services.database.call(
            "complete_send",
            organization_id=payload.organization_id,
            message_id=payload.message_id,
            token=claim.token,
            result=result,
        )
    )
    await _release_next(payload, completion.next, context)
    return completion.state


async def _postpone(payload: MessageSend, claim: Postponed, context: Context) -> None:
    """Publish the message for its moment; one that is too far away for the queue is asked about again before."""
    later = Unsent(
        message_id=payload.message_id,
        instance_id=payload.instance_id,
        delay_seconds=min(claim.retry_after, FURTHEST.total_seconds()),
    )
    # Named after this run: one that is delivered too early must not be taken for the publication that woke it.
    await context.publish(*send_publications(payload.organization_id, [later], after=context.delivery.message_id))
    await _release_next(payload, claim.next, context)


async def _settle(payload: MessageSend, claim: Doubtful, context: Context) -> str:
    """Ask the gateway what became of the message; one that it does not have is sent again if it is a reply, once."""
    finding: dict[str, Any]
    try:
        gateway = context.services.gateway(claim.provider)
        found = await gateway.find_sent(claim.instance, claim.address, claim.text, since=claim.written_at)
        finding = {"provider_message_id": found} if found is not None else {"missing": True}
    except GatewayError:
        finding = {"missing": False}
    completion = Completion.model_validate(
        await context.services.database.call(
            "settle_send",
            organization_id=payload.organization_id,
            message_id=payload.message_id,
            finding=finding,
            give_up_seconds=GIVING_UP.total_seconds(),
        )
    )
    await _release_next(payload, completion.next, context)
    if completion.state == "unknown":
        raise RetryAfterError("the gateway cannot say whether it left", delay=SETTLING)
    if completion.state == "failed":
        raise NonRetriableError("the gateway does not have the message")
    return completion.state


async def _release_next(payload: MessageSend, waiting: Unsent | None, context: Context) -> None:
    if waiting is not None:
        await context.publish(*send_publications(payload.organization_id, [waiting], after=payload.message_id))
