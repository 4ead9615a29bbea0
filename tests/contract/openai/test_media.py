"""The adapters with the embedded stand-in: recordings written down, pictures looked at, and what is neither refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from infra.local.llm import ModelConfig, create_app
from infra.local.media_files import picture, voice_note
from infra.local.server import serving
from shared.adapters.openai import OpenAIModel, OpenAITranscriber
from shared.errors import ModelError, ModelRefusedError, RetryAfterError
from shared.media import Image, MediaFile
from shared.ports import ChatMessage

KEY = "made-up"
SEEN = ChatMessage(
    role="user",
    content="[imagem]",
    images=(Image(content=picture("Quanto custa o banho?"), mimetype="image/png"),),
)


class Server:
    """A running stand-in."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def play(self, **fault: object) -> None:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as client:
            (await client.post(f"{self.url}/_dev/faults", json=fault)).raise_for_status()

    async def calls(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.url}/_requests")).json()["requests"]
        return found


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a stand-in that sees, or one that does not, with the two adapters before it."""
    async with AsyncExitStack() as stack:

        async def run(*, vision: bool = True) -> tuple[Server, OpenAIModel, OpenAITranscriber]:
            url = await stack.enter_async_context(serving(create_app(ModelConfig(api_key=KEY, vision=vision))))
            model = OpenAIModel(f"{url}/v1", KEY, model="any")
            transcriber = OpenAITranscriber(f"{url}/v1", KEY, model="ear")
            stack.push_async_callback(model.aclose)
            stack.push_async_callback(transcriber.aclose)
            return Server(url), model, transcriber

        yield run


def recording(content: bytes, mimetype: str = "audio/ogg") -> MediaFile:
    return MediaFile(content=content, mimetype=mimetype, filename="Ana Souza, segredo.ogg")


@pytest.mark.parametrize(
    ("said", "seconds"), [("Quero marcar um banho amanhã às 10h", 3), ("á" * 2000, 1), ("", 1), ("Oi", 61)]
)
async def test_what_is_said_in_a_recording_arrives(start: Start, said: str, seconds: int) -> None:
    """Text, model and length; the file goes up under a name that tells its format and nothing of its sender."""
    server, _, transcriber = await start()
    heard = await transcriber.transcribe(recording(voice_note(said, seconds=seconds)), language="pt")
    assert (heard.text, heard.model, heard.seconds) == (said, "ear", seconds)
    assert (await server.calls())[-1]["body"] == {"model": "ear", "language": "pt", "file": "voice.ogg"}


async def test_what_is_no_recording_is_refused(start: Start) -> None:
    """The request is at fault, so the server's breaker stays closed."""
    _, _, transcriber = await start()
    with pytest.raises(ModelRefusedError, match="400 invalid_request_error"):
        await transcriber.transcribe(recording(b"MP3?", "audio/mpeg"), language="pt")


@pytest.mark.parametrize(
    ("fault", "error"),
    [({"kind": "error"}, ModelError), ({"kind": "rate_limit", "retry_after": 7}, RetryAfterError)],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_trouble_is_an_error_once_and_gone_after(
    start: Start, fault: dict[str, object], error: type[Exception]
) -> None:
    """As with completions."""
    server, _, transcriber = await start()
    await server.play(**fault)
    with pytest.raises(error):
        await transcriber.transcribe(recording(voice_note("Oi")), language="pt")
    assert (await transcriber.transcribe(recording(voice_note("Oi")), language="pt")).text == "Oi"


async def test_a_picture_is_looked_at(start: Start) -> None:
    """The stand-in answers to what it sees, in one call."""
    server, model, _ = await start()
    seen = await model.complete([SEEN], [])
    written = await model.complete([ChatMessage(role="user", content="[imagem]\nQuanto custa o banho?")], [])
    assert seen.content == written.content
    [first, _] = await server.calls()
    assert [part["type"] for part in first["body"]["messages"][0]["content"]] == ["text", "image_url"]


async def test_a_model_that_cannot_see_is_asked_without_the_picture(start: Start) -> None:
    """It answers to the mark alone; what it refuses without a picture stays refused."""
    _, model, _ = await start(vision=False)
    blind = await model.complete([SEEN], [])
    marked = await model.complete([ChatMessage(role="user", content="[imagem]")], [])
    assert blind.content == marked.content
    with pytest.raises(ModelRefusedError):
        await model.complete([SEEN, ChatMessage(role="tool", content="?", tool_call_id="none")], [])
