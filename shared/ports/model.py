"""Language models, and who writes down what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.media import Image, MediaFile, Transcription
from shared.ports.dependency import Dependency


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool the model wants called."""

    id: str
    name: str
    arguments: str  #: JSON as the model wrote it: may be invalid


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One entry of a conversation with the model."""

    role: str  #: system, user, assistant or tool
    content: str | None = None
    images: tuple[Image, ...] = ()  #: beside the content; a model that cannot see is given the content alone
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool as the model is told of it."""

    name: str
    description: str
    parameters: Mapping[str, Any]  #: JSON schema of the arguments


@dataclass(frozen=True, kw_only=True)
class Completion:
    """The model's answer to one call."""

    content: str | None
    tool_calls: tuple[ToolCall, ...]
    model: str
    prompt_tokens: int
    completion_tokens: int


class LanguageModel(Dependency, Protocol):
    """A chat model with tools."""

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        """Return the model's next message.

        Raises `ModelError`, or `RetryAfterError` when the server says when to come back.
        """
        ...


class Transcriber(Protocol):
    """A model that writes down what is said in a recording."""

    async def transcribe(self, file: MediaFile, *, language: str) -> Transcription:
        """Return what is said in `file`, most likely in `language`, an ISO 639-1 code.

        Raises `ModelError`, or `RetryAfterError` when the server says when to come back.
        """
        ...
