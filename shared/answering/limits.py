"""Gates that keep the model from being asked: it is too late, too much, or too dear."""

from shared.answering.written import Written, called_for
from shared.assistants.prompts import budget_reason, budget_reply, overdue_reason, overdue_reply, too_many_messages
from shared.models import Audience, OpenTurn
from shared.ports import Verdict
from shared.resilience.loop import looks_like_a_bot
from shared.resilience.spend import Budget, budget
from shared.services import Services


async def overdue(open_turn: OpenTurn, services: Services) -> Written | None:
    """A client whom an outage kept waiting too long is answered by a person."""
    return called_for(open_turn.turn, overdue_reply, overdue_reason) if open_turn.overdue else None


async def too_much(open_turn: OpenTurn, services: Services) -> Written | None:
    """Keep the assistant out of talks with machines, and from answering too much to one person."""
    turn = open_turn.turn
    if turn.audience is not Audience.CLIENT:
        return None
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


async def too_dear(open_turn: OpenTurn, services: Services) -> Written | None:
    """When the month's budget for the model is spent, a person answers."""
    turn, spend = open_turn.turn, open_turn.spend
    if budget(spent=spend.spent, limit=spend.limit) is not Budget.STOP:
        return None
    if turn.audience is Audience.OWNER:
        return Written(text=budget_reason(turn.organization.locale))
    return called_for(turn, budget_reply, budget_reason)
