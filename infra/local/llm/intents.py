"""Matching questions to the tools that are offered."""

from dataclasses import dataclass

from infra.local.llm import lexicon
from infra.local.llm.conversation import Conversation
from infra.local.llm.days import days_named
from infra.local.llm.lexicon import CONCEPTS, Concept
from infra.local.llm.subjects import is_bare_name
from infra.local.llm.texts import say
from infra.local.llm.tools import Tool, best_for
from infra.local.llm.words import fold, subjects_of, words_of

_SHORT_QUESTION = 5
#: Without the concept's own tool, this one may know.
_NEXT_BEST = {"availability": "hours", "booking": "availability"}


@dataclass(frozen=True)
class Intent:
    """A tool that answers a question."""

    tool: Tool
    #: What its arguments are read from: the question, with the one before when it leans on that.
    question: str
    #: The question itself, which the answer is about.
    asked: str


@dataclass(frozen=True)
class Understanding:
    """What the questions of a turn come down to."""

    intents: tuple[Intent, ...]
    #: Understood, but no tool serves it.
    unserved: tuple[str, ...]
    #: Not understood.
    unclear: tuple[str, ...]


def understand(questions: tuple[str, ...], tools: tuple[Tool, ...], conversation: Conversation) -> Understanding:
    """Return the tools for all questions, each tool once per question, in the order of asking."""
    intents: list[Intent] = []
    unserved: list[str] = []
    unclear: list[str] = []
    for asked in questions:
        question = asked
        concepts, found = _match(question, tools)
        if not concepts and not found and _leans_back(question, conversation):
            whole = f"{conversation.asked_before} {asked}"
            concepts, found = _match(whole, tools)
            question = asked if days_named(asked, conversation.today) else whole
        intents += [Intent(tool, question, asked) for tool in found]
        if not found:
            (unserved if concepts else unclear).append(asked)
    return Understanding(tuple(intents), tuple(unserved), tuple(unclear))


def tool_for(concept_name: str, tools: tuple[Tool, ...]) -> Tool | None:
    """Return the tool that serves a concept of the lexicon."""
    return next((best_for(concept, tools) for concept in CONCEPTS if concept.name == concept_name), None)


def _match(question: str, tools: tuple[Tool, ...]) -> tuple[list[Concept], list[Tool]]:
    folded = fold(question)
    said = {concept.name: match.start() for concept in CONCEPTS if (match := concept.said.search(folded))}
    concepts = sorted((concept for concept in CONCEPTS if concept.name in said), key=lambda concept: said[concept.name])
    concepts = _without_shadowed(concepts)
    found = [tool for concept in concepts if (tool := _serving(concept, tools))]
    if not found:
        found = _by_words(question, tools)
    if not found and not concepts and is_bare_name(question):
        found = [tool] if (tool := tool_for("contact", tools)) else []
    return concepts, _unique(found)


def _without_shadowed(concepts: list[Concept]) -> list[Concept]:
    """Drop what a more exact concept already says: "tem horário amanhã" is about free times, not opening hours."""
    decisive = [concept for concept in concepts if concept.decisive]
    if decisive:
        return decisive
    names = {concept.name for concept in concepts}
    shadowed = {"hours"} if names & {"availability", "booking", "cancel", "reschedule"} else set()
    return [concept for concept in concepts if concept.name not in shadowed]


def _serving(concept: Concept, tools: tuple[Tool, ...]) -> Tool | None:
    tool = best_for(concept, tools)
    if tool is None and concept.name in _NEXT_BEST:
        return tool_for(_NEXT_BEST[concept.name], tools)
    return tool


def _by_words(question: str, tools: tuple[Tool, ...]) -> list[Tool]:
    """Return the one tool whose description shares the most words with the question, if they are enough."""
    subjects = set(subjects_of(question))
    scored = [(len(subjects & tool.vocabulary()), tool) for tool in tools]
    best = max((score for score, _ in scored), default=0)
    winners = [tool for score, tool in scored if score == best]
    enough = best > 1 or (best == 1 and len(subjects) == 1)
    return winners if enough and len(winners) == 1 else []


def _leans_back(question: str, conversation: Conversation) -> bool:
    """Whether a short question only makes sense after the one before: "e no sábado?", or a name that was asked for."""
    if not conversation.asked_before or len(words_of(question)) > _SHORT_QUESTION:
        return False
    asked_for = say("missing", conversation.language, names="").split(":")[0]
    return (
        lexicon.FOLLOW_UP.match(fold(question)) is not None
        or asked_for in conversation.last_reply
        or bool(days_named(question, conversation.today))
    )


def _unique(tools: list[Tool]) -> list[Tool]:
    return list({tool.name: tool for tool in tools}.values())
