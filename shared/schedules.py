"""Which schedules the queue must have, and how they become so.

There is one for each job that declares a cron, and one for each time of day at which a routine of some business is due,
in its zone: however many businesses share a routine's time and a zone, they share its schedule.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.deployment import Deployment
from shared.errors import QueueRefusedError
from shared.ports import Database, KeptSchedule, Publication, Schedule, Schedules
from shared.registry import Registry
from shared.routines.routine import find_routine, time_name

#: The job that a routine's schedule publishes, with the payload {"kind", "timezone", "local_time"}.
FAN_OUT = "routine.fan_out"

#: QStash's free plan takes no more. What fails for longer comes again: with the next time, or caught up by the sweep.
MOST_RETRIES = 3

_AT_ONCE = 8  #: calls to the queue

_NAMED = 20  #: ids in an error


class RoutineTime(BaseModel):
    """A time of day at which a routine of some business is due."""

    model_config = ConfigDict(frozen=True)

    kind: str
    timezone: str  #: IANA name
    local_time: time  #: to the minute
    paused: bool = False  #: an operator has it run for nobody


@dataclass(frozen=True)
class Plan:
    """What must change. Each list is in the order of ids, jobs with a cron before routines."""

    create: tuple[Schedule, ...] = ()
    update: tuple[Schedule, ...] = ()
    delete: tuple[KeptSchedule, ...] = ()
    pause: tuple[Schedule, ...] = ()  #: may be among those to be created, too

    @property
    def empty(self) -> bool:
        return not (self.create or self.update or self.delete or self.pause)


@dataclass(frozen=True)
class Refusal:
    """A change of a schedule that the queue did not take."""

    schedule: Schedule | KeptSchedule
    reason: str


class SchedulesRefusedError(QueueRefusedError):
    """The queue took the changes that there are, and refused others."""

    def __init__(self, refusals: Sequence[Refusal], *, changes: Plan, needed: int) -> None:
        self.refusals = tuple(refusals)
        self.changes = changes  #: those that were made
        ids = [refusal.schedule.id for refusal in self.refusals]
        more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
        super().__init__(
            f"the queue refuses {len(ids)} of the {needed} schedules that there must be: "
            f"{', '.join(ids[:_NAMED])}{more} ({'; '.join(dict.fromkeys(refusal.reason for refusal in self.refusals))})"
        )

    @property
    def only_routines(self) -> bool:
        """Whether the sweep does what the refused ones would have done."""
        return all(is_routine(refusal.schedule) for refusal in self.refusals)


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
    ordered = sorted(needed.values(), key=_rank)
    common = [each for each in ordered if each.id in there]
    return Plan(
        create=tuple(each for each in ordered if each.id not in there),
        update=tuple(each for each in common if not there[each.id].paused and differs(each, there[each.id])),
        delete=tuple(there[each] for each in sorted(there.keys() - needed.keys())),
        pause=tuple(each for each in ordered if each.paused and not (each.id in there and there[each.id].paused)),
    )


def is_routine(schedule: Schedule | KeptSchedule) -> bool:
    """Tell whether the sweep runs what a schedule is for while there is none: it begins the fan-outs of routines."""
    return schedule.destination.endswith(f"/schedules/{FAN_OUT}")


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

    Each change is tried, whatever became of those before it. Raises `SchedulesRefusedError` at the end when the queue
    took some and refused others, `QueueError` at once when it does not answer, and what the database raises.
    """
    wanted = await wanted_schedules(database, jobs, deployment)
    changes = plan(wanted, await schedules.present())
    # What goes makes room for what comes: the queue takes so many and no more. Jobs with a cron come first: the sweep
    # stands in for routines, and nothing for the sweep.
    refusals = await _each(changes.delete, lambda schedule: schedules.remove(schedule.id))
    for routines in (False, True):
        put = [each for each in (*changes.update, *changes.create) if is_routine(each) is routines]
        refusals += await _each(put, schedules.put)
    missing = {refusal.schedule.id for refusal in refusals}
    pause = [schedule for schedule in changes.pause if schedule.id not in missing]
    refusals += await _each(pause, lambda schedule: schedules.pause(schedule.id))
    if refusals:
        refused = {refusal.schedule.id for refusal in refusals}
        raise SchedulesRefusedError(refusals, changes=_without(changes, refused), needed=len(wanted))
    return changes


_IN_USE = TypeAdapter(list[RoutineTime])


def _routine_schedule(due: RoutineTime, jobs: Registry, deployment: Deployment) -> Schedule:
    routine, at = find_routine(due.kind), due.local_time
    fan_out = jobs.find(FAN_OUT)
    payload = {"kind": due.kind, "timezone": due.timezone, "local_time": at}
    schedule = _schedule(
        time_name(due.kind, due.timezone, at),
        f"CRON_TZ={due.timezone} {at.minute} {at.hour} * * {routine.cron_weekdays}",
        fan_out.publication(fan_out.payload.model_validate(payload)),
        deployment,
    )
    return replace(schedule, paused=due.paused)


def _schedule(name: str, cron: str, publication: Publication, deployment: Deployment) -> Schedule:
    return Schedule(
        id=f"{deployment.schedule_prefix}{name}",
        cron=cron,
        destination=f"{deployment.public_url}/schedules/{publication.job}",
        publication=replace(publication, retries=min(publication.retries, MOST_RETRIES)),
    )


def _rank(schedule: Schedule) -> tuple[bool, str]:
    return is_routine(schedule), schedule.id


def _without(changes: Plan, refused: Container[str]) -> Plan:
    return Plan(
        create=tuple(each for each in changes.create if each.id not in refused),
        update=tuple(each for each in changes.update if each.id not in refused),
        delete=tuple(each for each in changes.delete if each.id not in refused),
        pause=tuple(each for each in changes.pause if each.id not in refused),
    )


_ScheduleT = TypeVar("_ScheduleT", Schedule, KeptSchedule)


async def _each(items: Sequence[_ScheduleT], change: Callable[[_ScheduleT], Awaitable[None]]) -> list[Refusal]:
    """Change all of them, a few at once, and return what was refused."""
    refusals = []
    for start in range(0, len(items), _AT_ONCE):
        together = items[start : start + _AT_ONCE]
        outcomes = await asyncio.gather(*map(change, together), return_exceptions=True)
        for schedule, outcome in zip(together, outcomes, strict=True):
            if isinstance(outcome, QueueRefusedError):
                refusals.append(Refusal(schedule, str(outcome)))
            elif outcome is not None:
                raise outcome
    return refusals
