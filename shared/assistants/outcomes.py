"""What came of a proposal that was decided, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.assistants.decisions import Decision
from shared.assistants.desks.bookable import local_today, price_of
from shared.assistants.desks.desk import Desk
from shared.assistants.moments import format_moment
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import ProposalKind
from shared.assistants.texts.catalog.proposals import ProposalTexts
from shared.assistants.tools import Deed, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Audience, OpenProposal, Unsent

_DEEDS = {
    ProposalKind.BOOK: Deed.BOOKED,
    ProposalKind.MOVE: Deed.MOVED,
    ProposalKind.CANCEL: Deed.CANCELLED,
    ProposalKind.BLOCK: Deed.BLOCKED,
    ProposalKind.NO_SHOW: Deed.MARKED,
    ProposalKind.PAID: Deed.MARKED,
    ProposalKind.MESSAGE: Deed.SENT,
}
#: The outcomes after which another slot is what the person needs.
SLOT_LOST = frozenset({"taken", "blocked", "past"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Facts(_Frozen):
    """What `app.execute_<kind>` tells; what does not belong to the kind is None."""

    service: str | None = None
    contact: str | None = None
    dependent: str | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    price_cents: int | None = None
    paid_cents: int | None = None
    bookings: int | None = None  #: that stand in time that was blocked
    recipients: int | None = None
    skipped: Mapping[str, int] = {}  #: how many get no message, by reason


class Decided(_Frozen):
    """What `api.decide_proposal` answers."""

    outcome: str
    kind: ProposalKind | None = None
    result: Facts | None = None
    left: int | None = None  #: how many more wrong codes it takes
    unsent: tuple[Unsent, ...] = ()

    @property
    def facts(self) -> Facts:
        return self.result or Facts()

    @property
    def deeds(self) -> frozenset[Deed]:
        """What was really done."""
        return frozenset({_DEEDS[self.kind]}) if self.outcome == "done" and self.kind is not None else frozenset()


async def decide(desk: Desk, proposal: OpenProposal, decision: Decision | None) -> Decided:
    """Decide a proposal of the desk's turn, and do what it says when that is what the person wants.

    None asks what a decision of this turn came to, in an earlier run. Deciding again does nothing again and answers the
    same. Raises the database's errors.
    """
    wish: dict[str, Any] = {
        "proposal_id": str(proposal.id),
        "choice": "recall" if decision is None else decision.choice,
        "code": None if decision is None else decision.code,
        "seq": desk.turn.covers_seq,
    }
    row = await desk.database.call(
        "decide_proposal", organization_id=desk.organization_id, conversation_id=desk.conversation_id, decision=wish
    )
    return read_row(Decided, row, function="decide_proposal")


def outcome_in_words(decided: Decided, desk: Desk, *, code_given: bool = True) -> str:
    """Return what the person is told of a decision, without other times that may be free."""
    texts = desk.texts.proposals
    match decided.outcome:
        case "done" if decided.kind is ProposalKind.MESSAGE:
            return _sent(decided.facts, texts)
        case "done" if decided.kind is not None:
            return _done(decided.kind, decided.facts, desk)
        case "edit":
            return texts.edit
        case "dropped":
            return texts.dropped
        case "expired":
            return texts.expired
        case "wrong_code" if decided.left == 0:
            return texts.too_many_codes
        case "wrong_code":
            return texts.wrong_code.format(left=decided.left) if code_given else texts.missing_code
        case obstacle:
            return _with_left_out(texts.obstacles.get(obstacle, texts.obstacle), decided.facts, texts)


def _done(kind: ProposalKind, facts: Facts, desk: Desk) -> str:
    texts = desk.texts.proposals
    who, price = _who(facts, desk), price_of(desk, facts.price_cents)
    said = texts.done[kind].format(
        who=texts.for_whom.format(who=who) if who else "",
        service=clean_line(facts.service or "", limit=NAME_LIMIT),
        when=in_words(facts.starts_at, desk) if facts.starts_at else "",
        until=in_words(facts.ends_at, desk) if facts.ends_at else "",
        price=texts.price.format(price=price) if price else "",
        paid=price_of(desk, facts.paid_cents) or "",
    )
    return f"{said}\n{texts.overlapping.format(bookings=facts.bookings)}" if facts.bookings else said


def in_words(moment: datetime, desk: Desk) -> str:
    """Return a moment in the business's time zone and language."""
    return format_moment(desk.turn.local(moment), desk.texts, today=local_today(desk))


def _who(facts: Facts, desk: Desk) -> str:
    """Customers know who they are; owners are told."""
    dependent = clean_line(facts.dependent or "", limit=NAME_LIMIT)
    if desk.turn.audience is Audience.CLIENT:
        return dependent
    contact = clean_line(facts.contact or "", limit=NAME_LIMIT)
    return f"{contact} ({dependent})" if contact and dependent else contact or dependent


def _sent(facts: Facts, texts: ProposalTexts) -> str:
    many = texts.sent_to_many.format(recipients=facts.recipients)
    return _with_left_out(texts.sent_to_one if facts.recipients == 1 else many, facts, texts)


def _with_left_out(told: str, facts: Facts, texts: ProposalTexts) -> str:
    if not facts.skipped:
        return told
    return f"{told}\n{texts.left_out.format(reasons=reasons_in_words(facts.skipped, texts))}"


def reasons_in_words(skipped: Mapping[str, int], texts: ProposalTexts) -> str:
    """Return why people get no message and how many: "não querem receber mensagens (2), sem número (1)"."""
    return ", ".join(f"{texts.left_out_because[reason]} ({people})" for reason, people in sorted(skipped.items()))
