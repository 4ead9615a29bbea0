"""What a turn comes to, as it is written down."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.assistants.handover import handover_notice
from shared.models import Locale, Turn, Unsent


class Written(BaseModel):
    """What is to be written down for a turn; see `api.complete_reply`."""

    model_config = ConfigDict(frozen=True)

    text: str | None = None
    decision: Literal["rate_limited", "looping", "ignored"] | None = None  #: not to answer
    hand_over_reason: str | None = None
    notice: str | None = None  #: to the owners, of the handover
    spend_notice: str | None = None  #: to the owners, of the month's spend
    effects: tuple[Mapping[str, Any], ...] = ()  #: written with the answer: see `app.apply_effect`
    interactions: tuple[Mapping[str, Any], ...] = ()  #: one for each call to a model
    unsent: tuple[Unsent, ...] = ()  #: what deciding put into the outbox besides the answer

    def for_database(self) -> dict[str, Any]:
        """Return it as `p_answer` of `api.complete_reply`."""
        return self.model_dump(mode="json", exclude={"unsent"})


def called_for(turn: Turn, reply: Callable[[Locale], str], reason: Callable[[Locale], str]) -> Written:
    """Call a person without asking the model, and say so."""
    why = reason(turn.organization.locale)
    return Written(text=reply(turn.organization.locale), hand_over_reason=why, notice=notice_of(turn, why))


def notice_of(turn: Turn, reason: str | None) -> str | None:
    """Return what the owners are told of a handover, None when there is no reason for one."""
    return handover_notice(turn, reason) if reason is not None else None
