"""Inactive clients: who stays away, a message to them for the owner to agree to, and what the last one brought."""

import datetime
from uuid import UUID

from shared.assistants.tools import Row, read_row
from shared.routines.run import Composed, OwnerMessage, RoutineProposal, RoutineRun
from shared.routines.templates import FollowupKind, first_name, render
from shared.routines.wording import DRAFT_VALIDITY, Draft, Wording, fitting, once_key
from shared.services import Services


class SleepingClient(Row):
    """Somebody who neither wrote nor came for long, and may be written to."""

    contact_id: UUID
    name: str | None
    phone: str | None
    last_seen: datetime.date
    service: str | None  #: the usual one
    spent_cents: int | None  #: None: no amount is known
    allows_marketing: bool


class OutreachResult(Row):
    """What the newest message of the routine brought in its 14 days so far."""

    sent_on: datetime.date
    recipients: int
    returned: int
    revenue_cents: int | None  #: None: no price is known of what those who came back booked


class InactiveFacts(Row):
    """What `api.routine_facts_inactive_clients` answers."""

    currency: str
    total: int
    clients: tuple[SleepingClient, ...]
    template: str | None
    last: OutreachResult | None


async def compose(run: RoutineRun, services: Services) -> Composed:
    """Return the clients with a message drafted for them, and the last result; nothing when there is neither.

    Raises the database's errors.
    """
    row = await services.database.call(
        "routine_facts_inactive_clients",
        organization_id=run.organization.id,
        local_date=run.local_date.isoformat(),
        days=int(run.option("days")),
    )
    return composed(read_row(InactiveFacts, row, function="routine_facts_inactive_clients"), run)


def composed(facts: InactiveFacts, run: RoutineRun) -> Composed:
    """Return what the facts come to. Only clients who allowed advertising are in what is asked."""
    wording = Wording.of(run)
    parts = [result_text(facts.last, wording)] if facts.last else []
    if facts.clients:
        lines = fitting([_line(client, wording) for client in facts.clients])
        facts = facts.model_copy(update={"clients": facts.clients[: len(lines)]})
        parts.insert(0, _list(lines, facts, wording, days=int(run.option("days"))))
    asked = [client for client in facts.clients if client.allows_marketing]
    detail = {
        "clients": facts.total,
        "proposed": len(asked),
        "returned": facts.last.returned if facts.last else None,
    }
    if not parts:
        return Composed(detail=detail)
    proposal = _proposal(asked, facts.template, run) if asked else None
    return Composed(messages=(OwnerMessage(text="\n\n".join(parts), proposal=proposal),), detail=detail)


def _list(lines: tuple[str, ...], facts: InactiveFacts, wording: Wording, *, days: int) -> str:
    words = wording.texts.routines
    shown = words.shown_of.format(shown=len(lines), total=facts.total)
    return "\n".join((words.inactive_title.format(days=days), *lines, *([shown] if facts.total > len(lines) else [])))


def result_text(last: OutreachResult, wording: Wording) -> str:
    """Return how many came back after the last message and what they booked."""
    words = wording.texts.routines
    facts = {"day": wording.day(last.sent_on), "returned": last.returned, "recipients": last.recipients}
    if last.revenue_cents is None:
        return words.returned.format(**facts)
    return words.returned_with.format(**facts, amount=wording.money(last.revenue_cents))


def _line(client: SleepingClient, wording: Wording) -> str:
    words = wording.texts.routines
    line = words.inactive_line.format(
        person=wording.person(client.name, client.phone),
        last_seen=wording.day(client.last_seen),
        service=words.usual_service.format(service=wording.name(client.service)) if client.service else "",
        spent=words.spent.format(amount=wording.money(client.spent_cents)) if client.spent_cents else "",
    )
    return line if client.allows_marketing else f"{line}\n{words.unreachable['no_consent']}"


def _proposal(asked: list[SleepingClient], own_template: str | None, run: RoutineRun) -> RoutineProposal:
    wording = Wording.of(run)
    words = wording.texts.routines
    template = wording.template(FollowupKind.REACTIVATION, own_template)
    drafts = [
        Draft(
            contact_id=client.contact_id,
            text=_message(template, client, wording),
            expires_at=run.now + DRAFT_VALIDITY,
            is_marketing=True,
        )
        for client in asked
    ]
    # Who has a name shows best how it arrives.
    shown, example = next(
        ((client, draft) for client, draft in zip(asked, drafts, strict=True) if client.name), (asked[0], drafts[0])
    )
    if len(drafts) == 1:
        preview = words.inactive_preview_one.format(name=wording.name(shown.name), text=example.text)
    else:
        arriving = wording.texts.outreach.example.format(name=wording.name(shown.name)) if shown.name else ""
        preview = words.inactive_preview.format(count=len(drafts), text=example.text, example=arriving)
    return wording.message(
        preview,
        drafts,
        kind=FollowupKind.REACTIVATION,
        key=once_key(run),
    )


def _message(template: str, client: SleepingClient, wording: Wording) -> str:
    values = {"name": first_name(client.name), "business": wording.organization.name}
    return render(FollowupKind.REACTIVATION, template, values)
