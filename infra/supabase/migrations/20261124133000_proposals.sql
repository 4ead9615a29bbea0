-- Proposals: what an assistant would do, shown to the person first, done only after a later message of theirs agrees.

alter table app.proposals
add column wrong_codes integer not null default 0,
add column wrong_code_seq bigint; -- the message whose wrong code was counted last: a repeated job counts none twice

-- What the person of an owner's conversation may do: `viewer`, `staff` or `admin`. The business's own phone, where
-- nobody but the business can write, may do everything. Null in a customer's conversation, and once the number is no
-- owner's.
create or replace function app.permission_of(p_conversation app.conversations) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when (p_conversation).audience <> 'owner' then null
        when instance.phone in (
            select identity.value from app.contact_identities as identity
            where identity.organization_id = instance.organization_id
                and identity.contact_id = (p_conversation).contact_id and identity.kind = 'phone'
        ) then 'admin'
        else (
            select owner.permission
            from app.owner_numbers as owner
            inner join app.contact_identities as identity
                on identity.organization_id = owner.organization_id
                and identity.kind = 'phone' and identity.value = owner.phone
            where owner.organization_id = instance.organization_id and owner.is_active
                and identity.contact_id = (p_conversation).contact_id
            order by array_position(array['admin', 'staff', 'viewer'], owner.permission)
            limit 1
        )
    end
    from app.instances as instance
    where instance.id = (p_conversation).instance_id and instance.organization_id = (p_conversation).organization_id
$$;

-- Whether a proposal is about money or reaches many people: it takes an administrator and a code.
create function app.is_weighty(p_kind text, p_action jsonb) returns boolean
language sql
immutable
set search_path = ''
as $$
    select p_kind = 'paid'
        or (p_kind = 'message' and coalesce(jsonb_array_length(p_action -> 'contact_ids') > 1, false))
$$;

-- Says why a conversation must not have this done, or null when it may: `forbidden` when its person lacks the right to,
-- `unknown` when the action names what this organization does not have, `too_many` recipients.
--
-- A customer books for themselves and touches bookings of their own alone, whatever the assistant was talked into.
create function app.proposal_refusal(p_conversation app.conversations, p_kind text, p_action jsonb) returns text
language plpgsql
stable
set search_path = ''
as $$
declare
    v_organization_id uuid := (p_conversation).organization_id;
    v_is_client boolean := (p_conversation).audience = 'client';
    v_permission text := app.permission_of(p_conversation);
    v_contact_id uuid := (p_action ->> 'contact_id')::uuid;
begin
    if v_is_client and (
        p_kind not in ('book', 'move', 'cancel') or coalesce(v_contact_id <> (p_conversation).contact_id, false)
    ) then
        return 'forbidden';
    end if;
    if not v_is_client and (
        p_kind not in ('book', 'move', 'cancel', 'block', 'no_show', 'paid', 'message')
        or coalesce(v_permission, 'viewer') = 'viewer'
        or (v_permission <> 'admin' and app.is_weighty(p_kind, p_action))
    ) then
        return 'forbidden';
    end if;
    if p_kind = 'message' and jsonb_array_length(p_action -> 'contact_ids') > 200 then
        return 'too_many';
    end if;
    return case
        when p_kind in ('move', 'cancel', 'no_show', 'paid') and not exists (
            select 1 from app.bookings
            where id = (p_action ->> 'booking_id')::uuid and organization_id = v_organization_id
                and (not v_is_client or contact_id = (p_conversation).contact_id)
        ) then 'unknown'
        when p_kind = 'book' and not (
            exists (select 1 from app.contacts where id = v_contact_id and organization_id = v_organization_id)
            and exists (
                select 1 from app.services
                where id = (p_action ->> 'service_id')::uuid and organization_id = v_organization_id
            )
        ) then 'unknown'
        when p_action ->> 'dependent_id' is not null and not exists (
            select 1 from app.dependents
            where id = (p_action ->> 'dependent_id')::uuid and organization_id = v_organization_id
                and contact_id = v_contact_id
        ) then 'unknown'
        when p_kind = 'message' and exists (
            select 1
            from jsonb_array_elements_text(p_action -> 'contact_ids') as recipient (id)
            left join app.contacts as contact
                on contact.id = recipient.id::uuid and contact.organization_id = v_organization_id
            where contact.id is null
        ) then 'unknown'
    end;
end
$$;

-- Four digits that nobody can foresee.
create function app.new_code() returns text
language sql
volatile
set search_path = ''
as $$
    select lpad((('x' || left(replace(gen_random_uuid()::text, '-', ''), 8))::bit(32)::bigint % 10000)::text, 4, '0')
$$;

-- Writes down what an assistant proposes; the older open proposal of the conversation is `replaced`.
--
-- p_proposal is {"idempotency_key", "kind", "action", "preview", "turn_seq", "needs_code", "valid_seconds"}. Money and
-- messages to many have a code whatever needs_code says. The same key again returns the same row, and opens it again
-- when another call of the same turn had replaced it: what the turn proposed last is what it shows. Returns {"id",
-- "code", "preview", "created"}, or {"refused": see app.proposal_refusal}. Raises PT404.
create function api.propose(p_organization_id uuid, p_conversation_id uuid, p_proposal jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_kind text := p_proposal ->> 'kind';
    v_action jsonb := app.own_action(v_conversation, v_kind, p_proposal -> 'action');
    v_refusal text := app.proposal_refusal(v_conversation, v_kind, v_action);
    v_known app.proposals;
    v_proposal app.proposals;
begin
    if v_refusal is not null then
        return jsonb_build_object('refused', v_refusal);
    end if;
    select * into v_known from app.proposals
    where conversation_id = p_conversation_id and organization_id = p_organization_id
        and idempotency_key = p_proposal ->> 'idempotency_key';
    if v_known.state in ('done', 'failed', 'dropped') then
        return app.proposed(v_known, false);
    end if;
    update app.proposals set state = 'replaced', decided_at = app.now()
    where conversation_id = p_conversation_id and organization_id = p_organization_id
        and state = 'open' and id is distinct from v_known.id;
    insert into app.proposals (
        organization_id, conversation_id, idempotency_key, kind, action, preview, code, turn_seq, created_at, expires_at
    )
    values (
        p_organization_id, p_conversation_id, p_proposal ->> 'idempotency_key', v_kind, v_action,
        p_proposal ->> 'preview',
        case when (p_proposal ->> 'needs_code')::boolean or app.is_weighty(v_kind, v_action) then app.new_code() end,
        (p_proposal ->> 'turn_seq')::bigint, app.now(),
        app.now() + make_interval(secs => (p_proposal ->> 'valid_seconds')::double precision)
    )
    on conflict (conversation_id, idempotency_key) do update
    set state = 'open', decided_at = null
    returning * into v_proposal;
    return app.proposed(v_proposal, v_known.id is null);
end
$$;

-- What api.propose tells of a proposal.
create function app.proposed(p_proposal app.proposals, p_created boolean) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_proposal).id, 'code', (p_proposal).code, 'preview', (p_proposal).preview, 'created', p_created
    )
$$;

-- A customer's booking is for the customer, also when two contacts turned out to be one since it was proposed. Whoever
-- else is named stays named, to be refused.
create function app.own_action(p_conversation app.conversations, p_kind text, p_action jsonb) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select case
        when (p_conversation).audience = 'client' and p_kind = 'book' and p_action ->> 'contact_id' is null
            then p_action || jsonb_build_object('contact_id', (p_conversation).contact_id)
        else p_action
    end
$$;

-- Whether the person was shown the proposal before writing any of the messages that are open now: the answer to the
-- turn that made it holds the preview, word for word, and has left.
create function app.was_shown(p_proposal app.proposals) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.messages as reply
        where reply.conversation_id = (p_proposal).conversation_id
            and reply.organization_id = (p_proposal).organization_id
            and reply.purpose = 'reply' and reply.answers_seq = (p_proposal).turn_seq
            and reply.state in ('sending', 'unknown', 'sent', 'delivered', 'read')
            and position((p_proposal).preview in reply.text) > 0
            and not exists (
                select 1 from app.messages as message
                where message.conversation_id = reply.conversation_id
                    and message.organization_id = reply.organization_id
                    and message.direction = 'inbound' and message.answered_by is null and message.decision is null
                    and message.seq < reply.seq
            )
    )
$$;

-- Returns the proposal that the open messages of a conversation may decide, or null: {"id", "kind", "preview", "code",
-- "seq": of the message that was answered by proposing, "decided"}. `decided`: one of these messages has decided it
-- already, in a run that ended before its answer was written; api.decide_proposal says again what came of it.
create or replace function app.proposal_of(p_conversation app.conversations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', proposal.id,
        'kind', proposal.kind,
        'preview', proposal.preview,
        'code', proposal.code,
        'seq', proposal.turn_seq,
        'decided', proposal.state <> 'open'
    )
    from app.proposals as proposal
    where proposal.conversation_id = (p_conversation).id
        and proposal.organization_id = (p_conversation).organization_id
        and (
            (proposal.state = 'open' and proposal.expires_at > app.now() and app.was_shown(proposal))
            or proposal.decided_seq > (p_conversation).covered_seq
        )
    order by proposal.decided_seq desc nulls last
    limit 1
$$;

-- Decides the proposal that the person was shown, and does what it says in the same transaction.
--
-- p_decision is {"proposal_id" (may be missing: the one that is open), "choice": "accept" | "edit" | "drop" | "recall",
-- "code", "seq": the newest message of the turn that decides}. Returns {"outcome", "kind", "result", "unsent"} with
--   none         nothing of this conversation is there to be decided
--   expired      it was open for too long, and is dropped
--   wrong_code   the code is missing or wrong; "left": how many more wrong ones it takes, at 0 it is dropped
--   edit         it stays open: the person will say what to change
--   dropped      the person does not want it
--   done         it is done; "result" holds the facts
--   others       what app.execute_<kind> says that stood in the way, such as `taken`, or app.proposal_refusal
-- "unsent" is what to publish: [{"message_id", "instance_id", "delay_seconds"}]. Who decides again what a message of a
-- turn without an answer has decided is told the stored result, as "recall" asks for. Raises PT404.
create function api.decide_proposal(p_organization_id uuid, p_conversation_id uuid, p_decision jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_seq bigint := (p_decision ->> 'seq')::bigint;
    v_choice text := p_decision ->> 'choice';
    v_proposal app.proposals;
begin
    select * into v_proposal from app.proposals
    where conversation_id = p_conversation_id and organization_id = p_organization_id
        and (p_decision ->> 'proposal_id' is null or id = (p_decision ->> 'proposal_id')::uuid)
        and (state = 'open' or decided_seq = v_seq or decided_seq > v_conversation.covered_seq)
    order by decided_seq desc nulls last
    limit 1;
    if v_proposal.state <> 'open' then
        return app.decision_of(v_proposal);
    end if;
    if v_proposal.id is null or v_choice = 'recall' or not app.was_shown(v_proposal) then
        return jsonb_build_object('outcome', 'none', 'kind', null, 'result', null, 'unsent', '[]'::jsonb);
    end if;
    if v_proposal.expires_at <= app.now() then
        return app.decision_of(app.decide(v_proposal, 'dropped', '{"outcome": "expired"}', v_seq));
    end if;
    case v_choice
    when 'edit' then
        return app.decision_of(v_proposal) || '{"outcome": "edit"}';
    when 'drop' then
        return app.decision_of(app.decide(v_proposal, 'dropped', '{"outcome": "dropped"}', v_seq));
    when 'accept' then
        if v_proposal.code is not null and v_proposal.code is distinct from p_decision ->> 'code' then
            return app.refuse_code(v_proposal, p_decision ->> 'code' is not null, v_seq);
        end if;
        v_proposal := app.execute_proposal(v_conversation, v_proposal, v_seq);
        -- In a statement of its own: what was put into the outbox must be seen.
        return app.decision_of(v_proposal);
    end case;
end
$$;

-- Returns what a decided proposal put into the outbox and has not left: [{"message_id", "instance_id",
-- "delay_seconds"}].
create function app.unsent_outreach(p_proposal app.proposals) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'message_id', message.id,
            'instance_id', message.instance_id,
            'delay_seconds', greatest(0, ceil(extract(epoch from message.not_before - app.now())))::integer
        )
        order by message.not_before
    ), '[]')
    from app.outreach
    inner join app.outreach_recipients as recipient on recipient.outreach_id = outreach.id
    inner join app.messages as message on message.id = recipient.message_id
    where outreach.proposal_id = (p_proposal).id and outreach.organization_id = (p_proposal).organization_id
        and message.state = 'pending'
$$;

-- What api.decide_proposal tells of a proposal.
create function app.decision_of(p_proposal app.proposals) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'outcome', (p_proposal).result ->> 'outcome',
        'kind', (p_proposal).kind,
        'result', (p_proposal).result,
        'left', (p_proposal).result -> 'left',
        'unsent', app.unsent_outreach(p_proposal)
    )
$$;

-- Closes a proposal with what came of it.
create function app.decide(p_proposal app.proposals, p_state text, p_result jsonb, p_seq bigint) returns app.proposals
language plpgsql
set search_path = ''
as $$
declare
    v_proposal app.proposals;
begin
    update app.proposals set state = p_state, result = p_result, decided_seq = p_seq, decided_at = app.now()
    where id = (p_proposal).id and organization_id = (p_proposal).organization_id
    returning * into v_proposal;
    return v_proposal;
end
$$;

-- Counts a wrong code, once for each message; the third one drops the proposal. A missing code is no guess.
create function app.refuse_code(p_proposal app.proposals, p_given boolean, p_seq bigint) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_proposal app.proposals := p_proposal;
begin
    if p_given and v_proposal.wrong_code_seq is distinct from p_seq then
        update app.proposals set wrong_codes = wrong_codes + 1, wrong_code_seq = p_seq
        where id = v_proposal.id and organization_id = v_proposal.organization_id
        returning * into v_proposal;
    end if;
    if v_proposal.wrong_codes >= 3 then
        return app.decision_of(app.decide(v_proposal, 'dropped', '{"outcome": "wrong_code", "left": 0}', p_seq));
    end if;
    return app.decision_of(v_proposal)
        || jsonb_build_object('outcome', 'wrong_code', 'left', 3 - v_proposal.wrong_codes);
end
$$;

-- Does what a proposal says and closes it. Who may not any more, although it was proposed, is refused now.
create function app.execute_proposal(p_conversation app.conversations, p_proposal app.proposals, p_seq bigint)
returns app.proposals
language plpgsql
set search_path = ''
as $$
declare
    v_proposal app.proposals := p_proposal;
    v_refusal text;
    v_result jsonb;
begin
    if p_conversation.audience = 'client' and v_proposal.kind = 'book' then
        v_proposal.action := v_proposal.action || jsonb_build_object('contact_id', p_conversation.contact_id);
    end if;
    v_refusal := app.proposal_refusal(p_conversation, v_proposal.kind, v_proposal.action);
    if v_refusal is not null then
        v_result := jsonb_build_object('outcome', case v_refusal when 'unknown' then 'gone' else v_refusal end);
    else
        case v_proposal.kind
        when 'book' then v_result := app.execute_book(v_proposal);
        when 'move' then v_result := app.execute_move(v_proposal);
        when 'cancel' then v_result := app.execute_cancel(v_proposal);
        when 'block' then v_result := app.execute_block(v_proposal);
        when 'no_show' then v_result := app.execute_no_show(v_proposal);
        when 'paid' then v_result := app.execute_paid(v_proposal);
        when 'message' then v_result := app.execute_message(v_proposal);
        end case;
    end if;
    -- Who lost the slot is offered others near it.
    v_result := jsonb_build_object(
        'starts_at', v_proposal.action -> 'starts_at', 'ends_at', v_proposal.action -> 'ends_at'
    ) || v_result;
    return app.decide(
        v_proposal, case when v_result ->> 'outcome' = 'done' then 'done' else 'failed' end, v_result, p_seq
    );
end
$$;

-- Says whether newer messages make a reply that never left worth writing anew: see app.withdraw_if_overtaken. One that
-- tells what came of a decision leaves as it is: it was done.
create or replace function app.is_overtaken(
    p_message app.messages, p_conversation app.conversations, p_policy jsonb
) returns boolean
language sql
stable
set search_path = ''
as $$
    select p_message.attempts = 0
        and p_conversation.due_seq > p_message.answers_seq
        -- Who writes the next answer was told that this one is on its way, and answers only what came after it.
        and coalesce(p_conversation.lease_until <= app.now(), true)
        and not exists (select 1 from app.messages where cause_id = p_message.id)
        and not exists (
            select 1 from app.proposals
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and decided_seq = p_message.answers_seq
        )
        and exists (
            select 1 from app.messages
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and direction = 'inbound' and answered_by is null and decision is null and revoked_at is null
                and seq > p_message.answers_seq
        )
        and (
            select min(created_at) from app.messages
            where answered_by = p_message.id and organization_id = p_message.organization_id
        ) > app.now() - make_interval(secs => (p_policy ->> 'burst_seconds')::double precision)
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
