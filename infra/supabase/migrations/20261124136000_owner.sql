-- Who the owners are, and how they name the people they speak of.

-- Returns the one spelling of an E.164 number: a Brazilian mobile without its ninth digit gets it (Anatel, Resolução
-- 553/2010). The same rule, with the area codes in use, as shared/whatsapp/phone.py.
create function app.canonical_phone(p_phone text) returns text
language sql
immutable
set search_path = ''
as $$
    select regexp_replace(
        p_phone,
        '^(\+55(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9]))([6-9]\d{7})$',
        '\19\2'
    )
$$;

-- People are known by the one spelling, so owners and the business's own number must be, whoever writes them down.
create function app.canonical_row() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.phone := app.canonical_phone(new.phone);
    return new;
end
$$;

delete from app.owner_numbers as old
using app.owner_numbers as canonical
where canonical.organization_id = old.organization_id
    and canonical.phone = app.canonical_phone(old.phone) and canonical.phone <> old.phone;
update app.owner_numbers set phone = app.canonical_phone(phone) where phone <> app.canonical_phone(phone);
update app.instances set phone = app.canonical_phone(phone) where phone <> app.canonical_phone(phone);

create trigger owner_numbers_canonical before insert or update of phone on app.owner_numbers
for each row execute function app.canonical_row();

create trigger instances_canonical before insert or update of phone on app.instances
for each row execute function app.canonical_row();

-- Finds up to five contacts, those first that fit best: [{"id", "name", "phone", "last_inbound_at", "bookings",
-- "next_booking_at", "fit"}].
--
-- `fit` says how: 1 by the whole number p_phone (canonical E.164, null when the query is none), 2 by the whole name, 3 by
-- whole words of it, 4 by a dependent's whole name, 5 by part of a name or at least four digits of a number. Accents and
-- case do not matter. Cancelled bookings do not count. Whoever was erased is not found. Raises PT404.
drop function api.find_contact(uuid, text);
create function api.find_contact(p_organization_id uuid, p_query text, p_phone text default null) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(to_jsonb(best) order by best.fit, best.last_inbound_at desc nulls last), '[]')
        from (
            select
                contact.id,
                contact.name,
                app.phone_of(contact.id) as phone,
                contact.last_inbound_at,
                (
                    select count(*) from app.bookings
                    where contact_id = contact.id and organization_id = v_organization.id and status <> 'cancelled'
                ) as bookings,
                (
                    select min(lower(period)) from app.bookings
                    where contact_id = contact.id and organization_id = v_organization.id
                        and status in ('pending', 'confirmed') and lower(period) > app.now()
                ) as next_booking_at,
                app.fit_of(contact, p_query, p_phone) as fit
            from app.contacts as contact
            where contact.organization_id = v_organization.id and contact.erased_at is null
                and app.fit_of(contact, p_query, p_phone) is not null
            order by fit, contact.last_inbound_at desc nulls last, contact.created_at desc
            limit 5
        ) as best
    );
end
$$;

-- Returns the phone by which a contact was last known, or null.
create function app.phone_of(p_contact_id uuid) returns text
language sql
stable
set search_path = ''
as $$
    select value from app.contact_identities
    where contact_id = p_contact_id and kind = 'phone'
    order by created_at desc, value limit 1
$$;

-- Says how well a contact fits a query, as in api.find_contact; null: not at all.
create function app.fit_of(p_contact app.contacts, p_query text, p_phone text) returns integer
language sql
stable
set search_path = ''
as $$
    select case
        when exists (
            select 1 from app.contact_identities
            where contact_id = (p_contact).id and kind = 'phone' and value = p_phone
        ) then 1
        when wanted.name = '' then null
        when wanted.name = known.name then 2
        when position(' ' || wanted.name || ' ' in ' ' || known.name || ' ') > 0 then 3
        when exists (
            select 1 from app.dependents
            where contact_id = (p_contact).id and organization_id = (p_contact).organization_id
                and app.folded(name) = wanted.name
        ) then 4
        when position(wanted.name in known.name) > 0 then 5
        -- A name that has figures in it is no number.
        when length(wanted.digits) >= 4 and wanted.name !~ '[[:alpha:]]' and exists (
            select 1 from app.contact_identities
            where contact_id = (p_contact).id and kind = 'phone' and position(wanted.digits in value) > 0
        ) then 5
    end
    from (
        select app.folded(p_query) as name, regexp_replace(p_query, '\D', '', 'g') as digits
    ) as wanted
    cross join (select app.folded((p_contact).name) as name) as known
$$;

-- Owner numbers.

-- Who may speak to Aurora follows the list of owners at once, whatever they write next.
create function app.follow_owners() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    v_phone text := case when tg_op = 'DELETE' then old.phone else new.phone end;
    v_organization_id uuid := case when tg_op = 'DELETE' then old.organization_id else new.organization_id end;
    v_is_owner boolean := tg_op <> 'DELETE' and new.is_active;
begin
    update app.conversations as conversation
    set audience = case
        when v_is_owner or app.is_own_phone(conversation) then 'owner' else 'client'
    end
    from app.contact_identities as identity
    where identity.organization_id = v_organization_id and identity.kind = 'phone' and identity.value = v_phone
        and conversation.contact_id = identity.contact_id and conversation.organization_id = v_organization_id;
    return null;
end
$$;

-- Says whether a conversation is the business's own phone with itself.
create function app.is_own_phone(p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1
        from app.instances as instance
        inner join app.contact_identities as identity
            on identity.organization_id = instance.organization_id
            and identity.kind = 'phone' and identity.value = instance.phone
        where instance.id = (p_conversation).instance_id and identity.contact_id = (p_conversation).contact_id
    )
$$;

create trigger owner_numbers_followed after insert or update or delete on app.owner_numbers
for each row execute function app.follow_owners();

-- Returns the owners of a business: [{"phone", "name", "permission"}], by phone. Raises PT404.
create function api.list_owners(p_organization_id uuid) returns jsonb
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
            jsonb_agg(jsonb_build_object('phone', phone, 'name', name, 'permission', permission) order by phone), '[]'
        )
        from app.owner_numbers
        where organization_id = v_organization.id and is_active
    );
end
$$;

-- Makes a phone, in E.164, an owner's, or changes what that owner may do; a name that is null stays as it is. Returns
-- {"phone", "name", "permission", "created"}. Raises PT404, and PT422 (hint `last_admin`) when nobody would be left who
-- may do everything.
create function api.put_owner(p_organization_id uuid, p_phone text, p_name text, p_permission text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_phone text := app.canonical_phone(p_phone);
    v_created boolean;
    v_owner app.owner_numbers;
begin
    perform 1 from app.organizations where id = (app.organization_of(p_organization_id)).id for update;
    v_created := not exists (
        select 1 from app.owner_numbers
        where organization_id = p_organization_id and phone = v_phone and is_active
    );
    insert into app.owner_numbers (organization_id, phone, name, permission)
    values (p_organization_id, v_phone, p_name, p_permission)
    on conflict (organization_id, phone) do update
    set name = coalesce(excluded.name, app.owner_numbers.name), permission = excluded.permission, is_active = true
    returning * into v_owner;
    perform app.require_admin(p_organization_id);
    return jsonb_build_object(
        'phone', v_owner.phone, 'name', v_owner.name, 'permission', v_owner.permission, 'created', v_created
    );
end
$$;

-- Takes a phone, in E.164, from the owners. Returns {"removed"}: false when it was none. Raises PT404 and PT422 (hint
-- `last_admin`).
create function api.remove_owner(p_organization_id uuid, p_phone text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_removed boolean;
begin
    perform 1 from app.organizations where id = (app.organization_of(p_organization_id)).id for update;
    delete from app.owner_numbers
    where organization_id = p_organization_id and phone = app.canonical_phone(p_phone);
    v_removed := found;
    perform app.require_admin(p_organization_id);
    return jsonb_build_object('removed', v_removed);
end
$$;

-- Raises PT422 when none of a business's owners may do everything: they are told what needs a person.
create function app.require_admin(p_organization_id uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
    if not exists (
        select 1 from app.owner_numbers
        where organization_id = p_organization_id and is_active and permission = 'admin'
    ) then
        raise sqlstate 'PT422' using
            message = 'a business needs an owner with the permission admin', hint = 'last_admin';
    end if;
end
$$;

-- Who answers a customer.

-- Lets a person answer a contact, or the assistant again, in all of the contact's conversations.
--
-- p_conversation_id is that of the owner who wants it. What was open when a person takes over is theirs; the assistant,
-- given back the conversation, answers from the next message on. Returns {"outcome"}: "done", "unchanged" (it is so
-- already), "forbidden" (a viewer, or no owner), "no_conversation" (the contact never wrote, or is an owner). Raises PT404.
create function api.set_handover(
    p_organization_id uuid, p_conversation_id uuid, p_contact_id uuid, p_handed_over boolean
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations;
    v_outcome text := 'no_conversation';
begin
    if coalesce(
        app.permission_of(app.conversation_with(p_organization_id, p_conversation_id)), 'viewer'
    ) not in ('staff', 'admin') then
        return '{"outcome": "forbidden"}';
    end if;
    for v_conversation in
        select * from app.conversations
        where organization_id = p_organization_id and contact_id = p_contact_id and audience = 'client'
        order by id
        for update
    loop
        if p_handed_over and v_conversation.handed_over_at is null then
            perform app.decide_open_messages(v_conversation, 'handed_over');
            update app.conversations set handed_over_at = app.now(), handover_reason = null
            where id = v_conversation.id and organization_id = p_organization_id;
            v_outcome := 'done';
        elsif not p_handed_over
            and (v_conversation.handed_over_at is not null or v_conversation.paused_until > app.now())
        then
            update app.conversations set handed_over_at = null, handover_reason = null, paused_until = null
            where id = v_conversation.id and organization_id = p_organization_id;
            v_outcome := 'done';
        elsif v_outcome = 'no_conversation' then
            v_outcome := 'unchanged';
        end if;
    end loop;
    return jsonb_build_object('outcome', v_outcome);
end
$$;

-- Returns the conversations that a person answers, longest first: [{"name", "phone", "reason", "since", "until": of a
-- silence that ends by itself, "unanswered": messages of the customer after the last one from the business,
-- "last_received_at"}], at most 20. Raises PT404.
create function api.handed_over_conversations(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(to_jsonb(silent) order by silent.since nulls last, silent.name), '[]')
        from (
            select
                contact.name,
                app.phone_of(contact.id) as phone,
                conversation.handover_reason as reason,
                conversation.handed_over_at as since,
                case when conversation.handed_over_at is null then conversation.paused_until end as until,
                (
                    select count(*) from app.messages as message
                    where message.conversation_id = conversation.id and message.direction = 'inbound'
                        and message.seq > coalesce(
                            (
                                select max(said.seq) from app.messages as said
                                where said.conversation_id = conversation.id and said.direction = 'outbound'
                                    and said.state not in ('failed', 'withdrawn')
                            ),
                            0
                        )
                ) as unanswered,
                contact.last_inbound_at as last_received_at
            from app.conversations as conversation
            inner join app.contacts as contact on contact.id = conversation.contact_id
            where conversation.organization_id = v_organization.id and conversation.audience = 'client'
                and (conversation.handed_over_at is not null or conversation.paused_until > app.now())
            order by conversation.handed_over_at nulls last, contact.name
            limit 20
        ) as silent
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
