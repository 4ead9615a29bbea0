-- A stop is noted where it is stored, in the same transaction: nothing of the business's own accord leaves after it,
-- however late it is answered and by whom.

alter table app.messages
add column is_stop boolean not null default false; -- its person was opted out by it

drop function api.receive_message(text, text, jsonb, double precision, text);

-- Stores what a contact wrote, or what somebody typed on the business phone, once.
--
-- p_message is a MessageReceived; p_phone_hash is the keyed hash of its peer's phone, by which a person who had everything
-- deleted is known to want no proactive message. p_opts_out: the message asks to be left alone; a customer's is heeded at
-- once, whoever is to answer it. Somebody at the business who types `#pausa` or `#bot` commands the
-- assistant: see app.apply_command. Returns {"organization_id", "conversation_id", "message_id", "seq", "created",
-- "decision", "reply_due"}; of a message of the business that is our own, {"organization_id", "message_id", "next": what
-- waited for it, "created": false, "reply_due": false}. Raises PT404 for an unknown instance.
create function api.receive_message(
    p_provider text, p_instance text, p_message jsonb, p_freshness_seconds double precision,
    p_phone_hash text default null, p_opts_out boolean default false
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
    v_is_stop boolean := false;
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
        perform app.recall_suppression(v_conversation, p_phone_hash);
        if p_opts_out and v_conversation.audience = 'client' then
            v_is_stop := app.note_consent(
                v_instance.organization_id, v_conversation.contact_id, 'opted_out', 'message'
            );
        end if;
    elsif not app.apply_command(v_conversation, p_message ->> 'text') then
        -- A person answered: what was open is theirs, and the assistant keeps out of the way for an hour.
        perform app.decide_open_messages(v_conversation, 'handed_over');
        update app.conversations set paused_until = app.now() + interval '60 minutes'
        where id = v_conversation.id and organization_id = v_instance.organization_id;
    end if;

    update app.conversations
    set last_seq = last_seq + 1,
        due_seq = case when v_from_contact and v_decision is null then last_seq + 1 else due_seq end
    where id = v_conversation.id and organization_id = v_instance.organization_id
    returning * into v_conversation;

    insert into app.messages (
        organization_id, instance_id, conversation_id, seq, direction, author, kind, text, media,
        provider_message_id, quoted_id, written_at, decision, is_stop, state, accepted_at
    ) values (
        v_instance.organization_id, v_instance.id, v_conversation.id, v_conversation.last_seq,
        case when v_from_contact then 'inbound' else 'outbound' end,
        case when v_from_contact then 'contact' else 'business' end,
        p_message ->> 'kind', p_message ->> 'text', nullif(p_message -> 'media', 'null'::jsonb),
        v_id, p_message ->> 'quoted_id', v_written_at, v_decision, v_is_stop,
        case when v_from_contact then null else 'sent' end,
        case when v_from_contact then null else v_written_at end
    )
    returning * into v_message;
    return app.receipt_of(v_message, true);
end
$$;

-- Whether the person of a conversation was opted out by what is open in it. Whoever was before is not told a second time
-- in full.
create function app.opted_out_now(p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.messages as message
        where message.conversation_id = (p_conversation).id
            and message.organization_id = (p_conversation).organization_id
            and message.is_stop and message.answered_by is null and message.decision is null
            and message.direction = 'inbound'
    )
$$;

-- Returns the Turn of a conversation: all that an assistant needs to answer it. The profile is the customers' assistant's:
-- with an owner it is null. `opted_out_now`: the contact is opted out by what is open.
create or replace function app.turn_of(p_conversation app.conversations, p_history integer) returns jsonb
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
        'contact', app.contact_facts_of(organization.id, contact.id) || jsonb_build_object(
            'id', contact.id,
            'opted_out_now', app.opted_out_now(p_conversation),
            'name', contact.name,
            'phone', (
                select identity.value from app.contact_identities as identity
                where identity.contact_id = contact.id and identity.kind = 'phone'
                order by identity.created_at desc limit 1
            )
        ),
        'conversation_id', (p_conversation).id,
        'audience', (p_conversation).audience,
        'permission', app.permission_of(p_conversation),
        'profile', case when (p_conversation).audience = 'client' then app.profile_of(organization) end,
        'history', app.history_of(p_conversation, (p_conversation).last_seq, p_history),
        'covers_seq', (p_conversation).due_seq,
        'introduced', exists (
            select 1 from app.messages
            where conversation_id = (p_conversation).id and organization_id = organization.id
                and author = 'assistant' and purpose = 'reply' and state not in ('failed', 'withdrawn')
        ),
        'summary', (p_conversation).summary,
        'proposal', app.proposal_of(p_conversation),
        'other_proposals', app.other_proposals_of(p_conversation),
        'quoted_question', app.quoted_question_of(p_conversation),
        'unopened_told', coalesce(
            (p_conversation).unopened_told_on = (app.now() at time zone organization.timezone)::date, false
        ),
        'now', app.now()
    )
    from app.organizations as organization
    inner join app.contacts as contact on contact.organization_id = organization.id
    where organization.id = (p_conversation).organization_id and contact.id = (p_conversation).contact_id
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
