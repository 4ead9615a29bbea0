"""The schema cache: what it knows, when it is renewed, and what happens when the database goes away."""

import asyncio
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from infra.local.postgres import PostgresServer
from infra.local.supabase import GatewayConfig, create_app, prepare
from tests.conftest import SupabaseGateway, gateway_config, serving_in_thread

CREATE_API = """
create schema api;
grant usage on schema api to service_role;
create function api.version() returns integer language sql immutable as $$ select 1 $$;
"""
CHANGE_API = """
drop function api.version();
create function api.version() returns text language sql immutable as $$ select 'two' $$;
create function api.added() returns integer language sql immutable as $$ select 3 $$;
"""


@pytest.fixture
def gateway(empty_database: str) -> Iterator[SupabaseGateway]:
    """A gateway over a database whose schema the test may change."""
    prepare(empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute(CREATE_API)
    named = SupabaseGateway("", "sb_secret_cache", "sb_publishable_cache", "a signing secret", empty_database)
    with serving_in_thread(create_app(gateway_config(named))) as url:
        yield SupabaseGateway(url, named.secret_key, named.publishable_key, named.jwt_secret, empty_database)


async def call(gateway: SupabaseGateway, function: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        url = f"{gateway.url}/rest/v1/rpc/{function}"
        return await client.post(url, json={}, headers={"apikey": gateway.secret_key})


async def until_status(gateway: SupabaseGateway, function: str, status: int) -> httpx.Response:
    """Ask until the answer has the status; ends with TimeoutError otherwise."""
    async with asyncio.timeout(20):
        while (answer := await call(gateway, function)).status_code != status:
            pass
    return answer


async def test_a_new_function_is_unknown_until_the_notice(gateway: SupabaseGateway) -> None:
    """After a migration without notice the cache is stale, as PostgREST's is; the notice renews it."""
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute(CHANGE_API)
    assert (await call(gateway, "added")).json()["code"] == "PGRST202"
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute("notify pgrst, 'reload schema'")
    assert (await until_status(gateway, "added", 200)).json() == 3
    assert (await call(gateway, "version")).json() == "two"


async def test_a_dropped_function_is_an_error_until_the_notice(gateway: SupabaseGateway) -> None:
    """A function that the cache knows and the database lost is PostgreSQL's own 404."""
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute("drop function api.version()")
    assert (await call(gateway, "version")).json()["code"] == "42883"


async def test_lost_connections_are_replaced(gateway: SupabaseGateway) -> None:
    """When the server ends every session, calls work again and a change that was missed meanwhile is known."""
    assert (await call(gateway, "version")).json() == 1
    with psycopg.connect(gateway.dsn) as connection:
        connection.execute(CHANGE_API)
        connection.commit()
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert (await until_status(gateway, "version", 200)).json() == "two"
    assert (await until_status(gateway, "added", 200)).json() == 3


async def test_a_database_that_is_away_is_unavailable(postgres_server: PostgresServer) -> None:
    """While the server is down callers get 503 or 504 with PostgREST's code, never a broken answer."""
    with psycopg.connect(postgres_server.dsn(), autocommit=True) as connection:
        connection.execute("create database away")
    dsn = postgres_server.dsn("away")
    prepare(dsn)
    named = SupabaseGateway("", "sb_secret_away", "sb_publishable_away", "a signing secret", dsn)
    config = gateway_config(named, connection_timeout_seconds=0.3)
    with serving_in_thread(create_app(config)) as url:
        with psycopg.connect(postgres_server.dsn(), autocommit=True) as connection:
            connection.execute("drop database away with (force)")
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.get("/rest-admin/v1/ready")
    assert answer.status_code in {503, 504}
    assert answer.json()["code"] in {"PGRST001", "PGRST003"}


async def test_a_gateway_over_an_unprepared_database_does_not_start(postgres_server: PostgresServer) -> None:
    """Roles belong to the whole server; on one without them the first missing role is named at the start."""
    with psycopg.connect(postgres_server.dsn(), autocommit=True) as connection:
        prepare(postgres_server.dsn())
        connection.execute("alter role authenticator rename to somebody")
        try:
            app = create_app(GatewayConfig(dsn=postgres_server.dsn(), secret_key="s", publishable_key="p"))
            with pytest.raises(psycopg.Error, match='role "authenticator" does not exist'):
                async with app.router.lifespan_context(app):
                    pass
        finally:
            connection.execute("alter role somebody rename to authenticator")


async def test_a_gateway_without_a_database_does_not_start(postgres_server: PostgresServer) -> None:
    """A wrong address is an error at the start, not at the first request."""
    named = SupabaseGateway(
        "", "sb_secret_none", "sb_publishable_none", "secret", postgres_server.dsn("no such database")
    )
    app = create_app(gateway_config(named))
    with pytest.raises(psycopg.OperationalError, match="no such database"):
        async with app.router.lifespan_context(app):
            pass
