-- What routines propose, beside what else waits for the person's word: nobody's proposal ends because of the clock.
--
-- In a conversation one open proposal is the plain one: 1, 2, 3 and a yes are about it. All others are decided by their
-- code alone. A routine's becomes the plain one when no other may be agreed to, and stands beside it otherwise; what an
-- assistant proposes in the conversation takes the place of the plain one, or of the one that it changes.

alter table app.proposals
add column by_code boolean not null default false, -- its code alone decides it: another one was there before
add column edit_seq bigint, -- the message that asked to change it last
add column replaced_seq bigint, -- the message that was answered by proposing what took its place
add constraint proposals_by_code_have_one check (not by_code or code is not null);

drop index app.proposals_open;

create unique index proposals_open on app.proposals (conversation_id) where state = 'open' and not by_code;
create unique index proposals_open_codes on app.proposals (conversation_id, code) where state = 'open';

-- Returns the messages that show a proposal: the answer to the turn that made it, or the message of the routine that did,
-- when it holds the preview, word for word.
create function app.messages_showing(p_proposal app.proposals) returns setof app.messages
language sql
stable
set search_path = ''
as $$
    select * from app.messages as shown
    where shown.conversation_id = (p_proposal).conversation_id
        and shown.organization_id = (p_proposal).organization_id
        and (
            shown.id = (p_proposal).notice_id
            or (
                (p_proposal).notice_id is null
                and shown.purpose = 'reply' and shown.answers_seq = (p_proposal).turn_seq
            )
        )
        and position((p_proposal).preview in shown.text) > 0
$$;

-- Whether the person was shown the proposal before writing any of the messages that are open now: a message that shows
-- it has left.
create or replace function app.was_shown(p_proposal app.proposals) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.messages_showing(p_proposal) as shown
        where shown.state in ('sending', 'unknown', 'sent', 'delivered', 'read')
            and not exists (
                select 1 from app.messages as message
                where message.conversation_id = shown.conversation_id
                    and message.organization_id = shown.organization_id
                    and message.direction = 'inbound' and message.answered_by is null and message.decision is null
                    and message.seq < shown.seq
            )
    )
$$;

-- Whether a proposal was made in a turn that has no answer yet: its person has read nothing of it.
create function app.is_unanswered(p_proposal app.proposals, p_conversation app.conversations) returns boolean
language sql
immutable
set search_path = ''
as $$
    select (p_proposal).notice_id is null and (p_proposal).turn_seq > (p_conversation).covered_seq
$$;

-- Whether an open proposal's person may agree to it, now or once it has been shown. What expired may not, nor what was
-- never shown and will not be: its message failed, was withdrawn or says something else.
create function app.may_be_agreed_to(p_proposal app.proposals, p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select (p_proposal).state = 'open' and (p_proposal).expires_at > app.now() and (
        app.is_unanswered(p_proposal, p_conversation)
        or exists (
            select 1 from app.messages_showing(p_proposal) as shown where shown.state not in ('failed', 'withdrawn')
        )
    )
$$;

-- Returns a code that no proposal of the conversation has that is open or of the last days: who repeats an old answer
-- agrees to nothing new.
create function app.unused_code(p_conversation app.conversations) returns text
language plpgsql
volatile
set search_path = ''
as $$
declare
    v_code text;
begin
    loop
        v_code := app.new_code();
        exit when not exists (
            select 1 from app.proposals
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and code = v_code and (state = 'open' or created_at > app.now() - interval '7 days')
        );
    end loop;
    return v_code;
end
$$;

-- Ends what a new proposal of an assistant takes the place of: what another call of the same turn proposed; else the one
-- that its person asked to change, or the plain one. p_known_id is the new one, when it was written down before, p_seq
-- the message that is answered by it.
create function app.make_room_for_proposal(
    p_conversation app.conversations, p_known_id uuid, p_seq bigint
) returns void
language plpgsql
set search_path = ''
as $$
declare
    -- Only the first proposal of a turn takes a place; the others take the first one's.
    v_is_first boolean := not exists (
        select 1 from app.proposals as proposal
        where proposal.conversation_id = p_conversation.id
            and proposal.organization_id = p_conversation.organization_id
            and proposal.state in ('open', 'replaced') and app.is_unanswered(proposal, p_conversation)
    );
begin
    update app.proposals as proposal set state = 'replaced', decided_at = app.now(), replaced_seq = p_seq
    where proposal.conversation_id = p_conversation.id and proposal.organization_id = p_conversation.organization_id
        and proposal.state = 'open' and proposal.id is distinct from p_known_id
        and (
            app.is_unanswered(proposal, p_conversation)
            or (v_is_first and proposal.id = (
                select other.id from app.proposals as other
                where other.conversation_id = p_conversation.id
                    and other.organization_id = p_conversation.organization_id
                    and other.state = 'open' and (not other.by_code or other.edit_seq is not null)
                order by other.edit_seq desc nulls last, other.by_code
                limit 1
            ))
        );
end
$$;

-- Ends the open proposals of a conversation that have expired, except p_known_id.
create function app.drop_expired_proposals(p_conversation app.conversations, p_known_id uuid) returns void
language sql
set search_path = ''
as $$
    update app.proposals set state = 'dropped', result = '{"outcome": "expired"}', decided_at = app.now()
    where conversation_id = (p_conversation).id and organization_id = (p_conversation).organization_id
        and state = 'open' and expires_at <= app.now() and id is distinct from p_known_id
$$;

-- Returns the preview of what a proposal took the place of, when its person counts on that: a routine's, which had been
-- told, and which nobody asked to change. Null otherwise.
create function app.displaced_by(p_proposal app.proposals) returns text
language sql
stable
set search_path = ''
as $$
    select displaced.preview
    from app.proposals as displaced
    inner join app.messages as notice
        on notice.id = displaced.notice_id and notice.organization_id = displaced.organization_id
    where displaced.conversation_id = (p_proposal).conversation_id
        and displaced.organization_id = (p_proposal).organization_id
        and displaced.state = 'replaced' and displaced.edit_seq is null
        and displaced.replaced_seq = (p_proposal).turn_seq
        and notice.state not in ('failed', 'withdrawn')
    limit 1
$$;

-- What api.propose tells of a proposal.
create or replace function app.proposed(p_proposal app.proposals, p_created boolean) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_proposal).id,
        'code', (p_proposal).code,
        'by_code', (p_proposal).by_code,
        'preview', (p_proposal).preview,
        'displaced', app.displaced_by(p_proposal),
        'created', p_created
    )
$$;

-- Writes down what an assistant or a routine proposes.
--
-- p_proposal is {"idempotency_key", "kind", "action", "preview", "turn_seq", "needs_code", "valid_seconds", "beside"}.
-- What an assistant proposes takes the place of an open one, which is `replaced`: see app.make_room_for_proposal. With
-- "beside", a routine's, it replaces nothing that its person may still agree to. While another one is the plain one, it is
-- decided `by_code`. Money and messages to many have a code whatever needs_code says; no two open ones share one. The
-- same key again returns the same row, and opens it again when another call of the same turn had replaced it: what the
-- turn proposed last is what it shows. Returns {"id", "code", "by_code", "preview", "displaced": see
-- app.displaced_by, "created"}, or {"refused": see app.proposal_refusal}. Raises PT404.
create or replace function api.propose(p_organization_id uuid, p_conversation_id uuid, p_proposal jsonb) returns jsonb
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
    v_by_code boolean;
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
    perform app.drop_expired_proposals(v_conversation, v_known.id);
    if not coalesce((p_proposal ->> 'beside')::boolean, false) then
        perform app.make_room_for_proposal(v_conversation, v_known.id, (p_proposal ->> 'turn_seq')::bigint);
    end if;
    v_by_code := coalesce(v_known.by_code, exists (
        select 1 from app.proposals as other
        where other.conversation_id = p_conversation_id and other.organization_id = p_organization_id
            and other.state = 'open' and not other.by_code and app.may_be_agreed_to(other, v_conversation)
    ));
    if not v_by_code then
        -- Nobody may agree to what is left.
        update app.proposals set state = 'replaced', decided_at = app.now()
        where conversation_id = p_conversation_id and organization_id = p_organization_id
            and state = 'open' and not by_code and id is distinct from v_known.id;
    end if;
    insert into app.proposals (
        organization_id, conversation_id, idempotency_key, kind, action, preview, code, by_code, turn_seq, created_at,
        expires_at
    )
    values (
        p_organization_id, p_conversation_id, p_proposal ->> 'idempotency_key', v_kind, v_action,
        p_proposal ->> 'preview',
        case
            when v_by_code or (p_proposal ->> 'needs_code')::boolean or app.is_weighty(v_kind, v_action)
                then app.unused_code(v_conversation)
        end,
        v_by_code,
        (p_proposal ->> 'turn_seq')::bigint, app.now(),
        app.now() + make_interval(secs => (p_proposal ->> 'valid_seconds')::double precision)
    )
    on conflict (conversation_id, idempotency_key) do update
    set state = 'open', decided_at = null
    returning * into v_proposal;
    return app.proposed(v_proposal, v_known.id is null);
end
$$;

-- Whether the open messages of a conversation may decide a proposal, or have decided it already, in a run that ended
-- before its answer was written.
create function app.is_at_hand(p_proposal app.proposals, p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select case
        when (p_proposal).state = 'open' then (p_proposal).expires_at > app.now() and app.was_shown(p_proposal)
        else coalesce((p_proposal).decided_seq > (p_conversation).covered_seq, false)
    end
$$;

-- A proposal as an OpenProposal.
create function app.open_proposal_json(p_proposal app.proposals) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_proposal).id,
        'kind', (p_proposal).kind,
        'preview', (p_proposal).preview,
        'code', (p_proposal).code,
        'by_code', (p_proposal).by_code,
        'seq', (p_proposal).turn_seq,
        'decided', (p_proposal).state <> 'open'
    )
$$;

-- Returns the plain proposal that the open messages of a conversation may decide, or null: {"id", "kind", "preview",
-- "code", "by_code", "seq": of the message that was answered by proposing, "decided"}. One that these messages have
-- decided already comes before it, by its code or not; api.decide_proposal says again what came of it.
create or replace function app.proposal_of(p_conversation app.conversations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select app.open_proposal_json(proposal)
    from app.proposals as proposal
    where proposal.conversation_id = (p_conversation).id
        and proposal.organization_id = (p_conversation).organization_id
        and (proposal.state <> 'open' or not proposal.by_code)
        and app.is_at_hand(proposal, p_conversation)
    order by proposal.decided_seq desc nulls last, proposal.by_code, proposal.created_at
    limit 1
$$;

-- Returns what the open messages of a conversation may decide, or have decided, besides app.proposal_of: [the same], the
-- newest last.
create function app.other_proposals_of(p_conversation app.conversations) returns jsonb
language sql
stable
set search_path = ''
as $$
    select coalesce(jsonb_agg(app.open_proposal_json(proposal) order by proposal.created_at, proposal.turn_seq), '[]')
    from app.proposals as proposal
    where proposal.conversation_id = (p_conversation).id
        and proposal.organization_id = (p_conversation).organization_id
        and app.is_at_hand(proposal, p_conversation)
        and proposal.id is distinct from (select (app.proposal_of(p_conversation) ->> 'id')::uuid)
$$;

-- Decides a proposal that the person was shown, and does what it says in the same transaction.
--
-- p_decision is {"proposal_id" (may be missing: the plain one), "choice": "accept" | "edit" | "drop" | "recall", "code",
-- "seq": the newest message of the turn that decides}. Returns {"outcome", "kind", "result", "unsent"} with
--   none         nothing of this conversation is there to be decided, or nothing with this code
--   expired      it was open for too long, and is dropped
--   wrong_code   the code is missing or wrong; "left": how many more wrong ones it takes, at 0 it is dropped
--   edit         it stays open: the person will say what to change
--   dropped      the person does not want it
--   done         it is done; "result" holds the facts
--   others       what app.execute_<kind> says that stood in the way, such as `taken`, or app.proposal_refusal
-- Agreeing to what has a code takes the code; with one that is decided by its code, everything does. "unsent" is what to
-- publish: [{"message_id", "instance_id", "delay_seconds"}]. Who decides again what a message of a turn without an answer
-- has decided is told the stored result, as "recall" asks for. Raises PT404.
create or replace function api.decide_proposal(
    p_organization_id uuid, p_conversation_id uuid, p_decision jsonb
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_conversation app.conversations := app.lock_conversation(p_organization_id, p_conversation_id);
    v_seq bigint := (p_decision ->> 'seq')::bigint;
    v_choice text := p_decision ->> 'choice';
    v_code text := p_decision ->> 'code';
    v_proposal app.proposals;
begin
    select * into v_proposal from app.proposals
    where conversation_id = p_conversation_id and organization_id = p_organization_id
        and case
            when p_decision ->> 'proposal_id' is null then not by_code
            else id = (p_decision ->> 'proposal_id')::uuid
        end
        and (state = 'open' or decided_seq = v_seq or decided_seq > v_conversation.covered_seq)
    order by decided_seq desc nulls last
    limit 1;
    if v_proposal.state <> 'open' then
        return app.decision_of(v_proposal);
    end if;
    if v_proposal.id is null or v_choice = 'recall' or not app.was_shown(v_proposal)
        or (v_code is not null and v_proposal.code is null) then
        return jsonb_build_object('outcome', 'none', 'kind', null, 'result', null, 'unsent', '[]'::jsonb);
    end if;
    if v_proposal.expires_at <= app.now() then
        return app.decision_of(app.decide(v_proposal, 'dropped', '{"outcome": "expired"}', v_seq));
    end if;
    if v_proposal.code is distinct from v_code
        and (v_choice = 'accept' or v_proposal.by_code or v_code is not null) then
        return app.refuse_code(v_proposal, v_code is not null, v_seq);
    end if;
    case v_choice
    when 'edit' then
        update app.proposals set edit_seq = v_seq
        where id = v_proposal.id and organization_id = p_organization_id;
        return app.decision_of(v_proposal) || '{"outcome": "edit"}';
    when 'drop' then
        return app.decision_of(app.decide(v_proposal, 'dropped', '{"outcome": "dropped"}', v_seq));
    when 'accept' then
        v_proposal := app.execute_proposal(v_conversation, v_proposal, v_seq);
        -- In a statement of its own: what was put into the outbox must be seen.
        return app.decision_of(v_proposal);
    end case;
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
