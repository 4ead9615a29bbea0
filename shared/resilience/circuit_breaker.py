"""Circuit breakers: a dependency that keeps failing is left alone for a while, then tried with one call.

| state | asked before a call | told of a failure | told of the probe's outcome |
|---|---|---|---|
| closed | go ahead | the policy's number of failures within its window: open | – |
| open, until a moment | wait until then; from then on: go ahead as the probe, and be half-open | nothing | – |
| half-open, until a moment | wait until then; from then on the probe is lost: go ahead as the next one | nothing \
| success: closed; failure: open again, for longer |

The rules are pure functions over frozen states; `MemoryCircuitBreaker` keeps the states in this process, and
`shared.resilience.redis_breaker` runs the same rules as scripts in Redis, for all processes. Moments are Unix times in
whole milliseconds, which both count the same way.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from shared.errors import AuroraError, CircuitOpenError
from shared.ports import Clock

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class BreakerPolicy:
    """When a breaker opens and for how long. Raises `ValueError` for a policy that could never open or close."""

    failures: int = 5  #: so many failures
    window: timedelta = timedelta(seconds=60)  #: within so long open the breaker
    cooldown: timedelta = timedelta(seconds=30)  #: before the first probe; doubles with each that fails
    longest_cooldown: timedelta = timedelta(minutes=2)  #: the most it becomes, and so the slowest to see a recovery
    probe_limit: timedelta = timedelta(seconds=40)  #: a probe that says nothing for so long is lost: longer than a call

    def __post_init__(self) -> None:
        if self.failures < 1:
            raise ValueError("a circuit breaker needs at least one failure to open")
        if min(self.window, self.cooldown, self.probe_limit) < _MILLISECOND:
            raise ValueError("a circuit breaker's times must be at least a millisecond")
        if self.longest_cooldown < self.cooldown:
            raise ValueError("a circuit breaker's longest cool-down is shorter than its first")


@dataclass(frozen=True)
class Closed:
    """Calls go through; `failures` are the moments of the latest ones, oldest first."""

    failures: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tripped:
    """Calls wait: open while `probe` is None, half-open while it names the probe that is under way."""

    until: int  #: when the next probe may leave
    cooldown: int  #: milliseconds; the next one is longer
    probe: str | None = None


State = Closed | Tripped


@dataclass(frozen=True, kw_only=True)
class Admission:
    """The answer to a call that asks to leave: it may when `wait` is None."""

    wait: timedelta | None = None  #: until the next probe may leave
    probe: str | None = None  #: the call is a probe, and its outcome must be told under this name


def milliseconds(span: timedelta) -> int:
    """Return `span` in whole milliseconds, rounded down."""
    return span // _MILLISECOND


def moment(at: datetime) -> int:
    """Return an aware datetime as Unix milliseconds, rounded down."""
    return milliseconds(at - _EPOCH)


def ask(state: State, policy: BreakerPolicy, *, now: int, probe: str) -> tuple[State, Admission]:
    """Return what a call at `now` may do and the state after it; `probe` is its name should it become the probe."""
    match _remembered(state, policy, now):
        case Tripped(until=until) if now < until:
            return state, Admission(wait=timedelta(milliseconds=until - now))
        case Tripped(cooldown=cooldown):
            half_open = Tripped(until=now + milliseconds(policy.probe_limit), cooldown=cooldown, probe=probe)
            return half_open, Admission(probe=probe)
        case Closed() as closed:
            return closed, Admission()


def settle(state: State, policy: BreakerPolicy, *, now: int, probe: str | None, failed: bool) -> State:
    """Return the state after a call's outcome is known at `now`; `probe` is its name if it was the probe.

    A probe that was given up for lost changes nothing any more; neither does a call that left before the breaker
    opened.
    """
    match _remembered(state, policy, now):
        case Tripped() as tripped if probe is not None and probe == tripped.probe:
            if not failed:
                return Closed()
            cooldown = min(2 * tripped.cooldown, milliseconds(policy.longest_cooldown))
            return Tripped(until=now + cooldown, cooldown=cooldown)
        case Closed() as closed if probe is None and failed:
            return _after_failure(closed, policy, now)
        case unchanged:
            return unchanged


def _after_failure(closed: Closed, policy: BreakerPolicy, now: int) -> State:
    recent = tuple(at for at in closed.failures if at > now - milliseconds(policy.window))
    failures = (*recent, now)
    if len(failures) < policy.failures:
        return Closed(failures)
    cooldown = milliseconds(policy.cooldown)
    return Tripped(until=now + cooldown, cooldown=cooldown)


def _remembered(state: State, policy: BreakerPolicy, now: int) -> State:
    """What nobody asked about for the longest cool-down after it was due says nothing about today."""
    if isinstance(state, Tripped) and now >= state.until + milliseconds(policy.longest_cooldown):
        return Closed()
    return state


class CircuitBreaker(Protocol):
    """Breakers of one policy, by the name of what they protect."""

    async def ask(self, name: str) -> Admission:
        """Return whether a call may leave now. Never fails."""
        ...

    async def settle(self, name: str, admission: Admission, *, failed: bool) -> None:
        """Tell how the call that `admission` let through went. Never fails."""
        ...


@dataclass(kw_only=True)
class MemoryCircuitBreaker:
    """Breakers of this process alone: for what must not cost another call."""

    clock: Clock
    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    _states: dict[str, State] = field(default_factory=dict)

    async def ask(self, name: str) -> Admission:
        """Return whether a call may leave now."""
        state = self._states.get(name, Closed())
        now = moment(self.clock.now())
        self._states[name], admission = ask(state, self.policy, now=now, probe=probe_name())
        return admission

    async def settle(self, name: str, admission: Admission, *, failed: bool) -> None:
        """Tell how the call that `admission` let through went."""
        state = self._states.get(name, Closed())
        now = moment(self.clock.now())
        self._states[name] = settle(state, self.policy, now=now, probe=admission.probe, failed=failed)


def probe_name() -> str:
    """Return a name that no other probe has."""
    return secrets.token_hex(8)


ResultT = TypeVar("ResultT")


async def guarded(
    breaker: CircuitBreaker,
    name: str,
    call: Callable[[], Awaitable[ResultT]],
    *,
    failed: Callable[[AuroraError, Admission], bool],
    paused: type[CircuitOpenError] = CircuitOpenError,
) -> ResultT:
    """Make `call` if the breaker `name` lets it, and tell the breaker when it has to know the outcome.

    `failed` says which of the call's own errors speak against the dependency; the others show that it answers. An
    error that is not Aurora's, or a cancellation, says nothing of it: a probe that ends so is given up for lost after
    the policy's limit. Raises `paused` while the breaker is open, and whatever `call` raises.
    """
    admission = await breaker.ask(name)
    if admission.wait is not None:
        raise paused(f"{name} failed too often: it is left alone until the next probe", delay=admission.wait)
    try:
        result = await call()
    except AuroraError as error:
        await breaker.settle(name, admission, failed=failed(error, admission))
        raise
    await breaker.settle(name, admission, failed=False)
    return result
