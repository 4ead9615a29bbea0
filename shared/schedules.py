"""Which schedules the queue must have, and how they become so.

There is one for each job that declares a cron, and one for each time of day at which a routine of some business is due,
in its zone: however many businesses share a routine's time and a zone, they share its schedule.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.deployment import Deployment
from shared.ports import Database, KeptSchedule, Publication, Schedule, Schedules
from shared.registry import Registry
from shared.routines.routine import find_routine

#: The job that a routine's schedule publishes, with the payload {"kind", "timezone", "local_time"}.
FAN_OUT = "routine.fan_out"

#: QStash's free plan takes no more. What fails for longer comes again: with the next time, or caught up by the sweep.
MOST_RETRIES = 3

_AT_ONCE = 8  #: calls to the queue

_ItemT = TypeVar("_ItemT")


class RoutineTime(BaseModel):
    """A time of day at which a routine of some business is due."""

    model_config = ConfigDict(frozen=True)

    kind: str
    timezone: str  #: IANA name
    local_time: time  #: to the minute


@dataclass(frozen=True)
class Plan:
    """What must change. Each list is in the order of ids."""

    create: tuple[Schedule, ...] = ()
    update: tuple[Schedule, ...] = ()
    delete: tuple[KeptSchedule, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.create or self.update or self.delete)


def schedules_of(jobs: Registry, in_use: Iterable[RoutineTime], deployment: Deployment) -> tuple[Schedule, ...]:
    """Return the schedules that there must be for a deployment.

    Raises `NonRetriableError` for a routine that this version of Aurora does not know.
    """
    declared = [
        _schedule(each.name, each.cron, each.publication(each.payload()), deployment)
        for each in jobs.jobs.values()
        if each.cron is not None
    ]
    return (*declared, *(_routine_schedule(each, jobs, deployment) for each in in_use))


def plan(wanted: Iterable[Schedule], present: Iterable[KeptSchedule]) -> Plan:
    """Compare what there must be with what there is.

    A paused schedule runs nothing, so it may differ: bringing it up to date could set it going. It is when it is
    resumed that it must be updated.
    """
    there = {schedule.id: schedule for schedule in present}
    needed = {schedule.id: schedule for schedule in wanted}
    return Plan(
        create=tuple(needed[each] for each in sorted(needed.keys() - there.keys())),
        update=tuple(
            needed[each]
            for each in sorted(needed.keys() & there.keys())
            if not there[each].paused and differs(needed[each], there[each])
        ),
        delete=tuple(there[each] for each in sorted(there.keys() - needed.keys())),
    )


def differs(wanted: Schedule, kept: KeptSchedule) -> bool:
    """Tell whether the queue has a schedule otherwise than it must be."""
    publication = wanted.publication
    return (wanted.cron, wanted.destination, publication.body, publication.retries) != (
        kept.cron,
        kept.destination,
        kept.body,
        kept.retries,
    )


async def wanted_schedules(database: Database, jobs: Registry, deployment: Deployment) -> tuple[Schedule, ...]:
    """Return the schedules that there must be now. Raises what the database raises."""
    in_use = _IN_USE.validate_python(await database.call("schedules_in_use"))
    return schedules_of(jobs, in_use, deployment)


async def plan_schedules(schedules: Schedules, database: Database, jobs: Registry, *, deployment: Deployment) -> Plan:
    """Return what `sync_schedules` would change. Raises `QueueError` and what the database raises."""
    wanted = await wanted_schedules(database, jobs, deployment)
    return plan(wanted, await schedules.present())


async def sync_schedules(schedules: Schedules, database: Database, jobs: Registry, *, deployment: Deployment) -> Plan:
    """Make the schedules those that there must be and return what changed. Safe to repeat, and to end half-way.

    Raises `QueueError` and what the database raises.
    """
    changes = await plan_schedules(schedules, database, jobs, deployment=deployment)
    # What goes makes room for what comes: the queue takes so many and no more.
    await _each(changes.delete, lambda schedule: schedules.remove(schedule.id))
    await _each((*changes.update, *changes.create), schedules.put)
    return changes


_IN_USE = TypeAdapter(list[RoutineTime])


def _routine_schedule(due: RoutineTime, jobs: Registry, deployment: Deployment) -> Schedule:
    routine, at = find_routine(due.kind), due.local_time
    fan_out = jobs.find(FAN_OUT)
    payload = {"kind": due.kind, "timezone": due.timezone, "local_time": at}
    return _schedule(
        f"{due.kind}.{_zone_in_id(due.timezone)}.{at:%H%M}",
        f"CRON_TZ={due.timezone} {at.minute} {at.hour} * * {routine.cron_weekdays}",
        fan_out.publication(fan_out.payload.model_validate(payload)),
        deployment,
    )


def _zone_in_id(timezone: str) -> str:
    """Return a zone's name in the letters that the queue takes in an id: those of ASCII, digits, `-`, `_` and `.`."""
    return timezone.replace("/", ".").replace("+", ".plus.")


def _schedule(name: str, cron: str, publication: Publication, deployment: Deployment) -> Schedule:
    return Schedule(
        id=f"{deployment.schedule_prefix}{name}",
        cron=cron,
        destination=f"{deployment.public_url}/schedules/{publication.job}",
        publication=replace(publication, retries=min(publication.retries, MOST_RETRIES)),
    )


async def _each(items: Sequence[_ItemT], change: Callable[[_ItemT], Awaitable[None]]) -> None:
    for start in range(0, len(items), _AT_ONCE):
        together = items[start : start + _AT_ONCE]
        for outcome in await asyncio.gather(*map(change, together), return_exceptions=True):
            if outcome is not None:
                raise outcome
