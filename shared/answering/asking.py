"""Asking the assistant, and writing down what that cost."""

from shared.answering.spending import ledger_for, record
from shared.answering.written import Written, notice_of
from shared.assistants.prompts import spend_notice
from shared.assistants.roster import assistant_for
from shared.errors import AuroraError
from shared.models import OpenTurn
from shared.resilience.spend import Budget, budget
from shared.services import Services


async def ask(open_turn: OpenTurn, services: Services) -> Written:
    """Let the assistant answer. Raises what the model and the database raise; what was spent by then is recorded."""
    turn = open_turn.turn
    assistant = assistant_for(turn.audience, model=services.model, database=services.database, clock=services.clock)
    ledger = ledger_for(services)
    try:
        answer = await assistant.answer(turn, ledger)
    except AuroraError:
        await record(ledger, services, organization_id=turn.organization.id, conversation_id=turn.conversation_id)
        raise
    return Written(
        text=answer.text,
        hand_over_reason=answer.hand_over_reason,
        notice=notice_of(turn, answer.hand_over_reason),
        spend_notice=_warning(open_turn, ledger.cost_micros),
        effects=answer.effects,
        interactions=tuple(ledger.as_json()),
    )


def _warning(open_turn: OpenTurn, spent: int) -> str | None:
    """Tell the owners once a month that most of the model's budget is spent."""
    before = open_turn.spend
    total = before.spent + spent
    if before.warned or before.limit is None or budget(spent=total, limit=before.limit) is Budget.OK:
        return None
    percent = total * 100 // max(before.limit, 1)
    return spend_notice(percent, locale=open_turn.turn.organization.locale)
