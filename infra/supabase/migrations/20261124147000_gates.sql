-- The gates of what the business says of its own accord, at the moment at which it is about to leave: whether it is
-- still wanted, whether people sleep, how much a person had this week, and how fast a WhatsApp number may write.
-- Replies, notices and relays pass none of them.

-- Proactive messages that left, or may have: nobody knows of those in doubt, also when they were given up.
-- left_at null: it is leaving now.
create view app.proactive_departures as
select id, organization_id, instance_id, conversation_id, coalesce(accepted_at, unknown_since) as left_at
from app.messages
where purpose = 'proactive'
    and (
        state in ('sending', 'unknown', 'sent', 'delivered', 'read')
        or (state = 'failed' and unknown_since is not null)
    );

create index messages_proactive_of_instance on app.messages (instance_id, coalesce(accepted_at, unknown_since))
where purpose = 'proactive';

create index messages_proactive_waiting on app.messages (instance_id, not_before)
where purpose = 'proactive' and state = 'pending';

create index conversations_of_contact on app.conversations (contact_id);

-- Why a proactive message was written. kind: that of its follow-up or its outreach, `outreach` for what the owner had
-- written. marketing: it takes the person's consent. expires_at: later it is pointless; what the owner had written is
-- good for a week, in which 200 people can be written to from a new number. proposed_at: when an owner was asked who
-- agreed to it; null: it is a follow-up.
create type app.occasion as (kind text, marketing boolean, expires_at timestamptz, proposed_at timestamptz);

create function app.occasion_of(p_message app.messages) returns app.occasion
language plpgsql
stable
set search_path = ''
as $$
declare
    v_occasion app.occasion;
begin
    select kind, app.is_marketing(kind), expires_at, null into v_occasion
    from app.followups
    where message_id = p_message.id and organization_id = p_message.organization_id;
    if v_occasion.kind is null then
        select
            outreach.kind,
            coalesce(recipient.marketing, (proposal.action ->> 'marketing')::boolean, proposal.id is null),
            coalesce(recipient.expires_at, p_message.created_at + interval '168 hours'),
            coalesce(proposal.created_at, outreach.created_at)
        into v_occasion
        from app.outreach_recipients as recipient
        inner join app.outreach on outreach.id = recipient.outreach_id
        left join app.proposals as proposal on proposal.id = outreach.proposal_id
        where recipient.message_id = p_message.id and recipient.organization_id = p_message.organization_id;
    end if;
    if v_occasion.kind is null then
        v_occasion := ('outreach', false, p_message.created_at + interval '168 hours', p_message.created_at);
    end if;
    return v_occasion;
end
$$;

-- Says why a proactive message must not leave any more, or null: `expired`, `erased`, `opted_out`, `no_consent`,
-- `organization_off`, `handed_over` (a person of the team speaks there, and the kind gives way), `contact_wrote`, `booked`
-- (since a routine proposed it, see app.overtaken_by), `window_closed` (the provider takes no free text so long after the
-- person's last one, and there are no templates of the provider's), `frequency_cap` (the organization wants none).
create function app.proactive_refusal(p_message app.messages, p_occasion app.occasion) returns text
language sql
stable
set search_path = ''
as $$
    select case
        when p_occasion.expires_at <= app.now() then 'expired'
        when coalesce(contact.erased_at, person.erased_at) is not null then 'erased'
        when coalesce(contact.opted_out_at, person.opted_out_at) is not null then 'opted_out'
        when p_occasion.marketing and person.marketing_consent_at is null then 'no_consent'
        when not (organization.is_active and organization.assistant_enabled) then 'organization_off'
        when app.yields_to_team(p_occasion.kind)
            and (conversation.handed_over_at is not null or conversation.paused_until > app.now()) then 'handed_over'
        when overtaken.reason is not null then overtaken.reason
        when coalesce(
            (
                select inbound.written_at from app.messages as inbound
                where inbound.conversation_id = conversation.id and inbound.direction = 'inbound'
                order by inbound.seq desc limit 1
            ) + make_interval(hours => instance.reply_window_hours) <= app.now(),
            instance.reply_window_hours is not null
        ) then 'window_closed'
        when organization.proactive_cap = 0 then 'frequency_cap'
    end
    from app.conversations as conversation
    inner join app.organizations as organization on organization.id = conversation.organization_id
    inner join app.instances as instance on instance.id = conversation.instance_id
    inner join app.contacts as contact on contact.id = conversation.contact_id
    -- The words of who turned out to be somebody known are kept with the one who is left.
    inner join app.contacts as person on person.id = coalesce(contact.merged_into, contact.id)
    left join lateral (
        select app.overtaken_by(person, p_occasion.kind, p_occasion.proposed_at) as reason
        where p_occasion.proposed_at is not null
    ) as overtaken on true
    where conversation.id = p_message.conversation_id and conversation.organization_id = p_message.organization_id
$$;

-- Whether an organization's proactive messages may leave at a moment, by the wall clock of its zone.
create function app.is_awake(p_organization app.organizations, p_at timestamptz) returns boolean
language sql
stable
set search_path = ''
as $$
    select (p_at at time zone p_organization.timezone)::time >= p_organization.quiet_until
        and (p_at at time zone p_organization.timezone)::time < p_organization.quiet_from
$$;

-- Returns the first moment from p_at on at which an organization's proactive messages may leave. A wall clock that jumps
-- over the hours in which they may skips that day.
create function app.next_waking_moment(p_organization app.organizations, p_at timestamptz) returns timestamptz
language sql
stable
set search_path = ''
as $$
    select case
        when app.is_awake(p_organization, p_at) then p_at
        else (
            select min(opening.at)
            from generate_series(0, 7) as ahead
            cross join lateral (
                select (
                    (p_at at time zone p_organization.timezone)::date + ahead + p_organization.quiet_until
                ) at time zone p_organization.timezone as at
            ) as opening
            where opening.at > p_at and app.is_awake(p_organization, opening.at)
        )
    end
$$;

-- Returns when the person of a conversation may get one more proactive message, null: now. Counted are those of the last
-- 168 hours, over all numbers and merged contacts. Advertising gives way to appointment reminders: those that wait and
-- are due within the next 168 hours count for it as if they had left.
create function app.cap_ends_at(
    p_message app.messages, p_cap integer, p_marketing boolean
) returns timestamptz
language sql
stable
set search_path = ''
as $$
    with person as (
        select contact.id
        from app.conversations as conversation
        inner join app.contacts as spoken_to on spoken_to.id = conversation.contact_id
        inner join app.contacts as contact
            on contact.id = coalesce(spoken_to.merged_into, spoken_to.id)
            or contact.merged_into = coalesce(spoken_to.merged_into, spoken_to.id)
        where conversation.id = p_message.conversation_id and contact.organization_id = p_message.organization_id
    ),
    used as (
        select coalesce(departure.left_at, app.now()) as at
        from app.proactive_departures as departure
        inner join app.conversations as conversation on conversation.id = departure.conversation_id
        where conversation.contact_id in (select id from person)
            and conversation.organization_id = p_message.organization_id and departure.id <> p_message.id
        union all
        select greatest(followup.due_at, app.now())
        from app.followups as followup
        left join app.messages as reminder on reminder.id = followup.message_id
        where p_marketing and followup.contact_id in (select id from person)
            and followup.organization_id = p_message.organization_id and followup.kind = 'appointment_reminder'
            and (
                (followup.state = 'waiting' and followup.due_at < app.now() + interval '168 hours')
                or (followup.state = 'queued' and reminder.state = 'pending')
            )
    )
    select at + interval '168 hours' from used
    where at > app.now() - interval '168 hours'
    order by at desc
    offset p_cap - 1 limit 1
$$;

-- How many proactive messages a number may write on a local day that is p_age days after its first one, reminders of
-- appointments counted and let through, null: any number. Numbers that begin by writing to many are the ones that WhatsApp
-- bans.
create function app.warm_up_limit(p_age integer) returns integer
language sql
immutable
set search_path = ''
as $$
    select case when p_age <= 3 then 20 when p_age <= 7 then 50 when p_age <= 14 then 100 when p_age <= 30 then 200 end
$$;

-- Whether a message reminds of an appointment.
create function app.is_reminder(p_message_id uuid) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (select 1 from app.followups where message_id = p_message_id and kind = 'appointment_reminder')
$$;

-- Returns the moments that other waiting messages of a number have been given, from p_from until p_until. Reminders do
-- not queue up behind anything else.
create function app.taken_moments(
    p_message app.messages, p_reminder boolean, p_from timestamptz, p_until timestamptz
) returns setof timestamptz
language sql
stable
set search_path = ''
as $$
    select message.not_before from app.messages as message
    where message.instance_id = p_message.instance_id and message.purpose = 'proactive' and message.state = 'pending'
        and message.id <> p_message.id and message.not_before between p_from and p_until
        and (not p_reminder or app.is_reminder(message.id))
$$;

-- Returns p_at when its local day has room for one more message of a number that is warming up, else the next day's
-- beginning. On a day to come, what waits for it has its room. Reminders of appointments do not ask: they take room, and
-- are sent where there is none, because they are of no use on another day.
create function app.warmed_up_at(p_message app.messages, p_timezone text, p_at timestamptz) returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
    v_day date := (p_at at time zone p_timezone)::date;
    v_limit integer;
    v_used integer;
begin
    select app.warm_up_limit(v_day - coalesce(proactive_since, (app.now() at time zone p_timezone)::date)) into v_limit
    from app.instances where id = p_message.instance_id;
    if v_limit is null then
        return p_at;
    end if;
    select count(*) into v_used
    from app.proactive_departures
    where instance_id = p_message.instance_id
        and (left_at is null or left_at > p_at - interval '30 hours')
        and (coalesce(left_at, app.now()) at time zone p_timezone)::date = v_day;
    if p_at > app.now() then
        select v_used + count(*) into v_used
        from app.taken_moments(p_message, false, app.now(), p_at + interval '30 hours') as taken
        where (taken at time zone p_timezone)::date = v_day;
    end if;
    return case when v_used < v_limit then p_at else (v_day + 1)::timestamp at time zone p_timezone end;
end
$$;

-- How long after another proactive message of its number a message leaves at the earliest: 30 to 60 seconds, its own.
create function app.pace_of(p_message_id uuid) returns interval
language sql
immutable
set search_path = ''
as $$ select make_interval(secs => 30 + abs(hashtextextended(p_message_id::text, 0) % 31)) $$;

-- Returns p_at when a number may write then, else the first moment after it that is free. Of those who wait each has a
-- moment of its own, so that a crowd does not come back at once; 15 seconds more, because what leaves is a little late.
create function app.paced_at(p_message app.messages, p_reminder boolean, p_at timestamptz) returns timestamptz
language sql
stable
set search_path = ''
as $$
    with last as (
        select max(coalesce(left_at, app.now())) + app.pace_of(p_message.id) as over
        from app.proactive_departures
        where instance_id = p_message.instance_id and id <> p_message.id
            and (left_at is null or left_at > app.now() - interval '5 minutes')
    ),
    earliest as (
        select greatest(p_at, last.over) as at, app.pace_of(p_message.id) + interval '15 seconds' as distance from last
    ),
    taken as materialized (
        select moment.at
        from earliest
        cross join lateral app.taken_moments(
            p_message, p_reminder, earliest.at - earliest.distance, earliest.at + interval '24 hours'
        ) as moment (at)
    )
    select case
        when earliest.at = app.now() then earliest.at
        else (
            select min(free.at)
            from (
                select earliest.at as at
                union all
                select taken.at + earliest.distance from taken
            ) as free
            where free.at >= earliest.at and not exists (
                select 1 from taken
                where taken.at > free.at - earliest.distance and taken.at < free.at + interval '60 seconds'
            )
        )
    end
    from earliest
$$;

-- Returns when a conversation is asked about again whose customer waits for an answer, null: there is nobody waiting.
-- Replies go first.
create function app.answered_at(p_message app.messages) returns timestamptz
language sql
stable
set search_path = ''
as $$
    select app.now() + interval '60 seconds'
    from app.conversations as conversation
    where conversation.id = p_message.conversation_id and conversation.organization_id = p_message.organization_id
        and (
            conversation.due_seq > conversation.covered_seq
            or exists (
                select 1 from app.messages as reply
                where reply.conversation_id = conversation.id and reply.state = 'pending'
                    and reply.purpose <> 'proactive'
            )
        )
$$;

-- Says what becomes of a proactive message that is about to leave. verdict: `send`, `withdraw` with the reason, or
-- `postpone` until the first moment at which it may leave by all that is known now; the reason is the rule that said so
-- last: `answer_first`, `paused`, `frequency_cap`, `quiet_hours`, `warm_up`, `pacing`. What would have to wait until it
-- is pointless is withdrawn for that reason.
--
-- The caller holds the organization's lock, see app.hold_back. The moment is only a plan: it is judged anew then.
create function app.proactive_gate(
    p_message app.messages, out verdict text, out reason text, out until timestamptz
)
language plpgsql
set search_path = ''
as $$
declare
    v_occasion app.occasion := app.occasion_of(p_message);
    v_reminder boolean := v_occasion.kind = 'appointment_reminder';
    v_organization app.organizations;
    v_before timestamptz;
    v_at timestamptz;
    v_rule text;
begin
    reason := app.proactive_refusal(p_message, v_occasion);
    if reason is not null then
        verdict := 'withdraw';
        return;
    end if;
    select * into v_organization from app.organizations where id = p_message.organization_id;
    until := app.now();
    for v_rule, v_at in
        select rule.reason, rule.at
        from (
            values
            ('answer_first', app.answered_at(p_message)),
            ('frequency_cap', app.cap_ends_at(p_message, v_organization.proactive_cap, v_occasion.marketing)),
            -- What an owner has agreed to goes on; the rest waits with the assistant that would be answered.
            ('paused', case
                when v_organization.paused_at is not null and v_occasion.proposed_at is null
                    then app.now() + interval '15 minutes'
            end)
        ) as rule (reason, at)
        where rule.at > app.now()
        order by rule.at
    loop
        reason := v_rule;
        until := v_at;
    end loop;
    -- Each rule may only move it on: the moment that none of them moves is the one.
    loop
        v_before := until;
        foreach v_rule in array array['quiet_hours', 'warm_up', 'pacing'] loop
            v_at := case v_rule
                when 'quiet_hours' then app.next_waking_moment(v_organization, until)
                when 'warm_up' then case
                    when v_reminder then until else app.warmed_up_at(p_message, v_organization.timezone, until)
                end
                else app.paced_at(p_message, v_reminder, until)
            end;
            if v_at > until then
                reason := v_rule;
                until := v_at;
            end if;
        end loop;
        exit when until = v_before or until >= v_occasion.expires_at;
    end loop;
    verdict := case
        when until = app.now() then 'send' when until >= v_occasion.expires_at then 'withdraw' else 'postpone'
    end;
end
$$;

-- Puts a proactive message through the gate: returns null when it may leave now, else what its claim is told, `settled`
-- or `postponed`. One organization's messages go through one at a time until commit: two at once would not see each other
-- in the pace, the cap and the warm-up.
create function app.hold_back(p_message app.messages) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
    v_gate record;
begin
    perform pg_advisory_xact_lock(hashtextextended('proactive:' || p_message.organization_id, 0));
    select * into v_gate from app.proactive_gate(p_message);
    if v_gate.verdict = 'withdraw' then
        update app.messages set state = 'withdrawn', last_error = v_gate.reason
        where id = p_message.id and organization_id = p_message.organization_id;
        return jsonb_build_object('outcome', 'settled', 'state', 'withdrawn', 'next', app.next_unsent(p_message));
    end if;
    if v_gate.verdict = 'postpone' then
        update app.messages set not_before = v_gate.until, last_error = 'postponed: ' || v_gate.reason
        where id = p_message.id and organization_id = p_message.organization_id;
        return app.postponed_until(p_message, v_gate.until);
    end if;
    -- Whoever holds the instance's row may wait for this conversation: then the next message begins the warming up.
    update app.instances as instance
    set proactive_since = (app.now() at time zone organization.timezone)::date
    from app.organizations as organization
    where organization.id = instance.organization_id and instance.id = (
        select id from app.instances
        where id = p_message.instance_id and proactive_since is null
        for no key update skip locked
    );
    return null;
end
$$;

-- What the claim of a proactive message whose moment has not come is told: whoever claimed it publishes it for then, and
-- what it held up now.
create function app.postponed_until(p_message app.messages, p_until timestamptz) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'outcome', 'postponed',
        'until', p_until,
        'retry_after', app.seconds_until(p_until),
        'next', app.next_unsent(p_message)
    )
$$;

-- Whether another message of the conversation must leave, or be settled, before this one. A proactive one that still
-- waits holds up no reply, and nothing at all before its moment has come.
create or replace function app.must_wait(p_message app.messages) returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select 1 from app.messages as earlier
        where earlier.conversation_id = p_message.conversation_id
            and earlier.organization_id = p_message.organization_id
            and (
                (earlier.state = 'pending' and earlier.seq < p_message.seq and (
                    earlier.purpose <> 'proactive'
                    or (p_message.purpose = 'proactive' and coalesce(earlier.not_before <= app.now(), true))
                ))
                or (earlier.state in ('sending', 'unknown') and earlier.id <> p_message.id)
            )
    )
$$;

-- Returns the next message of a conversation that waits for its turn, or null: {"message_id", "instance_id"}; replies
-- before what the business says of its own accord, of which also an earlier one may have waited. One whose moment has not
-- come has a publication of its own.
create or replace function app.next_unsent(p_message app.messages) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object('message_id', message.id, 'instance_id', message.instance_id)
    from app.messages as message
    where message.conversation_id = (p_message).conversation_id
        and message.organization_id = (p_message).organization_id
        and message.state = 'pending' and message.id <> (p_message).id
        and (message.seq > (p_message).seq or message.purpose = 'proactive')
        and coalesce(message.not_before <= app.now(), true)
    order by message.purpose = 'proactive', message.seq
    limit 1
$$;

-- Claims a message for sending.
--
-- Returns {"outcome": …} with
--   claimed   "token", "provider", "instance", "address" and "text" of what to send
--   waiting   an earlier message of the conversation has not left, or nobody knows yet; whoever settles it publishes
--             this one
--   parked    the WhatsApp number is not connected; when it is, this message is published
--   busy      another run sends it now; "retry_after" seconds until that ends
--   postponed a proactive message whose moment has not come: "until", "retry_after" seconds; whoever claimed it
--             publishes it for then, and "next", which waited for it, or null, now
--   doubtful  nobody knows whether it left: "provider", "instance", "address", "text" and "written_at" of what to look
--             for at the gateway; api.settle_send takes the answer
--   settled   nothing left to do; "state" is what became of it, "next" the message that waited for it, or null
-- p_lease is {"owner": the job's queue message id, "attempt", "seconds"}, p_policy is {"burst_seconds",
-- "settle_seconds"}. A claim that ended without a word leaves the outcome unknown: the message becomes `unknown`, and is
-- `busy` for settle_seconds, in which the gateway's own word may come. A reply that was overtaken before it left is
-- withdrawn; a proactive message goes through app.proactive_gate. Raises PT404.
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
    v_held_back jsonb;
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
        return app.postponed_until(v_message, v_message.not_before);
    end if;
    if app.must_wait(v_message) then
        return jsonb_build_object('outcome', 'waiting');
    end if;
    if exists (select 1 from app.instances where id = v_message.instance_id and state = 'close') then
        return jsonb_build_object('outcome', 'parked');
    end if;
    v_message := app.withdraw_if_overtaken(v_message, p_policy);
    if v_message.state = 'withdrawn' then
        return jsonb_build_object('outcome', 'settled', 'state', 'withdrawn', 'next', app.next_unsent(v_message));
    end if;
    if v_message.purpose = 'proactive' then
        v_held_back := app.hold_back(v_message);
        if v_held_back is not null then
            return v_held_back;
        end if;
    end if;

    update app.messages
    set state = 'sending',
        attempts = attempts + 1,
        claim_token = gen_random_uuid(),
        claim_until = app.now() + make_interval(secs => (p_lease ->> 'seconds')::double precision),
        claim_owner = p_lease ->> 'owner',
        claim_attempt = (p_lease ->> 'attempt')::integer,
        -- An operator let one in doubt be sent again: it leaves now.
        unknown_since = case when purpose <> 'proactive' then unknown_since end
    where id = p_message_id and organization_id = p_organization_id
    returning * into v_message;
    return app.order_of(v_message) || jsonb_build_object('outcome', 'claimed', 'token', v_message.claim_token);
end
$$;

drop function app.withdraw_if_unwanted(app.messages);

-- Returns when a business opens and how it may be booked and written from: {"timezone", "business_hours",
-- "booking_notice_minutes", "booking_horizon_days", "cancel_notice_minutes", "slot_minutes", "quiet_from", "quiet_until":
-- HH:MM, "proactive_cap", "resources": [{"name", "hours": null for the business hours}]}, see app.organizations. Raises
-- PT404.
create or replace function api.business_rules(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return jsonb_build_object(
        'timezone', v_organization.timezone,
        'business_hours', v_organization.business_hours,
        'booking_notice_minutes', v_organization.booking_notice_minutes,
        'booking_horizon_days', v_organization.booking_horizon_days,
        'cancel_notice_minutes', v_organization.cancel_notice_minutes,
        'slot_minutes', v_organization.slot_minutes,
        'quiet_from', to_char(v_organization.quiet_from, 'HH24:MI'),
        'quiet_until', to_char(v_organization.quiet_until, 'HH24:MI'),
        'proactive_cap', v_organization.proactive_cap,
        'resources', (
            select coalesce(jsonb_agg(
                jsonb_build_object('name', resource.name, 'hours', resource.hours)
                order by resource.position, resource.name
            ), '[]')
            from app.resources as resource
            where resource.organization_id = v_organization.id and resource.is_active
        )
    );
end
$$;

-- Changes when a business opens, how it may be booked and when it writes of its own accord, and returns
-- api.business_rules. p_changes may have each of its keys but the time zone and the resources; of the business hours, the
-- days that are given, null for a day that is not stated any more. Raises PT404, 23514 for a value that cannot be.
create or replace function api.change_business_rules(p_organization_id uuid, p_changes jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    update app.organizations
    set business_hours = jsonb_strip_nulls(business_hours || coalesce(p_changes -> 'business_hours', '{}')),
        booking_notice_minutes = coalesce((p_changes ->> 'booking_notice_minutes')::integer, booking_notice_minutes),
        booking_horizon_days = coalesce((p_changes ->> 'booking_horizon_days')::integer, booking_horizon_days),
        cancel_notice_minutes = coalesce((p_changes ->> 'cancel_notice_minutes')::integer, cancel_notice_minutes),
        slot_minutes = coalesce((p_changes ->> 'slot_minutes')::integer, slot_minutes),
        quiet_from = coalesce((p_changes ->> 'quiet_from')::time, quiet_from),
        quiet_until = coalesce((p_changes ->> 'quiet_until')::time, quiet_until),
        proactive_cap = coalesce((p_changes ->> 'proactive_cap')::integer, proactive_cap)
    where id = v_organization.id;
    return api.business_rules(v_organization.id);
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
