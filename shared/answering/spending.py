"""Keeping account of the calls to the model."""

import logging
from functools import partial
from typing import Literal
from uuid import UUID

from shared.assistants.ledger import Ledger
from shared.errors import AuroraError
from shared.resilience.spend import cost
from shared.services import Services

log = logging.getLogger("aurora.answering")


def ledger_for(services: Services, purpose: Literal["reply", "summary"] = "reply") -> Ledger:
    """Return an empty ledger at the configured prices."""
    settings = services.settings
    return Ledger(price=partial(cost, settings.model_prices), model=settings.openai_model, purpose=purpose)


async def record(ledger: Ledger, services: Services, *, organization_id: UUID, conversation_id: UUID) -> None:
    """Write down what was spent without a result. That this fails must not hide why there is none."""
    if not ledger.interactions:
        return
    try:
        await services.database.call(
            "record_interactions",
            organization_id=organization_id,
            conversation_id=conversation_id,
            interactions=ledger.as_json(),
        )
    except AuroraError as error:
        log.warning("calls to the model are not recorded", extra={"error": str(error)})
