-- What an operator says of a WhatsApp number: what its provider takes, and since when the number is in use.

-- A number as operators see it.
create function app.number_json(p_instance app.instances) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'instance_id', (p_instance).id,
        'provider', (p_instance).provider,
        'name', (p_instance).name,
        'phone', (p_instance).phone,
        'state', (p_instance).state,
        'reply_window_hours', (p_instance).reply_window_hours,
        'in_use_since', (p_instance).proactive_since
    )
$$;

-- Raises PT422 (hint `invalid_change`), naming what api.number_options does not take. p_today is the local day.
create function app.check_number_changes(p_changes jsonb, p_today date) returns void
language plpgsql
stable
set search_path = ''
as $$
declare
    v_problem text;
begin
    if jsonb_typeof(p_changes) is distinct from 'object' then
        v_problem := 'the changes must be an object';
    else
        v_problem := (
            select case
                when change.key not in ('reply_window_hours', 'in_use_since')
                    then format('a number has no %s', change.key)
                when change.key = 'reply_window_hours' and (
                    jsonb_typeof(change.value) <> 'number' or change.value::text !~ '^[0-9]{1,3}$'
                    or change.value::integer not between 1 and 720
                ) then 'reply_window_hours must be a whole number from 1 to 720, or null'
                when change.key = 'in_use_since' and (
                    jsonb_typeof(change.value) <> 'string'
                    or change.value #>> '{}' !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                ) then 'in_use_since must be a date such as 2025-01-31, or null'
                when change.key = 'in_use_since' and (change.value #>> '{}')::date > p_today
                    then format('in_use_since must not be after today, %s', p_today)
            end
            from jsonb_each(p_changes) as change (key, value)
            where change.value <> 'null'
            order by 1
            limit 1
        );
    end if;
    if v_problem is not null then
        raise sqlstate 'PT422' using message = v_problem, hint = 'invalid_change';
    end if;
end
$$;

-- Returns a number of a business, by its name at the gateway: {"instance_id", "provider", "name", "phone", "state",
-- "reply_window_hours": how long after a person's last message the provider takes free text, null for ever,
-- "in_use_since": the local day from which on it is warming up, null until its first message of its own accord}.
-- p_changes, when given, changes those of the last two that it names.
--
-- Raises PT404 (hint `unknown_instance`) for a number that the organization does not have, PT422 (hint
-- `invalid_change`).
create function api.number_options(p_organization_id uuid, p_name text, p_changes jsonb default '{}') returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_instance app.instances;
begin
    perform app.check_number_changes(p_changes, (app.now() at time zone v_organization.timezone)::date);
    update app.instances
    set reply_window_hours = case
            when p_changes ? 'reply_window_hours' then (p_changes ->> 'reply_window_hours')::integer
            else reply_window_hours
        end,
        proactive_since = case
            when p_changes ? 'in_use_since' then (p_changes ->> 'in_use_since')::date else proactive_since
        end
    where organization_id = v_organization.id and name = p_name and p_changes <> '{}'
    returning * into v_instance;
    if not found then
        select * into v_instance from app.instances where organization_id = v_organization.id and name = p_name;
    end if;
    if v_instance.id is null then
        raise sqlstate 'PT404' using
            message = format('the business has no number %s', p_name), hint = 'unknown_instance';
    end if;
    return app.number_json(v_instance);
end
$$;

-- Returns every tenant with its WhatsApp numbers, oldest first: [{"organization_id", "name", "business_type", "locale",
-- "timezone", "currency", "is_active", "created_at", "instances": [as api.number_options returns them]}]. It crosses
-- tenants, so only operators' commands may call it.
create or replace function api.list_tenants() returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'organization_id', organization.id,
            'name', organization.name,
            'business_type', organization.business_type,
            'locale', organization.locale,
            'timezone', organization.timezone,
            'currency', organization.currency,
            'is_active', organization.is_active,
            'created_at', organization.created_at,
            'instances', (
                select coalesce(
                    jsonb_agg(app.number_json(instance) order by instance.created_at, instance.name), '[]'
                )
                from app.instances as instance
                where instance.organization_id = organization.id
            )
        )
        order by organization.created_at, organization.id
    ), '[]')
    from app.organizations as organization
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
