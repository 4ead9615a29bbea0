"""Errors: what callers see of the database's refusals, and that a refused request leaves nothing behind."""

import asyncio
import json

import httpx
import pytest
from postgrest import APIError

from tests.contract.supabase.conftest import Ask


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("PT404", 404),
        ("PT409", 409),
        ("PT422", 422),
        ("PT429", 429),
        ("P0001", 400),
        ("P0002", 500),
        ("23505", 409),
        ("23503", 409),
        ("23514", 400),
        ("22023", 400),
        ("42501", 403),
        ("42P01", 404),
        ("42883", 404),
        ("42P17", 500),
        ("40001", 500),
        ("40P01", 500),
        ("55P03", 500),
        ("57014", 500),
        ("57P01", 503),
        ("53300", 503),
        ("53400", 500),
        ("08006", 503),
        ("28000", 403),
        ("25006", 405),
        ("21000", 500),
        ("XX000", 500),
        ("AB123", 400),
    ],
)
async def test_sqlstates_have_their_status(http: httpx.AsyncClient, code: str, status: int) -> None:
    """Every class of SQLSTATE has PostgREST's HTTP status, and the four parts of the error arrive whole."""
    answer = await http.post("/rpc/fail", json={"p_code": code, "p_message": "não"})
    assert answer.status_code == status
    assert answer.json() == {"code": code, "message": "não", "details": "the detail", "hint": "the hint"}
    assert answer.headers["proxy-status"] == f"PostgREST; error={code}"


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ("unique", 409, "23505"),
        ("foreign key", 409, "23503"),
        ("not null", 400, "23502"),
        ("division", 400, "22012"),
        ("no such table", 404, "42P01"),
        ("no such function", 404, "42883"),
    ],
)
async def test_broken_rules_are_reported(http: httpx.AsyncClient, rule: str, status: int, code: str) -> None:
    """PostgreSQL's own errors pass with their codes."""
    answer = await http.post("/rpc/break_rule", json={"p_rule": rule})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_client_raises_code_and_hint(ask: Ask) -> None:
    """What a caller decides by, code and hint, reaches it through the official client."""
    with pytest.raises(APIError) as raised:
        await ask(lambda client: client.rpc("remember_then_fail", {"p_note": "gone"}))
    error = raised.value
    assert (error.code, error.hint, error.message) == ("PT409", "stale", "too late")
    assert error.details == "the lease is another's"


async def test_a_failed_call_leaves_nothing(ask: Ask) -> None:
    """What a function wrote before its error is undone."""
    with pytest.raises(APIError):
        await ask(lambda client: client.rpc("remember_then_fail", {"p_note": "gone"}))
    assert (await ask(lambda client: client.rpc("notes_like", {"p_prefix": "gone"}))).data == 0


async def test_a_refused_answer_leaves_nothing(http: httpx.AsyncClient) -> None:
    """When one object was asked for and several came, what the function wrote is undone too."""
    headers = {"Accept": "application/vnd.pgrst.object+json"}
    answer = await http.post("/rpc/remember_many", json={"p_note": "many", "p_count": 2}, headers=headers)
    assert answer.status_code == 406
    assert (await http.post("/rpc/notes_like", json={"p_prefix": "many"})).json() == 0


async def test_functions_can_choose_the_response(http: httpx.AsyncClient) -> None:
    """A function may set status and headers of its answer."""
    headers = '[{"Retry-After": "7"}, {"X-Mine": "yes"}]'
    answer = await http.post("/rpc/respond", json={"p_status": "202", "p_headers": headers})
    assert answer.status_code == 202
    assert (answer.headers["retry-after"], answer.headers["x-mine"]) == ("7", "yes")


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [("ok", "[]", "PGRST112"), ("99", "[]", "PGRST112"), ("200", "{}x", "PGRST111"), ("200", '[{"a": 1}]', "PGRST111")],
)
async def test_a_malformed_response_setting_is_an_error(
    http: httpx.AsyncClient, status: str, headers: str, code: str
) -> None:
    """What a function sets wrongly is told instead of being sent."""
    answer = await http.post("/rpc/respond", json={"p_status": status, "p_headers": headers})
    assert (answer.status_code, answer.json()["code"]) == (500, code)


async def test_functions_can_raise_a_whole_response(http: httpx.AsyncClient) -> None:
    """`RAISE SQLSTATE 'PGRST'` controls status, headers and body."""
    message = json.dumps({"code": "123", "message": "Slow down", "details": "d", "hint": "h"})
    detail = json.dumps({"status": 429, "headers": {"Retry-After": "30"}})
    answer = await http.post("/rpc/fail_as_postgrest", json={"p_message": message, "p_detail": detail})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    assert answer.json() == {"code": "123", "message": "Slow down", "details": "d", "hint": "h"}


@pytest.mark.parametrize(
    ("message", "detail"), [("{}", "{}"), ("no json", "{}"), ('{"code": 1, "message": "m"}', "[]")]
)
async def test_a_malformed_raise_is_an_error(http: httpx.AsyncClient, message: str, detail: str) -> None:
    """A raise that PostgREST could not read has its own code."""
    answer = await http.post("/rpc/fail_as_postgrest", json={"p_message": message, "p_detail": detail})
    assert (answer.status_code, answer.json()["code"]) == (500, "PGRST121")


async def test_concurrent_calls_are_separate_transactions(ask: Ask) -> None:
    """Many calls at once, some failing: each is committed or undone on its own."""

    async def remember(number: int) -> None:
        function = "remember_then_fail" if number % 3 == 0 else "remember"
        try:
            await ask(lambda client: client.rpc(function, {"p_note": f"{id(ask)} {number}"}))
        except APIError:
            assert number % 3 == 0

    await asyncio.gather(*map(remember, range(30)))
    assert (await ask(lambda client: client.rpc("notes_like", {"p_prefix": f"{id(ask)} "}))).data == 20
