-- maintenance.sweep: what was lost on the way is found here.

-- Returns the conversations that wait for an answer longer than p_after_seconds while nobody writes one:
-- [{"organization_id", "conversation_id", "seq"}].
create function app.forgotten_conversations(p_after_seconds double precision, p_limit integer) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(forgotten)), '[]')
    from (
        select conversation.organization_id, conversation.id as conversation_id, conversation.due_seq as seq
        from app.conversations as conversation
        inner join app.messages as newest
            on newest.conversation_id = conversation.id and newest.seq = conversation.due_seq
        where conversation.due_seq > conversation.covered_seq
            and coalesce(conversation.lease_until <= app.now(), true)
            and newest.created_at <= app.now() - make_interval(secs => p_after_seconds)
        order by newest.created_at
        limit p_limit
    ) as forgotten
$$;

-- Returns the messages that wait longer than p_after_seconds to be sent or to be settled, the first of each conversation,
-- unless its number is not connected: [{"organization_id", "message_id", "instance_id"}].
create function app.forgotten_sends(p_after_seconds double precision, p_limit integer) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(to_jsonb(forgotten)), '[]')
    from (
        select first.organization_id, first.id as message_id, first.instance_id
        from (
            select distinct on (conversation_id) *
            from app.messages
            where state in ('pending', 'sending', 'unknown')
            order by conversation_id, seq
        ) as first
        inner join app.instances as instance on instance.id = first.instance_id and instance.state <> 'close'
        where first.state <> 'sending'
            and coalesce(first.unknown_since, first.created_at) <= app.now() - make_interval(secs => p_after_seconds)
        order by first.created_at
        limit p_limit
    ) as forgotten
$$;

-- Deletes at most p_limit records of each kind that are older than p_policy says, in days. Returns how many.
create function app.prune(p_policy jsonb, p_limit integer) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_interactions integer;
    v_letters integer;
begin
    delete from app.ai_interactions
    where id in (
        select id from app.ai_interactions
        where created_at < app.now() - make_interval(days => (p_policy ->> 'keep_interactions_days')::integer)
        limit p_limit
    );
    get diagnostics v_interactions = row_count;
    delete from app.dead_letters
    where id in (
        select id from app.dead_letters
        where created_at < app.now() - make_interval(days => (p_policy ->> 'keep_dead_letters_days')::integer)
        limit p_limit
    );
    get diagnostics v_letters = row_count;
    return v_interactions + v_letters;
end
$$;

-- Finds what fell off the way, in one call, and says what must be published for it.
--
-- p_policy is {"after_seconds", "keep_interactions_days", "keep_dead_letters_days"}. Claims that ended without a word
-- become `unknown`. Returns {"replies", "sends": see the functions above, at most p_limit each, "expired", "pruned"}.
-- Repeating it changes nothing more.
create function api.sweep(p_policy jsonb, p_limit integer default 100) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_after double precision := (p_policy ->> 'after_seconds')::double precision;
    v_expired integer;
begin
    update app.messages
    set state = 'unknown',
        unknown_since = app.now(),
        claim_until = null,
        last_error = 'the run that sent it ended without a word'
    where id in (
        select id from app.messages
        where state = 'sending' and claim_until <= app.now()
        order by claim_until
        limit p_limit
        for update skip locked
    );
    get diagnostics v_expired = row_count;
    return jsonb_build_object(
        'expired', v_expired,
        'replies', app.forgotten_conversations(v_after, p_limit),
        'sends', app.forgotten_sends(v_after, p_limit),
        'pruned', app.prune(p_policy, p_limit)
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
