"""The gate where a person agrees to what was proposed, or does not: decided and done without a model."""

from datetime import timedelta

from shared.answering.written import Written
from shared.assistants.decisions import Decision, decision_of
from shared.assistants.desks.bookable import load_calendar, local_today
from shared.assistants.desks.desk import Desk
from shared.assistants.outcomes import SLOT_LOST, Decided, decide, in_words, outcome_in_words
from shared.assistants.proposals import ProposalKind
from shared.calendar import nearest
from shared.models import Audience, HistoryMessage, OpenProposal, OpenTurn, Turn
from shared.services import Services
from shared.whatsapp.events import Kind

_IN_WORDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.VOICE, Kind.AUDIO})
_AROUND = timedelta(days=3)  #: how far from a lost slot others are looked for


async def confirmation(open_turn: OpenTurn, services: Services) -> Written | None:
    """Answer a turn whose messages, read as one, decide the open proposal and say nothing else.

    A turn that was decided in a run which ended before its answer was written is told the same again. Raises the
    database's errors.
    """
    turn = open_turn.turn
    if turn.proposal is None:
        return None
    decision = None if turn.proposal.decided else _decision(turn, turn.proposal)
    if decision is None and not turn.proposal.decided:
        return None
    desk = Desk(turn=turn, database=services.database)
    decided = await decide(desk, decision)
    if decided.outcome == "none":
        return None
    lines = [
        outcome_in_words(decided, desk, code_given=decision is not None and decision.code is not None),
        await _other_slots(decided, desk),
        desk.texts.proposals.ask_again if _decision(turn, turn.proposal) is None else None,
    ]
    return Written(text="\n".join(filter(None, lines)), unsent=decided.unsent)


def _decision(turn: Turn, proposal: OpenProposal) -> Decision | None:
    """Return what all the open messages of the turn, read as one, decide."""
    said = [_words_of(message) for message in turn.open_messages]
    if not said or None in said:
        return None
    return decision_of(
        "\n".join(filter(None, said)), turn.audience, kind=ProposalKind(proposal.kind), coded=proposal.code is not None
    )


def _words_of(message: HistoryMessage) -> str | None:
    """Return what a message says, None when that is not words alone."""
    return message.text if message.kind in _IN_WORDS else None


async def _other_slots(decided: Decided, desk: Desk) -> str | None:
    """Offer what is free near a slot that was lost, None when none was."""
    wished, ends_at = decided.facts.starts_at, decided.facts.ends_at
    if decided.outcome not in SLOT_LOST or wished is None or ends_at is None:
        return None
    local, today = desk.turn.local(wished), local_today(desk)
    calendar = await load_calendar(
        desk, first=max(today, local.date() - _AROUND), last=max(today, local.date()) + _AROUND
    )
    if desk.turn.audience is Audience.OWNER:
        calendar = calendar.for_owner()
    slots = nearest(calendar, ends_at - wished, local.replace(tzinfo=None), now=desk.turn.now)
    texts = desk.texts.proposals
    if not slots:
        return texts.another_time
    return texts.alternatives.format(times="; ".join(in_words(slot.starts_at, desk) for slot in slots))
