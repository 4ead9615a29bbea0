"""The gate where a person agrees to what was proposed, or does not: decided and done without a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from shared.answering.written import Written
from shared.assistants.decisions import Decision
from shared.assistants.desks.bookable import load_calendar, local_today
from shared.assistants.desks.desk import Desk
from shared.assistants.outcomes import SLOT_LOST, Decided, decide, in_words, outcome_in_words
from shared.assistants.proposal_answers import ProposalAnswer, answers_in
from shared.assistants.proposals import headline, how_to_agree
from shared.calendar import nearest
from shared.models import Audience, HistoryMessage, OpenProposal, OpenTurn, Turn, Unsent
from shared.services import Services
from shared.whatsapp.events import Kind

_IN_WORDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.VOICE, Kind.AUDIO})
_AROUND = timedelta(days=3)  #: how far from a lost slot others are looked for


async def confirmation(open_turn: OpenTurn, services: Services) -> Written | None:
    """Answer a turn whose messages, read as one, decide open proposals and say nothing else.

    A turn that was decided in a run which ended before its answer was written is told the same again. Where more than
    one proposal was open, the answer names each and tells what is left. Raises the database's errors.
    """
    turn = open_turn.turn
    answers = _answers(turn)
    before = [proposal for proposal in turn.proposals if proposal.decided]
    if not answers and not before:
        return None
    desk = Desk(turn=turn, database=services.database)
    meant = [answer.proposal for answer in answers]
    settled = [
        *[await _settle(desk, proposal, None) for proposal in before if proposal not in meant],
        *[await _settle(desk, answer.proposal, answer.decision) for answer in answers],
    ]
    outcomes = "\n\n".join(each.text for each in settled if each.text is not None)
    if not outcomes:
        return None
    blocks = [
        outcomes if answers else f"{outcomes}\n{desk.texts.proposals.ask_again}",
        _still_open(desk, without=[each.proposal for each in settled]),
    ]
    return Written(
        text="\n\n".join(filter(None, blocks)), unsent=tuple(chain.from_iterable(each.unsent for each in settled))
    )


def _answers(turn: Turn) -> tuple[ProposalAnswer, ...]:
    """Return what all the open messages of the turn, read as one, decide."""
    said = [_words_of(message) for message in turn.open_messages]
    if not said or None in said:
        return ()
    return answers_in("\n".join(filter(None, said)), turn)


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """What came of one answer."""

    text: str | None  #: None: another run has settled it meanwhile
    proposal: OpenProposal | None = None  #: None: the answer did not reach one, and must be given again
    unsent: tuple[Unsent, ...] = ()


async def _settle(desk: Desk, proposal: OpenProposal | None, decision: Decision | None) -> _Settled:
    """Decide, or recall what was decided without a decision."""
    texts, several = desk.texts.proposals, len(desk.turn.proposals) > 1
    code_given = decision is not None and decision.code is not None
    if proposal is None:
        return _Settled(text=texts.unknown_code if code_given else texts.which_one)
    decided = await decide(desk, proposal, None if proposal.decided else decision)
    if decided.outcome == "none":
        return _Settled(text=None, proposal=proposal)
    outcome = outcome_in_words(decided, desk, code_given=code_given)
    if several and decided.outcome == "wrong_code" and decided.left:
        return _Settled(text=outcome)
    lines = [headline(proposal.preview) if several else None, outcome, await _other_slots(decided, desk)]
    return _Settled(text="\n".join(filter(None, lines)), proposal=proposal, unsent=decided.unsent)


def _still_open(desk: Desk, *, without: Sequence[OpenProposal | None]) -> str | None:
    """List what else waits for the person's word, and how it is given; None when nothing does."""
    listed = [
        f"{headline(proposal.preview)}\n{how_to_agree(desk, proposal.code, by_code=proposal.by_code)}"
        for proposal in desk.turn.proposals
        if proposal not in without
    ]
    if not listed:
        return None
    paragraphs = "\n\n".join(listed)
    return f"{desk.texts.proposals.still_open}\n{paragraphs}"


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
