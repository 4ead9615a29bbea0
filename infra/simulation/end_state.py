"""What is left of a world when the dust has settled: all that the promises are checked over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from infra.simulation.office import ErrandRun
from infra.simulation.people import Action, Script
from infra.simulation.whatsapp import Arrival, Report


@dataclass(frozen=True, kw_only=True)
class StoredMessage:
    """A row of `app.messages`; names as there."""

    id: str
    organization_id: str
    instance: str
    conversation_id: str
    seq: int
    direction: str
    author: str
    kind: str
    text: str | None
    provider_message_id: str | None
    written_at: datetime
    revoked_at: datetime | None
    edited_at: datetime | None
    created_at: datetime
    answered_by: str | None
    decision: str | None
    state: str | None
    purpose: str | None
    answers_seq: int | None
    cause_id: str | None
    asks_owner: bool  #: a notice that brings a customer's question, beside which one of a handover may go
    unknown_since: datetime | None
    resends: int
    not_before: datetime | None
    last_error: str | None  #: why it was withdrawn, or did not leave yet

    def is_put_off(self, now: datetime) -> bool:
        """Tell whether it waits for a moment that the gates named and that has not come at `now`."""
        return self.purpose == "proactive" and self.state == "pending" and (self.not_before or now) > now

    @property
    def is_apology(self) -> bool:
        """Whether no model wrote it."""
        return "Resposta" not in (self.text or "")

    @property
    def described(self) -> str:
        """The message in words, for who reads what broke."""
        words = (self.text or self.kind)[-40:]
        return f"{self.direction} {self.seq} of {self.instance} ({words!r}, {self.state or self.decision})"


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A row of `app.conversations` with the person behind it."""

    id: str
    organization_id: str
    instance: str
    instance_organization_id: str
    contact_organization_id: str
    phone: str | None  #: digits
    audience: str
    last_seq: int
    due_seq: int
    covered_seq: int
    handed_over_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class QueuedMessage:
    """A message of the queue."""

    id: str
    job: str  #: or the callback's path
    state: str  #: waiting, active, delivered, failed or cancelled
    body: str
    response: str  #: the last one, of a failed message
    due_at: float  #: virtual seconds


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A row of `app.dead_letters`."""

    job: str
    queue_message_id: str
    organization_id: str | None
    error: str | None
    message_id: str | None  #: of the message whose sending gave up


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A turn that a run was given to answer."""

    conversation_id: str
    at: float  #: virtual seconds
    database_time: datetime  #: the same moment by the database's clock, which may be wrong
    covers_seq: int
    follows_on: bool  #: it is the turn for what came while the previous one was written


@dataclass(frozen=True, kw_only=True)
class Send:
    """A message that a run was given to send."""

    message_id: str
    at: float  #: virtual seconds


@dataclass(frozen=True, kw_only=True)
class RoutineDay:
    """A routine of a business on one of its local dates, during the world."""

    organization_id: str
    kind: str
    local_date: date
    state: str | None  #: of its row in `app.proactive_runs`; None: there is none
    completions: int  #: how often a run wrote down what it came to


@dataclass(frozen=True, kw_only=True)
class Followup:
    """A row of `app.followups`."""

    id: str
    kind: str
    state: str
    reason: str | None
    due_at: datetime
    expires_at: datetime
    message_id: str | None


@dataclass(frozen=True, kw_only=True)
class Intrusion:
    """A request that nobody signed for this address and body."""

    what: str
    status: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is built that a promise needs: without it, a fault may leave something behind."""

    sweep: bool


@dataclass(frozen=True, kw_only=True)
class EndState:
    """Everything, after the last retry."""

    seed: int
    script: Script
    parts: Parts
    calm: bool  #: there were no faults
    longest_outage: float  #: in virtual seconds
    freshness_seconds: float
    quiet_window_seconds: float
    burst_seconds: float
    messages: tuple[StoredMessage, ...]
    conversations: tuple[Conversation, ...]
    arrivals: tuple[Arrival, ...]
    found: frozenset[str]  #: ids of messages in doubt that a look-up at the gateway found
    reports: tuple[Report, ...]
    acknowledged: frozenset[str]  #: ids of messages whose webhook a function answered 2xx, heard or not
    queue: tuple[QueuedMessage, ...]
    dead_letters: tuple[DeadLetter, ...]
    claims: tuple[Claim, ...]
    sends: tuple[Send, ...]
    routine_days: tuple[RoutineDay, ...]  #: those that fell due, and those that ran
    followups: tuple[Followup, ...]
    errands: tuple[ErrandRun, ...]  #: that took effect, in order
    stored_at: Mapping[str, float]  #: in virtual seconds, by the message's id
    intrusions: tuple[Intrusion, ...]
    ended_at: float  #: virtual seconds
    settled: bool  #: nothing was under way any more
    crashes: tuple[str, ...]  #: errors that no function expected

    @property
    def by_id(self) -> dict[str, StoredMessage]:
        return {message.id: message for message in self.messages}

    @property
    def inbound(self) -> list[StoredMessage]:
        return [message for message in self.messages if message.author == "contact"]

    @property
    def outbound(self) -> list[StoredMessage]:
        """What the assistant wrote."""
        return [message for message in self.messages if message.author == "assistant"]

    @property
    def proactive(self) -> list[StoredMessage]:
        """What the businesses said of their own accord."""
        return [message for message in self.outbound if message.purpose == "proactive"]

    def written(self) -> list[Action]:
        """What people wrote, on their own phones or the business's."""
        return [action for action in self.script.actions if action.is_message]

    def rows_of(self, message_id: str) -> list[StoredMessage]:
        """Return what is stored of one WhatsApp message."""
        return [message for message in self.messages if message.provider_message_id == message_id]


def read_rows(kind: type[Any], rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Make values of database rows whose columns are named as the fields."""
    return tuple(kind(**row) for row in rows)
