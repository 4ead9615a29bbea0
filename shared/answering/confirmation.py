"""The gate where a person agrees to what was proposed, or does not: decided and done without a model."""

from datetime import datetime, timedelta

from shared.answering.written import Written
from shared.assistants.decisions import Decision, decision_of
from shared.assistants.moments import moment_in_words
from shared.assistants.outcomes import SLOT_LOST, Decided, decide, outcome_in_words
from shared.assistants.proposals import ProposalKind
from shared.assistants.texts import texts_for
from shared.assistants.tools import read_row
from shared.calendar.slots import nearest
from shared.calendar.values import Calendar
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
    decision = _decision(turn, turn.proposal)
    if decision is None and not turn.proposal.decided:
        return None
    decided = await decide(services.database, turn, None if turn.proposal.decided else decision)
    if decided.outcome == "none":
        return None
    text = outcome_in_words(decided, turn, code_given=decision is not None and decision.code is not None)
    lines = [text, await _other_slots(decided, turn, services)]
    if decision is None:
        lines.append(texts_for(turn.organization.locale).proposals.ask_again)
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


async def _other_slots(decided: Decided, turn: Turn, services: Services) -> str | None:
    """Offer what is free near a slot that was lost, None when none was."""
    wished, ends_at = decided.facts.starts_at, decided.facts.ends_at
    if decided.outcome not in SLOT_LOST or wished is None or ends_at is None:
        return None
    texts = texts_for(turn.organization.locale).proposals
    times = await _free_near(wished, ends_at - wished, turn, services)
    return texts.alternatives.format(times="; ".join(times)) if times else texts.another_time


async def _free_near(wished: datetime, duration: timedelta, turn: Turn, services: Services) -> list[str]:
    local = turn.local(wished)
    today = turn.local(turn.now).date()
    row = await services.database.call(
        "calendar",
        organization_id=turn.organization.id,
        **{"from": max(today, local.date() - _AROUND).isoformat(), "through": (local.date() + _AROUND).isoformat()},
    )
    calendar = read_row(Calendar, row, function="calendar")
    if turn.audience is Audience.OWNER:
        calendar = calendar.for_owner()
    slots = nearest(calendar, duration, local.replace(tzinfo=None), now=turn.now)
    return [moment_in_words(slot.starts_at, turn) for slot in slots]
