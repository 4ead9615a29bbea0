-- What the business sells and when it is taken.

create table app.services (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    name text not null check (length(name) between 1 and 200),
    description text,
    price_cents integer check (price_cents >= 0),
    duration_minutes integer check (duration_minutes between 1 and 1440),
    position integer not null default 0,
    is_active boolean not null default true,
    created_at timestamptz not null default app.now(),
    unique (organization_id, id),
    unique (organization_id, name)
);

create table app.bookings (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    contact_id uuid not null,
    service_id uuid not null,
    resource text not null default 'main', -- the chair, room or person that is taken
    period tstzrange not null check (
        not isempty(period) and lower_inc(period) and not upper_inc(period)
        and not lower_inf(period) and not upper_inf(period)
    ),
    status text not null default 'confirmed' check (
        status in ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')
    ),
    price_cents integer check (price_cents >= 0), -- what was agreed, whatever the service costs later
    created_at timestamptz not null default app.now(),
    unique (organization_id, id),
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade,
    foreign key (organization_id, service_id) references app.services (organization_id, id),
    -- No double booking. Ranges are half open, so back to back is no clash.
    constraint bookings_no_clash exclude using gist (
        organization_id with =, resource with =, period with &&
    ) where (status not in ('cancelled', 'no_show'))
);

create index bookings_of_day on app.bookings (organization_id, lower(period));
create index bookings_of_contact on app.bookings (contact_id);

alter table app.services enable row level security;
alter table app.bookings enable row level security;
