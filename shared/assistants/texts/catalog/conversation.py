"""How a conversation's history and its people are written."""

from dataclasses import dataclass

from shared.whatsapp.events import Kind


@dataclass(frozen=True, kw_only=True)
class KindMarks:
    """What stands in a history for a message that is not plain text. One field per `Kind`."""

    text: str  #: a text message that arrived empty
    image: str
    video: str
    voice: str
    audio: str
    document: str
    sticker: str
    location: str
    contact: str
    reaction: str
    choice: str
    unsupported: str

    def of(self, kind: Kind) -> str:
        mark: str = getattr(self, kind.value)
        return mark


@dataclass(frozen=True, kw_only=True)
class ConversationTexts:
    """The texts of this topic in one locale."""

    weekdays: tuple[str, str, str, str, str, str, str]  #: Monday first
    kinds: KindMarks
    colleague_mark: str  #: before a message that a person at the business wrote
    nameless_contact: str  #: a contact known by neither name nor phone
