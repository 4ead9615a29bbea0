"""schedules.sync: let the queue's schedules follow the times and zones in use."""

from shared.ports import FlowControl
from shared.registry import Context, Payload, job, registry
from shared.schedules import sync_schedules


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
    """Create, update and delete schedules as times and zones appear and vanish, once a day and after each change."""
    services = context.services
    if not services.settings.has_queue:
        return "there is no queue"
    deployment = services.settings.deployment
    changes = await sync_schedules(services.schedules, services.database, registry, deployment=deployment)
    return f"{len(changes.create)} created, {len(changes.update)} updated, {len(changes.delete)} deleted"
