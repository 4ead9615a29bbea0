"""Fetching the files of a turn and finding out what they say."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from shared.errors import CircuitOpenError, GatewayError, ModelError, RetryAfterError
from shared.media import TEXT_TYPES, MediaFile, Transcription, image_of, plain_text_of
from shared.models import HistoryMessage, Interaction, Turn
from shared.resilience.spend import audio_cost
from shared.services import Services
from shared.whatsapp.events import Kind

_MEGABYTE = 1024 * 1024
_LONGEST_RECORDING = timedelta(minutes=10)
_BYTES_PER_SECOND = 2000  # of a recording whose length nobody tells: WhatsApp's voice messages have 16 kbit/s
_AT_ONCE = 2  # files of the largest kind that fit into a function's memory together


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one turn may fetch of one sort of file."""

    fits: Callable[[HistoryMessage], bool]
    limit_bytes: int
    most: int  #: files; the newest of more

    def of(self, turn: Turn) -> tuple[HistoryMessage, ...]:
        """Return the open messages that are of this sort, small enough, and not to be seen once."""
        return tuple(filter(self._allows, turn.open_messages))[-self.most :]

    def _allows(self, message: HistoryMessage) -> bool:
        if message.id is None or message.provider_message_id is None or message.media is None:
            return False
        fetchable = not message.media.view_once and (message.media.size or 0) <= self.limit_bytes
        return fetchable and self.fits(message)


def _is_unheard(message: HistoryMessage) -> bool:
    seconds = (message.media and message.media.seconds) or 0
    is_recording = message.kind in {Kind.VOICE, Kind.AUDIO}
    return is_recording and message.text is None and seconds <= _LONGEST_RECORDING.total_seconds()


def _is_picture(message: HistoryMessage) -> bool:
    return message.kind is Kind.IMAGE


def _is_text_file(message: HistoryMessage) -> bool:
    mimetype = (message.media and message.media.mimetype) or ""
    return message.kind is Kind.DOCUMENT and mimetype.partition(";")[0].strip().lower() in TEXT_TYPES


RECORDINGS = Allowance(fits=_is_unheard, limit_bytes=16 * _MEGABYTE, most=5)
PICTURES = Allowance(fits=_is_picture, limit_bytes=5 * _MEGABYTE, most=3)
TEXT_FILES = Allowance(fits=_is_text_file, limit_bytes=100_000, most=3)


class _Source(BaseModel):
    """Where the files of a conversation are."""

    provider: str
    instance: str


class _Kept(BaseModel):
    """What became of a transcript; None when the message was taken back meanwhile."""

    transcript: str | None


class Opener:
    """Opens the files of one turn until its deadline."""

    def __init__(self, turn: Turn, services: Services, *, source: _Source, deadline: float) -> None:
        """Use `Opener.of`. The `deadline` is of the event loop's clock."""
        self._turn = turn
        self._services = services
        self._source = source
        self._deadline = deadline
        self._room = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    async def of(cls, turn: Turn, services: Services, *, patience: timedelta) -> "Opener":
        """Return an opener that gives up what is not open after `patience`. Raises what the database raises."""
        found = await services.database.call(
            "media_source", organization_id=turn.organization.id, conversation_id=turn.conversation_id
        )
        deadline = asyncio.get_running_loop().time() + patience.total_seconds()
        return cls(turn, services, source=_Source.model_validate(found), deadline=deadline)

    async def open(self, message: HistoryMessage) -> HistoryMessage:
        """Return the message with what is in its file, or as it was when nobody can tell.

        Raises what the database raises.
        """
        async with self._room:
            match message.kind:
                case Kind.IMAGE:
                    return await self._seen(message)
                case Kind.DOCUMENT:
                    return await self._read(message)
                case _:
                    return await self._heard(message)

    async def _seen(self, message: HistoryMessage) -> HistoryMessage:
        file = await self._fetched(message, PICTURES)
        image = image_of(file) if file else None
        return message.model_copy(update={"images": (image,)}) if image else message

    async def _read(self, message: HistoryMessage) -> HistoryMessage:
        file = await self._fetched(message, TEXT_FILES)
        return message.model_copy(update={"attachment": plain_text_of(file)}) if file else message

    async def _heard(self, message: HistoryMessage) -> HistoryMessage:
        file = await self._fetched(message, RECORDINGS)
        if file is None:
            return message
        started = self._services.clock.now()
        try:
            heard = await self._transcribed(file)
        except CircuitOpenError:
            return message  # nobody was asked
        except (ModelError, RetryAfterError, TimeoutError):
            model = self._services.settings.openai_transcription_model
            await self._keep(message, None, self._interaction(model, "failed", started=started, cost_micros=0))
            return message
        length = heard.seconds or (message.media and message.media.seconds) or len(file.content) / _BYTES_PER_SECOND
        cost = audio_cost(self._services.settings.audio_prices, heard.model, seconds=length)
        interaction = self._interaction(heard.model, "answered", started=started, cost_micros=cost)
        return message.model_copy(update={"text": await self._keep(message, heard.text, interaction)})

    async def _transcribed(self, file: MediaFile) -> Transcription:
        transcriber = self._services.transcriber
        if transcriber is None:
            raise ModelError("no model is configured that listens")
        async with asyncio.timeout_at(self._deadline):
            return await transcriber.transcribe(file, language=self._turn.organization.locale[:2])

    async def _fetched(self, message: HistoryMessage, allowance: Allowance) -> MediaFile | None:
        try:
            gateway = self._services.gateway(self._source.provider)
            async with asyncio.timeout_at(self._deadline):
                return await gateway.fetch_media(
                    self._source.instance, message.provider_message_id or "", limit_bytes=allowance.limit_bytes
                )
        except (GatewayError, TimeoutError):
            return None

    async def _keep(self, message: HistoryMessage, text: str | None, interaction: Interaction) -> str | None:
        """Write down what was heard and what it cost, at once: the answer may still fail."""
        kept = await self._services.database.call(
            "store_transcript",
            organization_id=self._turn.organization.id,
            message_id=message.id,
            text=text,
            interaction=interaction.model_dump(mode="json"),
        )
        return _Kept.model_validate(kept).transcript

    def _interaction(
        self, model: str, outcome: Literal["answered", "failed"], *, started: datetime, cost_micros: int
    ) -> Interaction:
        return Interaction(
            model=model,
            prompt_tokens=0,
            completion_tokens=0,
            latency_ms=(self._services.clock.now() - started) // timedelta(milliseconds=1),
            cost_micros=cost_micros,
            outcome=outcome,
            purpose="transcription",
        )
