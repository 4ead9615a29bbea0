"""The composition root: settings in, services out. An adapter is imported when what it offers is first asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

from shared.inline import FallbackQueue, in_place
from shared.logs import configure_logging
from shared.ports import (
    AlertChannel,
    Clock,
    Database,
    Gateway,
    LanguageModel,
    MessageLimiter,
    Queue,
    QueueRecords,
    RateLimiter,
    Schedules,
    Transcriber,
)
from shared.resilience.circuit_breaker import CircuitBreaker, MemoryCircuitBreaker
from shared.resilience.guards import GuardedGateway, GuardedModel, GuardedTranscriber, model_breaker
from shared.resilience.rate_limit import LookAheadLimiter, RedisMessageLimiter, messages_per_minute
from shared.resilience.redis_breaker import RedisCircuitBreaker
from shared.resilience.spared_redis import LimitingRedis, SparedRedis
from shared.services import Services, Verify
from shared.settings import Settings, load_settings


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def bootstrap(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    model: LanguageModel | None = None,
    transcriber: Transcriber | None = None,
    gateways: Mapping[str, Gateway] | None = None,
    redis: LimitingRedis | None = None,
) -> Services:
    """Compose the services of one process; what is given stands in for the real thing.

    With a `model` and no `transcriber`, voice messages are not understood. The models and the gateways are behind
    circuit breakers; a stand-in is when a `redis` is given to keep them in.
    Raises `SettingsError` naming every variable that is missing, when `settings` are to be read from the environment.
    """
    settings = settings or load_settings()
    configure_logging(settings.log_level)
    clock = clock or SystemClock()
    limits = cache(lambda: SparedRedis(redis=redis or _redis(settings), clock=clock))
    breaker = cache(lambda: RedisCircuitBreaker(redis=limits(), clock=clock))
    models = _models(settings, model)
    if model is None or redis is not None:
        models = _guarded_model(models, settings, breaker)
    makers = _gateways(settings, gateways)
    if gateways is None or redis is not None:
        makers = {provider: _guarded_gateway(make, provider, breaker) for provider, make in makers.items()}
    services = Services(
        settings=settings,
        clock=clock,
        make_queue=lambda: _fallback(services),
        make_queue_records=lambda: _queue_records(settings),
        make_schedules=lambda: _schedules(settings),
        make_database=lambda: _database(settings),
        make_redis=limits,
        make_limiter=lambda: _limiter(settings, limits(), breaker()),
        make_model=models,
        make_transcriber=_transcribers(settings, transcriber, given=model is not None, breaker=breaker),
        make_gateways=makers,
        make_verifier=lambda: _verifier(settings, clock),
        make_alert_channels=lambda: _alert_channels(settings),
    )
    return services


def _limiter(settings: Settings, redis: RateLimiter, breaker: RedisCircuitBreaker) -> MessageLimiter:
    limiter = RedisMessageLimiter(redis=redis, limit=messages_per_minute(settings.messages_per_minute))
    return LookAheadLimiter(limiter=limiter, breaker=breaker, name=model_breaker(settings.openai_base_url))


def _models(settings: Settings, given: LanguageModel | None) -> Callable[[], LanguageModel]:
    return (lambda: given) if given is not None else (lambda: _model(settings))


def _transcribers(
    settings: Settings, transcriber: Transcriber | None, *, given: bool, breaker: Callable[[], CircuitBreaker]
) -> Callable[[], Transcriber | None]:
    """Return what makes the transcriber: the one that stands in, or the settings' unless the model is `given`."""
    if given or transcriber is not None or not settings.openai_transcription_model:
        return lambda: transcriber
    name = model_breaker(settings.openai_base_url)
    return lambda: GuardedTranscriber(transcriber=_transcriber(settings), breaker=breaker(), name=name)


def _gateways(settings: Settings, given: Mapping[str, Gateway] | None) -> dict[str, Callable[[], Gateway]]:
    if given is None:
        return {"evolution": lambda: _evolution(settings)}
    return {provider: _always(gateway) for provider, gateway in given.items()}


def _always(service: Gateway) -> Callable[[], Gateway]:
    return lambda: service


def _guarded_model(
    make: Callable[[], LanguageModel], settings: Settings, breaker: Callable[[], CircuitBreaker]
) -> Callable[[], LanguageModel]:
    return lambda: GuardedModel(model=make(), breaker=breaker(), name=model_breaker(settings.openai_base_url))


def _guarded_gateway(
    make: Callable[[], Gateway], provider: str, breaker: Callable[[], CircuitBreaker]
) -> Callable[[], Gateway]:
    return lambda: GuardedGateway(gateway=make(), breaker=breaker(), provider=provider)


def _fallback(services: Services) -> Queue:
    settings, clock = services.settings, services.clock
    primary = _queue(settings) if settings.has_queue else None
    # In the container's memory: the webhook may make one outbound call, and that is the publication.
    breaker = MemoryCircuitBreaker(clock=clock)
    return FallbackQueue(primary, in_place(services), breaker=breaker, clock=clock)


def _queue(settings: Settings) -> Queue:
    from shared.adapters.qstash import QStashQueue

    return QStashQueue(settings.qstash_url, settings.qstash_token, public_url=settings.public_url)


def _queue_records(settings: Settings) -> QueueRecords:
    from shared.adapters.qstash import QStashRecords

    return QStashRecords(settings.qstash_url, settings.qstash_token)


def _schedules(settings: Settings) -> Schedules:
    from shared.adapters.qstash_schedules import QStashSchedules

    return QStashSchedules(settings.qstash_url, settings.qstash_token, deployment=settings.deployment)


def _database(settings: Settings) -> Database:
    from shared.adapters.supabase import SupabaseDatabase

    return SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)


def _redis(settings: Settings) -> LimitingRedis:
    from shared.adapters.redis import RedisRest

    return RedisRest(settings.upstash_redis_rest_url, settings.upstash_redis_rest_token)


def _model(settings: Settings) -> LanguageModel:
    from shared.adapters.openai import OpenAIModel

    return OpenAIModel(settings.openai_base_url, settings.openai_api_key, model=settings.openai_model)


def _transcriber(settings: Settings) -> Transcriber:
    from shared.adapters.openai import OpenAITranscriber

    return OpenAITranscriber(
        settings.openai_base_url, settings.openai_api_key, model=settings.openai_transcription_model
    )


def _evolution(settings: Settings) -> Gateway:
    from shared.adapters.evolution import EvolutionGateway

    return EvolutionGateway(settings.evolution_url, settings.evolution_api_key)


def _verifier(settings: Settings, clock: Clock) -> Verify:
    from shared.adapters.signature import SignatureVerifier

    return SignatureVerifier(settings.qstash_current_signing_key, settings.qstash_next_signing_key, clock=clock)


def _alert_channels(settings: Settings) -> tuple[AlertChannel, ...]:
    if not settings.operator_webhook_url:
        return ()
    from shared.adapters.operator_webhook import OperatorWebhook

    return (OperatorWebhook(settings.operator_webhook_url),)
