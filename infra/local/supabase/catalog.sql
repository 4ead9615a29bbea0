-- What the gateway must know of the database, in three statements. All run with an empty search_path, so that the names
-- of types are qualified wherever they need it.

-- Functions. Arguments are the input ones in order; the last `pronargdefaults` of them may be left out. `character` and `bit` lose their length here and would mean a length of one, hence the replacements.
with arguments as (
    select
        function.oid,
        argument.position,
        coalesce(function.proargnames[argument.position], '') as name,
        case format_type(argument.type, null)
            when 'character' then 'bpchar'
            when 'character[]' then 'bpchar[]'
            when 'bit' then 'bit varying'
            when 'bit[]' then 'bit varying[]'
            else format_type(argument.type, null)
        end as type,
        coalesce(function.proargmodes[argument.position], 'i') as mode,
        row_number() over (partition by function.oid order by argument.position)
            <= function.pronargs - function.pronargdefaults as before_defaults
    from pg_proc as function
    cross join lateral unnest(coalesce(function.proallargtypes, function.proargtypes::oid[]))
        with ordinality as argument (type, position)
    where coalesce(function.proargmodes[argument.position], 'i') in ('i', 'b', 'v')
)
select
    namespace.nspname::text as schema,
    function.proname::text as name,
    function.proretset as is_set,
    function.provolatile = 'v' as writes,
    case
        when function.prorettype = 'void'::regtype then 'void'
        -- With OUT, INOUT or TABLE arguments the result is a row of them, even of one.
        when function.proargmodes && '{t,b,o}'::"char"[] then 'composite'
        when coalesce(base.typtype, result.typtype) = 'c' or function.prorettype = 'record'::regtype then 'composite'
        else 'scalar'
    end as returns,
    coalesce(
        (
            select json_agg(
                json_build_object(
                    'name', arguments.name,
                    'type', arguments.type,
                    'required', arguments.before_defaults,
                    'variadic', arguments.mode = 'v'
                )
                order by arguments.position
            )
            from arguments
            where arguments.oid = function.oid
        ),
        '[]'
    ) as arguments,
    coalesce(
        (
            select json_object_agg(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1))
            from unnest(function.proconfig) as setting
            -- PostgREST's default of db-hoisted-tx-settings.
            where split_part(setting, '=', 1) in (
                'statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation'
            )
        ),
        '{}'
    ) as settings
from pg_proc as function
inner join pg_namespace as namespace on namespace.oid = function.pronamespace
inner join pg_type as result on result.oid = function.prorettype
left join pg_type as base on base.oid = nullif(result.typbasetype, 0)
where
    namespace.nspname = any(%(schemas)s)
    and function.prokind = 'f'
    and function.prorettype <> 'trigger'::regtype
order by namespace.nspname, function.proname, function.oid;

-- next --
select
    namespace.nspname::text as schema,
    class.relname::text as name
from pg_class as class
inner join pg_namespace as namespace on namespace.oid = class.relnamespace
where
    namespace.nspname = any(%(schemas)s)
    and class.relkind in ('r', 'v', 'm', 'f', 'p');

-- next --
-- Settings of roles, cluster-wide and for this database, that any user may set.
select
    role.rolname::text as role,
    -- The database's own setting comes last and wins.
    json_object_agg(
        split_part(entry, '=', 1), substr(entry, strpos(entry, '=') + 1) order by configured.setdatabase
    ) as settings
from pg_db_role_setting as configured
inner join pg_roles as role on role.oid = configured.setrole
inner join pg_database as database on database.datname = current_database()
cross join lateral unnest(configured.setconfig) as entry
inner join pg_settings as known on known.name = split_part(entry, '=', 1) and known.context = 'user'
where configured.setdatabase in (0, database.oid)
group by role.rolname;
