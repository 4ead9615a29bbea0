"""A turn to answer, a model that follows a script, and a clock that moves when told."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.models import (
    Audience,
    BusinessProfile,
    Contact,
    HistoryMessage,
    Locale,
    Organization,
    Speaker,
    Turn,
    Week,
)
from shared.ports import ChatMessage, Completion, ToolCall, ToolSpec
from shared.whatsapp.events import Kind

NOON = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  #: a Tuesday, 12:00 in São Paulo
ORGANIZATION_ID = UUID("0a0a0a0a-0000-4000-8000-000000000001")
NOTHING_SOLD = BusinessProfile(services=(), business_hours=Week())


class ManualClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class ScriptedModel:
    """Gives the answers of a script, one for each call, and keeps what it was asked."""

    def __init__(self, clock: ManualClock) -> None:
        self.script: list[Completion | Exception] = []
        self.takes = timedelta(0)
        self.asked: list[tuple[Sequence[ChatMessage], Sequence[ToolSpec]]] = []
        self._clock = clock

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        self.asked.append((messages, tools))
        self._clock.moment += self.takes
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    async def check(self) -> None:
        """Always there."""

    def tool_results(self) -> list[str]:
        """The contents of the tool messages it was last given."""
        return [message.content or "" for message in self.asked[-1][0] if message.role == "tool"]


class GivenRows:
    """Answers each database function with a given row or error, and keeps the calls."""

    def __init__(self) -> None:
        self.rows: dict[str, object] = {}
        self.calls: list[tuple[str, Mapping[str, object]]] = []

    async def call(self, function: str, **arguments: object) -> Any:
        self.calls.append((function, arguments))
        row = self.rows[function]
        if isinstance(row, Exception):
            raise row
        return row

    async def check(self) -> None:
        """Always there."""


def says(text: str | None, *, tokens: tuple[int, int] = (0, 0)) -> Completion:
    """An answer in words."""
    return Completion(
        content=text, tool_calls=(), model="scripted", prompt_tokens=tokens[0], completion_tokens=tokens[1]
    )


def calls(*names_and_arguments: tuple[str, str], tokens: tuple[int, int] = (0, 0)) -> Completion:
    """An answer that calls tools, each a name and its arguments as JSON."""
    asked = tuple(
        ToolCall(id=f"call-{position}", name=name, arguments=arguments)
        for position, (name, arguments) in enumerate(names_and_arguments)
    )
    return Completion(
        content=None, tool_calls=asked, model="scripted", prompt_tokens=tokens[0], completion_tokens=tokens[1]
    )


def wrote(
    text: str | None, *, by: Speaker = Speaker.CONTACT, kind: Kind = Kind.TEXT, at: datetime = NOON
) -> HistoryMessage:
    """A message of a history."""
    return HistoryMessage(speaker=by, kind=kind, text=text, sent_at=at)


def turn_of(
    *history: HistoryMessage,
    audience: Audience = Audience.CLIENT,
    name: str | None = "Maria",
    locale: Locale = "pt-BR",
    timezone: str = "America/Sao_Paulo",
    now: datetime = NOON,
) -> Turn:
    """A turn of a pet shop in São Paulo, by default about one greeting."""
    return Turn(
        organization=Organization(
            id=ORGANIZATION_ID, name="Patas & Cia", business_type="pet shop", locale=locale, timezone=timezone
        ),
        contact=Contact(id=UUID(int=11), name=name, phone="+5511912345678"),
        conversation_id=UUID(int=12),
        audience=audience,
        profile=NOTHING_SOLD if audience is Audience.CLIENT else None,
        history=history or (wrote("Oi"),),
        introduced=any(message.speaker is Speaker.ASSISTANT for message in history),
        now=now,
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def model(clock: ManualClock) -> ScriptedModel:
    return ScriptedModel(clock)


@pytest.fixture
def rows() -> GivenRows:
    return GivenRows()
