"""Calling a person of the team."""

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.assistants.desks.desk import Desk
from shared.assistants.prompts import REASON_LIMIT
from shared.assistants.tools import Arguments, Deed, Tool, ToolResult
from shared.assistants.untrusted import clean_line


class HandOver(Arguments):
    """Why a person must take over."""

    reason: Annotated[str, AfterValidator(partial(clean_line, limit=REASON_LIMIT)), Field(min_length=1)]


def handover_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk."""
    return (
        Tool(
            name="hand_over_to_human",
            description=desk.texts.handover.hand_over_to_human,
            arguments=HandOver,
            run=_hand_over_to_human,
        ),
    )


async def _hand_over_to_human(wish: HandOver) -> ToolResult:
    """The conversation is handed over with the answer, in one transaction: see `api.complete_reply`."""
    return ToolResult(data={"handed_over": True}, hand_over_reason=wish.reason, deeds=frozenset({Deed.HANDED_OVER}))
