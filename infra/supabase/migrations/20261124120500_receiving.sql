-- message.receive, message.update and instance.update: one call each, safe to repeat.

-- Returns the contact behind `p_peer` ({"phone", "lid", "bsuid"}), creating it at first sight.
-- The caller's transaction holds a lock per identity, so two first messages make one contact. When phone and hidden id
-- were known as two contacts, they are one from now on: the phone's.
create function app.contact_of(p_organization_id uuid, p_peer jsonb, p_name text) returns uuid
language plpgsql
set search_path = ''
as $$
declare
    v_contact_id uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_organization_id || ':' || identity.kind || ':' || identity.value, 0))
    from (
        select kind, value from jsonb_each_text(p_peer) as entry (kind, value)
        where kind in ('phone', 'lid', 'bsuid') and value is not null
        order by kind, value
    ) as identity;

    select known.contact_id into v_contact_id
    from app.contact_identities as known
    inner join jsonb_each_text(p_peer) as entry (kind, value) on known.kind = entry.kind and known.value = entry.value
    where known.organization_id = p_organization_id
    order by known.kind = 'phone' desc, known.created_at
    limit 1;

    if v_contact_id is null then
        insert into app.contacts (organization_id, name) values (p_organization_id, p_name)
        returning id into v_contact_id;
    elsif p_name is not null then
        update app.contacts set name = p_name
        where id = v_contact_id and organization_id = p_organization_id and name is null;
    end if;

    perform app.merge_contact(p_organization_id, other.contact_id, v_contact_id)
    from (
        select distinct known.contact_id
        from app.contact_identities as known
        inner join jsonb_each_text(p_peer) as entry (kind, value)
            on known.kind = entry.kind and known.value = entry.value
        where known.organization_id = p_organization_id and known.contact_id <> v_contact_id
    ) as other;

    insert into app.contact_identities (organization_id, kind, value, contact_id)
    select p_organization_id, entry.kind, entry.value, v_contact_id
    from jsonb_each_text(p_peer) as entry (kind, value)
    where entry.kind in ('phone', 'lid', 'bsuid') and entry.value is not null
    on conflict (organization_id, kind, value) do update set contact_id = excluded.contact_id
    where app.contact_identities.contact_id <> excluded.contact_id;

    return v_contact_id;
end
$$;

-- Makes p_from and p_into, who turned out to be one person, one contact: p_into. A conversation moves along; where both
-- have one on a number, each keeps what was said in it, and who took the person over in one has taken over in the other.
create function app.merge_contact(p_organization_id uuid, p_from uuid, p_into uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
    update app.contact_identities set contact_id = p_into
    where contact_id = p_from and organization_id = p_organization_id;
    update app.bookings set contact_id = p_into where contact_id = p_from and organization_id = p_organization_id;
    update app.conversations as kept
    set handed_over_at = coalesce(kept.handed_over_at, other.handed_over_at),
        handover_reason = coalesce(kept.handover_reason, other.handover_reason),
        paused_until = greatest(kept.paused_until, other.paused_until)
    from app.conversations as other
    where kept.contact_id = p_into and other.contact_id = p_from and kept.instance_id = other.instance_id
        and kept.organization_id = p_organization_id and other.organization_id = p_organization_id;
    update app.conversations as moved set contact_id = p_into
    where moved.contact_id = p_from and moved.organization_id = p_organization_id
        and not exists (
            select 1 from app.conversations as kept
            where kept.contact_id = p_into and kept.instance_id = moved.instance_id
        );
end
$$;

-- Returns the conversation with a contact on an instance, creating it at first sight. Its row is locked until commit.
create function app.conversation_of(p_instance app.instances, p_contact_id uuid, p_address text)
returns app.conversations
language plpgsql
set search_path = ''
as $$
declare
    v_audience text;
    v_conversation app.conversations;
begin
    select case when exists (
        select 1
        from app.owner_numbers as owner
        inner join app.contact_identities as identity
            on identity.organization_id = owner.organization_id
            and identity.kind = 'phone' and identity.value = owner.phone
        where owner.organization_id = p_instance.organization_id
            and owner.is_active and identity.contact_id = p_contact_id
    ) or exists (
        -- Notes to oneself on the business phone: nobody but the business can write there.
        select 1
        from app.contact_identities as identity
        where identity.organization_id = p_instance.organization_id and identity.contact_id = p_contact_id
            and identity.kind = 'phone' and identity.value = p_instance.phone
    ) then 'owner' else 'client' end into v_audience;

    -- The address is the newest one seen: a gateway may move a person from a phone to a hidden id. The audience is
    -- looked up each time: a number may become an owner's.
    insert into app.conversations (organization_id, instance_id, contact_id, audience, address)
    values (p_instance.organization_id, p_instance.id, p_contact_id, v_audience, p_address)
    on conflict (instance_id, contact_id)
    do update set address = excluded.address, audience = excluded.audience
    returning * into v_conversation;
    return v_conversation;
end
$$;

-- Says why the assistant must not speak in a conversation now, or null when it may.
create function app.silence_of(p_conversation app.conversations) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when not (organization.is_active and organization.assistant_enabled) then 'assistant_off'
        when (p_conversation).audience = 'owner' then null
        when (p_conversation).handed_over_at is not null then 'handed_over'
        when (p_conversation).paused_until > app.now() then 'handed_over'
    end
    from app.organizations as organization
    where organization.id = (p_conversation).organization_id
$$;

-- Records one decision for all that is neither answered nor decided yet, so that none of it waits for ever.
create function app.decide_open_messages(p_conversation app.conversations, p_decision text) returns void
language plpgsql
set search_path = ''
as $$
begin
    update app.messages set decision = p_decision
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and direction = 'inbound' and answered_by is null and decision is null;
    update app.conversations set covered_seq = due_seq, lease_token = null, lease_until = null
    where id = (p_conversation).id and organization_id = (p_conversation).organization_id;
end
$$;

-- Gives a send that lost its answer the provider's id, from the gateway's echo. Returns whether a message was found:
-- the one with this id, else the oldest of the conversation in doubt with the same text.
create function app.settle_echo(p_conversation app.conversations, p_provider_message_id text, p_text text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
    perform 1 from app.messages
    where instance_id = (p_conversation).instance_id and direction = 'outbound'
        and provider_message_id = p_provider_message_id;
    if found then
        return true;
    end if;
    update app.messages
    set state = 'sent', provider_message_id = p_provider_message_id, accepted_at = app.now(), last_error = null
    where id = (
        select id from app.messages
        where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
            and state in ('sending', 'unknown') and provider_message_id is null and text = p_text
        order by seq limit 1
    );
    return found;
end
$$;

-- What an echo settled: {"organization_id", "message_id", "next": what waited for that message, or null}.
create function app.settled_by(p_instance app.instances, p_provider_message_id text) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
    v_message app.messages;
begin
    select * into v_message from app.messages
    where instance_id = (p_instance).id and direction = 'outbound' and provider_message_id = p_provider_message_id;
    return jsonb_build_object(
        'organization_id', (p_instance).organization_id,
        'message_id', v_message.id,
        'next', app.next_unsent(v_message)
    );
end
$$;

-- What receiving a message came to. `reply_due` repeats as long as no answer covers it: "already stored" never means
-- "already published".
create function app.receipt_of(p_message app.messages, p_created boolean) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'organization_id', (p_message).organization_id,
        'conversation_id', (p_message).conversation_id,
        'message_id', (p_message).id,
        'seq', (p_message).seq,
        'created', p_created,
        'decision', (p_message).decision,
        'reply_due', (p_message).author = 'contact' and (p_message).answered_by is null and (p_message).decision is null
    )
$$;

-- Says at once why an inbound message needs no reply, or null when one is due. Order: the first reason wins.
create function app.decision_on_arrival(
    p_conversation app.conversations, p_kind text, p_written_at timestamptz, p_freshness_seconds double precision
) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when p_kind in ('reaction', 'sticker', 'unsupported') then 'ignored'
        when p_written_at < app.now() - make_interval(secs => p_freshness_seconds) then 'stale'
        else app.silence_of(p_conversation)
    end
$$;

-- Stores what a contact wrote, or what somebody typed on the business phone, once.
--
-- p_message is a MessageReceived. Returns {"organization_id", "conversation_id", "message_id", "seq", "created",
-- "decision", "reply_due"}; of a message of the business that is our own, {"organization_id", "message_id", "next": what
-- waited for it, "created": false, "reply_due": false}. Raises PT404 for an unknown instance.
create function api.receive_message(
    p_provider text, p_instance text, p_message jsonb, p_freshness_seconds double precision
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_instance app.instances := app.instance_of(p_provider, p_instance);
    v_id text := p_message ->> 'provider_message_id';
    v_peer jsonb := p_message -> 'peer';
    v_written_at timestamptz := (p_message ->> 'sent_at')::timestamptz;
    -- The owner writing to the business's own number is talking to Aurora.
    v_self boolean := coalesce(v_peer ->> 'phone' = v_instance.phone, false);
    v_from_contact boolean := p_message ->> 'author' = 'contact' or v_self;
    v_conversation app.conversations;
    v_message app.messages;
    v_decision text;
begin
    -- Twins of one message may come at once under two addresses: the second must see what the first stored.
    perform pg_advisory_xact_lock(hashtextextended(v_instance.id || ':' || v_id, 0));
    select * into v_message from app.messages
    where instance_id = v_instance.id and provider_message_id = v_id
        and direction = case when v_from_contact then 'inbound' else 'outbound' end;
    if found then
        return app.receipt_of(v_message, false);
    end if;

    v_conversation := app.conversation_of(
        v_instance,
        app.contact_of(
            v_instance.organization_id, v_peer, case when p_message ->> 'author' = 'contact' then p_message ->> 'name' end
        ),
        v_peer ->> 'address'
    );
    -- Whatever was missed of its connection: a number that hears something is connected.
    if v_instance.state <> 'open' then
        update app.instances set state = 'open', state_reason = null, state_changed_at = app.now()
        where id = v_instance.id;
    end if;
    -- Our own answer comes back as written by the business. In notes to oneself, answering it would never end.
    if p_message ->> 'author' <> 'contact' and app.settle_echo(v_conversation, v_id, p_message ->> 'text') then
        return app.settled_by(v_instance, v_id) || jsonb_build_object('created', false, 'reply_due', false);
    end if;

    if v_from_contact then
        v_decision := app.decision_on_arrival(v_conversation, p_message ->> 'kind', v_written_at, p_freshness_seconds);
        update app.contacts set last_inbound_at = greatest(last_inbound_at, v_written_at)
        where id = v_conversation.contact_id and organization_id = v_instance.organization_id;
    else
        -- A person answered: what was open is theirs, and the assistant keeps out of the way for an hour.
        perform app.decide_open_messages(v_conversation, 'handed_over');
    end if;

    update app.conversations
    set last_seq = last_seq + 1,
        due_seq = case when v_from_contact and v_decision is null then last_seq + 1 else due_seq end,
        paused_until = case when v_from_contact then paused_until else app.now() + interval '60 minutes' end
    where id = v_conversation.id and organization_id = v_instance.organization_id
    returning * into v_conversation;

    insert into app.messages (
        organization_id, instance_id, conversation_id, seq, direction, author, kind, text, media,
        provider_message_id, quoted_id, written_at, decision, state, accepted_at
    ) values (
        v_instance.organization_id, v_instance.id, v_conversation.id, v_conversation.last_seq,
        case when v_from_contact then 'inbound' else 'outbound' end,
        case when v_from_contact then 'contact' else 'business' end,
        p_message ->> 'kind', p_message ->> 'text', nullif(p_message -> 'media', 'null'::jsonb),
        v_id, p_message ->> 'quoted_id', v_written_at, v_decision,
        case when v_from_contact then null else 'sent' end,
        case when v_from_contact then null else v_written_at end
    )
    returning * into v_message;
    return app.receipt_of(v_message, true);
end
$$;

-- Applies an edit, a revocation, a delivery status or an echo. Repeats and old news change nothing.
--
-- p_change is a MessageEdited, MessageRevoked, MessageStatusChanged or MessageEcho. Returns {"known": whether the
-- message is stored}: gateways keep no order, so the message may still be on its way. An echo returns {"organization_id",
-- "message_id", "next"} as well: what waited for the message that it settled, or null. Raises PT404 for an unknown
-- instance.
create function api.update_message(p_provider text, p_instance text, p_change jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_instance app.instances := app.instance_of(p_provider, p_instance);
    v_id text := p_change ->> 'provider_message_id';
    v_conversation app.conversations;
    v_known boolean;
begin
    case p_change ->> 'type'
    when 'echo' then
        select conversation.* into v_conversation
        from app.conversations as conversation
        inner join app.contact_identities as identity on identity.contact_id = conversation.contact_id
        inner join jsonb_each_text(p_change -> 'peer') as entry (kind, value)
            on identity.kind = entry.kind and identity.value = entry.value
        where conversation.instance_id = v_instance.id and identity.organization_id = v_instance.organization_id
        limit 1
        for update of conversation;
        v_known := found and app.settle_echo(v_conversation, v_id, p_change ->> 'text');
        return app.settled_by(v_instance, v_id) || jsonb_build_object('known', v_known);
    when 'edit' then
        update app.messages set text = p_change ->> 'text', edited_at = app.now()
        where instance_id = v_instance.id and provider_message_id = v_id
            and author <> 'assistant' and revoked_at is null;
    when 'revoke' then
        update app.messages set text = null, media = null, revoked_at = coalesce(revoked_at, app.now())
        where instance_id = v_instance.id and provider_message_id = v_id and author <> 'assistant';
    when 'status' then
        -- A status only moves up; a failure counts only while nothing better is known.
        update app.messages set state = p_change ->> 'status'
        where instance_id = v_instance.id and provider_message_id = v_id and direction = 'outbound'
            and app.state_rank(p_change ->> 'status') > app.state_rank(state);
    end case;
    select exists (
        select 1 from app.messages where instance_id = v_instance.id and provider_message_id = v_id
    ) into v_known;
    return jsonb_build_object('known', v_known);
end
$$;

-- Orders the outbox states by how far a message got. A failure the provider reports later outranks `sent` only.
create function app.state_rank(p_state text) returns integer
language sql
immutable
set search_path = ''
as $$
    select array_position(array['pending', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read'], p_state)
$$;

-- Returns the first message that waits in each conversation of an instance: [{"message_id", "instance_id"}], oldest
-- first, at most 100; those behind it follow when it is sent.
create function app.parked_of(p_instance app.instances) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object('message_id', parked.id, 'instance_id', parked.instance_id) order by parked.created_at
    ), '[]')
    from (
        select distinct on (conversation_id) id, instance_id, created_at
        from app.messages
        where instance_id = (p_instance).id and organization_id = (p_instance).organization_id and state = 'pending'
        order by conversation_id, seq
        limit 100
    ) as parked
$$;

-- Notes that a WhatsApp number was connected or lost. p_state is an InstanceStateChanged. Returns {"organization_id",
-- "unsent": what waited for the connection, the first of each conversation, at most 100}. Raises PT404.
create function api.update_instance(p_provider text, p_instance text, p_state jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_instance app.instances := app.instance_of(p_provider, p_instance);
begin
    update app.instances
    set state = p_state ->> 'state',
        state_reason = (p_state ->> 'reason')::integer,
        state_changed_at = case when state = p_state ->> 'state' then state_changed_at else app.now() end,
        phone = coalesce(p_state ->> 'phone', phone)
    where id = v_instance.id;
    return jsonb_build_object(
        'organization_id', v_instance.organization_id,
        'unsent', case
            when p_state ->> 'state' = 'open' then app.parked_of(v_instance)
            else '[]'
        end
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
