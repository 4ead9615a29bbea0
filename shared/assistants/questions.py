"""The owner's answers to customers' questions: recognised, checked to be the owner's own words, and carried out."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.texts import texts_for
from shared.assistants.tools import read_row
from shared.assistants.untrusted import clean_line, clean_text
from shared.models import Turn
from shared.ports import Database
from shared.words import fold

ANSWER_LIMIT = 2000  #: characters, as in the database

_ANSWER = re.compile(
    r"\s*(?:responder|responda|resposta|answer|reply)\s+(?:à\s+|a\s+)?(?:pergunta\s+|question\s+)?"
    r"(?:n[º°o.]*\s*|#\s*)?(?P<number>\d{1,6})\s*[:.\-–—]\s*(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"\w+")
_PAUSE = re.compile(r"[.,;:!?…)\]\"”\-–—]\s|\s[\-–—(\[\"“]")
#: What stands before quoted words: "diga que …", "tell them that …".
_INTRODUCTIONS = frozenset({"que", "that"})


@dataclass(frozen=True)
class OwnersAnswer:
    """Which question an owner answers, and how."""

    number: int
    text: str


class AnsweredQuestion(BaseModel):
    """What `api.answer_question` answers. Name and question are the customer's own words: untrusted."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["answered", "already", "gone", "unknown", "forbidden"]
    number: int | None = None
    answer: str | None = None
    contact: str | None = None


def answers_in(turn: Turn) -> tuple[OwnersAnswer, ...]:
    """Return the answers that an owner's open messages are; none when any of them is something else.

    A message of its own that quotes a question's notice is the answer to it, whatever it says; otherwise each message
    must be of the form "responder 3: …".
    """
    texts = [message.text or "" for message in turn.open_messages]
    named = tuple(_named_answer(text) for text in texts)
    if named and all(named):
        return tuple(answer for answer in named if answer is not None)
    # With other messages beside it, nobody can say where the answer ends.
    if turn.quoted_question is not None and len(texts) == 1 and texts[0].strip():
        return (OwnersAnswer(turn.quoted_question, texts[0].strip()),)
    return ()


def _named_answer(text: str) -> OwnersAnswer | None:
    parts = _ANSWER.fullmatch(text)
    return OwnersAnswer(int(parts["number"]), parts["text"].strip()) if parts else None


def is_said_in(answer: str, turn: Turn) -> bool:
    """Tell whether `answer` stands in the open messages as it is: whole clauses, so that no "not" is cut off.

    Case, accents and punctuation aside; a clause begins at a pause or after "que", and ends at a pause.
    """
    wanted = _WORD.findall(fold(answer))
    if not wanted:
        return False
    said = [
        word for message in turn.open_messages for line in (message.text or "").splitlines() for word in _clauses(line)
    ]
    length = len(wanted)
    return any(
        [word.text for word in said[start : start + length]] == wanted
        and said[start].begins
        and said[start + length - 1].ends
        for start in range(len(said) - length + 1)
    )


@dataclass(frozen=True)
class _Word:
    text: str
    begins: bool  #: a clause
    ends: bool  #: a clause


def _clauses(line: str) -> list[_Word]:
    folded = fold(line)
    found = list(_WORD.finditer(folded))
    pauses = [_PAUSE.search(folded[left.end() : right.start()]) is not None for left, right in pairwise(found)]
    return [
        _Word(
            text=word.group(),
            begins=place == 0 or pauses[place - 1] or found[place - 1].group() in _INTRODUCTIONS,
            ends=place == len(found) - 1 or pauses[place],
        )
        for place, word in enumerate(found)
    ]


async def answer_question(owners: OwnersAnswer, turn: Turn, database: Database) -> tuple[AnsweredQuestion | None, str]:
    """Keep an owner's answer and relay it to the customer; return what came of it, and that in words for the owner.

    An answer that is too long for the database is not tried: None. Answering again is harmless.
    """
    texts = texts_for(turn.organization.locale).knowledge
    answer = clean_text(owners.text, limit=ANSWER_LIMIT + 1)
    if len(answer) > ANSWER_LIMIT:
        return None, texts.answer_too_long.format(number=owners.number, limit=ANSWER_LIMIT)
    row = await database.call(
        "answer_question",
        organization_id=turn.organization.id,
        conversation_id=turn.conversation_id,
        number=owners.number,
        answer=answer,
        relay=texts.relayed_answer.format(answer=answer),
    )
    answered = read_row(AnsweredQuestion, row, function="answer_question")
    return answered, _told(answered, owners.number, turn)


def _told(answered: AnsweredQuestion, number: int, turn: Turn) -> str:
    texts = texts_for(turn.organization.locale)
    name = clean_line(answered.contact, limit=NAME_LIMIT) if answered.contact else ""
    match answered.outcome:
        case "answered":
            contact = name or texts.conversation.nameless_contact.lower()
            return texts.knowledge.question_answered.format(number=number, contact=contact)
        case "already":
            return texts.knowledge.question_answered_before.format(number=number, answer=answered.answer)
        case "gone":
            return texts.knowledge.question_gone.format(number=number)
        case "unknown":
            return texts.knowledge.question_unknown.format(number=number)
        case "forbidden":
            return texts.knowledge.question_forbidden
