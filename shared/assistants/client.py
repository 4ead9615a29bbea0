"""The client assistant: serves the customers of a business."""

from shared.assistants.desks.calendar import calendar_tools
from shared.assistants.desks.catalogue import catalogue_tools
from shared.assistants.desks.contact_facts import contact_fact_tools
from shared.assistants.desks.desk import Desk
from shared.assistants.desks.handover import handover_tools
from shared.assistants.desks.knowledge import knowledge_tools
from shared.assistants.desks.proposals import proposal_tools
from shared.assistants.engine import Briefing
from shared.assistants.prompts import client_disclosure, client_prompt
from shared.models import Turn
from shared.ports import Database


def client_briefing(turn: Turn, database: Database) -> Briefing:
    """Return what the client assistant is told and may do in `turn`.

    Raises `ValueError` for a turn without the business's profile.
    """
    desk = Desk(turn=turn, database=database)
    return Briefing(
        system=client_prompt(turn),
        disclosure=client_disclosure(turn),
        tools=(
            *catalogue_tools(desk),
            *calendar_tools(desk),
            *proposal_tools(desk),
            *contact_fact_tools(desk),
            *knowledge_tools(desk),
            *handover_tools(desk),
        ),
    )
