"""A clock that stands until a test moves it, and doubles of the outside world that fail on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import AuroraError, LimiterError
from shared.media import MediaFile, Transcription
from shared.ports import ChatMessage, Completion, RateLimit, ToolSpec, Verdict
from shared.whatsapp.events import Sent

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class HandClock:
    """Shows the time it was set to."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Outside:
    """A model and a gateway in one: raises the next of `errors`, and does well when there is none or it is None."""

    errors: list[AuroraError | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  #: the instance, or "model"

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        self._call("model")
        return Completion(content="Oi", tool_calls=(), model="small", prompt_tokens=1, completion_tokens=1)

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        self._call(instance)
        return Sent(provider_message_id="3EB0", accepted_at=None)

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        self._call(instance)
        return None

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        self._call(f"{instance} media")
        return MediaFile(content=b"Oi", mimetype="text/plain")

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        self._call("transcriber")
        return Transcription(text="Oi", model="small")

    async def check(self) -> None:
        self._call("check")

    def _call(self, what: str) -> None:
        self.calls.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


@dataclass
class AbsentRedis:
    """A Redis that cannot be reached, until it can."""

    away: bool = True
    calls: int = 0

    async def script(self, source: str, *, keys: Sequence[str], arguments: Sequence[str] = ()) -> object:
        self._call()
        return [0, 0]

    async def admit(self, subject: str, *, mark: str, amount: int, limit: RateLimit) -> Verdict:
        self._call()
        return Verdict.SILENT

    async def check(self) -> None:
        self._call()

    def _call(self) -> None:
        self.calls += 1
        if self.away:
            raise LimiterError("Upstash Redis cannot be reached: ConnectError")


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands."""
    return HandClock()
