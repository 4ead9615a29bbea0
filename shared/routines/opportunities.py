"""Opportunities: free slots that somebody wants, people who did not book, appointments at risk; what each is worth."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.assistants.desks.agenda import DueClient
from shared.assistants.desks.clients import Waiting
from shared.assistants.moments import format_minutes
from shared.assistants.tools import Row, read_row
from shared.calendar import Calendar, Usage, usage_between
from shared.routines.matching import (
    DUE_PERCENT,
    NO_SHOW_PERCENT,
    REQUEST_PERCENT,
    WAITING_PERCENT,
    Match,
    expected_cents,
    matches,
)
from shared.routines.run import Composed, OwnerMessage, RoutineProposal, RoutineRun
from shared.routines.wording import DRAFT_VALIDITY, Draft, Wording, addressed, fitting, once_key
from shared.services import Services

_AHEAD = timedelta(hours=72)
_MATCHES_SHOWN = 6
_REQUESTS_SHOWN = 5
_DRAFTS_ROOM = 1400  # characters, of the preview's
#: Percent of the bookable time; below it the owners are told.
LOW_OCCUPANCY = 50


class NextAppointment(Row):
    """The next one of somebody who often does not come."""

    starts_at: AwareDatetime
    service: str
    price_cents: int | None


class NoShowPattern(Row):
    """Somebody who missed two or more of the last five appointments."""

    contact_id: UUID
    name: str | None
    phone: str | None
    missed: int
    of: int
    next: NextAppointment | None


class ForgottenRequest(Row):
    """Somebody who asked for a price or a slot, or was not answered, and has not booked."""

    contact_id: UUID
    name: str | None
    phone: str | None
    why: Literal["quote", "question"]
    asked_on: datetime.date
    service: str | None  #: the client's usual one
    price_cents: int | None  #: of that service


class OpportunityFacts(Row):
    """What `api.routine_facts_opportunities` answers."""

    currency: str
    calendar: Calendar
    waiting: tuple[Waiting, ...]
    due: tuple[DueClient, ...]
    nudged: tuple[UUID, ...]
    no_shows: tuple[NoShowPattern, ...]
    requests: tuple[ForgottenRequest, ...]
    typical_price_cents: int | None


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """Something to write to one client."""

    contact_id: UUID
    name: str | None
    line: str  #: for the owners
    draft: str  #: for the client
    expected_cents: int | None  #: None: there is no price to reckon with
    expires_at: datetime.datetime  #: later the draft is pointless
    is_marketing: bool = False  #: the client did not ask for it
    allows_marketing: bool = True  #: of no meaning unless it is marketing


async def compose(run: RoutineRun, services: Services) -> Composed:
    """Return what there is to win, and what to write to those people as one proposal; no message when there is nothing.

    Raises the database's errors.
    """
    row = await services.database.call(
        "routine_facts_opportunities", organization_id=run.organization.id, local_date=run.local_date.isoformat()
    )
    return composed(read_row(OpportunityFacts, row, function="routine_facts_opportunities"), run)


def composed(facts: OpportunityFacts, run: RoutineRun) -> Composed:
    """Return what the facts come to."""
    wording = Wording.of(run)
    usage = usage_between(facts.calendar, run.now, run.now + _AHEAD)
    slots = _slots(facts, run, wording)
    # Whoever is offered a slot is not asked a second time whether there is still interest.
    found = (*slots, *_requests(facts, run, offered={each.contact_id for each in slots}))
    is_low = usage.percent is not None and usage.percent < LOW_OCCUPANCY
    detail = {
        "opportunities": len(found),
        "no_shows": len(facts.no_shows),
        "occupancy_percent": usage.percent,
        "expected_cents": sum(each.expected_cents or 0 for each in found),
    }
    if not (found or facts.no_shows or is_low):
        return Composed(detail={**detail, "reason": "nothing_found"})
    asked = _asked(found, wording)
    lines = [_told(each, wording, is_asked=each in asked, is_alone=len(found) == 1) for each in found]
    told = [
        *([_occupancy(usage, wording)] if is_low or usage.percent is None else []),
        *lines,
        *(_no_show(each, wording) for each in facts.no_shows),
    ]
    shown = fitting(told)
    left = [wording.texts.routines.more.format(count=len(told) - len(shown))] if len(shown) < len(told) else []
    text = "\n".join((wording.texts.routines.opportunities_title, *shown, *left))
    # Nobody is written to of whom the list does not tell.
    named = [each for each, line in zip(found, lines, strict=True) if line in shown and each in asked]
    proposal = _proposal(named, run, wording) if named else None
    return Composed(messages=(OwnerMessage(text=text, proposal=proposal),), detail=detail)


def _slots(facts: OpportunityFacts, run: RoutineRun, wording: Wording) -> tuple[Opportunity, ...]:
    # Whoever cannot be written to must not take the slots of those who can.
    due = sorted(facts.due, key=lambda client: not client.allows_marketing)
    candidates: tuple[Waiting | DueClient, ...] = (*facts.waiting, *due)
    clients = [each for each in candidates if each.contact_id not in facts.nudged]
    found = matches(facts.calendar, clients, starts_at=run.now, ends_at=run.now + _AHEAD, most=_MATCHES_SHOWN)
    return tuple(_slot(match, wording, typical_price_cents=facts.typical_price_cents) for match in found)


def _slot(match: Match, wording: Wording, *, typical_price_cents: int | None) -> Opportunity:
    words, client = wording.texts.routines, match.client
    percent = WAITING_PERCENT if isinstance(client, Waiting) else DUE_PERCENT
    own_price = match.service.price_cents
    price = typical_price_cents if own_price is None else own_price
    told = {"service": wording.name(match.service.name), "moment": wording.moment(match.slot.starts_at)}
    shown = {
        **told,
        "person": wording.person(client.name, client.phone),
        "value": _value(price, percent, wording, typical=own_price is None),
    }
    if isinstance(client, Waiting):
        line, draft = words.waiting_line.format(**shown), words.waiting_draft
    else:
        line = words.due_line.format(**shown, days=client.every_days, last_visit=wording.day(client.last_visit))
        draft = words.due_draft
    return Opportunity(
        contact_id=client.contact_id,
        name=client.name,
        line=line,
        draft=addressed(draft, client.name).format(**told),
        expected_cents=expected_cents(price, percent),
        expires_at=match.slot.starts_at,
        is_marketing=isinstance(client, DueClient),
        allows_marketing=isinstance(client, DueClient) and client.allows_marketing,
    )


def _requests(facts: OpportunityFacts, run: RoutineRun, *, offered: set[UUID]) -> Iterator[Opportunity]:
    wording = Wording.of(run)
    words = wording.texts.routines
    open_requests = [request for request in facts.requests if request.contact_id not in offered]
    for request in open_requests[:_REQUESTS_SHOWN]:
        price = facts.typical_price_cents if request.price_cents is None else request.price_cents
        value = _value(price, REQUEST_PERCENT, wording, typical=request.price_cents is None)
        line, draft = {
            "quote": (words.quote_line, words.quote_draft),
            "question": (words.question_line, words.question_draft),
        }[request.why]
        yield Opportunity(
            contact_id=request.contact_id,
            name=request.name,
            line=line.format(
                person=wording.person(request.name, request.phone), day=wording.day(request.asked_on), value=value
            ),
            draft=addressed(draft, request.name),
            expected_cents=expected_cents(price, REQUEST_PERCENT),
            expires_at=run.now + DRAFT_VALIDITY,
        )


def _value(price_cents: int | None, percent: int, wording: Wording, *, typical: bool = False) -> str:
    words = wording.texts.routines
    expected = expected_cents(price_cents, percent)
    if price_cents is None or expected is None:
        return words.no_value.format(percent=percent)
    pattern = words.typical_value if typical else words.value
    return pattern.format(price=wording.money(price_cents), percent=percent, expected=wording.money(expected))


def _occupancy(usage: Usage, wording: Wording) -> str:
    words = wording.texts.routines
    if usage.percent is None:
        return words.occupancy_unknown

    def span(duration: timedelta) -> str:
        return format_minutes(round(duration / timedelta(minutes=1)), wording.texts)

    return words.low_occupancy.format(percent=usage.percent, taken=span(usage.taken), bookable=span(usage.bookable))


def _asked(found: Sequence[Opportunity], wording: Wording) -> tuple[Opportunity, ...]:
    """Return those whose drafts the owners can agree to at once: all that have room, people who wait for a slot first.

    An unasked-for word to several people is advertising, and only for those who allow it; a single person may get one.
    """
    allowed = [each for each in found if _may_be_written_to(each, is_alone=len(found) == 1)]
    drafts = fitting([_message(each, wording) for each in allowed], room=_DRAFTS_ROOM)
    return tuple(allowed[: len(drafts)])


def _may_be_written_to(opportunity: Opportunity, *, is_alone: bool) -> bool:
    return is_alone or opportunity.allows_marketing or not opportunity.is_marketing


def _told(opportunity: Opportunity, wording: Wording, *, is_asked: bool, is_alone: bool) -> str:
    words = wording.texts.routines
    if is_asked:  # the draft is shown below, to be agreed to
        return opportunity.line
    lines = [opportunity.line, words.draft_line.format(text=opportunity.draft)]
    if not _may_be_written_to(opportunity, is_alone=is_alone):
        lines.append(words.unreachable["no_consent"])
    return "\n".join(lines)


def _message(opportunity: Opportunity, wording: Wording) -> str:
    return wording.texts.routines.opportunity_message.format(
        name=wording.name(opportunity.name), text=opportunity.draft
    )


def _no_show(pattern: NoShowPattern, wording: Wording) -> str:
    words = wording.texts.routines
    person = wording.person(pattern.name, pattern.phone)
    line = words.no_show_line.format(person=person, missed=pattern.missed, of=pattern.of)
    if pattern.next is None:
        return line
    following = words.no_show_next.format(
        service=wording.name(pattern.next.service), moment=wording.moment(pattern.next.starts_at)
    )
    value = _value(pattern.next.price_cents, NO_SHOW_PERCENT, wording)
    return line + following + words.no_show_at_risk.format(value=value)


def _proposal(asked: Sequence[Opportunity], run: RoutineRun, wording: Wording) -> RoutineProposal:
    words = wording.texts.routines
    if len(asked) == 1:
        (only,) = asked
        preview = words.inactive_preview_one.format(name=wording.name(only.name), text=only.draft)
    else:
        messages = "\n".join(_message(each, wording) for each in asked)
        preview = words.opportunities_preview.format(count=len(asked), messages=messages)
    drafts = [
        Draft(
            contact_id=each.contact_id,
            text=each.draft,
            expires_at=each.expires_at,
            is_marketing=each.is_marketing and len(asked) > 1,
        )
        for each in asked
    ]
    return wording.message(preview, drafts, kind="opportunity", key=once_key(run))
