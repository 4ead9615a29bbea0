"""What an assistant would do, put to the person first. A tool proposes; only a later message of the person decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.assistants.desks.desk import Desk
from shared.assistants.tools import Arguments, Deed, ToolResult, read_row
from shared.assistants.untrusted import clean_line, clean_text
from shared.models import Audience

_PREVIEW_LIMIT = 1500  # characters: an answer is 4096 at most, and must hold it whole
_HEADLINE_LIMIT = 120  # characters


class ProposalKind(StrEnum):
    """What can be proposed; the database does it in `app.execute_<kind>`."""

    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    BLOCK = "block"
    NO_SHOW = "no_show"
    PAID = "paid"
    MESSAGE = "message"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a tool would do, resolved to ids: nothing is looked up by name again."""

    kind: ProposalKind
    action: Mapping[str, Any]  #: JSON, what `app.execute_<kind>` takes
    preview: str  #: what the person reads before agreeing, without how to agree


class _Proposed(BaseModel):
    """What `api.propose` answers."""

    model_config = ConfigDict(frozen=True)

    id: UUID | None = None
    code: str | None = None
    by_code: bool = False
    preview: str | None = None
    displaced: str | None = None  #: the preview of a routine's that it took the place of
    refused: Literal["forbidden", "unknown", "too_many"] | None = None


async def propose(desk: Desk, *, tool: str, arguments: Arguments, plan: Plan) -> ToolResult:
    """Write `plan` down as what the person is asked to agree to, and return what the answer must say.

    The same call in a repeated turn is the same proposal. Money, messages to many and what stands beside another
    proposal get a code. What the person may not have done comes back as `{"error": ...}`, with nothing to say. Raises
    the database's errors.
    """
    preview = clean_text(plan.preview, limit=_PREVIEW_LIMIT)
    row = await desk.database.call(
        "propose",
        organization_id=desk.organization_id,
        conversation_id=desk.conversation_id,
        proposal={
            "idempotency_key": desk.key(tool, arguments.model_dump(mode="json")),
            "kind": plan.kind,
            "action": dict(plan.action),
            "preview": preview,
            "turn_seq": desk.turn.covers_seq,
            "needs_code": False,
            "valid_seconds": _validity(desk.turn.audience).total_seconds(),
        },
    )
    proposed = read_row(_Proposed, row, function="propose")
    if proposed.refused is not None:
        return ToolResult(data={"error": proposed.refused})
    said = [proposed.preview or preview, how_to_agree(desk, proposed.code, by_code=proposed.by_code)]
    if proposed.displaced is not None:
        said.append(desk.texts.proposals.displaced.format(proposal=headline(proposed.displaced)))
    return ToolResult(
        data={"proposed": True, "note": desk.texts.proposals.note_to_model},
        must_say="\n\n".join(said),
        deeds=frozenset({Deed.PROPOSED}),
    )


def how_to_agree(desk: Desk, code: str | None, *, by_code: bool = False) -> str:
    """Return the line that tells the person how to agree; `by_code`: whatever they decide takes the code."""
    texts = desk.texts.proposals
    if desk.turn.audience is Audience.CLIENT:
        return texts.client_agrees
    if code is None:
        return texts.owner_agrees
    return (texts.owner_agrees_by_code if by_code else texts.owner_agrees_with_code).format(code=code)


def headline(preview: str) -> str:
    """Return the first words of a preview: enough to tell what was proposed from other proposals."""
    return clean_line(preview.partition("\n")[0], limit=_HEADLINE_LIMIT).rstrip(":")


def _validity(audience: Audience) -> timedelta:
    """A customer's free slot may be gone soon; an owner reads between two customers."""
    return timedelta(hours=12) if audience is Audience.OWNER else timedelta(minutes=30)
