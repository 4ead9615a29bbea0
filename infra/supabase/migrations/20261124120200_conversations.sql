-- People, what was said, and what is still to be sent. One conversation per person and WhatsApp number, for ever.

create table app.contacts (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    name text,
    birth_date date,
    last_inbound_at timestamptz,
    created_at timestamptz not null default app.now(),
    unique (organization_id, id)
);

-- A phone is one of several names WhatsApp has for a person, and may be missing altogether.
create table app.contact_identities (
    organization_id uuid not null,
    kind text not null check (kind in ('phone', 'lid', 'bsuid')),
    value text not null,
    contact_id uuid not null,
    created_at timestamptz not null default app.now(),
    primary key (organization_id, kind, value),
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade
);

create index contact_identities_contact on app.contact_identities (contact_id);

create table app.conversations (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    instance_id uuid not null,
    contact_id uuid not null,
    audience text not null check (audience in ('client', 'owner')),
    -- What the gateway wants to be given to write to this person.
    address text not null,
    -- Sequence numbers order a conversation; both directions share them.
    last_seq bigint not null default 0,
    -- The newest inbound message that asks for an answer, and up to where all are answered or decided.
    due_seq bigint not null default 0,
    covered_seq bigint not null default 0,
    -- Who writes the answer now. The token fences: a write with another one is refused.
    lease_token uuid,
    lease_until timestamptz,
    lease_owner text, -- QStash's message id of the job that holds it, and which attempt of it
    lease_attempt integer,
    -- A person answers here until somebody returns the conversation.
    handed_over_at timestamptz,
    handover_reason text,
    -- Somebody typed on the business phone: the assistant keeps silent until then.
    paused_until timestamptz,
    created_at timestamptz not null default app.now(),
    unique (instance_id, contact_id),
    unique (organization_id, id),
    foreign key (organization_id, instance_id) references app.instances (organization_id, id) on delete cascade,
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade
);

create table app.messages (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    instance_id uuid not null,
    conversation_id uuid not null,
    seq bigint not null,
    direction text not null check (direction in ('inbound', 'outbound')),
    author text not null check (author in ('contact', 'business', 'assistant')),
    kind text not null,
    text text,
    media jsonb,
    provider_message_id text,
    quoted_id text,
    written_at timestamptz not null,
    edited_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default app.now(),

    -- Inbound: covered by exactly one reply or one decision. Both null: still to be answered.
    answered_by uuid references app.messages (id),
    decision text check (
        decision in ('handed_over', 'stale', 'ignored', 'assistant_off', 'rate_limited', 'looping')
    ),

    -- Outbound: this row is the outbox.
    state text check (
        state in ('pending', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'withdrawn')
    ),
    purpose text check (purpose in ('reply', 'notice')),
    answers_seq bigint, -- the newest inbound sequence number this reply covers
    cause_id uuid references app.messages (id), -- the reply that a notice goes with
    claim_token uuid,
    claim_until timestamptz,
    claim_owner text,
    claim_attempt integer,
    attempts integer not null default 0,
    last_error text,
    accepted_at timestamptz,
    unknown_since timestamptz, -- when the gateway's answer was lost
    resends integer not null default 0,

    unique (conversation_id, seq),
    -- Stored once, whatever is redelivered and by whichever address the twin comes.
    unique (instance_id, provider_message_id, direction),
    foreign key (organization_id, conversation_id) references app.conversations (organization_id, id) on delete cascade,
    check ((direction = 'inbound') = (state is null)),
    check (answered_by is null or decision is null),
    check (direction = 'outbound' or provider_message_id is not null),
    check (author <> 'contact' or direction = 'inbound')
);

create index messages_undecided on app.messages (conversation_id, seq)
where direction = 'inbound' and answered_by is null and decision is null;

create index messages_unsent on app.messages (conversation_id, seq)
where state in ('pending', 'sending', 'unknown');

create index conversations_due on app.conversations (id) where due_seq > covered_seq;

create index messages_of_cause on app.messages (cause_id) where cause_id is not null;

alter table app.contacts enable row level security;
alter table app.contact_identities enable row level security;
alter table app.conversations enable row level security;
alter table app.messages enable row level security;
