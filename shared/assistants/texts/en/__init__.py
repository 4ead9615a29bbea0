"""English."""

from shared.assistants.texts.catalog import Texts
from shared.assistants.texts.en import calendar, conversation, handover, limits, owner, prompts

TEXTS = Texts(
    conversation=conversation.TEXTS,
    prompts=prompts.TEXTS,
    limits=limits.TEXTS,
    handover=handover.TEXTS,
    calendar=calendar.TEXTS,
    owner=owner.TEXTS,
)
