-- What an operator says of a business: its services, when it opens, how it may be booked, when it is closed.

-- Services.

-- A service as operators see it.
create function app.service_entry(p_service app.services) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'name', (p_service).name,
        'description', (p_service).description,
        'price_cents', (p_service).price_cents,
        'duration_minutes', (p_service).duration_minutes,
        'position', (p_service).position
    )
$$;

-- Returns the services that are sold, in the business's own order: [{"name", "description", "price_cents",
-- "duration_minutes", "position"}]. Raises PT404.
create function api.list_services(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(app.service_entry(service) order by service.position, service.name), '[]')
        from app.services as service
        where service.organization_id = v_organization.id and service.is_active
    );
end
$$;

-- Adds a service and returns {"outcome": "added", "service"}, or {"outcome": "exists"} when one of that name, case and
-- accents aside, is sold already. p_service is {"name", "description", "price_cents", "duration_minutes", "position"}; all
-- but the name may be missing, without a position it comes last. What was once removed is sold again, as it is described
-- now. Raises PT404, and 23514 for a value that no service can have.
create function api.add_service(p_organization_id uuid, p_service jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations;
    v_service app.services;
begin
    -- Two who add the same service at once make one.
    select * into v_organization from app.organizations where id = p_organization_id for update;
    v_organization := app.organization_of(p_organization_id);
    select * into v_service from app.services
    where organization_id = v_organization.id and app.folded(name) = app.folded(p_service ->> 'name')
    order by is_active desc limit 1;
    if v_service.is_active then
        return jsonb_build_object('outcome', 'exists', 'service', app.service_entry(v_service));
    end if;
    insert into app.services (organization_id, name, description, price_cents, duration_minutes, position)
    values (
        v_organization.id,
        coalesce(v_service.name, trim(p_service ->> 'name')),
        p_service ->> 'description',
        (p_service ->> 'price_cents')::integer,
        (p_service ->> 'duration_minutes')::integer,
        coalesce(
            (p_service ->> 'position')::integer,
            (select coalesce(max(position), 0) + 1 from app.services where organization_id = v_organization.id and is_active)
        )
    )
    on conflict (organization_id, name) do update
    set description = excluded.description,
        price_cents = excluded.price_cents,
        duration_minutes = excluded.duration_minutes,
        position = excluded.position,
        is_active = true
    returning * into v_service;
    return jsonb_build_object('outcome', 'added', 'service', app.service_entry(v_service));
end
$$;

-- Returns a service that is sold, by its name, case and accents aside. Raises PT404 (hint `unknown_service`).
create function app.service_named(p_organization_id uuid, p_name text) returns app.services
language plpgsql
stable
set search_path = ''
as $$
declare
    v_service app.services;
begin
    select * into v_service from app.services
    where organization_id = p_organization_id and is_active and app.folded(name) = app.folded(p_name);
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s sells no such service', p_organization_id), hint = 'unknown_service';
    end if;
    return v_service;
end
$$;

-- Changes a service and returns it. p_changes has the keys of api.add_service; what is not in it stays, null is not stated.
-- Bookings keep the price that was agreed. Raises PT404 (hint `unknown_service`), PT422 (hint `service_exists`) for a name
-- that another service has, 23514 for a value that no service can have.
create function api.change_service(p_organization_id uuid, p_name text, p_changes jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_service app.services := app.service_named(p_organization_id, p_name);
    v_changed app.services := jsonb_populate_record(v_service, p_changes - array['id', 'organization_id', 'is_active']);
begin
    if exists (
        select 1 from app.services
        where organization_id = p_organization_id and id <> v_service.id and app.folded(name) = app.folded(v_changed.name)
    ) then
        raise sqlstate 'PT422' using
            message = 'another service, on the list or removed, has this name', hint = 'service_exists';
    end if;
    update app.services
    set name = trim(v_changed.name),
        description = v_changed.description,
        price_cents = v_changed.price_cents,
        duration_minutes = v_changed.duration_minutes,
        position = v_changed.position
    where id = v_service.id and organization_id = p_organization_id
    returning * into v_service;
    return app.service_entry(v_service);
end
$$;

-- Takes a service off the list and returns it. Its bookings stay. Raises PT404 (hint `unknown_service`).
create function api.remove_service(p_organization_id uuid, p_name text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_service app.services := app.service_named(p_organization_id, p_name);
begin
    update app.services set is_active = false where id = v_service.id and organization_id = p_organization_id;
    return app.service_entry(v_service);
end
$$;

-- Hours and rules.

-- Returns when a business opens and how it may be booked: {"timezone", "business_hours", "booking_notice_minutes",
-- "booking_horizon_days", "cancel_notice_minutes", "slot_minutes", "resources": [{"name", "hours": null for the business
-- hours}]}, see app.organizations. Raises PT404.
create function api.business_rules(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return jsonb_build_object(
        'timezone', v_organization.timezone,
        'business_hours', v_organization.business_hours,
        'booking_notice_minutes', v_organization.booking_notice_minutes,
        'booking_horizon_days', v_organization.booking_horizon_days,
        'cancel_notice_minutes', v_organization.cancel_notice_minutes,
        'slot_minutes', v_organization.slot_minutes,
        'resources', (
            select coalesce(jsonb_agg(
                jsonb_build_object('name', resource.name, 'hours', resource.hours)
                order by resource.position, resource.name
            ), '[]')
            from app.resources as resource
            where resource.organization_id = v_organization.id and resource.is_active
        )
    );
end
$$;

-- Changes when a business opens and how it may be booked, and returns api.business_rules. p_changes may have each of its
-- keys but the time zone and the resources; of the business hours, the days that are given, null for a day that is not
-- stated any more. Raises PT404, 23514 for a value that cannot be.
create function api.change_business_rules(p_organization_id uuid, p_changes jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    update app.organizations
    set business_hours = jsonb_strip_nulls(business_hours || coalesce(p_changes -> 'business_hours', '{}')),
        booking_notice_minutes = coalesce((p_changes ->> 'booking_notice_minutes')::integer, booking_notice_minutes),
        booking_horizon_days = coalesce((p_changes ->> 'booking_horizon_days')::integer, booking_horizon_days),
        cancel_notice_minutes = coalesce((p_changes ->> 'cancel_notice_minutes')::integer, cancel_notice_minutes),
        slot_minutes = coalesce((p_changes ->> 'slot_minutes')::integer, slot_minutes)
    where id = v_organization.id;
    return api.business_rules(v_organization.id);
end
$$;

-- Adds a chair, room or person that a booking takes, or changes its hours, and returns api.business_rules. p_hours is null
-- for the business hours. The number of resources is how many bookings there can be at once. Raises PT404, 23514.
create function api.put_resource(p_organization_id uuid, p_name text, p_hours jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    insert into app.resources (organization_id, name, hours, position)
    select v_organization.id, trim(p_name), nullif(p_hours, 'null'), coalesce(max(position), 0) + 1
    from app.resources where organization_id = v_organization.id
    on conflict (organization_id, name) do update set hours = excluded.hours, is_active = true;
    return api.business_rules(v_organization.id);
end
$$;

-- Takes a resource out of service and returns api.business_rules. Its bookings stay. Raises PT404 (hint
-- `unknown_resource`).
create function api.remove_resource(p_organization_id uuid, p_name text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
    update app.resources set is_active = false
    where organization_id = p_organization_id and name = trim(p_name) and is_active;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no such resource', p_organization_id), hint = 'unknown_resource';
    end if;
    return api.business_rules(p_organization_id);
end
$$;

-- Blocked time.

-- A block as operators see it: {"id", "resource": null for all, "starts", "ends": local wall-clock times, "reason"}.
create function app.block_entry(p_block app.blocks, p_timezone text) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_block).id,
        'resource', (p_block).resource,
        'starts', lower((p_block).period) at time zone p_timezone,
        'ends', upper((p_block).period) at time zone p_timezone,
        'reason', (p_block).reason
    )
$$;

-- Returns the blocks that are not over, the next one first. Raises PT404.
create function api.list_blocks(p_organization_id uuid) returns jsonb
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
            app.block_entry(block, v_organization.timezone) order by lower(block.period), block.created_at
        ), '[]')
        from app.blocks as block
        where block.organization_id = v_organization.id and upper(block.period) > app.now()
    );
end
$$;

-- Blocks time and returns the block, and how many bookings lie in it: "bookings"; they stay. p_block is {"starts", "ends":
-- local wall-clock times, "resource", "reason"}. The same block again is the same. Raises PT404 for an organization or a
-- resource that is not there (hint `unknown_resource`), 23514 for a time that ends before it starts.
create function api.add_block(p_organization_id uuid, p_block jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_resource text := p_block ->> 'resource';
    v_starts timestamptz := (p_block ->> 'starts')::timestamp at time zone v_organization.timezone;
    v_ends timestamptz := (p_block ->> 'ends')::timestamp at time zone v_organization.timezone;
    v_block app.blocks;
begin
    if v_resource is not null and not exists (
        select 1 from app.resources where organization_id = v_organization.id and name = v_resource and is_active
    ) then
        raise sqlstate 'PT404' using
            message = format('organization %s has no such resource', p_organization_id), hint = 'unknown_resource';
    end if;
    if v_starts is null or v_ends is null or v_starts >= v_ends then
        raise sqlstate '23514' using message = 'a block ends after it starts', hint = 'empty_block';
    end if;
    select * into v_block from app.blocks
    where organization_id = v_organization.id and period = tstzrange(v_starts, v_ends)
        and resource is not distinct from v_resource;
    if not found then
        insert into app.blocks (organization_id, resource, period, reason)
        values (v_organization.id, v_resource, tstzrange(v_starts, v_ends), p_block ->> 'reason')
        returning * into v_block;
    end if;
    return app.block_entry(v_block, v_organization.timezone) || jsonb_build_object('bookings', (
        select count(*) from app.bookings
        where organization_id = v_organization.id and period && v_block.period
            and status in ('pending', 'confirmed', 'in_progress') and resource = coalesce(v_resource, resource)
    ));
end
$$;

-- Gives blocked time free and returns the block. Raises PT404 (hint `unknown_block`).
create function api.remove_block(p_organization_id uuid, p_block_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_block app.blocks;
begin
    delete from app.blocks where id = p_block_id and organization_id = v_organization.id
    returning * into v_block;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no block %s', p_organization_id, p_block_id), hint = 'unknown_block';
    end if;
    return app.block_entry(v_block, v_organization.timezone);
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
