"""A follow-up that is due, and the text that its customer reads."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.assistants.moments import format_day
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.texts import texts_for
from shared.assistants.untrusted import clean_line
from shared.models import Locale
from shared.routines.templates import FollowupKind, TemplateError, default_template, first_name, render, without_answers


class Followup(BaseModel):
    """What `app.followup_facts` tells; names are other people's words, what does not apply is None."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: FollowupKind
    variant: str = ""  #: such as `24h` and `2h` of a reminder
    text: str | None = None  #: of its own
    template: str | None = None  #: the organization's
    due_at: AwareDatetime
    state: str = "waiting"
    reason: str | None = None  #: why it was called off or skipped
    business: str
    locale: Locale
    timezone: str  #: IANA name
    currency: str  #: ISO 4217
    name: str | None = None
    service: str | None = None
    dependent: str | None = None
    starts_at: AwareDatetime | None = None
    price_cents: int | None = None
    review_link: str | None = None
    with_team: bool = False  #: a person of the team speaks with the customer: nobody heeds a digit


class DueFollowups(BaseModel):
    """What `api.claim_followups` answers."""

    followups: tuple[Followup, ...]
    more: bool  #: others are due


class Rendering(BaseModel):
    """The text of a follow-up, None when none can be made, and what was wrong with the text that it should have had."""

    model_config = ConfigDict(frozen=True)

    text: str | None
    problem: str | None = None


def rendering_of(followup: Followup, *, now: datetime) -> Rendering:
    """Return what a customer reads: the follow-up's own text, else the business's template, else the locale's.

    One that cannot be used gives way to the locale's; a text that the owner wrote for this very occasion does not,
    because nobody else knows what it should have said. While a person of the team speaks with the customer, a reminder
    offers no answers that nobody would heed.
    """
    values = _values(followup, now=now)
    own = followup.text or _asked(followup, followup.template)
    try:
        if own is not None:
            return Rendering(text=render(followup.kind, own, values) or None)
        problem = None
    except TemplateError as error:
        problem = str(error)
        if followup.text is not None:
            return Rendering(text=None, problem=problem)
    # A review cannot be asked for without saying where.
    if followup.kind is FollowupKind.REVIEW_REQUEST and not followup.review_link:
        return Rendering(text=None, problem="there is no review link")
    text = render(followup.kind, _asked(followup, default_template(followup.kind, followup.locale)) or "", values)
    return Rendering(text=text or None, problem=problem)


def _asked(followup: Followup, template: str | None) -> str | None:
    """Return a template as it may be sent now, None when nothing of it is left."""
    if template is None or not (followup.with_team and followup.kind is FollowupKind.APPOINTMENT_REMINDER):
        return template
    return without_answers(template) or None


def _values(followup: Followup, *, now: datetime) -> dict[str, str | None]:
    """Return the variables. Days are absolute: a message may leave on another day than it was written."""
    zone = ZoneInfo(followup.timezone)
    begins = followup.starts_at.astimezone(zone) if followup.starts_at else None
    dependent = clean_line(followup.dependent or "", limit=NAME_LIMIT)
    cents = followup.price_cents
    return {
        "name": first_name(followup.name),
        "business": followup.business,
        "service": followup.service,
        "for_whom": f"({dependent})" if dependent else None,
        "date": format_day(begins.date(), texts_for(followup.locale), today=now.astimezone(zone).date())
        if begins
        else None,
        "time": f"{begins:%H:%M}" if begins else None,
        "price": None if cents is None else format_money(cents, currency=followup.currency, locale=followup.locale),
        "link": followup.review_link,
    }
