"""The breaker's rules: a dependency that keeps failing is left alone, then tried with one call."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import AuroraError, CircuitOpenError, ModelError
from shared.resilience.circuit_breaker import (
    Admission,
    BreakerPolicy,
    Closed,
    MemoryCircuitBreaker,
    State,
    Tripped,
    ask,
    guarded,
    moment,
    settle,
)
from tests.unit.resilience.conftest import HandClock

POLICY = BreakerPolicy(
    failures=3,
    window=timedelta(seconds=10),
    cooldown=timedelta(seconds=5),
    longest_cooldown=timedelta(seconds=15),
    probe_limit=timedelta(seconds=8),
)
OPEN = Tripped(until=105_000, cooldown=5_000)
HALF_OPEN = Tripped(until=108_000, cooldown=5_000, probe="first")


def waits(milliseconds: int) -> Admission:
    return Admission(wait=timedelta(milliseconds=milliseconds))


ASKED: dict[str, tuple[State, int, Admission, State]] = {
    "closed lets through": (Closed(), 100_000, Admission(), Closed()),
    "closed with failures lets through": (Closed((99_000,)), 100_000, Admission(), Closed((99_000,))),
    "open waits": (OPEN, 100_000, waits(5_000), OPEN),
    "open waits to the last millisecond": (OPEN, 104_999, waits(1), OPEN),
    "open lets the probe through when it is due": (
        OPEN,
        105_000,
        Admission(probe="new"),
        Tripped(until=113_000, cooldown=5_000, probe="new"),
    ),
    "half-open lets nobody else through": (HALF_OPEN, 107_999, waits(1), HALF_OPEN),
    "a lost probe is followed by another": (
        HALF_OPEN,
        108_000,
        Admission(probe="new"),
        Tripped(until=116_000, cooldown=5_000, probe="new"),
    ),
    "the next probe leaves the cool-down as it is": (
        replace(OPEN, cooldown=10_000),
        105_000,
        Admission(probe="new"),
        Tripped(until=113_000, cooldown=10_000, probe="new"),
    ),
    "what nobody asked about for long is forgotten": (OPEN, 120_000, Admission(), Closed()),
    "just before that it is not": (
        OPEN,
        119_999,
        Admission(probe="new"),
        Tripped(until=127_999, cooldown=5_000, probe="new"),
    ),
}


@pytest.mark.parametrize(("state", "now", "admission", "after"), ASKED.values(), ids=ASKED)
def test_who_may_leave(state: State, now: int, admission: Admission, after: State) -> None:
    """Each state has one answer to a call, and one state after it."""
    assert ask(state, POLICY, now=now, probe="new") == (after, admission)


SETTLED: dict[str, tuple[State, int, str | None, bool, State]] = {
    "a success while closed changes nothing": (Closed((99_000,)), 100_000, None, False, Closed((99_000,))),
    "a failure is remembered": (Closed((99_000,)), 100_000, None, True, Closed((99_000, 100_000))),
    "failures out of the window are forgotten": (
        Closed((90_000, 90_001)),
        100_000,
        None,
        True,
        Closed((90_001, 100_000)),
    ),
    "the last failure opens": (Closed((95_000, 99_000)), 100_000, None, True, OPEN),
    "three failures at once open": (Closed((100_000, 100_000)), 100_000, None, True, OPEN),
    "a failure of a call that left before it opened": (OPEN, 101_000, None, True, OPEN),
    "the probe's success closes": (HALF_OPEN, 106_000, "first", False, Closed()),
    "the probe's failure opens for twice as long": (
        HALF_OPEN,
        106_000,
        "first",
        True,
        Tripped(until=116_000, cooldown=10_000),
    ),
    "up to the longest": (
        replace(HALF_OPEN, cooldown=10_000),
        106_000,
        "first",
        True,
        Tripped(until=121_000, cooldown=15_000),
    ),
    "a lost probe's success comes too late": (HALF_OPEN, 106_000, "lost", False, HALF_OPEN),
    "a lost probe's failure comes too late": (HALF_OPEN, 106_000, "lost", True, HALF_OPEN),
    "a lost probe's failure says nothing of a closed one": (Closed(), 106_000, "lost", True, Closed()),
    "what was forgotten starts anew": (OPEN, 120_000, None, True, Closed((120_000,))),
}


@pytest.mark.parametrize(("state", "now", "probe", "failed", "after"), SETTLED.values(), ids=SETTLED)
def test_what_an_outcome_changes(state: State, now: int, probe: str | None, failed: bool, after: State) -> None:
    """Each state has one state after an outcome."""
    assert settle(state, POLICY, now=now, probe=probe, failed=failed) == after


def test_one_failure_can_be_enough() -> None:
    """A policy of one failure opens at the first."""
    assert settle(Closed(), replace(POLICY, failures=1), now=100_000, probe=None, failed=True) == OPEN


@pytest.mark.parametrize(
    "wrong",
    [
        {"failures": 0},
        {"window": timedelta(0)},
        {"cooldown": timedelta(microseconds=999)},
        {"probe_limit": timedelta(seconds=-1)},
        {"cooldown": timedelta(minutes=3)},
    ],
)
def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, object]) -> None:
    """A breaker that never opens or never closes is a mistake, said at once."""
    with pytest.raises(ValueError, match="circuit breaker"):
        BreakerPolicy(**wrong)  # type: ignore[arg-type]  # chosen to be wrong


def test_moments_are_unix_milliseconds() -> None:
    """Rounded down, in whatever zone they are said."""
    at = datetime(2026, 3, 2, 12, 0, 0, 1_999, tzinfo=UTC)
    assert moment(at) == 1_772_452_800_001


async def test_breakers_of_different_names_do_not_meet(clock: HandClock) -> None:
    """What opens one leaves the other closed."""
    breaker = MemoryCircuitBreaker(clock=clock, policy=replace(POLICY, failures=1))
    await breaker.settle("qstash", await breaker.ask("qstash"), failed=True)
    assert (await breaker.ask("qstash")).wait == POLICY.cooldown
    assert await breaker.ask("redis") == Admission()


async def test_a_recovery_is_seen_by_one_call(clock: HandClock) -> None:
    """After the cool-down one call goes, the next waits, and its success opens the way for all."""
    breaker = MemoryCircuitBreaker(clock=clock, policy=replace(POLICY, failures=1))
    await breaker.settle("qstash", await breaker.ask("qstash"), failed=True)
    clock.advance(5)
    probe, other = await breaker.ask("qstash"), await breaker.ask("qstash")
    assert probe.probe is not None
    assert other.wait == POLICY.probe_limit
    await breaker.settle("qstash", probe, failed=False)
    assert await breaker.ask("qstash") == Admission()


def every_error(error: AuroraError, admission: Admission) -> bool:
    return True


async def fails() -> str:
    raise ModelError("down")


async def succeeds() -> str:
    return "fine"


async def test_an_open_breaker_spares_the_call(clock: HandClock) -> None:
    """The caller is told when to come back, and by then it may."""
    breaker = MemoryCircuitBreaker(clock=clock, policy=POLICY)
    for _ in range(3):
        with pytest.raises(ModelError):
            await guarded(breaker, "model:host", fails, failed=every_error)
    clock.advance(1)
    with pytest.raises(CircuitOpenError, match="model:host") as refused:
        await guarded(breaker, "model:host", succeeds, failed=every_error)
    assert refused.value.delay == timedelta(seconds=4)
    clock.advance(4)
    assert await guarded(breaker, "model:host", succeeds, failed=every_error) == "fine"
    assert await guarded(breaker, "model:host", succeeds, failed=every_error) == "fine"


async def test_a_probe_that_is_cancelled_says_nothing(clock: HandClock) -> None:
    """A function that is stopped in the middle leaves the breaker half-open until the probe's limit."""
    breaker = MemoryCircuitBreaker(clock=clock, policy=replace(POLICY, failures=1))
    await breaker.settle("model:host", await breaker.ask("model:host"), failed=True)
    clock.advance(5)

    async def is_stopped() -> str:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await guarded(breaker, "model:host", is_stopped, failed=every_error)
    assert (await breaker.ask("model:host")).wait == POLICY.probe_limit
    clock.advance(8)
    assert await guarded(breaker, "model:host", succeeds, failed=every_error) == "fine"
