"""What handlers and functions work with: the settings, the clock and the seams, each built when first asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

from shared.alerts import Alerts
from shared.errors import GatewayRefusedError
from shared.logs import CORRELATION_HEADER
from shared.ports import (
    AlertChannel,
    Clock,
    Database,
    Dependency,
    Gateway,
    LanguageModel,
    MessageLimiter,
    Publication,
    Queue,
    QueueRecords,
    Redis,
    Schedules,
    Transcriber,
)
from shared.settings import Settings

Verify = Callable[[str, bytes, str], None]  #: signature, raw body, public URL; raises `SignatureError`


@dataclass(frozen=True, kw_only=True)
class Services:
    """The composition of one process. A factory runs once, when its service is first used.

    Functions that never send need no gateway, and the webhook needs no database: what is not asked for is not loaded.
    """

    settings: Settings
    clock: Clock
    make_queue: Callable[[], Queue]
    make_queue_records: Callable[[], QueueRecords]
    make_schedules: Callable[[], Schedules]
    make_database: Callable[[], Database]
    make_redis: Callable[[], Redis]
    make_limiter: Callable[[], MessageLimiter]
    make_model: Callable[[], LanguageModel]
    make_transcriber: Callable[[], Transcriber | None]
    make_gateways: Mapping[str, Callable[[], Gateway]]  #: by provider
    make_verifier: Callable[[], Verify]
    make_alert_channels: Callable[[], tuple[AlertChannel, ...]]

    @cached_property
    def queue(self) -> Queue:
        return self.make_queue()

    @cached_property
    def database(self) -> Database:
        return self.make_database()

    @cached_property
    def redis(self) -> Redis:
        return self.make_redis()

    @cached_property
    def limiter(self) -> MessageLimiter:
        return self.make_limiter()

    @cached_property
    def queue_records(self) -> QueueRecords:
        return self.make_queue_records()

    @cached_property
    def schedules(self) -> Schedules:
        return self.make_schedules()

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(channels=self.make_alert_channels(), redis=lambda: self.redis, clock=self.clock)

    @cached_property
    def model(self) -> LanguageModel:
        return self.make_model()

    @cached_property
    def transcriber(self) -> Transcriber | None:
        """None when voice messages are not to be understood."""
        return self.make_transcriber()

    @cached_property
    def verify(self) -> Verify:
        return self.make_verifier()

    @cached_property
    def _gateways(self) -> dict[str, Gateway]:
        return {}

    def gateway(self, provider: str) -> Gateway:
        """Return the gateway of a provider. Raises `GatewayRefusedError` for one that is not configured."""
        if provider not in self.make_gateways:
            raise GatewayRefusedError(f"no gateway is configured for the provider {provider}")
        if provider not in self._gateways:
            self._gateways[provider] = self.make_gateways[provider]()
        return self._gateways[provider]

    @property
    def dependencies(self) -> dict[str, Callable[[], Dependency]]:
        """All that must be there for a message to be answered, by name."""
        return {
            "qstash": lambda: self.queue,
            "supabase": lambda: self.database,
            "redis": lambda: self.redis,
            "model": lambda: self.model,
            **{provider: partial(self.gateway, provider) for provider in self.make_gateways},
        }

    async def publish(self, *publications: Publication, correlation_id: str) -> None:
        """Hand jobs to the queue in one call. Raises `QueueError`."""
        if publications:
            headers = {CORRELATION_HEADER: correlation_id}
            await self.queue.publish([replace(each, headers={**each.headers, **headers}) for each in publications])
