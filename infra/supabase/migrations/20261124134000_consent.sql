-- What people allow of messages that they did not ask for; what the business types to switch the assistant off and on.

-- The log is written once and read for ever. Only with its whole organization does it go.
create function app.keep_consent_log() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op = 'DELETE' and not exists (select 1 from app.organizations where id = old.organization_id) then
        return old;
    end if;
    raise sqlstate '42501' using message = 'the consent log is append-only';
end
$$;

create trigger consent_log_append_only before update or delete on app.consent_log
for each row execute function app.keep_consent_log();

-- Locks the conversations of a contact until commit, so that nothing is claimed or answered in them meanwhile.
create function app.lock_conversations_with(p_organization_id uuid, p_contact_id uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
    perform 1 from app.conversations
    where contact_id = p_contact_id and organization_id = p_organization_id
    order by id
    for update;
end
$$;

-- Notes what a contact allowed or took back; p_event and p_source are those of app.consent_log.
--
-- `opted_out` ends everything that the business sends of its own accord, marketing with it, and withdraws what of it
-- waits. `opted_in` undoes that without granting marketing; `marketing_granted` undoes it, too. `exported` and `erased`
-- are only written down. Returns whether it was news: what holds already is not noted again.
create function app.note_consent(
    p_organization_id uuid, p_contact_id uuid, p_event text, p_source text
) returns boolean
language plpgsql
set search_path = ''
as $$
declare
    v_news boolean;
begin
    if p_event = 'opted_out' then
        perform app.lock_conversations_with(p_organization_id, p_contact_id);
    end if;
    update app.contacts
    set opted_out_at = case
            when p_event = 'opted_out' then app.now() when p_event = 'marketing_withdrawn' then opted_out_at
        end,
        marketing_consent_at = case
            when p_event = 'marketing_granted' then app.now() when p_event = 'opted_in' then marketing_consent_at
        end
    where id = p_contact_id and organization_id = p_organization_id and erased_at is null
        and case p_event
            when 'opted_out' then opted_out_at is null
            when 'opted_in' then opted_out_at is not null
            when 'marketing_granted' then marketing_consent_at is null or opted_out_at is not null
            when 'marketing_withdrawn' then marketing_consent_at is not null
            else false
        end;
    v_news := found or p_event in ('exported', 'erased');
    if v_news then
        insert into app.consent_log (organization_id, contact_id, event, source, created_at)
        values (p_organization_id, p_contact_id, p_event, p_source, app.now());
    end if;
    if p_event = 'opted_out' then
        update app.messages as message
        set state = 'withdrawn', last_error = 'opted_out'
        from app.conversations as conversation
        where conversation.id = message.conversation_id and conversation.contact_id = p_contact_id
            and message.organization_id = p_organization_id and conversation.organization_id = p_organization_id
            and message.purpose = 'proactive' and message.state = 'pending';
    end if;
    return v_news;
end
$$;

-- Notes what a customer's message says of being written to (p_event `opted_out` or `opted_in`), for a message that no
-- assistant answers: where a person has taken the conversation over, a stop must be heeded all the same. What the
-- assistant answered, and news older than the last word on the matter, change nothing. Returns {"noted"}. Raises PT404.
create function api.note_consent_of(p_organization_id uuid, p_message_id uuid, p_event text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages;
    v_conversation app.conversations;
begin
    select * into v_message from app.messages
    where id = p_message_id and organization_id = p_organization_id and direction = 'inbound';
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no incoming message %s', p_organization_id, p_message_id),
            hint = 'unknown_message';
    end if;
    v_conversation := app.lock_conversation(p_organization_id, v_message.conversation_id);
    -- Read anew: it may have been answered while the conversation was locked by somebody else.
    select * into v_message from app.messages where id = p_message_id and organization_id = p_organization_id;
    if v_conversation.audience <> 'client' or v_message.answered_by is not null or exists (
        select 1 from app.consent_log
        where organization_id = p_organization_id and contact_id = v_conversation.contact_id
            and event in ('opted_out', 'opted_in', 'marketing_granted') and created_at > v_message.created_at
    ) then
        return jsonb_build_object('noted', false);
    end if;
    return jsonb_build_object(
        'noted', app.note_consent(p_organization_id, v_conversation.contact_id, p_event, 'message')
    );
end
$$;

-- Says whether a phone is one of those of whom nothing is known any more but that they must be left alone. p_phone_hash
-- may be null: nobody's.
create function app.is_suppressed(p_organization_id uuid, p_phone_hash text) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.suppressions where organization_id = p_organization_id and phone_hash = p_phone_hash
    )
$$;

-- Does what the business typed in a customer's chat on its own phone, if it is a command; p_conversation is locked.
--
-- `#pausa` leaves the conversation, and what was open in it, to the team until it is returned; `#bot` returns it at once.
-- Returns whether it was one: then it is no answer to the customer and does not pause the assistant for an hour.
create function app.apply_command(p_conversation app.conversations, p_text text) returns boolean
language plpgsql
set search_path = ''
as $$
begin
    case lower(btrim(p_text, E' \t\n\r.!'))
    when '#pausa', '#pause' then
        perform app.decide_open_messages(p_conversation, 'handed_over');
        update app.conversations
        set handed_over_at = coalesce(handed_over_at, app.now()), handover_reason = coalesce(handover_reason, '#pausa')
        where id = (p_conversation).id and organization_id = (p_conversation).organization_id;
        return true;
    when '#bot' then
        update app.conversations set handed_over_at = null, handover_reason = null, paused_until = null
        where id = (p_conversation).id and organization_id = (p_conversation).organization_id;
        return true;
    else
        return false;
    end case;
end
$$;

-- Switches the customers' assistant off (p_paused) or on, for the owner of a conversation who may do that. Returns
-- {"outcome"}: `paused`, `resumed`, `unchanged`, or `forbidden`. Raises PT404.
create function api.pause_all(p_organization_id uuid, p_conversation_id uuid, p_paused boolean) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
begin
    if app.permission_of(v_conversation) is distinct from 'admin' then
        return jsonb_build_object('outcome', 'forbidden');
    end if;
    update app.organizations set paused_at = case when p_paused then app.now() end
    where id = p_organization_id and (paused_at is not null) <> p_paused;
    return jsonb_build_object(
        'outcome', case when not found then 'unchanged' when p_paused then 'paused' else 'resumed' end
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
