"""One world: its parts put together, its story played, and what is left of it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import httpx

from infra.local.qstash import Broker, BrokerConfig, broker_app
from infra.schedules import sync_schedules
from infra.simulation import collection
from infra.simulation.chaos import Chaos, Outage
from infra.simulation.clocks import BrokerClock, DriftingClock, elapsed, moment
from infra.simulation.database import CalmDatabase, SimulatedDatabase, WiredDatabase
from infra.simulation.end_state import EndState, Parts
from infra.simulation.errands import with_errands
from infra.simulation.founding import found
from infra.simulation.functions import Functions, bury
from infra.simulation.http import Serve, WireTransport
from infra.simulation.ingress import Ingress
from infra.simulation.intruder import Intruder
from infra.simulation.loop import run_virtually
from infra.simulation.model import Model
from infra.simulation.office import Office
from infra.simulation.people import Business, Kind, Person, Script, write_script
from infra.simulation.redis import SimulatedRedis, VirtualLimits, WiredRedis
from infra.simulation.settings import SECRET, TOKEN, simulated_settings
from infra.simulation.story import Story
from infra.simulation.whatsapp import WhatsApp
from infra.simulation.wire import Wire
from shared.adapters.evolution import EvolutionGateway
from shared.adapters.openai import OpenAIModel
from shared.adapters.qstash import QStashQueue
from shared.adapters.qstash_schedules import QStashSchedules
from shared.bootstrap import bootstrap
from shared.inline import FallbackQueue, in_place
from shared.jobs import load_jobs
from shared.ports import Queue
from shared.registry import registry
from shared.resilience.circuit_breaker import MemoryCircuitBreaker
from shared.services import Services
from shared.settings import Settings

#: What a healthy call takes each way, in virtual seconds.
_LATENCIES = {
    "database": (0.002, 0.03),
    "queue": (0.005, 0.05),
    "model": (0.01, 0.1),
    "gateway": (0.01, 0.2),
    "redis": (0.001, 0.005),
}

#: The longest that a world is given to come to rest, in virtual seconds: failure callbacks wait half an hour at times.
_PATIENCE = 4 * 3600.0
_STEP = 30.0
#: What is put off for longer than this, in virtual seconds, is put off to another day.
_ANOTHER_DAY = 3 * 3600.0
#: How many times the sweep comes round once the faults are over.
_SWEEPS = 3
_SWEEP_PERIOD = 300.0
#: When the businesses' summaries are due, in virtual seconds: in every world, while the faults are about.
_SUMMARY_AT = 120.0


@dataclass(frozen=True, kw_only=True)
class Variation:
    """What is different in a world that shall show a safeguard missing."""

    services: Callable[[Services], Services] = lambda services: services
    queue: Callable[[Queue], Queue] = lambda queue: queue  #: around the client of QStash
    without_schedules: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """A world that was played."""

    end: EndState
    story: Story
    outages: tuple[Outage, ...]
    calls: Counter[str]  #: to the outside, by the path of the request that made them
    requests: Counter[str]  #: answered, by path


class World:
    """Puts the parts together and plays one seed."""

    def __init__(
        self,
        seed: int,
        database: SimulatedDatabase,
        redis: SimulatedRedis,
        *,
        calm: bool = False,
        variation: Variation | None = None,
        script: Script | None = None,
    ) -> None:
        """Make the world of `seed`; a `calm` one has no faults. A `script` replaces the one of the seed."""
        load_jobs()
        self._seed = seed
        self._calm = calm
        self._variation = variation or Variation()
        self._database = database
        self._redis = redis
        self._settings = simulated_settings()
        self._script = script or with_errands(write_script(self._source("people")), self._source("errands"))
        self._has_summaries = script is None  # a script that is given tells everything that happens
        self._chaos = Chaos(self._source("faults"), horizon=self._script.horizon, calm=calm)
        self._story = Story()
        self._businesses: dict[str, Business] = {}  #: by the organization's id
        self._clock, self._database_clock = DriftingClock(), DriftingClock()
        self._office = Office(database, self._database_clock, self._story)
        self._functions = Functions(self._services, self._story)
        self._ingress = Ingress(self._functions, self._chaos, self._source("network"), self._story)
        self._whatsapp = WhatsApp(self._ingress, self._chaos, self._source("whatsapp"), self._story, secret=SECRET)
        self._broker = Broker(
            BrokerConfig(
                token=TOKEN,
                current_signing_key=self._settings.qstash_current_signing_key,
                next_signing_key=self._settings.qstash_next_signing_key,
                dev_endpoints=False,
            ),
            clock=BrokerClock(),
            transport=self._ingress,
            source=self._source("queue ids"),
        )
        self._intruder = Intruder(self._functions, self._ingress, self._settings.public_url)
        self._wires = {name: self._wire(name) for name in _LATENCIES}
        self._connect()

    async def play(self) -> Run:
        """Live through the whole story and return what is left."""
        self._database.begin(self._seed)
        self._redis.begin()
        await self._broker.start()
        self._found()
        await self._schedule()
        loop = asyncio.get_running_loop()
        for action in self._script.actions:
            loop.call_at(action.at, self._whatsapp.act, action)
        for errand in self._script.errands:
            loop.call_at(errand.at, self._office.run, errand)
        drifting = loop.create_task(self._drift())
        intruding = loop.create_task(self._intruder.intrude(self._source("intruder"), self._script.horizon))
        await asyncio.sleep(max(self._script.horizon, *(outage.end for outage in self._chaos.outages), 0.0) + 60)
        drifting.cancel()
        await intruding
        settled = await self._settle()
        end = await self._end_state(settled=settled)
        await self._broker.stop()
        await bury()
        return Run(
            end=end,
            story=self._story,
            outages=tuple(self._chaos.outages),
            calls=self._functions.calls,
            requests=self._functions.requests,
        )

    def _wire(self, dependency: str) -> Wire:
        return Wire(
            dependency,
            chaos=self._chaos,
            source=self._source(dependency),
            story=self._story,
            latency=_LATENCIES[dependency],
        )

    def _source(self, purpose: str) -> random.Random:
        """Return a source of chance of its own for each purpose, so that one part's luck is not another's."""
        return random.Random(f"{self._seed}/{purpose}")  # noqa: S311 - a simulation

    def _connect(self) -> None:
        """Make the adapters that all processes share; each call knows its own process."""
        settings = self._settings
        self._wired_database = WiredDatabase(self._database, self._wires["database"], self._database_clock)
        self._limits = VirtualLimits(self._clock)
        self._model = OpenAIModel(
            settings.openai_base_url,
            settings.openai_api_key,
            model=settings.openai_model,
            client=self._client("model", Model(self._source("model answers")).serve),
        )
        self._gateway = EvolutionGateway(
            settings.evolution_url, settings.evolution_api_key, client=self._client("gateway", self._whatsapp.serve)
        )
        self._queue, self._schedules = _queue_clients(settings)
        # The official client takes no transport of its caller's.
        self._queue_api = httpx.ASGITransport(broker_app(self._broker))
        for adapter in (self._queue, self._schedules):
            adapter._client.http._client = self._client("queue", self._queue_api.handle_async_request)

    def _client(self, dependency: str, serve: Serve) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=WireTransport(self._wires[dependency], serve))

    def _services(self) -> Services:
        services = replace(
            bootstrap(
                self._settings,
                clock=self._clock,
                model=self._model,
                gateways={"evolution": self._gateway},
                redis=WiredRedis(self._redis, self._wires["redis"], self._limits),
            ),
            make_database=lambda: self._wired_database,
            make_schedules=lambda: self._schedules,
            # As `bootstrap` composes it, around the shared client.
            make_queue=lambda: FallbackQueue(
                self._variation.queue(self._queue),
                in_place(varied),
                breaker=MemoryCircuitBreaker(clock=self._clock),
                clock=self._clock,
            ),
        )
        varied = self._variation.services(services)
        return varied

    def _found(self) -> None:
        """Create the tenants, with the clients whom they will write to."""
        for business in self._script.businesses:
            organization_id = found(self._database, business)
            self._whatsapp.know(Person(name="Dona", phone=business.owner_phone))
            self._businesses[organization_id] = business
        self._office.open({business.name: each for each, business in self._businesses.items()})
        for errand in self._script.errands:
            self._whatsapp.know(errand.person)
            self._office.know(errand)
        if self._has_summaries:
            self._database.execute(
                "update app.routines set local_time = (%s::timestamptz at time zone timezone)::time"
                " where kind = 'daily_summary'",
                (moment(_SUMMARY_AT),),
            )

    async def _schedule(self) -> None:
        """Give the queue the schedules that jobs declare and routines need; nothing goes wrong in this."""
        if self._variation.without_schedules:
            return
        wired = self._schedules._client.http._client
        self._schedules._client.http._client = httpx.AsyncClient(transport=self._queue_api)
        database = CalmDatabase(self._database, self._database_clock)
        await sync_schedules(self._schedules, database, deployment=self._settings.deployment)
        self._schedules._client.http._client = wired

    async def _drift(self) -> None:
        """Let the machines' clocks jump now and then, by less than a signature bears."""
        source = self._source("clocks")
        while True:
            await asyncio.sleep(source.uniform(60, 400))
            if source.random() < 0.5:
                clock = source.choice((self._clock, self._database_clock))
                clock.skew = timedelta(seconds=source.uniform(-20, 20))
                self._story.tell("clock", f"is wrong by {clock.skew.total_seconds():.1f} s")
                self._story.count("fault: clock jumped")

    async def _settle(self) -> bool:
        """End all faults and wait until nothing is under way; return whether that came."""
        self._chaos.over = True
        self._clock.skew = self._database_clock.skew = timedelta(0)
        self._story.tell("world", "the dust settles")
        for action in self._script.actions:
            if action.kind is Kind.CONNECTION_LOST:
                self._whatsapp.act(replace(action, kind=Kind.CONNECTED))
        deadline = elapsed() + _PATIENCE
        for _ in range(_SWEEPS):
            await asyncio.sleep(_SWEEP_PERIOD)
            while not await self._at_rest():
                if elapsed() > deadline:
                    return False
                await asyncio.sleep(_STEP)
        return True

    async def _at_rest(self) -> bool:
        idle = self._whatsapp.idle and self._ingress.idle and self._functions.idle
        return idle and not await collection.unfinished(self._broker, before=elapsed() + _ANOTHER_DAY)

    async def _end_state(self, *, settled: bool) -> EndState:
        jobs = registry.jobs
        return EndState(
            seed=self._seed,
            script=self._script,
            parts=Parts(sweep="maintenance.sweep" in jobs and not self._variation.without_schedules),
            freshness_seconds=self._settings.freshness_seconds,
            quiet_window_seconds=self._settings.quiet_window_seconds,
            burst_seconds=getattr(self._settings, "burst_seconds", 20.0),
            messages=collection.stored_messages(self._database),
            conversations=collection.conversations(self._database),
            arrivals=tuple(self._whatsapp.arrivals),
            found=collection.found_by_look_up(self._wired_database.log),
            reports=tuple(self._whatsapp.reports),
            acknowledged=frozenset(self._functions.acknowledged),
            queue=await collection.queued_messages(self._broker),
            dead_letters=collection.dead_letters(self._database),
            calm=self._calm,
            longest_outage=max((outage.end - outage.start for outage in self._chaos.outages), default=0.0),
            claims=collection.claims(self._wired_database.log),
            sends=collection.sends(self._wired_database.log),
            routine_days=collection.routine_days(self._database, self._wired_database.log, self._due_summaries()),
            followups=collection.followups(self._database),
            errands=tuple(self._office.done),
            stored_at=collection.stored_at(self._wired_database.log),
            intrusions=tuple(self._intruder.intrusions),
            ended_at=elapsed(),
            settled=settled,
            crashes=tuple(self._functions.crashes),
        )

    def _due_summaries(self) -> Iterator[tuple[str, str, date]]:
        """Yield whose summary was due, of which local date; none when nothing makes it run."""
        if self._variation.without_schedules or not self._has_summaries:
            return
        for organization_id, business in self._businesses.items():
            yield organization_id, "daily_summary", moment(_SUMMARY_AT).astimezone(ZoneInfo(business.timezone)).date()


@cache
def _queue_clients(settings: Settings) -> tuple[QStashQueue, QStashSchedules]:
    """Make the clients of the queue once for all worlds: each reads every certificate of the machine."""
    url, token = settings.qstash_url, settings.qstash_token
    return (
        QStashQueue(url, token, public_url=settings.public_url),
        QStashSchedules(url, token, deployment=settings.deployment),
    )


def play(
    seed: int,
    database: SimulatedDatabase,
    redis: SimulatedRedis,
    *,
    calm: bool = False,
    variation: Variation | None = None,
    script: Script | None = None,
) -> Run:
    """Play the world of `seed` from beginning to end, in no real time but its own work; see `World`."""

    async def live() -> Run:
        return await World(seed, database, redis, calm=calm, variation=variation, script=script).play()

    return run_virtually(live())
