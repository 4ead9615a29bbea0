-- The figures of a business, each beside those of the same part of an earlier period.

drop function api.today_summary(uuid);
drop function app.appointments_between(uuid, timestamptz, timestamptz);
drop function app.conversations_between(uuid, timestamptz, timestamptz);

create index messages_received on app.messages (organization_id, created_at) where direction = 'inbound';

-- A period and how much of it counts: all that was so at `cut`.
create type app.part as (starts_at timestamptz, ends_at timestamptz, cut timestamptz);

-- Returns the part, up to a local time, of the day, week (from Monday) or month that holds it. Bounds are computed in local
-- time: a day has 23 or 25 hours where the clock changes.
create function app.part_until(p_timezone text, p_local timestamp, p_unit text) returns app.part
language sql
stable
set search_path = ''
as $$
    select (
        date_trunc(p_unit, p_local) at time zone p_timezone,
        (date_trunc(p_unit, p_local) + ('1 ' || p_unit)::interval) at time zone p_timezone,
        p_local at time zone p_timezone
    )::app.part
$$;

-- The figures of the organization's local day, week or month so far, and of the same part of an earlier one.
--
-- p_period is `today`, `week` or `month`. Today is compared with the same weekday of last week up to the same time, a week
-- with the last one, a month with the last one up to the same day and time, which is that one's last day where it is
-- shorter (31 March: 28 February). Returns {"period", "from": date, "compared_with": {"from", "through": dates},
-- "currency", "now", "before"}, the last two as app.figures_of tells. Raises PT404 and PT422 (hint `unknown_period`).
create function api.figures(p_organization_id uuid, p_period text) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_zone text := v_organization.timezone;
    v_local timestamp := app.now() at time zone v_zone;
    v_unit text := case p_period when 'today' then 'day' when 'week' then 'week' when 'month' then 'month' end;
    v_earlier timestamp := v_local - case when p_period = 'month' then interval '1 month' else interval '7 days' end;
    v_now app.part := app.part_until(v_zone, v_local, v_unit);
    v_before app.part := app.part_until(v_zone, v_earlier, v_unit);
begin
    if v_unit is null then
        raise sqlstate 'PT422' using
            message = 'a period is today, week or month', hint = 'unknown_period';
    end if;
    v_now.cut := app.now(); -- which the wall clock may show twice
    return jsonb_build_object(
        'period', p_period,
        'from', date_trunc(v_unit, v_local)::date,
        'compared_with', jsonb_build_object(
            'from', date_trunc(v_unit, v_earlier)::date, 'through', v_earlier::date
        ),
        'currency', v_organization.currency,
        'now', app.figures_of(v_organization, v_now),
        'before', app.figures_of(v_organization, v_before)
    );
end
$$;

-- Says whether a count of one kind of row means something: there is such a row, the first of them from p_first, and the
-- part had not ended before there was the organization or that row.
create function app.is_known(p_organization app.organizations, p_first timestamptz, p_part app.part) returns boolean
language sql
immutable
set search_path = ''
as $$
    select p_first is not null and (p_part).cut >= least(p_first, (p_organization).created_at)
$$;

-- The part that appointments tell. One belongs to the period in which it takes place.
--
-- Done and missed ones had begun at the cut; cancelled ones had been cancelled by then, also when they were still to come;
-- upcoming ones stood then and were to come in the rest of the period. Revenue is what was paid, else the price of what
-- was completed; it is null when none of what was completed (`unpriced`) has a price.
create function app.appointment_figures(p_organization app.organizations, p_part app.part) returns jsonb
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
            count(*) filter (where status = 'completed' and is_past) as done,
            count(*) filter (where status = 'no_show' and is_past) as no_show,
            count(*) filter (
                where status = 'cancelled'
                    and (is_past or coalesce(cancelled_at, created_at) <= (p_part).cut)
            ) as cancelled,
            count(*) filter (
                where not is_past and created_at <= (p_part).cut
                    and (status <> 'cancelled' or cancelled_at > (p_part).cut)
            ) as upcoming,
            sum(cents) filter (where is_past or paid_at <= (p_part).cut) as revenue,
            count(*) filter (where status = 'completed' and cents is null and is_past) as unpriced
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

-- The part that conversations with clients tell. One counts once, in the period in which the client wrote: as waiting for
-- an answer at the cut before handed over before answered.
create function app.conversation_figures(p_organization app.organizations, p_part app.part) returns jsonb
language sql
stable
set search_path = ''
as $$
    with touched as (
        select
            message.conversation_id,
            bool_or(
                message.decision is null and (message.answered_by is null or reply.created_at > (p_part).cut)
            ) as waiting,
            bool_or(
                coalesce(message.decision = 'handed_over', false)
                or coalesce(
                    conversation.handed_over_at >= (p_part).starts_at and conversation.handed_over_at <= (p_part).cut,
                    false
                )
            ) as handed_over,
            bool_or(message.answered_by is not null) as answered
        from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        left join app.messages as reply on reply.id = message.answered_by
        where message.organization_id = (p_organization).id and conversation.audience = 'client'
            and message.direction = 'inbound'
            and message.created_at >= (p_part).starts_at and message.created_at <= (p_part).cut
        group by message.conversation_id
    ),
    known as (
        select min(created_at) as first_at from app.conversations
        where organization_id = (p_organization).id and audience = 'client'
    )
    select case
        when app.is_known(p_organization, known.first_at, p_part) then (
            select jsonb_build_object(
                'answered', count(*) filter (where answered and not handed_over and not waiting),
                'handed_over', count(*) filter (where handed_over and not waiting),
                'waiting', count(*) filter (where waiting)
            )
            from touched
        )
        else '{"answered": null, "handed_over": null, "waiting": null}'
    end
    from known
$$;

-- The figures of one part of a period: {"done", "cancelled", "no_show", "upcoming", "revenue_cents", "unpriced",
-- "new_contacts", "answered", "handed_over", "waiting", "spend_micros"}. Null is no data, never zero: see app.is_known.
create function app.figures_of(p_organization app.organizations, p_part app.part) returns jsonb
language sql
stable
set search_path = ''
as $$
    select app.appointment_figures(p_organization, p_part)
        || app.conversation_figures(p_organization, p_part)
        || jsonb_build_object(
            'new_contacts', case when app.is_known(p_organization, contacts.first_at, p_part) then contacts.people end,
            'spend_micros', case when app.is_known(p_organization, calls.first_at, p_part) then calls.micros end
        )
    from (
        select
            min(contact.created_at) as first_at,
            count(*) filter (
                where contact.created_at >= (p_part).starts_at and contact.created_at <= (p_part).cut
            ) as people
        from app.contacts as contact
        where contact.organization_id = (p_organization).id
            and exists (
                select 1 from app.conversations as conversation
                where conversation.contact_id = contact.id and conversation.audience = 'client'
            )
    ) as contacts
    cross join (
        select
            min(created_at) as first_at,
            coalesce(
                sum(cost_micros) filter (where created_at >= (p_part).starts_at and created_at <= (p_part).cut), 0
            ) as micros
        from app.ai_interactions where organization_id = (p_organization).id
    ) as calls
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
