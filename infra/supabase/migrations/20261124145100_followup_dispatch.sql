-- How due follow-ups reach the outbox, and what customers answer to them.

-- Counts the follow-ups that are due, at most 1000 of them.
create function app.due_followups() returns integer
language sql
stable
set search_path = ''
as $$
    select count(*)::integer
    from (select 1 from app.followups where state = 'waiting' and due_at <= app.now() limit 1000) as due
$$;

-- Says why a due follow-up must not become a message, or null when it may: `expired`, `organization_off`,
-- `owner_number`, the reasons of app.unreachable, `handed_over`, `not_asked` (the question that was met with silence
-- never left), `paused` (the owner switched the assistant off: for now).
create function app.followup_obstacle(p_followup app.followups) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when (p_followup).expires_at <= app.now() then 'expired'
        when not (organization.is_active and organization.assistant_enabled) then 'organization_off'
        when app.is_owner(contact) then 'owner_number'
        when reached.reason is not null then reached.reason
        when app.yields_to_team((p_followup).kind) and exists (
            select 1 from app.conversations
            where contact_id = contact.id and organization_id = organization.id and handed_over_at is not null
        ) then 'handed_over'
        when (p_followup).kind = 'silence' and not exists (
            select 1
            from app.messages as reply
            inner join app.conversations as conversation on conversation.id = reply.conversation_id
            where conversation.contact_id = contact.id and conversation.organization_id = organization.id
                and reply.purpose = 'reply' and reply.state in ('sent', 'delivered', 'read')
                and (p_followup).idempotency_key = format('silence:%s:%s', conversation.id, reply.answers_seq)
        ) then 'not_asked'
        when organization.paused_at is not null then 'paused'
    end
    from app.organizations as organization
    inner join app.contacts as contact
        on contact.organization_id = organization.id and contact.id = (p_followup).contact_id
    cross join lateral (
        select app.unreachable(contact, null, app.is_marketing((p_followup).kind)) as reason
    ) as reached
    where organization.id = (p_followup).organization_id
$$;

-- What the text of a follow-up needs: {"id", "kind", "variant", "text": of its own or null, "template": the
-- organization's or null, "due_at", "state", "reason", "business", "locale", "timezone", "currency", "name", "service",
-- "dependent", "starts_at", "price_cents", "review_link", "with_team": whether a person of the team speaks with the
-- contact, so that nobody heeds a digit}; what does not apply is null.
create function app.followup_facts(p_followup app.followups) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_followup).id,
        'kind', (p_followup).kind,
        'variant', (p_followup).variant,
        'text', (p_followup).text,
        'template', template.text,
        'due_at', (p_followup).due_at,
        'state', (p_followup).state,
        'reason', (p_followup).reason,
        'business', organization.name,
        'locale', organization.locale,
        'timezone', organization.timezone,
        'currency', organization.currency,
        'name', contact.name,
        'service', service.name,
        'dependent', dependent.name,
        'starts_at', lower(booking.period),
        'price_cents', booking.price_cents,
        'review_link', app.followup_options(organization) -> 'review_link',
        'with_team', exists (
            select 1 from app.conversations
            where contact_id = contact.id and organization_id = organization.id
                and (handed_over_at is not null or paused_until > app.now())
        )
    )
    from app.organizations as organization
    inner join app.contacts as contact
        on contact.organization_id = organization.id and contact.id = (p_followup).contact_id
    left join app.bookings as booking
        on booking.organization_id = organization.id and booking.id = (p_followup).booking_id
    left join app.services as service
        on service.organization_id = organization.id and service.id = booking.service_id
    left join app.dependents as dependent
        on dependent.organization_id = organization.id and dependent.id = booking.dependent_id
    left join app.templates as template
        on template.organization_id = organization.id and template.kind = (p_followup).kind
    where organization.id = (p_followup).organization_id
$$;

-- Settles the due follow-ups that must not become messages, and returns the facts of the others, see
-- app.followup_facts: {"followups": oldest first, "more": whether others are due}. At most p_limit are looked at.
--
-- They stay `waiting`: api.queue_followups decides over each under its lock, so a run that ends in between loses
-- nothing, and two at the same time send nothing twice. While the owner has switched the assistant off, they are put off
-- by a quarter of an hour, until they expire.
create function api.claim_followups(p_limit integer default 100) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_followup app.followups;
    v_obstacle text;
    v_looked_at integer := 0;
    v_facts jsonb := '[]';
begin
    for v_followup in
        select * from app.followups
        where state = 'waiting' and due_at <= app.now()
        order by due_at, id
        limit p_limit
        for update skip locked
    loop
        v_looked_at := v_looked_at + 1;
        v_obstacle := app.followup_obstacle(v_followup);
        if v_obstacle is null then
            v_facts := v_facts || app.followup_facts(v_followup);
        elsif v_obstacle = 'paused' and v_followup.expires_at > app.now() + interval '15 minutes' then
            update app.followups set due_at = app.now() + interval '15 minutes' where id = v_followup.id;
        else
            perform app.skip_followup(v_followup, v_obstacle);
        end if;
    end loop;
    return jsonb_build_object('followups', v_facts, 'more', v_looked_at = p_limit);
end
$$;

-- Gives a follow-up up that will not become a message.
create function app.skip_followup(p_followup app.followups, p_reason text) returns void
language sql
set search_path = ''
as $$
    update app.followups set state = 'skipped', reason = p_reason, settled_at = app.now()
    where id = (p_followup).id and organization_id = (p_followup).organization_id and state = 'waiting'
$$;

-- Returns the conversation in which a follow-up is sent: where its contact and the business spoke last, else one on the
-- first number that is connected. Null when there is no number at all.
create function app.followup_conversation(p_followup app.followups) returns app.conversations
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations;
    v_instance app.instances;
    v_contact app.contacts;
begin
    select conversation.* into v_conversation
    from app.conversations as conversation
    where conversation.contact_id = (p_followup).contact_id
        and conversation.organization_id = (p_followup).organization_id and conversation.audience = 'client'
    order by (
        select max(message.created_at) from app.messages as message
        where message.conversation_id = conversation.id and message.organization_id = conversation.organization_id
    ) desc nulls last, conversation.created_at
    limit 1;
    if v_conversation.id is not null then
        return v_conversation;
    end if;
    select * into v_instance from app.instances where organization_id = (p_followup).organization_id
    order by state <> 'open', created_at, id limit 1;
    if v_instance.id is null then
        return null;
    end if;
    select * into v_contact from app.contacts
    where id = (p_followup).contact_id and organization_id = (p_followup).organization_id;
    return app.outreach_conversation(v_instance, v_contact);
end
$$;

-- Puts the texts of due follow-ups into the outbox: [{"id", "text": null when none could be made}]. Returns what is to
-- be published: [{"organization_id", "message_id", "instance_id", "delay_seconds"}].
--
-- Each becomes one message, ever: what was queued before is only named again while it has not left, so that a run that
-- ended before publishing is made up for. What was called off meanwhile, or has an obstacle by now, is left out.
create function api.queue_followups(p_texts jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_text record;
    v_unsent jsonb := '[]';
begin
    -- In one order: of two runs with the same ones, neither waits for what the other holds.
    for v_text in
        select listed.id, listed.text from jsonb_to_recordset(p_texts) as listed (id uuid, text text) order by listed.id
    loop
        v_unsent := v_unsent || coalesce(app.queue_followup(v_text.id, v_text.text), '[]');
    end loop;
    return v_unsent;
end
$$;

-- The part of api.queue_followups for one of them: an entry of its result, or null.
create function app.queue_followup(p_id uuid, p_text text) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_followup app.followups;
    v_obstacle text;
    v_conversation app.conversations;
    v_message app.messages;
begin
    select * into v_followup from app.followups where id = p_id;
    if v_followup.state = 'waiting' then
        v_conversation := app.followup_conversation(v_followup);
        -- The conversation before the follow-up, as for everything that is said in it.
        if v_conversation.id is not null then
            v_conversation := app.lock_conversation(v_followup.organization_id, v_conversation.id);
        end if;
        select * into v_followup from app.followups where id = p_id for update;
    end if;
    if v_followup.state = 'waiting' then
        v_obstacle := case
            when coalesce(p_text, '') = '' then 'no_text'
            when v_conversation.id is null then 'no_number'
            else app.followup_obstacle(v_followup)
        end;
        if v_obstacle is not null then
            perform app.skip_followup(v_followup, v_obstacle);
            return null;
        end if;
        v_message := app.put_outbound(v_conversation, p_text, 'proactive', null, null);
        update app.messages set not_before = app.now()
        where id = v_message.id and organization_id = v_message.organization_id;
        update app.followups set state = 'queued', message_id = v_message.id, settled_at = app.now()
        where id = p_id;
    else
        select * into v_message from app.messages
        where id = v_followup.message_id and organization_id = v_followup.organization_id and state = 'pending';
    end if;
    return case
        when v_message.id is not null then jsonb_build_object(
            'organization_id', v_message.organization_id,
            'message_id', v_message.id,
            'instance_id', v_message.instance_id,
            'delay_seconds', greatest(0, ceil(extract(epoch from v_message.not_before - app.now())))::integer
        )
    end;
end
$$;

-- Returns the follow-up that the open messages of a conversation may answer, see app.followup_met, or null: {"id", "kind",
-- "booking": facts or null, "changeable": whether the customer may still move or cancel it, "others": the facts of the
-- customer's other bookings on the same local day of which a reminder left, soonest first, "review": what a request for a
-- review would say, see app.followup_facts, null for who wants no messages}. Raises PT404.
create function api.answered_followup(p_organization_id uuid, p_conversation_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.conversation_with(p_organization_id, p_conversation_id);
    v_followup app.followups := app.followup_met(v_conversation);
    v_review app.followups := v_followup;
    v_booking app.bookings;
begin
    if v_followup.id is null then
        return null;
    end if;
    select * into v_booking from app.bookings
    where id = v_followup.booking_id and organization_id = p_organization_id
        and contact_id = v_conversation.contact_id;
    v_review.kind := 'review_request';
    v_review.variant := '';
    return jsonb_build_object(
        'id', v_followup.id,
        'kind', v_followup.kind,
        'booking', app.booking_facts(v_booking),
        'changeable', app.is_to_come(v_booking) and not app.is_too_late(v_booking, 'customer'),
        'others', app.reminded_besides(v_booking),
        'review', case
            when v_followup.kind = 'feedback_request' and exists (
                select 1 from app.contacts
                where id = v_conversation.contact_id and organization_id = p_organization_id and opted_out_at is null
            ) then app.followup_facts(v_review)
        end
    );
end
$$;

-- Returns the facts of the other bookings of a booking's customer that stand, are to come on its local day, and of which
-- a reminder left, soonest first: [the facts of each]. Who has two pets is reminded twice, and answers once.
create function app.reminded_besides(p_booking app.bookings) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(app.booking_facts(booking) order by lower(booking.period), booking.id), '[]')
    from app.bookings as booking
    inner join app.organizations as organization on organization.id = booking.organization_id
    where booking.organization_id = p_booking.organization_id and booking.contact_id = p_booking.contact_id
        and booking.id <> p_booking.id and app.is_to_come(booking)
        and (lower(booking.period) at time zone organization.timezone)::date
        = (lower(p_booking.period) at time zone organization.timezone)::date
        and exists (
            select 1
            from app.followups as followup
            inner join app.messages as message on message.id = followup.message_id
            where followup.booking_id = booking.id and followup.organization_id = booking.organization_id
                and followup.idempotency_key = app.reminder_key(booking, followup.variant)
                and message.state in ('sending', 'unknown', 'sent', 'delivered', 'read')
        )
$$;

-- Keeps what a customer answered to a feedback request: {"booking_id", "rating": 1 to 5, "notice", "asks_review": whether
-- the reply asks for a review}. That is kept as the follow-up it is, with the reply as its message. Up to 2 the owners are
-- told the notice.
create function app.rate_booking(p_conversation app.conversations, p_reply_id uuid, p_effect jsonb) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_rating integer := (p_effect ->> 'rating')::integer;
    v_booking app.bookings;
    v_followup_id uuid;
begin
    update app.bookings set rating = v_rating, rated_at = app.now()
    where id = (p_effect ->> 'booking_id')::uuid and organization_id = (p_conversation).organization_id
        and contact_id = (p_conversation).contact_id
    returning * into v_booking;
    if v_booking.id is null then
        return;
    end if;
    if (p_effect ->> 'asks_review')::boolean then
        v_followup_id := app.plan_followup(jsonb_build_object(
            'organization_id', v_booking.organization_id,
            'contact_id', v_booking.contact_id,
            'booking_id', v_booking.id,
            'kind', 'review_request',
            'idempotency_key', format('review_request:%s', v_booking.id),
            'due_at', app.now(),
            'expires_at', app.now() + interval '2 days'
        ));
        update app.followups set state = 'queued', message_id = p_reply_id, settled_at = app.now()
        where id = v_followup_id;
    elsif v_rating <= 2 and p_effect ->> 'notice' is not null then
        perform app.tell_owners(p_conversation, p_effect ->> 'notice', p_reply_id);
    end if;
end
$$;

-- Brings about what an answer says beside its words, in the answer's own transaction. p_effect is one of
--   {"kind": "consent", "event", "source"}     the contact allowed something or took it back: see app.note_consent
--   {"kind": "question", "question", "notice"} the owners are asked what the assistant does not know: see app.ask_owners
--   {"kind": "unopened"}                       the person was told that something could not be opened
--   {"kind": "rating", "booking_id", "rating", "notice", "asks_review"} what a visit was worth to the customer: see
--                                              app.rate_booking
-- Raises PT422 (hint `unknown_effect`) for any other.
create or replace function app.apply_effect(
    p_conversation app.conversations, p_reply_id uuid, p_effect jsonb
) returns void
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
    when 'rating' then
        perform app.rate_booking(p_conversation, p_reply_id, p_effect);
    else
        raise sqlstate 'PT422' using
            message = format('unknown effect %s', p_effect ->> 'kind'), hint = 'unknown_effect';
    end case;
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
