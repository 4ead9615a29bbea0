"""The assistants' briefs and notices, filled in for one turn."""

from collections.abc import Iterable

from shared.assistants.texts import texts_for
from shared.assistants.truth import Untruth
from shared.assistants.untrusted import clean_line, clean_text, fenced
from shared.models import Audience, Contact, Locale, Turn

NAME_LIMIT = 80  #: characters of anybody's name
REASON_LIMIT = 300  #: characters of a reason for handing over
SUMMARY_LIMIT = 1500  #: characters of what is remembered of an earlier conversation
_PREVIEW_LIMIT = 1000
_DEPENDENTS_LIMIT = 300


def client_prompt(turn: Turn) -> str:
    """Return the client assistant's system prompt."""
    texts = texts_for(turn.organization.locale).prompts
    introduction = texts.client_introduced if turn.introduced else texts.client_introduction
    return texts.client_prompt.format(data=_data(turn, person="customer"), now=_now(turn), introduction=introduction)


def client_disclosure(turn: Turn) -> str | None:
    """Return the sentence that says customers talk with a machine, None once the assistant has spoken to them."""
    if turn.introduced:
        return None
    business = clean_line(turn.organization.name, limit=NAME_LIMIT)
    return texts_for(turn.organization.locale).prompts.client_disclosure.format(business=business)


def aurora_prompt(turn: Turn) -> str:
    """Return Aurora's system prompt."""
    texts = texts_for(turn.organization.locale).prompts
    return texts.aurora_prompt.format(data=_data(turn, person="owner"), now=_now(turn))


def correction(wrong: Iterable[Untruth], *, locale: Locale) -> str:
    """Return what a model is told whose answer is not true; it quotes nobody."""
    texts = texts_for(locale).prompts
    faults = {
        Untruth.DEED: texts.claimed_deed,
        Untruth.AMOUNT: texts.unknown_amount,
        Untruth.TIME: texts.unknown_time,
    }
    return texts.correction.format(faults="\n".join(faults[untruth] for untruth in wrong))


def untrue_reply(audience: Audience, locale: Locale) -> str:
    """Return what is said in place of an answer that stayed untrue."""
    texts = texts_for(locale).prompts
    return texts.untrue_reply_owner if audience is Audience.OWNER else texts.untrue_reply


def untrue_reason(locale: Locale) -> str:
    """Return why the owner is called then."""
    return texts_for(locale).prompts.untrue_reason


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


def _data(turn: Turn, *, person: str) -> str:
    organization, contact = turn.organization, turn.contact
    return fenced(
        {
            "business": _line(organization.name),
            "business_type": _line(organization.business_type),
            person: _line(contact.name),
            "birthday": contact.birth_date.isoformat() if contact.birth_date else None,
            "dependents": _dependents(contact),
            "previous_conversation": clean_text(turn.summary, limit=SUMMARY_LIMIT) if turn.summary else None,
            "open_proposal": clean_text(turn.proposal.preview, limit=_PREVIEW_LIMIT) if turn.proposal else None,
            **_other_proposals(turn),
        }
    )


def _other_proposals(turn: Turn) -> dict[str, str | None]:
    """What owners decide by its code, when there is any."""
    previews = "\n\n".join(proposal.preview for proposal in turn.other_proposals)
    return {"other_open_proposals": clean_text(previews, limit=_PREVIEW_LIMIT)} if previews else {}


def _dependents(contact: Contact) -> str | None:
    named = (f"{dependent.name} ({dependent.kind})" for dependent in contact.dependents)
    return clean_line(", ".join(named), limit=_DEPENDENTS_LIMIT) or None


def _line(text: str | None) -> str | None:
    return clean_line(text, limit=NAME_LIMIT) if text else None


def _now(turn: Turn) -> str:
    local = turn.local(turn.now)
    return f"{texts_for(turn.organization.locale).conversation.weekdays[local.weekday()]}, {local:%Y-%m-%d %H:%M}"
