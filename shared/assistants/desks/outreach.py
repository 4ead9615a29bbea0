"""Messages from the business to one customer or to many: drafted here, sent only after the owner has agreed."""

import re
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.assistants.desks.contacts import ContactName, FoundContact, clean_name, find_one
from shared.assistants.desks.desk import Desk
from shared.assistants.outcomes import reasons_in_words
from shared.assistants.proposals import Plan, ProposalKind, propose
from shared.assistants.tools import Arguments, Row, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_text

_TEXT_LIMIT = 1000  # characters: a message people read, and the preview must hold it whole
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _addressed(text: str) -> str:
    """Accept {name} and no other placeholder: it would reach the customers as it is. Raises `ValueError`."""
    if any(found != "name" for found in _PLACEHOLDER.findall(text)):
        raise ValueError("the only placeholder is {name}")
    return text


_Text = Annotated[
    str, AfterValidator(partial(clean_text, limit=_TEXT_LIMIT)), AfterValidator(_addressed), Field(min_length=1)
]


class MessageDraft(Arguments):
    """What to write to whom."""

    contact: ContactName
    text: _Text


class CampaignDraft(Arguments):
    """What to write to which customers."""

    segment: Literal["inactive", "waiting_list", "birthdays", "frequent", "no_shows", "consented"]
    text: _Text


class _Recipient(Row):
    """What `api.recipient` answers."""

    name: str | None
    skipped: str | None
    example: str


class _Segment(Row):
    """What `api.segment` answers."""

    total: int
    contact_ids: tuple[UUID, ...]
    cut: int  #: how many more could be reached than one message may reach
    skipped: dict[str, int]
    marketing: bool
    example: str | None
    example_name: str | None


def outreach_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this domain."""
    told = desk.texts.outreach
    return (
        Tool(
            name="draft_message",
            description=told.draft_message,
            arguments=MessageDraft,
            run=partial(_draft_message, desk),
        ),
        Tool(
            name="draft_campaign",
            description=told.draft_campaign,
            arguments=CampaignDraft,
            run=partial(_draft_campaign, desk),
        ),
    )


async def _draft_message(desk: Desk, draft: MessageDraft) -> ToolResult:
    contact = await find_one(desk, draft.contact)
    if isinstance(contact, ToolResult):
        return contact
    row = await desk.database.call(
        "recipient", organization_id=desk.organization_id, contact_id=contact.id, text=draft.text
    )
    recipient = read_row(_Recipient, row, function="recipient")
    if recipient.skipped is not None:
        return ToolResult(data={"error": "cannot_be_written_to", "reason": recipient.skipped})
    plan = Plan(
        kind=ProposalKind.MESSAGE,
        action={"contact_ids": [str(contact.id)], "text": draft.text, "marketing": False},
        preview=desk.texts.outreach.to_one.format(name=_named(contact), text=recipient.example),
    )
    return await propose(desk, tool="draft_message", arguments=draft, plan=plan)


async def _draft_campaign(desk: Desk, draft: CampaignDraft) -> ToolResult:
    row = await desk.database.call(
        "segment", organization_id=desk.organization_id, segment=draft.segment, text=draft.text
    )
    segment = read_row(_Segment, row, function="segment")
    if not segment.contact_ids:
        return ToolResult(data={"error": "nobody_to_write_to", "total": segment.total, "skipped": segment.skipped})
    plan = Plan(
        kind=ProposalKind.MESSAGE,
        action={
            "contact_ids": [str(contact_id) for contact_id in segment.contact_ids],
            "text": draft.text,
            "marketing": segment.marketing,
        },
        preview=_campaign_preview(desk, draft, segment),
    )
    return await propose(desk, tool="draft_campaign", arguments=draft, plan=plan)


def _campaign_preview(desk: Desk, draft: CampaignDraft, segment: _Segment) -> str:
    """Return whom the message reaches, how many and who not, and the text as it arrives at one of them."""
    texts = desk.texts.outreach
    name = clean_name(segment.example_name)
    lines = [
        texts.to_segment.format(
            segment=texts.segments[draft.segment],
            count=len(segment.contact_ids),
            text=segment.example or draft.text,
            example=texts.example.format(name=name) if name else "",
        )
    ]
    if segment.skipped:
        lines.append(texts.left_out.format(reasons=reasons_in_words(segment.skipped, desk.texts.proposals)))
    if segment.cut:
        lines.append(texts.cut.format(cut=segment.cut))
    return "\n".join(lines)


def _named(contact: FoundContact) -> str:
    """Return the name and the phone: two customers may have one name."""
    return ", ".join(filter(None, (clean_name(contact.name), contact.phone)))
