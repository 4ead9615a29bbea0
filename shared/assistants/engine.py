"""The tool loop: asks the model, runs the tools it calls, and asks again until it answers in words."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.assistants.conversation import chat_messages
from shared.assistants.texts import texts_for
from shared.assistants.tools import Tool, ToolRefusedError, ToolResult, as_json
from shared.assistants.untrusted import clean_text
from shared.errors import ModelError
from shared.models import Answer, Audience, Interaction, Turn
from shared.ports import ChatMessage, Clock, Completion, LanguageModel, ToolCall

_LONGEST_ANSWER = 4096  # characters: WhatsApp Cloud API, text.body
_APART = r"\w*\W+(?:\w+\W+){0,2}"
# "assistente automático", "assistant of the shop, automated", "automated assistant", "asistente automático"
_AUTOMATED_ASSISTANT = re.compile(rf"as?sist{_APART}autom[aá]t|autom[aá]t{_APART}as?sist", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one turn may cost."""

    rounds: int = 4  #: calls to the model; in the last one it is given no tools
    refusals: int = 3  #: tool calls that may go wrong
    duration: timedelta = timedelta(seconds=45)  #: no round starts later than this after the first

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("a turn needs at least one round")


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """What an assistant is told and may do in one turn."""

    system: str
    tools: tuple[Tool[Any], ...]
    disclosure: str | None = None  #: what the answer must say of its author, put before a text that does not


class Assistant:
    """Answers the turns of one audience."""

    def __init__(
        self,
        audience: Audience,
        brief: Callable[[Turn], Briefing],
        *,
        model: LanguageModel,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._audience = audience
        self._brief = brief
        self._model = model
        self._clock = clock
        self._limits = limits

    async def answer(self, turn: Turn) -> Answer:
        """Answer the messages at the end of the turn's history. Writes nothing.

        Raises `ModelError` when the model fails, gives no text, or uses up the limits; `RetryAfterError` when it asks
        to be called later; the database's errors; and `ValueError` for a turn of another audience, or of a client
        without the business's profile.
        """
        if turn.audience is not self._audience:
            raise ValueError(f"the {self._audience} assistant was given a turn of the {turn.audience}")
        briefing = self._brief(turn)
        run = _Run(tools={tool.name: tool for tool in briefing.tools}, limits=self._limits, started=self._clock.now())
        messages = [ChatMessage(role="system", content=briefing.system), *chat_messages(turn)]
        for rounds_left in reversed(range(self._limits.rounds)):
            run.check_time(self._clock.now())
            specs = [tool.spec() for tool in briefing.tools] if rounds_left else []
            completion = await self._model.complete(tuple(messages), specs)
            run.completions.append(completion)
            if not completion.tool_calls:
                return run.answer(_final_text(completion, turn, briefing), ended=self._clock.now())
            if rounds_left:
                messages += await run.use(completion)
        raise ModelError(f"{run.completions[-1].model} called tools in all of {self._limits.rounds} rounds")


@dataclass(kw_only=True)
class _Run:
    """One turn under way."""

    tools: dict[str, Tool[Any]]
    limits: Limits
    started: datetime
    completions: list[Completion] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    refusals: int = 0
    hand_over_reason: str | None = None

    def check_time(self, now: datetime) -> None:
        if now - self.started > self.limits.duration:
            seconds = self.limits.duration.total_seconds()
            raise ModelError(f"no answer within {seconds:g} s and {len(self.completions)} rounds")

    async def use(self, completion: Completion) -> list[ChatMessage]:
        """Run the tools that were called, in order, and return the call and its results as messages."""
        asked = ChatMessage(role="assistant", content=completion.content, tool_calls=completion.tool_calls)
        return [asked, *[await self._result(call) for call in completion.tool_calls]]

    async def _result(self, call: ToolCall) -> ChatMessage:
        try:
            result = await self._call(call)
        except ToolRefusedError as refusal:
            self.refusals += 1
            if self.refusals > self.limits.refusals:
                # The refusal may quote names that the model made up from a customer's words.
                raise ModelError(f"{self.refusals} tool calls in one turn went wrong") from None
            result = ToolResult(data={"error": str(refusal)})
        if self.hand_over_reason is None:
            self.hand_over_reason = result.hand_over_reason
        return ChatMessage(role="tool", content=as_json(result.data), tool_call_id=call.id)

    async def _call(self, call: ToolCall) -> ToolResult:
        tool = self.tools.get(call.name)
        if tool is None:
            raise ToolRefusedError("there is no tool of this name")
        self.called.append(tool.name)
        return await tool.call(call.arguments)

    def answer(self, text: str, *, ended: datetime) -> Answer:
        interaction = Interaction(
            model=self.completions[-1].model,
            prompt_tokens=sum(completion.prompt_tokens for completion in self.completions),
            completion_tokens=sum(completion.completion_tokens for completion in self.completions),
            latency_ms=(ended - self.started) // timedelta(milliseconds=1),
            rounds=len(self.completions),
            tools=tuple(self.called),
        )
        return Answer(text=text, hand_over_reason=self.hand_over_reason, interaction=interaction)


def _final_text(completion: Completion, turn: Turn, briefing: Briefing) -> str:
    text = clean_text(completion.content or "", limit=_LONGEST_ANSWER)
    # A model that has read colleagues' messages may sign its own the same way.
    text = text.removeprefix(texts_for(turn.organization.locale).conversation.colleague_mark).strip()
    if not text:
        raise ModelError(f"{completion.model} answered without text")
    if briefing.disclosure is None or _names_itself(text):
        return text
    return clean_text(f"{briefing.disclosure}\n\n{text}", limit=_LONGEST_ANSWER)


def _names_itself(text: str) -> bool:
    """Tell whether `text` speaks of an automated assistant, in any of the languages that share these roots."""
    return _AUTOMATED_ASSISTANT.search(text) is not None
