"""The list of texts every locale must bring, one class per topic. Names in braces are filled in where they are used."""

from dataclasses import dataclass

from shared.assistants.texts.catalog.calendar import CalendarTexts
from shared.assistants.texts.catalog.consent import ConsentTexts
from shared.assistants.texts.catalog.contact_facts import ContactFactTexts
from shared.assistants.texts.catalog.conversation import ConversationTexts
from shared.assistants.texts.catalog.followups import FollowupTexts
from shared.assistants.texts.catalog.handover import HandoverTexts
from shared.assistants.texts.catalog.knowledge import KnowledgeTexts
from shared.assistants.texts.catalog.limits import LimitTexts
from shared.assistants.texts.catalog.media import MediaTexts
from shared.assistants.texts.catalog.outreach import OutreachTexts
from shared.assistants.texts.catalog.owner import OwnerTexts
from shared.assistants.texts.catalog.prompts import PromptTexts
from shared.assistants.texts.catalog.proposals import ProposalTexts
from shared.assistants.texts.catalog.routines import RoutineTexts


@dataclass(frozen=True, kw_only=True)
class Texts:
    """All texts of one locale, by topic."""

    conversation: ConversationTexts
    prompts: PromptTexts
    limits: LimitTexts
    media: MediaTexts
    handover: HandoverTexts
    consent: ConsentTexts
    calendar: CalendarTexts
    owner: OwnerTexts
    proposals: ProposalTexts
    outreach: OutreachTexts
    knowledge: KnowledgeTexts
    contact_facts: ContactFactTexts
    followups: FollowupTexts
    routines: RoutineTexts
