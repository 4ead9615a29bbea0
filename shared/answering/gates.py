"""What stands before the model, in order: the first gate that knows what to do answers the turn."""

from collections.abc import Awaitable, Callable

from shared.answering.commands import commands
from shared.answering.confirmation import confirmation
from shared.answering.consent import consent, stop_wanted
from shared.answering.followup_reply import followup_reply
from shared.answering.limits import overdue, too_dear, too_much
from shared.answering.media import unopened
from shared.answering.question_answer import question_answer
from shared.answering.routing import routing
from shared.answering.written import Written
from shared.models import OpenTurn
from shared.services import Services

Gate = Callable[[OpenTurn, Services], Awaitable[Written | None]]

#: Before anything is spent on understanding the messages. Whoever calls for help in many short messages is heard
#: before they are counted.
ADMISSION: tuple[Gate, ...] = (stop_wanted, routing, overdue, too_much)
#: What needs no model, the messages being understood.
DECISION: tuple[Gate, ...] = (
    commands,
    followup_reply,  # whoever was offered to cancel means the appointment, which `consent` would have to ask
    consent,
    routing,
    confirmation,
    question_answer,
    unopened,
)
#: What keeps the model from being asked.
BUDGET: tuple[Gate, ...] = (too_dear,)


async def first_of(gates: tuple[Gate, ...], open_turn: OpenTurn, services: Services) -> Written | None:
    """Return what the first gate that answers says, None when none does."""
    for gate in gates:
        if (written := await gate(open_turn, services)) is not None:
            return written
    return None
