"""Keys, roles and the settings of a request's transaction."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from postgrest import APIError

from tests.conftest import SupabaseGateway
from tests.contract.supabase.conftest import Ask

Headers = Callable[[SupabaseGateway], dict[str, Any]]


def token(gateway: SupabaseGateway, *, secret: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode(claims, secret or gateway.jwt_secret, algorithm=algorithm)


def in_seconds(seconds: int) -> int:
    return int(time.time()) + seconds


@pytest.mark.parametrize(
    ("headers", "role"),
    [
        (lambda g: {"apikey": g.secret_key}, "service_role"),
        (lambda g: {"apikey": g.secret_key, "Authorization": f"Bearer {g.secret_key}"}, "service_role"),
        (lambda g: {"apikey": g.publishable_key}, "anon"),
        (lambda g: {"apikey": g.publishable_key, "Authorization": f"Bearer {g.publishable_key}"}, "anon"),
        (lambda g: {"apikey": token(g, role="service_role")}, "service_role"),
        (lambda g: {"apikey": token(g, role="anon")}, "anon"),
        (
            lambda g: {
                "apikey": g.publishable_key,
                "Authorization": f"Bearer {token(g, role='authenticated', sub='7')}",
            },
            "authenticated",
        ),
        (lambda g: {"apikey": g.secret_key, "Authorization": f"Bearer {token(g, sub='7')}"}, "anon"),
        (
            lambda g: {
                "apikey": g.publishable_key,
                "Authorization": f"Bearer {token(g, role='anon', exp=in_seconds(-20))}",
            },
            "anon",
        ),
    ],
    ids=[
        "secret",
        "secret twice",
        "publishable",
        "publishable twice",
        "legacy service",
        "legacy anon",
        "user",
        "no role",
        "skew",
    ],
)
async def test_keys_and_tokens_choose_the_role(gateway: SupabaseGateway, headers: Headers, role: str) -> None:
    """The API key decides unless a token of the project does; the claims always name the role."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{gateway.url}/rest/v1/rpc/request", json={}, headers=headers(gateway))
    assert answer.status_code == 200
    assert (answer.json()["role"], answer.json()["claims"]["role"]) == (role, role)
    assert answer.json()["session"] == "authenticator"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (lambda g: {}, None),
        (lambda g: {"Authorization": f"Bearer {g.secret_key}"}, None),
        (lambda g: {"apikey": "sb_secret_wrong"}, None),
        (lambda g: {"apikey": "çã".encode()}, None),
        (lambda g: {"apikey": token(g, secret="x" * 40, role="service_role")}, None),
        (lambda g: {"apikey": g.publishable_key, "Authorization": "Bearer nonsense"}, "PGRST301"),
        (
            lambda g: {
                "apikey": g.publishable_key,
                "Authorization": f"Bearer {token(g, secret='x' * 40, role='service_role')}",
            },
            "PGRST301",
        ),
        (
            lambda g: {
                "apikey": g.publishable_key,
                "Authorization": f"Bearer {token(g, role='anon', exp=in_seconds(-90))}",
            },
            "PGRST303",
        ),
        (
            lambda g: {
                "apikey": g.publishable_key,
                "Authorization": f"Bearer {token(g, role='anon', nbf=in_seconds(90))}",
            },
            "PGRST303",
        ),
        (lambda g: {"apikey": g.publishable_key, "Authorization": f"Bearer {token(g, role='nobody')}"}, "22023"),
        (lambda g: {"apikey": g.publishable_key, "Authorization": f"Bearer {token(g, role='postgres')}"}, "42501"),
    ],
    ids=[
        "none",
        "bearer only",
        "wrong key",
        "not ascii",
        "forged legacy key",
        "no token",
        "forged token",
        "expired",
        "not yet",
        "unknown role",
        "superuser",
    ],
)
async def test_bad_keys_and_tokens_are_refused(gateway: SupabaseGateway, headers: Headers, code: str | None) -> None:
    """Nobody gets in by a wrong key, a forged or stale token, or a role that authenticator may not take."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{gateway.url}/rest/v1/rpc/request", json={}, headers=headers(gateway))
    assert answer.status_code == (403 if code == "42501" else 401)
    assert answer.json().get("code") == code
    assert answer.json()["message"]


async def test_a_refused_token_is_never_in_the_answer(gateway: SupabaseGateway) -> None:
    """The reason is told, the secret is not repeated."""
    forged = token(gateway, secret="x" * 40, role="service_role")
    async with httpx.AsyncClient() as client:
        headers = {"apikey": gateway.publishable_key, "Authorization": f"Bearer {forged}"}
        answer = await client.post(f"{gateway.url}/rest/v1/rpc/request", json={}, headers=headers)
    assert forged not in answer.text
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


async def test_functions_see_their_request(http: httpx.AsyncClient) -> None:
    """Method, path, headers and cookies are readable; the search path begins with the request's schema."""
    headers = {"X-Trace": "abc", "Cookie": "a=1; b=2"}
    seen = (await http.post("/rpc/request", json={}, headers=headers)).json()
    assert (seen["method"], seen["path"]) == ("POST", "/rpc/request")
    assert seen["headers"]["x-trace"] == "abc"
    assert seen["cookies"] == {"a": "1", "b": "2"}
    assert seen["search_path"].startswith('"api", ')


@pytest.mark.parametrize(
    ("method", "function", "read_only"),
    [("POST", "request", "off"), ("POST", "request_stable", "on"), ("GET", "request", "on")],
)
async def test_reads_run_in_read_only_transactions(
    http: httpx.AsyncClient, method: str, function: str, read_only: str
) -> None:
    """A GET, and a POST to a function that declares not to write, cannot write."""
    answer = await http.request(method, f"/rpc/{function}", json={} if method == "POST" else None)
    assert answer.json()["read_only"] == read_only


@pytest.mark.parametrize(
    ("method", "function", "status", "code"),
    [
        ("GET", "remember", 405, "25006"),
        ("GET", "remember_stable", 400, "0A000"),
        ("POST", "remember_stable", 400, "0A000"),
    ],
)
async def test_a_write_in_a_read_is_refused(
    http: httpx.AsyncClient, method: str, function: str, status: int, code: str
) -> None:
    """PostgreSQL itself refuses the write; a GET to a function that writes learns that the method is wrong."""
    arguments = {"p_note": "never"}
    answer = await http.request(
        method,
        f"/rpc/{function}",
        json=arguments if method == "POST" else None,
        params=arguments if method == "GET" else None,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await http.post("/rpc/notes_like", json={"p_prefix": "never"})).json() == 0


@pytest.mark.parametrize(
    ("key", "limit"), [("publishable_key", "3s"), ("secret_key", "8s")], ids=["anon", "service_role"]
)
async def test_roles_bring_their_time_limits(gateway: SupabaseGateway, key: str, limit: str) -> None:
    """anon has its own statement timeout, service_role keeps authenticator's."""
    async with httpx.AsyncClient() as client:
        headers = {"apikey": getattr(gateway, key)}
        answer = await client.post(f"{gateway.url}/rest/v1/rpc/request", json={}, headers=headers)
    assert answer.json()["statement_timeout"] == limit


async def test_functions_bring_their_own_settings(ask: Ask) -> None:
    """A function's statement timeout and isolation hold for the whole transaction."""
    seen = (await ask(lambda client: client.rpc("request_stable"))).data
    assert seen["statement_timeout"] == "1234ms"
    assert (await ask(lambda client: client.rpc("request_serializable"))).data == "serializable"
    with pytest.raises(APIError, match="statement timeout") as raised:
        await ask(lambda client: client.rpc("sleep", {"p_seconds": 5}))
    assert raised.value.code == "57014"


async def test_nothing_of_a_request_is_left_for_the_next(http: httpx.AsyncClient) -> None:
    """Settings end with their transaction, although connections are shared."""
    await http.post("/rpc/set_mine", json={})
    left = (await http.post("/rpc/leftovers", json={})).json()
    assert left == ["POST", ""]


async def test_rights_are_the_roles_own(http: httpx.AsyncClient, gateway: SupabaseGateway) -> None:
    """Even the secret key reaches only what is granted; anon learns the difference between 401 and 403."""
    with_secret = await http.post("/rpc/read_tables", json={})
    assert (with_secret.status_code, with_secret.json()["code"]) == (403, "42501")
    anonymous = await http.post("/rpc/read_tables", json={}, headers={"apikey": gateway.publishable_key})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "42501")


async def test_schemas_are_chosen_by_profile(http: httpx.AsyncClient) -> None:
    """Content-Profile chooses for a POST, Accept-Profile for a read; others are refused by name."""
    posted = await http.post("/rpc/add", json={"a": 1}, headers={"Content-Profile": "archive"})
    read = await http.get("/rpc/add", params={"a": 1}, headers={"Accept-Profile": "archive"})
    assert posted.json() == read.json() == "from the archive"
    assert posted.headers["content-profile"] == "archive"
    refused = await http.post("/rpc/add", json={"a": 1}, headers={"Content-Profile": "app"})
    assert (refused.status_code, refused.json()["code"]) == (406, "PGRST106")
    assert "api, archive" in refused.json()["hint"]


async def test_probes_get_an_answer(http: httpx.AsyncClient, gateway: SupabaseGateway) -> None:
    """The root describes what is exposed to key holders; the readiness path needs no key."""
    root = await http.get("/")
    assert (root.status_code, "/rpc/add" in root.json()["paths"]) == (200, True)
    assert (await http.head("/")).status_code == 200
    async with httpx.AsyncClient(base_url=gateway.url) as stranger:
        assert (await stranger.get("/rest/v1/")).status_code == 401
        assert (await stranger.get("/rest-admin/v1/ready")).status_code == 200
        lost = await stranger.get("/nowhere/at/all")
        assert (lost.status_code, lost.json()["code"]) == (404, "PGRST125")


@pytest.mark.parametrize(("accept", "status"), [("text/csv", 406), ("text/html, */*;q=0.8", 200), ("", 200)])
async def test_only_json_is_served(http: httpx.AsyncClient, accept: str, status: int) -> None:
    """A client that wants something else is told so."""
    answer = await http.post("/rpc/add", json={"a": 1}, headers={"Accept": accept})
    assert answer.status_code == status
