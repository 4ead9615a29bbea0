-- Follow-ups: what happens to a booking, a conversation or a person plans them and calls them off, in the transaction in
-- which it happens. Due ones are put into the outbox, each at most once.

alter table app.bookings
add column rating smallint check (rating between 1 and 5), -- what the customer answered to the feedback request
add column rated_at timestamptz,
add check ((rating is null) = (rated_at is null));

-- One message for each follow-up, whoever runs at the same time.
create unique index followups_message on app.followups (message_id) where message_id is not null;

-- What an organization chose about follow-ups: {"appointment_reminder", "feedback_request", "silence",
-- "payment_reminder": whether they are planned, "review_link": where a content customer is asked for a review, null:
-- nowhere}. Kept in its settings under `followups`.
create function app.followup_options(p_organization app.organizations) returns jsonb
language sql
immutable
set search_path = ''
as $$
    select jsonb_build_object(
        'appointment_reminder', true, 'feedback_request', true, 'silence', true, 'payment_reminder', false,
        'review_link', null
    ) || coalesce((p_organization).settings -> 'followups', '{}')
$$;

-- Whether a kind is advertising, which takes the person's consent.
create function app.is_marketing(p_kind text) returns boolean
language sql
immutable
set search_path = ''
as $$ select p_kind in ('reactivation', 'birthday_greeting') $$;

-- Whether a kind must not come between a person of the team who has taken over and the customer. Reminders of
-- appointments, greetings and what the owner wrote come all the same.
create function app.yields_to_team(p_kind text) returns boolean
language sql
immutable
set search_path = ''
as $$ select p_kind in ('silence', 'feedback_request', 'review_request', 'reactivation', 'payment_reminder') $$;

-- Returns the moment at which what is due on a local date is sent: 10:00.
create function app.followup_hour(p_day date, p_timezone text) returns timestamptz
language sql
stable
set search_path = ''
as $$ select (p_day + time '10:00') at time zone p_timezone $$;

-- Returns the first local date after p_day on which an organization is open: one with hours of its own, or from Monday
-- to Friday where none are stated, that is not blocked at 10:00. The next one when there is none in two weeks.
create function app.next_open_day(p_organization app.organizations, p_day date) returns date
language sql
stable
set search_path = ''
as $$
    select coalesce(min(candidate.day), p_day + 1)
    from (select p_day + ahead as day from generate_series(1, 14) as ahead) as candidate
    where case
        when (p_organization).business_hours = '{}' then extract(isodow from candidate.day) < 6
        else coalesce(
            jsonb_array_length((p_organization).business_hours -> lower(to_char(candidate.day, 'dy'))) > 0, false
        )
    end
    and not exists (
        select 1 from app.blocks
        where organization_id = (p_organization).id and resource is null
            and period @> app.followup_hour(candidate.day, (p_organization).timezone)
    )
$$;

-- Plans a follow-up; p_plan names the columns of app.followups, `variant`, `booking_id` and `text` may be missing.
--
-- The same key again changes nothing, unless the follow-up was called off, or its message withdrawn before it ever left:
-- then it is planned anew. Nothing is planned for who wants no messages, nor what is over by now. Returns the follow-up's
-- id, null when nothing was planned.
create function app.plan_followup(p_plan jsonb) returns uuid
language plpgsql
set search_path = ''
as $$
declare
    v_plan app.followups := jsonb_populate_record(null::app.followups, p_plan);
    v_id uuid;
begin
    if v_plan.expires_at <= app.now() or not exists (
        select 1 from app.contacts
        where id = v_plan.contact_id and organization_id = v_plan.organization_id
            and opted_out_at is null and erased_at is null
    ) then
        return null;
    end if;
    insert into app.followups as known (
        organization_id, contact_id, booking_id, kind, variant, text, idempotency_key, due_at, expires_at, created_at
    )
    values (
        v_plan.organization_id, v_plan.contact_id, v_plan.booking_id, v_plan.kind, coalesce(v_plan.variant, ''),
        v_plan.text, v_plan.idempotency_key, v_plan.due_at, v_plan.expires_at, app.now()
    )
    on conflict (organization_id, idempotency_key) do update
    set state = 'waiting', reason = null, settled_at = null, message_id = null, contact_id = excluded.contact_id,
        booking_id = excluded.booking_id, text = excluded.text, due_at = excluded.due_at,
        expires_at = excluded.expires_at
    where known.state = 'cancelled' or (known.state = 'queued' and exists (
        select 1 from app.messages
        where id = known.message_id and organization_id = known.organization_id
            and state = 'withdrawn' and attempts = 0
    ))
    returning id into v_id;
    return v_id;
end
$$;

-- Calls follow-ups off for a reason: those that wait are cancelled, and of those that were queued, the message that has
-- not begun to leave is withdrawn. A review is asked for in a reply, which leaves all the same.
create function app.cancel_followups(p_ids uuid[], p_reason text) returns void
language plpgsql
set search_path = ''
as $$
begin
    -- In one order, so that two who call off the same ones do not wait for each other.
    perform 1 from app.followups where id = any(p_ids) order by id for update;
    update app.messages as message set state = 'withdrawn', last_error = p_reason
    from app.followups as followup
    where followup.id = any(p_ids) and followup.state = 'queued'
        and message.id = followup.message_id and message.state = 'pending' and message.purpose = 'proactive';
    update app.followups set state = 'cancelled', reason = p_reason, settled_at = app.now()
    where id = any(p_ids) and state = 'waiting';
end
$$;

-- The follow-ups of a booking that can still be called off, of all kinds or of one, or of one variant of it.
create function app.open_followups_of(p_booking app.bookings, p_kind text default null, p_variant text default null)
returns uuid[]
language sql
stable
set search_path = ''
as $$
    select coalesce(array_agg(id), '{}') from app.followups
    where booking_id = (p_booking).id and organization_id = (p_booking).organization_id
        and state in ('waiting', 'queued') and (p_kind is null or kind = p_kind)
        and (p_variant is null or variant = p_variant)
$$;

-- The follow-ups of a contact that can still be called off, of some kinds or (null) of all: those that wait, and those
-- whose messages do.
create function app.open_followups_with(p_organization_id uuid, p_contact_id uuid, p_kinds text[] default null)
returns uuid[]
language sql
stable
set search_path = ''
as $$
    select coalesce(array_agg(id), '{}')
    from (
        select id from app.followups
        where contact_id = p_contact_id and organization_id = p_organization_id and state = 'waiting'
            and (p_kinds is null or kind = any(p_kinds))
        union all
        select followup.id
        from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        inner join app.followups as followup on followup.message_id = message.id
        where conversation.contact_id = p_contact_id and conversation.organization_id = p_organization_id
            and message.state in ('pending', 'sending', 'unknown')
            and (p_kinds is null or followup.kind = any(p_kinds))
    ) as found
$$;

-- What tells a reminder of a booking from others: one of each variant for each time that the booking has had.
create function app.reminder_key(p_booking app.bookings, p_variant text) returns text
language sql
stable
set search_path = ''
as $$
    select format(
        'appointment_reminder:%s:%s:%s',
        (p_booking).id, p_variant, extract(epoch from lower((p_booking).period))::bigint
    )
$$;

-- Plans the reminders of a booking, 24 h and 2 h before it begins, except those whose moment has passed. The first is
-- pointless once the second is due, the second once the appointment has begun. Who has confirmed gets no second one.
create function app.plan_reminders(p_booking app.bookings) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_starts_at timestamptz := lower((p_booking).period);
begin
    perform app.plan_followup(jsonb_build_object(
        'organization_id', (p_booking).organization_id,
        'contact_id', (p_booking).contact_id,
        'booking_id', (p_booking).id,
        'kind', 'appointment_reminder',
        'variant', reminder.variant,
        'idempotency_key', app.reminder_key(p_booking, reminder.variant),
        'due_at', v_starts_at - reminder.ahead,
        'expires_at', v_starts_at - reminder.pointless
    ))
    from (values
        ('24h', interval '24 hours', interval '2 hours'), ('2h', interval '2 hours', interval '0')
    ) as reminder (variant, ahead, pointless)
    inner join app.organizations as organization on organization.id = (p_booking).organization_id
    where v_starts_at - reminder.ahead > app.now()
        and (reminder.variant <> '2h' or (p_booking).confirmed_at is null)
        and (app.followup_options(organization) ->> 'appointment_reminder')::boolean;
end
$$;

-- Plans what follows a visit: the feedback request on the next local day at 10:00, one for all visits of a day, and,
-- where the organization wants it, the payment reminder two days later while nothing is paid. Not for visits that ended
-- more than three days ago: those were written down late.
create function app.plan_aftercare(p_booking app.bookings) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_organization app.organizations;
    v_options jsonb;
    v_day date;
    v_plan jsonb;
begin
    if upper((p_booking).period) < app.now() - interval '3 days' then
        return;
    end if;
    select * into v_organization from app.organizations where id = (p_booking).organization_id;
    v_options := app.followup_options(v_organization);
    v_day := (app.now() at time zone v_organization.timezone)::date;
    v_plan := jsonb_build_object(
        'organization_id', v_organization.id, 'contact_id', (p_booking).contact_id, 'booking_id', (p_booking).id
    );
    if (v_options ->> 'feedback_request')::boolean then
        perform app.plan_followup(v_plan || jsonb_build_object(
            'kind', 'feedback_request',
            'idempotency_key', format('feedback_request:%s:%s', (p_booking).contact_id, v_day),
            'due_at', app.followup_hour(v_day + 1, v_organization.timezone),
            'expires_at', app.followup_hour(v_day + 3, v_organization.timezone)
        ));
    end if;
    if (v_options ->> 'payment_reminder')::boolean and (p_booking).paid_at is null and (p_booking).price_cents > 0 then
        perform app.plan_followup(v_plan || jsonb_build_object(
            'kind', 'payment_reminder',
            'idempotency_key', format('payment_reminder:%s', (p_booking).id),
            'due_at', app.followup_hour(v_day + 2, v_organization.timezone),
            'expires_at', app.followup_hour(v_day + 9, v_organization.timezone)
        ));
    end if;
end
$$;

-- Follows what happens to a booking. A booking that is made or moved also ends the silence after a question: somebody
-- spoke with the customer. One that its customer has confirmed needs no word two hours before it: so little may be said to
-- a person that it would cost the question how it was.
create function app.follow_booking() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    v_expected boolean := new.status in ('pending', 'confirmed');
    v_new boolean := tg_op = 'INSERT';
    v_moved boolean := tg_op = 'UPDATE' and new.period <> old.period;
    v_other_status boolean := v_new or new.status <> old.status;
begin
    if v_other_status and new.status in ('cancelled', 'no_show') then
        perform app.cancel_followups(app.open_followups_of(new), 'booking_' || new.status);
    elsif v_moved or (v_other_status and not v_expected) then
        perform app.cancel_followups(
            app.open_followups_of(new, 'appointment_reminder'),
            case when v_moved then 'booking_moved' else 'booking_' || new.status end
        );
    end if;
    if v_expected and (v_moved or v_other_status) then
        perform app.plan_reminders(new);
        perform app.cancel_followups(
            app.open_followups_with(new.organization_id, new.contact_id, array['silence', 'reactivation']), 'booked'
        );
    elsif v_other_status and new.status = 'completed' then
        perform app.plan_aftercare(new);
    end if;
    if new.confirmed_at is not null and (v_new or old.confirmed_at is null) then
        perform app.cancel_followups(app.open_followups_of(new, 'appointment_reminder', '2h'), 'confirmed');
    end if;
    if new.paid_at is not null then
        perform app.cancel_followups(app.open_followups_of(new, 'payment_reminder'), 'paid');
    end if;
    return null;
end
$$;

create trigger bookings_followed after insert or update of period, status, confirmed_at, paid_at on app.bookings
for each row execute function app.follow_booking();

-- Whoever writes is not silent, and not inactive.
create function app.follow_inbound() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform app.cancel_followups(
        app.open_followups_with(conversation.organization_id, conversation.contact_id, array['silence', 'reactivation']),
        'contact_wrote'
    )
    from app.conversations as conversation
    where conversation.id = new.conversation_id and conversation.organization_id = new.organization_id;
    return null;
end
$$;

create trigger inbound_followed after insert on app.messages
for each row when (new.direction = 'inbound') execute function app.follow_inbound();

-- Whether a text asks something: a question mark that is no part of a link does.
create function app.asks(p_text text) returns boolean
language sql
immutable
set search_path = ''
as $$
    select position('?' in regexp_replace(
        coalesce(p_text, ''), '\S*(://|www\.|[[:alnum:]]\.[[:alpha:]]{2,}[/?])\S*[^\s?!)*_~]', '', 'gi'
    )) > 0
$$;

-- Returns the follow-up that the open messages of a conversation come after, of none when they do not: the newest message
-- that the person was sent is that follow-up's, left in the last three days, and before any of the open messages came.
create function app.followup_met(p_conversation app.conversations) returns app.followups
language plpgsql
stable
set search_path = ''
as $$
declare
    v_message app.messages;
    v_followup app.followups;
begin
    select * into v_message from app.messages
    where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
        and direction = 'outbound' and state in ('sending', 'unknown', 'sent', 'delivered', 'read')
        and revoked_at is null
    order by coalesce(accepted_at, created_at) desc, seq desc
    limit 1;
    if v_message.purpose = 'proactive'
        and coalesce(v_message.accepted_at, v_message.created_at) >= app.now() - interval '3 days'
        and not exists (
            select 1 from app.messages
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and direction = 'inbound' and answered_by is null and decision is null
                and created_at < v_message.accepted_at
        )
    then
        select * into v_followup from app.followups
        where message_id = v_message.id and organization_id = v_message.organization_id;
    end if;
    return v_followup;
end
$$;

-- Whether the person of a conversation owes no answer to the reply that is being written to its open messages: it answers
-- what the person said to a follow-up or decided, or the person has an appointment to come.
create function app.owes_nothing(p_conversation app.conversations) returns boolean
language sql
stable
set search_path = ''
as $$
    select (app.followup_met(p_conversation)).id is not null
        or exists (
            select 1 from app.proposals
            where conversation_id = p_conversation.id and organization_id = p_conversation.organization_id
                and decided_seq > p_conversation.covered_seq
        )
        or exists (
            select 1 from app.bookings
            where contact_id = p_conversation.contact_id and organization_id = p_conversation.organization_id
                and status in ('pending', 'confirmed') and lower(period) > app.now()
        )
$$;

-- A reply to a customer that asks or proposes something plans one message for the case of silence: on the next day on
-- which the business is open, at 10:00. Not for who owes no answer, see app.owes_nothing. Never a second one: not for the
-- same silence, and not within 30 days.
create function app.follow_reply() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    v_conversation app.conversations;
    v_organization app.organizations;
    v_due_at timestamptz;
begin
    select * into v_conversation from app.conversations
    where id = new.conversation_id and organization_id = new.organization_id;
    select * into v_organization from app.organizations where id = new.organization_id;
    if v_conversation.audience <> 'client' or not (app.followup_options(v_organization) ->> 'silence')::boolean
        or (not app.asks(new.text) and not exists (
            select 1 from app.proposals
            where conversation_id = v_conversation.id and organization_id = v_organization.id
                and state = 'open' and turn_seq = new.answers_seq
        ))
        or app.owes_nothing(v_conversation)
        or exists (
            select 1 from app.followups
            where organization_id = v_organization.id and contact_id = v_conversation.contact_id
                and kind = 'silence' and state = 'queued' and settled_at > app.now() - interval '30 days'
        )
    then
        return null;
    end if;
    v_due_at := app.followup_hour(
        app.next_open_day(v_organization, (app.now() at time zone v_organization.timezone)::date),
        v_organization.timezone
    );
    perform app.plan_followup(jsonb_build_object(
        'organization_id', v_organization.id,
        'contact_id', v_conversation.contact_id,
        'kind', 'silence',
        'idempotency_key', format('silence:%s:%s', v_conversation.id, new.answers_seq),
        'due_at', v_due_at,
        'expires_at', v_due_at + interval '10 hours'
    ));
    return null;
end
$$;

create trigger replies_followed after insert on app.messages
for each row when (new.purpose = 'reply') execute function app.follow_reply();

-- A person of the team has taken over: nothing that asks something comes in between. Who only typed on the business's
-- phone ends the silence; feedback and the like are of another day.
create function app.follow_handover() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform app.cancel_followups(
        app.open_followups_with(
            new.organization_id, new.contact_id,
            case
                when new.handed_over_at is not null
                    then array['silence', 'feedback_request', 'review_request', 'reactivation', 'payment_reminder']
                else array['silence']
            end
        ),
        'handed_over'
    );
    return null;
end
$$;

create trigger handovers_followed after update of handed_over_at, paused_until on app.conversations
for each row when (
    (new.handed_over_at is not null and old.handed_over_at is null)
    or (new.paused_until is not null and new.paused_until is distinct from old.paused_until)
) execute function app.follow_handover();

-- Follows what becomes of a person. Nobody who opted out ever receives anything, not even a reminder; who comes back is
-- reminded of the bookings to come. What was planned for a contact that turned out to be another one is the other's.
create function app.follow_contact() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.merged_into is not null then
        update app.followups set contact_id = new.merged_into
        where contact_id = new.id and organization_id = new.organization_id;
    end if;
    if new.opted_out_at is not null or new.erased_at is not null then
        perform app.cancel_followups(
            app.open_followups_with(new.organization_id, new.id),
            case when new.erased_at is not null then 'erased' else 'opted_out' end
        );
    elsif old.opted_out_at is not null then
        perform app.plan_reminders(booking) from app.bookings as booking
        where booking.contact_id = new.id and booking.organization_id = new.organization_id
            and booking.status in ('pending', 'confirmed') and lower(booking.period) > app.now();
    end if;
    if new.erased_at is not null then
        update app.followups set text = null
        where contact_id = new.id and organization_id = new.organization_id and text is not null;
    end if;
    return null;
end
$$;

create trigger contacts_followed after update of opted_out_at, erased_at, merged_into on app.contacts
for each row when (
    (new.opted_out_at, new.erased_at, new.merged_into) is distinct from
    (old.opted_out_at, old.erased_at, old.merged_into)
) execute function app.follow_contact();
