-- Messages to people without a name read as if none had been meant: "Oi, {name}!" is "Oi!".

-- Returns a text as it arrives at a person: {name} is the first name. Where there is none, what led up to it goes with it,
-- and at the beginning of a line what follows it, so that the line begins with a capital: the same rule as in
-- shared/routines/templates.py.
create or replace function app.addressed(p_text text, p_name text) returns text
language sql
immutable
set search_path = ''
as $$
    select case
        when first.name <> '' then replace(p_text, '{name}', first.name)
        else (
            select string_agg(
                regexp_replace(
                    regexp_replace(
                        coalesce(upper(left(begun.rest, 1)) || substr(begun.rest, 2), line.text),
                        ':[ \t]*\{name\}[ \t]*,[ \t]*', ': ', 'g'
                    ),
                    '[ \t]*,?[ \t]*\{name\}', '', 'g'
                ),
                e'\n' order by line.number
            )
            from string_to_table(p_text, e'\n') with ordinality as line (text, number)
            cross join lateral (
                select (regexp_match(line.text, '^(?:[ \t,]*\{name\})+[ \t,;:!.]*(.*)$'))[1] as rest
            ) as begun
        )
    end
    from (
        select left(
            split_part(trim(regexp_replace(coalesce(p_name, ''), '[[:cntrl:]\s]+', ' ', 'g')), ' ', 1), 40
        ) as name
    ) as first
$$;
