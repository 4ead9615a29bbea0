-- What an assistant remembers of a conversation, and one record for each call to a model.

alter table app.conversations
add column summary text, -- of all through summary_seq
add column summary_seq bigint not null default 0,
add column unopened_told_on date; -- the local day on which the person last heard that something could not be opened

alter table app.messages
add column transcript text; -- what was heard in a voice message

alter table app.ai_interactions rename column rounds to round; -- which call of its turn it was, from 1
alter table app.ai_interactions
add column outcome text not null default 'answered' check (
    outcome in ('answered', 'called_tools', 'repaired', 'refused', 'failed')
),
add column purpose text not null default 'reply' check (purpose in ('reply', 'summary', 'transcription'));
