"""The breakers that all processes share, as scripts in the real server over the real REST API."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from shared.adapters import redis as adapter
from shared.errors import GatewayError, GatewayPausedError
from shared.resilience.circuit_breaker import Admission, BreakerPolicy, Closed, State, Tripped, ask, moment, settle
from shared.resilience.guards import GuardedGateway
from shared.resilience.redis_breaker import RedisCircuitBreaker
from tests.conftest import RedisRest
from tests.contract.resilience.conftest import CountedRedis
from tests.unit.resilience.conftest import HandClock, Outside
from tests.unit.resilience.test_circuit_breaker import ASKED, SETTLED
from tests.unit.resilience.test_circuit_breaker import POLICY as TABLES_POLICY

POLICY = BreakerPolicy(
    failures=3,
    window=timedelta(seconds=60),
    cooldown=timedelta(seconds=30),
    longest_cooldown=timedelta(seconds=100),
    probe_limit=timedelta(seconds=40),
)
NAME = "gateway:evolution:loja-a"
KEY = f"aurora:breaker:{NAME}"


def breaker_over(redis: CountedRedis, clock: HandClock, **changes: Any) -> RedisCircuitBreaker:
    return RedisCircuitBreaker(redis=redis, clock=clock, policy=POLICY, **changes)


async def open_it(breaker: RedisCircuitBreaker, name: str = NAME) -> None:
    for _ in range(POLICY.failures):
        await breaker.settle(name, Admission(), failed=True)


async def test_fifty_who_ask_at_once_get_one_probe(counted: CountedRedis, clock: HandClock) -> None:
    """From whichever process they ask: one goes, the others are told to wait for it."""
    processes = [breaker_over(counted, clock) for _ in range(10)]
    await open_it(processes[0])
    clock.advance(30)
    admissions = await asyncio.gather(*(processes[number % 10].ask(NAME) for number in range(50)))
    assert len([each for each in admissions if each.probe is not None]) == 1
    assert [each.wait for each in admissions if each.probe is None] == [POLICY.probe_limit] * 49


async def test_failures_that_come_at_once_are_all_counted(counted: CountedRedis, clock: HandClock) -> None:
    """No update is lost between processes."""
    await asyncio.gather(
        *(breaker_over(counted, clock).settle(NAME, Admission(), failed=True) for _ in range(POLICY.failures))
    )
    assert (await breaker_over(counted, clock).ask(NAME)).wait == POLICY.cooldown


async def test_what_one_process_opens_is_open_for_the_others(counted: CountedRedis, clock: HandClock) -> None:
    """And what one probe finds, all know."""
    one, other = breaker_over(counted, clock), breaker_over(counted, clock)
    await open_it(one)
    assert (await other.ask(NAME)).wait == POLICY.cooldown
    clock.advance(30)
    probe = await other.ask(NAME)
    await other.settle(NAME, probe, failed=False)
    assert await one.ask(NAME) == Admission()


async def test_a_call_costs_one_round_trip(counted: CountedRedis, clock: HandClock) -> None:
    """One before it; nothing after a success; one more to tell of a failure or of a probe's outcome."""
    breaker = breaker_over(counted, clock, trust=timedelta(0))
    gateway = GuardedGateway(gateway=(outside := Outside()), breaker=breaker, provider="evolution")

    async def trips_of(error: GatewayError | None) -> int:
        before = counted.trips
        outside.errors.append(error)
        if error is None:
            await gateway.send_text("loja-a", "5511", "Oi")
        else:
            with pytest.raises(type(error)):
                await gateway.send_text("loja-a", "5511", "Oi")
        return counted.trips - before

    assert await trips_of(None) == 1
    assert [await trips_of(GatewayError("down")) for _ in range(3)] == [2, 2, 2]
    before = counted.trips
    with pytest.raises(GatewayPausedError):
        await gateway.send_text("loja-a", "5511", "Oi")
    assert counted.trips - before == 1
    clock.advance(30)
    assert await trips_of(GatewayError("down")) == 2
    clock.advance(60)
    assert await trips_of(None) == 2
    assert await trips_of(None) == 1


async def test_a_success_spares_the_next_question_for_a_while(counted: CountedRedis, clock: HandClock) -> None:
    """The rounds of one turn ask once; a failure, or ten seconds, end the trust."""
    breaker = breaker_over(counted, clock)

    async def call(*, failed: bool = False, name: str = NAME) -> int:
        before = counted.trips
        await breaker.settle(name, await breaker.ask(name), failed=failed)
        return counted.trips - before

    assert [await call(), await call(), await call(name="model:host")] == [1, 0, 1]
    clock.advance(9)
    assert await call() == 0
    clock.advance(1)
    assert [await call(), await call()] == [1, 0]
    assert [await call(failed=True), await call()] == [1, 1]


async def test_a_look_at_a_closed_breaker_spares_the_question(counted: CountedRedis, clock: HandClock) -> None:
    """As a success does: for ten seconds, or until a failure; and a look spares the next look too."""
    breaker = breaker_over(counted, clock)

    async def trips_of(question: Coroutine[Any, Any, Any]) -> int:
        before = counted.trips
        await question
        return counted.trips - before

    assert await trips_of(breaker.look(NAME)) == 1
    assert [await trips_of(breaker.ask(NAME)), await trips_of(breaker.look(NAME))] == [0, 0]
    clock.advance(9)
    assert await breaker.ask(NAME) == Admission()
    assert counted.trips == 1
    clock.advance(1)
    assert await trips_of(breaker.ask(NAME)) == 1
    await breaker.look(NAME)
    await breaker.settle(NAME, Admission(), failed=True)
    assert await trips_of(breaker.ask(NAME)) == 1


async def test_a_success_after_a_look_counts_from_the_look(counted: CountedRedis, clock: HandClock) -> None:
    """What was seen long ago is not made fresh by a call that took its time."""
    breaker = breaker_over(counted, clock)
    await breaker.look(NAME)
    clock.advance(6)
    await breaker.settle(NAME, await breaker.ask(NAME), failed=False)
    assert counted.trips == 1
    clock.advance(4)
    await breaker.ask(NAME)
    assert counted.trips == 2


@pytest.mark.parametrize(("state", "now", "admission", "after"), ASKED.values(), ids=ASKED)
async def test_a_look_changes_nothing(
    rest: adapter.RedisRest, state: State, now: int, admission: Admission, after: State
) -> None:
    """Neither what is stored nor what the question after it gets: a probe that is due is still there to be had."""
    await store(rest, state)
    breaker = RedisCircuitBreaker(redis=rest, clock=at(now), policy=TABLES_POLICY)
    await breaker.look(NAME)
    assert await stored(rest) == state
    given = await breaker.ask(NAME)
    assert (replace(given, probe="new") if given.probe else given) == admission


async def test_keys_expire_by_themselves(rest: adapter.RedisRest, counted: CountedRedis, clock: HandClock) -> None:
    """Whatever a breaker remembers is gone when it is of no use, and a closed one remembers nothing."""
    breaker = breaker_over(counted, clock)

    async def life() -> timedelta:
        return timedelta(milliseconds=await rest.run("PTTL", KEY))

    def about(expected: timedelta, found: timedelta) -> bool:
        return expected - timedelta(seconds=10) < found <= expected

    await breaker.settle(NAME, Admission(), failed=True)
    assert about(POLICY.window, await life())
    await open_it(breaker)
    assert about(POLICY.cooldown + POLICY.longest_cooldown, await life())
    clock.advance(30)
    probe = await breaker.ask(NAME)
    assert about(POLICY.probe_limit + POLICY.longest_cooldown, await life())
    await breaker.settle(NAME, probe, failed=False)
    assert await rest.run("EXISTS", KEY) == 0


class Twins(RuleBasedStateMachine):
    """Does the same to the scripts and to the pure rules, with a clock of its own."""

    runner: asyncio.Runner
    redis: adapter.RedisRest
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.name = f"model:{type(self).runs}"
        self.clock = HandClock()
        self.scripts = RedisCircuitBreaker(redis=self.redis, clock=self.clock, policy=POLICY, trust=timedelta(0))
        self.state: State = Closed()
        self.flying: list[Admission] = []  #: calls under way

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def tell(self, admission: Admission, *, failed: bool) -> None:
        self.run(self.scripts.settle(self.name, admission, failed=failed))
        now = moment(self.clock.now())
        self.state = settle(self.state, POLICY, now=now, probe=admission.probe, failed=failed)

    @rule(seconds=st.one_of(st.integers(0, 250), st.sampled_from([59.999, 60])))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: isinstance(self.state, Tripped))
    @rule(milliseconds=st.sampled_from([-1, 0, 1]))
    def the_probe_is_about_due(self, milliseconds: int) -> None:
        assert isinstance(self.state, Tripped)
        seconds = (self.state.until + milliseconds - moment(self.clock.now())) / 1000
        self.clock.advance(max(0.0, seconds))

    @rule()
    def a_call_asks(self) -> None:
        admission: Admission = self.run(self.scripts.ask(self.name))
        now = moment(self.clock.now())
        self.state, expected = ask(self.state, POLICY, now=now, probe=admission.probe or "nobody")
        assert admission == expected
        if admission.wait is None:
            self.flying.append(admission)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), failed=st.booleans())
    def a_call_comes_back(self, data: st.DataObject, failed: bool) -> None:
        self.tell(self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1))), failed=failed)

    @rule(times=st.integers(1, 3))
    def calls_fail(self, times: int) -> None:
        for _ in range(times):
            self.tell(Admission(), failed=True)

    @precondition(lambda self: self.flying)
    @rule()
    def a_process_dies(self) -> None:
        self.flying.pop()

    @invariant()
    def what_is_stored_is_the_state(self) -> None:
        stored = self.run(self.redis.run("HGETALL", f"aurora:breaker:{self.name}"))
        assert self.remembered(state_of(stored)) == self.remembered(self.state)

    def remembered(self, state: State) -> State:
        """Two states are the same when nobody who asks can tell them apart: Redis forgets only as keys expire."""
        return ask(state, POLICY, now=moment(self.clock.now()), probe="nobody")[0]


def state_of(stored: Any) -> State:
    """Return the state that a hash holds, as the module of the scripts describes it."""
    fields = dict(zip(stored[::2], stored[1::2], strict=True)) if isinstance(stored, list) else stored
    if "until" in fields:
        return Tripped(until=int(fields["until"]), cooldown=int(fields["cooldown"]), probe=fields.get("probe"))
    return Closed(tuple(int(at) for at in fields.get("failures", "").split(",") if at))


def test_the_scripts_follow_the_rules(redis_rest: RedisRest) -> None:
    """Whatever calls do and however time passes, the scripts answer and remember as the pure rules do."""

    with asyncio.Runner() as event_loop:

        class Here(Twins):
            runner, redis = event_loop, adapter.RedisRest(redis_rest.url, redis_rest.token)

        # Every step is a round trip or two: fewer runs than usual, and no limit on how long one takes.
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
            ),
        )
        event_loop.run(Here.redis.aclose())


def hash_of(state: State) -> list[str]:
    """Return the fields and values that stand for a state, as the module of the scripts describes them."""
    match state:
        case Closed(failures=failures):
            return ["failures", ",".join(map(str, failures))] if failures else []
        case Tripped(until=until, cooldown=cooldown, probe=probe):
            return ["until", str(until), "cooldown", str(cooldown), *(["probe", probe] if probe else [])]


async def store(rest: adapter.RedisRest, state: State) -> None:
    if fields := hash_of(state):
        await rest.run("HSET", KEY, *fields)


async def stored(rest: adapter.RedisRest) -> State:
    return state_of(await rest.run("HGETALL", KEY))


def at(milliseconds: int) -> HandClock:
    return HandClock(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds))


@pytest.mark.parametrize(("state", "now", "admission", "after"), ASKED.values(), ids=ASKED)
async def test_the_script_that_asks_keeps_the_table(
    rest: adapter.RedisRest, state: State, now: int, admission: Admission, after: State
) -> None:
    """The same states, moments and answers as the pure rules have."""
    await store(rest, state)
    given = await RedisCircuitBreaker(redis=rest, clock=at(now), policy=TABLES_POLICY).ask(NAME)
    renamed = replace(given, probe="new") if given.probe else given
    assert renamed == admission
    found = await stored(rest)
    if isinstance(found, Tripped) and found.probe == given.probe is not None:
        found = replace(found, probe="new")
    # Nothing need be written when a breaker is forgotten: its key expires.
    assert found == after or (found == state and after == Closed())


@pytest.mark.parametrize(("state", "now", "probe", "failed", "after"), SETTLED.values(), ids=SETTLED)
async def test_the_script_that_settles_keeps_the_table(
    rest: adapter.RedisRest, state: State, now: int, probe: str | None, failed: bool, after: State
) -> None:
    """The same states, outcomes and states after them as the pure rules have."""
    await store(rest, state)
    breaker = RedisCircuitBreaker(redis=rest, clock=at(now), policy=TABLES_POLICY)
    await breaker.settle(NAME, Admission(probe=probe), failed=failed)
    assert await stored(rest) == after


async def test_a_single_failure_can_open(counted: CountedRedis, clock: HandClock) -> None:
    """The smallest policy works, in milliseconds too."""
    policy = replace(POLICY, failures=1, cooldown=timedelta(milliseconds=1))
    breaker = RedisCircuitBreaker(redis=counted, clock=clock, policy=policy)
    await breaker.settle(NAME, Admission(), failed=True)
    assert (await breaker.ask(NAME)).wait == timedelta(milliseconds=1)
    clock.advance(0.001)
    assert (await breaker.ask(NAME)).probe is not None


async def test_a_server_that_is_gone_closes_the_breaker(clock: HandClock) -> None:
    """The adapter's own error ends in "go ahead", through the real client."""
    gone = adapter.RedisRest("http://127.0.0.1:9", "made-up")
    breaker = RedisCircuitBreaker(redis=gone, clock=clock, policy=POLICY)
    for _ in range(5):
        await breaker.look(NAME)
        admission = await breaker.ask(NAME)
        assert admission == Admission()
        await breaker.settle(NAME, admission, failed=True)
    await gone.aclose()
