-- What the assistants cost, and what gave up.

create table app.ai_interactions (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    conversation_id uuid not null,
    message_id uuid references app.messages (id) on delete set null, -- null: the answer was withdrawn
    audience text not null check (audience in ('client', 'owner')),
    model text not null,
    prompt_tokens integer not null check (prompt_tokens >= 0),
    completion_tokens integer not null check (completion_tokens >= 0),
    latency_ms integer not null check (latency_ms >= 0),
    rounds integer not null check (rounds >= 1),
    tools text [] not null default '{}',
    cost_micros bigint not null default 0 check (cost_micros >= 0), -- millionths of the prices' currency
    created_at timestamptz not null default app.now(),
    foreign key (organization_id, conversation_id) references app.conversations (organization_id, id) on delete cascade
);

create index ai_interactions_of_organization on app.ai_interactions (organization_id, created_at);

create table app.dead_letters (
    id uuid primary key default gen_random_uuid(),
    -- Null when the job never got as far as knowing its tenant, such as an unknown instance.
    organization_id uuid references app.organizations (id) on delete cascade,
    job text not null,
    queue_message_id text not null unique, -- QStash's id of the message that gave up
    dead_letter_id text, -- QStash's id of its own dead letter, which holds the full payload
    payload jsonb, -- without what people wrote and who they are
    attempts integer not null,
    status integer,
    error text,
    created_at timestamptz not null default app.now(),

    -- What an operator made of it: `retried` is published anew as retry_message_id, `discarded` is let go.
    state text not null default 'open' check (state in ('open', 'retried', 'discarded')),
    retry_message_id text, -- QStash's id of the message that the retry made
    settled_at timestamptz,
    settled_by text,
    reason text,
    claim_token uuid, -- of the retry under way
    claim_until timestamptz,
    check ((state = 'retried') = (retry_message_id is not null)),
    check ((state = 'open') = (settled_at is null))
);

create index dead_letters_of_organization on app.dead_letters (organization_id, created_at);
create index dead_letters_open on app.dead_letters (job, created_at) where state = 'open';

alter table app.ai_interactions enable row level security;
alter table app.dead_letters enable row level security;
