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

-- Returns a text as names are compared: lower case, no accents, single spaces.
create or replace function app.folded(p_text text) returns text
language sql
stable
set search_path = ''
as $$
    select extensions.unaccent(lower(regexp_replace(trim(p_text), '\s+', ' ', 'g')))
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

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
