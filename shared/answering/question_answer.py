"""The owner answers a customer's question: plain code keeps it and passes it on."""

from shared.answering.written import Written
from shared.assistants.questions import answer_question, answers_in
from shared.models import Audience, OpenTurn
from shared.services import Services


async def question_answer(open_turn: OpenTurn, services: Services) -> Written | None:
    """Answer what an owner's messages answer, and say what came of it; None when they are anything else."""
    turn = open_turn.turn
    if turn.audience is not Audience.OWNER:
        return None
    answers = answers_in(turn)
    if not answers:
        return None
    told = [(await answer_question(answer, turn, services.database))[1] for answer in answers]
    return Written(text="\n".join(told))
