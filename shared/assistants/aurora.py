"""Aurora: the owner's assistant. She looks things up, and proposes what only the owner's own answer does."""

from typing import Any

from shared.assistants.desks.agenda import agenda_tools
from shared.assistants.desks.agenda_changes import agenda_change_tools, payment_tools
from shared.assistants.desks.blocking import blocking_tools
from shared.assistants.desks.clients import client_tools
from shared.assistants.desks.conversations import conversation_tools, pausing_tools, reading_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.figures import figure_tools
from shared.assistants.desks.outreach import outreach_tools
from shared.assistants.desks.questions import question_tools
from shared.assistants.engine import Briefing
from shared.assistants.prompts import aurora_prompt
from shared.assistants.tools import Tool
from shared.models import Permission, Turn
from shared.ports import Database

_FOR_VIEWERS = frozenset(
    {
        "figures",
        "agenda",
        "open_slots",
        "find_contact",
        "contact_history",
        "inactive_clients",
        "birthdays",
        "waiting_list",
        "handed_over_conversations",
        "open_questions",
    }
)
_FOR_STAFF = _FOR_VIEWERS | {
    "book_for_client",
    "move_booking",
    "cancel_booking",
    "block_time",
    "mark_no_show",
    "take_over",
    "return_conversation",
    "draft_message",
    "answer_question",
}


def aurora_briefing(turn: Turn, database: Database) -> Briefing:
    """Return what Aurora is told and may do in `turn`: what the owner's number may have done."""
    desk = Desk(turn=turn, database=database)
    every: tuple[Tool[Any], ...] = (
        *figure_tools(desk),
        *agenda_tools(desk),
        *client_tools(desk),
        *agenda_change_tools(desk),
        *blocking_tools(desk),
        *payment_tools(desk),
        *reading_tools(desk),
        *conversation_tools(desk),
        *pausing_tools(desk),
        *outreach_tools(desk),
        *question_tools(desk),
    )
    return Briefing(
        system=aurora_prompt(turn), tools=tuple(tool for tool in every if _is_allowed(tool.name, turn.permission))
    )


def _is_allowed(tool: str, permission: Permission | None) -> bool:
    """Say whether a tool may be used. What is in no list is the administrator's; so is the business's phone."""
    match permission:
        case Permission.VIEWER:
            return tool in _FOR_VIEWERS
        case Permission.STAFF:
            return tool in _FOR_STAFF
        case _:
            return True
