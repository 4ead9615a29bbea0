-- maintenance.sweep: what was missed of the routines is found here as well.

create index proactive_runs_running on app.proactive_runs (started_at) where state = 'running';

-- Returns the fan-outs that should be under way and are not, those never begun and those untouched for
-- p_patience_seconds: [{"kind", "timezone", "local_time", "local_date", "cursor"}]. What is older than its window is
-- recorded as skipped instead, once; so is at its moment what is paused, see api.pause_schedule.
--
-- p_routines is {"window_seconds", "patience_seconds", "weekdays": {kind: [ISO days]}}.
create function app.missing_fanouts(p_routines jsonb, p_limit integer) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_window interval := make_interval(secs => (p_routines ->> 'window_seconds')::double precision);
    v_patience interval := make_interval(secs => (p_routines ->> 'patience_seconds')::double precision);
    v_missing jsonb;
begin
    with expected as materialized (
        select used.kind, used.timezone, used.local_time, day.local_date, paused.paused_at
        from jsonb_to_recordset(api.schedules_in_use()) as used (kind text, timezone text, local_time time)
        -- What falls due late in the evening is caught up after midnight.
        cross join lateral (
            select (app.now() at time zone used.timezone)::date - back as local_date
            from generate_series(0, 1) as back
        ) as day
        left join app.paused_schedules as paused using (kind, timezone, local_time)
        left join app.proactive_fanouts as fanout
            on fanout.kind = used.kind and fanout.timezone = used.timezone
            and fanout.local_time = used.local_time and fanout.local_date = day.local_date
        where p_routines -> 'weekdays' -> used.kind @> to_jsonb(extract(isodow from day.local_date)::integer)
            and fanout.kind is null
            -- Cheaper than the moment itself, and never less than it by more than the clocks are put back.
            and day.local_date + used.local_time - interval '3 hours' <= app.now() at time zone used.timezone
    ),

    never_begun as materialized (
        select expected.*, app.local_moment(local_date, local_time, timezone) as due_at
        from expected
    ),

    under_way as materialized (
        select
            fanout.kind, fanout.timezone, fanout.local_time, fanout.local_date, fanout.cursor, fanout.touched_at,
            app.fanout_since(fanout, app.local_moment(local_date, local_time, timezone)) as since,
            not fanout.forced and app.is_paused(kind, timezone, local_time) as is_paused
        from app.proactive_fanouts as fanout
        where fanout.state = 'running'
    ),

    passed_over as (
        insert into app.proactive_fanouts (kind, timezone, local_time, local_date, state, finished_at)
        select kind, timezone, local_time, local_date, 'skipped', app.now()
        from never_begun
        where due_at <= app.now() - v_window or (due_at <= app.now() and due_at >= paused_at)
        on conflict do nothing
    ),

    given_up as (
        update app.proactive_fanouts as fanout
        set state = 'skipped', finished_at = app.now()
        from under_way
        where fanout.kind = under_way.kind and fanout.timezone = under_way.timezone
            and fanout.local_time = under_way.local_time and fanout.local_date = under_way.local_date
            and fanout.state = 'running'
            and under_way.since <= app.now() - v_window
    )

    select jsonb_agg(jsonb_build_object(
        'kind', missing.kind,
        'timezone', missing.timezone,
        'local_time', missing.local_time,
        'local_date', missing.local_date,
        'cursor', missing.cursor
    ))
    into v_missing
    from (
        select found.* from (
            select kind, timezone, local_time, local_date, null::uuid as cursor, due_at as since
            from never_begun
            where due_at <= app.now() - v_patience and paused_at is null
            union all
            select kind, timezone, local_time, local_date, cursor, since
            from under_way
            where touched_at <= app.now() - v_patience and not is_paused
        ) as found
        where found.since > app.now() - v_window
        order by found.since
        limit p_limit
    ) as missing;
    return coalesce(v_missing, '[]');
end
$$;

-- Returns whom fan-outs passed by: businesses that changed when a routine is run, or came to Aurora, when its moment of
-- the date had come and its fan-out was over, so that there is no run of theirs: [{"organization_id", "kind",
-- "local_date", "expires_at"}], at most p_limit, those first whose window ends first. A fan-out that is under way may
-- still reach them, and one that never began does; where it is paused, see api.pause_schedule, nobody is caught up.
--
-- It reads the fan-outs of one window and, of each, the index routines_changed from the moment of the fan-out on.
create function app.latecomers(p_routines jsonb, p_limit integer) returns jsonb
language plpgsql
stable
set search_path = ''
-- Changes are rare, which the planner cannot know: it would read all who share the hour.
set enable_sort = off
set enable_bitmapscan = off
set enable_seqscan = off
as $$
declare
    v_window interval := make_interval(secs => (p_routines ->> 'window_seconds')::double precision);
    v_patience interval := make_interval(secs => (p_routines ->> 'patience_seconds')::double precision);
    v_latecomers jsonb;
begin
    with finished as materialized (
        select kind, timezone, local_time, local_date, app.local_moment(local_date, local_time, timezone) as due_at
        from app.proactive_fanouts as fanout
        where touched_at > app.now() - v_window and state = 'done'
            and not app.is_paused(fanout.kind, fanout.timezone, fanout.local_time)
    )

    select jsonb_agg(jsonb_build_object(
        'organization_id', late.organization_id,
        'kind', late.kind,
        'local_date', late.local_date,
        'expires_at', late.due_at + v_window
    ))
    into v_latecomers
    from (
        select passed_by.organization_id, finished.kind, finished.local_date, finished.due_at
        from finished
        cross join lateral (
            select routine.organization_id
            from app.routines as routine
            where routine.kind = finished.kind and routine.timezone = finished.timezone
                and routine.local_time = finished.local_time
                and routine.enabled and routine.is_active
                -- Who changed just before may have been written down after the page was read.
                and routine.changed_at >= finished.due_at - v_patience
                and not exists (
                    select 1 from app.proactive_runs as run
                    where run.organization_id = routine.organization_id and run.kind = finished.kind
                        and run.local_date = finished.local_date
                )
            order by routine.changed_at
            limit p_limit
        ) as passed_by
        where finished.due_at > app.now() - v_window and finished.due_at <= app.now() - v_patience
        order by finished.due_at
        limit p_limit
    ) as late;
    return coalesce(v_latecomers, '[]');
end
$$;

-- Records the runs as failed that nobody has ended long after their window; returns how many.
create function app.abandon_runs(p_routines jsonb, p_limit integer) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_abandoned integer;
begin
    update app.proactive_runs as run
    set state = 'failed', finished_at = app.now(), lease_token = null, lease_until = null,
        detail = '{"reason": "no run came to an end"}'
    from (
        select organization_id, kind, local_date from app.proactive_runs
        where state = 'running'
            and started_at <= app.now()
            - 2 * make_interval(secs => (p_routines ->> 'window_seconds')::double precision)
        order by started_at
        limit p_limit
        for update skip locked
    ) as old
    where run.organization_id = old.organization_id and run.kind = old.kind and run.local_date = old.local_date;
    get diagnostics v_abandoned = row_count;
    return v_abandoned;
end
$$;

-- Deletes records that are older than p_policy says, in days, at most p_limit of each kind; of those of routines, which
-- every business has several of a day, twenty times as many: 576,000 a day when it is done every five minutes with a limit
-- of 100, twice what 100,000 businesses leave. Returns how many. A job for a date whose record is gone finds its window
-- passed, as it would have with the record.
create or replace function app.prune(p_policy jsonb, p_limit integer) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_today date := (app.now() at time zone 'utc')::date;
    v_keep_runs interval := make_interval(days => (p_policy ->> 'keep_routine_runs_days')::integer);
    v_deleted integer;
    v_all integer := 0;
begin
    delete from app.ai_interactions
    where id in (
        select id from app.ai_interactions
        where created_at < app.now() - make_interval(days => (p_policy ->> 'keep_interactions_days')::integer)
        limit p_limit
    );
    get diagnostics v_deleted = row_count;
    v_all := v_all + v_deleted;
    delete from app.dead_letters
    where id in (
        select id from app.dead_letters
        where created_at < app.now() - make_interval(days => (p_policy ->> 'keep_dead_letters_days')::integer)
        limit p_limit
    );
    get diagnostics v_deleted = row_count;
    v_all := v_all + v_deleted;
    -- By where the rows lie: they are locked, and looking up each by its key takes five times as long.
    delete from app.proactive_runs
    where ctid = any(array(
        select ctid from app.proactive_runs
        where local_date < v_today - v_keep_runs
        order by local_date
        limit 20 * p_limit
        for update skip locked
    ));
    get diagnostics v_deleted = row_count;
    v_all := v_all + v_deleted;
    delete from app.proactive_fanouts
    where ctid = any(array(
        select ctid from app.proactive_fanouts
        where touched_at < app.now() - v_keep_runs
        order by touched_at
        limit p_limit
        for update skip locked
    ));
    get diagnostics v_deleted = row_count;
    return v_all + v_deleted;
end
$$;

-- Finds what fell off the way, in one call, and says what must be published for it.
--
-- p_policy is {"after_seconds", "keep_interactions_days", "keep_dead_letters_days", "keep_routine_runs_days": what is
-- missing is kept for ever, "routines": see app.missing_fanouts; without it nothing of routines is looked at}. Claims
-- that ended without a word become `unknown`. Visits that are over are completed, ten times p_limit of them: every
-- business has several a day, and most end on the hour. Returns {"replies", "sends", "fanouts", "latecomers": see the
-- functions above, at most p_limit each, "expired", "completed": visits, "pruned", "abandoned", "followups_due"}.
-- Repeating it changes nothing more.
create or replace function api.sweep(p_policy jsonb, p_limit integer default 100) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_after double precision := (p_policy ->> 'after_seconds')::double precision;
    v_routines jsonb := p_policy -> 'routines';
    v_expired integer;
begin
    update app.messages
    set state = 'unknown',
        unknown_since = app.now(),
        claim_until = null,
        last_error = 'the run that sent it ended without a word'
    where id in (
        select id from app.messages
        where state = 'sending' and claim_until <= app.now()
        order by claim_until
        limit p_limit
        for update skip locked
    );
    get diagnostics v_expired = row_count;
    return jsonb_build_object(
        'expired', v_expired,
        'completed', app.complete_visits(10 * p_limit),
        'replies', app.forgotten_conversations(v_after, p_limit),
        'sends', app.forgotten_sends(v_after, p_limit),
        'pruned', app.prune(p_policy, p_limit),
        'fanouts', case when v_routines is null then '[]' else app.missing_fanouts(v_routines, p_limit) end,
        'latecomers', case when v_routines is null then '[]' else app.latecomers(v_routines, p_limit) end,
        'abandoned', case when v_routines is null then 0 else app.abandon_runs(v_routines, p_limit) end,
        'followups_due', app.due_followups()
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
