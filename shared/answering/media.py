"""Understanding what is not text, before anything is decided: what is said in it counts as if it had been written.

Voice messages are written down, and their transcripts kept, so that a turn that is tried again does not pay again.
Pictures and text files are fetched anew each time; nothing of them is kept. What fails is tried once in a turn: the
person is there and can write, which is sooner than another attempt. What is to be seen once is never fetched.
"""

import asyncio
from datetime import timedelta

from shared.answering.opening import PICTURES, RECORDINGS, TEXT_FILES, Opener
from shared.answering.written import Written
from shared.assistants.prompts import client_disclosure
from shared.assistants.texts import texts_for
from shared.models import Audience, HistoryMessage, OpenTurn, Turn
from shared.resilience.spend import Budget, budget
from shared.services import Services
from shared.whatsapp.events import Kind

#: Of all that one turn fetches and listens to. The function that runs it has half a minute, and a model to ask.
PATIENCE = timedelta(seconds=20)

#: What says nothing to a reader of text, unless there is a caption or more is known of it.
_MUTE = frozenset({Kind.AUDIO, Kind.DOCUMENT, Kind.IMAGE, Kind.UNSUPPORTED, Kind.VIDEO, Kind.VOICE})


async def understood(open_turn: OpenTurn, services: Services, *, patience: timedelta = PATIENCE) -> OpenTurn:
    """Return the turn with what its open voice messages, pictures and text files say, as far as they can be opened.

    Raises what the database raises, never what the gateway or the models raise.
    """
    turn = open_turn.turn
    errands = _errands(turn, services)
    if not errands or _is_spent(open_turn):
        return open_turn
    opener = await Opener.of(turn, services, patience=patience)
    # All of them end before an error is passed on: nothing goes on behind the back of the next attempt.
    outcomes = await asyncio.gather(*map(opener.open, errands), return_exceptions=True)
    opened = {}
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        opened[outcome.id] = outcome
    history = tuple(opened.get(message.id, message) for message in turn.history)
    return open_turn.model_copy(update={"turn": turn.model_copy(update={"history": history})})


async def unopened(open_turn: OpenTurn, services: Services) -> Written | None:
    """When nothing of what is to be answered can be understood, ask for words: once a day, and then not at all."""
    turn = open_turn.turn
    if not turn.open_messages or any(map(_says_something, turn.open_messages)):
        return None
    if _is_spent(open_turn):
        return None  # it was not even tried: a person can open it
    if turn.unopened_told:
        return Written(decision="ignored")
    disclosure = client_disclosure(turn) if turn.audience is Audience.CLIENT else None
    text = texts_for(turn.organization.locale).media.unopened
    return Written(text=f"{disclosure} {text}" if disclosure else text, effects=({"kind": "unopened"},))


def _errands(turn: Turn, services: Services) -> tuple[HistoryMessage, ...]:
    """Return the open messages whose files are worth fetching."""
    recordings = RECORDINGS.of(turn)
    if recordings and services.transcriber is None:
        recordings = ()
    pictures = PICTURES.of(turn) if services.settings.openai_vision else ()
    return (*recordings, *pictures, *TEXT_FILES.of(turn))


def _is_spent(open_turn: OpenTurn) -> bool:
    spend = open_turn.spend
    return budget(spent=spend.spent, limit=spend.limit) is Budget.STOP


def _says_something(message: HistoryMessage) -> bool:
    return bool(message.text or message.images or message.attachment) or message.kind not in _MUTE
