"""What a scenario may say of the database in the end: each view as rows of texts, local times, in a stable order."""

from collections.abc import Mapping
from typing import Any

VIEWS: Mapping[str, str] = {
    "bookings": """
        select evaluation.name_of(booking.contact_id) as contact, service.name as service,
            evaluation.local(lower(booking.period)) as at, booking.status,
            booking.paid_cents as paid, booking.rating, booking.confirmed_at is not null as confirmed,
            (select name from app.dependents where id = booking.dependent_id) as for_whom
        from app.bookings as booking inner join app.services as service on service.id = booking.service_id
        order by booking.period, contact
    """,
    "contacts": """
        select contact.name, identity.value as phone, to_char(contact.birth_date, 'YYYY-MM-DD') as birthday,
            contact.opted_out_at is not null as opted_out,
            contact.marketing_consent_at is not null as marketing_consent
        from app.contacts as contact
        left join app.contact_identities as identity on identity.contact_id = contact.id and identity.kind = 'phone'
        where not exists (select 1 from app.owner_numbers where phone = identity.value)
        order by phone
    """,
    "dependents": """
        select evaluation.name_of(contact_id) as contact, name, kind,
            to_char(birth_date, 'YYYY-MM-DD') as birthday, details
        from app.dependents order by contact, name
    """,
    "conversations": """
        select evaluation.name_of(contact_id) as contact, handed_over_at is not null as handed_over,
            coalesce(paused_until > app.now(), false) as paused
        from app.conversations where audience = 'client' order by contact
    """,
    "questions": "select number, question, state, answer from app.questions order by number",
    "knowledge": "select question, answer from app.knowledge where source = 'owner' order by question",
    "waiting_list": """
        select evaluation.name_of(entry.contact_id) as contact, service.name as service, entry.state
        from app.waiting_list as entry inner join app.services as service on service.id = entry.service_id
        order by contact, service
    """,
    "proposals": "select kind, state, code is not null as code from app.proposals order by created_at, id",
    "outreach": """
        select evaluation.name_of(recipient.contact_id) as contact, coalesce(message.state, 'skipped') as state,
            recipient.skipped, message.text
        from app.outreach_recipients as recipient left join app.messages as message on message.id = recipient.message_id
        order by contact
    """,
    "blocks": """
        select evaluation.local(lower(period)) as start,
            evaluation.local(upper(period)) as end, reason
        from app.blocks order by period
    """,
    "consent": """
        select evaluation.name_of(contact_id) as contact, event, source from app.consent_log order by id
    """,
    "followups": """
        select evaluation.name_of(contact_id) as contact, kind, variant, state, reason, evaluation.local(due_at) as due
        from app.followups order by due_at, kind
    """,
    "organization": "select paused_at is not null as paused from app.organizations",
    "decisions": """
        select decision, count(*)::integer as messages from app.messages
        where decision is not null group by decision order by decision
    """,
}


def differences(view: str, found: list[dict[str, Any]], expected: tuple[Mapping[str, Any], ...]) -> list[str]:
    """Say how the rows of a view differ from those that were expected; only the named columns count."""
    if len(found) != len(expected):
        return [f"{view}: {len(found)} rows instead of {len(expected)}: {found}"]
    left = list(found)
    problems: list[str] = []
    for wanted in expected:
        match = next((row for row in left if all(row.get(key) == value for key, value in wanted.items())), None)
        if match is None:
            problems.append(f"{view}: no row {dict(wanted)} among {left}")
        else:
            left.remove(match)
    return problems
