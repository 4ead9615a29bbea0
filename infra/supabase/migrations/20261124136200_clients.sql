-- What the owner may know of the agenda and of the people in it.

-- Returns the appointments that begin on p_days local dates from p_from on (null: today), cancelled ones left out, and what
-- is blocked on them: {"from": date, "appointments": [the facts of each booking and "phone"], "blocks": [{"resource",
-- "starts_at", "ends_at", "reason"}]}, by time. Raises PT404 and PT400 for more than 62 days.
create function api.agenda(p_organization_id uuid, p_from date default null, p_days integer default 1) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_from date := coalesce(p_from, (app.now() at time zone v_organization.timezone)::date);
    v_range tstzrange;
begin
    if p_days not between 1 and 62 then
        raise sqlstate 'PT400' using message = 'an agenda has 1 to 62 days', hint = 'invalid_range';
    end if;
    v_range := tstzrange(
        v_from::timestamp at time zone v_organization.timezone,
        (v_from + p_days)::timestamp at time zone v_organization.timezone
    );
    return jsonb_build_object(
        'from', v_from,
        'appointments', (
            select coalesce(
                jsonb_agg(
                    app.booking_facts(booking) || jsonb_build_object('phone', app.phone_of(booking.contact_id))
                    order by lower(booking.period), booking.resource
                ),
                '[]'
            )
            from app.bookings as booking
            where booking.organization_id = p_organization_id and booking.status <> 'cancelled'
                and lower(booking.period) >= lower(v_range) and lower(booking.period) < upper(v_range)
        ),
        'blocks', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'resource', resource, 'starts_at', lower(period), 'ends_at', upper(period), 'reason', reason
                    )
                    order by period
                ),
                '[]'
            )
            from app.blocks
            where organization_id = p_organization_id and period && v_range
        )
    );
end
$$;

-- Returns the bookings of a contact that are not cancelled and begin no more than 60 days ago, by time: the facts of each.
-- Raises PT404.
create function api.bookings_of_contact(p_organization_id uuid, p_contact_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_contact app.contacts := app.contact_in(p_organization_id, p_contact_id);
begin
    return (
        select coalesce(jsonb_agg(app.booking_facts(booking) order by lower(booking.period), booking.id), '[]')
        from app.bookings as booking
        where booking.organization_id = p_organization_id and booking.contact_id = v_contact.id
            and booking.status <> 'cancelled' and lower(booking.period) >= app.now() - interval '60 days'
    );
end
$$;

-- Returns a contact of the organization. Raises PT404.
create function app.contact_in(p_organization_id uuid, p_contact_id uuid) returns app.contacts
language plpgsql
stable
set search_path = ''
as $$
declare
    v_contact app.contacts;
begin
    select * into v_contact from app.contacts where id = p_contact_id and organization_id = p_organization_id;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no contact %s', p_organization_id, p_contact_id),
            hint = 'unknown_contact';
    end if;
    return v_contact;
end
$$;

-- Returns who waits for a slot that could still come, longest first: [{"contact_id", "name", "phone", "service_id",
-- "service", "earliest", "latest", "part_of_day", "since", "opted_out", "has_booking": of that service, to come}].
-- Raises PT404.
create function api.waiting_list(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'contact_id', contact.id,
                    'name', contact.name,
                    'phone', app.phone_of(contact.id),
                    'service_id', service.id,
                    'service', service.name,
                    'earliest', waiting.earliest,
                    'latest', waiting.latest,
                    'part_of_day', waiting.part_of_day,
                    'since', waiting.created_at,
                    'opted_out', contact.opted_out_at is not null,
                    'has_booking', app.is_expected(contact)
                )
                order by waiting.created_at, waiting.id
            ),
            '[]'
        )
        from app.waiting_list as waiting
        inner join app.contacts as contact on contact.id = waiting.contact_id
        inner join app.services as service on service.id = waiting.service_id
        where waiting.organization_id = v_organization.id and waiting.state = 'waiting'
            and contact.erased_at is null and service.is_active
            and coalesce(waiting.latest >= (app.now() at time zone v_organization.timezone)::date, true)
    );
end
$$;

-- Says whether a contact has a booking to come.
create function app.is_expected(p_contact app.contacts) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.bookings
        where contact_id = (p_contact).id and organization_id = (p_contact).organization_id
            and status in ('pending', 'confirmed') and upper(period) > app.now()
    )
$$;

-- The visits that were completed, each contact's usual service (most visits, the newest of equals first) on one line:
-- how many local days it was had on, the median of the days between them, and the last of them.
create function app.rhythms_of(p_organization app.organizations)
returns table (contact_id uuid, service_id uuid, visits bigint, median_days double precision, last_visit date)
language sql
stable
set search_path = ''
as $$
    with visit as (
        select distinct
            booking.contact_id, booking.service_id,
            (lower(booking.period) at time zone (p_organization).timezone)::date as day
        from app.bookings as booking
        where booking.organization_id = (p_organization).id and booking.status = 'completed'
    ),
    gap as (
        select visit.*, visit.day - lag(visit.day) over (
            partition by visit.contact_id, visit.service_id order by visit.day
        ) as days
        from visit
    )
    select distinct on (gap.contact_id)
        gap.contact_id, gap.service_id, count(*), percentile_cont(0.5) within group (order by gap.days), max(gap.day)
    from gap
    group by gap.contact_id, gap.service_id
    order by gap.contact_id, count(*) desc, max(gap.day) desc, gap.service_id
$$;

-- Returns the clients who are due for their usual service on a local date, by their own rhythm: two visits or more, and
-- the median of the days between them has passed since the last one, but not three times. Those due longest come first:
-- [{"contact_id", "name", "phone", "service_id", "service", "visits", "every_days", "last_visit", "due_on"}], at most
-- 200. Nobody who opted out, who was erased or who has a booking to come. Raises PT404.
create function api.due_clients(p_organization_id uuid, p_date date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(to_jsonb(due) order by due.due_on, due.name), '[]')
        from (
            select
                rhythm.contact_id,
                contact.name,
                app.phone_of(contact.id) as phone,
                rhythm.service_id,
                service.name as service,
                rhythm.visits,
                round(rhythm.median_days::numeric)::integer as every_days,
                rhythm.last_visit,
                rhythm.last_visit + ceil(rhythm.median_days)::integer as due_on
            from app.rhythms_of(v_organization) as rhythm
            inner join app.contacts as contact on contact.id = rhythm.contact_id
            inner join app.services as service on service.id = rhythm.service_id
            where rhythm.visits >= 2 and service.is_active
                and p_date >= rhythm.last_visit + ceil(rhythm.median_days)::integer
                and p_date < rhythm.last_visit + 3 * ceil(rhythm.median_days)::integer
                and contact.opted_out_at is null and contact.erased_at is null and not app.is_expected(contact)
            order by due_on, contact.name
            limit 200
        ) as due
    );
end
$$;

-- Returns the clients of whom nothing was seen for p_days, see app.is_inactive: {"known": how many are known for so long, "total", "contacts": [{"name", "phone", "last_wrote_at", "last_visit_at",
-- "service": the usual one, "opted_out"}]}, those seen last first, at most 20. Owners are no clients. Raises PT404.
create function api.inactive_clients(p_organization_id uuid, p_days integer) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_since timestamptz := app.now() - make_interval(days => p_days);
begin
    return (
        with client as (
            select
                contact.*,
                app.is_inactive(contact, v_since) as is_inactive,
                (
                    select max(lower(booking.period)) from app.bookings as booking
                    where booking.contact_id = contact.id and booking.organization_id = v_organization.id
                        and booking.status not in ('cancelled', 'no_show') and lower(booking.period) <= app.now()
                ) as last_visit_at
            from app.contacts as contact
            where contact.organization_id = v_organization.id and contact.erased_at is null
                and contact.created_at < v_since and not app.is_owner(contact)
        ),
        inactive as (
            select client.*, row_number() over (
                order by greatest(client.last_inbound_at, client.last_visit_at) desc nulls last, client.created_at desc
            ) as place
            from client
            where client.is_inactive
        )
        select jsonb_build_object(
            'known', (select count(*) from client),
            'total', count(*),
            'contacts', coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'name', inactive.name,
                        'phone', app.phone_of(inactive.id),
                        'last_wrote_at', inactive.last_inbound_at,
                        'last_visit_at', inactive.last_visit_at,
                        'service', service.name,
                        'opted_out', inactive.opted_out_at is not null
                    )
                    order by inactive.place
                ) filter (where inactive.place <= 20),
                '[]'
            )
        )
        from inactive
        left join app.rhythms_of(v_organization) as rhythm on rhythm.contact_id = inactive.id
        left join app.services as service on service.id = rhythm.service_id
    );
end
$$;

-- Says whether a contact is an owner, or the business's own phone.
create function app.is_owner(p_contact app.contacts) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.contact_identities as identity
        where identity.contact_id = (p_contact).id and identity.kind = 'phone'
            and (
                identity.value in (
                    select phone from app.owner_numbers
                    where organization_id = (p_contact).organization_id and is_active
                )
                or identity.value in (
                    select phone from app.instances where organization_id = (p_contact).organization_id
                )
            )
    )
$$;

-- Returns the birthdays of clients and of whom they care for, from today through p_days later: {"known": how many birth
-- dates are, "birthdays": [{"on": date, "name", "phone", "kind": "client", "pet", …, "of": the dependent's name or null,
-- "age": in years, "opted_out"}]}, by date, at most 50. Raises PT404.
create function api.birthdays(p_organization_id uuid, p_days integer) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_today date := (app.now() at time zone v_organization.timezone)::date;
begin
    return (
        with born as (
            select contact.id, 'client' as kind, null as dependent, contact.birth_date
            from app.contacts as contact
            where contact.organization_id = v_organization.id and contact.birth_date is not null
                and contact.erased_at is null
            union all
            select dependent.contact_id, dependent.kind, dependent.name, dependent.birth_date
            from app.dependents as dependent
            where dependent.organization_id = v_organization.id and dependent.birth_date is not null
        ),
        upcoming as (
            select born.*, app.next_birthday(born.birth_date, v_today) as day from born
            where app.next_birthday(born.birth_date, v_today) <= v_today + p_days
            order by day limit 50
        )
        select jsonb_build_object(
            'known', (select count(*) from born),
            'birthdays', coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'on', upcoming.day,
                        'name', contact.name,
                        'phone', app.phone_of(contact.id),
                        'kind', upcoming.kind,
                        'of', upcoming.dependent,
                        'age', extract(year from upcoming.day) - extract(year from upcoming.birth_date),
                        'opted_out', contact.opted_out_at is not null
                    )
                    order by upcoming.day, contact.name, upcoming.dependent
                ),
                '[]'
            )
        )
        from upcoming
        inner join app.contacts as contact on contact.id = upcoming.id
    );
end
$$;

-- Returns what is known of a contact: {"name", "phone", "birth_date", "since", "opted_out", "marketing", "dependents",
-- "handed_over", "upcoming": [facts of bookings to come], "past": [the last 5], "totals": {"completed", "cancelled",
-- "no_show", "revenue_cents": as figures count it, null when no amount is known}, "messages": {"received", "sent",
-- "last_received_at", "last_sent_at"}, "waiting": [names of services], "questions": [{"number", "question", "state",
-- "answer"}], "outreach": [{"text", "state", "at"}]}, of the last two at most 5, the newest first. What was written is not
-- told. Raises PT404.
create function api.contact_history(p_organization_id uuid, p_contact_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_contact app.contacts := app.contact_in(p_organization_id, p_contact_id);
begin
    return app.contact_facts_of(p_organization_id, p_contact_id)
        || jsonb_build_object(
            'name', v_contact.name,
            'phone', app.phone_of(v_contact.id),
            'since', v_contact.created_at,
            'marketing', v_contact.marketing_consent_at is not null,
            'handed_over', exists (
                select 1 from app.conversations
                where contact_id = v_contact.id and organization_id = p_organization_id
                    and (handed_over_at is not null or paused_until > app.now())
            )
        )
        || app.visits_of(v_contact)
        || app.contacts_with(v_contact);
end
$$;

-- The part of a contact's history that bookings tell: {"upcoming", "past", "totals", "waiting"}.
create function app.visits_of(p_contact app.contacts) returns jsonb
language sql
stable
set search_path = ''
as $$
    with booked as (
        select
            booking.*,
            app.booking_facts(booking) as facts,
            booking.status in ('pending', 'confirmed') and upper(booking.period) > app.now() as is_upcoming,
            row_number() over (order by lower(booking.period) > app.now(), lower(booking.period) desc) as place
        from app.bookings as booking
        where booking.contact_id = (p_contact).id and booking.organization_id = (p_contact).organization_id
    )
    select jsonb_build_object(
        'upcoming', coalesce(jsonb_agg(facts order by lower(period)) filter (where is_upcoming), '[]'),
        'past', coalesce(
            jsonb_agg(facts order by lower(period) desc) filter (where not is_upcoming and place <= 5), '[]'
        ),
        'totals', jsonb_build_object(
            'completed', count(*) filter (where status = 'completed'),
            'cancelled', count(*) filter (where status = 'cancelled'),
            'no_show', count(*) filter (where status = 'no_show'),
            'revenue_cents', sum(
                case when paid_at is not null then paid_cents when status = 'completed' then price_cents end
            )
        ),
        'waiting', (
            select coalesce(jsonb_agg(service.name order by waiting.created_at), '[]')
            from app.waiting_list as waiting
            inner join app.services as service on service.id = waiting.service_id
            where waiting.contact_id = (p_contact).id and waiting.organization_id = (p_contact).organization_id
                and waiting.state = 'waiting'
        )
    )
    from booked
$$;

-- The part of a contact's history that messages tell: {"messages", "questions", "outreach"}.
create function app.contacts_with(p_contact app.contacts) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'messages', (
            select jsonb_build_object(
                'received', count(*) filter (where message.direction = 'inbound'),
                'sent', count(*) filter (where message.state in ('sent', 'delivered', 'read')),
                'last_received_at', max(message.written_at) filter (where message.direction = 'inbound'),
                'last_sent_at', max(message.accepted_at) filter (where message.state in ('sent', 'delivered', 'read'))
            )
            from app.messages as message
            inner join app.conversations as conversation on conversation.id = message.conversation_id
            where conversation.contact_id = (p_contact).id
                and conversation.organization_id = (p_contact).organization_id
        ),
        'questions', (
            select coalesce(jsonb_agg(to_jsonb(asked) order by asked.number desc), '[]')
            from (
                select question.number, question.question, question.state, question.answer
                from app.questions as question
                inner join app.conversations as conversation on conversation.id = question.conversation_id
                where conversation.contact_id = (p_contact).id
                    and question.organization_id = (p_contact).organization_id
                order by question.number desc limit 5
            ) as asked
        ),
        'outreach', (
            select coalesce(jsonb_agg(to_jsonb(reached) order by reached.at desc), '[]')
            from (
                select
                    outreach.text,
                    coalesce(message.state, recipient.skipped) as state,
                    outreach.created_at as at
                from app.outreach_recipients as recipient
                inner join app.outreach as outreach on outreach.id = recipient.outreach_id
                left join app.messages as message on message.id = recipient.message_id
                where recipient.contact_id = (p_contact).id
                    and recipient.organization_id = (p_contact).organization_id
                order by outreach.created_at desc limit 5
            ) as reached
        )
    )
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
