"""Deciding the assistant's next message: calls to tools, or the answer from their results."""

from dataclasses import dataclass
from typing import Any, Literal

from infra.local.llm import arguments, questions
from infra.local.llm.conversation import Conversation, ToolResult
from infra.local.llm.focus import Focus
from infra.local.llm.intents import Intent, Understanding, tool_for, understand
from infra.local.llm.language import Language
from infra.local.llm.lexicon import CONCEPTS
from infra.local.llm.questions import Said
from infra.local.llm.rendering import Renderer
from infra.local.llm.subjects import thing_named
from infra.local.llm.texts import LABELS, joined, label, say
from infra.local.llm.tools import Tool, best_for
from infra.local.llm.words import subjects_of

_MAX_QUOTE = 60
#: Arguments that explain a call and change nothing about what it does.
_EXPLANATIONS = frozenset({"reason", "motivo"})


@dataclass(frozen=True)
class Call:
    """One call to a tool."""

    name: str
    arguments: dict[str, Any]


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
    return _Decision(conversation, tools, choice).reply()


class _Decision:
    def __init__(self, conversation: Conversation, tools: tuple[Tool, ...], choice: Choice) -> None:
        self._conversation = conversation
        self._language = conversation.language
        self._tools = tools
        self._choice = choice
        self._said: Said = questions.split(conversation.asked)
        self._understood: Understanding = understand(self._said.questions, tools, conversation)

    def reply(self) -> Reply:
        calls, missing = self._planned()
        done = [(result.name, result.arguments) for result in self._conversation.results]
        if self._choice.mode != "none":
            waiting = [call for call in calls if (call.name, call.arguments) not in done]
            if self._choice.mode == "required" and not waiting and not done:
                waiting = self._forced()
            if waiting:
                return Reply(calls=tuple(waiting if self._choice.parallel else waiting[:1]))
        return Reply(text=self._answer(missing))

    def _planned(self) -> tuple[list[Call], list[str]]:
        calls: list[Call] = []
        missing: list[str] = []
        for intent in self._intents():
            filled = arguments.fill(intent.tool, intent.question, self._conversation.today)
            call = Call(intent.tool.name, filled.arguments)
            if filled.missing:
                missing += [_described(intent.tool, name, self._language) for name in filled.missing]
            elif not any(_same(call, other) for other in calls):
                calls.append(call)
        return calls, missing

    def _intents(self) -> list[Intent]:
        question = " ".join(self._conversation.asked)
        if self._choice.mode == "named":
            return [Intent(tool, question, question) for tool in self._tools if tool.name == self._choice.name]
        human = tool_for("human", self._tools)
        if human is not None and self._said.yes and self._was_offered_human():
            reason = f"{self._conversation.asked_before} {question}".strip()
            return [Intent(human, reason, question)]
        return list(self._understood.intents)

    def _forced(self) -> list[Call]:
        """Return a call to the first tool that can be called at all, as `required` demands one."""
        question = " ".join(self._conversation.asked) or self._conversation.asked_before
        for tool in self._tools:
            filled = arguments.fill(tool, question, self._conversation.today)
            if not filled.missing:
                return [Call(tool.name, filled.arguments)]
        return [Call(tool.name, dict.fromkeys(tool.required, question)) for tool in self._tools[:1]]

    def _answer(self, missing: list[str]) -> str:
        parts = [self._rendered(result) for result in self._conversation.results]
        if missing:
            parts.append(say("missing", self._language, names=joined(list(dict.fromkeys(missing)), self._language)))
        if not parts and not self._understood.unserved and not self._understood.unclear:
            return self._small_talk()
        parts += self._unanswered(answered=bool(parts))
        return "\n\n".join([*([self._greeting()] if self._said.greeting else []), *parts])

    def _rendered(self, result: ToolResult) -> str:
        intents = [intent for intent in self._understood.intents if intent.tool.name == result.name]
        question = " ".join(intent.asked for intent in intents)
        value, subject = result.value, _searched(result)
        if subject and _holds_nothing(value):
            return say("not found", self._language, subject=subject)
        everything = " ".join(self._conversation.asked)
        focus = Focus(question or everything, self._conversation.today)
        text = Renderer(self._language, focus).result(value)
        thing = thing_named(question)
        if thing and not subject and _names_no_row(value, thing) and not focus.days():
            return f"{say('not found', self._language, subject=thing)} {say('we have', self._language)}\n{text}"
        return text

    def _unanswered(self, *, answered: bool) -> list[str]:
        unserved, unclear = self._understood.unserved, self._understood.unclear
        if not unserved and not unclear:
            return []
        offer = [say("offer human", self._language)] if tool_for("human", self._tools) else []
        if answered:
            quotes = [say("about", self._language, question=_quoted(text)) for text in (*unserved, *unclear)]
            return [" ".join([*quotes, *offer])]
        is_question = bool(unserved) or any("?" in text for text in unclear)
        lead = say("unserved" if is_question else "unclear", self._language)
        return [" ".join([lead, *self._offers(), *offer])]

    def _small_talk(self) -> str:
        said = self._said
        if said.unreadable:
            return say("unreadable", self._language)
        if said.robot:
            return " ".join([say("robot", self._language), *self._offers()])
        if said.thanks and not said.greeting:
            return say("welcome", self._language)
        if said.goodbye:
            return say("bye", self._language)
        if said.no or said.yes or not any(letter.isalnum() for text in self._conversation.asked for letter in text):
            return say("alright", self._language)
        if said.greeting or said.introduction or said.help:
            return " ".join([self._greeting(), say("help", self._language), *self._offers()])
        offer = [say("offer human", self._language)] if tool_for("human", self._tools) else []
        return " ".join([say("unclear", self._language), *self._offers(), *offer])

    def _greeting(self) -> str:
        known = {"good morning": "bom dia", "good afternoon": "boa tarde", "good evening": "boa noite"}
        name = known.get(self._said.greeting, self._said.greeting)
        return say(name if name in {"bom dia", "boa tarde", "boa noite"} else "hello", self._language)

    def _offers(self) -> list[str]:
        """Return one sentence on what the offered tools can do."""
        served = [concept for concept in CONCEPTS if concept.name != "human" and best_for(concept, self._tools)]
        offers = [concept.offer[self._language == "en"] for concept in served]
        return [say("can", self._language, offers=joined(offers, self._language))] if offers else []

    def _was_offered_human(self) -> bool:
        return any(say("offer human", language) in self._conversation.last_reply for language in ("pt", "en"))


def _described(tool: Tool, name: str, language: Language) -> str:
    described = str(tool.properties.get(name, {}).get("description", "")).strip().rstrip(".")
    return label(name, language) if name in LABELS or not described else described


def _same(call: Call, other: Call) -> bool:
    """Whether a second call would only repeat the first; a free text such as a reason makes no difference."""
    return call.name == other.name and _essence(call.arguments) == _essence(other.arguments)


def _essence(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _EXPLANATIONS}


def _searched(result: ToolResult) -> str:
    """Return what a call searched for, "" when it did not search."""
    texts = [value for value in _essence(result.arguments).values() if isinstance(value, str)]
    return texts[0] if texts else ""


def _holds_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(part in ([], {}, None) for part in value.values())
    return value in ([], None, "")


def _names_no_row(value: Any, thing: str) -> bool:
    """Whether a result lists things, and none of them is the one that was asked for."""
    lists = [part for part in value.values() if isinstance(part, list) and part] if isinstance(value, dict) else []
    rows = [row for part in lists for row in part if isinstance(row, dict) and "name" in row]
    asked = set(subjects_of(thing))
    return bool(rows) and not any(asked & set(subjects_of(str(row["name"]))) for row in rows)


def _quoted(text: str) -> str:
    return text if len(text) <= _MAX_QUOTE else text[: _MAX_QUOTE - 1] + "…"
