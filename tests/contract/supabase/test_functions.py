"""Function calls: how arguments are read, which function is meant and what each kind of result looks like."""

from typing import Any

import httpx
import pytest
from postgrest import APIError, CountMethod

from tests.contract.supabase.conftest import Ask


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("add", {"a": 1}, 11),
        ("add", {"a": 1, "b": 2}, 3),
        ("add", {"a": "1", "b": None}, None),
        ("missing_number", {}, None),
        ("numbers", {"p_count": 3}, [1, 2, 3]),
        ("numbers", {"p_count": 0}, []),
        ("two", {}, {"a": 1, "b": "ç"}),
        ("one", {}, {"a": 7}),
        ("document", {}, {"a": [1, None, "é"], "b": 1.50}),
        ("pairs", {"p_count": 2}, [{"id": 1, "label": "label 1"}, {"id": 2, "label": "label 2"}]),
        ("pairs", {"p_count": 0}, []),
        ("echo", {"any": ["thing", 1]}, {"any": ["thing", 1]}),
        ("join_words", {"separator": "-", "words": ["a", "b"]}, "a-b"),
        ("twin", {"b": "2026-01-01"}, "b"),
        ("nothing_stable", {"p_fails": False}, []),
    ],
)
async def test_results_have_their_own_shape(ask: Ask, function: str, arguments: dict[str, Any], expected: Any) -> None:
    """A scalar, a set, a row and nothing arrive as value, array, object and nothing."""
    assert (await ask(lambda client: client.rpc(function, arguments))).data == expected


async def test_a_row_is_an_object_and_a_missing_row_has_nulls(ask: Ask) -> None:
    """A function that returns one row gives an object even when it found none."""
    found = await ask(lambda client: client.rpc("person", {"p_id": 1}))
    assert found.data["name"] == "Ana"
    missing = await ask(lambda client: client.rpc("person", {"p_id": 99}))
    assert set(missing.data.values()) == {None}


async def test_values_are_rendered_by_the_database(http: httpx.AsyncClient) -> None:
    """Numbers keep every digit and times their zone, as PostgreSQL writes them in JSON."""
    answer = await http.post("/rpc/values_of_types", json={})
    assert answer.text == (
        '[{"amount":12.50,"exact":9007199254740993,"ratio":0.1,"at":"2026-01-02T03:04:05.678+00:00",'
        '"day":"2026-01-02","code":"0a0a0a0a-0000-4000-8000-000000000001","raw":"\\\\xdeadbeef",'
        '"flag":true,"letter":"x"}]'
    )
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_arguments_of_every_type_are_coerced_by_the_database(ask: Ask) -> None:
    """JSON values become uuid, time, jsonb, array, boolean and padded text without the client naming types."""
    arguments = {
        "p_id": "0a0a0a0a-0000-4000-8000-000000000001",
        "p_at": "2026-11-24T09:00:00-03:00",
        "p_data": {"deep": [{"é": None}]},
        "p_list": [1, 2],
        "p_flag": True,
        "p_letter": "abc",
        "Mixed Name": 'O\'Hara; drop table "x" %s {} \\',
    }
    described = (await ask(lambda client: client.rpc("describe", arguments))).data
    assert described == {
        "id": arguments["p_id"],
        "at": "2026-11-24T12:00:00+00:00",
        "data": arguments["p_data"],
        "list": [1, 2],
        "flag": True,
        "letter": "abc",
        "name": arguments["Mixed Name"],
    }


async def test_a_void_function_answers_no_content(http: httpx.AsyncClient) -> None:
    """A function without a result answers 204 with no body, by POST as by GET."""
    by_post = await http.post("/rpc/nothing", json={})
    by_get = await http.get("/rpc/nothing_stable", params={"p_fails": "false"})
    assert [(answer.status_code, answer.content) for answer in (by_post, by_get)] == [(204, b""), (204, b"")]


async def test_a_void_function_really_runs(ask: Ask) -> None:
    """The result is dropped, the call is not."""
    with pytest.raises(APIError, match="it ran"):
        await ask(lambda client: client.rpc("nothing_stable", {"p_fails": True}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rpc/add?a=1&b=2", "3"),
        ("/rpc/join_words?separator=,&words=a&words=b", '"a,b"'),
        ("/rpc/join_words?separator=,&words=eq.1&words=b", '"eq.1,b"'),
        ("/rpc/pairs?p_count=3&id=gt.1&select=id&order=id.desc", '[{"id":3}, \n {"id":2}]'),
        ("/rpc/numbers?p_count=3&limit=1&offset=1", "[2]"),
    ],
)
async def test_a_get_takes_arguments_from_the_query(http: httpx.AsyncClient, path: str, expected: str) -> None:
    """Names of arguments are arguments; what else is in the query filters the rows."""
    answer = await http.get(path)
    assert (answer.status_code, answer.text) == (200, expected)


async def test_the_client_can_call_by_get_and_head(ask: Ask) -> None:
    """`get=True` reads, `head=True` with a count gives the number of rows only."""
    by_get = await ask(lambda client: client.rpc("people_from", {"p_id": 2}, get=True).select("name"))
    assert by_get.data == [{"name": "Bruno"}, {"name": "Carla, a outra"}]
    counted = await ask(lambda client: client.rpc("people_from", {"p_id": 2}, head=True, count=CountMethod.exact))
    assert (counted.data, counted.count) == ([], 2)


async def test_rows_of_a_set_can_be_filtered(ask: Ask) -> None:
    """Filters, columns, order and range of the client apply to a function's rows."""
    some = await ask(
        lambda client: (
            client.rpc("people_from", {"p_id": 1}).select("id,name").ilike("name", "%a%").order("id", desc=True)
        )
    )
    assert some.data == [{"id": 3, "name": "Carla, a outra"}, {"id": 1, "name": "Ana"}]
    ranged = await ask(lambda client: client.rpc("people_from", {"p_id": 1}).select("id").range(1, 1))
    assert ranged.data == [{"id": 2}]
    single = await ask(lambda client: client.rpc("people_from", {"p_id": 3}).select("id").single())
    assert single.data == {"id": 3}
    absent = await ask(lambda client: client.rpc("people_from", {"p_id": 9}).select("id").maybe_single())
    assert absent is None


@pytest.mark.parametrize(
    ("content_type", "function", "content", "expected"),
    [
        ("text/plain", "echo_text", "olá {".encode(), '"olá {"'),
        ("application/octet-stream", "echo_bytes", bytes(range(256)), "256"),
        ("application/json", "echo", b"[1, {}]", "[1, {}]"),
        ("application/json; charset=utf-8", "add", b'{"a": 1}', "11"),
        ("application/json", "two", b"", '{"a":1,"b":"\xc3\xa7"}'.encode("latin-1").decode()),
    ],
)
async def test_a_single_unnamed_argument_takes_the_whole_body(
    http: httpx.AsyncClient, content_type: str, function: str, content: bytes, expected: str
) -> None:
    """The body's type decides which unnamed argument may take it."""
    answer = await http.post(f"/rpc/{function}", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.text) == (200, expected)


@pytest.mark.parametrize(
    ("function", "body", "status", "code"),
    [
        ("absent", b"{}", 404, "PGRST202"),
        ("add", b"{}", 404, "PGRST202"),
        ("add", b'{"a": 1, "c": 2}', 404, "PGRST202"),
        ("add", b"[1]", 404, "PGRST202"),
        ("twin", b'{"a": 1}', 300, "PGRST203"),
        ("add", b"{", 400, "PGRST102"),
        ("add", b'{"a": NaN}', 400, "PGRST102"),
        ("add", b'{"a": "\xff"}', 400, "PGRST102"),
        ("add", b'{"a": "one"}', 400, "22P02"),
        ("add", b'{"a": 99999999999}', 400, "22003"),
        ("echo_text", b'{"a": "\\u0000"}', 404, "PGRST202"),
        ("join_words", b'{"separator": "-"}', 404, "PGRST202"),
        ("fail", b'{"p_code": "AB123", "p_message": "\\u0000"}', 400, "22P05"),
    ],
)
async def test_calls_that_fit_no_function_are_told_apart(
    http: httpx.AsyncClient, function: str, body: bytes, status: int, code: str
) -> None:
    """Unknown, ambiguous, malformed and ill-typed calls have the statuses and codes of PostgREST."""
    answer = await http.post(f"/rpc/{function}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["proxy-status"] == f"PostgREST; error={code}"


async def test_the_missing_function_is_named(ask: Ask) -> None:
    """The error says what was looked for, so that a typing error is found."""
    with pytest.raises(APIError) as raised:
        await ask(lambda client: client.rpc("add", {"a": 1, "c": 2}))
    assert raised.value.message == "Could not find the function api.add(a, c) in the schema cache"
    assert "with parameters a, c" in str(raised.value.details)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_functions_are_called_by_post_or_get_only(http: httpx.AsyncClient, method: str) -> None:
    """Other methods are refused before anything runs."""
    answer = await http.request(method, "/rpc/add", json={"a": 1})
    assert (answer.status_code, answer.json()["code"]) == (405, "PGRST101")


async def test_one_object_can_be_asked_for(http: httpx.AsyncClient) -> None:
    """The object media type takes the only row of a set and refuses none or several."""
    headers = {"Accept": "application/vnd.pgrst.object+json"}
    one = await http.post("/rpc/pairs", json={"p_count": 1}, headers=headers)
    assert (one.status_code, one.json()) == (200, {"id": 1, "label": "label 1"})
    assert one.headers["content-type"].startswith("application/vnd.pgrst.object+json")
    for count in (0, 2):
        refused = await http.post("/rpc/pairs", json={"p_count": count}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (406, "PGRST116")
        assert refused.json()["details"] == f"The result contains {count} rows"


async def test_sets_are_truncated_at_the_platforms_limit(http: httpx.AsyncClient) -> None:
    """No set is longer than 1000 rows, whatever limit is asked for; the count tells the truth."""
    for query in ("", "?limit=5000"):
        answer = await http.post(f"/rpc/numbers{query}", json={"p_count": 1500}, headers={"Prefer": "count=exact"})
        assert (answer.status_code, len(answer.json())) == (206, 1000)
        assert answer.headers["content-range"] == "0-999/1500"


async def test_the_body_may_be_large(ask: Ask) -> None:
    """A megabyte of text goes in and comes back."""
    text = "ação " * 200_000
    assert (await ask(lambda client: client.rpc("echo", {"text": text}))).data == {"text": text}
