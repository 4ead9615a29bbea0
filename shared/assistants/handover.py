"""What is said when a person must take over: to the customer, and to the owners."""

from shared.assistants import business_hours
from shared.assistants.moments import format_moment
from shared.assistants.prompts import NAME_LIMIT, client_disclosure
from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_line
from shared.assistants.urgency import Urgency
from shared.models import HistoryMessage, Speaker, Turn
from shared.whatsapp.events import Kind

_REASON_LIMIT = 250  # with the rest below, a notice stays under 1000 characters: read at one glance
_MESSAGES = 3
_MESSAGE_LIMIT = 100
_WORDS = frozenset({Kind.TEXT, Kind.CHOICE})


def handover_notice(turn: Turn, reason: str) -> str:
    """Return the message, of at most 1000 characters, that tells the owners that the turn's contact waits for a person.

    It holds why, what the contact wrote last, and how the conversation is returned. Reason and messages are other
    people's words: one line each, bounded.
    """
    texts = texts_for(turn.organization.locale)
    said = "\n".join(f"- {_in_one_line(message, turn)}" for message in _latest(turn))
    return texts.handover.handover_notice.format(
        contact=contact_in_words(turn),
        reason=clean_line(reason, limit=_REASON_LIMIT),
        said=texts.handover.said.format(messages=said) if said else "",
        name=_name(turn) or turn.contact.phone or texts.conversation.nameless_contact,
    )


def contact_in_words(turn: Turn) -> str:
    """Return how the owners are told who the turn's contact is: name and phone, or what there is of them."""
    name, phone = _name(turn), turn.contact.phone or ""
    nameless = texts_for(turn.organization.locale).conversation.nameless_contact
    return f"{name} ({phone})" if name and phone else name or phone or nameless


def _name(turn: Turn) -> str:
    return clean_line(turn.contact.name or "", limit=NAME_LIMIT)


def urgent_reply(turn: Turn, urgency: Urgency) -> str:
    """Return what a customer is told whose messages are routed to a person without asking a model.

    On first contact it says that an automated assistant speaks; when the business is closed, when its hours say that it
    opens, and nothing else about time.
    """
    texts = texts_for(turn.organization.locale).handover
    reply = texts.emergency_reply if urgency is Urgency.EMERGENCY else texts.person_reply
    closed = _closed(turn)
    return introduced(turn, reply if closed is None else f"{reply} {closed}")


def urgent_reason(turn: Turn, urgency: Urgency) -> str:
    """Return why the owner is called then."""
    texts = texts_for(turn.organization.locale).handover
    return texts.emergency_reason if urgency is Urgency.EMERGENCY else texts.person_reason


def introduced(turn: Turn, text: str) -> str:
    """Return `text` as the assistant may say it in `turn`: on first contact, behind the word that it is a machine."""
    disclosure = client_disclosure(turn)
    return text if disclosure is None else f"{disclosure}\n\n{text}"


def _closed(turn: Turn) -> str | None:
    """Say that the business is closed and when it opens, None when it is open or nobody knows."""
    local = turn.local(turn.now)
    if turn.profile is None or business_hours.is_open(turn.profile.business_hours, local) is not False:
        return None
    texts = texts_for(turn.organization.locale)
    opens = business_hours.next_opening(turn.profile.business_hours, local)
    if opens is None:
        return texts.handover.closed
    return texts.handover.closed_until.format(moment=format_moment(opens, texts, today=local.date()))


def _latest(turn: Turn) -> tuple[HistoryMessage, ...]:
    return tuple(message for message in turn.history if message.speaker is Speaker.CONTACT)[-_MESSAGES:]


def _in_one_line(message: HistoryMessage, turn: Turn) -> str:
    texts = texts_for(turn.organization.locale).conversation
    text = message.text or ""
    shown = text if text.strip() and message.kind in _WORDS else f"{texts.kinds.of(message.kind)} {text}"
    return clean_line(shown, limit=_MESSAGE_LIMIT)
