-- What a person may ask for about everything that is kept of them (LGPD, Lei 13.709/2018, art. 18): a copy, and its
-- deletion. Operators' commands call these.

-- Which contact it became when two turned out to be one person. What was said in a conversation of its own stays there.
alter table app.contacts add column merged_into uuid;
alter table app.contacts add foreign key (organization_id, merged_into) references app.contacts (organization_id, id);

create index contacts_merged on app.contacts (merged_into) where merged_into is not null;

-- What was taken back or erased does not come back, whoever still writes about it: an edit, a transcript, a summary.
create function app.keep_messages_erased() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.text := null;
    new.media := null;
    new.transcript := null;
    new.revoked_at := old.revoked_at;
    return new;
end
$$;

create trigger messages_stay_erased before update on app.messages
for each row when (old.revoked_at is not null) execute function app.keep_messages_erased();

create function app.keep_contacts_erased() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.name := null;
    new.birth_date := null;
    new.erased_at := old.erased_at;
    return new;
end
$$;

create trigger contacts_stay_erased before update on app.contacts
for each row when (old.erased_at is not null) execute function app.keep_contacts_erased();

create function app.keep_conversations_erased() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if exists (
        select 1 from app.contacts
        where id = new.contact_id and organization_id = new.organization_id and erased_at is not null
    ) then
        new.summary := null;
        new.address := 'erased';
        new.handover_reason := null;
    end if;
    return new;
end
$$;

create trigger conversations_stay_erased before update of summary, address, handover_reason on app.conversations
for each row execute function app.keep_conversations_erased();

-- What was decided upon before a person was erased is not written down for them afterwards.
create function app.keep_outbox_erased() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if exists (
        select 1
        from app.conversations as conversation
        inner join app.contacts as contact
            on contact.organization_id = conversation.organization_id and contact.id = conversation.contact_id
        where conversation.id = new.conversation_id and conversation.organization_id = new.organization_id
            and contact.erased_at is not null
    ) then
        new.text := null;
        new.state := 'withdrawn';
        new.last_error := 'erased';
        new.revoked_at := app.now();
    end if;
    return new;
end
$$;

create trigger outbox_stays_erased before insert on app.messages
for each row when (new.state = 'pending') execute function app.keep_outbox_erased();

-- Returns the contacts of the person with a phone (E.164), the one that is used now and those that became it; none when
-- nobody has the phone.
create function app.contacts_with_phone(p_organization_id uuid, p_phone text) returns uuid[]
language sql
stable
set search_path = ''
as $$
    select coalesce(array_agg(contact.id order by contact.merged_into nulls first, contact.created_at), '{}')
    from app.contact_identities as identity
    inner join app.contacts as contact
        on contact.organization_id = identity.organization_id
        and identity.contact_id in (contact.id, contact.merged_into)
    where identity.organization_id = p_organization_id and identity.kind = 'phone' and identity.value = p_phone
$$;

-- Everything said in the conversations with a contact, oldest first.
create function app.said_with(p_organization_id uuid, p_contact_ids uuid[]) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'conversation_id', message.conversation_id,
            'seq', message.seq,
            'direction', message.direction,
            'author', message.author,
            'kind', message.kind,
            'text', message.text,
            'transcript', message.transcript,
            'media', message.media,
            'written_at', message.written_at,
            'edited_at', message.edited_at,
            'revoked_at', message.revoked_at,
            'state', message.state,
            'purpose', message.purpose
        )
        order by message.conversation_id, message.seq
    ), '[]')
    from app.messages as message
    inner join app.conversations as conversation on conversation.id = message.conversation_id
    where conversation.contact_id = any(p_contact_ids) and conversation.organization_id = p_organization_id
        and message.organization_id = p_organization_id
$$;

-- What happened with a contact in a business: {"bookings", "waiting_list", "outreach"}.
create function app.business_with(p_organization_id uuid, p_contact_ids uuid[]) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'bookings', (
            select coalesce(jsonb_agg(
                to_jsonb(booking) - 'organization_id' - 'contact_id' || jsonb_build_object(
                    'service', service.name,
                    'events', (
                        select coalesce(jsonb_agg(
                            to_jsonb(event) - 'organization_id' - 'booking_id' - 'id' order by event.id
                        ), '[]')
                        from app.booking_events as event
                        where event.booking_id = booking.id and event.organization_id = p_organization_id
                    )
                )
                order by lower(booking.period)
            ), '[]')
            from app.bookings as booking
            inner join app.services as service
                on service.organization_id = booking.organization_id and service.id = booking.service_id
            where booking.contact_id = any(p_contact_ids) and booking.organization_id = p_organization_id
        ),
        'waiting_list', (
            select coalesce(jsonb_agg(
                to_jsonb(entry) - 'organization_id' - 'contact_id' || jsonb_build_object('service', service.name)
                order by entry.created_at
            ), '[]')
            from app.waiting_list as entry
            inner join app.services as service
                on service.organization_id = entry.organization_id and service.id = entry.service_id
            where entry.contact_id = any(p_contact_ids) and entry.organization_id = p_organization_id
        ),
        'outreach', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'text', outreach.text,
                    'created_at', outreach.created_at,
                    'skipped', recipient.skipped,
                    'message_id', recipient.message_id
                )
                order by outreach.created_at
            ), '[]')
            from app.outreach_recipients as recipient
            inner join app.outreach as outreach
                on outreach.organization_id = recipient.organization_id and outreach.id = recipient.outreach_id
            where recipient.contact_id = any(p_contact_ids) and recipient.organization_id = p_organization_id
        )
    )
$$;

-- Says whether a proposal was made to a contact, or is about nobody but that contact.
create function app.concerns(p_proposal app.proposals, p_contact_ids uuid[]) returns boolean
language sql
stable
set search_path = ''
as $$
    select app.uuid_of((p_proposal).action ->> 'contact_id') = any(p_contact_ids)
        or (
            (p_proposal).action -> 'contact_ids' <@ to_jsonb(p_contact_ids)
            and (p_proposal).action -> 'contact_ids' <> '[]'
        )
        or exists (
            select 1 from app.conversations
            where id = (p_proposal).conversation_id and organization_id = (p_proposal).organization_id
                and contact_id = any(p_contact_ids)
        )
        or exists (
            select 1 from app.bookings
            where id = app.uuid_of((p_proposal).action ->> 'booking_id')
                and organization_id = (p_proposal).organization_id and contact_id = any(p_contact_ids)
        )
$$;

-- What the assistants made of the conversations with a contact: {"conversations", "questions", "proposals",
-- "model_calls"}.
create function app.understood_of(p_organization_id uuid, p_contact_ids uuid[]) returns jsonb
language sql
stable
set search_path = ''
as $$
    with own as (
        select * from app.conversations where contact_id = any(p_contact_ids) and organization_id = p_organization_id
    )
    select jsonb_build_object(
        'conversations', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'id', own.id,
                    'instance_id', own.instance_id,
                    'address', own.address,
                    'created_at', own.created_at,
                    'summary', own.summary,
                    'handed_over_at', own.handed_over_at,
                    'handover_reason', own.handover_reason
                )
                order by own.created_at
            ), '[]')
            from own
        ),
        'questions', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'question', question.question,
                    'state', question.state,
                    'answer', question.answer,
                    'created_at', question.created_at
                )
                order by question.created_at
            ), '[]')
            from app.questions as question
            inner join own on own.id = question.conversation_id
        ),
        'proposals', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'kind', proposal.kind,
                    'preview', proposal.preview,
                    'state', proposal.state,
                    'result', proposal.result,
                    'created_at', proposal.created_at
                )
                order by proposal.created_at
            ), '[]')
            from app.proposals as proposal
            where proposal.organization_id = p_organization_id and app.concerns(proposal, p_contact_ids)
        ),
        'model_calls', (
            select coalesce(jsonb_agg(
                jsonb_build_object('model', call.model, 'tools', call.tools, 'created_at', call.created_at)
                order by call.created_at
            ), '[]')
            from app.ai_interactions as call
            inner join own on own.id = call.conversation_id
        )
    )
$$;

-- Returns everything that is kept of the person with a phone (E.164), and notes that it was given out: {"contacts",
-- "identities", "dependents", "bookings", "waiting_list", "outreach", "conversations", "messages", "questions",
-- "proposals", "model_calls", "consent_log"}. Raises PT404 (hint `unknown_contact`).
create function api.export_contact(p_organization_id uuid, p_phone text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact_ids uuid[] := app.contacts_with_phone(p_organization_id, p_phone);
begin
    if v_contact_ids = '{}' then
        raise sqlstate 'PT404' using message = 'no contact has this phone', hint = 'unknown_contact';
    end if;
    perform app.note_consent(p_organization_id, v_contact_ids[1], 'exported', 'operator');
    return jsonb_build_object(
        'contacts', (
            select jsonb_agg(
                to_jsonb(contact) - 'organization_id' order by contact.merged_into nulls first, contact.created_at
            )
            from app.contacts as contact
            where contact.id = any(v_contact_ids) and contact.organization_id = p_organization_id
        ),
        'identities', (
            select jsonb_agg(
                to_jsonb(identity) - 'organization_id' - 'contact_id' order by identity.kind desc, identity.value
            )
            from app.contact_identities as identity
            where identity.contact_id = any(v_contact_ids) and identity.organization_id = p_organization_id
        ),
        'dependents', (
            select coalesce(jsonb_agg(
                to_jsonb(dependent) - 'organization_id' - 'contact_id' order by dependent.created_at
            ), '[]')
            from app.dependents as dependent
            where dependent.contact_id = any(v_contact_ids) and dependent.organization_id = p_organization_id
        ),
        'messages', app.said_with(p_organization_id, v_contact_ids),
        'consent_log', (
            select jsonb_agg(to_jsonb(entry) - 'organization_id' - 'contact_id' - 'id' order by entry.id)
            from app.consent_log as entry
            where entry.contact_id = any(v_contact_ids) and entry.organization_id = p_organization_id
        )
    )
    || app.business_with(p_organization_id, v_contact_ids)
    || app.understood_of(p_organization_id, v_contact_ids);
end
$$;

-- Blanks what was said with a contact, and withdraws what still waits. The owners' notices that quote it are blanked as
-- well. Returns how many messages that were.
create function app.erase_messages(p_organization_id uuid, p_contact_ids uuid[]) returns integer
language plpgsql
set search_path = ''
as $$
declare
    v_erased integer;
begin
    with own as (
        select message.id
        from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        where conversation.contact_id = any(p_contact_ids) and conversation.organization_id = p_organization_id
            and message.organization_id = p_organization_id
    ),
    quoting as (
        select message.id
        from app.messages as message
        where message.organization_id = p_organization_id and message.cause_id in (select id from own)
        union
        select notice.message_id
        from app.question_notices as notice
        inner join app.questions as question
            on question.organization_id = notice.organization_id and question.id = notice.question_id
        inner join app.conversations as conversation on conversation.id = question.conversation_id
        where conversation.contact_id = any(p_contact_ids) and notice.organization_id = p_organization_id
    )
    update app.messages
    set text = null,
        media = null,
        transcript = null,
        -- What may have left already can only be given up: without its text nobody can look for it at the gateway.
        state = case
            when state = 'pending' then 'withdrawn' when state in ('sending', 'unknown') then 'failed' else state
        end,
        last_error = case when state is not null then 'erased' end,
        revoked_at = coalesce(revoked_at, app.now())
    where organization_id = p_organization_id
        and (id in (select id from own) or id in (select id from quoting));
    get diagnostics v_erased = row_count;
    -- What a withdrawn reply was to answer gets no answer any more.
    update app.messages as answered
    set answered_by = null, decision = 'ignored'
    from app.messages as reply
    inner join app.conversations as conversation on conversation.id = reply.conversation_id
    where reply.id = answered.answered_by and reply.state = 'withdrawn'
        and conversation.contact_id = any(p_contact_ids) and conversation.organization_id = p_organization_id
        and answered.organization_id = p_organization_id;
    return v_erased;
end
$$;

-- Blanks what the assistants made of a contact: summaries, questions, proposals, and what owners were shown of those.
create function app.erase_understanding(p_organization_id uuid, p_contact_ids uuid[]) returns void
language plpgsql
set search_path = ''
as $$
begin
    update app.conversations
    -- Who sums up what was said has lost the right to, too: api.complete_summary finds another number.
    set summary = null, summary_seq = last_seq, handed_over_at = null, handover_reason = null, paused_until = null, address = 'erased'
    where contact_id = any(p_contact_ids) and organization_id = p_organization_id;
    update app.questions as question
    set question = '-',
        answer = case when question.answer is not null then '-' end,
        state = case question.state when 'open' then 'dropped' else question.state end,
        settled_at = coalesce(question.settled_at, app.now())
    from app.conversations as conversation
    where conversation.id = question.conversation_id and conversation.contact_id = any(p_contact_ids)
        and question.organization_id = p_organization_id and conversation.organization_id = p_organization_id;
    -- Owners agree to previews word for word, in conversations of their own that stay.
    update app.messages as message
    set text = replace(message.text, proposal.preview, '-')
    from app.proposals as proposal
    where proposal.organization_id = p_organization_id and app.concerns(proposal, p_contact_ids)
        and message.conversation_id = proposal.conversation_id and message.organization_id = p_organization_id
        and message.direction = 'outbound' and position(proposal.preview in message.text) > 0;
    update app.outreach as outreach set text = '-'
    where outreach.organization_id = p_organization_id and (
        select bool_and(recipient.contact_id = any(p_contact_ids)) from app.outreach_recipients as recipient
        where recipient.outreach_id = outreach.id and recipient.organization_id = p_organization_id
    );
    update app.proposals as proposal
    set action = '{}',
        preview = '-',
        result = case when proposal.result is not null then '{}'::jsonb end,
        state = case proposal.state when 'open' then 'dropped' else proposal.state end,
        decided_at = coalesce(proposal.decided_at, app.now())
    where proposal.organization_id = p_organization_id and app.concerns(proposal, p_contact_ids);
end
$$;

-- Deletes all that tells who a person was. Bookings and figures stay, of nobody.
--
-- p_phone is E.164; p_phone_hash is what remains of it, so that the person is not written to again. Returns {"outcome":
-- "erased", "messages": how many were blanked, "upcoming_bookings": how many appointments still stand}, or {"outcome":
-- "already_erased"} when only the hash is known. Raises PT422 (hint `owner_number`) for a number of the business, which
-- is not a customer's, and PT404 (hint `unknown_contact`).
create function api.erase_contact(p_organization_id uuid, p_phone text, p_phone_hash text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact_ids uuid[] := app.contacts_with_phone(p_organization_id, p_phone);
    v_messages integer;
begin
    if v_contact_ids = '{}' and app.is_suppressed(p_organization_id, p_phone_hash) then
        return jsonb_build_object('outcome', 'already_erased');
    end if;
    if v_contact_ids = '{}' then
        raise sqlstate 'PT404' using message = 'no contact has this phone', hint = 'unknown_contact';
    end if;
    if exists (select 1 from app.owner_numbers where organization_id = p_organization_id and phone = p_phone)
        or exists (select 1 from app.instances where organization_id = p_organization_id and phone = p_phone)
    then
        raise sqlstate 'PT422' using message = 'this number is the business''s own', hint = 'owner_number';
    end if;
    -- The locks of app.contact_of: no message of this person is being stored, nor found to be of this contact later.
    perform pg_advisory_xact_lock(
        hashtextextended(p_organization_id || ':' || identity.kind || ':' || identity.value, 0)
    )
    from (
        select kind, value from app.contact_identities
        where contact_id = any(v_contact_ids) and organization_id = p_organization_id
        order by kind, value
    ) as identity;
    -- While that waited, another contact may have turned out to be this person.
    v_contact_ids := app.contacts_with_phone(p_organization_id, p_phone);
    perform app.lock_conversations_with(p_organization_id, contact_id)
    from unnest(v_contact_ids) as person (contact_id);
    perform 1 from app.contacts where id = any(v_contact_ids) and organization_id = p_organization_id for update;

    -- Who writes an answer now has lost the right to: nothing of it is written down.
    perform app.decide_open_messages(conversation, 'ignored')
    from app.conversations as conversation
    where conversation.contact_id = any(v_contact_ids) and conversation.organization_id = p_organization_id;
    v_messages := app.erase_messages(p_organization_id, v_contact_ids);
    perform app.erase_understanding(p_organization_id, v_contact_ids);

    delete from app.waiting_list where contact_id = any(v_contact_ids) and organization_id = p_organization_id;
    update app.bookings set dependent_id = null
    where contact_id = any(v_contact_ids) and organization_id = p_organization_id and dependent_id is not null;
    delete from app.dependents where contact_id = any(v_contact_ids) and organization_id = p_organization_id;
    delete from app.contact_identities where contact_id = any(v_contact_ids) and organization_id = p_organization_id;
    update app.contacts
    set name = null, birth_date = null, erased_at = app.now(), opted_out_at = coalesce(opted_out_at, app.now()),
        marketing_consent_at = null
    where id = any(v_contact_ids) and organization_id = p_organization_id;

    insert into app.suppressions (organization_id, phone_hash) values (p_organization_id, p_phone_hash)
    on conflict do nothing;
    perform app.note_consent(p_organization_id, v_contact_ids[1], 'erased', 'operator');
    return jsonb_build_object(
        'outcome', 'erased',
        'messages', v_messages,
        'upcoming_bookings', (
            select count(*) from app.bookings
            where contact_id = any(v_contact_ids) and organization_id = p_organization_id
                and lower(period) > app.now() and status in ('pending', 'confirmed')
        )
    );
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
