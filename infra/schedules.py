"""QStash's schedules as operators see them: compared, made what they must be, paused, resumed, run at once."""

from infra.errors import InfraError
from shared.deployment import Deployment
from shared.errors import QueueError
from shared.jobs import load_jobs
from shared.jobs.schedules_sync import SchedulesSync, sync
from shared.ports import Database, KeptSchedule, Queue, Schedule, Schedules
from shared.registry import registry
from shared.schedules import Plan, differs, wanted_schedules
from shared.schedules import plan_schedules as plan_with
from shared.schedules import sync_schedules as sync_with
from shared.services import Services


class UnknownScheduleError(InfraError):
    """There is no such schedule of ours."""


async def plan_schedules(schedules: Schedules, database: Database, *, deployment: Deployment) -> Plan:
    """Return what `sync_schedules` would change. Raises `QueueError` and what the database raises."""
    load_jobs()
    return await plan_with(schedules, database, registry, deployment=deployment)


async def sync_schedules(schedules: Schedules, database: Database, *, deployment: Deployment) -> Plan:
    """Make the schedules those that jobs declare and routines need, and return what changed. Safe to repeat.

    Raises `QueueError` and what the database raises.
    """
    load_jobs()
    return await sync_with(schedules, database, registry, deployment=deployment)


async def list_schedules(services: Services) -> tuple[KeptSchedule, ...]:
    """Return our schedules by id. Raises `QueueError`."""
    return tuple(sorted(await services.schedules.present(), key=lambda schedule: schedule.id))


async def pause_schedule(services: Services, schedule_id: str) -> None:
    """Let a schedule run nothing until it is resumed; what is missed is not made up for.

    Raises `UnknownScheduleError` and `QueueError`.
    """
    await _kept(services, schedule_id)
    await services.schedules.pause(schedule_id)


async def resume_schedule(services: Services, schedule_id: str) -> None:
    """Let a schedule run again, brought up to date first: while it was paused, no sync touched it.

    Raises `UnknownScheduleError`, `QueueError` and what the database raises.
    """
    kept = await _kept(services, schedule_id)
    for wanted in await _wanted(services):
        if wanted.id == schedule_id and differs(wanted, kept):
            await services.schedules.put(wanted)
    await services.schedules.resume(schedule_id)


async def run_schedule(services: Services, schedule_id: str) -> str:
    """Publish a schedule's job now, whether or not it is paused, and return the message id.

    Raises `UnknownScheduleError`, `QueueError` and what the database raises.
    """
    for wanted in await _wanted(services):
        if wanted.id == schedule_id:
            (message_id,) = await services.queue.publish([wanted.publication])
            return message_id
    raise UnknownScheduleError(f"nothing needs a schedule {schedule_id}; `aurora schedules list` shows those there are")


async def tell_schedules(queue: Queue) -> str | None:
    """Have the functions sync the schedules, after times or zones changed; return what is wrong when that failed.

    The change itself stands, and the daily sync finds it, too.
    """
    try:
        await queue.publish([sync.publication(SchedulesSync())])
    except QueueError as error:
        return f"{error}; the schedules follow within a day, or with `aurora schedules sync`"
    return None


async def _wanted(services: Services) -> tuple[Schedule, ...]:
    load_jobs()
    return await wanted_schedules(services.database, registry, services.settings.deployment)


async def _kept(services: Services, schedule_id: str) -> KeptSchedule:
    for schedule in await services.schedules.present():
        if schedule.id == schedule_id:
            return schedule
    raise UnknownScheduleError(f"there is no schedule {schedule_id}; `aurora schedules list` shows those there are")
