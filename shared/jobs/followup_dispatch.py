"""followup.dispatch: write the texts of the follow-ups that are due, and send them on their way."""

import logging
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import TypeAdapter

from shared.jobs.message_send import send_publications
from shared.models import Unsent
from shared.ports import Publication
from shared.registry import Context, Payload, job

if TYPE_CHECKING:
    from shared.routines.followups import Rendering

#: So many in one run, which takes a second or two; the rest is for the next one.
PAGE = 50

log = logging.getLogger("aurora.followups")


class FollowupDispatch(Payload):
    """Dispatch what is due, of all organizations."""


class Queued(Unsent):
    """A message that waits in the outbox of an organization."""

    organization_id: UUID


_queued: TypeAdapter[tuple[Queued, ...]] = TypeAdapter(tuple[Queued, ...])


def dispatch_publication(occasion: str) -> Publication:
    """Return what dispatches the due follow-ups; a repeat for the same `occasion` is dropped."""
    return dispatch.publication(FollowupDispatch(), deduplication_id=f"followups.{occasion}")


@job("followup.dispatch")
async def dispatch(payload: FollowupDispatch, context: Context) -> str:
    """Claim, write, queue, publish. A run that ends in between is made up for by the next: nothing is sent twice."""
    # Imported here: the sweep and every cold start load this module for its name alone and must not pay for the texts.
    from shared.routines.followups import DueFollowups, rendering_of

    database, now = context.services.database, context.services.clock.now()
    due = DueFollowups.model_validate(await database.call("claim_followups", limit=PAGE))
    if due.followups:
        texts = [_written(followup.id, rendering_of(followup, now=now)) for followup in due.followups]
        queued = _queued.validate_python(await database.call("queue_followups", texts=texts))
        await context.publish(*(each for one in queued for each in send_publications(one.organization_id, [one])))
    if due.more:
        await context.publish(dispatch_publication(context.delivery.message_id))
    return f"{len(due.followups)} written"


def _written(followup_id: UUID, rendering: "Rendering") -> dict[str, str | None]:
    if rendering.problem is not None:
        # What is wrong may quote the text, which may be about a person: `aurora proactive preview` shows it.
        log.warning("a follow-up has a text that cannot be used", extra={"followup_id": str(followup_id)})
    return {"id": str(followup_id), "text": rendering.text}
