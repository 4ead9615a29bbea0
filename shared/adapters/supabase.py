"""Supabase as the database: functions of the schema `api`, called through the official client."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from postgrest.exceptions import APIError
from supabase import AsyncClient, AsyncClientOptions

from shared.errors import AuroraError, DatabaseError, NonRetriableError, NotFoundError, StaleLeaseError

#: Longer than the statement timeout of a Supabase role, shorter than a function's own.
CALL_LIMIT = timedelta(seconds=10)

# The SQLSTATE classes that a retry cannot mend: bad data and broken constraints. Everything unknown is worth a retry.
_HOPELESS = re.compile(r"2[23]...|P0001")
# PTnnn is PostgREST's way to answer with HTTP status nnn; our functions raise it.
_RAISED = re.compile(r"PT4\d\d")
_READ_ONLY = "25006"


class SupabaseDatabase:
    """Calls the functions of the schema `api`; one call is one transaction."""

    def __init__(self, url: str, secret_key: str, *, limit: timedelta = CALL_LIMIT) -> None:
        # HTTP/1.1, as idle HTTP/2 connections break in a frozen container; no keep-alive beyond a few seconds.
        self._http = httpx.AsyncClient(
            http2=False,
            timeout=httpx.Timeout(limit.total_seconds(), connect=2.0),
            limits=httpx.Limits(max_connections=8, keepalive_expiry=5.0),
        )
        self._client = AsyncClient(
            url, secret_key, AsyncClientOptions(schema="api", httpx_client=self._http, postgrest_client_retry=False)
        )

    async def call(self, function: str, **arguments: object) -> Any:
        """Call `api.<function>` with each argument `name` as `p_name` and return its JSON result.

        Raises `NotFoundError` (PT404), `StaleLeaseError` (PT409), `NonRetriableError` for anything a retry cannot
        mend, and `DatabaseError` for the rest. No message quotes an argument.
        """
        parameters = {f"p_{name}": _plain(value) for name, value in arguments.items()}
        try:
            response = await self._client.rpc(function, parameters).execute()
        except APIError as error:
            raise error_of(function, error) from error
        except httpx.HTTPError as error:
            raise DatabaseError(f"{function}: Supabase cannot be reached: {type(error).__name__}") from error
        return response.data

    async def probe(self, function: str, **arguments: object) -> None:
        """Return when `api.<function>` takes arguments of these names and we may call it; nothing can be written.

        PostgREST runs a GET in a read-only transaction, so whatever the function itself answers, its refusal to write
        there included, shows that it is callable. Raises `DatabaseError` otherwise, caused by the client's `APIError`.
        """
        parameters = {f"p_{name}": _plain(value) for name, value in arguments.items()}
        try:
            await self._client.rpc(function, parameters, get=True).execute()
        except APIError as error:
            refusal = error_of(function, error)
            if error.code != _READ_ONLY and isinstance(refusal, DatabaseError):
                raise refusal from error
        except httpx.HTTPError as error:
            raise DatabaseError(f"{function}: Supabase cannot be reached: {type(error).__name__}") from error

    async def check(self) -> None:
        """Return when Supabase answers and takes our key. Raises `DatabaseError`."""
        # The client returns whatever a 200 carries, a web page included.
        answer = await self.call("ping")
        if not (isinstance(answer, dict) and "now" in answer):
            raise DatabaseError("ping: something else answers at SUPABASE_URL")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def error_of(function: str, error: APIError) -> AuroraError:
    """Return the error that PostgREST's `error` stands for; its message quotes no argument."""
    code = error.code or "none"
    if code == "PT404":
        return NotFoundError(f"{function}: {error.message}")
    if code == "PT409":
        return StaleLeaseError(f"{function}: {error.message}")
    if _RAISED.fullmatch(code):
        return NonRetriableError(f"{function}: {error.message}")
    if _HOPELESS.fullmatch(code):
        # PostgreSQL quotes the offending value in these messages; the code alone is safe to log.
        return NonRetriableError(f"{function}: the database refused the data (SQLSTATE {code})")
    return DatabaseError(f"{function}: Supabase failed (code {code})")
