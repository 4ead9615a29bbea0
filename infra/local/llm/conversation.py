"""What a request says, seen as a conversation: what is asked now, and what tools answered so far."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import first_date
from infra.local.llm.language import Language, language_of


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
class Conversation:
    """The state that the next message is decided from."""

    language: Language
    #: User messages since the assistant's last text.
    asked: tuple[str, ...]
    results: tuple[ToolResult, ...]
    #: The assistant's last text and what the user had asked before it.
    last_reply: str
    asked_before: str
    #: From the system message, when it tells the date.
    today: date | None


def read(turns: Sequence[Turn]) -> Conversation:
    """Return the conversation of a request."""
    start = _start_of_turn(turns)
    before, now = turns[:start], turns[start:]
    system = " ".join(turn.text for turn in turns if turn.role in {"system", "developer"})
    users = [turn.text for turn in turns if turn.role == "user"]
    replies = [turn.text for turn in before if turn.role == "assistant"]
    earlier = [turn.text for turn in before if turn.role == "user"]
    return Conversation(
        language=_language(users, system),
        asked=tuple(turn.text for turn in now if turn.role == "user"),
        results=_results(now),
        last_reply=replies[-1] if replies else "",
        asked_before=earlier[-1] if earlier else "",
        today=first_date(system),
    )


def _start_of_turn(turns: Sequence[Turn]) -> int:
    """Return the index after the assistant's last plain text."""
    texts = [index for index, turn in enumerate(turns) if turn.role == "assistant" and not turn.calls]
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
