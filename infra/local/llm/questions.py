"""Splitting what a user wrote into questions, greetings, thanks and the like."""

import re
from dataclasses import dataclass

from infra.local.llm.dictation import dictated
from infra.local.llm.lexicon import CONCEPTS, manners
from infra.local.llm.words import fold, subjects_of

_NAME_LENGTH = 2
_NO_QUESTIONS = (manners.ORDERS, manners.YES, manners.NO, manners.UNREADABLE, manners.ACKNOWLEDGED)
_SENTENCE = re.compile(r"(?<=[.?!;])\s+|\n+")


@dataclass(frozen=True)
class Said:
    """What the user's messages hold."""

    #: What needs an answer, in order, in the user's own words.
    questions: tuple[str, ...]
    #: The greeting, folded; "" without one.
    greeting: str
    thanks: bool
    goodbye: bool
    yes: bool
    no: bool
    robot: bool
    introduction: bool
    help: bool
    unreadable: bool
    acknowledged: bool


def split(messages: tuple[str, ...]) -> Said:
    """Return what the messages hold; orders to the assistant are no questions and are dropped."""
    sentences = [sentence for message in messages for sentence in _sentences(message)]
    folded = [fold(sentence) for sentence in sentences]
    greetings = [match for sentence in folded if (match := manners.GREETING.match(sentence))]
    questions = [question for sentence in sentences if (question := _question(sentence))]
    return Said(
        questions=tuple(questions),
        greeting=greetings[0]["hello"] if greetings else "",
        thanks=_any(manners.THANKS, folded),
        goodbye=_any(manners.GOODBYE, folded),
        yes=_any(manners.YES, folded),
        no=_any(manners.NO, folded),
        robot=_any(manners.ROBOT, folded),
        introduction=_any(manners.INTRODUCTION, [_without_greeting(sentence) for sentence in folded]),
        help=_any(manners.HELP, folded),
        unreadable=_any(manners.UNREADABLE, folded),
        acknowledged=_any(manners.ACKNOWLEDGED, folded),
    )


def _sentences(message: str) -> list[str]:
    """Return the sentences of a message; one that dictates a text stays whole, as the text is no question."""
    if dictated(message.strip()):
        return [message.strip()]
    return [part.strip() for part in _SENTENCE.split(message) if part.strip()]


def _any(pattern: re.Pattern[str], sentences: list[str]) -> bool:
    return any(pattern.search(sentence) for sentence in sentences)


def _without_greeting(sentence: str) -> str:
    # Folding keeps the length of the plain letters a greeting is made of, so this serves both forms of a sentence.
    greeting = manners.GREETING.match(fold(sentence))
    return sentence[greeting.end() :].strip() if greeting else sentence


def _question(sentence: str) -> str:
    """Return the part of a sentence that needs an answer, "" when nothing does."""
    folded, rest = fold(sentence), _without_greeting(sentence)
    if any(pattern.search(folded) for pattern in _NO_QUESTIONS):
        return ""
    if _names_something(rest):
        return rest
    courtesies = (manners.THANKS, manners.GOODBYE, manners.ROBOT, manners.HELP)
    if any(pattern.search(folded) for pattern in courtesies) or manners.INTRODUCTION.match(fold(rest)):
        return ""
    # After a greeting, a word or two are somebody's name.
    called_by_name = rest != sentence and "?" not in rest and len(subjects_of(rest)) <= _NAME_LENGTH
    says_something = subjects_of(rest) or any(letter.isdigit() for letter in rest)
    return rest if says_something and not called_by_name else ""


def _names_something(text: str) -> bool:
    return any(concept.said.search(fold(text)) for concept in CONCEPTS)
