"""The model and the gateways behind their circuit breakers.

What speaks against a dependency, and so counts as a failure:

| error | counts | why |
|---|---|---|
| `ModelError`, `GatewayError`, `OutcomeUnknownError` | yes | the next caller would wait for the same |
| `ModelRefusedError`, `GatewayRefusedError`, `MediaUnavailableError` | no | it answered, and refused this one \
request: one customer's odd message, tried again and again, must not silence everybody; a probe that is refused has \
found it there |
| `RetryAfterError`, such as a 429 | only of a probe | every caller is told when to come back, and does; but a probe \
that is sent away has not found it ready |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from shared.errors import (
    AuroraError,
    GatewayPausedError,
    GatewayRefusedError,
    MediaUnavailableError,
    ModelRefusedError,
    RetryAfterError,
)
from shared.media import MediaFile, Transcription
from shared.ports import ChatMessage, Completion, Gateway, LanguageModel, ToolSpec, Transcriber
from shared.resilience.circuit_breaker import Admission, CircuitBreaker, guarded
from shared.whatsapp.events import Sent


def speaks_against(error: AuroraError, admission: Admission) -> bool:
    """Tell whether an error of a call that `admission` let through counts as a failure of what was called."""
    if isinstance(error, RetryAfterError):
        return admission.probe is not None
    return not isinstance(error, ModelRefusedError | GatewayRefusedError | MediaUnavailableError)


def model_breaker(base_url: str) -> str:
    """Return the name of the breaker of a model's server: deployments that share a server and a Redis share it."""
    return f"model:{urlsplit(base_url).netloc.rpartition('@')[2]}"


@dataclass(frozen=True, kw_only=True)
class GuardedModel:
    """A `LanguageModel` behind the breaker of the server it is at."""

    model: LanguageModel
    breaker: CircuitBreaker
    name: str  #: the breaker's, see `model_breaker`

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        """Return the model's next message; see `shared.ports.LanguageModel`.

        Raises `CircuitOpenError`, a `RetryAfterError`, without a call while the breaker is open.
        """
        return await guarded(
            self.breaker, self.name, lambda: self.model.complete(messages, tools), failed=speaks_against
        )

    async def check(self) -> None:
        """Ask the model itself, whatever the breaker says."""
        await self.model.check()


@dataclass(frozen=True, kw_only=True)
class GuardedTranscriber:
    """A `Transcriber` behind a breaker of its own: who cannot listen may still be able to answer."""

    transcriber: Transcriber
    breaker: CircuitBreaker
    name: str  #: that of the server's breaker, see `model_breaker`

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        """Return what is said in `file`; see `shared.ports.Transcriber`.

        Raises `CircuitOpenError`, a `RetryAfterError`, without a call while the breaker is open.
        """
        return await guarded(
            self.breaker,
            f"{self.name}:transcription",
            lambda: self.transcriber.transcribe(file, language=language),
            failed=speaks_against,
        )


@dataclass(frozen=True, kw_only=True)
class GuardedGateway:
    """A `Gateway` with one breaker for each of its instances: a number that is down does not stop the others."""

    gateway: Gateway
    breaker: CircuitBreaker
    provider: str

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        """Send `text`; see `shared.ports.Gateway`.

        Raises `GatewayPausedError`, a `GatewayError` and a `RetryAfterError`, without a call while the breaker is open.
        """
        return await guarded(
            self.breaker,
            self._name(instance),
            lambda: self.gateway.send_text(instance, address, text),
            failed=speaks_against,
            paused=GatewayPausedError,
        )

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        """Look for a message; see `shared.ports.Gateway`. Raises `GatewayPausedError` as `send_text` does."""
        return await guarded(
            self.breaker,
            self._name(instance),
            lambda: self.gateway.find_sent(instance, address, text, since=since),
            failed=speaks_against,
            paused=GatewayPausedError,
        )

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        """Fetch a file; see `shared.ports.Gateway`. Files have a breaker of their own: texts go on without them."""
        return await guarded(
            self.breaker,
            f"{self._name(instance)}:media",
            lambda: self.gateway.fetch_media(instance, provider_message_id, limit_bytes=limit_bytes),
            failed=speaks_against,
            paused=GatewayPausedError,
        )

    async def check(self) -> None:
        """Ask the gateway itself, whatever the breakers say."""
        await self.gateway.check()

    def _name(self, instance: str) -> str:
        return f"gateway:{self.provider}:{instance}"
