"""What every tool works with in one turn."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.assistants.texts import texts_for
from shared.assistants.texts.catalog import Texts
from shared.models import Turn
from shared.ports import Database


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One turn and the data behind it. Whose data is never the model's to say: it is the turn's."""

    turn: Turn
    database: Database

    @property
    def texts(self) -> Texts:
        """The texts in the organization's language."""
        return texts_for(self.turn.organization.locale)

    @property
    def organization_id(self) -> UUID:
        return self.turn.organization.id

    @property
    def conversation_id(self) -> UUID:
        return self.turn.conversation_id

    def key(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Return the idempotency key of a tool call: the same for the same call in a repeated turn."""
        canonical = json.dumps(arguments, sort_keys=True, default=str)
        return f"{self.turn.covers_seq}.{tool}.{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"
