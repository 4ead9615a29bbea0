-- When routines are run: what the queue's schedules must cover, and what each business wants.

-- Times of day at which a routine is run for nobody until an operator resumes it: neither by a schedule nor by the sweep.
create table app.paused_schedules (
    kind text not null,
    timezone text not null,
    local_time time not null,
    paused_at timestamptz not null default app.now(),
    primary key (kind, timezone, local_time)
);

alter table app.paused_schedules enable row level security;

-- Returns every time of day at which a routine of some active business is due: [{"kind", "timezone", "local_time",
-- "paused"}], the third as HH:MM, ordered by the first three. One that is paused is told of until it is resumed, also
-- when nobody wants it any more. It leaps from one to the next through the index routines_due, so it takes as long as
-- there are such times, however many businesses share them.
create function api.schedules_in_use() returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    with recursive used as (
        (
            select first.kind, first.timezone, first.local_time
            from app.routines as first
            where first.enabled and first.is_active
            order by first.kind, first.timezone, first.local_time
            limit 1
        )
        union all
        select following.kind, following.timezone, following.local_time
        from used
        cross join lateral (
            select routine.kind, routine.timezone, routine.local_time
            from app.routines as routine
            where routine.enabled and routine.is_active
                and (routine.kind, routine.timezone, routine.local_time)
                > (used.kind, used.timezone, used.local_time)
            order by routine.kind, routine.timezone, routine.local_time
            limit 1
        ) as following
    )

    select coalesce(
        jsonb_agg(
            jsonb_build_object(
                'kind', kind,
                'timezone', timezone,
                'local_time', to_char(local_time, 'HH24:MI'),
                'paused', paused.paused_at is not null
            )
            order by kind, timezone, local_time
        ),
        '[]'
    )
    from used
    full join app.paused_schedules as paused using (kind, timezone, local_time)
$$;

-- Lets a routine be run for nobody at a local time of a zone until it is resumed; what is under way stops, too, within a
-- few pages. Repeating it changes nothing. Raises PT404 (hint `unknown_routine`), 22023 for a zone that there is not.
create function api.pause_schedule(p_kind text, p_timezone text, p_local_time time) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    if not exists (select 1 from app.routine_defaults() as routine where routine.kind = p_kind) then
        raise sqlstate 'PT404' using
            message = format('there is no routine %s', p_kind), hint = 'unknown_routine';
    end if;
    perform app.now() at time zone p_timezone; -- every sweep asks for it
    insert into app.paused_schedules (kind, timezone, local_time) values (p_kind, p_timezone, p_local_time)
    on conflict do nothing;
end
$$;

-- Lets a routine be run again at a local time of a zone, from its next date on: those that fell due while it was paused
-- are recorded as skipped. p_weekdays, ISO, are the days the routine has. One that is not paused stays as it is.
create function api.resume_schedule(p_kind text, p_timezone text, p_local_time time, p_weekdays integer []) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into app.proactive_fanouts (kind, timezone, local_time, local_date, state, finished_at)
    select paused.kind, paused.timezone, paused.local_time, day.local_date, 'skipped', app.now()
    from app.paused_schedules as paused
    -- The sweep looks no further back either.
    cross join lateral (
        select (app.now() at time zone paused.timezone)::date - back as local_date
        from generate_series(0, 1) as back
    ) as day
    where paused.kind = p_kind and paused.timezone = p_timezone and paused.local_time = p_local_time
        and extract(isodow from day.local_date)::integer = any(p_weekdays)
        and app.local_moment(day.local_date, paused.local_time, paused.timezone)
        between paused.paused_at and app.now()
    on conflict do nothing;
    delete from app.paused_schedules
    where kind = p_kind and timezone = p_timezone and local_time = p_local_time;
end
$$;

-- Returns a business's routines and who is told of them: {"timezone", "routines": [{"kind", "enabled", "local_time",
-- "options"}], "owners": [{"phone", "name", "kinds"}]}, by kind and by phone. `local_time` is HH:MM in that zone; `kinds`
-- is null for an owner who is told of all. Raises PT404.
create function api.list_routines(p_organization_id uuid) returns jsonb
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
        'routines', (
            select coalesce(jsonb_agg(app.routine_json(routine) order by routine.kind), '[]')
            from app.routines as routine
            where routine.organization_id = v_organization.id
        ),
        'owners', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object('phone', owner.phone, 'name', owner.name, 'kinds', owner.routines)
                    order by owner.phone
                ),
                '[]'
            )
            from app.owner_numbers as owner
            where owner.organization_id = v_organization.id and owner.is_active
        )
    );
end
$$;

create function app.routine_json(p_routine app.routines) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'kind', p_routine.kind,
        'enabled', p_routine.enabled,
        'local_time', to_char(p_routine.local_time, 'HH24:MI'),
        'options', p_routine.options
    )
$$;

-- Changes when and how a business's routine is run. `p_changes` has any of {"enabled": boolean, "local_time": "HH:MM",
-- "options": {}}; what is missing stays, and so do the options that are not named; one that is null is taken away.
-- Returns the routine as api.list_routines does. The queue's schedules follow with the next job `schedules.sync`.
--
-- Raises PT404 for an organization or a kind (hint `unknown_routine`) that there is not, PT422 (hint `invalid_change`).
create function api.set_routine(p_organization_id uuid, p_kind text, p_changes jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_routine app.routines;
begin
    if exists (select 1 from app.routine_defaults() as routine where routine.kind = p_kind) then
        perform app.check_routine_changes(p_kind, p_changes);
    end if;
    update app.routines
    set
        enabled = coalesce((p_changes -> 'enabled')::boolean, enabled),
        local_time = coalesce((p_changes ->> 'local_time')::time, local_time),
        options = jsonb_strip_nulls(options || coalesce(p_changes -> 'options', '{}'))
    where organization_id = v_organization.id and kind = p_kind
    returning * into v_routine;
    if not found then
        raise sqlstate 'PT404' using
            message = format('there is no routine %s', p_kind), hint = 'unknown_routine';
    end if;
    return app.routine_json(v_routine);
end
$$;

-- The options of routines: a switch, or a whole number from `lowest` to `highest`. shared/routines/routine.py has the same, and
-- what they mean.
create function app.routine_options() returns table (kind text, name text, lowest integer, highest integer)
language sql
immutable
set search_path = ''
as $$
    values
        ('daily_summary', 'suggestion', null::integer, null::integer),
        ('birthdays', 'send_to_clients', null, null),
        ('inactive_clients', 'days', 7, 730)
$$;

-- Says what is wrong with an option of a routine, null when nothing is. An option that is null is taken away.
create function app.routine_option_problem(p_kind text, p_name text, p_value jsonb) returns text
language sql
immutable
set search_path = ''
as $$
    select case
        when known.name is null then format('%s has no option %s', p_kind, p_name)
        when jsonb_typeof(p_value) = 'null' then null
        when known.lowest is null and jsonb_typeof(p_value) <> 'boolean' then format('%s must be true or false', p_name)
        when known.lowest is not null and not case
            when jsonb_typeof(p_value) = 'number'
                then p_value::numeric between known.lowest and known.highest and p_value::numeric % 1 = 0
            else false
        end then format('%s must be a whole number from %s to %s', p_name, known.lowest, known.highest)
    end
    from (select 1) as asked
    left join app.routine_options() as known on known.kind = p_kind and known.name = p_name
$$;

-- Raises PT422 (hint `invalid_change`), naming what api.set_routine does not take for a kind of routine.
create function app.check_routine_changes(p_kind text, p_changes jsonb) returns void
language plpgsql
immutable
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
                when change.key not in ('enabled', 'local_time', 'options')
                    then format('a routine has no %s', change.key)
                when change.key = 'enabled' and jsonb_typeof(change.value) <> 'boolean'
                    then 'enabled must be true or false'
                when change.key = 'local_time'
                    and (jsonb_typeof(change.value) <> 'string' or change.value #>> '{}' !~ '^([01]\d|2[0-3]):[0-5]\d$')
                    then 'local_time must be HH:MM'
                when change.key = 'options' and jsonb_typeof(change.value) <> 'object'
                    then 'options must be an object'
                when change.key = 'options' then (
                    select min(app.routine_option_problem(p_kind, option.key, option.value))
                    from jsonb_each(change.value) as option
                )
            end as problem
            from jsonb_each(p_changes) as change
            order by problem nulls last
            limit 1
        );
    end if;
    if v_problem is not null then
        raise sqlstate 'PT422' using message = v_problem, hint = 'invalid_change';
    end if;
end
$$;

-- Says which routines an owner, by the phone in E.164, is told of: `p_kinds` null for all, now and later; empty for none.
-- Returns {"phone", "name", "kinds"}. Raises PT404 for an organization or an owner (hint `unknown_owner`) that there is
-- not, PT422 (hint `unknown_routine`).
create function api.set_owner_routines(p_organization_id uuid, p_phone text, p_kinds text []) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_unknown text := (
        select wanted.kind from unnest(p_kinds) as wanted (kind)
        where wanted.kind is null
            or not exists (select 1 from app.routine_defaults() as routine where routine.kind = wanted.kind)
        order by wanted.kind
        limit 1
    );
    v_owner app.owner_numbers;
begin
    if v_unknown is not null or array_position(p_kinds, null) is not null then
        raise sqlstate 'PT422' using
            message = format('there is no routine %s', coalesce(v_unknown, 'null')), hint = 'unknown_routine';
    end if;
    update app.owner_numbers
    set routines = (
        select coalesce(array_agg(distinct wanted.kind order by wanted.kind), '{}')
        from unnest(p_kinds) as wanted (kind)
        having p_kinds is not null
    )
    where organization_id = v_organization.id and phone = app.canonical_phone(p_phone) and is_active
    returning * into v_owner;
    if not found then
        raise sqlstate 'PT404' using message = format('%s is no owner''s phone', p_phone), hint = 'unknown_owner';
    end if;
    return jsonb_build_object('phone', v_owner.phone, 'name', v_owner.name, 'kinds', v_owner.routines);
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
