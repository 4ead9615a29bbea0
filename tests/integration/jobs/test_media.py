"""Voice messages on their way: written down once, heeded like words, and asked for in writing when nothing opens."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.assistants.texts import texts_for
from shared.errors import ModelError
from shared.jobs import conversation_reply
from shared.media import MediaFile, Transcription
from tests.integration.jobs.conftest import Line, says

UNOPENED = texts_for("pt-BR").media.unopened
VOICE: dict[str, Any] = {"text": None, "kind": "voice", "media": {"mimetype": "audio/ogg", "seconds": 7}}


@dataclass
class Listener:
    """Hears the same in everything; `meanwhile` happens while it listens for the first time."""

    text: str = "Quanto custa o banho?"
    meanwhile: Callable[[], object] | None = None
    heard: list[MediaFile] = field(default_factory=list)

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        self.heard.append(file)
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return Transcription(text=self.text, model="whisper-1", seconds=7)


@pytest.fixture
def listener(line: Line) -> Listener:
    """What the line's process listens with."""
    listener = Listener()
    line.services = replace(line.services, make_transcriber=lambda: listener)
    return listener


async def voice(line: Line, message_id: str = "VOICE1") -> None:
    """Let Ana send a voice message that the gateway has."""
    line.gateway.files[message_id] = MediaFile(content=message_id.encode(), mimetype="audio/ogg")
    await line.webhook(provider_message_id=message_id, **VOICE)


def spent(line: Line) -> list[tuple[str, int]]:
    rows = line.business.api.rows("select purpose, cost_micros from app.ai_interactions order by created_at, purpose")
    return [(purpose, micros) for purpose, micros in rows if purpose == "transcription"]


async def test_a_voice_message_is_answered_like_a_text(line: Line, listener: Listener) -> None:
    """The model reads what was said behind the mark of a voice message; it cost what the price list says."""
    await voice(line)
    await line.run()
    assert line.model.asked[0][-1].content == "[mensagem de voz] Quanto custa o banho?"
    assert (line.texts, spent(line)) == (["Olá!"], [("transcription", 700)])


async def test_a_retry_does_not_listen_again(line: Line, listener: Listener) -> None:
    """The transcript is kept before the model is asked, whatever becomes of the answer."""
    line.model.script.extend([ModelError("away"), says("Olá!")])
    await voice(line)
    await line.run()
    assert (len(listener.heard), len(line.model.asked)) == (1, 2)
    assert line.model.asked[1][-1].content == "[mensagem de voz] Quanto custa o banho?"
    assert spent(line) == [("transcription", 700)]


async def test_what_cannot_be_opened_is_asked_for_in_writing_once_a_day(line: Line, listener: Listener) -> None:
    """The model is not asked; the second one is ignored, and nothing stays open."""
    await line.webhook(None, kind="unsupported")
    await line.run()
    assert [text.endswith(UNOPENED) for _, text in line.gateway.sent] == [True]
    await line.webhook(**{**VOICE, "provider_message_id": "NOT-THERE"})
    await line.run()
    assert (len(line.gateway.sent), line.model.asked, line.open_messages()) == (1, [], 0)
    assert line.outcomes[-1] == ("conversation.reply", 1, "ignored")


async def test_a_text_that_comes_while_something_fails_to_open_is_answered(line: Line, listener: Listener) -> None:
    """It is not ignored with what could not be opened."""
    await line.webhook(None, kind="unsupported")
    await line.run()
    listener.text = ""
    listener.meanwhile = lambda: line.business.receive("Vocês abrem hoje?")
    await voice(line)
    await line.run("message.receive", conversation_reply.reply.name)
    assert line.model.asked[0][-1].content == "Vocês abrem hoje?"
    assert line.open_messages() == 0


async def test_a_stop_by_voice_is_a_stop(line: Line, listener: Listener) -> None:
    """Gates that need no model hear what was said."""
    listener.text = "Não quero mais receber mensagens."
    await voice(line)
    await line.run()
    assert line.model.asked == []
    assert line.business.api.value("select count(*) from app.contacts where opted_out_at is not null") == 1
