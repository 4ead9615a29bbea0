"""How routines name people, days, moments and amounts to the owners, and put a message to clients before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.assistants.desks.contacts import clean_name
from shared.assistants.moments import format_day, format_moment
from shared.assistants.money import format_micros, format_money
from shared.assistants.proposals import ProposalKind
from shared.assistants.texts import texts_for
from shared.assistants.texts.catalog import Texts
from shared.assistants.untrusted import clean_text
from shared.models import Organization
from shared.routines.run import RoutineProposal, RoutineRun
from shared.routines.templates import FollowupKind, TemplateError, check_template, default_template, first_name, without

NAME = "{name}"
MAIN_RESOURCE = "main"  #: what the database calls what is taken where a business names nothing
_BRACES = str.maketrans("", "", "{}")
_PREVIEW_LIMIT = 1500  # characters, as of every proposal
#: Characters of a list above a proposal: preview and how to agree must fit into the same message, see
#: `shared.assistants.wording.LONGEST_ANSWER`.
LIST_ROOM = 2400
#: An agreed message that is bound to no moment, such as a word to who stays away, leaves within so long of the routine.
DRAFT_VALIDITY = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What would be written to one client."""

    contact_id: UUID
    text: str
    expires_at: datetime  #: later it is pointless: it does not leave any more
    #: It is advertising, sent only to who allowed that. What answers the client's own wish is none, such as a slot to
    #: who waits for one or a word to who asked for a price; nor is what goes to one person alone.
    is_marketing: bool = False


@dataclass(frozen=True)
class Wording:
    """The words of one business on one of its days."""

    organization: Organization
    local_date: date
    spend_currency: str | None = None  #: ISO 4217 code of what the model costs; None: amounts go without one

    @classmethod
    def of(cls, run: RoutineRun, *, spend_currency: str | None = None) -> "Wording":
        return cls(run.organization, run.local_date, spend_currency)

    @property
    def texts(self) -> Texts:
        return texts_for(self.organization.locale)

    def money(self, cents: int) -> str:
        return format_money(cents, currency=self.organization.currency, locale=self.organization.locale)

    def spend(self, micros: int) -> str:
        """Return what the model cost: its prices are not in the currency of the business."""
        return format_micros(micros, currency=self.spend_currency, locale=self.organization.locale)

    def day(self, day: date) -> str:
        return format_day(day, self.texts, today=self.local_date)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.organization.timezone))

    def moment(self, moment: datetime) -> str:
        return format_moment(self.local(moment), self.texts, today=self.local_date)

    def name(self, name: str | None) -> str:
        """Return somebody's own word for a name, harmless in a text with places to fill."""
        return (clean_name(name) or "").translate(_BRACES) or self.texts.routines.nameless

    def person(self, name: str | None, phone: str | None) -> str:
        """Return the name and the phone: two clients may have one name."""
        named = self.name(name)
        return self.texts.routines.person.format(name=named, phone=phone) if phone else named

    def resource(self, name: str) -> str:
        """Return what is taken by a booking: the owner's word for it, or ours where nobody named it."""
        return self.texts.routines.main_resource if name == MAIN_RESOURCE else self.name(name)

    def listed(self, names: Sequence[str]) -> str:
        """Return "Rex, Luna e Bob"."""
        *most, last = names
        return f"{', '.join(most)} {self.texts.routines.and_} {last}" if most else last

    def template(self, kind: FollowupKind, own: str | None) -> str:
        """Return the business's own words for a kind of message to clients, or the locale's where they are unusable."""
        try:
            if own is not None:
                check_template(kind, own)
                return own
        except TemplateError:
            pass  # whoever wrote it is told where the follow-ups are sent; a routine must not end at it
        return default_template(kind, self.organization.locale)

    def message(self, preview: str, drafts: Sequence[Draft], *, kind: str, key: str) -> RoutineProposal:
        """Return the proposal of messages to clients: whichever owner agrees first sends them, once for each `key`.

        `kind` is that of `app.outreach`: after a `reactivation` or an `opportunity` was proposed, a client who writes,
        books or is taken over by a person does not get it any more.
        """
        agree = self.texts.proposals
        return RoutineProposal(
            kind=ProposalKind.MESSAGE,
            action={
                "kind": kind,
                "contact_ids": [str(draft.contact_id) for draft in drafts],
                "text": drafts[0].text,
                "texts": {str(draft.contact_id): draft.text for draft in drafts},
                "expiries": {str(draft.contact_id): draft.expires_at.isoformat() for draft in drafts},
                "marketing": any(draft.is_marketing for draft in drafts),
                "marketing_to": [str(draft.contact_id) for draft in drafts if draft.is_marketing],
                "once_key": key,
            },
            preview=clean_text(preview, limit=_PREVIEW_LIMIT),
            how_to_agree=agree.owner_agrees,
            how_to_agree_with_code=agree.owner_agrees_with_code,
            how_to_agree_by_code=agree.owner_agrees_by_code,
        )


def fitting(blocks: Sequence[str], *, room: int = LIST_ROOM) -> tuple[str, ...]:
    """Return those first blocks that have room together, one below the other; a reader is told how many are left."""
    ends = accumulate(len(block) + 1 for block in blocks)
    return tuple(block for block, end in zip(blocks, ends, strict=True) if end <= room)


def once_key(run: RoutineRun) -> str:
    """Return what tells the message of a run from all others."""
    return f"{run.kind}.{run.local_date.isoformat()}"


def addressed(text: str, name: str | None) -> str:
    """Return `text` with a client's first name for {name}, and no gap when there is none."""
    first = first_name(name)
    return text.replace(NAME, first) if first else without(NAME, text)
