"""A crowd of businesses and contacts for measurements, written by the database itself."""

import psycopg

CROWDED_ZONE = "America/Sao_Paulo"  #: half of all businesses
PER_ORGANIZATION = 10  #: contacts
ZONES = (
    CROWDED_ZONE,
    *("America/Manaus", "America/Fortaleza", "America/Recife", "America/Noronha", "America/Rio_Branco"),
    *("America/Cuiaba", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago", "America/Caracas"),
    *("America/Argentina/Buenos_Aires", "America/Montevideo", "America/Halifax", "America/St_Johns"),
    *("Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Berlin", "Europe/Rome"),
    *("Europe/Athens", "Europe/Istanbul", "Africa/Lagos", "Africa/Luanda", "Africa/Maputo", "Africa/Johannesburg"),
    *("Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Singapore", "Asia/Tokyo"),
    *("Australia/Sydney", "Pacific/Auckland"),
)


def populate(dsn: str, organizations: int) -> None:
    """Write `organizations` businesses, half of them in the first zone, each with contacts and their phones."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            """
            insert into app.organizations (name, timezone)
            select
                'Loja ' || n,
                case when n %% 2 = 0 then zones[1] else zones[2 + (n / 2) %% (cardinality(zones) - 1)] end
            from generate_series(1, %s) as n, (select %s::text[] as zones) as known
            """,
            [organizations, list(ZONES)],
        )
        connection.execute(
            """
            insert into app.contacts (organization_id, name)
            select organization.id, 'Cliente ' || n
            from app.organizations as organization, generate_series(1, %s) as n
            """,
            [PER_ORGANIZATION],
        )
        connection.execute(
            """
            insert into app.contact_identities (organization_id, kind, value, contact_id)
            select organization_id, 'phone', '+5511' || lpad((row_number() over ())::text, 9, '0'), id from app.contacts
            """
        )
        connection.execute("vacuum analyze")
