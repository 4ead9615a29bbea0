-- What a calendar is made of: the rules of booking, what can be taken, what is blocked, who waits for a free slot.

alter table app.organizations
add column booking_notice_minutes integer not null default 120 check (booking_notice_minutes between 0 and 43200),
add column booking_horizon_days integer not null default 30 check (booking_horizon_days between 1 and 366),
add column cancel_notice_minutes integer not null default 240 check (cancel_notice_minutes between 0 and 43200),
add column slot_minutes integer not null default 30 check (slot_minutes between 5 and 240),
-- The owner switched the customers' assistant off by a message; null: it is on.
add column paused_at timestamptz;

-- The chairs, rooms or people that a booking takes one of: their number is the capacity. An organization without any
-- has the one resource `main`.
create table app.resources (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    name text not null check (length(name) between 1 and 100),
    hours jsonb check (hours is null or app.is_week(hours)), -- null: the business hours
    position integer not null default 0,
    is_active boolean not null default true,
    primary key (organization_id, name)
);

-- Time in which nothing is booked: holidays, vacations, an afternoon off.
create table app.blocks (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    resource text, -- null: all of them
    period tstzrange not null check (
        not isempty(period) and lower_inc(period) and not upper_inc(period)
        and not lower_inf(period) and not upper_inf(period)
    ),
    reason text,
    created_at timestamptz not null default app.now()
);

create index blocks_of_organization on app.blocks using gist (organization_id, period);

-- Whom a customer brings along or cares for: pets, children, vehicles.
create table app.dependents (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    contact_id uuid not null,
    kind text not null check (kind in ('pet', 'child', 'vehicle', 'other')),
    name text not null check (length(name) between 1 and 80),
    birth_date date,
    details text check (length(details) <= 300),
    created_at timestamptz not null default app.now(),
    unique (organization_id, id),
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade
);

create unique index dependents_once on app.dependents (organization_id, contact_id, lower(name));

alter table app.bookings
add column dependent_id uuid,
add column source text not null default 'owner' check (source in ('customer', 'owner')),
add column confirmed_at timestamptz, -- when the customer said that he will come
add column paid_at timestamptz,
add column paid_cents integer check (paid_cents >= 0),
add foreign key (organization_id, dependent_id) references app.dependents (organization_id, id),
add check ((paid_at is null) = (paid_cents is null));

-- What happened to a booking, for ever.
create table app.booking_events (
    id bigint generated always as identity primary key,
    organization_id uuid not null,
    booking_id uuid not null,
    event text not null check (
        event in ('booked', 'moved', 'cancelled', 'confirmed', 'completed', 'no_show', 'paid')
    ),
    actor text not null check (actor in ('customer', 'owner')),
    period_before tstzrange, -- of a booking that was moved
    created_at timestamptz not null default app.now(),
    foreign key (organization_id, booking_id) references app.bookings (organization_id, id) on delete cascade
);

create index booking_events_of_booking on app.booking_events (organization_id, booking_id);

-- Who wants a slot that is not free. Once per customer and service.
create table app.waiting_list (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    contact_id uuid not null,
    service_id uuid not null,
    earliest date, -- local dates; null: any
    latest date,
    part_of_day text not null default 'any' check (part_of_day in ('any', 'morning', 'afternoon', 'evening')),
    state text not null default 'waiting' check (state in ('waiting', 'booked', 'left')),
    created_at timestamptz not null default app.now(),
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade,
    foreign key (organization_id, service_id) references app.services (organization_id, id),
    check (earliest <= latest)
);

create unique index waiting_list_once on app.waiting_list (organization_id, contact_id, service_id)
where state = 'waiting';

alter table app.resources enable row level security;
alter table app.blocks enable row level security;
alter table app.dependents enable row level security;
alter table app.booking_events enable row level security;
alter table app.waiting_list enable row level security;
