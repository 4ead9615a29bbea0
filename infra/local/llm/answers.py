"""Writing the answer of a turn from its results, what is still to be asked, and what could not be served."""

from infra.local.llm.conversation import Conversation, ToolResult
from infra.local.llm.focus import Focus
from infra.local.llm.intents import Understanding, tool_for
from infra.local.llm.lexicon import CONCEPTS
from infra.local.llm.planning import Plan, essence, holds_nothing, names_no_row
from infra.local.llm.questions import Said
from infra.local.llm.rendering import Renderer
from infra.local.llm.subjects import thing_named
from infra.local.llm.texts import joined, say
from infra.local.llm.tools import Tool, best_for

_MAX_QUOTE = 60
_MOST_OFFERS = 6


class Writer:
    """Writes in the language of the conversation; every fact is a result's."""

    def __init__(
        self, conversation: Conversation, tools: tuple[Tool, ...], said: Said, understood: Understanding
    ) -> None:
        self._conversation = conversation
        self._language = conversation.language
        self._tools = tools
        self._said = said
        self._understood = understood

    def answer(self, plan: Plan) -> str:
        """Return the whole text."""
        parts = [text for result in self._told(plan) if (text := self._rendered(result))]
        if plan.missing:
            parts.append(self._asking(plan))
        if not parts and not self._understood.unserved and not self._understood.unclear:
            return self._small_talk()
        # With results and no tools, this is the last round: what was asked is answered as far as it can be.
        if self._tools or not parts:
            parts += self._unanswered(answered=bool(parts))
        return "\n\n".join([*([self._greeting()] if self._said.greeting else []), *dict.fromkeys(parts)])

    def _asking(self, plan: Plan) -> str:
        asking = say("missing", self._language, names=joined(list(plan.missing), self._language))
        if not plan.choices:
            return asking
        return f"{asking}\n{say('we have', self._language)} {joined(list(plan.choices), self._language)}."

    def _told(self, plan: Plan) -> list[ToolResult]:
        """Return the results that the answer is made of: those that another result makes up for are left out."""
        results = [result for result in self._conversation.results if result.name not in plan.lookups]
        last = {result.name: place for place, result in enumerate(results)}
        told = [result for place, result in enumerate(results) if not (_is_error(result) and last[result.name] > place)]
        full = [result for result in told if not self._is_unknown(result)]
        return full if full else told[:1] if told and all(self._is_unknown(result) for result in told) else told

    def _is_unknown(self, result: ToolResult) -> bool:
        """Whether a result only says that nothing is known, while others of the turn may say more."""
        knowledge, services = tool_for("knowledge", self._tools), tool_for("services", self._tools)
        if knowledge is not None and result.name == knowledge.name:
            return holds_nothing(result.value)
        searched = knowledge is not None and any(r.name == knowledge.name for r in self._conversation.results)
        thing = thing_named(self._question_of(result))
        is_list = services is not None and result.name == services.name
        return bool(is_list and searched and thing and names_no_row(result.value, thing))

    def _question_of(self, result: ToolResult) -> str:
        intents = [intent for intent in self._understood.intents if intent.tool.name == result.name]
        return " ".join(intent.asked for intent in intents)

    def _rendered(self, result: ToolResult) -> str:
        question = self._question_of(result)
        value, subject = result.value, _searched(result)
        if subject and holds_nothing(value):
            return say("not found", self._language, subject=subject)
        everything = " ".join(self._conversation.asked)
        focus = Focus(question or everything, self._conversation.today)
        text = Renderer(self._language, focus).result(value)
        thing = thing_named(question)
        if thing and not subject and names_no_row(value, thing) and not focus.days():
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
        wordless = not any(letter.isalnum() for text in self._conversation.asked for letter in text)
        if said.no or said.yes or said.acknowledged or wordless:
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
        served = [
            concept.offer
            for concept in CONCEPTS
            if concept.offer and concept.name != "human" and best_for(concept, self._tools)
        ]
        offers = [offer[self._language == "en"] for offer in served[:_MOST_OFFERS]]
        return [say("can", self._language, offers=joined(offers, self._language))] if offers else []


def _is_error(result: ToolResult) -> bool:
    return isinstance(result.value, dict) and bool(result.value.get("error"))


def _searched(result: ToolResult) -> str:
    """Return what a call searched for, "" when it did not search."""
    texts = [value for value in essence(result.arguments).values() if isinstance(value, str)]
    return texts[0] if texts else ""


def _quoted(text: str) -> str:
    return text if len(text) <= _MAX_QUOTE else text[: _MAX_QUOTE - 1] + "…"
