-- The facts of the routine of opportunities.

-- Returns the clients who missed two or more of their last five appointments and have one to come, or missed one in the
-- last 30 days: [{"contact_id", "name", "phone", "missed", "of", "next": {"starts_at", "service", "price_cents"} or
-- null}], at most 5, those expected soonest first.
create function app.no_show_patterns(p_organization app.organizations) returns jsonb
language sql
stable
set search_path = ''
as $$
    with candidate as (
        select expected.contact_id from app.expected_contacts((p_organization).id) as expected
        union
        select booking.contact_id from app.bookings as booking
        where booking.organization_id = (p_organization).id and booking.status = 'no_show'
            and lower(booking.period) > app.now() - interval '30 days'
    ),
    past as (
        select
            booking.contact_id,
            booking.status = 'no_show' as missed,
            lower(booking.period) as starts_at,
            row_number() over (partition by booking.contact_id order by lower(booking.period) desc) as place
        from candidate
        inner join app.bookings as booking
            on booking.contact_id = candidate.contact_id and booking.organization_id = (p_organization).id
        where booking.status in ('completed', 'no_show')
    ),
    pattern as (
        select
            past.contact_id,
            count(*) filter (where past.missed) as missed,
            count(*) as appointments,
            max(past.starts_at) filter (where past.missed) as last_missed_at
        from past where past.place <= 5
        group by past.contact_id
        having count(*) filter (where past.missed) >= 2
    ),
    told as (
        select contact.id as contact_id, contact.name, pattern.missed, pattern.appointments, upcoming.*
        from pattern
        inner join app.contacts as contact on contact.id = pattern.contact_id
        left join lateral (
            select lower(booking.period) as starts_at, service.name as service, booking.price_cents
            from app.bookings as booking
            inner join app.services as service on service.id = booking.service_id
            where booking.contact_id = contact.id and booking.organization_id = (p_organization).id
                and booking.status in ('pending', 'confirmed') and lower(booking.period) > app.now()
            order by lower(booking.period) limit 1
        ) as upcoming on true
        where contact.erased_at is null
            and (upcoming.starts_at is not null or pattern.last_missed_at > app.now() - interval '30 days')
        order by upcoming.starts_at nulls last, pattern.last_missed_at desc, contact.id
        limit 5
    )
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'contact_id', told.contact_id,
                'name', told.name,
                'phone', app.phone_of(told.contact_id),
                'missed', told.missed,
                'of', told.appointments,
                'next', case when told.starts_at is not null then jsonb_build_object(
                    'starts_at', told.starts_at, 'service', told.service, 'price_cents', told.price_cents
                ) end
            )
            order by told.starts_at nulls last, told.name
        ),
        '[]'
    )
    from told
$$;

-- Returns the conversations that asked what something costs or when there is time, and why that is known: `quote` (the
-- assistant looked it up in the last day before the client fell silent), `question` (nobody answered: the newest message
-- is the client's and was left to a person, or the owners were asked and have not said).
create function app.open_requests(p_organization_id uuid, p_since timestamptz)
returns table (conversation_id uuid, why text, asked_at timestamptz)
language sql
stable
set search_path = ''
as $$
    select distinct on (request.conversation_id) request.conversation_id, request.why, request.asked_at
    from (
        select interaction.conversation_id, 'quote' as why, max(interaction.created_at) as asked_at
        from app.ai_interactions as interaction
        where interaction.organization_id = p_organization_id and interaction.created_at > p_since
            and interaction.audience = 'client' and interaction.tools && array['list_services', 'free_slots']
        group by interaction.conversation_id
        union all
        select question.conversation_id, 'question', max(question.created_at)
        from app.questions as question
        where question.organization_id = p_organization_id and question.state = 'open'
            and question.created_at > p_since
        group by question.conversation_id
        union all
        select message.conversation_id, 'question', message.created_at
        from app.messages as message
        inner join app.conversations as conversation
            on conversation.id = message.conversation_id and conversation.last_seq = message.seq
        where message.organization_id = p_organization_id and message.direction = 'inbound'
            and message.created_at > p_since
            and message.decision in ('handed_over', 'stale', 'assistant_off', 'rate_limited')
    ) as request
    order by request.conversation_id, request.why = 'question' desc
$$;

-- Returns the forgotten money: clients who asked in the last 14 days, are silent for a day or more, booked nothing since
-- and were not written to since: [{"contact_id", "name", "phone", "why": see app.open_requests, "asked_on": local date,
-- "service", "price_cents": of the usual service, null without one}], the newest first, at most 10.
create function app.forgotten_requests(p_organization app.organizations) returns jsonb
language sql
stable
set search_path = ''
as $$
    with forgotten as materialized (
        select contact.id as contact_id, contact.name, request.why, request.asked_at
        from app.open_requests((p_organization).id, app.now() - interval '14 days') as request
        inner join app.conversations as conversation on conversation.id = request.conversation_id
        inner join app.contacts as contact on contact.id = conversation.contact_id
        where conversation.organization_id = (p_organization).id and conversation.audience = 'client'
            and contact.last_inbound_at < (select app.now() - interval '1 day')
            and request.asked_at > contact.last_inbound_at - interval '1 day'
            -- Whoever has a conversation can be reached, as app.unreachable has it.
            and contact.erased_at is null and contact.opted_out_at is null
            and not exists (
                select 1 from app.owner_contacts((p_organization).id) as owner where owner.contact_id = contact.id
            )
            and not exists (
                select 1 from app.bookings as booking
                where booking.contact_id = contact.id and booking.organization_id = (p_organization).id
                    and (
                        booking.created_at > request.asked_at - interval '1 day'
                        or (booking.status in ('pending', 'confirmed') and upper(booking.period) > (select app.now()))
                    )
            )
            and not exists (
                select 1 from app.messages as message
                where message.conversation_id = conversation.id and message.purpose = 'proactive'
                    and message.organization_id = (p_organization).id
                    and message.created_at > contact.last_inbound_at and message.state not in ('failed', 'withdrawn')
            )
        order by request.asked_at desc, contact.id
        limit 10
    )
    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'contact_id', forgotten.contact_id,
                'name', forgotten.name,
                'phone', app.phone_of(forgotten.contact_id),
                'why', forgotten.why,
                'asked_on', (forgotten.asked_at at time zone (p_organization).timezone)::date,
                'service', service.name,
                'price_cents', service.price_cents
            )
            order by forgotten.asked_at desc, forgotten.contact_id
        ),
        '[]'
    )
    from forgotten
    left join app.rhythms_of(p_organization, array(select contact_id from forgotten)) as rhythm
        on rhythm.contact_id = forgotten.contact_id
    left join app.services as service on service.id = rhythm.service_id and service.is_active
$$;

-- Returns the clients who are due for their usual service on a local date, by their own rhythm: two visits or more, and
-- the median of the days between them has passed since the last one, but not three times. Those due longest come first:
-- [{"contact_id", "name", "phone", "service_id", "service", "visits", "every_days", "last_visit", "due_on",
-- "allows_marketing"}], at most 200. Nobody who opted out, who was erased or who has a booking to come. Raises PT404.
create or replace function api.due_clients(p_organization_id uuid, p_date date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        with due as materialized (
            select
                rhythm.contact_id,
                contact.name,
                rhythm.service_id,
                service.name as service,
                rhythm.visits,
                round(rhythm.median_days::numeric)::integer as every_days,
                rhythm.last_visit,
                rhythm.last_visit + ceil(rhythm.median_days)::integer as due_on,
                contact.marketing_consent_at is not null as allows_marketing
            from app.rhythms_of(v_organization) as rhythm
            inner join app.contacts as contact on contact.id = rhythm.contact_id
            inner join app.services as service on service.id = rhythm.service_id
            where rhythm.visits >= 2 and service.is_active
                and p_date >= rhythm.last_visit + ceil(rhythm.median_days)::integer
                and p_date < rhythm.last_visit + 3 * ceil(rhythm.median_days)::integer
                and contact.opted_out_at is null and contact.erased_at is null
                and not exists (
                    select 1 from app.expected_contacts(p_organization_id) as expected
                    where expected.contact_id = contact.id
                )
            order by due_on, contact.name
            limit 200
        )
        select coalesce(
            jsonb_agg(
                to_jsonb(due) || jsonb_build_object('phone', app.phone_of(due.contact_id))
                order by due.due_on, due.name
            ),
            '[]'
        )
        from due
    );
end
$$;

-- All that the routine of opportunities looks at: {"currency", "calendar": api.calendar from the local date through three
-- days later, "waiting": api.waiting_list, "due": api.due_clients by the last of these days, "nudged": [contact ids] who
-- were written to in the last 7 days, "no_shows": app.no_show_patterns, "requests": app.forgotten_requests,
-- "typical_price_cents": the median price of what is sold, null without one}. Raises PT404.
create function api.routine_facts_opportunities(p_organization_id uuid, p_local_date date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return jsonb_build_object(
        'currency', v_organization.currency,
        'calendar', api.calendar(p_organization_id, p_local_date, p_local_date + 3),
        'waiting', api.waiting_list(p_organization_id),
        'due', api.due_clients(p_organization_id, p_local_date + 3),
        'nudged', (
            select coalesce(jsonb_agg(contact_id), '[]') from app.nudged_since(p_organization_id, 7)
        ),
        'no_shows', app.no_show_patterns(v_organization),
        'requests', app.forgotten_requests(v_organization),
        'typical_price_cents', (
            select round((percentile_cont(0.5) within group (order by price_cents))::numeric)::integer
            from app.services
            where organization_id = p_organization_id and is_active and price_cents is not null
        )
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
