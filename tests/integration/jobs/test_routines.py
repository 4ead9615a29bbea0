"""Routines through the queue: once for every business and local date, whatever is repeated, overlaps or dies."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.errors import ModelError, NonRetriableError, QueueError
from shared.jobs import maintenance_sweep
from shared.jobs.routine_fan_out import PAGE, PAGES_PER_RUN, RoutineFanOut, fan_out
from shared.jobs.routine_run import RETRIES, RoutineDue, perform
from shared.registry import Context, Delivery, Registry, job
from shared.routines.run import Compose, Composed, OwnerMessage, RoutineRun
from shared.runner import Done, Failed, Outcome, RetryAfter, run_job
from shared.services import Services
from tests.integration.jobs.conftest import Line

SAO_PAULO = "America/Sao_Paulo"
#: 18:00 in São Paulo.
SIX = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)
TODAY = date(2026, 1, 20)


@pytest.fixture(autouse=True)
def wanted(line: Line) -> None:
    """The business wants its routines."""
    line.business.api.rows("update app.routines set enabled = true")


async def fire(line: Line, timezone: str = SAO_PAULO, **changes: str) -> None:
    """What a schedule publishes."""
    payload = RoutineFanOut(kind="daily_summary", timezone=timezone, local_time=time(18), **changes)
    await line.queue.publish([fan_out.publication(payload)])


def add_organizations(line: Line, count: int) -> None:
    line.business.api.rows(
        "insert into app.organizations (name, timezone) select 'Loja ' || n, %s from generate_series(1, %s) as n",
        SAO_PAULO,
        count,
    )


def runs(line: Line) -> list[RoutineDue]:
    """The runs that wait in the queue."""
    return [
        RoutineDue.model_validate_json(each.publication.body)
        for each in line.queue.waiting
        if each.publication.job == "routine.run"
    ]


def everybody(line: Line) -> set[str]:
    return {str(each) for (each,) in line.business.api.rows("select id from app.organizations")}


def fan_outs(line: Line) -> list[tuple[str, int, int]]:
    found = line.business.api.rows("select state, organizations, pages from app.proactive_fanouts")
    return [(state, organizations, pages) for state, organizations, pages in found]


async def test_a_fan_out_hands_on_its_cursor_and_reaches_everybody_once(line: Line) -> None:
    """No run publishes more than a few pages; the next one goes on, until everybody has a run of the date."""
    line.clock.set(SIX)
    add_organizations(line, PAGE * PAGES_PER_RUN + 1)
    await fire(line)
    await line.run("routine.fan_out")
    assert [word for _, _, word in line.outcomes] == ["continued", "done"]
    due = runs(line)
    assert sorted(str(each.organization_id) for each in due) == sorted(everybody(line))
    assert {each.local_date for each in due} == {TODAY}
    assert {each.expires_at for each in due} == {SIX + timedelta(hours=3)}
    assert fan_outs(line) == [("done", PAGE * PAGES_PER_RUN + 2, PAGES_PER_RUN + 1)]


async def test_a_schedule_that_fires_twice_publishes_nobody_twice(line: Line) -> None:
    """A second delivery finds the fan-out done."""
    line.clock.set(SIX)
    await fire(line)
    await line.run("routine.fan_out", times=2)
    await fire(line)
    await line.run("routine.fan_out")
    assert len(runs(line)) == 1
    assert [word for _, _, word in line.outcomes] == ["done"] * 3


@pytest.mark.parametrize("step", ["begin_fanout", "fanout_page", "publish"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_of_the_fan_out_loses_nobody(line: Line, step: str, when: str) -> None:
    """Wherever it dies, also between a page and its publication, its next attempt publishes the rest."""
    line.clock.set(SIX)
    add_organizations(line, PAGE + 20)
    await fire(line)
    line.fuse.blow_at = f"{when} {step}"
    await line.run("routine.fan_out")
    assert [word for _, _, word in line.outcomes] == ["cut", "done"]
    assert sorted(str(each.organization_id) for each in runs(line)) == sorted(everybody(line))


async def test_the_sweep_begins_what_no_schedule_fired_for(line: Line) -> None:
    """An outage of the queue costs no business its routine, as long as the window lasts."""
    line.clock.set(SIX + timedelta(hours=2, minutes=59))
    await line.queue.publish([maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())])
    await line.run("maintenance.sweep", "routine.fan_out")
    assert [str(each.organization_id) for each in runs(line) if each.kind == "daily_summary"] == [
        line.business.organization_id
    ]


async def test_what_is_paused_is_run_for_nobody_until_an_operator_asks_for_its_date(line: Line) -> None:
    """Hours later, with a window of its own, to the last business, although the schedule's delivery found it paused."""
    due = {"kind": "daily_summary", "timezone": SAO_PAULO, "local_time": "18:00"}
    line.clock.set(SIX)
    line.business.api.call("pause_schedule", **due)
    await fire(line)
    await line.run("routine.fan_out")
    line.clock.advance(hours=4)
    add_organizations(line, PAGE * PAGES_PER_RUN)
    forced = RoutineFanOut(kind="daily_summary", timezone=SAO_PAULO, local_time=time(18), local_date=TODAY, forced=True)
    await line.queue.publish([fan_out.publication(forced)])
    await line.run("routine.fan_out")
    assert [word for _, _, word in line.outcomes] == ["paused", "continued", "done"]
    assert sorted(str(each.organization_id) for each in runs(line)) == sorted(everybody(line))
    assert {each.expires_at for each in runs(line)} == {SIX + timedelta(hours=7)}


async def test_the_sweep_runs_who_came_after_the_fan_out(line: Line) -> None:
    """A business that is new at half past six has its summary of the day all the same, and once."""
    line.clock.set(SIX)
    await fire(line)
    await line.run("routine.fan_out")
    known = everybody(line)
    line.clock.advance(minutes=30)
    add_organizations(line, 1)
    for _ in range(2):  # the second one before the first one's run is delivered
        await line.queue.publish([maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())])
        await line.run("maintenance.sweep")
    late = [each for each in runs(line) if str(each.organization_id) not in known]
    assert [(each.kind, each.local_date, each.expires_at) for each in late] == [
        ("daily_summary", TODAY, SIX + timedelta(hours=3))
    ]


async def test_a_sweep_without_the_queue_leaves_to_the_next_what_nobody_waits_for(line: Line) -> None:
    """Fan-outs, latecomers and due follow-ups that cannot be published fail no sweep, and are found again."""
    line.clock.set(SIX)
    await fire(line)
    await line.run("routine.fan_out")
    line.clock.advance(hours=1)
    known = everybody(line)
    add_organizations(line, 1)
    line.business.api.rows("update app.routines set local_time = '18:30' where kind = 'birthdays'")
    line.business.api.rows("""
        with contact as (
            insert into app.contacts (organization_id) select id from app.organizations limit 1
            returning id, organization_id
        )
        insert into app.followups (organization_id, contact_id, kind, idempotency_key, due_at, expires_at)
        select organization_id, id, 'custom', 'once', app.now(), app.now() + interval '1 hour' from contact
    """)
    sweep = maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())
    await line.queue.publish([sweep])
    line.queue.waiting = deque(each for each in line.queue.waiting if each.publication == sweep)
    line.fuse.blow_at, line.fuse.error = "before publish", QueueError
    await line.run("maintenance.sweep")
    assert line.fuse.blow_at is None, "the queue was asked, and failed"
    assert line.outcomes[-1][1] == 1, "the sweep did not fail"
    assert not line.queue.waiting
    await line.queue.publish([sweep])
    await line.run("maintenance.sweep")
    assert [each.publication.job for each in line.queue.waiting] == [
        "followup.dispatch",
        "routine.run",
        "routine.fan_out",
    ]
    assert str(runs(line)[0].organization_id) not in known


async def test_what_people_wait_for_and_cannot_be_published_fails_the_sweep(line: Line) -> None:
    """The queue delivers it again sooner than the next one comes."""
    line.business.receive("Oi")
    line.clock.advance(minutes=2)
    await line.queue.publish([maintenance_sweep.sweep.publication(maintenance_sweep.MaintenanceSweep())])
    line.fuse.blow_at, line.fuse.error = "before publish", QueueError
    await line.run("maintenance.sweep")
    assert [(attempt, word.startswith("1 replies")) for _, attempt, word in line.outcomes][1:] == [(2, True)]


async def test_after_the_window_nothing_is_published(line: Line) -> None:
    """What is too late is skipped, and recorded."""
    line.clock.set(SIX + timedelta(hours=3))
    await fire(line)
    await line.run("routine.fan_out")
    assert runs(line) == []
    assert fan_outs(line) == [("skipped", 0, 0)]


async def test_a_schedule_that_fires_too_soon_waits(line: Line) -> None:
    """A queue's clock may be ahead; much too soon is not the schedule's moment."""
    line.clock.set(SIX - timedelta(seconds=3))
    await fire(line)
    await line.run("routine.fan_out")
    assert [word for _, _, word in line.outcomes] == ["retry after", "done"]
    line.clock.set(SIX + timedelta(hours=14))
    await fire(line)
    await line.run("routine.fan_out")
    assert line.outcomes[-1][2] == "early"


@dataclass
class Routine:
    """A routine that says one thing, or fails; `job` runs it."""

    line: Line
    failures: list[Exception] = field(default_factory=list)
    composed: list[RoutineRun] = field(default_factory=list)
    published: int = 0

    async def compose(self, run: RoutineRun, services: Services) -> Composed:
        self.composed.append(run)
        if self.failures:
            raise self.failures.pop(0)
        return Composed(messages=(OwnerMessage(text="Resumo do dia"),), detail={"done": 3})

    async def deliver(self, *, attempt: int = 1, message_id: str = "msg_run") -> Outcome:
        """Deliver the run of the business once."""
        find: Callable[[str], Compose] = lambda kind: self.compose  # noqa: E731 - a seam of one line
        jobs = Registry()

        @job("routine.run", into=jobs)
        async def run(payload: RoutineDue, context: Context) -> str:
            return await perform(payload, context, find)

        due = RoutineDue(organization_id=self.line.business.organization_id, kind="daily_summary", local_date=TODAY)
        delivery = Delivery(message_id=message_id, attempt=attempt, correlation_id="trip-1")
        return await run_job(
            "routine.run", due.model_dump_json().encode(), delivery=delivery, services=self.line.services, jobs=jobs
        )


@pytest.fixture
def routine(line: Line) -> Routine:
    return Routine(line)


def recorded(line: Line) -> list[str]:
    return [state for (state,) in line.business.api.rows("select state from app.proactive_runs")]


async def test_a_run_tells_the_owner_once(line: Line, routine: Routine) -> None:
    """Delivered again, it composes nothing and sends nothing again."""
    assert await routine.deliver() == Done("done")
    assert await routine.deliver(attempt=2) == Done("done")
    assert await routine.deliver(message_id="msg_other") == Done("done")
    await line.run("message.send")
    assert [text for _, text in line.gateway.sent] == ["Resumo do dia"]
    assert len(routine.composed) == 1


@pytest.mark.parametrize("step", ["claim_routine", "complete_routine", "publish"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_of_a_run_neither_loses_nor_doubles_what_it_says(
    line: Line, routine: Routine, step: str, when: str
) -> None:
    """Wherever it dies, its next attempt takes over and the owner reads it once."""
    line.fuse.blow_at = f"{when} {step}"
    with pytest.raises(BaseException, match="blown"):
        await routine.deliver()
    assert await routine.deliver(attempt=2) == Done("done")
    await line.run("message.send")
    assert [text for _, text in line.gateway.sent] == ["Resumo do dia"]


async def test_a_failure_is_tried_again_and_recorded_at_the_last_attempt(line: Line, routine: Routine) -> None:
    """As long as an attempt follows, the run is under way."""
    routine.failures = [ModelError("no answer"), ModelError("no answer")]
    assert isinstance(await routine.deliver(), Failed)
    assert recorded(line) == ["running"]
    assert isinstance(await routine.deliver(attempt=RETRIES + 1), Failed)
    assert recorded(line) == ["failed"]


async def test_what_no_attempt_can_mend_is_recorded_at_once(line: Line, routine: Routine) -> None:
    """The dead letter and the record say the same."""
    routine.failures = [NonRetriableError("no such thing")]
    assert await routine.deliver() == Failed("no such thing", retriable=False)
    assert line.business.api.value("select detail ->> 'reason' from app.proactive_runs") == (
        "NonRetriableError: no such thing"
    )


async def test_an_error_that_nobody_foresaw_is_recorded_without_its_words(line: Line, routine: Routine) -> None:
    """It may quote a customer. The record does not stay under way for ever."""
    routine.failures = [ValueError("Ana escreveu"), ValueError("Ana escreveu")]
    assert await routine.deliver() == Failed("ValueError", retriable=True)
    assert recorded(line) == ["running"]
    assert await routine.deliver(attempt=RETRIES + 1) == Failed("ValueError", retriable=True)
    assert line.business.api.rows("select state, detail ->> 'reason' from app.proactive_runs") == [
        ("failed", "ValueError")
    ]


async def test_who_finds_another_at_work_comes_back(line: Line, routine: Routine) -> None:
    """A second job of the same run waits until the first one's lease has ended."""
    routine.failures = [ModelError("no answer")]
    await routine.deliver()
    outcome = await routine.deliver(message_id="msg_other")
    assert isinstance(outcome, RetryAfter)
    line.clock.advance(seconds=outcome.delay.total_seconds())
    assert await routine.deliver(message_id="msg_other", attempt=2) == Done("done")


async def test_what_was_switched_off_after_its_page_is_not_run(line: Line, routine: Routine) -> None:
    """The claim looks again."""
    line.clock.set(SIX)
    await fire(line)
    await line.run("routine.fan_out")
    line.business.api.rows("update app.organizations set is_active = false")
    assert await routine.deliver() == Done("off")
    assert (routine.composed, recorded(line)) == ([], [])


async def test_a_business_that_is_gone_is_not_run(line: Line, routine: Routine) -> None:
    """Its job ends without a dead letter."""
    line.business.api.rows("delete from app.organizations")
    assert await routine.deliver() == Done("gone")
