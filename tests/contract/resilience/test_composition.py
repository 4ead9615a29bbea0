"""The guards as `bootstrap` composes them: real adapters, nobody at the other end, breakers in the real Redis."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import pytest

from shared.adapters import redis as adapter
from shared.adapters.evolution import EvolutionGateway
from shared.adapters.openai import OpenAIModel
from shared.bootstrap import bootstrap
from shared.errors import CircuitOpenError, GatewayError, GatewayPausedError, ModelError
from shared.ports import Verdict
from shared.resilience.circuit_breaker import BreakerPolicy
from shared.resilience.guards import GuardedGateway, GuardedModel
from shared.services import Services
from tests.conftest import MeteredRedis, RedisRest
from tests.integration.functions.conftest import settings
from tests.unit.resilience.conftest import HandClock, Outside

NOBODY = "http://127.0.0.1:9"
FAILURES = BreakerPolicy().failures
CONVERSATION = UUID(int=1)


def container(redis: RedisRest, clock: HandClock) -> Services:
    """Services as a container of the deployment has them, with nobody at the model's and the gateway's address."""
    return bootstrap(
        settings(
            OPENAI_BASE_URL=f"{NOBODY}/v1",
            EVOLUTION_URL=NOBODY,
            UPSTASH_REDIS_REST_URL=redis.url,
            UPSTASH_REDIS_REST_TOKEN=redis.token,
        ),
        clock=clock,
    )


@pytest.fixture
async def containers(redis_rest: RedisRest, clock: HandClock) -> AsyncIterator[tuple[Services, Services]]:
    """Two containers of one deployment."""
    pair = (container(redis_rest, clock), container(redis_rest, clock))
    yield pair
    for services in pair:
        model = cast(OpenAIModel, cast(GuardedModel, services.model).model)
        gateway = cast(EvolutionGateway, cast(GuardedGateway, services.gateway("evolution")).gateway)
        closing: tuple[Any, ...] = (model, gateway, cast(Any, services.redis).redis)
        for each in closing:
            await each.aclose()


async def test_what_one_container_finds_out_spares_the_others(containers: tuple[Services, Services]) -> None:
    """After the failures of one, the other does not call the model any more."""
    one, other = containers
    for _ in range(FAILURES):
        with pytest.raises(ModelError):
            await one.model.complete([], [])
    with pytest.raises(CircuitOpenError, match=r"model:127\.0\.0\.1:9"):
        await other.model.complete([], [])


async def test_one_number_s_trouble_is_its_own(containers: tuple[Services, Services]) -> None:
    """The sends of one instance wait, those of another are tried."""
    one, other = containers
    for _ in range(FAILURES):
        with pytest.raises(GatewayError):
            await one.gateway("evolution").send_text("loja-a", "5511", "Oi")
    with pytest.raises(GatewayPausedError, match="gateway:evolution:loja-a"):
        await other.gateway("evolution").send_text("loja-a", "5511", "Oi")
    with pytest.raises(GatewayError) as tried:
        await other.gateway("evolution").send_text("loja-b", "5511", "Oi")
    assert not isinstance(tried.value, GatewayPausedError)


async def test_an_admitted_message_knows_the_model_s_breaker(metered_redis: MeteredRedis, clock: HandClock) -> None:
    """While it is closed, admission and call are one request to Redis."""
    outside, redis = Outside(), adapter.RedisRest(metered_redis.url, metered_redis.token)
    services = bootstrap(settings(), clock=clock, model=outside, gateways={"evolution": outside}, redis=redis)
    assert await services.limiter.admit(CONVERSATION, seq=1) is Verdict.ALLOWED
    await services.model.complete([], [])
    await services.model.complete([], [])
    assert metered_redis.requests == ["/pipeline"]
    assert outside.calls == ["model", "model"]
    await redis.aclose()


async def test_an_admitted_message_waits_for_an_open_breaker_uncounted(redis_rest: RedisRest, clock: HandClock) -> None:
    """The call is refused as ever, the probe leaves when it is due, and the tries in between use up no limit."""
    outside, redis = Outside(), adapter.RedisRest(redis_rest.url, redis_rest.token)
    services = bootstrap(settings(), clock=clock, model=outside, gateways={"evolution": outside}, redis=redis)
    outside.errors.extend([ModelError("down")] * FAILURES)
    for _ in range(FAILURES):
        with pytest.raises(ModelError):
            await services.model.complete([], [])
    outside.calls.clear()
    for _ in range(3):
        assert await services.limiter.admit(CONVERSATION, seq=1) is Verdict.ALLOWED
        with pytest.raises(CircuitOpenError):
            await services.model.complete([], [])
    assert outside.calls == []
    clock.advance(BreakerPolicy().cooldown.total_seconds())
    assert await services.limiter.admit(CONVERSATION, seq=1) is Verdict.ALLOWED
    await services.model.complete([], [])
    assert outside.calls == ["model"]
    (counted,) = await redis.run("KEYS", f"aurora:limit:messages:{CONVERSATION}:*")
    assert await redis.run("GET", counted) == "1"
    await redis.aclose()


def test_a_stand_in_is_guarded_when_it_is_given_a_redis(clock: HandClock) -> None:
    """A test of the jobs brings its own outside as it is; the simulation brings a Redis for the breakers too."""
    outside, redis = Outside(), adapter.RedisRest(NOBODY, "made-up")
    bare = bootstrap(settings(), clock=clock, model=outside, gateways={"evolution": outside})
    assert bare.model is outside
    assert bare.gateway("evolution") is outside
    guarded = bootstrap(settings(), clock=clock, model=outside, gateways={"evolution": outside}, redis=redis)
    assert isinstance(guarded.model, GuardedModel)
    assert isinstance(guarded.gateway("evolution"), GuardedGateway)
