-- What people allowed, when they took it back, and who must not be written to again although nothing is known of them.

alter table app.contacts
add column opted_out_at timestamptz, -- no proactive message since then; answers to the person's own words go on
add column marketing_consent_at timestamptz, -- null: not asked, or taken back
add column erased_at timestamptz; -- the person had everything deleted; the row stays for the figures

-- Append-only. The contact's id means nothing once the contact is erased.
create table app.consent_log (
    id bigint generated always as identity primary key,
    organization_id uuid not null references app.organizations (id) on delete cascade,
    contact_id uuid not null,
    event text not null check (
        event in ('opted_out', 'opted_in', 'marketing_granted', 'marketing_withdrawn', 'exported', 'erased')
    ),
    source text not null check (source in ('message', 'owner', 'operator', 'provider')),
    created_at timestamptz not null default app.now()
);

create index consent_log_of_contact on app.consent_log (organization_id, contact_id, id);

-- Phones of people who were erased or opted out, as keyed hashes: the key is the functions', not the database's.
create table app.suppressions (
    organization_id uuid not null references app.organizations (id) on delete cascade,
    phone_hash text not null check (phone_hash ~ '^[0-9a-f]{64}$'), -- HMAC-SHA-256 of the E.164 number
    created_at timestamptz not null default app.now(),
    primary key (organization_id, phone_hash)
);

alter table app.consent_log enable row level security;
alter table app.suppressions enable row level security;
