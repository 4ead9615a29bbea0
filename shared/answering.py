"""What a claimed turn comes to: the assistant's answer, a word of ours, or a decision not to answer."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.assistants.prompts import (
    budget_reason,
    budget_reply,
    handover_notice,
    overdue_reason,
    overdue_reply,
    spend_notice,
    too_many_messages,
)
from shared.assistants.roster import assistant_for
from shared.models import Audience, Interaction, Locale, OpenTurn, Spend, Turn
from shared.ports import Verdict
from shared.resilience.loop import looks_like_a_bot
from shared.resilience.spend import Budget, budget, cost
from shared.services import Services


class Written(BaseModel):
    """What is to be written down for a turn; see `api.complete_reply`."""

    model_config = ConfigDict(frozen=True)

    text: str | None = None
    decision: Literal["rate_limited", "looping"] | None = None
    hand_over_reason: str | None = None
    notice: str | None = None  #: to the owners, of the handover
    spend_notice: str | None = None  #: to the owners, of the month's spend
    interaction: dict[str, Any] | None = None


async def write(open_turn: OpenTurn, services: Services) -> Written:
    """Decide how a turn is answered, asking the model only when nothing speaks against it.

    Raises what the model and the database raise.
    """
    if open_turn.overdue:
        return _called_for(open_turn.turn, overdue_reply, overdue_reason)
    if open_turn.turn.audience is Audience.CLIENT:
        refused = await _refused(open_turn, services)
        if refused is not None:
            return refused
    if _budget(open_turn.spend) is Budget.STOP:
        return _out_of_budget(open_turn.turn)
    return await _asked(open_turn, services)


async def _refused(open_turn: OpenTurn, services: Services) -> Written | None:
    """Keep the assistant out of talks with machines, and from answering too much to one person."""
    turn = open_turn.turn
    if looks_like_a_bot(turn.history) is not None:
        return Written(decision="looping")
    verdict = await services.limiter.admit(turn.conversation_id, seq=open_turn.covers_seq, messages=open_turn.messages)
    match verdict:
        case Verdict.ALLOWED:
            return None
        case Verdict.NOTICE:
            return Written(text=too_many_messages(turn.organization.locale))
        case Verdict.SILENT:
            return Written(decision="rate_limited")


async def _asked(open_turn: OpenTurn, services: Services) -> Written:
    turn = open_turn.turn
    assistant = assistant_for(turn.audience, model=services.model, database=services.database, clock=services.clock)
    answer = await assistant.answer(turn)
    spent = _cost(answer.interaction, services)
    return Written(
        text=answer.text,
        hand_over_reason=answer.hand_over_reason,
        notice=_notice(turn, answer.hand_over_reason),
        spend_notice=_warning(open_turn, spent),
        interaction={**answer.interaction.model_dump(mode="json"), "cost_micros": spent},
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
    after = before.model_copy(update={"spent": before.spent + spent})
    if before.warned or after.limit is None or _budget(after) is Budget.OK:
        return None
    percent = after.spent * 100 // max(after.limit, 1)
    return spend_notice(percent, locale=open_turn.turn.organization.locale)


def _budget(spend: Spend) -> Budget:
    return budget(spent=spend.spent, limit=spend.limit)


def _out_of_budget(turn: Turn) -> Written:
    if turn.audience is Audience.OWNER:
        return Written(text=budget_reason(turn.organization.locale))
    return _called_for(turn, budget_reply, budget_reason)


def _called_for(turn: Turn, reply: Callable[[Locale], str], reason: Callable[[Locale], str]) -> Written:
    """Call a person without asking the model, and say so."""
    why = reason(turn.organization.locale)
    return Written(text=reply(turn.organization.locale), hand_over_reason=why, notice=_notice(turn, why))


def _notice(turn: Turn, reason: str | None) -> str | None:
    return handover_notice(turn.contact, reason, locale=turn.organization.locale) if reason is not None else None
