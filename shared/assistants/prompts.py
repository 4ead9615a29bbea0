"""The assistants' briefs and notices, filled in for one turn."""

from shared.assistants.conversation import is_first_reply
from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_line, fenced
from shared.models import Contact, Locale, Turn

NAME_LIMIT = 80  #: characters of anybody's name
REASON_LIMIT = 300  #: characters of a reason for handing over


def client_prompt(turn: Turn) -> str:
    """Return the client assistant's system prompt."""
    texts = texts_for(turn.organization.locale).prompts
    introduction = texts.client_introduction if is_first_reply(turn) else texts.client_introduced
    return texts.client_prompt.format(data=_data(turn, person="customer"), now=_now(turn), introduction=introduction)


def client_disclosure(turn: Turn) -> str | None:
    """Return the sentence that says customers talk with a machine, None once the assistant has spoken to them."""
    if not is_first_reply(turn):
        return None
    business = clean_line(turn.organization.name, limit=NAME_LIMIT)
    return texts_for(turn.organization.locale).prompts.client_disclosure.format(business=business)


def aurora_prompt(turn: Turn) -> str:
    """Return Aurora's system prompt."""
    texts = texts_for(turn.organization.locale).prompts
    return texts.aurora_prompt.format(data=_data(turn, person="owner"), now=_now(turn))


def handover_notice(contact: Contact, reason: str, *, locale: Locale) -> str:
    """Return the message that tells the owner that `contact` waits for a person, and why."""
    texts = texts_for(locale)
    who = _who(contact) or texts.conversation.nameless_contact
    return texts.handover.handover_notice.format(contact=who, reason=clean_line(reason, limit=REASON_LIMIT))


def overdue_reply(locale: Locale) -> str:
    """Return what a client is told whom an outage kept waiting too long."""
    return texts_for(locale).limits.overdue_reply


def overdue_reason(locale: Locale) -> str:
    """Return why the owner is called then."""
    return texts_for(locale).limits.overdue_reason


def budget_reply(locale: Locale) -> str:
    """Return what a client is told when the month's budget for the model is spent."""
    return texts_for(locale).limits.budget_reply


def budget_reason(locale: Locale) -> str:
    """Return why the owner is called then, and what the owner is told who asks."""
    return texts_for(locale).limits.budget_reason


def spend_notice(percent: int, *, locale: Locale) -> str:
    """Return what the owners are told when most of the month's budget for the model is spent."""
    return texts_for(locale).limits.spend_notice.format(percent=percent)


def too_many_messages(locale: Locale) -> str:
    """Return what a contact is told whose messages are not answered for a while."""
    return texts_for(locale).limits.too_many_messages


def _who(contact: Contact) -> str:
    name = clean_line(contact.name or "", limit=NAME_LIMIT)
    return f"{name} ({contact.phone})" if name and contact.phone else name or contact.phone or ""


def _data(turn: Turn, *, person: str) -> str:
    organization = turn.organization
    entries = {"business": organization.name, "business_type": organization.business_type, person: turn.contact.name}
    return fenced({key: clean_line(value, limit=NAME_LIMIT) if value else None for key, value in entries.items()})


def _now(turn: Turn) -> str:
    local = turn.local(turn.now)
    return f"{texts_for(turn.organization.locale).conversation.weekdays[local.weekday()]}, {local:%Y-%m-%d %H:%M}"
