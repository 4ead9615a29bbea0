"""What the gateway needs to know to stand in for one Supabase project."""

from dataclasses import dataclass, field

ANON_ROLE = "anon"
SERVICE_ROLE = "service_role"
LOGIN_ROLE = "authenticator"


@dataclass(frozen=True)
class GatewayConfig:
    """One project.

    `dsn` names a superuser of a prepared and migrated database. `secret_key` (`sb_secret_…`) acts as service_role and
    `publishable_key` (`sb_publishable_…`) as anon. With `jwt_secret`, tokens signed with it (HS256) are accepted too:
    legacy API keys and callers' own tokens. `schemas` are exposed, the first being the default. `max_rows` truncates
    every set silently, as the platform does.
    """

    dsn: str = field(repr=False)
    secret_key: str = field(repr=False)
    publishable_key: str = field(repr=False)
    jwt_secret: str | None = field(default=None, repr=False)
    schemas: tuple[str, ...] = ("api",)
    extra_search_path: tuple[str, ...] = ("public", "extensions")
    max_rows: int = 1000
    max_connections: int = 8
    connection_timeout_seconds: float = 10.0
