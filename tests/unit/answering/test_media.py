"""Voice is written down, pictures and text files are shown, and who sends nothing that opens is asked to write."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from shared.answering.media import understood, unopened
from shared.errors import CircuitOpenError, DatabaseError, GatewayError, MediaUnavailableError, ModelError
from shared.media import MediaFile, Transcription
from shared.models import HistoryMessage, OpenTurn, Speaker, Spend, Turn
from shared.ports import Gateway
from shared.services import Services
from shared.settings import AudioPrice
from shared.whatsapp.events import Kind, Media, Sent
from tests.unit.assistants.conftest import NOON, GivenRows, ManualClock, turn_of, wrote

PNG = b"\x89PNG\r\n\x1a\n and the rest"
VOICE = MediaFile(content=b"o" * 6000, mimetype="audio/ogg")
OTHERWISE = {
    "picture": MediaFile(content=PNG, mimetype="image/png"),
    "list": MediaFile(content=b"racao", mimetype="text/plain"),
}


@dataclass
class Files:
    """A gateway that hands over the files it has, by message, and keeps what it was asked for."""

    by_id: dict[str, MediaFile | Exception] = field(default_factory=dict)
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        self.asked.append((instance, provider_message_id, limit_bytes))
        file = self.by_id.get(provider_message_id, MediaUnavailableError("gone"))
        if isinstance(file, Exception):
            raise file
        return file

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        raise NotImplementedError

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        raise NotImplementedError

    async def check(self) -> None:
        """Always there."""


@dataclass
class Listener:
    """A transcriber that hears the same in everything, fails, or never ends."""

    text: str = "Quero marcar um banho"
    seconds: float | None = 30
    error: Exception | None = None
    hangs: bool = False
    languages: list[str] = field(default_factory=list)

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        self.languages.append(language)
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return Transcription(text=self.text, model="ear", seconds=self.seconds)


class KeptTranscripts(GivenRows):
    """Keeps each transcript as the database does, unless it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.rows["media_source"] = {"provider": "evolution", "instance": "loja-a"}
        self.away = False

    async def call(self, function: str, **arguments: object) -> Any:
        if function != "store_transcript":
            return await super().call(function, **arguments)
        self.calls.append((function, arguments))
        if self.away:
            raise DatabaseError("away")
        return {"transcript": arguments["text"]}

    @property
    def kept(self) -> list[tuple[object, Any]]:
        return [(one["text"], one["interaction"]) for name, one in self.calls if name == "store_transcript"]


@dataclass(frozen=True)
class World:
    """What understanding works with."""

    files: Files
    listener: Listener
    database: KeptTranscripts
    services: Services

    async def understand(
        self, *messages: HistoryMessage, patience: float = 20, **spend: Any
    ) -> tuple[HistoryMessage, ...]:
        turn = open_turn(*messages, **spend)
        opened = await understood(turn, self.services, patience=timedelta(seconds=patience))
        return opened.turn.open_messages


@pytest.fixture
def world(services: Services, clock: ManualClock) -> World:
    """Services whose gateway has a voice message, a picture and a text file, and whose transcriber listens."""
    files, listener, database = Files({"voice": VOICE, **OTHERWISE}), Listener(), KeptTranscripts()
    gateway: Callable[[], Gateway] = lambda: files  # noqa: E731 - a factory is what the services take
    settings = replace(services.settings, audio_prices=(AudioPrice(model="ear", minute=6000),))
    composed = replace(
        services,
        settings=settings,
        clock=clock,
        make_database=lambda: database,
        make_gateways={"evolution": gateway},
        make_transcriber=lambda: listener,
    )
    return World(files, listener, database, composed)


def sent(kind: Kind, file: str = "", *, text: str | None = None, **media: Any) -> HistoryMessage:
    """An open message with a file."""
    return HistoryMessage(
        id=uuid5(NAMESPACE_URL, f"{kind}/{file}/{text}"),
        speaker=Speaker.CONTACT,
        kind=kind,
        text=text,
        sent_at=NOON,
        open=True,
        media=Media(**media),
        provider_message_id=file or "nothing",
    )


def open_turn(*messages: HistoryMessage, spent: int = 0, limit: int | None = None, **changes: Any) -> OpenTurn:
    """A turn that answers these messages."""
    turn: Turn = turn_of(wrote("Olá! Como posso ajudar?", by=Speaker.ASSISTANT), *messages).model_copy(update=changes)
    spend = Spend(spent=spent, limit=limit, warned=False)
    return OpenTurn(turn=turn, covers_seq=7, messages=len(messages), overdue=False, spend=spend)


VOICE_NOTE = sent(Kind.VOICE, "voice", seconds=30)


async def test_a_voice_message_says_what_was_heard(world: World) -> None:
    """It stays a voice message, and its text is the transcript; the instance and the language are the business's."""
    (heard,) = await world.understand(VOICE_NOTE)
    assert (heard.kind, heard.text) == (Kind.VOICE, "Quero marcar um banho")
    assert world.files.asked == [("loja-a", "voice", 16 * 1024 * 1024)]
    assert world.listener.languages == ["pt"]


@pytest.mark.parametrize(("told", "written", "cost"), [(30.0, 7, 3000), (None, 45, 4500), (None, None, 300)])
async def test_what_was_heard_is_kept_with_what_it_cost(
    world: World, told: float | None, written: int | None, cost: int
) -> None:
    """The length is the server's, else the message's, else told from the size; nothing waits for the answer."""
    world.listener.seconds = told
    await world.understand(sent(Kind.VOICE, "voice", seconds=written))
    [(text, interaction)] = world.database.kept
    assert text == "Quero marcar um banho"
    assert (interaction["model"], interaction["cost_micros"]) == ("ear", cost)
    assert (interaction["purpose"], interaction["outcome"]) == ("transcription", "answered")


NOT_FETCHED = {
    "text": wrote("Oi").model_copy(update={"open": True}),
    "heard before": sent(Kind.VOICE, "voice", text="Oi"),
    "seen once": sent(Kind.IMAGE, "picture", view_once=True),
    "too long": sent(Kind.AUDIO, "voice", seconds=601),
    "too large a recording": sent(Kind.AUDIO, "voice", size=16 * 1024 * 1024 + 1),
    "too large a picture": sent(Kind.IMAGE, "picture", size=5 * 1024 * 1024 + 1),
    "a document of another kind": sent(Kind.DOCUMENT, "list", mimetype="application/pdf"),
    "too large a document": sent(Kind.DOCUMENT, "list", mimetype="text/plain", size=100_001),
    "a video": sent(Kind.VIDEO, "picture"),
    "answered before": VOICE_NOTE.model_copy(update={"open": False}),
}


@pytest.mark.parametrize("message", NOT_FETCHED.values(), ids=NOT_FETCHED)
async def test_nothing_is_fetched_that_need_not_or_must_not_be(world: World, message: HistoryMessage) -> None:
    """Neither the gateway nor the database is asked."""
    before = open_turn(message)
    assert await understood(before, world.services) == before
    assert (world.files.asked, world.database.calls) == ([], [])


async def test_an_empty_budget_opens_nothing(world: World) -> None:
    """A person will, and is called by the gate that minds the budget."""
    (message,) = await world.understand(VOICE_NOTE, spent=100, limit=100)
    assert message.text is None
    assert await unopened(open_turn(VOICE_NOTE, spent=100, limit=100), world.services) is None
    assert world.files.asked == []


async def test_of_many_the_newest_five_are_heard(world: World) -> None:
    """The others stay what they are."""
    notes = [VOICE_NOTE.model_copy(update={"id": UUID(int=number)}) for number in range(7)]
    heard = await world.understand(*notes)
    assert [message.text is not None for message in heard] == [False] * 2 + [True] * 5


FAILURES = {
    "the gateway is away": (GatewayError("away"), None, []),
    "the file is gone": (MediaUnavailableError("gone"), None, []),
    "the model fails": (VOICE, ModelError("500"), ["failed"]),
    "the model was not even asked": (VOICE, CircuitOpenError("open", delay=timedelta(seconds=30)), []),
}


@pytest.mark.parametrize(("file", "error", "outcomes"), FAILURES.values(), ids=FAILURES)
async def test_what_cannot_be_heard_stays_a_mark(
    world: World, file: MediaFile | Exception, error: Exception | None, outcomes: list[str]
) -> None:
    """The turn goes on, nothing is raised, and a call that failed is on record at no cost."""
    world.files.by_id["voice"], world.listener.error = file, error
    (message,) = await world.understand(VOICE_NOTE)
    assert message.text is None
    assert [interaction["outcome"] for _, interaction in world.database.kept] == outcomes
    assert [interaction["cost_micros"] for _, interaction in world.database.kept] == [0] * len(outcomes)


async def test_a_transcriber_that_never_ends_is_given_up(world: World) -> None:
    """The answer does not wait for ever, and what was fetched in time is kept."""
    world.listener.hangs = True
    voice, picture = await world.understand(VOICE_NOTE, sent(Kind.IMAGE, "picture"), patience=0.05)
    assert (voice.text, len(picture.images)) == (None, 1)
    assert [interaction["outcome"] for _, interaction in world.database.kept] == ["failed"]


async def test_a_transcript_that_cannot_be_kept_stops_the_turn(world: World) -> None:
    """The job comes again: an answer to what nobody keeps would be lost with it."""
    world.database.away = True
    with pytest.raises(DatabaseError):
        await world.understand(VOICE_NOTE)


async def test_pictures_and_text_files_come_along(world: World) -> None:
    """By what their bytes are; a picture that is none is left alone."""
    world.files.by_id["fake"] = MediaFile(content=b"<svg>", mimetype="image/png")
    picture, fake, document = await world.understand(
        sent(Kind.IMAGE, "picture", text="É alergia?"),
        sent(Kind.IMAGE, "fake"),
        sent(Kind.DOCUMENT, "list", mimetype="text/plain; charset=utf-8", filename="lista.txt"),
    )
    assert [(image.mimetype, image.content) for image in picture.images] == [("image/png", PNG)]
    assert (picture.text, fake.images, document.attachment) == ("É alergia?", (), "racao")


async def test_without_ears_and_eyes_nothing_is_fetched(world: World) -> None:
    """A deployment may have neither a transcriber nor a model that sees."""
    settings = replace(world.services.settings, openai_vision=False)
    services = replace(world.services, settings=settings, make_transcriber=lambda: None)
    before = open_turn(VOICE_NOTE, sent(Kind.IMAGE, "picture"))
    assert await understood(before, services) == before
    assert world.files.asked == []


MUTE = [sent(Kind.VOICE), sent(Kind.VIDEO), sent(Kind.IMAGE), sent(Kind.DOCUMENT), sent(Kind.UNSUPPORTED)]
SAYING = [
    sent(Kind.VIDEO, text="Olha que lindo"),
    sent(Kind.VOICE, text="Oi"),
    sent(Kind.LOCATION),
    sent(Kind.CONTACT),
    sent(Kind.DOCUMENT).model_copy(update={"attachment": "ração"}),
    wrote("Oi").model_copy(update={"open": True}),
]


@pytest.mark.parametrize("message", MUTE, ids=lambda message: message.kind)
async def test_who_sends_only_what_cannot_be_opened_is_asked_to_write(world: World, message: HistoryMessage) -> None:
    """Once a day: the second time the message is ignored, and that is on record."""
    asked = await unopened(open_turn(message), world.services)
    assert asked is not None
    assert asked.text == "Não consegui abrir o que você enviou. Pode me escrever em texto, por favor?"
    assert asked.effects == ({"kind": "unopened"},)
    again = await unopened(open_turn(message, unopened_told=True), world.services)
    assert again is not None
    assert (again.text, again.decision, again.effects) == (None, "ignored", ())


@pytest.mark.parametrize("message", SAYING, ids=lambda message: message.kind)
async def test_whoever_says_something_is_answered(world: World, message: HistoryMessage) -> None:
    """Also when something that could not be opened came along: the assistant sees its mark."""
    assert await unopened(open_turn(sent(Kind.VOICE), message), world.services) is None


async def test_the_first_word_to_a_customer_says_who_speaks(world: World) -> None:
    """A fixed text is an automated assistant's, too."""
    turn = open_turn(sent(Kind.VOICE))
    first = turn.model_copy(update={"turn": turn.turn.model_copy(update={"introduced": False})})
    written = await unopened(first, world.services)
    assert written is not None
    assert (written.text or "").startswith("Aqui é o assistente automático de Patas & Cia.")
