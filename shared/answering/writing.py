"""The way of one turn: admitted, understood, decided, or answered by the assistant."""

from shared.answering.asking import ask
from shared.answering.gates import ADMISSION, BUDGET, DECISION, first_of
from shared.answering.media import understood
from shared.answering.written import Written
from shared.models import OpenTurn
from shared.services import Services


async def write(open_turn: OpenTurn, services: Services) -> Written:
    """Decide how a turn is answered, asking the model only when nothing speaks against it.

    Raises what the model and the database raise.
    """
    refused = await first_of(ADMISSION, open_turn, services)
    if refused is not None:
        return refused
    open_turn = await understood(open_turn, services)
    decided = await first_of((*DECISION, *BUDGET), open_turn, services)
    return decided if decided is not None else await ask(open_turn, services)
