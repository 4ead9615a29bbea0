-- What the owners may earn: clients who stay away, free time that somebody wants, questions that ended in silence, and
-- what came of the messages that went out.

-- A routine proposes the same message to every owner: whoever agrees first sends it.
-- kind: what it is about, `outreach` for what the owner had written.
alter table app.outreach
add column once_key text,
add column kind text not null default 'outreach' check (
    kind in ('outreach', 'birthday_greeting', 'reactivation', 'opportunity')
);
create unique index outreach_once on app.outreach (organization_id, once_key) where once_key is not null;

alter table app.outreach_recipients
add column expires_at timestamptz, -- later it is pointless; null: a week after it was put
add column marketing boolean, -- it takes the person's consent; null: as the proposal says
drop constraint outreach_recipients_skipped_check,
add constraint outreach_recipients_skipped_check check (
    skipped in (
        'opted_out', 'no_consent', 'no_number', 'erased', 'expired', 'contact_wrote', 'booked', 'handed_over'
    )
);

create index messages_of_own_accord on app.messages (organization_id, created_at) where purpose = 'proactive';

-- Puts the proposed text into the outbox for everybody who may get it, 30 seconds apart, on the number on which the
-- owner agreed. Action: {"contact_ids", "text", "marketing", "texts"?: {contact_id: text instead of `text`}, "kind"?: of
-- app.outreach, "expiries"?: {contact_id: when it is pointless, instead of a week later}, "marketing_to"?: those for whom
-- it is advertising, instead of all or none by `marketing`, "once_key"?: of a message that several owners may agree to}.
-- Returns {"outcome": "done", "outreach_id", "recipients": how many, "skipped": {reason of app.unreachable or
-- app.overtaken_by, or `expired`: how many}}; `nobody` instead of `done` when nobody is left, and `already_done` alone
-- when a message with this once_key went out.
create or replace function app.execute_message(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_action jsonb := p_proposal.action;
    v_outreach_id uuid;
    v_recipients integer;
begin
    insert into app.outreach (organization_id, proposal_id, kind, text, once_key, created_at)
    values (
        p_proposal.organization_id, p_proposal.id, coalesce(v_action ->> 'kind', 'outreach'), v_action ->> 'text',
        v_action ->> 'once_key', app.now()
    )
    on conflict (organization_id, once_key) where once_key is not null do nothing
    returning id into v_outreach_id;
    if v_outreach_id is null then
        return '{"outcome": "already_done"}';
    end if;
    v_recipients := app.put_outreach(p_proposal, v_outreach_id);
    if v_recipients = 0 then
        -- Another owner, whose number reaches them, may still agree.
        update app.outreach set once_key = null where id = v_outreach_id;
    end if;
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

-- Says why a person does not need any more what a routine proposed at p_since to write, or null: `contact_wrote` or
-- `booked` since then, `handed_over` to the team. A greeting is welcome all the same, and what the owner had written is
-- for the owner to judge.
create function app.overtaken_by(p_contact app.contacts, p_kind text, p_since timestamptz) returns text
language sql
stable
set search_path = ''
as $$
    with left_of as (select coalesce((p_contact).merged_into, (p_contact).id) as id),
    person as (
        select contact.id
        from left_of
        inner join app.contacts as contact on contact.id = left_of.id or contact.merged_into = left_of.id
        where contact.organization_id = (p_contact).organization_id
    ),
    conversation as (
        select spoken.id, spoken.handed_over_at, spoken.paused_until, newest.created_at as written_at
        from app.conversations as spoken
        left join lateral (
            select message.created_at from app.messages as message
            where message.conversation_id = spoken.id and message.direction = 'inbound'
            order by message.seq desc limit 1
        ) as newest on true
        where spoken.contact_id in (select id from person)
    )
    select case
        when coalesce(p_kind not in ('reactivation', 'opportunity'), true) then null
        when exists (select 1 from conversation where written_at > p_since) then 'contact_wrote'
        when exists (
            select 1 from app.bookings
            where contact_id in (select id from person) and created_at > p_since
                and status not in ('cancelled', 'no_show')
        ) then 'booked'
        when exists (
            select 1 from conversation where handed_over_at is not null or paused_until > app.now()
        ) then 'handed_over'
    end
$$;

-- Puts a message to everybody who may get it into the outbox, and writes down who gets it and who does not. Returns how
-- many get it.
create function app.put_outreach(p_proposal app.proposals, p_outreach_id uuid) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_action jsonb := p_proposal.action;
    v_instance app.instances;
    v_contact app.contacts;
    v_marketing boolean;
    v_expires_at timestamptz;
    v_reason text;
    v_message app.messages;
    v_recipients integer := 0;
begin
    select instance.* into v_instance
    from app.instances as instance
    inner join app.conversations as conversation on conversation.instance_id = instance.id
    where conversation.id = p_proposal.conversation_id and instance.organization_id = p_proposal.organization_id;
    for v_contact in
        select contact.*
        from (
            select id::uuid, min(place) as place
            from jsonb_array_elements_text(v_action -> 'contact_ids') with ordinality as listed (id, place)
            group by id
        ) as recipient
        inner join app.contacts as contact
            on contact.id = recipient.id and contact.organization_id = p_proposal.organization_id
        order by recipient.place
    loop
        -- Null where nobody said: app.occasion_of decides then.
        v_marketing := coalesce(v_action -> 'marketing_to' ? v_contact.id::text, (v_action ->> 'marketing')::boolean);
        v_expires_at := coalesce(
            (v_action -> 'expiries' ->> v_contact.id::text)::timestamptz, app.now() + interval '168 hours'
        );
        v_reason := coalesce(
            app.unreachable(v_contact, v_instance.id, coalesce(v_marketing, false)),
            app.overtaken_by(v_contact, v_action ->> 'kind', p_proposal.created_at),
            case when v_expires_at <= app.now() then 'expired' end
        );
        v_message := null;
        if v_reason is null then
            v_message := app.put_outbound(
                app.outreach_conversation(v_instance, v_contact),
                app.addressed(
                    coalesce(v_action -> 'texts' ->> v_contact.id::text, v_action ->> 'text'), v_contact.name
                ),
                'proactive', null, null
            );
            update app.messages set not_before = app.now() + v_recipients * interval '30 seconds'
            where id = v_message.id and organization_id = p_proposal.organization_id;
            v_recipients := v_recipients + 1;
        end if;
        insert into app.outreach_recipients (
            organization_id, outreach_id, contact_id, message_id, skipped, marketing, expires_at
        ) values (
            p_proposal.organization_id, p_outreach_id, v_contact.id, v_message.id, v_reason, v_marketing, v_expires_at
        );
    end loop;
    return v_recipients;
end
$$;

-- Notes that a contact came back, of each message of the business that reached them less than 14 days before. What is
-- noted stays. What somebody else notes at the same moment is left to them.
create function app.attribute_return(p_organization_id uuid, p_contact_id uuid) returns void
language sql
set search_path = ''
as $$
    with reached as (
        select recipient.outreach_id
        from app.outreach_recipients as recipient
        inner join app.messages as message
            on message.id = recipient.message_id and message.organization_id = recipient.organization_id
        where recipient.contact_id = p_contact_id and recipient.organization_id = p_organization_id
            and recipient.returned_at is null
            and message.accepted_at < app.now() and message.accepted_at >= app.now() - interval '14 days'
        for update of recipient skip locked
    )
    update app.outreach_recipients as recipient set returned_at = app.now()
    from reached
    where recipient.outreach_id = reached.outreach_id and recipient.contact_id = p_contact_id
        and recipient.organization_id = p_organization_id
$$;

-- Who writes has come back, and who has something booked.
create function app.attribute_inbound() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform app.attribute_return(conversation.organization_id, conversation.contact_id)
    from app.conversations as conversation
    where conversation.id = new.conversation_id and conversation.organization_id = new.organization_id;
    return null;
end
$$;

create trigger inbound_attributed after insert on app.messages
for each row when (new.direction = 'inbound') execute function app.attribute_inbound();

create function app.attribute_booking() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform app.attribute_return(new.organization_id, new.contact_id);
    return null;
end
$$;

create trigger bookings_attributed after insert on app.bookings
for each row when (new.status not in ('cancelled', 'no_show')) execute function app.attribute_booking();

-- Returns what the newest message of a routine brought in its 14 days so far, null when none went out in the last 60:
-- {"sent_on": local date, "recipients": how many it reached, "returned", "revenue_cents": of what those who came back
-- had booked since and did not cancel or miss, null when no price is known}. Who asked for no more messages within the 14
-- days did not come back.
create function app.outreach_result(p_organization app.organizations, p_kind text) returns jsonb
language sql
stable
set search_path = ''
as $$
    with newest as (
        select id, created_at from app.outreach
        where organization_id = (p_organization).id and starts_with(once_key, p_kind || '.')
            and created_at > app.now() - interval '60 days'
        order by created_at desc limit 1
    ),
    reached as (
        select
            newest.created_at,
            recipient.contact_id,
            recipient.returned_at is not null
            and coalesce(contact.opted_out_at > message.accepted_at + interval '14 days', true) as returned
        from newest
        inner join app.outreach_recipients as recipient on recipient.outreach_id = newest.id
        inner join app.messages as message on message.id = recipient.message_id
        inner join app.contacts as contact on contact.id = recipient.contact_id
        where message.accepted_at is not null
    )
    select jsonb_build_object(
        'sent_on', (reached.created_at at time zone (p_organization).timezone)::date,
        'recipients', count(*),
        'returned', count(*) filter (where reached.returned),
        'revenue_cents', sum(
            case when reached.returned then (
                select sum(coalesce(booking.paid_cents, booking.price_cents)) from app.bookings as booking
                where booking.contact_id = reached.contact_id and booking.organization_id = (p_organization).id
                    and booking.status not in ('cancelled', 'no_show')
                    and booking.created_at >= reached.created_at
                    and booking.created_at <= reached.created_at + interval '14 days'
            ) end
        )
    )
    from reached
    group by reached.created_at
$$;

-- Returns whom the business wrote to of its own accord in the last p_days days, or is about to.
create function app.nudged_since(p_organization_id uuid, p_days integer) returns table (contact_id uuid)
language sql
stable
set search_path = ''
as $$
    select distinct conversation.contact_id
    from app.messages as message
    inner join app.conversations as conversation on conversation.id = message.conversation_id
    where message.organization_id = p_organization_id and message.purpose = 'proactive'
        and message.created_at > app.now() - make_interval(days => p_days)
        and message.state not in ('failed', 'withdrawn')
$$;

-- What each client's bookings came to: when the last visit was, and what was paid or, if not, agreed for those done.
create function app.visits_by_contact(p_organization_id uuid)
returns table (contact_id uuid, last_visit_at timestamptz, spent_cents bigint)
language sql
stable
set search_path = ''
-- The sums of 100,000 clients are kept in memory, so that the bookings can be read in the order in which they lie.
set work_mem = '32MB'
as $$
    select
        booking.contact_id,
        max(lower(booking.period)) filter (
            -- Asked for once, not for each booking.
            where booking.status not in ('cancelled', 'no_show') and lower(booking.period) <= (select app.now())
        ),
        sum(
            case
                when booking.paid_at is not null then booking.paid_cents
                when booking.status = 'completed' then booking.price_cents
            end
        )
    from app.bookings as booking
    where booking.organization_id = p_organization_id
    group by booking.contact_id
$$;

-- Whoever has a booking to come: app.is_expected for a whole organization.
create function app.expected_contacts(p_organization_id uuid) returns table (contact_id uuid)
language sql
stable
set search_path = ''
as $$
    select distinct booking.contact_id from app.bookings as booking
    where booking.organization_id = p_organization_id and booking.status in ('pending', 'confirmed')
        and upper(booking.period) > app.now()
$$;

-- The owners, and the business's own phones: app.is_owner for a whole organization.
create function app.owner_contacts(p_organization_id uuid) returns table (contact_id uuid)
language sql
stable
set search_path = ''
as $$
    select identity.contact_id
    from (
        select phone from app.owner_numbers where organization_id = p_organization_id and is_active
        union
        select phone from app.instances where organization_id = p_organization_id
    ) as own
    inner join app.contact_identities as identity
        on identity.organization_id = p_organization_id and identity.kind = 'phone' and identity.value = own.phone
$$;

-- The visits that were completed, of some clients or, null, of all: each one's usual service (most visits, the newest of
-- equals first) on one line, how many local days it was had on, the median of the days between them, and the last of them.
drop function app.rhythms_of(app.organizations);
create function app.rhythms_of(p_organization app.organizations, p_contact_ids uuid [] default null)
returns table (contact_id uuid, service_id uuid, visits bigint, median_days double precision, last_visit date)
language plpgsql
stable
set search_path = ''
-- All or a few are read by different indexes.
set plan_cache_mode = 'force_custom_plan'
as $$
begin
    return query
    with visit as (
        select distinct
            booking.contact_id, booking.service_id,
            (lower(booking.period) at time zone p_organization.timezone)::date as day
        from app.bookings as booking
        where booking.organization_id = p_organization.id and booking.status = 'completed'
            and (p_contact_ids is null or booking.contact_id = any(p_contact_ids))
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
    order by gap.contact_id, count(*) desc, max(gap.day) desc, gap.service_id;
end
$$;

-- Rhythms are read from it in the order in which they are reckoned.
create index bookings_done on app.bookings (organization_id, contact_id, service_id, lower(period)) include (period)
where status = 'completed';

-- Returns the clients who for p_days neither wrote nor came and who may be written to: no booking to come, not opted out,
-- reachable, and no message of the business's own accord in the last 30 days. An organization whose cap is 0 has none.
-- It asks as app.unreachable, app.is_expected and app.is_owner do, of all clients at once.
create function app.sleeping_clients(p_organization app.organizations, p_days integer)
returns table (
    contact_id uuid, name text, last_seen_at timestamptz, spent_cents bigint, allows_marketing boolean
)
language sql
stable
set search_path = ''
as $$
    select
        contact.id,
        contact.name,
        greatest(contact.last_inbound_at, visit.last_visit_at),
        visit.spent_cents,
        contact.marketing_consent_at is not null
    from app.contacts as contact
    left join app.visits_by_contact((p_organization).id) as visit on visit.contact_id = contact.id
    where contact.organization_id = (p_organization).id and (p_organization).proactive_cap > 0
        and greatest(contact.last_inbound_at, visit.last_visit_at)
        < (select app.now() - make_interval(days => p_days))
        and contact.erased_at is null and contact.opted_out_at is null
        and (
            exists (
                select 1 from app.contact_identities as identity
                where identity.contact_id = contact.id and identity.organization_id = (p_organization).id
                    and identity.kind = 'phone'
            )
            or exists (
                select 1 from app.conversations as conversation
                where conversation.contact_id = contact.id and conversation.organization_id = (p_organization).id
            )
        )
        and not exists (
            select 1 from app.nudged_since((p_organization).id, 30) as nudged where nudged.contact_id = contact.id
        )
        and not exists (
            select 1 from app.expected_contacts((p_organization).id) as expected
            where expected.contact_id = contact.id
        )
        and not exists (
            select 1 from app.owner_contacts((p_organization).id) as owner where owner.contact_id = contact.id
        )
$$;

-- All that the routine of inactive clients tells: {"currency", "total", "clients": [{"contact_id", "name", "phone",
-- "last_seen": local date, "service": the usual one or null, "spent_cents": null when no amount is known,
-- "allows_marketing": whether they may be written to}], those who allow it first and of them those who brought most, at
-- most 10, "template": the business's own words or null, "last": app.outreach_result}.
-- Raises PT404 and PT422 (hint `invalid_days`).
create function api.routine_facts_inactive_clients(
    p_organization_id uuid, p_local_date date, p_days integer default 30
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    if p_days is null or p_days not between 7 and 730 then
        raise sqlstate 'PT422' using
            message = 'a client is inactive after 7 to 730 days', hint = 'invalid_days';
    end if;
    return (
        with sleeping as materialized (select * from app.sleeping_clients(v_organization, p_days)),
        best as materialized (
            select * from sleeping
            -- Who allows nothing stays in the list, and must not take the places of those who can be won back.
            order by
                sleeping.allows_marketing desc,
                sleeping.spent_cents desc nulls last,
                sleeping.last_seen_at desc,
                sleeping.contact_id
            limit 10
        ),
        listed as (
            select
                row_number() over (
                    order by
                        best.allows_marketing desc,
                        best.spent_cents desc nulls last,
                        best.last_seen_at desc,
                        best.contact_id
                ) as place,
                best.contact_id,
                best.name,
                app.phone_of(best.contact_id) as phone,
                (best.last_seen_at at time zone v_organization.timezone)::date as last_seen,
                service.name as service,
                best.spent_cents,
                best.allows_marketing
            from best
            left join app.rhythms_of(v_organization, array(select best.contact_id from best)) as rhythm
                on rhythm.contact_id = best.contact_id
            left join app.services as service on service.id = rhythm.service_id
        )
        select jsonb_build_object(
            'currency', v_organization.currency,
            'total', (select count(*) from sleeping),
            'clients', (
                select coalesce(jsonb_agg(to_jsonb(listed) - 'place' order by listed.place), '[]') from listed
            ),
            'template', (
                select text from app.templates where organization_id = v_organization.id and kind = 'reactivation'
            ),
            'last', app.outreach_result(v_organization, 'inactive_clients')
        )
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
