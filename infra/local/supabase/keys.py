"""Find out as whom a request acts: the platform's API keys in front of PostgREST's tokens."""

import hmac
from dataclasses import dataclass, field

from infra.local.supabase.config import ANON_ROLE, SERVICE_ROLE, GatewayConfig
from infra.local.supabase.errors import GatewayError

_CLOCK_SKEW_SECONDS = 30


@dataclass(frozen=True)
class Caller:
    """The database role of a request and the claims of its token."""

    role: str
    claims: dict[str, object] = field(default_factory=dict)


def identify(config: GatewayConfig, api_key: str | None, authorization: str | None) -> Caller:
    """Return the caller of a request from its `apikey` and `Authorization`.

    The key is always needed. A bearer that is missing or is an API key itself counts as the key; any other must be a
    token of the project. Raises `GatewayError` 401.
    """
    if not api_key:
        raise GatewayError(
            401, None, "No API key found in request", hint="No `apikey` request header or url param was found."
        )
    by_key = _by_api_key(config, api_key)
    scheme, _, bearer = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not bearer or bearer.startswith("sb_"):
        return by_key
    return _by_token(config, bearer)


def _by_api_key(config: GatewayConfig, api_key: str) -> Caller:
    given = api_key.encode()
    if hmac.compare_digest(given, config.secret_key.encode()):
        return Caller(SERVICE_ROLE)
    if hmac.compare_digest(given, config.publishable_key.encode()):
        return Caller(ANON_ROLE)
    try:
        return _by_token(config, api_key)
    except GatewayError:
        raise GatewayError(
            401, None, "Invalid API key", hint="Double check your Supabase `anon` or `service_role` API key."
        ) from None


def _by_token(config: GatewayConfig, token: str) -> Caller:
    # Imported at the first token: it brings a cryptography library that a stack with the current keys never needs.
    import jwt

    if config.jwt_secret is None:
        raise _refused("PGRST301", "this project accepts no JSON Web Tokens")
    try:
        claims = jwt.decode(
            token,
            config.jwt_secret,
            algorithms=["HS256"],
            leeway=_CLOCK_SKEW_SECONDS,
            options={"verify_aud": False, "verify_sub": False, "verify_jti": False},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError) as error:
        raise _refused("PGRST303", str(error)) from error
    except jwt.InvalidTokenError as error:
        raise _refused("PGRST301", str(error)) from error
    return Caller(str(claims.get("role", ANON_ROLE)), claims)


def _refused(code: str, message: str) -> GatewayError:
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return GatewayError(401, code, message, headers={"WWW-Authenticate": challenge})
