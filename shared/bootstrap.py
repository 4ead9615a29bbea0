"""The composition root: settings in, services out. An adapter is imported when what it offers is first asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from shared.logs import configure_logging
from shared.ports import AlertChannel, Clock, Database, Gateway, LanguageModel, Queue, QueueRecords, Redis
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
    gateways: Mapping[str, Gateway] | None = None,
) -> Services:
    """Compose the services of one process; what is given stands in for the real thing.

    Raises `SettingsError` naming every variable that is missing, when `settings` are to be read from the environment.
    """
    settings = settings or load_settings()
    configure_logging(settings.log_level)
    clock = clock or SystemClock()
    return Services(
        settings=settings,
        clock=clock,
        make_queue=lambda: _queue(settings),
        make_queue_records=lambda: _queue_records(settings),
        make_database=lambda: _database(settings),
        make_redis=lambda: _redis(settings),
        make_model=_given(model) or (lambda: _model(settings)),
        make_gateways={name: _always(gateway) for name, gateway in gateways.items()}
        if gateways is not None
        else {"evolution": lambda: _evolution(settings)},
        make_verifier=lambda: _verifier(settings, clock),
        make_alert_channels=lambda: _alert_channels(settings),
    )


def _always(service: Gateway) -> Callable[[], Gateway]:
    return lambda: service


def _given(model: LanguageModel | None) -> Callable[[], LanguageModel] | None:
    return (lambda: model) if model is not None else None


def _queue(settings: Settings) -> Queue:
    from shared.adapters.qstash import QStashQueue

    return QStashQueue(settings.qstash_url, settings.qstash_token, public_url=settings.public_url)


def _queue_records(settings: Settings) -> QueueRecords:
    from shared.adapters.qstash import QStashRecords

    return QStashRecords(settings.qstash_url, settings.qstash_token)


def _database(settings: Settings) -> Database:
    from shared.adapters.supabase import SupabaseDatabase

    return SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)


def _redis(settings: Settings) -> Redis:
    from shared.adapters.redis import RedisRest

    return RedisRest(settings.upstash_redis_rest_url, settings.upstash_redis_rest_token)


def _model(settings: Settings) -> LanguageModel:
    from shared.adapters.openai import OpenAIModel

    return OpenAIModel(settings.openai_base_url, settings.openai_api_key, model=settings.openai_model)


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
