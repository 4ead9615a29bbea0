-- What the business does of its own accord: routines once a local day, follow-ups when they are due, and their limits.

alter table app.organizations
-- Proactive messages leave between these local times only; replies at any time.
add column quiet_until time not null default '08:00',
add column quiet_from time not null default '20:00',
add column proactive_cap integer not null default 2 check (proactive_cap between 0 and 50), -- per contact in seven days
add check (quiet_until < quiet_from);

alter table app.owner_numbers
add column routines text [] check (
    routines <@ array['daily_summary', 'birthdays', 'inactive_clients', 'opportunities']
); -- which of them this owner is told of; null: all

alter table app.instances
-- How long after a person's last message the provider takes free text; null: for ever, as gateways over WhatsApp Web do.
add column reply_window_hours integer check (reply_window_hours between 1 and 720),
add column proactive_since date; -- the local day of the first proactive message: warming up begins; null: none yet

-- When an organization wants a routine. One row for each organization and kind, made and kept by triggers: zone and
-- activity are the organization's, copied so that one index answers who is due.
create table app.routines (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    kind text not null check (kind in ('daily_summary', 'birthdays', 'inactive_clients', 'opportunities')),
    enabled boolean not null default true,
    local_time time not null check (extract(second from local_time) = 0),
    options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
    timezone text not null,
    is_active boolean not null,
    changed_at timestamptz not null default app.now(), -- since when it is run at these times, or not at all
    primary key (organization_id, kind)
);

create index routines_due on app.routines (kind, timezone, local_time, organization_id) where enabled and is_active;
create index routines_changed on app.routines (kind, local_time, timezone, changed_at) where enabled and is_active;

create function app.note_routine_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    new.changed_at := app.now();
    return new;
end
$$;

create trigger note_routine_change before update of enabled, local_time, timezone, is_active on app.routines
for each row when (
    (new.enabled, new.local_time, new.timezone, new.is_active) is distinct from
    (old.enabled, old.local_time, old.timezone, old.is_active)
) execute function app.note_routine_change();

-- The hours at which routines are run unless an organization says otherwise.
create function app.routine_defaults() returns table (kind text, local_time time)
language sql
immutable
set search_path = ''
as $$
    values
    ('daily_summary', time '18:00'),
    ('birthdays', time '09:00'),
    ('inactive_clients', time '10:00'),
    ('opportunities', time '15:00')
$$;

create function app.keep_routines() returns trigger
language plpgsql
set search_path = ''
as $$
begin
    insert into app.routines (organization_id, kind, local_time, timezone, is_active)
    select new.id, routine.kind, routine.local_time, new.timezone, new.is_active
    from app.routine_defaults() as routine
    on conflict (organization_id, kind) do update
    set timezone = excluded.timezone, is_active = excluded.is_active
    where (app.routines.timezone, app.routines.is_active) is distinct from (excluded.timezone, excluded.is_active);
    return new;
end
$$;

create trigger keep_routines after insert or update of timezone, is_active on app.organizations
for each row execute function app.keep_routines();

insert into app.routines (organization_id, kind, local_time, timezone, is_active)
select organization.id, routine.kind, routine.local_time, organization.timezone, organization.is_active
from app.organizations as organization
cross join app.routine_defaults() as routine;

-- That a routine ran, once for each local day, whatever is fired, repeated or caught up.
create table app.proactive_runs (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    kind text not null,
    local_date date not null,
    state text not null check (state in ('running', 'done', 'skipped', 'failed')),
    detail jsonb not null default '{}', -- what it came to, or why it was skipped
    lease_token uuid,
    lease_until timestamptz,
    lease_owner text,
    lease_attempt integer,
    started_at timestamptz not null default app.now(),
    finished_at timestamptz,
    primary key (organization_id, kind, local_date),
    check ((state = 'running') = (finished_at is null))
);

create index proactive_runs_by_date on app.proactive_runs (local_date);

-- How far the run of one schedule on one local day has come.
create table app.proactive_fanouts (
    kind text not null,
    timezone text not null,
    local_time time not null,
    local_date date not null,
    state text not null default 'running' check (state in ('running', 'done', 'skipped')),
    cursor uuid, -- the last organization whose job was published
    organizations integer not null default 0,
    pages integer not null default 0,
    started_at timestamptz not null default app.now(),
    touched_at timestamptz not null default app.now(), -- when it last got on
    finished_at timestamptz,
    primary key (kind, timezone, local_time, local_date),
    check ((state = 'running') = (finished_at is null))
);

create index proactive_fanouts_touched on app.proactive_fanouts (touched_at);

-- A message to a customer that is due at a moment, unless something happens before. How far one got that is `queued` is
-- the state of its message.
create table app.followups (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    contact_id uuid not null,
    booking_id uuid,
    kind text not null check (kind in (
        'appointment_reminder', 'feedback_request', 'review_request', 'reactivation', 'birthday_greeting',
        'payment_reminder', 'silence', 'custom'
    )),
    variant text not null default '', -- such as the 24 h and the 2 h reminder
    text text check (length(text) <= 2000), -- of a custom one; null: the template's
    idempotency_key text not null,
    due_at timestamptz not null,
    expires_at timestamptz not null, -- later it would be pointless
    state text not null default 'waiting' check (state in ('waiting', 'queued', 'cancelled', 'skipped')),
    reason text, -- why it was cancelled or skipped
    message_id uuid references app.messages (id),
    created_at timestamptz not null default app.now(),
    settled_at timestamptz,
    unique (organization_id, idempotency_key),
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade,
    foreign key (organization_id, booking_id) references app.bookings (organization_id, id) on delete cascade,
    check ((state = 'queued') = (message_id is not null)),
    check ((state in ('cancelled', 'skipped')) = (reason is not null)),
    check (due_at < expires_at)
);

create index followups_due on app.followups (due_at, id) where state = 'waiting';
create index followups_of_contact on app.followups (contact_id) where state = 'waiting';
create index followups_of_booking on app.followups (booking_id) where booking_id is not null;

-- The business's own words instead of the locale's.
create table app.templates (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    kind text not null,
    text text not null check (length(text) between 1 and 2000),
    updated_at timestamptz not null default app.now(),
    primary key (organization_id, kind)
);

alter table app.outreach_recipients
add column returned_at timestamptz; -- when the person wrote or booked again, within 14 days

alter table app.routines enable row level security;
alter table app.proactive_runs enable row level security;
alter table app.proactive_fanouts enable row level security;
alter table app.followups enable row level security;
alter table app.templates enable row level security;
