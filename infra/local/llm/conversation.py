"""What a request says, seen as a conversation: what is asked now, and what tools answered so far."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import first_date
from infra.local.llm.language import Language, language_of

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")


@dataclass(frozen=True)
class Turn:
    """One message of the request, with its text parts joined."""

    role: str
    text: str
    #: (id, function name, arguments as JSON text)
    calls: tuple[tuple[str, str, str], ...] = ()
    answers: str | None = None


@dataclass(frozen=True)
class ToolResult:
    """What a tool returned in this turn."""

    name: str
    arguments: dict[str, Any]
    #: Parsed JSON, or the text itself when it is none.
    value: Any


@dataclass(frozen=True)
class Exchange:
    """What the user wrote, and the text that answered it."""

    said: tuple[str, ...]
    reply: str


@dataclass(frozen=True)
class Conversation:
    """The state that the next message is decided from."""

    language: Language
    #: User messages since the assistant's last text.
    asked: tuple[str, ...]
    results: tuple[ToolResult, ...]
    #: What came before, oldest first.
    exchanges: tuple[Exchange, ...]
    #: From the system message, when it tells the date.
    today: date | None

    @property
    def last_reply(self) -> str:
        """Return the assistant's last text."""
        return self.exchanges[-1].reply if self.exchanges else ""

    @property
    def asked_before(self) -> str:
        """Return what the user had said last before the assistant's last text."""
        said = [text for exchange in self.exchanges for text in exchange.said]
        return said[-1] if said else ""


def read(turns: Sequence[Turn]) -> Conversation:
    """Return the conversation of a request."""
    start = _start_of_turn(turns)
    before, now = turns[:start], turns[start:]
    system = " ".join(turn.text for turn in turns if turn.role in {"system", "developer"})
    users = [turn.text for turn in turns if turn.role == "user"]
    return Conversation(
        language=_language(users, system),
        asked=tuple(turn.text for turn in now if turn.role == "user"),
        results=_results(now),
        exchanges=_exchanges(before),
        today=_today(system),
    )


def _today(system: str) -> date | None:
    """Return the date beside the time of day, else the first one: other dates may be somebody's birthday."""
    moment = _MOMENT.search(system)
    return first_date(moment[0] if moment else system)


def _exchanges(turns: Sequence[Turn]) -> tuple[Exchange, ...]:
    found: list[Exchange] = []
    said: list[str] = []
    for turn in turns:
        if turn.role == "user":
            said.append(turn.text)
        elif turn.role == "assistant" and not turn.calls:
            # A colleague and the assistant may speak one after the other.
            if said or not found:
                found.append(Exchange(tuple(said), turn.text))
            else:
                found[-1] = Exchange(found[-1].said, f"{found[-1].reply}\n{turn.text}")
            said = []
    return tuple(found)


def _start_of_turn(turns: Sequence[Turn]) -> int:
    """Return the index after the last plain text of the assistant that the user has answered.

    A text after the user's last words was not sent: it is to be written anew.
    """
    asked = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=len(turns))
    texts = [index for index, turn in enumerate(turns[:asked]) if turn.role == "assistant" and not turn.calls]
    return texts[-1] + 1 if texts else 0


def _language(users: list[str], system: str) -> Language:
    last = users[-1] if users else ""
    return language_of(last) or language_of(system) or "pt"


def _results(turns: Sequence[Turn]) -> tuple[ToolResult, ...]:
    called = {call_id: (name, arguments) for turn in turns for call_id, name, arguments in turn.calls}
    return tuple(
        ToolResult(called[turn.answers][0], _object(called[turn.answers][1]), _value(turn.text))
        for turn in turns
        if turn.role == "tool" and turn.answers in called
    )


def _object(text: str) -> dict[str, Any]:
    value = _value(text)
    return value if isinstance(value, dict) else {}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
