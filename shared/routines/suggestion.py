"""The one sentence of the daily summary that a model may write: from figures alone, and held to them."""

import logging
import re
from functools import partial
from uuid import UUID

from shared.assistants.ledger import Ledger
from shared.assistants.texts import texts_for
from shared.assistants.truth import Evidence, untruths
from shared.assistants.untrusted import clean_line
from shared.errors import AuroraError
from shared.models import Spend
from shared.ports import ChatMessage
from shared.resilience.spend import Budget, budget, cost
from shared.routines.run import RoutineRun
from shared.services import Services

log = logging.getLogger("aurora.routines")

_LONGEST = 300  # characters
_NUMBER = re.compile(r"\d+")


async def suggest(
    figures: str, *, run: RoutineRun, services: Services, spend: Spend, conversation_id: UUID | None
) -> str | None:
    """Return a suggestion that rests on `figures`, a text without a word of any client; None when there is none.

    The call is recorded in an owner's conversation; without one, or once the month's money is spent, no model is asked.
    Whatever goes wrong with the model costs the suggestion, never the summary.
    """
    if conversation_id is None or budget(spent=spend.spent, limit=spend.limit) is Budget.STOP:
        return None
    settings = services.settings
    ledger = Ledger(price=partial(cost, settings.model_prices), model=settings.openai_model, purpose="suggestion")
    asked = (
        ChatMessage(role="system", content=texts_for(run.organization.locale).routines.suggestion_prompt),
        ChatMessage(role="user", content=figures),
    )
    suggestion = None
    try:
        completion = await ledger.complete(asked, (), model=services.model, clock=services.clock)
        suggestion = checked(completion.content or "", figures=figures)
        if suggestion is None:
            ledger.judge("refused")
    except AuroraError as error:
        log.warning("the summary goes without a suggestion", extra={"error": str(error)})
    await _record(ledger, run, services, conversation_id)
    return suggestion


def checked(text: str, *, figures: str) -> str | None:
    """Return a model's text as one line, None when it is empty, too long, claims a deed or names an unknown figure."""
    line = clean_line(text, limit=2 * _LONGEST)  # room to see that it is too long
    if not line or len(line) > _LONGEST:
        return None
    if not set(_NUMBER.findall(line)) <= set(_NUMBER.findall(figures)):
        return None
    return None if untruths(line, Evidence(stated=(figures,))) else line


async def _record(ledger: Ledger, run: RoutineRun, services: Services, conversation_id: UUID) -> None:
    if not ledger.interactions:
        return
    try:
        await services.database.call(
            "record_interactions",
            organization_id=run.organization.id,
            conversation_id=conversation_id,
            interactions=ledger.as_json(),
        )
    except AuroraError as error:
        log.warning("a call to the model is not recorded", extra={"error": str(error)})
