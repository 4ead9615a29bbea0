"""Which assistant answers whom: the way into this package."""

from shared.assistants.aurora import aurora_briefing
from shared.assistants.client import client_briefing
from shared.assistants.engine import Assistant, Briefing, Limits
from shared.models import Audience, Turn
from shared.ports import Clock, Database, LanguageModel


def assistant_for(
    audience: Audience, *, model: LanguageModel, database: Database, clock: Clock, limits: Limits | None = None
) -> Assistant:
    """Return the assistant that answers `audience`; it keeps nothing from one turn to the next."""

    def brief(turn: Turn) -> Briefing:
        return aurora_briefing(turn, database) if audience is Audience.OWNER else client_briefing(turn, database)

    return Assistant(audience, brief, model=model, clock=clock, limits=limits or Limits())
