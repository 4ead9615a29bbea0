"""What the business knows beyond its services and hours; and asking the team what nobody knew yet."""

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from shared.assistants.desks.desk import Desk
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.tools import Arguments, Deed, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_line, clean_text

QUESTION_LIMIT = 500  #: characters, as in the database
ANSWER_LIMIT = 2000  #: same
_QUERY_LIMIT = 300

_Question = Annotated[str, AfterValidator(partial(clean_line, limit=QUESTION_LIMIT)), Field(min_length=3)]


class KnowledgeQuery(Arguments):
    """What to look for."""

    query: Annotated[str, AfterValidator(partial(clean_line, limit=_QUERY_LIMIT)), Field(min_length=1)]


class TeamQuestion(Arguments):
    """What to ask the team."""

    question: _Question


class _Entry(BaseModel):
    """One thing that the business knows. It may hold a customer's words: untrusted."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str


class _Entries(RootModel[tuple[_Entry, ...]]):
    """What `api.search_knowledge` answers."""


def knowledge_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools with which a customer's question is answered, or passed on to the team."""
    told = desk.texts.knowledge
    return (
        Tool(
            name="search_knowledge",
            description=told.search_knowledge,
            arguments=KnowledgeQuery,
            run=partial(_search_knowledge, desk),
        ),
        Tool(name="ask_team", description=told.ask_team, arguments=TeamQuestion, run=partial(_ask_team, desk)),
    )


async def _search_knowledge(desk: Desk, wanted: KnowledgeQuery) -> ToolResult:
    rows = await desk.database.call("search_knowledge", organization_id=desk.organization_id, query=wanted.query)
    entries = read_row(_Entries, rows, function="search_knowledge").root
    return ToolResult(
        data={
            "entries": [
                {
                    "question": clean_line(entry.question, limit=QUESTION_LIMIT),
                    "answer": clean_text(entry.answer, limit=ANSWER_LIMIT),
                }
                for entry in entries
            ]
        }
    )


async def _ask_team(desk: Desk, asked: TeamQuestion) -> ToolResult:
    # The question's number is known when it is written down, with the reply.
    notice = desk.texts.knowledge.question_notice.format(
        contact=_customer(desk), number="{number}", question="{question}"
    )
    return ToolResult(
        data={"asked": True},
        deeds=frozenset({Deed.ASKED_TEAM}),
        effects=({"kind": "question", "question": asked.question, "notice": notice},),
    )


def _customer(desk: Desk) -> str:
    contact = desk.turn.contact
    name = clean_line(contact.name, limit=NAME_LIMIT) if contact.name else ""
    return name or contact.phone or desk.texts.conversation.nameless_contact
