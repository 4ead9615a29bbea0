"""maintenance.sweep: find what fell off the way, every few minutes, and put it back."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from shared.errors import QueueError
from shared.jobs.conversation_reply import ConversationReply, reply
from shared.jobs.followup_dispatch import dispatch_publication
from shared.jobs.message_send import send_publications
from shared.jobs.routine_fan_out import RoutineFanOut, fan_out_publication
from shared.jobs.routine_run import RoutineDue, run_publication
from shared.models import Unsent
from shared.ports import Publication
from shared.registry import Context, Payload, job
from shared.routines.routine import CATCH_UP_WINDOW, ROUTINES

#: What waits for longer than this is published again. Its own job may be lost, or in a long backoff still: the claims
#: make the second one harmless, and whichever comes first does the work.
PATIENCE = timedelta(seconds=90)
#: A schedule, or the next run of a fan-out, comes by itself within seconds.
FANOUT_PATIENCE = timedelta(minutes=2)
KEEP_INTERACTIONS = timedelta(days=400)  # a year's spend can still be compared with the year before
KEEP_DEAD_LETTERS = timedelta(days=90)
KEEP_ROUTINE_RUNS = timedelta(days=90)

log = logging.getLogger("aurora.sweep")


class MaintenanceSweep(Payload):
    """Sweep all organizations."""


class Forgotten(Unsent):
    """A message that waits to be sent or settled."""

    organization_id: UUID


class Found(BaseModel):
    """What the sweep found; see `api.sweep`."""

    expired: int
    completed: int  #: visits that are over
    pruned: int
    replies: tuple[ConversationReply, ...]
    sends: tuple[Forgotten, ...]
    fanouts: tuple[RoutineFanOut, ...]
    latecomers: tuple[RoutineDue, ...]  #: who changed when a routine is run after its fan-out of the date
    abandoned: int  #: runs of routines that nobody ended
    followups_due: int


@job("maintenance.sweep", cron="*/5 * * * *")
async def sweep(payload: MaintenanceSweep, context: Context) -> str:
    """Publish again what is neither answered nor sent, and routines that were missed; and what sends due follow-ups.

    It is one call when there is nothing to do.
    """
    found = Found.model_validate(
        await context.services.database.call(
            "sweep",
            policy={
                "after_seconds": PATIENCE.total_seconds(),
                "keep_interactions_days": KEEP_INTERACTIONS.days,
                "keep_dead_letters_days": KEEP_DEAD_LETTERS.days,
                "keep_routine_runs_days": KEEP_ROUTINE_RUNS.days,
                "routines": {
                    "window_seconds": CATCH_UP_WINDOW.total_seconds(),
                    "patience_seconds": FANOUT_PATIENCE.total_seconds(),
                    "weekdays": {routine.kind: routine.weekdays for routine in ROUTINES.values()},
                },
            },
        )
    )
    occasion = context.delivery.message_id
    await context.publish(*_urgent(found, occasion=occasion))
    await _publish_the_rest(found, context, occasion=occasion)
    return (
        f"{len(found.replies)} replies, {len(found.sends)} sends, {len(found.fanouts)} fan-outs, "
        f"{len(found.latecomers)} latecomers, {found.followups_due} follow-ups due, "
        f"{found.completed} visits completed, {found.expired} expired, {found.abandoned} abandoned, "
        f"{found.pruned} pruned"
    )


def _urgent(found: Found, *, occasion: str) -> Iterator[Publication]:
    """Return what people wait for. While the queue is away it runs in place, with the time of one request for all."""
    # Ids of this sweep: those that were published before would be dropped within the queue's window.
    for due in found.replies:
        yield reply.publication(due, deduplication_id=f"reply.{due.conversation_id}.{due.seq}.{occasion}")
    for each in found.sends:
        yield from send_publications(each.organization_id, [each], after=occasion)


async def _publish_the_rest(found: Found, context: Context, *, occasion: str) -> None:
    """Publish what Aurora does of its own accord, in a call of its own: it must not keep back what people wait for.

    What cannot be published is found by the next sweep again, and must not make this one fail, which has put everything
    else back. While the queue is away it runs in place, one after another until the first that does not fit: what takes
    least comes first, and fan-outs, which wait for the queue, last.
    """
    rest = (
        *([dispatch_publication(occasion)] if found.followups_due else []),
        *(run_publication(late) for late in found.latecomers),
        *(fan_out_publication(missed, occasion=occasion) for missed in found.fanouts),
    )
    try:
        await context.publish(*rest)
    except QueueError as error:
        log.warning("left to the next sweep", extra={"publications": len(rest), "reason": str(error)})
