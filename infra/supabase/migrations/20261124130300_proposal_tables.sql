-- What an assistant would do, shown to the person who must agree before it is done. A model can propose; only a later
-- message of a person decides.

alter table app.owner_numbers
add column permission text not null default 'admin' check (permission in ('viewer', 'staff', 'admin'));

create table app.proposals (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    conversation_id uuid not null,
    idempotency_key text not null, -- of the message and the tool call that made it
    kind text not null,
    action jsonb not null check (jsonb_typeof(action) = 'object'), -- with ids: nothing is looked up by name again
    preview text not null, -- what the person was shown
    code text check (code ~ '^[0-9]{4}$'), -- what the person must repeat; null: a yes is enough
    turn_seq bigint not null, -- the message that was answered by proposing
    state text not null default 'open' check (state in ('open', 'done', 'failed', 'dropped', 'replaced')),
    result jsonb, -- of what was done, or why it failed
    decided_seq bigint, -- the message that decided
    created_at timestamptz not null default app.now(),
    expires_at timestamptz not null,
    decided_at timestamptz,
    unique (conversation_id, idempotency_key),
    unique (organization_id, id),
    foreign key (organization_id, conversation_id) references app.conversations (organization_id, id) on delete cascade,
    check ((state = 'open') = (decided_at is null))
);

create unique index proposals_open on app.proposals (conversation_id) where state = 'open';

-- A message from the owner to one customer or to many, each with a state of its own.
create table app.outreach (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    proposal_id uuid unique,
    text text not null,
    created_at timestamptz not null default app.now(),
    unique (organization_id, id),
    foreign key (organization_id, proposal_id) references app.proposals (organization_id, id) on delete cascade
);

create table app.outreach_recipients (
    organization_id uuid not null,
    outreach_id uuid not null,
    contact_id uuid not null,
    message_id uuid references app.messages (id), -- whose state is the recipient's; null: skipped
    skipped text check (skipped in ('opted_out', 'no_number', 'erased')),
    primary key (organization_id, outreach_id, contact_id),
    foreign key (organization_id, outreach_id) references app.outreach (organization_id, id) on delete cascade,
    foreign key (organization_id, contact_id) references app.contacts (organization_id, id) on delete cascade,
    check ((message_id is null) = (skipped is not null))
);

create index outreach_recipients_of_contact on app.outreach_recipients (contact_id);

alter table app.messages
drop constraint messages_purpose_check,
add constraint messages_purpose_check check (purpose in ('reply', 'notice', 'relay', 'proactive')),
add column not_before timestamptz; -- a proactive message waits its turn; null: at once

alter table app.proposals enable row level security;
alter table app.outreach enable row level security;
alter table app.outreach_recipients enable row level security;
