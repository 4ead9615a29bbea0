-- A believable pet shop for the demo and for development. Safe to run again: it adds only what is missing.

insert into app.organizations (id, name, business_type, locale, timezone, currency, business_hours)
values (
    '0a0a0a0a-0000-4000-8000-000000000001', 'Patas & Cia', 'pet shop', 'pt-BR', 'America/Sao_Paulo', 'BRL',
    '{
        "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
        "tue": [["09:00", "12:00"], ["13:00", "18:00"]],
        "wed": [["09:00", "12:00"], ["13:00", "18:00"]],
        "thu": [["09:00", "12:00"], ["13:00", "18:00"]],
        "fri": [["09:00", "12:00"], ["13:00", "18:00"]],
        "sat": [["09:00", "14:00"]],
        "sun": []
    }'
)
on conflict do nothing;

insert into app.owner_numbers (organization_id, phone, name)
values ('0a0a0a0a-0000-4000-8000-000000000001', '+5511988887777', 'Carla')
on conflict do nothing;

insert into app.instances (id, organization_id, provider, name, phone, state)
values (
    '0a0a0a0a-0000-4000-8000-000000000002', '0a0a0a0a-0000-4000-8000-000000000001',
    'evolution', 'patas', '+551133334444', 'open'
)
on conflict do nothing;

insert into app.services (organization_id, name, description, price_cents, duration_minutes, position)
values
('0a0a0a0a-0000-4000-8000-000000000001', 'Banho', 'Banho com secagem e perfume, porte pequeno e médio', 6000, 60, 1),
('0a0a0a0a-0000-4000-8000-000000000001', 'Banho e tosa', 'Banho completo com tosa na máquina', 9500, 90, 2),
('0a0a0a0a-0000-4000-8000-000000000001', 'Tosa higiênica', null, 4500, 30, 3),
('0a0a0a0a-0000-4000-8000-000000000001', 'Hidratação', 'Tratamento para pelos ressecados', 3500, 30, 4),
('0a0a0a0a-0000-4000-8000-000000000001', 'Consulta veterinária', 'Valor conforme avaliação', null, 40, 5)
on conflict do nothing;

-- Two customers can be served at a time.
insert into app.resources (organization_id, name, position)
values
('0a0a0a0a-0000-4000-8000-000000000001', 'main', 1),
('0a0a0a0a-0000-4000-8000-000000000001', 'Banho 2', 2)
on conflict do nothing;

-- Christmas is closed.
insert into app.blocks (id, organization_id, period, reason)
select
    md5('christmas' || local.year)::uuid, '0a0a0a0a-0000-4000-8000-000000000001',
    tstzrange(
        make_timestamptz(local.year, 12, 25, 0, 0, 0, 'America/Sao_Paulo'),
        make_timestamptz(local.year, 12, 26, 0, 0, 0, 'America/Sao_Paulo')
    ),
    'Natal'
from (select extract(year from app.now() at time zone 'America/Sao_Paulo')::integer as year) as local
on conflict do nothing;

insert into app.contacts (id, organization_id, name, birth_date, last_inbound_at, created_at)
values
(
    '0a0a0a0a-0000-4000-8000-000000000011', '0a0a0a0a-0000-4000-8000-000000000001',
    'Ana Souza', '1991-03-14', app.now() - interval '6 days', app.now() - interval '200 days'
),
(
    '0a0a0a0a-0000-4000-8000-000000000012', '0a0a0a0a-0000-4000-8000-000000000001',
    'Bruno Lima', '1985-11-02', app.now() - interval '2 days', app.now() - interval '90 days'
),
(
    '0a0a0a0a-0000-4000-8000-000000000013', '0a0a0a0a-0000-4000-8000-000000000001',
    'Célia Prado', null, app.now() - interval '45 days', app.now() - interval '400 days'
)
on conflict do nothing;

insert into app.contact_identities (organization_id, kind, value, contact_id)
values
('0a0a0a0a-0000-4000-8000-000000000001', 'phone', '+5511912345678', '0a0a0a0a-0000-4000-8000-000000000011'),
('0a0a0a0a-0000-4000-8000-000000000001', 'phone', '+5511955554444', '0a0a0a0a-0000-4000-8000-000000000012'),
('0a0a0a0a-0000-4000-8000-000000000001', 'phone', '+5511933332222', '0a0a0a0a-0000-4000-8000-000000000013')
on conflict do nothing;

insert into app.dependents (id, organization_id, contact_id, kind, name, birth_date, details)
values (
    '0a0a0a0a-0000-4000-8000-000000000021', '0a0a0a0a-0000-4000-8000-000000000001',
    '0a0a0a0a-0000-4000-8000-000000000011', 'pet', 'Thor', '2021-08-05', 'Golden retriever'
)
on conflict do nothing;

-- Today's and tomorrow's appointments, local times. The id is made of day and line: a second run on one day adds nothing,
-- a run on the next day fills that day. What clashes with a real booking is left out. One appointment is still to come
-- whenever this runs: at 17:00, later in the evening an hour from now.
insert into app.bookings (id, organization_id, contact_id, service_id, period, status, price_cents)
select
    md5(plan.day::text || plan.line)::uuid, service.organization_id, plan.contact_id::uuid, service.id,
    tstzrange(plan.starts_at, plan.starts_at + make_interval(mins => service.duration_minutes)),
    plan.status, service.price_cents
from (
    select
        planned.*, today.day,
        (today.day + coalesce(planned.local_time, today.next_time)) at time zone 'America/Sao_Paulo' as starts_at
    from (
        select
            date_trunc('day', local.now) as day,
            least(
                greatest(interval '17 hours', date_trunc('hour', local.now) - date_trunc('day', local.now) + interval '1 hour'),
                interval '23 hours 15 minutes'
            ) as next_time
        from (select app.now() at time zone 'America/Sao_Paulo' as now) as local
    ) as today
    cross join (
        values
        (1, '0a0a0a0a-0000-4000-8000-000000000011', 'Banho', 'completed', interval '9 hours'),
        (2, '0a0a0a0a-0000-4000-8000-000000000012', 'Banho e tosa', 'completed', interval '10 hours'),
        (3, '0a0a0a0a-0000-4000-8000-000000000013', 'Hidratação', 'no_show', interval '11 hours 30 minutes'),
        (4, '0a0a0a0a-0000-4000-8000-000000000012', 'Tosa higiênica', 'confirmed', null),
        (5, '0a0a0a0a-0000-4000-8000-000000000011', 'Banho e tosa', 'confirmed', interval '1 day 15 hours')
    ) as planned (line, contact_id, service, status, local_time)
) as plan
inner join app.services as service
    on service.name = plan.service and service.organization_id = '0a0a0a0a-0000-4000-8000-000000000001'
on conflict do nothing;

insert into app.knowledge (organization_id, question, answer, source)
values
(
    '0a0a0a0a-0000-4000-8000-000000000001', 'Quais são as formas de pagamento?',
    'Aceitamos Pix, dinheiro e cartão de débito ou crédito. O pagamento é feito na entrega do pet.', 'operator'
),
(
    '0a0a0a0a-0000-4000-8000-000000000001', 'Tem estacionamento?',
    'Sim, temos três vagas na frente da loja, sem custo para clientes.', 'operator'
),
(
    '0a0a0a0a-0000-4000-8000-000000000001', 'O pet precisa estar com as vacinas em dia?',
    'Sim. Na primeira visita, traga a carteirinha: pedimos a antirrábica e a V8 ou V10 em dia.', 'operator'
),
(
    '0a0a0a0a-0000-4000-8000-000000000001', 'Vocês atendem gatos?',
    'Atendemos gatos às terças e quintas, numa sala separada dos cães.', 'operator'
),
(
    '0a0a0a0a-0000-4000-8000-000000000001', 'Vocês têm táxi dog? Buscam e levam em casa?',
    'Temos, num raio de 5 km, por R$ 20,00 cada trecho. Combine com a equipe ao agendar.', 'operator'
)
on conflict do nothing;
