"""What a WhatsApp gateway reports, in Aurora's own words: the same values whatever the provider.

These values travel as job payloads, so they are small: bytes, keys and thumbnails stay with the gateway.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Author(StrEnum):
    """Who wrote a message."""

    CONTACT = "contact"  #: the person the business talks with
    BUSINESS = "business"  #: somebody at the business, typing on its phone
    AURORA = "aurora"  #: sent through the gateway's API, so by this system


class Kind(StrEnum):
    """What a message is made of."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    CHOICE = "choice"  #: a tap on a button or a list row; the text is the label tapped
    UNSUPPORTED = "unsupported"


class DeliveryStatus(StrEnum):
    """How far an outgoing message got. It only ever moves down this list, `FAILED` aside."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Frozen):
    """The ways a gateway names one person. At least one of `phone`, `lid` and `bsuid` is set."""

    phone: str | None = None  #: E.164 with the plus sign; Brazilian mobiles always with the ninth digit
    lid: str | None = None  #: WhatsApp's hidden id, digits only; not a phone number
    bsuid: str | None = None  #: the Cloud API's business-scoped user id
    address: str  #: what the provider wants to be given to write to this person


class Media(_Frozen):
    """What is known of an attachment without downloading it."""

    mimetype: str | None = None
    filename: str | None = None
    seconds: int | None = None
    size: int | None = None  #: bytes
    view_once: bool = False  #: the sender wants it seen once: it is never fetched


class MessageReceived(_Frozen):
    """A message somebody wrote: a contact, or the business on its own phone."""

    type: Literal["message"] = "message"
    provider_message_id: str
    author: Author
    peer: Identity  #: the other side of the conversation, whoever wrote
    name: str | None = None  #: the name the contact gave itself; untrusted
    kind: Kind
    text: str | None = None  #: what was written: text, caption, label tapped, place name or emoji; untrusted
    quoted_id: str | None = None  #: provider message id of the message replied or reacted to
    media: Media | None = None
    sent_at: AwareDatetime


class MessageEdited(_Frozen):
    """The author replaced the text of a message."""

    type: Literal["edit"] = "edit"
    provider_message_id: str
    text: str


class MessageRevoked(_Frozen):
    """The author deleted a message for everyone."""

    type: Literal["revoke"] = "revoke"
    provider_message_id: str


class MessageEcho(_Frozen):
    """The gateway sent a message that came through its API: proof of a send, even when the answer was lost."""

    type: Literal["echo"] = "echo"
    provider_message_id: str
    peer: Identity
    text: str | None = None
    sent_at: AwareDatetime


class MessageStatusChanged(_Frozen):
    """An outgoing message moved on. Statuses may arrive in any order."""

    type: Literal["status"] = "status"
    provider_message_id: str
    status: DeliveryStatus


class InstanceStateChanged(_Frozen):
    """The WhatsApp number was connected or lost its connection."""

    type: Literal["instance"] = "instance"
    state: Literal["open", "connecting", "close"]
    reason: int | None = None  #: the gateway's status code, such as 401 for a log-out
    phone: str | None = None  #: the number that is connected, E.164


MessageChange = Annotated[
    MessageEdited | MessageRevoked | MessageEcho | MessageStatusChanged, Field(discriminator="type")
]
Event = Annotated[
    MessageReceived | MessageEdited | MessageRevoked | MessageEcho | MessageStatusChanged | InstanceStateChanged,
    Field(discriminator="type"),
]


class Sent(_Frozen):
    """A gateway's word that it took a message."""

    provider_message_id: str
    accepted_at: datetime | None = None
