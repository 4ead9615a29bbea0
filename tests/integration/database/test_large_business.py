"""One business with many clients: routines ask of all of them at once, and whatever selects has its index."""

import psycopg
import pytest

from shared.routines.routine import ROUTINES
from tests.integration.conftest import CARLA, NOW, Business
from tests.integration.database.conftest import explaining, service_of

CLIENTS = 3000

#: Each client is something else: reachable or not, seen lately or long ago, expected, written to, silent for ever.
_CROWD = """
    insert into app.contacts (
        id, organization_id, name, birth_date, last_inbound_at, created_at, opted_out_at, erased_at,
        marketing_consent_at
    )
    select
        md5('contact' || n)::uuid, %(organization)s, 'Cliente ' || n, date '1970-01-01' + n,
        case when n %% 4 <> 0 then %(now)s - (n %% 97) * interval '1 day' end, %(now)s - interval '400 days',
        case when n %% 11 = 0 then %(now)s end, case when n %% 13 = 0 then %(now)s end,
        case when n %% 3 = 0 then %(now)s end
    from generate_series(1, %(clients)s) as n;

    insert into app.contact_identities (organization_id, kind, value, contact_id)
    select
        %(organization)s, case when n %% 17 = 0 then 'lid' else 'phone' end,
        case n when 1 then %(owner)s when 2 then %(own)s else '+5511' || 910000000 + n end, md5('contact' || n)::uuid
    from generate_series(1, %(clients)s) as n
    where n %% 19 <> 0;

    insert into app.conversations (
        id, organization_id, instance_id, contact_id, audience, address, last_seq, due_seq, covered_seq
    )
    select
        md5('conversation' || n)::uuid, %(organization)s, %(instance)s, md5('contact' || n)::uuid, 'client', n,
        1 + (n %% 10 = 1)::integer, 1, 1
    from generate_series(1, %(clients)s) as n
    where n %% 7 <> 0;

    insert into app.messages (
        organization_id, instance_id, conversation_id, seq, direction, author, kind, text, provider_message_id,
        written_at, created_at, decision
    )
    select
        conversation.organization_id, conversation.instance_id, conversation.id, 1, 'inbound', 'contact', 'text', 'Oi',
        'IN' || conversation.id, said.at, said.at,
        case when conversation.address::integer %% 5 = 0 then 'handed_over' else 'ignored' end
    from app.conversations as conversation
    inner join app.contacts as contact on contact.id = conversation.contact_id
    cross join lateral (select coalesce(contact.last_inbound_at, contact.created_at) as at) as said;

    insert into app.messages (
        organization_id, instance_id, conversation_id, seq, direction, author, kind, text, provider_message_id,
        written_at, created_at, state, purpose, accepted_at, not_before
    )
    select
        conversation.organization_id, conversation.instance_id, conversation.id, 2, 'outbound', 'assistant', 'text',
        'Oi', case when put.state = 'sent' then 'OUT' || conversation.id end, put.at, put.at, put.state, 'proactive',
        case when put.state = 'sent' then put.at end,
        case when put.state = 'pending' then %(now)s + interval '2 days' end
    from app.conversations as conversation
    cross join lateral (
        select
            %(now)s - (conversation.address::integer %% 50) * interval '1 day' as at,
            case when conversation.address::integer %% 20 = 1 then 'sent' else 'pending' end as state
    ) as put
    where conversation.last_seq = 2;

    insert into app.ai_interactions (
        organization_id, conversation_id, audience, model, prompt_tokens, completion_tokens, latency_ms, round, tools,
        created_at
    )
    select id, conversation_id, 'client', 'm', 1, 1, 1, 1, '{free_slots}', created_at
    from (select organization_id as id, conversation_id, created_at from app.messages where seq = 1) as message;

    insert into app.bookings (
        organization_id, contact_id, service_id, resource, period, status, price_cents, created_at
    )
    select
        %(organization)s, md5('contact' || n)::uuid, %(service)s, 'Sala ' || n,
        tstzrange(taken.at, taken.at + interval '1 hour'),
        case when taken.at > %(now)s then 'confirmed' when (n + k) %% 3 = 0 then 'no_show' else 'completed' end, 5000,
        taken.at - interval '2 days'
    from generate_series(1, %(clients)s) as n
    cross join generate_series(1, 4) as k
    cross join lateral (
        select %(now)s + interval '15 days' - (n %% 8 + k * (10 + n %% 23)) * interval '1 day' as at
    ) as taken
    where n %% 6 <> 0;

    insert into app.followups (organization_id, contact_id, kind, idempotency_key, due_at, expires_at)
    select
        %(organization)s, md5('contact' || n)::uuid, 'custom', n, %(now)s + (n - 20) * interval '1 hour',
        %(now)s + interval '300 days'
    from generate_series(1, %(clients)s) as n
"""


@pytest.fixture
def crowded(business: Business) -> Business:
    """A business with 3,000 clients and their history."""
    with psycopg.connect(business.api.dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        service = service_of(business)
        connection.execute("set session_replication_role = replica")  # what triggers add is of no interest here
        connection.execute(
            _CROWD.encode(),
            {
                "organization": business.organization_id,
                "instance": business.instance_id,
                "service": service,
                "clients": CLIENTS,
                "now": NOW,
                "owner": CARLA,
                "own": "+5511900000000",
            },
        )
        connection.execute("update app.instances set phone = '+5511900000000'")
        connection.execute("vacuum analyze")
    return business


def test_asking_of_all_clients_is_asking_of_each(crowded: Business) -> None:
    """Who stays away, is expected or owns the business is the same, whether all are looked at or one by one."""
    found = crowded.api.rows("""
        select
            contact.id, sleeping.contact_id is not null, expected.contact_id is not null, owner.contact_id is not null
        from app.organizations as organization
        inner join app.contacts as contact on contact.organization_id = organization.id
        left join app.sleeping_clients(organization, 30) as sleeping on sleeping.contact_id = contact.id
        left join app.expected_contacts(organization.id) as expected on expected.contact_id = contact.id
        left join app.owner_contacts(organization.id) as owner on owner.contact_id = contact.id
    """)
    wanted = crowded.api.rows("""
        select
            contact.id,
            coalesce(
                greatest(contact.last_inbound_at, visit.last_visit_at) < app.now() - interval '30 days'
                and app.unreachable(contact, null, false) is null
                and not app.is_expected(contact) and not app.is_owner(contact)
                and not exists (
                    select 1 from app.nudged_since(contact.organization_id, 30) as nudged
                    where nudged.contact_id = contact.id
                ),
                false
            ),
            app.is_expected(contact),
            app.is_owner(contact)
        from app.contacts as contact
        left join lateral (
            select max(lower(period)) as last_visit_at from app.bookings
            where contact_id = contact.id and status not in ('cancelled', 'no_show') and lower(period) <= app.now()
        ) as visit on true
    """)
    assert sorted(found) == sorted(wanted)
    for column in (1, 2, 3):
        assert {row[column] for row in wanted} == {True, False}  # or it would compare nothing


def test_the_rhythm_of_a_few_is_what_it_is_among_all(crowded: Business) -> None:
    """Whoever is listed has the usual service that a look at everybody's visits finds."""
    query = (
        "select rhythm.* from app.organizations as organization, app.rhythms_of(organization{}) as rhythm"
        " where rhythm.contact_id = any(%s) order by 1"
    )
    some = [contact_id for (contact_id,) in crowded.api.rows("select id from app.contacts order by id limit 40")]
    few = crowded.api.rows(query.format(", %s"), some, some)
    assert few == crowded.api.rows(query.format(""), some)
    assert len(few) > 20


@pytest.mark.parametrize("kind", ROUTINES)
def test_no_question_is_asked_of_each_client(crowded: Business, kind: str) -> None:
    """The functions that a routine's facts call are called for what it lists, not for whom the business knows."""
    with psycopg.connect(crowded.api.dsn) as connection:
        connection.execute("set track_functions = 'all'")
        connection.execute(
            f"select api.routine_facts_{kind}(%s, %s)",
            [crowded.organization_id, NOW.date()],
        )
        calls = connection.execute(
            "select proname, pg_stat_get_xact_function_calls(oid) from pg_proc"
            " where pronamespace in ('app'::regnamespace, 'api'::regnamespace)"
            " and pg_stat_get_xact_function_calls(oid) > 0 order by 2 desc"
        ).fetchall()
    assert calls
    assert {name: count for name, count in calls if count > CLIENTS / 10} == {}


#: By index: what selects by it, and the table of which nothing else may be read.
_SELECTIONS = {
    "followups_due": ("select api.claim_followups(10), app.due_followups()", "followups"),
    "messages_of_own_accord": ("select app.nudged_since(id, 7) from app.organizations", "messages"),
    "messages_proactive_of_instance": (
        "select app.paced_at(message, false, app.now()), app.warmed_up_at(message, 'America/Sao_Paulo', app.now())"
        " from app.messages as message where id = (select id from app.messages where purpose = 'proactive' limit 1)",
        "",
    ),
    "messages_proactive_waiting": (
        "select app.taken_moments(message, false, app.now(), app.now() + interval '12 hours')"
        " from app.messages as message where id = (select id from app.messages where purpose = 'proactive' limit 1)",
        "",
    ),
    "bookings_done": (
        "select app.rhythms_of(organization, listed.ids) from app.organizations as organization,"
        " (values (null::uuid[]), (array(select id from app.contacts limit 10))) as listed (ids)",
        "bookings",
    ),
    "bookings_ending_of": ("select app.expected_contacts(id) from app.organizations", "bookings"),
    "bookings_of_day": ("select app.no_show_patterns(organization) from app.organizations as organization", ""),
    "ai_interactions_of_organization": (
        "select app.open_requests(id, app.now() - interval '2 days') from app.organizations",
        "ai_interactions",
    ),
    "messages_received": (
        "select app.open_requests(id, app.now() - interval '2 days') from app.organizations",
        "messages",
    ),
    "contact_identities_pkey": ("select app.owner_contacts(id) from app.organizations", "contact_identities"),
}


def test_each_selection_reads_its_index(crowded: Business) -> None:
    """What is due, waits, left lately, was visited or asked for is found without reading all that there is."""
    for index, (statement, table) in _SELECTIONS.items():
        with explaining(crowded.api.dsn) as (connection, plans):
            connection.execute(statement.encode())
        nested = "\n".join(plan for plan in plans if statement not in plan)
        assert index in nested
        assert not table or f"Seq Scan on {table}" not in nested, index
