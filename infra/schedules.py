"""Keeps QStash's schedules equal to what the jobs declare: creates, updates and deletes ours, no others."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.adapters.qstash_schedules import QStashSchedules, Schedule
from shared.jobs import load_jobs
from shared.ports import Publication
from shared.registry import Registry, registry


@dataclass(frozen=True)
class Plan:
    """What must change. Each list is in the order of ids."""

    create: tuple[Schedule, ...]
    update: tuple[Schedule, ...]
    delete: tuple[Schedule, ...]

    @property
    def empty(self) -> bool:
        return not (self.create or self.update or self.delete)


def plan(wanted: Iterable[Schedule], present: Iterable[Schedule]) -> Plan:
    """Compare what the jobs declare with what there is."""
    there = {schedule.id: schedule for schedule in present}
    declared = {schedule.id: schedule for schedule in wanted}
    return Plan(
        create=tuple(declared[each] for each in sorted(declared.keys() - there.keys())),
        update=tuple(
            declared[each] for each in sorted(declared.keys() & there.keys()) if declared[each] != there[each]
        ),
        delete=tuple(there[each] for each in sorted(there.keys() - declared.keys())),
    )


async def plan_schedules(schedules: QStashSchedules, jobs: Registry = registry) -> Plan:
    """Return what `sync_schedules` would change. Raises `QueueError`."""
    return plan(_declared(schedules, jobs), await schedules.present())


async def sync_schedules(schedules: QStashSchedules, jobs: Registry = registry) -> Plan:
    """Make the schedules those that the jobs declare and return what changed. Safe to repeat. Raises `QueueError`."""
    declared = _declared(schedules, jobs)
    changes = plan(declared, await schedules.present())
    for schedule in (*changes.create, *changes.update):
        await schedules.put(schedule, declared[schedule])
    for schedule in changes.delete:
        await schedules.remove(schedule.id)
    return changes


def _declared(schedules: QStashSchedules, jobs: Registry) -> dict[Schedule, Publication]:
    """Return each schedule that a job declares, with what it publishes: an empty payload."""
    load_jobs()
    return {
        schedules.schedule(publication, job.cron): publication
        for job in jobs.jobs.values()
        if job.cron is not None
        for publication in [job.publication(job.payload())]
    }
