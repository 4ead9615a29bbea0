"""The domain's values as they travel between layers: frozen, complete, free of input and output."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.whatsapp.events import Kind

Locale = Literal["pt-BR", "en"]


class Audience(StrEnum):
    """Which assistant a conversation belongs to."""

    CLIENT = "client"
    OWNER = "owner"


class Speaker(StrEnum):
    """Who speaks in a conversation's history."""

    CONTACT = "contact"
    BUSINESS = "business"  #: a person at the business
    ASSISTANT = "assistant"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Organization(_Frozen):
    """A tenant: one business."""

    id: UUID
    name: str
    business_type: str | None = None
    locale: Locale = "pt-BR"
    timezone: str  #: IANA name
    currency: str = "BRL"  #: ISO 4217


class Contact(_Frozen):
    """A person who writes to the business. Its name is its own word: untrusted."""

    id: UUID
    name: str | None = None
    phone: str | None = None  #: E.164


class HistoryMessage(_Frozen):
    """One message of a conversation, oldest first in any sequence of them."""

    speaker: Speaker
    kind: Kind
    text: str | None = None
    sent_at: AwareDatetime


class Turn(_Frozen):
    """All an assistant is given to answer a conversation once."""

    organization: Organization
    contact: Contact
    conversation_id: UUID
    audience: Audience
    history: tuple[HistoryMessage, ...]  #: ends with the messages to be answered
    now: AwareDatetime

    def local(self, moment: datetime) -> datetime:
        """Return `moment` in the organization's own time zone."""
        return moment.astimezone(ZoneInfo(self.organization.timezone))


class Spend(_Frozen):
    """What the model cost an organization this month, in millionths of the prices' currency."""

    spent: int
    limit: int | None  #: None: no limit
    warned: bool  #: the owners know that most of it is spent


class OpenTurn(_Frozen):
    """A claimed turn with all that decides how it is answered."""

    turn: Turn
    covers_seq: int  #: the newest message that the answer covers
    messages: int  #: how many wait for the answer
    overdue: bool  #: they wait longer than the freshness deadline: a person must answer
    spend: Spend


class Interaction(_Frozen):
    """What one turn cost and did, for the record."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: int
    rounds: int  #: calls to the model
    tools: tuple[str, ...] = ()  #: names of the tools called, in order


class Answer(_Frozen):
    """What an assistant decided in one turn."""

    text: str
    hand_over_reason: str | None = None  #: set when a person must take over, in the organization's language
    interaction: Interaction
