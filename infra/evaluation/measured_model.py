"""The model that is judged, with a record of what it was asked and how long it took."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.ports import ChatMessage, Completion, LanguageModel, ToolSpec


@dataclass(frozen=True)
class MeasuredCall:
    """One call."""

    seconds: float
    tools: tuple[str, ...]  #: names that it wants called


@dataclass
class MeasuredModel:
    """Passes everything on to the real model."""

    model: LanguageModel
    calls: list[MeasuredCall] = field(default_factory=list)

    async def complete(self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec]) -> Completion:
        """See `shared.ports.LanguageModel`."""
        started = time.perf_counter()
        completion = await self.model.complete(messages, tools)
        called = tuple(call.name for call in completion.tool_calls)
        self.calls.append(MeasuredCall(time.perf_counter() - started, called))
        return completion

    async def check(self) -> None:
        """See `shared.ports.Dependency`."""
        await self.model.check()
