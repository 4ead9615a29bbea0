"""Português do Brasil."""

from shared.assistants.texts.catalog import Texts
from shared.assistants.texts.pt_br import calendar, conversation, handover, limits, outreach, owner, prompts, proposals

TEXTS = Texts(
    conversation=conversation.TEXTS,
    prompts=prompts.TEXTS,
    limits=limits.TEXTS,
    handover=handover.TEXTS,
    calendar=calendar.TEXTS,
    owner=owner.TEXTS,
    proposals=proposals.TEXTS,
    outreach=outreach.TEXTS,
)
