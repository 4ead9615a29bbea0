-- Messages from the business to one customer or to many: proposed as all else is, and sent one at a time.

alter table app.outreach_recipients
drop constraint outreach_recipients_skipped_check,
add constraint outreach_recipients_skipped_check check (
    skipped in ('opted_out', 'no_consent', 'no_number', 'erased')
);

-- Returns a text as it arrives at a person: {name} is the first name, and leaves no gap when there is none.
create function app.addressed(p_text text, p_name text) returns text
language sql
immutable
set search_path = ''
as $$
    select case
        when first.name <> '' then replace(p_text, '{name}', first.name)
        else ltrim(regexp_replace(p_text, '\s*\{name\}', '', 'g'), ' ,!')
    end
    from (
        select left(
            split_part(trim(regexp_replace(coalesce(p_name, ''), '[[:cntrl:]\s]+', ' ', 'g')), ' ', 1), 40
        ) as name
    ) as first
$$;

-- Says why a contact gets no message of the business on an instance, or null when it does. p_instance_id null: on any.
-- p_marketing: the message is advertising, which takes the person's consent.
create function app.unreachable(p_contact app.contacts, p_instance_id uuid, p_marketing boolean) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when (p_contact).erased_at is not null then 'erased'
        when (p_contact).opted_out_at is not null then 'opted_out'
        when p_marketing and (p_contact).marketing_consent_at is null then 'no_consent'
        when not exists (
            select 1 from app.contact_identities
            where contact_id = (p_contact).id and organization_id = (p_contact).organization_id and kind = 'phone'
        ) and not exists (
            select 1 from app.conversations
            where contact_id = (p_contact).id and organization_id = (p_contact).organization_id
                and (p_instance_id is null or instance_id = p_instance_id)
        ) then 'no_number'
    end
$$;

-- Returns the conversation with a contact who can be reached on an instance, creating it when there is none. A known
-- address is kept; otherwise the phone's digits are one.
create function app.outreach_conversation(p_instance app.instances, p_contact app.contacts) returns app.conversations
language plpgsql
set search_path = ''
as $$
declare
    v_address text;
begin
    select address into v_address from app.conversations
    where instance_id = p_instance.id and contact_id = p_contact.id;
    if v_address is null then
        select ltrim(identity.value, '+') into v_address from app.contact_identities as identity
        where identity.contact_id = p_contact.id and identity.organization_id = p_contact.organization_id
            and identity.kind = 'phone'
        order by identity.created_at desc limit 1;
    end if;
    return app.conversation_of(p_instance, p_contact.id, v_address);
end
$$;

-- Puts the proposed text into the outbox for everybody who may get it, 30 seconds apart, on the number on which the
-- owner agreed. Action: {"contact_ids", "text", "marketing"}. Returns {"outcome": "done", "outreach_id", "recipients":
-- how many, "skipped": {reason: how many}}; `nobody` instead of `done` when nobody is left.
create function app.execute_message(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_marketing boolean := coalesce((p_proposal.action ->> 'marketing')::boolean, false);
    v_outreach_id uuid;
    v_instance app.instances;
    v_contact app.contacts;
    v_reason text;
    v_message app.messages;
    v_recipients integer := 0;
begin
    select instance.* into v_instance
    from app.instances as instance
    inner join app.conversations as conversation on conversation.instance_id = instance.id
    where conversation.id = p_proposal.conversation_id and instance.organization_id = p_proposal.organization_id;
    insert into app.outreach (organization_id, proposal_id, text, created_at)
    values (p_proposal.organization_id, p_proposal.id, p_proposal.action ->> 'text', app.now())
    returning id into v_outreach_id;

    for v_contact in
        select contact.*
        from (
            select id::uuid, min(place) as place
            from jsonb_array_elements_text(p_proposal.action -> 'contact_ids') with ordinality as listed (id, place)
            group by id
        ) as recipient
        inner join app.contacts as contact
            on contact.id = recipient.id and contact.organization_id = p_proposal.organization_id
        order by recipient.place
    loop
        v_reason := app.unreachable(v_contact, v_instance.id, v_marketing);
        v_message := null;
        if v_reason is null then
            v_message := app.put_outbound(
                app.outreach_conversation(v_instance, v_contact),
                app.addressed(p_proposal.action ->> 'text', v_contact.name), 'proactive', null, null
            );
            update app.messages set not_before = app.now() + v_recipients * interval '30 seconds'
            where id = v_message.id and organization_id = p_proposal.organization_id;
            v_recipients := v_recipients + 1;
        end if;
        insert into app.outreach_recipients (organization_id, outreach_id, contact_id, message_id, skipped)
        values (p_proposal.organization_id, v_outreach_id, v_contact.id, v_message.id, v_reason);
    end loop;
    return jsonb_build_object(
        'outcome', case when v_recipients > 0 then 'done' else 'nobody' end,
        'outreach_id', v_outreach_id,
        'recipients', v_recipients,
        'skipped', (
            select coalesce(jsonb_object_agg(skipped.reason, skipped.people), '{}')
            from (
                select recipient.skipped as reason, count(*) as people from app.outreach_recipients as recipient
                where recipient.outreach_id = v_outreach_id and recipient.skipped is not null
                group by recipient.skipped
            ) as skipped
        )
    );
end
$$;

-- The newest messages of the business to its customers and how far each got: [{"outreach_id", "text", "created_at",
-- "states": {state of app.messages or reason of skipping: how many}, "recipients": [{"name", "state"}]}], newest first;
-- at most 50 recipients are named. Raises PT404.
create function api.outreach_states(p_organization_id uuid, p_limit integer default 5) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(
            jsonb_build_object(
                'outreach_id', newest.id, 'text', newest.text, 'created_at', newest.created_at
            ) || app.reached_by(newest.id) order by newest.created_at desc
        ), '[]')
        from (
            select * from app.outreach where organization_id = v_organization.id
            order by created_at desc limit p_limit
        ) as newest
    );
end
$$;

-- The part of api.outreach_states that tells of the recipients of one: {"states", "recipients"}.
create function app.reached_by(p_outreach_id uuid) returns jsonb
language sql
stable
set search_path = ''
as $$
    with reached as (
        select
            contact.name,
            coalesce(message.state, recipient.skipped) as state,
            row_number() over (order by message.not_before, contact.name, contact.id) as place
        from app.outreach_recipients as recipient
        inner join app.contacts as contact on contact.id = recipient.contact_id
        left join app.messages as message on message.id = recipient.message_id
        where recipient.outreach_id = p_outreach_id
    )
    select jsonb_build_object(
        'states', (
            select coalesce(jsonb_object_agg(counted.state, counted.people), '{}')
            from (select state, count(*) as people from reached group by state) as counted
        ),
        'recipients', (
            select coalesce(jsonb_agg(jsonb_build_object('name', name, 'state', state) order by place), '[]')
            from reached where place <= 50
        )
    )
$$;

-- Returns when somebody's next birthday is, today included. Who was born on 29 February has it on the 28th in common
-- years.
create or replace function app.next_birthday(p_birth_date date, p_today date) returns date
language sql
immutable
set search_path = ''
as $$
    select min(birthday.this_year)
    from generate_series(
        extract(year from p_today)::integer, extract(year from p_today)::integer + 1
    ) as candidate (year)
    cross join lateral (
        select make_date(candidate.year, extract(month from p_birth_date)::integer, 1) as first_day
    ) as month
    cross join lateral (
        select least(
            month.first_day + extract(day from p_birth_date)::integer - 1,
            (month.first_day + interval '1 month - 1 day')::date
        ) as this_year
    ) as birthday
    where birthday.this_year >= p_today
$$;

-- Says whether a contact neither wrote nor came since p_since, is known for longer, and has no booking to come.
create function app.is_inactive(p_contact app.contacts, p_since timestamptz) returns boolean
language sql
stable
set search_path = ''
as $$
    select (p_contact).created_at < p_since and coalesce((p_contact).last_inbound_at < p_since, true)
        and not exists (
            select 1 from app.bookings
            where contact_id = (p_contact).id and organization_id = (p_contact).organization_id
                and status not in ('cancelled', 'no_show') and upper(period) > p_since
        )
$$;

-- Returns the customers of a segment, without those who were erased and without the owners, see app.is_owner:
--   inactive      see app.is_inactive, of the last 30 days
--   waiting_list  waits for a free slot
--   birthdays     the customer or a dependent has a birthday today or in the next 7 days
--   frequent      5 completed bookings or more
--   no_shows      did not come to a booking in the last 30 days
--   consented     allowed advertising
-- Raises PT422 (hint `unknown_segment`).
create function app.segment_members(p_organization app.organizations, p_segment text) returns setof app.contacts
language plpgsql
stable
set search_path = ''
as $$
declare
    v_today date := (app.now() at time zone p_organization.timezone)::date;
    v_month_ago timestamptz := app.now() - interval '30 days';
begin
    if p_segment not in ('inactive', 'waiting_list', 'birthdays', 'frequent', 'no_shows', 'consented') then
        raise sqlstate 'PT422' using
            message = 'there is no segment of this name', hint = 'unknown_segment';
    end if;
    return query
    select contact.* from app.contacts as contact
    where contact.organization_id = p_organization.id and contact.erased_at is null and not app.is_owner(contact)
        and case p_segment
            when 'inactive' then app.is_inactive(contact, v_month_ago)
            when 'waiting_list' then exists (
                select 1 from app.waiting_list as waiting
                where waiting.contact_id = contact.id and waiting.organization_id = p_organization.id
                    and waiting.state = 'waiting'
            )
            when 'birthdays' then app.next_birthday(contact.birth_date, v_today) <= v_today + 7 or exists (
                select 1 from app.dependents as dependent
                where dependent.contact_id = contact.id and dependent.organization_id = p_organization.id
                    and app.next_birthday(dependent.birth_date, v_today) <= v_today + 7
            )
            when 'frequent' then 5 <= (
                select count(*) from app.bookings as booking
                where booking.contact_id = contact.id and booking.organization_id = p_organization.id
                    and booking.status = 'completed'
            )
            when 'no_shows' then exists (
                select 1 from app.bookings as booking
                where booking.contact_id = contact.id and booking.organization_id = p_organization.id
                    and booking.status = 'no_show' and lower(booking.period) >= v_month_ago
            )
            when 'consented' then contact.marketing_consent_at is not null
        end;
end
$$;

-- Returns whom a message to a segment would reach: {"segment", "total", "contact_ids": at most 200, those who wrote
-- last first, "cut": how many more there are, "skipped": {reason of app.unreachable: how many}, "marketing",
-- "example": p_text as it arrives at the first of them, "example_name"}. Whoever waits for a slot asked to be told;
-- all others need to have allowed advertising. Raises PT404, PT422 for an unknown segment.
create function api.segment(p_organization_id uuid, p_segment text, p_text text default null) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_marketing boolean := p_segment <> 'waiting_list';
begin
    return (
        with members as (
            select
                member.id,
                member.name,
                app.unreachable(member, null, v_marketing) as reason,
                row_number() over (
                    partition by app.unreachable(member, null, v_marketing)
                    order by member.last_inbound_at desc nulls last, member.id
                ) as place
            from app.segment_members(v_organization, p_segment) as member
        )
        select jsonb_build_object(
            'segment', p_segment,
            'total', count(*),
            'contact_ids', coalesce(jsonb_agg(id order by place) filter (where reason is null and place <= 200), '[]'),
            'cut', count(*) filter (where reason is null and place > 200),
            'skipped', (
                select coalesce(jsonb_object_agg(skipped.reason, skipped.people), '{}')
                from (
                    select members.reason, count(*) as people from members
                    where members.reason is not null group by members.reason
                ) as skipped
            ),
            'marketing', v_marketing,
            'example', min(app.addressed(p_text, name)) filter (where reason is null and place = 1),
            'example_name', min(name) filter (where reason is null and place = 1)
        )
        from members
    );
end
$$;

-- Returns how a message would reach one contact: {"name", "skipped": reason of app.unreachable or null, "example":
-- p_text as it arrives}. Raises PT404 (hint `unknown_contact`).
create function api.recipient(p_organization_id uuid, p_contact_id uuid, p_text text) returns jsonb
language plpgsql
stable
security definer
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
    return jsonb_build_object(
        'name', v_contact.name,
        'skipped', app.unreachable(v_contact, null, false),
        'example', app.addressed(p_text, v_contact.name)
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
