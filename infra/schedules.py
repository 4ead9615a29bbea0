"""QStash's schedules as operators see them: compared, made what they must be, paused, resumed, run at once."""

from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import BaseModel

from infra.errors import InfraError
from shared.deployment import Deployment
from shared.errors import QueueError
from shared.jobs import load_jobs
from shared.jobs.routine_fan_out import RoutineFanOut, fan_out
from shared.jobs.schedules_sync import SchedulesSync, sync
from shared.ports import Database, KeptSchedule, Publication, Queue, Schedule, Schedules
from shared.registry import registry
from shared.routines.routine import CATCH_UP_WINDOW, Routine, find_routine
from shared.schedules import Plan, differs, is_routine, wanted_schedules
from shared.schedules import plan_schedules as plan_with
from shared.schedules import sync_schedules as sync_with
from shared.services import Services


class UnknownScheduleError(InfraError):
    """There is no such schedule of ours."""


class NothingToRunError(InfraError):
    """Running a schedule's job now would do nothing; the message says why."""


@dataclass(frozen=True, kw_only=True)
class ListedSchedule:
    """One of ours, and what the database knows of it."""

    schedule: KeptSchedule
    held: bool  #: it is a routine's, which is run for nobody until it is resumed


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is published when a schedule's job is run now, and what that comes to."""

    publication: Publication
    sentence: str


class Outlook(BaseModel):
    """What a fan-out would do that was begun now; see `api.fanout_outlook`."""

    outcome: str
    local_date: date
    state: str | None  #: of its record; None: there is none
    today: date  #: the zone's


_RUNS = {"started": "begins now for {}", "continue": "is under way for {} and goes on"}


async def plan_schedules(schedules: Schedules, database: Database, *, deployment: Deployment) -> Plan:
    """Return what `sync_schedules` would change. Raises `QueueError` and what the database raises."""
    load_jobs()
    return await plan_with(schedules, database, registry, deployment=deployment)


async def sync_schedules(schedules: Schedules, database: Database, *, deployment: Deployment) -> Plan:
    """Make the schedules those that jobs declare and routines need, and return what changed. Safe to repeat.

    Raises `SchedulesRefusedError` when the queue did not take some of them, `QueueError` and what the database raises.
    """
    load_jobs()
    return await sync_with(schedules, database, registry, deployment=deployment)


async def list_schedules(services: Services) -> tuple[ListedSchedule, ...]:
    """Return our schedules by id. Raises `QueueError` and what the database raises."""
    held = {schedule.id for schedule in await _wanted(services) if schedule.paused}
    present = sorted(await services.schedules.present(), key=lambda schedule: schedule.id)
    return tuple(ListedSchedule(schedule=each, held=each.id in held) for each in present)


async def pause_schedule(services: Services, schedule_id: str) -> None:
    """Let what a schedule is for not be run until it is resumed; what is missed is not made up for.

    A routine is paused in the database, where the sweep sees it, too. Raises `UnknownScheduleError`, `QueueError` and
    what the database raises.
    """
    wanted, kept = await _found(services, schedule_id)
    if wanted is not None and is_routine(wanted):
        await services.database.call("pause_schedule", **_time_of(wanted))
    if kept is not None:
        await services.schedules.pause(schedule_id)


async def resume_schedule(services: Services, schedule_id: str) -> None:
    """Let a schedule run again, brought up to date first: while it was paused, no sync touched it.

    Raises `UnknownScheduleError`, `QueueError` and what the database raises.
    """
    wanted, kept = await _found(services, schedule_id)
    if kept is not None:
        if wanted is not None and differs(wanted, kept):
            await services.schedules.put(wanted)
        await services.schedules.resume(schedule_id)
    if wanted is not None and is_routine(wanted):
        time = _time_of(wanted)
        weekdays = find_routine(str(time["kind"])).weekdays
        await services.database.call("resume_schedule", **time, weekdays=weekdays)


async def foresee_run(services: Services, schedule_id: str, *, local_date: date | None = None) -> Forecast:
    """Return what running a schedule's job now comes to; for a routine, of a local date: None for the nearest one.

    With a date a routine is run whatever the hour, also while it is paused: once for each business all the same.
    Raises `UnknownScheduleError`, `NothingToRunError` when it comes to nothing, and what the database raises.
    """
    wanted = next((each for each in await _wanted(services) if each.id == schedule_id), None)
    if wanted is None:
        raise UnknownScheduleError(
            f"nothing needs a schedule {schedule_id}; `aurora schedules list` shows those there are"
        )
    if not is_routine(wanted):
        if local_date is not None:
            raise NothingToRunError(f"{schedule_id} is no routine's: it is run without a date")
        return Forecast(publication=wanted.publication, sentence="runs now")
    due = RoutineFanOut.model_validate_json(wanted.publication.body)
    outlook = await _outlook(services, due, local_date)
    if local_date is not None:
        _check_date(find_routine(due.kind), local_date, today=outlook.today)
    if outlook.outcome not in _RUNS:
        raise NothingToRunError(f"nothing is run: {_reason(due, outlook)}")
    forced = due.model_copy(update={"local_date": local_date, "forced": local_date is not None})
    return Forecast(publication=fan_out.publication(forced), sentence=_RUNS[outlook.outcome].format(outlook.local_date))


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


async def _found(services: Services, schedule_id: str) -> tuple[Schedule | None, KeptSchedule | None]:
    """Return a schedule as it must be and as it is; either may be missing, not both."""
    wanted = next((each for each in await _wanted(services) if each.id == schedule_id), None)
    kept = next((each for each in await services.schedules.present() if each.id == schedule_id), None)
    if wanted is None and kept is None:
        raise UnknownScheduleError(f"there is no schedule {schedule_id}; `aurora schedules list` shows those there are")
    return wanted, kept


def _time_of(schedule: Schedule) -> dict[str, object]:
    due = RoutineFanOut.model_validate_json(schedule.publication.body)
    return {"kind": due.kind, "timezone": due.timezone, "local_time": due.local_time}


async def _outlook(services: Services, due: RoutineFanOut, local_date: date | None) -> Outlook:
    return Outlook.model_validate(
        await services.database.call(
            "fanout_outlook",
            kind=due.kind,
            timezone=due.timezone,
            local_time=due.local_time,
            window_seconds=CATCH_UP_WINDOW.total_seconds(),
            local_date=local_date,
            weekdays=find_routine(due.kind).weekdays,
            forced=local_date is not None,
        )
    )


def _check_date(routine: Routine, local_date: date, *, today: date) -> None:
    """Refuse a date that a routine does not have, or for which it would say what is no longer true."""
    if local_date.isoweekday() not in routine.weekdays:
        raise NothingToRunError(f"{routine.kind} does not run on a {local_date:%A}, which {local_date} is")
    if not _is_of_use(routine, local_date, today=today):
        kept = f"until {routine.days_back} days later" if routine.days_back else "on its own day only"
        raise NothingToRunError(f"{routine.kind} can be run {kept}, and it is {today} there")


def _is_of_use(routine: Routine, local_date: date, *, today: date) -> bool:
    return local_date >= today - timedelta(days=routine.days_back)


def _reason(due: RoutineFanOut, outlook: Outlook) -> str:
    """Return why a fan-out that was begun now would do nothing, and how it is run all the same."""
    day = outlook.local_date
    if outlook.outcome == "early":
        return f"{due.kind} is due at {due.local_time:%H:%M} on {day} ({due.timezone}) and runs by itself then"
    if outlook.outcome == "done" and outlook.state == "done":
        return f"{due.kind} is over for {day}"
    past = {"paused": "is paused", "late": "was missed", "done": "was skipped"}[outlook.outcome]
    anyway = _is_of_use(find_routine(due.kind), day, today=outlook.today)
    return f"{due.kind} of {day} {past}{f'; --date {day} runs it all the same' if anyway else ''}"
