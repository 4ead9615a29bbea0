-- routine.fan_out: who is due at a local time of a zone, page by page.

-- The moment at which a zone's clocks first show a local time of a date or, when they skip it, a later one: after the
-- gap of a spring night, and the first of the two in an autumn night.
create function app.local_moment(p_local_date date, p_local_time time, p_timezone text) returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
    v_local timestamp := p_local_date + p_local_time;
    v_moment timestamptz := v_local at time zone p_timezone;
    v_day constant interval := '24 hours';
begin
    -- On all but a few days of the year the clocks stay as they are.
    if ((v_moment - v_day) at time zone p_timezone) = v_local - v_day
        and ((v_moment + v_day) at time zone p_timezone) = v_local + v_day
    then
        return v_moment;
    end if;
    return (
        select min(minute)
        from generate_series(v_moment - interval '3 hours', v_moment, '1 minute') as minute
        where (minute at time zone p_timezone) >= v_local
    );
end
$$;

alter table app.proactive_fanouts
-- An operator began it, whatever the hour and whether or not it is paused: its window begins with itself.
add column forced boolean not null default false;

create index proactive_fanouts_running on app.proactive_fanouts (touched_at) where state = 'running';

-- Begins, or takes up again, the run of a schedule on a local date.
--
-- Without p_local_date it is the one whose due moment is nearest; p_weekdays, ISO, are the days the routine has, null:
-- all. p_forced begins it although its window has passed or it is paused, also when it was skipped. Returns {"outcome",
-- "local_date", "cursor", "retry_after", "expires_at"} with
--   started   it begins now, and lasts until "expires_at"
--   continue  it has begun; "cursor" is the last organization whose job is known to be published, or null
--   done      it is over, or was skipped
--   late      its window of p_window_seconds has passed: it is recorded as skipped
--   early     its moment comes in "retry_after" seconds
--   paused    nothing is run until it is resumed
create function api.begin_fanout(
    p_kind text, p_timezone text, p_local_time time, p_window_seconds double precision,
    p_local_date date default null, p_weekdays integer [] default null, p_forced boolean default false
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_window interval := make_interval(secs => p_window_seconds);
    v_date date := coalesce(p_local_date, app.nearest_date(p_local_time, p_timezone, p_weekdays));
    v_due_at timestamptz := app.local_moment(v_date, p_local_time, p_timezone);
    v_fanout app.proactive_fanouts;
    v_outcome text;
begin
    select * into v_fanout from app.proactive_fanouts
    where kind = p_kind and timezone = p_timezone and local_time = p_local_time and local_date = v_date
    for update;
    v_outcome := app.fanout_outcome(
        v_fanout, v_due_at, v_window, app.is_paused(p_kind, p_timezone, p_local_time), p_forced
    );
    if v_outcome in ('started', 'late') then
        insert into app.proactive_fanouts as fanout (
            kind, timezone, local_time, local_date, state, finished_at, forced
        )
        values (
            p_kind, p_timezone, p_local_time, v_date,
            case v_outcome when 'late' then 'skipped' else 'running' end,
            case v_outcome when 'late' then app.now() end,
            p_forced
        )
        on conflict (kind, timezone, local_time, local_date) do update
        set state = excluded.state,
            finished_at = excluded.finished_at,
            started_at = excluded.started_at,
            touched_at = excluded.touched_at,
            forced = fanout.forced or excluded.forced
        -- Another may have begun it meanwhile.
        where p_forced or (v_outcome = 'late' and fanout.state = 'running')
        returning * into v_fanout;
        if not found and v_outcome = 'started' then
            v_outcome := 'continue';
        end if;
    end if;
    return jsonb_build_object(
        'outcome', v_outcome,
        'local_date', v_date,
        'cursor', v_fanout.cursor,
        'retry_after', app.seconds_until(v_due_at),
        'expires_at', app.fanout_since(v_fanout, v_due_at) + v_window
    );
end
$$;

-- Returns what api.begin_fanout would do now, and does nothing: {"outcome", "local_date", "state" of its record, null
-- when there is none, "today": the zone's date}.
create function api.fanout_outlook(
    p_kind text, p_timezone text, p_local_time time, p_window_seconds double precision,
    p_local_date date default null, p_weekdays integer [] default null, p_forced boolean default false
) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_date date := coalesce(p_local_date, app.nearest_date(p_local_time, p_timezone, p_weekdays));
    v_due_at timestamptz := app.local_moment(v_date, p_local_time, p_timezone);
    v_fanout app.proactive_fanouts;
begin
    select * into v_fanout from app.proactive_fanouts
    where kind = p_kind and timezone = p_timezone and local_time = p_local_time and local_date = v_date;
    return jsonb_build_object(
        'outcome', app.fanout_outcome(
            v_fanout, v_due_at, make_interval(secs => p_window_seconds),
            app.is_paused(p_kind, p_timezone, p_local_time), p_forced
        ),
        'local_date', v_date,
        'state', v_fanout.state,
        'today', (app.now() at time zone p_timezone)::date
    );
end
$$;

-- Returns when the window of a fan-out begins.
create function app.fanout_since(p_fanout app.proactive_fanouts, p_due_at timestamptz) returns timestamptz
language sql
immutable
set search_path = ''
as $$ select case when p_fanout.forced then p_fanout.started_at else p_due_at end $$;

-- Decides what api.begin_fanout does with the record that there is, null when there is none.
create function app.fanout_outcome(
    p_fanout app.proactive_fanouts, p_due_at timestamptz, p_window interval, p_is_paused boolean, p_forced boolean
) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when app.now() < p_due_at then 'early'
        when p_fanout.state = 'done' or (p_fanout.state = 'skipped' and not p_forced) then 'done'
        when p_is_paused and not (p_forced or coalesce(p_fanout.forced, false)) then 'paused'
        when p_fanout.state = 'running' and app.now() < app.fanout_since(p_fanout, p_due_at) + p_window then 'continue'
        when p_forced then 'started'
        when p_fanout.state is null and app.now() < p_due_at + p_window then 'started'
        else 'late'
    end
$$;

-- Tells whether a routine is run for nobody at a local time of a zone, see api.pause_schedule.
create function app.is_paused(p_kind text, p_timezone text, p_local_time time) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.paused_schedules
        where kind = p_kind and timezone = p_timezone and local_time = p_local_time
    )
$$;

-- Returns the local date of the due moment of a schedule that is nearest, whether it has come or not.
create function app.nearest_date(p_local_time time, p_timezone text, p_weekdays integer []) returns date
language sql
stable
set search_path = ''
as $$
    select day.local_date
    from (
        select (app.now() at time zone p_timezone)::date + shift as local_date
        from generate_series(-7, 7) as shift
    ) as day
    where p_weekdays is null or extract(isodow from day.local_date)::integer = any(p_weekdays)
    order by abs(extract(epoch from app.local_moment(day.local_date, p_local_time, p_timezone) - app.now()))
    limit 1
$$;

-- Returns the next page of who is due: {"organizations": [id], "cursor", "done"}.
--
-- Asking for what comes after p_cursor says that all through it are published, p_published of them since the cursor
-- before: that is what a run that starts anew goes on from. Who has a run of that date that is over is left out.
-- `done`: nobody comes after p_cursor, and the fan-out is over.
create function api.fanout_page(
    p_kind text, p_timezone text, p_local_time time, p_local_date date, p_cursor uuid default null,
    p_limit integer default 500, p_published integer default 0
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organizations uuid [];
    v_cursor uuid;
begin
    select
        array_agg(due.organization_id order by due.organization_id) filter (where due.is_open),
        (array_agg(due.organization_id order by due.organization_id desc))[1]
    into v_organizations, v_cursor
    from app.due_organizations(p_kind, p_timezone, p_local_time, p_local_date, p_cursor, p_limit) as due;

    update app.proactive_fanouts as fanout
    set cursor = greatest(fanout.cursor, p_cursor),
        -- Of two that overlap, the one behind counts nobody again.
        pages = fanout.pages + case when p_cursor > coalesce(fanout.cursor, app.before_all()) then 1 else 0 end,
        organizations = fanout.organizations
        + case when p_cursor > coalesce(fanout.cursor, app.before_all()) then p_published else 0 end,
        touched_at = app.now(),
        state = case when v_cursor is null then 'done' else 'running' end,
        finished_at = case when v_cursor is null then app.now() end
    where fanout.kind = p_kind and fanout.timezone = p_timezone and fanout.local_time = p_local_time
        and fanout.local_date = p_local_date and fanout.state = 'running';
    return jsonb_build_object(
        'organizations', coalesce(to_jsonb(v_organizations), '[]'),
        'cursor', v_cursor,
        'done', v_cursor is null
    );
end
$$;

-- Smaller than every organization's id.
create function app.before_all() returns uuid
language sql
immutable
set search_path = ''
as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;

-- Returns the p_limit organizations after p_cursor that want a routine at a local time of a zone, each with whether it
-- has still to run on a local date. However many there are, it reads the index routines_due from the cursor on.
create function app.due_organizations(
    p_kind text, p_timezone text, p_local_time time, p_local_date date, p_cursor uuid, p_limit integer
) returns table (organization_id uuid, is_open boolean)
language sql
stable
set search_path = ''
-- A kind has its usual time, which the planner's statistics take for chance: it expects too few and would sort them all.
set enable_sort = off
set enable_bitmapscan = off
set enable_seqscan = off
as $$
    select due.organization_id, coalesce(run.state = 'running', true)
    from (
        select routine.organization_id
        from app.routines as routine
        where routine.kind = p_kind and routine.timezone = p_timezone and routine.local_time = p_local_time
            and routine.enabled and routine.is_active
            and routine.organization_id > coalesce(p_cursor, app.before_all())
        order by routine.organization_id
        limit p_limit
    ) as due
    left join app.proactive_runs as run
        on run.organization_id = due.organization_id and run.kind = p_kind and run.local_date = p_local_date
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
