"""The list of texts every locale must bring, one class per topic. Names in braces are filled in where they are used."""

from dataclasses import dataclass

from shared.assistants.texts.catalog.calendar import CalendarTexts
from shared.assistants.texts.catalog.conversation import ConversationTexts
from shared.assistants.texts.catalog.handover import HandoverTexts
from shared.assistants.texts.catalog.limits import LimitTexts
from shared.assistants.texts.catalog.outreach import OutreachTexts
from shared.assistants.texts.catalog.owner import OwnerTexts
from shared.assistants.texts.catalog.prompts import PromptTexts
from shared.assistants.texts.catalog.proposals import ProposalTexts


@dataclass(frozen=True, kw_only=True)
class Texts:
    """All texts of one locale, by topic."""

    conversation: ConversationTexts
    prompts: PromptTexts
    limits: LimitTexts
    handover: HandoverTexts
    calendar: CalendarTexts
    owner: OwnerTexts
    proposals: ProposalTexts
    outreach: OutreachTexts
