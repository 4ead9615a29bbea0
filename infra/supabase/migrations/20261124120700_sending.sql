-- message.send: claim a message of the outbox, then record what the gateway said. `sent` is written only after the
-- gateway accepted; when nobody can say whether it did, the message is `unknown` until the gateway has been asked.

-- Returns the next message of a conversation that waits for its turn, or null: {"message_id", "instance_id"}.
create function app.next_unsent(p_message app.messages) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object('message_id', message.id, 'instance_id', message.instance_id)
    from app.messages as message
    where message.conversation_id = (p_message).conversation_id
        and message.organization_id = (p_message).organization_id
        and message.state = 'pending' and message.seq > (p_message).seq
    order by message.seq
    limit 1
$$;

-- Returns a message of the outbox, its conversation locked until commit so that claims of one conversation queue up.
-- Raises PT404.
create function app.lock_outbound(p_organization_id uuid, p_message_id uuid) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_message app.messages;
begin
    perform 1
    from app.conversations as conversation
    inner join app.messages as message on message.conversation_id = conversation.id
    where message.id = p_message_id and message.organization_id = p_organization_id
        and conversation.organization_id = p_organization_id and message.direction = 'outbound'
    for update of conversation;
    select * into v_message from app.messages
    where id = p_message_id and organization_id = p_organization_id and direction = 'outbound';
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no outgoing message %s', p_organization_id, p_message_id),
            hint = 'unknown_message';
    end if;
    return v_message;
end
$$;

-- Withdraws a reply that must not leave any more, and records why; returns the message as it is then.
--
-- A person took over after it was written: what it answers is decided `handed_over`. Or the customer went on writing,
-- it was never tried and the burst is younger than its cap: what it answers is open again, and the newer message's own
-- job answers all of it.
create function app.withdraw_if_overtaken(p_message app.messages, p_policy jsonb) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations;
    v_message app.messages := p_message;
    v_silence text;
begin
    if p_message.purpose is distinct from 'reply' then
        return p_message;
    end if;
    select * into v_conversation from app.conversations
    where id = p_message.conversation_id and organization_id = p_message.organization_id;
    v_silence := app.silence_of(v_conversation);
    -- The reply that announces a handover is written with it and must still leave.
    if v_silence is not null and v_conversation.handed_over_at is not distinct from p_message.created_at
        and coalesce(v_conversation.paused_until <= app.now(), true)
    then
        v_silence := null;
    end if;

    if v_silence is not null then
        update app.messages set answered_by = null, decision = v_silence
        where answered_by = p_message.id and organization_id = p_message.organization_id;
    elsif app.is_overtaken(p_message, v_conversation, p_policy) then
        update app.conversations
        set covered_seq = (
                select min(seq) - 1 from app.messages
                where answered_by = p_message.id and organization_id = p_message.organization_id
            ),
            -- A turn whose lease ran out was told of this reply: what it may still write does not answer all of this.
            lease_token = null,
            lease_until = null
        where id = v_conversation.id and organization_id = v_conversation.organization_id;
        update app.messages set answered_by = null
        where answered_by = p_message.id and organization_id = p_message.organization_id;
    else
        return p_message;
    end if;
    update app.messages
    set state = 'withdrawn', last_error = coalesce(v_silence, 'the customer went on writing')
    where id = p_message.id and organization_id = p_message.organization_id
    returning * into v_message;
    return v_message;
end
$$;

-- Says whether newer messages make a reply that never left worth writing anew: see app.withdraw_if_overtaken.
create function app.is_overtaken(
    p_message app.messages, p_conversation app.conversations, p_policy jsonb
) returns boolean
language sql
stable
set search_path = ''
as $$
    select p_message.attempts = 0
        and p_conversation.due_seq > p_message.answers_seq
        -- Who writes the next answer was told that this one is on its way, and answers only what came after it.
        and coalesce(p_conversation.lease_until <= app.now(), true)
        and not exists (select 1 from app.messages where cause_id = p_message.id)
        and exists (
            select 1 from app.messages
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and direction = 'inbound' and answered_by is null and decision is null and revoked_at is null
                and seq > p_message.answers_seq
        )
        and (
            select min(created_at) from app.messages
            where answered_by = p_message.id and organization_id = p_message.organization_id
        ) > app.now() - make_interval(secs => (p_policy ->> 'burst_seconds')::double precision)
$$;

-- What a gateway must be told to send a message: {"provider", "instance", "address", "text", "written_at"}.
create function app.order_of(p_message app.messages) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'provider', instance.provider,
        'instance', instance.name,
        'address', conversation.address,
        'text', (p_message).text,
        'written_at', (p_message).written_at
    )
    from app.conversations as conversation
    inner join app.instances as instance on instance.id = conversation.instance_id
    where conversation.id = (p_message).conversation_id and conversation.organization_id = (p_message).organization_id
$$;

-- Claims a message for sending.
--
-- Returns {"outcome": …} with
--   claimed   "token", "provider", "instance", "address" and "text" of what to send
--   waiting   an earlier message of the conversation has not left, or nobody knows yet; whoever settles it publishes
--             this one
--   parked    the WhatsApp number is not connected; when it is, this message is published
--   busy      another run sends it now; "retry_after" seconds until its claim ends
--   doubtful  nobody knows whether it left: "provider", "instance", "address", "text" and "written_at" of what to look
--             for at the gateway; api.settle_send takes the answer
--   settled   nothing left to do; "state" is what became of it, "next" the message that waited for it, or null
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}, p_policy is {"burst_seconds",
-- "settle_seconds"}. A claim that ended without a word leaves the outcome unknown: the message becomes `unknown`, and is
-- `busy` for settle_seconds, in which the gateway's own word may come. A reply that was overtaken before it left is
-- withdrawn. Raises PT404.
create function api.claim_send(
    p_organization_id uuid, p_message_id uuid, p_lease jsonb,
    p_policy jsonb default '{"burst_seconds": 20, "settle_seconds": 60}'
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages := app.lock_outbound(p_organization_id, p_message_id);
    v_settle_at timestamptz;
begin
    if v_message.state = 'sending' then
        if app.lease_stands(
            v_message.claim_until, v_message.claim_owner, v_message.claim_attempt, p_lease
        ) then
            return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_message.claim_until));
        end if;
        update app.messages
        set state = 'unknown',
            claim_until = null,
            unknown_since = app.now(),
            last_error = 'the run that sent it ended without a word'
        where id = p_message_id and organization_id = p_organization_id
        returning * into v_message;
    end if;
    if v_message.state = 'unknown' then
        v_settle_at := v_message.unknown_since
            + make_interval(secs => (p_policy ->> 'settle_seconds')::double precision);
        if v_settle_at > app.now() then
            return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_settle_at));
        end if;
        return app.order_of(v_message) || jsonb_build_object('outcome', 'doubtful');
    end if;
    if v_message.state <> 'pending' then
        return jsonb_build_object(
            'outcome', 'settled', 'state', v_message.state, 'next', app.next_unsent(v_message)
        );
    end if;
    if exists (
        select 1 from app.messages
        where conversation_id = v_message.conversation_id and organization_id = p_organization_id
            and state in ('pending', 'sending', 'unknown') and seq < v_message.seq
    ) then
        return jsonb_build_object('outcome', 'waiting');
    end if;
    if exists (select 1 from app.instances where id = v_message.instance_id and state = 'close') then
        return jsonb_build_object('outcome', 'parked');
    end if;
    v_message := app.withdraw_if_overtaken(v_message, p_policy);
    if v_message.state = 'withdrawn' then
        return jsonb_build_object('outcome', 'settled', 'state', 'withdrawn', 'next', app.next_unsent(v_message));
    end if;

    update app.messages
    set state = 'sending',
        attempts = attempts + 1,
        claim_token = gen_random_uuid(),
        claim_until = app.now() + make_interval(secs => (p_lease ->> 'seconds')::double precision),
        claim_owner = p_lease ->> 'owner',
        claim_attempt = (p_lease ->> 'attempt')::integer
    where id = p_message_id and organization_id = p_organization_id
    returning * into v_message;
    return app.order_of(v_message) || jsonb_build_object('outcome', 'claimed', 'token', v_message.claim_token);
end
$$;

-- Records what became of a claimed message.
--
-- p_result is {"state": "sent", "provider_message_id"}, or {"state": "failed" | "unknown" | "pending", "error"};
-- `pending` gives the claim back for another attempt. Returns {"state", "next"} as claim_send's `settled`. When the
-- gateway's echo was faster, its word stands. Raises PT409 (hint `stale_lease`) when p_token is not the claim's, PT404.
create function api.complete_send(
    p_organization_id uuid, p_message_id uuid, p_token uuid, p_result jsonb
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages := app.lock_outbound(p_organization_id, p_message_id);
    v_provider_message_id text := p_result ->> 'provider_message_id';
begin
    if v_message.claim_token is distinct from p_token then
        raise sqlstate 'PT409' using message = 'another run claimed this message', hint = 'stale_lease';
    end if;
    -- `unknown` keeps its token: a run that comes back late with the gateway's word settles it.
    if v_message.state in ('sending', 'unknown') then
        update app.messages
        set state = p_result ->> 'state',
            provider_message_id = v_provider_message_id,
            accepted_at = case when p_result ->> 'state' = 'sent' then app.now() end,
            unknown_since = case when p_result ->> 'state' = 'unknown' then app.now() end,
            last_error = p_result ->> 'error',
            claim_token = case when p_result ->> 'state' = 'pending' then null else claim_token end,
            claim_until = null
        where id = p_message_id and organization_id = p_organization_id
        returning * into v_message;
    end if;
    return jsonb_build_object(
        'state', v_message.state,
        'next', case when v_message.state <> 'pending' then app.next_unsent(v_message) end
    );
end
$$;

-- Settles a message in doubt by what the gateway knows of it.
--
-- p_finding is {"provider_message_id": the gateway has it} or {"missing": true}: it has not, or {"missing": false}: it
-- cannot say. What is missing and a reply is sent again, once; what is missing otherwise is `failed`. When the gateway
-- cannot say, the message stays in doubt until p_give_up_seconds have passed, and is `failed` then so that those behind
-- it may go. Returns {"state", "next"}: `next` is what to publish, the message itself when it is sent again. Raises PT404.
create function api.settle_send(
    p_organization_id uuid, p_message_id uuid, p_finding jsonb, p_give_up_seconds double precision
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages := app.lock_outbound(p_organization_id, p_message_id);
    v_provider_message_id text := p_finding ->> 'provider_message_id';
    v_missing boolean := coalesce((p_finding ->> 'missing')::boolean, false);
    v_again boolean;
begin
    -- An earlier message with the same words is another one: this one is missing.
    if exists (
        select 1 from app.messages
        where instance_id = v_message.instance_id and direction = 'outbound'
            and provider_message_id = v_provider_message_id and id <> p_message_id
    ) then
        v_provider_message_id := null;
        v_missing := true;
    end if;
    v_again := v_missing and v_message.purpose = 'reply' and v_message.resends = 0;
    if v_message.state = 'unknown' then
        update app.messages
        set state = case
                when v_provider_message_id is not null then 'sent'
                when v_again then 'pending'
                when v_missing or unknown_since <= app.now() - make_interval(secs => p_give_up_seconds) then 'failed'
                else 'unknown'
            end,
            provider_message_id = v_provider_message_id,
            accepted_at = case when v_provider_message_id is not null then app.now() end,
            resends = resends + v_again::integer,
            claim_token = null
        where id = p_message_id and organization_id = p_organization_id
        returning * into v_message;
    end if;
    return jsonb_build_object(
        'state', v_message.state,
        'next', case
            when v_message.state = 'pending' then jsonb_build_object(
                'message_id', v_message.id, 'instance_id', v_message.instance_id
            )
            when v_message.state <> 'unknown' then app.next_unsent(v_message)
        end
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
