"""schedules.sync: let the queue's schedules follow the times and zones in use."""

import logging

from shared.ports import FlowControl
from shared.registry import Context, Payload, job, registry
from shared.schedules import Plan, SchedulesRefusedError, sync_schedules

log = logging.getLogger("aurora.schedules")


class SchedulesSync(Payload):
    """Sync the schedules of all organizations."""


# One at a time: of two, the one that read first could undo what the other did.
@job(
    "schedules.sync",
    cron="23 4 * * *",
    retries=3,
    flow_control=lambda payload: FlowControl(key="schedules.sync", parallelism=1),
)
async def sync(payload: SchedulesSync, context: Context) -> str:
    """Create, update and delete schedules as times and zones appear and vanish, once a day and after each change.

    Those of routines that the queue does not take, such as more than the plan allows, are no failure: trying again
    changes nothing, and the sweep runs the routines.
    """
    services = context.services
    if not services.settings.has_queue:
        return "there is no queue"
    deployment = services.settings.deployment
    try:
        changes = await sync_schedules(services.schedules, services.database, registry, deployment=deployment)
    except SchedulesRefusedError as error:
        if not error.only_routines:
            raise
        log.warning("routines without a schedule are left to the sweep", extra={"reason": str(error)})
        return f"{_counts(error.changes)}, {len(error.refusals)} refused"
    return _counts(changes)


def _counts(changes: Plan) -> str:
    counts = f"{len(changes.create)} created, {len(changes.update)} updated, {len(changes.delete)} deleted"
    return f"{counts}, {len(changes.pause)} paused" if changes.pause else counts
