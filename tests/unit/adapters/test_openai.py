"""The adapter to OpenAI-compatible servers, against every answer such a server may give."""

import json
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.adapters.openai import OpenAIModel
from shared.errors import ModelError, RetryAfterError, SettingsError
from shared.ports import ChatMessage, Completion, ToolCall, ToolSpec

KEY = "sk-made-up-key"
SECRET_WORDS = "my name is Maria and I am ill"
ASKED = [ChatMessage(role="user", content=SECRET_WORDS)]
Reply = Callable[[httpx.Request], httpx.Response]
Connect = Callable[[Reply], OpenAIModel]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """A model whose server is a function from request to response."""
    clients: list[httpx.AsyncClient] = []

    def make(reply: Reply) -> OpenAIModel:
        client = httpx.AsyncClient(transport=httpx.MockTransport(reply))
        clients.append(client)
        return OpenAIModel("https://model.example/v1/", KEY, model="small", client=client)

    yield make
    for client in clients:
        await client.aclose()


def completion(**changes: Any) -> dict[str, Any]:
    """The body of an answer, with changes to its top level."""
    message: dict[str, Any] = {"role": "assistant", "content": "Hello", "refusal": None, "annotations": []}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "small-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15, "prompt_tokens_details": {}},
        **changes,
    }


def choosing(message: Any, finish_reason: str | None = "stop") -> dict[str, Any]:
    """The body of an answer with this message."""
    return completion(choices=[{"index": 0, "message": message, "finish_reason": finish_reason}])


async def test_the_request_is_the_protocol_s(connect: Connect) -> None:
    """Address, key, roles, tool calls, tool results and tools go out in OpenAI's shapes."""
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=completion())

    call = ToolCall(id="c1", name="find", arguments='{"q":"a"}')
    messages = [
        ChatMessage(role="system", content="Be brief"),
        ChatMessage(role="user", content="Olá \ud83d 👋"),
        ChatMessage(role="assistant", tool_calls=(call,)),
        ChatMessage(role="tool", content="{}", tool_call_id="c1"),
    ]
    await connect(reply).complete(messages, [ToolSpec(name="find", description="Finds", parameters={"type": "object"})])
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://model.example/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {
        "model": "small",
        "max_completion_tokens": 800,
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Olá \ud83d 👋"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q":"a"}'}}
                ],
            },
            {"role": "tool", "content": "{}", "tool_call_id": "c1"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "find", "description": "Finds", "parameters": {"type": "object"}},
            }
        ],
    }


async def test_no_tools_are_not_an_empty_list(connect: Connect) -> None:
    """Servers refuse an empty list of tools."""

    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400 if "tools" in json.loads(request.content) else 200, json=completion())

    assert (await connect(reply).complete(ASKED, [])).content == "Hello"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            completion(),
            Completion(content="Hello", tool_calls=(), model="small-2026", prompt_tokens=12, completion_tokens=3),
        ),
        (
            completion(usage=None, model=None),
            Completion(content="Hello", tool_calls=(), model="small", prompt_tokens=0, completion_tokens=0),
        ),
        (
            completion(usage={"prompt_tokens": 9, "completion_tokens": None}),
            Completion(content="Hello", tool_calls=(), model="small-2026", prompt_tokens=9, completion_tokens=0),
        ),
        (
            {"choices": [{"message": {"content": "Hi"}}]},
            Completion(content="Hi", tool_calls=(), model="small", prompt_tokens=0, completion_tokens=0),
        ),
        (
            {
                "choices": [
                    {
                        "finish_reason": "tool_calls",
                        "message": {
                            "content": None,
                            "tool_calls": [
                                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{"}},
                                {"id": "b", "index": 1, "function": {"name": "g", "arguments": ""}},
                            ],
                        },
                    }
                ]
            },
            Completion(
                content=None,
                tool_calls=(
                    ToolCall(id="a", name="f", arguments="{"),
                    ToolCall(id="b", name="g", arguments=""),
                ),
                model="small",
                prompt_tokens=0,
                completion_tokens=0,
            ),
        ),
    ],
    ids=["full", "no usage nor model", "null count", "the least", "tool calls"],
)
async def test_an_answer_is_read(connect: Connect, body: dict[str, Any], expected: Completion) -> None:
    """Unknown fields are ignored, missing counts are 0, arguments stay as they were written."""
    assert await connect(lambda _: httpx.Response(200, json=body)).complete(ASKED, []) == expected


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "choices"),
        (completion(choices=[]), "choices"),
        (completion(choices=None), "choices"),
        (choosing(None), "choices.0.message"),
        (choosing({"content": 5}), "choices.0.message.content"),
        (choosing({"content": [{"type": "text", "text": SECRET_WORDS}]}), "choices.0.message.content"),
        (
            choosing({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {"q": SECRET_WORDS}}}]}),
            "choices.0.message.tool_calls.0.function.arguments",
        ),
        (choosing({"tool_calls": [{"function": {"name": "f", "arguments": ""}}]}), "tool_calls.0.id"),
        (completion(usage={"prompt_tokens": "12"}), "usage.prompt_tokens"),
        ([SECRET_WORDS], "body"),
    ],
)
async def test_an_answer_of_another_shape_is_an_error(connect: Connect, body: Any, place: str) -> None:
    """The error names the place, and quotes nothing."""
    with pytest.raises(ModelError) as error:
        await connect(lambda _: httpx.Response(200, json=body)).complete(ASKED, [])
    assert place in str(error.value)
    assert_discreet(error.value)


@pytest.mark.parametrize("body", [b"", b"<html>Hello</html>", b'{"choices": [', b"\xff\xfe"])
async def test_an_answer_that_is_no_json_is_an_error(connect: Connect, body: bytes) -> None:
    """As from a proxy, or a wrong base URL."""
    with pytest.raises(ModelError, match="/chat/completions answered in a shape"):
        await connect(lambda _: httpx.Response(200, content=body)).complete(ASKED, [])


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_half_an_answer_is_an_error(connect: Connect, reason: str) -> None:
    """A sentence that was cut is not sent to a customer."""
    body = choosing({"content": "We open at"}, finish_reason=reason)
    with pytest.raises(ModelError, match=reason):
        await connect(lambda _: httpx.Response(200, json=body)).complete(ASKED, [])


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, {"error": {"message": SECRET_WORDS, "type": "invalid_request_error", "code": None}}, "400 invalid_req"),
        (401, {"error": {"message": f"Incorrect API key: {KEY}", "code": "invalid_api_key"}}, "401 invalid_api_key"),
        (404, {"error": {"code": "model_not_found", "type": "x"}}, "404 model_not_found"),
        (404, {"error": "model 'small' not found"}, "404"),
        (429, {"error": {"code": "insufficient_quota"}}, "429 insufficient_quota"),
        (500, {"error": {"code": SECRET_WORDS}}, "500"),
        (502, [KEY], "502"),
        (307, {}, "307"),
    ],
)
async def test_a_refusal_names_status_and_code(
    connect: Connect, status: int, body: dict[str, Any], message: str
) -> None:
    """The server's prose stays out: it quotes keys and customers."""
    with pytest.raises(ModelError) as error:
        await connect(lambda _: httpx.Response(status, json=body)).complete(ASKED, [])
    assert f"POST /chat/completions answered {message}" in str(error.value)
    assert_discreet(error.value)


@pytest.mark.parametrize(
    ("status", "header", "delay"),
    [
        (429, "0", timedelta(0)),
        (429, "20", timedelta(seconds=20)),
        (503, " 7 ", timedelta(seconds=7)),
        (429, "999999999", timedelta(hours=1)),
    ],
)
async def test_the_server_says_when_to_come_back(connect: Connect, status: int, header: str, delay: timedelta) -> None:
    """Its delay is passed on, up to an hour."""
    response = httpx.Response(status, headers={"retry-after": header}, json={"error": {"code": "rate_limit_exceeded"}})
    with pytest.raises(RetryAfterError, match=f"{status} rate_limit_exceeded") as error:
        await connect(lambda _: response).complete(ASKED, [])
    assert error.value.delay == delay


@pytest.mark.parametrize(
    ("status", "header"),
    [(429, "Wed, 21 Oct 2026 07:28:00 GMT"), (429, "-1"), (429, "1.5"), (429, "٣"), (429, "9" * 40), (500, "20")],
)
async def test_a_delay_that_cannot_be_used_leaves_a_model_error(connect: Connect, status: int, header: str) -> None:
    """The job's own backoff applies."""
    response = httpx.Response(status, headers=[(b"retry-after", header.encode())])
    with pytest.raises(ModelError, match=str(status)):
        await connect(lambda _: response).complete(ASKED, [])


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (httpx.ConnectError("Name or service not known"), "ConnectError: Name or service not known"),
        (httpx.ConnectTimeout(SECRET_WORDS), "ConnectTimeout"),
        (httpx.ReadTimeout(SECRET_WORDS), "ReadTimeout"),
        (httpx.RemoteProtocolError(SECRET_WORDS), "RemoteProtocolError"),
        (httpx.LocalProtocolError(f"Illegal header value {KEY}"), "LocalProtocolError"),
    ],
)
async def test_a_broken_connection_is_a_model_error(connect: Connect, failure: Exception, message: str) -> None:
    """It names the kind of failure, and nothing that was sent."""

    def reply(request: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(ModelError) as error:
        await connect(reply).complete(ASKED, [])
    assert str(error.value) == f"POST /chat/completions failed with {message}"
    assert_discreet(error.value)


def assert_discreet(error: BaseException) -> None:
    """Neither the error nor what a log would print with it holds the key or the customer's words."""
    printed = "".join(traceback.format_exception(error))
    assert KEY not in printed
    assert SECRET_WORDS not in printed


async def test_a_check_lists_the_models(connect: Connect) -> None:
    """It asks with the key and takes any list."""

    def reply(request: httpx.Request) -> httpx.Response:
        known = request.headers["authorization"] == f"Bearer {KEY}"
        assert (request.method, str(request.url)) == ("GET", "https://model.example/v1/models")
        return httpx.Response(200 if known else 401, json={"object": "list", "data": []})

    await connect(reply).check()


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(401, json={"error": {"code": "invalid_api_key"}}), "GET /models answered 401 invalid_api_key"),
        (httpx.Response(429, headers={"retry-after": "3"}), "GET /models answered 429"),
        (httpx.Response(200, content=b"<html>"), "/models answered in a shape"),
        (httpx.Response(200, json={"models": []}), "data"),
    ],
)
async def test_a_check_tells_what_is_wrong(connect: Connect, response: httpx.Response, message: str) -> None:
    """A wrong key and a page that is no model server both fail."""
    with pytest.raises(ModelError, match=message):
        await connect(lambda _: response).check()


@pytest.mark.parametrize("key", ["sk-\u20ac", "sk-a\nx: y", "sk-\x00"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    """At start, naming the variable and not the key."""
    with pytest.raises(SettingsError, match="OPENAI_API_KEY") as error:
        OpenAIModel("https://model.example/v1", key, model="small")
    assert "sk-" not in str(error.value)


async def test_only_its_own_client_is_closed() -> None:
    """A client that was given stays open for others."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as given:
        await OpenAIModel("https://model.example/v1", KEY, model="small", client=given).aclose()
        assert not given.is_closed
    own = OpenAIModel("https://model.example/v1", KEY, model="small")
    await own.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await own.check()
