"""Splitting what a user wrote into questions, greetings, thanks and the like."""

import re
from dataclasses import dataclass

from infra.local.llm import lexicon
from infra.local.llm.words import fold, subjects_of

_NAME_LENGTH = 2
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


def split(messages: tuple[str, ...]) -> Said:
    """Return what the messages hold; orders to the assistant are no questions and are dropped."""
    sentences = [part.strip() for message in messages for part in _SENTENCE.split(message) if part.strip()]
    folded = [fold(sentence) for sentence in sentences]
    greetings = [match for sentence in folded if (match := lexicon.GREETING.match(sentence))]
    questions = [question for sentence in sentences if (question := _question(sentence))]
    return Said(
        questions=tuple(questions),
        greeting=greetings[0]["hello"] if greetings else "",
        thanks=_any(lexicon.THANKS, folded),
        goodbye=_any(lexicon.GOODBYE, folded),
        yes=_any(lexicon.YES, folded),
        no=_any(lexicon.NO, folded),
        robot=_any(lexicon.ROBOT, folded),
        introduction=_any(lexicon.INTRODUCTION, [_without_greeting(sentence) for sentence in folded]),
        help=_any(lexicon.HELP, folded),
        unreadable=_any(lexicon.UNREADABLE, folded),
    )


def _any(pattern: re.Pattern[str], sentences: list[str]) -> bool:
    return any(pattern.search(sentence) for sentence in sentences)


def _without_greeting(sentence: str) -> str:
    # Folding keeps the length of the plain letters a greeting is made of, so this serves both forms of a sentence.
    greeting = lexicon.GREETING.match(fold(sentence))
    return sentence[greeting.end() :].strip() if greeting else sentence


def _question(sentence: str) -> str:
    """Return the part of a sentence that needs an answer, "" when nothing does."""
    folded, rest = fold(sentence), _without_greeting(sentence)
    if any(pattern.search(folded) for pattern in (lexicon.ORDERS, lexicon.YES, lexicon.NO, lexicon.UNREADABLE)):
        return ""
    if _names_something(rest):
        return rest
    manners = (lexicon.THANKS, lexicon.GOODBYE, lexicon.ROBOT, lexicon.HELP)
    if any(pattern.search(folded) for pattern in manners) or lexicon.INTRODUCTION.match(fold(rest)):
        return ""
    # After a greeting, a word or two are somebody's name.
    called_by_name = rest != sentence and "?" not in rest and len(subjects_of(rest)) <= _NAME_LENGTH
    return rest if subjects_of(rest) and not called_by_name else ""


def _names_something(text: str) -> bool:
    return any(concept.said.search(fold(text)) for concept in lexicon.CONCEPTS)
