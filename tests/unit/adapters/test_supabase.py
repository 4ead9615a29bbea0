"""The adapter to Supabase: the official client, over the real database and against bad servers."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.adapters.supabase import SupabaseDatabase
from shared.errors import DatabaseError, NonRetriableError, NotFoundError, StaleLeaseError
from tests.conftest import SupabaseGateway

RAISING = """
create function api.raising(p_code text) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
    raise exception 'quoting %', 'meu CPF' using errcode = p_code;
end
$$;
create function api.echo(p_value jsonb, p_id uuid default null) returns jsonb
language sql security definer set search_path = '' as $$ select jsonb_build_object('value', p_value, 'id', p_id) $$;
grant execute on all functions in schema api to service_role;
"""


@pytest.fixture
def more_functions(database: str) -> None:
    """Two more functions in the database before anybody looks at it: one that fails and one that repeats."""
    with psycopg.connect(database) as connection:
        connection.execute(RAISING.encode())


@pytest.fixture
async def supabase(more_functions: None, supabase_gateway: SupabaseGateway) -> AsyncIterator[SupabaseDatabase]:
    """The adapter over a real database."""
    supabase = SupabaseDatabase(supabase_gateway.url, supabase_gateway.secret_key)
    yield supabase
    await supabase.aclose()


@pytest.mark.parametrize("value", [None, True, 0, -7, 1.5, "", "olá 🐶", [], [1, None], {"a": {"b": []}}, "a'b\\"])
async def test_json_comes_back_as_it_went(supabase: SupabaseDatabase, value: object) -> None:
    """Arguments and results are JSON; identifiers go as they are."""
    identifier = uuid4()
    answer = await supabase.call("echo", value=value, id=identifier)
    assert answer["value"] == value
    assert UUID(answer["id"]) == identifier


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("PT404", NotFoundError),
        ("PT409", StaleLeaseError),
        ("PT422", NonRetriableError),
        ("23505", NonRetriableError),
        ("23514", NonRetriableError),
        ("22P02", NonRetriableError),
        ("22003", NonRetriableError),
        ("P0001", NonRetriableError),
        ("40001", DatabaseError),
        ("40P01", DatabaseError),
        ("57014", DatabaseError),
        ("53300", DatabaseError),
        ("XX000", DatabaseError),
        ("42883", DatabaseError),
    ],
)
async def test_what_a_retry_cannot_mend_is_final(supabase: SupabaseDatabase, code: str, error: type[Exception]) -> None:
    """Bad data and broken constraints are refused for good; everything else may be over next time."""
    with pytest.raises(error) as raised:
        await supabase.call("raising", code=code)
    assert type(raised.value) is error
    assert "raising" in str(raised.value)
    if not code.startswith("PT"):
        assert "CPF" not in str(raised.value), "PostgreSQL's own messages quote what people wrote"


async def test_a_function_that_is_not_there_may_be_there_next_time(supabase: SupabaseDatabase) -> None:
    """The new code may be up before the new schema: a retry mends that."""
    with pytest.raises(DatabaseError, match="nothing"):
        await supabase.call("nothing", at_all=1)


async def test_the_check_asks_the_database(supabase_gateway: SupabaseGateway) -> None:
    """A wrong key is said, the key is not."""
    right = SupabaseDatabase(supabase_gateway.url, supabase_gateway.secret_key)
    wrong = SupabaseDatabase(supabase_gateway.url, "sb_secret_wrong")
    await right.check()
    with pytest.raises(DatabaseError) as refused:
        await wrong.check()
    assert "sb_secret_wrong" not in str(refused.value)
    await right.aclose()
    await wrong.aclose()


@pytest.mark.parametrize("outage", ["silent_server", "closed_port"])
async def test_a_database_that_is_not_there_is_said_in_time(outage: str, request: pytest.FixtureRequest) -> None:
    """A call ends within its limit and is not repeated behind the caller's back."""
    database = SupabaseDatabase(request.getfixturevalue(outage), "sb_secret_made_up", limit=timedelta(seconds=0.2))
    with pytest.raises(DatabaseError, match="cannot be reached"):
        await database.check()
    await database.aclose()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html>Bad gateway</html>", 502),
        ("<html>ok</html>", 200),
        ("", 200),
        ('{"message": "no such route"}', 404),
        ("[]", 500),
        ('{"code": 7}', 400),
    ],
)
async def test_a_stranger_at_the_address_is_said(answering: Callable[..., Any], body: str, status: int) -> None:
    """A proxy's page or another server's answer is an outage, not a crash and not a verdict."""
    database = SupabaseDatabase(await answering(body, status=status), "sb_secret_made_up")
    with pytest.raises(DatabaseError):
        await database.check()
    await database.aclose()
