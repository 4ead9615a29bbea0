"""Asking the assistant, and writing down what that cost."""

import logging
from functools import partial

from shared.answering.written import Written, notice_of
from shared.assistants.ledger import Ledger
from shared.assistants.prompts import spend_notice
from shared.assistants.roster import assistant_for
from shared.errors import AuroraError
from shared.models import OpenTurn, Turn
from shared.resilience.spend import Budget, budget, cost
from shared.services import Services

log = logging.getLogger("aurora.answering")


async def ask(open_turn: OpenTurn, services: Services) -> Written:
    """Let the assistant answer. Raises what the model and the database raise; what was spent by then is recorded."""
    turn = open_turn.turn
    assistant = assistant_for(turn.audience, model=services.model, database=services.database, clock=services.clock)
    ledger = ledger_for(services)
    try:
        answer = await assistant.answer(turn, ledger)
    except AuroraError:
        await _record(ledger, turn, services)
        raise
    return Written(
        text=answer.text,
        hand_over_reason=answer.hand_over_reason,
        notice=notice_of(turn, answer.hand_over_reason),
        spend_notice=_warning(open_turn, ledger.cost_micros),
        effects=answer.effects,
        interactions=tuple(call.model_dump(mode="json") for call in answer.interactions),
    )


def ledger_for(services: Services) -> Ledger:
    """Return an empty ledger at the configured prices."""
    return Ledger(price=partial(cost, services.settings.model_prices), model=services.settings.openai_model)


async def _record(ledger: Ledger, turn: Turn, services: Services) -> None:
    """Write down what a turn without an answer cost. That this fails must not hide why the turn did."""
    if not ledger.interactions:
        return
    try:
        await services.database.call(
            "record_interactions",
            organization_id=turn.organization.id,
            conversation_id=turn.conversation_id,
            interactions=[call.model_dump(mode="json") for call in ledger.interactions],
        )
    except AuroraError as error:
        log.warning("calls to the model are not recorded", extra={"error": str(error)})


def _warning(open_turn: OpenTurn, spent: int) -> str | None:
    """Tell the owners once a month that most of the model's budget is spent."""
    before = open_turn.spend
    total = before.spent + spent
    if before.warned or before.limit is None or budget(spent=total, limit=before.limit) is Budget.OK:
        return None
    percent = total * 100 // max(before.limit, 1)
    return spend_notice(percent, locale=open_turn.turn.organization.locale)
