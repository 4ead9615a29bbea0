-- What the operator sees of all tenants.

-- Returns every tenant with its WhatsApp numbers, oldest first: [{"organization_id", "name", "business_type", "locale",
-- "timezone", "currency", "is_active", "created_at", "instances": [{"instance_id", "provider", "name", "phone", "state"}]}].
-- It crosses tenants, so only operators' commands may call it.
create function api.list_tenants() returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'organization_id', organization.id,
            'name', organization.name,
            'business_type', organization.business_type,
            'locale', organization.locale,
            'timezone', organization.timezone,
            'currency', organization.currency,
            'is_active', organization.is_active,
            'created_at', organization.created_at,
            'instances', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'instance_id', instance.id,
                        'provider', instance.provider,
                        'name', instance.name,
                        'phone', instance.phone,
                        'state', instance.state
                    )
                    order by instance.created_at, instance.name
                ), '[]')
                from app.instances as instance
                where instance.organization_id = organization.id
            )
        )
        order by organization.created_at, organization.id
    ), '[]')
    from app.organizations as organization
$$;

revoke all on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;

notify pgrst, 'reload schema';
