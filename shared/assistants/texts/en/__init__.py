"""English."""

from shared.assistants.texts.catalog import Texts
from shared.assistants.texts.en import (
    calendar,
    consent,
    contact_facts,
    conversation,
    followups,
    handover,
    knowledge,
    limits,
    media,
    outreach,
    owner,
    prompts,
    proposals,
    routines,
)

TEXTS = Texts(
    conversation=conversation.TEXTS,
    prompts=prompts.TEXTS,
    limits=limits.TEXTS,
    media=media.TEXTS,
    handover=handover.TEXTS,
    consent=consent.TEXTS,
    calendar=calendar.TEXTS,
    owner=owner.TEXTS,
    proposals=proposals.TEXTS,
    outreach=outreach.TEXTS,
    knowledge=knowledge.TEXTS,
    contact_facts=contact_facts.TEXTS,
    followups=followups.TEXTS,
    routines=routines.TEXTS,
)
