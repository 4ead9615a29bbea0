"""The domain's values as they travel between layers: frozen, complete, free of input and output."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from shared.media import Image
from shared.whatsapp.events import Kind, Media

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


class Permission(StrEnum):
    """What an owner's number may do."""

    VIEWER = "viewer"  #: look things up
    STAFF = "staff"  #: the agenda, conversations, a message to one customer
    ADMIN = "admin"  #: everything: money, messages to many, switching the assistant off


class Dependent(_Frozen):
    """Whom a contact cares for or brings along. Names and details are the contact's own words: untrusted."""

    kind: Literal["pet", "child", "vehicle", "other"]
    name: str
    birth_date: date | None = None
    details: str | None = None


class Contact(_Frozen):
    """A person who writes to the business. Its name is its own word: untrusted."""

    id: UUID
    name: str | None = None
    phone: str | None = None  #: E.164
    birth_date: date | None = None
    dependents: tuple[Dependent, ...] = ()
    opted_out: bool = False  #: wants nothing of the business's own accord
    opted_out_now: bool = False  #: by what is to be answered


class HistoryMessage(_Frozen):
    """One message of a conversation, oldest first in any sequence of them."""

    speaker: Speaker
    kind: Kind
    text: str | None = None  #: what was written, or heard in a voice message
    sent_at: AwareDatetime
    id: UUID | None = None
    open: bool = False  #: still to be answered
    media: Media | None = None  #: of an open message
    provider_message_id: str | None = None  #: of an open message
    images: tuple[Image, ...] = Field(default=(), repr=False)  #: of an open message, once it is fetched
    attachment: str | None = Field(default=None, repr=False)  #: what a text file says, once it is fetched; untrusted


_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True)
class Interval:
    """From one time of day, included, to another, excluded; an end at or before the start is on the next day."""

    start: str  #: HH:MM
    end: str  #: HH:MM, 24:00 for midnight

    @property
    def overnight(self) -> bool:
        return self.end <= self.start

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def _interval(times: object) -> object:
    """Read ["09:00", "12:00"]."""
    if isinstance(times, Interval):
        return times
    if not (isinstance(times, list | tuple) and len(times) == 2 and all(isinstance(time, str) for time in times)):
        raise ValueError("an interval is a pair of times")
    if not all(_TIME.fullmatch(time) for time in times):
        raise ValueError("a time is HH:MM")
    return Interval(*times)


_Day = tuple[Annotated[Interval, BeforeValidator(_interval)], ...] | None


class Week(_Frozen):
    """Opening hours in the business's wall-clock time: a day's intervals, empty when closed, None when not stated."""

    mon: _Day = None
    tue: _Day = None
    wed: _Day = None
    thu: _Day = None
    fri: _Day = None
    sat: _Day = None
    sun: _Day = None

    @property
    def days(self) -> tuple[tuple[Interval, ...] | None, ...]:
        """The seven days, Monday first."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)


class Service(_Frozen):
    """Something the business sells. None is not stated."""

    name: str
    description: str | None
    price_cents: int | None
    duration_minutes: int | None


class BusinessProfile(_Frozen):
    """What a customer may be told of a business."""

    services: tuple[Service, ...]  #: in the business's own order
    business_hours: Week


class OpenProposal(_Frozen):
    """What the person was asked to agree to, in an earlier turn."""

    id: UUID
    kind: str
    preview: str
    code: str | None = None  #: what must be repeated; None: a yes is enough
    by_code: bool = False  #: its code alone decides it: a number without one is about another proposal
    decided: bool = False  #: by a message of this very turn, in a run that ended before its answer was written


class Turn(_Frozen):
    """All an assistant is given to answer a conversation once."""

    organization: Organization
    contact: Contact
    conversation_id: UUID
    audience: Audience
    profile: BusinessProfile | None  #: of the organization; None when the audience is its owner
    history: tuple[HistoryMessage, ...]  #: ends with the messages to be answered
    now: AwareDatetime
    covers_seq: int = 0  #: the newest message that the answer covers
    introduced: bool = False  #: the assistant has spoken in this conversation before
    summary: str | None = None  #: of what was said before the history; people's words, so untrusted
    proposal: OpenProposal | None = None  #: a yes alone is about it; one that this very turn has decided comes first
    other_proposals: tuple[OpenProposal, ...] = ()  #: what else an owner may decide, most by its code; the newest last
    permission: Permission | None = None  #: of the owner's number; None: a client, or the business's own phone
    quoted_question: int | None = None  #: the owner answers to the notice of this customer's question
    unopened_told: bool = False  #: the person heard today that something could not be opened

    def local(self, moment: datetime) -> datetime:
        """Return `moment` in the organization's own time zone."""
        return moment.astimezone(ZoneInfo(self.organization.timezone))

    @property
    def proposals(self) -> tuple[OpenProposal, ...]:
        """All that the person may decide now, or decides in this very turn; `proposal` first."""
        return (*filter(None, [self.proposal]), *self.other_proposals)

    @property
    def open_messages(self) -> tuple[HistoryMessage, ...]:
        """The contact's messages that this turn answers, oldest first."""
        return tuple(message for message in self.history if message.open)


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


class Unsent(_Frozen):
    """A message that waits in the outbox."""

    message_id: UUID
    instance_id: UUID
    delay_seconds: float = 0.0  #: it must not leave sooner


#: What a call to a model came to: the answer, calls of tools, a corrected answer, a text that was not true, or nothing.
Outcome = Literal["answered", "called_tools", "repaired", "refused", "failed"]


class Interaction(_Frozen):
    """One call to a model, for the record."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    cost_micros: int = 0  #: millionths of the prices' currency
    latency_ms: int
    round: int = 1  #: which call of its turn it was
    tools: tuple[str, ...] = ()  #: names of the tools called, in order
    outcome: Outcome = "answered"
    purpose: Literal["reply", "summary", "transcription", "suggestion"] = "reply"


class Answer(_Frozen):
    """What an assistant decided in one turn."""

    text: str
    hand_over_reason: str | None = None  #: set when a person must take over, in the organization's language
    effects: tuple[Mapping[str, Any], ...] = ()  #: written with the answer: see `app.apply_effect`
    interactions: tuple[Interaction, ...]  #: every call to the model, in order
