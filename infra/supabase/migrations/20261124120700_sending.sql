-- message.send: claim a message of the outbox, then record what the gateway said. `sent` is written only after the
-- gateway accepted; when nobody can say whether it did, the message is `unknown` and is not sent again.

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

-- Claims a message for sending.
--
-- Returns {"outcome": …} with
--   claimed   "token", "provider", "instance", "address" and "text" of what to send
--   waiting   an earlier message of the conversation has not left; whoever sends it publishes this one
--   busy      another run sends it now; "retry_after" seconds until its claim ends
--   settled   nothing left to do; "state" is what became of it, "next" the message that waited for it, or null
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}. A claim that ended without a word leaves the
-- outcome unknown: the message becomes `unknown`. Raises PT404.
create function api.claim_send(p_organization_id uuid, p_message_id uuid, p_lease jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages := app.lock_outbound(p_organization_id, p_message_id);
    v_claim jsonb;
begin
    if v_message.state = 'sending' then
        if app.lease_stands(
            v_message.claim_until, v_message.claim_owner, v_message.claim_attempt, p_lease
        ) then
            return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_message.claim_until));
        end if;
        update app.messages
        set state = 'unknown', claim_until = null, last_error = 'the run that sent it ended without a word'
        where id = p_message_id and organization_id = p_organization_id
        returning * into v_message;
    end if;
    if v_message.state <> 'pending' then
        return jsonb_build_object(
            'outcome', 'settled', 'state', v_message.state, 'next', app.next_unsent(v_message)
        );
    end if;
    if exists (
        select 1 from app.messages
        where conversation_id = v_message.conversation_id and organization_id = p_organization_id
            and state in ('pending', 'sending') and seq < v_message.seq
    ) then
        return jsonb_build_object('outcome', 'waiting');
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
    select jsonb_build_object(
        'outcome', 'claimed',
        'token', v_message.claim_token,
        'provider', instance.provider,
        'instance', instance.name,
        'address', conversation.address,
        'text', v_message.text
    ) into v_claim
    from app.conversations as conversation
    inner join app.instances as instance on instance.id = conversation.instance_id
    where conversation.id = v_message.conversation_id and conversation.organization_id = p_organization_id;
    return v_claim;
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

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
