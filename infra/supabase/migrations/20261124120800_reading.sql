-- What the assistants' tools read. Each function takes the organization from the claimed turn, never from the model.

-- Returns the organization. Raises PT404.
create function app.organization_of(p_organization_id uuid) returns app.organizations
language plpgsql
stable
set search_path = ''
as $$
declare
    v_organization app.organizations;
begin
    select * into v_organization from app.organizations where id = p_organization_id;
    if not found then
        raise sqlstate 'PT404' using
            message = format('there is no organization %s', p_organization_id), hint = 'unknown_organization';
    end if;
    return v_organization;
end
$$;

-- The figures of the organization's local day so far: {"date", "currency", "appointments": {"total", "done",
-- "cancelled", "no_show", "upcoming"}, "revenue_cents", "new_contacts", "conversations": {"answered", "handed_over",
-- "waiting"}, "next": [{"starts_at", "service", "contact"}]}. `revenue_cents` counts completed appointments and is null
-- when none of them has a price. Owners are not counted as contacts. Raises PT404.
create function api.today_summary(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_date date := (app.now() at time zone v_organization.timezone)::date;
    -- Both bounds are computed in local time: a day has 23 or 25 hours where the clock changes.
    v_start timestamptz := v_date::timestamp at time zone v_organization.timezone;
    v_end timestamptz := (v_date + 1)::timestamp at time zone v_organization.timezone;
begin
    return jsonb_build_object(
        'date', v_date,
        'currency', v_organization.currency,
        'new_contacts', (
            select count(*) from app.contacts as contact
            where contact.organization_id = p_organization_id
                and contact.created_at >= v_start and contact.created_at < v_end
                and exists (
                    select 1 from app.conversations as conversation
                    where conversation.contact_id = contact.id and conversation.audience = 'client'
                )
        )
    )
    || app.appointments_between(p_organization_id, v_start, v_end)
    || app.conversations_between(p_organization_id, v_start, v_end);
end
$$;

-- The part of a summary that bookings tell: {"appointments", "revenue_cents", "next"}.
create function app.appointments_between(p_organization_id uuid, p_start timestamptz, p_end timestamptz) returns jsonb
language sql
stable
set search_path = ''
as $$
    with booked as (
        select booking.*, service.name as service, contact.name as contact
        from app.bookings as booking
        inner join app.services as service on service.id = booking.service_id
        inner join app.contacts as contact on contact.id = booking.contact_id
        where booking.organization_id = p_organization_id
            and lower(booking.period) >= p_start and lower(booking.period) < p_end
    )
    select jsonb_build_object(
        'appointments', jsonb_build_object(
            'total', count(*),
            'done', count(*) filter (where status = 'completed'),
            'cancelled', count(*) filter (where status = 'cancelled'),
            'no_show', count(*) filter (where status = 'no_show'),
            'upcoming', count(*) filter (where status in ('pending', 'confirmed') and lower(period) > app.now())
        ),
        'revenue_cents', sum(price_cents) filter (where status = 'completed'),
        'next', coalesce(
            jsonb_agg(
                jsonb_build_object('starts_at', lower(period), 'service', service, 'contact', contact)
                order by lower(period)
            ) filter (where status in ('pending', 'confirmed') and lower(period) > app.now()),
            '[]'
        )
    )
    from booked
$$;

-- The part of a summary that conversations with clients tell: {"conversations"}. A conversation counts once, as waiting
-- before handed over before answered.
create function app.conversations_between(p_organization_id uuid, p_start timestamptz, p_end timestamptz) returns jsonb
language sql
stable
set search_path = ''
as $$
    with touched as (
        select
            message.conversation_id,
            bool_or(message.answered_by is null and message.decision is null) as waiting,
            bool_or(coalesce(message.decision = 'handed_over', false) or conversation.handed_over_at is not null) as handed_over,
            bool_or(message.answered_by is not null) as answered
        from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        where message.organization_id = p_organization_id and conversation.audience = 'client'
            and message.direction = 'inbound' and message.created_at >= p_start and message.created_at < p_end
        group by message.conversation_id
    )
    select jsonb_build_object('conversations', jsonb_build_object(
        'answered', count(*) filter (where answered and not handed_over and not waiting),
        'handed_over', count(*) filter (where handed_over and not waiting),
        'waiting', count(*) filter (where waiting)
    ))
    from touched
$$;

-- Finds up to five contacts by part of a name, accents and case aside, or by at least four digits of a phone:
-- [{"name", "phone", "last_inbound_at", "bookings", "next_booking_at"}], newest contact first. Cancelled bookings do
-- not count. Raises PT404.
create function api.find_contact(p_organization_id uuid, p_query text) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_name text := extensions.unaccent(lower(trim(p_query)));
    v_digits text := regexp_replace(p_query, '\D', '', 'g');
begin
    return (
        select coalesce(jsonb_agg(to_jsonb(found_contact)), '[]')
        from (
            select
                contact.name,
                phone.value as phone,
                contact.last_inbound_at,
                (
                    select count(*) from app.bookings
                    where contact_id = contact.id and organization_id = v_organization.id and status <> 'cancelled'
                ) as bookings,
                (
                    select min(lower(period)) from app.bookings
                    where contact_id = contact.id and organization_id = v_organization.id
                        and status in ('pending', 'confirmed') and lower(period) > app.now()
                ) as next_booking_at
            from app.contacts as contact
            left join lateral (
                select identity.value from app.contact_identities as identity
                where identity.contact_id = contact.id and identity.kind = 'phone'
                order by identity.created_at desc limit 1
            ) as phone on true
            where contact.organization_id = v_organization.id
                and (
                    (v_name <> '' and position(v_name in extensions.unaccent(lower(contact.name))) > 0)
                    or (length(v_digits) >= 4 and position(v_digits in phone.value) > 0)
                )
            order by contact.last_inbound_at desc nulls last, contact.created_at desc
            limit 5
        ) as found_contact
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
