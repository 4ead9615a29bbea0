"""Deciding the assistant's next message: calls to tools, or the answer from their results."""

from dataclasses import dataclass
from typing import Literal

from infra.local.llm import questions
from infra.local.llm.answers import Writer
from infra.local.llm.arguments import fill
from infra.local.llm.conversation import Conversation
from infra.local.llm.intents import Intent, Understanding, tool_for, understand
from infra.local.llm.planning import Call, Planner
from infra.local.llm.questions import Said
from infra.local.llm.summary import summary_of
from infra.local.llm.texts import say
from infra.local.llm.tools import Tool


@dataclass(frozen=True)
class Reply:
    """The next message: calls, or a text."""

    text: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What the request allows: `auto`, `none`, `required`, or the name of one tool."""

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str = ""
    parallel: bool = True


def decide(conversation: Conversation, tools: tuple[Tool, ...], choice: Choice) -> Reply:
    """Return the next message of the assistant."""
    summary = None if tools else summary_of(conversation)
    return Reply(summary) if summary else _Decision(conversation, tools, choice).reply()


class _Decision:
    def __init__(self, conversation: Conversation, tools: tuple[Tool, ...], choice: Choice) -> None:
        self._conversation = conversation
        self._tools = tools
        self._choice = choice
        self._said: Said = questions.split(conversation.asked)
        self._understood: Understanding = understand(self._said.questions, tools, conversation)

    def reply(self) -> Reply:
        plan = Planner(self._conversation, self._tools).plan(self._intents())
        done = [(result.name, result.arguments) for result in self._conversation.results]
        if self._choice.mode != "none":
            waiting = [call for call in plan.calls if (call.name, call.arguments) not in done]
            if self._choice.mode == "required" and not waiting and not done:
                waiting = self._forced()
            if waiting:
                return Reply(calls=tuple(waiting if self._choice.parallel else waiting[:1]))
        return Reply(text=Writer(self._conversation, self._tools, self._said, self._understood).answer(plan))

    def _intents(self) -> list[Intent]:
        question = " ".join(self._conversation.asked)
        if self._choice.mode == "named":
            return [Intent(tool, question, question) for tool in self._tools if tool.name == self._choice.name]
        human = tool_for("human", self._tools)
        if human is not None and self._said.yes and self._was_offered_human():
            reason = f"{self._conversation.asked_before} {question}".strip()
            return [Intent(human, reason, question)]
        agreed = tool_for("agree", self._tools) if self._said.yes else None
        dropped = tool_for("disagree", self._tools) if self._said.no else None
        decided = agreed or dropped
        if decided is not None and not self._understood.intents:
            return [Intent(decided, question, question)]
        return list(self._understood.intents)

    def _forced(self) -> list[Call]:
        """Return a call to the first tool that can be called at all, as `required` demands one."""
        question = " ".join(self._conversation.asked) or self._conversation.asked_before
        for tool in self._tools:
            filled = fill(tool, question, self._conversation.today)
            if not filled.missing:
                return [Call(tool.name, filled.arguments)]
        return [Call(tool.name, dict.fromkeys(tool.required, question)) for tool in self._tools[:1]]

    def _was_offered_human(self) -> bool:
        return any(say("offer human", language) in self._conversation.last_reply for language in ("pt", "en"))
