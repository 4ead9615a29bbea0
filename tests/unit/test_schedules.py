"""Which schedules there must be, and what must change so that there are no others."""

import re
from dataclasses import dataclass, field, replace
from datetime import time
from zoneinfo import available_timezones

import pytest

from infra.local.qstash.cron import parse_cron
from shared.deployment import Deployment
from shared.errors import NonRetriableError, QueueRefusedError
from shared.jobs import load_jobs
from shared.ports import KeptSchedule, Publication, Schedule
from shared.registry import Context, Payload, Registry, job, registry
from shared.routines.routine import ROUTINES
from shared.schedules import (
    FAN_OUT,
    Plan,
    RoutineTime,
    SchedulesRefusedError,
    plan,
    schedules_of,
    sync_schedules,
)

URL = "https://aurora.example"
AURORA = Deployment(name="aurora", public_url=URL)
FREE_PLAN = 10


class Due(Payload):
    """What the schedule of a routine publishes."""

    kind: str
    timezone: str
    local_time: time


class Nothing(Payload):
    """A payload without a field."""


@pytest.fixture
def jobs() -> Registry:
    """A job with a cron, one without, and the one that routines need."""

    async def fan_out(payload: Due, context: Context) -> str:
        return "done"

    async def handle(payload: Nothing, context: Context) -> str:
        return "done"

    jobs = Registry()
    job(FAN_OUT, retries=5, into=jobs)(fan_out)
    job("test.often", cron="*/5 * * * *", into=jobs)(handle)
    job("test.never", into=jobs)(handle)
    return jobs


def at(kind: str, timezone: str = "America/Sao_Paulo", local_time: time = time(18)) -> RoutineTime:
    return RoutineTime(kind=kind, timezone=timezone, local_time=local_time)


@pytest.mark.parametrize(
    ("due", "schedule_id", "cron"),
    [
        (
            at("daily_summary"),
            "aurora.daily_summary.America.Sao_Paulo.1800",
            "CRON_TZ=America/Sao_Paulo 0 18 * * *",
        ),
        (
            at("inactive_clients", "Asia/Kolkata", time(0, 5)),
            "aurora.inactive_clients.Asia.Kolkata.0005",
            "CRON_TZ=Asia/Kolkata 5 0 * * 1",
        ),
        (
            at("opportunities", "Etc/GMT+3", time(15, 30)),
            "aurora.opportunities.Etc.GMT.plus.3.1530",
            "CRON_TZ=Etc/GMT+3 30 15 * * 2,4",
        ),
    ],
)
def test_a_time_of_day_in_use_has_its_schedule(jobs: Registry, due: RoutineTime, schedule_id: str, cron: str) -> None:
    """Its id follows from what it is for, its cron is local, and it publishes the fan-out of just that time."""
    _, schedule = schedules_of(jobs, [due], AURORA)

    assert (schedule.id, schedule.cron) == (schedule_id, cron)
    assert schedule.destination == f"{URL}/schedules/{FAN_OUT}"
    published = Due.model_validate_json(schedule.publication.body)
    assert (published.kind, published.timezone, published.local_time) == (due.kind, due.timezone, due.local_time)
    assert schedule.publication.retries == 3, "the free plan takes no more"


def test_a_job_with_a_cron_has_its_schedule_and_one_without_has_none(jobs: Registry) -> None:
    """The cron stays as declared, and the payload is empty."""
    (schedule,) = schedules_of(jobs, [], AURORA)

    assert (schedule.id, schedule.cron) == ("aurora.test.often", "*/5 * * * *")
    assert (schedule.destination, schedule.publication.body) == (f"{URL}/schedules/test.often", "{}")


def test_every_zone_has_an_id_of_its_own_that_the_queue_takes(jobs: Registry) -> None:
    """QStash takes letters, digits, `-`, `_` and `.` in the id of a schedule; and takes the zone in its cron."""
    zones = available_timezones()
    schedules = schedules_of(jobs, [at("birthdays", zone) for zone in zones], AURORA)[1:]

    assert len({schedule.id for schedule in schedules}) == len(zones)
    assert [schedule.id for schedule in schedules if not re.fullmatch(r"[A-Za-z0-9_.-]+", schedule.id)] == []
    for schedule in schedules:
        parse_cron(schedule.cron)


def test_businesses_of_one_zone_stay_within_the_free_plan() -> None:
    """All that Aurora declares, with each routine at its usual time in one zone."""
    load_jobs()
    usual = [at(kind, local_time=routine.default_time) for kind, routine in ROUTINES.items()]

    assert len(schedules_of(registry, usual, AURORA)) <= FREE_PLAN


def test_a_routine_of_a_newer_version_is_no_reason_to_delete_its_schedule(jobs: Registry) -> None:
    """What is not known here is refused by name, and nothing is planned."""
    with pytest.raises(NonRetriableError, match="no routine 'horoscope'"):
        schedules_of(jobs, [at("horoscope")], AURORA)


def wanted(name: str, cron: str = "*/5 * * * *", *, host: str = URL, body: str = "{}", retries: int = 2) -> Schedule:
    publication = Publication(job=name, body=body, retries=retries)
    return Schedule(id=f"aurora.{name}", cron=cron, destination=f"{host}/schedules/{name}", publication=publication)


def kept(schedule: Schedule, *, paused: bool = False) -> KeptSchedule:
    """The schedule as the queue has it once it was put there."""
    return KeptSchedule(
        id=schedule.id,
        cron=schedule.cron,
        destination=schedule.destination,
        body=schedule.publication.body,
        retries=schedule.publication.retries,
        paused=paused,
        next_run_at=None,
        last_run_at=None,
    )


A, B = wanted("a"), wanted("b")


@pytest.mark.parametrize(
    ("needed", "present", "expected"),
    [
        ([], [], Plan()),
        ([A], [kept(A)], Plan()),
        ([B, A], [], Plan(create=(A, B))),
        ([wanted("a", "0 9 * * *")], [kept(A)], Plan(update=(wanted("a", "0 9 * * *"),))),
        ([wanted("a", host="https://new.example")], [kept(A)], Plan(update=(wanted("a", host="https://new.example"),))),
        ([wanted("a", body='{"x":1}')], [kept(A)], Plan(update=(wanted("a", body='{"x":1}'),))),
        ([wanted("a", retries=3)], [kept(A)], Plan(update=(wanted("a", retries=3),))),
        ([A], [replace(kept(A), body=None)], Plan(update=(A,))),
        ([], [kept(A)], Plan(delete=(kept(A),))),
        ([wanted("a", "0 9 * * *")], [kept(A, paused=True)], Plan()),
        ([], [kept(A, paused=True)], Plan(delete=(kept(A, paused=True),))),
    ],
)
def test_plan_holds_only_what_differs(needed: list[Schedule], present: list[KeptSchedule], expected: Plan) -> None:
    """A schedule is created, updated or deleted when it is missing, differs, or is of no use; a paused one stays so."""
    assert plan(needed, present) == expected
    assert expected.empty == (expected == Plan())


def test_jobs_with_a_cron_come_before_routines(jobs: Registry) -> None:
    """The sweep stands in for a routine without a schedule, and nothing for the sweep."""
    due = [at("birthdays"), at("daily_summary")]
    created = plan(schedules_of(jobs, due, AURORA), []).create
    assert [schedule.id.split(".")[1] for schedule in created] == ["test", "birthdays", "daily_summary"]


@pytest.mark.parametrize(
    ("present", "create", "update", "pause"),
    [
        ([], True, False, True),
        ([kept(wanted("a", "0 9 * * *"))], False, True, True),
        ([kept(A)], False, False, True),
        ([kept(A, paused=True)], False, False, False),
    ],
)
def test_what_is_to_be_paused_is_until_the_queue_has_it_so(
    present: list[KeptSchedule], create: bool, update: bool, pause: bool
) -> None:
    """It is created and brought up to date as any other."""
    held = replace(A, paused=True)
    assert plan([held], present) == Plan(
        create=(held,) if create else (), update=(held,) if update else (), pause=(held,) if pause else ()
    )


@dataclass
class Queue:
    """A queue that takes so many schedules, and some never."""

    room: int
    refused: frozenset[str] = frozenset()
    there: dict[str, Schedule] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    async def present(self) -> tuple[KeptSchedule, ...]:
        return tuple(map(kept, self.there.values()))

    async def put(self, schedule: Schedule) -> None:
        self.tried.append(schedule.id)
        if schedule.id in self.refused:
            raise QueueRefusedError("no such zone")
        if schedule.id not in self.there and len(self.there) == self.room:
            raise QueueRefusedError("the plan is full")
        self.there[schedule.id] = schedule

    async def remove(self, schedule_id: str) -> None:
        del self.there[schedule_id]

    async def pause(self, schedule_id: str) -> None:
        self.there[schedule_id] = replace(self.there[schedule_id], paused=True)

    async def resume(self, schedule_id: str) -> None:
        self.there[schedule_id] = replace(self.there[schedule_id], paused=False)


@dataclass(frozen=True)
class Businesses:
    """A database that knows when routines are due."""

    due: list[RoutineTime]

    async def call(self, function: str, **arguments: object) -> list[dict[str, object]]:
        assert function == "schedules_in_use"
        return [each.model_dump(mode="json") for each in self.due]

    async def check(self) -> None: ...


ZONES = ("America/Lima", "Asia/Tokyo", "Europe/Lisbon")
SUMMARIES = [f"aurora.daily_summary.{zone.replace('/', '.')}.1800" for zone in ZONES]


async def refusal(queue: Queue, jobs: Registry, *, paused: bool = False) -> SchedulesRefusedError:
    """Sync summaries in three zones and return what came of it."""
    due = [at("daily_summary", zone).model_copy(update={"paused": paused}) for zone in ZONES]
    with pytest.raises(SchedulesRefusedError) as refused:
        await sync_schedules(queue, Businesses(due), jobs, deployment=AURORA)
    return refused.value


async def test_a_refused_schedule_keeps_none_of_the_others_away(jobs: Registry) -> None:
    """The error names it and why, and tells what was changed; nothing is paused that is not there."""
    queue = Queue(room=FREE_PLAN, refused=frozenset(SUMMARIES[:1]))
    error = await refusal(queue, jobs, paused=True)

    assert sorted(queue.there) == [*SUMMARIES[1:], "aurora.test.often"]
    assert str(error) == f"the queue refuses 1 of the 4 schedules that there must be: {SUMMARIES[0]} (no such zone)"
    assert [schedule.id for schedule in error.changes.create] == ["aurora.test.often", *SUMMARIES[1:]]
    assert [schedule.id for schedule in error.changes.pause] == SUMMARIES[1:]
    assert error.only_routines


async def test_a_full_plan_has_the_jobs_with_a_cron_and_as_many_routines_as_it_takes(jobs: Registry) -> None:
    """Each of the others is tried, and named."""
    queue = Queue(room=2, there={"aurora.old": replace(A, id="aurora.old")})
    error = await refusal(queue, jobs)

    assert sorted(queue.there) == [SUMMARIES[0], "aurora.test.often"]
    assert (queue.tried[0], sorted(queue.tried[1:])) == ("aurora.test.often", SUMMARIES)
    assert [refused.schedule.id for refused in error.refusals] == SUMMARIES[1:]
    assert str(error).endswith(f"{', '.join(SUMMARIES[1:])} (the plan is full)")


async def test_a_plan_without_room_for_the_sweep_is_more_than_a_delay(jobs: Registry) -> None:
    """Nothing stands in for a job with a cron."""
    assert not (await refusal(Queue(room=0), jobs)).only_routines
