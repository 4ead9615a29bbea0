"""The stand-in model on the wire, as any OpenAI client meets it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from infra.local.llm import ModelConfig, create_app
from infra.local.server import serving

KEY = "made-up"
ASK = {"model": "any", "messages": [{"role": "user", "content": "Quanto custa o corte?"}]}
PRICES = {
    "type": "function",
    "function": {
        "name": "list_services",
        "description": "Services with their prices.",
        "parameters": {"type": "object", "properties": {}},
    },
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {KEY}"}
    async with (
        serving(create_app(ModelConfig(api_key=KEY))) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/chat/completions", json={**ASK, **fields})


async def test_two_rounds_make_an_answer_from_a_tool(client: httpx.AsyncClient) -> None:
    """The call, its result and the answer cross the wire in OpenAI's shapes."""
    first = (await ask(client, tools=[PRICES])).json()
    assert (first["object"], first["choices"][0]["finish_reason"]) == ("chat.completion", "tool_calls")
    message = first["choices"][0]["message"]
    (call,) = message["tool_calls"]
    assert call["function"] == {"name": "list_services", "arguments": "{}"}
    result = {"services": [{"name": "Corte", "price": "R$ 45,00", "duration_minutes": 40, "description": None}]}
    answered = {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)}
    second = (await ask(client, tools=[PRICES], messages=[*ASK["messages"], message, answered])).json()
    assert second["choices"][0]["message"]["content"] == "*Corte*: R$ 45,00 · 40 min"
    assert second["choices"][0]["finish_reason"] == "stop"
    assert second["usage"]["total_tokens"] > first["usage"]["prompt_tokens"]


async def test_the_same_request_gets_the_same_answer(client: httpx.AsyncClient) -> None:
    """Apart from the time of its creation."""
    answers = [(await ask(client, tools=[PRICES])).json() for _ in range(2)]
    assert {**answers[0], "created": 0} == {**answers[1], "created": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/_requests"), ("POST", "/_dev/faults")],
)
async def test_no_key_and_a_wrong_key_open_nothing(client: httpx.AsyncClient, method: str, path: str) -> None:
    """401 in OpenAI's shape, on every path."""
    for key in ("", "Bearer wrong", KEY):
        response = await client.request(method, path, headers={"authorization": key}, json=ASK)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "invalid_api_key"


async def test_a_bad_body_names_the_field(client: httpx.AsyncClient) -> None:
    """400 in OpenAI's shape."""
    response = await ask(client, messages=[{"role": "nobody", "content": "x"}])
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "messages[0].role"


async def test_models_lists_the_stand_in(client: httpx.AsyncClient) -> None:
    """One model, in OpenAI's list shape."""
    listed = (await client.get("/v1/models")).json()
    assert [model["id"] for model in listed["data"]] == ["aurora-local"]
    assert listed["object"] == "list"


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        ({"kind": "error", "count": 2}, 500, {}),
        ({"kind": "rate_limit", "count": 2, "retry_after": 7}, 429, {"retry-after": "7"}),
    ],
)
async def test_a_played_fault_spoils_its_number_of_calls(
    client: httpx.AsyncClient, fault: dict[str, Any], status: int, headers: dict[str, str]
) -> None:
    """Two calls fail, the third is answered."""
    await client.post("/_dev/faults", json=fault)
    spoilt = [await ask(client) for _ in range(2)]
    assert [response.status_code for response in spoilt] == [status, status]
    assert headers.items() <= dict(spoilt[0].headers).items()
    assert "error" in spoilt[0].json()
    assert (await ask(client)).status_code == 200


async def test_a_slow_call_is_answered_after_its_time(client: httpx.AsyncClient) -> None:
    """A client with less patience than that gives up; the next call is quick again."""
    await client.post("/_dev/faults", json={"kind": "slow", "ms": 30_000})
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/v1/chat/completions", json=ASK, timeout=0.05)
    assert (await ask(client)).status_code == 200


async def test_a_hang_up_leaves_no_answer(client: httpx.AsyncClient) -> None:
    """The connection ends without a body."""
    await client.post("/_dev/faults", json={"kind": "hang_up"})
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(client)


async def test_faults_can_be_called_off(client: httpx.AsyncClient) -> None:
    """DELETE lets the next call pass."""
    await client.post("/_dev/faults", json={"kind": "error", "count": 100})
    assert (await client.delete("/_dev/faults")).status_code == 204
    assert (await ask(client)).status_code == 200


@pytest.mark.parametrize("fault", [{"kind": "flood"}, {"kind": "error", "count": 0}, {"kind": "error", "tuna": 1}])
async def test_an_unknown_fault_is_refused(client: httpx.AsyncClient, fault: dict[str, Any]) -> None:
    """400 that names the field, and nothing is spoilt."""
    response = await client.post("/_dev/faults", json=fault)
    assert response.status_code == 400
    assert response.json()["error"]["param"] in fault
    assert (await ask(client)).status_code == 200


async def test_half_a_character_breaks_nothing(client: httpx.AsyncClient) -> None:
    """A lone surrogate in a question is answered, quoted as a replacement character, and recorded."""
    content = b'{"model": "any", "messages": [{"role": "user", "content": "Quem faz \\ud83d aqui?"}], "tools": []}'
    response = await client.post("/v1/chat/completions", content=content)
    assert response.status_code == 200
    assert response.json()["choices"][0]["message"]["content"]
    assert len((await client.get("/_requests")).json()["requests"]) == 1


async def test_the_last_hundred_calls_are_remembered(client: httpx.AsyncClient) -> None:
    """Each with its body, status and answer; older ones make room."""
    for number in range(101):
        await ask(client, user=f"u{number}")
    await client.post("/v1/chat/completions", content=b"{")
    calls = (await client.get("/_requests")).json()["requests"]
    assert [len(calls), calls[0]["body"]["user"], calls[-1]["status"]] == [100, "u2", 400]
    assert calls[0]["answer"]["choices"][0]["message"]["role"] == "assistant"
