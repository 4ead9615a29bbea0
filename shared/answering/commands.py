"""The gate for what owners type to Aurora instead of asking her: `#pausa` and `#bot`, for all conversations at once."""

from typing import Literal

from pydantic import BaseModel

from shared.answering.written import Written
from shared.assistants.texts import texts_for
from shared.assistants.texts.catalog import Texts
from shared.assistants.tools import read_row
from shared.models import Audience, OpenTurn, Turn
from shared.services import Services
from shared.words import fold

_COMMANDS = {"#pausa": True, "#pause": True, "#bot": False}


class _Switched(BaseModel):
    outcome: Literal["paused", "resumed", "unchanged", "forbidden"]


async def commands(open_turn: OpenTurn, services: Services) -> Written | None:
    """Switch the customers' assistant off or on for an owner whose newest message is a command.

    Repeating it in another run of the turn changes nothing. Raises the database's errors.
    """
    turn = open_turn.turn
    paused = _command(turn)
    if turn.audience is not Audience.OWNER or paused is None:
        return None
    row = await services.database.call(
        "pause_all", organization_id=turn.organization.id, conversation_id=turn.conversation_id, paused=paused
    )
    outcome = read_row(_Switched, row, function="pause_all").outcome
    return Written(text=_told(outcome, texts_for(turn.organization.locale), paused=paused))


def _command(turn: Turn) -> bool | None:
    """Return whether the newest open message pauses (True) or resumes, None when it is no command."""
    newest = turn.open_messages[-1:]
    return _COMMANDS.get(fold(newest[0].text or "").strip(" .!")) if newest else None


def _told(outcome: str, texts: Texts, *, paused: bool) -> str:
    words = texts.handover
    match outcome:
        case "forbidden":
            return words.pause_forbidden
        case "unchanged":
            return words.assistant_paused_before if paused else words.assistant_resumed_before
    return words.assistant_paused if paused else words.assistant_resumed
