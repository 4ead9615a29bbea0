"""Customers' questions that wait for the owner."""

from functools import partial
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from shared.assistants.desks.desk import Desk
from shared.assistants.desks.knowledge import QUESTION_LIMIT
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.questions import OwnersAnswer, answer_question, is_said_in
from shared.assistants.tools import Arguments, Deed, NoArguments, Tool, ToolRefusedError, ToolResult, read_row
from shared.assistants.untrusted import clean_line


class QuestionAnswer(Arguments):
    """The owner's answer to a question."""

    number: Annotated[int, Field(ge=1, le=999_999)]
    answer: Annotated[str, Field(min_length=1)]


class _OpenQuestion(BaseModel):
    """One question of a customer. Question and name are the customer's words: untrusted."""

    model_config = ConfigDict(frozen=True)

    number: int
    question: str
    contact: str | None
    asked_at: AwareDatetime


class _OpenQuestions(RootModel[tuple[_OpenQuestion, ...]]):
    """What `api.open_questions` answers."""


def question_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools with which an owner answers what customers asked."""
    told = desk.texts.knowledge
    return (
        Tool(
            name="open_questions",
            description=told.open_questions,
            arguments=NoArguments,
            run=partial(_open_questions, desk),
        ),
        Tool(
            name="answer_question",
            description=told.answer_question,
            arguments=QuestionAnswer,
            run=partial(_answer_question, desk),
        ),
    )


async def _open_questions(desk: Desk, _: NoArguments) -> ToolResult:
    rows = await desk.database.call("open_questions", organization_id=desk.organization_id)
    questions = read_row(_OpenQuestions, rows, function="open_questions").root
    return ToolResult(data={"questions": [_describe(question, desk) for question in questions]})


def _describe(question: _OpenQuestion, desk: Desk) -> dict[str, Any]:
    return {
        "number": question.number,
        "question": clean_line(question.question, limit=QUESTION_LIMIT),
        "customer": clean_line(question.contact, limit=NAME_LIMIT) if question.contact else None,
        "asked": f"{desk.turn.local(question.asked_at):%Y-%m-%d %H:%M}",
    }


async def _answer_question(desk: Desk, given: QuestionAnswer) -> ToolResult:
    # What reaches a customer as the team's word is a person's, never the model's.
    if not is_said_in(given.answer, desk.turn):
        raise ToolRefusedError("answer: give the owner's own words, as they stand in the newest message")
    answered, told = await answer_question(OwnersAnswer(given.number, given.answer), desk.turn, desk.database)
    if answered is None:
        return ToolResult(data={"error": "answer_too_long"}, must_say=told)
    deeds = frozenset({Deed.SENT, Deed.NOTED}) if answered.outcome == "answered" else frozenset[Deed]()
    return ToolResult(data={"outcome": answered.outcome, "number": given.number}, must_say=told, deeds=deeds)
