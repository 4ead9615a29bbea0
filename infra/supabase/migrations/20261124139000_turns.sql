-- A turn with all that the assistants know now, what an answer may bring about, and messages that wait for their moment.

-- What is known of a contact: {"birth_date", "dependents": [{"kind", "name", "birth_date", "details"}], "opted_out"}.
create or replace function app.contact_facts_of(p_organization_id uuid, p_contact_id uuid) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'birth_date', contact.birth_date,
        'opted_out', contact.opted_out_at is not null,
        'dependents', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'kind', dependent.kind,
                        'name', dependent.name,
                        'birth_date', dependent.birth_date,
                        'details', dependent.details
                    )
                    order by dependent.created_at, dependent.name
                ),
                '[]'
            )
            from app.dependents as dependent
            where dependent.organization_id = p_organization_id and dependent.contact_id = p_contact_id
        )
    )
    from app.contacts as contact
    where contact.id = p_contact_id and contact.organization_id = p_organization_id
$$;

-- Returns up to p_limit messages of a conversation, oldest first, as HistoryMessage objects: the newest ones up to
-- p_through_seq that its summary does not hold, and all that is open. What is still to be answered comes last, also when
-- it arrived before a reply that does not cover it, with what its attachment needs to be fetched. Revoked messages are
-- gone; outgoing ones count only once they left or are about to.
create or replace function app.history_of(
    p_conversation app.conversations, p_through_seq bigint, p_limit integer
) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'id', newest.id,
            'speaker', newest.author,
            'kind', newest.kind,
            'text', coalesce(newest.text, newest.transcript),
            'sent_at', newest.written_at,
            'open', newest.is_open,
            'media', case when newest.is_open then newest.media end,
            'provider_message_id', case when newest.is_open then newest.provider_message_id end
        )
        -- Webhooks keep no order: what is open is read in the order in which it was written.
        order by newest.is_open, case when newest.is_open then newest.written_at end, newest.seq
    ), '[]')
    from (
        select *
        from (
            select
                message.*,
                message.direction = 'inbound' and message.answered_by is null and message.decision is null as is_open
            from app.messages as message
            where message.conversation_id = (p_conversation).id
                and message.organization_id = (p_conversation).organization_id
                and message.seq <= p_through_seq and message.revoked_at is null
                and (message.direction = 'inbound' or message.state not in ('failed', 'withdrawn'))
                and coalesce(message.not_before <= app.now(), true)
        ) as said
        where said.is_open or said.seq > (p_conversation).summary_seq
        order by said.seq desc
        limit p_limit
    ) as newest
$$;

-- Returns the Turn of a conversation: all that an assistant needs to answer it. The profile is the customers' assistant's:
-- with an owner it is null.
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

-- Says why the assistant must not speak in a conversation now, or null when it may.
create or replace function app.silence_of(p_conversation app.conversations) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when not (organization.is_active and organization.assistant_enabled) then 'assistant_off'
        when (p_conversation).audience = 'owner' then null
        when (p_conversation).handed_over_at is not null then 'handed_over'
        when (p_conversation).paused_until > app.now() then 'handed_over'
        when organization.paused_at is not null then 'assistant_off'
    end
    from app.organizations as organization
    where organization.id = (p_conversation).organization_id
$$;

-- Says at once why an inbound message needs no reply, or null when one is due. Order: the first reason wins.
create or replace function app.decision_on_arrival(
    p_conversation app.conversations, p_kind text, p_written_at timestamptz, p_freshness_seconds double precision
) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when p_kind in ('reaction', 'sticker') then 'ignored'
        when p_written_at < app.now() - make_interval(secs => p_freshness_seconds) then 'stale'
        else app.silence_of(p_conversation)
    end
$$;

-- Gives p_into the dependents of p_from, and the bookings that are for them. The same name, case and accents aside, is the
-- same dependent, as in api.remember_dependent: it keeps what is known of it and learns the rest.
create function app.merge_dependents(p_organization_id uuid, p_from uuid, p_into uuid) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_other app.dependents;
    v_kept uuid;
begin
    for v_other in
        select * from app.dependents
        where contact_id = p_from and organization_id = p_organization_id
        order by created_at, id
    loop
        update app.dependents
        set birth_date = coalesce(birth_date, v_other.birth_date), details = coalesce(details, v_other.details)
        where id = (
            select id from app.dependents
            where contact_id = p_into and organization_id = p_organization_id
                and app.folded(name) = app.folded(v_other.name)
            order by created_at, id limit 1
        )
        returning id into v_kept;
        if found then
            update app.bookings set dependent_id = v_kept
            where dependent_id = v_other.id and organization_id = p_organization_id;
            delete from app.dependents where id = v_other.id and organization_id = p_organization_id;
        else
            update app.dependents set contact_id = p_into
            where id = v_other.id and organization_id = p_organization_id;
        end if;
    end loop;
end
$$;

-- Makes p_from and p_into, who turned out to be one person, one contact: p_into. A conversation moves along; where both
-- have one on a number, each keeps what was said in it, and who took the person over in one has taken over in the other.
-- What one of them did not want, the person does not want.
create or replace function app.merge_contact(p_organization_id uuid, p_from uuid, p_into uuid) returns void
language plpgsql
set search_path = ''
as $$
begin
    update app.contact_identities set contact_id = p_into
    where contact_id = p_from and organization_id = p_organization_id;
    perform app.merge_dependents(p_organization_id, p_from, p_into);
    update app.bookings set contact_id = p_into where contact_id = p_from and organization_id = p_organization_id;
    update app.waiting_list as entry set contact_id = p_into
    where entry.contact_id = p_from and entry.organization_id = p_organization_id
        and not exists (
            select 1 from app.waiting_list as kept
            where kept.contact_id = p_into and kept.organization_id = p_organization_id
                and kept.service_id = entry.service_id and kept.state = 'waiting'
        );
    update app.contacts as kept
    set birth_date = coalesce(kept.birth_date, other.birth_date),
        opted_out_at = greatest(kept.opted_out_at, other.opted_out_at),
        marketing_consent_at = case
            when kept.opted_out_at is null and other.opted_out_at is null
                then coalesce(kept.marketing_consent_at, other.marketing_consent_at)
        end,
        last_inbound_at = greatest(kept.last_inbound_at, other.last_inbound_at)
    from app.contacts as other
    where kept.id = p_into and other.id = p_from
        and kept.organization_id = p_organization_id and other.organization_id = p_organization_id;
    -- What stays with the other contact is still this person's, when everything of theirs is to be shown or erased.
    update app.contacts set merged_into = p_into
    where organization_id = p_organization_id and (id = p_from or merged_into = p_from);
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

-- Writes down calls to a model that one turn, or what prepares one, made: [{"model", "prompt_tokens", "completion_tokens",
-- "latency_ms", "round", "tools", "cost_micros", "outcome", "purpose"}]; the last two and the tools may be missing.
create function app.record_interactions(
    p_conversation app.conversations, p_message_id uuid, p_interactions jsonb
) returns void
language sql
set search_path = ''
as $$
    insert into app.ai_interactions (
        organization_id, conversation_id, message_id, audience, model, prompt_tokens, completion_tokens, latency_ms,
        round, tools, cost_micros, outcome, purpose
    )
    select
        (p_conversation).organization_id, (p_conversation).id, p_message_id, (p_conversation).audience,
        spent.model, spent.prompt_tokens, spent.completion_tokens, spent.latency_ms, coalesce(spent.round, 1),
        coalesce(spent.tools, '{}'), coalesce(spent.cost_micros, 0), coalesce(spent.outcome, 'answered'),
        coalesce(spent.purpose, 'reply')
    from jsonb_to_recordset(coalesce(nullif(p_interactions, 'null'), '[]')) as spent (
        model text, prompt_tokens integer, completion_tokens integer, latency_ms integer, round integer, tools text [],
        cost_micros bigint, outcome text, purpose text
    )
$$;

-- Brings about what an answer says beside its words, in the answer's own transaction. p_effect is one of
--   {"kind": "consent", "event", "source"}     the contact allowed something or took it back: see app.note_consent
--   {"kind": "question", "question", "notice"} the owners are asked what the assistant does not know: see app.ask_owners
--   {"kind": "unopened"}                       the person was told that something could not be opened
-- Raises PT422 (hint `unknown_effect`) for any other.
create function app.apply_effect(p_conversation app.conversations, p_reply_id uuid, p_effect jsonb) returns void
language plpgsql
set search_path = ''
as $$
begin
    case p_effect ->> 'kind'
    when 'consent' then
        perform app.note_consent(
            (p_conversation).organization_id, (p_conversation).contact_id, p_effect ->> 'event', p_effect ->> 'source'
        );
    when 'question' then
        perform app.ask_owners(p_conversation, p_reply_id, p_effect);
    when 'unopened' then
        update app.conversations as conversation
        set unopened_told_on = (app.now() at time zone organization.timezone)::date
        from app.organizations as organization
        where organization.id = conversation.organization_id
            and conversation.id = (p_conversation).id
            and conversation.organization_id = (p_conversation).organization_id;
    else
        raise sqlstate 'PT422' using
            message = format('unknown effect %s', p_effect ->> 'kind'), hint = 'unknown_effect';
    end case;
end
$$;

-- Writes the answer of a claimed turn: the reply into the outbox, what it covers, what it brings about, what it cost.
--
-- p_answer is {"text", "decision", "hand_over_reason", "notice", "spend_notice", "effects", "interactions"}: a text, or
-- the decision not to answer; `looping` keeps the assistant silent for an hour. The notices go to the owners; effects see
-- app.apply_effect, interactions app.record_interactions. Returns {"outcome", "unsent", "next_seq", "summary_due"}:
-- outcome `replied`, the decision, or `withdrawn` when a person took over meanwhile (then nothing is sent, and nothing
-- brought about but what the person allows or forbids); next_seq is the newest message that came while the answer was written, or null; summary_due says
-- that more is remembered word for word than should be. Raises PT409 (hint `stale_lease`) when p_token is not the lease's,
-- PT404 for a conversation that this organization does not have.
create or replace function api.complete_reply(
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
        v_reply := app.write_reply(v_conversation, p_covers_seq, p_answer);
    elsif v_silence is null and v_decision = 'ignored' then
        -- It was about what this run saw: what came while it tried to open that is answered by the next one.
        update app.messages set decision = 'ignored'
        where conversation_id = p_conversation_id and organization_id = p_organization_id
            and direction = 'inbound' and seq <= p_covers_seq and answered_by is null and decision is null;
        update app.conversations set covered_seq = p_covers_seq, lease_token = null, lease_until = null
        where id = p_conversation_id and organization_id = p_organization_id;
    else
        perform app.decide_open_messages(v_conversation, v_decision);
        update app.conversations set paused_until = app.now() + interval '60 minutes'
        where id = p_conversation_id and organization_id = p_organization_id and v_decision = 'looping';
        -- Who wants no messages is heeded, whoever answers.
        perform app.apply_effect(v_conversation, null, effect)
        from jsonb_array_elements(coalesce(nullif(p_answer -> 'effects', 'null'), '[]')) as effect
        where effect ->> 'kind' = 'consent';
    end if;
    perform app.record_interactions(v_conversation, v_reply.id, p_answer -> 'interactions');

    return jsonb_build_object(
        'outcome', case when v_decision is null then 'replied' when v_silence is null then v_decision else 'withdrawn' end,
        'unsent', app.unsent_of(v_conversation),
        'next_seq', case
            when (v_decision is null or (v_silence is null and v_decision = 'ignored'))
                and v_conversation.due_seq > p_covers_seq then v_conversation.due_seq
        end,
        'summary_due', app.summary_due(v_conversation)
    );
end
$$;

-- Puts the text of p_answer into the outbox as the reply to all through p_covers_seq, with what it brings about.
create function app.write_reply(
    p_conversation app.conversations, p_covers_seq bigint, p_answer jsonb
) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_reply app.messages := app.put_outbound(p_conversation, p_answer ->> 'text', 'reply', p_covers_seq, null);
    v_effect jsonb;
begin
    update app.messages set answered_by = v_reply.id
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and direction = 'inbound' and seq <= p_covers_seq and answered_by is null and decision is null;
    update app.conversations set covered_seq = p_covers_seq, lease_token = null, lease_until = null
    where id = (p_conversation).id and organization_id = (p_conversation).organization_id;
    if p_answer ->> 'hand_over_reason' is not null then
        update app.conversations
        set handed_over_at = app.now(), handover_reason = p_answer ->> 'hand_over_reason'
        where id = (p_conversation).id and organization_id = (p_conversation).organization_id;
        perform app.tell_owners(p_conversation, p_answer ->> 'notice', v_reply.id);
    end if;
    if p_answer ->> 'spend_notice' is not null then
        update app.organizations set spend_warned_on = (app.now() at time zone timezone)::date
        where id = (p_conversation).organization_id;
        perform app.tell_owners(p_conversation, p_answer ->> 'spend_notice', v_reply.id);
    end if;
    for v_effect in select value from jsonb_array_elements(coalesce(nullif(p_answer -> 'effects', 'null'), '[]')) loop
        perform app.apply_effect(p_conversation, v_reply.id, v_effect);
    end loop;
    return v_reply;
end
$$;

drop function api.receive_message(text, text, jsonb, double precision);

-- Stores what a contact wrote, or what somebody typed on the business phone, once.
--
-- p_message is a MessageReceived; p_phone_hash is the keyed hash of its peer's phone, by which a person who had everything
-- deleted is known to want no proactive message. Somebody at the business who types `#pausa` or `#bot` commands the
-- assistant: see app.apply_command. Returns {"organization_id", "conversation_id", "message_id", "seq", "created",
-- "decision", "reply_due"}; of a message of the business that is our own, {"organization_id", "message_id", "next": what
-- waited for it, "created": false, "reply_due": false}. Raises PT404 for an unknown instance.
create function api.receive_message(
    p_provider text, p_instance text, p_message jsonb, p_freshness_seconds double precision,
    p_phone_hash text default null
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
        perform app.recall_suppression(v_conversation, p_phone_hash);
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

-- A person who had everything deleted and writes again is a stranger who wants no proactive message: known by the keyed
-- hash, once, until the person says otherwise.
create function app.recall_suppression(p_conversation app.conversations, p_phone_hash text) returns void
language plpgsql
set search_path = ''
as $$
begin
    if app.is_suppressed((p_conversation).organization_id, p_phone_hash) and not exists (
        select 1 from app.consent_log
        where organization_id = (p_conversation).organization_id and contact_id = (p_conversation).contact_id
    ) then
        perform app.note_consent(
            (p_conversation).organization_id, (p_conversation).contact_id, 'opted_out', 'operator'
        );
    end if;
end
$$;

-- Returns the next message of a conversation that waits for its turn, or null: {"message_id", "instance_id"}. One whose
-- moment has not come has a publication of its own.
create or replace function app.next_unsent(p_message app.messages) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object('message_id', message.id, 'instance_id', message.instance_id)
    from app.messages as message
    where message.conversation_id = (p_message).conversation_id
        and message.organization_id = (p_message).organization_id
        and message.state = 'pending' and message.seq > (p_message).seq
        and coalesce(message.not_before <= app.now(), true)
    order by message.seq
    limit 1
$$;

-- Returns what waits to be sent because of a conversation's replies, in order: [{"message_id", "instance_id"}].
create or replace function app.unsent_of(p_conversation app.conversations) returns jsonb
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
        and message.purpose <> 'proactive'
        and (
            message.conversation_id = (p_conversation).id
            or message.cause_id in (
                select reply.id from app.messages as reply
                where reply.conversation_id = (p_conversation).id and reply.direction = 'outbound'
            )
            or message.id in (
                select question.relay_id from app.questions as question
                where question.organization_id = (p_conversation).organization_id
                    and question.answered_in = (p_conversation).id
            )
        )
$$;

-- Returns the messages that wait longer than p_after_seconds to be sent or to be settled, the first of each conversation,
-- unless its number is not connected: [{"organization_id", "message_id", "instance_id"}].
create or replace function app.forgotten_sends(p_after_seconds double precision, p_limit integer) returns jsonb
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
            where state in ('pending', 'sending', 'unknown') and coalesce(not_before <= app.now(), true)
            -- Replies do not wait behind what the business says of its own accord.
            order by conversation_id, state = 'pending' and purpose = 'proactive', seq
        ) as first
        inner join app.instances as instance on instance.id = first.instance_id and instance.state <> 'close'
        where first.state <> 'sending'
            and coalesce(first.unknown_since, greatest(first.created_at, first.not_before))
            <= app.now() - make_interval(secs => p_after_seconds)
        order by first.created_at
        limit p_limit
    ) as forgotten
$$;

-- Whether another message of the conversation must leave, or be settled, before this one. A proactive one that still
-- waits holds up no reply.
create function app.must_wait(p_message app.messages) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.messages as earlier
        where earlier.conversation_id = p_message.conversation_id
            and earlier.organization_id = p_message.organization_id
            and (
                (earlier.state = 'pending' and earlier.seq < p_message.seq
                    and (earlier.purpose <> 'proactive' or p_message.purpose = 'proactive'))
                or (earlier.state in ('sending', 'unknown') and earlier.id <> p_message.id)
            )
    )
$$;

-- Withdraws a proactive message that its contact must not get any more, and records why; returns the message as it is
-- then.
create function app.withdraw_if_unwanted(p_message app.messages) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_message app.messages := p_message;
begin
    update app.messages as message
    set state = 'withdrawn', last_error = 'the contact wants no messages'
    from app.conversations as conversation
    inner join app.contacts as contact on contact.id = conversation.contact_id
    where message.id = p_message.id and message.organization_id = p_message.organization_id
        and message.purpose = 'proactive' and conversation.id = message.conversation_id
        and (contact.opted_out_at is not null or contact.erased_at is not null)
    returning message.* into v_message;
    return case when found then v_message else p_message end;
end
$$;

-- Claims a message for sending.
--
-- Returns {"outcome": …} with
--   claimed   "token", "provider", "instance", "address" and "text" of what to send
--   waiting   an earlier message of the conversation has not left, or nobody knows yet; whoever settles it publishes
--             this one
--   parked    the WhatsApp number is not connected; when it is, this message is published
--   busy      another run sends it now, or its moment has not come; "retry_after" seconds until that ends
--   doubtful  nobody knows whether it left: "provider", "instance", "address", "text" and "written_at" of what to look
--             for at the gateway; api.settle_send takes the answer
--   settled   nothing left to do; "state" is what became of it, "next" the message that waited for it, or null
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}, p_policy is {"burst_seconds",
-- "settle_seconds"}. A claim that ended without a word leaves the outcome unknown: the message becomes `unknown`, and is
-- `busy` for settle_seconds, in which the gateway's own word may come. A reply that was overtaken before it left is
-- withdrawn, and so is a proactive message to who wants none. Raises PT404.
create or replace function api.claim_send(
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
    if v_message.not_before > app.now() then
        return jsonb_build_object('outcome', 'busy', 'retry_after', app.seconds_until(v_message.not_before));
    end if;
    if app.must_wait(v_message) then
        return jsonb_build_object('outcome', 'waiting');
    end if;
    if exists (select 1 from app.instances where id = v_message.instance_id and state = 'close') then
        return jsonb_build_object('outcome', 'parked');
    end if;
    v_message := app.withdraw_if_unwanted(app.withdraw_if_overtaken(v_message, p_policy));
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

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
