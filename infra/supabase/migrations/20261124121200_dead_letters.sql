-- What an operator does about dead letters: look, retry, discard. These functions cross tenants, so only operators'
-- commands may call them.

-- Returns a dead letter as an operator sees it.
create function app.dead_letter_view(p_letter app.dead_letters) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_letter).id,
        'organization_id', (p_letter).organization_id,
        'job', (p_letter).job,
        'state', (p_letter).state,
        'queue_message_id', (p_letter).queue_message_id,
        'dead_letter_id', (p_letter).dead_letter_id,
        'payload', (p_letter).payload,
        'attempts', (p_letter).attempts,
        'status', (p_letter).status,
        'error', (p_letter).error,
        'created_at', (p_letter).created_at,
        'retry_message_id', (p_letter).retry_message_id,
        'settled_at', (p_letter).settled_at,
        'settled_by', (p_letter).settled_by,
        'reason', (p_letter).reason
    )
$$;

-- Returns at most p_limit dead letters, the newest first, as app.dead_letter_view gives them. p_filter may name an
-- "organization_id", a "job", a "state", the time "since" which they were recorded, and a "queue_message_id", the
-- message that gave up.
create function api.list_dead_letters(p_filter jsonb, p_limit integer) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    select coalesce(jsonb_agg(newest.view order by newest.created_at desc, newest.id), '[]')
    from (
        select letter.id, letter.created_at, app.dead_letter_view(letter) as view
        from app.dead_letters as letter
        where (
                p_filter ->> 'organization_id' is null
                or letter.organization_id = app.uuid_of(p_filter ->> 'organization_id')
            )
            and (p_filter ->> 'job' is null or letter.job = p_filter ->> 'job')
            and (p_filter ->> 'state' is null or letter.state = p_filter ->> 'state')
            and (p_filter ->> 'since' is null or letter.created_at >= (p_filter ->> 'since')::timestamptz)
            and (
                p_filter ->> 'queue_message_id' is null
                or letter.queue_message_id = p_filter ->> 'queue_message_id'
            )
        order by letter.created_at desc, letter.id
        limit p_limit
    ) as newest
$$;

-- Returns one dead letter, with "died_again_as": the id of the one that its retry became, or null. Raises PT404.
create function api.show_dead_letter(p_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_letter app.dead_letters;
begin
    select * into v_letter from app.dead_letters where id = p_id;
    if not found then
        raise sqlstate 'PT404' using message = format('there is no dead letter %s', p_id), hint = 'unknown_dead_letter';
    end if;
    return app.dead_letter_view(v_letter) || jsonb_build_object(
        'died_again_as', (select id from app.dead_letters where queue_message_id = v_letter.retry_message_id)
    );
end
$$;

-- Returns how many dead letters of each job are open: [{"job", "open"}].
create function api.count_dead_letters() returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    select coalesce(jsonb_agg(jsonb_build_object('job', counted.job, 'open', counted.open) order by counted.job), '[]')
    from (select job, count(*) as open from app.dead_letters where state = 'open' group by job) as counted
$$;

-- Returns a dead letter's row, locked until commit. Raises PT404.
create function app.lock_dead_letter(p_id uuid) returns app.dead_letters
language plpgsql
set search_path = ''
as $$
declare
    v_letter app.dead_letters;
begin
    select * into v_letter from app.dead_letters where id = p_id for update;
    if not found then
        raise sqlstate 'PT404' using message = format('there is no dead letter %s', p_id), hint = 'unknown_dead_letter';
    end if;
    return v_letter;
end
$$;

-- Puts the message that a dead message.send was to send back into the outbox, if it may still leave.
--
-- Returns {"reopened": whether it did, "remark": why nothing will be sent, or null}: the state that the message reached
-- meanwhile, `superseded` when a later message of the conversation left, `stale` when the customer has waited longer
-- than p_freshness_seconds. A message that is still on its way is left to the jobs that know of it.
create function app.reopen_send(p_letter app.dead_letters, p_freshness_seconds double precision) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_message app.messages;
    v_remark text;
begin
    -- Claims of a conversation's messages queue up behind its row.
    perform 1
    from app.conversations as conversation
    inner join app.messages as message on message.conversation_id = conversation.id
    where message.id = app.uuid_of((p_letter).payload ->> 'message_id')
        and conversation.organization_id = (p_letter).organization_id
    for update of conversation;
    select * into v_message from app.messages
    where id = app.uuid_of((p_letter).payload ->> 'message_id') and organization_id = (p_letter).organization_id;
    v_remark := case
        when v_message.state in ('sent', 'delivered', 'read', 'withdrawn') then v_message.state
        when v_message.state is distinct from 'failed' then null
        -- It left, and the provider reported later that it could not be delivered.
        when v_message.provider_message_id is not null then 'failed'
        when v_message.purpose is distinct from 'reply' then null
        when exists (
            select 1 from app.messages
            where conversation_id = v_message.conversation_id and organization_id = v_message.organization_id
                and direction = 'outbound' and seq > v_message.seq and state not in ('pending', 'failed', 'withdrawn')
        ) then 'superseded'
        when app.is_stale_reply(v_message, p_freshness_seconds) then 'stale'
    end;
    if v_message.state is distinct from 'failed' or v_remark is not null then
        return jsonb_build_object('reopened', false, 'remark', v_remark);
    end if;
    update app.messages set state = 'pending', claim_token = null, claim_until = null
    where id = v_message.id and organization_id = v_message.organization_id;
    return jsonb_build_object('reopened', true, 'remark', null);
end
$$;

-- Says whether what a reply to a customer answers was written longer than p_freshness_seconds ago.
create function app.is_stale_reply(p_message app.messages, p_freshness_seconds double precision) returns boolean
language sql
stable
set search_path = ''
as $$
    select conversation.audience = 'client' and coalesce(
        (
            select min(written_at) from app.messages
            where answered_by = (p_message).id and organization_id = (p_message).organization_id
        ),
        (p_message).written_at
    ) < app.now() - make_interval(secs => p_freshness_seconds)
    from app.conversations as conversation
    where conversation.id = (p_message).conversation_id and conversation.organization_id = (p_message).organization_id
$$;

-- Claims a dead letter for a retry. What a dead message.send was to send goes back into the outbox, if it may.
--
-- Returns {"outcome": …} with
--   claimed    "token", "letter" as app.dead_letter_view gives it, "reopened" and "remark" as app.reopen_send
--   retried    "message_id" of what the retry made
--   discarded  it was let go
--   busy       another retry is under way; "retry_after" seconds until its claim ends
-- p_policy is {"claim_seconds", "freshness_seconds"}. Raises PT404.
create function api.claim_dead_letter(p_id uuid, p_policy jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_letter app.dead_letters := app.lock_dead_letter(p_id);
    v_reopened jsonb := '{"reopened": false, "remark": null}';
begin
    if v_letter.state = 'retried' then
        return jsonb_build_object('outcome', 'retried', 'message_id', v_letter.retry_message_id);
    end if;
    if v_letter.state = 'discarded' then
        return jsonb_build_object('outcome', 'discarded');
    end if;
    if v_letter.claim_until > app.now() then
        return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_letter.claim_until));
    end if;
    update app.dead_letters
    set claim_token = gen_random_uuid(),
        claim_until = app.now() + make_interval(secs => (p_policy ->> 'claim_seconds')::double precision)
    where id = p_id
    returning * into v_letter;
    if v_letter.job = 'message.send' then
        v_reopened := app.reopen_send(v_letter, (p_policy ->> 'freshness_seconds')::double precision);
    end if;
    return v_reopened || jsonb_build_object(
        'outcome', 'claimed', 'token', v_letter.claim_token, 'letter', app.dead_letter_view(v_letter)
    );
end
$$;

-- Records that the retry under p_token was published as p_message_id, by p_by (may be null). Returns
-- {"message_id"}. Raises PT409 (hint `stale_lease`) when p_token is not the claim's, PT404.
create function api.complete_dead_letter(p_id uuid, p_token uuid, p_message_id text, p_by text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_letter app.dead_letters := app.lock_dead_letter(p_id);
begin
    if v_letter.claim_token is distinct from p_token then
        raise sqlstate 'PT409' using message = 'another retry claimed this dead letter', hint = 'stale_lease';
    end if;
    update app.dead_letters
    set state = 'retried',
        retry_message_id = p_message_id,
        settled_at = app.now(),
        settled_by = p_by,
        claim_token = null,
        claim_until = null
    where id = p_id;
    return jsonb_build_object('message_id', p_message_id);
end
$$;

-- Gives the claim of a retry that was not published back. What it had put into the outbox, p_reopened, is taken out again:
-- without a job it would hold up whatever follows it. Returns {"released": whether p_token was the claim's}. Raises PT404.
create function api.release_dead_letter(p_id uuid, p_token uuid, p_reopened boolean) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_letter app.dead_letters := app.lock_dead_letter(p_id);
begin
    if v_letter.claim_token is distinct from p_token then
        return jsonb_build_object('released', false);
    end if;
    update app.dead_letters set claim_token = null, claim_until = null where id = p_id;
    update app.messages set state = 'failed'
    where p_reopened and id = app.uuid_of(v_letter.payload ->> 'message_id')
        and organization_id = v_letter.organization_id and state = 'pending';
    return jsonb_build_object('released', true);
end
$$;

-- Lets a dead letter go. p_note is {"by", "reason"}, both of which may be missing. Returns {"outcome", "dead_letter_id"}:
-- outcome `discarded`, also when it was before, or `retried` or `busy` as claim_dead_letter, and then nothing changes.
-- Raises PT404.
create function api.discard_dead_letter(p_id uuid, p_note jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_letter app.dead_letters := app.lock_dead_letter(p_id);
    v_outcome text := case
        when v_letter.state = 'retried' then 'retried'
        when v_letter.claim_until > app.now() then 'busy'
        else 'discarded'
    end;
begin
    if v_outcome = 'discarded' and v_letter.state = 'open' then
        update app.dead_letters
        set state = 'discarded',
            settled_at = app.now(),
            settled_by = p_note ->> 'by',
            reason = p_note ->> 'reason',
            claim_token = null,
            claim_until = null
        where id = p_id;
    end if;
    return jsonb_build_object('outcome', v_outcome, 'dead_letter_id', v_letter.dead_letter_id);
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
