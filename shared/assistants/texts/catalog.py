"""The list of texts every locale must bring. Names in braces are filled in by `shared.assistants.prompts`."""

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
class ToolTexts:
    """What the model is told of each tool."""

    list_services: str
    business_hours: str
    hand_over_to_human: str
    today_summary: str
    find_contact: str


@dataclass(frozen=True, kw_only=True)
class Texts:
    """All texts of one locale."""

    weekdays: tuple[str, str, str, str, str, str, str]  #: Monday first
    kinds: KindMarks
    colleague_mark: str  #: before a message that a person at the business wrote
    tools: ToolTexts
    client_prompt: str  #: {data} {now} {introduction}
    client_introduction: str  #: for the first reply in a conversation
    client_introduced: str  #: for any later one
    client_disclosure: str  #: {business}; put before a first reply that does not introduce itself
    aurora_prompt: str  #: {data} {now}
    handover_notice: str  #: {contact} {reason}; to the owner
    overdue_reply: str  #: to a client whom an outage kept waiting too long
    overdue_reason: str  #: why the owner is called then
    budget_reply: str  #: to a client when the month's budget for the model is spent
    budget_reason: str  #: why the owner is called then
    spend_notice: str  #: {percent}; to the owners
    too_many_messages: str  #: to a contact whose messages are not answered for a while
    nameless_contact: str  #: a contact known by neither name nor phone
