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

-- The part that appointments tell. One belongs to the period in which it takes place.
--
-- Done ones had ended at the cut, so that a part that goes on compares with one that is long over: what is under way is
-- done in neither. Whatever is completed by now is done now. Missed ones had begun at the cut; cancelled ones had been
-- cancelled by then, also when they were still to come; upcoming ones stood then and were to come in the rest of the
-- period. Revenue is what was paid by then, else the price of what was done; it is null when none of what was done
-- (`unpriced`) has a price.
create or replace function app.appointment_figures(p_organization app.organizations, p_part app.part) returns jsonb
language sql
stable
set search_path = ''
as $$
    with booked as (
        select
            booking.*,
            -- Whoever came before the time is served, and no longer to come.
            lower(booking.period) < (p_part).cut
            or ((p_part).cut = app.now() and booking.status in ('completed', 'no_show')) as is_past,
            booking.status = 'completed'
            and (upper(booking.period) <= (p_part).cut or (p_part).cut = app.now()) as is_done,
            (
                select max(created_at) from app.booking_events
                where booking_id = booking.id and event = 'cancelled'
            ) as cancelled_at,
            case
                when booking.paid_at is not null then booking.paid_cents
                when booking.status = 'completed' then booking.price_cents
            end as cents
        from app.bookings as booking
        where booking.organization_id = (p_organization).id
            and lower(booking.period) >= (p_part).starts_at and lower(booking.period) < (p_part).ends_at
    ),
    counted as (
        select
            count(*) filter (where is_done) as done,
            count(*) filter (where status = 'no_show' and is_past) as no_show,
            count(*) filter (
                where status = 'cancelled'
                    and (is_past or coalesce(cancelled_at, created_at) <= (p_part).cut)
            ) as cancelled,
            count(*) filter (
                where not is_past and created_at <= (p_part).cut
                    and (status <> 'cancelled' or cancelled_at > (p_part).cut)
            ) as upcoming,
            sum(cents) filter (where is_done or paid_at <= (p_part).cut) as revenue,
            count(*) filter (where is_done and cents is null) as unpriced
        from booked
    ),
    known as (
        select
            min(least(lower(period), created_at)) as first_at,
            min(least(lower(period), created_at)) filter (
                where paid_at is not null or (status = 'completed' and price_cents is not null)
            ) as first_revenue_at
        from app.bookings where organization_id = (p_organization).id
    )
    select case
        when app.is_known(p_organization, known.first_at, p_part) then jsonb_build_object(
            'done', counted.done,
            'cancelled', counted.cancelled,
            'no_show', counted.no_show,
            'upcoming', counted.upcoming,
            'unpriced', counted.unpriced
        )
        else '{"done": null, "cancelled": null, "no_show": null, "upcoming": null, "unpriced": null}'
    end
    || jsonb_build_object(
        'revenue_cents', case
            when app.is_known(p_organization, known.first_revenue_at, p_part)
                then coalesce(counted.revenue, case when counted.unpriced = 0 then 0 end)
        end
    )
    from counted cross join known
$$;
