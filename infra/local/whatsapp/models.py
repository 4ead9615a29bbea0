"""Frozen values of the gateway."""

from dataclasses import dataclass
from typing import Any, Literal

Author = Literal["person", "api", "phone"]
Role = Literal["customer", "owner"]
State = Literal["open", "close"]
Status = Literal["ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ"]
MediaKind = Literal["voice", "audio", "image", "video", "document"]
Ticks = Literal["off", "delivered", "read"]

#: A status only moves to the right; ERROR is final and only follows PENDING.
STATUS_ORDER: tuple[Status, ...] = ("PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ")


@dataclass(frozen=True)
class Instance:
    """One WhatsApp number of a business."""

    name: str
    id: str
    token: str
    #: The business's own number, digits with the country code.
    number: str
    profile_name: str
    state: State
    settings: dict[str, Any]
    created_at: str


@dataclass(frozen=True)
class Webhook:
    """Where the events of one instance go."""

    id: str
    instance: str
    enabled: bool
    url: str
    headers: dict[str, str]
    by_events: bool
    base64: bool
    #: Evolution's names, such as MESSAGES_UPSERT.
    events: tuple[str, ...]
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Person:
    """Somebody with a phone who talks to the businesses."""

    #: Digits with the country code, as the person would say it (with the Brazilian ninth digit).
    phone: str
    name: str
    role: Role
    #: WhatsApp's address for the number; older Brazilian accounts lack the ninth digit there.
    jid: str
    #: WhatsApp's address that hides the number.
    lid: str
    #: The business the chat page shows the person under; None means all.
    instance: str | None


@dataclass(frozen=True)
class Attachment:
    """What is known of a file without its bytes."""

    kind: MediaKind
    mimetype: str
    filename: str | None
    seconds: int | None
    view_once: bool
    size: int  #: bytes


@dataclass(frozen=True)
class File:
    """A file as it comes from a phone."""

    attachment: Attachment
    content: bytes


@dataclass(frozen=True)
class Message:
    """One message between a person and a business."""

    #: WhatsApp's id, unique per instance.
    id: str
    #: The gateway's own row id (`messageId` of a status update).
    row_id: str
    instance: str
    #: Phone of the person on the other side, whoever wrote.
    person: str
    author: Author
    #: Of a file its caption, which may be empty.
    text: str
    status: Status
    #: Seconds since 1970, UTC.
    timestamp: int
    quoted: str | None
    edited: bool
    revoked: bool
    #: Never reaches the person (a played fault), so it gets no ticks.
    lost: bool
    #: Order of writing among all messages.
    position: int
    #: Grows with every change of any message.
    revision: int
    media: Attachment | None


@dataclass(frozen=True)
class NewMessage:
    """What a message is made from; the rest is given by the store."""

    instance: str
    person: str
    author: Author
    text: str
    status: Status
    quoted: str | None = None
    lost: bool = False
    file: File | None = None


@dataclass(frozen=True)
class Delivery:
    """One webhook event that has not been delivered."""

    id: int
    instance: str
    event: str
    data: dict[str, Any]
    #: Local time with a Z at the end, as the original sends it.
    date_time: str
    attempts: int
    #: Waits for the instance to be open again.
    held: bool
    #: Given up; `last_error` says why.
    dropped: bool
    last_error: str | None
