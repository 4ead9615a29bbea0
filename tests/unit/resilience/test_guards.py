"""The model and the gateways behind their breakers: what counts, whom it concerns, what the caller gets."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.errors import (
    AuroraError,
    CircuitOpenError,
    GatewayError,
    GatewayPausedError,
    GatewayRefusedError,
    MediaUnavailableError,
    ModelError,
    ModelRefusedError,
    OutcomeUnknownError,
    RetryAfterError,
)
from shared.media import MediaFile
from shared.resilience.circuit_breaker import BreakerPolicy, MemoryCircuitBreaker
from shared.resilience.guards import GuardedGateway, GuardedModel, GuardedTranscriber, model_breaker
from tests.unit.resilience.conftest import HandClock, Outside

POLICY = BreakerPolicy(failures=2, cooldown=timedelta(seconds=30))


@dataclass
class Guarded:
    """Both guards over one outside."""

    outside: Outside
    clock: HandClock
    model: GuardedModel
    gateway: GuardedGateway
    transcriber: GuardedTranscriber

    async def complete(self) -> None:
        await self.model.complete([], [])

    async def send(self, instance: str = "loja-a") -> None:
        await self.gateway.send_text(instance, "5511", "Oi")

    async def fetch(self, instance: str = "loja-a") -> None:
        await self.gateway.fetch_media(instance, "3EB0", limit_bytes=1000)

    async def listen(self) -> None:
        await self.transcriber.transcribe(MediaFile(content=b"Oi", mimetype="audio/ogg"), language="pt")

    async def find(self, instance: str = "loja-a") -> None:
        await self.gateway.find_sent(instance, "5511", "Oi", since=self.clock.now())


@pytest.fixture
def guard(clock: HandClock) -> Guarded:
    """Guards whose breakers open at the second failure for half a minute."""
    outside = Outside()
    breaker = MemoryCircuitBreaker(clock=clock, policy=POLICY)
    return Guarded(
        outside,
        clock,
        GuardedModel(model=outside, breaker=breaker, name="model:llm.example"),
        GuardedGateway(gateway=outside, breaker=breaker, provider="evolution"),
        GuardedTranscriber(transcriber=outside, breaker=breaker, name="model:llm.example"),
    )


async def failing(call: Callable[[], Awaitable[None]], outside: Outside, *errors: AuroraError) -> None:
    """Make the call fail once with each of the errors."""
    for error in errors:
        outside.errors.append(error)
        with pytest.raises(type(error)):
            await call()


LATER = RetryAfterError("429", delay=timedelta(seconds=7))

COUNTED = {
    "ModelError": (ModelError("x"), True),
    "ModelRefusedError": (ModelRefusedError("x"), False),
    "GatewayError": (GatewayError("x"), True),
    "OutcomeUnknownError": (OutcomeUnknownError("x"), True),
    "GatewayRefusedError": (GatewayRefusedError("x"), False),
    "RetryAfterError": (LATER, False),
}


@pytest.mark.parametrize(("error", "counts"), COUNTED.values(), ids=COUNTED)
async def test_what_counts_as_a_failure(guard: Guarded, error: AuroraError, counts: bool) -> None:
    """Two errors open the breaker if they speak against the dependency, and not if they concern one request."""
    call = guard.complete if isinstance(error, ModelError) else guard.send
    await failing(call, guard.outside, error, error)
    if counts:
        with pytest.raises(CircuitOpenError):
            await call()
        assert len(guard.outside.calls) == 2
    else:
        await call()


PROBED = {
    "success": (None, False),
    "failure": (GatewayError("x"), True),
    "unknown outcome": (OutcomeUnknownError("x"), True),
    "refusal": (GatewayRefusedError("x"), False),
    "sent away": (LATER, True),
}


@pytest.mark.parametrize(("outcome", "opens_again"), PROBED.values(), ids=PROBED)
async def test_what_a_probe_finds(guard: Guarded, outcome: AuroraError | None, opens_again: bool) -> None:
    """A refusal comes from a gateway that is there; one that sends the probe away is not ready."""
    await failing(guard.send, guard.outside, GatewayError("x"), GatewayError("x"))
    guard.clock.advance(30)
    if outcome is None:
        await guard.send()
    else:
        await failing(guard.send, guard.outside, outcome)
    if opens_again:
        with pytest.raises(GatewayPausedError) as paused:
            await guard.send()
        assert paused.value.delay == timedelta(seconds=60)
    else:
        await guard.send()


async def test_what_an_open_gateway_raises_is_of_both_kinds(guard: Guarded) -> None:
    """The sender learns that the message did not leave, the queue when to come back."""
    await failing(guard.send, guard.outside, GatewayError("x"), GatewayError("x"))
    with pytest.raises(GatewayPausedError) as paused:
        await guard.send()
    assert isinstance(paused.value, GatewayError)
    assert isinstance(paused.value, RetryAfterError)
    assert not isinstance(paused.value, OutcomeUnknownError | GatewayRefusedError)
    assert paused.value.delay == timedelta(seconds=30)


async def test_a_number_that_is_down_does_not_stop_the_others(guard: Guarded) -> None:
    """Each instance has a breaker of its own, and the model has another."""
    await failing(guard.send, guard.outside, GatewayError("x"), GatewayError("x"))
    await guard.send("loja-b")
    await guard.complete()


async def test_sending_and_looking_up_share_the_instance_s_breaker(guard: Guarded) -> None:
    """Whoever finds the gateway away spares the others the wait."""
    await failing(guard.find, guard.outside, GatewayError("x"), GatewayError("x"))
    with pytest.raises(GatewayPausedError):
        await guard.send()


async def test_files_that_do_not_come_stop_no_text(guard: Guarded) -> None:
    """Fetching has a breaker of its own, and so has listening: neither keeps a text from being answered and sent."""
    await failing(guard.fetch, guard.outside, GatewayError("x"), GatewayError("x"))
    await failing(guard.listen, guard.outside, ModelError("x"), ModelError("x"))
    with pytest.raises(GatewayPausedError):
        await guard.fetch()
    with pytest.raises(CircuitOpenError):
        await guard.listen()
    await guard.send()
    await guard.complete()


async def test_a_missing_file_is_no_failure(guard: Guarded) -> None:
    """The gateway answered; the next file may well be there."""
    await failing(guard.fetch, guard.outside, *[MediaUnavailableError("x")] * 3)
    await guard.fetch()


async def test_a_look_up_that_finds_nothing_is_no_failure(guard: Guarded) -> None:
    """None is an answer."""
    for _ in range(3):
        assert await guard.gateway.find_sent("loja-a", "5511", "Oi", since=guard.clock.now()) is None


async def test_checks_pass_an_open_breaker(guard: Guarded) -> None:
    """Whoever asks for the health wants to hear of the dependency, not of the breaker."""
    await failing(guard.send, guard.outside, GatewayError("x"), GatewayError("x"))
    await failing(guard.complete, guard.outside, ModelError("x"), ModelError("x"))
    guard.outside.calls.clear()
    await guard.gateway.check()
    await guard.model.check()
    await failing(guard.gateway.check, guard.outside, GatewayError("x"))
    assert guard.outside.calls == ["check"] * 3


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.openai.com/v1", "model:api.openai.com"),
        ("http://127.0.0.1:8705/v1", "model:127.0.0.1:8705"),
        ("https://user:secret@llm.example:8443/v1", "model:llm.example:8443"),
    ],
)
def test_the_model_s_breaker_is_named_after_its_server(base_url: str, name: str) -> None:
    """By host and port, never with the credentials in an address."""
    assert model_breaker(base_url) == name
