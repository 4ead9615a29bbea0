"""Splitting what a user wrote into questions, greetings, thanks and the like."""

import re
from dataclasses import dataclass

from infra.local.llm import lexicon
from infra.local.llm.words import fold, subjects_of

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


def split(messages: tuple[str, ...]) -> Said:
    """Return what the messages hold; orders to the assistant are no questions and are dropped."""
    sentences = [part.strip() for message in messages for part in _SENTENCE.split(message) if part.strip()]
    folded = [fold(sentence) for sentence in sentences]
    greetings = [match for sentence in folded if (match := lexicon.GREETING.match(sentence))]
    questions = [question for sentence in sentences if (question := _question(sentence))]
    return Said(
        questions=tuple(questions),
        greeting=greetings[0]["hello"] if greetings else "",
        thanks=any(lexicon.THANKS.search(sentence) for sentence in folded),
        goodbye=any(lexicon.GOODBYE.search(sentence) for sentence in folded),
        yes=any(lexicon.YES.match(sentence) for sentence in folded),
        no=any(lexicon.NO.match(sentence) for sentence in folded),
        robot=any(lexicon.ROBOT.search(sentence) for sentence in folded),
    )


def _question(sentence: str) -> str:
    folded = fold(sentence)
    if lexicon.ORDERS.search(folded) or lexicon.YES.match(folded) or lexicon.NO.match(folded):
        return ""
    greeting = lexicon.GREETING.match(folded)
    # Folding keeps the length of the plain letters a greeting is made of.
    rest = sentence[greeting.end() :].strip() if greeting else sentence
    manners = lexicon.THANKS.search(folded) or lexicon.GOODBYE.search(folded) or lexicon.ROBOT.search(folded)
    if manners and not _names_something(rest):
        return ""
    if lexicon.INTRODUCTION.match(fold(rest)) and not _names_something(rest):
        return ""
    return rest if subjects_of(rest) or _names_something(rest) else ""


def _names_something(text: str) -> bool:
    return any(concept.said.search(fold(text)) for concept in lexicon.CONCEPTS)
