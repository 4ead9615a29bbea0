-- What a business knows beyond its services and hours, what its customers asked that nobody knew yet, and what the
-- customers say of themselves.

-- Returns a text in the one form in which texts are compared: lower case, no accents, single spaces.
create function app.folded(p_text text) returns text
language sql
stable
set search_path = ''
as $$ select lower(extensions.unaccent(regexp_replace(trim(p_text), '\s+', ' ', 'g'))) $$;

-- Knowledge: finding it.

-- How the words of an organization's language are found.
create function app.search_configuration_of(p_locale text) returns regconfig
language sql
stable
set search_path = ''
as $$ select case p_locale when 'en' then 'app.english'::regconfig else 'app.portuguese'::regconfig end $$;

-- Keeps an entry's words beside it: those of its question weigh A, those of its answer D.
create function app.index_knowledge() returns trigger
language plpgsql
set search_path = ''
as $$
declare
    v_configuration regconfig;
begin
    select app.search_configuration_of(locale) into v_configuration
    from app.organizations where id = new.organization_id;
    new.search := setweight(to_tsvector(v_configuration, new.question), 'A')
        || setweight(to_tsvector(v_configuration, new.answer), 'D');
    return new;
end
$$;

create trigger knowledge_indexed before insert or update of question, answer on app.knowledge
for each row execute function app.index_knowledge();

-- Words of a chat that tell nothing of what is asked: greetings, wishes, and the stop words that are missed without
-- their accents.
create function app.filler_words(p_configuration regconfig) returns text
language sql
stable
set search_path = ''
as $$
    select case p_configuration
        when 'app.english'::regconfig then
            'hi hello hey please thanks thank good morning afternoon evening know tell ask question like want need could'
            ' would might may ok okay also much many get'
        else
            'não é à às até já também só são está estão será serão há nós você vocês têm então oi olá alô bom boa dia tarde'
            ' noite tudo bem obrigado obrigada favor gostaria queria quero querer preciso precisa saber sabe dúvida pergunta'
            ' perguntar pode podem posso poder consigo ter fazer faz fazem aí aqui pra pro quanto quais onde diga dizer vc vcs'
    end
$$;

-- Returns the distinct words of a question, without those that tell nothing, as the index holds them.
create function app.search_words(p_configuration regconfig, p_query text) returns text []
language sql
stable
set search_path = ''
as $$
    select tsvector_to_array(ts_delete(
        -- More than a message's first words only costs time.
        to_tsvector(p_configuration, left(p_query, 500)),
        tsvector_to_array(to_tsvector(p_configuration, app.filler_words(p_configuration)))
    ))
$$;

-- Returns the query for any of some lexemes. Each is quoted, whatever it holds.
create function app.any_word_of(p_words text []) returns tsquery
language sql
immutable
set search_path = ''
as $$
    select string_agg(
        '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''', ' | '
    )::tsquery
    from unnest(p_words) as word
$$;

-- Finds what the business knows of a question in the words of a customer: up to three entries [{"question", "answer"}],
-- the best first.
--
-- An entry scores, for each word of the question that it has, the word's rarity among the business's entries (1: in one of
-- them only), half of it when the word is in its answer alone; the sum is divided by the root of the number of words asked
-- for. Below 0.33 an entry says nothing: one rare word in nine is enough, a word of every entry beside another is not. A
-- question of nothing but small words finds nothing. Raises PT404.
create function api.search_knowledge(p_organization_id uuid, p_query text) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
    v_words text [] := app.search_words(app.search_configuration_of(v_organization.locale), p_query);
    v_found jsonb;
begin
    if coalesce(cardinality(v_words), 0) = 0 then
        return '[]';
    end if;
    with entry as materialized (
        select id, question, answer, search from app.knowledge
        where organization_id = v_organization.id and is_active and search @@ app.any_word_of(v_words)
    ),
    word as (
        select entry.id, found.lexeme, 'A' = any (found.weights) as is_asked
        from entry
        cross join lateral unnest(entry.search) as found (lexeme, positions, weights)
        where found.lexeme = any (v_words)
    ),
    rarity as (
        select word.lexeme, ln(1 + all_entries.total / count(*)::double precision) / ln(1 + all_entries.total) as value
        from word
        cross join (
            select count(*)::double precision as total from app.knowledge
            where organization_id = v_organization.id and is_active
        ) as all_entries
        group by word.lexeme, all_entries.total
    ),
    scored as (
        select word.id, sum(rarity.value * case when word.is_asked then 1 else 0.5 end) / sqrt(cardinality(v_words)) as score
        from word
        inner join rarity on rarity.lexeme = word.lexeme
        group by word.id
    ),
    best as (
        select entry.question, entry.answer, scored.score
        from scored
        inner join entry on entry.id = scored.id
        where scored.score >= 0.33
        order by scored.score desc, entry.question
        limit 3
    )
    select coalesce(
        jsonb_agg(jsonb_build_object('question', question, 'answer', answer) order by score desc, question), '[]'
    ) into v_found
    from best;
    return v_found;
end
$$;

-- Knowledge: keeping it.

-- Keeps an answer to a question and returns the entry. The same question, case, accents and spaces aside, is one entry:
-- its answer is replaced.
create function app.keep_knowledge(p_organization_id uuid, p_question text, p_answer text, p_source text)
returns app.knowledge
language plpgsql
set search_path = ''
as $$
declare
    v_entry app.knowledge;
begin
    -- Two who keep the same question at once make one entry.
    perform pg_advisory_xact_lock(hashtextextended(p_organization_id || ':knowledge', 0));
    update app.knowledge
    set question = trim(p_question), answer = trim(p_answer), source = p_source, is_active = true
    where organization_id = p_organization_id and app.folded(question) = app.folded(p_question)
    returning * into v_entry;
    if not found then
        insert into app.knowledge (organization_id, question, answer, source)
        values (p_organization_id, trim(p_question), trim(p_answer), p_source)
        returning * into v_entry;
    end if;
    return v_entry;
end
$$;

-- An entry as operators see it.
create function app.knowledge_entry(p_entry app.knowledge) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'id', (p_entry).id,
        'question', (p_entry).question,
        'answer', (p_entry).answer,
        'source', (p_entry).source,
        'created_at', (p_entry).created_at
    )
$$;

-- Keeps what a business knows; p_entries is [{"question" (1 to 500 characters), "answer" (1 to 2000)}], all or nothing.
-- The same question again replaces its answer. Returns the entries as api.list_knowledge does. Raises PT404, and 23514 for a
-- text that is empty or too long.
create function api.add_knowledge(p_organization_id uuid, p_entries jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(
            app.knowledge_entry(app.keep_knowledge(v_organization.id, entry ->> 'question', entry ->> 'answer', 'operator'))
            order by place
        ), '[]')
        from jsonb_array_elements(p_entries) with ordinality as given (entry, place)
    );
end
$$;

-- Returns what a business knows, oldest first: [{"id", "question", "answer", "source", "created_at"}]. Raises PT404.
create function api.list_knowledge(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(app.knowledge_entry(entry) order by entry.created_at, entry.question), '[]')
        from app.knowledge as entry
        where entry.organization_id = v_organization.id and entry.is_active
    );
end
$$;

-- Forgets an entry and returns it. Raises PT404 (hint `unknown_knowledge`).
create function api.remove_knowledge(p_organization_id uuid, p_knowledge_id uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_entry app.knowledge;
begin
    delete from app.knowledge where id = p_knowledge_id and organization_id = p_organization_id
    returning * into v_entry;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no knowledge %s', p_organization_id, p_knowledge_id),
            hint = 'unknown_knowledge';
    end if;
    return app.knowledge_entry(v_entry);
end
$$;

-- Questions to the owners.

-- Writes a customer's question down and asks every owner who may answer it, by notices that go with a reply.
--
-- p_effect is {"kind": "question", "question", "notice"}; in the notice, `{number}` stands for the question's number and
-- `{question}` for its text. What is open already is not asked again.
create function app.ask_owners(p_conversation app.conversations, p_reply_id uuid, p_effect jsonb) returns void
language plpgsql
set search_path = ''
as $$
declare
    v_question app.questions;
    v_instance app.instances;
    v_owner app.owner_numbers;
    v_notice text;
    v_message app.messages;
begin
    perform pg_advisory_xact_lock(hashtextextended((p_conversation).organization_id || ':questions', 0));
    insert into app.questions (organization_id, conversation_id, number, question, reply_id)
    select
        (p_conversation).organization_id, (p_conversation).id, coalesce(max(number), 0) + 1,
        left(p_effect ->> 'question', 500), p_reply_id
    from app.questions where organization_id = (p_conversation).organization_id
    on conflict (conversation_id, question) where state = 'open' do nothing
    returning * into v_question;
    if not found then
        return;
    end if;
    select * into v_instance from app.instances where id = (p_conversation).instance_id;
    -- The customer's words come last: what looks like a place in them is not filled.
    v_notice := replace(
        replace(p_effect ->> 'notice', '{number}', v_question.number::text), '{question}', v_question.question
    );
    for v_owner in
        select * from app.owner_numbers
        where organization_id = (p_conversation).organization_id and is_active and permission <> 'viewer'
        order by phone
    loop
        v_message := app.put_outbound(
            app.owner_conversation(v_instance, v_owner), v_notice, 'notice', null, p_reply_id
        );
        insert into app.question_notices (organization_id, message_id, question_id)
        values (v_question.organization_id, v_message.id, v_question.id);
    end loop;
end
$$;

-- Returns the number of the question whose notice the newest open message of an owner quotes, else null.
create function app.quoted_question_of(p_conversation app.conversations) returns integer
language sql
stable
set search_path = ''
as $$
    select question.number
    from app.messages as message
    inner join app.messages as notice
        on notice.instance_id = message.instance_id and notice.direction = 'outbound'
        and notice.provider_message_id = message.quoted_id
    inner join app.question_notices as asked
        on asked.organization_id = message.organization_id and asked.message_id = notice.id
    inner join app.questions as question
        on question.organization_id = asked.organization_id and question.id = asked.question_id
    where message.conversation_id = (p_conversation).id and message.organization_id = (p_conversation).organization_id
        and (p_conversation).audience = 'owner' and message.direction = 'inbound'
        and message.answered_by is null and message.decision is null and message.revoked_at is null
    order by message.seq desc
    limit 1
$$;

-- Returns the questions that wait for an owner's answer, oldest first, at most 20: [{"number", "question", "contact": the
-- customer's name or null, "asked_at"}]. Raises PT404.
create function api.open_questions(p_organization_id uuid) returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_organization app.organizations := app.organization_of(p_organization_id);
begin
    return (
        select coalesce(jsonb_agg(to_jsonb(waiting) order by waiting.number), '[]')
        from (
            select question.number, question.question, contact.name as contact, question.created_at as asked_at
            from app.questions as question
            inner join app.conversations as conversation
                on conversation.organization_id = question.organization_id and conversation.id = question.conversation_id
            inner join app.contacts as contact
                on contact.organization_id = question.organization_id and contact.id = conversation.contact_id
            where question.organization_id = v_organization.id and question.state = 'open'
            order by question.number
            limit 20
        ) as waiting
    );
end
$$;

-- What became of a question: {"outcome", "number", "question", "answer", "contact": the customer's name or null}.
create function app.question_outcome(p_question app.questions, p_outcome text) returns jsonb
language sql
stable
set search_path = ''
as $$
    select jsonb_build_object(
        'outcome', p_outcome,
        'number', (p_question).number,
        'question', (p_question).question,
        'answer', (p_question).answer,
        'contact', contact.name
    )
    from app.conversations as conversation
    inner join app.contacts as contact
        on contact.organization_id = conversation.organization_id and contact.id = conversation.contact_id
    where conversation.id = (p_question).conversation_id
        and conversation.organization_id = (p_question).organization_id
$$;

-- Answers a customer's question in an owner's conversation: keeps the answer as knowledge and relays p_relay, the answer in
-- the business's words, to the customer, also when a person took the customer over meanwhile. The relayed message is
-- published with the reply to the owner: see app.unsent_of.
--
-- Returns {"outcome": …} with
--   answered   see app.question_outcome; the same answer again returns the same
--   already    it was answered before, otherwise: `answer` is what the customer got
--   gone       the customer had everything deleted: nothing is kept and nobody is written to
--   unknown    this organization has no question of that number
--   forbidden  this owner's number may only look
-- Raises PT404 for a conversation that this organization does not have, 23514 for an answer that is empty or too long.
create function api.answer_question(
    p_organization_id uuid, p_conversation_id uuid, p_number integer, p_answer text, p_relay text
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_owner app.conversations;
    v_question app.questions;
    v_conversation app.conversations;
begin
    select * into v_owner from app.conversations
    where id = p_conversation_id and organization_id = p_organization_id;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no conversation %s', p_organization_id, p_conversation_id),
            hint = 'unknown_conversation';
    end if;
    if coalesce(app.permission_of(v_owner), 'viewer') = 'viewer' then
        return jsonb_build_object('outcome', 'forbidden');
    end if;
    select * into v_question from app.questions where organization_id = p_organization_id and number = p_number;
    if not found then
        return jsonb_build_object('outcome', 'unknown', 'number', p_number);
    end if;

    -- Two owners who answer at once queue up here.
    v_conversation := app.lock_conversation(p_organization_id, v_question.conversation_id);
    select * into v_question from app.questions where organization_id = p_organization_id and number = p_number for update;
    if v_question.state = 'open' then
        v_question := app.settle_question(v_question, v_conversation, trim(p_answer), p_relay);
        update app.questions set answered_in = p_conversation_id
        where id = v_question.id and organization_id = p_organization_id;
    end if;
    return app.question_outcome(v_question, case
        when v_question.state = 'dropped' then 'gone'
        when v_question.answer = trim(p_answer) then 'answered'
        else 'already'
    end);
end
$$;

-- Settles an open question, its customer's conversation locked: see api.answer_question.
create function app.settle_question(
    p_question app.questions, p_conversation app.conversations, p_answer text, p_relay text
) returns app.questions
language plpgsql
set search_path = ''
as $$
declare
    v_question app.questions;
    v_is_erased boolean;
begin
    select erased_at is not null into v_is_erased from app.contacts
    where id = (p_conversation).contact_id and organization_id = (p_conversation).organization_id;
    if v_is_erased then
        update app.questions set state = 'dropped', settled_at = app.now()
        where id = (p_question).id and organization_id = (p_question).organization_id
        returning * into v_question;
        return v_question;
    end if;
    update app.questions
    set state = 'answered',
        settled_at = app.now(),
        answer = p_answer,
        knowledge_id = (
            app.keep_knowledge((p_question).organization_id, (p_question).question, p_answer, 'owner')
        ).id,
        relay_id = (app.put_outbound(p_conversation, p_relay, 'relay', null, (p_question).reply_id)).id
    where id = (p_question).id and organization_id = (p_question).organization_id
    returning * into v_question;
    return v_question;
end
$$;

-- What customers say of themselves.

-- Returns the contact of a conversation, locked until commit. Raises PT404 for a conversation that this organization does not
-- have, and for a contact that had everything deleted.
create function app.lock_contact_of(p_organization_id uuid, p_conversation_id uuid) returns app.contacts
language plpgsql
set search_path = ''
as $$
declare
    v_contact app.contacts;
begin
    select contact.* into v_contact
    from app.conversations as conversation
    inner join app.contacts as contact
        on contact.organization_id = conversation.organization_id and contact.id = conversation.contact_id
    where conversation.id = p_conversation_id and conversation.organization_id = p_organization_id
        and contact.erased_at is null
    for update of contact;
    if not found then
        raise sqlstate 'PT404' using
            message = format('organization %s has no contact in conversation %s', p_organization_id, p_conversation_id),
            hint = 'unknown_contact';
    end if;
    return v_contact;
end
$$;

-- Returns a birth date, or null for none. The year 1904 stands for a year that is not known: it has a 29 February. Raises
-- PT422 (hint `implausible_birth_date`) for a date before that year, or after the organization's today.
create function app.birth_date_of(p_organization_id uuid, p_text text) returns date
language plpgsql
stable
set search_path = ''
as $$
declare
    v_today date;
begin
    select (app.now() at time zone timezone)::date into v_today from app.organizations where id = p_organization_id;
    if p_text::date < date '1904-01-01' or p_text::date > v_today then
        raise sqlstate 'PT422' using message = 'nobody who lives was born then', hint = 'implausible_birth_date';
    end if;
    return p_text::date;
end
$$;

-- Remembers what a customer says of himself. p_facts is {"name" (up to 80 characters), "birth_date"}, see
-- app.birth_date_of; what is missing or null stays as it is. A name of the WhatsApp profile gives way to what the person
-- says. Returns {"name", "birth_date"} as they are then. Raises PT404, PT422.
create function api.remember_contact(p_organization_id uuid, p_conversation_id uuid, p_facts jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact app.contacts := app.lock_contact_of(p_organization_id, p_conversation_id);
begin
    update app.contacts
    set name = coalesce(left(nullif(trim(p_facts ->> 'name'), ''), 80), name),
        birth_date = coalesce(app.birth_date_of(p_organization_id, p_facts ->> 'birth_date'), birth_date)
    where id = v_contact.id and organization_id = p_organization_id
    returning * into v_contact;
    return jsonb_build_object('name', v_contact.name, 'birth_date', v_contact.birth_date);
end
$$;

-- Remembers whom a customer brings along or cares for. p_dependent is {"name" (1 to 80 characters), "kind", "birth_date",
-- "details" (up to 300)}, see app.dependents. The same name, case and accents aside, is the same dependent: what is missing
-- or null stays as it is. Returns {"outcome": "remembered", "dependent": {"name", "kind", "birth_date", "details"}}, or
-- {"outcome": "too_many"} when it would be the customer's twenty-first. Raises PT404, PT422, 23514.
create function api.remember_dependent(p_organization_id uuid, p_conversation_id uuid, p_dependent jsonb) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_contact app.contacts := app.lock_contact_of(p_organization_id, p_conversation_id);
    v_birth_date date := app.birth_date_of(p_organization_id, p_dependent ->> 'birth_date');
    v_dependent app.dependents;
begin
    update app.dependents
    set name = trim(p_dependent ->> 'name'),
        kind = coalesce(p_dependent ->> 'kind', kind),
        birth_date = coalesce(v_birth_date, birth_date),
        details = coalesce(nullif(trim(p_dependent ->> 'details'), ''), details)
    where id = (
        select id from app.dependents
        where organization_id = p_organization_id and contact_id = v_contact.id
            and app.folded(name) = app.folded(p_dependent ->> 'name')
        order by created_at limit 1
    )
    returning * into v_dependent;
    if not found then
        if (
            select count(*) from app.dependents
            where organization_id = p_organization_id and contact_id = v_contact.id
        ) >= 20 then
            return jsonb_build_object('outcome', 'too_many');
        end if;
        insert into app.dependents (organization_id, contact_id, kind, name, birth_date, details)
        values (
            p_organization_id, v_contact.id, p_dependent ->> 'kind', trim(p_dependent ->> 'name'), v_birth_date,
            nullif(trim(p_dependent ->> 'details'), '')
        )
        returning * into v_dependent;
    end if;
    return jsonb_build_object('outcome', 'remembered', 'dependent', jsonb_build_object(
        'name', v_dependent.name,
        'kind', v_dependent.kind,
        'birth_date', v_dependent.birth_date,
        'details', v_dependent.details
    ));
end
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
