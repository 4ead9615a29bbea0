"""A year of virtual time: the real jobs and database, schedules by the broker's own cron, and all that goes wrong.

Time leaps from one moment at which something happens to the next, so that a year takes seconds. The sweep, which comes
every five minutes, comes only while it is watched for: between, it finds nothing.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from postgrest.exceptions import APIError

from infra.local.qstash.cron import Cron, parse_cron
from infra.local.qstash.expression import evaluate
from infra.simulation.database import SimulatedDatabase
from shared.adapters.supabase import error_of
from shared.bootstrap import bootstrap
from shared.jobs import load_jobs, routine_run
from shared.ports import KeptSchedule, Publication, Schedule
from shared.registry import Context, Delivery, Registry, registry
from shared.routines.run import Composed, OwnerMessage, RoutineRun
from shared.runner import Done, Failed, RetryAfter, run_job
from shared.services import Services
from tests.integration.jobs.conftest import SETTINGS, PowerCutError

#: Within it the queue drops a second publication of the same deduplication id.
_DEDUPLICATION_WINDOW = timedelta(minutes=10)
_PATH = timedelta(seconds=1)  #: from publication to delivery
_SWEEP = "aurora.maintenance.sweep"
#: A year is longer than the sweep keeps records.
_KEEP_RUNS = """
    create schema year;
    create table year.pruned (like app.proactive_runs);
    create view year.runs as select * from app.proactive_runs union all select * from year.pruned;
    create function year.keep() returns trigger language plpgsql as $$
    begin
        insert into year.pruned values (old.*);
        return old;
    end
    $$;
    create trigger keep before delete on app.proactive_runs for each row execute function year.keep();
"""
#: The routines of which owners are told. Every message of a year would cost more time than it shows.
TOLD = frozenset({"inactive_clients", "opportunities"})


@dataclass(frozen=True)
class Span:
    """From a moment on, until before another."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, kw_only=True)
class Mishaps:
    """What goes wrong, and how often: chances from 0 to 1."""

    fired_twice: float = 0.0  #: a schedule's message is delivered again, at once or up to an hour later
    delivered_twice: float = 0.0  #: a job is delivered to two processes at the same moment
    cut: float = 0.0  #: the process ends at some call of the database, before it or after
    outages: tuple[Span, ...] = ()  #: no function can be reached
    silences: tuple[Span, ...] = ()  #: no schedule fires


@dataclass
class YearClock:
    """Stands where the year is."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Schedules:
    """The schedules that the queue keeps, by id, with when each fires next; see `shared.ports.Schedules`."""

    clock: YearClock
    kept: dict[str, Schedule] = field(default_factory=dict)
    crons: dict[str, Cron] = field(default_factory=dict)
    firing: list[tuple[datetime, str, Schedule]] = field(default_factory=list)
    #: When the sweep is watched for, in order and apart.
    watched: list[Span] = field(default_factory=list)

    async def present(self) -> tuple[KeptSchedule, ...]:
        return tuple(
            KeptSchedule(
                id=each.id,
                cron=each.cron,
                destination=each.destination,
                body=each.publication.body,
                retries=each.publication.retries,
                paused=False,
                next_run_at=None,
                last_run_at=None,
            )
            for each in self.kept.values()
        )

    async def put(self, schedule: Schedule) -> None:
        self.kept[schedule.id] = schedule
        self.crons[schedule.id] = parse_cron(schedule.cron)
        self.plan(schedule, self.clock.moment)

    async def remove(self, schedule_id: str) -> None:
        self.kept.pop(schedule_id, None)

    async def pause(self, schedule_id: str) -> None:
        raise NotImplementedError("nobody pauses in this year")

    async def resume(self, schedule_id: str) -> None:
        raise NotImplementedError("nobody resumes in this year")

    def plan(self, schedule: Schedule, after: datetime) -> None:
        """Let a schedule fire at its next time after a moment."""
        if schedule.id == _SWEEP:
            ahead = next((span for span in self.watched if span.end > after), None)
            if ahead is None:
                return
            after = max(after, ahead.start)
        found = self.crons[schedule.id].next(int(after.timestamp() * 1000))
        if found is not None:
            heapq.heappush(self.firing, (datetime.fromtimestamp(found / 1000, UTC), schedule.id, schedule))

    def due(self, moment: datetime) -> Iterator[Schedule]:
        """Yield what fires at a moment, and plan when it does next."""
        while self.firing and self.firing[0][0] <= moment:
            _, schedule_id, schedule = heapq.heappop(self.firing)
            if self.kept.get(schedule_id) is schedule:  # neither removed nor replaced meanwhile
                self.plan(schedule, moment)
                yield schedule


@dataclass(frozen=True)
class _Message:
    """A message of the queue on its way."""

    id: str
    publication: Publication
    attempt: int = 1


@dataclass
class YearDatabase:
    """The real functions of `api` at the virtual time. Others get a turn around each call, which may be the last."""

    database: SimulatedDatabase
    clock: YearClock
    cut: Callable[[], bool]

    async def call(self, function: str, **arguments: object) -> Any:
        """See `shared.ports.Database`; other runs get their turn before and after."""
        await asyncio.sleep(0)
        self._maybe_cut()
        parameters = {
            f"p_{name}": str(value) if isinstance(value, UUID) else value for name, value in arguments.items()
        }
        try:
            result = self.database.call(function, parameters, now=self.clock.moment.isoformat())
        except psycopg.Error as error:
            details = {"code": error.sqlstate, "message": error.diag.message_primary or ""}
            raise error_of(function, APIError(details)) from error
        self._maybe_cut()
        await asyncio.sleep(0)
        return result

    async def check(self) -> None:
        """Always there."""

    def _maybe_cut(self) -> None:
        if self.cut():
            raise PowerCutError("the process ends here")


async def _compose(run: RoutineRun, services: Services) -> Composed:
    """Say which routine and which date it is, of the rarer ones; others get their turn meanwhile."""
    await asyncio.sleep(0)
    told = (OwnerMessage(text=f"{run.kind} {run.local_date}"),) if run.kind in TOLD else ()
    return Composed(messages=told)


async def _run(payload: routine_run.RoutineDue, context: Context) -> str:
    return await routine_run.perform(payload, context, lambda kind: _compose)


def _jobs() -> Registry:
    """Return the jobs as they are, except that routines say no more than that they ran."""
    load_jobs()
    jobs = Registry()
    for each in registry.jobs.values():
        jobs.add(replace(each, handler=_run) if each.name == "routine.run" else each)
    return jobs


class Year:
    """Businesses, the queue and its schedules, from one moment on."""

    def __init__(self, database: SimulatedDatabase, start: datetime, *, mishaps: Mishaps, seed: int) -> None:
        database.begin(seed)
        self.database = database
        self.mishaps = mishaps
        self.clock = YearClock(start)
        self.schedules = Schedules(self.clock)
        self.happened: Counter[str] = Counter()
        self.lost: list[Publication] = []  #: what was given up after the last retry
        self._jobs = _jobs()
        self._chance = random.Random(seed)  # noqa: S311 - which faults strike is no secret
        self._numbers = count(1)
        self._waiting: list[tuple[datetime, int, _Message]] = []
        self._seen: dict[str, datetime] = {}
        self._acts: list[tuple[datetime, int, Callable[[], object]]] = []
        self.services: Services = replace(
            bootstrap(replace(SETTINGS, log_level="ERROR"), clock=self.clock),
            make_queue=lambda: self,
            make_schedules=lambda: self.schedules,
            make_database=lambda: YearDatabase(database, self.clock, lambda: self._strikes("cut")),
        )

    def found(self, name: str, timezone: str, **times: time) -> str:
        """Create a business with one owner and one number, and return its id.

        With `times`, by kind, it wants those routines then and no others; without, all at their usual times.
        """
        tenant = {
            "name": name,
            "provider": "evolution",
            "instance": f"number-{next(self._numbers)}",
            "owner_phone": f"+5511{900000000 + next(self._numbers)}",
            "owner_name": "Dona",
            "timezone": timezone,
        }
        now = self.clock.moment.isoformat()
        organization_id: str = self.database.call("create_tenant", {"p_tenant": tenant}, now=now)["organization_id"]
        self.database.execute("update app.instances set state = 'open'")
        for kind, at in times.items():
            self.database.execute(
                "update app.routines set local_time = %s where organization_id = %s and kind = %s",
                (at, organization_id, kind),
            )
        if times:
            self.database.execute(
                "update app.routines set enabled = kind = any(%s) where organization_id = %s",
                (list(times), organization_id),
            )
        return organization_id

    def move(self, organization_id: str, timezone: str, at: datetime) -> None:
        """Let a business change its zone at a moment to come."""
        statement = (
            "with moment as materialized (select set_config('simulation.now', %s, true))"
            " update app.organizations set timezone = %s from moment where id = %s"
        )
        self.at(at, lambda: self.database.execute(statement, (at.isoformat(), timezone, organization_id)))

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Let something happen at a moment to come."""
        heapq.heappush(self._acts, (moment, next(self._numbers), act))

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        """See `shared.ports.Queue`. Only routines and what keeps them going are delivered in this year."""
        return tuple(self._take(each) for each in publications)

    async def check(self) -> None:
        """Always there."""

    async def sync(self) -> None:
        """Bring the schedules up to date, as `aurora schedules sync` does."""
        job = registry.find("schedules.sync")
        await self.publish([job.publication(job.payload())])
        await self._deliver_due(self.clock.moment + _PATH)

    async def live(self, until: datetime) -> None:
        """Live from where the clock stands until before a moment."""
        while (moment := self._next_moment()) < until:
            self.clock.moment = moment
            while self._acts and self._acts[0][0] <= moment:
                heapq.heappop(self._acts)[2]()
            for schedule in self.schedules.due(moment):
                self._fire(schedule)
            await self._deliver_due(moment)
        self.clock.moment = until

    def _next_moment(self) -> datetime:
        heaps: tuple[list[Any], ...] = (self._acts, self.schedules.firing, self._waiting)
        return min((heap[0][0] for heap in heaps if heap), default=datetime.max.replace(tzinfo=UTC))

    def _fire(self, schedule: Schedule) -> None:
        if any(self.clock.moment in silence for silence in self.mishaps.silences):
            self.happened[f"missed {schedule.publication.job}"] += 1
            return
        self._push(schedule.publication, timedelta(0))
        if schedule.id != _SWEEP and self._strikes("fired_twice"):
            self._push(schedule.publication, timedelta(minutes=self._chance.choice((0, 1, 11, 59))))

    def _take(self, publication: Publication) -> str:
        key, now = publication.deduplication_id, self.clock.moment
        if key is not None:
            if self._seen.get(key, now) > now:
                return "dropped"
            self._seen[key] = now + _DEDUPLICATION_WINDOW
        return self._push(publication, publication.delay)

    def _push(self, publication: Publication, delay: timedelta) -> str:
        message = _Message(f"msg-{next(self._numbers)}", publication)
        if publication.job != "message.send":  # nobody reads it: what is in the outbox is counted there
            self._wait(message, delay)
        return message.id

    def _wait(self, message: _Message, delay: timedelta) -> None:
        heapq.heappush(self._waiting, (self.clock.moment + _PATH + delay, next(self._numbers), message))

    async def _deliver_due(self, moment: datetime) -> None:
        """Deliver at the same time what is due at the same time."""
        together = []
        while self._waiting and self._waiting[0][0] <= moment:
            message = heapq.heappop(self._waiting)[2]
            together += [message, message] if self._strikes("delivered_twice") else [message]
        self.clock.moment = max(self.clock.moment, moment)
        await asyncio.gather(*map(self._deliver, together))

    async def _deliver(self, message: _Message) -> None:
        publication = message.publication
        if any(self.clock.moment in outage for outage in self.mishaps.outages):
            self.happened["not reached"] += 1
            self._retry(message)
            return
        delivery = Delivery(message_id=message.id, attempt=message.attempt, correlation_id=message.id)
        try:
            outcome = await run_job(
                publication.job,
                publication.body.encode(),
                delivery=delivery,
                services=self.services,
                jobs=self._jobs,
            )
        except PowerCutError:
            self._retry(message)
            return
        match outcome:
            case Done(word):
                self.happened[f"{publication.job}: {word}"] += 1
            case RetryAfter(_, delay):
                self._retry(message, delay)
            case Failed(reason, retriable):
                assert retriable, f"{publication.job} {publication.body}: {reason}"
                self.happened[f"{publication.job} failed: {reason}"] += 1
                self._retry(message)

    def _retry(self, message: _Message, delay: timedelta | None = None) -> None:
        if message.attempt > message.publication.retries:
            self.lost.append(message.publication)
            return
        if delay is None:
            assert message.publication.retry_delay is not None
            delay = timedelta(milliseconds=evaluate(message.publication.retry_delay, retried=message.attempt - 1))
        self._wait(replace(message, attempt=message.attempt + 1), delay)

    def _strikes(self, mishap: str) -> bool:
        chance: float = getattr(self.mishaps, mishap)
        struck = self._chance.random() < chance
        self.happened[mishap] += struck
        return struck


@pytest.fixture
def year_database(database: str) -> Iterator[SimulatedDatabase]:
    """A migrated database whose `app.now()` is what the caller says; `year.runs` has what was pruned as well."""
    with closing(SimulatedDatabase(database)) as simulated:
        simulated.execute(_KEEP_RUNS)
        yield simulated
