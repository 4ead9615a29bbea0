"""Agreeing to what was proposed in an earlier turn, when the customer says so in words that are no plain yes or no."""

from typing import Any

from shared.assistants.decisions import Choice, Decision
from shared.assistants.desks.desk import Desk
from shared.assistants.outcomes import decide, outcome_in_words
from shared.assistants.tools import NoArguments, Tool, ToolResult
from shared.models import Audience, OpenProposal


def proposal_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools that decide what an earlier turn proposed: none when it proposed nothing, none for an owner."""
    proposal = desk.turn.proposal
    if proposal is None or desk.turn.audience is not Audience.CLIENT:
        return ()
    told = desk.texts.proposals
    return (
        Tool(
            name="confirm_proposal",
            description=told.confirm_proposal,
            arguments=NoArguments,
            run=lambda _: _decide(desk, proposal, Choice.ACCEPT),
        ),
        Tool(
            name="drop_proposal",
            description=told.drop_proposal,
            arguments=NoArguments,
            run=lambda _: _decide(desk, proposal, Choice.DROP),
        ),
    )


async def _decide(desk: Desk, proposal: OpenProposal, choice: Choice) -> ToolResult:
    decided = await decide(desk, proposal, Decision(choice=choice))
    if decided.outcome == "none":
        return ToolResult(data={"error": "nothing_to_decide"})
    return ToolResult(
        data={"outcome": decided.outcome},
        must_say=outcome_in_words(decided, desk),
        deeds=decided.deeds,
    )
