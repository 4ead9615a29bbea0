"""Which schedules there must be, and what must change so that there are no others."""

import re
from dataclasses import replace
from datetime import time
from zoneinfo import available_timezones

import pytest

from infra.local.qstash.cron import parse_cron
from shared.deployment import Deployment
from shared.errors import NonRetriableError
from shared.jobs import load_jobs
from shared.ports import KeptSchedule, Publication, Schedule
from shared.registry import Context, Payload, Registry, job, registry
from shared.routines.routine import ROUTINES
from shared.schedules import FAN_OUT, Plan, RoutineTime, plan, schedules_of

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
