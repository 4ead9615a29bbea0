-- routine.run: each business once a local day, and what its owners are told of it.

alter table app.proactive_runs
add column message_ids uuid [] not null default '{}'; -- what it put into the outbox

alter table app.proposals
add column notice_id uuid references app.messages (id) on delete cascade; -- of a routine: the message that showed it

-- Returns the WhatsApp number by which a business's owners are told of its routines: the oldest that is connected, or the
-- oldest; null when there is none.
create function app.routine_instance(p_organization_id uuid) returns app.instances
language sql
stable
set search_path = ''
as $$
    select * from app.instances
    where organization_id = p_organization_id
    order by state = 'open' desc, created_at, id
    limit 1
$$;

-- Returns the run of a routine on a local date, made if there was none, locked until commit.
create function app.lock_run(p_organization_id uuid, p_kind text, p_local_date date) returns app.proactive_runs
language plpgsql
set search_path = ''
as $$
declare
    v_run app.proactive_runs;
begin
    insert into app.proactive_runs (organization_id, kind, local_date, state)
    values (p_organization_id, p_kind, p_local_date, 'running')
    on conflict do nothing;
    select * into v_run from app.proactive_runs
    where organization_id = p_organization_id and kind = p_kind and local_date = p_local_date
    for update;
    return v_run;
end
$$;

-- Ends a run as p_state, for the record with p_detail.
create function app.end_run(p_run app.proactive_runs, p_state text, p_detail jsonb) returns void
language sql
set search_path = ''
as $$
    update app.proactive_runs
    set state = p_state, detail = p_detail, finished_at = app.now(), lease_token = null, lease_until = null
    where organization_id = (p_run).organization_id and kind = (p_run).kind and local_date = (p_run).local_date
$$;

-- Returns what a run put into the outbox and has not left, in order: [{"message_id", "instance_id"}].
create function app.unsent_of_run(p_run app.proactive_runs) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object('message_id', message.id, 'instance_id', message.instance_id)
        order by message.conversation_id, message.seq
    ), '[]')
    from app.messages as message
    where message.id = any((p_run).message_ids) and message.organization_id = (p_run).organization_id
        and message.state = 'pending'
$$;

-- Returns the owners who want to hear of a routine: [{"phone", "name", "permission"}], by phone.
create function app.routine_owners(p_organization_id uuid, p_kind text) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object('phone', owner.phone, 'name', owner.name, 'permission', owner.permission)
        order by owner.phone
    ), '[]')
    from app.owner_numbers as owner
    where owner.organization_id = p_organization_id and owner.is_active
        and coalesce(p_kind = any(owner.routines), true)
$$;

-- Claims the run of a routine for one business on one of its local dates.
--
-- Returns {"outcome": …} with
--   claimed   "token" fences what it writes; "run" is a RoutineRun: {"organization", "kind", "local_date", "options",
--             "owners", "now"}
--   done      it is over already, as "state" says; "unsent" lists what must still be published
--   busy      another run is at it; "retry_after" seconds until its lease ends
--   late      p_expires_at has passed: it is recorded as skipped
--   off       the business does not want it, or is not active; nothing is recorded
--   skipped   nobody is there to be told, "reason" `no_owner` or `no_number`: it is recorded. Birthdays whose greetings
--             leave by themselves need no owner
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}. Without p_expires_at it is never late. A run
-- that failed may be claimed again. Raises PT404 for an organization that there is not.
create function api.claim_routine(
    p_organization_id uuid, p_kind text, p_local_date date, p_lease jsonb, p_expires_at timestamptz default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_routine app.routines;
    v_run app.proactive_runs;
    v_owners jsonb := app.routine_owners(p_organization_id, p_kind);
    v_reason text;
begin
    select * into v_run from app.proactive_runs
    where organization_id = p_organization_id and kind = p_kind and local_date = p_local_date;
    if v_run.state in ('done', 'skipped') then
        return jsonb_build_object('outcome', 'done', 'state', v_run.state, 'unsent', app.unsent_of_run(v_run));
    end if;
    select * into v_routine from app.routines
    where organization_id = p_organization_id and kind = p_kind and enabled and is_active;
    if not found then
        return jsonb_build_object('outcome', 'off');
    end if;
    -- In statements of their own: what another run wrote while this one waited for the row must be seen.
    v_run := app.lock_run(p_organization_id, p_kind, p_local_date);
    if v_run.state in ('done', 'skipped') then
        return jsonb_build_object('outcome', 'done', 'state', v_run.state, 'unsent', app.unsent_of_run(v_run));
    end if;
    if app.lease_stands(v_run.lease_until, v_run.lease_owner, v_run.lease_attempt, p_lease) then
        return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_run.lease_until));
    end if;
    if p_expires_at <= app.now() then
        perform app.end_run(v_run, 'skipped', '{"reason": "late"}');
        return jsonb_build_object('outcome', 'late');
    end if;
    v_reason := case
        -- Greetings that leave by themselves need nobody who wants the list.
        when v_owners = '[]' and not (
            p_kind = 'birthdays' and coalesce(v_routine.options -> 'send_to_clients' = 'true', false)
        ) then 'no_owner'
        when app.routine_instance(p_organization_id) is null then 'no_number'
    end;
    if v_reason is not null then
        perform app.end_run(v_run, 'skipped', jsonb_build_object('reason', v_reason));
        return jsonb_build_object('outcome', 'skipped', 'reason', v_reason);
    end if;

    update app.proactive_runs
    set state = 'running',
        finished_at = null,
        lease_token = gen_random_uuid(),
        lease_until = app.now() + make_interval(secs => (p_lease ->> 'seconds')::double precision),
        lease_owner = p_lease ->> 'owner',
        lease_attempt = (p_lease ->> 'attempt')::integer
    where organization_id = p_organization_id and kind = p_kind and local_date = p_local_date
    returning * into v_run;
    if p_kind = 'daily_summary' then
        -- The day's visits count even if the sweep has not come by since the last of them ended.
        perform app.complete_visits_of(p_organization_id);
    end if;
    return jsonb_build_object(
        'outcome', 'claimed',
        'token', v_run.lease_token,
        'run', jsonb_build_object(
            'organization', app.organization_json(v_organization),
            'kind', p_kind,
            'local_date', p_local_date,
            'options', v_routine.options,
            'owners', v_owners,
            'now', app.now()
        )
    );
end
$$;

-- A business as an Organization.
create function app.organization_json(p_organization app.organizations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_organization).id,
        'name', (p_organization).name,
        'business_type', (p_organization).business_type,
        'locale', (p_organization).locale,
        'timezone', (p_organization).timezone,
        'currency', (p_organization).currency
    )
$$;

-- Returns a run that p_token has the lease of, locked until commit. Raises PT409 (hint `stale_lease`), and PT404 for a run
-- that this organization does not have.
create function app.leased_run(
    p_organization_id uuid, p_kind text, p_local_date date, p_token uuid
) returns app.proactive_runs
language plpgsql
set search_path = ''
as $$
declare
    v_run app.proactive_runs;
begin
    select * into v_run from app.proactive_runs
    where organization_id = p_organization_id and kind = p_kind and local_date = p_local_date
    for update;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no run of %s on %s', p_organization_id, p_kind, p_local_date),
            hint = 'unknown_run';
    end if;
    if v_run.lease_token is distinct from p_token or p_token is null then
        raise sqlstate 'PT409' using message = 'another run claimed this routine', hint = 'stale_lease';
    end if;
    return v_run;
end
$$;

-- Writes down what a claimed run came to, and puts into the outbox what owners are told of it.
--
-- p_result is {"messages": [{"text", "phone": null for all who want the kind, "proposal": null or {"kind", "action",
-- "preview", "how_to_agree", "how_to_agree_with_code", "how_to_agree_by_code", "valid_seconds"}}], "followups":
-- [{"contact_id", "kind", "idempotency_key", "due_at", "expires_at", "text"}], "detail"}. A proposal's preview and how to
-- agree go below the text, and the owner may decide it once that has left; it replaces nothing, see api.propose. Who may
-- not have it done, see app.proposal_refusal, gets the text alone. Returns {"unsent": as claim_routine's}. Raises what
-- app.leased_run does.
create function api.complete_routine(
    p_organization_id uuid, p_kind text, p_local_date date, p_token uuid, p_result jsonb
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_run app.proactive_runs := app.leased_run(p_organization_id, p_kind, p_local_date, p_token);
    v_instance app.instances := app.routine_instance(p_organization_id);
    v_owner app.owner_numbers;
    v_message jsonb;
begin
    for v_owner in
        select * from app.owner_numbers
        where organization_id = p_organization_id and is_active and coalesce(p_kind = any(routines), true)
        order by phone
    loop
        for v_message in
            select said.message
            from jsonb_array_elements(p_result -> 'messages') with ordinality as said (message, position)
            where coalesce(said.message ->> 'phone' = v_owner.phone, true)
            order by said.position
        loop
            v_run.message_ids := v_run.message_ids || app.tell_of_routine(
                v_run, app.owner_conversation(v_instance, v_owner), v_message
            );
        end loop;
    end loop;
    perform app.put_followups(p_organization_id, p_result -> 'followups');
    update app.proactive_runs set message_ids = v_run.message_ids
    where organization_id = p_organization_id and kind = p_kind and local_date = p_local_date;
    perform app.end_run(v_run, 'done', coalesce(p_result -> 'detail', '{}'));
    return jsonb_build_object('unsent', app.unsent_of_run(v_run));
end
$$;

-- Puts one message of a run into the outbox of an owner's conversation, with what it proposes, and returns its id.
create function app.tell_of_routine(
    p_run app.proactive_runs, p_conversation app.conversations, p_message jsonb
) returns uuid
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_run.organization_id, p_conversation.id);
    v_proposal jsonb := nullif(p_message -> 'proposal', 'null');
    v_proposed jsonb;
    v_text text := p_message ->> 'text';
    v_notice app.messages;
begin
    if v_proposal is not null then
        v_proposed := api.propose(p_run.organization_id, v_conversation.id, v_proposal || jsonb_build_object(
            'idempotency_key', format('routine.%s.%s', p_run.kind, p_run.local_date),
            'turn_seq', v_conversation.last_seq + 1,
            'needs_code', false,
            'beside', true
        ));
    end if;
    if v_proposed ->> 'id' is not null then
        v_text := concat_ws(
            e'\n\n',
            v_text,
            v_proposal ->> 'preview',
            case
                when v_proposed ->> 'code' is null then v_proposal ->> 'how_to_agree'
                when (v_proposed ->> 'by_code')::boolean
                    then replace(v_proposal ->> 'how_to_agree_by_code', '{code}', v_proposed ->> 'code')
                else replace(v_proposal ->> 'how_to_agree_with_code', '{code}', v_proposed ->> 'code')
            end
        );
    end if;
    v_notice := app.put_outbound(v_conversation, v_text, 'notice', null, null);
    update app.proposals set notice_id = v_notice.id
    where id = (v_proposed ->> 'id')::uuid and organization_id = p_run.organization_id;
    return v_notice.id;
end
$$;

-- Plans messages to customers that become due; see api.complete_routine and, for what is not planned, app.plan_followup.
create function app.put_followups(p_organization_id uuid, p_followups jsonb) returns void
language plpgsql
set search_path = ''
as $$
begin
    perform app.plan_followup(wanted.plan || jsonb_build_object('organization_id', p_organization_id))
    from jsonb_array_elements(coalesce(nullif(p_followups, 'null'), '[]')) as wanted (plan);
end
$$;

-- Ends a claimed run as failed, with why. Raises what app.leased_run does.
create function api.fail_routine(
    p_organization_id uuid, p_kind text, p_local_date date, p_token uuid, p_reason text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform app.end_run(
        app.leased_run(p_organization_id, p_kind, p_local_date, p_token),
        'failed',
        jsonb_build_object('reason', p_reason)
    );
    return jsonb_build_object('state', 'failed');
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
