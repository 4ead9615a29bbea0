-- The state of one broker. Times are Unix milliseconds unless a name says otherwise.

create table if not exists messages (
    seq         integer primary key autoincrement,
    id          text not null unique,
    -- 0 waiting, 1 active, 2 delivered, 3 failed, 4 cancelled
    state       integer not null,
    -- Who may claim it while it waits: '' anybody, 'f:key' its flow control key, 'q:name' its queue in order,
    -- 'h:name' its queue, of which it already holds a slot.
    lane        text not null,
    -- Queue that counts it as running until it is finished; a callback holds the slot of its source.
    slot        text,
    due_at      integer not null,
    created_at  integer not null,
    not_before  integer not null,
    retried     integer not null default 0,
    cancelling  integer not null default 0,
    url         text not null,
    host        text not null,
    path        text not null,
    topic       text,
    endpoint    text,
    queue       text,
    schedule_id text,
    flow_key    text,
    caller_ip   text not null,
    labels      text,
    source_id   text,
    options     text not null,
    body        blob not null
) strict;

-- The dispatcher's two questions: what may this lane send now, and when does anything become due?
create index if not exists messages_lane on messages (lane, due_at, seq) where state = 0;
create index if not exists messages_due on messages (due_at, lane) where state = 0;
create index if not exists messages_slot on messages (slot) where slot is not null and state < 2;
create index if not exists messages_active on messages (seq) where state = 1;
create index if not exists messages_queue on messages (queue, state) where queue is not null;
create index if not exists messages_flow on messages (flow_key, state) where flow_key is not null;
create index if not exists messages_topic on messages (topic) where topic is not null;
create index if not exists messages_schedule on messages (schedule_id) where schedule_id is not null;

create table if not exists events (
    seq         integer primary key autoincrement,
    time        integer not null,
    message_seq integer not null,
    state       text not null,
    -- What only this event knows: the error, the response, the next delivery time.
    detail      text
) strict;

create index if not exists events_message on events (message_seq);
create index if not exists events_time on events (time);

create table if not exists dead_letters (
    seq             integer primary key autoincrement,
    time            integer not null,
    message_seq     integer not null unique,
    response_status integer not null,
    response_header text not null,
    response_body   blob not null
) strict;

create index if not exists dead_letters_time on dead_letters (time);

create table if not exists deduplications (
    key        text primary key,
    message_id text not null,
    expires_at integer not null
) strict, without rowid;

create index if not exists deduplications_expiry on deduplications (expires_at);

create table if not exists queues (
    name        text primary key,
    parallelism integer not null,
    paused      integer not null,
    created_at  integer not null,
    updated_at  integer not null
) strict, without rowid;

create table if not exists url_groups (
    name       text primary key,
    headers    text not null,
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;

create table if not exists endpoints (
    position integer primary key autoincrement,
    topic    text not null references url_groups (name) on delete cascade,
    url      text not null,
    name     text,
    unique (topic, url)
) strict;

create table if not exists schedules (
    id            text primary key,
    destination   text not null,
    cron          text not null,
    paused        integer not null,
    created_at    integer not null,
    next_time     integer not null,
    last_time     integer,
    last_messages text not null,
    error         text,
    caller_ip     text not null,
    publication   text not null,
    body          blob not null
) strict, without rowid;

create index if not exists schedules_next on schedules (next_time) where not paused;

create table if not exists flow_controls (
    key                text primary key,
    -- 0 is no limit.
    parallelism        integer not null,
    rate               integer not null,
    period             integer not null, -- seconds
    rate_count         integer not null,
    period_start       integer not null,
    paused             integer not null,
    pinned_parallelism integer not null,
    pinned_rate        integer not null
) strict, without rowid;

-- Single values: signing keys, the clock, the messages counted today.
create table if not exists settings (
    name  text primary key,
    value text not null
) strict, without rowid;
