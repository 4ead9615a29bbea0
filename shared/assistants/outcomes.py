"""What came of a proposal that was decided, in words."""

from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.assistants.decisions import Decision
from shared.assistants.moments import moment_in_words
from shared.assistants.money import format_money
from shared.assistants.prompts import NAME_LIMIT
from shared.assistants.proposals import ProposalKind
from shared.assistants.texts import texts_for
from shared.assistants.texts.catalog.proposals import ProposalTexts
from shared.assistants.tools import Deed, read_row
from shared.assistants.untrusted import clean_line
from shared.models import Audience, Turn, Unsent
from shared.ports import Database

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


async def decide(database: Database, turn: Turn, decision: Decision | None) -> Decided:
    """Decide the proposal of `turn`, and do what it says when that is what the person wants.

    None asks what a decision of this turn came to, in an earlier run. Deciding again does nothing again and answers the
    same. Raises `ValueError` for a turn without a proposal, and the database's errors.
    """
    if turn.proposal is None:
        raise ValueError("the turn brings no proposal to decide")
    wish: dict[str, Any] = {
        "proposal_id": str(turn.proposal.id),
        "choice": "recall" if decision is None else decision.choice,
        "code": None if decision is None else decision.code,
        "seq": turn.covers_seq,
    }
    row = await database.call(
        "decide_proposal", organization_id=turn.organization.id, conversation_id=turn.conversation_id, decision=wish
    )
    return read_row(Decided, row, function="decide_proposal")


def outcome_in_words(decided: Decided, turn: Turn, *, code_given: bool = True) -> str:
    """Return what the person is told of a decision, without other times that may be free."""
    texts = texts_for(turn.organization.locale).proposals
    match decided.outcome:
        case "done" if decided.kind is ProposalKind.MESSAGE:
            return _sent(decided.facts, texts)
        case "done" if decided.kind is not None:
            return _done(decided.kind, decided.facts, turn)
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
            told = texts.obstacles.get(obstacle, texts.obstacle)
            left_out = _left_out(decided.facts, texts)
            return f"{told}\n{left_out}" if left_out else told


def _done(kind: ProposalKind, facts: Facts, turn: Turn) -> str:
    texts = texts_for(turn.organization.locale).proposals
    who, amount = _who(facts, turn), _money(facts.price_cents, turn)
    said = texts.done[kind].format(
        who=texts.for_whom.format(who=who) if who else "",
        service=clean_line(facts.service or "", limit=NAME_LIMIT),
        when=moment_in_words(facts.starts_at, turn) if facts.starts_at else "",
        until=moment_in_words(facts.ends_at, turn) if facts.ends_at else "",
        price=texts.price.format(amount=amount) if amount else "",
        paid=_money(facts.paid_cents, turn) or "",
    )
    return f"{said}\n{texts.overlapping.format(bookings=facts.bookings)}" if facts.bookings else said


def _money(cents: int | None, turn: Turn) -> str | None:
    organization = turn.organization
    return None if cents is None else format_money(cents, currency=organization.currency, locale=organization.locale)


def _who(facts: Facts, turn: Turn) -> str:
    """Customers know who they are; owners are told."""
    dependent = clean_line(facts.dependent or "", limit=NAME_LIMIT)
    if turn.audience is Audience.CLIENT:
        return dependent
    contact = clean_line(facts.contact or "", limit=NAME_LIMIT)
    return f"{contact} ({dependent})" if contact and dependent else contact or dependent


def _sent(facts: Facts, texts: ProposalTexts) -> str:
    many = texts.sent_to_many.format(recipients=facts.recipients)
    told = texts.sent_to_one if facts.recipients == 1 else many
    left_out = _left_out(facts, texts)
    return f"{told}\n{left_out}" if left_out else told


def _left_out(facts: Facts, texts: ProposalTexts) -> str | None:
    return texts.left_out.format(reasons=reasons_in_words(facts.skipped, texts)) if facts.skipped else None


def reasons_in_words(skipped: Mapping[str, int], texts: ProposalTexts) -> str:
    """Return why people get no message and how many: "não querem receber mensagens (2), sem número (1)"."""
    return ", ".join(f"{texts.left_out_because[reason]} ({people})" for reason, people in sorted(skipped.items()))
