"""Asking the assistant."""

from shared.answering.written import Written, notice_of
from shared.assistants.prompts import spend_notice
from shared.assistants.roster import assistant_for
from shared.models import Interaction, OpenTurn
from shared.resilience.spend import Budget, budget, cost
from shared.services import Services


async def ask(open_turn: OpenTurn, services: Services) -> Written:
    """Let the assistant answer. Raises what the model and the database raise."""
    turn = open_turn.turn
    assistant = assistant_for(turn.audience, model=services.model, database=services.database, clock=services.clock)
    answer = await assistant.answer(turn)
    spent = _cost(answer.interaction, services)
    return Written(
        text=answer.text,
        hand_over_reason=answer.hand_over_reason,
        notice=notice_of(turn, answer.hand_over_reason),
        spend_notice=_warning(open_turn, spent),
        interactions=({**answer.interaction.model_dump(mode="json"), "cost_micros": spent},),
    )


def _cost(interaction: Interaction, services: Services) -> int:
    return cost(
        services.settings.model_prices,
        interaction.model,
        prompt_tokens=interaction.prompt_tokens,
        completion_tokens=interaction.completion_tokens,
    )


def _warning(open_turn: OpenTurn, spent: int) -> str | None:
    """Tell the owners once a month that most of the model's budget is spent."""
    before = open_turn.spend
    total = before.spent + spent
    if before.warned or before.limit is None or budget(spent=total, limit=before.limit) is Budget.OK:
        return None
    percent = total * 100 // max(before.limit, 1)
    return spend_notice(percent, locale=open_turn.turn.organization.locale)
