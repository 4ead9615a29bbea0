-- The calendar: what can be booked, and the bookings of one customer. What is proposed and agreed to is executed here.

-- Whoever books, moves or blocks time of an organization does it alone until the transaction ends: a block is no row that
-- the constraint against double bookings knows, and two inserts that meet under that constraint could wait for each other.
create function app.lock_calendar(p_organization_id uuid) returns void
language sql
set search_path = ''
as $$ select pg_advisory_xact_lock(hashtextextended('calendar ' || p_organization_id::text, 0)) $$;

-- Returns a conversation. Raises PT404.
create function app.conversation_with(p_organization_id uuid, p_conversation_id uuid) returns app.conversations
language plpgsql
stable
set search_path = ''
as $$
declare
    v_conversation app.conversations;
begin
    select * into v_conversation from app.conversations
    where id = p_conversation_id and organization_id = p_organization_id;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no conversation %s', p_organization_id, p_conversation_id),
            hint = 'unknown_conversation';
    end if;
    return v_conversation;
end
$$;

-- Returns the names of what a booking takes one of, in the order in which they are taken.
create function app.resources_of(p_organization_id uuid) returns text[]
language sql
stable
set search_path = ''
as $$
    select coalesce(
        (
            select coalesce(array_agg(name order by position, name) filter (where is_active), '{}') from app.resources
            where organization_id = p_organization_id having count(*) > 0
        ),
        array['main']
    )
$$;

-- Says whether time of a resource is blocked.
create function app.is_blocked(p_organization_id uuid, p_resource text, p_period tstzrange) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.blocks
        where organization_id = p_organization_id and (resource is null or resource = p_resource) and period && p_period
    )
$$;

-- What is known of a booking to whoever may see it: {"booking_id", "contact_id", "contact", "service_id", "service",
-- "resource", "starts_at", "ends_at", "status", "price_cents", "dependent", "confirmed_at", "paid_at", "paid_cents"}.
create function app.booking_facts(p_booking app.bookings) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'booking_id', (p_booking).id,
        'contact_id', (p_booking).contact_id,
        'contact', contact.name,
        'service_id', (p_booking).service_id,
        'service', service.name,
        'resource', (p_booking).resource,
        'starts_at', lower((p_booking).period),
        'ends_at', upper((p_booking).period),
        'status', (p_booking).status,
        'price_cents', (p_booking).price_cents,
        'dependent', (
            select dependent.name from app.dependents as dependent
            where dependent.id = (p_booking).dependent_id and dependent.organization_id = (p_booking).organization_id
        ),
        'confirmed_at', (p_booking).confirmed_at,
        'paid_at', (p_booking).paid_at,
        'paid_cents', (p_booking).paid_cents
    )
    from app.services as service
    inner join app.contacts as contact on contact.organization_id = service.organization_id
    where service.organization_id = (p_booking).organization_id
        and service.id = (p_booking).service_id and contact.id = (p_booking).contact_id
$$;

-- All that decides when something can be booked from one local date through another, as a `Calendar`: {"timezone",
-- "hours", "rules", "resources": [{"name", "hours"}], "bookings": [{"resource", "starts_at", "ends_at"}], "blocks": [the
-- same and "reason"], "services": [{"id", "name", "price_cents", "duration_minutes"}]}. Periods that a slot on one of the
-- dates can touch are complete: a service lasts a day at most. At most 400 days. Raises PT404 and PT400.
create function api.calendar(p_organization_id uuid, p_from date, p_through date) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_range tstzrange;
begin
    if p_from is null or p_through is null or p_through - p_from not between 0 and 400 then
        raise sqlstate 'PT400' using
            message = format('%s to %s is no range of dates', p_from, p_through), hint = 'invalid_range';
    end if;
    v_range := tstzrange(
        p_from::timestamp at time zone v_organization.timezone,
        (p_through + 2)::timestamp at time zone v_organization.timezone
    );
    return jsonb_build_object(
        'timezone', v_organization.timezone,
        'hours', v_organization.business_hours,
        'rules', jsonb_build_object(
            'slot_minutes', v_organization.slot_minutes,
            'notice_minutes', v_organization.booking_notice_minutes,
            'horizon_days', v_organization.booking_horizon_days,
            'cancel_notice_minutes', v_organization.cancel_notice_minutes
        ),
        'resources', app.resource_hours_of(p_organization_id),
        'services', app.bookable_services_of(p_organization_id),
        'bookings', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object('resource', resource, 'starts_at', lower(period), 'ends_at', upper(period))
                    order by period
                ),
                '[]'
            )
            from app.bookings
            where organization_id = p_organization_id and period && v_range and status not in ('cancelled', 'no_show')
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

-- The part of a calendar that resources tell: [{"name", "hours"}], in the order in which they are taken.
create function app.resource_hours_of(p_organization_id uuid) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object('name', named.name, 'hours', known.hours) order by named.place), '[]')
    from unnest(app.resources_of(p_organization_id)) with ordinality as named (name, place)
    left join app.resources as known on known.organization_id = p_organization_id and known.name = named.name
$$;

-- The part of a calendar that services tell: [{"id", "name", "price_cents", "duration_minutes"}] in the business's order.
create function app.bookable_services_of(p_organization_id uuid) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(
        jsonb_agg(
            jsonb_build_object('id', id, 'name', name, 'price_cents', price_cents, 'duration_minutes', duration_minutes)
            order by position, name
        ),
        '[]'
    )
    from app.services
    where organization_id = p_organization_id and is_active
$$;

-- What the contact of a conversation has: {"appointments": [the facts of each booking that is not over and "changeable",
-- whether the contact may still move or cancel it, soonest first], "waiting": [{"service_id", "service", "earliest",
-- "latest", "part_of_day"}], "dependents": [{"id", "name", "kind"}]}. Raises PT404.
create function api.appointments_of(p_organization_id uuid, p_conversation_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_contact_id uuid := (app.conversation_with(p_organization_id, p_conversation_id)).contact_id;
begin
    return jsonb_build_object(
        'appointments', (
            select coalesce(
                jsonb_agg(
                    app.booking_facts(booking) || jsonb_build_object(
                        'changeable',
                        lower(booking.period) >= app.now() + make_interval(mins => v_organization.cancel_notice_minutes)
                    )
                    order by lower(booking.period), booking.id
                ),
                '[]'
            )
            from app.bookings as booking
            where booking.organization_id = p_organization_id and booking.contact_id = v_contact_id
                and booking.status in ('pending', 'confirmed') and upper(booking.period) > app.now()
        ),
        'waiting', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'service_id', waiting.service_id, 'service', service.name, 'earliest', waiting.earliest,
                        'latest', waiting.latest, 'part_of_day', waiting.part_of_day
                    )
                    order by waiting.created_at, waiting.id
                ),
                '[]'
            )
            from app.waiting_list as waiting
            inner join app.services as service
                on service.id = waiting.service_id and service.organization_id = waiting.organization_id
            where waiting.organization_id = p_organization_id and waiting.contact_id = v_contact_id
                and waiting.state = 'waiting'
        ),
        'dependents', (
            select coalesce(
                jsonb_agg(jsonb_build_object('id', id, 'name', name, 'kind', kind) order by created_at, id), '[]'
            )
            from app.dependents
            where organization_id = p_organization_id and contact_id = v_contact_id
        )
    );
end
$$;

-- Who decides a proposal, and whose bookings that person may touch: all of the organization's, or the own.
create type app.decider as (actor text, contact_id uuid);

-- Returns who decides a proposal. Raises PT404.
create function app.decider_of(p_proposal app.proposals) returns app.decider
language plpgsql
stable
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.conversation_with((p_proposal).organization_id, (p_proposal).conversation_id);
begin
    if v_conversation.audience = 'owner' then
        return row ('owner', null)::app.decider;
    end if;
    return row ('customer', v_conversation.contact_id)::app.decider;
end
$$;

-- Locks and returns the booking that a proposal is about, null when there is none that the decider may touch. Somebody
-- else's booking is to a customer as if it did not exist.
create function app.booking_in(p_proposal app.proposals) returns app.bookings
language plpgsql
set search_path = ''
as $$
declare
    v_decider app.decider := app.decider_of(p_proposal);
    v_booking app.bookings;
begin
    select * into v_booking from app.bookings
    where id = ((p_proposal).action ->> 'booking_id')::uuid and organization_id = (p_proposal).organization_id
        and (v_decider.actor = 'owner' or contact_id = v_decider.contact_id)
    for update;
    return v_booking;
end
$$;

-- Writes down what happened to a booking.
create function app.note_booking(p_booking app.bookings, p_event text, p_actor text, p_before tstzrange default null)
returns void
language sql
set search_path = ''
as $$
    insert into app.booking_events (organization_id, booking_id, event, actor, period_before, created_at)
    values ((p_booking).organization_id, (p_booking).id, p_event, p_actor, p_before, app.now())
$$;

-- Returns the period of an action, null when it is none.
create function app.period_in(p_action jsonb) returns tstzrange
language sql
stable
set search_path = ''
as $$
    select case
        when (p_action ->> 'starts_at')::timestamptz < (p_action ->> 'ends_at')::timestamptz
            then tstzrange((p_action ->> 'starts_at')::timestamptz, (p_action ->> 'ends_at')::timestamptz)
    end
$$;

-- Returns the resources that an action may take, in order: the one it names, else those it lists as open then, else all.
create function app.resources_in(p_proposal app.proposals) returns text[]
language sql
stable
set search_path = ''
as $$
    select coalesce(array_agg(named.name order by named.place), '{}')
    from unnest(app.resources_of((p_proposal).organization_id)) with ordinality as named (name, place)
    where case
        when (p_proposal).action ->> 'resource' is not null then named.name = (p_proposal).action ->> 'resource'
        when jsonb_typeof((p_proposal).action -> 'resources') = 'array' then (p_proposal).action -> 'resources' ? named.name
        else true
    end
$$;

-- Books: {"contact_id", "service_id", "starts_at", "ends_at", "resource"?, "resources"?, "dependent_id"?, "price_cents"?}.
-- Returns {"outcome": "done"} and the booking's facts, or {"outcome"}: "taken", "blocked", "past", "gone" (service,
-- contact or dependent), "forbidden" (a customer for somebody else). Hours, notice and horizon were looked at when it was
-- proposed and are not looked at again: who was shown a time may take it while the proposal stands. The customer leaves
-- the waiting list for the service.
create function app.execute_book(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_action jsonb := (p_proposal).action;
    v_organization_id uuid := (p_proposal).organization_id;
    v_contact_id uuid := (v_action ->> 'contact_id')::uuid;
    v_dependent_id uuid := (v_action ->> 'dependent_id')::uuid;
    v_service_id uuid := (v_action ->> 'service_id')::uuid;
    v_period tstzrange := app.period_in(v_action);
    v_decider app.decider := app.decider_of(p_proposal);
    v_outcome text; -- why none of the resources was taken: a booking tells more than a block
    v_resource text;
    v_booking app.bookings;
begin
    if v_decider.actor = 'customer' and v_contact_id is distinct from v_decider.contact_id then
        return '{"outcome": "forbidden"}';
    end if;
    if v_period is null or lower(v_period) <= app.now() then
        return '{"outcome": "past"}';
    end if;
    if not app.can_be_booked(v_organization_id, v_service_id, v_contact_id, v_dependent_id) then
        return '{"outcome": "gone"}';
    end if;
    perform app.lock_calendar(v_organization_id);
    foreach v_resource in array app.resources_in(p_proposal) loop
        if app.is_blocked(v_organization_id, v_resource, v_period) then
            v_outcome := coalesce(v_outcome, 'blocked');
            continue;
        end if;
        begin
            insert into app.bookings (
                organization_id, contact_id, service_id, resource, period, price_cents, dependent_id, source, created_at
            )
            values (
                v_organization_id, v_contact_id, v_service_id, v_resource, v_period,
                (v_action ->> 'price_cents')::integer, v_dependent_id, v_decider.actor, app.now()
            )
            returning * into v_booking;
            exit;
        exception when exclusion_violation then
            v_outcome := 'taken';
        end;
    end loop;
    if v_booking.id is null then
        return jsonb_build_object('outcome', coalesce(v_outcome, 'taken'));
    end if;
    perform app.note_booking(v_booking, 'booked', v_decider.actor);
    update app.waiting_list set state = 'booked'
    where organization_id = v_organization_id and contact_id = v_contact_id and service_id = v_service_id
        and state = 'waiting';
    return app.booking_facts(v_booking) || '{"outcome": "done"}';
end
$$;

-- Says whether a service is sold and a contact is there to book it, for one of its dependents or for itself.
create function app.can_be_booked(p_organization_id uuid, p_service_id uuid, p_contact_id uuid, p_dependent_id uuid)
returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.services where id = p_service_id and organization_id = p_organization_id and is_active
    )
    and exists (
        select 1 from app.contacts
        where id = p_contact_id and organization_id = p_organization_id and erased_at is null
    )
    and (
        p_dependent_id is null
        or exists (
            select 1 from app.dependents
            where id = p_dependent_id and organization_id = p_organization_id and contact_id = p_contact_id
        )
    )
$$;

-- Says whether a booking is still to come and no longer the customer's to change.
create function app.is_too_late(p_booking app.bookings, p_actor text) returns boolean
language sql
stable
set search_path = ''
as $$
    select p_actor = 'customer' and lower((p_booking).period) < app.now() + make_interval(mins => cancel_notice_minutes)
    from app.organizations where id = (p_booking).organization_id
$$;

-- Moves a booking: {"booking_id", "starts_at", "ends_at", "resource"?, "resources"?}. It keeps its resource when that is
-- free. The customer's word that he will come was of the old time. Returns {"outcome": "done"}, the booking's facts and
-- "starts_at_before", or {"outcome"}: "gone" (not there, over or cancelled), "too_late" (a customer within the cancel
-- notice), "past", "taken", "blocked".
create function app.execute_move(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_period tstzrange := app.period_in((p_proposal).action);
    v_actor text := (app.decider_of(p_proposal)).actor;
    v_outcome text; -- why none of the resources was taken: a booking tells more than a block
    v_booking app.bookings;
    v_before tstzrange;
    v_moved app.bookings;
    v_resource text;
begin
    perform app.lock_calendar((p_proposal).organization_id);
    v_booking := app.booking_in(p_proposal);
    if not app.is_to_come(v_booking) then
        return '{"outcome": "gone"}';
    elsif app.is_too_late(v_booking, v_actor) then
        return '{"outcome": "too_late"}';
    elsif v_period is null or lower(v_period) <= app.now() then
        return '{"outcome": "past"}';
    end if;
    v_before := v_booking.period;
    for v_resource in
        select named.name from unnest(app.resources_in(p_proposal)) with ordinality as named (name, place)
        order by named.name <> v_booking.resource, named.place
    loop
        if app.is_blocked(v_booking.organization_id, v_resource, v_period) then
            v_outcome := coalesce(v_outcome, 'blocked');
            continue;
        end if;
        begin
            update app.bookings set period = v_period, resource = v_resource, confirmed_at = null
            where id = v_booking.id and organization_id = v_booking.organization_id
            returning * into v_moved;
            exit;
        exception when exclusion_violation then
            v_outcome := 'taken';
        end;
    end loop;
    if v_moved.id is null then
        return jsonb_build_object('outcome', coalesce(v_outcome, 'taken'));
    end if;
    perform app.note_booking(v_moved, 'moved', v_actor, v_before);
    return app.booking_facts(v_moved) || jsonb_build_object('outcome', 'done', 'starts_at_before', lower(v_before));
end
$$;

-- Says whether a booking is there and has not begun.
create function app.is_to_come(p_booking app.bookings) returns boolean
language sql
stable
set search_path = ''
as $$
    select coalesce((p_booking).status in ('pending', 'confirmed') and lower((p_booking).period) > app.now(), false)
$$;

-- Cancels a booking: {"booking_id"}. Returns {"outcome": "done"} and its facts, or {"outcome"}: "gone" (not there, over or
-- cancelled already), "too_late" (a customer within the cancel notice).
create function app.execute_cancel(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_actor text := (app.decider_of(p_proposal)).actor;
    v_booking app.bookings := app.booking_in(p_proposal);
begin
    if not app.is_to_come(v_booking) then
        return '{"outcome": "gone"}';
    elsif app.is_too_late(v_booking, v_actor) then
        return '{"outcome": "too_late"}';
    end if;
    update app.bookings set status = 'cancelled'
    where id = v_booking.id and organization_id = v_booking.organization_id
    returning * into v_booking;
    perform app.note_booking(v_booking, 'cancelled', v_actor);
    return app.booking_facts(v_booking) || '{"outcome": "done"}';
end
$$;

-- Blocks time: {"starts_at", "ends_at", "resource"?, "reason"?}. Bookings in it stand: the owner is told how many. Returns
-- {"outcome": "done", "block_id", "starts_at", "ends_at", "resource", "bookings"}, or {"outcome"}: "past" (over already),
-- "gone" (there is no such resource), "forbidden" (a customer).
create function app.execute_block(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_action jsonb := (p_proposal).action;
    v_organization_id uuid := (p_proposal).organization_id;
    v_resource text := v_action ->> 'resource';
    v_period tstzrange := app.period_in(v_action);
    v_block_id uuid;
begin
    if (app.decider_of(p_proposal)).actor <> 'owner' then
        return '{"outcome": "forbidden"}';
    elsif v_period is null or upper(v_period) <= app.now() then
        return '{"outcome": "past"}';
    elsif v_resource is not null and v_resource <> all (app.resources_of(v_organization_id)) then
        return '{"outcome": "gone"}';
    end if;
    perform app.lock_calendar(v_organization_id);
    insert into app.blocks (organization_id, resource, period, reason, created_at)
    values (v_organization_id, v_resource, v_period, v_action ->> 'reason', app.now())
    returning id into v_block_id;
    return jsonb_build_object(
        'outcome', 'done',
        'block_id', v_block_id,
        'resource', v_resource,
        'starts_at', lower(v_period),
        'ends_at', upper(v_period),
        'bookings', (
            select count(*) from app.bookings
            where organization_id = v_organization_id and period && v_period
                and (v_resource is null or resource = v_resource)
                and status in ('pending', 'confirmed', 'in_progress')
        )
    );
end
$$;

-- Notes that the customer did not come: {"booking_id"}. Returns {"outcome": "done"} and the booking's facts, or
-- {"outcome"}: "gone" (not there, or cancelled), "not_yet" (it has not begun), "already_done", "paid", "forbidden".
create function app.execute_no_show(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_booking app.bookings;
begin
    if (app.decider_of(p_proposal)).actor <> 'owner' then
        return '{"outcome": "forbidden"}';
    end if;
    v_booking := app.booking_in(p_proposal);
    if v_booking.id is null or v_booking.status = 'cancelled' then
        return '{"outcome": "gone"}';
    elsif v_booking.status = 'no_show' then
        return app.booking_facts(v_booking) || '{"outcome": "already_done"}';
    elsif lower(v_booking.period) > app.now() then
        return '{"outcome": "not_yet"}';
    elsif v_booking.paid_at is not null then
        return app.booking_facts(v_booking) || '{"outcome": "paid"}';
    end if;
    update app.bookings set status = 'no_show'
    where id = v_booking.id and organization_id = v_booking.organization_id
    returning * into v_booking;
    perform app.note_booking(v_booking, 'no_show', 'owner');
    return app.booking_facts(v_booking) || '{"outcome": "done"}';
end
$$;

-- Notes a payment: {"booking_id", "cents"?}; without an amount, of the price agreed. A booking that has begun is completed
-- by it, one that is paid in advance is not. Returns {"outcome": "done"} and the booking's facts, or {"outcome"}: "gone"
-- (not there, cancelled or not come), "already_done" (paid), "no_amount" (none said, none agreed), "forbidden".
create function app.execute_paid(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_cents integer;
    v_completes boolean;
    v_booking app.bookings;
begin
    if (app.decider_of(p_proposal)).actor <> 'owner' then
        return '{"outcome": "forbidden"}';
    end if;
    v_booking := app.booking_in(p_proposal);
    v_cents := coalesce(((p_proposal).action ->> 'cents')::integer, v_booking.price_cents);
    if v_booking.id is null or v_booking.status in ('cancelled', 'no_show') then
        return '{"outcome": "gone"}';
    elsif v_booking.paid_at is not null then
        return app.booking_facts(v_booking) || '{"outcome": "already_done"}';
    elsif v_cents is null then
        return '{"outcome": "no_amount"}';
    end if;
    v_completes := v_booking.status <> 'completed' and lower(v_booking.period) <= app.now();
    update app.bookings
    set paid_at = app.now(), paid_cents = v_cents, status = case when v_completes then 'completed' else status end
    where id = v_booking.id and organization_id = v_booking.organization_id
    returning * into v_booking;
    perform app.note_booking(v_booking, 'paid', 'owner');
    if v_completes then
        perform app.note_booking(v_booking, 'completed', 'owner');
    end if;
    return app.booking_facts(v_booking) || '{"outcome": "done"}';
end
$$;

-- The contact of a conversation says that he will come. Returns {"outcome": "done"} and the booking's facts, the same when
-- repeated, or {"outcome": "gone"} for what is not the contact's, over or cancelled. Raises PT404.
create function api.confirm_presence(p_organization_id uuid, p_conversation_id uuid, p_booking_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact_id uuid := (app.conversation_with(p_organization_id, p_conversation_id)).contact_id;
    v_booking app.bookings;
begin
    select * into v_booking from app.bookings
    where id = p_booking_id and organization_id = p_organization_id and contact_id = v_contact_id
    for update;
    if not app.is_to_come(v_booking) then
        return '{"outcome": "gone"}';
    end if;
    if v_booking.confirmed_at is null then
        update app.bookings set confirmed_at = app.now(), status = 'confirmed'
        where id = v_booking.id and organization_id = p_organization_id
        returning * into v_booking;
        perform app.note_booking(v_booking, 'confirmed', 'customer');
    end if;
    return app.booking_facts(v_booking) || '{"outcome": "done"}';
end
$$;

-- Puts the contact of a conversation on the waiting list for a service, between two local dates (null: any). Who waits
-- already keeps the place and gets the new wishes. Returns {"outcome": "done", "service"}, or {"outcome": "gone"} for a
-- service that is not sold. Raises PT404.
create function api.join_waiting_list(
    p_organization_id uuid,
    p_conversation_id uuid,
    p_service_id uuid,
    p_earliest date,
    p_latest date,
    p_part_of_day text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact_id uuid := (app.conversation_with(p_organization_id, p_conversation_id)).contact_id;
    v_service text;
begin
    select name into v_service from app.services
    where id = p_service_id and organization_id = p_organization_id and is_active;
    if not found then
        return '{"outcome": "gone"}';
    end if;
    insert into app.waiting_list (
        organization_id, contact_id, service_id, earliest, latest, part_of_day, created_at
    )
    values (p_organization_id, v_contact_id, p_service_id, p_earliest, p_latest, p_part_of_day, app.now())
    on conflict (organization_id, contact_id, service_id) where state = 'waiting'
    do update set earliest = excluded.earliest, latest = excluded.latest, part_of_day = excluded.part_of_day;
    return jsonb_build_object('outcome', 'done', 'service', v_service);
end
$$;

-- Takes the contact of a conversation off the waiting list for a service, or for all (null). Returns {"outcome": "done",
-- "services": [the names of those left, none when repeated]}. Raises PT404.
create function api.leave_waiting_list(p_organization_id uuid, p_conversation_id uuid, p_service_id uuid default null)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact_id uuid := (app.conversation_with(p_organization_id, p_conversation_id)).contact_id;
    v_services jsonb;
begin
    with gone as (
        update app.waiting_list set state = 'left'
        where organization_id = p_organization_id and contact_id = v_contact_id and state = 'waiting'
            and (p_service_id is null or service_id = p_service_id)
        returning service_id
    )
    select coalesce(jsonb_agg(service.name order by service.position, service.name), '[]') into v_services
    from gone
    inner join app.services as service on service.id = gone.service_id and service.organization_id = p_organization_id;
    return jsonb_build_object('outcome', 'done', 'services', v_services);
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
