"""The official client and plain HTTP against a gateway over a schema of every shape."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import psycopg
import pytest
import supabase

from infra.local.postgres import PostgresServer
from infra.local.supabase import create_app, prepare
from tests.conftest import SupabaseGateway, database_copy, gateway_config, serving_in_thread

SCHEMA = Path(__file__).with_name("schema.sql")


@pytest.fixture(scope="module")
def gateway(postgres_server: PostgresServer) -> Iterator[SupabaseGateway]:
    """One gateway per file over the schema beside this file."""
    with database_copy(postgres_server, "template0") as dsn:
        prepare(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute(SCHEMA.read_bytes())
        yield from serve_gateway(dsn)


def serve_gateway(dsn: str) -> Iterator[SupabaseGateway]:
    named = SupabaseGateway(
        "", "sb_secret_contract", "sb_publishable_contract", "a signing secret of 32 bytes or more", dsn
    )
    with serving_in_thread(create_app(gateway_config(named, schemas=("api", "archive")))) as url:
        yield SupabaseGateway(url, named.secret_key, named.publishable_key, named.jwt_secret, dsn)


class Ask(Protocol):
    """Builds a query on the official client and executes it: `await ask(lambda client: client.rpc("ping"))`."""

    async def __call__(self, query: Callable[[Any], Any]) -> Any: ...


@pytest.fixture(params=["sync", "async"])
async def ask(gateway: SupabaseGateway, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    """An asker through the official client with the secret key; every test that uses it runs with both kinds."""
    if request.param == "sync":
        with httpx.Client(http2=False, timeout=10) as transport:
            options = supabase.ClientOptions(schema="api", httpx_client=transport)
            client = supabase.create_client(gateway.url, gateway.secret_key, options)

            async def ask_sync(query: Callable[[Any], Any]) -> Any:
                return await asyncio.to_thread(lambda: query(client).execute())

            yield ask_sync
    else:
        async with httpx.AsyncClient(http2=False, timeout=10) as async_transport:
            async_options = supabase.AsyncClientOptions(schema="api", httpx_client=async_transport)
            async_client = await supabase.acreate_client(gateway.url, gateway.secret_key, async_options)

            async def ask_async(query: Callable[[Any], Any]) -> Any:
                return await query(async_client).execute()

            yield ask_async


@pytest.fixture
async def http(gateway: SupabaseGateway) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client below `/rest/v1` with the secret key."""
    headers = {"apikey": gateway.secret_key}
    async with httpx.AsyncClient(base_url=f"{gateway.url}/rest/v1", headers=headers, timeout=10) as client:
        yield client
