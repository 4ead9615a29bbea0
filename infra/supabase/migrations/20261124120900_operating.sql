-- What the operator needs: tenants to begin with, and the record of what gave up.

-- Creates a tenant with its first WhatsApp number and its first owner, all or nothing.
--
-- p_tenant is {"name", "provider", "instance", "owner_phone" (E.164), "owner_name", "timezone" (IANA), "locale",
-- "business_type", "currency"}; the last four may be missing. Returns {"organization_id", "instance_id"}. Raises PT422
-- (hint `unknown_timezone`) for a zone that PostgreSQL does not know and 23505 when the instance has a tenant already.
create function api.create_tenant(p_tenant jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_timezone text := p_tenant ->> 'timezone';
    v_organization_id uuid;
    v_instance_id uuid;
begin
    if not exists (select 1 from pg_catalog.pg_timezone_names where name = v_timezone) then
        raise sqlstate 'PT422' using
            message = format('unknown time zone %s: give an IANA name such as America/Sao_Paulo', v_timezone),
            hint = 'unknown_timezone';
    end if;
    insert into app.organizations (name, business_type, locale, timezone, currency)
    values (
        p_tenant ->> 'name', p_tenant ->> 'business_type', coalesce(p_tenant ->> 'locale', 'pt-BR'),
        v_timezone, coalesce(p_tenant ->> 'currency', 'BRL')
    )
    returning id into v_organization_id;
    insert into app.instances (organization_id, provider, name)
    values (v_organization_id, p_tenant ->> 'provider', p_tenant ->> 'instance')
    returning id into v_instance_id;
    insert into app.owner_numbers (organization_id, phone, name)
    values (v_organization_id, p_tenant ->> 'owner_phone', p_tenant ->> 'owner_name');
    return jsonb_build_object('organization_id', v_organization_id, 'instance_id', v_instance_id);
end
$$;

-- Returns the text as a uuid, or null when it is none.
create function app.uuid_of(p_text text) returns uuid
language sql
immutable
set search_path = ''
as $$
    select case
        when p_text ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then p_text::uuid
    end
$$;

-- Keeps what gave up, once per queue message. p_letter is {"organization_id", "job", "queue_message_id",
-- "dead_letter_id", "payload", "attempts", "status", "error"}; the payload comes without what people wrote. A payload may
-- be why the job gave up, so nothing in it is taken for valid: an organization that does not exist is kept as none, one
-- that is not named is that of the payload's instance. A message whose sending gave up is `failed` from now on, so that
-- those behind it may go, or `unknown` when this very job had begun to send it: the sweep has it settled. Returns {"id",
-- "organization_id", "created", "next"}, the last as claim_send's `settled` and repeated with every call. Raises PT422
-- without a job or an id.
create function api.record_dead_letter(p_letter jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization_id uuid := app.uuid_of(p_letter ->> 'organization_id');
    v_id uuid;
    v_message app.messages;
begin
    -- A job that comes from a gateway knows its instance only.
    if v_organization_id is null then
        select organization_id into v_organization_id from app.instances
        where provider = p_letter #>> '{payload,provider}' and name = p_letter #>> '{payload,instance}';
    end if;
    if p_letter ->> 'job' is null or p_letter ->> 'queue_message_id' is null then
        raise sqlstate 'PT422' using
            message = 'a dead letter needs a job and a queue_message_id', hint = 'incomplete_dead_letter';
    end if;
    insert into app.dead_letters (
        organization_id, job, queue_message_id, dead_letter_id, payload, attempts, status, error
    )
    select
        (select id from app.organizations where id = v_organization_id),
        letter.job, letter.queue_message_id, letter.dead_letter_id, letter.payload, coalesce(letter.attempts, 1),
        letter.status, letter.error
    from jsonb_to_record(p_letter) as letter (
        job text, queue_message_id text, dead_letter_id text, payload jsonb, attempts integer, status integer, error text
    )
    on conflict (queue_message_id) do nothing
    returning id into v_id;
    if p_letter ->> 'job' = 'message.send' then
        v_message := app.give_up_sending(
            v_organization_id, app.uuid_of(p_letter #>> '{payload,message_id}'), p_letter, v_id is not null
        );
    end if;
    return jsonb_build_object(
        'id', coalesce(
            v_id, (select id from app.dead_letters where queue_message_id = p_letter ->> 'queue_message_id')
        ),
        'organization_id', (
            select organization_id from app.dead_letters where queue_message_id = p_letter ->> 'queue_message_id'
        ),
        'created', v_id is not null,
        'next', app.next_unsent(v_message)
    );
end
$$;

-- Ends the sending of a message when p_first, and returns its row once nothing is left to do for it: null for one that
-- another job still sends, for one in doubt and for none. A repeat of the news must not end what was begun anew since.
create function app.give_up_sending(
    p_organization_id uuid, p_message_id uuid, p_letter jsonb, p_first boolean
) returns app.messages
language plpgsql
set search_path = ''
as $$
declare
    v_message app.messages;
begin
    -- Claims of a conversation's messages queue up behind its row, and so does giving one up.
    perform 1
    from app.conversations as conversation
    inner join app.messages as message on message.conversation_id = conversation.id
    where message.id = p_message_id and conversation.organization_id = p_organization_id
    for update of conversation;
    update app.messages
    set state = case state when 'pending' then 'failed' else 'unknown' end,
        last_error = p_letter ->> 'error',
        unknown_since = case when state = 'sending' then app.now() end,
        claim_until = null
    where id = p_message_id and organization_id = p_organization_id and p_first
        and (state = 'pending' or (state = 'sending' and claim_owner = p_letter ->> 'queue_message_id'));
    select * into v_message from app.messages
    where id = p_message_id and organization_id = p_organization_id
        and state not in ('pending', 'sending', 'unknown');
    return v_message;
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
