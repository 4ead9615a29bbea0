-- conversation.reply: claim the turn, then write its answer into the outbox. The lease and its fencing token live in the
-- conversation's row, so a claim, its refusal and what it writes are one transaction each.

-- Returns up to p_limit messages of a conversation, oldest first, as HistoryMessage objects: the newest ones up to
-- p_through_seq. What is still to be answered comes last, also when it arrived before a reply that does not cover it.
-- Revoked messages are gone; outgoing ones count only once they left or are about to.
create function app.history_of(p_conversation app.conversations, p_through_seq bigint, p_limit integer) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object('speaker', newest.author, 'kind', newest.kind, 'text', newest.text, 'sent_at', newest.written_at)
        -- Webhooks keep no order: what is open is read in the order in which it was written.
        order by newest.is_open, case when newest.is_open then newest.written_at end, newest.seq
    ), '[]')
    from (
        select
            seq, author, kind, text, written_at,
            direction = 'inbound' and answered_by is null and decision is null as is_open
        from app.messages
        where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
            and seq <= p_through_seq and revoked_at is null
            and (direction = 'inbound' or state not in ('failed', 'withdrawn'))
        order by seq desc
        limit p_limit
    ) as newest
$$;

-- What a customer may be told of the business: {"business_hours", "services": [{"name", "description", "price_cents",
-- "duration_minutes"}]}, the services in the business's own order, without those that are no longer sold.
create function app.profile_of(p_organization app.organizations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'business_hours', (p_organization).business_hours,
        'services', coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'name', name,
                    'description', description,
                    'price_cents', price_cents,
                    'duration_minutes', duration_minutes
                )
                order by position, name
            ),
            '[]'
        )
    )
    from app.services
    where organization_id = (p_organization).id and is_active
$$;

-- Returns the Turn of a conversation: all that an assistant needs to answer it. The profile is the customers' assistant's:
-- with an owner it is null.
create function app.turn_of(p_conversation app.conversations, p_history integer) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'organization', jsonb_build_object(
            'id', organization.id,
            'name', organization.name,
            'business_type', organization.business_type,
            'locale', organization.locale,
            'timezone', organization.timezone,
            'currency', organization.currency
        ),
        'contact', jsonb_build_object(
            'id', contact.id,
            'name', contact.name,
            'phone', (
                select identity.value from app.contact_identities as identity
                where identity.contact_id = contact.id and identity.kind = 'phone'
                order by identity.created_at desc limit 1
            )
        ),
        'conversation_id', (p_conversation).id,
        'audience', (p_conversation).audience,
        'profile', case when (p_conversation).audience = 'client' then app.profile_of(organization) end,
        'history', app.history_of(p_conversation, (p_conversation).last_seq, p_history),
        'now', app.now()
    )
    from app.organizations as organization
    inner join app.contacts as contact on contact.organization_id = organization.id
    where organization.id = (p_conversation).organization_id and contact.id = (p_conversation).contact_id
$$;

-- Returns what waits to be sent because of a conversation's replies, in order: [{"message_id", "instance_id"}].
create function app.unsent_of(p_conversation app.conversations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object('message_id', message.id, 'instance_id', message.instance_id)
        order by message.created_at, message.seq
    ), '[]')
    from app.messages as message
    where message.organization_id = (p_conversation).organization_id and message.state = 'pending'
        and (
            message.conversation_id = (p_conversation).id
            or message.cause_id in (
                select reply.id from app.messages as reply
                where reply.conversation_id = (p_conversation).id and reply.direction = 'outbound'
            )
        )
$$;

-- Says whether somebody else's lease stands in the way of p_lease ({"owner", "attempt", "seconds"}): it has not ended, and
-- it is not an earlier attempt of the same job, which the queue would not repeat were it not over.
create function app.lease_stands(p_until timestamptz, p_owner text, p_attempt integer, p_lease jsonb) returns boolean
language sql
stable
set search_path = ''
as $$
    select coalesce(p_until > app.now(), false)
        and not coalesce(p_owner = p_lease ->> 'owner' and p_attempt < (p_lease ->> 'attempt')::integer, false)
$$;

-- Says in how many seconds, at least one, a lease ends.
create function app.seconds_until(p_until timestamptz) returns integer
language sql
stable
set search_path = ''
as $$ select greatest(1, ceil(extract(epoch from p_until - app.now())))::integer $$;

-- When the oldest message that still waits for an answer was written and when it arrived, nulls when none does; and
-- how many there are.
create type app.open_messages as (written_at timestamptz, arrived_at timestamptz, messages integer);

create function app.open_messages_of(p_conversation app.conversations) returns app.open_messages
language sql
stable
set search_path = ''
as $$
    select (min(written_at), min(created_at), count(*))::app.open_messages
    from app.messages
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and direction = 'inbound' and answered_by is null and decision is null
$$;

-- Claims the right to answer a conversation up to its newest message.
--
-- Returns {"outcome": …} with
--   answered    all through p_seq is covered; "unsent" lists what must still be published
--   superseded  a newer message has a job of its own, and the burst is younger than its cap
--   busy        another run writes the answer; "retry_after" seconds until its lease ends
--   decided     the assistant must not speak, or all was taken back; "decision" is recorded for all that was open
--   claimed     "token" fences what is written, "covers_seq" is what the answer must cover, "turn" is the Turn;
--               "messages" says how many; "overdue": the oldest of a client waits longer than the freshness deadline;
--               "spend": {"spent", "limit", "warned"}, what the model cost this month, see app.spend_of
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}; p_policy is {"burst_seconds",
-- "freshness_seconds"}.
-- Raises PT404 for a conversation that this organization does not have.
create function api.claim_reply(
    p_organization_id uuid, p_conversation_id uuid, p_seq bigint, p_lease jsonb,
    p_policy jsonb default '{"burst_seconds": 20, "freshness_seconds": 600}', p_history integer default 20
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_open app.open_messages := app.open_messages_of(v_conversation);
    v_decision text;
begin
    if v_conversation.covered_seq >= p_seq then
        return jsonb_build_object('outcome', 'answered', 'unsent', app.unsent_of(v_conversation));
    end if;
    -- Who types on and on is answered all the same once the first message of the burst has waited long enough.
    if v_conversation.due_seq > p_seq
        and v_open.arrived_at > app.now() - make_interval(secs => (p_policy ->> 'burst_seconds')::double precision)
    then
        return jsonb_build_object('outcome', 'superseded');
    end if;
    if app.lease_stands(
        v_conversation.lease_until, v_conversation.lease_owner, v_conversation.lease_attempt, p_lease
    ) then
        return jsonb_build_object(
            'outcome', 'busy', 'retry_after', app.seconds_until(v_conversation.lease_until)
        );
    end if;
    v_decision := app.silence_of(v_conversation);
    if v_decision is not null then
        perform app.decide_open_messages(v_conversation, v_decision);
        return jsonb_build_object('outcome', 'decided', 'decision', v_decision);
    end if;

    -- What was taken back before anybody answered it needs no answer; the rest still does.
    update app.messages set decision = 'ignored'
    where conversation_id = v_conversation.id and organization_id = p_organization_id
        and direction = 'inbound' and answered_by is null and decision is null and revoked_at is not null;
    if not exists (
        select 1 from app.messages
        where conversation_id = v_conversation.id and organization_id = p_organization_id
            and direction = 'inbound' and answered_by is null and decision is null
    ) then
        perform app.decide_open_messages(v_conversation, 'ignored');
        return jsonb_build_object('outcome', 'decided', 'decision', 'ignored');
    end if;

    update app.conversations
    set lease_token = gen_random_uuid(),
        lease_until = app.now() + make_interval(secs => (p_lease ->> 'seconds')::double precision),
        lease_owner = p_lease ->> 'owner',
        lease_attempt = (p_lease ->> 'attempt')::integer
    where id = v_conversation.id and organization_id = p_organization_id
    returning * into v_conversation;
    return jsonb_build_object(
        'outcome', 'claimed',
        'token', v_conversation.lease_token,
        'covers_seq', v_conversation.due_seq,
        'messages', v_open.messages,
        'spend', app.spend_of(p_organization_id),
        'turn', app.turn_of(v_conversation, p_history),
        'overdue', v_conversation.audience = 'client' and v_open.written_at
        < app.now() - make_interval(secs => (p_policy ->> 'freshness_seconds')::double precision)
    );
end
$$;

-- Returns the conversation's row, locked until commit. Raises PT404.
create function app.lock_conversation(p_organization_id uuid, p_conversation_id uuid) returns app.conversations
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations;
begin
    select * into v_conversation from app.conversations
    where id = p_conversation_id and organization_id = p_organization_id
    for update;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no conversation %s', p_organization_id, p_conversation_id),
            hint = 'unknown_conversation';
    end if;
    return v_conversation;
end
$$;

-- Puts a text into the outbox of a conversation and returns its row.
create function app.put_outbound(
    p_conversation app.conversations, p_text text, p_purpose text, p_answers_seq bigint, p_cause_id uuid
) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_message app.messages;
begin
    with numbered as (
        update app.conversations set last_seq = last_seq + 1
        where id = (p_conversation).id and organization_id = (p_conversation).organization_id
        returning last_seq
    )
    insert into app.messages (
        organization_id, instance_id, conversation_id, seq, direction, author, kind, text, written_at,
        state, purpose, answers_seq, cause_id
    )
    select
        (p_conversation).organization_id, (p_conversation).instance_id, (p_conversation).id, numbered.last_seq,
        'outbound', 'assistant', 'text', p_text, app.now(), 'pending', p_purpose, p_answers_seq, p_cause_id
    from numbered
    returning * into v_message;
    return v_message;
end
$$;

-- What the model cost an organization in its local calendar month so far: {"spent", "limit": millionths, the limit
-- null without one, "warned": whether the owners were told in this month that most of it is spent}.
create function app.spend_of(p_organization_id uuid) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'spent', (
            select coalesce(sum(interaction.cost_micros), 0) from app.ai_interactions as interaction
            where interaction.organization_id = p_organization_id
                and interaction.created_at >= month.starts at time zone organization.timezone
        ),
        'limit', organization.model_limit_micros,
        'warned', coalesce(organization.spend_warned_on >= month.starts, false)
    )
    from app.organizations as organization
    cross join lateral (
        select date_trunc('month', app.now() at time zone organization.timezone) as starts
    ) as month
    where organization.id = p_organization_id
$$;

-- Tells every owner something, by a notice that names the reply it goes with.
create function app.tell_owners(p_conversation app.conversations, p_notice text, p_cause_id uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_instance app.instances;
    v_owner app.owner_numbers;
begin
    select * into v_instance from app.instances where id = (p_conversation).instance_id;
    for v_owner in
        select * from app.owner_numbers
        where organization_id = (p_conversation).organization_id and is_active
        order by phone
    loop
        perform app.put_outbound(
            app.owner_conversation(v_instance, v_owner), p_notice, 'notice', null, p_cause_id
        );
    end loop;
end
$$;

-- Returns the conversation with an owner, whether or not the owner ever wrote. A known address is kept; otherwise the
-- phone's digits are one, for every provider there is.
create function app.owner_conversation(p_instance app.instances, p_owner app.owner_numbers) returns app.conversations
language plpgsql
set search_path = ''
as $$
declare
    v_contact_id uuid := app.contact_of(
        p_instance.organization_id, jsonb_build_object('phone', p_owner.phone), p_owner.name
    );
    v_address text;
begin
    select address into v_address from app.conversations
    where instance_id = p_instance.id and contact_id = v_contact_id;
    return app.conversation_of(p_instance, v_contact_id, coalesce(v_address, ltrim(p_owner.phone, '+')));
end
$$;

-- Writes the answer of a claimed turn: the reply into the outbox, what it covers, the handover, the interaction.
--
-- p_answer is {"text", "decision", "hand_over_reason", "notice", "spend_notice", "interaction"}: a text, or the decision
-- not to answer; `looping` keeps the assistant silent for an hour. The interaction is null when no model was asked, the
-- notices go to the owners. Returns {"outcome", "unsent", "next_seq"}:
-- outcome `replied`, the decision, or `withdrawn` when a person took over meanwhile (then nothing is sent and that is
-- recorded);
-- next_seq is the newest message that came while the answer was written, or null. Raises PT409 (hint `stale_lease`)
-- when p_token is not the lease's, PT404 for a conversation that this organization does not have.
create function api.complete_reply(
    p_organization_id uuid, p_conversation_id uuid, p_token uuid, p_covers_seq bigint, p_answer jsonb
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_silence text := app.silence_of(v_conversation);
    v_decision text := coalesce(v_silence, p_answer ->> 'decision');
    v_reply app.messages;
begin
    if v_conversation.lease_token is distinct from p_token then
        raise sqlstate 'PT409' using
            message = 'another run holds the lease of this conversation', hint = 'stale_lease';
    end if;

    if v_decision is null then
        v_reply := app.put_outbound(v_conversation, p_answer ->> 'text', 'reply', p_covers_seq, null);
        update app.messages set answered_by = v_reply.id
        where conversation_id = p_conversation_id and organization_id = p_organization_id
            and direction = 'inbound' and seq <= p_covers_seq and answered_by is null and decision is null;
        update app.conversations set covered_seq = p_covers_seq, lease_token = null, lease_until = null
        where id = p_conversation_id and organization_id = p_organization_id;
        if p_answer ->> 'hand_over_reason' is not null then
            update app.conversations
            set handed_over_at = app.now(), handover_reason = p_answer ->> 'hand_over_reason'
            where id = p_conversation_id and organization_id = p_organization_id;
            perform app.tell_owners(v_conversation, p_answer ->> 'notice', v_reply.id);
        end if;
        if p_answer ->> 'spend_notice' is not null then
            update app.organizations set spend_warned_on = (app.now() at time zone timezone)::date
            where id = p_organization_id;
            perform app.tell_owners(v_conversation, p_answer ->> 'spend_notice', v_reply.id);
        end if;
    else
        perform app.decide_open_messages(v_conversation, v_decision);
        update app.conversations set paused_until = app.now() + interval '60 minutes'
        where id = p_conversation_id and organization_id = p_organization_id and v_decision = 'looping';
    end if;

    insert into app.ai_interactions (
        organization_id, conversation_id, message_id, audience,
        model, prompt_tokens, completion_tokens, latency_ms, rounds, tools, cost_micros
    )
    select
        p_organization_id, p_conversation_id, v_reply.id, v_conversation.audience,
        spent.model, spent.prompt_tokens, spent.completion_tokens, spent.latency_ms, spent.rounds, spent.tools,
        coalesce(spent.cost_micros, 0)
    from jsonb_to_record(nullif(p_answer -> 'interaction', 'null')) as spent (
        model text, prompt_tokens integer, completion_tokens integer, latency_ms integer, rounds integer, tools text [],
        cost_micros bigint
    )
    where spent.model is not null;

    return jsonb_build_object(
        'outcome', case when v_decision is null then 'replied' when v_silence is null then v_decision else 'withdrawn' end,
        'unsent', app.unsent_of(v_conversation),
        'next_seq', case
            when v_decision is null and v_conversation.due_seq > p_covers_seq then v_conversation.due_seq
        end
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
