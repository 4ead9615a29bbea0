-- Routines tell owners of people by name and phone, in conversations that stay when one of those people is erased.

-- Returns the words by which owners are told of a person, the longest first: phones, names as shown, the names of
-- dependents. p_with_first_names adds what greetings call the person.
create function app.words_for(
    p_organization_id uuid, p_contact_ids uuid[], p_with_first_names boolean
) returns text[]
language sql
stable
set search_path = ''
as $$
    with named as (
        select trim(regexp_replace(person.name, '[[:cntrl:]\s]+', ' ', 'g')) as name
        from (
            select name from app.contacts where id = any(p_contact_ids) and organization_id = p_organization_id
            union
            select name from app.dependents
            where contact_id = any(p_contact_ids) and organization_id = p_organization_id
        ) as person
    ),
    words as (
        select value as word from app.contact_identities
        where contact_id = any(p_contact_ids) and organization_id = p_organization_id and kind = 'phone'
        union
        select ltrim(value, '+') from app.contact_identities
        where contact_id = any(p_contact_ids) and organization_id = p_organization_id and kind = 'phone'
        union
        select name from named
        union
        select split_part(name, ' ', 1) from named where p_with_first_names
    )
    select coalesce(array_agg(word order by length(word) desc, word), '{}') from words where word <> ''
$$;

-- Returns the pattern that finds a word where no other letter or digit touches it.
create function app.whole_word(p_word text) returns text
language sql
immutable
set search_path = ''
as $$
    select '(?<![[:alnum:]])' || regexp_replace(p_word, '([^[:alnum:] ])', '\\\1', 'g') || '(?![[:alnum:]])'
$$;

-- Says whether a text holds any of the words, as whole words. Those of two letters and less tell nobody apart.
create function app.mentions(p_text text, p_words text[]) returns boolean
language sql
immutable
set search_path = ''
as $$
    select exists (
        select 1 from unnest(p_words) as listed (word)
        where length(listed.word) > 2 and position(listed.word in p_text) > 0
            and p_text ~ app.whole_word(listed.word)
    )
$$;

-- Returns a text with a dash for each of the words; what else it tells is of nobody then.
create function app.without_words(p_text text, p_words text[]) returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_text text := p_text;
    v_word text;
begin
    foreach v_word in array p_words loop
        v_text := regexp_replace(v_text, app.whole_word(v_word), '-', 'g');
    end loop;
    return v_text;
end
$$;

-- Takes a person out of what owners were told, and out of what is proposed to them of several people: the rest of it
-- stays, and can still be agreed to, as text and preview lose the same words. Comes before the names are deleted.
create function app.erase_mentions(p_organization_id uuid, p_contact_ids uuid[]) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_telling text[] := app.words_for(p_organization_id, p_contact_ids, false);
    v_words text[] := app.words_for(p_organization_id, p_contact_ids, true);
    v_contact_id uuid;
begin
    update app.messages as message
    set text = app.without_words(message.text, v_words),
        -- Without its text nobody can look for it at the gateway.
        state = case when message.state in ('sending', 'unknown') then 'failed' else message.state end,
        last_error = case when message.state in ('sending', 'unknown') then 'erased' else message.last_error end
    from app.conversations as conversation
    where conversation.id = message.conversation_id and conversation.organization_id = p_organization_id
        and conversation.audience = 'owner' and message.organization_id = p_organization_id
        and message.direction = 'outbound' and app.mentions(message.text, v_telling);
    update app.conversations
    set summary = app.without_words(summary, v_words)
    where organization_id = p_organization_id and audience = 'owner' and app.mentions(summary, v_telling);
    update app.proposals set preview = app.without_words(preview, v_words)
    where organization_id = p_organization_id and app.mentions(preview, v_telling);
    foreach v_contact_id in array p_contact_ids loop
        -- The text of a message to several is that of the first of them.
        update app.proposals
        set action = jsonb_set(
            action #- array['texts', v_contact_id::text] #- array['expiries', v_contact_id::text],
            '{contact_ids}',
            (action -> 'contact_ids') - v_contact_id::text
        ) || jsonb_strip_nulls(jsonb_build_object(
            'text', app.without_words(action ->> 'text', v_words),
            'marketing_to', (action -> 'marketing_to') - v_contact_id::text
        ))
        where organization_id = p_organization_id and kind = 'message'
            and action -> 'contact_ids' ? v_contact_id::text;
    end loop;
    update app.outreach as outreach set text = app.without_words(outreach.text, v_words)
    from app.outreach_recipients as recipient
    where recipient.outreach_id = outreach.id and recipient.contact_id = any(p_contact_ids)
        and recipient.organization_id = p_organization_id and outreach.organization_id = p_organization_id;
end
$$;

-- Deletes all that tells who a person was, in what owners were told too. Bookings and figures stay, of nobody.
--
-- p_phone is E.164; p_phone_hash is what remains of it, so that the person is not written to again. Returns {"outcome":
-- "erased", "messages": how many were blanked, "upcoming_bookings": how many appointments still stand}, or {"outcome":
-- "already_erased"} when only the hash is known. Raises PT422 (hint `owner_number`) for a number of the business, which
-- is not a customer's, and PT404 (hint `unknown_contact`).
create or replace function api.erase_contact(p_organization_id uuid, p_phone text, p_phone_hash text) returns jsonb
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
    -- Who composes a routine now has read of this person and lost the right to write it down: the next attempt does it.
    update app.proactive_runs set lease_token = null, lease_until = null
    where organization_id = p_organization_id and state = 'running';
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
    perform app.erase_mentions(p_organization_id, v_contact_ids);

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
