-- A visit takes place unless somebody says otherwise: nobody tells for each one that the customer came.
--
-- A booking is completed once its period has ended, so that it counts as done, feedback is asked for and the person's
-- rhythm is known. An owner may still say that the customer did not come: app.execute_no_show takes a completed booking,
-- and its follow-ups are called off.

-- What completes by itself is nobody's act.
alter table app.booking_events
drop constraint booking_events_actor_check,
add constraint booking_events_actor_check check (actor in ('customer', 'owner', 'system'));

-- What can still end: the one for all, the other for one organization. Both are as small as what is to come.
create index bookings_ending on app.bookings (upper(period), id)
where status in ('pending', 'confirmed', 'in_progress');
create index bookings_ending_of on app.bookings (organization_id, upper(period))
where status in ('pending', 'confirmed', 'in_progress');

-- Completes bookings that have ended and stand. Returns how many those were: what somebody else decided meanwhile is left
-- as it is. Those of one person come one after the other, so that two transactions that plan the same feedback request
-- meet in one order.
create function app.complete_bookings(p_ids uuid[]) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_id uuid;
    v_booking app.bookings;
    v_completed integer := 0;
begin
    for v_id in select id from app.bookings where id = any(p_ids) order by contact_id, id loop
        update app.bookings set status = 'completed'
        where id = v_id and status in ('pending', 'confirmed', 'in_progress') and upper(period) <= app.now()
        returning * into v_booking;
        if found then
            perform app.note_booking(v_booking, 'completed', 'system');
            v_completed := v_completed + 1;
        end if;
    end loop;
    return v_completed;
end
$$;

-- Completes at most p_limit bookings of all organizations whose period has ended, those that ended first first. Returns
-- how many: p_limit says that there may be more.
--
-- Also those of organizations that are switched off and of people who opted out or were erased: the visit took place, and
-- nothing is planned for who must not be written to. What ended more than three days ago, such as an imported history, is
-- completed without aftercare: see app.plan_aftercare. A booking that somebody else holds is left for the next time.
create function app.complete_visits(p_limit integer) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_ids uuid[];
begin
    select array_agg(id) into v_ids
    from (
        select id from app.bookings
        where status in ('pending', 'confirmed', 'in_progress') and upper(period) <= app.now()
        order by upper(period), id
        limit p_limit
        for update skip locked
    ) as ended;
    return app.complete_bookings(v_ids);
end
$$;

-- Completes the bookings of one organization whose period has ended, all but those that somebody else holds. Whoever tells
-- an owner how the day was does this first.
create function app.complete_visits_of(p_organization_id uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_ids uuid[];
begin
    select array_agg(id) into v_ids
    from (
        select id from app.bookings
        where organization_id = p_organization_id
            and status in ('pending', 'confirmed', 'in_progress') and upper(period) <= app.now()
        for update skip locked
    ) as ended;
    perform app.complete_bookings(v_ids);
end
$$;
