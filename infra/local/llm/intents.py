"""Matching questions to the tools that are offered."""

from dataclasses import dataclass

from infra.local.llm.conversation import Conversation
from infra.local.llm.dictation import dictated
from infra.local.llm.lexicon import CONCEPTS, Concept, manners
from infra.local.llm.lexicon.concept import PRICED
from infra.local.llm.spans import names_when
from infra.local.llm.subjects import is_bare_name
from infra.local.llm.tools import Tool, best_for
from infra.local.llm.topics import Topic, asked_for, topic_of
from infra.local.llm.words import fold, subjects_of, words_of

#: Without the concept's own tool, this one may know.
_NEXT_BEST = {"availability": "hours", "booking": "availability", "agenda": "summary"}
#: Who speaks of these means no less exact thing, even where no tool serves them.
_VISITS = frozenset({"visit", "move", "cancel"})
_LONGEST_ANSWER = 12  # words
_LONGEST_CHOICE = 4  # words
_LONGEST_REMARK = 2  # words: shorter ones are asked about, not searched for


@dataclass(frozen=True)
class Intent:
    """A tool that answers a question."""

    tool: Tool
    #: What its arguments are read from first.
    question: str
    #: The question itself, which the answer is about.
    asked: str
    #: What was said before in the same topic, newest first.
    topic: tuple[str, ...] = ()
    concept: Concept | None = None


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
    return _Understanding(questions, tools, conversation).result()


def concept_named(name: str) -> Concept:
    """Return a concept of the lexicon."""
    return next(concept for concept in CONCEPTS if concept.name == name)


def tool_for(concept_name: str, tools: tuple[Tool, ...]) -> Tool | None:
    """Return the tool that serves a concept of the lexicon."""
    return best_for(concept_named(concept_name), tools)


class _Understanding:
    def __init__(self, questions: tuple[str, ...], tools: tuple[Tool, ...], conversation: Conversation) -> None:
        self._questions = questions
        self._tools = tools
        self._conversation = conversation
        self._topic: Topic = topic_of(conversation.exchanges, lambda text: _said(text, tools))
        self._intents: list[Intent] = []
        self._unserved: list[str] = []
        self._loose: list[str] = []

    def result(self) -> Understanding:
        for question in self._questions:
            self._match(question)
        unclear = [question for question in self._loose if not self._place(question)]
        return Understanding(tuple(self._intents), tuple(self._unserved), tuple(unclear))

    def _match(self, question: str) -> None:
        """Add what a question says outright; what says nothing outright is set aside."""
        concepts = _said(question, self._tools)
        found = {tool.name: (concept, tool) for concept in concepts if (tool := _serving(concept, self._tools))}
        for concept, tool in found.values():
            self._add(concept, tool, question)
        lost = [concept for concept in concepts if not concept.passing]
        if not found and lost:
            if self._is_follow_up(question):
                self._loose.append(question)
            elif not self._look_up(question):
                self._unserved.append(question)
        elif not found and not concepts:
            self._loose.append(question)

    def _add(self, concept: Concept | None, tool: Tool, question: str) -> None:
        details = [other for other in self._questions if other != question and not _said(other, self._tools)]
        details = [text for text in details if names_when(text, self._conversation.today)]
        belongs = concept is not None and concept.topic and concept.topic == self._topic.name
        before = self._topic.texts if belongs else ()
        self._intents.append(Intent(tool, question, question, (*reversed(details), *before), concept))

    def _place(self, question: str) -> bool:
        """Find what a sentence that asks nothing by itself belongs to."""
        if any(intent.concept and (intent.concept.topic or intent.concept.acts) for intent in self._intents) and (
            names_when(question, self._conversation.today) or not _is_question(question)
        ):
            return True
        if self._is_follow_up(question) and self._follow_up(question):
            return True
        if is_bare_name(question) and (tool := tool_for("contact", self._tools)):
            self._intents.append(Intent(tool, question, question))
            return True
        if tool := self._by_words(question):
            self._intents.append(Intent(tool, question, question))
            return True
        is_remark = bool(self._intents) and not _is_question(question)
        return is_remark or self._look_up(question)

    def _is_follow_up(self, question: str) -> bool:
        """Tell whether a question only makes sense after what was said before: "e no sábado?", "às 15h"."""
        if self._topic.concept is None or len(words_of(question)) > _LONGEST_ANSWER:
            return False
        folded = fold(question)
        if manners.FOLLOW_UP.match(folded) or self._topic.choosing(folded):
            return True
        if asked_for(self._conversation.last_reply):
            return not _is_question(question) or names_when(question, self._conversation.today)
        answers = self._topic.asked and not _is_question(question) and len(words_of(question)) <= _LONGEST_CHOICE
        return answers or names_when(question, self._conversation.today) or self._topic.rewords(question)

    def _follow_up(self, question: str) -> bool:
        concept = self._topic.concept_of(question)
        tool = _serving(concept, self._tools) if concept else None
        if tool is None:
            return False
        self._intents.append(Intent(tool, question, question, self._topic.texts, concept))
        return True

    def _look_up(self, question: str) -> bool:
        """Leave a question to what the business wrote down, when there is a tool to search that."""
        tool = tool_for("knowledge", self._tools)
        if tool is None or (len(words_of(question)) <= _LONGEST_REMARK and not _is_question(question)):
            return False
        self._intents.append(Intent(tool, question, question, concept=concept_named("knowledge")))
        return True

    def _by_words(self, question: str) -> Tool | None:
        """Return the one tool that the lexicon does not know and whose description shares the most words."""
        subjects = set(subjects_of(question))
        unknown = [tool for tool in self._tools if not any(tool.serves(concept) for concept in CONCEPTS)]
        scored = [(len(subjects & tool.vocabulary()), tool) for tool in unknown]
        best = max((score for score, _ in scored), default=0)
        winners = [tool for score, tool in scored if score == best]
        enough = best > 1 or (best == 1 and len(subjects) == 1)
        return winners[0] if enough and len(winners) == 1 else None


def _is_question(text: str) -> bool:
    return "?" in text or manners.INTERROGATIVE.match(fold(text)) is not None


def _said(question: str, tools: tuple[Tool, ...]) -> list[Concept]:
    """Return what a question says, in the order of saying; words that are dictated say nothing."""
    dictation = dictated(question)
    folded = fold(dictation.head if dictation else question)
    found = {concept.name: match.start() for concept in CONCEPTS if (match := concept.said.search(folded))}
    found = {name: start for name, start in found.items() if _counts(concept_named(name), folded, tools)}
    concepts = sorted((concept_named(name) for name in found), key=lambda concept: found[concept.name])
    return _without_shadowed(concepts, folded, tools)


def _counts(concept: Concept, question: str, tools: tuple[Tool, ...]) -> bool:
    """Whether a concept may be meant: a proposal can only be agreed to while there is one, and as it stands."""
    if concept.unless is not None and concept.unless.search(question):
        return False
    if concept.name not in {"agree", "disagree"}:
        return True
    return best_for(concept, tools) is not None and not names_when(question, None)


def _without_shadowed(concepts: list[Concept], folded: str, tools: tuple[Tool, ...]) -> list[Concept]:
    """Drop what a more exact concept already says: "tem horário amanhã" is about free times, not opening hours."""
    decisive = [
        concept for concept in concepts if concept.decisive and (concept.name == "human" or _serving(concept, tools))
    ]
    if decisive:
        return decisive[:1]
    exact = [concept for concept in concepts if concept.topic in _VISITS or _serving(concept, tools)]
    shadowed = {name for concept in exact or concepts for name in concept.over}
    if PRICED.search(folded):
        shadowed.discard("services")
    kept = [concept for concept in concepts if concept.name not in shadowed]
    # Two actions in one sentence are one: the first that can be done.
    actions = [concept for concept in kept if concept.acts and not concept.passing]
    return [concept for concept in kept if concept not in actions[1:]]


def _serving(concept: Concept, tools: tuple[Tool, ...]) -> Tool | None:
    tool = best_for(concept, tools)
    if tool is None and concept.name in _NEXT_BEST:
        return tool_for(_NEXT_BEST[concept.name], tools)
    return tool
