"""Which of the proposals that are open with a person their words decide: the plain one, or each by its code."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.assistants.decisions import Decision, decision_by_number, decision_of, is_politeness
from shared.assistants.proposals import ProposalKind
from shared.models import Audience, OpenProposal, Turn


@dataclass(frozen=True, kw_only=True)
class ProposalAnswer:
    """A decision, and what it is about."""

    decision: Decision
    proposal: OpenProposal | None  #: None: the code is nobody's, or is missing where only codes decide


def answers_in(text: str, turn: Turn) -> tuple[ProposalAnswer, ...]:
    """Return what `text`, all that the person wrote, decides of the turn's proposals: nothing when it says more.

    A number or word alone is about the plain proposal, a number and a code about the one with the code. An owner may
    decide several, one a line. A code that is nobody's is a wrong one of the proposal that has one, the newest if there
    are more.
    """
    proposals = turn.proposals
    whole = _answer(text, turn.audience, proposals)
    if whole is not None:
        return (whole,)
    lines = [line for line in text.splitlines() if not is_politeness(line)]
    decisions = [decision_by_number(line) for line in lines]
    if turn.audience is not Audience.OWNER or not proposals or None in decisions:
        return ()
    answers = [_addressed(decision, proposals) for decision in decisions if decision is not None]
    meant = [answer.proposal for answer in answers]
    # Twice the same one: who contradicts themselves is understood by the assistant.
    return () if any(meant.count(proposal) > 1 for proposal in meant) else tuple(answers)


def _answer(text: str, audience: Audience, proposals: Sequence[OpenProposal]) -> ProposalAnswer | None:
    """Read `text` as one decision."""
    for proposal in proposals:
        decision = _decision(text, audience, proposal)
        if decision is not None and decision.code is not None and decision.code == proposal.code:
            return ProposalAnswer(decision=decision, proposal=proposal)
    plain = _plain(proposals)
    if plain is not None:
        decision = _decision(text, audience, plain)
    else:
        decision = decision_by_number(text) if proposals else None
    return None if decision is None else _addressed(decision, proposals)


def _decision(text: str, audience: Audience, proposal: OpenProposal) -> Decision | None:
    return decision_of(text, audience, kind=ProposalKind(proposal.kind), coded=proposal.code is not None)


def _plain(proposals: Sequence[OpenProposal]) -> OpenProposal | None:
    return next((proposal for proposal in proposals if not proposal.by_code), None)


def _addressed(decision: Decision, proposals: Sequence[OpenProposal]) -> ProposalAnswer:
    """Find what a decision is about."""
    plain = _plain(proposals)
    if decision.code is None:
        return ProposalAnswer(decision=decision, proposal=plain)
    coded = [proposal for proposal in proposals if proposal.code is not None]
    own = next((proposal for proposal in coded if proposal.code == decision.code), None)
    mistaken = plain if plain in coded else next(reversed(coded), None)
    return ProposalAnswer(decision=decision, proposal=own or mistaken)
