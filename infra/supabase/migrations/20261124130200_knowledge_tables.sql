-- What a business knows beyond its services and hours, and what its customers asked that nobody knew yet.

create extension if not exists btree_gin with schema extensions;

-- Words are found without their accents and endings.
create text search configuration app.portuguese (copy = pg_catalog.portuguese);
alter text search configuration app.portuguese
alter mapping for hword, hword_part, word with extensions.unaccent, pg_catalog.portuguese_stem;

create text search configuration app.english (copy = pg_catalog.english);
alter text search configuration app.english
alter mapping for hword, hword_part, word with extensions.unaccent, pg_catalog.english_stem;

create table app.knowledge (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null references app.organizations (id) on delete cascade,
    question text not null check (length(question) between 1 and 500),
    answer text not null check (length(answer) between 1 and 2000),
    source text not null check (source in ('operator', 'owner')),
    search tsvector not null,
    is_active boolean not null default true,
    created_at timestamptz not null default app.now(),
    unique (organization_id, question),
    unique (organization_id, id)
);

-- One tenant's words are looked up among its own entries.
create index knowledge_search on app.knowledge using gin (organization_id, search);

create table app.questions (
    id uuid primary key default gen_random_uuid(),
    organization_id uuid not null,
    conversation_id uuid not null, -- the customer's
    number integer not null, -- how the owner names it; counts up within the organization
    question text not null check (length(question) between 1 and 500),
    state text not null default 'open' check (state in ('open', 'answered', 'dropped')),
    answer text,
    knowledge_id uuid,
    reply_id uuid references app.messages (id) on delete set null, -- the reply that promised to ask
    relay_id uuid references app.messages (id) on delete set null, -- the message that brought the answer
    answered_in uuid, -- the owner's conversation in which it was answered
    created_at timestamptz not null default app.now(),
    settled_at timestamptz,
    unique (organization_id, number),
    unique (organization_id, id),
    foreign key (organization_id, knowledge_id) references app.knowledge (organization_id, id)
    on delete set null (knowledge_id),
    foreign key (organization_id, answered_in) references app.conversations (organization_id, id)
    on delete set null (answered_in),
    foreign key (organization_id, conversation_id) references app.conversations (organization_id, id) on delete cascade,
    check ((state = 'answered') = (answer is not null)),
    check ((state = 'open') = (settled_at is null))
);

create unique index questions_once on app.questions (conversation_id, question) where state = 'open';

-- The notices by which the owners were asked: who quotes one answers that question.
create table app.question_notices (
    organization_id uuid not null,
    message_id uuid not null unique references app.messages (id) on delete cascade,
    question_id uuid not null,
    primary key (organization_id, message_id),
    foreign key (organization_id, question_id) references app.questions (organization_id, id) on delete cascade
);

alter table app.knowledge enable row level security;
alter table app.questions enable row level security;
alter table app.question_notices enable row level security;
