-- Changes of a booking at short notice: by customers whom a reminder asked whether they come. The business that asks gets an
-- answer, and hears of it at once.

-- Says whether a booking begins so soon that its customer may change it no more, unless asked to.
create function app.is_short_notice(p_booking app.bookings) returns boolean
language sql
stable
set search_path = ''
as $$
    select lower((p_booking).period) < app.now() + make_interval(mins => cancel_notice_minutes)
    from app.organizations where id = (p_booking).organization_id
$$;

-- Says whether the customer of a booking was asked at short notice whether to keep it: a reminder of the time that it has
-- now left, or may have, after the notice had begun.
create function app.was_asked_late(p_booking app.bookings) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1
        from app.followups as followup
        inner join app.messages as message
            on message.id = followup.message_id and message.organization_id = followup.organization_id
        inner join app.organizations as organization on organization.id = followup.organization_id
        where followup.booking_id = (p_booking).id and followup.organization_id = (p_booking).organization_id
            and followup.idempotency_key = app.reminder_key(p_booking, followup.variant)
            and message.state in ('sending', 'unknown', 'sent', 'delivered', 'read')
            and coalesce(message.accepted_at, message.unknown_since, app.now())
                > lower((p_booking).period) - make_interval(mins => organization.cancel_notice_minutes)
    )
$$;

-- Says whether a booking is no longer its customer's to change: it begins too soon, and no reminder asked at short notice.
create or replace function app.is_too_late(p_booking app.bookings, p_actor text) returns boolean
language sql
stable
set search_path = ''
as $$
    select p_actor = 'customer' and app.is_short_notice(p_booking) and not app.was_asked_late(p_booking)
$$;

-- Tells the owners of what a customer changed at short notice, in the words that the proposal brings for that
-- ("late_notice", which may be missing). p_booking is as it was before. The notice goes with the reply that proposed the
-- change.
create function app.tell_of_late_change(p_proposal app.proposals, p_booking app.bookings) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.conversation_with(p_proposal.organization_id, p_proposal.conversation_id);
begin
    if v_conversation.audience = 'client' and p_proposal.action ->> 'late_notice' is not null
        and app.is_short_notice(p_booking)
    then
        perform app.tell_owners(v_conversation, p_proposal.action ->> 'late_notice', (
            select id from app.messages
            where conversation_id = v_conversation.id and organization_id = v_conversation.organization_id
                and purpose = 'reply' and answers_seq = p_proposal.turn_seq
            order by seq desc
            limit 1
        ));
    end if;
end
$$;

-- Moves a booking: {"booking_id", "starts_at", "ends_at", "resource"?, "resources"?, "late_notice"?}. It keeps its resource
-- when that is free. The customer's word that he will come was of the old time. What a customer moves at short notice is
-- told to the owners, see app.tell_of_late_change. Returns {"outcome": "done"}, the booking's facts and
-- "starts_at_before", or {"outcome"}: "gone" (not there, over or cancelled), "too_late" (see app.is_too_late), "past",
-- "taken", "blocked".
create or replace function app.execute_move(p_proposal app.proposals) returns jsonb
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
    perform app.tell_of_late_change(p_proposal, v_booking);
    return app.booking_facts(v_moved) || jsonb_build_object('outcome', 'done', 'starts_at_before', lower(v_before));
end
$$;

-- Cancels a booking: {"booking_id", "late_notice"?}. What a customer cancels at short notice is told to the owners, see
-- app.tell_of_late_change. Returns {"outcome": "done"} and its facts, or {"outcome"}: "gone" (not there, over or
-- cancelled already), "too_late" (see app.is_too_late).
create or replace function app.execute_cancel(p_proposal app.proposals) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_actor text := (app.decider_of(p_proposal)).actor;
    v_booking app.bookings := app.booking_in(p_proposal);
    v_cancelled app.bookings;
begin
    if not app.is_to_come(v_booking) then
        return '{"outcome": "gone"}';
    elsif app.is_too_late(v_booking, v_actor) then
        return '{"outcome": "too_late"}';
    end if;
    update app.bookings set status = 'cancelled'
    where id = v_booking.id and organization_id = v_booking.organization_id
    returning * into v_cancelled;
    perform app.note_booking(v_cancelled, 'cancelled', v_actor);
    perform app.tell_of_late_change(p_proposal, v_booking);
    return app.booking_facts(v_cancelled) || '{"outcome": "done"}';
end
$$;

-- What the contact of a conversation has: {"appointments": [the facts of each booking that is not over and "changeable",
-- whether the contact may still move or cancel it, soonest first], "waiting": [{"service_id", "service", "earliest",
-- "latest", "part_of_day"}], "dependents": [{"id", "name", "kind"}]}. Raises PT404.
create or replace function api.appointments_of(p_organization_id uuid, p_conversation_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_contact_id uuid := (app.conversation_with(p_organization_id, p_conversation_id)).contact_id;
begin
    return jsonb_build_object(
        'appointments', (
            select coalesce(
                jsonb_agg(
                    app.booking_facts(booking) || jsonb_build_object(
                        'changeable',
                        app.is_to_come(booking) and not app.is_too_late(booking, 'customer')
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

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
