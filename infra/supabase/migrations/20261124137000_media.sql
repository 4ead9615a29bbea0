-- Voice messages, written down so that the assistants understand them. The files themselves stay with the gateway.

-- Says where the files of a conversation are: {"provider", "instance": its name at the provider}. Raises PT404 for a
-- conversation that this organization does not have.
create function api.media_source(p_organization_id uuid, p_conversation_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_source jsonb;
begin
    select jsonb_build_object('provider', instance.provider, 'instance', instance.name) into v_source
    from app.conversations as conversation
    inner join app.instances as instance on instance.id = conversation.instance_id
    where conversation.id = p_conversation_id and conversation.organization_id = p_organization_id
        and instance.organization_id = p_organization_id;
    if v_source is null then
        raise sqlstate 'PT404' using
            message = format('organization %s has no conversation %s', p_organization_id, p_conversation_id),
            hint = 'unknown_conversation';
    end if;
    return v_source;
end
$$;

-- Keeps what was heard in a voice message, and what it cost to listen. A transcript that is kept is never replaced, so a
-- run that comes twice changes nothing but the costs, which were paid twice.
--
-- p_text is the transcript, cut after 10000 characters; null: nothing could be heard. p_interaction is one element of
-- app.record_interactions, null when nothing was paid. Returns {"transcript": the one that is kept, or null}. Raises PT404
-- for a message that this organization did not receive or that is no recording.
create function api.store_transcript(
    p_organization_id uuid, p_message_id uuid, p_text text, p_interaction jsonb default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_message app.messages;
    v_conversation app.conversations;
begin
    update app.messages
    -- What was taken back while somebody listened is not written down.
    set transcript = case when revoked_at is null then coalesce(transcript, left(p_text, 10000)) end
    where id = p_message_id and organization_id = p_organization_id
        and direction = 'inbound' and kind in ('voice', 'audio')
    returning * into v_message;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s received no recording %s', p_organization_id, p_message_id),
            hint = 'unknown_message';
    end if;
    if jsonb_typeof(p_interaction) = 'object' then
        select * into v_conversation from app.conversations
        where id = v_message.conversation_id and organization_id = p_organization_id;
        perform app.record_interactions(v_conversation, v_message.id, jsonb_build_array(p_interaction));
    end if;
    return jsonb_build_object('transcript', v_message.transcript);
end
$$;

-- Who takes a voice message back takes back what was heard in it.
create function app.forget_transcript() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.transcript := null;
    return new;
end
$$;

create trigger messages_revoked before update of revoked_at on app.messages
for each row when (new.revoked_at is not null) execute function app.forget_transcript();

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
