"""routine.run: run one routine of one business for one of its local dates, and put what it says into the outbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from types import TracebackType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from shared.errors import AuroraError, NonRetriableError, NotFoundError, RetryAfterError
from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.ports import FlowControl, Publication
from shared.registry import Context, Payload, job
from shared.routines.run import Compose, RoutineRun

#: Longer than a run may take: one that is still alive must not lose its lease.
LEASE = timedelta(seconds=60)
#: The first after half a minute, each further one after four times as long: the last comes 2 h 50 min after the first
#: attempt, still within the window of catching up. A later one would find that it is too late.
RETRIES = 5


class RoutineDue(Payload):
    """Run a routine of a business. Its local date is that of the business's own zone."""

    organization_id: UUID
    kind: str
    local_date: date
    expires_at: AwareDatetime | None = None  #: later it is skipped; None: never


class Over(BaseModel):
    """It is over already; `unsent` may still have to be published."""

    outcome: Literal["done"]
    state: str
    unsent: tuple[Unsent, ...]


class Busy(BaseModel):
    """Another run is at it."""

    outcome: Literal["busy"]
    retry_after: int  #: seconds until its lease ends


class Idle(BaseModel):
    """Nothing is to be done: it is too late, not wanted, or nobody is there to be told."""

    outcome: Literal["late", "off", "skipped"]
    reason: str | None = None


class Claimed(BaseModel):
    """This run does it; `token` fences what it writes. The rest is a RoutineRun's."""

    outcome: Literal["claimed"]
    token: UUID
    run: RoutineRun


class Completion(BaseModel):
    """What writing it down came to."""

    unsent: tuple[Unsent, ...]


Claim = Annotated[Over | Busy | Idle | Claimed, Field(discriminator="outcome")]
_claim: TypeAdapter[Claim] = TypeAdapter(Claim)


def _share(payload: RoutineDue) -> FlowControl:
    """Everybody's routines fall due at once: the database and the model take twenty at a time."""
    return FlowControl(key="routine.run", parallelism=20)


@job("routine.run", retries=RETRIES, backoff=timedelta(seconds=30), growth=4, timeout=LEASE, flow_control=_share)
async def run(payload: RoutineDue, context: Context) -> str:
    """Run it once. A run that comes too late or twice learns that from the claim."""
    # Imported here: the fan-out loads this module for its payload alone and must not pay for the routines.
    from shared.routines.roster import composer_of

    return await perform(payload, context, composer_of)


def run_publication(due: RoutineDue) -> Publication:
    """Return what runs a routine of a business for a local date; a repeat within the queue's window is dropped."""
    return run.publication(
        due, deduplication_id=f"routine.{due.kind}.{due.organization_id}.{due.local_date.isoformat()}"
    )


async def perform(payload: RoutineDue, context: Context, composer_of: Callable[[str], Compose]) -> str:
    """Run what `composer_of` the kind returns, if it is still to be run, and return the outcome.

    A business that is gone needs none.
    """
    try:
        claim = await _claim_run(payload, context)
    except NotFoundError:
        return "gone"
    match claim:
        case Claimed():
            return await _work(payload, claim, context, composer_of)
        case Over():
            # The run that did it may have died before it published: do that again, the queue drops the repeat.
            await context.publish(*send_publications(payload.organization_id, claim.unsent))
            return claim.state
        case Busy():
            raise RetryAfterError("another run is at this routine", delay=timedelta(seconds=claim.retry_after))
        case Idle():
            return claim.reason or claim.outcome


async def _claim_run(payload: RoutineDue, context: Context) -> Claim:
    return _claim.validate_python(
        await context.services.database.call(
            "claim_routine",
            organization_id=payload.organization_id,
            kind=payload.kind,
            local_date=payload.local_date,
            lease=context.delivery.lease(LEASE),
            expires_at=payload.expires_at,
        )
    )


async def _work(payload: RoutineDue, claim: Claimed, context: Context, composer_of: Callable[[str], Compose]) -> str:
    async with _Recorded(payload, claim, context):
        composed = await composer_of(payload.kind)(claim.run, context.services)
        completion = Completion.model_validate(
            await context.services.database.call(
                "complete_routine", **_named(payload, claim), result=composed.model_dump(mode="json")
            )
        )
    await context.publish(*send_publications(payload.organization_id, completion.unsent))
    return "done"


@dataclass(frozen=True)
class _Recorded:
    """Records what ends the work in it as the run's failure when no attempt follows; the next one takes the lease over.

    Errors go on to the runner. The text of one that nobody foresaw may quote what a customer wrote: it is not kept.
    """

    payload: RoutineDue
    claim: Claimed
    context: Context

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        over = isinstance(error, NonRetriableError) or self.context.delivery.attempt > RETRIES
        if isinstance(error, Exception) and over:
            name = type(error).__name__
            reason = f"{name}: {error}" if isinstance(error, AuroraError) else name
            await self.context.services.database.call("fail_routine", **_named(self.payload, self.claim), reason=reason)


def _named(payload: RoutineDue, claim: Claimed) -> dict[str, object]:
    return {
        "organization_id": payload.organization_id,
        "kind": payload.kind,
        "local_date": payload.local_date,
        "token": claim.token,
    }
