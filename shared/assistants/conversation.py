"""A conversation's history as the messages of a chat with the model."""

from shared.assistants.texts import texts_for
from shared.assistants.texts.catalog.conversation import ConversationTexts
from shared.assistants.untrusted import clean_line, clean_text, fenced
from shared.models import HistoryMessage, Speaker, Turn
from shared.ports import ChatMessage
from shared.whatsapp.events import Kind

LONGEST_MESSAGE = 4000  #: characters: one message must not eat the model's context
_LONGEST_ATTACHMENT = 8000  # characters of a text file: the same, for what is longer by nature
_LONGEST_FILE_NAME = 100
_PLAIN = frozenset({Kind.TEXT, Kind.CHOICE})


def chat_messages(turn: Turn) -> list[ChatMessage]:
    """Return the turn's history, in order, one chat message for each message.

    What the contact wrote is only ever in `user` messages. A person at the business speaks as the `assistant` does,
    behind the locale's mark for colleagues. Raises `ValueError` when the contact wrote nothing in it.
    """
    if not any(message.speaker is Speaker.CONTACT for message in turn.history):
        raise ValueError("the turn's history holds no message of the contact to answer")
    texts = texts_for(turn.organization.locale).conversation
    return [_chat_message(message, texts) for message in turn.history]


def _chat_message(message: HistoryMessage, texts: ConversationTexts) -> ChatMessage:
    content = _content(message, texts)
    match message.speaker:
        case Speaker.CONTACT:
            return ChatMessage(role="user", content=content, images=message.images)
        case Speaker.ASSISTANT:
            return ChatMessage(role="assistant", content=content)
        case Speaker.BUSINESS:
            return ChatMessage(role="assistant", content=f"{texts.colleague_mark} {content}")


def _content(message: HistoryMessage, texts: ConversationTexts) -> str:
    text = clean_text(message.text or "", limit=LONGEST_MESSAGE)
    if text and message.kind in _PLAIN:
        return text
    named = " ".join(part for part in (texts.kinds.of(message.kind), _file_name(message), text) if part)
    return f"{named}\n{_attached(message.attachment)}" if message.attachment else named


def _file_name(message: HistoryMessage) -> str:
    return clean_line((message.media and message.media.filename) or "", limit=_LONGEST_FILE_NAME)


def _attached(attachment: str) -> str:
    return fenced({"file": clean_text(attachment, limit=_LONGEST_ATTACHMENT)})
