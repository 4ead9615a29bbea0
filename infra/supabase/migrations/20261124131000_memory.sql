-- What an assistant remembers of a long conversation: the newest messages word for word, the older ones as a summary. And
-- the record of calls to a model that came to no answer.

-- Returns the sequence number through which a conversation may be folded into its summary, or null when there is nothing
-- to fold: the newest 16 messages and all that waits for an answer stay, and no more than 100 go at once.
create function app.foldable_through(p_conversation app.conversations) returns bigint
language sql
stable
set search_path = ''
as $$
    select max(told.seq)
    from (
        select older.seq
        from (
            select message.seq
            from app.messages as message
            where message.conversation_id = (p_conversation).id
                and message.organization_id = (p_conversation).organization_id
                and message.seq > (p_conversation).summary_seq
            order by message.seq desc
            offset 16
        ) as older
        where not exists (
            select 1 from app.messages as open
            where open.conversation_id = (p_conversation).id
                and open.organization_id = (p_conversation).organization_id
                and open.direction = 'inbound' and open.answered_by is null and open.decision is null
                and open.seq <= older.seq
        )
        order by older.seq
        limit 100
    ) as told
$$;

-- Says whether more than 40 messages of a conversation are remembered word for word and some of them can be folded.
create function app.summary_due(p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select count(*) > 40 and app.foldable_through(p_conversation) is not null
    from app.messages
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and seq > (p_conversation).summary_seq
$$;

-- Returns what is to be folded into a conversation's summary. Nothing is claimed for good: whoever completes first counts.
--
-- Returns {"outcome": …} with
--   kept      there is nothing to fold
--   claimed   "summary_seq" and "through_seq" go back to api.complete_summary; "summary" is the one so far or null;
--             "messages" are the HistoryMessage objects from the one to the other, oldest first, without what was taken
--             back or never left; "locale", "audience"; "spend" see app.spend_of
-- Raises PT404 for a conversation that this organization does not have.
create function api.claim_summary(p_organization_id uuid, p_conversation_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_through bigint;
begin
    if not app.summary_due(v_conversation) then
        return jsonb_build_object('outcome', 'kept');
    end if;
    v_through := app.foldable_through(v_conversation);
    return jsonb_build_object(
        'outcome', 'claimed',
        'summary_seq', v_conversation.summary_seq,
        'through_seq', v_through,
        'summary', v_conversation.summary,
        'messages', app.told_between(v_conversation, v_through),
        'locale', (select locale from app.organizations where id = p_organization_id),
        'audience', v_conversation.audience,
        'spend', app.spend_of(p_organization_id)
    );
end
$$;

-- Returns the messages after a conversation's summary through p_through_seq as HistoryMessage objects.
create function app.told_between(p_conversation app.conversations, p_through_seq bigint) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'speaker', author, 'kind', kind, 'text', coalesce(text, transcript), 'sent_at', written_at
        )
        order by seq
    ), '[]')
    from app.messages
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and seq > (p_conversation).summary_seq and seq <= p_through_seq and revoked_at is null
        and (direction = 'inbound' or state not in ('failed', 'withdrawn'))
$$;

-- Keeps a summary that holds all through p_through_seq, made from one that held all through p_expected_seq, and what it
-- cost (see app.record_interactions). Returns {"outcome": "kept", or "stale" when the summary is another one by now and
-- nothing but the cost was written; "summary_due": whether there is still more to fold}.
-- Raises PT404 for a conversation that this organization does not have, PT422 (hint `invalid_summary`) for a summary that
-- is empty or holds less than the one before, or more than there is.
create function api.complete_summary(
    p_organization_id uuid, p_conversation_id uuid, p_expected_seq bigint, p_through_seq bigint, p_summary text,
    p_interactions jsonb
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_outcome text := case when v_conversation.summary_seq = p_expected_seq then 'kept' else 'stale' end;
begin
    if p_through_seq <= p_expected_seq or p_through_seq > v_conversation.last_seq or btrim(p_summary) = '' then
        raise sqlstate 'PT422' using
            message = format('no summary of messages %s to %s', p_expected_seq + 1, p_through_seq),
            hint = 'invalid_summary';
    end if;
    update app.conversations set summary = p_summary, summary_seq = p_through_seq
    where id = p_conversation_id and organization_id = p_organization_id and summary_seq = p_expected_seq
    returning * into v_conversation;
    if not found then
        v_conversation := app.lock_conversation(p_organization_id, p_conversation_id);
    end if;
    perform app.record_interactions(v_conversation, null, p_interactions);
    return jsonb_build_object('outcome', v_outcome, 'summary_due', app.summary_due(v_conversation));
end
$$;

-- Writes down the calls to a model of a turn that came to no answer, so that they count as spent. See
-- app.record_interactions. Raises PT404 for a conversation that this organization does not have.
create function api.record_interactions(
    p_organization_id uuid, p_conversation_id uuid, p_interactions jsonb
) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform app.record_interactions(
        app.lock_conversation(p_organization_id, p_conversation_id), null, p_interactions
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
